//! What the spec asks of the events of each machine.

use crate::model::event::fault;
use crate::model::event::queue::Change;
use crate::model::id::TableId;
use crate::model::record::RecordCopy;
use crate::model::{container, destination, dns, queue, replicator, source, table};
use crate::plan::Plan;
use crate::spec::{
    AnsweredOnce, EffectOnce, Judgement, NeverLost, NoInvention, RemoveLast, Seen, Spec,
    StoreBeforeForward, WithinRpo, judged,
};

impl Spec {
    #[inline(always)]
    pub(super) fn judge_source(&mut self, event: source::Event, plan: &Plan) -> Judgement {
        match event {
            source::Event::Published { copy } => {
                judged(NoInvention::published(copy, plan), plan)?;
                self.in_order.published(copy.id);
                self.ledger.published(copy.id);
            }
            source::Event::Accepted { record } => {
                let known = (&self.ledger, &mut self.losses);
                judged(NeverLost::accepted(record, known, plan), plan)?;
                self.ledger.accepted(record);
                if self.ledger.has_branches() {
                    let known = (&self.ledger, &self.losses);
                    judged(NeverLost::on_all_ways(record, None, known, plan), plan)?;
                }
            }
            source::Event::Refused { .. } | source::Event::BatchEnded { .. } => {}
        }
        Ok(())
    }

    #[inline(always)]
    pub(super) fn judge_dns(&mut self, event: dns::Event, plan: &Plan) -> Judgement {
        let routes = &mut self.routed_by_policy;
        match event {
            dns::Event::Routed { record, region } => judged(routes.routed(record, region), plan)?,
            dns::Event::FetchRouted { region } => judged(routes.fetched(region), plan)?,
            dns::Event::RoutesChanged { side, offline } => routes.routes_changed(side, offline),
            dns::Event::Probed { region, healthy } => routes.probed(region, healthy),
            dns::Event::HealthChanged { region, healthy } => {
                judged(routes.health_changed(region, healthy), plan)?;
            }
            dns::Event::WeightsChanged { weights } => routes.weights_changed(weights),
            // The policy is that of the newest plan, whatever is in place.
            dns::Event::PlanEnacted { .. } | dns::Event::PlanDeleted { .. } => {}
        }
        Ok(())
    }

    /// A queue is judged by what changes of what it holds.
    #[inline(always)]
    pub(super) fn judge_queue(
        &mut self,
        event: queue::Event,
        seen: Seen,
        plan: &Plan,
    ) -> Judgement {
        let (ledger, queue) = (&mut self.ledger, event.queue());
        if let queue::Event::Removed { record, .. } = event {
            judged(RemoveLast::removed(queue, record, ledger, plan), plan)?;
        }
        match event.change() {
            Change::Came(copy) => {
                judged(NoInvention::in_queue(queue, copy, ledger, plan), plan)?;
                self.region_fifo.enqueued(queue, copy.id, plan);
                judged(self.in_order.enqueued(queue, copy.id, plan), plan)?;
                ledger.enqueued(queue, copy.id, plan);
                self.losses.enqueued(queue, copy.id, plan);
            }
            Change::Left(record) | Change::Dropped(record) => {
                // One that a container asks to remove, it has processed.
                let is_asked = matches!(event, queue::Event::Removed { .. });
                let by = is_asked.then(|| plan.layout.queue_place(queue).1);
                let known = (&*ledger, &mut self.losses);
                judged(NeverLost::left_queue(record, (queue, by), known, plan), plan)?;
                ledger.left_queue(queue, record, seen, plan);
                if let Some(stage) = by {
                    self.losses.went_on(record, stage, ledger, plan);
                }
                if ledger.has_branches() {
                    let known = (&*ledger, &self.losses);
                    judged(NeverLost::on_all_ways(record, Some(queue), known, plan), plan)?;
                }
            }
            Change::TakenOver(copy) => self.judge_taken_over(queue, copy, plan)?,
            Change::Mirror(change) => self.judge_mirror(queue, change, plan)?,
            // The dead-letter queue is part of the queue: its record is still there.
            Change::SetAside(_) | Change::TakenBack(_) | Change::None => {}
        }
        Ok(())
    }

    #[inline(always)]
    pub(super) fn judge_container(
        &mut self,
        event: container::Event,
        seen: Seen,
        plan: &Plan,
    ) -> Judgement {
        let ledger = &mut self.ledger;
        match event {
            container::Event::Forwarding { container, record } => {
                judged(StoreBeforeForward::forwarding(container, record, ledger, plan), plan)?;
            }
            container::Event::Became { container, state, refused_by } => {
                ledger.container_became(container, state, refused_by, seen);
            }
            container::Event::NothingToRecover { container } => {
                ledger.recovered_in_vain(container, seen);
            }
            container::Event::AnsweredAgain { container } => {
                judged(AnsweredOnce::again(container), plan)?;
            }
            container::Event::GaveBack { container, record, why } => {
                ledger.gave_back(container, record, why);
            }
            container::Event::CameAlong { .. }
            | container::Event::WentOn { .. }
            | container::Event::PutAside { .. }
            | container::Event::RemovesAll { .. }
            | container::Event::PassedOver { .. }
            | container::Event::StaleReply { .. } => {}
        }
        Ok(())
    }

    #[inline(always)]
    pub(super) fn judge_table(&mut self, event: table::Event, plan: &Plan) -> Judgement {
        match event {
            table::Event::Stored { table, asked, copy, rows, .. } => {
                self.judge_stored((table, asked), copy, rows, plan)
            }
            table::Event::Applied { table, copy, rows } => {
                judged(NoInvention::in_table(table, copy, &self.ledger, plan), plan)?;
                judged(EffectOnce::in_table(table, copy.id, rows), plan)?;
                self.losses.applied(table, copy.id, plan)
            }
            table::Event::KeyShown { table, record } => {
                judged(self.versions.shown(table, record, plan), plan)
            }
            table::Event::Forgot { table, record } => {
                WithinRpo::forgot(table, record, &mut self.losses, &self.ledger, plan)
            }
            table::Event::Ignored { table, record } => {
                judged(self.versions.ignored(table, record, plan), plan)
            }
            table::Event::Intended { table, record, queue, passed } => {
                self.intended((table, queue), record, passed, plan)
            }
            table::Event::Reopened { table, record } => self.reopened(table, record, plan),
            table::Event::Relayed { table, record, queue } => {
                self.relayed((table, queue), record, plan)
            }
            table::Event::Skipped { table, record } => self.skipped(table, record, plan),
            table::Event::Withdrawn { table, record, .. } => {
                self.ledger.withdrawn(table, record, plan);
                Ok(())
            }
            // What counts is that the intent comes too late; and a region that takes a row back answers for it.
            table::Event::Passed { .. }
            | table::Event::NotWithdrawn { .. }
            | table::Event::WithdrawnElsewhere { .. }
            // Wherever its home is, it is one outbox.
            | table::Event::HandedOn { .. } => Ok(()),
        }
    }

    /// A table that took a write, and the one that was asked.
    #[inline]
    fn judge_stored(
        &mut self,
        (table, asked): (TableId, TableId),
        copy: RecordCopy,
        rows: u8,
        plan: &Plan,
    ) -> Judgement {
        let ledger = &mut self.ledger;
        judged(NoInvention::in_table(table, copy, ledger, plan), plan)?;
        judged(EffectOnce::in_table(table, copy.id, rows), plan)?;
        judged(self.region_fifo.stored(asked, copy.id, ledger, plan), plan)?;
        judged(self.in_order.stored(asked, copy.id, plan), plan)?;
        ledger.stored(asked, copy.id, plan);
        if rows > 0 {
            self.losses.stored(table, copy.id, plan);
        }
        Ok(())
    }

    #[inline(always)]
    pub(super) fn judge_replicator(&mut self, event: replicator::Event) -> Judgement {
        match event {
            replicator::Event::Replicated { replicator, record, reached, .. } => {
                self.losses.replicated(replicator, record, reached);
            }
            replicator::Event::WriterMoved { .. } | replicator::Event::ReplicationLost { .. } => {}
        }
        Ok(())
    }

    #[inline(always)]
    pub(super) fn judge_destination(
        &mut self,
        event: destination::Event,
        plan: &Plan,
    ) -> Judgement {
        let ledger = &mut self.ledger;
        let destination::Event::Arrived { copy, region, counted, shown } = event;
        judged(NoInvention::at_destination(copy, ledger, plan), plan)?;
        judged(EffectOnce::arrived(copy.id, region, counted, ledger), plan)?;
        judged(self.in_order.arrived(copy.id, plan), plan)?;
        if shown {
            judged(self.versions.shown_at_destination(copy.id, plan), plan)?;
        }
        ledger.arrived(copy.id);
        Ok(())
    }

    /// What faults do; kept apart since it is rare.
    #[cold]
    pub(super) fn judge_fault(
        &mut self,
        event: fault::Event,
        seen: Seen,
        plan: &Plan,
    ) -> Judgement {
        let ledger = &mut self.ledger;
        match event {
            fault::Event::Faulted { fault } => {
                ledger.faulted(fault, seen, plan);
                WithinRpo::began(fault, &mut self.losses);
            }
            fault::Event::Lost { holder, record } => {
                WithinRpo::lost(holder, record, &mut self.losses, ledger, plan)?;
                self.left_what_is_lost(holder, record, seen, plan);
            }
            fault::Event::LossEnded { .. } => WithinRpo::ended(&mut self.losses, ledger, plan)?,
            fault::Event::Recovered { .. }
            | fault::Event::Struck { .. }
            | fault::Event::Late { .. }
            | fault::Event::CameLate { .. }
            | fault::Event::ClockAhead { .. } => {}
        }
        Ok(())
    }
}
