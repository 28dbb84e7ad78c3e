//! Looking for a failure in one scenario after the other: what is one, and whether it is the same.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::alternatives::Possible;
use super::case::Case;
use super::goal::Goal;
use super::shrink::{self, Changed, Shrunk};
use super::stoppable::Stoppable;
use super::{Ended, Minimiser, Watch};
use crate::model::layout::DRIVER;
use crate::plan::{DriverAction, Plan};
use crate::run::{Choices, Observer, Outcome, Runner};
use crate::scenario::Scenario;
use crate::scheduler::{Deviate, Deviation, Scheduler};
use crate::sim::{Choice, Simulation};

pub(super) mod cause;
pub(super) mod question;
mod told;

use cause::{Ingredient, Without};
use question::Question;
use told::Told;

/// A failure that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) case: Case,
    /// The choices, in order.
    pub(super) choices: Vec<Choice>,
    /// The same as deviations from the fair run.
    pub(super) deviations: Vec<Deviation>,
    pub(super) outcome: Outcome,
    /// How many lines of the script the run has come to and through.
    pub(super) reached: usize,
}

/// Runs of one case, in the memory of the first one.
pub(super) struct Runs {
    pub(super) case: Case,
    pub(super) runner: Runner,
}

impl Runs {
    pub(super) fn of(case: &Case) -> Runs {
        Runs { case: case.clone(), runner: Runner::new(Arc::clone(&case.plan)) }
    }
}

/// Looks for one failure in one scenario after the other.
pub(super) struct Search<'a> {
    pub(super) goal: Goal,
    pub(super) watch: &'a Watch,
    pub(super) effort: Minimiser,
    /// What the failure is about.
    pub(super) causes: Vec<Ingredient>,
    /// The options of the scenario in which the failure was found that a smaller one may do without, and that scenario.
    pub(super) options: Option<(Vec<Changed>, Scenario)>,
    /// What a script expects can be met in this way.
    pub(super) question: Question,
    /// The last scenario whose failure was asked whether it needs the causes, without each of them.
    without: Option<(Arc<Plan>, Arc<[Without]>)>,
    spent: u64,
}

/// Part of the search effort for one scenario, by which a smaller failure is asked whether it needs a cause.
const SHARE_FOR_A_CAUSE: u64 = 8;

impl<'a> Search<'a> {
    pub(super) fn new(goal: Goal, effort: Minimiser, watch: &'a Watch) -> Search<'a> {
        Search {
            goal,
            watch,
            effort,
            causes: Vec::new(),
            options: None,
            question: Question::NotAsked,
            without: None,
            spent: 0,
        }
    }

    /// Whether no more may be tried.
    pub(super) fn is_over(&self) -> bool {
        self.watch.is_stopped() || self.spent >= self.effort.steps_max
    }

    /// Why the search ends now.
    pub(super) fn ended(&self) -> Ended {
        match (self.watch.is_stopped(), self.is_over()) {
            (true, _) => Ended::Interrupted,
            (false, true) => Ended::OutOfSteps,
            (false, false) => Ended::Complete,
        }
    }

    /// When the search that begins now should be over.
    pub(super) fn end(&self, share: u64) -> u64 {
        (self.spent + self.effort.steps_per_scenario / share).min(self.effort.steps_max)
    }

    /// When half of what is left until then is over.
    pub(super) fn half_of(&self, end: u64) -> u64 {
        self.spent + end.saturating_sub(self.spent) / 2
    }

    pub(super) fn is_past(&self, end: u64) -> bool {
        self.spent >= end || self.watch.is_stopped()
    }

    /// One run of a case, whatever it shows.
    pub(super) fn outcome<S: Scheduler, O: Observer>(
        &mut self,
        runner: &mut Runner,
        scheduler: &mut S,
        number: u64,
        observer: &mut O,
    ) -> Outcome {
        let scheduler = &mut Stoppable { scheduler, watch: self.watch };
        let outcome = runner.run(scheduler, number, observer);
        // Empty runs cost something, too.
        self.spent += outcome.steps.max(16);
        self.watch.steps.fetch_add(outcome.steps, Ordering::Relaxed);
        outcome
    }

    /// One run; what it shows, if it is the failure.
    pub(super) fn run<S: Scheduler, O: Observer>(
        &mut self,
        runs: &mut Runs,
        scheduler: &mut S,
        number: u64,
        observer: &mut O,
    ) -> Option<Outcome> {
        let outcome = self.outcome(&mut runs.runner, scheduler, number, observer);
        let is_met = self.goal.is_met(&outcome, &runs.case, runs.runner.simulation());
        is_met.then_some(outcome)
    }

    pub(super) fn found(
        &mut self,
        runs: &mut Runs,
        scheduler: &mut impl Scheduler,
        number: u64,
    ) -> Option<Found> {
        let mut choices = Choices::default();
        let outcome = self.run(runs, scheduler, number, &mut choices)?;
        let choices = choices.taken;
        let case = runs.case.clone();
        let deviations = Deviate::from_choices(&case.plan, &choices);
        let reached = reached(runs.runner.simulation());
        let found = Found { case, choices, deviations, outcome, reached };
        self.needs_its_causes(&found, false).then_some(found)
    }

    /// Whether the failure is gone when one of its causes is: if not, it is another one. A thorough answer
    /// also looks for it in schedules like this one.
    pub(super) fn needs_its_causes(&mut self, found: &Found, is_thorough: bool) -> bool {
        if !self.fails_with_all_options(found) {
            return false;
        }
        if self.causes.is_empty() {
            return true;
        }
        let without = self.without_each_cause(&found.case);
        // What is looked for there need not have the causes.
        let causes = std::mem::take(&mut self.causes);
        let options = self.options.take();
        let needs = |search: &mut Self, (cause, without): (&Ingredient, &Without)| match without {
            Without::NotThere => false,
            // Without it there may be nothing that could be run.
            Without::Nothing => true,
            Without::Case(case, shrunk) => {
                let fails = search.fails_as_before(cause, case, shrunk, found)
                    || is_thorough && {
                        let end = search.end(SHARE_FOR_A_CAUSE);
                        let like = shrunk.renames.deviations(&found.deviations);
                        search.alike(case, &like, end).is_some()
                    };
                !fails
            }
        };
        let needs_all = causes.iter().zip(without.iter()).all(|one| needs(self, one));
        (self.causes, self.options) = (causes, options);
        // A run that was cut short shows nothing, which is no answer.
        needs_all && !self.watch.is_stopped()
    }

    /// Whether the failure is there as well with the options that have been left out, and comes about in the same way: it is a story of the
    /// design in which it was found, and not of another one that fails sooner, or otherwise.
    fn fails_with_all_options(&mut self, found: &Found) -> bool {
        let Some((options, then)) = &self.options else { return true };
        let Some(restored) = shrink::restored(options, found.case.scenario(), then) else {
            return true;
        };
        let with = Shrunk { scenario: restored, ..Shrunk::of(found.case.scenario()) };
        let Some(case) = found.case.smaller(&with) else { return true };
        let without = self.tells(&found.case, &mut Possible::new(&found.choices));
        without.is_some()
            && (self.tells(&case, &mut Possible::new(&found.choices)) == without
                || self.tells(&case, &mut Deviate::lenient(found.deviations.clone())) == without)
    }

    /// What a run tells that shows the failure.
    fn tells(&mut self, case: &Case, scheduler: &mut impl Scheduler) -> Option<u64> {
        let mut told = Told::default();
        self.run(&mut Runs::of(case), scheduler, 0, &mut told)?;
        Some(told.number())
    }

    /// Whether a smaller scenario asks what the one did in which the failure was found.
    pub(super) fn can_be_asked(&mut self, case: &Case) -> bool {
        let question = self.question.clone();
        question.can_be_met(case, self)
    }

    fn without_each_cause(&mut self, case: &Case) -> Arc<[Without]> {
        if let Some((plan, without)) = &self.without
            && Arc::ptr_eq(plan, &case.plan)
        {
            return Arc::clone(without);
        }
        let without: Arc<[Without]> =
            self.causes.iter().map(|cause| cause.left_out_of(case)).collect();
        self.without = Some((Arc::clone(&case.plan), Arc::clone(&without)));
        without
    }

    /// Whether the failure is there as well in the case without an ingredient: in the same order of events,
    /// if the ingredient is an option, and with the same deviations.
    fn fails_as_before(
        &mut self,
        ingredient: &Ingredient,
        case: &Case,
        shrunk: &Shrunk,
        found: &Found,
    ) -> bool {
        if matches!(ingredient, Ingredient::Option(_)) {
            return self.by_choices(case, &found.choices).is_some();
        }
        let like = shrunk.renames.deviations(&found.deviations);
        self.again(case, &like).is_some()
    }

    /// Whether the failure is found in the case without an ingredient. See [`cause`].
    pub(super) fn fails_without(
        &mut self,
        ingredient: &Ingredient,
        case: &Case,
        shrunk: &Shrunk,
        found: &Found,
    ) -> bool {
        if self.fails_as_before(ingredient, case, shrunk, found) {
            return true;
        }
        if matches!(ingredient, Ingredient::Option(_)) {
            return self.anywhere(case).is_some();
        }
        let (like, end) = (shrunk.renames.deviations(&found.deviations), self.end(1));
        self.alike(case, &like, end).is_some()
    }
}

/// How many lines of its script a run has come to and through: what it waits for is not one of them.
pub(super) fn reached(simulation: &Simulation) -> usize {
    let (plan, driver) = (simulation.plan(), simulation.driver());
    let Some(action) = plan.actions().get(driver.next()) else {
        return plan.scenario().script.len();
    };
    let has_begun = matches!(action, DriverAction::FaultSome(_)) && driver.component().0 > 0;
    plan.script_index(driver.next()) + usize::from(has_begun)
}

/// The choices of a failure without those of the driver that carry out the lines that are gone, and what is
/// left of the others.
pub(super) fn choices_in(found: &Found, shrunk: &Shrunk) -> Vec<Choice> {
    if shrunk.lines.len() == found.case.script().len() {
        return shrunk.renames.choices(&found.choices);
    }
    let plan = &found.case.plan;
    let mut simulation = Simulation::new(Arc::clone(plan));
    let mut left = Vec::with_capacity(found.choices.len());
    for &choice in &found.choices {
        let is_of_the_script = choice.machine() == Some(DRIVER);
        let line = plan.script_index(simulation.driver().next().min(plan.actions().len() - 1));
        if !is_of_the_script || shrunk.lines.contains(&line) {
            left.push(choice);
        }
        simulation.step(choice);
    }
    shrunk.renames.choices(&left)
}
