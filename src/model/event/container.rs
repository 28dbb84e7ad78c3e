//! What happened at a container.

use crate::model::container::State;
use crate::model::id::{ContainerId, MachineId, RecordId};

/// What happened at a container.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// A container sends a record on.
    Forwarding {
        /// The container.
        container: ContainerId,
        /// The record.
        record: RecordId,
    },
    /// A container is in another state.
    Became {
        /// The container.
        container: ContainerId,
        /// Its new state.
        state: State,
        /// Who refused, when that is why.
        refused_by: Option<MachineId>,
    },
    /// A container gave its delivery back and asks for the next one.
    GaveBack {
        /// The container.
        container: ContainerId,
        /// The record that it worked on.
        record: RecordId,
        /// Why it cannot go on with it.
        why: WhyBack,
    },
    /// A container could not process a record of its log, and reads the next one.
    PassedOver {
        /// The container.
        container: ContainerId,
        /// The record that it worked on.
        record: RecordId,
        /// Who refused.
        refused_by: MachineId,
    },
    /// A container received a record together with another one, and works on that first.
    CameAlong {
        /// The container.
        container: ContainerId,
        /// The record that waits.
        record: RecordId,
    },
    /// A container goes on with the next record of its batch.
    WentOn {
        /// The container.
        container: ContainerId,
        /// The record.
        record: RecordId,
    },
    /// A container has processed a record, and removes it when it has processed all of its batch.
    PutAside {
        /// The container.
        container: ContainerId,
        /// The record.
        record: RecordId,
    },
    /// A container could not process a record, and removes it with the rest of its batch.
    RemovesAll {
        /// The container.
        container: ContainerId,
        /// The record that it worked on.
        record: RecordId,
        /// Why it cannot go on with it.
        why: WhyBack,
    },
    /// A container ignored a reply to an earlier life or to a request that it had given up, or one that came while it was paused.
    StaleReply {
        /// The container.
        container: ContainerId,
    },
    /// A container heard that its table stored a record, and had no request there that was not answered.
    AnsweredAgain {
        /// The container.
        container: ContainerId,
    },
    /// A container was told to recover and works: nothing is done, nor will be when it stops after that.
    NothingToRecover {
        /// The container.
        container: ContainerId,
    },
}

/// Why a container gives a delivery back and goes on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WhyBack {
    /// Its table has a row that it cannot read.
    Unreadable,
    /// Its table has the record already.
    Duplicate,
    /// This machine refused its request.
    Refused(MachineId),
    /// No container can process the record.
    Poison,
    /// The record is in the new format, and the container is of the old release.
    NewFormat,
    /// The record is in the old format, and the container is of the new release.
    OldFormat,
    /// It gave this record of the same batch back.
    With(RecordId),
}

impl Event {
    /// The record that it happened to, if it happened to one.
    pub fn record(&self) -> Option<RecordId> {
        match *self {
            Event::Forwarding { record, .. }
            | Event::GaveBack { record, .. }
            | Event::CameAlong { record, .. }
            | Event::WentOn { record, .. }
            | Event::PutAside { record, .. }
            | Event::RemovesAll { record, .. }
            | Event::PassedOver { record, .. } => Some(record),
            Event::Became { .. }
            | Event::StaleReply { .. }
            | Event::AnsweredAgain { .. }
            | Event::NothingToRecover { .. } => None,
        }
    }
}
