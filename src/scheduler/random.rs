//! Uniform random choice, or by processing speed.

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::model::id::MachineId;
use crate::plan::Plan;
use crate::scheduler::Scheduler;
use crate::scheduler::answer::step_of;
use crate::scheduler::seed::{below, generator};
use crate::sim::{Choice, Enabled, Simulation};

/// How many machines of unlike speeds are drawn before their speeds are added up.
const DRAWS: u32 = 16;

/// Picks among the machines that can step: each with the same probability, or in proportion to
/// their processing speeds when the scenario gives any. Among the random answers of in-dns it
/// picks in proportion to their weights, and of components of which some fail each number is as likely.
///
/// A quiescent system is struck by a fault that is on offer, or healed, with the same probability.
/// Before that, faults of the budget are rare events: each run draws, once, how rare (one in 16 to one in
/// 2,048 choices), so that over many runs they fall early and late, close together and far
/// apart.
#[derive(Clone, Debug)]
pub struct Random {
    seed: u64,
    numbers: Xoshiro256PlusPlus,
    /// A fault is taken, if there is one, when so many random bits are 0.
    fault_bits: u32,
    /// The greatest speed of a machine; 1 when all are equal.
    speed_max: u32,
}

impl Random {
    /// A scheduler whose runs all derive from this seed.
    pub fn new(seed: u64) -> Random {
        Random { seed, numbers: generator(seed, 0), fault_bits: 0, speed_max: 1 }
    }

    /// Rejection sampling: a machine of half the greatest speed is taken half as often. Where all that can
    /// step are slow it would go on for long: after some draws the speeds are added up.
    fn by_speed(&mut self, enabled: Enabled<'_>, plan: &Plan) -> MachineId {
        for _ in 0..DRAWS {
            let number = below(self.numbers.next_u32(), enabled.machine_count());
            let machine = enabled.any_machine(number);
            let draw = below(self.numbers.next_u32(), self.speed_max as usize);
            if draw < plan.speed(machine) as usize {
                return machine;
            }
        }
        self.by_sum_of_speeds(enabled, plan)
    }

    #[cold]
    fn by_sum_of_speeds(&mut self, enabled: Enabled<'_>, plan: &Plan) -> MachineId {
        let speeds = || enabled.machines().map(|machine| (machine, plan.speed(machine)));
        let sum: u32 = speeds().map(|(_, speed)| speed).sum();
        let mut left = below(self.numbers.next_u32(), sum as usize) as u32;
        for (machine, speed) in speeds() {
            match left.checked_sub(speed) {
                Some(rest) => left = rest,
                None => return machine,
            }
        }
        unreachable!("what was drawn is below the sum of the speeds, and each is at least 1")
    }

    #[cold]
    fn fault(&mut self, enabled: Enabled<'_>) -> Option<Choice> {
        let wanted = self.numbers.next_u64() >> (64 - self.fault_bits) == 0;
        wanted.then(|| enabled.nth_fault(below(self.numbers.next_u32(), enabled.faults())))
    }
}

impl Scheduler for Random {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.numbers = generator(self.seed, run);
        self.fault_bits = 4 + below(self.numbers.next_u32(), 8) as u32;
        let machines = 0..plan.layout.machines() as u16;
        let speeds = machines.map(|index| plan.speed(crate::model::MachineId(index)));
        let (min, max) = speeds.fold((u32::MAX, 1), |(min, max), s| (min.min(s), max.max(s)));
        self.speed_max = if min == max { 1 } else { max };
    }

    // Not inlined, it would be handed all that there is to choose from piece by piece: a tenth of a step.
    #[inline(always)]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        let enabled = simulation.enabled();
        if enabled.has_faults()
            && let Some(fault) = self.fault(enabled)
        {
            return Some(fault);
        }
        let machine = if self.speed_max > 1 {
            self.by_speed(enabled, simulation.plan())
        } else {
            let bits = (self.numbers.next_u64() >> 32) as u32;
            enabled.any_machine(below(bits, enabled.machine_count()))
        };
        Some(step_of(machine, simulation, &mut self.numbers))
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        let enabled = simulation.enabled();
        let strikes = enabled.has_faults() && below(self.numbers.next_u32(), 2) == 0;
        Some(match strikes {
            true => enabled.nth_fault(below(self.numbers.next_u32(), enabled.faults())),
            false => Choice::Heal,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scenario::Scenario;
    use crate::scheduler::RoundRobin;

    /// With a thousand times the speed of all that can step, one draw in a thousand was taken: three in four
    /// of the time of a run.
    #[test]
    fn the_slow_share_the_steps_by_their_speeds_when_the_fast_has_nothing_to_do() {
        let text = r#"
            name = "slow"
            script = ["publish 1", "await delivered all"]
            [speed]
            out-dns = 1000
            record-source = 3
        "#;
        let plan = Arc::new(Plan::new(&Scenario::parse(text).unwrap()).unwrap());
        let mut simulation = Simulation::new(Arc::clone(&plan));
        let mut fair = RoundRobin::default();
        while simulation.enabled().machine_count() < 2 {
            let choice = fair.choose(&simulation).expect("it is not at rest");
            simulation.step(choice);
        }
        let enabled = simulation.enabled();
        let sum: u32 = enabled.machines().map(|machine| plan.speed(machine)).sum();
        let mut random = Random::new(1);
        random.begin(&plan, 0);
        let mut taken = vec![0_u32; plan.layout.machines()];
        const DRAWN: u32 = 30_000;
        for _ in 0..DRAWN {
            taken[random.by_speed(enabled, &plan).index()] += 1;
        }
        for machine in enabled.machines() {
            let share = DRAWN * plan.speed(machine) / sum;
            let deviation = taken[machine.index()].abs_diff(share);
            assert!(deviation < DRAWN / 50, "{machine:?}: {taken:?}, and a share of {share}");
        }
    }
}
