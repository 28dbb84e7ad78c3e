//! What a run tells, as a number: two runs that tell the same are the same story.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::run::{Observer, Phase};
use crate::sim::{Simulation, Step};

/// What happened, in order.
#[derive(Default)]
pub(super) struct Told {
    events: DefaultHasher,
}

impl Told {
    /// Of all that happened since the beginning of the run.
    pub(super) fn number(&self) -> u64 {
        self.events.finish()
    }
}

impl Observer for Told {
    fn begin(&mut self, _simulation: &Simulation) {
        self.events = DefaultHasher::new();
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase == Phase::Heal {
            simulation.events().hash(&mut self.events);
        }
    }

    fn step(&mut self, _step: &Step, simulation: &Simulation) {
        simulation.events().hash(&mut self.events);
    }
}
