//! What happened between the tables of a stage.

use crate::model::id::{RecordId, RegionId, RegionSet, ReplicatorId};

/// What happened between the tables of a stage.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// A replicator sent a row to the other regions.
    Replicated {
        /// The replicator.
        replicator: ReplicatorId,
        /// The record.
        record: RecordId,
        /// The region that wrote it.
        region: RegionId,
        /// Where it goes at once, or went when the region was reached again; a witness counts as
        /// the region after the last one.
        reached: RegionSet,
    },
    /// A global database is written in another region from now on.
    WriterMoved {
        /// The replicator of its stage.
        replicator: ReplicatorId,
        /// Where it is written.
        region: RegionId,
    },
    /// A failed replicator lost a row (an unsound design).
    ReplicationLost {
        /// The replicator.
        replicator: ReplicatorId,
        /// The record.
        record: RecordId,
    },
}

impl Event {
    /// The record that it happened to, if it happened to one.
    pub fn record(&self) -> Option<RecordId> {
        match *self {
            Event::Replicated { record, .. } | Event::ReplicationLost { record, .. } => {
                Some(record)
            }
            Event::WriterMoved { .. } => None,
        }
    }
}
