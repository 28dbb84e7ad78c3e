//! Words for what a container does, since when, and why.

use super::Narrator;
use crate::model::container::State;
use crate::model::fault::Target;
use crate::model::id::{ContainerId, QueueId};
use crate::model::layout::Place;
use crate::model::options::Forwarding;

impl Narrator<'_> {
    /// What a container does, since when, and why.
    pub(super) fn container(&self, id: ContainerId) -> String {
        let plan = self.simulation.plan();
        let name = self.name(Place::Container(id));
        let facts = self.ledger.container(id);
        let recovers = match plan.restarts(id) {
            true => "its orchestrator has yet to start it again",
            false => "nothing recovers it",
        };
        let container = self.simulation.container(id);
        let since = facts.since.0;
        let (region, _) = plan.layout.container_place(id);
        if self.losses.is_gone(region) {
            return format!("{name} was lost with region {region} at step {since}");
        }
        match (container.state(), facts.refused_by) {
            (State::FailedDependency, Some(by)) => {
                let by = plan.layout.name(by);
                let when = format!("FailedDependency since step {since}, when {by} refused");
                if let Some(spent) = facts.spent {
                    return format!(
                        "{name} is {when}; its recovery came before, at step {}, and found nothing to \
                         recover from",
                        spent.0
                    );
                }
                match facts.recoveries {
                    0 => format!("{name} is {when}; {recovers}"),
                    1 => format!("{name} was recovered once, and is again {when}"),
                    many => format!("{name} was recovered {many} times, and is again {when}"),
                }
            }
            (State::FailedDependency | State::FailedProcessing, _) => {
                let (how, recovers) = match container.crashed() {
                    true => ("crashed", recovers),
                    false => ("was paused", "nothing recovers it"),
                };
                format!("{name} {how} at step {since}; {recovers}")
            }
            (State::Processing, _) => {
                let queue = plan.containers[id.index()].in_queue_id;
                let machine = plan.layout.machine(Place::Container(id));
                let waiting = self.simulation.queue(queue).waiting();
                if waiting.iter().any(|client| client.machine == machine) {
                    format!("{name} is Processing and waits for a delivery")
                } else if let (Some(hand), Some(full)) = (container.hand(), self.waited_at(id)) {
                    let (record, full) = (hand.copy.id, self.queue(full));
                    format!("{name} is Processing and waits for room for {record} in {full}")
                } else if let Some(hand) = container.hand() {
                    format!("{name} is Processing and works on {}", hand.copy.id)
                } else if facts.recoveries > 0 {
                    format!(
                        "{name} is Processing since step {since}, when it was recovered, and has \
                         not asked {} for a record since",
                        self.queue(queue)
                    )
                } else {
                    format!("{name} is Processing and {}", self.doing(id))
                }
            }
        }
    }

    /// The full queue at which a container waits for room.
    pub(super) fn waited_at(&self, id: ContainerId) -> Option<QueueId> {
        let plan = self.simulation.plan();
        let machine = plan.layout.machine(Place::Container(id));
        let waits = |queue: QueueId| self.simulation.waits_for_room(queue).any(|it| it == machine);
        plan.queues.iter().map(|context| context.id).find(|&queue| waits(queue))
    }

    /// Why that which refused a container refuses, where that is no fault that ended.
    pub(super) fn refusal(&self, id: ContainerId) -> Option<String> {
        let plan = self.simulation.plan();
        let by = self.ledger.container(id).refused_by?;
        let is_stopped = self.simulation.container(id).state() == State::FailedDependency;
        let (Place::Table(table), true) = (plan.layout.places()[by.index()], is_stopped) else {
            return None;
        };
        let name = self.name(Place::Table(table));
        if self.simulation.is_disturbed(Target::Table(table)) {
            return Some(format!("{name} has failed"));
        }
        let forwarding = plan.tables[table.index()].database?.options.forwarding;
        (forwarding == Forwarding::Off).then(|| {
            format!("{name} takes writes only while it is the writer: it forwards none to another")
        })
    }

    /// What a container that works is about.
    pub(super) fn doing(&self, id: ContainerId) -> String {
        let machine = self.simulation.plan().layout.machine(Place::Container(id));
        match (self.simulation.container(id).hand(), self.simulation.next_message(machine)) {
            (Some(hand), _) => format!("works on {}", hand.copy.id),
            (None, Some(message)) => format!("has yet to handle '{}'", message.kind().name()),
            (None, None) => "works on nothing".to_owned(),
        }
    }
}
