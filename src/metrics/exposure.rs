//! What is in one place only: what would be gone for good if that place never came back.

use crate::model::event::Holder;
use crate::model::event::queue::MirrorChange;
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::{QueueId, RecordId, RegionId, RegionSet, ReplicatorId, StageId, TableId};
use crate::plan::Plan;

#[cfg(test)]
mod definition;

/// Where the copies of each record are, in queues and in tables.
///
/// A record is *exposed* in a region if a loss of the region would destroy something of it that was
/// acknowledged, by the definition of [`Losses`](crate::spec::Losses): its message, if it was accepted,
/// has not arrived and is in no queue of another region, nor in a mirror of the region's logs; or one of its rows, which the region has or
/// will get, if no table of another region has it and it is on its way to none. So the recovery point
/// that is measured at a loss is what the loss destroys.
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
    /// By `record × stages + stage`: the region that alone has the row or will get it.
    alone: Vec<RegionSet>,
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
    /// The regions in whose queues copies are.
    queued_in: RegionSet,
    /// By region: how many copies the mirrors there have, of logs of the region before it.
    mirrored: [u16; 8],
    /// The regions of whose logs a mirror has it.
    mirrored_of: RegionSet,
    /// By region: how many of its rows are in the region's tables alone.
    rows_alone: [u16; 8],
    /// The regions for which that is not 0.
    alone_in: RegionSet,
    /// Where it is exposed.
    exposed: RegionSet,
}

impl Messages {
    /// The regions whose loss would destroy something of the record that was acknowledged.
    fn exposed(&self) -> RegionSet {
        let mut exposed = RegionSet::EMPTY;
        if self.accepted {
            exposed = self.alone_in;
            if !self.arrived && self.queued_in.len() == 1 {
                exposed = exposed.with(self.queued_in.without(self.mirrored_of));
            }
        }
        exposed
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
            alone: vec![RegionSet::EMPTY; records * stages],
            counts: [0; 8],
            counts_max: 0,
        }
    }

    pub(super) fn begin(&mut self) {
        self.gone = RegionSet::EMPTY;
        self.records.fill(Messages::default());
        self.has.fill(RegionSet::EMPTY);
        self.on_way.fill(0);
        self.alone.fill(RegionSet::EMPTY);
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
        self.came(plan.layout.queue_place(queue).0, record);
    }

    /// The outbox of a table has the intent to publish a record. That of a database is where the row is, and is counted with that.
    pub(super) fn intended(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        if plan.tables[table.index()].database.is_none() {
            self.came(plan.layout.table_place(table).0, record);
        }
    }

    /// An outbox does not have it any more.
    pub(super) fn relayed(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        if plan.tables[table.index()].database.is_none() {
            self.went(plan.layout.table_place(table).0, record);
        }
    }

    fn came(&mut self, region: RegionId, record: RecordId) {
        let messages = &mut self.records[record.index()];
        messages.queued[region.index()] += 1;
        messages.queued_in.insert(region);
        self.count(record);
    }

    /// The mirror of a log has another copy, or one less.
    pub(super) fn mirror_changed(&mut self, queue: QueueId, change: MirrorChange, plan: &Plan) {
        let (at, regions) = (plan.layout.queue_place(queue).0, plan.layout.regions);
        let (record, comes) = match change {
            MirrorChange::Came(copy) => (copy.id, true),
            MirrorChange::Left(record) | MirrorChange::Skipped(record) => (record, false),
        };
        let messages = &mut self.records[record.index()];
        let copies = &mut messages.mirrored[at.index()];
        *copies = if comes { *copies + 1 } else { copies.saturating_sub(1) };
        let of = RegionId(((at.index() + regions - 1) % regions) as u8);
        if *copies == 0 {
            messages.mirrored_of.remove(of);
        } else {
            messages.mirrored_of.insert(of);
        }
        self.count(record);
    }

    pub(super) fn left(&mut self, queue: QueueId, record: RecordId, plan: &Plan) {
        self.went(plan.layout.queue_place(queue).0, record);
    }

    fn went(&mut self, region: RegionId, record: RecordId) {
        let messages = &mut self.records[record.index()];
        let queued = &mut messages.queued[region.index()];
        *queued = queued.saturating_sub(1);
        if *queued == 0 {
            messages.queued_in.remove(region);
        }
        self.count(record);
    }

    pub(super) fn stored(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        let (region, stage) = plan.layout.table_place(table);
        let row = self.row(record, stage);
        self.has[row].insert(region);
        self.row_changed(record, stage);
    }

    pub(super) fn applied(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        self.comes_no_more(table, record, plan);
        self.stored(table, record, plan);
    }

    /// A region took back what it had written: `rows` are left.
    pub(super) fn withdrawn(&mut self, table: TableId, record: RecordId, rows: u8, plan: &Plan) {
        let (region, stage) = plan.layout.table_place(table);
        let row = self.row(record, stage);
        if rows == 0 {
            self.has[row].remove(region);
        }
        self.row_changed(record, stage);
    }

    /// The same, as replication brings it.
    pub(super) fn withdrawn_elsewhere(
        &mut self,
        table: TableId,
        record: RecordId,
        rows: u8,
        plan: &Plan,
    ) {
        self.comes_no_more(table, record, plan);
        self.withdrawn(table, record, rows, plan);
    }

    pub(super) fn replicated(&mut self, id: ReplicatorId, record: RecordId, reached: RegionSet) {
        let stage = StageId(id.index() as u8);
        let row = self.row(record, stage);
        for place in reached.iter() {
            let on_way = &mut self.on_way[row * self.places + place.index()];
            *on_way = on_way.saturating_add(1);
        }
        self.row_changed(record, stage);
    }

    fn comes_no_more(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        let (region, stage) = plan.layout.table_place(table);
        let row = self.row(record, stage);
        let on_way = &mut self.on_way[row * self.places + region.index()];
        *on_way = on_way.saturating_sub(1);
    }

    /// A fault begins, of which [`Exposure::at_risk`] was asked before.
    pub(super) fn began(&mut self, fault: Fault, plan: &Plan) {
        if let Fault { kind: FaultKind::Lose, target: Target::Region(region) } = fault {
            self.gone.insert(region);
            for record in plan.record_ids() {
                (0..self.stages).for_each(|stage| self.row_changed(record, StageId(stage as u8)));
            }
        }
    }

    /// A copy is gone.
    pub(super) fn lost(&mut self, holder: Holder, record: RecordId, plan: &Plan) {
        match holder {
            Holder::Queue(queue) | Holder::DeadLetters(queue) => {
                self.left(queue, record, plan);
            }
            Holder::Mirror(queue) => {
                self.mirror_changed(queue, MirrorChange::Left(record), plan);
            }
            Holder::Outbox(table, _) => self.relayed(table, record, plan),
            Holder::Table(table) => {
                let (region, stage) = plan.layout.table_place(table);
                let row = self.row(record, stage);
                self.has[row].remove(region);
                self.row_changed(record, stage);
            }
            Holder::Log(table) => {
                self.comes_no_more(table, record, plan);
                self.row_changed(record, plan.layout.table_place(table).1);
            }
            // The row itself is lost as well, and is noted then.
            Holder::Stream(_) => {}
        }
    }

    fn row(&self, record: RecordId, stage: StageId) -> usize {
        record.index() * self.stages + stage.index()
    }

    /// Notes in which region alone the row is now, and counts its record.
    fn row_changed(&mut self, record: RecordId, stage: StageId) {
        let row = self.row(record, stage);
        let alone = self.only_place(row);
        let before = std::mem::replace(&mut self.alone[row], alone);
        let messages = &mut self.records[record.index()];
        for region in before.without(alone).iter() {
            let rows = &mut messages.rows_alone[region.index()];
            *rows -= 1;
            if *rows == 0 {
                messages.alone_in.remove(region);
            }
        }
        for region in alone.without(before).iter() {
            messages.rows_alone[region.index()] += 1;
            messages.alone_in.insert(region);
        }
        self.count(record);
    }

    /// The region that alone has the row or will get it, if there is one.
    fn only_place(&self, row: usize) -> RegionSet {
        let mut places = self.has[row];
        let on_way = &self.on_way[row * self.places..][..self.places];
        for (place, _) in on_way.iter().enumerate().filter(|&(_, &count)| count > 0) {
            // A witness is never lost.
            if place + 1 == self.places {
                return RegionSet::EMPTY;
            }
            places.insert(RegionId(place as u8));
        }
        let left = places.without(self.gone);
        if left.len() == 1 { left } else { RegionSet::EMPTY }
    }

    /// Where the record is exposed now, instead of before.
    #[inline]
    fn count(&mut self, record: RecordId) {
        let messages = &mut self.records[record.index()];
        let exposed = messages.exposed().without(self.gone);
        let before = std::mem::replace(&mut messages.exposed, exposed);
        if before == exposed {
            return;
        }
        for region in before.without(exposed).iter() {
            self.counts[region.index()] -= 1;
        }
        for region in exposed.without(before).iter() {
            let count = &mut self.counts[region.index()];
            *count += 1;
            self.counts_max = self.counts_max.max(*count);
        }
    }

    /// Whether the region's table alone has the row, and no other one will get it.
    fn has_only(&self, record: RecordId, stage: StageId, region: RegionId) -> bool {
        let index = self.row(record, stage);
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
