//! States written down as bytes.

use xxhash_rust::xxh3::xxh3_128;

/// A buffer that parts of a state are written into, and hashed from.
///
/// Two parts that differ must be written differently: what has no fixed length is preceded by its
/// length.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bytes(Vec<u8>);

impl Bytes {
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    pub(crate) fn flag(&mut self, flag: bool) {
        self.0.push(flag.into());
    }

    #[inline]
    pub(crate) fn u8(&mut self, number: u8) {
        self.0.push(number);
    }

    #[inline]
    pub(crate) fn u16(&mut self, number: u16) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    #[inline]
    pub(crate) fn u32(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// The length of a list; none has as many as 65,536 elements.
    #[inline]
    pub(crate) fn len(&mut self, length: usize) {
        self.u16(length as u16);
    }

    /// The 128-bit hash of what was written.
    #[inline]
    pub(crate) fn hash(&self) -> u128 {
        xxh3_128(&self.0)
    }
}
