//! How far a search is, and asking it to stop.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How far a search is; written by its threads, read by the one that shows it.
#[derive(Debug, Default)]
pub struct Progress {
    states: AtomicU64,
    transitions: AtomicU64,
    steps: AtomicU64,
    ends: AtomicU64,
    depth: AtomicU64,
    bytes: AtomicU64,
    threads: AtomicU64,
    stop: AtomicBool,
}

/// What a thread adds to it now and then.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) states: u64,
    pub(super) transitions: u64,
    /// Steps that the reduction took together with a transition.
    pub(super) steps: u64,
    pub(super) ends: u64,
    pub(super) depth: u64,
}

impl Progress {
    /// How many states were entered.
    pub fn states(&self) -> u64 {
        self.states.load(Ordering::Relaxed)
    }

    /// How many choices were taken between states.
    pub fn transitions(&self) -> u64 {
        self.transitions.load(Ordering::Relaxed)
    }

    /// How many steps were taken, those included that the reduction joins with others.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed) + self.transitions()
    }

    /// How many ends of runs were judged.
    pub fn ends(&self) -> u64 {
        self.ends.load(Ordering::Relaxed)
    }

    /// The length of the longest run so far, in choices.
    pub fn depth(&self) -> u64 {
        self.depth.load(Ordering::Relaxed)
    }

    /// How many bytes the store of states takes.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// On how many threads the search was made at most: not more than the system started.
    pub fn threads(&self) -> u64 {
        self.threads.load(Ordering::Relaxed)
    }

    /// So many threads make a pass.
    pub(super) fn note_threads(&self, threads: usize) {
        self.threads.fetch_max(threads as u64, Ordering::Relaxed);
    }

    /// Counts from 0 again, but for threads.
    pub(super) fn restart(&self) {
        let Progress { states, transitions, steps, ends, depth, bytes, threads: _, stop: _ } = self;
        for count in [states, transitions, steps, ends, depth, bytes] {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// Asks the search to end soon.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn note(&self, tally: &Tally, bytes: u64) {
        let Tally { states, transitions, steps, ends, depth } = *tally;
        self.states.fetch_add(states, Ordering::Relaxed);
        self.transitions.fetch_add(transitions, Ordering::Relaxed);
        self.steps.fetch_add(steps, Ordering::Relaxed);
        self.ends.fetch_add(ends, Ordering::Relaxed);
        self.depth.fetch_max(depth, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }
}
