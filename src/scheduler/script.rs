//! Any list of numbers as a run.

use crate::plan::Plan;
use crate::scheduler::{RoundRobin, Scheduler};
use crate::sim::{Choice, Simulation};

/// Takes each number modulo the number of choices; when the numbers end, goes on fairly.
///
/// Every list is a run, a shorter one is a simpler one, and the empty one is the fair run: what
/// property testing and fuzzing need to shrink.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// One number a choice, in order.
    numbers: Vec<u16>,
    next: usize,
    fair: RoundRobin,
}

impl Script {
    /// A run of these numbers.
    pub fn new(numbers: Vec<u16>) -> Script {
        Script { numbers, next: 0, fair: RoundRobin::default() }
    }
}

impl Scheduler for Script {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.next = 0;
        self.fair.begin(plan, run);
    }

    #[inline]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        let Some(&number) = self.numbers.get(self.next) else {
            return self.fair.choose(simulation);
        };
        self.next += 1;
        let enabled = simulation.enabled();
        Some(enabled.nth(usize::from(number) % enabled.len()))
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        let enabled = simulation.enabled();
        let number = self.numbers.get(self.next).map(|&number| usize::from(number));
        self.next += 1;
        Some(match number {
            // The healing is what is left of a number that shrinks.
            Some(number) if number % (enabled.faults() + 1) > 0 => {
                enabled.nth_fault(number % (enabled.faults() + 1) - 1)
            }
            Some(_) | None => Choice::Heal,
        })
    }
}
