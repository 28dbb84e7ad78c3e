//! What a queue shows of itself.

use crate::model::message::Client;
use crate::model::pool::List;
use crate::model::queue::{Item, Queue, Shelf, State};

impl Queue {
    /// Whether it serves requests.
    #[inline]
    pub fn state(&self) -> State {
        self.state
    }

    /// How many records it holds, visible and in flight.
    pub fn len(&self) -> usize {
        self.visible.len() + self.in_flight.len()
    }

    /// Whether it holds no record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The records it holds, those in flight first, in the order of delivery.
    pub(crate) fn items<'a>(&'a self, shelf: &'a Shelf) -> impl Iterator<Item = &'a Item> {
        shelf.iter(&self.in_flight).chain(shelf.iter(&self.visible))
    }

    /// Whether the scheduler may let a delivery time out.
    pub(crate) fn has_in_flight(&self) -> bool {
        !self.in_flight.is_empty()
    }

    /// Whether there is an order to change.
    pub(crate) fn has_order(&self) -> bool {
        self.visible.len() > 1
    }

    /// The records of the dead-letter queue.
    pub(crate) fn dead<'a>(&'a self, shelf: &'a Shelf) -> impl Iterator<Item = &'a Item> {
        shelf.iter(&self.dead)
    }

    /// What it has of the log that it is the mirror of.
    pub(crate) fn mirrored<'a>(&'a self, shelf: &'a Shelf) -> impl Iterator<Item = &'a Item> {
        shelf.iter(&self.mirrored)
    }

    /// Whether its own mirror was lost.
    pub(crate) fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// The records that are in flight.
    pub(crate) fn in_flight<'a>(&'a self, shelf: &'a Shelf) -> impl Iterator<Item = &'a Item> {
        shelf.iter(&self.in_flight)
    }

    /// Requests to send that wait for room.
    pub(crate) fn held(&self) -> &List {
        &self.held
    }

    /// How many deliveries there were so far.
    pub(crate) fn deliveries(&self) -> u32 {
        self.deliveries
    }

    /// The number of the newest message; 0 before the first.
    pub(crate) fn messages(&self) -> u16 {
        self.messages
    }

    /// The consumers that wait for a delivery, longest waiting first.
    pub fn waiting(&self) -> &[Client] {
        self.waiting.clients()
    }
}
