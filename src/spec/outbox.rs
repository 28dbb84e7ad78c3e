//! What becomes of the intents to publish records.

use crate::model::id::{QueueId, RecordId, TableId};
use crate::plan::Plan;
use crate::spec::{Judgement, NeverLost, Spec, judged};

impl Spec {
    /// A table has the intent, in one write with the row; its relay will not read one that it has passed.
    pub(super) fn intended(
        &mut self,
        (table, queue): (TableId, QueueId),
        record: RecordId,
        passed: bool,
        plan: &Plan,
    ) -> Judgement {
        self.ledger.intended((table, queue), record, !passed, plan);
        self.losses.intended(table, record, plan);
        Ok(())
    }

    /// A relay does not know that it was done.
    pub(super) fn reopened(&mut self, table: TableId, record: RecordId, plan: &Plan) -> Judgement {
        self.ledger.reopened(table, record, plan);
        Ok(())
    }

    /// It is done. A loss may answer for what was further on.
    pub(super) fn relayed(
        &mut self,
        (table, queue): (TableId, QueueId),
        record: RecordId,
        plan: &Plan,
    ) -> Judgement {
        let stage = plan.layout.table_place(table).1.index();
        self.left_outbox((queue, record), Some(stage), plan)
    }

    /// It is not done, and no relay will read it: no loss answers for that.
    pub(super) fn skipped(&mut self, table: TableId, record: RecordId, plan: &Plan) -> Judgement {
        let relay = plan.tables[table.index()].relay.as_ref().expect("it has an outbox");
        self.left_outbox((relay.out_queue_id, record), None, plan)
    }

    fn left_outbox(
        &mut self,
        (queue, record): (QueueId, RecordId),
        by: Option<usize>,
        plan: &Plan,
    ) -> Judgement {
        let known = (&self.ledger, &mut self.losses);
        judged(NeverLost::left_outbox(record, by, known, plan), plan)?;
        self.ledger.left_outbox(record, queue, plan);
        if let Some(stage) = by {
            self.losses.went_on(record, stage, &self.ledger, plan);
        }
        if self.ledger.has_branches() {
            let known = (&self.ledger, &self.losses);
            judged(NeverLost::on_all_ways(record, None, known, plan), plan)?;
        }
        Ok(())
    }
}
