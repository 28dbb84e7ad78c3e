//! What the containers of a sketch do.

use crate::model::options::{Action, Delivery, OnDependencyFailure};
use crate::scenario::ContainerOptions;
use crate::sketch::Sketch;

impl Sketch {
    /// What all containers do that have nothing of their own.
    pub(super) fn container(&self) -> ContainerOptions {
        ContainerOptions {
            batch: self.batch(),
            on_dependency_failure: self.on_dependency_failure(),
            steps: self.steps(self.has_outbox()),
            dual_write: self.dual_write(),
            on_stop: self.on_stop(),
            ..self.design.container.clone()
        }
    }

    /// What containers do, in order. Where a relay publishes, they call the external service first; where they publish themselves, they
    /// remove the record after that.
    pub(super) fn steps(&self, has_outbox: bool) -> Vec<Action> {
        use Action::{Call, Publish, Remove, Store};
        let drawn = &self.design.container;
        match (drawn.has_outbox(), has_outbox, drawn.calls()) {
            (false, true, false) => vec![Store, Remove],
            (false, true, true) => vec![Call, Store, Remove],
            (true, false, false) => vec![Store, Publish, Remove],
            (true, false, true) => vec![Call, Store, Publish, Remove],
            (true, true, _) | (false, false, _) => drawn.steps.clone(),
        }
    }

    pub(super) fn on_dependency_failure(&self) -> OnDependencyFailure {
        match self.may_give_back() {
            true => self.design.container.on_dependency_failure,
            false => OnDependencyFailure::Halt,
        }
    }

    /// How many records containers receive at a time. Of a fifo queue what goes back behind a poison record is counted as often as
    /// that, and is given up with it.
    pub(super) fn batch(&self) -> u8 {
        let goes_back = self.has_poison() && self.has_order();
        if self.is_log() || goes_back { 1 } else { self.design.container.batch }
    }

    /// Whether some queue has an order.
    pub(super) fn has_order(&self) -> bool {
        self.design.queue.delivery != Delivery::Standard || self.has_own(|own| own.delivery)
    }
}
