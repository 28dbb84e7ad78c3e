//! For tests: the changes of each field of what in-dns's policy is known to be.

use super::{Known, RoutedByPolicy};
use crate::fields::changes_of_each_field;
use crate::model::id::RegionId;

changes_of_each_field! {
    Known {
        weighted: [|known| known.weighted.0 ^= 1],
        offline: [|known| known.offline.0 ^= 2],
        not_fetched: [|known| known.not_fetched.0 ^= 2],
        unhealthy: [|known| known.unhealthy.0 ^= 2],
        // More than the threshold makes no difference.
        failed: [|known| known.failed[1] = u8::from(known.failed[1] == 0)],
        good: [|known| known.good[1] = u8::from(known.good[1] == 0)],
        last: [
            |known| {
                known.last = match known.last {
                    Some(_) => None,
                    None => Some((RegionId(0), 1)),
                };
            },
            |known| known.last.iter_mut().for_each(|(region, _)| region.0 ^= 1),
            |known| known.last.iter_mut().for_each(|(_, ago)| *ago += 1),
        ],
    }
}

/// The same of the property, of which all else follows from the plan.
pub(crate) fn changes() -> impl Iterator<Item = (&'static str, impl Fn(&mut RoutedByPolicy) + Copy)>
{
    let of = |&(field, change): &(_, Change)| {
        (field, move |property: &mut RoutedByPolicy| {
            let RoutedByPolicy {
                regions: _,
                policy: _,
                primary: _,
                ttl: _,
                threshold: _,
                known_at_start: _,
                known,
            } = property;
            change(known);
        })
    };
    CHANGES.iter().map(of)
}
