//! Which machine in which state handles which messages: what coverage is compared with.
//!
//! One list for all who need it: a sweep names what of it was never reached, the page draws it, and
//! `tests/reachability.rs` holds the generators to it.

use crate::model::layout::MachineKind;
use crate::model::message::MessageKind;
use crate::model::options::{Commands, Position};
use crate::model::table;
use crate::plan::Plan;
use crate::sim::Pair;

/// What a machine in a state handles.
#[derive(Clone, Copy, Debug)]
pub struct Kinds {
    /// The kind of machine.
    pub machine: MachineKind,
    /// The name of its state.
    pub state: &'static str,
    /// What it handles.
    pub messages: &'static [MessageKind],
    /// It is possible, but too rare to insist on.
    pub is_rare: bool,
}

const fn usual(
    machine: MachineKind,
    state: &'static str,
    messages: &'static [MessageKind],
) -> Kinds {
    Kinds { machine, state, messages, is_rare: false }
}

const fn rare(
    machine: MachineKind,
    state: &'static str,
    messages: &'static [MessageKind],
) -> Kinds {
    Kinds { machine, state, messages, is_rare: true }
}

/// What a table is sent that has an outbox, and no other.
const OF_AN_OUTBOX: &[MessageKind] =
    &[MessageKind::Relay, MessageKind::Sent, MessageKind::SendRefused, MessageKind::Wake];

/// All that a sound design can do, in one scenario or another, and what an unsound one handles a late message
/// in (a fence). What is missing cannot happen:
///
/// * the source, and the destination for each region, has one request under way and gets no reply
///   to another one; a refused one has none under way and gets only a wake;
/// * a container that was paused or crashed has a closed inbox;
/// * the writer of a database gets nothing from its log: it applied all of it before it became that;
/// * a replicator that has failed has a closed inbox, unless replication is strong: then it refuses.
///
/// Rare is: a container that met a failed dependency gets a reply only if it crashed with a request
/// under way, came back, and was refused at once; a table is asked whether it has caught up only when
/// its region has just come back; a failed table is refused by the others only if it failed while it
/// asked them; a plan of in-dns is enacted while a health check has a region out; the log of strong
/// replication judges conditions only where inserts have some; a fence comes late only where fencing is a
/// best effort; a command is a message only where the scenario says so; a relay hears of its queue while its own table is
/// failed only if that failed meanwhile, or while its cluster does not write any more, and transactions begin only where a relay reads by id; a row is taken
/// back only by a container that could not forward its record, and a transaction is refused only where what takes part has failed.
pub const POSSIBLE: &[Kinds] = {
    use MessageKind::*;
    const RELAYED: &[MessageKind] =
        &[Send, Sent, SendRefused, Receive, Remove, Removed, RemoveRefused, Probe, Probed];
    const REQUESTS: &[MessageKind] = &[Send, Receive, Remove, Abandon, Probe];
    const MIRRORED: &[MessageKind] = &[Mirror, Checkpoint];
    const CALLS: &[MessageKind] = &[Called, CallRefused];
    const REPLIES: &[MessageKind] = &[
        Inserted,
        InsertRefused,
        Sent,
        SendRefused,
        Removed,
        RemoveRefused,
        Received,
        ReceiveRefused,
    ];
    &[
        usual(MachineKind::Driver, "Running", &[Proceed]),
        usual(MachineKind::Source, "Idle", &[Publish, Wake]),
        usual(MachineKind::Source, "Sending", &[Publish, Wake, Sent, SendRefused]),
        usual(MachineKind::Source, "Waiting", &[Publish, Wake]),
        usual(MachineKind::Dns, "AllOnline", RELAYED),
        usual(MachineKind::Dns, "AllOnline", &[Enact, CleanUp]),
        usual(MachineKind::Dns, "SomeOffline", RELAYED),
        usual(MachineKind::Dns, "SomeOffline", &[Enact, CleanUp]),
        // Only in-dns has health checks.
        usual(MachineKind::Dns, "SomeUnhealthy", &[Send, Sent, SendRefused, Probe, Probed]),
        rare(MachineKind::Dns, "SomeUnhealthy", &[Enact, CleanUp]),
        usual(MachineKind::Destination, "Receiving", &[Wake, Received, ReceiveRefused]),
        usual(MachineKind::Destination, "Removing", &[Wake, Removed, RemoveRefused]),
        usual(MachineKind::Destination, "Refused", &[Wake]),
        usual(MachineKind::Queue, "Available", REQUESTS),
        usual(MachineKind::Queue, "Available", &[Expire]),
        usual(MachineKind::Queue, "Available", &[Commit]),
        usual(MachineKind::Queue, "Available", MIRRORED),
        usual(MachineKind::Queue, "Failed", REQUESTS),
        rare(MachineKind::Queue, "Failed", MIRRORED),
        rare(MachineKind::Queue, "Failed", &[Expire]),
        usual(MachineKind::Container, "Processing", REPLIES),
        rare(MachineKind::Container, "FailedDependency", REPLIES),
        usual(MachineKind::Container, "Processing", CALLS),
        rare(MachineKind::Container, "Processing", &[Withdrawn, WithdrawRefused]),
        rare(MachineKind::Container, "FailedDependency", &[Withdrawn, WithdrawRefused]),
        usual(MachineKind::Container, "Processing", &[Transacted]),
        rare(MachineKind::Container, "Processing", &[TransactRefused]),
        rare(MachineKind::Container, "FailedDependency", &[Transacted, TransactRefused]),
        rare(MachineKind::Container, "FailedDependency", CALLS),
        usual(MachineKind::Table, "Available", &[Insert, InsertRefused, Apply, Probe]),
        usual(MachineKind::Table, "Failed", &[Insert, Apply]),
        rare(MachineKind::Table, "Available", &[Logged]),
        usual(MachineKind::Table, "Available", OF_AN_OUTBOX),
        rare(MachineKind::Table, "Failed", OF_AN_OUTBOX),
        rare(MachineKind::Table, "Available", &[Begin]),
        rare(MachineKind::Table, "Failed", &[Begin]),
        rare(MachineKind::Table, "Available", &[Withdraw]),
        rare(MachineKind::Table, "Failed", &[Withdraw]),
        usual(MachineKind::Table, "Available", &[Transact]),
        rare(MachineKind::Table, "Failed", &[Transact]),
        rare(MachineKind::Container, "Processing", &[Begun]),
        rare(MachineKind::Container, "FailedDependency", &[Begun]),
        rare(MachineKind::Table, "Failed", &[Probe, InsertRefused, Logged]),
        usual(MachineKind::Replicator, "Running", &[Replicate, Probe, Handover]),
        usual(MachineKind::Replicator, "Failed", &[Replicate]),
        rare(MachineKind::Replicator, "Failed", &[Probe]),
        usual(MachineKind::Database, "Reader", &[Insert, Forward, Apply, Handover, Probe]),
        usual(MachineKind::Database, "Writer", &[Insert, Forward, Probe, Logged]),
        usual(MachineKind::Database, "Draining", &[Insert, Forward, Handover]),
        rare(MachineKind::Database, "Reader", &[Logged]),
        rare(MachineKind::Database, "Writer", &[Fence]),
        rare(MachineKind::Database, "Writer", &[Apply]),
        rare(MachineKind::Database, "Draining", &[Apply]),
        rare(MachineKind::Database, "Draining", &[Probe, Logged, Fence]),
        usual(MachineKind::Database, "Failed", &[Insert, Forward, Apply, Handover]),
        rare(MachineKind::Database, "Failed", &[Probe, Logged, Fence]),
        rare(MachineKind::Database, "Writer", OF_AN_OUTBOX),
        rare(MachineKind::Database, "Reader", OF_AN_OUTBOX),
        rare(MachineKind::Database, "Draining", OF_AN_OUTBOX),
        rare(MachineKind::Database, "Failed", OF_AN_OUTBOX),
        usual(MachineKind::Service, "Available", &[Call]),
        rare(MachineKind::Service, "Failed", &[Call]),
        rare(MachineKind::Dns, "AllOnline", &[Command]),
        rare(MachineKind::Dns, "SomeOffline", &[Command]),
        rare(MachineKind::Dns, "SomeUnhealthy", &[Command]),
        rare(MachineKind::Queue, "Available", &[Command]),
        rare(MachineKind::Queue, "Failed", &[Command]),
        rare(MachineKind::Container, "Processing", &[Command]),
        rare(MachineKind::Container, "FailedProcessing", &[Command]),
        rare(MachineKind::Container, "FailedDependency", &[Command]),
        rare(MachineKind::Table, "Available", &[Command]),
        rare(MachineKind::Table, "Failed", &[Command]),
        rare(MachineKind::Replicator, "Running", &[Command]),
        rare(MachineKind::Replicator, "Failed", &[Command]),
        rare(MachineKind::Database, "Reader", &[Command]),
        rare(MachineKind::Database, "Writer", &[Command]),
        rare(MachineKind::Database, "Draining", &[Command]),
        rare(MachineKind::Database, "Failed", &[Command]),
        rare(MachineKind::Service, "Available", &[Command]),
        rare(MachineKind::Service, "Failed", &[Command]),
    ]
};

/// All pairs of the list, whether rare or not.
pub fn pairs() -> impl Iterator<Item = Pair> {
    POSSIBLE.iter().flat_map(|kinds| {
        let states = Pair::states(kinds.machine);
        let state = states.iter().position(|&state| state == kinds.state);
        let state = state.expect("the list has states that there are") as u8;
        kinds.messages.iter().map(move |&message| Pair { machine: kinds.machine, state, message })
    })
}

/// Those of the machines that the plan has. Some of them may need a fault or an option that it does
/// not have.
pub fn pairs_of(plan: &Plan) -> impl Iterator<Item = Pair> {
    let has_databases = plan.tables.iter().any(|table| table.database.is_some());
    let has_tables = plan.tables.iter().any(|table| table.database.is_none());
    let (can_hang, fences_late) = (plan.consumers_can_hang, plan.fences_late);
    let has_commands = plan.scenario().commands == Commands::AsMessages;
    let has_outbox = plan.has_outbox();
    let outbox_at = |is_database: bool| {
        let is_such = |table: &&table::Context| table.database.is_some() == is_database;
        plan.tables.iter().filter(is_such).any(|table| table.relay.is_some())
    };
    let outboxes = [outbox_at(false), outbox_at(true)];
    let commits_later = plan.commits_later;
    let opens = has_outbox && plan.scenario().relay.position == Position::ById;
    let lacks_outbox = move |pair: &Pair| match pair.machine {
        MachineKind::Table => !outboxes[0] && OF_AN_OUTBOX.contains(&pair.message),
        MachineKind::Database => !outboxes[1] && OF_AN_OUTBOX.contains(&pair.message),
        MachineKind::Driver
        | MachineKind::Source
        | MachineKind::Dns
        | MachineKind::Destination
        | MachineKind::Queue
        | MachineKind::Container
        | MachineKind::Replicator
        | MachineKind::Service => false,
    };
    let calls = [MessageKind::Call, MessageKind::Called, MessageKind::CallRefused];
    let has_service = plan.service.is_some();
    let mirrors = plan.has_mirrors();
    let of_a_mirror = [MessageKind::Mirror, MessageKind::Checkpoint];
    let compensates = plan.takes_back();
    let transacts = plan.transacts();
    let of_transaction =
        [MessageKind::Transact, MessageKind::Transacted, MessageKind::TransactRefused];
    let of_compensation =
        [MessageKind::Withdraw, MessageKind::Withdrawn, MessageKind::WithdrawRefused];
    // What the log brings to a writer is a write of its own.
    let comes_back = plan.replicators.iter().any(|context| context.returns);
    let is_own = |pair: &Pair| {
        pair.machine == MachineKind::Database
            && pair.message == MessageKind::Apply
            && ["Writer", "Draining"].contains(&Pair::states(pair.machine)[usize::from(pair.state)])
    };
    pairs().filter(move |pair| {
        (has_service || !calls.contains(&pair.message) && pair.machine != MachineKind::Service)
            && (can_hang || pair.message != MessageKind::Expire)
            && (commits_later || pair.message != MessageKind::Commit)
            && (fences_late || pair.message != MessageKind::Fence)
            && !lacks_outbox(pair)
            && (comes_back || !is_own(pair))
            && (mirrors || !of_a_mirror.contains(&pair.message))
            && (compensates || !of_compensation.contains(&pair.message))
            && (transacts || !of_transaction.contains(&pair.message))
            && (opens || ![MessageKind::Begin, MessageKind::Begun].contains(&pair.message))
            && (has_commands || pair.message != MessageKind::Command)
            && (has_tables || pair.machine != MachineKind::Table)
            && (has_databases || pair.machine != MachineKind::Database)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::{
        container, destination, dns, global_database, queue, replicator, service, source, table,
    };

    /// What the machines of a kind can be sent, as the machine itself lists it.
    fn listed(machine: MachineKind) -> &'static [MessageKind] {
        match machine {
            MachineKind::Driver => &[MessageKind::Proceed],
            MachineKind::Source => source::Input::KINDS,
            MachineKind::Dns => dns::Input::KINDS,
            MachineKind::Destination => destination::Input::KINDS,
            MachineKind::Queue => queue::Input::KINDS,
            MachineKind::Container => container::Input::KINDS,
            MachineKind::Table => table::Input::KINDS,
            MachineKind::Replicator => replicator::Input::KINDS,
            MachineKind::Database => global_database::Input::KINDS,
            MachineKind::Service => service::Input::KINDS,
        }
    }

    /// A machine that can be sent a message more has to say in which of its states it is possible; that a write is
    /// discarded takes an unsound design, and a command is carried out in place of the machine.
    #[test]
    fn what_is_possible_is_what_the_machines_list() {
        for &machine in MachineKind::ALL {
            let possible = pairs().filter(|pair| pair.machine == machine).map(|pair| pair.message);
            let possible: BTreeSet<MessageKind> =
                possible.filter(|&kind| kind != MessageKind::Command).collect();
            let listed = listed(machine).iter().copied();
            let sound = listed.filter(|&kind| kind != MessageKind::Discard).collect();
            assert_eq!(possible, sound, "{machine}");
        }
    }

    /// Of what a relay can be sent, the rest begins transactions.
    #[test]
    fn an_outbox_is_sent_what_its_relay_lists() {
        let listed = table::relay::RelayInput::KINDS.iter().copied();
        let listed = listed.filter(|&kind| kind != MessageKind::Begin);
        assert_eq!(listed.collect::<BTreeSet<_>>(), OF_AN_OUTBOX.iter().copied().collect());
    }

    #[test]
    fn every_pair_is_listed_once() {
        let all: Vec<Pair> = pairs().collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}
