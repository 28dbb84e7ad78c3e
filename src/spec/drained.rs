//! `Drained`.

use crate::model::container::State;
use crate::model::layout::Place;
use crate::sim::Simulation;
use crate::spec::{Breach, Judgement, Losses};

/// At rest, every queue is empty, nothing is in flight, and every container works: it is in
/// `Processing` and has asked its queue for the next record. Nothing is asked of the containers of a
/// lost region. A log is empty when everything in it is committed.
///
/// Catches containers that stay stuck although everything they depend on works again, as in
/// Slack's job queue outage, where taking work off the queue needed what the queue had used up.
#[derive(Clone, Copy, Debug)]
pub struct Drained;

impl Drained {
    pub(super) fn judge_end(simulation: &Simulation, losses: &Losses) -> Judgement {
        let plan = simulation.plan();
        for queue in &plan.queues {
            let count = simulation.queue(queue.id).len() as u16;
            if let Some(head) = simulation.queue_items(queue.id).next() {
                let record = head.copy.id;
                return Err(Breach::QueueNotEmpty { queue: queue.id, record, count });
            }
        }
        for context in &plan.containers {
            if losses.is_gone(plan.layout.container_place(context.id).0) {
                continue;
            }
            let machine = plan.layout.machine(Place::Container(context.id));
            let works = simulation.container(context.id).state() == State::Processing;
            let waiting = simulation.queue(context.in_queue_id).waiting();
            let asks = waiting.iter().any(|client| client.machine == machine);
            if !works || !asks {
                return Err(Breach::ContainerStuck { container: context.id });
            }
        }
        Ok(())
    }
}
