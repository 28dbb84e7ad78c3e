//! Words for what a mirror had and nothing goes on from.

use super::Narrator;
use crate::model::event::Event;
use crate::model::id::{QueueId, RecordId};
use crate::model::queue;

impl Narrator<'_> {
    /// Whether the consumers of the log have just begun behind the record, which was mirrored there.
    pub(super) fn is_skipped(&self, queue: QueueId, record: RecordId) -> bool {
        let skipped = Event::Queue(queue::Event::Skipped { queue, record });
        self.simulation.events().contains(&skipped)
    }

    /// That it is in no log from which it goes on.
    pub(super) fn skipped(&self, queue: QueueId, record: RecordId) -> String {
        format!(
            "{record} was accepted, is not delivered, and was in the mirror of {}, whose consumers begin behind it",
            self.queue(queue)
        )
    }

    /// Why they begin there.
    pub(super) fn why_skipped(&self, queue: QueueId) -> Vec<String> {
        let plan = self.simulation.plan();
        let is_its_log = |&id: &QueueId| plan.mirror_of(id) == Some(queue);
        let log = plan.queues.iter().map(|context| context.id).find(is_its_log);
        let lost = log.map(|log| {
            format!("{} was lost, and {} had it mirrored", self.queue(log), self.queue(queue))
        });
        let begin = "no position is mirrored (queue.positions_at_failover = \"latest\"): what was mirrored and not processed \
                     is skipped";
        lost.into_iter().chain([begin.to_owned()]).collect()
    }
}
