//! Several records with one reply.

use crate::model::options::Delivery;
use crate::model::outbox::Outbox;
use crate::model::pool::List;
use crate::model::queue::{Context, Item, Queue, Shelf};

impl Queue {
    /// Hands out to each consumer that waits what is visible now: as many records as it asks for, at most. Of a fifo
    /// queue those are of one group, in order, as long as there are some, and then those of the next that has none in
    /// flight.
    ///
    /// Source: Amazon SQS, "FIFO queue delivery logic": a request for several messages gets as many of one group as
    /// there are, and no others of that group until these are deleted or visible again.
    #[cold]
    pub(super) fn deliver_batches(
        &mut self,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        while let Some(&holder) = self.waiting.clients().first() {
            let (mut lent, mut last) = (0, None);
            while lent < context.batch
                && let Some(item) = self.take_next(last, context, shelf)
            {
                if self.gives_up(item, context, shelf, out) {
                    continue;
                }
                self.lend(item, holder, context, shelf, out);
                (lent, last) = (lent + 1, Some(item));
            }
            if lent == 0 {
                return;
            }
            self.waiting.pop();
        }
    }

    /// The next record of a batch whose last one this was: of the same group, or of one that has none in flight.
    fn take_next(
        &mut self,
        last: Option<Item>,
        context: &Context,
        shelf: &mut Shelf,
    ) -> Option<Item> {
        if context.options.delivery == Delivery::Standard {
            return shelf.pop_front(&mut self.visible);
        }
        let group = |item: &Item| context.groups.as_ref()?.get(item.copy.id.index());
        let (visible, in_flight): (&List, &List) = (&self.visible, &self.in_flight);
        let is_free = |item: &&Item| !shelf.iter(in_flight).any(|held| group(held) == group(item));
        let of_same = |last: Item| shelf.iter(visible).find(|item| group(item) == group(&last));
        let next = last.and_then(of_same).or_else(|| shelf.iter(visible).find(is_free))?.number;
        shelf.take_first(&mut self.visible, |item| item.number == next)
    }
}
