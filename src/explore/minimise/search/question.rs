//! What a script expects has to be a question, and not be false in itself.
//!
//! A script that expects twelve records of which one is published fails in every schedule, and shows
//! nothing. So it is found out first how the expectation can be met in the scenario in which it failed, and a
//! smaller scenario is taken only if the expectation can be met there in the same way.

use super::cause::{Ingredient, Without};
use super::{Runs, Search};
use crate::explore::minimise::case::Case;
use crate::model::layout::DRIVER;
use crate::plan::Plan;
use crate::run::{Outcome, Runner, Verdict};
use crate::scenario::{Expectation, ScriptStep};
use crate::scheduler::{Random, RoundRobin, Scheduler};
use crate::sim::{Choice, Simulation};
use crate::spec::Breach;

/// How an expectation can be met.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::explore::minimise) enum Question {
    /// It is not about what a script expects.
    NotAsked,
    /// The fair run meets it.
    Fairly,
    /// Some run meets it.
    Sometimes,
    /// The fair run meets it when a cause is taken away.
    Without(Ingredient),
    /// No run was seen that meets it. If it is about a number of records, it stays as far from all there are.
    Never(Option<i64>),
}

/// Part of the search effort for one scenario.
const SHARE: u64 = 4;

/// Random runs derive from this seed.
const SEED: u64 = 2;

impl Question {
    /// How the expectation is met in the scenario in which it failed.
    pub(in crate::explore::minimise) fn of(case: &Case, search: &mut Search<'_>) -> Question {
        let Some(line) = search.goal.expected_line() else { return Question::NotAsked };
        if meets_fairly(case, line, search) {
            return Question::Fairly;
        }
        if meets_sometimes(case, line, search) {
            return Question::Sometimes;
        }
        let mut causes = search.causes.clone().into_iter();
        let found = causes.find(|cause| meets_without(cause, case, line, search));
        found.map_or_else(|| Question::Never(fewer(case, line)), Question::Without)
    }

    /// Whether it can be met in a smaller scenario as well.
    pub(in crate::explore::minimise) fn can_be_met(
        &self,
        case: &Case,
        search: &mut Search<'_>,
    ) -> bool {
        let Some(line) = search.goal.expected_line() else { return true };
        match self {
            Question::NotAsked => true,
            Question::Never(expected) => fewer(case, line) == *expected,
            Question::Fairly => meets_fairly(case, line, search),
            Question::Sometimes => meets_sometimes(case, line, search),
            Question::Without(cause) => meets_without(cause, case, line, search),
        }
    }
}

/// How many fewer records a line expects than there are of those that it is about.
fn fewer(case: &Case, found: usize) -> Option<i64> {
    let line = case.line(found)?;
    let ScriptStep::Expect(expectation) = &case.script()[line] else { return None };
    let sizes = &case.scenario().records.batches;
    let of_batch = |batch: u16| sizes.get(usize::from(batch).wrapping_sub(1)).copied();
    let is_published = |batch: &u16| case.script()[..line].contains(&ScriptStep::Publish(*batch));
    let (all, expected): (u32, u32) = match *expectation {
        Expectation::Delivered(count) | Expectation::DeadLettered(count) => {
            let published = (1..=sizes.len() as u16).filter(is_published);
            (published.filter_map(of_batch).sum(), count)
        }
        Expectation::Waiting { batch, records: Some(count), .. } => (of_batch(batch)?, count),
        Expectation::Waiting { records: None, .. }
        | Expectation::Unreplicated(_)
        | Expectation::Bypassed(..)
        | Expectation::State(..)
        | Expectation::Objective(_) => return None,
    };
    // None is none of however many.
    (expected > 0).then(|| i64::from(all) - i64::from(expected))
}

fn meets_fairly(case: &Case, line: usize, search: &mut Search<'_>) -> bool {
    meets(&mut Runs::of(case), line, &mut RoundRobin::default(), 0, search)
}

fn meets_without(cause: &Ingredient, case: &Case, line: usize, search: &mut Search<'_>) -> bool {
    match cause.left_out_of(case) {
        Without::Case(case, _) => meets_fairly(&case, line, search),
        Without::NotThere | Without::Nothing => false,
    }
}

fn meets_sometimes(case: &Case, line: usize, search: &mut Search<'_>) -> bool {
    // A line that was left out is not met, and no run that is not made brings the effort to its end.
    if case.line(line).is_none() {
        return false;
    }
    let runs = &mut Runs::of(case);
    if meets(runs, line, &mut SlowScript::default(), 0, search) {
        return true;
    }
    let end = search.end(SHARE);
    let mut numbers = 0..;
    while !search.is_past(end) {
        let number = numbers.next().expect("there is always one more");
        if meets(runs, line, &mut Random::new(SEED), number, search) {
            return true;
        }
    }
    false
}

/// Whether the script comes past the line in a run.
fn meets<S: Scheduler>(
    runs: &mut Runs,
    found: usize,
    scheduler: &mut S,
    number: u64,
    search: &mut Search<'_>,
) -> bool {
    let Some(line) = runs.case.line(found) else { return false };
    let outcome = search.outcome(&mut runs.runner, scheduler, number, &mut ());
    !is_unmet(&outcome, &runs.case.plan, line) && is_past(&runs.runner, line)
}

fn is_unmet(outcome: &Outcome, plan: &Plan, line: usize) -> bool {
    let Verdict::Violated(violation) = &outcome.verdict else { return false };
    let (Breach::Unexpected { action } | Breach::StillWaiting { action }) = violation.breach else {
        return false;
    };
    plan.script_index(usize::from(action)) == line
}

/// Whether the driver has gone on after this line.
fn is_past(runner: &Runner, line: usize) -> bool {
    let (plan, driver) = (runner.simulation().plan(), runner.simulation().driver());
    let next = driver.next();
    next == plan.actions().len() || plan.script_index(next) > line
}

/// All machines take turns, and the driver goes on when no other machine can step: what the script checks has had
/// all the time in the world to come true.
#[derive(Default)]
struct SlowScript {
    turns: RoundRobin,
}

impl Scheduler for SlowScript {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.turns.begin(plan, run);
    }

    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        let first = self.turns.choose(simulation)?;
        let is_driver = first == Choice::Step(DRIVER);
        let other = is_driver.then(|| self.turns.choose(simulation)).flatten();
        Some(other.unwrap_or(first))
    }
}
