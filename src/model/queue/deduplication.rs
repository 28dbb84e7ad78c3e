//! What a queue remembers of what it has taken.

use crate::model::message::{Client, Message};
use crate::model::outbox::Outbox;
use crate::model::queue::{Context, Event, Item, Queue, Shelf};
use crate::model::record::RecordCopy;

impl Queue {
    /// Whether this is a resend of what it remembers, which it acknowledges and does not take. It goes through all that it
    /// remembers, as long as it does.
    #[cold]
    pub(super) fn absorbs(
        &self,
        client: Client,
        copy: RecordCopy,
        context: &Context,
        shelf: &Shelf,
        out: &mut Outbox,
    ) -> bool {
        let Some(ids) = context.deduplication.as_deref() else { return false };
        let id = |copy: RecordCopy| ids.get(copy.id.index());
        let is_resend = shelf.iter(&self.taken).any(|item| id(item.copy) == id(copy));
        if is_resend {
            let Client { machine, incarnation } = client;
            out.emit(Event::Deduplicated { queue: context.id, record: copy.id });
            out.send(machine, Message::Sent { incarnation, queue: context.id });
        }
        is_resend
    }

    /// The window passes: what is sent again from now on is a new message.
    pub(crate) fn forget_taken(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        while shelf.pop_front(&mut self.taken).is_some() {}
        out.emit(Event::WindowPassed { queue: context.id });
    }

    /// What it took since its deduplication window passed last, oldest first.
    pub(crate) fn taken<'a>(&'a self, shelf: &'a Shelf) -> impl Iterator<Item = &'a Item> {
        shelf.iter(&self.taken)
    }
}
