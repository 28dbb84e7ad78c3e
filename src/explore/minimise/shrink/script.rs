//! Scenarios with fewer lines in their script.

use super::{Shrunk, groups};
use crate::model::fault::{Fault, FaultKind, Target};
use crate::plan::{DriverAction, Plan};
use crate::scenario::{Condition, Scenario, ScriptStep};

/// What a line of a script does to what can happen.
///
/// Without a line that acts, less happens. Without a line that restricts, *more* can happen: the scenario
/// has a line less and is a larger system, with failures that the one before did not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Role {
    /// It publishes a batch, and goes with the batch.
    Publishes,
    /// It keeps something from happening: sooner (`await`), elsewhere (`weights`, `offline`), or for longer
    /// (a `recover` that ends a fault of the script).
    Restricts,
    /// It makes something happen: a fault, a redrive, the same batch again.
    Acts,
    /// It checks.
    Checks,
    /// It does nothing where it is.
    Idles,
}

impl Role {
    /// By line of the script.
    pub(in super::super) fn of_lines(plan: &Plan) -> Vec<Role> {
        let script = &plan.scenario().script;
        let actions = Actions::of(plan);
        let mut roles = Vec::with_capacity(script.len());
        for (index, step) in script.iter().enumerate() {
            let before = &script[..index];
            roles.push(match step {
                ScriptStep::Publish(_) if before.contains(step) => Role::Acts,
                ScriptStep::Publish(_) => Role::Publishes,
                // The driver can be slow without it.
                ScriptStep::Await(Condition::Sometime) => Role::Acts,
                ScriptStep::Await(_) => match is_idle(script, index) {
                    true => Role::Idles,
                    false => Role::Restricts,
                },
                ScriptStep::Weights(_) | ScriptStep::Fault(FaultKind::Offline, _) => {
                    Role::Restricts
                }
                ScriptStep::Fault(..)
                | ScriptStep::FailSome(_)
                | ScriptStep::MoveWriter(..)
                | ScriptStep::Outage(_)
                | ScriptStep::Redrive(_) => Role::Acts,
                ScriptStep::Recover(_) => actions.role_of_recovery(index),
                ScriptStep::Expect(_) => Role::Checks,
            });
        }
        roles
    }

    /// Whether the scenario is a smaller one without the line.
    pub(in super::super) fn can_go(self) -> bool {
        match self {
            Role::Publishes | Role::Restricts => false,
            Role::Acts | Role::Checks | Role::Idles => true,
        }
    }
}

/// Whether an await keeps nothing from happening sooner: nothing comes after it, nothing was before it, or
/// the line before it is the same.
fn is_idle(script: &[ScriptStep], index: usize) -> bool {
    let waits = |step: &ScriptStep| matches!(step, ScriptStep::Await(_));
    let (before, after) = (&script[..index], &script[index + 1..]);
    before.iter().all(waits) || after.iter().all(waits) || before.last() == Some(&script[index])
}

/// What the lines of a script do.
struct Actions<'a> {
    plan: &'a Plan,
    /// By line: the faults that begin.
    faults: Vec<Vec<Fault>>,
    /// By line: what is recovered.
    recovered: Vec<&'a [Target]>,
}

impl<'a> Actions<'a> {
    fn of(plan: &'a Plan) -> Actions<'a> {
        let lines = plan.scenario().script.len();
        let (mut faults, mut recovered) = (vec![Vec::new(); lines], vec![&[][..]; lines]);
        for (at, action) in plan.actions().iter().enumerate() {
            let line = plan.script_index(at);
            match action {
                DriverAction::Fault(all) | DriverAction::FaultSome(all) => {
                    faults[line].extend(all);
                }
                DriverAction::Recover(targets) => recovered[line] = targets,
                DriverAction::Publish(_)
                | DriverAction::Await(_)
                | DriverAction::Redrive(_)
                | DriverAction::Weights(_)
                | DriverAction::Check(_) => {}
            }
        }
        Actions { plan, faults, recovered }
    }

    /// A recovery restricts how long a fault lasts. One that brings traffic back to a region lifts a
    /// restriction; and one that ends nothing does nothing.
    fn role_of_recovery(&self, line: usize) -> Role {
        let targets = self.recovered[line];
        let before = self.faults[..line].iter().flatten();
        let (mut restricts, mut lifts) = (false, false);
        for fault in before {
            let is_meant = targets.contains(&fault.target);
            restricts |= is_meant && fault.kind != FaultKind::Offline;
            lifts |= is_meant && fault.kind == FaultKind::Offline;
        }
        // Containers stop when what they depend on fails, and that may be any fault.
        let stops = self.plan.scenario().budget.total() > 0
            || self.faults[..line].iter().flatten().any(|fault| fault.kind != FaultKind::Offline);
        let restarts = targets.iter().any(|target| matches!(target, Target::Container(_)));
        match (restricts || stops && restarts, lifts) {
            (true, _) => Role::Restricts,
            (false, true) => Role::Acts,
            (false, false) => Role::Idles,
        }
    }
}

/// The scenarios without some of the lines that can go: without all checks, then without groups of lines.
pub(super) fn script(scenario: &Scenario) -> Vec<Shrunk> {
    let Ok(plan) = Plan::new(scenario) else { return Vec::new() };
    let roles = Role::of_lines(&plan);
    let lines = |is_meant: fn(Role) -> bool| {
        let all = roles.iter().enumerate().filter(move |(_, role)| is_meant(**role));
        all.map(|(line, _)| line).collect::<Vec<usize>>()
    };
    let without = |gone: &[usize]| {
        let mut fewer = Shrunk::of(scenario);
        fewer.leave_out(|line| gone.contains(&line));
        fewer
    };
    let mut found = vec![without(&lines(|role| role == Role::Checks))];
    let can_go = lines(Role::can_go);
    found.extend(groups(can_go.len()).into_iter().map(|group| without(&can_go[group])));
    found
}

/// The scenario without the lines from this one on, which a run has not come to: what it did is still the same.
pub(in super::super) fn without_the_rest(scenario: &Scenario, line: usize) -> Shrunk {
    let mut fewer = Shrunk::of(scenario);
    fewer.leave_out(|at| at >= line);
    fewer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::builtin;

    fn roles(script: &str) -> String {
        let scenario = Scenario::parse(script).expect("it is right");
        let plan = Plan::new(&scenario).expect("it is right");
        let letter = |role: &Role| match role {
            Role::Publishes => 'p',
            Role::Restricts => 'r',
            Role::Acts => 'a',
            Role::Checks => 'c',
            Role::Idles => '-',
        };
        Role::of_lines(&plan).iter().map(letter).collect()
    }

    #[test]
    fn a_line_acts_or_restricts() {
        let cases = [
            ("['await quiescent', 'publish 1', 'await delivered all']", "-p-"),
            ("['publish 1', 'await quiescent', 'await quiescent', 'publish 1']", "pr-a"),
            ("['weights 1 0', 'publish 1', 'await sometime', 'redrive *']", "rpaa"),
            ("['crash core-container@1', 'publish 1', 'recover core-container@1']", "apr"),
            ("['publish 1', 'recover core-container@1', 'expect delivered 3']", "p-c"),
            ("['offline in-dns@1', 'publish 1', 'recover in-dns@1']", "rpa"),
            ("['fail core-table@1', 'publish 1', 'recover core-container@1']", "apr"),
            ("['offline in-dns@1', 'publish 1', 'recover *@1']", "rpa"),
        ];
        for (script, expected) in cases {
            assert_eq!(roles(&format!("script = {script}")), expected, "{script}");
        }
        let with_budget = "script = ['publish 1', 'recover *']\nbudget.crash = 1";
        assert_eq!(roles(with_budget), "pr");
    }

    #[test]
    fn no_line_that_restricts_is_left_out() {
        for (name, _) in builtin::ALL {
            let scenario = builtin::scenario(name).expect("the scenario is built in");
            let plan = Plan::new(&scenario).expect("it is right");
            let roles = Role::of_lines(&plan);
            for fewer in script(&scenario) {
                let gone = (0..roles.len()).filter(|line| !fewer.lines.contains(line));
                assert!(gone.into_iter().all(|line| roles[line].can_go()), "{name}");
            }
        }
    }
}
