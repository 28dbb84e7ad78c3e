//! What machines say to each other.
//!
//! ```
//! use std::sync::Arc;
//!
//! use active_active::model::layout::{Layout, Place};
//! use active_active::model::message::Message;
//! use active_active::plan::Plan;
//! use active_active::scenario::builtin;
//! use active_active::sim::Simulation;
//!
//! let simulation = Simulation::new(Arc::new(Plan::new(&builtin::scenario("baseline")?)?));
//! let layout: &Layout = &simulation.plan().layout;
//! let driver = layout.machine(Place::Driver);
//! assert_eq!(simulation.next_message(driver), Some(&Message::Proceed), "the script can begin");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::model::id::{BatchId, MachineId, QueueId, RecordId, RegionId, TableId};
use crate::model::record::RecordCopy;

mod kind;

pub use kind::MessageKind;

/// Who asked: the machine, and which life of it.
///
/// A container that was restarted ignores replies to its earlier lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Client {
    /// The machine that gets the reply.
    pub machine: MachineId,
    /// How often it was restarted before it asked.
    pub incarnation: u16,
}

/// Names one delivery of one record by one queue: what SQS calls a receipt handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt(pub u32);

/// Names one message of one queue: what SQS calls a message id. A redelivery is the same message; a record
/// that is sent again, or redriven, is another one. It counts the messages of the queue: 1 to 65,535, and then 1 again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MessageNumber(pub u16);

/// What a health check is told.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::explore::{Observer, Phase, Runner};
/// use active_active::model::Message;
/// use active_active::model::message::Health;
/// use active_active::plan::Plan;
/// use active_active::scenario::builtin;
/// use active_active::scheduler::RoundRobin;
/// use active_active::sim::{Simulation, Step};
///
/// /// What the health checks of a run were told.
/// #[derive(Default)]
/// struct Told(Vec<Health>);
///
/// impl Observer for Told {
///     fn begin(&mut self, _simulation: &Simulation) {}
///
///     fn phase(&mut self, _phase: Phase, _simulation: &Simulation) {}
///
///     fn step(&mut self, step: &Step, _simulation: &Simulation) {
///         if let Some(Message::Probed { health, .. }) = step.message {
///             self.0.push(health);
///         }
///     }
/// }
///
/// let plan = Arc::new(Plan::new(&builtin::scenario("health-failover")?)?);
/// let mut told = Told::default();
/// Runner::new(plan).run(&mut RoundRobin::default(), 0, &mut told);
/// assert!(told.0.contains(&Health::Failed) && told.0.contains(&Health::Available));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Health {
    /// The target works.
    Available,
    /// The target has failed, or cannot be reached.
    Failed,
    /// A table has applied everything that was written elsewhere before it was asked.
    CaughtUp,
}

/// One message. Requests are imperative and replies are participles; a reply repeats the
/// incarnation of its request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message {
    /// To the driver, from itself: carry out the next step of the script.
    Proceed,
    /// Driver to source: publish the records of the batch that are not accepted yet.
    Publish {
        /// The batch.
        batch: BatchId,
    },
    /// To a source or a destination that was refused: something has changed, try again.
    Wake {
        /// Where it changed (a source tries again wherever it was).
        region: RegionId,
    },

    /// Put a record into a queue. Sent to the queue, or to in-dns, which picks the queue.
    Send {
        /// Who gets the acknowledgement.
        client: Client,
        /// The record.
        copy: RecordCopy,
    },
    /// The queue has the record.
    Sent {
        /// As in the request.
        incarnation: u16,
        /// The queue that has it.
        queue: QueueId,
    },
    /// The queue does not have the record.
    SendRefused {
        /// As in the request.
        incarnation: u16,
    },

    /// Deliver the next record, when there is one (long poll).
    Receive {
        /// Who gets the delivery.
        client: Client,
        /// From which queue.
        queue: QueueId,
    },
    /// A delivery.
    Received {
        /// As in the request.
        incarnation: u16,
        /// From which queue.
        queue: QueueId,
        /// The record.
        copy: RecordCopy,
        /// The message that the record came in.
        number: MessageNumber,
        /// Names this delivery.
        receipt: Receipt,
    },
    /// No delivery will come: the queue failed or cannot be reached.
    ReceiveRefused {
        /// As in the request.
        incarnation: u16,
        /// Which queue refused.
        queue: QueueId,
    },

    /// Delete what was delivered.
    Remove {
        /// Who gets the acknowledgement.
        client: Client,
        /// From which queue.
        queue: QueueId,
        /// Which delivery.
        receipt: Receipt,
    },
    /// Deleted (or nothing was left to delete: SQS answers the same).
    Removed {
        /// As in the request.
        incarnation: u16,
        /// From which queue.
        queue: QueueId,
    },
    /// Not deleted.
    RemoveRefused {
        /// As in the request.
        incarnation: u16,
        /// Which queue refused.
        queue: QueueId,
        /// The queue works, but the visibility timeout of the delivery had passed.
        expired: bool,
    },
    /// The consumer is gone or gives up: what it holds becomes visible again. This is SQS's
    /// visibility timeout for a consumer that will not remove any more.
    Abandon {
        /// Who gives up.
        client: Client,
    },
    /// To a queue, from itself: the visibility timeout of a delivery has passed whose consumer hangs.
    Expire {
        /// Which delivery.
        receipt: Receipt,
    },

    /// Store a record.
    Insert {
        /// Who gets the acknowledgement.
        client: Client,
        /// The record.
        copy: RecordCopy,
    },
    /// Stored in this region.
    Inserted {
        /// As in the request.
        incarnation: u16,
        /// The table had it already.
        duplicate: bool,
        /// The table holds a row that the containers' code cannot read.
        unreadable: bool,
    },
    /// Not stored.
    InsertRefused {
        /// As in the request.
        incarnation: u16,
    },

    /// Table to replicator: a row was written here.
    Replicate {
        /// Where it was written.
        region: RegionId,
        /// The row.
        copy: RecordCopy,
        /// The time of the write. With strong replication the log gives it another one.
        time: u32,
    },
    /// Replicator to table: a row was written elsewhere.
    Apply {
        /// Where it was written.
        region: RegionId,
        /// The row.
        copy: RecordCopy,
        /// The time of the write.
        time: u32,
    },

    /// A health check. To in-dns: something about a region has changed. From in-dns to the region's
    /// queue: does it work? To a replicator, and from there to the region's table: has it applied
    /// everything that was written elsewhere?
    Probe {
        /// The region.
        region: RegionId,
    },
    /// To in-dns: the answer.
    Probed {
        /// The region.
        region: RegionId,
        /// How it is.
        health: Health,
    },
    /// Cluster to the writer of a global database: store a record for a container elsewhere.
    Forward {
        /// Who gets the acknowledgement, from the writer itself; nobody if the first cluster has
        /// acknowledged it already (an unsound design).
        client: Option<Client>,
        /// The record.
        copy: RecordCopy,
        /// The cluster that the container asked.
        asked: TableId,
    },
    /// At the end of a writer's log, on the way of all that it wrote: another cluster writes from
    /// here on.
    Handover {
        /// The region that wrote so far.
        from: RegionId,
        /// The region that writes from here on.
        to: RegionId,
    },
    /// To a cluster that wrote until a failover: another one writes now. It does not come by the log, and it is
    /// late: what is sent to the cluster meanwhile overtakes it.
    Fence {
        /// The region that writes.
        to: RegionId,
    },
    /// Replicator to a cluster that wrote after it was replaced: the write is no part of the
    /// database.
    Discard {
        /// What it wrote.
        copy: RecordCopy,
    },
    /// Replicator to the writer, where commits must not run ahead: another region has the write, or will.
    /// To a regional table, with strong replication: the log has a row of this id already, and the
    /// condition of the write fails.
    Logged {
        /// What it wrote, or wanted to.
        copy: RecordCopy,
    },
    /// Second enactor to in-dns: put this plan in place. It was newer than the one in place when that
    /// was checked.
    Enact {
        /// Its number; 0 is the plan that the system begins with.
        plan: u16,
        /// By region: its weight.
        weights: [u8; 8],
    },
    /// First enactor to in-dns, after it enacted a plan: delete all that are older.
    CleanUp {
        /// The number of the plan that it enacted.
        plan: u16,
    },
}

impl Message {
    /// The same request, asked by another machine on behalf of the first.
    ///
    /// # Panics
    ///
    /// If it is not a request to a queue.
    #[inline]
    #[must_use]
    pub fn asked_by(self, machine: MachineId) -> Message {
        let client = Client { machine, incarnation: 0 };
        match self {
            Message::Send { copy, .. } => Message::Send { client, copy },
            Message::Receive { queue, .. } => Message::Receive { client, queue },
            Message::Remove { queue, receipt, .. } => Message::Remove { client, queue, receipt },
            Message::Proceed
            | Message::Publish { .. }
            | Message::Wake { .. }
            | Message::Sent { .. }
            | Message::SendRefused { .. }
            | Message::Received { .. }
            | Message::ReceiveRefused { .. }
            | Message::Removed { .. }
            | Message::RemoveRefused { .. }
            | Message::Abandon { .. }
            | Message::Expire { .. }
            | Message::Insert { .. }
            | Message::Inserted { .. }
            | Message::InsertRefused { .. }
            | Message::Replicate { .. }
            | Message::Apply { .. }
            | Message::Probe { .. }
            | Message::Probed { .. }
            | Message::Forward { .. }
            | Message::Handover { .. }
            | Message::Fence { .. }
            | Message::Discard { .. }
            | Message::Logged { .. }
            | Message::Enact { .. }
            | Message::CleanUp { .. } => panic!("{self:?} is no request to a queue"),
        }
    }

    /// What its receiver sees instead of a positive reply that was lost on its way; none if it is
    /// no such reply.
    pub fn when_lost(self) -> Option<Message> {
        match self {
            Message::Sent { incarnation, .. } => Some(Message::SendRefused { incarnation }),
            Message::Received { incarnation, queue, .. } => {
                Some(Message::ReceiveRefused { incarnation, queue })
            }
            Message::Removed { incarnation, queue } => {
                Some(Message::RemoveRefused { incarnation, queue, expired: false })
            }
            Message::Inserted { incarnation, .. } => Some(Message::InsertRefused { incarnation }),
            Message::Proceed
            | Message::Publish { .. }
            | Message::Wake { .. }
            | Message::Send { .. }
            | Message::SendRefused { .. }
            | Message::Receive { .. }
            | Message::ReceiveRefused { .. }
            | Message::Remove { .. }
            | Message::RemoveRefused { .. }
            | Message::Abandon { .. }
            | Message::Expire { .. }
            | Message::Insert { .. }
            | Message::InsertRefused { .. }
            | Message::Replicate { .. }
            | Message::Apply { .. }
            | Message::Probe { .. }
            | Message::Probed { .. }
            | Message::Forward { .. }
            | Message::Handover { .. }
            | Message::Fence { .. }
            | Message::Discard { .. }
            | Message::Logged { .. }
            | Message::Enact { .. }
            | Message::CleanUp { .. } => None,
        }
    }

    /// The record that the message speaks of, if it is about one.
    pub fn record(&self) -> Option<RecordId> {
        match self {
            Message::Send { copy, .. }
            | Message::Received { copy, .. }
            | Message::Insert { copy, .. }
            | Message::Replicate { copy, .. }
            | Message::Apply { copy, .. }
            | Message::Forward { copy, .. }
            | Message::Discard { copy }
            | Message::Logged { copy } => Some(copy.id),
            Message::Proceed
            | Message::Publish { .. }
            | Message::Wake { .. }
            | Message::Sent { .. }
            | Message::SendRefused { .. }
            | Message::Receive { .. }
            | Message::ReceiveRefused { .. }
            | Message::Remove { .. }
            | Message::Removed { .. }
            | Message::RemoveRefused { .. }
            | Message::Abandon { .. }
            | Message::Expire { .. }
            | Message::Inserted { .. }
            | Message::InsertRefused { .. }
            | Message::Probe { .. }
            | Message::Probed { .. }
            | Message::Handover { .. }
            | Message::Fence { .. }
            | Message::Enact { .. }
            | Message::CleanUp { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_fits_in_twenty_bytes() {
        assert_eq!(size_of::<Message>(), 20);
    }
}
