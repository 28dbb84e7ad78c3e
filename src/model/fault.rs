//! What can go wrong from outside, and to whom.
//!
//! The names follow AWS Fault Injection Service where it has one: *pause* is its "stop task" with
//! a grace period, *crash* its "stop task" without, *fail* its "pause replication" and "API
//! unavailable error" actions.

use crate::model::dns::DnsSide;
use crate::model::id::{ContainerId, MachineId, QueueId, RegionId, ReplicatorId, TableId};
use crate::model::layout::Layout;

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
    /// The link between the replication of a stage and one region: while it has failed, what the
    /// region wrote and what it should apply waits.
    Link(ReplicatorId, RegionId),
    /// A region as a target of a DNS name.
    Dns(DnsSide, RegionId),
    /// A region as a whole, which can only be lost.
    Region(RegionId),
    /// The writer of a stage's global database, and the region that it moves to.
    Writer(ReplicatorId, RegionId),
}

impl Target {
    /// The region that it belongs to, if it belongs to one.
    pub fn region(self, layout: &Layout) -> Option<RegionId> {
        match self {
            Target::Container(id) => Some(layout.container_place(id).0),
            Target::Queue(id) => Some(layout.queue_place(id).0),
            Target::Table(id) => Some(layout.table_place(id).0),
            Target::Replicator(_) => None,
            Target::Link(_, region)
            | Target::Dns(_, region)
            | Target::Region(region)
            | Target::Writer(_, region) => Some(region),
        }
    }
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
    /// What it holds is gone for good, and so is what it had on its way to other regions. A table
    /// goes on empty; a region does not go on at all.
    Lose,
    /// The writer of a global database moves as planned, and nothing is lost. Nothing happens while the
    /// writer does not work, or while it moves already.
    Switchover,
    /// The writer of a global database moves at once, and what was not replicated is lost.
    Failover,
}

impl FaultKind {
    /// The kind as scenario files write it.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Pause => "pause",
            FaultKind::Crash => "crash",
            FaultKind::Fail => "fail",
            FaultKind::Offline => "offline",
            FaultKind::Lose => "lose",
            FaultKind::Switchover => "switchover",
            FaultKind::Failover => "failover",
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

/// A fault, or its end, or a moment, that the scheduler may choose within the scenario's budget.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FaultPoint {
    /// The container crashes; takes one crash from the budget.
    Crash(ContainerId),
    /// A container that crashed or met a failed dependency starts again.
    Restart(ContainerId),
    /// The reply at the head of the machine's inbox is lost: the request took effect, and the
    /// machine sees a failure. Takes one lost reply from the budget.
    LoseReply(MachineId),
    /// The oldest delivery of a `standard` queue times out. Takes one timeout from the budget.
    TimeOut(QueueId),
    /// The first visible record of a `standard` queue becomes the last. Takes one change of order
    /// from the budget.
    Reorder(QueueId),
    /// The driver, which waits for any moment (`await sometime`), goes on at this one.
    GoOn,
}

/// Fault points as small numbers, for sets of them: crashes, restarts, lost replies, timeouts,
/// changes of order, and the one moment of the driver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FaultNumbers {
    containers: usize,
    machines: usize,
    queues: usize,
}

impl FaultNumbers {
    pub(crate) fn new(layout: &Layout) -> FaultNumbers {
        let (containers, machines) = (layout.containers(), layout.machines());
        FaultNumbers { containers, machines, queues: layout.queues() }
    }

    /// How many numbers there are.
    pub fn count(self) -> usize {
        2 * self.containers + self.machines + 2 * self.queues + 1
    }

    /// The number of a fault point.
    pub fn number(self, point: FaultPoint) -> usize {
        let replies = 2 * self.containers;
        let timeouts = replies + self.machines;
        match point {
            FaultPoint::Crash(container) => container.index(),
            FaultPoint::Restart(container) => self.containers + container.index(),
            FaultPoint::LoseReply(machine) => replies + machine.index(),
            FaultPoint::TimeOut(queue) => timeouts + queue.index(),
            FaultPoint::Reorder(queue) => timeouts + self.queues + queue.index(),
            FaultPoint::GoOn => timeouts + 2 * self.queues,
        }
    }

    /// The fault point of a number.
    ///
    /// # Panics
    ///
    /// If the number is not below [`FaultNumbers::count`].
    pub fn point(self, number: usize) -> FaultPoint {
        assert!(number < self.count(), "there are {} fault points", self.count());
        let mut left = number;
        let mut within = |group: usize| {
            let found = (left < group).then_some(left as u16);
            left = left.saturating_sub(group);
            found
        };
        if let Some(container) = within(self.containers) {
            FaultPoint::Crash(ContainerId(container))
        } else if let Some(container) = within(self.containers) {
            FaultPoint::Restart(ContainerId(container))
        } else if let Some(machine) = within(self.machines) {
            FaultPoint::LoseReply(MachineId(machine))
        } else if let Some(queue) = within(self.queues) {
            FaultPoint::TimeOut(QueueId(queue))
        } else if let Some(queue) = within(self.queues) {
            FaultPoint::Reorder(QueueId(queue))
        } else {
            FaultPoint::GoOn
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_one_fault_point() {
        let layout = Layout::new(3, vec!["a".to_owned(), "b".to_owned()], 2);
        let numbers = FaultNumbers::new(&layout);
        for number in 0..numbers.count() {
            assert_eq!(numbers.number(numbers.point(number)), number);
        }
        assert_eq!(numbers.point(numbers.count() - 1), FaultPoint::GoOn);
    }
}
