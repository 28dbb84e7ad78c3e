//! A number for a state: the sum of a number for each of its parts.
//!
//! A part is a machine with its inbox, the script with the offers of faults, or what is known of the
//! progress of one record; where tables compare the times of writes, their order is one more. A step changes few of them, so a caller that keeps the numbers of all parts has
//! the next state's number after hashing those few (the idea of Zobrist, 1970; that sums of
//! good hashes collide no more often than hashes of the whole is shown by Bellare and Micciancio, *A new
//! paradigm for collision-free hashing*, 1997).
//!
//! Receipts and incarnations are only ever compared for equality, so states that differ in nothing but
//! how these are numbered behave alike. Where a plan lets deliveries be repeated or containers start
//! again, a receipt is written as the place of its delivery in the queue, and an incarnation by how
//! many came after it: then such states have one number, and a system that goes round in
//! circles comes back to a state. Elsewhere both are what they are.
//!
//! Records can be written without their names ([`Bytes::new`]): what is left of a part is the same
//! whichever record it mentions where. Who wants to know then adds up, for each record, where it is mentioned.

mod held;
mod machines;
mod times;

use crate::model::id::{MachineId, QueueId, RecordId, TableId};
use crate::model::layout::Place;
use crate::model::message::{Client, Message, MessageNumber, Receipt, RolledBack};
use crate::model::options::{Idempotency, KeyStore};
use crate::model::record::RecordCopy;
use crate::model::table::{Consumers, Row, Writers};
use crate::plan::Plan;
use crate::sim::Bytes;
use crate::sim::world::World;

#[cfg(test)]
mod tests;

/// A part of a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// A machine and its inbox.
    Machine(MachineId),
    /// What faults the scheduler may choose, and what faults did to the system as a whole.
    Faults,
    /// How far a record has come.
    Record(RecordId),
    /// In which order writes took place; only where that makes a difference.
    Times,
}

/// Every part of a state, in the order of their numbers.
pub(crate) fn parts(plan: &Plan) -> impl Iterator<Item = Part> {
    let machines = (0..plan.layout.machines() as u16).map(|id| Part::Machine(MachineId(id)));
    let times = plan.compares_times().then_some(Part::Times);
    machines.chain([Part::Faults]).chain(plan.record_ids().map(Part::Record)).chain(times)
}

/// The number of a state. See [`Simulation::fingerprint`](crate::sim::Simulation::fingerprint).
pub(super) fn of(world: &World, plan: &Plan) -> u128 {
    let mut bytes = Bytes::default();
    let mut whole = 0u128;
    for part in parts(plan) {
        bytes.clear();
        write(part, world, plan, &mut bytes);
        whole = whole.wrapping_add(bytes.hash());
    }
    whole
}

/// Writes down what of a part can influence a later step.
pub(super) fn write(part: Part, world: &World, plan: &Plan, bytes: &mut Bytes) {
    let mut writer = Writer { world, plan, renames: plan.repeats(), bytes };
    match part {
        Part::Machine(machine) => writer.machine(machine),
        Part::Faults => writer.faults(),
        Part::Record(record) => writer.record(record),
        Part::Times => times::write(world, plan, writer.bytes),
    }
}

struct Writer<'a> {
    world: &'a World,
    plan: &'a Plan,
    /// Receipts and incarnations are written as what they mean.
    renames: bool,
    bytes: &'a mut Bytes,
}

impl Writer<'_> {
    fn machine(&mut self, machine: MachineId) {
        let world = self.world;
        self.bytes.u16(machine.0);
        self.bytes.flag(world.out.is_open(machine));
        self.messages_to(machine);
        self.world.visit(self.plan.layout.places()[machine.index()], self);
    }

    fn row(&mut self, row: &Row) {
        let flags = u64::from(row.written_here) << 40 | u64::from(row.replicated) << 41;
        self.bytes.u64(u64::from(row.rows) << 32 | flags | u64::from(row.value));
    }

    /// The inbox of a machine, and what is late.
    fn messages_to(&mut self, machine: MachineId) {
        let out = &self.world.out;
        self.bytes.len(out.waiting(machine));
        out.inbox(machine).for_each(|message| self.message(message, machine));
        if self.plan.can_be_late {
            self.bytes.len(out.late_to(machine).count());
            out.late_to(machine).for_each(|message| self.message(message, machine));
        }
    }

    fn faults(&mut self) {
        self.bytes.u16(u16::MAX);
        self.bytes.u8(self.world.lost.0);
        if self.renames {
            // Elsewhere these follow from where the records are.
            let progress = self.world.out.progress();
            self.bytes.u32(progress.delivered());
            let regions = self.plan.layout.region_ids();
            regions.for_each(|region| self.bytes.u32(progress.queued(region)));
        }
        let ending = self.world.ending;
        self.bytes.flag(ending.is_fresh(self.world.driver.next() as u16));
        self.bytes.u8(ending.repeats());
        self.bytes.flag(ending.is_closed());
        // Only what is left of something, so that a kind that is new changes no state without it.
        let left = self.world.faults.left().counts();
        self.bytes.len(left.iter().filter(|left| **left > 0).count());
        for (key, left) in left.into_iter().enumerate().filter(|(_, left)| *left > 0) {
            self.bytes.u8(key as u8);
            self.bytes.u16(left);
        }
        let offers = self.world.faults.ready();
        self.bytes.len(offers.len());
        offers.bits().iter().for_each(|offer| self.bytes.u16(offer as u16));
        self.of_script();
        // Last, so that it changes no state in which nothing is cut.
        self.world.faults.cut.iter().for_each(|container| self.bytes.u16(container as u16));
    }

    fn record(&mut self, record: RecordId) {
        let progress = self.world.out.progress();
        // No machine has such a number.
        self.bytes.u16(u16::MAX - 1);
        if self.bytes.is_anonymous() {
            self.whereabouts(record);
        } else {
            self.bytes.u16(record.0);
        }
        self.bytes.u32(progress.reached()[record.index()]);
        self.bytes.u8(progress.entered(record).0);
    }

    /// What machines say of a record that they mention in the order of all records: a record without a
    /// name takes it along.
    fn whereabouts(&mut self, record: RecordId) {
        let (world, plan) = (self.world, self.plan);
        self.bytes.u16(plan.batch_of(record).0);
        self.bytes.flag(world.destination.has(record));
        for context in &plan.tables {
            let row = world.rows_of(context.id, plan)[record.index()];
            let is_own = row.value == plan.value(record);
            self.row(&Row { value: if is_own { 0 } else { row.value }, ..row });
            self.writers_of(context.id, record);
        }
        for first in plan.replicators.iter().filter_map(|context| context.log_from) {
            self.bytes.flag(world.log.contains(first + record.index()));
        }
        if plan.service.is_some() {
            self.calls(record);
        }
        self.arrival_age(record);
    }

    /// How soon the destination forgets that the record has arrived, if it ever does.
    fn arrival_age(&mut self, record: RecordId) {
        if self.plan.destination.options.window > 0 {
            self.bytes.u32(self.world.destination.age(record, &self.plan.destination));
        }
    }

    /// Who has written the row of a record, where rows are taken back.
    fn writers_of(&mut self, table: TableId, record: RecordId) {
        if self.world.writers.is_empty() {
            return;
        }
        let width = self.plan.records() + 1;
        let writers = &self.world.writers[table.index() * width..][..width];
        let Writers { regions, consumers } = writers[record.index()];
        self.bytes.u8(regions.0);
        match consumers {
            Consumers::None => self.bytes.u8(0),
            Consumers::Several => self.bytes.u8(1),
            Consumers::One(client) => {
                self.bytes.u8(2);
                self.client(client);
            }
        }
    }

    /// What the external service knows of a record at every stage.
    fn calls(&mut self, record: RecordId) {
        let Some(context) = &self.plan.service else { return };
        for stage in self.plan.layout.stage_ids() {
            let calls = self.world.service.calls(stage, record, context);
            self.bytes.u8(calls.effects);
            self.bytes.u32(self.world.service.age(calls, context));
            if context.options.keys == KeyStore::InMemory {
                self.bytes.flag(calls.delivery.is_some());
            }
            // Elsewhere the deliveries that can still be called for say whether they are this one.
            if let (false, Some((queue, receipt))) = (self.renames, calls.delivery) {
                self.bytes.u16(queue.0);
                self.bytes.u32(receipt.0);
            }
        }
    }

    /// A delivery of which the external service can be told, where it knows calls by that: whether it knows this one.
    fn attempt(&mut self, receipt: Receipt, queue: QueueId, record: RecordId) {
        let Some(context) = &self.plan.service else { return };
        if context.options.idempotency != Idempotency::ByAttempt {
            return;
        }
        match self.renames {
            true => self.bytes.flag(self.world.service.knows((queue, receipt), record, context)),
            false => self.bytes.u32(receipt.0),
        }
    }

    fn copy(&mut self, copy: RecordCopy) {
        self.bytes.copy(copy, self.plan);
    }

    /// Who holds or waits for a delivery, or gives one up.
    fn client(&mut self, client: Client) {
        self.bytes.u16(client.machine.0);
        self.bytes.u16(self.age(client.incarnation, client.machine));
    }

    /// Who will get a reply.
    fn asker(&mut self, client: Client) {
        self.bytes.u16(client.machine.0);
        self.incarnation(client.incarnation, client.machine);
    }

    /// An incarnation of the machine that is only asked whether it is the newest: how long ago it was
    /// is unobservable, and would grow without bound while another machine does not answer.
    fn incarnation(&mut self, incarnation: u16, machine: MachineId) {
        if let Place::Table(id) = self.plan.layout.places()[machine.index()]
            && self.renames
        {
            // Of a relay it is asked which instance it was, and whether that has died since.
            let instance = self.world.tables[id.index()].relay().instance(incarnation);
            return self.bytes.u16(instance.map_or(u16::MAX, |instance| instance as u16));
        }
        let age = self.age(incarnation, machine);
        self.bytes.u16(if self.renames { age.min(1) } else { age });
    }

    /// How many incarnations of the machine came after this one.
    fn age(&self, incarnation: u16, machine: MachineId) -> u16 {
        let mut newest = 0;
        if let Place::Container(id) = self.plan.layout.places()[machine.index()]
            && self.renames
        {
            newest = self.world.containers[id.index()].incarnation();
        }
        newest.wrapping_sub(incarnation)
    }

    /// A receipt of the queue: the place of the item that was delivered with it and was not
    /// delivered again; a receipt without one removes nothing, now and for ever.
    fn receipt(&mut self, receipt: Receipt, queue: QueueId) {
        if !self.renames {
            return self.bytes.u32(receipt.0);
        }
        let mut items = self.world.queues[queue.index()].items(&self.world.shelf);
        let place = items.position(|item| item.receipt == receipt);
        self.bytes.u32(place.map_or(u32::MAX, |place| place as u32));
    }

    /// What a queue tells itself of a delivery.
    fn expiry(&mut self, receipt: Receipt, queue: MachineId) {
        let Place::Queue(queue) = self.plan.layout.places()[queue.index()] else {
            unreachable!("only queues have visibility timeouts");
        };
        self.receipt(receipt, queue);
    }

    /// A message of a queue, where a machine tells messages apart: whether the destination had the record
    /// in this one last. More is not asked of it, and no two messages of a queue are the same.
    fn number(&mut self, number: MessageNumber, record: RecordId, queue: QueueId) {
        let numbers = self.world.destination.numbers();
        if numbers.is_empty() {
            return;
        }
        if !self.renames {
            return self.bytes.u16(number.0);
        }
        let (region, position) = self.plan.layout.queue_place(queue);
        let last = numbers[region.index() * (self.plan.records() + 1) + record.index()];
        self.bytes.flag(position + 1 == self.plan.layout.positions() && last == number);
    }

    /// A message of a queue that a machine has received: the place of the item that is the same one.
    fn same_message(&mut self, number: MessageNumber, queue: QueueId) {
        if self.renames && !self.world.destination.numbers().is_empty() {
            let mut items = self.world.queues[queue.index()].items(&self.world.shelf);
            let place = items.position(|item| item.number == number);
            self.bytes.u32(place.map_or(u32::MAX, |place| place as u32));
        }
    }

    /// All that a message to the machine says, its kind included.
    #[expect(clippy::too_many_lines, reason = "a few lines for each kind of message")]
    fn message(&mut self, message: &Message, to: MachineId) {
        self.bytes.u8(message.kind() as u8);
        match *message {
            Message::Proceed => {}
            Message::Relay { instance } => self.bytes.u8(instance),
            Message::Publish { batch } => self.bytes.u16(batch.0),
            Message::Wake { region } => self.bytes.u8(region.0),
            Message::Insert { client, copy } | Message::Withdraw { client, copy }
                if !self.world.writers.is_empty() =>
            {
                // The table tells the lives of a consumer apart.
                self.client(client);
                self.copy(copy);
            }
            Message::Send { client, copy }
            | Message::Insert { client, copy }
            | Message::Withdraw { client, copy }
            | Message::Begin { client, copy } => {
                self.asker(client);
                self.copy(copy);
            }
            Message::Sent { incarnation, queue }
            | Message::ReceiveRefused { incarnation, queue }
            | Message::Removed { incarnation, queue } => {
                self.incarnation(incarnation, to);
                self.bytes.u16(queue.0);
            }
            Message::RemoveRefused { incarnation, queue, expired } => {
                self.incarnation(incarnation, to);
                self.bytes.u16(queue.0);
                self.bytes.flag(expired);
            }
            Message::SendRefused { incarnation }
            | Message::InsertRefused { incarnation }
            | Message::Begun { incarnation }
            | Message::Withdrawn { incarnation }
            | Message::Transacted { incarnation }
            | Message::WithdrawRefused { incarnation }
            | Message::Called { incarnation }
            | Message::CallRefused { incarnation } => self.incarnation(incarnation, to),
            Message::Receive { client, queue } => {
                self.client(client);
                self.bytes.u16(queue.0);
            }
            Message::Received { incarnation, queue, copy, number, receipt } => {
                self.incarnation(incarnation, to);
                self.bytes.u16(queue.0);
                self.copy(copy);
                self.same_message(number, queue);
                self.number(number, copy.id, queue);
                self.receipt(receipt, queue);
            }
            Message::Remove { client, queue, receipt } => {
                self.asker(client);
                self.bytes.u16(queue.0);
                self.receipt(receipt, queue);
            }
            Message::Abandon { client, lives } => {
                self.client(client);
                // No message begins with it, and nothing that follows an inbox.
                if lives {
                    self.bytes.u8(u8::MAX);
                }
            }
            Message::Commit { client } => self.client(client),
            Message::Expire { receipt } => self.expiry(receipt, to),
            Message::Inserted { incarnation, duplicate, unreadable } => {
                self.incarnation(incarnation, to);
                self.bytes.flag(duplicate);
                self.bytes.flag(unreadable);
            }
            Message::Forward { client, copy, asked } => {
                self.bytes.flag(client.is_some());
                client.into_iter().for_each(|client| self.client(client));
                self.bytes.u16(asked.0);
                self.copy(copy);
            }
            Message::Handover { from, to } => {
                self.bytes.u8(from.0);
                self.bytes.u8(to.0);
            }
            Message::Fence { to } => self.bytes.u8(to.0),
            Message::Transact { client, queue, copy, receipt } => {
                self.asker(client);
                self.bytes.u16(queue.0);
                self.copy(copy);
                self.receipt(receipt, queue);
            }
            Message::TransactRefused { incarnation, why } => {
                self.incarnation(incarnation, to);
                let (why, by) = match why {
                    RolledBack::Refused(by) => (0, by),
                    RolledBack::Expired => (1, None),
                    RolledBack::Duplicate => (2, None),
                    RolledBack::Unreadable => (3, None),
                };
                self.bytes.u8(why);
                self.bytes.u16(by.map_or(u16::MAX, |machine| machine.0));
            }
            Message::Call { client, queue, copy, receipt } => {
                self.asker(client);
                self.bytes.u16(queue.0);
                self.copy(copy);
                self.attempt(receipt, queue, copy.id);
            }
            Message::Discard { copy }
            | Message::Logged { copy }
            | Message::Mirror { copy }
            | Message::Checkpoint { copy } => self.copy(copy),
            Message::Enact { plan, weights } => {
                self.bytes.u16(plan);
                weights.into_iter().for_each(|weight| self.bytes.u8(weight));
            }
            Message::CleanUp { plan } => self.bytes.u16(plan),
            Message::Command { action, number } => {
                self.bytes.u16(action);
                self.bytes.u16(number);
            }
            Message::Replicate { region, copy, time: _ }
            | Message::Apply { region, copy, time: _ } => {
                self.bytes.u8(region.0);
                self.copy(copy);
            }
            Message::Probe { region } => self.bytes.u8(region.0),
            Message::Probed { region, health } => {
                self.bytes.u8(region.0);
                self.bytes.u8(health as u8);
            }
        }
    }
}
