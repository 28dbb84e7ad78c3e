//! Losses: what is gone for good, with what held it.
//!
//! A loss is no outage: nothing of it comes back. What a region had sent to a machine that has not
//! handled it yet is gone with the region. Nothing is left out by that: had it been handled before
//! the loss, which no other step depends on, it would have arrived.

mod mirrors;

use crate::model::dns::DnsSide;
use crate::model::event::fault;
use crate::model::event::{Event, Holder};
use crate::model::fault::{Fault, FaultKind, FaultPoint, Target};
use crate::model::id::{
    MachineId, QueueId, RecordId, RegionId, RegionSet, ReplicatorId, StageId, TableId,
};
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::model::options::{AcknowledgeWhen, ReplicationMode};
use crate::model::outbox::Outbox;
use crate::model::progress::Milestone;
use crate::model::table;
use crate::plan::Plan;
use crate::sim::world::World;

impl World {
    /// Something is gone for good.
    pub(super) fn lose(&mut self, target: Target, plan: &Plan) {
        if let Target::Table(id) = target {
            self.lose_rows(id, plan);
        } else if let Target::Region(region) = target {
            self.lose_region(region, plan);
        } else {
            unreachable!("no plan loses {target:?}");
        }
        self.lose_what_nobody_has(plan);
        if let Target::Region(region) = target {
            self.save_outboxes(region, plan);
        }
        self.forget_what_nobody_has(plan);
        self.out.emit(Event::Fault(fault::Event::LossEnded { target }));
    }

    /// Whether it belongs to a region that is lost: it neither fails nor recovers any more.
    pub(super) fn is_gone(&self, target: Target, plan: &Plan) -> bool {
        target.region(&plan.layout).is_some_and(|region| self.lost.contains(region))
    }

    /// The rows of a table, and the writes of its region that the replicator has not handled.
    fn lose_rows(&mut self, id: TableId, plan: &Plan) {
        let (region, stage) = plan.layout.table_place(id);
        let width = plan.records() + 1;
        for (index, row) in self.rows[id.index() * width..][..width].iter_mut().enumerate() {
            if std::mem::take(row).rows > 0 {
                let (holder, record) = (Holder::Table(id), RecordId(index as u16));
                self.out.emit(Event::Fault(fault::Event::Lost { holder, record }));
            }
        }
        if plan.tables[id.index()].database.is_none() {
            let outbox = self.tables[id.index()].relay_mut();
            let context = plan.tables[id.index()].relay.as_ref();
            let lost = |record, queue, out: &mut Outbox| out.emit(lost_intent(id, queue, record));
            outbox.lose(context, lost, &mut self.out);
        }
        let keys = plan.keys().count();
        self.latest[id.index() * keys..][..keys].fill_with(Default::default);
        // What another region has to have first is not acknowledged, and goes on.
        if self.is_stored_first(id, plan) || self.lost.contains(region) {
            self.lose_stream(ReplicatorId(stage.0.into()), region, id, plan);
        }
    }

    /// Whether a table stores what it is asked to before another region has it.
    fn is_stored_first(&self, id: TableId, plan: &Plan) -> bool {
        let database = ReplicatorId(plan.layout.table_place(id).1.0.into());
        plan.tables[id.index()].replication == ReplicationMode::Eventual
            && !plan.replicators[database.index()].returns
    }

    /// A table that fails forgets what it had received of strong replication and not applied, if that was acknowledged
    /// on receipt. It stays in no log.
    pub(super) fn forget_received(&mut self, id: TableId, plan: &Plan) {
        let context = &plan.tables[id.index()];
        if context.acknowledge == AcknowledgeWhen::Applied {
            return;
        }
        let mut forgotten = std::mem::take(&mut self.scratch[0]);
        self.out.retain(context.machine, |message| {
            if let Message::Apply { region, copy, .. } = *message
                && region != context.region
            {
                forgotten.push(copy.id);
                return false;
            }
            true
        });
        forgotten.drain(..).for_each(|record| {
            self.out.emit(Event::Table(table::Event::Forgot { table: id, record }));
        });
        self.scratch[0] = forgotten;
    }

    /// The writes of a region that wait for the replicator.
    pub(super) fn lose_stream(
        &mut self,
        id: ReplicatorId,
        region: RegionId,
        table: TableId,
        plan: &Plan,
    ) {
        let mut lost = std::mem::take(&mut self.scratch[0]);
        let machine = plan.replicators[id.index()].machine;
        self.out.retain(machine, |message| {
            if let Message::Replicate { region: from, copy, .. } = *message
                && from == region
            {
                lost.push(copy.id);
                return false;
            }
            true
        });
        self.replicators[id.index()].lose_stream(region, &mut lost, &mut self.out);
        // Otherwise it is not stored yet, and no machine was told that it is.
        if self.is_stored_first(table, plan) {
            let holder = Holder::Stream(table);
            lost.iter().for_each(|&record| {
                self.out.emit(Event::Fault(fault::Event::Lost { holder, record }))
            });
        }
        let writes = lost.len() as u32;
        lost.clear();
        self.scratch[0] = lost;
        if plan.replicators[id.index()].confirms && writes > 0 {
            let context = &plan.tables[table.index()];
            self.tables[table.index()].catch_up(writes, context, &mut self.out);
        }
    }

    /// What waits for a region that cannot be reached is kept by the others that have it. When the
    /// last of those has lost it, it is gone.
    fn lose_what_nobody_has(&mut self, plan: &Plan) {
        for stage in plan.layout.stage_ids() {
            let id = ReplicatorId(stage.0.into());
            if plan.replicators[id.index()].witness.is_some() {
                continue;
            }
            for to in plan.layout.region_ids() {
                let mut kept = std::mem::take(&mut self.scratch[0]);
                let waiting = self.out.held(self.replicators[id.index()].held(to)[1]);
                let mut others = RegionSet::first(plan.layout.regions);
                others.remove(to);
                let is_kept = |record: &RecordId| self.is_kept(*record, stage, others, plan);
                kept.extend(waiting.filter_map(Message::record).filter(is_kept));
                self.replicators[id.index()].lose_what_nobody_has(to, &mut self.out, |message| {
                    message.record().is_none_or(|record| kept.contains(&record))
                });
                kept.clear();
                self.scratch[0] = kept;
            }
        }
    }

    /// The latest version of a row that no region has any more, nor will, is none: the log of strong
    /// replication judges the next condition by that. A witness keeps what it has.
    fn forget_what_nobody_has(&mut self, plan: &Plan) {
        for context in plan.replicators.iter().filter(|context| context.witness.is_none()) {
            let Some(first) = context.log_from else { continue };
            let stage = StageId(context.id.0 as u8);
            let all = RegionSet::first(plan.layout.regions);
            for record in plan.record_ids() {
                if !self.is_kept(record, stage, all, plan) {
                    self.log.remove(first + record.index());
                }
            }
        }
    }

    /// Whether one of these regions has the row, or will.
    pub(super) fn is_kept(
        &self,
        record: RecordId,
        stage: StageId,
        by: RegionSet,
        plan: &Plan,
    ) -> bool {
        by.without(self.lost).iter().any(|region| {
            let id = plan.layout.table(region, stage);
            let waiting = self.out.inbox(plan.tables[id.index()].machine);
            let mut coming = waiting.chain(self.out.held(self.tables[id.index()].held()));
            let comes = |message: &Message| {
                matches!(message, Message::Apply { copy, .. } if copy.id == record)
            };
            self.rows_of(id, plan)[record.index()].rows > 0 || coming.any(comes)
        })
    }

    fn lose_region(&mut self, region: RegionId, plan: &Plan) {
        self.lost.insert(region);
        let layout = &plan.layout;
        let here = |of: RegionId| of == region;
        self.let_requests_arrive(region, plan);
        let mut held = std::mem::take(&mut self.scratch[1]);
        for context in plan.queues.iter().filter(|queue| here(layout.queue_place(queue.id).0)) {
            let queue = &mut self.queues[context.id.index()];
            held.extend(queue.items(&self.shelf).chain(queue.dead(&self.shelf)).map(|i| i.copy.id));
            queue.lose(context, &mut self.shelf, &mut self.out);
            self.queue_changed(context.id, plan);
        }
        for context in plan.tables.iter().filter(|table| here(table.region)) {
            if context.database.is_some() {
                self.cancel_forwards(context.id, plan);
            }
            if context.database.is_none() {
                held.extend(self.intents(context.id));
            }
            self.lose_rows(context.id, plan);
            self.tables[context.id.index()].lose(context, &mut self.out);
        }
        for context in &plan.containers {
            if here(layout.container_place(context.id).0) {
                self.containers[context.id.index()].lose(context, &mut self.out);
                self.faults.offer(FaultPoint::Crash(context.id), false);
                self.faults.offer(FaultPoint::Restart(context.id), false);
            }
        }
        for replicator in &mut self.replicators {
            replicator.lose(region, &mut self.out);
        }
        let databases = plan.replicators.iter().filter(|context| context.is_database);
        databases.for_each(|context| self.cancel_handover(context.id, plan));
        self.in_dns.lose(region);
        self.out_dns.lose(region);
        self.check_health(region, plan);
        self.lose_replies(region, plan);
        self.end_mirrors(region, plan);
        self.take_over(region, &mut held, plan);
        held.drain(..).for_each(|record| self.give_up_if_gone(record, plan));
        self.scratch[1] = held;
        self.offer_again(plan);
    }

    /// What is late on its way into the region that is lost is lost with it, as what has arrived is.
    fn let_requests_arrive(&mut self, region: RegionId, plan: &Plan) {
        for context in plan.tables.iter().filter(|context| context.region == region) {
            self.forget_late_fences(context.machine, plan);
        }
        for machine in (0..plan.layout.machines() as u16).map(MachineId) {
            let target = Target::of(plan.layout.places()[machine.index()]);
            if target.and_then(|target| target.region(&plan.layout)) == Some(region) {
                self.let_all_arrive_at(machine);
            }
        }
    }

    /// Replies of the region's queues that were not handled yet do not come: a machine that waits for
    /// one sees a failure, and tries again.
    fn lose_replies(&mut self, region: RegionId, plan: &Plan) {
        let layout = &plan.layout;
        for place in [Place::Source, Place::InDns, Place::OutDns, Place::Destination] {
            self.out.change(layout.machine(place), |message| {
                if let Message::Sent { queue, .. }
                | Message::Received { queue, .. }
                | Message::Removed { queue, .. } = *message
                    && layout.queue_place(queue).0 == region
                {
                    *message = message.when_lost().expect("these three are replies");
                }
            });
        }
        self.tell_source(plan);
    }

    /// A script does not wait for a record that was accepted, is not delivered, and is in no queue.
    pub(super) fn give_up_if_gone(&mut self, record: RecordId, plan: &Plan) {
        let accepted = self.out.progress().has_reached(record, Milestone::ACCEPTED);
        let is_in = |id: QueueId| {
            let queue = &self.queues[id.index()];
            let mut items = queue.items(&self.shelf).chain(queue.dead(&self.shelf));
            items.any(|item| item.copy.id == record)
        };
        // A copy may be on another one of the ways of the record.
        let leads_to = |id: QueueId, end: usize| {
            plan.ahead_of(plan.layout.queue_place(id).1, record).contains(end)
        };
        let queued_for = |end: usize| {
            let mut queues = plan.queues.iter().map(|context| context.id);
            queues.any(|id| is_in(id) && leads_to(id, end))
        };
        let last = plan.layout.shape.last();
        let intended_for = |end: usize| {
            plan.tables.iter().any(|context| self.intends_for(context, record, end, plan))
        };
        if accepted && !queued_for(last) && !intended_for(last) && !self.destination.has(record) {
            return self.out.give_up(record);
        }
        if !accepted || plan.layout.shape.is_line() {
            return;
        }
        let gone = plan.way(record).iter().filter(|&at| !queued_for(at) && !intended_for(at));
        for position in gone.collect::<Vec<usize>>() {
            self.out.pass_over(record, Milestone(position as u8));
        }
    }

    /// The records that the relay of a table has not done.
    fn intents(&self, id: TableId) -> impl Iterator<Item = RecordId> {
        let [intents, _] = self.tables[id.index()].relay().lists();
        let intents = self.out.held(intents);
        intents
            .filter(|message| matches!(message, Message::Insert { .. }))
            .filter_map(Message::record)
    }

    /// Whether the outbox of a table has an intent to publish the record to a queue from which it comes to that position.
    fn intends_for(
        &self,
        context: &table::Context,
        record: RecordId,
        end: usize,
        plan: &Plan,
    ) -> bool {
        let Some(relay) = &context.relay else { return false };
        let [intents, _] = self.tables[context.id.index()].relay().lists();
        let mut intents = self.out.held(intents);
        intents.any(|message| {
            let queue = relay.queue_of(message).filter(|_| message.record() == Some(record));
            queue.is_some_and(|queue| {
                plan.ahead_of(plan.layout.queue_place(queue).1, record).contains(end)
            })
        })
    }

    /// Whether the outbox of a table has a record that its relay has not published.
    pub(super) fn intends(&self, id: TableId, record: RecordId) -> bool {
        self.intents(id).any(|id| id == record)
    }

    /// What operators do about a region that does not come back: no traffic is sent there any more.
    pub(super) fn route_around_losses(&mut self, plan: &Plan) {
        for region in self.lost.iter() {
            for side in [DnsSide::In, DnsSide::Out] {
                let target = Target::Dns(side, region);
                if !self.is_offline(target) {
                    self.inject(Fault { kind: FaultKind::Offline, target }, plan);
                }
            }
        }
    }
}

/// That a table is lost with the intent to publish a record.
fn lost_intent(table: TableId, queue: QueueId, record: RecordId) -> Event {
    Event::Fault(fault::Event::Lost { holder: Holder::Outbox(table, queue), record })
}
