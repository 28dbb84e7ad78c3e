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
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Known {
    published: Option<u64>,
    accepted: Option<u64>,
    arrived: Option<u64>,
    /// Bits by stage.
    stored: u16,
}

impl Records {
    pub(super) fn new(plan: &Plan) -> Records {
        let (records, stages) = (plan.records() + 1, plan.layout.stages.len());
        Records {
            stages,
            records: vec![Known::default(); records],
            stored: vec![(RegionId(0), 0); records * stages],
        }
    }

    pub(super) fn begin(&mut self) {
        self.records.fill(Known::default());
    }

    pub(super) fn published(&mut self, record: RecordId, now: u64) {
        self.records[record.index()].published.get_or_insert(now);
    }

    pub(super) fn accepted(&mut self, record: RecordId, now: u64) {
        self.records[record.index()].accepted.get_or_insert(now);
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
        &self,
        record: RecordId,
        region: RegionId,
        stage: StageId,
    ) -> Option<u64> {
        let is_stored = self.records[record.index()].stored & (1 << stage.index()) != 0;
        let (from, since) = self.stored[record.index() * self.stages + stage.index()];
        (is_stored && from != region).then_some(since)
    }

    /// When the source first sent it, if this is its first arrival.
    pub(super) fn arrived(&mut self, record: RecordId, now: u64) -> Option<u64> {
        let known = &mut self.records[record.index()];
        let is_first = known.arrived.is_none();
        known.arrived.get_or_insert(now);
        known.published.filter(|_| is_first)
    }

    /// When it first arrived.
    pub(super) fn first_arrived(&self, record: RecordId) -> Option<u64> {
        self.records[record.index()].arrived
    }

    /// When the source first sent it.
    pub(super) fn first_published(&self, record: RecordId) -> Option<u64> {
        self.records[record.index()].published
    }

    /// When the source first heard that it was accepted.
    pub(super) fn first_accepted(&self, record: RecordId) -> Option<u64> {
        self.records[record.index()].accepted
    }
}
