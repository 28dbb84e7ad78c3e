//! `StoreBeforeForward`.

use crate::model::id::{ContainerId, RecordId};
use crate::plan::Plan;
use crate::spec::{Breach, Judgement, Ledger};

/// A container sends a record on only after its own stage stored it, and has not taken that back since.
///
/// Catches containers that publish first: the record goes on although this stage may never know
/// it. Source: the order "write to the table, publish, remove" of the published design.
#[derive(Clone, Copy, Debug)]
pub struct StoreBeforeForward;

impl StoreBeforeForward {
    /// A container sends a record on.
    #[inline]
    pub(super) fn forwarding(
        container: ContainerId,
        record: RecordId,
        ledger: &Ledger,
        plan: &Plan,
    ) -> Judgement {
        let (region, stage) = plan.layout.container_place(container);
        if ledger.is_still_stored(record, stage, region) {
            return Ok(());
        }
        Err(Breach::ForwardedUnstored { container, record })
    }
}
