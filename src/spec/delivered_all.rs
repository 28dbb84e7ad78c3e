//! `DeliveredAll`.

use crate::model::id::RecordId;
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
        let mut missing = DeliveredAll::missing(simulation, ledger, losses);
        let Some(record) = missing.next() else { return Ok(()) };
        Err(Breach::Undelivered { record, count: 1 + missing.count() as u16 })
    }

    /// The records that should be at the destination when a run has ended, and are not.
    pub(super) fn missing<'a>(
        simulation: &'a Simulation,
        ledger: &'a Ledger,
        losses: &'a Losses,
    ) -> impl Iterator<Item = RecordId> + 'a {
        let plan = simulation.plan();
        let owns_all = match plan.scenario().source.on_refusal {
            OnRefusal::Retry | OnRefusal::Drop => true,
            OnRefusal::Abort => false,
        };
        plan.record_ids().filter(move |&record| {
            let facts = ledger.record(record);
            let published = || simulation.has_begun(plan.batch_of(record));
            let promised = facts.accepted || (owns_all && published());
            promised && !facts.arrived && !losses.is_undelivered(record)
        })
    }
}
