//! What a queue does when it has waited long enough for a consumer.

use super::Scene;
use crate::model::event::Event;
use crate::model::layout::Place;
use crate::model::message::Client;
use crate::model::queue;

impl Scene<'_> {
    /// What a queue does whose delivery takes too long.
    pub(super) fn expired(&self) -> String {
        // It is the first thing to happen, unless the delivery was over.
        if let Some(&Event::Queue(queue::Event::TimedOut { queue, record })) =
            self.simulation.events().first()
        {
            return match self.is_log(queue) {
                true => format!("takes the partition of {record} from its consumer"),
                false => format!("lets the delivery of {record} time out"),
            };
        }
        "no longer waits for a delivery that is over".to_owned()
    }

    /// What a queue does that knows that its consumer is gone, and has waited all the same.
    pub(super) fn gone(&self, client: Client) -> String {
        let is_log = matches!(self.actor_place(), Some(Place::Queue(queue)) if self.is_log(queue));
        let timeout = if is_log { "session timeout" } else { "visibility timeout" };
        format!("hears nothing of {} for a {timeout}", self.client(client))
    }
}
