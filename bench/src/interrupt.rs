//! Ctrl-c: the first ends the survey with what it has, the second ends the process.

use std::sync::Arc;

use active_active::explore::Progress;

/// The progress of a survey, which an interrupt stops.
pub(crate) fn progress() -> Arc<Progress> {
    let progress = Arc::new(Progress::default());
    let stopped = Arc::clone(&progress);
    // There is one survey in a process. Without a handler, an interrupt ends the process at once.
    let _ = ctrlc::set_handler(move || match stopped.is_stopped() {
        true => std::process::exit(130),
        false => stopped.stop(),
    });
    progress
}
