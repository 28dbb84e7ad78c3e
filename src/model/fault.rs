//! What can go wrong from outside, and to whom.
//!
//! The names follow AWS Fault Injection Service where it has one: *pause* is its "stop task" with
//! a grace period, *crash* its "stop task" without, *fail* its "pause replication" and "API
//! unavailable error" actions.
//!
//! ```
//! use active_active::model::fault::{Fault, FaultKind, Target};
//! use active_active::model::id::{RegionId, StageId};
//! use active_active::plan::Plan;
//! use active_active::scenario::builtin;
//!
//! let plan = Plan::new(&builtin::scenario("f1-fail-container")?)?;
//! let faults: Vec<Fault> = plan.faults().collect();
//! let paused = plan.layout.container(RegionId(0), StageId(1), 0);
//! assert_eq!(faults, [Fault { kind: FaultKind::Pause, target: Target::Container(paused) }]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::model::id::{ContainerId, DnsSide, MachineId, QueueId, RegionId, ReplicatorId, TableId};
use crate::model::layout::{Layout, Place};

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
    /// The machine as a target of its own; none if it cannot fail, or only one side of it can.
    pub(crate) fn of(place: Place) -> Option<Target> {
        if let Place::Queue(id) = place {
            Some(Target::Queue(id))
        } else if let Place::Container(id) = place {
            Some(Target::Container(id))
        } else if let Place::Table(id) = place {
            Some(Target::Table(id))
        } else if let Place::Replicator(id) = place {
            Some(Target::Replicator(id))
        } else {
            None
        }
    }

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
    /// A late message to the machine arrives: a fence, where fencing is a best effort. Takes nothing from the
    /// budget.
    Arrive(MachineId),
    /// The oldest delivery of the queue times out. Takes one timeout from the budget.
    TimeOut(QueueId),
    /// The first visible record of a `standard` queue becomes the last. Takes one change of order
    /// from the budget.
    Reorder(QueueId),
    /// The driver, which waits for any moment (`await sometime`), goes on at this one.
    GoOn,
    /// A regional table loses all that it has. Takes one loss of a table from the budget.
    LoseTable(TableId),
    /// The region is gone for good. Takes one loss of a region from the budget.
    LoseRegion(RegionId),
    /// The writer of a stage's global database begins to hand over to the cluster of this region.
    /// Takes one switchover from the budget.
    Switchover(ReplicatorId, RegionId),
    /// The cluster of this region becomes the writer at once. Takes one failover from the budget.
    Failover(ReplicatorId, RegionId),
    /// Everything in the region fails at once. Takes one outage from the budget.
    Outage(RegionId),
    /// Everything in a region with such an outage works again.
    EndOutage(RegionId),
}

impl FaultPoint {
    /// What it takes from the budget, by the index of its kind in
    /// [`Budget::KEYS`](crate::scenario::Budget::KEYS): the end of a fault, the arrival of a late message and a
    /// moment of the script take nothing.
    pub(crate) fn of_budget(self) -> Option<usize> {
        Some(match self {
            FaultPoint::Crash(_) => 0,
            FaultPoint::LoseReply(_) => 1,
            FaultPoint::TimeOut(_) => 2,
            FaultPoint::Reorder(_) => 3,
            FaultPoint::LoseTable(_) => 4,
            FaultPoint::LoseRegion(_) => 5,
            FaultPoint::Switchover(..) => 6,
            FaultPoint::Failover(..) => 7,
            FaultPoint::Outage(_) => 8,
            FaultPoint::Restart(_)
            | FaultPoint::Arrive(_)
            | FaultPoint::GoOn
            | FaultPoint::EndOutage(_) => return None,
        })
    }
}

/// Fault points as small numbers, for sets of them: crashes, restarts, lost replies, timeouts,
/// changes of order, the one moment of the driver; then what happens to tables, regions and writers; and
/// last, where messages can be late, which arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FaultNumbers {
    containers: usize,
    machines: usize,
    queues: usize,
    tables: usize,
    regions: usize,
    stages: usize,
    /// Messages can be late.
    late: bool,
}

impl FaultNumbers {
    pub(crate) fn new(layout: &Layout, late: bool) -> FaultNumbers {
        let (containers, machines) = (layout.containers(), layout.machines());
        FaultNumbers {
            containers,
            machines,
            queues: layout.queues(),
            tables: layout.tables(),
            regions: layout.regions,
            stages: layout.stages.len(),
            late,
        }
    }

    /// How many numbers there are.
    pub(crate) fn count(self) -> usize {
        self.arrivals() + if self.late { self.machines } else { 0 }
    }

    fn go_on(self) -> usize {
        2 * self.containers + self.machines + 2 * self.queues
    }

    fn arrivals(self) -> usize {
        self.go_on() + 1 + self.tables + 3 * self.regions + 2 * self.moves()
    }

    /// A writer of each stage can move to each region.
    fn moves(self) -> usize {
        self.stages * self.regions
    }

    fn to(self, id: ReplicatorId, region: RegionId) -> usize {
        id.index() * self.regions + region.index()
    }

    /// The number of a fault point.
    pub(crate) fn number(self, point: FaultPoint) -> usize {
        let replies = 2 * self.containers;
        let timeouts = replies + self.machines;
        let tables = self.go_on() + 1;
        let regions = tables + self.tables;
        let writers = regions + 3 * self.regions;
        match point {
            FaultPoint::Crash(container) => container.index(),
            FaultPoint::Restart(container) => self.containers + container.index(),
            FaultPoint::LoseReply(machine) => replies + machine.index(),
            FaultPoint::TimeOut(queue) => timeouts + queue.index(),
            FaultPoint::Reorder(queue) => timeouts + self.queues + queue.index(),
            FaultPoint::GoOn => self.go_on(),
            FaultPoint::LoseTable(table) => tables + table.index(),
            FaultPoint::LoseRegion(region) => regions + region.index(),
            FaultPoint::Outage(region) => regions + self.regions + region.index(),
            FaultPoint::EndOutage(region) => regions + 2 * self.regions + region.index(),
            FaultPoint::Switchover(id, to) => writers + self.to(id, to),
            FaultPoint::Failover(id, to) => writers + self.moves() + self.to(id, to),
            FaultPoint::Arrive(machine) => self.arrivals() + machine.index(),
        }
    }

    /// The fault point of a number.
    ///
    /// # Panics
    ///
    /// If the number is not below [`FaultNumbers::count`].
    pub(crate) fn point(self, number: usize) -> FaultPoint {
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
        } else if within(1).is_some() {
            FaultPoint::GoOn
        } else if let Some(table) = within(self.tables) {
            FaultPoint::LoseTable(TableId(table))
        } else if let Some(region) = within(self.regions) {
            FaultPoint::LoseRegion(RegionId(region as u8))
        } else if let Some(region) = within(self.regions) {
            FaultPoint::Outage(RegionId(region as u8))
        } else if let Some(region) = within(self.regions) {
            FaultPoint::EndOutage(RegionId(region as u8))
        } else if let Some(to) = within(self.moves()) {
            let (id, region) = self.move_of(to);
            FaultPoint::Switchover(id, region)
        } else if let Some(to) = within(self.moves()) {
            let (id, region) = self.move_of(to);
            FaultPoint::Failover(id, region)
        } else {
            FaultPoint::Arrive(MachineId(left as u16))
        }
    }

    fn move_of(self, number: u16) -> (ReplicatorId, RegionId) {
        let regions = self.regions as u16;
        (ReplicatorId(number / regions), RegionId((number % regions) as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_one_fault_point() {
        let layout = Layout::new(3, vec!["a".to_owned(), "b".to_owned()], 2);
        let last = MachineId(layout.machines() as u16 - 1);
        let cases = [
            (false, FaultPoint::Failover(ReplicatorId(1), RegionId(2))),
            (true, FaultPoint::Arrive(last)),
        ];
        for (late, last) in cases {
            let numbers = FaultNumbers::new(&layout, late);
            for number in 0..numbers.count() {
                assert_eq!(numbers.number(numbers.point(number)), number);
            }
            assert_eq!(numbers.point(numbers.count() - 1), last);
        }
    }
}
