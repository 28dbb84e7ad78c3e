//! `NeverLost`.

use crate::model::id::{QueueId, RecordId, StageId};
use crate::plan::Plan;
use crate::spec::{Breach, Judgement, Ledger, Losses};

/// Every accepted record that is not delivered has a durable copy from which it will go on: in a
/// queue, visible or in flight, or in an outbox, as an intent that its relay is still to publish.
///
/// Where stages send records to several queues, that holds for every way of the record: until it is stored at a stage
/// where it ends, a copy leads there, and one to the destination until it is delivered.
///
/// A row in a table is durable too, but nothing goes on from it: a record that is only in tables
/// is lost for the destination, and so is one whose intent the relay has passed. Catches queues that forget what they hand out, and every way to
/// remove too early. What a loss took with the row that was acknowledged, of the outbox of a global database, is declared as the row
/// is; an intent that its relay skips there is not. A log has a record until a position behind it is committed, or its retention
/// drops it. A mirror of a log is no such copy: nothing goes on from it before it takes over. What it has when its log is lost for
/// good is, so what it skips is lost by this property, and not by the loss. Source: "at least once" of Amazon SQS, from end to end.
#[derive(Clone, Copy, Debug)]
pub struct NeverLost;

impl NeverLost {
    /// No copy is left, and no loss answers for that. Where there are several ways, each of them is judged for itself
    /// ([`NeverLost::on_all_ways`]): a loss that is declared may have ended one, and another has gone on to its end.
    fn in_a_line(record: RecordId, queue: Option<QueueId>, ledger: &Ledger) -> Judgement {
        match ledger.has_branches() {
            true => Ok(()),
            false => Err(Breach::Lost { record, queue }),
        }
    }

    /// The source has the acknowledgement.
    #[inline]
    pub(super) fn accepted(
        record: RecordId,
        (ledger, losses): (&Ledger, &mut Losses),
        plan: &Plan,
    ) -> Judgement {
        let facts = ledger.record(record);
        if facts.arrived || facts.queue_copies > 0 {
            return Ok(());
        }
        if let Some(judgement) = losses.answer_for(record, 0, plan) {
            return judgement;
        }
        let queue = ledger.departure(record).map(|departure| departure.queue);
        NeverLost::in_a_line(record, queue, ledger)
    }

    /// A record leaves a queue; the ledger does not know yet. If a container asked for that, it is one of the stage `by`.
    ///
    /// A record that left its last queue before the source had the acknowledgement is judged when
    /// the source gets it.
    #[inline]
    pub(super) fn left_queue(
        record: RecordId,
        (queue, by): (QueueId, Option<usize>),
        (ledger, losses): (&Ledger, &mut Losses),
        plan: &Plan,
    ) -> Judgement {
        let facts = ledger.record(record);
        if facts.queue_copies > 1 || facts.arrived || !facts.accepted {
            return Ok(());
        }
        if let Some(judgement) = by.and_then(|stage| losses.answer_for(record, stage, plan)) {
            return judgement;
        }
        NeverLost::in_a_line(record, Some(queue), ledger)
    }

    /// A mirror had a copy of the record, of a log that is lost, and nothing goes on from it. It is judged when all that is taken over
    /// is.
    #[cold]
    pub(super) fn skipped(
        queue: QueueId,
        record: RecordId,
        ledger: &Ledger,
        plan: &Plan,
    ) -> Judgement {
        let facts = ledger.record(record);
        if !facts.accepted {
            return Ok(());
        }
        if !ledger.has_branches() {
            let is_left = facts.arrived || facts.queue_copies > 0;
            return if is_left { Ok(()) } else { Err(Breach::Lost { record, queue: Some(queue) }) };
        }
        let (last, position) = (plan.layout.shape.last(), plan.layout.queue_place(queue).1);
        let ahead = plan.ahead_of(position, record);
        match ledger.cut_off(record, plan).find(|&end| ahead.contains(end)) {
            None => Ok(()),
            Some(end) if end == last => Err(Breach::Lost { record, queue: Some(queue) }),
            Some(end) => {
                Err(Breach::CutOff { record, queue: Some(queue), stage: StageId(end as u8) })
            }
        }
    }

    /// A record that leaves a queue, or is accepted, has a copy on each of its ways, where there are several: the ledger
    /// knows of it already.
    #[cold]
    pub(super) fn on_all_ways(
        record: RecordId,
        queue: Option<QueueId>,
        (ledger, losses): (&Ledger, &Losses),
        plan: &Plan,
    ) -> Judgement {
        if !ledger.record(record).accepted {
            return Ok(());
        }
        let last = plan.layout.shape.last();
        let is_declared = |end: usize| match end == last {
            true => losses.is_undelivered(record),
            false => losses.is_cut_off(record, end),
        };
        let mut cut_off = ledger.cut_off(record, plan);
        match cut_off.find(|&end| !is_declared(end)) {
            None => Ok(()),
            Some(end) if end == last => Err(Breach::Lost { record, queue }),
            Some(end) => Err(Breach::CutOff { record, queue, stage: StageId(end as u8) }),
        }
    }

    /// A record leaves an outbox, for its relay has published it, or skips it; the ledger does not know yet. One that is
    /// published, at the stage `by`, may have been lost further on.
    pub(super) fn left_outbox(
        record: RecordId,
        by: Option<usize>,
        (ledger, losses): (&Ledger, &mut Losses),
        plan: &Plan,
    ) -> Judgement {
        let facts = ledger.record(record);
        if facts.queue_copies > 1 || facts.arrived || !facts.accepted {
            return Ok(());
        }
        if let Some(judgement) = by.and_then(|stage| losses.answer_for(record, stage, plan)) {
            return judgement;
        }
        let queue = ledger.departure(record).map(|departure| departure.queue);
        NeverLost::in_a_line(record, queue, ledger)
    }
}
