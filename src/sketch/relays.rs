//! The relays of a sketch.

use crate::model::options::RelayOptions;
use crate::scenario::Rpo;
use crate::sketch::Sketch;

impl Sketch {
    /// The design of the relays, where there are some: what concerns databases where a stage with a relay has one, and several instances
    /// elsewhere, which may claim their intents where queues have no order.
    pub(super) fn relay(&self) -> RelayOptions {
        let (drawn, plain) = (self.design.relay, RelayOptions::default());
        let mut stages = (0..self.design.topology.stages.len()).filter(|&at| self.has_relay(at));
        let is_relay = stages.clone().next().is_some();
        if stages.any(|stage| self.has_database(stage)) {
            return RelayOptions { instances: plain.instances, claim: plain.claim, ..drawn };
        }
        let instances = if is_relay { drawn.instances } else { plain.instances };
        let may_claim = instances > 1 && !self.has_order();
        let claim = if may_claim { drawn.claim } else { plain.claim };
        RelayOptions { instances, claim, at_failover: plain.at_failover, ..drawn }
    }

    /// Whether a failover may take intents to publish with their rows.
    pub(super) fn loses_intents(&self) -> bool {
        let mut stages = 0..self.design.topology.stages.len();
        let is_shared = stages.any(|stage| self.has_relay(stage) && self.has_database(stage));
        is_shared && self.rpo() != Rpo::default()
    }

    /// Whether the containers of a stage leave it to a relay to publish: as all do, unless it is the other way round there.
    fn has_relay(&self, stage: usize) -> bool {
        let own = self.own.filter(|_| self.has_own(|own| own.outbox));
        let differs = own.is_some_and(|own| {
            usize::from(own.stage) % self.design.topology.stages.len() == stage
                && (self.has_outbox() || self.may_have_outbox())
        });
        self.has_outbox() != differs
    }
}
