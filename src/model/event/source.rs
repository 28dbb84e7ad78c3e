//! What happened at the source.

use crate::model::id::{BatchId, RecordId};
use crate::model::record::RecordCopy;

/// What happened at the source.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// The source sent a record (for the first time or again).
    Published {
        /// The record.
        copy: RecordCopy,
    },
    /// The source holds a positive acknowledgement: from now on the system answers for it.
    Accepted {
        /// The record.
        record: RecordId,
    },
    /// The source was refused.
    Refused {
        /// The record.
        record: RecordId,
    },
    /// The source is done with a batch.
    BatchEnded {
        /// The batch.
        batch: BatchId,
        /// Every record of it is accepted.
        complete: bool,
    },
}

impl Event {
    /// The record that it happened to, if it happened to one.
    pub fn record(&self) -> Option<RecordId> {
        match *self {
            Event::Published { copy, .. } => Some(copy.id),
            Event::Accepted { record, .. } | Event::Refused { record, .. } => Some(record),
            Event::BatchEnded { .. } => None,
        }
    }
}
