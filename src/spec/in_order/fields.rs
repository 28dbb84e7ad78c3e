//! For tests: the changes of each field of what the order of publishing is known to be.

use super::InOrder;
use crate::fields::changes_of_each_field;

changes_of_each_field! {
    pub(crate) InOrder {
        // It follows from the plan.
        applies: [],
        published: [|property| property.published += 1],
        place: [|property| property.place.iter_mut().for_each(|place| *place += 1)],
        reached: [|property| property.reached.iter_mut().for_each(|reached| *reached ^= 1)],
        last: [|property| property.last.iter_mut().for_each(|last| *last += 1)],
    }
}
