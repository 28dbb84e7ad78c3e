//! What happens to a queue from outside, and what time does to its deliveries.

use crate::model::event::Holder;
use crate::model::event::fault;
use crate::model::message::{Client, Message, Receipt};
use crate::model::options::{Delivery, QueueFailure, Storage};
use crate::model::outbox::Outbox;
use crate::model::queue::Event;
use crate::model::queue::{Context, Item, NO_RECEIPT, Queue, Shelf, State, refuse_receive};

impl Context {
    /// Whether all that one consumer holds times out together: what was received together, or read of a log.
    pub(crate) fn times_out_together(&self) -> bool {
        self.batch > 1 || self.options.delivery == Delivery::Log
    }
}

impl Queue {
    /// A consumer has given up what it holds: all of it if it is gone, and if it lives, all but what it has processed.
    pub(super) fn abandoned(
        &mut self,
        client: Client,
        lives: bool,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        self.waiting.drop_where(|waiting| waiting == client);
        if !lives && !client.is_gone() && context.times_out_late {
            return self.let_time_out(client, context, shelf, out);
        }
        let is_its = |item: &Item| item.holder == client && !(lives && item.is_processed());
        self.give_back(is_its, Event::returned, context, shelf, out);
        self.serve_if_available(context, shelf, out);
    }

    /// The oldest delivery takes too long.
    pub(crate) fn time_out(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        let oldest = shelf.front(&self.in_flight).expect("offered only when in flight");
        self.expire(oldest.receipt, context, shelf, out);
    }

    /// A delivery takes too long: its record is visible again, and its consumer does not know. Nothing
    /// happens if the delivery is over. What was delivered together times out together. A consumer of a log that takes
    /// too long loses its partitions.
    pub(super) fn expire(
        &mut self,
        receipt: Receipt,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        let mut in_flight = shelf.iter(&self.in_flight);
        let Some(holder) = in_flight.find(|item| item.receipt == receipt).map(|it| it.holder)
        else {
            return;
        };
        drop(in_flight);
        let together = context.times_out_together();
        let comes_again =
            |item: &Item| item.receipt == receipt || together && item.holder == holder;
        self.give_back(comes_again, Event::timed_out, context, shelf, out);
        self.serve_if_available(context, shelf, out);
    }

    /// A consumer is gone. What it held comes back when its visibility timeout is over, as late as that may be: others are handed out
    /// meanwhile. The timeout is a message of the queue to itself, which all others pass.
    pub(super) fn let_time_out(
        &mut self,
        consumer: Client,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        let gone = consumer.gone();
        let mut holds = false;
        shelf.change(&self.in_flight, |item| {
            if item.holder == consumer {
                item.holder = gone;
                holds = true;
            }
        });
        if holds {
            out.send(context.machine, Message::Abandon { client: gone, lives: false });
        }
        self.serve_if_available(context, shelf, out);
    }

    /// The reply with a delivery is lost: its consumer does not have it, and the queue does not know. A log is read again where it was read last.
    pub(crate) fn lose_delivery(
        &mut self,
        receipt: Receipt,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        let is_it = |item: &&Item| item.receipt == receipt;
        let holder = shelf.iter(&self.in_flight).find(is_it).map(|item| item.holder);
        if let Some(consumer) = holder.filter(|holder| !holder.is_gone())
            && context.times_out_late
            && context.options.delivery != Delivery::Log
        {
            self.let_time_out(consumer, context, shelf, out);
        }
    }

    /// The first visible record becomes the last.
    pub(crate) fn reorder(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        if let Some(item) = shelf.pop_front(&mut self.visible) {
            shelf.push_back(&mut self.visible, item);
            out.emit(Event::Reordered { queue: context.id });
        }
    }

    /// Whether a record waits that can wait for too long.
    pub(crate) fn has_waiting_record(&self, context: &Context) -> bool {
        let is_read = context.options.delivery == Delivery::Log && !self.in_flight.is_empty();
        is_read || !self.visible.is_empty() || !self.dead.is_empty()
    }

    /// The oldest visible record is gone, or, if none is visible, the oldest dead letter. A log drops its oldest record,
    /// whether it was read or not.
    pub(crate) fn drop_oldest(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        let read = match context.options.delivery {
            Delivery::Log => shelf.pop_front(&mut self.in_flight),
            Delivery::Fifo | Delivery::Standard => None,
        };
        let waited = read.or_else(|| shelf.pop_front(&mut self.visible));
        let dead = waited.is_none();
        let item = waited.or_else(|| shelf.pop_front(&mut self.dead));
        let item = item.expect("offered only when a record waits");
        out.emit(Event::Expired { queue: context.id, record: item.copy.id, dead });
        self.send_checkpoint(item.copy, context, out);
        self.serve_if_available(context, shelf, out);
    }

    /// The records of the dead-letter queue come back as new messages.
    pub(crate) fn redrive(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        while let Some(item) = shelf.pop_front(&mut self.dead) {
            out.emit(Event::Redriven { queue: context.id, record: item.copy.id });
            let number = self.next_number();
            let item = Item { receives: 0, receipt: NO_RECEIPT, number, ..item };
            shelf.push_back(&mut self.visible, item);
            if let Some(mirror) = context.mirror {
                self.send_to_mirror(mirror, Message::Mirror { copy: item.copy }, out);
            }
        }
        self.serve_if_available(context, shelf, out);
    }

    /// Begins to refuse, those included that wait, unless they go on waiting.
    pub(crate) fn fail(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        self.state = State::Failed;
        if context.options.storage == Storage::InMemory {
            self.lose_all(context, shelf, out);
        }
        match context.options.on_failure {
            QueueFailure::RefuseWaiting => self.refuse_waiting(context, out),
            QueueFailure::KeepWaiting => {}
        }
    }

    /// What it held in memory is gone.
    #[cold]
    fn lose_all(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        let lists =
            [(&mut self.in_flight, false), (&mut self.visible, false), (&mut self.dead, true)];
        for (list, dead) in lists {
            while let Some(item) = shelf.pop_front(list) {
                out.emit(Event::Expired { queue: context.id, record: item.copy.id, dead });
            }
        }
    }

    fn refuse_waiting(&mut self, context: &Context, out: &mut Outbox) {
        while let Some(client) = self.waiting.pop() {
            refuse_receive(client, context.id, out);
        }
        // What a log holds is for its mirror, and none of its clients'.
        if context.options.delivery == Delivery::Log {
            return;
        }
        while let Some(Message::Send { client, .. }) = out.take_held(&mut self.held) {
            out.send(client.machine, Message::SendRefused { incarnation: client.incarnation });
        }
    }

    /// Is gone with all that it holds, dead letters included: it refuses for ever.
    pub(crate) fn lose(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        self.state = State::Failed;
        self.refuse_waiting(context, out);
        while shelf.pop_front(&mut self.taken).is_some() {}
        let queue = Holder::Queue(context.id);
        let lists = [
            (&mut self.visible, queue),
            (&mut self.in_flight, queue),
            (&mut self.dead, Holder::DeadLetters(context.id)),
            (&mut self.mirrored, Holder::Mirror(context.id)),
        ];
        for (list, holder) in lists {
            while let Some(Item { copy, .. }) = shelf.pop_front(list) {
                out.emit(fault::Event::Lost { holder, record: copy.id });
            }
        }
    }

    /// Serves requests again, those first that waited meanwhile.
    pub(crate) fn recover(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        self.state = State::Available;
        if context.options.delivery == Delivery::Log {
            out.release_in_front(&mut self.held, context.machine);
        }
        self.serve(context, shelf, out);
    }
}
