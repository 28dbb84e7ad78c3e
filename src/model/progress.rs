//! What the driver can see of a run: how far the batches have come.

use crate::model::event::queue::Change;
use crate::model::event::{Event, Holder, destination, fault, source, table};
use crate::model::id::{BatchId, QueueId, RecordId, RegionId, RegionSet};
use crate::model::layout::Layout;

#[cfg(test)]
pub(crate) mod fields;

/// A milestone of a record: each queue position, accepted by the source, at the destination.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Milestone(pub u8);

impl Milestone {
    /// The source holds its acknowledgement.
    pub const ACCEPTED: Milestone = Milestone(30);
    /// It is at the destination.
    pub const DELIVERED: Milestone = Milestone(31);
}

/// Counts, in constant time per event, what scripts wait for.
#[derive(Debug)]
pub struct Progress {
    /// By queue: its region and position.
    queue_places: Vec<(RegionId, u8)>,
    /// How many tables a region has.
    stages: u16,
    /// By record (from 1): its batch.
    batch_of: BatchOf,
    /// By record: bit *m* is set when the record has reached milestone *m*.
    reached: Vec<u32>,
    /// By record: the regions whose inbound queue got it.
    entered: Vec<RegionSet>,
    /// By `batch × 32 + milestone`: how many records of the batch have not reached it.
    owed: Vec<u16>,
    /// A script waits for single records, and not just for whole batches.
    by_record: bool,
    /// By region: how many records its queues and outboxes hold, a record in two of them counted twice.
    queued: [u32; 8],
    /// How many records are at the destination.
    delivered: u32,
    /// Something that a script can wait for has changed.
    changed: bool,
}

/// By record (from 1): its batch.
pub(crate) type BatchOf = Vec<BatchId>;

impl Progress {
    /// Of records in these batches, none of which is empty, none of them published. `by_record`: a script waits for
    /// single records, too.
    pub(crate) fn new(layout: &Layout, batch_of: &[BatchId], by_record: bool) -> Progress {
        let batches = batch_of.last().map_or(0, |last| last.index());
        let mut owed = vec![0; (batches + 1) * 32];
        for batch in batch_of.iter().skip(1) {
            owed[batch.index() * 32..][..32].iter_mut().for_each(|owed| *owed += 1);
        }
        Progress {
            queue_places: layout.queue_places().to_vec(),
            stages: layout.stages.len() as u16,
            batch_of: batch_of.to_vec(),
            reached: vec![0; batch_of.len()],
            entered: vec![RegionSet::EMPTY; batch_of.len()],
            owed,
            by_record,
            queued: [0; 8],
            delivered: 0,
            changed: false,
        }
    }

    /// Takes note of an event.
    #[inline(always)]
    pub(crate) fn observe(&mut self, event: &Event) {
        match *event {
            Event::Queue(event) => self.queue_changed(event.queue(), event.change()),
            Event::Source(source::Event::Accepted { record }) => {
                self.reach(record, Milestone::ACCEPTED);
            }
            // The source knows which batch that concerns.
            Event::Source(source::Event::Refused { .. }) => self.changed = true,
            Event::Destination(destination::Event::Arrived { copy, .. }) => {
                let new = self.reach(copy.id, Milestone::DELIVERED);
                self.delivered += u32::from(new);
            }
            Event::Fault(fault::Event::Lost { holder: Holder::Queue(queue), record }) => {
                self.queue_changed(queue, Change::Left(record));
            }
            // A region is not drained while a relay has something to publish.
            Event::Table(
                table::Event::Intended { table, passed: false, .. }
                | table::Event::Reopened { table, .. },
            ) => {
                self.queued[usize::from(table.0 / self.stages)] += 1;
            }
            Event::Table(table::Event::HandedOn { table, from, .. }) => {
                let left = &mut self.queued[usize::from(from.0 / self.stages)];
                *left -= 1;
                self.changed |= *left == 0;
                self.queued[usize::from(table.0 / self.stages)] += 1;
            }
            Event::Table(
                table::Event::Relayed { table, .. } | table::Event::Skipped { table, .. },
            )
            | Event::Fault(fault::Event::Lost { holder: Holder::Outbox(table, _), .. }) => {
                let left = &mut self.queued[usize::from(table.0 / self.stages)];
                *left -= 1;
                self.changed |= *left == 0;
            }
            Event::Source(source::Event::Published { .. } | source::Event::BatchEnded { .. })
            | Event::Dns(_)
            | Event::Container(_)
            | Event::Table(_)
            | Event::Replicator(_)
            | Event::Service(_)
            | Event::Fault(_)
            | Event::ExpectationFailed { .. } => {}
        }
    }

    #[inline(always)]
    fn queue_changed(&mut self, queue: QueueId, change: Change) {
        match change {
            Change::Came(copy) => self.enqueued(queue, copy.id),
            // No name led it to this region.
            Change::TakenOver(copy) => {
                let (region, position) = self.queue_places[queue.index()];
                self.queued[region.index()] += 1;
                self.reach(copy.id, Milestone(position));
            }
            Change::Left(_) | Change::SetAside(_) => {
                let (region, _) = self.queue_places[queue.index()];
                self.queued[region.index()] -= 1;
                // A script need not wait for a record that is set aside.
                let aside = matches!(change, Change::SetAside(_));
                self.changed |= aside || self.queued[region.index()] == 0;
            }
            Change::TakenBack(_) => {
                let (region, _) = self.queue_places[queue.index()];
                self.queued[region.index()] += 1;
            }
            // It left when it was set aside.
            Change::Dropped(_) | Change::Mirror(_) | Change::None => {}
        }
    }

    #[inline]
    fn enqueued(&mut self, queue: QueueId, record: RecordId) {
        let (region, position) = self.queue_places[queue.index()];
        self.queued[region.index()] += 1;
        if position == 0 {
            self.entered[record.index()].insert(region);
        }
        self.reach(record, Milestone(position));
    }

    #[inline]
    fn reach(&mut self, record: RecordId, milestone: Milestone) -> bool {
        let reached = &mut self.reached[record.index()];
        let bit = 1 << milestone.0;
        let new = *reached & bit == 0;
        if new {
            *reached |= bit;
            let batch = self.batch_of[record.index()];
            let owed = &mut self.owed[batch.index() * 32 + usize::from(milestone.0)];
            *owed -= 1;
            self.changed |= *owed == 0 || self.by_record;
        }
        new
    }

    /// The record will get nowhere any more: it counts as everywhere for the one that waits for its
    /// batch.
    pub(crate) fn give_up(&mut self, record: RecordId) {
        (0..32).for_each(|milestone| _ = self.reach(record, Milestone(milestone)));
    }

    /// The record will not get there, or is not sent there: it counts as there for the one that waits for its batch.
    pub(crate) fn pass_over(&mut self, record: RecordId, milestone: Milestone) {
        self.reach(record, milestone);
    }

    /// Whether the record has reached the milestone, or was given up.
    pub(crate) fn has_reached(&self, record: RecordId, milestone: Milestone) -> bool {
        self.reached[record.index()] >> milestone.0 & 1 == 1
    }

    /// Whether the record has come to a region and, if that is (also) the one of this queue, was put into a queue
    /// at its position; or was given up.
    pub(crate) fn has_come_to(&self, record: RecordId, queue: QueueId) -> bool {
        let (region, position) = self.queue_places[queue.index()];
        let is_elsewhere = !self.entered(record).contains(region);
        self.has_reached(record, Milestone(0))
            && (is_elsewhere || self.has_reached(record, Milestone(position)))
    }

    /// Whether something that a script can wait for has changed since this was asked last.
    #[inline]
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Whether every record of the batch has reached the milestone.
    pub fn is_complete(&self, batch: BatchId, milestone: Milestone) -> bool {
        self.owed[batch.index() * 32 + usize::from(milestone.0)] == 0
    }

    /// How many records are at the destination.
    pub fn delivered(&self) -> u32 {
        self.delivered
    }

    /// How many records the queues and outboxes of the region hold.
    pub fn queued(&self, region: RegionId) -> u32 {
        self.queued[region.index()]
    }

    /// The regions whose inbound queue got the record.
    pub fn entered(&self, record: RecordId) -> RegionSet {
        self.entered[record.index()]
    }

    /// By record: the milestones that it has reached.
    pub(crate) fn reached(&self) -> &[u32] {
        &self.reached
    }

    pub(crate) fn copy_from(&mut self, other: &Progress) {
        let Progress { reached, entered, owed, queued, delivered, changed, .. } = other;
        self.reached.clone_from(reached);
        self.entered.clone_from(entered);
        self.owed.clone_from(owed);
        (self.queued, self.delivered, self.changed) = (*queued, *delivered, *changed);
    }
}
