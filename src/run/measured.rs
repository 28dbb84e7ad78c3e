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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::Plan;
    use crate::run::Runner;
    use crate::scenario::builtin;
    use crate::scheduler::Random;

    /// Metrics of which the exposure is held to its definition after every step.
    struct Checked {
        metrics: Metrics,
        exposed: u32,
    }

    impl Observer for Checked {
        fn begin(&mut self, simulation: &Simulation) {
            self.metrics.begin(simulation);
        }

        fn phase(&mut self, phase: Phase, simulation: &Simulation) {
            self.metrics.phase(phase, simulation);
        }

        fn step(&mut self, step: &Step, simulation: &Simulation) {
            self.metrics.step(step, simulation);
            self.exposed += self.metrics.assert_exposed_by_definition(simulation.plan());
        }
    }

    /// It is kept up to date row by row; nothing may be forgotten where a row, a message or a region changes.
    #[test]
    fn what_is_exposed_is_always_what_the_definition_says() {
        for name in
            ["f1-fail-container", "region-loss", "loss-anywhere", "aurora-failover", "mirrored-log"]
        {
            let plan = Arc::new(Plan::new(&builtin::scenario(name).unwrap()).unwrap());
            let mut checked = Checked { metrics: Metrics::new(&plan), exposed: 0 };
            let mut runner = Runner::new(Arc::clone(&plan));
            for run in 0..5 {
                runner.run(&mut Random::new(3), run, &mut checked);
                checked.metrics.end_run();
            }
            assert!(checked.exposed > 0, "{name}");
        }
    }
}
