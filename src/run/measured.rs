//! What operators measure, as an observer of runs.

use crate::metrics::{Judge, Metrics};
use crate::run::observer::{Observer, Phase};
use crate::scheduler::Span;
use crate::sim::{Simulation, Step};

impl Observer for Metrics {
    fn begin(&mut self, simulation: &Simulation) {
        self.begin_run(simulation);
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase == Phase::Heal {
            self.note_all(simulation);
        }
    }

    fn now(&mut self, now: Span) {
        self.at(now);
    }

    fn step(&mut self, _step: &Step, simulation: &Simulation) {
        self.step_taken(simulation);
    }
}

impl Observer for Judge {
    fn begin(&mut self, simulation: &Simulation) {
        self.metrics().begin(simulation);
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        self.metrics().phase(phase, simulation);
    }

    fn now(&mut self, now: Span) {
        self.metrics().now(now);
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        self.metrics().step(step, simulation);
    }
}
