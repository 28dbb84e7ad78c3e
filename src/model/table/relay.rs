//! The outbox of a regional table, and the relay that publishes from it.

use crate::model::id::{MachineId, TableId};
use crate::model::message::{Client, Message};
use crate::model::options::{Position, ReplicationMode};
use crate::model::outbox::Outbox;
use crate::model::pool::List;
use crate::model::record::RecordCopy;
use crate::model::table::{self, Event, RegionalTable, Store, acknowledge, refuse, store_here};

#[cfg(test)]
mod by_itself;
#[cfg(test)]
pub(crate) mod fields;

/// ```text
///          an intent            reads it              refused
///   Idle ────────────► Polling ─────────► Sending ──────────────► Waiting
///    ▲                    │                │ ▲ │                     │
///    └────────────────────┴────────────────┘ │ └─► Woken ──┐         │
///        nothing is left       published     └─────────────┴─────────┘
///                                                     tries again
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum State {
    /// The outbox has nothing for it.
    #[default]
    Idle,
    /// It is about to read the outbox.
    Polling,
    /// It waits for the acknowledgement of a record.
    Sending,
    /// The same, and something changed meanwhile: a refusal may be out of date.
    Woken,
    /// It was refused, and waits until something changes.
    Waiting,
}

/// The outbox of a regional table, and its relay: a part of the table, since it reads what the table has.
///
/// Where the steps of the containers are to store and to remove, the row and the intent to publish the
/// record are one write: both are there, or neither. The relay reads one intent after the other, sends the record to the
/// next queue of its region, and is done with the intent when that queue has acknowledged it. What is refused it sends again
/// as soon as something changes. So a record is published at least once.
///
/// An intent belongs to the region in which a container stored the record: intents are not replicated, and a record that
/// containers of two regions store is published in both. A store that finds the record stored in its own region
/// writes no second intent. A table that is lost takes its intents with it.
///
/// With [`Position::ById`] a store is a transaction of two requests: the first one opens it and gets its id,
/// the second one commits. The relay reads what is committed in the order of the ids; transactions that are still open with a smaller id
/// are passed, for its position is the greatest id that it has read. A failure of the table rolls open transactions
/// back, and so does the next transaction of the same container.
///
/// Source: the transactional outbox (Richardson, *Microservices patterns*, 3.3) with a polling publisher or with transaction
/// log tailing; kamu-data/kamu-cli#1398 for what becomes of ids that commit out of order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Relay {
    state: State,
    /// The record that it has read and sent, until that is acknowledged.
    under_way: Option<RecordCopy>,
    /// What it has not read, in the order in which it will: `Insert` is an intent, `Begin` a transaction that is open.
    intents: List,
    /// Open transactions whose id it has passed.
    passed: List,
}

/// What a relay knows about its place and its design.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// The address of the queue it sends to.
    pub(crate) out_queue: MachineId,
    /// In which order it reads.
    pub(crate) position: Position,
}

impl Relay {
    /// What it does.
    pub fn state(&self) -> State {
        self.state
    }

    /// The record that it has sent, and not heard of.
    pub fn under_way(&self) -> Option<RecordCopy> {
        self.under_way
    }

    /// What it has not read, and the open transactions that it has passed.
    pub(crate) fn lists(&self) -> [&List; 2] {
        [&self.intents, &self.passed]
    }

    /// A transaction begins, and has an id greater than all others; an earlier one of the same container is rolled back.
    fn begin(&mut self, client: Client, copy: RecordCopy, out: &mut Outbox) {
        let keep = |message: &Message| !is_open_for(message, |other| other == client.machine);
        out.retain_held(&mut self.intents, keep);
        out.retain_held(&mut self.passed, keep);
        out.hold(&mut self.intents, Message::Begin { client, copy });
    }

    /// Rolls open transactions back.
    pub(super) fn roll_back(&mut self, out: &mut Outbox) {
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
        if context.position == Position::ByCommit {
            out.hold(&mut self.intents, Message::Insert { client, copy });
            return Some(false);
        }
        let open = Message::Begin { client, copy };
        if out.take_first_held(&mut self.passed, |message| *message == open).is_some() {
            return Some(true);
        }
        let is_open = out.held(&self.intents).any(|message| *message == open);
        out.change_held(&self.intents, |message| {
            if *message == open {
                *message = Message::Insert { client, copy };
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

    /// Reads the outbox soon, if there is something to read and it has nothing else to do.
    pub(super) fn poll(&mut self, table: MachineId, out: &mut Outbox) {
        if self.state == State::Idle && out.held(&self.intents).any(is_intent) {
            self.state = State::Polling;
            out.send(table, Message::Relay);
        }
    }

    /// Reads the next intent, and sends its record.
    fn read(&mut self, table: &table::Context, context: &Context, out: &mut Outbox) {
        self.state = State::Idle;
        if !out.held(&self.intents).any(is_intent) {
            return;
        }
        while let Some(message) = out.take_held(&mut self.intents) {
            if let Message::Insert { copy, .. } = message {
                self.under_way = Some(copy);
                return self.send(table, context, out);
            }
            if let Some(record) = message.record() {
                out.emit(Event::Passed { table: table.id, record });
            }
            out.hold(&mut self.passed, message);
        }
    }

    fn send(&mut self, table: &table::Context, context: &Context, out: &mut Outbox) {
        let copy = self.under_way.expect("it sends what it has read");
        self.state = State::Sending;
        let client = Client { machine: table.machine, incarnation: 0 };
        out.send(context.out_queue, Message::Send { client, copy });
    }

    /// The next queue has what was sent.
    fn published(&mut self, table: TableId, out: &mut Outbox) {
        let copy = self.under_way.take().expect("it hears of what it has sent");
        out.emit(Event::Relayed { table, record: copy.id });
        self.state = State::Idle;
    }

    fn refused(&mut self, table: &table::Context, context: &Context, out: &mut Outbox) {
        match self.state {
            State::Woken => self.send(table, context, out),
            State::Sending | State::Waiting => self.state = State::Waiting,
            // What it had sent was lost with its region, and with that the record: there is nothing to send again.
            State::Idle | State::Polling => {}
        }
    }

    fn wake(&mut self, table: &table::Context, context: &Context, out: &mut Outbox) {
        match self.state {
            State::Waiting => self.send(table, context, out),
            State::Sending => self.state = State::Woken,
            State::Idle | State::Polling | State::Woken => {}
        }
    }

    /// Loses the intents that it has not read, and says of which records. What is under way it has read.
    pub(crate) fn lose(&mut self, mut lost: impl FnMut(RecordCopy, &mut Outbox), out: &mut Outbox) {
        while let Some(message) = out.take_held(&mut self.intents) {
            if let Message::Insert { copy, .. } = message {
                lost(copy, out);
            }
        }
        out.retain_held(&mut self.passed, |_| false);
    }
}

fn is_intent(message: &Message) -> bool {
    matches!(message, Message::Insert { .. })
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
        let fails = self.state == table::State::Failed;
        match input {
            RelayInput::Begin(client, _) if fails => refuse(client, context, out),
            RelayInput::Begin(client, copy) => {
                self.relay.begin(client, copy, out);
                let Client { machine, incarnation } = client;
                out.send(machine, Message::Begun { incarnation });
            }
            // It cannot read, and begins again when the table has recovered.
            RelayInput::Poll if fails => self.relay.state = State::Idle,
            RelayInput::Poll => self.relay.read(context, relay, out),
            RelayInput::Sent => {
                self.relay.published(context.id, out);
                if !fails {
                    self.relay.read(context, relay, out);
                }
            }
            RelayInput::SendRefused => self.relay.refused(context, relay, out),
            RelayInput::Wake => self.relay.wake(context, relay, out),
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
            out.emit(Event::Intended { table: context.id, record: copy.id, passed });
        }
        debug_assert!(context.replication == ReplicationMode::Eventual, "validated");
        if changed {
            out.send(context.replicator, Message::Replicate { region, copy, time });
        }
        acknowledge(client, duplicate, context, store, out);
        self.relay.poll(context.machine, out);
    }
}

/// What a relay is told.
pub(super) enum RelayInput {
    /// A transaction begins.
    Begin(Client, RecordCopy),
    /// It is time to read the outbox.
    Poll,
    /// The next queue has the record.
    Sent,
    /// The next queue does not have the record.
    SendRefused,
    /// Something has changed, try again.
    Wake,
}
