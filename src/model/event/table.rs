//! What happened at a table.

use crate::model::id::{QueueId, RecordId, TableId};
use crate::model::record::RecordCopy;

/// What happened at a table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// A table took a write: of its own region, or, as the writer of a global database, of another.
    Stored {
        /// The table.
        table: TableId,
        /// The table that the container asked, in its own region: another one than `table` only in a
        /// global database.
        asked: TableId,
        /// The record.
        copy: RecordCopy,
        /// How many rows it has for this id now.
        rows: u8,
        /// It had the record already.
        duplicate: bool,
    },
    /// A table took a write of another region.
    Applied {
        /// The table.
        table: TableId,
        /// The record.
        copy: RecordCopy,
        /// How many rows it has for this id now.
        rows: u8,
    },
    /// A table has, in the same write as the row, the intent to publish a record.
    Intended {
        /// The table.
        table: TableId,
        /// The record.
        record: RecordId,
        /// The queue that it is to be published to. A record that goes to several has an intent for each.
        queue: QueueId,
        /// Its relay is past the id of the intent, and will not read it (an unsound design).
        passed: bool,
    },
    /// The relay of a table has read a greater id than that of a transaction which is open, and will not read the
    /// intent of that (an unsound design).
    Passed {
        /// The table.
        table: TableId,
        /// The record of the transaction.
        record: RecordId,
    },
    /// The relay of a table has published a record, and its intent is done with.
    Relayed {
        /// The table.
        table: TableId,
        /// The record.
        record: RecordId,
        /// The queue that has it.
        queue: QueueId,
    },
    /// The writer of a global database has moved, and an intent that is not done goes with it.
    HandedOn {
        /// The cluster that has the outbox now.
        table: TableId,
        /// That which had it.
        from: TableId,
        /// The record.
        record: RecordId,
    },
    /// The writer of a global database has moved, and its relay does not know that an intent was done: it will
    /// publish the record again.
    Reopened {
        /// The cluster that has the outbox now.
        table: TableId,
        /// The record.
        record: RecordId,
    },
    /// The writer of a global database has moved, and its relay takes an intent for done that is not (an unsound design).
    Skipped {
        /// The cluster that had the outbox.
        table: TableId,
        /// The record.
        record: RecordId,
    },
    /// A table took back what its region had written of a record: it could not be forwarded.
    Withdrawn {
        /// The table.
        table: TableId,
        /// The record.
        record: RecordId,
        /// How many rows it has for this id now: those of other regions.
        rows: u8,
    },
    /// A table did not take back what its region had written of a record: another consumer has stored it, too, or there is
    /// nothing to take back any more.
    NotWithdrawn {
        /// The table.
        table: TableId,
        /// The record.
        record: RecordId,
    },
    /// Replication brought it that another region has taken back what that had written of a record.
    WithdrawnElsewhere {
        /// The table.
        table: TableId,
        /// The record.
        record: RecordId,
        /// How many rows it has for this id now.
        rows: u8,
    },
    /// A write of the own region is not shown for its business key: what is shown has a later time, by the clocks of
    /// the regions.
    Ignored {
        /// The table.
        table: TableId,
        /// The record that was written.
        record: RecordId,
    },
    /// A table that failed had received a write of another region and not applied it, and does not know of it any more
    /// (an unsound design).
    Forgot {
        /// The table.
        table: TableId,
        /// The record.
        record: RecordId,
    },
    /// A table shows this record for its business key from now on.
    KeyShown {
        /// The table.
        table: TableId,
        /// The record.
        record: RecordId,
    },
}

impl Event {
    /// The record that it happened to, if it happened to one.
    pub fn record(&self) -> Option<RecordId> {
        match *self {
            Event::Stored { copy, .. } | Event::Applied { copy, .. } => Some(copy.id),
            Event::KeyShown { record, .. }
            | Event::Ignored { record, .. }
            | Event::Intended { record, .. }
            | Event::Passed { record, .. }
            | Event::Relayed { record, .. }
            | Event::HandedOn { record, .. }
            | Event::Reopened { record, .. }
            | Event::Skipped { record, .. }
            | Event::Withdrawn { record, .. }
            | Event::NotWithdrawn { record, .. }
            | Event::WithdrawnElsewhere { record, .. }
            | Event::Forgot { record, .. } => Some(record),
        }
    }
}
