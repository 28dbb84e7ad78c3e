//! For tests: the changes of each field of the faults that the scheduler may choose.

use super::Faults;
use crate::fields::changes_of_each_field;

changes_of_each_field! {
    pub(crate) Faults {
        // A list of its own.
        left: [],
        // These follow from the plan.
        has_budget: [],
        numbers: [],
        ready: [|faults| match faults.ready.contains(0) {
            true => faults.ready.remove(0),
            false => faults.ready.insert(0),
        }],
    }
}

/// The changes of each field of a budget.
pub(crate) mod left {
    use crate::fields::changes_of_each_field;
    use crate::scenario::Budget;
    use crate::sim::budget::Faults;

    changes_of_each_field! {
        pub(crate) Budget {
            crash: [|left| left.crash += 1],
            lost_reply: [|left| left.lost_reply += 1],
            visibility_timeout: [|left| left.visibility_timeout += 1],
            reorder: [|left| left.reorder += 1],
            lose_table: [|left| left.lose_table += 1],
            lose_region: [|left| left.lose_region += 1],
            switchover: [|left| left.switchover += 1],
            failover: [|left| left.failover += 1],
            outage: [|left| left.outage += 1],
        }
    }

    /// What is left of the budget.
    pub(crate) fn of(faults: &mut Faults) -> &mut Budget {
        &mut faults.left
    }
}
