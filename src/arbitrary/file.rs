//! Any text as a scenario file or as a saved run.

use std::sync::Arc;

use crate::plan::Plan;
use crate::run::Runner;
use crate::saved::SavedRun;
use crate::scenario::Scenario;
use crate::scheduler::RoundRobin;

/// What a text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Text {
    /// Neither a scenario nor a saved run; errors say why.
    Neither,
    /// A scenario.
    Scenario,
    /// A saved run.
    SavedRun,
}

/// Runs with more steps than this show nothing new about files.
const STEPS_MAX: u64 = 20_000;

/// Reads any text as a scenario file and as a saved run, and runs what it is, if it is small.
/// Whether the run violates the spec is not asked: a file may describe a design that is wrong.
///
/// # Panics
///
/// If what was read is written as something else than what was read: a bug of this crate, as any
/// other panic is.
///
/// ```
/// use active_active::arbitrary::{Text, read_any};
///
/// assert_eq!(read_any("name = 'small'\nscript = ['publish 1']"), Text::Scenario);
/// assert_eq!(read_any("name ="), Text::Neither);
/// ```
pub fn read_any(text: &str) -> Text {
    if let Ok(plan) = Plan::load(text, "text", &[]) {
        let written = plan.scenario().to_toml();
        let read = Scenario::parse(&written);
        assert_eq!(read.as_ref(), Ok(plan.scenario()), "it is written as\n{written}");
        run_if_small(plan.into());
        return Text::Scenario;
    }
    if let Ok(saved) = SavedRun::parse(text, "text") {
        let written = saved.to_text();
        let read = SavedRun::parse(&written, "text");
        assert_eq!(read.as_ref(), Ok(&saved), "it is written as\n{written}");
        if is_small(saved.plan()) {
            saved.replay();
        }
        return Text::SavedRun;
    }
    Text::Neither
}

fn run_if_small(plan: Arc<Plan>) {
    if is_small(&plan) {
        let mut runner = Runner::new(plan);
        runner.limit_steps(STEPS_MAX);
        runner.run(&mut RoundRobin::default(), 0, &mut ());
    }
}

fn is_small(plan: &Plan) -> bool {
    plan.records() <= 64 && plan.layout.machines() <= 128 && plan.actions().len() <= 64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Choices, Verdict};
    use crate::scenario::builtin;
    use crate::scheduler::Script;

    #[test]
    fn tells_scenarios_saved_runs_and_others_apart() {
        for (_, text) in builtin::ALL {
            assert_eq!(read_any(text), Text::Scenario);
        }
        assert_eq!(read_any("script = 'publish 1'"), Text::Scenario, "all else has a default");
        assert_eq!(read_any(""), Text::Neither);
        assert_eq!(read_any("name = "), Text::Neither);
        let plan = Plan::new(&builtin::scenario("baseline").expect("it is built in"));
        let plan = plan.expect("the scenario is right");
        let (plan, mut choices) = (Arc::new(plan), Choices::default());
        let outcome =
            Runner::new(Arc::clone(&plan)).run(&mut Script::new(vec![1]), 0, &mut choices);
        assert_eq!(outcome.verdict, Verdict::Holds);
        let saved = SavedRun::new(&plan, &choices.taken, &outcome).expect("the run was judged");
        assert_eq!(read_any(&saved.to_text()), Text::SavedRun);
    }
}
