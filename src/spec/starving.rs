//! Records that wait behind one that is delivered, and given back, without end.

use crate::model::container::WhyBack;
use crate::model::id::{QueueId, RecordId};
use crate::model::options::Delivery;
use crate::sim::Simulation;
use crate::spec::circle::Circle;

/// What a record that goes round without end does to others: one that goes round alone is another failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Starves {
    /// A record that containers could process waits behind it.
    pub(crate) waits: bool,
    /// A record of another group was delivered all the same.
    pub(crate) passes: bool,
}

impl Starves {
    /// What goes on from here.
    pub(crate) fn of(simulation: &Simulation) -> Starves {
        let plan = simulation.plan();
        let mut found = Starves::default();
        for (container, record, why) in Circle::of(simulation).given_back {
            let context = &plan.containers[container.index()];
            let cannot = match why {
                WhyBack::Poison | WhyBack::NewFormat | WhyBack::OldFormat => true,
                WhyBack::Unreadable
                | WhyBack::Duplicate
                | WhyBack::Refused(_)
                | WhyBack::With(_) => false,
            };
            let is_old = simulation.container(container).is_old();
            let is_good = |&other: &RecordId| {
                !plan.is_poison(other) && context.misread_by(is_old, other).is_none()
            };
            let queue = context.in_queue_id;
            if cannot && behind(queue, record, simulation).iter().any(is_good) {
                found.waits = true;
                found.passes |= passed(queue, record, simulation).next().is_some();
            }
        }
        found
    }
}

/// The records that a queue does not deliver before it is done with this one, in its order.
pub(crate) fn behind(queue: QueueId, record: RecordId, simulation: &Simulation) -> Vec<RecordId> {
    let context = &simulation.plan().queues[queue.index()];
    if context.options.delivery == Delivery::Standard {
        return Vec::new();
    }
    let items = simulation.queue_items(queue).map(|item| item.copy.id);
    let after = items.skip_while(|&id| id != record).skip(1);
    after.filter(|&other| !is_of_another_group(queue, record, other, simulation)).collect()
}

/// The records of other groups than this one that have come to the destination.
pub(crate) fn passed(
    queue: QueueId,
    record: RecordId,
    simulation: &Simulation,
) -> impl Iterator<Item = RecordId> + '_ {
    let others = simulation.plan().record_ids();
    let others = others.filter(move |&other| is_of_another_group(queue, record, other, simulation));
    others.filter(|&other| simulation.destination().has(other))
}

/// Whether the queue delivers the two records independently of each other.
fn is_of_another_group(
    queue: QueueId,
    one: RecordId,
    other: RecordId,
    simulation: &Simulation,
) -> bool {
    let groups = simulation.plan().queues[queue.index()].groups.as_deref();
    groups.is_some_and(|groups| groups[one.index()] != groups[other.index()])
}
