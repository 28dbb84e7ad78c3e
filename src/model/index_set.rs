//! A set of small integers for samplers.

use crate::model::bit_set::BitSet;

/// A set of members that is kept twice: as bits, which list the members in ascending order, and
/// as a list in no particular order, from which a sampler takes any member in constant time.
#[derive(Debug)]
pub(crate) struct IndexSet {
    bits: BitSet,
    /// The members; a member that leaves is replaced by the last one.
    list: Vec<u16>,
    /// By member: where it is in the list; meaningful for members.
    position: Vec<u16>,
}

impl IndexSet {
    pub(crate) fn new(bound: usize) -> IndexSet {
        IndexSet {
            bits: BitSet::new(bound),
            list: Vec::with_capacity(bound),
            position: vec![0; bound],
        }
    }

    #[inline]
    pub(crate) fn insert(&mut self, member: usize) {
        if !self.bits.contains(member) {
            self.bits.insert(member);
            self.position[member] = self.list.len() as u16;
            self.list.push(member as u16);
        }
    }

    #[inline]
    pub(crate) fn remove(&mut self, member: usize) {
        if self.bits.contains(member) {
            self.remove_member(member);
        }
    }

    /// Removes what is known to be a member.
    #[inline]
    pub(crate) fn remove_member(&mut self, member: usize) {
        self.bits.remove(member);
        let hole = self.position[member];
        if let Some(last) = self.list.pop()
            && usize::from(last) != member
        {
            self.list[usize::from(hole)] = last;
            self.position[usize::from(last)] = hole;
        }
    }

    pub(crate) fn clear(&mut self) {
        while let Some(&member) = self.list.last() {
            self.remove(usize::from(member));
        }
    }

    /// Whether the member is a member.
    #[inline]
    pub(crate) fn contains(&self, member: usize) -> bool {
        self.bits.contains(member)
    }

    /// How many members there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// One of the members for each number below [`IndexSet::len`], in no particular order.
    #[inline]
    pub(crate) fn any(&self, number: usize) -> u16 {
        self.list[number]
    }

    /// The members as bits.
    #[inline]
    pub(crate) fn bits(&self) -> &BitSet {
        &self.bits
    }

    pub(crate) fn copy_from(&mut self, other: &IndexSet) {
        self.bits.copy_from(&other.bits);
        self.list.clone_from(&other.list);
        self.position.clone_from(&other.position);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_have_the_same_members() {
        let mut set = IndexSet::new(70);
        for member in [3, 69, 0, 3, 41, 69] {
            set.insert(member);
        }
        for member in [0, 5, 69, 69] {
            set.remove(member);
        }
        let mut any: Vec<u16> = (0..set.len()).map(|number| set.any(number)).collect();
        any.sort_unstable();
        assert_eq!(any, [3, 41]);
        assert_eq!(set.bits().iter().collect::<Vec<_>>(), [3, 41]);
    }
}
