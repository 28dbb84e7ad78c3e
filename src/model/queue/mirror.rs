//! A log that is mirrored in another region: what it sends there, and what the log that has the copy does with it.

#[cfg(test)]
mod by_itself;

use crate::model::id::MachineId;
use crate::model::message::{Client, Message};
use crate::model::options::PositionsAtFailover;
use crate::model::outbox::Outbox;
use crate::model::queue::{Context, Event, Item, NO_RECEIPT, Queue, Shelf};
use crate::model::record::RecordCopy;

impl Queue {
    /// Its mirror will hear of it, if that is still there.
    #[cold]
    pub(super) fn send_to_mirror(&self, mirror: MachineId, message: Message, out: &mut Outbox) {
        if !self.is_alone {
            out.send(mirror, message);
        }
    }

    /// Its mirror will know that a record is done with, if consumers would begin there by what it knows. A mirror that is read
    /// from its first record keeps all.
    pub(super) fn send_checkpoint(&self, copy: RecordCopy, context: &Context, out: &mut Outbox) {
        if let Some(mirror) = context.mirror
            && context.options.positions_at_failover != PositionsAtFailover::Earliest
        {
            self.send_to_mirror(mirror, Message::Checkpoint { copy }, out);
        }
    }

    /// The log that it is the mirror of has taken a record.
    pub(super) fn keep_copy(
        &mut self,
        copy: RecordCopy,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        let holder = no_consumer(context);
        let number = Default::default();
        let item = Item { copy, holder, receipt: NO_RECEIPT, receives: 0, number };
        shelf.push_back(&mut self.mirrored, item);
        out.emit(Event::Mirrored { queue: context.id, copy });
    }

    /// The log that it is the mirror of is done with a record: of several copies of it, with the first one.
    pub(super) fn position_mirrored(
        &mut self,
        copy: RecordCopy,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        let is_it = |item: &Item| item.copy.id == copy.id;
        if shelf.take_first(&mut self.mirrored, is_it).is_some() {
            out.emit(Event::PositionMirrored { queue: context.id, record: copy.id });
        }
    }

    /// The log that it is the mirror of is lost, or it is itself: what could not be written while it had failed does not come any more.
    pub(crate) fn forget_held_copies(&mut self, out: &mut Outbox) {
        out.retain_held(&mut self.held, |_| false);
    }

    /// Its own mirror is lost.
    pub(crate) fn lose_mirror(&mut self) {
        self.is_alone = true;
    }

    /// The log that it is the mirror of is lost: what it has of that comes behind its own records, or is skipped.
    pub(crate) fn take_over(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        while let Some(Item { copy, .. }) = shelf.pop_front(&mut self.mirrored) {
            let queue = context.id;
            match context.options.positions_at_failover {
                PositionsAtFailover::Mirrored | PositionsAtFailover::Earliest => {
                    self.append(no_consumer(context), copy, context, shelf, out);
                    out.emit(Event::TookOver { queue, copy });
                }
                PositionsAtFailover::Latest => {
                    out.emit(Event::Skipped { queue, record: copy.id });
                }
            }
        }
        self.serve_if_available(context, shelf, out);
    }
}

impl Context {
    /// Whether what is mirrored is skipped when it takes over.
    pub(crate) fn skips(&self) -> bool {
        self.options.positions_at_failover == PositionsAtFailover::Latest
    }
}

/// What is in a mirror is in flight to no consumer.
fn no_consumer(context: &Context) -> Client {
    Client { machine: context.machine, incarnation: 0 }
}
