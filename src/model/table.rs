//! A stage's table in one region: one replica of a DynamoDB global table, or one cluster of an Aurora
//! global database.

pub mod global_database;
mod outage;
pub mod relay;
mod rows;
#[cfg(test)]
mod tests;
mod withdraw;

use global_database::Cluster;
use relay::{Relay, RelayInput};
pub use rows::{Consumers, Latest, Row, Rows, Store, Writers};
use withdraw::note_consumer;

use crate::model::id::{MachineId, QueueId, RegionId, TableId};
use crate::model::layout::IN_DNS;
use crate::model::message::rows::messages;
use crate::model::message::{Client, Health, Message, Receipt};
use crate::model::options::{
    AcknowledgeWhen, Conflict, DualWrite, Insert, Origin, ReplicationMode, TableOptions,
};
use crate::model::outbox::Outbox;
use crate::model::pool::List;
use crate::model::record::RecordCopy;
use crate::model::states::states;

#[cfg(test)]
mod by_itself;
#[cfg(test)]
pub(crate) mod fields;

pub use crate::model::event::table::Event;

states! {
    /// ```text
    ///            fail
    /// Available ──────► Failed
    ///     ▲               │
    ///     └───────────────┘
    ///          recover
    /// ```
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub enum State {
        /// It serves requests.
        #[default]
        Available,
        /// It refuses writes, or keeps all requests waiting; it loses nothing.
        Failed,
    }
}

/// The rows are kept in one block for all tables: `rows[record]`, element 0 unused.
///
/// A write is local: stored, acknowledged, and put on the stage's stream if it changed anything;
/// the [`Replicator`](crate::model::Replicator) applies it elsewhere later. A row is keyed by
/// record id and a record never changes, so two regions that write the same id write the same
/// row and there is nothing to resolve. When records have business keys the table also shows, for
/// each key, one of its records; which one is the option [`Conflict`]. The time of a write is real time,
/// the number of the step in which the region took it; with strong replication, that in which the
/// log did. A region that has heard of nothing does not write "early". Where each region has a clock of its own
/// ([`Clock`](crate::model::options::Clock)), that may be ahead.
///
/// With strong replication a write waits until another region has it; then it is stored, and
/// acknowledged. If none can be reached it is refused. What has been received waits in the table's inbox until it is applied, and
/// is durable there, unless it is acknowledged on receipt
/// ([`AcknowledgeWhen`]). A condition is judged by the log, which knows the
/// latest version of every row, before the write is passed on to any region.
///
/// Source: Amazon DynamoDB global tables, multi-Region eventual consistency and multi-Region strong
/// consistency.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegionalTable {
    state: State,
    /// Rows of other regions that arrived while it refused: replication tries until it succeeds.
    held: List,
    /// Inserts that wait until another region has them, in the order in which the replicator was
    /// asked; it answers in that order.
    pending: List,
    /// How many steps the clock of its region is ahead.
    ahead: u32,
    /// What it knows as a cluster of a global database.
    pub(super) cluster: Cluster,
    /// Its outbox, where it has one.
    relay: Relay,
}

/// What a table knows about its place and its design.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Which table it is.
    pub(crate) id: TableId,
    /// Its own address.
    pub(crate) machine: MachineId,
    /// Its region.
    pub(crate) region: RegionId,
    /// The address of its stage's replicator.
    pub(crate) replicator: MachineId,
    /// When it acknowledges a write.
    pub(crate) replication: ReplicationMode,
    /// What it has done with a write of another region that is acknowledged.
    pub(crate) acknowledge: AcknowledgeWhen,
    /// Which writes it gives to its replicator.
    pub(crate) origin: Origin,
    /// What it knows if it is a cluster of a global database.
    pub(crate) database: Option<global_database::Context>,
    /// What its relay knows, if it has an outbox.
    pub(crate) relay: Option<relay::Context>,
    /// How its containers keep it and the next queue in step.
    pub(crate) dual_write: DualWrite,
    /// Its design.
    pub(crate) options: TableOptions,
}

messages! {
    /// What a table can be sent that is no cluster of a global database.
    pub(crate) enum Input for "a table" {
        Insert, InsertRefused, Apply, Logged, Probe, Begin, Relay, Sent, SendRefused, Wake, Withdraw, Transact,
    }
}

impl RegionalTable {
    /// Handles one message. `store` is what this table holds.
    #[inline]
    pub(crate) fn handle(
        &mut self,
        message: &Message,
        context: &Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) {
        if let Some(database) = &context.database {
            return self.handle_as_cluster(message, context, database, store, out);
        }
        match Input::of(message) {
            Input::Insert { client, copy } => self.insert(client, copy, context, store, out),
            Input::Apply { region, time, .. } if region == context.region => {
                self.committed(time, context, store, out);
            }
            Input::InsertRefused { .. } => {
                let (client, _) = self.next_pending(out);
                refuse(client, context, out);
            }
            Input::Logged { .. } => self.condition_failed(context, store, out),
            Input::Apply { .. } | Input::Probe { .. } if self.state == State::Failed => {
                out.hold(&mut self.held, *message);
            }
            Input::Apply { region, copy, time } => {
                self.apply(region, copy, time, context, store, out);
            }
            Input::Probe { region } => {
                out.send(IN_DNS, Message::Probed { region, health: Health::CaughtUp });
            }
            Input::Begin { .. }
            | Input::Relay { .. }
            | Input::Sent { .. }
            | Input::SendRefused { .. }
            | Input::Wake { .. } => self.tell_relay(RelayInput::of(message), context, out),
            Input::Withdraw { client, copy } => self.withdraw(client, copy, context, store, out),
            Input::Transact { .. } => unreachable!("the world has all that takes part"),
        }
    }

    /// Applies a write of another region.
    #[inline]
    pub(super) fn apply(
        &mut self,
        region: RegionId,
        copy: RecordCopy,
        time: u32,
        context: &Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) {
        if context.compensates() {
            self.note_region(region, copy, context, store, out);
        } else {
            let row = &mut store.rows[copy.id.index()];
            row.write(copy, context.options.insert, false);
            out.emit(Event::Applied { table: context.id, copy, rows: row.rows });
        }
        if !store.latest.is_empty() {
            let written = Latest { record: copy.id, time, region };
            show(written, context, store, out);
        }
        if context.origin == Origin::All {
            let region = context.region;
            out.send(context.replicator, Message::Replicate { region, copy, time });
        }
    }

    /// As the writer of a global database, stores a record for a container that asked this cluster or
    /// another one.
    pub(super) fn store(
        &mut self,
        copy: RecordCopy,
        asked: TableId,
        context: &Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) -> Written {
        let (region, time) = (context.region, out.now());
        let (changed, duplicate) = store_here(copy, asked, time, context, store, out);
        if changed {
            out.send(context.replicator, Message::Replicate { region, copy, time });
        }
        Written { duplicate, changed, unreadable: has_unreadable(store) }
    }

    #[inline]
    fn insert(
        &mut self,
        client: Client,
        copy: RecordCopy,
        context: &Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) {
        if self.state == State::Failed {
            return refuse(client, context, out);
        }
        if let Some(relay) = &context.relay {
            return self.insert_with_intent((client, copy), context, relay, store, out);
        }
        let (region, time) = (context.region, out.now() + self.ahead);
        let replicate = Message::Replicate { region, copy, time };
        if context.replication == ReplicationMode::Strong && asks_the_log(copy, context, store) {
            out.hold(&mut self.pending, Message::Insert { client, copy });
            return out.send(context.replicator, replicate);
        }
        let (mut changed, duplicate) = store_here(copy, context.id, time, context, store, out);
        if context.compensates() {
            changed |= note_consumer(client, copy, duplicate, context, store);
        }
        if changed && context.replication == ReplicationMode::Eventual {
            out.send(context.replicator, replicate);
        }
        acknowledge(client, duplicate, context, store, out);
    }

    /// Stores a record as a part of a transaction, which is acknowledged as a whole.
    pub(crate) fn store_in_transaction(
        &mut self,
        copy: RecordCopy,
        context: &Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) {
        let (region, time) = (context.region, out.now() + self.ahead);
        if store_here(copy, context.id, time, context, store, out).0 {
            out.send(context.replicator, Message::Replicate { region, copy, time });
        }
    }

    /// Another region has the write that was asked for first: now it is stored here, too.
    fn committed(&mut self, time: u32, context: &Context, store: &mut Store<'_>, out: &mut Outbox) {
        let (client, copy) = self.next_pending(out);
        let (_, duplicate) = store_here(copy, context.id, time, context, store, out);
        acknowledge(client, duplicate, context, store, out);
    }

    /// The log has a row already, and the write that was asked for first is not to replace it.
    fn condition_failed(&mut self, context: &Context, store: &mut Store<'_>, out: &mut Outbox) {
        let (client, copy) = self.next_pending(out);
        if client.machine == context.machine {
            return;
        }
        let row = &mut store.rows[copy.id.index()];
        // The row itself came from the log before this answer; a table that has lost its rows has none.
        (row.value, row.written_here) = (copy.value, true);
        let (table, asked, rows) = (context.id, context.id, row.rows);
        out.emit(Event::Stored { table, asked, copy, rows, duplicate: true });
        acknowledge(client, true, context, store, out);
    }

    /// The write that the replicator has answered.
    fn next_pending(&mut self, out: &mut Outbox) -> (Client, RecordCopy) {
        match out.take_held(&mut self.pending) {
            Some(Message::Insert { client, copy }) => (client, copy),
            other => unreachable!("the replicator answers what it was asked, not {other:?}"),
        }
    }

    /// Whether it serves requests.
    #[inline]
    pub fn state(&self) -> State {
        self.state
    }

    /// The clock of its region is ahead by so many steps from now on.
    pub(crate) fn run_ahead(&mut self, steps: u32) {
        self.ahead = steps;
    }

    /// How many steps the clock of its region is ahead.
    pub(crate) fn ahead(&self) -> u32 {
        self.ahead
    }

    /// Inserts that wait until another region has them.
    pub(crate) fn pending(&self) -> &List {
        &self.pending
    }

    /// Its outbox, where it has one.
    pub fn relay(&self) -> &Relay {
        &self.relay
    }

    /// The same, to be changed.
    pub(crate) fn relay_mut(&mut self) -> &mut Relay {
        &mut self.relay
    }

    /// Rows of other regions that wait until it serves requests again.
    pub(crate) fn held(&self) -> &List {
        &self.held
    }

    /// The same, to be changed.
    pub(crate) fn held_mut(&mut self) -> &mut List {
        &mut self.held
    }
}

/// Whether a write with strong replication has to go through the log: it may change something.
#[inline]
fn asks_the_log(copy: RecordCopy, context: &Context, store: &Store<'_>) -> bool {
    let is_there = store.rows[copy.id.index()].rows > 0;
    !is_there
        || match context.options.insert {
            // The same row again, unless it has a key to show it under: a later write time counts.
            Insert::Upsert => !store.latest.is_empty(),
            Insert::Append => true,
            // A row never goes, so the condition fails against the latest version, too.
            Insert::Conditional => false,
        }
}

/// Stores a write of the own region. Returns whether that changed anything, and whether the record
/// had been there.
#[inline]
fn store_here(
    copy: RecordCopy,
    asked: TableId,
    time: u32,
    context: &Context,
    store: &mut Store<'_>,
    out: &mut Outbox,
) -> (bool, bool) {
    let row = &mut store.rows[copy.id.index()];
    let before = *row;
    row.write(copy, context.options.insert, true);
    row.written_here = true;
    let duplicate = before.rows > 0;
    let (table, rows) = (context.id, row.rows);
    out.emit(Event::Stored { table, asked, copy, rows, duplicate });
    let mut changed = (before.rows, before.value) != (row.rows, row.value);
    let is_refused = duplicate && context.options.insert == Insert::Conditional;
    if !store.latest.is_empty() && !is_refused {
        let written = Latest { record: copy.id, time, region: context.region };
        let is_shown = show(written, context, store, out);
        let shows_another = store.latest[store.keys.key_of(copy.id)].record != copy.id;
        if shows_another && context.options.conflict == Conflict::LastWriterWins {
            out.emit(Event::Ignored { table: context.id, record: copy.id });
        }
        changed |= is_shown;
    }
    (changed, duplicate)
}

/// Whether the table has an unreadable row.
#[inline]
fn has_unreadable(store: &Store<'_>) -> bool {
    store.keys.unreadable().is_some_and(|id| store.rows[id.index()].rows > 0)
}

/// Tells the client that its write is stored, unless it was refused meanwhile: then it does not wait.
#[inline]
fn acknowledge(
    client: Client,
    duplicate: bool,
    context: &Context,
    store: &Store<'_>,
    out: &mut Outbox,
) {
    let Client { machine, incarnation } = client;
    if machine != context.machine {
        let unreadable = has_unreadable(store);
        out.send(machine, Message::Inserted { incarnation, duplicate, unreadable });
    }
}

/// Tells the client that its write is not stored, unless it was told so before.
fn refuse(client: Client, context: &Context, out: &mut Outbox) {
    let Client { machine, incarnation } = client;
    if machine != context.machine {
        out.send(machine, Message::InsertRefused { incarnation });
    }
}

/// What there is to say of a write.
#[derive(Clone, Copy)]
pub(super) struct Written {
    /// The table had the record already.
    pub(super) duplicate: bool,
    /// It was put on the way to the other regions.
    pub(super) changed: bool,
    /// The table has an unreadable row.
    pub(super) unreadable: bool,
}

/// Shows a write under its key, if it wins there. Returns whether it does.
fn show(written: Latest, context: &Context, store: &mut Store<'_>, out: &mut Outbox) -> bool {
    let wins = store.show(written, context.options.conflict);
    if wins {
        out.emit(Event::KeyShown { table: context.id, record: written.record });
    }
    wins
}
