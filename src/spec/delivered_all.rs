//! `DeliveredAll`.

use crate::model::options::OnRefusal;
use crate::sim::Simulation;
use crate::spec::{Breach, Judgement, Ledger, Losses};

/// Every accepted record is at the destination; with a source that tries again, every record of
/// every batch that the script published. A source that drops what was refused ends its batch as
/// if all had been accepted, so it answers for every record as well; one that aborts says so.
/// Excused, and listed in every report, is what a lost region took out of its queues.
///
/// The central promise of the published design: each record reaches the destination, in whatever
/// order.
#[derive(Clone, Copy, Debug)]
pub struct DeliveredAll;

impl DeliveredAll {
    pub(super) fn judge_end(
        simulation: &Simulation,
        ledger: &Ledger,
        losses: &Losses,
    ) -> Judgement {
        let plan = simulation.plan();
        let owns_all = match plan.scenario().source.on_refusal {
            OnRefusal::Retry | OnRefusal::Drop => true,
            OnRefusal::Abort => false,
        };
        let mut first = None;
        let mut count = 0;
        for record in plan.record_ids() {
            let facts = ledger.record(record);
            let published = || simulation.has_begun(plan.batch_of(record));
            let promised = facts.accepted || (owns_all && published());
            if promised && !facts.arrived && !losses.is_undelivered(record) {
                first = first.or(Some(record));
                count += 1;
            }
        }
        first.map_or(Ok(()), |record| Err(Breach::Undelivered { record, count }))
    }
}
