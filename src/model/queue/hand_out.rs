//! How a queue hands out a record, or gives it up.

use crate::model::message::{Client, Message, Receipt};
use crate::model::options::Receive;
use crate::model::outbox::Outbox;
use crate::model::queue::{Context, Event, Item, Queue, Shelf};

impl Queue {
    /// The record goes to the consumer that waits longest, or to the dead letters.
    #[inline(always)]
    pub(super) fn hand_out(
        &mut self,
        item: Item,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        if self.gives_up(item, context, shelf, out) {
            return;
        }
        let holder = self.waiting.pop().expect("a consumer waits: it was asked before");
        self.lend(item, holder, context, shelf, out);
    }

    /// Whether a record was delivered too often; then it is a dead letter.
    #[inline(always)]
    pub(super) fn gives_up(
        &mut self,
        item: Item,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) -> bool {
        let is_dead =
            context.options.max_receives > 0 && item.receives >= context.options.max_receives;
        if is_dead {
            shelf.push_back(&mut self.dead, item);
            out.emit(Event::DeadLettered { queue: context.id, record: item.copy.id });
            self.send_checkpoint(item.copy, context, out);
        }
        is_dead
    }

    /// The record is delivered.
    #[inline(always)]
    pub(super) fn lend(
        &mut self,
        item: Item,
        holder: Client,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        let receipt = Receipt(self.deliveries);
        self.deliveries += 1;
        let (queue, gone) = (context.id, context.options.receive == Receive::Destructive);
        let Item { copy, number, .. } = item;
        let redelivery = item.receives > 0;
        out.emit(Event::Delivered { queue, record: copy.id, redelivery, gone });
        let incarnation = holder.incarnation;
        let received = Message::Received { incarnation, queue, copy, number, receipt };
        out.send(holder.machine, received);
        if !gone {
            let receives = item.receives.saturating_add(1);
            let item = Item { holder, receipt, receives, ..item };
            shelf.push_back(&mut self.in_flight, item);
        }
    }
}
