//! A stage's table in one region (one replica of a DynamoDB global table).

use crate::model::event::Event;
use crate::model::id::{MachineId, RecordId, RegionId, TableId};
use crate::model::message::{Client, Message};
use crate::model::options::{Insert, TableFailure};
use crate::model::outbox::Outbox;
use crate::model::pool::List;
use crate::model::record::RecordCopy;

/// What a table holds of one record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Row {
    /// The stored value; meaningful when there is a row.
    pub value: u32,
    /// How many rows have this id: 0 or 1, more only in a design that appends.
    pub rows: u8,
    /// A container of this region wrote it (also when replication brought it first).
    pub written_here: bool,
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
/// row and there is nothing to resolve.
///
/// Source: Amazon DynamoDB global tables, multi-Region eventual consistency.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegionalTable {
    state: State,
    /// Rows of other regions that arrived while it refused: replication tries until it succeeds.
    held: List,
}

/// What a table knows about its place and its design.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// Which table it is.
    pub id: TableId,
    /// Its own address.
    pub machine: MachineId,
    /// Its region.
    pub region: RegionId,
    /// The address of its stage's replicator.
    pub replicator: MachineId,
    /// What it does with a record that it has.
    pub insert: Insert,
    /// What it does while it is failed.
    pub on_failure: TableFailure,
}

impl RegionalTable {
    /// Handles one message. `rows` are its own rows, by record id.
    #[inline]
    pub fn handle(
        &mut self,
        message: &Message,
        context: &Context,
        rows: &mut [Row],
        out: &mut Outbox,
    ) {
        match *message {
            Message::Insert { client, copy } => self.insert(client, copy, context, rows, out),
            Message::Apply { .. } if self.state == State::Failed => {
                out.hold(&mut self.held, *message);
            }
            Message::Apply { copy } => {
                let row = &mut rows[copy.id.index()];
                write(row, copy, context.insert);
                out.emit(Event::Applied { table: context.id, copy, rows: row.rows });
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
            | Message::InsertRefused { .. }
            | Message::Replicate { .. } => unreachable!("a table gets no {message:?}"),
        }
    }

    #[inline]
    fn insert(
        &mut self,
        client: Client,
        copy: RecordCopy,
        context: &Context,
        rows: &mut [Row],
        out: &mut Outbox,
    ) {
        let Client { machine, incarnation } = client;
        if self.state == State::Failed {
            return out.send(machine, Message::InsertRefused { incarnation });
        }
        let row = &mut rows[copy.id.index()];
        let before = *row;
        write(row, copy, context.insert);
        row.written_here = true;
        let duplicate = before.rows > 0;
        out.emit(Event::Stored { table: context.id, copy, rows: row.rows, duplicate });
        if (before.rows, before.value) != (row.rows, row.value) {
            let region = context.region;
            out.send(context.replicator, Message::Replicate { region, copy });
        }
        out.send(machine, Message::Inserted { incarnation, duplicate });
    }

    /// Begins to refuse, or to keep requests waiting.
    pub(crate) fn fail(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Failed;
        if context.on_failure == TableFailure::Hang {
            out.set_open(context.machine, false);
        }
    }

    /// Serves requests again.
    pub(crate) fn recover(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Available;
        out.release(&mut self.held, context.machine);
        out.set_open(context.machine, true);
    }

    /// Whether it serves requests.
    #[inline]
    pub fn state(&self) -> State {
        self.state
    }

    /// Rows of other regions that wait until it serves requests again.
    pub fn held(&self) -> &List {
        &self.held
    }
}

#[inline]
fn write(row: &mut Row, copy: RecordCopy, insert: Insert) {
    row.value = copy.value;
    row.rows = match insert {
        Insert::Upsert => 1,
        Insert::Append => row.rows.saturating_add(1),
    };
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
