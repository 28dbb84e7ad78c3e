//! What the containers of a sketch do.

use crate::model::options::{Action, Delivery, OnDependencyFailure, OnStop};
use crate::scenario::ContainerOptions;
use crate::sketch::Sketch;

impl Sketch {
    /// What all containers do that have nothing of their own.
    pub(super) fn container(&self, on_stop: OnStop) -> ContainerOptions {
        ContainerOptions {
            retries: self.retries,
            batch: self.batch(),
            on_dependency_failure: self.on_dependency_failure(),
            steps: self.steps(self.has_outbox()),
            dual_write: self.dual_write(),
            on_stop,
            ..ContainerOptions::default()
        }
    }

    /// What containers do, in order: where they call the external service, before they publish, or a relay does.
    pub(super) fn steps(&self, has_outbox: bool) -> Vec<Action> {
        use Action::{Call, Publish, Remove, Store};
        match (has_outbox, self.calls) {
            (false, None) => vec![Store, Publish, Remove],
            (false, Some((false, _))) => vec![Store, Call, Publish, Remove],
            (false, Some((true, _))) => vec![Call, Store, Publish, Remove],
            (true, None) => vec![Store, Remove],
            (true, Some(_)) => vec![Call, Store, Remove],
        }
    }

    pub(super) fn on_dependency_failure(&self) -> OnDependencyFailure {
        match self.may_give_back() {
            true => self.on_dependency_failure,
            false => OnDependencyFailure::Halt,
        }
    }

    /// Of a fifo queue what goes back behind a poison record is counted as often as that, and is given up with it.
    pub(super) fn batch(&self) -> u8 {
        let is_standard = self.delivery == Delivery::Standard && !self.has_own(|own| own.delivery);
        let goes_back = self.has_poison() && !is_standard;
        if self.is_log() || goes_back { 1 } else { self.batch }
    }
}
