//! Looking for a failure in a scenario: first where it was before, then everywhere nearby, then
//! anywhere.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rand::Rng;

use super::cause::Cause;
use super::goal::Goal;
use super::{Ended, Minimiser, Watch};
use crate::explore::{Choices, Observer, Outcome, Phase, Runner};
use crate::plan::Plan;
use crate::scheduler::seed::{below, generator};
use crate::scheduler::{Act, Deviate, Deviation, Random, RoundRobin, Scheduler};
use crate::sim::{Choice, Simulation, Step};

/// A failure that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) plan: Arc<Plan>,
    /// The choices of the chaos phase, in order.
    pub(super) choices: Vec<Choice>,
    /// The same as deviations from the fair run.
    pub(super) deviations: Vec<Deviation>,
    pub(super) outcome: Outcome,
}

/// Looks for one failure in one scenario after the other.
pub(super) struct Search<'a> {
    pub(super) goal: Goal,
    pub(super) watch: &'a Watch,
    pub(super) effort: Minimiser,
    /// What the failure is about.
    pub(super) causes: Vec<Cause>,
    spent: u64,
}

/// Random runs derive from this seed, whatever was used to find the failure.
const SEED: u64 = 1;

/// So many deviations are a few.
const FEW_MAX: usize = 4;

impl<'a> Search<'a> {
    pub(super) fn new(goal: Goal, effort: Minimiser, watch: &'a Watch) -> Search<'a> {
        Search { goal, watch, effort, causes: Vec::new(), spent: 0 }
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

    pub(super) fn is_past(&self, end: u64) -> bool {
        self.spent >= end || self.watch.is_stopped()
    }

    /// One run; whether it is the failure.
    pub(super) fn run<S: Scheduler, O: Observer>(
        &mut self,
        runner: &mut Runner,
        scheduler: &mut S,
        number: u64,
        observer: &mut O,
    ) -> Option<Outcome> {
        let outcome = runner.run(scheduler, number, observer);
        // Empty runs cost something, too.
        self.spent += outcome.steps.max(16);
        self.watch.steps.fetch_add(outcome.steps, Ordering::Relaxed);
        let is_met = self.goal.is_met(&outcome, runner.simulation().plan());
        is_met.then_some(outcome)
    }

    fn found(
        &mut self,
        runner: &mut Runner,
        scheduler: &mut impl Scheduler,
        number: u64,
    ) -> Option<Found> {
        let mut choices = Choices::default();
        let outcome = self.run(runner, scheduler, number, &mut choices)?;
        let plan = Arc::clone(runner.simulation().plan());
        let choices = choices.taken;
        let deviations = Deviate::from_choices(&plan, &choices);
        self.with_its_cause(Found { plan, choices, deviations, outcome })
    }

    /// The failure, unless it is there as well when one of its causes is put right: then it is another
    /// one.
    fn with_its_cause(&mut self, found: Found) -> Option<Found> {
        for index in 0..self.causes.len() {
            let right = self.causes[index].put_right(found.plan.scenario());
            // Without the option there may be nothing that could be run.
            let Some(plan) = right else { continue };
            let mut runner = Runner::new(plan);
            let mut possible = Possible::new(&found.choices);
            if self.run(&mut runner, &mut possible, 0, &mut ()).is_some() {
                return None;
            }
        }
        Some(found)
    }

    /// Whether the failure takes more than to run the scenario.
    pub(super) fn is_sound_when_fair(&mut self, plan: &Arc<Plan>) -> bool {
        let mut runner = Runner::new(Arc::clone(plan));
        self.run(&mut runner, &mut RoundRobin::default(), 0, &mut ()).is_none()
    }

    /// Runs these choices, as far as they are possible.
    pub(super) fn by_choices(&mut self, plan: &Arc<Plan>, choices: &[Choice]) -> Option<Found> {
        self.watch.scenarios.fetch_add(1, Ordering::Relaxed);
        let mut runner = Runner::new(Arc::clone(plan));
        self.found(&mut runner, &mut Possible::new(choices), 0)
    }

    /// The failure with these deviations, those left out that are not possible.
    pub(super) fn with(&mut self, runner: &mut Runner, deviations: &[Deviation]) -> Option<Found> {
        let mut scheduler = Deviate::lenient(deviations.to_vec());
        let found = self.found(runner, &mut scheduler, 0)?;
        Some(Found { deviations: scheduler.carried_out().to_vec(), ..found })
    }

    /// Looks for the failure in the fair run, in those with one deviation, and in random ones.
    pub(super) fn anywhere(&mut self, plan: &Arc<Plan>) -> Option<Found> {
        let mut runner = Runner::new(Arc::clone(plan));
        let end = self.end(1);
        let found = self.with_one(&mut runner, self.end(2));
        if found.is_some() {
            return found;
        }
        let found = self.with_few(&mut runner, FEW_MAX, self.end(4));
        if found.is_some() {
            return found;
        }
        for number in 0.. {
            if self.is_past(end) {
                return None;
            }
            let mut random = Random::new(SEED);
            if self.run(&mut runner, &mut random, number, &mut ()).is_some() {
                let found = self.found(&mut runner, &mut random, number);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Looks for the failure in the fair run and in those with one deviation, the faults first.
    /// If there is no time for all of them, those that are tried are spread over the run.
    pub(super) fn with_one(&mut self, runner: &mut Runner, end: u64) -> Option<Found> {
        let (found, alternatives) = self.alternatives(runner, &[]);
        if found.is_some() {
            return found;
        }
        let (faults, holds): (Vec<_>, Vec<_>) = alternatives.into_iter().partition(is_fault);
        for kind in [faults, holds] {
            for deviation in spread(&kind) {
                if self.is_past(end) {
                    return None;
                }
                let found = self.with(runner, &[deviation]);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Looks for the failure in runs with two to so many deviations, drawn at random: each is a
    /// fault as often as a slow machine.
    pub(super) fn with_few(&mut self, runner: &mut Runner, max: usize, end: u64) -> Option<Found> {
        let (_, first) = self.alternatives(runner, &[]);
        let mut numbers = generator(SEED, 0);
        while max >= 2 && !first.is_empty() && !self.is_past(end) {
            let count = 2 + below(numbers.next_u32(), max - 1);
            let mut deviations = Vec::with_capacity(count);
            let mut possible = first.clone();
            while deviations.len() < count {
                let wants_fault = numbers.next_u32().is_multiple_of(2);
                if possible.iter().any(|deviation| is_fault(deviation) == wants_fault) {
                    possible.retain(|deviation| is_fault(deviation) == wants_fault);
                }
                if possible.is_empty() {
                    break;
                }
                deviations.push(possible[below(numbers.next_u32(), possible.len())]);
                let (found, after) = self.alternatives(runner, &deviations);
                if found.is_some() {
                    return found;
                }
                possible = after;
            }
        }
        None
    }

    /// The run with these deviations: the failure, if it is one, and what else could have been
    /// different after the last of them.
    pub(super) fn alternatives(
        &mut self,
        runner: &mut Runner,
        deviations: &[Deviation],
    ) -> (Option<Found>, Vec<Deviation>) {
        let mut scheduler = Deviate::lenient(deviations.to_vec());
        let after = deviations.last().map_or(0, |deviation| deviation.step);
        let mut watched = (Choices::default(), Alternatives { after, ..Alternatives::default() });
        let outcome = self.run(runner, &mut scheduler, 0, &mut watched);
        let found = outcome.map(|outcome| Found {
            plan: Arc::clone(runner.simulation().plan()),
            choices: watched.0.taken,
            deviations: scheduler.carried_out().to_vec(),
            outcome,
        });
        (found.and_then(|found| self.with_its_cause(found)), watched.1.found)
    }
}

/// Whether something else happens than a step of another machine: a fault, another answer, or a
/// component that fails where it could have been left be.
pub(super) fn is_fault(deviation: &Deviation) -> bool {
    matches!(deviation.act, Act::Take(Choice::Fault(_) | Choice::Resolve(_) | Choice::Fail(_)))
}

/// All elements: every 64th, then every 32nd, and so on, so that the first ones are far apart.
pub(super) fn spread<T: Copy>(all: &[T]) -> impl Iterator<Item = T> + use<'_, T> {
    let halving = std::iter::successors(Some(64usize), |&step| (step > 1).then_some(step / 2));
    halving.flat_map(move |step| {
        let is_new = move |index: &usize| step == 64 || !index.is_multiple_of(2 * step);
        (0..all.len()).step_by(step).filter(is_new).map(|index| all[index])
    })
}

/// Takes those of the recorded choices that are possible, and goes on fairly when they end.
struct Possible<'a> {
    choices: &'a [Choice],
    next: usize,
    fair: RoundRobin,
}

impl<'a> Possible<'a> {
    fn new(choices: &'a [Choice]) -> Possible<'a> {
        Possible { choices, next: 0, fair: RoundRobin::default() }
    }
}

impl Scheduler for Possible<'_> {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.next = 0;
        self.fair.begin(plan, run);
    }

    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        let enabled = simulation.enabled();
        while let Some(&choice) = self.choices.get(self.next) {
            if choice == Choice::Heal {
                // What comes after the healing waits until the system is quiescent.
                break;
            }
            self.next += 1;
            if enabled.contains(choice) {
                return Some(choice);
            }
        }
        self.fair.choose(simulation)
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        let enabled = simulation.enabled();
        while let Some(&choice) = self.choices.get(self.next) {
            self.next += 1;
            if choice == Choice::Heal || enabled.contains(choice) {
                return Some(choice);
            }
        }
        Some(Choice::Heal)
    }
}

/// Writes down what could have been different in a run: each fault and answer that was possible, and each
/// machine that took a step and could have been slow instead.
#[derive(Default)]
struct Alternatives {
    /// Only what comes after this step.
    after: u64,
    found: Vec<Deviation>,
}

impl Alternatives {
    fn note_faults(&mut self, simulation: &Simulation) {
        let step = simulation.steps() + 1;
        if step <= self.after {
            return;
        }
        let enabled = simulation.enabled();
        let is_fair = |choice: &Choice| matches!(choice, Choice::Step(_) | Choice::Heal);
        let others = enabled.iter().filter(|choice| !is_fair(choice));
        self.found.extend(others.map(|choice| {
            let act = Act::Take(choice);
            Deviation { step, act, fair: None }
        }));
    }
}

impl Observer for Alternatives {
    fn begin(&mut self, _simulation: &Simulation) {
        self.found.clear();
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase != Phase::Heal {
            self.note_faults(simulation);
        }
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        if let Some(machine) = step.choice.machine()
            && simulation.steps() > self.after
        {
            let act = Act::Hold(machine);
            self.found.push(Deviation { step: simulation.steps(), act, fair: None });
        }
        self.note_faults(simulation);
    }
}
