//! What is in one place only: what would be gone for good if that place never came back.

use crate::model::event::Holder;
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::{QueueId, RecordId, RegionId, RegionSet, ReplicatorId, StageId, TableId};
use crate::plan::Plan;

/// Where the copies of each record are, in queues and in tables.
///
/// A record is *exposed* in a region if a loss of the region would destroy something of it that was
/// acknowledged, by the definition of [`Losses`](crate::spec::Losses): its message, if it was accepted,
/// has not arrived and is in no queue of another region; or one of its rows, if no table of another
/// region has it and it is on its way to none. So the recovery point that is measured at a loss is
/// what the loss destroys.
#[derive(Clone, Debug)]
pub(super) struct Exposure {
    stages: usize,
    /// How many regions there are, and one for a witness: to that, rows are on their way for ever.
    places: usize,
    /// The regions that are lost.
    gone: RegionSet,
    /// By record (from 1).
    records: Vec<Messages>,
    /// By `record × stages + stage`: the regions whose table has the row.
    has: Vec<RegionSet>,
    /// By `(record × stages + stage) × places + place`: how often the row is on its way there.
    on_way: Vec<u8>,
    /// By region: how many records are exposed in it.
    counts: [u32; 8],
    /// The greatest of them so far.
    counts_max: u32,
}

/// What is known of a record, without its rows.
#[derive(Clone, Copy, Debug, Default)]
struct Messages {
    accepted: bool,
    arrived: bool,
    /// By region: how many copies are in its queues, dead letters included.
    queued: [u16; 8],
    /// Where it is exposed.
    exposed: RegionSet,
}

impl Messages {
    /// Whether a loss of the region would take the last copy of the message.
    fn only_in(&self, region: RegionId) -> bool {
        let elsewhere =
            self.queued.iter().enumerate().any(|(at, &n)| n > 0 && at != region.index());
        self.accepted && !self.arrived && self.queued[region.index()] > 0 && !elsewhere
    }
}

impl Exposure {
    pub(super) fn new(plan: &Plan) -> Exposure {
        let (stages, places) = (plan.layout.stages.len(), plan.layout.regions + 1);
        let records = plan.records() + 1;
        Exposure {
            stages,
            places,
            gone: RegionSet::EMPTY,
            records: vec![Messages::default(); records],
            has: vec![RegionSet::EMPTY; records * stages],
            on_way: vec![0; records * stages * places],
            counts: [0; 8],
            counts_max: 0,
        }
    }

    pub(super) fn begin(&mut self) {
        self.gone = RegionSet::EMPTY;
        self.records.fill(Messages::default());
        self.has.fill(RegionSet::EMPTY);
        self.on_way.fill(0);
        (self.counts, self.counts_max) = ([0; 8], 0);
    }

    /// The most records that were exposed in one region at any time.
    pub(super) fn most(&self) -> u32 {
        self.counts_max
    }

    pub(super) fn accepted(&mut self, record: RecordId) {
        self.records[record.index()].accepted = true;
        self.count(record);
    }

    pub(super) fn arrived(&mut self, record: RecordId) {
        self.records[record.index()].arrived = true;
        self.count(record);
    }

    pub(super) fn enqueued(&mut self, queue: QueueId, record: RecordId, plan: &Plan) {
        self.records[record.index()].queued[plan.layout.queue_place(queue).0.index()] += 1;
        self.count(record);
    }

    pub(super) fn left(&mut self, queue: QueueId, record: RecordId, plan: &Plan) {
        let region = plan.layout.queue_place(queue).0;
        let queued = &mut self.records[record.index()].queued[region.index()];
        *queued = queued.saturating_sub(1);
        self.count(record);
    }

    pub(super) fn stored(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        let (region, stage) = plan.layout.table_place(table);
        self.has[record.index() * self.stages + stage.index()].insert(region);
        self.count(record);
    }

    pub(super) fn applied(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        self.comes_no_more(table, record, plan);
        self.stored(table, record, plan);
    }

    pub(super) fn replicated(&mut self, id: ReplicatorId, record: RecordId, reached: RegionSet) {
        let row = record.index() * self.stages + id.index();
        for place in reached.iter() {
            let on_way = &mut self.on_way[row * self.places + place.index()];
            *on_way = on_way.saturating_add(1);
        }
        self.count(record);
    }

    fn comes_no_more(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        let (region, stage) = plan.layout.table_place(table);
        let row = record.index() * self.stages + stage.index();
        let on_way = &mut self.on_way[row * self.places + region.index()];
        *on_way = on_way.saturating_sub(1);
    }

    /// A fault begins, of which [`Exposure::at_risk`] was asked before.
    pub(super) fn began(&mut self, fault: Fault, plan: &Plan) {
        if let Fault { kind: FaultKind::Lose, target: Target::Region(region) } = fault {
            self.gone.insert(region);
            plan.record_ids().for_each(|record| self.count(record));
        }
    }

    /// A copy is gone.
    pub(super) fn lost(&mut self, holder: Holder, record: RecordId, plan: &Plan) {
        match holder {
            Holder::Queue(queue) | Holder::DeadLetters(queue) => {
                self.left(queue, record, plan);
            }
            Holder::Table(table) => {
                let (region, stage) = plan.layout.table_place(table);
                self.has[record.index() * self.stages + stage.index()].remove(region);
                self.count(record);
            }
            Holder::Log(table) => {
                self.comes_no_more(table, record, plan);
                self.count(record);
            }
            // The row itself is lost as well, and is noted then.
            Holder::Stream(_) => {}
        }
    }

    /// Where the record is exposed now, instead of before.
    fn count(&mut self, record: RecordId) {
        let regions = RegionSet::first(self.places - 1).without(self.gone);
        let mut exposed = RegionSet::EMPTY;
        for region in regions.iter().filter(|&region| self.is_exposed(record, region)) {
            exposed.insert(region);
        }
        let before = std::mem::replace(&mut self.records[record.index()].exposed, exposed);
        for region in before.without(exposed).iter() {
            self.counts[region.index()] -= 1;
        }
        for region in exposed.without(before).iter() {
            let count = &mut self.counts[region.index()];
            *count += 1;
            self.counts_max = self.counts_max.max(*count);
        }
    }

    fn is_exposed(&self, record: RecordId, region: RegionId) -> bool {
        let messages = &self.records[record.index()];
        let mut stages = (0..self.stages).map(|stage| StageId(stage as u8));
        let row_is_alone = |stage| self.has_only(record, stage, region);
        messages.only_in(region) || messages.accepted && stages.any(row_is_alone)
    }

    /// Whether the region's table alone has the row, and no other one will get it.
    fn has_only(&self, record: RecordId, stage: StageId, region: RegionId) -> bool {
        let index = record.index() * self.stages + stage.index();
        let mut others = self.has[index].without(self.gone);
        others.remove(region);
        let on_way = &self.on_way[index * self.places..][..self.places];
        // Nothing is on its way to a lost region that matters, and a witness is never lost.
        let is_left = |place: usize| {
            let is_witness = place + 1 == self.places;
            is_witness || place != region.index() && !self.gone.contains(RegionId(place as u8))
        };
        let comes = on_way.iter().enumerate().any(|(place, &count)| count > 0 && is_left(place));
        self.has[index].contains(region) && others.is_empty() && !comes
    }

    /// The records of which something acknowledged is gone for good if what the fault strikes never
    /// comes back: for a loss or a move of a writer, what it strikes itself; else its region, or, if
    /// it belongs to none, the region for which that is most.
    pub(super) fn at_risk<'a>(
        &'a self,
        fault: Fault,
        plan: &'a Plan,
    ) -> impl Iterator<Item = RecordId> + 'a {
        let count = |region: &RegionId| self.counts[region.index()];
        let most = || plan.layout.region_ids().max_by_key(count);
        let region = fault.target.region(&plan.layout).or_else(most);
        plan.record_ids().filter(move |&record| match (fault.kind, fault.target) {
            (FaultKind::Lose, Target::Table(table)) => {
                let (region, stage) = plan.layout.table_place(table);
                self.has_only(record, stage, region)
            }
            (_, Target::Writer(id, to)) => self.lacks(record, id, to),
            (_, _) => {
                let exposed = self.records[record.index()].exposed;
                region.is_some_and(|region| exposed.contains(region))
            }
        })
    }

    /// Whether a cluster of the database has the row, and that of the region neither has nor will
    /// get it.
    fn lacks(&self, record: RecordId, id: ReplicatorId, region: RegionId) -> bool {
        let index = record.index() * self.stages + id.index();
        let has = self.has[index];
        let comes = self.on_way[index * self.places + region.index()] > 0;
        !has.without(self.gone).is_empty() && !has.contains(region) && !comes
    }
}
