//! What went wrong from outside, and what came of it.

use crate::model::fault::{Fault, PointKind, Target};
use crate::model::id::{MachineId, QueueId, RecordId, RegionId, TableId};
use crate::model::message::MessageKind;

/// What held a copy of a record until it was lost.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Holder {
    /// A queue.
    Queue(QueueId),
    /// The dead-letter queue of a queue.
    DeadLetters(QueueId),
    /// A log, of what it is the mirror of: of a log of another region.
    Mirror(QueueId),
    /// A regional table.
    Table(TableId),
    /// The stream of a regional table: the write was on its way to the other regions.
    Stream(TableId),
    /// The outbox of a regional table: the intent to publish the record, which its relay had not done.
    ///
    /// Of a record that goes to several queues, the intent that names this one.
    Outbox(TableId, QueueId),
    /// The log of a global database on its way to a cluster, which follows another log now.
    Log(TableId),
}

/// What went wrong from outside, and what came of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// A fault began.
    Faulted {
        /// The fault.
        fault: Fault,
    },
    /// A fault ended.
    Recovered {
        /// What works again.
        target: Target,
        /// How many messages wait in its inbox: of a replicator, its backlog in records.
        waiting: u32,
    },
    /// A copy of a record is gone for good, with what held it. Whether that was the last copy is
    /// not said here.
    Lost {
        /// What held it.
        holder: Holder,
        /// The record.
        record: RecordId,
    },
    /// All copies that this loss takes with it are gone.
    LossEnded {
        /// What was lost.
        target: Target,
    },
    /// The message at the head of an inbox was struck: a reply was lost on its way, and the machine will see a
    /// failure; or a request was refused or given up, and who sent it will.
    Struck {
        /// The machine that would have handled it next.
        machine: MachineId,
        /// The message.
        message: MessageKind,
        /// By which fault.
        by: PointKind,
    },
    /// A message is late: it is on its way, and what is sent to the machine meanwhile overtakes it.
    Late {
        /// To whom it goes.
        machine: MachineId,
        /// What it is.
        message: MessageKind,
    },
    /// A late message has arrived: the machine handles it next.
    CameLate {
        /// To whom it went.
        machine: MachineId,
        /// What it is.
        message: MessageKind,
    },
    /// The clock of a region is ahead of the others' from now on.
    ClockAhead {
        /// The region.
        region: RegionId,
    },
}

impl Event {
    /// The record that it happened to, if it happened to one.
    pub fn record(&self) -> Option<RecordId> {
        match *self {
            Event::Lost { record, .. } => Some(record),
            Event::Faulted { .. }
            | Event::Recovered { .. }
            | Event::LossEnded { .. }
            | Event::Struck { .. }
            | Event::Late { .. }
            | Event::CameLate { .. }
            | Event::ClockAhead { .. } => None,
        }
    }
}
