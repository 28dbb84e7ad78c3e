//! Which effects of the external service are lacking at the end of a run.

use crate::model::id::{RecordId, StageId};
use crate::sim::Simulation;

/// The records that were delivered, with each stage on their way that calls the external service, and at which that never had its
/// effect for them.
pub(super) fn lacking(simulation: &Simulation) -> impl Iterator<Item = (RecordId, StageId)> + '_ {
    let plan = simulation.plan();
    let records = plan.service.is_some().then(|| plan.record_ids()).into_iter().flatten();
    let delivered = records.filter(|&record| simulation.destination().has(record));
    delivered.flat_map(|record| lacking_of(record, simulation))
}

/// The stages on the way of the record that call the external service, and at which that never had its effect for it.
pub(super) fn lacking_of(
    record: RecordId,
    simulation: &Simulation,
) -> impl Iterator<Item = (RecordId, StageId)> + '_ {
    let plan = simulation.plan();
    let way = plan.way(record);
    let calls = move |&stage: &StageId| {
        way.contains(stage.index()) && plan.container_of(stage).options.calls()
    };
    let stages = plan.service.is_some().then(|| plan.layout.stage_ids()).into_iter().flatten();
    let lacking = stages.filter(calls).filter(move |&stage| simulation.effects(stage, record) == 0);
    lacking.map(move |stage| (record, stage))
}
