//! Which machine in which state takes which messages: what coverage is compared with.

use crate::model::layout::MachineKind;
use crate::model::message::MessageKind;
use crate::sim::Pair;

const RELAYED: &[MessageKind] = &[
    MessageKind::Send,
    MessageKind::Sent,
    MessageKind::SendRefused,
    MessageKind::Receive,
    MessageKind::Received,
    MessageKind::ReceiveRefused,
    MessageKind::Remove,
    MessageKind::Removed,
    MessageKind::RemoveRefused,
    MessageKind::Probe,
    MessageKind::Probed,
    MessageKind::Enact,
    MessageKind::CleanUp,
];
const REQUESTS: &[MessageKind] = &[
    MessageKind::Send,
    MessageKind::Receive,
    MessageKind::Remove,
    MessageKind::Abandon,
    MessageKind::Probe,
];
const REPLIES: &[MessageKind] = &[
    MessageKind::Inserted,
    MessageKind::InsertRefused,
    MessageKind::Sent,
    MessageKind::SendRefused,
    MessageKind::Removed,
    MessageKind::RemoveRefused,
    MessageKind::Received,
    MessageKind::ReceiveRefused,
];

/// The messages that a machine in that state takes in one scenario or another.
///
/// A closed inbox takes none: that of a container that was paused or crashed, and that of a failed
/// replicator, unless it drops its backlog or replication is strong.
pub(super) fn taken(machine: MachineKind, state: &str) -> &'static [MessageKind] {
    use MessageKind::{
        Apply, CleanUp, Enact, Forward, Handover, Insert, InsertRefused, Logged, Probe, Probed,
        Proceed, Publish, ReceiveRefused, Received, RemoveRefused, Removed, Replicate, Send,
        SendRefused, Sent, Wake,
    };
    match (machine, state) {
        (MachineKind::Driver, _) => &[Proceed],
        (MachineKind::Source, "Sending") => &[Publish, Wake, Sent, SendRefused],
        (MachineKind::Source, _) => &[Publish, Wake],
        (MachineKind::Dns, "SomeUnhealthy") => {
            &[Send, Sent, SendRefused, Probe, Probed, Enact, CleanUp]
        }
        (MachineKind::Dns, _) => RELAYED,
        (MachineKind::Destination, "Receiving") => &[Wake, Received, ReceiveRefused],
        (MachineKind::Destination, "Removing") => &[Wake, Removed, RemoveRefused],
        (MachineKind::Destination, _) => &[Wake],
        (MachineKind::Queue, _) => REQUESTS,
        (MachineKind::Container, "FailedProcessing") => &[],
        (MachineKind::Container, _) => REPLIES,
        (MachineKind::Table, "Available") => &[Insert, InsertRefused, Apply, Probe],
        (MachineKind::Table, _) => &[Insert, InsertRefused, Apply],
        (MachineKind::Replicator, "Running") => &[Replicate, Probe, Handover],
        (MachineKind::Replicator, _) => &[Replicate],
        (MachineKind::Database, "Writer") => &[Insert, Forward, Probe, Logged],
        (MachineKind::Database, "Draining") => &[Insert, Forward, Handover, Probe, Logged],
        (MachineKind::Database, "Failed") => &[Insert, Forward, Apply, Handover, Probe, Logged],
        (MachineKind::Database, _) => &[Insert, Forward, Apply, Handover, Probe],
    }
}

/// Every machine with each of its states.
pub(super) fn states() -> impl Iterator<Item = (MachineKind, &'static str)> {
    let states = |machine| Pair::states(machine).iter().map(move |&state| (machine, state));
    MachineKind::ALL.into_iter().flat_map(states)
}
