//! `DeliveredAll`.

use crate::model::id::{RecordId, StageId};
use crate::model::options::OnRefusal;
use crate::sim::Simulation;
use crate::spec::{Breach, Judgement, Ledger, Losses, uncalled};

/// Every accepted record is at the destination; with a source that tries again, every record of
/// every batch that the script published. A source that drops what was refused ends its batch as
/// if all had been accepted, so it answers for every record as well; one that aborts says so.
/// Excused, and counted in every report, is what a lost region took out of its queues; and, where the scenario
/// declares that dead letters are parked, those that are in a dead-letter queue at the end: all that no container
/// can process, and the others if they are no more than `queue.parked_max`.
///
/// Each record has a way that leads to the destination, whatever the shape of the pipeline. That it has come to the other
/// stages to which it is sent is what [`StoredEverywhere`](crate::spec::StoredEverywhere) says.
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
        let others_may = DeliveredAll::others_may_stay(simulation);
        plan.record_ids().filter(move |&record| {
            let facts = ledger.record(record);
            let published = || simulation.has_begun(plan.batch_of(record));
            let promised = facts.accepted || (owns_all && published());
            let is_parked =
                || simulation.is_parked(record) && (others_may || plan.is_poison(record));
            promised && !facts.arrived && !losses.is_undelivered(record) && !is_parked()
        })
    }

    /// Whether the records that are parked and could be processed are as few as the scenario allows.
    fn others_may_stay(simulation: &Simulation) -> bool {
        let plan = simulation.plan();
        let others = DeliveredAll::parked(simulation).filter(|&record| !plan.is_poison(record));
        plan.scenario().queue.parked_max.allows(others.count())
    }

    /// Whether a record is parked on its way to the stage, and may be.
    pub(super) fn may_stay_before(
        record: RecordId,
        stage: StageId,
        simulation: &Simulation,
    ) -> bool {
        DeliveredAll::is_parked_before(record, stage, simulation)
            && (simulation.plan().is_poison(record) || DeliveredAll::others_may_stay(simulation))
    }

    /// Whether a record is parked in a queue from which it would come to the stage.
    pub(super) fn is_parked_before(
        record: RecordId,
        stage: StageId,
        simulation: &Simulation,
    ) -> bool {
        let plan = simulation.plan();
        simulation.is_parked(record)
            && plan.queues.iter().any(|context| {
                let position = plan.layout.queue_place(context.id).1;
                let mut dead = simulation.queue(context.id).dead(simulation.shelf());
                plan.parks_in(context.id)
                    && plan.ahead_of(position, record).contains(stage.index())
                    && dead.any(|item| item.copy.id == record)
            })
    }

    /// The records that are parked instead of delivered; or, where there are several ways, on one of them instead of
    /// stored at its end; or before the call that the external service should have heard.
    pub(super) fn parked(simulation: &Simulation) -> impl Iterator<Item = RecordId> + '_ {
        let records = simulation.plan().record_ids();
        records.filter(move |&record| {
            simulation.is_parked(record) && !DeliveredAll::is_complete(record, simulation)
        })
    }

    /// Whether a record is at the destination, has a row wherever else it should come to, and had all its effects.
    fn is_complete(record: RecordId, simulation: &Simulation) -> bool {
        let plan = simulation.plan();
        let has_row = |position: usize| {
            let table = |region| plan.layout.table(region, StageId(position as u8));
            let mut regions = plan.layout.region_ids();
            regions.any(|region| simulation.rows(table(region)).get(record).rows > 0)
        };
        simulation.destination().has(record)
            && (plan.layout.shape.is_line()
                || plan.way(record).iter().all(|at| at == plan.layout.shape.last() || has_row(at)))
            && uncalled::lacking_of(record, simulation).next().is_none()
    }
}
