//! The relays of a sketch.

use crate::model::options::{AtFailover, Claim, Commands, Delivery, QueueFailure, RelayOptions};
use crate::scenario::Rpo;
use crate::sketch::Sketch;

impl Sketch {
    /// The design of the relays, if there is one. Two instances go with queues that keep those waiting who wait, and
    /// where queues have no order, some claim their intents; one of a database begins with the oldest intent where commands
    /// are messages: so nothing else is drawn otherwise than without relays.
    pub(super) fn relay(&self) -> RelayOptions {
        let mut relay = RelayOptions::default();
        let stages = || (0..self.topology.stages.len()).filter(|&stage| self.has_relay(stage));
        if stages().any(|stage| self.has_database(stage)) {
            if self.commands == Commands::AsMessages {
                relay.at_failover = AtFailover::FromOldest;
            }
        } else if self.on_queue_failure == QueueFailure::KeepWaiting && stages().next().is_some() {
            relay.instances = 2;
            let has_order = self.delivery != Delivery::Standard || self.has_own(|own| own.delivery);
            // Queues without an order do not deduplicate, so that is free to choose here.
            if !self.deduplicates && !has_order {
                relay.claim = Claim::SkipLocked;
            }
        }
        relay
    }

    /// Whether a failover may take intents to publish with their rows.
    pub(super) fn loses_intents(&self) -> bool {
        let mut stages = 0..self.topology.stages.len();
        let is_shared = stages.any(|stage| self.has_relay(stage) && self.has_database(stage));
        is_shared && self.rpo() != Rpo::default()
    }

    /// Whether the containers of a stage leave it to a relay to publish: as all do, unless it is the other way round there.
    fn has_relay(&self, stage: usize) -> bool {
        let own = self.own.filter(|_| self.has_own(|own| own.outbox));
        let differs = own.is_some_and(|own| {
            usize::from(own.stage) % self.topology.stages.len() == stage
                && (self.has_outbox() || self.may_have_outbox())
        });
        self.has_outbox() != differs
    }
}
