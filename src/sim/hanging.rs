//! Consumers that hang: what they hold goes to others.

use crate::model::id::QueueId;
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::plan::Plan;
use crate::sim::world::World;

impl World {
    /// The visibility timeouts of what a queue has delivered to consumers that hang begin to run.
    ///
    /// A timeout is a message of the queue to itself, so it passes at any time from now on, and before the
    /// system is quiescent: no queue waits without end for one consumer while others ask it for work.
    #[cold]
    pub(super) fn time_out_hanging(&mut self, id: QueueId, plan: &Plan) {
        if !plan.can_take_over(id) && !plan.is_log(id) {
            return;
        }
        let World { queues, shelf, containers, out, .. } = self;
        let machine = plan.layout.machine(Place::Queue(id));
        let queue = &queues[id.index()];
        let context = &plan.queues[id.index()];
        // A consumer of a log loses its partitions with all that it has read in them, processed or not.
        let together = context.times_out_together();
        for item in queue.in_flight(shelf) {
            let Place::Container(holder) = plan.layout.places()[item.holder.machine.index()] else {
                continue;
            };
            let timeout = Message::Expire { receipt: item.receipt };
            // What was delivered together times out together.
            let is_of_it = |receipt| {
                let mut held = queue.in_flight(shelf);
                held.any(|other| other.receipt == receipt && other.holder == item.holder)
            };
            let runs = out.inbox(machine).any(|message| {
                let Message::Expire { receipt } = *message else { return false };
                receipt == item.receipt || together && is_of_it(receipt)
            });
            if containers[holder.index()].hangs() && !runs {
                out.send(machine, timeout);
            }
        }
    }
}
