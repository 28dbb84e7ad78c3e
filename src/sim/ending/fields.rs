//! For tests: the changes of each field of how far a run is from its end.

use super::Ending;
use crate::fields::changes_of_each_field;

changes_of_each_field! {
    pub(crate) Ending {
        healed_at: [|ending| {
            ending.healed_at = match ending.healed_at {
                Some(_) => None,
                None => Some(u16::MAX),
            };
        }],
        struck: [|ending| ending.struck = !ending.struck],
        repeats: [|ending| ending.repeats += 1],
        closed: [|ending| ending.closed = !ending.closed],
        broken: [|ending| ending.broken ^= 1],
    }
}
