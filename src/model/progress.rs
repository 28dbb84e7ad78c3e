//! What the driver can see of a run: how far the batches have come.

use crate::model::event::Event;
use crate::model::id::{BatchId, RecordId, RegionId, RegionSet};
use crate::model::layout::Layout;

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
#[derive(Debug, Default)]
pub struct Progress {
    /// By record: bit *m* is set when the record has reached milestone *m*.
    reached: Vec<u32>,
    /// By record: the regions whose inbound queue got it.
    entered: Vec<RegionSet>,
    /// By `batch × 32 + milestone`: how many records of the batch have reached it.
    counts: Vec<u16>,
    /// By region: how many records its queues hold, a record in two queues counted twice.
    queued: [u32; 8],
    /// How many records are at the destination.
    delivered: u32,
}

/// By record (from 1): its batch.
pub(crate) type BatchOf = Vec<BatchId>;

impl Progress {
    pub(crate) fn new(records: usize, batches: usize) -> Progress {
        Progress {
            reached: vec![0; records + 1],
            entered: vec![RegionSet::EMPTY; records + 1],
            counts: vec![0; (batches + 1) * 32],
            queued: [0; 8],
            delivered: 0,
        }
    }

    /// Takes note of an event; `true` if something a script can wait for has changed.
    #[inline]
    pub(crate) fn observe(&mut self, event: &Event, layout: &Layout, batch_of: &BatchOf) -> bool {
        match *event {
            Event::Enqueued { queue, copy } => {
                let (region, position) = layout.queue_place(queue);
                self.queued[region.index()] += 1;
                if position == 0 {
                    self.entered[copy.id.index()].insert(region);
                }
                self.reach(copy.id, Milestone(position as u8), batch_of)
            }
            Event::Removed { queue, .. } | Event::Delivered { queue, gone: true, .. } => {
                let (region, _) = layout.queue_place(queue);
                self.queued[region.index()] -= 1;
                self.queued[region.index()] == 0
            }
            Event::Accepted { record } => self.reach(record, Milestone::ACCEPTED, batch_of),
            Event::Arrived { copy, .. } => {
                let new = self.reach(copy.id, Milestone::DELIVERED, batch_of);
                self.delivered += u32::from(new);
                new
            }
            Event::Published { .. }
            | Event::Refused { .. }
            | Event::BatchEnded { .. }
            | Event::Routed { .. }
            | Event::RoutesChanged { .. }
            | Event::WeightsChanged { .. }
            | Event::Delivered { gone: false, .. }
            | Event::Returned { .. }
            | Event::StaleRemove { .. }
            | Event::Forwarding { .. }
            | Event::ContainerBecame { .. }
            | Event::StaleReply { .. }
            | Event::Stored { .. }
            | Event::Applied { .. }
            | Event::Replicated { .. }
            | Event::ReplicationLost { .. }
            | Event::Faulted { .. }
            | Event::Recovered { .. }
            | Event::ExpectationFailed { .. } => false,
        }
    }

    #[inline]
    fn reach(&mut self, record: RecordId, milestone: Milestone, batch_of: &BatchOf) -> bool {
        let reached = &mut self.reached[record.index()];
        let bit = 1 << milestone.0;
        let new = *reached & bit == 0;
        if new {
            *reached |= bit;
            let batch = batch_of[record.index()];
            self.counts[batch.index() * 32 + usize::from(milestone.0)] += 1;
        }
        new
    }

    /// How many records of the batch have reached the milestone.
    pub fn count(&self, batch: BatchId, milestone: Milestone) -> usize {
        usize::from(self.counts[batch.index() * 32 + usize::from(milestone.0)])
    }

    /// How many records are at the destination.
    pub fn delivered(&self) -> u32 {
        self.delivered
    }

    /// How many records the queues of the region hold.
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
        let Progress { reached, entered, counts, queued, delivered } = other;
        self.reached.clone_from(reached);
        self.entered.clone_from(entered);
        self.counts.clone_from(counts);
        (self.queued, self.delivered) = (*queued, *delivered);
    }
}
