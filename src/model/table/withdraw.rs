//! Rows that are taken back: what a container has stored and could not forward (a compensation).

use crate::model::id::RegionId;
use crate::model::message::{Client, Message};
use crate::model::options::{DualWrite, Insert};
use crate::model::outbox::Outbox;
use crate::model::record::RecordCopy;
use crate::model::table::rows::{Consumers, Store, Writers};
use crate::model::table::{self, Event, RegionalTable, State};

impl table::Context {
    /// Whether containers take back what they have stored there and cannot forward.
    #[inline]
    pub(super) fn compensates(&self) -> bool {
        match self.dual_write {
            DualWrite::Compensate | DualWrite::CompensateIfAlone => true,
            DualWrite::Retry | DualWrite::Transaction => false,
        }
    }
}

/// A consumer of the own region has stored a record. Whether that is news to other regions.
#[cold]
pub(super) fn note_consumer(
    client: Client,
    copy: RecordCopy,
    duplicate: bool,
    context: &table::Context,
    store: &mut Store<'_>,
) -> bool {
    let Writers { regions, consumers } = &mut store.writers[copy.id.index()];
    *consumers = match *consumers {
        Consumers::None => Consumers::One(client),
        Consumers::One(other) if other == client => Consumers::One(client),
        Consumers::One(_) | Consumers::Several => Consumers::Several,
    };
    let is_written = !duplicate || context.options.insert != Insert::Conditional;
    is_written && regions.insert(context.region)
}

/// What a region has written of a record is gone. How many rows are left.
fn erase(
    copy: RecordCopy,
    region: RegionId,
    context: &table::Context,
    store: &mut Store<'_>,
) -> u8 {
    let Writers { regions, consumers } = &mut store.writers[copy.id.index()];
    let row = &mut store.rows[copy.id.index()];
    regions.remove(region);
    if region == context.region {
        row.written_here = false;
        *consumers = Consumers::None;
    }
    if regions.is_empty() {
        (row.rows, row.value) = (0, 0);
    }
    row.rows
}

impl RegionalTable {
    /// Another region has written a record, or has taken that back.
    #[cold]
    pub(super) fn note_region(
        &mut self,
        region: RegionId,
        copy: RecordCopy,
        context: &table::Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) {
        let (table, record) = (context.id, copy.id);
        if copy.is_tombstone() {
            let rows = erase(copy, region, context, store);
            return out.emit(Event::WithdrawnElsewhere { table, record, rows });
        }
        store.writers[record.index()].regions.insert(region);
        let row = &mut store.rows[record.index()];
        row.write(copy, context.options.insert, false);
        out.emit(Event::Applied { table, copy, rows: row.rows });
    }

    /// A container could not forward a record, and wants its row to be gone.
    pub(super) fn withdraw(
        &mut self,
        client: Client,
        copy: RecordCopy,
        context: &table::Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) {
        let Client { machine, incarnation } = client;
        if self.state == State::Failed {
            return out.send(machine, Message::WithdrawRefused { incarnation });
        }
        let Writers { regions, consumers } = store.writers[copy.id.index()];
        let is_alone = consumers == Consumers::One(client);
        let may = is_alone || context.dual_write == DualWrite::Compensate;
        let (table, record, region) = (context.id, copy.id, context.region);
        if may && regions.contains(region) {
            let rows = erase(copy, region, context, store);
            out.emit(Event::Withdrawn { table, record, rows });
            let (copy, time) = (RecordCopy::tombstone(record), out.now());
            out.send(context.replicator, Message::Replicate { region, copy, time });
        } else {
            out.emit(Event::NotWithdrawn { table, record });
        }
        out.send(machine, Message::Withdrawn { incarnation });
    }
}
