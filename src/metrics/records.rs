//! Where each record is, and since when.

use crate::model::id::{RecordId, RegionId, StageId};
use crate::plan::Plan;

/// What is known of the records of a run.
#[derive(Clone, Debug)]
pub(super) struct Records {
    stages: usize,
    /// By record (from 1).
    records: Vec<Known>,
    /// By `record × stages + stage`: which region wrote the row first, and when; meaningful if
    /// [`Known::stored`] has the stage.
    stored: Vec<(RegionId, u64)>,
    /// By region: how many records are acknowledged and nowhere else.
    exposed: [u32; 8],
    /// The greatest of them so far.
    exposed_max: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Known {
    published: Option<u64>,
    accepted: Option<u64>,
    /// The region that it first came to.
    region: Option<RegionId>,
    /// Another region's table has it.
    elsewhere: bool,
    arrived: bool,
    /// Bits by stage.
    stored: u16,
}

impl Known {
    /// The region without which nobody would know of it, although it was acknowledged.
    fn exposed_in(&self) -> Option<RegionId> {
        let alone = self.accepted.is_some() && !self.elsewhere && !self.arrived;
        self.region.filter(|_| alone)
    }
}

impl Records {
    pub(super) fn new(plan: &Plan) -> Records {
        let (records, stages) = (plan.records() + 1, plan.layout.stages.len());
        Records {
            stages,
            records: vec![Known::default(); records],
            stored: vec![(RegionId(0), 0); records * stages],
            exposed: [0; 8],
            exposed_max: 0,
        }
    }

    pub(super) fn begin(&mut self) {
        self.records.fill(Known::default());
        self.exposed = [0; 8];
        self.exposed_max = 0;
    }

    /// Changes what is known of a record, and counts it where it is exposed.
    fn change(&mut self, record: RecordId, change: impl FnOnce(&mut Known)) {
        let known = &mut self.records[record.index()];
        let before = known.exposed_in();
        change(known);
        let after = known.exposed_in();
        if before != after {
            before.iter().for_each(|region| self.exposed[region.index()] -= 1);
            if let Some(region) = after {
                let exposed = &mut self.exposed[region.index()];
                *exposed += 1;
                self.exposed_max = self.exposed_max.max(*exposed);
            }
        }
    }

    pub(super) fn published(&mut self, record: RecordId, now: u64) {
        self.records[record.index()].published.get_or_insert(now);
    }

    pub(super) fn accepted(&mut self, record: RecordId, now: u64) {
        self.change(record, |known| {
            known.accepted.get_or_insert(now);
        });
    }

    pub(super) fn entered(&mut self, record: RecordId, region: RegionId) {
        self.change(record, |known| {
            // Once it is in the queues of two regions, the loss of one does not take it.
            known.elsewhere |= known.region.is_some_and(|first| first != region);
            known.region.get_or_insert(region);
        });
    }

    pub(super) fn stored(&mut self, record: RecordId, region: RegionId, stage: StageId, now: u64) {
        let bit = 1 << stage.index();
        let known = &mut self.records[record.index()];
        if known.stored & bit == 0 {
            known.stored |= bit;
            self.stored[record.index() * self.stages + stage.index()] = (region, now);
        }
    }

    /// When the row was written that another region has now; none if that is not known.
    pub(super) fn applied(
        &mut self,
        record: RecordId,
        region: RegionId,
        stage: StageId,
    ) -> Option<u64> {
        self.change(record, |known| {
            known.elsewhere |= known.region.is_some_and(|first| first != region);
        });
        let is_stored = self.records[record.index()].stored & (1 << stage.index()) != 0;
        let (from, since) = self.stored[record.index() * self.stages + stage.index()];
        (is_stored && from != region).then_some(since)
    }

    /// When the source first sent it, if this is its first arrival.
    pub(super) fn arrived(&mut self, record: RecordId) -> Option<u64> {
        let known = self.records[record.index()];
        self.change(record, |known| known.arrived = true);
        known.published.filter(|_| !known.arrived)
    }

    /// When the source first sent it.
    pub(super) fn first_published(&self, record: RecordId) -> Option<u64> {
        self.records[record.index()].published
    }

    /// How many records are acknowledged and known in this region only, and when the oldest of them
    /// was acknowledged.
    pub(super) fn exposed(&self, region: RegionId) -> (u32, Option<u64>) {
        let alone = self.records.iter().filter(|known| known.exposed_in() == Some(region));
        (self.exposed[region.index()], alone.filter_map(|known| known.accepted).min())
    }

    pub(super) fn exposed_max(&self) -> u32 {
        self.exposed_max
    }
}
