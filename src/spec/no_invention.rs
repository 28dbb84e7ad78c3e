//! `NoInvention`.

use crate::model::id::{QueueId, TableId};
use crate::model::record::RecordCopy;
use crate::plan::Plan;
use crate::spec::breach::Whereabouts;
use crate::spec::{Breach, Judgement, Ledger};

/// Whatever is seen anywhere was published, with the same value.
///
/// Catches corruption and mixed-up records. Source: the validity property of reliable broadcast:
/// what is delivered was sent.
#[derive(Clone, Copy, Debug)]
pub struct NoInvention;

impl NoInvention {
    /// The source sent a record.
    #[inline]
    pub(super) fn published(copy: RecordCopy, plan: &Plan) -> Judgement {
        judge(copy, Whereabouts::Source, true, plan)
    }

    /// A queue has a record more.
    #[inline]
    pub(super) fn in_queue(
        queue: QueueId,
        copy: RecordCopy,
        ledger: &Ledger,
        plan: &Plan,
    ) -> Judgement {
        judge(copy, Whereabouts::Queue(queue), ledger.is_published(copy.id), plan)
    }

    /// A table has a row more.
    #[inline]
    pub(super) fn in_table(
        table: TableId,
        copy: RecordCopy,
        ledger: &Ledger,
        plan: &Plan,
    ) -> Judgement {
        judge(copy, Whereabouts::Table(table), ledger.is_published(copy.id), plan)
    }

    /// A record reached the destination.
    #[inline]
    pub(super) fn at_destination(copy: RecordCopy, ledger: &Ledger, plan: &Plan) -> Judgement {
        judge(copy, Whereabouts::Destination, ledger.is_published(copy.id), plan)
    }
}

#[inline]
fn judge(copy: RecordCopy, at: Whereabouts, published: bool, plan: &Plan) -> Judgement {
    let exists = (1..=plan.records()).contains(&copy.id.index());
    if exists && published && plan.value(copy.id) == copy.value {
        return Ok(());
    }
    Err(Breach::Invented { record: copy.id, value: copy.value, at })
}
