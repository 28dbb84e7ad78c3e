//! A stage's table in one region: one replica of a DynamoDB global table, or one cluster of an Aurora
//! global database.

use crate::model::event::Event;
use crate::model::global_database::{self, Cluster};
use crate::model::id::{MachineId, RecordId, RegionId, TableId};
use crate::model::layout::IN_DNS;
use crate::model::message::{Client, Health, Message};
use crate::model::options::{Conflict, Insert, ReplicationMode, TableFailure};
use crate::model::outbox::Outbox;
use crate::model::pool::List;
use crate::model::record::{Keys, RecordCopy};

/// What a table holds of one record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Row {
    /// The stored value; meaningful when there is a row.
    pub value: u32,
    /// How many rows have this id: 0 or 1, more only in a design that appends.
    pub rows: u8,
    /// It was written here (also when replication brought it first).
    pub written_here: bool,
    /// Replication brought it (also when it was written here before); kept in clusters of a global
    /// database only.
    pub replicated: bool,
}

/// What a table shows for a business key.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::model::table::Latest;
/// use active_active::model::{RecordId, RegionId, TableId};
/// use active_active::plan::Plan;
/// use active_active::scenario::Scenario;
/// use active_active::sim::Simulation;
///
/// let scenario = Scenario::parse("name = 'keyed'\nrecords.keys = 3\nscript = ['publish 1']")?;
/// let mut simulation = Simulation::new(Arc::new(Plan::new(&scenario)?));
/// while !simulation.enabled().is_quiescent() {
///     simulation.step(simulation.enabled().nth_step(0));
/// }
/// // Ten records have three keys. Of the first key, the fourth version is the newest.
/// let Latest { record, region, .. } = simulation.latest(TableId(0))[0];
/// assert_eq!((record, region), (RecordId(10), RegionId(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Latest {
    /// The record; 0 while the key has none.
    pub record: RecordId,
    /// When it was written, in the logical time of its region.
    pub time: u32,
    /// Where it was written.
    pub region: RegionId,
}

impl Default for Latest {
    fn default() -> Latest {
        Latest { record: RecordId(0), time: 0, region: RegionId(0) }
    }
}

/// What a table holds: its parts of the blocks of all tables.
#[derive(Debug)]
pub struct Store<'a> {
    /// By record; element 0 unused.
    pub rows: &'a mut [Row],
    /// By key; empty when records have none.
    pub latest: &'a mut [Latest],
    /// The keys and versions of the records.
    pub keys: &'a Keys,
}

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

/// The rows are kept in one block for all tables: `rows[record]`, element 0 unused.
///
/// A write is local: stored, acknowledged, and put on the stage's stream if it changed anything;
/// the [`Replicator`](crate::model::Replicator) applies it elsewhere later. A row is keyed by
/// record id and a record never changes, so two regions that write the same id write the same
/// row and there is nothing to resolve. When records have business keys the table also shows, for
/// each key, one of its records; which one is the option [`Conflict`]. Its logical time is a Lamport
/// clock: it passes every write that the table has seen.
///
/// With strong replication a write waits until another region has it; then it is stored, and
/// acknowledged. If none can be reached it is refused.
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
    /// The logical time of the newest write that it has seen; used only with keys.
    clock: u32,
    /// What it knows as a cluster of a global database.
    pub(super) cluster: Cluster,
}

/// What a table knows about its place and its design.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// Which table it is.
    pub(crate) id: TableId,
    /// Its own address.
    pub(crate) machine: MachineId,
    /// Its region.
    pub(crate) region: RegionId,
    /// The address of its stage's replicator.
    pub(crate) replicator: MachineId,
    /// What it does with a record that it has.
    pub(crate) insert: Insert,
    /// Which record it shows for a key.
    pub(crate) conflict: Conflict,
    /// What it does while it is failed.
    pub(crate) on_failure: TableFailure,
    /// When it acknowledges a write.
    pub(crate) replication: ReplicationMode,
    /// What it knows if it is a cluster of a global database.
    pub(crate) database: Option<global_database::Context>,
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
        match *message {
            Message::Insert { client, copy } => self.insert(client, copy, context, store, out),
            Message::Apply { region, time, .. } if region == context.region => {
                self.committed(time, context, store, out);
            }
            Message::InsertRefused { .. } => {
                let (client, _) = self.next_pending(out);
                refuse(client, context, out);
            }
            Message::Apply { .. } | Message::Probe { .. } if self.state == State::Failed => {
                out.hold(&mut self.held, *message);
            }
            Message::Apply { region, copy, time } => {
                self.apply(region, copy, time, context, store, out);
            }
            Message::Probe { region } => {
                out.send(IN_DNS, Message::Probed { region, health: Health::CaughtUp });
            }
            Message::Proceed
            | Message::Publish { .. }
            | Message::Wake { .. }
            | Message::Send { .. }
            | Message::Sent { .. }
            | Message::SendRefused { .. }
            | Message::Receive { .. }
            | Message::Received { .. }
            | Message::ReceiveRefused { .. }
            | Message::Remove { .. }
            | Message::Removed { .. }
            | Message::RemoveRefused { .. }
            | Message::Abandon { .. }
            | Message::Inserted { .. }
            | Message::Replicate { .. }
            | Message::Probed { .. }
            | Message::Forward { .. }
            | Message::Handover { .. }
            | Message::Discard { .. }
            | Message::Logged { .. }
            | Message::Enact { .. }
            | Message::CleanUp { .. } => unreachable!("a table gets no {message:?}"),
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
        let row = &mut store.rows[copy.id.index()];
        write(row, copy, context.insert, false);
        out.emit(Event::Applied { table: context.id, copy, rows: row.rows });
        if !store.latest.is_empty() {
            self.clock = self.clock.max(time);
            let written = Latest { record: copy.id, time, region };
            show(written, context, store, out);
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
        self.clock += u32::from(!store.latest.is_empty());
        let (region, time) = (context.region, self.clock);
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
        let keyed = !store.latest.is_empty();
        self.clock += u32::from(keyed);
        let (region, time) = (context.region, self.clock);
        let replicate = Message::Replicate { region, copy, time };
        if context.replication == ReplicationMode::Strong {
            let is_there = store.rows[copy.id.index()].rows > 0;
            if !is_there || keyed || context.insert == Insert::Append {
                out.hold(&mut self.pending, Message::Insert { client, copy });
                return out.send(context.replicator, replicate);
            }
        }
        let (changed, duplicate) = store_here(copy, context.id, time, context, store, out);
        if changed && context.replication == ReplicationMode::Eventual {
            out.send(context.replicator, replicate);
        }
        acknowledge(client, duplicate, context, store, out);
    }

    /// Another region has the write that was asked for first: now it is stored here, too.
    fn committed(&mut self, time: u32, context: &Context, store: &mut Store<'_>, out: &mut Outbox) {
        let (client, copy) = self.next_pending(out);
        let (_, duplicate) = store_here(copy, context.id, time, context, store, out);
        acknowledge(client, duplicate, context, store, out);
    }

    /// The write that the replicator has answered.
    fn next_pending(&mut self, out: &mut Outbox) -> (Client, RecordCopy) {
        match out.take_held(&mut self.pending) {
            Some(Message::Insert { client, copy }) => (client, copy),
            other => unreachable!("the replicator answers what it was asked, not {other:?}"),
        }
    }

    /// Begins to refuse, or to keep requests waiting, those included that are under way: whether
    /// those take effect is then open.
    pub(crate) fn fail(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Failed;
        if context.on_failure == TableFailure::Hang {
            return out.set_open(context.machine, false);
        }
        self.refuse_waiting(out);
        for _ in 0..self.pending.len() {
            let (client, copy) = self.next_pending(out);
            refuse(client, context, out);
            let client = Client { machine: context.machine, incarnation: 0 };
            out.hold(&mut self.pending, Message::Insert { client, copy });
        }
    }

    /// Is gone, and with it what it was asked and has not done: it refuses for ever.
    pub(crate) fn lose(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Failed;
        self.refuse_waiting(out);
        out.set_open(context.machine, true);
        out.retain(context.machine, |_| false);
        out.retain_held(&mut self.held, |_| false);
        out.retain_held(&mut self.pending, |_| false);
    }

    /// Serves requests again.
    pub(crate) fn recover(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Available;
        match context.database {
            None => out.release(&mut self.held, context.machine),
            // A log has an order.
            Some(_) => out.release_in_front(&mut self.held, context.machine),
        }
        out.set_open(context.machine, true);
    }

    /// Whether it serves requests.
    #[inline]
    pub fn state(&self) -> State {
        self.state
    }

    /// The logical time of the newest write that it has seen.
    pub(crate) fn clock(&self) -> u32 {
        self.clock
    }

    /// Inserts that wait until another region has them.
    pub(crate) fn pending(&self) -> &List {
        &self.pending
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
    write(row, copy, context.insert, true);
    row.written_here = true;
    let duplicate = before.rows > 0;
    let (table, rows) = (context.id, row.rows);
    out.emit(Event::Stored { table, asked, copy, rows, duplicate });
    let mut changed = (before.rows, before.value) != (row.rows, row.value);
    if !store.latest.is_empty() {
        let written = Latest { record: copy.id, time, region: context.region };
        changed |= show(written, context, store, out);
    }
    (changed, duplicate)
}

/// Whether the table has a row that nobody can read.
#[inline]
fn has_unreadable(store: &Store<'_>) -> bool {
    store.keys.unreadable().is_some_and(|id| store.rows[id.index()].rows > 0)
}

/// Tells the client that its write is stored, unless it was refused meanwhile: then nobody waits.
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
    /// The table has a row that nobody can read.
    pub(super) unreadable: bool,
}

/// Writes a row that a container of this region (`here`) or replication brings.
#[inline]
fn write(row: &mut Row, copy: RecordCopy, insert: Insert, here: bool) {
    row.value = copy.value;
    row.rows = match insert {
        Insert::Upsert => 1,
        Insert::Append => row.rows.saturating_add(1),
        // Here the condition fails if there is a row; what comes from elsewhere had its own.
        Insert::Conditional if here => row.rows.max(1),
        Insert::Conditional => row.rows.saturating_add(1),
    };
}

/// Shows a write under its key, if it wins there. Returns whether it does.
fn show(written: Latest, context: &Context, store: &mut Store<'_>, out: &mut Outbox) -> bool {
    let key = store.keys.key_of(written.record);
    let shown = &mut store.latest[key];
    let version = |record| store.keys.version_of(record);
    let wins = match context.conflict {
        _ if shown.record.0 == 0 => true,
        Conflict::LastWriterWins => (written.time, written.region) > (shown.time, shown.region),
        Conflict::VersionChecked => version(written.record) > version(shown.record),
        Conflict::FirstApplied => written.region == shown.region,
    };
    if wins {
        *shown = written;
        out.emit(Event::KeyShown { table: context.id, record: written.record });
    }
    wins
}

/// The rows of one table in the block of all tables' rows.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    rows: &'a [Row],
}

impl<'a> Rows<'a> {
    pub(crate) fn new(rows: &'a [Row]) -> Rows<'a> {
        Rows { rows }
    }

    /// What the table holds of a record.
    ///
    /// # Panics
    ///
    /// If the scenario has no such record.
    pub fn get(&self, record: RecordId) -> Row {
        self.rows[record.index()]
    }

    /// How many records have a row.
    pub fn len(&self) -> usize {
        self.rows.iter().filter(|row| row.rows > 0).count()
    }

    /// Whether no record has a row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
