//! What becomes of the intents to publish records.

use crate::model::id::{RecordId, TableId};
use crate::plan::Plan;
use crate::spec::{Judgement, NeverLost, Spec, judged};

impl Spec {
    /// A table has the intent, in one write with the row; its relay will not read one that it has passed.
    pub(super) fn intended(
        &mut self,
        table: TableId,
        record: RecordId,
        passed: bool,
        plan: &Plan,
    ) -> Judgement {
        self.ledger.intended(table, record, !passed, plan);
        self.losses.intended(table, record, plan);
        Ok(())
    }

    /// A relay does not know that it was done.
    pub(super) fn reopened(&mut self, table: TableId, record: RecordId, plan: &Plan) -> Judgement {
        self.ledger.reopened(table, record, plan);
        Ok(())
    }

    /// It is done. A loss may answer for what was further on.
    pub(super) fn relayed(&mut self, table: TableId, record: RecordId, plan: &Plan) -> Judgement {
        let stage = plan.layout.table_place(table).1.index();
        self.left_outbox((table, record), Some(stage), plan)
    }

    /// It is not done, and no relay will read it: no loss answers for that.
    pub(super) fn skipped(&mut self, table: TableId, record: RecordId, plan: &Plan) -> Judgement {
        self.left_outbox((table, record), None, plan)
    }

    fn left_outbox(
        &mut self,
        (table, record): (TableId, RecordId),
        by: Option<usize>,
        plan: &Plan,
    ) -> Judgement {
        let known = (&self.ledger, &mut self.losses);
        judged(NeverLost::left_outbox(record, by, known, plan), plan)?;
        self.ledger.left_outbox(table, record, plan);
        if self.ledger.has_branches() {
            let known = (&self.ledger, &self.losses);
            judged(NeverLost::on_all_ways(record, None, known, plan), plan)?;
        }
        Ok(())
    }
}
