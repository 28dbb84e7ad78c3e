//! What can go wrong from outside, and to whom.
//!
//! The names follow AWS Fault Injection Service where it has one: *pause* is its "stop task" with
//! a grace period, *crash* its "stop task" without, *fail* its "pause replication" and "API
//! unavailable error" actions.

use crate::model::dns::DnsSide;
use crate::model::id::{ContainerId, QueueId, RegionId, ReplicatorId, TableId};

/// Something that can fail and be recovered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Target {
    /// A container.
    Container(ContainerId),
    /// A queue.
    Queue(QueueId),
    /// A regional table.
    Table(TableId),
    /// The replication of a stage's global table.
    Replicator(ReplicatorId),
    /// A region as a target of a DNS name.
    Dns(DnsSide, RegionId),
}

/// What happens to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FaultKind {
    /// The container takes no further message until it is recovered; it keeps what it has.
    Pause,
    /// The container dies: its memory is lost, its delivery comes back.
    Crash,
    /// It refuses (a table may also hang) until it is recovered; it loses nothing.
    Fail,
    /// The DNS name no longer resolves to the region.
    Offline,
}

impl FaultKind {
    /// The kind as scenario files write it.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Pause => "pause",
            FaultKind::Crash => "crash",
            FaultKind::Fail => "fail",
            FaultKind::Offline => "offline",
        }
    }
}

/// A fault: what happens to whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// To whom.
    pub target: Target,
}

/// A fault, or its end, that the scheduler may choose within the scenario's budget.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FaultPoint {
    /// The container crashes; takes one crash from the budget.
    Crash(ContainerId),
    /// A container that the scheduler crashed starts again.
    Restart(ContainerId),
}
