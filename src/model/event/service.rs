//! What happened at the external service.

use crate::model::id::{RecordId, StageId};

/// What happened at the external service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// A call took effect, outside of the system.
    TookEffect {
        /// The stage that called.
        stage: StageId,
        /// The record.
        record: RecordId,
        /// How many effects there are now for this record at this stage.
        times: u8,
    },
    /// The service knew a call again, and answered as before: there was no other effect.
    KnownAgain {
        /// The stage that called.
        stage: StageId,
        /// The record.
        record: RecordId,
    },
}

impl Event {
    /// The record that it happened to, if it happened to one.
    pub fn record(&self) -> Option<RecordId> {
        match *self {
            Event::TookEffect { record, .. } | Event::KnownAgain { record, .. } => Some(record),
        }
    }
}
