//! What a running system is made of, to be looked at between two steps.

use crate::model::container::Container;
use crate::model::destination::RecordDestination;
use crate::model::dns::{Dns, DnsSide};
use crate::model::fault::Target;
use crate::model::id::{
    BatchId, ContainerId, MachineId, QueueId, RecordId, RegionId, ReplicatorId, StageId, TableId,
};
use crate::model::message::Message;
use crate::model::progress::Progress;
use crate::model::queue::{Item, Queue, Shelf};
use crate::model::replicator::Replicator;
use crate::model::service::ExternalService;
use crate::model::source::RecordSource;
use crate::model::table::{Latest, RegionalTable, Rows};
use crate::scenario::Budget;
use crate::sim::{Driver, Simulation};

impl Simulation {
    /// The record source.
    pub fn source(&self) -> &RecordSource {
        &self.world.source
    }

    /// One of the two DNS names.
    pub fn dns(&self, side: DnsSide) -> &Dns {
        match side {
            DnsSide::In => &self.world.in_dns,
            DnsSide::Out => &self.world.out_dns,
        }
    }

    /// The record destination.
    pub fn destination(&self) -> &RecordDestination {
        &self.world.destination
    }

    /// A queue.
    #[inline]
    pub fn queue(&self, queue: QueueId) -> &Queue {
        &self.world.queues[queue.index()]
    }

    /// The records of a queue, those in flight first.
    pub fn queue_items(&self, queue: QueueId) -> impl Iterator<Item = &Item> {
        self.queue(queue).items(&self.world.shelf)
    }

    /// The machines that wait for a queue to have room for what they send.
    pub(crate) fn waits_for_room(&self, queue: QueueId) -> impl Iterator<Item = MachineId> + '_ {
        let held = self.world.out.held(self.queue(queue).held());
        held.filter_map(|message| message.when_refused()).map(|(client, _)| client.machine)
    }

    /// What a queue remembers of what it has taken, to tell what is sent again from a message; oldest first.
    pub(crate) fn queue_taken(&self, queue: QueueId) -> impl Iterator<Item = &Item> {
        self.queue(queue).taken(&self.world.shelf)
    }

    /// The records that a queue has given up after too many deliveries.
    pub fn dead_letters(&self, queue: QueueId) -> impl Iterator<Item = &Item> {
        self.queue(queue).dead(&self.world.shelf)
    }

    /// Whether the record is in a dead-letter queue, and the scenario declares that records may stay there.
    pub fn is_parked(&self, record: RecordId) -> bool {
        self.world.is_parked(record, &self.plan)
    }

    /// The items of all queues, for [`Queue::in_flight`].
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.world.shelf
    }

    /// Whether there is a fault to recover from.
    pub fn is_disturbed(&self, target: Target) -> bool {
        self.world.is_disturbed(target)
    }

    /// Whether the region is gone for good.
    pub fn is_lost(&self, region: RegionId) -> bool {
        self.world.lost.contains(region)
    }

    /// A container.
    #[inline]
    pub fn container(&self, container: ContainerId) -> &Container {
        &self.world.containers[container.index()]
    }

    /// The records that a container received with the one that it works on: those that it has not begun, and then those
    /// that it has processed and not removed.
    pub fn batch(&self, container: ContainerId) -> impl Iterator<Item = RecordId> {
        let lists = self.container(container).batch().lists();
        lists.into_iter().flat_map(|list| self.world.out.held(list).filter_map(Message::record))
    }

    /// Whether a container has the record in its memory.
    pub(crate) fn holds(&self, container: ContainerId, record: RecordId) -> bool {
        let hand = self.container(container).hand();
        hand.is_some_and(|hand| hand.copy.id == record)
            || self.batch(container).any(|other| other == record)
    }

    /// A regional table.
    pub fn table(&self, table: TableId) -> &RegionalTable {
        &self.world.tables[table.index()]
    }

    /// Whether the outbox of a regional table has a record that its relay has not published.
    pub(crate) fn intends(&self, table: TableId, record: RecordId) -> bool {
        self.world.intends(table, record)
    }

    /// The rows of a regional table.
    pub fn rows(&self, table: TableId) -> Rows<'_> {
        Rows::new(self.world.rows_of(table, &self.plan))
    }

    /// What a regional table shows, by key; empty when records have no keys.
    pub fn latest(&self, table: TableId) -> &[Latest] {
        self.world.latest_of(table, &self.plan)
    }

    /// Whether a partition is between the regions of two tables.
    pub(crate) fn is_cut_between(&self, one: TableId, other: TableId) -> bool {
        self.world.is_cut_between(one, other, &self.plan)
    }

    /// A replicator.
    pub fn replicator(&self, replicator: ReplicatorId) -> &Replicator {
        &self.world.replicators[replicator.index()]
    }

    /// The external service, which has done nothing if no container calls it.
    pub fn service(&self) -> &ExternalService {
        &self.world.service
    }

    /// How many effects the external service has had for a record, called by this stage.
    pub fn effects(&self, stage: StageId, record: RecordId) -> u8 {
        let context = self.plan.service.as_ref();
        context.map_or(0, |context| self.world.service.calls(stage, record, context).effects)
    }

    /// The driver.
    pub fn driver(&self) -> &Driver {
        &self.world.driver
    }

    /// Whether the script has handed the batch to the source.
    pub fn has_begun(&self, batch: BatchId) -> bool {
        self.plan.published_by(batch) < self.driver().next()
    }

    /// How far the batches have come.
    pub fn progress(&self) -> &Progress {
        self.world.out.progress()
    }

    /// The messages that wait for a machine, first one first.
    pub fn inbox(&self, machine: MachineId) -> impl Iterator<Item = &Message> {
        self.world.out.inbox(machine)
    }

    /// The messages to a machine that are late: on their way, and in no inbox yet; the first one first.
    pub fn late(&self, machine: MachineId) -> impl Iterator<Item = &Message> {
        self.world.out.late_to(machine)
    }

    /// How many messages wait for a machine.
    #[inline]
    pub fn waiting(&self, machine: MachineId) -> usize {
        self.world.out.waiting(machine)
    }

    /// The message that a machine would handle next.
    #[inline]
    pub fn next_message(&self, machine: MachineId) -> Option<&Message> {
        self.world.out.first(machine)
    }

    /// How many more faults of each kind the scheduler may choose.
    pub fn budget_left(&self) -> Budget {
        self.world.faults.left()
    }
}
