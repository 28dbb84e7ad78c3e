//! `RemoveLast`.

use crate::model::id::{QueueId, RecordId, StageId};
use crate::plan::Plan;
use crate::spec::{Breach, Judgement, Ledger};

/// A record is removed from an in-queue only after its stage stored it **and** the out-queue
/// accepted it, or the outbox of the stage's table has it (a global database has one for all regions); from an outbound queue, only after the destination has it. Where the
/// stage sends it to several queues, each of them has accepted it; where records end, that it is stored is enough.
/// A row that its region has taken back, since the record could not be forwarded, is not stored.
/// Where to store and to publish is one transaction, another region's queue may be the one that has accepted it: a copy that
/// finds the row there has nothing left to do.
/// Of a log: only then a position behind it is committed, its own or that of a later record.
///
/// Catches containers that remove first, drop on failure, or send to some of several queues only, and queues that remove the wrong
/// record. Source: the order "write to the table, publish, remove" of the published design.
#[derive(Clone, Copy, Debug)]
pub struct RemoveLast;

impl RemoveLast {
    /// A queue was asked to remove a record, and did.
    #[inline]
    pub(super) fn removed(
        queue: QueueId,
        record: RecordId,
        ledger: &Ledger,
        plan: &Plan,
    ) -> Judgement {
        let (region, position) = plan.layout.queue_place(queue);
        if position + 1 == plan.layout.positions() {
            if ledger.record(record).arrived {
                return Ok(());
            }
            return Err(Breach::RemovedUnforwarded { queue, record });
        }
        let stage = StageId(position as u8);
        if !ledger.is_still_stored(record, stage, region) {
            return Err(Breach::RemovedUnstored { queue, record });
        }
        let from = |region| ledger.is_forwarded(record, stage, region, plan);
        // Of a row that replication brought, the region that wrote it has forwarded the record.
        let is_forwarded =
            from(region) || plan.transacts_at(stage) && plan.layout.region_ids().any(from);
        if !is_forwarded {
            return Err(Breach::RemovedUnforwarded { queue, record });
        }
        Ok(())
    }
}
