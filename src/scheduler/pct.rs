//! Probabilistic concurrency testing: priorities, and a few moments at which they change.

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

/// Always lets the machine of the highest priority step. The priorities of a run are a random
/// order; at `depth − 1` random steps the machine that is about to step falls below all others.
///
/// A bug of depth *d* is one that *d* ordering constraints between steps are enough for. With *n*
/// machines and runs of at most *k* steps, a run finds it with a probability of at least
/// 1 / (n · k^(d−1)): a bound for the rare ones, while uniform random choice has none. *k* is
/// measured first ([`Profile`]), since a guess that is too small misses the end of the run and one
/// that is too large wastes change points. Faults fall at moments drawn beside the change points;
/// after twice the measured length a fair scheduler goes on.
///
/// Source: Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler with
/// probabilistic guarantees of finding bugs", ASPLOS 2010. Machines take the place of its threads.
#[derive(Clone, Debug)]
pub struct Pct {
    seed: u64,
    profile: Arc<Profile>,
    numbers: Xoshiro256PlusPlus,
    priorities: Priorities,
    moments: Moments,
    fair: RoundRobin,
}

impl Pct {
    /// A scheduler for bugs of this depth, at least 1, whose runs all derive from this seed.
    pub fn new(profile: Arc<Profile>, seed: u64, depth: u16) -> Pct {
        let machines = profile.machines().count();
        Pct {
            seed,
            profile,
            numbers: generator(seed, 0),
            priorities: Priorities::new(machines, depth),
            moments: Moments::new(),
            fair: RoundRobin::default(),
        }
    }
}

impl Scheduler for Pct {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.numbers = generator(self.seed, run);
        self.priorities.begin(self.profile.steps_max, &mut self.numbers);
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
        let can_step = |machine: u16| enabled.can_step(MachineId(machine));
        let machine = self.priorities.next(simulation.steps(), can_step)?;
        Some(step_of(MachineId(machine), simulation, &mut self.numbers))
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        Some(self.moments.at_rest(simulation, &mut self.numbers))
    }
}

/// The algorithm, for threads of any kind.
#[derive(Clone, Debug)]
pub(crate) struct Priorities {
    /// All threads, the highest priority first.
    order: Vec<u16>,
    /// By thread: below which others it fell; [`Priorities::TOP`] if it did not.
    levels: Vec<u16>,
    /// The steps at which a priority changes, the latest first, each with the level that the
    /// thread falls to.
    changes: Vec<(u64, u16)>,
    depth: u16,
}

impl Priorities {
    /// The level of a thread that has not fallen.
    const TOP: u16 = u16::MAX;

    pub(crate) fn new(threads: usize, depth: u16) -> Priorities {
        Priorities {
            order: (0..threads as u16).collect(),
            levels: vec![Priorities::TOP; threads],
            changes: Vec::with_capacity(depth.into()),
            depth,
        }
    }

    /// Draws the order and the change points of a run of so many steps.
    pub(crate) fn begin(&mut self, steps: u64, numbers: &mut Xoshiro256PlusPlus) {
        self.levels.fill(Priorities::TOP);
        // Order of the last run or not: a shuffle of any order is uniform, but run k must not
        // depend on the runs before it.
        self.order.sort_unstable();
        for last in (1..self.order.len()).rev() {
            self.order.swap(last, below(numbers.next_u32(), last + 1));
        }
        self.changes.clear();
        self.changes.extend((1..self.depth).map(|level| (within(numbers, steps.max(1)), level)));
        self.changes.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// The thread of the highest priority of those that can step; that of the change point falls
    /// first.
    #[inline]
    pub(crate) fn next(&mut self, step: u64, can_step: impl Fn(u16) -> bool) -> Option<u16> {
        while let Some(&(at, level)) = self.changes.last()
            && at <= step
        {
            let place = self.order.iter().position(|&thread| can_step(thread))?;
            self.changes.pop();
            self.fall(place, level);
        }
        self.order.iter().copied().find(|&thread| can_step(thread))
    }

    #[cold]
    fn fall(&mut self, place: usize, level: u16) {
        let thread = self.order.remove(place);
        self.levels[usize::from(thread)] = level;
        let levels = &self.levels;
        let below = self.order.iter().position(|&other| levels[usize::from(other)] < level);
        self.order.insert(below.unwrap_or(self.order.len()), thread);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::scheduler::program::{Program, chi_square, share_of};

    const RUNS: u64 = 20_000;

    fn interleave(program: &Program, depth: u16, run: u64) -> Vec<u16> {
        let mut numbers = generator(3, run);
        let mut priorities = Priorities::new(program.threads(), depth);
        priorities.begin(program.steps(), &mut numbers);
        program.run(|step, state| {
            priorities.next(step, |thread| state.can_step(thread)).expect("a thread can step")
        })
    }

    /// The bound of the paper. The depth is the number of constraints that are enough.
    #[test]
    fn the_probability_is_at_least_that_of_the_paper() {
        let program = Program::new(&[6, 6, 6, 6]);
        let (n, k) = (4.0, 24.0);
        // Depth 1: the last thread ends before the first begins.
        let one = |order: &[u16]| place(order, 3, 5) < place(order, 0, 0);
        // Depth 2: in the middle of the first thread, the whole of the last.
        let two = |order: &[u16]| {
            place(order, 0, 2) < place(order, 3, 0) && place(order, 3, 5) < place(order, 0, 3)
        };
        let share = |depth, found: &dyn Fn(&[u16]) -> bool| {
            share_of(RUNS, |run| found(&interleave(&program, depth, run)))
        };
        let (first, second) = (share(1, &one), share(2, &two));
        assert!(first >= 1.0 / n && second >= 1.0 / (n * k), "{first}, {second}");
        assert_eq!(share(1, &two), 0.0, "that takes a change point");
        // The canary: uniform random choice is far below the bound of depth 1.
        let random = share_of(RUNS, |run| {
            let mut numbers = generator(4, run);
            one(&program.run(|_, state| state.any(&mut numbers)))
        });
        assert!(random < 1.0 / n / 10.0, "{random}");
    }

    #[test]
    fn the_bound_holds_for_a_bug_of_depth_four() {
        let program = Program::new(&[3, 3, 3]);
        // After the first step of the first thread the whole of the last, after its second step
        // the whole of the other.
        let four = |order: &[u16]| {
            place(order, 0, 0) < place(order, 2, 0)
                && place(order, 2, 2) < place(order, 0, 1)
                && place(order, 0, 1) < place(order, 1, 0)
                && place(order, 1, 2) < place(order, 0, 2)
        };
        let share = |depth| share_of(10 * RUNS, |run| four(&interleave(&program, depth, run)));
        let found = share(4);
        assert!(found >= 1.0 / (3.0 * 9.0_f64.powi(3)), "{found}");
        assert_eq!(share(3), 0.0, "that takes three change points");
    }

    /// Where the n-th step of a thread, counted from 0, is in an order of threads.
    fn place(order: &[u16], thread: u16, number: usize) -> usize {
        let mut steps = order.iter().enumerate().filter(|&(_, &other)| other == thread);
        steps.nth(number).expect("the thread has so many steps").0
    }

    /// 24 orders of four threads; with 23 degrees of freedom one value in 10,000 is greater than 57. The
    /// change points are anywhere in the run.
    #[test]
    fn every_order_of_priorities_is_as_likely_and_so_is_every_change_point() {
        let (mut orders, mut points) = (BTreeMap::new(), [0u64; 10]);
        let mut priorities = Priorities::new(4, 4);
        for run in 0..RUNS {
            priorities.begin(10, &mut generator(2, run));
            *orders.entry(priorities.order.clone()).or_insert(0u64) += 1;
            let levels: BTreeSet<u16> =
                priorities.changes.iter().map(|&(_, level)| level).collect();
            assert_eq!(levels, BTreeSet::from([1, 2, 3]), "each falls to a level of its own");
            priorities.changes.iter().for_each(|&(at, _)| points[at as usize] += 1);
        }
        assert_eq!(orders.len(), 24);
        let even = |counts: &mut dyn Iterator<Item = u64>| {
            chi_square(&counts.map(|count| (count, 1.0)).collect::<Vec<_>>())
        };
        assert!(even(&mut orders.values().copied()) < 57.0, "{orders:?}");
        // 9 degrees of freedom: one value in 10,000 is greater than 33.
        assert!(even(&mut points.into_iter()) < 33.0, "{points:?}");
    }

    #[test]
    fn every_thread_falls_below_those_that_fell_to_a_higher_level() {
        let mut priorities = Priorities::new(3, 1);
        priorities.begin(9, &mut generator(1, 1));
        let order = priorities.order.clone();
        priorities.fall(0, 1);
        priorities.fall(0, 2);
        assert_eq!(priorities.order, [order[2], order[1], order[0]]);
        priorities.fall(0, 3);
        assert_eq!(priorities.order, [order[2], order[1], order[0]]);
    }
}
