//! The smallest failure that is about times: one run of the timed scheduler, in the smallest scenario.
//!
//! Another order of events has other times, and what a schedule says of times that no such run has would be no
//! failure. So nothing is looked for but runs of the scheduler: the same one, and then the first ones.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::case::Case;
use super::search::cause::{Cause, Ingredient, Without};
use super::stoppable::Stoppable;
use super::{Ended, Minimal, Minimiser, Part, Size, Watch, shrunk};
use crate::plan::Plan;
use crate::run::{Outcome, Runner, Verdict};
use crate::saved::SavedRun;
use crate::scenario::script::Objective;
use crate::scheduler::{Timed, TimedRun};
use crate::spec::{Breach, Took, Violation};

/// The same failure: the line of the script, and whether it is met too late or never.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Goal {
    objective: Objective,
    is_for_ever: bool,
}

impl Goal {
    fn of(violation: &Violation, plan: &Plan) -> Option<Goal> {
        let (Breach::TooSlow { objective, took, .. }
        | Breach::RecoveredLate { objective, took, .. }
        | Breach::ExposedLong { objective, took, .. }) = violation.breach
        else {
            return None;
        };
        let objective = plan.objectives()[usize::from(objective)];
        Some(Goal { objective, is_for_ever: took == Took::FOR_EVER })
    }
}

/// A failure that was found.
struct Found {
    case: Case,
    timed: TimedRun,
    outcome: Outcome,
}

/// Looks for the failure in one scenario after the other.
struct Search<'a> {
    goal: Goal,
    seed: u64,
    effort: Minimiser,
    watch: &'a Watch,
    spent: u64,
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        self.watch.is_stopped() || self.spent >= self.effort.steps_max
    }

    /// The failure in this run, or in one of the first.
    fn find(&mut self, case: &Case, like: TimedRun) -> Option<Found> {
        let mut runner = Runner::new(Arc::clone(&case.plan));
        let end = (self.spent + self.effort.steps_per_scenario).min(self.effort.steps_max);
        self.watch.scenarios.fetch_add(1, Ordering::Relaxed);
        for run in std::iter::once(like.run).chain(0..) {
            let scheduler = &mut Timed::new(self.seed);
            let outcome = runner.run(&mut Stoppable { scheduler, watch: self.watch }, run, &mut ());
            // Empty runs cost something, too.
            self.spent += outcome.steps.max(16);
            self.watch.steps.fetch_add(outcome.steps, Ordering::Relaxed);
            if self.goal.is_met(&outcome, &case.plan) {
                let timed = TimedRun { seed: self.seed, run };
                return Some(Found { case: case.clone(), timed, outcome });
            }
            if self.spent >= end || self.watch.is_stopped() {
                break;
            }
        }
        None
    }

    /// The first scenario with less of something that still fails.
    fn smaller(&mut self, best: &Found) -> Option<Found> {
        for &part in Part::ALL {
            for smaller in shrunk(best.case.scenario(), part) {
                if self.is_over() {
                    return None;
                }
                let case = best.case.smaller(&smaller);
                if let Some(found) = case.and_then(|case| self.find(&case, best.timed)) {
                    return Some(found);
                }
            }
        }
        None
    }
}

impl Goal {
    fn is_met(self, outcome: &Outcome, plan: &Plan) -> bool {
        let Verdict::Violated(violation) = &outcome.verdict else { return false };
        Goal::of(violation, plan) == Some(self)
    }
}

/// Makes a failure smaller that is about times. Nothing comes of a run that violates nothing of the kind.
pub(super) fn minimise(
    plan: &Arc<Plan>,
    timed: TimedRun,
    effort: Minimiser,
    watch: &Watch,
) -> Option<Minimal> {
    let outcome =
        Runner::new(Arc::clone(plan)).run(&mut Timed::new(timed.seed), timed.run, &mut ());
    let Verdict::Violated(violation) = &outcome.verdict else { return None };
    let goal = Goal::of(violation, plan)?;
    let before = Size::of_timed(plan, outcome.steps);
    let mut search = Search { goal, seed: timed.seed, effort, watch, spent: 0 };
    let mut best = Found { case: Case::whole(plan), timed, outcome };
    while let Some(found) = search.smaller(&best) {
        best = found;
        let store = |number: &std::sync::atomic::AtomicU64, value: usize| {
            number.store(value as u64, Ordering::Relaxed);
        };
        store(&watch.records, best.case.plan.records());
        store(&watch.stages, best.case.plan.layout.stages.len());
    }
    let causes = causes(&best, &mut search);
    let ended = match (watch.is_stopped(), search.is_over()) {
        (true, _) => Ended::Interrupted,
        (false, true) => Ended::OutOfSteps,
        (false, false) => Ended::Complete,
    };
    let Found { case, outcome, .. } = best;
    let size = Size::of_timed(&case.plan, outcome.steps);
    let saved = SavedRun::new(&case.plan, &[], &outcome);
    let saved = saved.expect("a run that violates the spec was not cut short");
    let Verdict::Violated(violation) = outcome.verdict else {
        unreachable!("only runs that violate the spec are kept");
    };
    let causes = Cause::of(&causes, &case);
    Some(Minimal { saved, violation: *violation, size, before, causes, ended })
}

/// What the failure is about: without it, it is not found.
fn causes(best: &Found, search: &mut Search<'_>) -> Vec<Ingredient> {
    let mut causes = Vec::new();
    for ingredient in Ingredient::all(&best.case, Part::ALL) {
        if search.is_over() {
            return causes;
        }
        let Without::Case(case, _) = ingredient.left_out_of(&best.case) else { continue };
        // A run that was cut short shows nothing, which is no answer.
        if search.find(&case, best.timed).is_none() && !search.watch.is_stopped() {
            causes.push(ingredient);
        }
    }
    causes
}
