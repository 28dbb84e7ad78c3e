//! Partial order sampling: a priority for every pending step.

use std::sync::Arc;

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::model::id::MachineId;
use crate::model::layout::Place;
use crate::plan::Plan;
use crate::scheduler::answer::step_of;
use crate::scheduler::moments::Moments;
use crate::scheduler::object::Object;
use crate::scheduler::profile::Profile;
use crate::scheduler::seed::generator;
use crate::scheduler::{RoundRobin, Scheduler};
use crate::sim::{Choice, Simulation};

/// Gives every pending step a random priority when it becomes pending, and takes the step of the
/// highest one. The steps that race with it get new priorities.
///
/// A random walk chooses anew at every step, so a step that many others must come before is late in
/// nearly all of its runs. Here an order of steps that do not race is drawn only once, and the
/// orders of those that do are sampled more evenly. Two pending steps race when both touch one
/// queue or one key of a global table; a step of the script and a fault race with everything.
///
/// Faults fall at moments drawn before the run; after twice the measured length of a run a fair
/// scheduler goes on.
///
/// Source: Yuan, Yang and Gu, "Partial order aware concurrency sampling", CAV 2018.
#[derive(Clone, Debug)]
pub struct Pos {
    seed: u64,
    profile: Arc<Profile>,
    numbers: Xoshiro256PlusPlus,
    draws: Draws,
    moments: Moments,
    fair: RoundRobin,
}

impl Pos {
    /// A scheduler whose runs all derive from this seed.
    pub fn new(profile: Arc<Profile>, seed: u64) -> Pos {
        let machines = profile.machines().count();
        Pos {
            seed,
            profile,
            numbers: generator(seed, 0),
            draws: Draws::new(machines),
            moments: Moments::new(),
            fair: RoundRobin::default(),
        }
    }
}

impl Scheduler for Pos {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.numbers = generator(self.seed, run);
        self.draws.clear();
        self.moments.begin(plan, &self.profile, &mut self.numbers);
        self.fair.begin(plan, run);
    }

    #[inline]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        if simulation.steps() >= self.profile.fair_after() {
            return self.fair.choose(simulation);
        }
        if let Some(fault) = self.moments.take(simulation, &mut self.numbers) {
            self.draws.clear();
            return Some(fault);
        }
        let object = |machine| Object::of_next_step(MachineId(machine), simulation);
        let pending = simulation.enabled().machines().map(|machine| machine.0);
        let machine = MachineId(self.draws.next(pending, object, &mut self.numbers)?);
        if simulation.plan().layout.places()[machine.index()] == Place::Driver {
            self.draws.clear();
        }
        Some(step_of(machine, simulation, &mut self.numbers))
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        Some(self.moments.at_rest(simulation, &mut self.numbers))
    }
}

/// The algorithm, for threads of any kind.
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    /// By thread: the priority of its next step and what it touches; no priority (0) if the step
    /// must be drawn.
    steps: Vec<(u32, Object)>,
    /// What the last step touched.
    raced: Object,
}

impl Draws {
    pub(crate) fn new(threads: usize) -> Draws {
        Draws { steps: vec![(0, Object::NONE); threads], raced: Object::NONE }
    }

    /// Draws everything anew.
    pub(crate) fn clear(&mut self) {
        self.steps.fill((0, Object::NONE));
        self.raced = Object::NONE;
    }

    /// The thread whose pending step has the highest priority, once what raced with the last step
    /// is drawn anew.
    #[inline]
    pub(crate) fn next(
        &mut self,
        pending: impl Iterator<Item = u16>,
        object: impl Fn(u16) -> Object,
        numbers: &mut Xoshiro256PlusPlus,
    ) -> Option<u16> {
        let mut highest = (0, None);
        let is_race = self.raced != Object::NONE;
        for thread in pending {
            let step = &mut self.steps[usize::from(thread)];
            if step.0 == 0 {
                *step = (numbers.next_u32() | 1, object(thread));
            } else if is_race && step.1 == self.raced {
                step.0 = numbers.next_u32() | 1;
            }
            if step.0 > highest.0 {
                highest = (step.0, Some(thread));
            }
        }
        let taken = &mut self.steps[usize::from(highest.1?)];
        self.raced = taken.1;
        taken.0 = 0;
        highest.1
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::scheduler::program::{Program, chi_square, plan};

    const RUNS: u64 = 40_000;

    fn counts(program: &Program, object: impl Fn(u16) -> Object) -> BTreeMap<Vec<u16>, u64> {
        let mut counts = BTreeMap::new();
        for run in 0..RUNS {
            let mut numbers = generator(5, run);
            let mut draws = Draws::new(program.threads());
            let order = program.run(|_, state| {
                let pending = state.enabled().into_iter();
                draws.next(pending, &object, &mut numbers).expect("a thread can step")
            });
            *counts.entry(order).or_default() += 1;
        }
        counts
    }

    /// One step beside a thread of five: the probability that it comes after *j* of them is that
    /// its priority is the lowest of j + 1 and not the lowest of j + 2. A random walk would have it
    /// last in one of 32 runs, this has it last in one of 6.
    #[test]
    fn the_order_of_steps_that_do_not_race_is_drawn_once() {
        let found = counts(&Program::new(&[5, 1]), |_| Object::NONE);
        let share = |(order, count): (&Vec<u16>, &u64)| {
            let before = order.iter().position(|&thread| thread == 1).expect("it steps") as f64;
            let expected =
                if before < 5.0 { 1.0 / ((before + 1.0) * (before + 2.0)) } else { 1.0 / 6.0 };
            (*count, expected)
        };
        let shares: Vec<(u64, f64)> = found.iter().map(share).collect();
        assert_eq!(shares.len(), 6);
        // 5 degrees of freedom: one value in 5,000 is greater than 24.
        assert!(chi_square(&shares) < 24.0, "{found:?}");
    }

    /// A step of the script races with every other one, and so does a fault: all is drawn again after it.
    #[test]
    fn after_a_step_of_the_script_and_after_a_fault_all_is_drawn_again() {
        let plan = plan("crash-anywhere");
        let mut pos = Pos::new(Arc::new(Profile::new(&plan, 1)), 5);
        let (mut of_script, mut of_faults) = (0, 0);
        for run in 0..20 {
            pos.begin(&plan, run);
            let mut simulation = Simulation::new(Arc::clone(&plan));
            while simulation.steps() < 600 {
                let choice = pos.choose(&simulation).expect("a machine can step");
                let driver = choice.machine() == Some(plan.layout.machine(Place::Driver));
                let is_fault = matches!(choice, Choice::Fault(_));
                (of_script, of_faults) =
                    (of_script + u32::from(driver), of_faults + u32::from(is_fault));
                let kept = pos.draws.steps.iter().any(|&(priority, _)| priority > 0);
                assert!(!((driver || is_fault) && kept), "{choice:?} leaves priorities");
                simulation.step(choice);
            }
        }
        assert!(of_script > 20 && of_faults > 20, "{of_script} of the script, {of_faults} faults");
    }

    /// Two threads whose steps all race: every choice is drawn anew, as in a random walk.
    #[test]
    fn the_order_of_steps_that_race_is_drawn_at_every_step() {
        let racing = Object::machine(MachineId(0));
        let found = counts(&Program::new(&[2, 2]), |_| racing);
        let walk = |(order, count): (&Vec<u16>, &u64)| {
            // Two equal steps first leave no choice: 1/4; otherwise three choices: 1/8.
            (*count, if order[0] == order[1] { 0.25 } else { 0.125 })
        };
        let shares: Vec<(u64, f64)> = found.iter().map(walk).collect();
        assert_eq!(shares.len(), 6);
        assert!(chi_square(&shares) < 24.0, "{found:?}");
        // The canary: without races the shares are others.
        let alone = counts(&Program::new(&[2, 2]), |_| Object::NONE);
        let shares: Vec<(u64, f64)> = alone.iter().map(walk).collect();
        assert!(chi_square(&shares) > 240.0, "{alone:?}");
    }
}
