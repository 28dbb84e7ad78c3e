//! Work that threads hand to each other.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::explore::verify::point::Point;
use crate::sim::Choice;

/// A state with choices that lead to states which were not entered yet.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) point: Point,
    /// What led there, from the beginning.
    pub(super) path: Vec<Choice>,
    /// What leads from there to states that no other thread enters.
    pub(super) choices: Vec<Choice>,
    /// It is the beginning, and it was not looked at.
    pub(super) is_root: bool,
}

/// Jobs that wait for a thread, and threads that wait for a job.
#[derive(Debug)]
pub(super) struct Pool {
    inside: Mutex<Inside>,
    changed: Condvar,
    /// How many threads wait: others look at it and give something away.
    hungry: AtomicUsize,
}

#[derive(Debug)]
struct Inside {
    jobs: Vec<Job>,
    /// How many threads take jobs: when all of them wait, no job will come.
    threads: usize,
    is_over: bool,
}

impl Pool {
    /// A pool for so many threads, with the first job.
    pub(super) fn new(threads: usize, first: Job) -> Pool {
        let inside = Mutex::new(Inside { jobs: vec![first], threads, is_over: false });
        Pool { inside, changed: Condvar::new(), hungry: AtomicUsize::new(0) }
    }

    /// So many of the threads could not be started: no other thread waits for them.
    pub(super) fn go_without(&self, missing: usize) {
        let mut inside = self.lock();
        inside.threads -= missing;
        self.end_if_idle(&mut inside, self.hungry.load(Ordering::Relaxed));
    }

    /// Ends the work when every thread waits and there is no job.
    fn end_if_idle(&self, inside: &mut Inside, waiting: usize) {
        if waiting == inside.threads && inside.jobs.is_empty() {
            inside.is_over = true;
            self.changed.notify_all();
        }
    }

    /// The next job; none when all work is done.
    pub(super) fn take(&self) -> Option<Job> {
        let mut inside = self.lock();
        let waiting = 1 + self.hungry.fetch_add(1, Ordering::Relaxed);
        self.end_if_idle(&mut inside, waiting);
        loop {
            if inside.is_over {
                return None;
            }
            if let Some(job) = inside.jobs.pop() {
                self.hungry.fetch_sub(1, Ordering::Relaxed);
                return Some(job);
            }
            inside = self.changed.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets every thread go home, whatever is left to do.
    pub(super) fn close(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    /// Whether a thread has nothing to do.
    #[inline]
    pub(super) fn is_hungry(&self) -> bool {
        self.hungry.load(Ordering::Relaxed) > 0
    }

    /// Gives a job away.
    pub(super) fn give(&self, job: Job) {
        self.lock().jobs.push(job);
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
