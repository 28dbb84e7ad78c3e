//! What is in an outbox, and where it is to be published.

use std::sync::Arc;

use crate::model::container::Branches;
use crate::model::id::{MachineId, QueueId, RecordId};
use crate::model::message::{Client, Message};
use crate::model::options::RelayOptions;
use crate::model::record::RecordCopy;

/// What a relay knows about its place and its design.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Which queue it sends to: the first, if there are several.
    pub(crate) out_queue_id: QueueId,
    /// The address of that.
    pub(crate) out_queue: MachineId,
    /// The queues it sends to, unless it sends all records to one.
    pub(crate) branches: Option<Arc<Branches>>,
    /// Its design.
    pub(crate) options: RelayOptions,
    /// It is that of a global database.
    pub(crate) is_shared: bool,
    /// Some stage has such a one.
    pub(crate) near_shared_outbox: bool,
}

impl Context {
    pub(super) fn instances(&self) -> usize {
        self.options.instances.into()
    }

    /// Whether it sends records to that queue.
    pub(crate) fn publishes_to(&self, queue: MachineId) -> bool {
        match &self.branches {
            None => self.out_queue == queue,
            Some(branches) => branches.queues.contains(&queue),
        }
    }

    /// Which queue has this address.
    pub(super) fn queue_at(&self, to: MachineId) -> QueueId {
        let Some(branches) = &self.branches else { return self.out_queue_id };
        let at = branches.queues.iter().position(|&queue| queue == to);
        branches.ids[at.expect("an intent names a queue of its stage")]
    }

    /// Where an intent is to be published; none of a transaction that is open.
    pub(crate) fn queue_of(&self, message: &Message) -> Option<QueueId> {
        self.intent(message).map(|intent| self.queue_at(intent.to))
    }

    /// How many queues a record is published to.
    pub(super) fn times(&self, record: RecordId) -> usize {
        self.branches.as_ref().map_or(1, |branches| branches.of(record).count())
    }

    /// The record of an intent, and where it is to be published; none of a transaction that is open.
    pub(super) fn intent(&self, message: &Message) -> Option<Intent> {
        let Message::Insert { client, copy } = *message else { return None };
        let to = if self.branches.is_some() { client.machine } else { self.out_queue };
        Some(Intent { copy, to })
    }
}

/// That a record is to be published, and where.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Intent {
    pub(super) copy: RecordCopy,
    pub(super) to: MachineId,
}

/// The record of an intent, which is committed.
pub(super) fn committed(message: &Message) -> Option<RecordCopy> {
    if let Message::Insert { copy, .. } = *message { Some(copy) } else { None }
}

/// What an intent has in the place of the container that stored its record, where it has to name its queue.
pub(super) fn named(queue: MachineId) -> Client {
    Client { machine: queue, incarnation: 0 }
}
