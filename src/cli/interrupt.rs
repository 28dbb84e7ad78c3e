//! Ctrl-c: the first ends what is under way with what it has, the second ends the process.

use std::sync::{Mutex, OnceLock, PoisonError};

type Action = Box<dyn FnOnce() + Send>;

/// What the next interrupt does; nothing means that it ends the process.
static ACTION: Mutex<Option<Action>> = Mutex::new(None);
static HANDLER: OnceLock<()> = OnceLock::new();

/// From now on an interrupt does this. A second one, unless another action was given meanwhile,
/// ends the process.
pub(crate) fn on_interrupt(action: impl FnOnce() + Send + 'static) {
    *ACTION.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(action));
    HANDLER.get_or_init(|| {
        let handler = || {
            let action = ACTION.lock().unwrap_or_else(PoisonError::into_inner).take();
            match action {
                Some(action) => action(),
                None => std::process::exit(130),
            }
        };
        // Without a handler, an interrupt ends the process at once, as it does elsewhere.
        let _ = ctrlc::set_handler(handler);
    });
}
