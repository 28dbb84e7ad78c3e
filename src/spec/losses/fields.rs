//! For tests: the changes of each field of what is known of copies.

use super::Losses;
use crate::fields::changes_of_each_field;
use crate::model::fault::Target;
use crate::model::id::RegionId;

changes_of_each_field! {
    pub(crate) Losses {
        // They follow from the plan.
        watches: [],
        shares: [],
        stages: [],
        places: [],
        gone: [|losses| losses.gone.0 ^= 2],
        under_way: [|losses| losses.under_way = Some(Target::Region(RegionId(1)))],
        // Lists of their own.
        rows: [],
        on_way: [|losses| {
            let first = losses.stages * losses.places;
            losses.on_way.get_mut(first).into_iter().for_each(|times| *times += 1);
        }],
        records: [],
    }
}

/// The changes of each field of what is known of a row.
pub(crate) mod row {
    use crate::fields::changes_of_each_field;
    use crate::spec::losses::{Losses, RowFacts};

    changes_of_each_field! {
        RowFacts {
            has: [|row| row.has.0 ^= 2],
            lost: [|row| row.lost.0 ^= 2],
            destroyed: [|row| row.destroyed = !row.destroyed],
        }
    }

    /// The same of the first record at the first stage.
    pub(crate) fn changes() -> impl Iterator<Item = (&'static str, impl Fn(&mut Losses) + Copy)> {
        let of = |&(field, change): &(_, Change)| {
            (field, move |losses: &mut Losses| {
                losses.rows.get_mut(losses.stages).into_iter().for_each(change)
            })
        };
        CHANGES.iter().map(of)
    }
}

/// The changes of each field of what losses did to a record.
pub(crate) mod record {
    use crate::fields::changes_of_each_field;
    use crate::spec::losses::{Losses, RecordLoss};

    changes_of_each_field! {
        RecordLoss {
            taken: [|loss| loss.taken.insert(2)],
            undelivered: [|loss| loss.undelivered = !loss.undelivered],
            row: [|loss| loss.row = !loss.row],
            intents: [|loss| loss.intents.insert(1)],
            cut_off: [|loss| loss.cut_off.insert(1)],
            unfinished: [|loss| loss.unfinished.insert(1)],
        }
    }

    /// The same of the first record.
    pub(crate) fn changes() -> impl Iterator<Item = (&'static str, impl Fn(&mut Losses) + Copy)> {
        let of = |&(field, change): &(_, Change)| {
            (field, move |losses: &mut Losses| {
                losses.records.get_mut(1).into_iter().for_each(change)
            })
        };
        CHANGES.iter().map(of)
    }
}
