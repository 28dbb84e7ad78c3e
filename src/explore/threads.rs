//! Work on several threads.

use std::thread::{self, Builder};

/// Does the work on this thread and on others beside it, `threads` in all. Where the system starts no more (a limit
/// on processes or memory), the work is done by those there are: `missing` is told how many are not, before this
/// thread begins. Not generic: what starts a thread is compiled once, and not for each kind of work.
pub(crate) fn work_on(threads: usize, missing: &dyn Fn(usize), work: &(dyn Fn() + Sync)) {
    thread::scope(|scope| {
        let wanted = threads.saturating_sub(1);
        let start = |_: &usize| Builder::new().spawn_scoped(scope, work).is_ok();
        let started = (0..wanted).take_while(start).count();
        missing(wanted - started);
        work();
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_thread_does_the_work_once() {
        for (threads, expected) in [(0, 1), (1, 1), (3, 3)] {
            let done = AtomicUsize::new(0);
            work_on(threads, &|missing| assert_eq!(missing, 0), &|| {
                done.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(done.into_inner(), expected);
        }
    }
}
