//! Records that a queue takes for sent again.

use crate::model::id::{QueueId, RecordId};
use crate::sim::Simulation;

/// The inbound queue that takes a record for one that it has taken before, and that one.
pub(crate) fn taken_for(record: RecordId, simulation: &Simulation) -> Option<(QueueId, RecordId)> {
    let plan = simulation.plan();
    let inbound = plan.layout.region_ids().map(|region| plan.layout.queue(region, 0));
    let mut others = inbound.filter_map(|queue| {
        let ids = plan.queues[queue.index()].deduplication.as_deref()?;
        let id = |record: RecordId| ids.get(record.index());
        let mut taken = simulation.queue_taken(queue).map(|item| item.copy.id);
        taken.find(|&other| other != record && id(other) == id(record)).map(|other| (queue, other))
    });
    others.next()
}
