//! Checks of the relays.

use super::each;
use crate::model::options::{Claim, RelayOptions};
use crate::plan::validate::range;
use crate::scenario::{Cause, Problem, Scenario};

/// One or two instances of each relay; nothing is set of relays that there are none of, and one instance has nothing to claim
/// from another.
pub(super) fn fit(scenario: &Scenario) -> Result<(), Problem> {
    let RelayOptions { position, instances, claim, advance } = scenario.relay;
    range("relay.instances", "instances", instances.into(), (1, 2))?;
    let default = RelayOptions::default();
    let set = [
        ("relay.position", position != default.position),
        ("relay.instances", instances != default.instances),
        ("relay.claim", claim != default.claim),
        ("relay.advance", advance != default.advance),
    ];
    let has_outbox = each(scenario).any(|(_, own)| own.container.has_outbox());
    if let Some((key, _)) = set.into_iter().find(|&(_, is_set)| is_set && !has_outbox) {
        let (why, remedy) = (
            "containers publish by themselves, and there is no relay",
            "set container.steps to [\"store\", \"remove\"], or leave this out",
        );
        return Err(Problem::new(key, Cause::Contradiction { why, remedy }));
    }
    if claim == Claim::SkipLocked && instances == 1 {
        let (why, remedy) = (
            "a relay of one instance has no other one to claim intents from",
            "set relay.instances = 2, or leave this out",
        );
        return Err(Problem::new("relay.claim", Cause::Contradiction { why, remedy }));
    }
    Ok(())
}
