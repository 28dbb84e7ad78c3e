//! Those who watch a run besides the spec.

use crate::scheduler::Span;
use crate::sim::{Choice, Simulation, Step};

/// Part of a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Phase {
    /// The scheduler decides, and faults happen.
    Chaos,
    /// Everything that can be undone is undone.
    Heal,
    /// A fair scheduler brings the system to rest.
    Converge,
}

/// Watches a run. It changes nothing.
pub trait Observer {
    /// A run begins.
    fn begin(&mut self, simulation: &Simulation);

    /// A part of the run begins. [`Phase::Heal`] is one step, what it did is in the simulation's events;
    /// chaos or convergence follows.
    fn phase(&mut self, phase: Phase, simulation: &Simulation);

    /// The next step takes this long and happens at the end of it: called before each step of a run
    /// that has a time.
    #[inline]
    fn now(&mut self, now: Span) {
        let _ = now;
    }

    /// A step was taken; what happened is in the simulation's events.
    fn step(&mut self, step: &Step, simulation: &Simulation);
}

/// Watches nothing.
impl Observer for () {
    #[inline]
    fn begin(&mut self, _simulation: &Simulation) {}

    #[inline]
    fn phase(&mut self, _phase: Phase, _simulation: &Simulation) {}

    #[inline]
    fn step(&mut self, _step: &Step, _simulation: &Simulation) {}
}

/// Two watch.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn begin(&mut self, simulation: &Simulation) {
        self.0.begin(simulation);
        self.1.begin(simulation);
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        self.0.phase(phase, simulation);
        self.1.phase(phase, simulation);
    }

    #[inline]
    fn now(&mut self, now: Span) {
        self.0.now(now);
        self.1.now(now);
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        self.0.step(step, simulation);
        self.1.step(step, simulation);
    }
}

impl<T: Observer + ?Sized> Observer for &mut T {
    fn begin(&mut self, simulation: &Simulation) {
        (**self).begin(simulation);
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        (**self).phase(phase, simulation);
    }

    #[inline]
    fn now(&mut self, now: Span) {
        (**self).now(now);
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        (**self).step(step, simulation);
    }
}

/// Writes down the choices of a run: with the scenario, all that it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Choices {
    /// In order.
    pub taken: Vec<Choice>,
}

impl Observer for Choices {
    fn begin(&mut self, _simulation: &Simulation) {
        self.taken.clear();
    }

    fn phase(&mut self, phase: Phase, _simulation: &Simulation) {
        if phase == Phase::Heal {
            self.taken.push(Choice::Heal);
        }
    }

    fn step(&mut self, step: &Step, _simulation: &Simulation) {
        self.taken.push(step.choice);
    }
}
