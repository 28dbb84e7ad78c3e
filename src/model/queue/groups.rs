//! Which records of a fifo queue wait for others.

use crate::model::options::Delivery;
use crate::model::outbox::Outbox;
use crate::model::queue::{Context, Item, Queue, Shelf};

impl Queue {
    /// What keeps back the first record need not keep back the others.
    #[cold]
    pub(super) fn deliver_of_other_groups(
        &mut self,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        if context.options.delivery == Delivery::Log {
            return self.deliver_of_partitions(context, shelf, out);
        }
        let Some(groups) = context.groups.as_deref() else { return };
        let group = |item: &Item| groups.get(item.copy.id.index());
        while !self.waiting.is_empty() {
            let is_busy =
                |item: &&Item| shelf.iter(&self.in_flight).any(|other| group(other) == group(item));
            let Some(number) =
                shelf.iter(&self.visible).find(|item| !is_busy(item)).map(|item| item.number)
            else {
                return;
            };
            let item = shelf.take_first(&mut self.visible, |item| item.number == number);
            self.hand_out(item.expect("it was found"), context, shelf, out);
        }
    }
}
