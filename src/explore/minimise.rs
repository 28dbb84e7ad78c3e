//! From a failure as it was found to the smallest one that shows the same.
//!
//! First the scenario becomes smaller: fewer lines in its script, batches, records, stages,
//! regions, containers, faults; options as they are by default. After each change the failure is
//! looked for again: by the choices of before, as far as they still mean something, and then by a
//! bounded search. Then the schedule becomes simpler: fewer deviations from the fair one. Both
//! are repeated until no single change is left that keeps the failure: the same property,
//! violated in the same way.
//!
//! Removing one part after the other, large parts first, is delta debugging (Zeller and
//! Hildebrandt, "Simplifying and isolating failure-inducing input", 2002).
//!
//! ```
//! use active_active::explore::minimise::{Cause, Ended, Minimal, Part, Shrunk, Size, shrunk};
//! use active_active::explore::{Minimiser, Watch, check, Failure};
//! use active_active::model::options::Action;
//! use active_active::scenario::builtin;
//!
//! let mut scenario = builtin::scenario("baseline")?;
//! scenario.container.steps = vec![Action::Remove, Action::Store, Action::Publish];
//! let Err(Failure::Violated(case)) = check(&scenario, &[3, 1, 4, 1, 5]) else {
//!     panic!("a container that removes first is found");
//! };
//! let minimal = Minimiser::default().minimise(&case.saved, &Watch::default());
//! let minimal: Minimal = minimal.expect("the case violates the spec");
//! let Size { records, stages, deviations, .. } = minimal.size;
//! assert_eq!((records, stages, deviations), (1, 1, 0));
//! assert_eq!(minimal.ended, Ended::Complete);
//! // With the steps in the order of the default, the same events do no harm.
//! let keys: Vec<String> = minimal.causes.iter().map(Cause::key).collect();
//! assert_eq!(keys, ["container.steps"]);
//! // There is one thing less that could be left out, and without it nothing fails.
//! let fewer: Vec<Shrunk> = shrunk(minimal.saved.plan().scenario(), Part::Options);
//! assert_eq!(fewer.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::Serialize;

use crate::explore::{Choices, Outcome, Verdict};
use crate::plan::{DriverAction, Plan};
use crate::saved::SavedRun;
use crate::scenario::Scenario;
use crate::scheduler::Deviate;
use crate::spec::Violation;

mod cause;
mod goal;
mod rename;
mod schedule;
mod search;
mod shrink;
mod size;

pub use cause::Cause;
use goal::Goal;
use search::{Found, Search};
pub use shrink::{Part, Shrunk, shrunk};
pub use size::Size;

/// Makes failures smaller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Minimiser {
    /// How many simulated steps a failure is looked for in each smaller scenario.
    pub steps_per_scenario: u64,
    /// After so many simulated steps in all, what was reached is the result.
    pub steps_max: u64,
}

impl Default for Minimiser {
    /// Enough for the failures of the designs that this crate tests; a second or two.
    fn default() -> Minimiser {
        Minimiser { steps_per_scenario: 150_000, steps_max: 60_000_000 }
    }
}

/// How far a minimiser is: written by it, read by whoever shows it, who can also stop it.
#[derive(Debug, Default)]
pub struct Watch {
    stop: AtomicBool,
    scenarios: AtomicU64,
    steps: AtomicU64,
    records: AtomicU64,
    stages: AtomicU64,
    deviations: AtomicU64,
}

impl Watch {
    /// Asks the minimiser to end with the smallest failure so far.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// How many smaller scenarios and schedules were tried.
    pub fn tried(&self) -> u64 {
        self.scenarios.load(Ordering::Relaxed)
    }

    /// How many steps were simulated.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// The number of records, stages and deviations of the smallest failure so far.
    pub fn smallest(&self) -> (u64, u64, u64) {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (load(&self.records), load(&self.stages), load(&self.deviations))
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn show(&self, found: &Found) {
        let store =
            |number: &AtomicU64, value: usize| number.store(value as u64, Ordering::Relaxed);
        store(&self.records, found.plan.records());
        store(&self.stages, found.plan.layout.stages.len());
        store(&self.deviations, found.deviations.len());
    }
}

/// A failure that is as small as it gets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Minimal {
    /// The run.
    pub saved: SavedRun,
    /// What it violates.
    pub violation: Violation,
    /// How large it is.
    pub size: Size,
    /// How large it was before.
    pub before: Size,
    /// What it is about: options without which the scenario was not seen to fail, as it was found. With
    /// one of them put right, the smallest failure is gone.
    pub causes: Vec<Cause>,
    /// Whether nothing more can be removed, or the search was not through.
    pub ended: Ended,
}

/// Why a minimiser went no further.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Nothing more can be left out, as far as the search could see.
    Complete,
    /// Somebody stopped it: the same search on what was reached goes on from there.
    Interrupted,
    /// It had simulated as many steps as it was given, [`Minimiser::steps_max`]: a search that is given
    /// more of them on what was reached goes on from there.
    OutOfSteps,
}

impl Minimiser {
    /// Makes a failure smaller. Nothing comes of a run that violates nothing, or no longer fits.
    pub fn minimise(&self, saved: &SavedRun, watch: &Watch) -> Option<Minimal> {
        let mut choices = Choices::default();
        let replayed = saved.replay_watched(&mut choices);
        if replayed.misfit.is_some() {
            return None;
        }
        let plan = saved.plan();
        let Verdict::Violated(violation) = &replayed.outcome.verdict else { return None };
        let goal = Goal::of(violation, plan);
        let first = Found {
            deviations: Deviate::from_choices(plan, &choices.taken),
            plan: Arc::clone(plan),
            choices: choices.taken,
            outcome: replayed.outcome.clone(),
        };
        watch.show(&first);
        let before = Size::of(&first.plan, first.deviations.len(), first.outcome.steps);
        let mut search = Search::new(goal, *self, watch);
        // What was searched in vain need not be searched again, whatever the schedule.
        let mut in_vain = BTreeSet::new();
        search.causes = cause::causes(&first, &mut search, &mut in_vain);
        let mut best = until_nothing_changes(first, &mut search, in_vain);
        if !is_tiny(&best) {
            search.effort.steps_per_scenario *= THOROUGH;
            best = until_nothing_changes(best, &mut search, BTreeSet::new());
        }
        let ended = search.ended();
        Some(finished(best, before, search.causes, ended))
    }
}

/// What is not small after a quick search deserves a longer one: so many times as long.
const THOROUGH: u64 = 10;

/// Whether a failure is as small as most are.
fn is_tiny(found: &Found) -> bool {
    found.plan.records() <= 2 && found.plan.layout.stages.len() == 1 && found.deviations.len() <= 2
}

/// Scenario and schedule in turn: a simpler schedule may need less of the scenario.
fn until_nothing_changes(
    first: Found,
    search: &mut Search<'_>,
    mut in_vain: BTreeSet<String>,
) -> Found {
    let mut best = first;
    loop {
        let is_smaller = smaller_scenario(&mut best, search, &mut in_vain);
        let is_simpler = schedule::simplify(&mut best, search);
        if search.is_over() || !(is_smaller || is_simpler) {
            return best;
        }
    }
}

/// Goes through all parts of the scenario, until none can be made smaller.
fn smaller_scenario(
    best: &mut Found,
    search: &mut Search<'_>,
    in_vain: &mut BTreeSet<String>,
) -> bool {
    let mut is_smaller = false;
    loop {
        let mut is_smaller_now = false;
        for &part in search.goal.parts() {
            while let Some(found) = smaller_part(part, best, search, in_vain) {
                *best = found;
                search.watch.show(best);
                is_smaller_now = true;
            }
        }
        is_smaller |= is_smaller_now;
        if search.is_over() || !is_smaller_now {
            return is_smaller;
        }
    }
}

/// The first scenario with less of this part that still fails.
fn smaller_part(
    part: Part,
    best: &Found,
    search: &mut Search<'_>,
    in_vain: &mut BTreeSet<String>,
) -> Option<Found> {
    for Shrunk { scenario, renames } in shrunk(best.plan.scenario(), part) {
        if search.is_over() {
            return None;
        }
        let Some(plan) = plan(&scenario) else { continue };
        if search.goal.is_expected() && !search.is_sound_when_fair(&plan) {
            continue;
        }
        let found = search.by_choices(&plan, &renames.choices(&best.choices, &best.plan, &plan));
        if found.is_some() {
            return found;
        }
        let text = scenario.to_toml();
        if in_vain.contains(&text) {
            continue;
        }
        let found = search.anywhere(&plan);
        if found.is_some() {
            return found;
        }
        in_vain.insert(text);
    }
    None
}

/// A scenario that means something: it is right, and it publishes.
fn plan(scenario: &Scenario) -> Option<Arc<Plan>> {
    let plan = Plan::new(scenario).ok()?;
    let publishes = |action: &DriverAction| matches!(action, DriverAction::Publish(_));
    plan.actions().iter().any(publishes).then(|| Arc::new(plan))
}

fn finished(best: Found, before: Size, causes: Vec<Cause>, ended: Ended) -> Minimal {
    let Found { plan, deviations, outcome, .. } = best;
    let size = Size::of(&plan, deviations.len(), outcome.steps);
    let saved = SavedRun::of_deviations(&plan, &deviations, &outcome);
    let saved = saved.expect("a run that violates the spec was not cut short");
    let Outcome { verdict: Verdict::Violated(violation), .. } = outcome else {
        unreachable!("only runs that violate the spec are kept");
    };
    Minimal { saved, violation: *violation, size, before, causes, ended }
}
