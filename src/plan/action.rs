//! The driver's script with its names resolved.

use crate::model::container::State;
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::{BatchId, ContainerId, QueueId, RegionId};
use crate::model::progress::Milestone;

/// One step of the driver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DriverAction {
    /// Hand the batch to the source.
    Publish(BatchId),
    /// Go on when it holds.
    Await(Await),
    /// All of these faults begin.
    Fault(Vec<Fault>),
    /// One to all of these faults begin: as many and whichever the scheduler chooses, one after the
    /// other. Each concerns another machine.
    FaultSome(Vec<Fault>),
    /// All of these work again.
    Recover(Vec<Target>),
    /// The dead letters of these queues come back as new messages.
    Redrive(Vec<QueueId>),
    /// in-dns gets new weights, by region.
    Weights(Vec<u8>),
    /// It must hold now.
    Check(Check),
}

/// What the driver waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Await {
    /// Every record of the batch has reached the milestone.
    Batch(BatchId, Milestone),
    /// Every record of the batch has come to a region, and those that came to the region of this queue were
    /// put into it.
    EnqueuedAt(QueueId, BatchId),
    /// Every record of the batch is accepted, or the source was refused one since the batch was last
    /// published.
    PublishedOrRefused(BatchId),
    /// So many records are at the destination.
    Delivered(u32),
    /// The queues of the region are empty.
    Drained(RegionId),
    /// No other machine can take a step.
    Quiescent,
    /// Any moment: the scheduler chooses one, at the latest when no other machine can take a step, or when a system that goes
    /// round is healed.
    Sometime,
}

/// What the driver checks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Check {
    /// Exactly so many records are at the destination.
    Delivered(u32),
    /// Those records of the batch that entered the queue's region are in it.
    Waiting {
        /// The queue.
        queue: QueueId,
        /// The batch.
        batch: BatchId,
        /// How many records that must be; at least one if not given.
        records: Option<u32>,
    },
    /// No record of the batch has a row that replication brought.
    Unreplicated(BatchId),
    /// No record of the batch ever entered the region.
    Bypassed(RegionId, BatchId),
    /// Exactly so many records are in dead-letter queues.
    DeadLettered(u32),
    /// All of these containers are in the state.
    State(Vec<ContainerId>, State),
}

/// Whether the script does anything but publish, wait and look.
pub(super) fn disturbs(actions: &[DriverAction]) -> bool {
    actions.iter().any(|action| match action {
        DriverAction::Publish(_) | DriverAction::Await(_) | DriverAction::Check(_) => false,
        DriverAction::Fault(_)
        | DriverAction::FaultSome(_)
        | DriverAction::Recover(_)
        | DriverAction::Redrive(_)
        | DriverAction::Weights(_) => true,
    })
}

/// Whether the script has a fault of this kind.
pub(super) fn has_fault(actions: &[DriverAction], kind: FaultKind) -> bool {
    actions.iter().any(|action| match action {
        DriverAction::Fault(faults) | DriverAction::FaultSome(faults) => {
            faults.iter().any(|fault| fault.kind == kind)
        }
        DriverAction::Publish(_)
        | DriverAction::Await(_)
        | DriverAction::Recover(_)
        | DriverAction::Redrive(_)
        | DriverAction::Weights(_)
        | DriverAction::Check(_) => false,
    })
}

/// By batch (from 1): the first action that publishes it, or their number if none does.
pub(super) fn published_by(actions: &[DriverAction], batches: usize) -> Vec<usize> {
    let mut published_by = vec![actions.len(); batches + 1];
    for (index, action) in actions.iter().enumerate().rev() {
        if let DriverAction::Publish(batch) = action {
            published_by[batch.index()] = index;
        }
    }
    published_by
}
