//! One pass over all states, depth first, on any number of threads.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use crate::explore::evidence::Evidence;
use crate::explore::threads::work_on;
use crate::explore::verify::livelock::Graph;
use crate::explore::verify::locals::Locals;
use crate::explore::verify::point::Point;
use crate::explore::verify::pool::{Job, Pool};
use crate::explore::verify::progress::{Progress, Tally};
use crate::explore::verify::reduction::Reduction;
use crate::explore::verify::space::Points;
use crate::explore::verify::store::{Full, Store};
use crate::plan::Plan;
use crate::run::healed::BroughtBack;
use crate::sim::{Bytes, Choice};

mod worker;

use worker::Worker;

/// What a pass does with the states that it comes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task<'a> {
    /// Enters each state once and judges it. The store has how many choices away it was entered.
    Judge,
    /// As `Judge`, on one thread, but enters a state again when it comes to it by fewer choices, and goes
    /// on after a violation to look for a shorter one: the last is the shortest.
    Shorten {
        /// It is cut short after so many choices.
        choices_max: u64,
        /// Only runs of fewer choices than these are of interest.
        below: usize,
    },
    /// Enters each state once and counts in how many ways it is reached.
    CountWays,
    /// Enters a state when each of the ways that were counted was gone: never, if it leads to itself or
    /// comes behind one that does.
    RemoveWays,
    /// Enters each state once, on one thread, and notes those of a closed run that were not entered while
    /// ways were removed, as the store given says: among them are those in which the system can stay for
    /// ever.
    NoteCycles(&'a Store),
}

/// A pass over all states.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search<'a> {
    pub(super) plan: &'a Arc<Plan>,
    pub(super) store: &'a Store,
    pub(super) reduction: &'a Reduction,
    /// States are represented by their parts: see [`Locals`].
    pub(super) by_parts: bool,
    /// States are one that differ in which record is where: see [`symmetry`](super::symmetry).
    pub(super) exchanges: bool,
    /// States in which a run can be for as long as it likes, by what is left of their ways: there it may be
    /// ended. None in a search for such states.
    pub(super) ended: Option<&'a Store>,
    pub(super) task: Task<'a>,
    pub(super) threads: usize,
    /// Is told how far the pass is.
    pub(super) counts: &'a Progress,
    /// Is asked whether to stop.
    pub(super) progress: &'a Progress,
}

/// What a pass shows.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// The choices of a run that violates the spec, up to the violation.
    pub(super) violation: Option<Vec<Choice>>,
    /// States were left out, because there was no memory for them.
    pub(super) is_full: bool,
    /// States were left out, because it was stopped.
    pub(super) is_cut: bool,
    /// Some state was reached by different amounts of work (see `Frame::work`). If none was, none leads
    /// to itself.
    pub(super) is_uneven: bool,
    /// The least of what only an operator would have brought back before a run went on.
    pub(super) operator: Option<BroughtBack>,
    /// What the ends show that were judged, and which faults struck.
    pub(super) evidence: Evidence,
    /// What [`Task::NoteCycles`] noted.
    pub(super) graph: Graph,
}

/// What the threads of a pass share.
pub(super) struct Shared {
    pub(super) pool: Pool,
    /// All are to stop.
    pub(super) stop: AtomicBool,
    pub(super) pass: Mutex<Pass>,
}

impl Search<'_> {
    /// Makes the pass.
    pub(super) fn run(&self) -> Pass {
        let mut root = Point::new(self.plan);
        let mut path = Vec::new();
        let tally = &mut Tally::default();
        let fails = self.reduction.settle(&mut root, self.plan, &mut path, tally).is_err();
        root.hash_all(self.plan, &mut Bytes::new(self.exchanges));
        let root = Job { choices: Vec::new(), point: root, path, is_root: true };
        if fails {
            return Pass { violation: Some(root.path), ..Pass::default() };
        }
        let fingerprint = root.point.fingerprint();
        let ways = match self.task {
            Task::RemoveWays => match self.store.update(fingerprint, |ways| ways.unwrap_or(0)) {
                Ok(Some(0)) => 0,
                // A state that leads back to the beginning: nothing can be removed.
                Ok(_) | Err(Full) => return Pass::default(),
            },
            Task::CountWays => 0,
            Task::Shorten { .. } => counted(root.path.len()),
            Task::Judge | Task::NoteCycles(_) => {
                counted(root.path.len() + root.point.simulation.driver().next())
            }
        };
        if self.store.update(fingerprint, |_| ways).is_err() {
            return Pass { is_full: true, ..Pass::default() };
        }
        self.counts.note(&Tally { states: 1, ..*tally }, self.store.bytes());
        let shared = Shared {
            pool: Pool::new(self.threads.max(1), root),
            stop: AtomicBool::new(false),
            pass: Mutex::default(),
        };
        let missing = |missing| {
            self.progress.note_threads(self.threads.max(1) - missing);
            shared.pool.go_without(missing);
        };
        work_on(self.threads, &missing, &|| self.work(&shared));
        shared.pass.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// One thread's share of the pass.
    fn work(&self, shared: &Shared) {
        if self.by_parts {
            Worker::new(self, shared, Locals::new(self.plan, self.store)).work();
        } else {
            Worker::new(self, shared, Points::new(self.plan, self.reduction, self.exchanges))
                .work();
        }
    }
}

/// A number as the store keeps it: so many, or more than it can count.
#[inline]
pub(super) fn counted(number: usize) -> u16 {
    number.min(usize::from(u16::MAX)) as u16
}
