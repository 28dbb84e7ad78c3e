//! Search by feedback: runs that reach something new are kept, changed and made again.

use std::sync::Arc;

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::explore::abstract_state::AbstractStates;
use crate::plan::Plan;
use crate::run::{Observer, Runner};
use crate::scheduler::answer::step_of;
use crate::scheduler::moments::{self, KINDS, Moments, kind};
use crate::scheduler::profile::Profile;
use crate::scheduler::seed::{below, generator, mix};
use crate::scheduler::{Rhythm, RoundRobin, Scheduler};
use crate::sim::{Choice, Simulation, Step};

mod change;

use change::{Change, Changes};

/// How many runs learn from each other, before all is forgotten.
pub(crate) const GROUP: u64 = 1_024;
/// All runs learn.
pub(crate) const RHYTHM: Rhythm = Rhythm { free: 0, learning: GROUP };

/// So many choices of a run are kept, at most.
const CHOICES_MAX: usize = 1 << 14;

/// Keeps the choices of every run that reached a new abstract state ([`AbstractStates`]), or a new
/// kind of step (machine, state, message), under the faults it had taken so far; changes them
/// here and there, and makes them again. Step by step it comes to where no run comes by itself.
///
/// A change is a fault more or less, a machine that waits for a while, a few random choices, or a
/// random rest of the run; in between, the kept choices are followed where they are possible.
///
/// Runs learn in groups of 1,024: run *k* depends on the runs of its group before it, and on no
/// others. So a run can be made alone, at the price of its group; the groups are dealt out to
/// threads and machines whole; and no campaign stays for ever where its first runs led it.
///
/// Sources: coverage-guided fuzzing as in AFL (Zalewski, 2014); states with the details left out as
/// feedback: Meng et al., "Greybox fuzzing of distributed systems", CCS 2023.
#[derive(Debug)]
pub struct Feedback {
    seed: u64,
    plan: Arc<Plan>,
    steps_max: u64,
    profile: Arc<Profile>,
    numbers: Xoshiro256PlusPlus,
    /// The run that would come next; none before the first.
    next: Option<u64>,
    /// The runs that reached something new, in their order.
    corpus: Vec<Kept>,
    seen: Seen,
    /// The choices of the run under way.
    taken: Vec<Choice>,
    /// The step at which it last reached something new.
    fresh_at: Option<u64>,
    /// How many faults of each kind it has taken, and a number for that.
    spent: ([u8; KINDS], u64),
    changes: Changes,
    moments: Moments,
    fair: RoundRobin,
}

/// A run that reached something new.
#[derive(Debug)]
struct Kept {
    choices: Arc<[Choice]>,
    /// The step at which it last did.
    fresh_at: u64,
}

impl Feedback {
    /// A scheduler whose runs all derive from this seed. Runs are cut short after `steps_max`
    /// steps, as those of the campaign are.
    pub fn new(plan: Arc<Plan>, profile: Arc<Profile>, seed: u64, steps_max: u64) -> Feedback {
        Feedback {
            seed,
            plan,
            steps_max,
            profile,
            numbers: generator(seed, 0),
            next: None,
            corpus: Vec::new(),
            seen: Seen::default(),
            taken: Vec::new(),
            fresh_at: None,
            spent: ([0; KINDS], 0),
            changes: Changes::default(),
            moments: Moments::new(),
            fair: RoundRobin::default(),
        }
    }

    fn forget(&mut self) {
        self.corpus.clear();
        self.seen.clear();
        self.taken.clear();
        self.fresh_at = None;
    }

    /// Makes the runs of the group that come before this one.
    #[cold]
    fn catch_up(&mut self, first: u64, run: u64) {
        let mut runner = Runner::new(Arc::clone(&self.plan));
        runner.limit_steps(self.steps_max);
        for earlier in first..run {
            runner.run(self, earlier, &mut ());
        }
    }

    /// Keeps the last run if it reached something new.
    fn learn(&mut self) {
        if let Some(fresh_at) = self.fresh_at.take() {
            let choices = Arc::from(self.taken.as_slice());
            self.corpus.push(Kept { choices, fresh_at });
        }
        self.taken.clear();
    }

    /// How many runs of its group it has kept so far.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.corpus.len()
    }

    /// Draws what this run changes of which: of two runs that were kept, the later one.
    fn draw(&mut self, plan: &Plan) {
        self.changes.clear();
        let count = self.corpus.len();
        // One run in eight begins from nothing.
        if count == 0 || below(self.numbers.next_u32(), 8) == 0 {
            self.moments.begin(plan, &self.profile, &mut self.numbers);
            return;
        }
        self.moments.clear();
        let mut any = || below(self.numbers.next_u32(), count);
        let (one, other) = (any(), any());
        let kept = &self.corpus[one.max(other)];
        self.changes.draw(&kept.choices, kept.fresh_at, self.profile.faults, &mut self.numbers);
    }
}

impl Scheduler for Feedback {
    fn begin(&mut self, plan: &Plan, run: u64) {
        let first = run / GROUP * GROUP;
        if run == first {
            self.forget();
        } else if self.next != Some(run) {
            self.catch_up(first, run);
        }
        self.learn();
        self.next = Some(run + 1);
        self.numbers = generator(self.seed, run);
        self.spent = ([0; KINDS], 0);
        self.fair.begin(plan, run);
        self.draw(plan);
    }

    #[inline]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        if simulation.steps() >= self.profile.fair_after() {
            return self.fair.choose(simulation);
        }
        if let Some(fault) = self.moments.take(simulation, &mut self.numbers) {
            return Some(fault);
        }
        match self.changes.next(simulation, &mut self.numbers) {
            Some(Change::Choice(choice)) => Some(choice),
            Some(Change::Fault) => moments::draw(simulation.enabled(), &mut self.numbers, |_| true)
                .or_else(|| Some(any_step(simulation, &mut self.numbers))),
            None => Some(any_step(simulation, &mut self.numbers)),
        }
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        let follows = match self.changes.next(simulation, &mut self.numbers) {
            Some(Change::Choice(choice)) => Some(choice),
            Some(Change::Fault) => moments::draw(simulation.enabled(), &mut self.numbers, |_| true),
            None => None,
        };
        follows.or_else(|| Some(self.moments.at_rest(simulation, &mut self.numbers)))
    }

    #[inline]
    fn took(&mut self, step: &Step, simulation: &Simulation) {
        if self.taken.len() < CHOICES_MAX {
            self.taken.push(step.choice);
        }
        if let Choice::Fault(point) = step.choice {
            let count = &mut self.spent.0[kind(point)];
            // From the fourth on, one more fault of a kind is nothing new.
            *count = (*count + 1).min(3);
            self.spent.1 = number_of(&self.spent.0);
        }
        let (seen, spent) = (&mut self.seen, self.spent.1);
        let mut fresh = step.pair.is_some_and(|pair| seen.insert(mix(pair.index() as u64)));
        AbstractStates::new(|state| fresh |= seen.insert(state ^ spent)).step(step, simulation);
        if fresh {
            self.fresh_at = Some(simulation.steps());
        }
    }

    fn rhythm(&self) -> Rhythm {
        RHYTHM
    }
}

/// Another number for every other count of faults, each up to 3; 0 for none.
fn number_of(spent: &[u8; KINDS]) -> u64 {
    const { assert!(2 * KINDS <= 64, "two bits for each kind") };
    mix(spent.iter().fold(0, |packed, &count| packed << 2 | u64::from(count)))
}

/// Any machine that can step.
#[inline]
fn any_step(simulation: &Simulation, numbers: &mut Xoshiro256PlusPlus) -> Choice {
    let enabled = simulation.enabled();
    let machine = enabled.any_machine(below(numbers.next_u32(), enabled.machine_count()));
    step_of(machine, simulation, numbers)
}

/// A set of hashes that forgets nothing and may mistake a new one for an old one: a run that could
/// have been kept is not. No verdict depends on it.
#[derive(Debug)]
struct Seen {
    bits: Vec<u64>,
}

/// How many bits a number has in the set.
const SEEN_BITS: u32 = 18;

impl Default for Seen {
    fn default() -> Seen {
        Seen { bits: vec![0; 1 << (SEEN_BITS - 6)] }
    }
}

impl Seen {
    /// Whether it was not there.
    #[inline]
    fn insert(&mut self, hash: u64) -> bool {
        let number = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - SEEN_BITS);
        let (word, bit) = (&mut self.bits[(number >> 6) as usize], 1 << (number & 63));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    fn clear(&mut self) {
        self.bits.fill(0);
    }
}

#[cfg(test)]
mod tests;
