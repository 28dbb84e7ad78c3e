//! What happened in a step: the only thing that the spec, the trace and the metrics see.
//!
//! ```
//! use std::sync::Arc;
//!
//! use active_active::explore::{Observer, Outcome, Phase, Runner};
//! use active_active::model::event::{Event, Holder};
//! use active_active::plan::Plan;
//! use active_active::scenario::Scenario;
//! use active_active::scheduler::RoundRobin;
//! use active_active::sim::{Simulation, Step};
//!
//! /// Notes what is lost with a table.
//! #[derive(Default)]
//! struct Lost(Vec<u16>);
//!
//! impl Observer for Lost {
//!     fn begin(&mut self, _simulation: &Simulation) {}
//!
//!     fn phase(&mut self, phase: Phase, _simulation: &Simulation) {
//!         assert!(phase <= Phase::Converge, "there is no later one");
//!     }
//!
//!     fn step(&mut self, _step: &Step, simulation: &Simulation) {
//!         for event in simulation.events() {
//!             if let Event::Lost { holder: Holder::Table(_), record } = event {
//!                 self.0.push(record.0);
//!             }
//!         }
//!     }
//! }
//!
//! let text = r#"script = ["publish 1", "await quiescent", "lose inbound-table@1"]"#;
//! let plan = Plan::new(&Scenario::parse(text)?)?;
//! let mut lost = Lost::default();
//! let _: Outcome = Runner::new(Arc::new(plan)).run(&mut RoundRobin::default(), 0, &mut lost);
//! assert_eq!(lost.0.len(), 10, "the table has the rows of both regions");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::model::container;
use crate::model::fault::{Fault, Target};
use crate::model::id::{
    BatchId, ContainerId, DnsSide, MachineId, QueueId, RecordId, RegionId, RegionSet, ReplicatorId,
    TableId,
};
use crate::model::message::MessageKind;
use crate::model::record::RecordCopy;

/// What held a copy of a record until it was lost.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Holder {
    /// A queue.
    Queue(QueueId),
    /// The dead-letter queue of a queue.
    DeadLetters(QueueId),
    /// A regional table.
    Table(TableId),
    /// The stream of a regional table: the write was on its way to the other regions.
    Stream(TableId),
    /// The log of a global database on its way to a cluster, which follows another log now.
    Log(TableId),
}

/// One thing that happened. A step produces any number of them, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The source sent a record (for the first time or again).
    Published {
        /// The record.
        copy: RecordCopy,
    },
    /// The source holds a positive acknowledgement: from now on the system answers for it.
    Accepted {
        /// The record.
        record: RecordId,
    },
    /// The source was refused.
    Refused {
        /// The record.
        record: RecordId,
    },
    /// The source is done with a batch.
    BatchEnded {
        /// The batch.
        batch: BatchId,
        /// Every record of it is accepted.
        complete: bool,
    },

    /// in-dns picked a region for a record.
    Routed {
        /// The record.
        record: RecordId,
        /// Where it goes.
        region: RegionId,
    },
    /// out-dns led a request of the destination to a region's outbound queue.
    FetchRouted {
        /// Where it goes.
        region: RegionId,
    },
    /// What a DNS name may resolve to has changed.
    RoutesChanged {
        /// Which name.
        side: DnsSide,
        /// The regions that are offline now.
        offline: RegionSet,
    },
    /// in-dns heard whether a region works.
    Probed {
        /// The region.
        region: RegionId,
        /// It works.
        healthy: bool,
    },
    /// in-dns changed its mind about a region.
    HealthChanged {
        /// The region.
        region: RegionId,
        /// It is taken to be healthy from now on.
        healthy: bool,
    },
    /// in-dns has new weights (the dns holds them): those of the newest plan there is.
    WeightsChanged {
        /// The weight of each region, by index.
        weights: [u8; 8],
    },
    /// A late enactor put a plan in place of another one.
    PlanEnacted {
        /// Its number.
        plan: u16,
        /// The number of the one that was in place.
        instead_of: u16,
    },
    /// The clean-up deleted the plan in place: in-dns has no answer any more.
    PlanDeleted {
        /// Its number.
        plan: u16,
    },

    /// A queue has a record more.
    Enqueued {
        /// The queue.
        queue: QueueId,
        /// The record.
        copy: RecordCopy,
    },
    /// A full queue keeps a request to send waiting until it has room.
    SendWaits {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A queue handed out a record.
    Delivered {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
        /// It was handed out before.
        redelivery: bool,
        /// It left the queue with that (an unsound design).
        gone: bool,
    },
    /// A delivery was given back: the record is visible again.
    Returned {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A delivery took too long: the record is visible again, and its consumer does not know.
    TimedOut {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// The first visible record of a queue became the last.
    Reordered {
        /// The queue.
        queue: QueueId,
    },
    /// A record was delivered too often and is in the dead-letter queue now.
    DeadLettered {
        /// The queue that gave it up.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A record came back from the dead-letter queue as a new message.
    Redriven {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A queue deleted a record.
    Removed {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A queue was asked to delete a delivery that it does not know any more.
    StaleRemove {
        /// The queue.
        queue: QueueId,
    },

    /// A container sends a record on.
    Forwarding {
        /// The container.
        container: ContainerId,
        /// The record.
        record: RecordId,
    },
    /// A container is in another state.
    ContainerBecame {
        /// The container.
        container: ContainerId,
        /// Its new state.
        state: container::State,
        /// Who refused, when that is why.
        refused_by: Option<MachineId>,
    },
    /// A container gave its delivery back because it cannot read a row of its table.
    GaveUp {
        /// The container.
        container: ContainerId,
        /// The record that it worked on.
        record: RecordId,
    },
    /// A container ignored a reply to an earlier life.
    StaleReply {
        /// The container.
        container: ContainerId,
    },

    /// A table took a write: of its own region, or, as the writer of a global database, of another.
    Stored {
        /// The table.
        table: TableId,
        /// The table that the container asked, in its own region: another one than `table` only in a
        /// global database.
        asked: TableId,
        /// The record.
        copy: RecordCopy,
        /// How many rows it has for this id now.
        rows: u8,
        /// It had the record already.
        duplicate: bool,
    },
    /// A table took a write of another region.
    Applied {
        /// The table.
        table: TableId,
        /// The record.
        copy: RecordCopy,
        /// How many rows it has for this id now.
        rows: u8,
    },
    /// A table shows this record for its business key from now on.
    KeyShown {
        /// The table.
        table: TableId,
        /// The record.
        record: RecordId,
    },
    /// A replicator sent a row to the other regions.
    Replicated {
        /// The replicator.
        replicator: ReplicatorId,
        /// The record.
        record: RecordId,
        /// The region that wrote it.
        region: RegionId,
        /// Where it goes at once, or went when the region was reached again; a witness counts as
        /// the region after the last one.
        reached: RegionSet,
    },
    /// A global database is written in another region from now on.
    WriterMoved {
        /// The replicator of its stage.
        replicator: ReplicatorId,
        /// Where it is written.
        region: RegionId,
    },
    /// A failed replicator lost a row (an unsound design).
    ReplicationLost {
        /// The replicator.
        replicator: ReplicatorId,
        /// The record.
        record: RecordId,
    },

    /// A record reached the destination.
    Arrived {
        /// The record.
        copy: RecordCopy,
        /// Through which region.
        region: RegionId,
        /// The destination counts it (again, in an unsound design).
        counted: bool,
        /// The destination shows it for its business key from now on.
        shown: bool,
    },

    /// A fault began.
    Faulted {
        /// The fault.
        fault: Fault,
    },
    /// A fault ended.
    Recovered {
        /// What works again.
        target: Target,
        /// How many messages wait in its inbox: of a replicator, its backlog in records.
        waiting: u32,
    },
    /// A copy of a record is gone for good, with what held it. Whether that was the last copy is
    /// not said here.
    Lost {
        /// What held it.
        holder: Holder,
        /// The record.
        record: RecordId,
    },
    /// All copies that this loss takes with it are gone.
    LossEnded {
        /// What was lost.
        target: Target,
    },
    /// A reply was lost on its way: the machine will see a failure.
    ReplyLost {
        /// The machine that waited for it.
        machine: MachineId,
        /// The reply.
        reply: MessageKind,
    },
    /// A message is late: it is on its way, and what is sent to the machine meanwhile overtakes it.
    Late {
        /// To whom it goes.
        machine: MachineId,
        /// What it is.
        message: MessageKind,
    },
    /// A late message has arrived: the machine handles it next.
    CameLate {
        /// To whom it went.
        machine: MachineId,
        /// What it is.
        message: MessageKind,
    },
    /// What the script expects does not hold.
    ExpectationFailed {
        /// Index into [`Plan::actions`](crate::plan::Plan::actions).
        action: u16,
    },
}
