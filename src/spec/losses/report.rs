//! What was lost, in the end.

use crate::model::id::RecordId;
use crate::spec::losses::{Losses, RecordLoss};

/// What a run has lost for good of what was acknowledged.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lost {
    /// Accepted records that will not arrive: they were in queues that are gone.
    pub undelivered: Vec<RecordId>,
    /// Those of `undelivered` of which a row is left, from which they can be published again.
    pub restorable: Vec<RecordId>,
    /// Records with a row that was stored and acknowledged, and that no region had any more after a
    /// loss.
    pub unreplicated: Vec<RecordId>,
}

impl Lost {
    /// How many records lost something: the recovery point in records.
    pub fn records(&self) -> usize {
        let new = |record: &&RecordId| !self.undelivered.contains(record);
        self.undelivered.len() + self.unreplicated.iter().filter(new).count()
    }
}

impl Losses {
    /// All that was lost so far.
    pub fn report(&self) -> Lost {
        let of = |wanted: fn(&RecordLoss) -> bool| {
            let records = self.records.iter().enumerate().filter(|(_, loss)| wanted(loss));
            records.map(|(index, _)| RecordId(index as u16)).collect::<Vec<RecordId>>()
        };
        let undelivered = of(|loss| loss.undelivered);
        let has_row = |record: &&RecordId| {
            let rows = &self.rows[record.index() * self.stages..][..self.stages];
            rows.iter().any(|row| !row.has.without(self.gone).is_empty())
        };
        Lost {
            restorable: undelivered.iter().filter(has_row).copied().collect(),
            undelivered,
            unreplicated: of(|loss| loss.row),
        }
    }
}
