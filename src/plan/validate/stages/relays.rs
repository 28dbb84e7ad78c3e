//! Checks of the relays.

use super::{STEPS, each};
use crate::model::options::{Claim, Fencing, Position, RelayOptions, StoreKind, Switchover};
use crate::plan::validate::number;
use crate::scenario::{Cause, Problem, Scenario, StageSettings};

/// Why a global database has no outbox with what else is set: its key, and what to do.
pub(super) fn not_of_a_database(scenario: &Scenario) -> Option<(&'static str, Cause)> {
    let leads_elsewhere = scenario.stage.values().any(|own| own.to.is_some());
    let contradictions = [
        (
            scenario.relay.position == Position::ById,
            "relay.position",
            "a relay of a global database reads in the order of the log",
            "use relay.position = \"by-commit\", or store.default = \"dynamodb\"",
        ),
        (
            scenario.relay.instances > 1,
            "relay.instances",
            "two relays of a global database are not modelled",
            "use relay.instances = 1, or store.default = \"dynamodb\"",
        ),
        (
            scenario.aurora.fencing == Fencing::BestEffort,
            "aurora.fencing",
            "the outbox of a cluster that writes after it was replaced is not modelled",
            "use aurora.fencing = \"full\", or let containers publish",
        ),
        (
            scenario.aurora.switchover == Switchover::AskedAgain,
            "aurora.switchover",
            "an outbox is not modelled of a database whose writer is asked again for the rows of another one",
            "use aurora.switchover = \"drain-first\", or let containers publish",
        ),
        (
            leads_elsewhere,
            STEPS,
            "the outbox of a global database is modelled of stages in a line only",
            "let containers publish, or let each stage send to the next one",
        ),
    ];
    let found = contradictions.into_iter().find(|(is_one, ..)| *is_one);
    found.map(|(_, key, why, remedy)| (key, Cause::Contradiction { why, remedy }))
}

/// One or two instances of each relay; nothing is set of relays that there are none of, and one instance has nothing to claim
/// from another.
pub(super) fn fit(scenario: &Scenario) -> Result<(), Problem> {
    let RelayOptions { position, instances, claim, advance, at_failover } = scenario.relay;
    number("relay.instances", "instances", instances.into())?;
    let default = RelayOptions::default();
    let set = [
        ("relay.position", position != default.position),
        ("relay.instances", instances != default.instances),
        ("relay.claim", claim != default.claim),
        ("relay.advance", advance != default.advance),
        ("relay.at_failover", at_failover != default.at_failover),
    ];
    let has_outbox = each(scenario).any(|(_, own)| own.container.has_outbox());
    if let Some((key, _)) = set.into_iter().find(|&(_, is_set)| is_set && !has_outbox) {
        let (why, remedy) = (
            "containers publish by themselves, and there is no relay",
            "set container.steps to [\"store\", \"remove\"], or leave this out",
        );
        return Err(Problem::new(key, Cause::Contradiction { why, remedy }));
    }
    let is_shared =
        |own: &StageSettings| own.store == StoreKind::Aurora && own.container.has_outbox();
    if at_failover != default.at_failover && !each(scenario).any(|(_, own)| is_shared(&own)) {
        let (why, remedy) = (
            "only the relay of a global database goes to another region, with the writer",
            "set store.default = \"aurora\", or leave this out",
        );
        return Err(Problem::new("relay.at_failover", Cause::Contradiction { why, remedy }));
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
