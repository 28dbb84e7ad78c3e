//! How the writer of a global database moves to another region.
//!
//! A switchover is begun here and carried out by the log
//! ([`Message::Handover`]). A failover happens here, in one step of the driver: the service decides
//! which cluster writes from now on, and all others are made to follow its log.

use crate::model::StageId;
use crate::model::event::fault;
use crate::model::event::{Event, Holder};
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::{RecordId, RegionId, ReplicatorId, TableId};
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::model::options::{Fencing, Switchover};
use crate::model::table;
use crate::model::table::global_database::cancel;
use crate::model::table::relay::Moved;
use crate::model::table::{Latest, Row, Store, Writers};
use crate::plan::Plan;
use crate::sim::world::World;

mod moved_outbox;

/// What a table holds: its parts of the blocks of all tables.
#[inline]
pub(super) fn store_of<'a>(
    table: TableId,
    rows: &'a mut [Row],
    latest: &'a mut [Latest],
    writers: &'a mut [Writers],
    plan: &'a Plan,
) -> Store<'a> {
    let (width, keys) = (plan.records() + 1, plan.keys());
    Store {
        rows: &mut rows[table.index() * width..][..width],
        latest: &mut latest[table.index() * keys.count()..][..keys.count()],
        writers: match writers {
            [] => writers,
            _ => &mut writers[table.index() * width..][..width],
        },
        keys,
    }
}

/// The table of a database in a region.
fn table_of(id: ReplicatorId, region: RegionId, plan: &Plan) -> TableId {
    plan.layout.table(region, StageId(id.0 as u8))
}

fn is_no_handover(message: &Message) -> bool {
    !matches!(message, Message::Handover { .. })
}

impl World {
    /// The writer begins to hand over. Nothing happens if it does not work, or does so already.
    pub(super) fn switch_over(&mut self, id: ReplicatorId, to: RegionId, plan: &Plan) {
        let from = self.replicators[id.index()].writer();
        let table = table_of(id, from, plan);
        let context = &plan.tables[table.index()];
        if to == from || !self.tables[table.index()].takes_writes(context) {
            return;
        }
        match plan.scenario().aurora.switchover {
            Switchover::DrainFirst => {
                self.finish_failover(id, plan);
                self.tables[table.index()].hand_over(to, context, &mut self.out);
            }
            Switchover::AtOnce => self.promote(id, from, to, Fencing::Full, plan),
            Switchover::AskedAgain => {
                self.replicators[id.index()].set_writer(to);
                let lost = self.lost;
                for region in plan.layout.region_ids().filter(|&region| !lost.contains(region)) {
                    self.have_follow(table_of(id, region, plan), to, plan);
                }
            }
        }
    }

    /// A row of the old writer has come to the new one, which takes it for a write of its own to acknowledge: the
    /// container that stored it hears that again.
    #[cold]
    pub(super) fn acknowledge_again(&mut self, table: TableId, written_in: RegionId, plan: &Plan) {
        let (_, stage) = plan.layout.table_place(table);
        let container = plan.layout.container(written_in, stage, 0);
        let incarnation = self.containers[container.index()].incarnation();
        let machine = plan.layout.machine(Place::Container(container));
        let (duplicate, unreadable) = (false, false);
        self.out.send(machine, Message::Inserted { incarnation, duplicate, unreadable });
    }

    /// A switchover begins when every cluster follows the writer: what a failover has to tell one has come.
    fn finish_failover(&mut self, id: ReplicatorId, plan: &Plan) {
        for region in plan.layout.region_ids() {
            self.let_all_arrive_at(plan.tables[table_of(id, region, plan).index()].machine);
        }
    }

    /// The writer moves at once. Nothing happens if it is there already.
    pub(super) fn fail_over(&mut self, id: ReplicatorId, to: RegionId, plan: &Plan) {
        self.cancel_handover(id, plan);
        let from = self.replicators[id.index()].writer();
        let cluster = &self.tables[table_of(id, to, plan).index()];
        if from == to && cluster.writer() == to && !cluster.is_draining() {
            return;
        }
        // A handover that the log has passed on makes the clusters follow another one.
        for region in plan.layout.region_ids() {
            let table = table_of(id, region, plan);
            self.out.retain(plan.tables[table.index()].machine, is_no_handover);
            self.out.retain_held(self.tables[table.index()].held_mut(), is_no_handover);
            let held = self.replicators[id.index()].held_for_mut(region);
            self.out.retain_held(held, is_no_handover);
        }
        self.promote(id, from, to, plan.scenario().aurora.fencing, plan);
    }

    /// A cluster becomes the writer with what it has, and all others go back to that.
    fn promote(
        &mut self,
        id: ReplicatorId,
        from: RegionId,
        to: RegionId,
        fencing: Fencing,
        plan: &Plan,
    ) {
        self.forget_fences(id, plan);
        for region in plan.layout.region_ids().filter(|&region| region != to) {
            let table = table_of(id, region, plan);
            self.lose_stream(id, region, table, plan);
            self.tables[table.index()].refuse_unconfirmed(|_| true, &mut self.out);
        }
        // It has never left for there.
        self.out.retain_held(self.replicators[id.index()].held_for_mut(to), |_| false);
        self.replay(id, to, plan);
        self.move_outbox(id, to, Moved::Promoted, plan);
        for region in plan.layout.region_ids() {
            if region != to && !self.lost.contains(region) {
                self.go_back(id, region, to, plan);
            }
        }
        self.replicators[id.index()].set_writer(to);
        if from != to {
            self.forget_unlogged(id, plan);
        }
        for region in plan.layout.region_ids() {
            let table = table_of(id, region, plan);
            let writes = self.tables[table.index()].writer() == region && region != to;
            if writes && !self.lost.contains(region) && fencing == Fencing::BestEffort {
                // It hears of that after any number of writes.
                self.send_late(plan.tables[table.index()].machine, Message::Fence { to });
                continue;
            }
            if region == from {
                self.cancel_forwards(table, plan);
            }
            self.have_follow(table, to, plan);
        }
    }

    /// What an earlier failover had to tell clusters is out of date.
    fn forget_fences(&mut self, id: ReplicatorId, plan: &Plan) {
        let is_no_fence = |message: &Message| !matches!(message, Message::Fence { .. });
        for region in plan.layout.region_ids() {
            let table = table_of(id, region, plan);
            let machine = plan.tables[table.index()].machine;
            self.forget_late_fences(machine, plan);
            self.out.retain(machine, is_no_fence);
            self.out.retain_held(self.tables[table.index()].held_mut(), is_no_fence);
        }
    }

    /// The new writer begins with a log that all that are left follow, and so does everyone after it.
    fn forget_unlogged(&mut self, id: ReplicatorId, plan: &Plan) {
        for region in plan.layout.region_ids() {
            let table = table_of(id, region, plan);
            let is_other = |message: &Message| !matches!(message, Message::Logged { .. });
            self.out.retain(plan.tables[table.index()].machine, is_other);
            self.tables[table.index()].forget_unlogged();
        }
    }

    /// A cluster of the database hears who the writer is.
    fn have_follow(&mut self, table: TableId, writer: RegionId, plan: &Plan) {
        let context = &plan.tables[table.index()];
        let database = context.database.as_ref().expect("only databases have a writer");
        self.tables[table.index()].follow(writer, context, database, &mut self.out);
    }

    /// Writes that were forwarded to the cluster and that it has not handled are given up.
    pub(super) fn cancel_forwards(&mut self, table: TableId, plan: &Plan) {
        let machine = plan.tables[table.index()].machine;
        self.tables[table.index()].refuse_waiting(&mut self.out);
        let is_forwarded = |message: &Message| matches!(message, Message::Forward { .. });
        while let Some(message) = self.out.take_first(machine, is_forwarded) {
            cancel(message, &mut self.out);
        }
    }

    /// The cluster of a region applies all of the log that has come to it.
    fn replay(&mut self, id: ReplicatorId, region: RegionId, plan: &Plan) {
        let table = table_of(id, region, plan);
        let store = &mut store_of(table, &mut self.rows, &mut self.latest, &mut self.writers, plan);
        let context = &plan.tables[table.index()];
        self.tables[table.index()].replay(context, store, &mut self.out);
    }

    /// A cluster forgets what the new writer does not have, and what was on its way to it of that.
    fn go_back(&mut self, id: ReplicatorId, region: RegionId, to: RegionId, plan: &Plan) {
        let (width, keys) = (plan.records() + 1, plan.keys().count());
        let (table, writer) = (table_of(id, region, plan), table_of(id, to, plan));
        let context = &plan.tables[table.index()];
        for record in plan.record_ids() {
            let kept = self.rows[writer.index() * width + record.index()].rows > 0;
            let row = &mut self.rows[table.index() * width + record.index()];
            if !kept && row.rows > 0 {
                *row = Row::default();
                self.out.emit(Event::Fault(fault::Event::Lost {
                    holder: Holder::Table(table),
                    record,
                }));
            }
        }
        let mut lost = std::mem::take(&mut self.scratch[0]);
        let rows = &self.rows[writer.index() * width..][..width];
        let is_gone = |message: &Message| match message.record() {
            Some(record) => rows[record.index()].rows == 0,
            None => false,
        };
        let mut keep = |message: &Message| {
            if let Message::Apply { copy, .. } = *message
                && is_gone(message)
            {
                lost.push(copy.id);
                return false;
            }
            true
        };
        self.out.retain(context.machine, &mut keep);
        self.out.retain_held(self.tables[table.index()].held_mut(), &mut keep);
        // What is kept back for a region that is cut off is not on its way there.
        let kept_back = self.replicators[id.index()].held_for_mut(region);
        self.out.retain_held(kept_back, |message| !is_gone(message));
        let holder = Holder::Log(table);
        lost.drain(..)
            .for_each(|record| self.out.emit(Event::Fault(fault::Event::Lost { holder, record })));
        self.scratch[0] = lost;
        for key in 0..keys {
            let shown = self.latest[table.index() * keys + key].record;
            let kept = self.rows[writer.index() * width + shown.index()].rows > 0;
            if shown != RecordId(0) && !kept {
                let latest = self.latest[writer.index() * keys + key];
                self.latest[table.index() * keys + key] = latest;
                if latest.record != RecordId(0) {
                    self.out.emit(Event::Table(table::Event::KeyShown {
                        table,
                        record: latest.record,
                    }));
                }
            }
        }
    }

    /// A handover that the log has not passed on yet does not come: the old writer stays.
    pub(super) fn cancel_handover(&mut self, id: ReplicatorId, plan: &Plan) {
        let mut found = false;
        let mut keep = |message: &Message| {
            let keep = is_no_handover(message);
            found |= !keep;
            keep
        };
        self.out.retain(plan.replicators[id.index()].machine, &mut keep);
        for region in plan.layout.region_ids() {
            let held = self.replicators[id.index()].held_from_mut(region);
            self.out.retain_held(held, &mut keep);
        }
        let writer = self.replicators[id.index()].writer();
        if found && !self.lost.contains(writer) {
            self.have_follow(table_of(id, writer, plan), writer, plan);
        }
    }

    /// What operators do about a database whose writer does not come back: the cluster that has
    /// most of the log becomes the writer. It waits for no region that is gone.
    pub(super) fn replace_lost_writers(&mut self, plan: &Plan) {
        for context in plan.replicators.iter().filter(|replicator| replicator.is_database) {
            let id = context.id;
            if self.lost.contains(self.replicators[id.index()].writer()) {
                let to = self.most_of_log(id, plan).expect("a region is left");
                let (kind, target) = (FaultKind::Failover, Target::Writer(id, to));
                self.inject(Fault { kind, target }, plan);
            }
            self.replicators[id.index()].leave_out(context, &mut self.out);
        }
    }
}
