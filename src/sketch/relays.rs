//! The relays of a sketch.

use crate::model::options::{Action, Claim, Delivery, QueueFailure, RelayOptions};
use crate::sketch::Sketch;

impl Sketch {
    /// The design of the relays, if there is one. Two instances go with queues that keep those waiting who wait, and
    /// where queues have no order, some claim their intents: so nothing else is drawn otherwise than without relays.
    pub(super) fn relay(&self) -> RelayOptions {
        let several = self.on_queue_failure == QueueFailure::KeepWaiting;
        if !several || !self.has_relays() {
            return RelayOptions::default();
        }
        let is_unordered = self.delivery == Delivery::Standard && !self.has_own(|own| own.delivery);
        // Queues without an order do not deduplicate, so that is free to choose here.
        let claim = match is_unordered && !self.deduplicates {
            true => Claim::SkipLocked,
            false => Claim::None,
        };
        RelayOptions { instances: 2, claim, ..RelayOptions::default() }
    }

    /// Whether containers of some stage leave it to relays to publish.
    fn has_relays(&self) -> bool {
        let publishes = |steps: &Vec<Action>| steps.contains(&Action::Publish);
        let own = self.stages();
        let mut own = own.values().filter_map(|stage| stage.container.steps.as_ref());
        match self.has_outbox() {
            // Of several stages one can have steps of its own.
            true => true,
            false => own.any(|steps| !publishes(steps)),
        }
    }
}
