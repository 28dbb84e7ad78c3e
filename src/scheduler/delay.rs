//! Delay-bounded scheduling: the fair run, with a few delays.

use std::sync::Arc;

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::model::id::MachineId;
use crate::plan::Plan;
use crate::scheduler::answer::step_of;
use crate::scheduler::moments::{Moments, within};
use crate::scheduler::profile::Profile;
use crate::scheduler::seed::{below, generator};
use crate::scheduler::{RoundRobin, Scheduler};
use crate::sim::{Choice, Simulation};

/// The deterministic round-robin, from which a run deviates at most `delays` times: at a random
/// step the machine whose turn it is has to let the others go first, for one round or for several
/// (each round is one delay).
///
/// Many bugs need few delays, and the runs of few delays are few: a small budget searches them
/// thoroughly, and what it finds differs little from the fair run, so it is easy to understand.
/// Faults fall at moments drawn beside the delays.
///
/// Source: Emmi, Qadeer and Rakamarić, "Delay-bounded scheduling", POPL 2011, sampled instead of
/// enumerated.
#[derive(Clone, Debug)]
pub struct Delay {
    seed: u64,
    delays: u16,
    profile: Arc<Profile>,
    numbers: Xoshiro256PlusPlus,
    /// The steps at which a machine is delayed and for how many rounds, the latest first.
    at: Vec<(u64, u16)>,
    /// By machine: how many turns it lets pass.
    passes: Vec<u16>,
    /// How many turns are still to pass, of all machines.
    waiting: u32,
    moments: Moments,
    fair: RoundRobin,
}

impl Delay {
    /// A scheduler of at most so many delays a run, whose runs all derive from this seed.
    pub fn new(profile: Arc<Profile>, seed: u64, delays: u16) -> Delay {
        let machines = profile.machines().count();
        Delay {
            seed,
            delays,
            profile,
            numbers: generator(seed, 0),
            at: Vec::with_capacity(delays.into()),
            passes: vec![0; machines],
            waiting: 0,
            moments: Moments::new(),
            fair: RoundRobin::default(),
        }
    }

    /// Draws where the delays of a run fall: some alone, some many at once.
    fn draw(&mut self) {
        self.at.clear();
        let mut left = self.delays;
        while left > 0 {
            let most = 1 + below(self.numbers.next_u32(), left.into()) as u16;
            let rounds = 1 + below(self.numbers.next_u32(), most.into()) as u16;
            self.at.push((within(&mut self.numbers, self.profile.steps_max), rounds));
            left -= rounds;
        }
        self.at.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// The machine whose turn it is, after those that have to wait. When only such can step, the
    /// one whose turn it is does.
    #[cold]
    fn with_delays(&mut self, simulation: &Simulation) -> Option<MachineId> {
        let machines = simulation.enabled().machine_count();
        for _ in 0..machines {
            let machine = self.fair.turn(simulation.enabled())?;
            if self.at.last().is_some_and(|&(at, _)| at <= simulation.steps())
                && let Some((_, rounds)) = self.at.pop()
            {
                self.passes[machine.index()] += rounds;
                self.waiting += u32::from(rounds);
            }
            let passes = &mut self.passes[machine.index()];
            if *passes == 0 {
                return Some(machine);
            }
            *passes -= 1;
            self.waiting -= 1;
        }
        self.fair.turn(simulation.enabled())
    }
}

impl Scheduler for Delay {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.numbers = generator(self.seed, run);
        self.draw();
        self.passes.fill(0);
        self.waiting = 0;
        self.moments.begin(plan, &self.profile, &mut self.numbers);
        self.fair.begin(plan, run);
    }

    #[inline]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        if let Some(fault) = self.moments.take(simulation, &mut self.numbers) {
            return Some(fault);
        }
        let due = self.at.last().is_some_and(|&(at, _)| at <= simulation.steps());
        if due || self.waiting > 0 {
            let machine = self.with_delays(simulation)?;
            return Some(step_of(machine, simulation, &mut self.numbers));
        }
        let machine = self.fair.turn(simulation.enabled())?;
        Some(step_of(machine, simulation, &mut self.numbers))
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        Some(self.moments.at_rest(simulation, &mut self.numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::program::{chi_square, plan};

    /// How many turns were passed over by each machine that was let pass, in one run.
    fn passed_over(plan: &Arc<Plan>, delay: &mut Delay, run: u64) -> u32 {
        let mut simulation = Simulation::new(Arc::clone(plan));
        delay.begin(plan, run);
        let mut passed = 0;
        while !simulation.enabled().is_quiescent() {
            let mut turns = delay.fair;
            let choice = delay.choose(&simulation).expect("a machine can step");
            while choice.machine().is_some() && turns.turn(simulation.enabled()) != choice.machine()
            {
                passed += 1;
            }
            simulation.step(choice);
        }
        passed
    }

    /// The limit was ignored once without a test that saw it.
    #[test]
    fn no_run_has_more_delays_than_allowed_and_most_have_as_many() {
        let plan = plan("crash-anywhere");
        let profile = Arc::new(Profile::new(&plan, 1));
        for delays in [0u16, 1, 3, 8] {
            let mut delay = Delay::new(Arc::clone(&profile), 5, delays);
            let counts: Vec<u32> = (0..60).map(|run| passed_over(&plan, &mut delay, run)).collect();
            assert!(counts.iter().all(|&count| count <= u32::from(delays)), "{delays}: {counts:?}");
            let whole = counts.iter().filter(|&&count| count == u32::from(delays)).count();
            assert!(whole >= 35, "{delays}: {counts:?}");
        }
    }

    /// Delays fall anywhere in a run, and a machine waits for one round or for several.
    #[test]
    fn delays_are_spread_over_the_whole_run() {
        let plan = plan("baseline");
        let profile = Arc::new(Profile::new(&plan, 1));
        let (mut parts, mut several) = ([0u64; 8], 0);
        let mut delay = Delay::new(Arc::clone(&profile), 5, 3);
        for run in 0..8_000 {
            delay.begin(&plan, run);
            several += usize::from(delay.at.iter().any(|&(_, rounds)| rounds > 1));
            for &(at, _) in &delay.at {
                parts[(at * 8 / profile.steps_max) as usize] += 1;
            }
        }
        // Of a chi-square with 7 degrees of freedom, one value in 10,000 is greater than 29.
        let even: Vec<(u64, f64)> = parts.iter().map(|&count| (count, 1.0)).collect();
        assert!(chi_square(&even) < 29.0, "{parts:?}");
        assert!((2_000..6_000).contains(&several), "{several} of 8,000");
    }
}
