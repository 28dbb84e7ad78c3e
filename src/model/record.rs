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

/// What the records mean to those who read them. Records take the business keys in turn; each record
/// of a key has a version one higher than the one before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keys {
    count: u16,
    /// The record whose row nobody can read; 0: none.
    unreadable: RecordId,
}

impl Keys {
    pub(crate) fn new(count: u16, unreadable: u16) -> Keys {
        Keys { count, unreadable: RecordId(unreadable) }
    }

    /// The record whose row the containers' code cannot read, if there is one.
    #[inline]
    pub fn unreadable(&self) -> Option<RecordId> {
        (self.unreadable.0 > 0).then_some(self.unreadable)
    }

    /// How many keys there are; 0: records have none.
    pub fn count(&self) -> usize {
        usize::from(self.count)
    }

    /// The key of a record, below [`Keys::count`].
    ///
    /// # Panics
    ///
    /// If records have no keys.
    #[inline]
    pub fn key_of(&self, record: RecordId) -> usize {
        usize::from((record.0 - 1) % self.count)
    }

    /// The version of a record among those of its key, from 1.
    ///
    /// # Panics
    ///
    /// If records have no keys.
    #[inline]
    pub fn version_of(&self, record: RecordId) -> u16 {
        (record.0 - 1) / self.count + 1
    }
}
