//! Words for what containers do with batches.

use super::Narrator;
use crate::model::container;
use crate::model::id::{QueueId, RecordId};
use crate::model::layout::Place;
use crate::model::options::OnBatchFailure;

impl Narrator<'_> {
    /// How good records become dead letters of a queue whose containers receive several at a time.
    pub(super) fn die_together(&self, queue: QueueId, group: &[RecordId]) -> Option<String> {
        let reader = self.of_batches(queue)?;
        let plan = self.simulation.plan();
        let how = match reader.options.on_batch_failure {
            _ if group.iter().all(|&record| plan.is_poison(record)) => return None,
            OnBatchFailure::AllBack => "gives the whole batch back when one of its records fails",
            OnBatchFailure::FailedBack if reader.order.is_kept => {
                "gives back, with a record that fails, those of its group behind it"
            }
            OnBatchFailure::FailedBack
            | OnBatchFailure::FailedOnlyBack
            | OnBatchFailure::Removed => return None,
        };
        let name = self.name(Place::Container(reader.id));
        Some(format!("{name} {how}, which counts as a delivery of each"))
    }

    /// That a container removes what it has not processed, if that is its way.
    pub(super) fn removes_all(&self, queue: QueueId) -> Option<String> {
        let reader = self.of_batches(queue)?;
        let name = self.name(Place::Container(reader.id));
        (reader.options.on_batch_failure == OnBatchFailure::Removed)
            .then(|| format!("{name} removes the whole batch when one of its records fails"))
    }

    /// One of the containers that read the queue, if they receive several records at a time.
    fn of_batches(&self, queue: QueueId) -> Option<&container::Context> {
        let mut containers = self.simulation.plan().containers.iter();
        containers.find(|context| context.in_queue_id == queue && context.options.batch > 1)
    }
}
