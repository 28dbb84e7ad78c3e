//! For tests: the changes of each field of the ledger.

use super::{Departure, Ledger, Seen};
use crate::fields::changes_of_each_field;
use crate::model::id::QueueId;

changes_of_each_field! {
    pub(crate) Ledger {
        // It follows from the plan.
        stages: [],
        // Lists of their own.
        records: [],
        at_stage: [],
        departures: [|ledger| {
            ledger.departures[1] = Some(Departure { queue: QueueId(1), seen: Seen(99) });
        }],
        containers: [
            |ledger| ledger.containers[0].since = Seen(99),
            |ledger| ledger.containers[0].recoveries += 1,
            |ledger| ledger.containers[0].refusals += 1,
            |ledger| ledger.containers[0].spent = Some(Seen(99)),
        ],
        attempts: [|ledger| ledger.attempts.change()],
        // It follows from the plan.
        branches: [],
        // None in a line, as a rule.
        copies: [],
        // It follows from the plan.
        withdraws: [],
        // There is none where no log is mirrored.
        mirrored: [|ledger| {
            let first = ledger.mirrored.len() / ledger.records.len();
            ledger.mirrored.get_mut(first).into_iter().for_each(|copies| *copies += 1);
        }],
    }
}

/// The changes of each field of what is known of a record.
pub(crate) mod record {
    use crate::fields::changes_of_each_field;
    use crate::spec::ledger::{Ledger, RecordFacts};

    changes_of_each_field! {
        pub(crate) RecordFacts {
            queue_copies: [|facts| facts.queue_copies += 1],
            published: [|facts| facts.published = !facts.published],
            accepted: [|facts| facts.accepted = !facts.accepted],
            arrived: [|facts| facts.arrived = !facts.arrived],
        }
    }

    /// What is known of the first record.
    pub(crate) fn of(ledger: &mut Ledger) -> &mut RecordFacts {
        &mut ledger.records[1]
    }
}

/// The changes of each field of what is known of a record at a stage.
pub(crate) mod at_stage {
    use crate::fields::changes_of_each_field;
    use crate::spec::ledger::{Ledger, StageFacts};

    changes_of_each_field! {
        StageFacts {
            stored: [|facts| facts.stored.0 ^= 2],
            withdrawn: [|facts| facts.withdrawn.0 ^= 2],
            forwarded: [|facts| facts.forwarded.0 ^= 2],
        }
    }

    /// The same of the first record at the second stage.
    pub(crate) fn changes() -> impl Iterator<Item = (&'static str, impl Fn(&mut Ledger) + Copy)> {
        let of = |&(field, change): &(_, Change)| {
            (field, move |ledger: &mut Ledger| change(&mut ledger.at_stage[ledger.stages + 1]))
        };
        CHANGES.iter().map(of)
    }
}
