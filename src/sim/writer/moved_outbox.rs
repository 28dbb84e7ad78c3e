//! The outbox of a global database goes where its writer goes.

use crate::model::event::{Event, Holder, fault};
use crate::model::id::{RecordId, RegionId, RegionSet, ReplicatorId, StageId, TableId};
use crate::model::message::Message;
use crate::model::queue::{self, Item};
use crate::model::table::relay::{Move, Moved};
use crate::model::{source, table};
use crate::plan::Plan;
use crate::sim::world::World;

impl World {
    /// Another cluster of a database is the writer from now on, and its relay begins with what that has of the outbox.
    #[cold]
    pub(in crate::sim) fn move_outbox(
        &mut self,
        id: ReplicatorId,
        to: RegionId,
        how: Moved,
        plan: &Plan,
    ) {
        let table = plan.layout.table(to, StageId(id.0 as u8));
        if let Some(from) = self.home_of_outbox(id, plan)
            && from != table
        {
            self.hand_outbox_on((from, table), how, false, plan);
        }
        self.tables[table.index()].poll_relay(&plan.tables[table.index()], &mut self.out);
    }

    /// A region is lost, and with it the home of an outbox: what another cluster has of that waits there for the next writer, and the
    /// rest is lost.
    pub(in crate::sim) fn save_outboxes(&mut self, lost: RegionId, plan: &Plan) {
        for context in plan.replicators.iter().filter(|context| context.is_database) {
            let Some(from) = self.home_of_outbox(context.id, plan) else { continue };
            if plan.layout.table_place(from).0 != lost {
                continue;
            }
            match self.most_of_log(context.id, plan) {
                Some(region) => {
                    let table = plan.layout.table(region, StageId(context.id.0 as u8));
                    self.hand_outbox_on((from, table), Moved::Promoted, true, plan);
                }
                None => self.lose_outbox(from, plan),
            }
        }
        // The queues of the region are lost, too, to which a relay may have published.
        let homes = self.tables.iter_mut().filter(|table| table.relay().is_home());
        homes.for_each(|table| table.relay_mut().note_lost_copies());
    }

    /// The cluster of a database that is the home of its outbox, if it has one.
    fn home_of_outbox(&self, id: ReplicatorId, plan: &Plan) -> Option<TableId> {
        let stage = StageId(id.0 as u8);
        let mut tables = plan.layout.region_ids().map(|region| plan.layout.table(region, stage));
        tables.find(|table| {
            let has_outbox = plan.tables[table.index()].relay.is_some();
            has_outbox && self.tables[table.index()].relay().is_home()
        })
    }

    /// The region that is left and has most of the log.
    pub(in crate::sim) fn most_of_log(&self, id: ReplicatorId, plan: &Plan) -> Option<RegionId> {
        let rows = |region| {
            let rows = self.rows_of(plan.layout.table(region, StageId(id.0 as u8)), plan);
            rows.iter().filter(|row| row.rows > 0).count()
        };
        let left = plan.layout.region_ids().filter(|&region| !self.lost.contains(region));
        left.max_by_key(|&region| rows(region))
    }

    /// The outbox goes from one cluster to another. A cluster that becomes the writer has of it what it has of the rows; one where it
    /// only waits, all that any cluster has or will have.
    fn hand_outbox_on(
        &mut self,
        (from, to): (TableId, TableId),
        how: Moved,
        waits: bool,
        plan: &Plan,
    ) {
        let mut gone = std::mem::take(&mut self.scratch[0]);
        if waits {
            let stage = plan.layout.table_place(from).1;
            let all = RegionSet::first(plan.layout.regions);
            let is_kept = |record: &RecordId| self.is_kept(*record, stage, all, plan);
            gone.extend(plan.record_ids().filter(|record| !is_kept(record)));
        } else {
            let rows = self.rows_of(to, plan);
            gone.extend(plan.record_ids().filter(|record| rows[record.index()].rows == 0));
        }
        let mut lost = std::mem::take(&mut self.scratch[1]);
        let has = |record: RecordId| gone.binary_search(&record).is_err();
        let a_move = Move { has: &has, from, to, how };
        let at_failover = plan.scenario().relay.at_failover;
        let (mut old, mut new) =
            (*self.tables[from.index()].relay(), *self.tables[to.index()].relay());
        old.hand_on(&mut new, &a_move, at_failover, &mut lost, &mut self.out);
        *self.tables[from.index()].relay_mut() = old;
        *self.tables[to.index()].relay_mut() = new;
        gone.clear();
        self.scratch[0] = gone;
        self.lose_intents(from, lost, plan);
    }

    /// No cluster is left that has anything of the outbox.
    fn lose_outbox(&mut self, table: TableId, plan: &Plan) {
        let mut lost = std::mem::take(&mut self.scratch[1]);
        let relay = self.tables[table.index()].relay_mut();
        let context = plan.tables[table.index()].relay.as_ref();
        relay.lose(context, |record, _, _| lost.push(record), &mut self.out);
        relay.note_lost_copies();
        self.lose_intents(table, lost, plan);
    }

    fn lose_intents(&mut self, table: TableId, mut lost: Vec<RecordId>, plan: &Plan) {
        let relay = plan.tables[table.index()].relay.as_ref().expect("it has an outbox");
        let holder = Holder::Outbox(table, relay.out_queue_id);
        for &record in &lost {
            self.out.emit(Event::Fault(fault::Event::Lost { holder, record }));
        }
        lost.drain(..).for_each(|record| self.give_up_if_nowhere(record, plan));
        self.scratch[1] = lost;
    }

    /// A table with a relay has handled a message: its outbox comes to the cluster that writes from now on.
    #[cold]
    pub(in crate::sim) fn follow_outbox(&mut self, id: TableId, plan: &Plan) {
        let context = &plan.tables[id.index()];
        if let (Message::Handover { to, .. }, Some(database)) = (self.current, &context.database)
            && to == context.region
            && self.tables[id.index()].takes_writes(context)
        {
            self.move_outbox(database.id, to, Moved::Planned, plan);
        }
        self.give_up_what_was_lost(plan);
    }

    /// After a loss of copies, a record leaves a queue or an outbox: that may have been its last copy. Or the source hears only now that
    /// it was accepted.
    pub(in crate::sim) fn give_up_what_was_lost(&mut self, plan: &Plan) {
        if !self.tables.iter().any(|table| table.relay().has_lost_copies()) {
            return;
        }
        for number in 0..self.out.events().len() {
            if let Event::Source(source::Event::Accepted { record })
            | Event::Queue(queue::Event::Removed { record, .. })
            | Event::Table(table::Event::Relayed { record, .. }) = self.out.events()[number]
            {
                self.give_up_if_nowhere(record, plan);
            }
        }
    }

    /// A script does not wait for a record that is in no queue and no outbox, and is not delivered. The source may yet hear that it was
    /// accepted.
    fn give_up_if_nowhere(&mut self, record: RecordId, plan: &Plan) {
        let is_it = |item: &Item| item.copy.id == record;
        let is_queued = plan.queues.iter().any(|context| {
            let queue = &self.queues[context.id.index()];
            queue.items(&self.shelf).chain(queue.dead(&self.shelf)).any(is_it)
        });
        let is_intended = plan.tables.iter().any(|context| self.intends(context.id, record));
        if !is_queued && !is_intended && !self.destination.has(record) {
            self.out.give_up(record);
        }
    }
}
