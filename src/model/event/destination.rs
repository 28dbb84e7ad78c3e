//! What happened at the destination.

use crate::model::id::{RecordId, RegionId};
use crate::model::record::RecordCopy;

/// What happened at the destination.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// A record reached the destination.
    Arrived {
        /// The record.
        copy: RecordCopy,
        /// Through which region.
        region: RegionId,
        /// The destination counts it (again, in an unsound design).
        counted: bool,
        /// The destination shows it for its business key from now on.
        shown: bool,
    },
}

impl Event {
    /// The record that it happened to, if it happened to one.
    pub fn record(&self) -> Option<RecordId> {
        match *self {
            Event::Arrived { copy, .. } => Some(copy.id),
        }
    }
}
