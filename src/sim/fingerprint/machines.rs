//! What of each kind of machine can influence a later step.

use crate::model::destination::RecordDestination;
use crate::model::dns::Dns;
use crate::model::id::{BatchId, ContainerId, QueueId, RecordId, ReplicatorId, TableId};
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::model::options::{Commit, OnPartial};
use crate::model::service::ExternalService;
use crate::model::source::RecordSource;
use crate::model::table::relay::Relay;
use crate::sim::driver::Driver;
use crate::sim::fingerprint::Writer;
use crate::sim::world::Machines;

impl Writer<'_> {
    /// The other records of a container's batch.
    fn batch(&mut self, id: ContainerId) {
        let (world, batch) = (self.world, self.world.containers[id.index()].batch());
        self.bytes.flag(batch.removes());
        self.bytes.u8(batch.becomes_old().map_or(0, |is_old| 1 + u8::from(is_old)));
        for list in batch.lists() {
            self.bytes.len(list.len());
            for message in world.out.held(list) {
                let Message::Received { queue, copy, receipt, .. } = *message else {
                    unreachable!("a batch is of deliveries");
                };
                self.copy(copy);
                self.receipt(receipt, queue);
                self.attempt(receipt, queue, copy.id);
            }
        }
    }
}

impl Writer<'_> {
    /// The outbox of a global database: of each intent also how many were done when it was written.
    fn shared_outbox(&mut self, relay: &Relay) {
        let ([intents, _], (done, ahead)) = (relay.lists(), relay.position());
        self.bytes.flag(relay.is_home());
        self.bytes.flag(relay.has_lost_copies());
        self.bytes.u16(ahead);
        for list in [done, intents] {
            self.bytes.len(list.len());
            for message in self.world.out.held(list) {
                let Message::Insert { client, copy } = *message else {
                    unreachable!("the outbox of a database has intents only");
                };
                self.copy(copy);
                self.bytes.u16(client.incarnation);
            }
        }
    }
}

impl Machines for Writer<'_> {
    fn driver(&mut self, driver: &Driver) {
        self.bytes.u16(driver.next() as u16);
        self.bytes.flag(driver.is_waiting());
        self.bytes.flag(driver.is_released());
        let (component, any_failed) = driver.component();
        self.bytes.u16(component);
        self.bytes.flag(any_failed);
    }

    fn container(&mut self, id: ContainerId) {
        let container = &self.world.containers[id.index()];
        self.bytes.u8(container.state() as u8 | (container.drains() as u8) << 2);
        self.bytes.flag(container.crashed());
        self.bytes.u8(container.retried());
        if self.plan.containers[id.index()].can_be_old {
            self.bytes.flag(container.is_old());
        }
        if !self.renames {
            self.bytes.u16(container.incarnation());
        }
        self.bytes.flag(container.hand().is_some());
        if let Some(hand) = container.hand() {
            self.copy(hand.copy);
            self.bytes.u8(hand.step);
            let queue = self.plan.containers[id.index()].in_queue_id;
            self.receipt(hand.receipt, queue);
            self.attempt(hand.receipt, queue, hand.copy.id);
        }
        if self.plan.containers[id.index()].options.batch > 1 {
            self.batch(id);
        }
    }

    fn table(&mut self, id: TableId) {
        let (world, machine) = (self.world, self.plan.tables[id.index()].machine);
        let table = &world.tables[id.index()];
        self.bytes.u8(table.state() as u8);
        let lists = [table.held(), table.pending(), table.waiting_writes(), table.unconfirmed()];
        let is_confirmed =
            self.plan.replicators[self.plan.layout.table_place(id).1.index()].returns;
        for list in &lists[..if is_confirmed { 4 } else { 3 }] {
            self.bytes.len(list.len());
            world.out.held(list).for_each(|message| self.message(message, machine));
        }
        self.bytes.u8(table.writer().0);
        self.bytes.flag(table.is_draining());
        self.bytes.u32(table.unlogged());
        if self.plan.clocks_differ {
            self.bytes.flag(table.ahead() > 0);
        }
        if let Some(context) = &self.plan.tables[id.index()].relay {
            let relay = table.relay();
            for worker in &relay.workers()[..context.options.instances.into()] {
                // Only where one has died, so that it changes no state in which none has.
                let has_died = worker.life() > 0 && !self.renames;
                self.bytes.u8(worker.state() as u8 | u8::from(has_died) << 7);
                self.bytes.flag(worker.under_way().is_some());
                worker.under_way().into_iter().for_each(|copy| self.copy(copy));
                if !self.plan.layout.shape.is_line() {
                    self.bytes.u16(worker.to().0);
                }
                if has_died {
                    self.bytes.u16(worker.life());
                }
            }
            if context.is_shared {
                self.shared_outbox(relay);
            } else {
                for list in relay.lists() {
                    self.bytes.len(list.len());
                    world.out.held(list).for_each(|message| self.message(message, machine));
                }
            }
        }
        if !self.bytes.is_anonymous() {
            world.rows_of(id, self.plan).iter().for_each(|row| self.row(row));
            self.plan.record_ids().for_each(|record| self.writers_of(id, record));
        }
        for latest in world.latest_of(id, self.plan) {
            self.bytes.record(latest.record);
            self.bytes.u8(latest.region.0);
        }
    }

    fn replicator(&mut self, id: ReplicatorId) {
        let (world, context) = (self.world, &self.plan.replicators[id.index()]);
        let replicator = &world.replicators[id.index()];
        self.bytes.u8(replicator.state() as u8);
        self.bytes.u8(replicator.unreachable().0);
        self.bytes.u8(replicator.writer().0);
        if context.returns {
            self.bytes.u8(replicator.left_out().0);
        }
        for list in self.plan.layout.region_ids().flat_map(|region| replicator.held(region)) {
            self.bytes.len(list.len());
            world.out.held(list).for_each(|message| self.message(message, context.machine));
        }
        if let Some(first) = context.log_from
            && !self.bytes.is_anonymous()
        {
            let rows = self.plan.record_ids().map(|record| first + record.index());
            rows.for_each(|row| self.bytes.flag(world.log.contains(row)));
        }
    }

    fn service(&mut self, service: &ExternalService) {
        self.bytes.u8(service.state() as u8);
        if !self.bytes.is_anonymous() {
            self.plan.record_ids().for_each(|record| self.calls(record));
        }
    }

    fn source(&mut self, source: &RecordSource) {
        self.bytes.u8(source.state() as u8);
        self.bytes.flag(source.changed());
        if self.plan.source.options.on_partial == OnPartial::Ignore {
            self.bytes.u16(source.left_out());
        }
        self.bytes.record(source.under_way().unwrap_or(RecordId(0)));
        source.next().iter().for_each(|&next| self.bytes.u16(next));
        if self.plan.awaits_refusal() {
            let batches = (1..=self.plan.batches() as u16).map(BatchId);
            batches.for_each(|batch| self.bytes.flag(source.was_refused(batch)));
        }
        self.bytes.len(source.pending().len());
        for message in self.world.out.held(source.pending()) {
            self.message(message, self.plan.source.machine);
        }
    }

    fn dns(&mut self, dns: &Dns) {
        for region in 0..self.plan.layout.regions {
            self.bytes.u8(dns.weights()[region]);
            self.bytes.u16(dns.credit()[region] as u16);
        }
        self.bytes.u8(dns.offline().0);
        self.bytes.u8(dns.failed().0);
        dns.health().bytes().into_iter().for_each(|byte| self.bytes.u8(byte));
        let (newest, in_place, is_late) = dns.plans().parts();
        self.bytes.u16(newest);
        self.bytes.u16(in_place.map_or(u16::MAX, |plan| plan));
        self.bytes.flag(is_late);
        let cache = dns.cache();
        self.bytes.flag(cache.is_some());
        if let Some((region, left)) = cache {
            self.bytes.u8(region.0);
            self.bytes.u16(left);
        }
        // Last, so that it changes no state in which nothing is broken.
        dns.broken().iter().for_each(|region| self.bytes.u8(region.0));
    }

    fn destination(&mut self, destination: &RecordDestination) {
        for region in self.plan.layout.region_ids() {
            self.bytes.u8(destination.state(region) as u8);
            self.bytes.flag(destination.changed(region));
        }
        if !self.bytes.is_anonymous() {
            self.plan.record_ids().for_each(|record| self.bytes.flag(destination.has(record)));
        }
        if !self.renames {
            destination.numbers().iter().for_each(|number| self.bytes.u16(number.0));
        }
        destination.shown().iter().for_each(|&record| self.bytes.record(record));
        if !self.bytes.is_anonymous() {
            self.plan.record_ids().for_each(|record| self.arrival_age(record));
        }
    }

    fn queue(&mut self, id: QueueId) {
        let (queue, shelf) = (&self.world.queues[id.index()], &self.world.shelf);
        let context = &self.plan.queues[id.index()];
        self.bytes.u8(queue.state() as u8);
        if !self.renames {
            self.bytes.u32(queue.deliveries());
            self.bytes.u16(if self.world.destination.numbers().is_empty() {
                0
            } else {
                queue.messages()
            });
        }
        let in_flight = queue.in_flight(shelf).count();
        self.bytes.len(in_flight);
        self.bytes.len(queue.len());
        for (index, item) in queue.items(shelf).enumerate() {
            self.copy(item.copy);
            // How often it was delivered matters only to a queue that gives up.
            self.bytes.u16(item.receives.min(context.options.max_receives));
            if !self.renames {
                self.bytes.u32(item.receipt.0);
            } else if context.options.commit == Commit::AtIntervals {
                self.bytes.flag(index < in_flight && item.is_processed());
            }
            self.number(item.number, item.copy.id, id);
            if index < in_flight {
                self.client(item.holder);
            }
        }
        self.bytes.len(queue.dead(shelf).count());
        queue.dead(shelf).for_each(|item| self.copy(item.copy));
        self.bytes.len(queue.held().len());
        let machine = self.plan.layout.machine(Place::Queue(id));
        self.world.out.held(queue.held()).for_each(|message| self.message(message, machine));
        if context.deduplication.is_some() {
            self.bytes.len(queue.taken(shelf).count());
            queue.taken(shelf).for_each(|item| self.bytes.record(item.copy.id));
        }
        if self.plan.has_mirrors() {
            self.bytes.len(queue.mirrored(shelf).count());
            queue.mirrored(shelf).for_each(|item| self.copy(item.copy));
            self.bytes.flag(queue.is_alone());
        }
        self.bytes.len(queue.waiting().len());
        queue.waiting().iter().for_each(|&client| self.client(client));
    }
}
