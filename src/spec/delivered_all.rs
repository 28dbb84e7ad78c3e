//! `DeliveredAll`.

use crate::model::id::RecordId;
use crate::model::options::OnRefusal;
use crate::sim::Simulation;
use crate::spec::{Breach, Judgement, Ledger, Losses};

/// Every accepted record is at the destination; with a source that tries again, every record of
/// every batch that the script published. A source that drops what was refused ends its batch as
/// if all had been accepted, so it answers for every record as well; one that aborts says so.
/// Excused, and counted in every report, is what a lost region took out of its queues; and, where the scenario
/// declares that dead letters are parked, those that are in a dead-letter queue at the end: all that no container
/// can process, and the others if they are no more than `queue.parked_max`.
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
        let may_stay =
            DeliveredAll::parked(simulation).filter(|&record| !plan.is_poison(record)).count();
        let may_stay = plan.scenario().queue.parked_max.allows(may_stay);
        plan.record_ids().filter(move |&record| {
            let facts = ledger.record(record);
            let published = || simulation.has_begun(plan.batch_of(record));
            let promised = facts.accepted || (owns_all && published());
            let is_parked = || simulation.is_parked(record) && (may_stay || plan.is_poison(record));
            promised && !facts.arrived && !losses.is_undelivered(record) && !is_parked()
        })
    }

    /// The records that are parked instead of delivered.
    pub(super) fn parked(simulation: &Simulation) -> impl Iterator<Item = RecordId> + '_ {
        let is_there = |record: RecordId| simulation.destination().has(record);
        let records = simulation.plan().record_ids();
        records.filter(move |&record| simulation.is_parked(record) && !is_there(record))
    }
}
