//! States written down as bytes.

use xxhash_rust::xxh3::xxh3_128;

use crate::model::id::RecordId;
use crate::model::record::RecordCopy;
use crate::plan::Plan;

/// A buffer that parts of a state are written into, and hashed from.
///
/// Two parts that differ must be written differently: what has no fixed length is preceded by its
/// length.
///
/// Records are written by name, or without: then where each is mentioned is kept beside the bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bytes {
    written: Vec<u8>,
    /// Records are written without their names.
    anonymous: bool,
    /// Where records are mentioned that were written without their names: which, and behind how many bytes.
    mentions: Vec<(RecordId, u32)>,
}

impl Bytes {
    /// A buffer in which records have names, or none.
    pub(crate) fn new(anonymous: bool) -> Bytes {
        Bytes { anonymous, ..Bytes::default() }
    }

    /// Whether records have no names.
    #[inline]
    pub(crate) fn is_anonymous(&self) -> bool {
        self.anonymous
    }

    /// Where records are mentioned.
    pub(crate) fn mentions(&self) -> &[(RecordId, u32)] {
        &self.mentions
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.written.clear();
        self.mentions.clear();
    }

    /// A record, or none: 0.
    #[inline]
    pub(crate) fn record(&mut self, id: RecordId) {
        if self.anonymous && id.0 > 0 {
            self.mentions.push((id, self.written.len() as u32));
            return self.u16(1);
        }
        self.u16(id.0);
    }

    /// A copy of a record. Of one without a name, its value is that of the record that it is.
    #[inline]
    pub(crate) fn copy(&mut self, copy: RecordCopy, plan: &Plan) {
        if !self.anonymous {
            return self.u64(u64::from(copy.id.0) << 32 | u64::from(copy.value));
        }
        self.record(copy.id);
        let is_own = copy.id.index() <= plan.records() && plan.value(copy.id) == copy.value;
        self.u32(if is_own { 0 } else { copy.value });
    }

    #[inline]
    pub(crate) fn flag(&mut self, flag: bool) {
        self.written.push(flag.into());
    }

    #[inline]
    pub(crate) fn u8(&mut self, number: u8) {
        self.written.push(number);
    }

    #[inline]
    pub(crate) fn u16(&mut self, number: u16) {
        self.written.extend_from_slice(&number.to_le_bytes());
    }

    /// Several small numbers at once: each has its own bits.
    #[inline]
    pub(crate) fn u64(&mut self, number: u64) {
        self.written.extend_from_slice(&number.to_le_bytes());
    }

    #[inline]
    pub(crate) fn u32(&mut self, number: u32) {
        self.written.extend_from_slice(&number.to_le_bytes());
    }

    /// The length of a list; none has as many as 65,536 elements.
    #[inline]
    pub(crate) fn len(&mut self, length: usize) {
        self.u16(length as u16);
    }

    /// The 128-bit hash of what was written.
    #[inline]
    pub(crate) fn hash(&self) -> u128 {
        xxh3_128(&self.written)
    }
}
