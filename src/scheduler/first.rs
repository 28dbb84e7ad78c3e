//! One machine first.

use std::sync::Arc;

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::model::id::MachineId;
use crate::plan::Plan;
use crate::scheduler::answer::step_of;
use crate::scheduler::moments::Moments;
use crate::scheduler::profile::Profile;
use crate::scheduler::seed::{below, generator};
use crate::scheduler::{RoundRobin, Scheduler};
use crate::sim::{Choice, Simulation};

/// In each run one machine, drawn before it begins, takes a step whenever it can; while it waits, every other
/// machine that can step does so with the same probability.
///
/// Faults fall at moments drawn before the run; after twice the measured length of a run a fair
/// scheduler goes on.
#[derive(Clone, Debug)]
pub struct First {
    seed: u64,
    profile: Arc<Profile>,
    numbers: Xoshiro256PlusPlus,
    /// The machine that is first in this run.
    first: MachineId,
    moments: Moments,
    fair: RoundRobin,
}

impl First {
    /// A scheduler whose runs all derive from this seed.
    pub fn new(profile: Arc<Profile>, seed: u64) -> First {
        First {
            seed,
            profile,
            numbers: generator(seed, 0),
            first: MachineId(0),
            moments: Moments::new(),
            fair: RoundRobin::default(),
        }
    }
}

impl Scheduler for First {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.numbers = generator(self.seed, run);
        self.first = MachineId(below(self.numbers.next_u32(), plan.layout.machines()) as u16);
        self.moments.begin(plan, &self.profile, &mut self.numbers);
        self.fair.begin(plan, run);
    }

    #[inline]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        if simulation.steps() >= self.profile.fair_after() {
            return self.fair.choose(simulation);
        }
        if let Some(fault) = self.moments.take(simulation, &mut self.numbers) {
            return Some(fault);
        }
        let enabled = simulation.enabled();
        let machine = match enabled.can_step(self.first) {
            true => self.first,
            false => enabled.any_machine(below(self.numbers.next_u32(), enabled.machine_count())),
        };
        Some(step_of(machine, simulation, &mut self.numbers))
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        Some(self.moments.at_rest(simulation, &mut self.numbers))
    }
}
