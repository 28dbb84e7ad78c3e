//! What the spec makes of mirrors of logs, and of what a loss takes.

use crate::model::event::Holder;
use crate::model::event::queue::MirrorChange;
use crate::model::id::{QueueId, RecordId};
use crate::model::record::RecordCopy;
use crate::plan::Plan;
use crate::spec::{Judgement, NeverLost, NoInvention, Seen, Spec, judged};

impl Spec {
    /// What is in a mirror, and what becomes of that; kept apart since few systems have one.
    #[cold]
    pub(super) fn judge_mirror(
        &mut self,
        queue: QueueId,
        change: MirrorChange,
        plan: &Plan,
    ) -> Judgement {
        let ledger = &mut self.ledger;
        match change {
            MirrorChange::Came(copy) => {
                judged(NoInvention::in_queue(queue, copy, ledger, plan), plan)?;
                ledger.mirrored(queue, copy.id);
            }
            MirrorChange::Left(record) => ledger.left_mirror(queue, record),
            MirrorChange::Skipped(record) => {
                judged(NeverLost::skipped(queue, record, ledger, plan), plan)?;
                self.losses.skipped(record);
                ledger.left_mirror(queue, record);
            }
        }
        Ok(())
    }

    /// A log has the record that it had in a mirror. No order is promised where that can be.
    #[cold]
    pub(super) fn judge_taken_over(
        &mut self,
        queue: QueueId,
        copy: RecordCopy,
        plan: &Plan,
    ) -> Judgement {
        let ledger = &mut self.ledger;
        judged(NoInvention::in_queue(queue, copy, ledger, plan), plan)?;
        ledger.left_mirror(queue, copy.id);
        ledger.enqueued(queue, copy.id, plan);
        self.losses.enqueued(queue, copy.id, plan);
        Ok(())
    }

    /// What held a copy until it was lost has it no more.
    #[cold]
    pub(super) fn left_what_is_lost(
        &mut self,
        holder: Holder,
        record: RecordId,
        seen: Seen,
        plan: &Plan,
    ) {
        match holder {
            Holder::Queue(queue) | Holder::DeadLetters(queue) => {
                self.ledger.left_queue(queue, record, seen, plan);
            }
            Holder::Mirror(queue) => self.ledger.left_mirror(queue, record),
            Holder::Outbox(_, next) => self.ledger.left_outbox(record, next, plan),
            Holder::Table(table) => self.versions.lost(table, record, plan),
            Holder::Stream(_) | Holder::Log(_) => {}
        }
    }
}
