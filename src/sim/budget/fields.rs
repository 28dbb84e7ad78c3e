//! For tests: the changes of each field of the faults that the scheduler may choose.

use super::Faults;
use crate::fields::changes_of_each_field;

changes_of_each_field! {
    pub(crate) Faults {
        // A list of its own.
        left: [],
        // It follows from the plan.
        numbers: [],
        ready: [|faults| match faults.ready.contains(0) {
            true => faults.ready.remove(0),
            false => faults.ready.insert(0),
        }],
        cut: [|faults| match faults.cut.contains(0) {
            true => faults.cut.remove(0),
            false => faults.cut.insert(0),
        }],
    }
}

/// What is left of the budget.
pub(crate) mod left {
    pub(crate) use crate::model::fault::fields::CHANGES;
    use crate::scenario::Budget;
    use crate::sim::budget::Faults;

    pub(crate) fn of(faults: &mut Faults) -> &mut Budget {
        &mut faults.left
    }
}
