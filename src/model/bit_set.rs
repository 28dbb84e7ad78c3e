//! A set of small integers with a cheap "the n-th member".

/// A set of integers below a fixed bound, one bit each.
///
/// Its members are always listed in ascending order, whatever the order they came in: two runs
/// that reach the same state see the same list of choices.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct BitSet {
    /// Bit *i* of word *w* is member 64 *w* + *i*.
    words: Vec<u64>,
}

impl BitSet {
    /// An empty set for the members `0..bound`.
    pub(crate) fn new(bound: usize) -> BitSet {
        BitSet { words: vec![0; bound.div_ceil(64).max(1)] }
    }

    /// Puts a member in.
    ///
    /// # Panics
    ///
    /// If the member is not below the bound (as every method here does).
    #[inline]
    pub(crate) fn insert(&mut self, member: usize) {
        self.words[member / 64] |= 1 << (member % 64);
    }

    /// Takes a member out.
    #[inline]
    pub(crate) fn remove(&mut self, member: usize) {
        self.words[member / 64] &= !(1 << (member % 64));
    }

    /// Whether it is in.
    #[inline]
    pub(crate) fn contains(&self, member: usize) -> bool {
        self.words[member / 64] & (1 << (member % 64)) != 0
    }

    /// How many are in.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self.words.as_slice() {
            [word] => word.count_ones() as usize,
            words => words.iter().map(|word| word.count_ones() as usize).sum(),
        }
    }

    /// The n-th member in ascending order, counting from 0.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    #[inline]
    pub(crate) fn nth(&self, n: usize) -> usize {
        if let [word] = self.words.as_slice() {
            return select(*word, n as u32);
        }
        let mut left = n as u32;
        for (index, &word) in self.words.iter().enumerate() {
            let count = word.count_ones();
            if left < count {
                return index * 64 + select(word, left);
            }
            left -= count;
        }
        panic!("the set has {} members, there is no member {n}", self.len());
    }

    /// The first member that is `from` or above, if there is one.
    #[inline]
    pub(crate) fn next_from(&self, from: usize) -> Option<usize> {
        let mut index = from / 64;
        let mut word = self.words.get(index)? & (u64::MAX << (from % 64));
        loop {
            if word != 0 {
                return Some(index * 64 + word.trailing_zeros() as usize);
            }
            index += 1;
            word = *self.words.get(index)?;
        }
    }

    /// The members in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let mut next = 0;
        std::iter::from_fn(move || {
            let member = self.next_from(next)?;
            next = member + 1;
            Some(member)
        })
    }

    /// Makes this set equal to the other, without a new allocation when the bounds are equal.
    pub(crate) fn copy_from(&mut self, other: &BitSet) {
        self.words.clone_from(&other.words);
    }
}

/// The position of the n-th set bit: halves the word until one bit is left.
#[inline]
fn select(word: u64, n: u32) -> usize {
    debug_assert!(n < word.count_ones(), "the word has no bit {n}");
    let mut word = word;
    let mut left = n;
    let mut position = 0;
    for width in [32u32, 16, 8] {
        let low = (word & ((1u64 << width) - 1)).count_ones();
        let above = left >= low;
        let skip = if above { width } else { 0 };
        left -= if above { low } else { 0 };
        position += skip;
        word >>= skip;
    }
    // At most eight bits are left: clear the lowest set one n times.
    let mut byte = word as u8;
    for _ in 0..left {
        byte &= byte - 1;
    }
    (position + byte.trailing_zeros()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_members_in_ascending_order() {
        for bound in [1, 64, 65, 200] {
            let mut set = BitSet::new(bound);
            let members: Vec<usize> = (0..bound).filter(|i| i % 3 == 0 || i % 64 > 60).collect();
            for &member in members.iter().rev() {
                set.insert(member);
            }
            assert_eq!(set.len(), members.len());
            assert_eq!(set.iter().collect::<Vec<_>>(), members);
            for (n, &member) in members.iter().enumerate() {
                assert_eq!(set.nth(n), member, "member {n} of bound {bound}");
                assert!(set.contains(member));
            }
            for &member in &members {
                set.remove(member);
            }
            assert_eq!(set.len(), 0);
            assert_eq!(set.next_from(0), None);
        }
    }
}
