//! For tests: the changes of each field of the plans of in-dns.

use super::Plans;
use crate::fields::changes_of_each_field;

changes_of_each_field! {
    pub(crate) Plans {
        newest: [|plans| plans.newest += 1],
        in_place: [
            |plans| plans.in_place = plans.in_place.map(|plan| plan + 1),
            |plans| plans.in_place = None,
        ],
        is_late: [|plans| plans.is_late = !plans.is_late],
    }
}
