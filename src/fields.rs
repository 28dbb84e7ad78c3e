//! For tests: what changes one field of a type, and no other.

use crate::model::id::RecordId;

/// The changes of each field of a type, as `CHANGES` of the module. A field that is not listed breaks the
/// build, as one does that is listed and not there. A list that is empty says why.
macro_rules! changes_of_each_field {
    ($seen:vis $type:ident $(, $with:ty)* { $($field:ident: [$($change:expr),* $(,)?],)+ }) => {
        /// A change of one field.
        $seen type Change = fn(&mut $type $(, &mut $with)*);

        /// By the name of the field.
        $seen const CHANGES: &[(&str, Change)] =
            &[$($((stringify!($field), $change),)*)+];

        // Names every field.
        const _: fn($type) = |$type { $($field: _),+ }| {};
    };
}

pub(crate) use changes_of_each_field;

/// Another record, of which there is one in every plan of two records.
pub(crate) fn another(record: RecordId) -> RecordId {
    RecordId(if record == RecordId(1) { 2 } else { 1 })
}
