//! Records, as they travel.

use crate::model::id::RecordId;

/// A record as a message, a queue or a table holds it.
///
/// The value is never interpreted. It travels with the id so that a machine which mixes up two
/// records is seen by the spec ([`NoInvention`](crate::spec::NoInvention)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordCopy {
    /// Which record.
    pub id: RecordId,
    /// Its content, 1..=100 000.
    pub value: u32,
}

/// The largest value of a record.
pub const VALUE_MAX: u32 = 100_000;
