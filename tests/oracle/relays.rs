//! Which relays are sound.

use active_active::model::options::{Claim, Delivery};
use active_active::scenario::Scenario;

/// Whether no two relays have a record each under way to a queue that has an order.
pub(crate) fn claim_soundly(scenario: &Scenario) -> bool {
    let mut stages = scenario.of_stages();
    scenario.relay.claim == Claim::None
        || stages.all(|stage| stage.queue.delivery == Delivery::Standard)
}
