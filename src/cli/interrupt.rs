//! Ctrl-c: the first ends what is under way with what it has, the second ends the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

type Action = Box<dyn FnOnce() + Send>;

/// What the next interrupt does; nothing means that it ends the process.
static ACTION: Mutex<Option<Action>> = Mutex::new(None);
static HANDLER: OnceLock<()> = OnceLock::new();
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The work that an interrupt can end; behind it, an interrupt ends the process.
#[must_use]
pub(crate) struct Interruptible(());

impl Drop for Interruptible {
    fn drop(&mut self) {
        *ACTION.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// As long as the work goes on, an interrupt does this. A second one ends the process.
pub(crate) fn on_interrupt(action: impl FnOnce() + Send + 'static) -> Interruptible {
    *ACTION.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(action));
    HANDLER.get_or_init(|| {
        // Without a handler, an interrupt ends the process at once, as it does elsewhere. One whose thread cannot be started would
        // swallow every signal, so whether one can be is tried first.
        if can_start_a_thread() {
            let _ = ctrlc::set_handler(|| {
                if !interrupted() {
                    std::process::exit(130);
                }
            });
        }
    });
    Interruptible(())
}

/// Ends the work that is under way. Whether there is some.
pub(super) fn interrupted() -> bool {
    INTERRUPTED.store(true, Ordering::Relaxed);
    let action = ACTION.lock().unwrap_or_else(PoisonError::into_inner).take();
    let is_at_work = action.is_some();
    action.into_iter().for_each(|action| action());
    is_at_work
}

/// Whether there was an interrupt: what was found until then is kept, and no further work is begun.
pub(crate) fn happened() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

fn can_start_a_thread() -> bool {
    let started = thread::Builder::new().spawn(|| ());
    started.is_ok_and(|thread| thread.join().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was done while a page of 60,000 records was written: nothing, since the sweep before it was over.
    #[test]
    fn behind_the_work_an_interrupt_ends_the_process() {
        let is_set = || ACTION.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let work = on_interrupt(|| ());
        assert!(is_set());
        drop(work);
        assert!(!is_set());
    }
}
