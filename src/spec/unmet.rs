//! Why something that a script expects or awaits is not so: what is missing, or what is too much.

use crate::model::id::{ContainerId, QueueId, RecordId, TableId};
use crate::model::progress::Milestone;
use crate::plan::{Await, Check, DriverAction};
use crate::sim::Simulation;

/// What is not as the script has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unmet {
    /// Records that did not come so far; none if too few were published.
    Missing {
        /// The records, ascending.
        records: Vec<RecordId>,
        /// How far they should have come.
        milestone: Milestone,
    },
    /// More records than expected are at the destination; the last one that came.
    Surplus {
        /// The record.
        last: RecordId,
        /// How many are there.
        count: u32,
    },
    /// A record that should wait in the queue is not there.
    NotWaiting(RecordId, QueueId),
    /// So many records of the batch came to the queue's region, and that is another number.
    CameToRegion(usize),
    /// Replication brought a row of the record to a table.
    Replicated(RecordId, TableId),
    /// The record came to the region.
    Entered(RecordId),
    /// These records are in dead-letter queues, queue by queue, and another number should be.
    DeadLettered(Vec<RecordId>),
    /// The container is in another state.
    InOtherState(ContainerId),
    /// A record is still in a queue of the region.
    StillQueued(RecordId),
    /// Nothing that has a name.
    Unknown,
}

impl Unmet {
    /// Why the action of this index does not hold, or has not come true.
    pub(crate) fn of(action: u16, simulation: &Simulation) -> Unmet {
        let plan = simulation.plan();
        match &plan.actions()[usize::from(action)] {
            DriverAction::Check(check) => Unmet::check(check, simulation),
            DriverAction::Await(Await::Batch(batch, milestone)) => {
                let reached = |record: &RecordId| {
                    simulation.progress().has_reached(*record, *milestone)
                        || simulation.is_parked(*record)
                };
                missing(plan.batch(*batch).filter(|record| !reached(record)), *milestone)
            }
            DriverAction::Await(Await::EnqueuedAt(queue, batch)) => {
                let (_, position) = plan.layout.queue_place(*queue);
                let has_come =
                    |record: &RecordId| simulation.progress().has_come_to(*record, *queue);
                let missing_here = plan.batch(*batch).filter(|record| !has_come(record));
                missing(missing_here, Milestone(position as u8))
            }
            DriverAction::Await(Await::Delivered(_)) => undelivered(simulation),
            DriverAction::Await(Await::Drained(region)) => {
                let queues = plan.queues.iter().map(|context| context.id);
                let mut here = queues.filter(|&queue| plan.layout.queue_place(queue).0 == *region);
                let record = here.find_map(|queue| simulation.queue_items(queue).next());
                record.map_or(Unmet::Unknown, |item| Unmet::StillQueued(item.copy.id))
            }
            // A system at rest fulfils these, and the others wait for nothing.
            DriverAction::Await(
                Await::Quiescent | Await::Sometime | Await::PublishedOrRefused(_),
            )
            | DriverAction::Publish(_)
            | DriverAction::Fault(_)
            | DriverAction::FaultSome(_)
            | DriverAction::Recover(_)
            | DriverAction::Redrive(_)
            | DriverAction::Weights(_) => Unmet::Unknown,
        }
    }

    fn check(check: &Check, simulation: &Simulation) -> Unmet {
        let plan = simulation.plan();
        match check {
            Check::Delivered(expected) => {
                let count = simulation.progress().delivered();
                match simulation.destination().order().last() {
                    Some(&last) if count > *expected => Unmet::Surplus { last, count },
                    Some(_) | None => undelivered(simulation),
                }
            }
            Check::Waiting { queue, batch, .. } => {
                let (region, position) = plan.layout.queue_place(*queue);
                let entered = |id: &RecordId| {
                    simulation.progress().entered(*id).contains(region)
                        && plan.way(*id).contains(position)
                };
                let here: Vec<RecordId> = plan.batch(*batch).filter(entered).collect();
                let waits =
                    |id: RecordId| simulation.queue_items(*queue).any(|item| item.copy.id == id);
                let gone = here.iter().copied().find(|&id| !waits(id));
                gone.map_or(Unmet::CameToRegion(here.len()), |id| Unmet::NotWaiting(id, *queue))
            }
            Check::Unreplicated(batch) => {
                let brought = plan.batch(*batch).find_map(|id| {
                    let is_brought = |table: TableId| {
                        let row = simulation.rows(table).get(id);
                        row.rows > 0 && !row.written_here
                    };
                    let tables = plan.tables.iter().map(|context| context.id);
                    tables.into_iter().find(|&table| is_brought(table)).map(|table| (id, table))
                });
                brought.map_or(Unmet::Unknown, |(id, table)| Unmet::Replicated(id, table))
            }
            Check::Bypassed(region, batch) => {
                let entered = |id: &RecordId| simulation.progress().entered(*id).contains(*region);
                plan.batch(*batch).find(entered).map_or(Unmet::Unknown, Unmet::Entered)
            }
            Check::DeadLettered(_) => {
                let queues = plan.queues.iter().map(|context| simulation.queue(context.id));
                let dead = queues.flat_map(|queue| queue.dead(simulation.shelf()));
                Unmet::DeadLettered(dead.map(|item| item.copy.id).collect())
            }
            Check::State(containers, state) => {
                let is_other = |id: &&ContainerId| simulation.container(**id).state() != *state;
                let other = containers.iter().find(is_other);
                other.map_or(Unmet::Unknown, |&id| Unmet::InOtherState(id))
            }
        }
    }
}

/// What was published and is not at the destination.
fn undelivered(simulation: &Simulation) -> Unmet {
    let published = |id: &RecordId| simulation.has_begun(simulation.plan().batch_of(*id));
    let is_missing = |id: &RecordId| published(id) && !simulation.destination().has(*id);
    missing(simulation.plan().record_ids().filter(is_missing), Milestone::DELIVERED)
}

fn missing(records: impl Iterator<Item = RecordId>, milestone: Milestone) -> Unmet {
    Unmet::Missing { records: records.collect(), milestone }
}
