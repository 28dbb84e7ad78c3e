//! What a plan says of the machines of a stage, and of all machines of a kind.
//!
//! Queues, containers and tables can be of another design at each stage, so what is asked of a design is asked of a
//! machine, or of any of them. What the scenario says for all stages is in force only where nothing else is said.

use crate::model::id::{ContainerId, QueueId, RegionId, StageId};
use crate::model::options::{ContainerOptions, DeadLetters, Delivery, QueueOptions, Restart};
use crate::model::{container, table};
use crate::plan::Plan;

impl Plan {
    /// Whether a queue is like that.
    pub(crate) fn any_queue(&self, is: impl Fn(&QueueOptions) -> bool) -> bool {
        self.queues.iter().any(|queue| is(&queue.options))
    }

    /// Whether the queue is a log.
    pub(crate) fn is_log(&self, queue: QueueId) -> bool {
        self.queues[queue.index()].options.delivery == Delivery::Log
    }

    /// The log of another region that has the copy of this one, if it is mirrored.
    pub(crate) fn mirror_of(&self, queue: QueueId) -> Option<QueueId> {
        self.queues[queue.index()].mirror?;
        let (region, position) = self.layout.queue_place(queue);
        Some(self.layout.queue(self.layout.next_region(region), position))
    }

    /// Whether some log is mirrored.
    pub(crate) fn has_mirrors(&self) -> bool {
        self.queues.iter().any(|queue| queue.mirror.is_some())
    }

    /// Whether a container is like that.
    pub(crate) fn any_container(&self, is: impl Fn(&ContainerOptions) -> bool) -> bool {
        self.containers.iter().any(|container| is(&container.options))
    }

    /// A container of the stage: all of them are of one design.
    pub(crate) fn container_of(&self, stage: StageId) -> &container::Context {
        &self.containers[self.layout.container(RegionId(0), stage, 0).index()]
    }

    /// A table of the stage: all of them are of one design.
    pub(crate) fn table_of(&self, stage: StageId) -> &table::Context {
        &self.tables[self.layout.table(RegionId(0), stage).index()]
    }

    /// Whether a global database has an outbox, which goes from one cluster to another with the writer.
    pub(crate) fn has_shared_outbox(&self) -> bool {
        // It is asked in every step of a search, and all queues know it.
        self.queues[0].near_shared_outbox
    }

    /// The stage whose containers read the queue; none if the destination does.
    pub(crate) fn reader(&self, queue: QueueId) -> Option<StageId> {
        let position = self.layout.queue_place(queue).1;
        (position < self.layout.stages.len()).then_some(StageId(position as u8))
    }

    /// Whether an orchestrator starts the container again when it has died or stopped.
    pub(crate) fn restarts(&self, container: ContainerId) -> bool {
        self.containers[container.index()].options.restart == Restart::Always
    }

    /// Whether another container of the same queue can take over what one holds that hangs.
    pub(crate) fn can_take_over(&self, queue: QueueId) -> bool {
        self.reader(queue).is_some_and(|stage| self.layout.containers_of(stage) > 1)
    }

    /// Whether records may stay in the dead-letter queue of this queue.
    pub fn parks_in(&self, queue: QueueId) -> bool {
        self.queues[queue.index()].options.dead_letters == DeadLetters::Parked
    }
}
