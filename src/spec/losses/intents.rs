//! What a loss takes behind a stage, where a global database has an outbox.
//!
//! A container that was told that the database has its record, and the intent to publish it, relies on that, in whatever
//! region. A failover, or the loss of a region, can take both; or it takes the record out of the next queue, to which the relay has published it
//! in another region than the container's. That is declared as the loss of a row is. What the container does afterwards on
//! the strength of the acknowledgement, and what it had done before, is a part of the same loss: it removes the record from
//! its queue, and no copy is left.

use crate::model::event::Holder;
use crate::model::id::{QueueId, RecordId, StageId, TableId};
use crate::plan::Plan;
use crate::spec::{Judgement, Ledger, Losses};

impl Losses {
    /// A loss takes a copy: behind the stage of an outbox, or behind that in front of a queue.
    pub(super) fn note_taken(&mut self, holder: Holder, record: RecordId, plan: &Plan) {
        let behind = match holder {
            Holder::Queue(queue) | Holder::DeadLetters(queue) => {
                plan.layout.queue_place(queue).1.checked_sub(1)
            }
            Holder::Outbox(table, _)
            | Holder::Table(table)
            | Holder::Stream(table)
            | Holder::Log(table) => Some(plan.layout.table_place(table).1.index()),
            // Nothing goes on from it.
            Holder::Mirror(_) => None,
        };
        if let Some(stage) = behind.filter(|_| self.shares) {
            self.records[record.index()].intents.insert(stage);
        }
    }

    /// A queue has the record, whatever was lost before.
    #[inline]
    pub(in crate::spec) fn enqueued(&mut self, queue: QueueId, record: RecordId, plan: &Plan) {
        if self.shares
            && let Some(stage) = plan.layout.queue_place(queue).1.checked_sub(1)
        {
            self.records[record.index()].intents.remove(stage);
        }
    }

    /// A database has the intent to publish the record, whatever was lost before.
    pub(in crate::spec) fn intended(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        if self.shares {
            let stage = plan.layout.table_place(table).1;
            self.records[record.index()].intents.remove(stage.index());
        }
    }

    /// Of an accepted record that has no copy which goes on: whether a loss answers for that, since it took a copy behind this
    /// stage or a later one. What leaves the queue of a stage, or its outbox, has gone on from there, and was lost further
    /// on, or a container was told that the intent is there. If so, what is destroyed may be more than the scenario allows.
    pub(in crate::spec) fn answer_for(
        &mut self,
        record: RecordId,
        from: usize,
        plan: &Plan,
    ) -> Option<Judgement> {
        if !self.shares {
            return None;
        }
        let loss = &mut self.records[record.index()];
        let answers = loss.intents.iter().any(|stage| stage >= from);
        loss.undelivered |= answers;
        answers.then(|| self.within(plan))
    }

    /// A container, or a relay, of this stage is done with a record, and the ledger knows: what a loss took behind this stage or a later one
    /// does not come again from here. The stages to which only that led, and which call the external service, do not call it any more.
    pub(in crate::spec) fn went_on(
        &mut self,
        record: RecordId,
        from: usize,
        ledger: &Ledger,
        plan: &Plan,
    ) {
        if !self.shares || !ledger.counts_copies() {
            return;
        }
        let loss = &mut self.records[record.index()];
        let last = plan.layout.shape.last();
        for behind in loss.intents.iter().filter(|&stage| stage >= from) {
            let ahead = plan.ahead_of(behind, record).iter();
            let ahead = ahead.filter(|&at| at > behind && at < last);
            for at in ahead.filter(|&at| !ledger.leads_to(record, at, plan)) {
                if plan.container_of(StageId(at as u8)).options.calls() {
                    loss.unfinished.insert(at);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::RegionId;
    use crate::spec::Seen;

    /// A loss took the record behind the first stage, in front of the call. As long as another copy comes there, the call is due; when the last
    /// one that does is removed upstream, the loss answers for it.
    #[test]
    fn a_call_is_prevented_when_no_copy_leads_to_it_any_more() {
        let text = "name = 'calls'\nscript = ['publish 1']\ntopology.stages = ['a', 'b']\n\
                    container.steps = ['store', 'call', 'remove']\nstore.default = 'aurora'\n\
                    rpo.records = 'unlimited'\nbudget.lose_region = 1";
        let plan = Plan::with_changes(text, &[]).expect("it is right");
        let (mut losses, mut ledger) = (Losses::new(&plan), Ledger::new(&plan));
        let record = RecordId(1);
        let upstream = plan.layout.queue(RegionId(0), 0);
        let lost = Holder::Queue(plan.layout.queue(RegionId(1), 1));
        for _ in 0..2 {
            ledger.enqueued(upstream, record, &plan);
        }
        losses.note_taken(lost, record, &plan);
        for (copies, is_prevented) in [(1, false), (0, true)] {
            ledger.left_queue(upstream, record, Seen(0), &plan);
            losses.went_on(record, 0, &ledger, &plan);
            assert_eq!(losses.is_unfinished(record, 1), is_prevented, "{copies} are left");
            assert!(!losses.is_unfinished(record, 0), "the loss was behind that call");
        }
    }
}
