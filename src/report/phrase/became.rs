//! What a container becomes.

use super::Scene;
use crate::model::container;
use crate::model::event::Event;
use crate::model::fault::FaultKind;
use crate::model::id::{ContainerId, MachineId};
use crate::model::layout::Place;

impl Scene<'_> {
    /// A new state of a container, unless a fault or its end says as much.
    pub(super) fn became(
        &self,
        id: ContainerId,
        state: container::State,
        refused_by: Option<MachineId>,
    ) -> Option<String> {
        let place = Place::Container(id);
        match (state, refused_by) {
            // Who refused was told.
            (container::State::FailedDependency, _) if self.actor_place() == Some(place) => {
                Some(format!("stops in {}", state.name()))
            }
            (container::State::FailedDependency, Some(by)) => Some(format!(
                "{} stops in {} because {} refused",
                self.place(place),
                state.name(),
                self.machine(by)
            )),
            (container::State::FailedDependency, None) => {
                Some(format!("{} stops in {}", self.place(place), state.name()))
            }
            (container::State::Processing, _) if self.was_replaced(id) => {
                let kind = match self.simulation.container(id).is_old() {
                    true => FaultKind::Rollback,
                    false => FaultKind::Deploy,
                };
                Some(kind.said().to_owned())
            }
            (container::State::Processing | container::State::FailedProcessing, _) => None,
        }
    }

    /// Whether the container has stopped in this step while it drained, and another one has taken its place.
    fn was_replaced(&self, id: ContainerId) -> bool {
        let stops = |event: &Event| {
            matches!(
                *event,
                Event::Container(container::Event::Became { container, state, .. })
                    if container == id && state == container::State::FailedDependency
            )
        };
        self.simulation.events().iter().any(stops)
    }
}
