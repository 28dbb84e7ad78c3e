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
    /// Records that were in the last queue on the way to a stage, and that is gone; they are delivered all the same, or may be.
    pub cut_off: Vec<RecordId>,
    /// Records that are delivered, and of which the message is gone from which the external service was yet to be called. Known when a
    /// run has ended.
    pub uncalled: Vec<RecordId>,
}

impl Lost {
    /// How many records lost something: the recovery point in records.
    pub fn records(&self) -> usize {
        let Lost { undelivered, restorable: _, unreplicated, cut_off, uncalled } = self;
        let mut all = [undelivered.as_slice(), unreplicated, cut_off, uncalled].concat();
        all.sort_unstable();
        all.dedup();
        all.len()
    }
}

impl Losses {
    /// All that was lost so far; of what the external service did not hear, [`Spec::lost`](crate::spec::Spec::lost) says.
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
            unreplicated: of(|loss| loss.row && loss.cut_off.is_empty()),
            cut_off: of(|loss| loss.row && !loss.cut_off.is_empty()),
            uncalled: Vec::new(),
        }
    }
}
