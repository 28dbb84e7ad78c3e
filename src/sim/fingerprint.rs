//! A number for a state.

use xxhash_rust::xxh3::Xxh3;

use crate::model::dns::Dns;
use crate::model::id::MachineId;
use crate::model::message::Message;
use crate::plan::Plan;
use crate::sim::world::World;

/// Feeds every part of a state that can influence a later step into a 128-bit hash.
pub(super) fn of(world: &World, plan: &Plan) -> u128 {
    let mut hash = Hash(Xxh3::new());
    for index in 0..plan.layout.machines() {
        let machine = MachineId(index as u16);
        hash.number(world.out.waiting(machine) as u64);
        world.out.inbox(machine).for_each(|message| hash.message(message));
    }
    hash.source(world);
    hash.dns(&world.in_dns);
    hash.dns(&world.out_dns);
    for region in plan.layout.region_ids() {
        hash.number(world.destination.state(region) as u64);
        hash.number(u64::from(world.destination.changed(region)));
    }
    world.destination.arrived().iter().for_each(|record| hash.number(record as u64));
    hash.queues(world);
    for container in &world.containers {
        hash.number(container.state() as u64);
        hash.number(u64::from(container.retried()) << 1 | u64::from(container.crashed()));
        hash.number(container.incarnation().into());
        let hand = container.hand();
        hash.number(hand.map_or(0, |hand| {
            u64::from(hand.copy.id.0) << 40 | u64::from(hand.step) << 32 | u64::from(hand.receipt.0)
        }));
        hash.number(hand.map_or(0, |hand| hand.copy.value.into()));
    }
    for table in &world.tables {
        hash.number(table.state() as u64);
        hash.number(table.clock().into());
        hash.number(table.held().len() as u64);
        world.out.held(table.held()).for_each(|message| hash.message(message));
    }
    for row in &world.rows {
        let flags = u64::from(row.rows) << 1 | u64::from(row.written_here);
        hash.number(u64::from(row.value) << 32 | flags);
    }
    for latest in &world.latest {
        hash.number(u64::from(latest.record.0) << 8 | u64::from(latest.region.0));
        hash.number(latest.time.into());
    }
    for replicator in &world.replicators {
        hash.number(u64::from(replicator.unreachable().0) << 8 | replicator.state() as u64);
        for region in plan.layout.region_ids() {
            for list in replicator.held(region) {
                hash.number(list.len() as u64);
                world.out.held(list).for_each(|message| hash.message(message));
            }
        }
    }
    hash.number(world.lost.0.into());
    hash.number((world.driver.next() as u64) << 1 | u64::from(world.driver.is_waiting()));
    world.out.progress().reached().iter().for_each(|&reached| hash.number(reached.into()));
    for record in plan.record_ids() {
        hash.number(world.out.progress().entered(record).0.into());
    }
    let left = world.faults.left();
    hash.number(u64::from(left.crash) << 16 | u64::from(left.lost_reply));
    hash.number(u64::from(left.visibility_timeout) << 16 | u64::from(left.reorder));
    hash.number(world.driver.is_released().into());
    world.faults.ready().bits().iter().for_each(|fault| hash.number(fault as u64));
    hash.0.digest128()
}

struct Hash(Xxh3);

impl Hash {
    fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }

    fn source(&mut self, world: &World) {
        let source = &world.source;
        self.number(source.state() as u64);
        self.number(source.under_way().map_or(0, |record| record.0.into()));
        self.number(source.changed().into());
        source.next().iter().for_each(|&next| self.number(next.into()));
        self.number(source.pending().len() as u64);
        world.out.held(source.pending()).for_each(|message| self.message(message));
    }

    fn dns(&mut self, dns: &Dns) {
        self.number(u64::from_le_bytes(dns.weights()));
        dns.credit().iter().for_each(|&credit| self.0.update(&credit.to_le_bytes()));
        self.number(u64::from(dns.offline().0) << 8 | u64::from(dns.failed().0));
    }

    fn queues(&mut self, world: &World) {
        for queue in &world.queues {
            self.number(queue.state() as u64);
            self.number(queue.deliveries().into());
            self.number(queue.in_flight(&world.shelf).count() as u64);
            self.number(queue.len() as u64);
            for item in queue.items(&world.shelf) {
                self.number(u64::from(item.copy.id.0) << 32 | u64::from(item.copy.value));
                self.number(u64::from(item.receipt.0) << 16 | u64::from(item.receives));
                self.client(item.holder);
            }
            self.number(queue.dead(&world.shelf).count() as u64);
            for item in queue.dead(&world.shelf) {
                self.number(u64::from(item.copy.id.0) << 32 | u64::from(item.copy.value));
            }
            self.number(queue.held().len() as u64);
            world.out.held(queue.held()).for_each(|message| self.message(message));
            self.number(queue.waiting().len() as u64);
            queue.waiting().iter().for_each(|&client| self.client(client));
        }
    }

    fn client(&mut self, client: crate::model::Client) {
        self.number(u64::from(client.machine.0) << 16 | u64::from(client.incarnation));
    }

    /// All that a message says, its kind included.
    fn message(&mut self, message: &Message) {
        self.number(message.kind() as u64);
        match *message {
            Message::Proceed => {}
            Message::Publish { batch } => self.number(batch.0.into()),
            Message::Wake { region } => self.number(region.0.into()),
            Message::Send { client, copy } | Message::Insert { client, copy } => {
                self.client(client);
                self.number(u64::from(copy.id.0) << 32 | u64::from(copy.value));
            }
            Message::Sent { incarnation, queue }
            | Message::ReceiveRefused { incarnation, queue }
            | Message::Removed { incarnation, queue }
            | Message::RemoveRefused { incarnation, queue } => {
                self.number(u64::from(incarnation) << 16 | u64::from(queue.0));
            }
            Message::SendRefused { incarnation } | Message::InsertRefused { incarnation } => {
                self.number(incarnation.into());
            }
            Message::Receive { client, queue } => {
                self.client(client);
                self.number(queue.0.into());
            }
            Message::Received { incarnation, queue, copy, receipt } => {
                self.number(u64::from(incarnation) << 16 | u64::from(queue.0));
                self.number(u64::from(copy.id.0) << 32 | u64::from(copy.value));
                self.number(receipt.0.into());
            }
            Message::Remove { client, queue, receipt } => {
                self.client(client);
                self.number(u64::from(queue.0) << 32 | u64::from(receipt.0));
            }
            Message::Abandon { client } => self.client(client),
            Message::Inserted { incarnation, duplicate, unreadable } => {
                let flags = u64::from(unreadable) << 1 | u64::from(duplicate);
                self.number(u64::from(incarnation) << 2 | flags);
            }
            Message::Replicate { region, copy, time } | Message::Apply { region, copy, time } => {
                self.number(u64::from(time) << 8 | u64::from(region.0));
                self.number(u64::from(copy.id.0) << 32 | u64::from(copy.value));
            }
        }
    }
}
