//! What was lost for good, recounted from the events.

use std::collections::BTreeSet;

use active_active::model::event::Holder;
use active_active::model::fault::{Fault, FaultKind, Target};
use active_active::model::{QueueId, RecordId, RegionId, RegionSet, StageId, TableId};
use active_active::plan::Plan;

use super::ways::ways;
use super::world::World;

/// What was lost for good, as the events tell it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loss {
    /// Whole regions.
    pub(crate) regions: BTreeSet<RegionId>,
    /// What is being lost.
    pub(crate) under_way: Option<Target>,
    /// What the loss under way took out of queues.
    taken: BTreeSet<(usize, RecordId)>,
    /// What mirrors had of logs that the loss under way took, and nothing goes on from.
    pub(crate) skipped: BTreeSet<RecordId>,
    /// Rows that a table lost and did not get again.
    pub(crate) lost_rows: BTreeSet<(TableId, RecordId)>,
    /// Rows that replication sent and that have not come, as often as they were sent.
    pub(crate) on_way: Vec<(TableId, RecordId)>,
    /// Rows that the witness has.
    pub(crate) witnessed: BTreeSet<(StageId, RecordId)>,
    /// Rows of which no copy was left, until somebody writes one.
    pub(crate) destroyed: BTreeSet<(StageId, RecordId)>,
    /// Accepted records that no queue has any more and that have not arrived.
    pub(crate) undelivered: BTreeSet<RecordId>,
    /// By position: records that had not been stored there, and of which a loss took the last copy that led there.
    pub(crate) cut_off: BTreeSet<(usize, RecordId)>,
    /// The same whether they had been stored or not.
    pub(crate) unfinished: BTreeSet<(usize, RecordId)>,
    /// By position, where a database has an outbox: the records that a loss took behind it, until they come there again.
    pub(crate) intents: BTreeSet<(usize, RecordId)>,
    /// Records of which the last copy of an acknowledged row was destroyed.
    pub(crate) unreplicated: BTreeSet<RecordId>,
}

impl Loss {
    /// A table has the row.
    pub(crate) fn found(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        self.lost_rows.remove(&(table, record));
        self.destroyed.remove(&(plan.layout.table_place(table).1, record));
    }

    /// Replication sent the row to some regions, or to the witness, which comes after the last.
    pub(crate) fn sent(&mut self, stage: StageId, record: RecordId, to: RegionSet, plan: &Plan) {
        for region in to.iter() {
            if region.index() == plan.layout.regions {
                self.witnessed.insert((stage, record));
            } else {
                self.on_way.push((plan.layout.table(region, stage), record));
            }
        }
    }

    /// Replication brought the row.
    pub(crate) fn arrived(&mut self, table: TableId, record: RecordId) {
        if let Some(at) = self.on_way.iter().position(|&sent| sent == (table, record)) {
            self.on_way.swap_remove(at);
        }
    }
}

impl World {
    /// A fault begins; of interest if it is a loss.
    pub(crate) fn begin_loss(&mut self, fault: Fault) {
        if matches!(fault.kind, FaultKind::Lose | FaultKind::Failover) {
            self.loss.under_way = Some(fault.target);
            if let Target::Region(region) = fault.target {
                self.loss.regions.insert(region);
            }
        }
    }

    /// A copy is gone.
    pub(crate) fn lose(&mut self, holder: Holder, record: RecordId, plan: &Plan) {
        match holder {
            Holder::Queue(queue_of) | Holder::DeadLetters(queue_of) => {
                let queue = &mut self.queues[queue_of.index()];
                if let Some(at) = queue.iter().position(|copy| copy.id == record) {
                    queue.remove(at);
                }
                let from = plan.layout.queue_place(queue_of).1;
                self.loss.taken.insert((from, record));
                if from > 0 && self.promises.elsewhere.contains(&true) {
                    self.loss.intents.insert((from - 1, record));
                }
                if let Holder::DeadLetters(queue) = holder {
                    self.take_dead(queue, record);
                }
            }
            Holder::Table(table) => {
                self.rows.remove(&(table, record));
                self.loss.lost_rows.insert((table, record));
                if plan.scenario().records.keys > 0
                    && self.shows(Some(table), record, plan) == Some(record)
                {
                    let key = |record| plan.keys().key_of(record);
                    self.shown
                        .retain(|&(at, other)| at != Some(table) || key(other) != key(record));
                }
            }
            Holder::Outbox(table, queue) => {
                self.leave_outbox(table, record, plan.layout.queue_place(queue).1);
                let stage = plan.layout.table_place(table).1.index();
                self.loss.taken.insert((stage, record));
                if self.promises.elsewhere[stage] {
                    self.loss.intents.insert((stage, record));
                }
            }
            Holder::Mirror(queue) => self.leave_mirror(queue, record),
            // It does not come any more.
            Holder::Log(table) => self.loss.arrived(table, record),
            // The row itself is lost as well.
            Holder::Stream(_) => {}
        }
    }

    /// All copies that a loss takes are gone: what of it was the last?
    pub(crate) fn end_loss(&mut self, plan: &Plan) {
        let lost = self.loss.under_way.take();
        let of_a_region = matches!(lost, Some(Target::Region(_)));
        let last = plan.layout.stages.len();
        let skipped = std::mem::take(&mut self.loss.skipped);
        for (from, record) in std::mem::take(&mut self.loss.taken) {
            // What a mirror has is not lost.
            if skipped.contains(&record) || self.is_mirrored_for(lost, record, plan) {
                continue;
            }
            let leads = match self.promises.branches {
                true => self.leads_to(last, record, plan),
                false => self.is_queued(record),
            };
            let accepted = self.accepted.contains(&record);
            let delivered = self.delivered.contains(&record);
            if !leads && !delivered && accepted {
                self.loss.undelivered.insert(record);
            }
            self.cut_off(from, record, plan);
        }
        self.note_what_is_left(of_a_region, plan);
    }

    /// Whether the region after one that is lost has a record in a mirror.
    fn is_mirrored_for(&self, lost: Option<Target>, record: RecordId, plan: &Plan) -> bool {
        let Some(Target::Region(region)) = lost else { return false };
        let next = RegionId((region.0 + 1) % plan.layout.regions as u8);
        let mirrors = self.mirrors.iter().enumerate();
        let mut there = mirrors
            .filter(|&(queue, _)| plan.layout.queue_place(QueueId(queue as u16)).0 == next)
            .flat_map(|(_, records)| records);
        there.any(|&mirrored| mirrored == record)
    }

    /// A record was lost at a position: to which stages does it not come any more?
    fn cut_off(&mut self, from: usize, record: RecordId, plan: &Plan) {
        let ahead: BTreeSet<usize> = ways(from, record, plan).into_iter().flatten().collect();
        let last = plan.layout.stages.len();
        for stage in ahead.into_iter().filter(|&stage| stage < last) {
            if self.leads_to(stage, record, plan) {
                continue;
            }
            self.loss.unfinished.insert((stage, record));
            if self.promises.branches && !self.has_come(stage, record, plan) {
                self.loss.cut_off.insert((stage, record));
                if self.accepted.contains(&record) {
                    self.loss.unreplicated.insert(record);
                }
            }
        }
    }

    /// A stage is done with a record, which a loss took behind it or further on, where an outbox is of all regions: where does it not
    /// come to any more?
    pub(crate) fn end_what_was_taken(&mut self, record: RecordId, from: usize, plan: &Plan) {
        let taken = self.loss.intents.iter().filter(|&&(at, lost)| lost == record && at >= from);
        for behind in taken.map(|&(at, _)| at).collect::<Vec<usize>>() {
            let ahead = ways(behind, record, plan).into_iter().flatten();
            let stages = ahead.filter(|&at| at > behind && at < plan.layout.stages.len());
            for stage in stages.collect::<Vec<usize>>() {
                if !self.leads_to(stage, record, plan) {
                    self.loss.unfinished.insert((stage, record));
                }
            }
        }
    }

    /// Of rows that a table lost: which have no copy left, nor one on its way?
    pub(crate) fn note_what_is_left(&mut self, of_a_region: bool, plan: &Plan) {
        for (table, record) in self.loss.lost_rows.clone() {
            let (_, stage) = plan.layout.table_place(table);
            let is_left = |region: &RegionId| !self.loss.regions.contains(region);
            let left = plan.layout.region_ids().filter(is_left);
            let mut tables = left.map(|region| (plan.layout.table(region, stage), record));
            if tables.any(|at| self.row(at.0, record).rows > 0 || self.loss.on_way.contains(&at)) {
                continue;
            }
            if self.loss.witnessed.contains(&(stage, record)) {
                continue;
            }
            let new = self.loss.destroyed.insert((stage, record));
            if new && (self.accepted.contains(&record) || !of_a_region) {
                self.loss.unreplicated.insert(record);
            }
        }
    }

    /// Whether the table has no need to have the record, because of a loss.
    pub(crate) fn excuses(&self, table: TableId, record: RecordId, plan: &Plan) -> bool {
        let (region, stage) = plan.layout.table_place(table);
        let of_stage = |region| plan.layout.table(region, stage);
        let is_left = |region: &RegionId| !self.loss.regions.contains(region);
        let lost_somewhere = plan
            .layout
            .region_ids()
            .any(|at| self.loss.lost_rows.contains(&(of_stage(at), record)));
        let nobody_has_it = plan
            .layout
            .region_ids()
            .filter(is_left)
            .all(|at| self.row(of_stage(at), record).rows == 0);
        self.loss.cut_off.contains(&(stage.index(), record))
            || !is_left(&region)
            || self.loss.lost_rows.contains(&(table, record))
            || lost_somewhere && nobody_has_it
    }
}

/// Whether the copy was there, in what is being lost.
pub(super) fn is_what_is_lost(
    holder: Holder,
    record: RecordId,
    before: &World,
    plan: &Plan,
) -> bool {
    let (target, region, was_there) = match holder {
        Holder::Queue(queue) | Holder::DeadLetters(queue) => {
            let region = plan.layout.queue_place(queue).0;
            (Target::Queue(queue), region, before.is_queued(record))
        }
        Holder::Mirror(queue) => {
            let region = plan.layout.queue_place(queue).0;
            let was_there = before.mirrors[queue.index()].contains(&record);
            (Target::Queue(queue), region, was_there)
        }
        Holder::Outbox(table, queue) => {
            let intent = (record, plan.layout.queue_place(queue).1);
            let is_there = before.outboxes[table.index()].contains(&intent);
            (Target::Table(table), plan.layout.table_place(table).0, is_there)
        }
        Holder::Log(table) => {
            let on_way = before.loss.on_way.contains(&(table, record));
            (Target::Table(table), plan.layout.table_place(table).0, on_way)
        }
        Holder::Table(table) | Holder::Stream(table) => {
            let has_or_had = before.row(table, record).rows > 0
                || before.loss.lost_rows.contains(&(table, record));
            (Target::Table(table), plan.layout.table_place(table).0, has_or_had)
        }
    };
    let lost = before.loss.under_way;
    let of_database = match (lost, target) {
        (Some(Target::Writer(database, _)), Target::Table(table)) => {
            plan.layout.table_place(table).1.index() == database.index()
        }
        _ => false,
    };
    let is_meant = lost == Some(target) || lost == Some(Target::Region(region));
    was_there && (is_meant || of_database)
}
