//! What was destroyed: derived from what the events said of every copy, not from what the model
//! says of a loss.

use crate::model::event::Holder;
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::{RecordId, RegionId, RegionSet, ReplicatorId, StageId, TableId};
use crate::model::shape::Positions;
use crate::plan::Plan;
use crate::scenario::LossLimit;
use crate::sim::Bytes;
use crate::spec::{Breach, Judgement, Ledger};

#[cfg(test)]
pub(crate) mod fields;
mod intents;
mod report;

pub use report::Lost;

/// What is known of a record's row at a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct RowFacts {
    /// The regions whose table has it.
    has: RegionSet,
    /// The regions whose table had it, lost it, and did not get it again.
    lost: RegionSet,
    /// A loss took the last copy, and it was not written since.
    destroyed: bool,
}

/// What losses did to a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct RecordLoss {
    /// The positions where the loss under way took it out of a queue, that of its stage for an outbox.
    taken: Positions,
    /// It was accepted, had not arrived, and no queue was left that had it.
    undelivered: bool,
    /// The last copy of a row of it was destroyed.
    row: bool,
    /// The stages at which a loss took it out of the last queue that led there, before it was stored.
    cut_off: Positions,
    /// The stages that call the external service at which the same was so, whether it was stored or not.
    unfinished: Positions,
    /// The stages behind which a loss took it, where a global database has an outbox: out of that, where no intent was written
    /// since; or out of the next queue, where it did not come again.
    intents: Positions,
}

/// Where the copies of each row are, and what losses have destroyed.
///
/// A loss destroys
///
/// * a **row** that no table of another region has and that is on its way to none: it was not
///   replicated. A row of a lost region counts when its record was accepted: what was not, the
///   source sends again;
/// * the **message** of an accepted record that has not arrived when no other queue or outbox has it: it was
///   not forwarded. Rows that are left elsewhere do not change that, since nothing goes on from a
///   row; but the record can be restored from them. What the mirror of a log of the lost region has is not destroyed: it is taken over, or
///   [`NeverLost`](crate::spec::NeverLost) says that it is skipped.
///
/// A failover of a global database is a loss of the database: it destroys the rows that the new writer
/// does not have.
///
/// Kept only for plans in which something can be lost, or in which a writer moves.
#[derive(Clone, Debug)]
pub struct Losses {
    watches: bool,
    /// A global database has an outbox.
    shares: bool,
    stages: usize,
    /// How many regions there are, and one for a witness: to that, rows are on their way for ever.
    places: usize,
    /// The regions that are lost.
    gone: RegionSet,
    /// What is being lost now.
    under_way: Option<Target>,
    /// By `record × stages + stage`.
    rows: Vec<RowFacts>,
    /// By `(record × stages + stage) × places + region`: how often the row is on its way there.
    on_way: Vec<u8>,
    /// By record.
    records: Vec<RecordLoss>,
}

/// Whether a loss of one includes the other.
fn includes(lost: Target, part: Target, plan: &Plan) -> bool {
    if let (Target::Writer(database, _), Target::Table(table)) = (lost, part) {
        return plan.layout.table_place(table).1.index() == database.index();
    }
    lost == part || part.region(&plan.layout).map(Target::Region) == Some(lost)
}

/// Where a record was in the pipeline.
fn position(holder: Holder, plan: &Plan) -> usize {
    match holder {
        Holder::Queue(queue) | Holder::DeadLetters(queue) | Holder::Mirror(queue) => {
            plan.layout.queue_place(queue).1
        }
        Holder::Table(table)
        | Holder::Stream(table)
        | Holder::Log(table)
        | Holder::Outbox(table, _) => plan.layout.table_place(table).1.index(),
    }
}

impl Losses {
    pub(super) fn new(plan: &Plan) -> Losses {
        let watches = plan.can_lose() || plan.has_fault(FaultKind::Switchover);
        let (stages, places) = (plan.layout.stages.len(), plan.layout.regions + 1);
        let records = if watches { plan.records() + 1 } else { 0 };
        Losses {
            watches,
            shares: watches && plan.has_shared_outbox(),
            stages,
            places,
            gone: RegionSet::EMPTY,
            under_way: None,
            rows: vec![RowFacts::default(); records * stages],
            on_way: vec![0; records * stages * places],
            records: vec![RecordLoss::default(); records],
        }
    }

    /// Whether anything can be lost, so that something may be excused.
    pub(super) fn watches(&self) -> bool {
        self.watches
    }

    pub(super) fn reset(&mut self) {
        self.gone = RegionSet::EMPTY;
        self.under_way = None;
        self.rows.fill(RowFacts::default());
        self.on_way.fill(0);
        self.records.fill(RecordLoss::default());
    }

    pub(super) fn copy_from(&mut self, other: &Losses) {
        (self.watches, self.stages, self.places) = (other.watches, other.stages, other.places);
        self.shares = other.shares;
        (self.gone, self.under_way) = (other.gone, other.under_way);
        self.rows.clone_from(&other.rows);
        self.on_way.clone_from(&other.on_way);
        self.records.clone_from(&other.records);
    }

    /// Writes down what of a record can influence a later judgement.
    pub(super) fn write_record(&self, record: RecordId, bytes: &mut Bytes) {
        if !self.watches {
            return;
        }
        let first = record.index() * self.stages;
        for RowFacts { has, lost, destroyed } in &self.rows[first..][..self.stages] {
            bytes.u8(has.0);
            bytes.u8(lost.0);
            bytes.flag(*destroyed);
        }
        let on_way = &self.on_way[first * self.places..][..self.stages * self.places];
        on_way.iter().for_each(|&times| bytes.u8(times));
        let RecordLoss { taken, undelivered, row, cut_off, unfinished, intents } =
            self.records[record.index()];
        [undelivered, row].into_iter().for_each(|fact| bytes.flag(fact));
        [taken, cut_off, unfinished, intents]
            .into_iter()
            .for_each(|positions| bytes.u32(positions.bits()));
    }

    /// Writes down what else can: no loss is under way between two steps.
    pub(super) fn write(&self, bytes: &mut Bytes) {
        let Losses { watches: _, shares: _, stages: _, places: _, gone, under_way, .. } = self;
        debug_assert!(under_way.is_none(), "a loss ends in the step in which it begins");
        bytes.u8(gone.0);
    }

    /// A table of the region has the row.
    #[inline]
    pub(super) fn stored(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        if self.watches {
            let (region, stage) = plan.layout.table_place(table);
            self.has_row(record, stage, region);
        }
    }

    /// Replication brought the row.
    ///
    /// # Errors
    ///
    /// If it had been destroyed, and it was neither written nor sent since.
    #[inline]
    pub(super) fn applied(&mut self, table: TableId, record: RecordId, plan: &Plan) -> Judgement {
        if !self.watches {
            return Ok(());
        }
        let (region, stage) = plan.layout.table_place(table);
        let row = record.index() * self.stages + stage.index();
        let on_way = &mut self.on_way[row * self.places + region.index()];
        if *on_way == 0 && self.rows[row].destroyed {
            return Err(Breach::CameBack { table, record });
        }
        *on_way = on_way.saturating_sub(1);
        self.has_row(record, stage, region);
        Ok(())
    }

    fn has_row(&mut self, record: RecordId, stage: StageId, region: RegionId) {
        let row = &mut self.rows[record.index() * self.stages + stage.index()];
        row.has.insert(region);
        row.lost.remove(region);
        row.destroyed = false;
    }

    /// A replicator sent the row to these regions, and perhaps the witness.
    #[inline]
    pub(super) fn replicated(&mut self, id: ReplicatorId, record: RecordId, reached: RegionSet) {
        if !self.watches {
            return;
        }
        let row = record.index() * self.stages + id.index();
        for region in reached.iter() {
            let on_way = &mut self.on_way[row * self.places + region.index()];
            *on_way = on_way.saturating_add(1);
        }
    }

    /// Something is lost from here on.
    pub(super) fn began(&mut self, fault: Fault) {
        if matches!(fault.kind, FaultKind::Lose | FaultKind::Failover) {
            self.under_way = Some(fault.target);
            if let Target::Region(region) = fault.target {
                self.gone.insert(region);
            }
        }
    }

    /// A copy is gone.
    ///
    /// # Errors
    ///
    /// If it was not there, or not in what is being lost.
    pub(super) fn lost(
        &mut self,
        holder: Holder,
        record: RecordId,
        ledger: &Ledger,
        plan: &Plan,
    ) -> Judgement {
        let target = match holder {
            Holder::Queue(id) | Holder::DeadLetters(id) | Holder::Mirror(id) => Target::Queue(id),
            Holder::Table(id) | Holder::Stream(id) | Holder::Log(id) | Holder::Outbox(id, _) => {
                Target::Table(id)
            }
        };
        let was_there = match holder {
            Holder::Queue(_) | Holder::DeadLetters(_) | Holder::Outbox(..) => {
                ledger.record(record).queue_copies > 0
            }
            Holder::Table(table) | Holder::Stream(table) => {
                let (region, stage) = plan.layout.table_place(table);
                let row = self.rows[record.index() * self.stages + stage.index()];
                row.has.contains(region) || row.lost.contains(region)
            }
            Holder::Log(table) => self.on_way[self.way(table, record, plan)] > 0,
            Holder::Mirror(queue) => ledger.is_mirrored(queue, record),
        };
        let is_meant = self.under_way.is_some_and(|of| includes(of, target, plan));
        if !was_there || !is_meant {
            return Err(Breach::LostUnasked { holder, record });
        }
        match holder {
            Holder::Queue(_) | Holder::DeadLetters(_) | Holder::Outbox(..) => {
                self.records[record.index()].taken.insert(position(holder, plan));
                self.note_taken(holder, record, plan);
            }
            Holder::Table(table) => {
                let (region, stage) = plan.layout.table_place(table);
                let row = &mut self.rows[record.index() * self.stages + stage.index()];
                row.has.remove(region);
                row.lost.insert(region);
            }
            // The row itself is lost as well, and is noted then. In its own region a record is where it was.
            Holder::Stream(_) | Holder::Mirror(_) => {}
            Holder::Log(table) => {
                let way = self.way(table, record, plan);
                self.on_way[way] = self.on_way[way].saturating_sub(1);
            }
        }
        Ok(())
    }

    /// A row that was on its way to a table does not come.
    ///
    /// # Errors
    ///
    /// If a loss took all others, and more is destroyed than the scenario allows.
    pub(super) fn forgot(
        &mut self,
        table: TableId,
        record: RecordId,
        ledger: &Ledger,
        plan: &Plan,
    ) -> Judgement {
        if !self.watches {
            return Ok(());
        }
        let way = self.way(table, record, plan);
        self.on_way[way] = self.on_way[way].saturating_sub(1);
        let counts = ledger.record(record).accepted || self.gone.is_empty();
        self.note_destroyed(record, plan.layout.table_place(table).1, counts);
        self.within(plan)
    }

    /// Where it is noted how often a row is on its way to a table.
    fn way(&self, table: TableId, record: RecordId, plan: &Plan) -> usize {
        let (region, stage) = plan.layout.table_place(table);
        (record.index() * self.stages + stage.index()) * self.places + region.index()
    }

    /// A mirror had the record, and nothing goes on from it: what the loss took is not excused by that.
    pub(super) fn skipped(&mut self, record: RecordId) {
        if self.watches {
            self.records[record.index()].taken = Positions::default();
        }
    }

    /// Whether the mirror of a log of the region that is lost has the record. It is not lost with that.
    fn is_mirrored(lost: Option<Target>, record: RecordId, ledger: &Ledger, plan: &Plan) -> bool {
        let Some(Target::Region(region)) = lost else { return false };
        let queues = plan.queues.iter().filter(|it| plan.layout.queue_place(it.id).0 == region);
        let mut mirrors = queues.filter_map(|queue| plan.mirror_of(queue.id));
        mirrors.any(|mirror| ledger.is_mirrored(mirror, record))
    }

    /// The loss is over: what of it was the last copy?
    ///
    /// # Errors
    ///
    /// If more is destroyed than the scenario allows.
    pub(super) fn ended(&mut self, ledger: &Ledger, plan: &Plan) -> Judgement {
        let lost = self.under_way.take();
        let is_of_a_region = matches!(lost, Some(Target::Region(_)));
        for record in plan.record_ids() {
            let facts = ledger.record(record);
            let loss = &mut self.records[record.index()];
            let taken = std::mem::take(&mut loss.taken);
            if !taken.is_empty() && !Losses::is_mirrored(lost, record, ledger, plan) {
                let leads_to = |position| ledger.leads_to(record, position, plan);
                let last = plan.layout.shape.last();
                loss.undelivered |= facts.accepted && !facts.arrived && !leads_to(last);
                if ledger.counts_copies() {
                    let led_to =
                        |at| taken.iter().any(|from| plan.ahead_of(from, record).contains(at));
                    let stages = plan.way(record).iter().filter(|&at| at < last);
                    for at in stages.filter(|&at| led_to(at) && !leads_to(at)) {
                        if plan.container_of(StageId(at as u8)).options.calls() {
                            loss.unfinished.insert(at);
                        }
                        if ledger.has_branches() && !ledger.has_come_to(record, at) {
                            loss.cut_off.insert(at);
                        }
                    }
                    loss.row |= facts.accepted && !loss.cut_off.is_empty();
                }
            }
            for stage in plan.layout.stage_ids() {
                let counts = facts.accepted || !is_of_a_region;
                self.note_destroyed(record, stage, counts);
            }
        }
        self.within(plan)
    }

    /// Whether the last copy of a row is gone now, which counts if it was acknowledged.
    fn note_destroyed(&mut self, record: RecordId, stage: StageId, counts: bool) {
        let destroyed = self.is_destroyed(record, stage);
        let row = &mut self.rows[record.index() * self.stages + stage.index()];
        if destroyed && !row.destroyed {
            row.destroyed = true;
            self.records[record.index()].row |= counts;
        }
    }

    /// Whether no more is destroyed than the scenario allows.
    fn within(&self, plan: &Plan) -> Judgement {
        let count = self.count();
        let declared = plan.scenario().rpo.records;
        match (self.destroyed().next(), declared) {
            (Some(record), LossLimit::AtMost(allowed)) if !declared.allows(count) => {
                Err(Breach::OverRpo { record, count: count as u16, allowed })
            }
            (_, LossLimit::AtMost(_) | LossLimit::Unlimited) => Ok(()),
        }
    }

    /// Whether a loss took the row and no copy is left, nor on its way to a region that is left.
    fn is_destroyed(&self, record: RecordId, stage: StageId) -> bool {
        let index = record.index() * self.stages + stage.index();
        let row = self.rows[index];
        // Nothing is on its way to a lost region that matters, and a witness is never lost.
        let on_way = &self.on_way[index * self.places..][..self.places];
        let is_left = |place: usize| place >= 8 || !self.gone.contains(RegionId(place as u8));
        let comes = on_way.iter().enumerate().any(|(place, &count)| count > 0 && is_left(place));
        !row.lost.is_empty() && row.has.without(self.gone).is_empty() && !comes
    }

    /// The records of which something acknowledged was destroyed, by id.
    pub fn destroyed(&self) -> impl Iterator<Item = RecordId> + '_ {
        let is_destroyed = |(_, loss): &(usize, &RecordLoss)| loss.undelivered || loss.row;
        let records = self.records.iter().enumerate().filter(is_destroyed);
        records.map(|(index, _)| RecordId(index as u16))
    }

    /// How many those are: the recovery point in records.
    pub fn count(&self) -> usize {
        self.destroyed().count()
    }

    /// Whether the record will not arrive, because a loss took it out of the last queue.
    pub fn is_undelivered(&self, record: RecordId) -> bool {
        self.watches && self.records[record.index()].undelivered
    }

    /// Whether a loss took the record out of the last queue that led to the position, before it was stored there.
    pub(super) fn is_cut_off(&self, record: RecordId, position: usize) -> bool {
        self.watches && self.records[record.index()].cut_off.contains(position)
    }

    /// Whether a loss took the record out of the last queue that led to the position, at which the external service is called,
    /// whether it was stored there or not.
    pub(super) fn is_unfinished(&self, record: RecordId, position: usize) -> bool {
        self.watches && self.records[record.index()].unfinished.contains(position)
    }

    /// Whether the region is lost.
    pub fn is_gone(&self, region: RegionId) -> bool {
        self.gone.contains(region)
    }

    /// Whether the region's table need not have the row: the region is lost, or the table lost its
    /// row, or the row was destroyed everywhere.
    pub fn excuses(&self, record: RecordId, stage: StageId, region: RegionId) -> bool {
        if !self.watches {
            return false;
        }
        if self.is_cut_off(record, stage.index()) {
            return true;
        }
        let row = self.rows[record.index() * self.stages + stage.index()];
        let nobody_has_it = !row.lost.is_empty() && row.has.without(self.gone).is_empty();
        self.gone.contains(region) || row.lost.contains(region) || nobody_has_it
    }
}
