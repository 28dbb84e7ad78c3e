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

use crate::run::{Choices, Outcome, Runner, Verdict};
use crate::saved::{SavedRun, Schedule};
use crate::scheduler::Deviate;
use crate::spec::Violation;

mod alternatives;
mod case;
mod goal;
mod nearby;
mod rename;
mod schedule;
mod search;
mod shrink;
mod size;
mod stoppable;
mod timed;

use case::Case;
use goal::Goal;
pub use search::cause::Cause;
use search::cause::{self, Ingredient};
use search::question::Question;
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

/// How far a minimiser is: written by it, read by the one that shows it, and can also stop it.
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
        store(&self.records, found.case.plan.records());
        store(&self.stages, found.case.plan.layout.stages.len());
        store(&self.deviations, found.deviations.len());
    }
}

/// A failure that is as small as it gets.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
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
    /// It was stopped: the same search on what was reached goes on from there.
    Interrupted,
    /// It had simulated as many steps as it was given, [`Minimiser::steps_max`]: a search that is given
    /// more of them on what was reached goes on from there.
    OutOfSteps,
}

impl Minimiser {
    /// Makes a failure smaller. Nothing comes of a run that violates nothing, or no longer fits.
    pub fn minimise(&self, saved: &SavedRun, watch: &Watch) -> Option<Minimal> {
        if let Schedule::Timed(timed) = saved.schedule() {
            return timed::minimise(saved.plan(), *timed, *self, watch);
        }
        let (first, goal) = start(saved)?;
        watch.show(&first);
        let before = Size::of(&first.case.plan, first.deviations.len(), first.outcome.steps);
        let mut search = Search::new(goal, *self, watch);
        let mut best = first;
        prefer_what_is_gone(&mut best, &mut search);
        let end = search.end(1);
        schedule::leave_out_what_is_not_needed(&mut best, &mut search, end);
        let end = search.end(1);
        schedule::prefer_the_fair_order(&mut best, &mut search, end);
        // With fewer records it is easier to tell what the failure needs.
        if search.goal.expected_line().is_none() {
            let part = |_| How::AsSimply;
            smaller_scenario(&mut best, Part::OF_SIZE, part, &mut search, &mut BTreeSet::new());
        }
        search.causes = cause::causes(&best, &mut search);
        let scenario = best.case.scenario();
        search.options = Some((shrink::changed(scenario), scenario.clone()));
        search.question = Question::of(&best.case, &mut search);
        let mut best = until_nothing_changes(best, &mut search);
        if !is_tiny(&best) {
            search.effort.steps_per_scenario *= THOROUGH;
            best = until_nothing_changes(best, &mut search);
        }
        let ended = search.ended();
        Some(finished(best, before, &search.causes, ended))
    }
}

/// What is not small after a quick search deserves a longer one: so many times as long.
const THOROUGH: u64 = 10;

/// The failure as it was found, and what it is.
fn start(saved: &SavedRun) -> Option<(Found, Goal)> {
    let mut runner = Runner::new(Arc::clone(saved.plan()));
    let mut choices = Choices::default();
    let replayed = saved.replay_in(&mut runner, &mut choices);
    if replayed.misfit.is_some() {
        return None;
    }
    let Verdict::Violated(violation) = &replayed.outcome.verdict else { return None };
    let case = Case::whole(saved.plan());
    let goal = Goal::of(violation, &case, runner.simulation());
    let goal = goal.with_who_starves(violation, runner.simulation());
    let deviations = match saved.schedule() {
        Schedule::Deviations(deviations) => deviations.clone(),
        Schedule::Choices(choices) => Deviate::from_choices(saved.plan(), choices),
        Schedule::Timed(_) => Deviate::from_choices(saved.plan(), &choices.taken),
    };
    let reached = search::reached(runner.simulation());
    let choices = choices.taken;
    Some((Found { case, choices, deviations, outcome: replayed.outcome, reached }, goal))
}

/// A record that is in the memory of a machine and in no queue is lost as soon as that machine fails. If
/// the scenario has faults, it is about the failure in which one has destroyed the record.
fn prefer_what_is_gone(best: &mut Found, search: &mut Search<'_>) {
    let Verdict::Violated(violation) = &best.outcome.verdict else { return };
    if search.is_over() {
        return;
    }
    let scenario = best.case.scenario();
    let has_faults = scenario.budget.total() > 0 || best.case.plan.faults().next().is_some();
    let Some(gone) = search.goal.with_what_is_gone(violation).filter(|_| has_faults) else {
        return;
    };
    let at_risk = std::mem::replace(&mut search.goal, gone);
    let choices = best.choices.clone();
    let as_found = search.by_choices(&best.case, &choices);
    match as_found.or_else(|| search.anywhere(&best.case)) {
        Some(found) => *best = found,
        None => search.goal = at_risk,
    }
}

/// Whether a failure is as small as most are.
fn is_tiny(found: &Found) -> bool {
    let plan = &found.case.plan;
    plan.records() <= 2 && plan.layout.stages.len() == 1 && found.deviations.len() <= 2
}

/// Scenario and schedule in turn: a simpler schedule may need less of the scenario.
fn until_nothing_changes(first: Found, search: &mut Search<'_>) -> Found {
    let mut best = first;
    // What was searched in vain need not be searched again.
    let mut in_vain = BTreeSet::new();
    loop {
        let parts = search.goal.parts();
        let is_smaller = smaller_scenario(&mut best, parts, How::of, search, &mut in_vain);
        let is_simpler = schedule::simplify(&mut best, search);
        if search.is_over() || !(is_smaller || is_simpler) {
            return best;
        }
    }
}

/// In which schedules a smaller scenario may fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum How {
    /// In any.
    Anyhow,
    /// In one with no more deviations than now: nothing is traded for one.
    AsSimply,
}

impl How {
    /// A smaller system and fewer records may take an unlikely schedule. What happens in it may not
    /// be replaced by one.
    fn of(part: Part) -> How {
        match part {
            Part::Options | Part::Speeds | Part::Stages | Part::Records => How::Anyhow,
            Part::Batches
            | Part::Script
            | Part::Regions
            | Part::Containers
            | Part::Targets
            | Part::Budget => How::AsSimply,
        }
    }
}

/// Goes through these parts of the scenario, until none can be made smaller.
fn smaller_scenario(
    best: &mut Found,
    parts: &[Part],
    how: impl Fn(Part) -> How,
    search: &mut Search<'_>,
    in_vain: &mut BTreeSet<String>,
) -> bool {
    let mut is_smaller = false;
    loop {
        let mut is_smaller_now = without_the_rest(best, search);
        for &part in parts {
            while let Some(found) = smaller_part((part, how(part)), best, search, in_vain) {
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

/// Leaves the lines of the script out that the run did not come to: it does the same without them. What
/// comes after it, if anything does, is shorter.
fn without_the_rest(best: &mut Found, search: &mut Search<'_>) -> bool {
    if search.is_over() || best.reached == best.case.script().len() {
        return false;
    }
    let rest = shrink::without_the_rest(best.case.scenario(), best.reached);
    let Some(case) = best.case.smaller(&rest) else { return false };
    let found = search.again(&case, &best.deviations.clone());
    let found = found.filter(|found| search.needs_its_causes(found, true));
    let is_shorter = found.is_some();
    *best = found.unwrap_or_else(|| best.clone());
    is_shorter
}

/// The first scenario with less of this part that still fails.
fn smaller_part(
    (part, how): (Part, How),
    best: &Found,
    search: &mut Search<'_>,
    in_vain: &mut BTreeSet<String>,
) -> Option<Found> {
    for smaller in shrunk(best.case.scenario(), part) {
        if search.is_over() {
            return None;
        }
        let Some(case) = best.case.smaller(&smaller) else { continue };
        if !search.can_be_asked(&case) {
            continue;
        }
        let found = as_it_was(&case, &smaller, best, search);
        let found = found
            .filter(|found| how == How::Anyhow || found.deviations.len() <= best.deviations.len());
        if found.is_some() {
            return found;
        }
        let like = smaller.renames.deviations(&best.deviations);
        let text = match how {
            How::Anyhow => smaller.scenario.to_toml(),
            How::AsSimply => format!("{}{like:?}", smaller.scenario.to_toml()),
        };
        if in_vain.contains(&text) {
            continue;
        }
        let end = search.end(1);
        let found = match how {
            How::Anyhow => search.anywhere(&case),
            How::AsSimply => search.alike(&case, &like, end),
        };
        let found = found.and_then(|found| settled(found, search));
        if found.is_some() {
            return found;
        }
        in_vain.insert(text);
    }
    None
}

/// The failure in a smaller scenario as it was in the larger one: with the same deviations, or else in the
/// same order of events.
fn as_it_was(
    case: &Case,
    smaller: &Shrunk,
    best: &Found,
    search: &mut Search<'_>,
) -> Option<Found> {
    let like = smaller.renames.deviations(&best.deviations);
    let again = search.again(case, &like).filter(|found| search.needs_its_causes(found, true));
    if again.is_some() {
        return again;
    }
    if search.is_over() {
        return None;
    }
    let choices = search::choices_in(best, smaller);
    search.by_choices(case, &choices).and_then(|found| settled(found, search))
}

/// The failure with the deviations that it needs, if it needs its causes then.
fn settled(mut found: Found, search: &mut Search<'_>) -> Option<Found> {
    let end = search.end(1);
    schedule::leave_out_what_is_not_needed(&mut found, search, end);
    search.needs_its_causes(&found, true).then_some(found)
}

fn finished(best: Found, before: Size, causes: &[Ingredient], ended: Ended) -> Minimal {
    let causes = Cause::of(causes, &best.case);
    let Found { case, deviations, outcome, .. } = best;
    let size = Size::of(&case.plan, deviations.len(), outcome.steps);
    let saved = SavedRun::of_deviations(&case.plan, &deviations, &outcome);
    let saved = saved.expect("a run that violates the spec was not cut short");
    let Outcome { verdict: Verdict::Violated(violation), .. } = outcome else {
        unreachable!("only runs that violate the spec are kept");
    };
    Minimal { saved, violation: *violation, size, before, causes, ended }
}
