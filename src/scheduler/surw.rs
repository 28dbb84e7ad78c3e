//! Selectively uniform random walks: uniform over the orders of a few interesting steps.

use std::sync::Arc;

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::model::id::MachineId;
use crate::model::layout::{Layout, Place};
use crate::plan::Plan;
use crate::scheduler::answer::step_of;
use crate::scheduler::moments::{self, Focus, within};
use crate::scheduler::object::Object;
use crate::scheduler::profile::Profile;
use crate::scheduler::seed::{below, generator};
use crate::scheduler::{RoundRobin, Scheduler};
use crate::sim::{Choice, Simulation};

/// Each run picks one queue or one global table that several machines touch. The steps that touch
/// it, and the faults, are interesting; their order is uniform over all orders there are, and all
/// other steps are a random walk between them.
///
/// Whose interesting step is next is drawn first, in proportion to how many interesting steps each
/// machine has left (measured before, [`Profile`]); until it has taken that step the interesting
/// steps of the others wait. Faults take part as one more machine: as many as are drawn for the
/// run. In half of the runs they are those of one stage beside the chosen object. After twice the
/// measured length a fair scheduler goes on.
///
/// Source: Zhao, Wolff, Mathur and Roychoudhury, "Selectively uniform concurrency testing", ASPLOS
/// 2025. There an interesting event is an access to one chosen shared variable, here to one queue
/// or table.
#[derive(Clone, Debug)]
pub struct Surw {
    seed: u64,
    profile: Arc<Profile>,
    numbers: Xoshiro256PlusPlus,
    walk: Walk,
    /// The number of the object whose steps are interesting, as [`Object::whole`] has it.
    object: Option<usize>,
    focus: Option<Focus>,
    fair: RoundRobin,
}

impl Surw {
    /// A scheduler whose runs all derive from this seed.
    pub fn new(profile: Arc<Profile>, seed: u64) -> Surw {
        let threads = profile.machines().count() + 1;
        Surw {
            seed,
            profile,
            numbers: generator(seed, 0),
            walk: Walk::new(threads),
            object: None,
            focus: None,
            fair: RoundRobin::default(),
        }
    }

    /// The thread that stands for the faults.
    fn faults(&self) -> u16 {
        (self.walk.left.len() - 1) as u16
    }

    /// It is the turn of a fault: takes one that is offered and wanted. When the steps in between
    /// are used up, none is waited for.
    #[cold]
    fn take_fault(&mut self, simulation: &Simulation) -> Option<Choice> {
        let (focus, layout) = (self.focus, &simulation.plan().layout);
        let fault = moments::draw(simulation.enabled(), &mut self.numbers, |point| {
            focus.is_none_or(|focus| focus.concerns(point, layout))
        });
        self.walk.took(self.faults(), &mut self.numbers);
        fault
    }
}

impl Scheduler for Surw {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.numbers = generator(self.seed, run);
        self.fair.begin(plan, run);
        self.focus = None;
        let contended = self.profile.contended();
        self.object = match contended.len() {
            0 => None,
            count => Some(contended[below(self.numbers.next_u32(), count)].into()),
        };
        let mut faults = 0;
        if self.profile.faults > 0 {
            faults = 1 + within(&mut self.numbers, self.profile.faults.into()) as u32;
            if below(self.numbers.next_u32(), 2) == 0 {
                self.focus = Some(match self.object {
                    Some(object) => beside(object, &plan.layout, &mut self.numbers),
                    None => Focus::draw(&plan.layout, &mut self.numbers),
                });
            }
        }
        let touches = self.object.map_or(&[][..], |object| self.profile.touches_of(object));
        self.walk.begin(touches, faults, &mut self.numbers);
    }

    #[inline]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        if simulation.steps() >= self.profile.fair_after() {
            return self.fair.choose(simulation);
        }
        let enabled = simulation.enabled();
        let layout = &simulation.plan().layout;
        let object = self.object;
        let is_interesting = |machine| {
            let touched = Object::of_next_step(MachineId(machine), simulation).whole(layout);
            touched.is_some() && touched == object
        };
        let faults = self.faults();
        loop {
            let nth = |number| enabled.any_machine(number).0;
            let next =
                self.walk.next(enabled.machine_count(), nth, is_interesting, &mut self.numbers);
            if next != faults {
                return Some(step_of(MachineId(next), simulation, &mut self.numbers));
            }
            if let Some(fault) = self.take_fault(simulation) {
                return Some(fault);
            }
        }
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        let strikes = below(self.numbers.next_u32(), 2) == 0;
        let fault = if strikes { self.take_fault(simulation) } else { None };
        fault.or(Some(Choice::Heal))
    }
}

/// A stage in one region that the object belongs to.
fn beside(object: usize, layout: &Layout, numbers: &mut Xoshiro256PlusPlus) -> Focus {
    let stage_of_table = object.checked_sub(layout.machines());
    match (stage_of_table, layout.places().get(object)) {
        (None, Some(&Place::Queue(id))) => {
            let (region, position) = layout.queue_place(id);
            // The inbound queues of all regions are one object.
            let region = if position == 0 { None } else { Some(region) };
            let consumer = position.min(layout.stages.len() - 1);
            let producers = layout.shape.previous(position);
            let producer = match producers.len() {
                0 => 0,
                1 => producers[0].index(),
                count => producers[below(numbers.next_u32(), count)].index(),
            };
            let stage = if below(numbers.next_u32(), 2) == 0 { consumer } else { producer };
            Focus::at(region, stage, layout, numbers)
        }
        (Some(stage), _) => Focus::at(None, stage, layout, numbers),
        (None, _) => Focus::draw(layout, numbers),
    }
}

/// The algorithm, for threads of any kind. The last thread has only interesting steps, each
/// possible at any time.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    /// By thread: how many interesting steps it is thought to have left.
    left: Vec<u32>,
    /// Their sum.
    total: u64,
    /// The thread that takes the next interesting step; none once all are taken.
    intended: Option<u16>,
}

impl Walk {
    pub(crate) fn new(threads: usize) -> Walk {
        Walk { left: vec![0; threads], total: 0, intended: None }
    }

    /// A run in which the threads have so many interesting steps, and the last one so many.
    pub(crate) fn begin(&mut self, counts: &[u32], last: u32, numbers: &mut Xoshiro256PlusPlus) {
        self.left.fill(0);
        self.left[..counts.len()].copy_from_slice(counts);
        *self.left.last_mut().expect("there is a last thread") = last;
        self.total = self.left.iter().map(|&left| u64::from(left)).sum();
        self.intend(numbers);
    }

    /// Draws whose interesting step is next: each thread in proportion to those it has left.
    fn intend(&mut self, numbers: &mut Xoshiro256PlusPlus) {
        self.intended = None;
        if self.total == 0 {
            return;
        }
        let mut number = within(numbers, self.total);
        for (thread, &left) in self.left.iter().enumerate() {
            match number.checked_sub(left.into()) {
                Some(rest) => number = rest,
                None => {
                    self.intended = Some(thread as u16);
                    return;
                }
            }
        }
    }

    /// The thread has taken an interesting step.
    pub(crate) fn took(&mut self, thread: u16, numbers: &mut Xoshiro256PlusPlus) {
        let left = &mut self.left[usize::from(thread)];
        let counted = (*left).min(1);
        *left -= counted;
        self.total -= u64::from(counted);
        self.intend(numbers);
    }

    /// The thread that steps next, of the `pending` threads that `nth` lists, or the last thread.
    /// The latter takes its step when the caller says so by [`Walk::took`].
    #[inline]
    pub(crate) fn next(
        &mut self,
        pending: usize,
        nth: impl Fn(usize) -> u16,
        is_interesting: impl Fn(u16) -> bool,
        numbers: &mut Xoshiro256PlusPlus,
    ) -> u16 {
        let last = (self.left.len() - 1) as u16;
        // The last thread is one more that can step when it is its turn.
        let waits = self.intended == Some(last);
        for _ in 0..2 * pending {
            let number = below(numbers.next_u32(), pending + usize::from(waits));
            if number == pending {
                return last;
            }
            let thread = nth(number);
            if !is_interesting(thread) {
                return thread;
            }
            if self.intended.is_none_or(|intended| intended == thread) {
                self.took(thread, numbers);
                return thread;
            }
        }
        self.next_of_few(pending, nth, is_interesting, numbers)
    }

    /// As [`Walk::next`], looking at every pending thread: it is unlikely that one is left that
    /// need not wait.
    #[cold]
    fn next_of_few(
        &mut self,
        pending: usize,
        nth: impl Fn(usize) -> u16,
        is_interesting: impl Fn(u16) -> bool,
        numbers: &mut Xoshiro256PlusPlus,
    ) -> u16 {
        let last = (self.left.len() - 1) as u16;
        let intended = self.intended;
        let free = |thread: u16| !is_interesting(thread) || intended == Some(thread);
        let count = (0..pending).filter(|&number| free(nth(number))).count();
        let waits = usize::from(intended == Some(last));
        if count + waits > 0 {
            let number = below(numbers.next_u32(), count + waits);
            let Some(thread) = (0..pending).map(&nth).filter(|&thread| free(thread)).nth(number)
            else {
                return last;
            };
            if is_interesting(thread) {
                self.took(thread, numbers);
            }
            return thread;
        }
        // All that can step is interesting, and the intended thread cannot: one of those that
        // can, in proportion to what they have left.
        let weight = |thread: u16| u64::from(self.left[usize::from(thread)].max(1));
        let total = (0..pending).map(|number| weight(nth(number))).sum();
        let mut number = within(numbers, total);
        let mut chosen = nth(0);
        for thread in (0..pending).map(nth) {
            chosen = thread;
            match number.checked_sub(weight(thread)) {
                Some(rest) => number = rest,
                None => break,
            }
        }
        self.took(chosen, numbers);
        chosen
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::scheduler::program::{Program, chi_square, plan};

    const RUNS: u64 = 40_000;

    /// How often each order of the interesting steps came: those of a thread whose number, counted
    /// from 0, is odd if `every_other`, otherwise all; and the last thread's steps.
    fn orders(
        steps: &[u32],
        last: u32,
        every_other: bool,
        counts: &[u32],
    ) -> BTreeMap<Vec<u16>, u64> {
        let program = Program::new(&[steps, &[last]].concat());
        let mut found = BTreeMap::new();
        for run in 0..RUNS {
            let mut numbers = generator(6, run);
            let mut walk = Walk::new(program.threads());
            walk.begin(counts, last, &mut numbers);
            let mut order = Vec::new();
            program.run(|_, state| {
                let faults = (program.threads() - 1) as u16;
                let pending: Vec<u16> =
                    state.enabled().into_iter().filter(|&thread| thread != faults).collect();
                let is_interesting =
                    |thread: u16| !every_other || state.taken[usize::from(thread)] % 2 == 1;
                let nth = |number: usize| pending[number];
                let next = walk.next(pending.len(), nth, is_interesting, &mut numbers);
                if next == faults {
                    walk.took(faults, &mut numbers);
                    order.push(next);
                } else if is_interesting(next) {
                    order.push(next);
                }
                next
            });
            *found.entry(order).or_default() += 1;
        }
        found
    }

    fn assert_uniform(found: &BTreeMap<Vec<u16>, u64>, orders: usize, greatest: f64) {
        assert_eq!(found.len(), orders, "all orders were sampled");
        let shares: Vec<(u64, f64)> = found.values().map(|&count| (count, 1.0)).collect();
        let distance = chi_square(&shares);
        assert!(distance < greatest, "{distance}");
    }

    /// Three threads of two interesting steps have 6! / (2! 2! 2!) = 90 orders; with 89 degrees of
    /// freedom one value in 10,000 is greater than 144.
    #[test]
    fn the_orders_of_the_interesting_steps_are_uniform() {
        assert_uniform(&orders(&[2, 2, 2], 0, false, &[2, 2, 2]), 90, 144.0);
        // Unequal threads: 6! / (4! 1! 1!) = 30 orders; 29 degrees of freedom.
        assert_uniform(&orders(&[4, 1, 1], 0, false, &[4, 1, 1]), 30, 66.0);
    }

    #[test]
    fn faults_are_uniform_among_the_interesting_steps() {
        assert_uniform(&orders(&[2, 2], 2, false, &[2, 2]), 90, 144.0);
    }

    #[test]
    fn steps_in_between_do_not_bias_the_interesting_ones() {
        // One thread has five times the steps of the other, and twice the interesting ones: 6! /
        // (4! 2!) = 15 orders; 14 degrees of freedom.
        assert_uniform(&orders(&[8, 4], 0, true, &[4, 2]), 15, 44.0);
    }

    /// All that can step is interesting and the intended thread cannot: one of the others steps, in proportion
    /// to what it has left. (Equal weights were planted here, and no test saw it.)
    #[test]
    fn where_the_intended_thread_cannot_step_others_do_by_what_they_have_left() {
        let mut counts = [0u64; 2];
        for run in 0..RUNS {
            let mut numbers = generator(7, run);
            let mut walk = Walk::new(4);
            walk.begin(&[3, 1, 4], 0, &mut numbers);
            walk.intended = Some(2);
            let thread = walk.next(2, |number| number as u16, |_| true, &mut numbers);
            counts[usize::from(thread)] += 1;
            assert_eq!(walk.left[usize::from(thread)], [2, 0][usize::from(thread)]);
        }
        // One degree of freedom: one value in 10,000 is greater than 15.
        assert!(chi_square(&[(counts[0], 3.0), (counts[1], 1.0)]) < 15.0, "{counts:?}");
    }

    /// Steps that are not interesting go on meanwhile, each as likely.
    #[test]
    fn where_the_intended_thread_cannot_step_those_that_touch_something_else_do() {
        let mut counts = [0u64; 3];
        for run in 0..RUNS {
            let mut numbers = generator(8, run);
            let mut walk = Walk::new(5);
            walk.begin(&[9, 0, 0, 4], 0, &mut numbers);
            walk.intended = Some(3);
            let thread = walk.next(3, |number| number as u16, |thread| thread == 0, &mut numbers);
            counts[usize::from(thread)] += 1;
        }
        assert_eq!(counts[0], 0, "it would overtake the intended thread");
        assert!(chi_square(&[(counts[1], 1.0), (counts[2], 1.0)]) < 15.0, "{counts:?}");
    }

    #[test]
    fn every_object_that_several_machines_touch_is_chosen_as_often() {
        let plan = plan("crash-anywhere");
        let profile = Arc::new(Profile::new(&plan, 1));
        let mut surw = Surw::new(Arc::clone(&profile), 9);
        let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
        let (mut faults, mut focused) = (BTreeSet::new(), 0);
        for run in 0..12_000 {
            surw.begin(&plan, run);
            *counts.entry(surw.object.expect("several are touched")).or_default() += 1;
            faults.extend(surw.walk.left.last().copied());
            focused += usize::from(surw.focus.is_some());
        }
        let contended: Vec<usize> =
            profile.contended().iter().map(|&object| object.into()).collect();
        assert_eq!(counts.keys().copied().collect::<Vec<usize>>(), contended);
        assert!(contended.len() > 8, "{contended:?}");
        // With as many degrees of freedom as this, one value in 10,000 is greater than thrice as much.
        let even: Vec<(u64, f64)> = counts.values().map(|&count| (count, 1.0)).collect();
        assert!(chi_square(&even) < 3.0 * contended.len() as f64, "{counts:?}");
        assert_eq!(faults, (1..=profile.faults).collect(), "from one fault to all of them");
        assert!((5_500..6_500).contains(&focused), "{focused} of 12,000 around one stage");
    }

    /// The canary: with weights that are not what is left it is far from uniform.
    #[test]
    fn wrong_counts_are_not_uniform_and_still_reach_everything() {
        let found = orders(&[4, 1, 1], 0, false, &[12, 1, 1]);
        let shares: Vec<(u64, f64)> = found.values().map(|&count| (count, 1.0)).collect();
        assert_eq!(shares.len(), 30);
        assert!(chi_square(&shares) > 660.0, "{found:?}");
    }
}
