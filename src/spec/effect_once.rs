//! `EffectOnce`.

use crate::model::id::{RecordId, RegionId, TableId};
use crate::spec::{Breach, Judgement, Ledger};

/// Per stage and region one row for an id; the destination counts an id once, however often it
/// arrives.
///
/// Catches tables that append and destinations that do not deduplicate. Source: idempotent
/// processing, which Amazon SQS asks of every consumer of at-least-once delivery.
#[derive(Clone, Copy, Debug)]
pub struct EffectOnce;

impl EffectOnce {
    /// A table has so many rows for the record now.
    #[inline]
    pub(super) fn in_table(table: TableId, record: RecordId, rows: u8) -> Judgement {
        if rows <= 1 {
            return Ok(());
        }
        Err(Breach::SeveralRows { table, record, rows })
    }

    /// The destination got the record, and counts it or not.
    #[inline]
    pub(super) fn arrived(
        record: RecordId,
        region: RegionId,
        counted: bool,
        ledger: &Ledger,
    ) -> Judgement {
        if counted && ledger.record(record).arrived {
            return Err(Breach::CountedAgain { record, region });
        }
        Ok(())
    }
}
