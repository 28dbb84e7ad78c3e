//! The outbox of a regional table, and the relay that publishes from it.

use crate::model::id::{MachineId, QueueId, RecordId, RegionId, TableId};
use crate::model::message::rows::messages;
use crate::model::message::{Client, Message};
use crate::model::options::{Advance, Claim, Position, ReplicationMode};
use crate::model::outbox::Outbox;
use crate::model::pool::List;
use crate::model::record::RecordCopy;
use crate::model::table::{self, Event, RegionalTable, Store, acknowledge, refuse, store_here};

#[cfg(test)]
mod by_itself;
#[cfg(test)]
pub(crate) mod fields;
mod intent;
mod shared;
mod worker;

pub(crate) use intent::Context;
use intent::{Intent, committed, named};
use shared::Shared;
pub(crate) use shared::{Move, Moved};
pub use worker::{State, Worker};

/// The outbox of a regional table, and its relay: a part of the table, since it reads what the table has.
///
/// Where the steps of the containers are to store and to remove, the row and the intent to publish the
/// record are one write: both are there, or neither. The relay reads one intent after the other, sends the record to the
/// next queue of its region, and is done with the intent when that queue has acknowledged it. What is refused it sends again
/// as soon as something changes. So a record is published at least once.
///
/// An intent belongs to the region in which a container stored the record: intents are not replicated, and a record that
/// containers of two regions store is published in both. A store that finds the record stored in its own region
/// writes no second intent. A table that is lost takes its intents with it. Those of a global database are rows of it, and one relay
/// publishes them in the region of the writer (`shared.rs`).
///
/// The process of the relay dies with a failure of its table that refuses requests, and begins again when that has recovered:
/// its memory is lost, and what the next queue answers to its earlier life is ignored. Its position is kept with the
/// intents. So what was under way is published again, unless the position was advanced before
/// ([`Advance::BeforePublish`]): then no process reads it any more.
///
/// Where a stage sends a record to several queues, one write has an intent for each of them, which names it; the relay publishes one after the
/// other, and each is done by itself.
///
/// A relay can have two instances, each with one record under way. They share the outbox and the position. Where they claim
/// nothing ([`Claim::None`]), each reads the first intent that is not done, whichever other instance has it under
/// way, and it is done when the first acknowledgement comes. So the next intent is read only when the queue has this record, and the
/// first copies of all records come to the queue in the order of the outbox; only second copies come later. Where each
/// claims its own intent ([`Claim::SkipLocked`]), two records are under way, and what is refused, late, or read again
/// comes behind the other one. Instances are parts of one machine, so one is slow only as far as its request is late or
/// refused.
///
/// With [`Position::ById`] a store is a transaction of two requests: the first one opens it and gets its id,
/// the second one commits. The relay reads what is committed in the order of the ids; transactions that are still open with a smaller id
/// are passed, for its position is the greatest id that it has read. A failure of the table rolls open transactions
/// back, and so does the next transaction of the same container.
///
/// Source: the transactional outbox (Richardson, *Microservices patterns*, 3.3) with a polling publisher or with transaction
/// log tailing; kamu-data/kamu-cli#1398 for what becomes of ids that commit out of order; the PostgreSQL manual on
/// `SELECT … FOR UPDATE SKIP LOCKED` for several consumers of one table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Relay {
    /// By instance. A relay of one has the first.
    workers: [Worker; Relay::INSTANCES_MAX],
    /// What is not done, in the order in which it is read: `Insert` is an intent, `Begin` a transaction that is open.
    intents: List,
    /// Open transactions whose id it has passed.
    passed: List,
    /// What there is besides, of a global database.
    shared: Shared,
}

messages! {
    /// What a relay can be sent.
    pub(crate) enum RelayInput for "a relay" { Begin, Relay, Sent, SendRefused, Wake }
}

impl Relay {
    /// How many instances a relay has, at most.
    pub const INSTANCES_MAX: usize = 2;

    /// Its instances. A relay of one has the first.
    pub fn workers(&self) -> &[Worker] {
        &self.workers
    }

    /// What it has not done, and the open transactions that it has passed.
    pub(crate) fn lists(&self) -> [&List; 2] {
        [&self.intents, &self.passed]
    }

    /// Whose request a reply is to: an instance, if it is the same life of it.
    pub(crate) fn instance(&self, incarnation: u16) -> Option<usize> {
        let instance = usize::from(incarnation) % Relay::INSTANCES_MAX;
        let worker = &self.workers[instance];
        (worker.waits_for_reply() && self.incarnation(instance) == incarnation).then_some(instance)
    }

    /// The number of an instance and of its life, in one.
    fn incarnation(&self, instance: usize) -> u16 {
        let lives = Relay::INSTANCES_MAX as u16;
        self.workers[instance].life.wrapping_mul(lives).wrapping_add(instance as u16)
    }

    /// A transaction begins, and has an id greater than all others; an earlier one of the same container is rolled back.
    fn begin(&mut self, client: Client, copy: RecordCopy, context: &Context, out: &mut Outbox) {
        let keep = |message: &Message| !is_open_for(message, |other| other == client.machine);
        out.retain_held(&mut self.intents, keep);
        out.retain_held(&mut self.passed, keep);
        for _ in 0..context.times(copy.id) {
            out.hold(&mut self.intents, Message::Begin { client, copy });
        }
    }

    /// Rolls open transactions back.
    fn roll_back(&mut self, out: &mut Outbox) {
        out.retain_held(&mut self.intents, |message| !is_open_for(message, |_| true));
        out.retain_held(&mut self.passed, |_| false);
    }

    /// Notes the intent, at its place in the order in which it is read. Whether the relay has passed that; none if the
    /// transaction is gone.
    fn intend(
        &mut self,
        client: Client,
        copy: RecordCopy,
        context: &Context,
        out: &mut Outbox,
    ) -> Option<bool> {
        if context.options.position == Position::ByCommit {
            match &context.branches {
                None => out.hold(&mut self.intents, Message::Insert { client, copy }),
                Some(branches) => branches.of(copy.id).for_each(|to| {
                    out.hold(&mut self.intents, Message::Insert { client: named(to), copy });
                }),
            }
            return Some(false);
        }
        let open = Message::Begin { client, copy };
        // There is one for each queue, one behind the other: all of them are passed, or none.
        if out.held(&self.passed).any(|message| *message == open) {
            out.retain_held(&mut self.passed, |message| *message != open);
            return Some(true);
        }
        let is_open = out.held(&self.intents).any(|message| *message == open);
        let mut queues = context.branches.iter().flat_map(|branches| branches.of(copy.id));
        out.change_held(&self.intents, |message| {
            if *message == open {
                *message = Message::Insert { client: queues.next().map_or(client, named), copy };
            }
        });
        is_open.then_some(false)
    }

    /// The transaction of a write that changes nothing has ended.
    fn end(&mut self, client: Client, copy: RecordCopy, out: &mut Outbox) {
        let keep = |message: &Message| *message != Message::Begin { client, copy };
        out.retain_held(&mut self.intents, keep);
        out.retain_held(&mut self.passed, keep);
    }

    /// Has each instance read the outbox soon that has nothing else to do, if there is something to read.
    pub(super) fn poll(&mut self, table: MachineId, context: &Context, out: &mut Outbox) {
        for instance in 0..context.instances() {
            let is_idle = self.workers[instance].state == State::Idle;
            if is_idle && self.next(instance, context, out).is_some() {
                self.workers[instance].state = State::Polling;
                out.send(table, Message::Relay { instance: instance as u8 });
            }
        }
    }

    /// The intent that an instance would read next.
    fn next(&self, instance: usize, context: &Context, out: &Outbox) -> Option<Intent> {
        let other = self.workers[1 - instance];
        let is_claimed = |intent: &Intent| match context.options.claim {
            Claim::None => false,
            Claim::SkipLocked => {
                other.under_way.is_some_and(|other| other.id == intent.copy.id)
                    && other.to == intent.to
            }
        };
        let mut intents = out.held(&self.intents).filter_map(|message| context.intent(message));
        intents.find(|intent| !is_claimed(intent))
    }

    /// An instance reads the next intent, and sends its record.
    fn read(
        &mut self,
        instance: usize,
        table: &table::Context,
        context: &Context,
        out: &mut Outbox,
    ) {
        self.workers[instance].state = State::Idle;
        let Some(intent) = self.next(instance, context, out) else { return };
        if context.options.position == Position::ById {
            self.pass(intent.copy, table.id, out);
        }
        self.workers[instance].under_way = Some(intent.copy);
        self.workers[instance].to = intent.to;
        if context.options.advance == Advance::BeforePublish {
            self.done(intent, table.id, context, out);
        }
        self.send(instance, table, out);
    }

    /// Passes the transactions that are open with a smaller id than that of an intent.
    fn pass(&mut self, copy: RecordCopy, table: TableId, out: &mut Outbox) {
        loop {
            let before =
                out.held(&self.intents).take_while(|message| committed(message) != Some(copy));
            let Some(&open) = before.into_iter().find(|message| committed(message).is_none())
            else {
                return;
            };
            out.take_first_held(&mut self.intents, |message| *message == open);
            // Of several queues it is told once.
            let is_told = out.held(&self.passed).any(|message| *message == open);
            if let Some(record) = open.record().filter(|_| !is_told) {
                out.emit(Event::Passed { table, record });
            }
            out.hold(&mut self.passed, open);
        }
    }

    fn send(&mut self, instance: usize, table: &table::Context, out: &mut Outbox) {
        let copy = self.workers[instance].under_way.expect("it sends what it has read");
        self.workers[instance].state = State::Sending;
        let client = Client { machine: table.machine, incarnation: self.incarnation(instance) };
        out.send(self.workers[instance].to, Message::Send { client, copy });
    }

    /// The position is advanced: no instance reads the intent any more.
    fn done(&mut self, intent: Intent, table: TableId, context: &Context, out: &mut Outbox) {
        let is_it = |message: &Message| context.intent(message) == Some(intent);
        let done = out.take_first_held(&mut self.intents, is_it);
        if let (true, Some(intent)) = (self.shared.is_home, done) {
            out.hold(&mut self.shared.done, intent);
        }
        let queue = context.queue_at(intent.to);
        out.emit(Event::Relayed { table, record: intent.copy.id, queue });
    }

    /// The next queue has what an instance sent. Another one that has the same record under way has nothing to send again.
    fn published(
        &mut self,
        instance: usize,
        table: &table::Context,
        context: &Context,
        out: &mut Outbox,
    ) {
        if let (Some(copy), Advance::AfterPublish) =
            (self.workers[instance].under_way.take(), context.options.advance)
        {
            let to = self.workers[instance].to;
            self.done(Intent { copy, to }, table.id, context, out);
            let other = &mut self.workers[1 - instance];
            if other.under_way == Some(copy) && other.to == to {
                other.under_way = None;
                if other.state == State::Waiting {
                    other.state = State::Idle;
                }
            }
        }
        self.read(instance, table, context, out);
        self.poll(table.machine, context, out);
    }

    fn refused(
        &mut self,
        instance: usize,
        table: &table::Context,
        context: &Context,
        out: &mut Outbox,
    ) {
        let worker = &mut self.workers[instance];
        match (worker.under_way, worker.state) {
            (None, _) => self.read(instance, table, context, out),
            (Some(_), State::Woken) => self.send(instance, table, out),
            (Some(_), State::Idle | State::Polling | State::Sending | State::Waiting) => {
                worker.state = State::Waiting;
            }
        }
    }

    fn wake(&mut self, table: &table::Context, context: &Context, out: &mut Outbox) {
        for instance in 0..context.instances() {
            match self.workers[instance].state {
                State::Waiting => self.send(instance, table, out),
                State::Sending => self.workers[instance].state = State::Woken,
                State::Idle | State::Polling | State::Woken => {}
            }
        }
    }

    /// The process dies with its table. Open transactions are rolled back.
    pub(super) fn fail(&mut self, out: &mut Outbox) {
        self.roll_back(out);
        self.workers.iter_mut().for_each(Worker::die);
    }

    /// Loses the intents that are not done, and says of which records, and where they were to be published.
    pub(crate) fn lose(
        &mut self,
        context: Option<&Context>,
        mut lost: impl FnMut(RecordId, QueueId, &mut Outbox),
        out: &mut Outbox,
    ) {
        while let Some(message) = out.take_held(&mut self.intents) {
            let context = context.expect("only an outbox has intents");
            if let Some(Intent { copy, to }) = context.intent(&message) {
                lost(copy.id, context.queue_at(to), out);
            }
        }
        out.retain_held(&mut self.passed, |_| false);
        out.retain_held(&mut self.shared.done, |_| false);
    }
}

/// Whether it is an open transaction of such a container.
fn is_open_for(message: &Message, whose: impl Fn(MachineId) -> bool) -> bool {
    matches!(*message, Message::Begin { client, .. } if whose(client.machine))
}

impl RegionalTable {
    /// Handles a message to the relay.
    pub(super) fn tell_relay(
        &mut self,
        input: RelayInput,
        context: &table::Context,
        out: &mut Outbox,
    ) {
        let relay = context.relay.as_ref().expect("only a table with an outbox gets these");
        let fails = !self.relay_runs(context);
        match input {
            RelayInput::Begin { client, .. } if fails => refuse(client, context, out),
            RelayInput::Begin { client, copy } => {
                self.relay.begin(client, copy, relay, out);
                let Client { machine, incarnation } = client;
                out.send(machine, Message::Begun { incarnation });
            }
            // It cannot read, and begins again when the table has recovered.
            RelayInput::Relay { instance } if fails => {
                self.relay.workers[usize::from(instance)].state = State::Idle;
            }
            RelayInput::Relay { instance } => {
                self.relay.read(instance.into(), context, relay, out);
            }
            RelayInput::Sent { incarnation, .. } => {
                if let Some(instance) = self.relay.instance(incarnation) {
                    self.relay.published(instance, context, relay, out);
                }
            }
            RelayInput::SendRefused { incarnation } => {
                if let Some(instance) = self.relay.instance(incarnation) {
                    self.relay.refused(instance, context, relay, out);
                }
            }
            RelayInput::Wake { .. } => self.relay.wake(context, relay, out),
        }
    }

    /// Stores a record and the intent to publish it, in one write.
    pub(super) fn insert_with_intent(
        &mut self,
        (client, copy): (Client, RecordCopy),
        context: &table::Context,
        relay: &Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) {
        let is_new = !store.rows[copy.id.index()].written_here;
        let mut passed = None;
        if is_new {
            passed = self.relay.intend(client, copy, relay, out);
            if passed.is_none() {
                return refuse(client, context, out);
            }
        } else {
            self.relay.end(client, copy, out);
        }
        let (region, time) = (context.region, out.now() + self.ahead);
        let (changed, duplicate) = store_here(copy, context.id, time, context, store, out);
        if let Some(passed) = passed {
            let (table, record) = (context.id, copy.id);
            let mut intend = |queue| out.emit(Event::Intended { table, record, queue, passed });
            match &relay.branches {
                None => intend(relay.out_queue_id),
                Some(branches) => {
                    branches.of(record).for_each(|to| intend(relay.queue_at(to)));
                }
            }
        }
        debug_assert!(context.replication == ReplicationMode::Eventual, "validated");
        if changed {
            out.send(context.replicator, Message::Replicate { region, copy, time });
        }
        acknowledge(client, duplicate, context, store, out);
        self.relay.poll(context.machine, relay, out);
    }
}
