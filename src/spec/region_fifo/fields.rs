//! For tests: the changes of each field of what the order in a region is known to be.

use super::RegionFifo;
use crate::fields::changes_of_each_field;

changes_of_each_field! {
    pub(crate) RegionFifo {
        // They follow from the plan.
        regions: [],
        orders: [],
        begins: [],
        stride: [],
        arrivals: [|property| property.arrivals[0][1] += 1],
        arrival: [|property| property.arrival[property.regions + 1] += 1],
        last_stored: [|property| property.last_stored[1] += 1],
    }
}
