//! For tests: the changes of each field of what the order in a region is known to be.

use super::RegionFifo;
use crate::fields::changes_of_each_field;

changes_of_each_field! {
    pub(crate) RegionFifo {
        // They follow from the plan.
        applies: [],
        regions: [],
        arrivals: [|property| property.arrivals[1] += 1],
        arrival: [|property| property.arrival[property.regions + 1] += 1],
        last_stored: [|property| property.last_stored[1] += 1],
    }
}
