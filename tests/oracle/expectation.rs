//! The script's own claims, checked against the rebuilt world.

use active_active::model::{BatchId, ContainerId, Place, QueueId, RecordId, RegionId, TableId};
use active_active::plan::{Plan, names};
use active_active::scenario::{Expectation, ScriptStep};

use super::ways;
use super::world::World;

/// Whether a line of the script, if it expects something, expects what is so.
pub(crate) fn holds(line: &ScriptStep, world: &World, plan: &Plan) -> bool {
    let ScriptStep::Expect(expectation) = line else { return true };
    match expectation {
        Expectation::Delivered(count) => world.delivered.len() == *count as usize,
        Expectation::Waiting { queue, batch, records } => {
            waiting(queue, BatchId(*batch), *records, world, plan)
        }
        Expectation::Unreplicated(batch) => unreplicated(BatchId(*batch), world, plan),
        Expectation::Bypassed(region, batch) => {
            let arrivals = &world.arrivals[RegionId(region - 1).index()];
            plan.batch(BatchId(*batch)).all(|record| !arrivals.contains(&record))
        }
        // It is about the whole run, and judged of those that have a time: `tests/objectives.rs` recomputes them.
        Expectation::Objective(_) => true,
        Expectation::DeadLettered(count) => world.dead.len() == *count as usize,
        Expectation::State(pattern, state) => {
            let layout = &plan.layout;
            let is_meant = |container: &ContainerId| {
                let machine = layout.machine(Place::Container(*container));
                names::matches(pattern, layout.name(machine))
            };
            let containers = (0..layout.containers() as u16).map(ContainerId);
            containers.filter(is_meant).all(|container| world.state(container) == *state)
        }
    }
}

/// All of the batch that came to the queue's region, and whose way leads through the queue, are in the queue: so many,
/// or at least one.
fn waiting(queue: &str, batch: BatchId, records: Option<u32>, world: &World, plan: &Plan) -> bool {
    let layout = &plan.layout;
    let queue = (0..layout.queues() as u16)
        .map(QueueId)
        .find(|&id| layout.name(layout.machine(Place::Queue(id))) == queue)
        .expect("the plan knows the queue");
    let (region, position) = layout.queue_place(queue);
    let came = |record: &RecordId| {
        world.arrivals[region.index()].contains(record) && ways::passes(*record, position, plan)
    };
    let here: Vec<RecordId> = plan.batch(batch).filter(came).collect();
    let enough = match records {
        Some(records) => here.len() == records as usize,
        None => !here.is_empty(),
    };
    enough && here.iter().all(|&record| world.waits_in(queue, record))
}

/// No table has a row of the batch that only replication brought.
fn unreplicated(batch: BatchId, world: &World, plan: &Plan) -> bool {
    let tables = || (0..plan.layout.tables() as u16).map(TableId);
    plan.batch(batch).all(|record| {
        tables().map(|table| world.row(table, record)).all(|row| row.rows == 0 || row.written_here)
    })
}
