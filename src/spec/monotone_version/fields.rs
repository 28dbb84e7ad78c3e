//! For tests: the changes of each field of what tables have shown.

use super::MonotoneVersion;
use crate::fields::changes_of_each_field;

changes_of_each_field! {
    pub(crate) MonotoneVersion {
        shown: [|property| property.shown.iter_mut().last().into_iter().for_each(|id| id.0 += 1)],
    }
}
