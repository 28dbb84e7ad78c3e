//! What a table holds, and what it shows for a key.

use crate::model::id::{RecordId, RegionId, RegionSet};
use crate::model::message::Client;
use crate::model::options::{Conflict, Insert};
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
/// // Ten records have three keys. Of the first one, the second version was written last.
/// let Latest { record, region, .. } = simulation.latest(TableId(0))[0];
/// assert_eq!((record, region), (RecordId(4), RegionId(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Latest {
    /// The record; 0 while the key has none.
    pub record: RecordId,
    /// When it was written: the number of the step that wrote it.
    pub time: u32,
    /// Where it was written.
    pub region: RegionId,
}

impl Default for Latest {
    fn default() -> Latest {
        Latest { record: RecordId(0), time: 0, region: RegionId(0) }
    }
}

/// Who has written the row of a record, where rows can be taken back.
///
/// What each region has written is an item of its own: a region takes back what it has written, and replication brings
/// that to the others, in the order of its writes. The record has a row as long as one region has written it and not taken
/// that back. So regions agree, in whatever order they hear of each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Writers {
    /// The regions that have written it, as far as the table knows.
    pub(crate) regions: RegionSet,
    /// The consumers of the own region that have stored it since.
    pub(crate) consumers: Consumers,
}

/// How many consumers of one region have stored a record since its row was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Consumers {
    /// None.
    #[default]
    None,
    /// One, in this life.
    One(Client),
    /// Two or more, or one in two of its lives.
    Several,
}

/// What a table holds: its parts of the blocks of all tables.
#[derive(Debug)]
pub struct Store<'a> {
    /// By record; element 0 unused.
    pub rows: &'a mut [Row],
    /// By key; empty when records have none.
    pub latest: &'a mut [Latest],
    /// By record; element 0 unused; empty where no rows are taken back.
    pub writers: &'a mut [Writers],
    /// The keys and versions of the records.
    pub keys: &'a Keys,
}

impl Row {
    /// Writes what a container of this region (`here`) or replication brings.
    #[inline]
    pub(super) fn write(&mut self, copy: RecordCopy, insert: Insert, here: bool) {
        self.value = copy.value;
        self.rows = match insert {
            Insert::Upsert => 1,
            Insert::Append => self.rows.saturating_add(1),
            // Here the condition fails if there is a row; what comes from elsewhere had its own.
            Insert::Conditional if here => self.rows.max(1),
            Insert::Conditional => self.rows.saturating_add(1),
        };
    }
}

impl Store<'_> {
    /// Shows a write under its key, if it wins there. Returns whether it does.
    pub(super) fn show(&mut self, written: Latest, conflict: Conflict) -> bool {
        let shown = &mut self.latest[self.keys.key_of(written.record)];
        let version = |record| self.keys.version_of(record);
        let wins = match conflict {
            _ if shown.record.0 == 0 => true,
            Conflict::LastWriterWins => (written.time, written.region) > (shown.time, shown.region),
            Conflict::VersionChecked => version(written.record) > version(shown.record),
            Conflict::FirstApplied => written.region == shown.region,
        };
        if wins {
            *shown = written;
        }
        wins
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Three versions of one key, two of which were written at the same time.
    const WRITES: [Latest; 3] = [
        Latest { record: RecordId(1), time: 7, region: RegionId(1) },
        Latest { record: RecordId(2), time: 7, region: RegionId(0) },
        Latest { record: RecordId(3), time: 4, region: RegionId(2) },
    ];

    /// In every order in which replication can bring the writes: what is shown in the end.
    fn shown(conflict: Conflict) -> Vec<RecordId> {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let keys = Keys::new(1, 0, 3, 2);
        let of_order = |order: [usize; 3]| {
            let (mut rows, mut latest) = ([], [Latest::default()]);
            let mut store =
                Store { rows: &mut rows, latest: &mut latest, writers: &mut [], keys: &keys };
            for index in order {
                store.show(WRITES[index], conflict);
            }
            latest[0].record
        };
        orders.into_iter().map(of_order).collect()
    }

    /// No two writes of a run have the same time while clocks of regions do not differ; if they had, every
    /// region must break the tie in the same way, whichever write it hears of first.
    #[test]
    fn a_tie_of_the_last_writers_does_not_depend_on_the_order_in_which_they_come() {
        assert_eq!(shown(Conflict::LastWriterWins), [RecordId(1); 6]);
    }

    #[test]
    fn the_greatest_version_is_shown_whenever_it_comes() {
        assert_eq!(shown(Conflict::VersionChecked), [RecordId(3); 6]);
    }

    /// The unsound one: here the order decides.
    #[test]
    fn what_is_applied_first_stays() {
        let first = [1, 1, 2, 2, 3, 3].map(RecordId);
        assert_eq!(shown(Conflict::FirstApplied), first);
    }
}
