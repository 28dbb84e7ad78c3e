//! For tests: the changes of each field of what is known of the batches.

use super::Progress;
use crate::fields::changes_of_each_field;

changes_of_each_field! {
    pub(crate) Progress {
        // These follow from the plan.
        queue_places: [],
        // It is the plan's, too.
        stages: [],
        batch_of: [],
        reached: [|progress| progress.reached[1] ^= 1, |progress| progress.reached[2] ^= 1 << 31],
        entered: [|progress| progress.entered[1].0 ^= 2],
        owed: [|progress| progress.owed[40] += 1],
        // It follows from the plan.
        by_record: [],
        queued: [|progress| progress.queued[1] += 1],
        delivered: [|progress| progress.delivered += 1],
        changed: [|progress| progress.changed = !progress.changed],
    }
}
