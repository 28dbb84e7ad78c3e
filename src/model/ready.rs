//! Which machines can take a step.

use crate::model::bit_set::BitSet;

/// A set of machines that is kept twice: as bits, which list the members in ascending order, and
/// as a list in no particular order, from which a sampler takes any member in constant time.
#[derive(Debug)]
pub struct Ready {
    bits: BitSet,
    /// The members; a member that leaves is replaced by the last one.
    list: Vec<u16>,
    /// By machine: where it is in the list; meaningful for members.
    position: Vec<u16>,
}

impl Ready {
    pub(crate) fn new(machines: usize) -> Ready {
        Ready {
            bits: BitSet::new(machines),
            list: Vec::with_capacity(machines),
            position: vec![0; machines],
        }
    }

    #[inline]
    pub(crate) fn insert(&mut self, machine: usize) {
        if !self.bits.contains(machine) {
            self.bits.insert(machine);
            self.position[machine] = self.list.len() as u16;
            self.list.push(machine as u16);
        }
    }

    #[inline]
    pub(crate) fn remove(&mut self, machine: usize) {
        if self.bits.contains(machine) {
            self.bits.remove(machine);
            let hole = self.position[machine];
            if let Some(last) = self.list.pop() {
                if usize::from(last) != machine {
                    self.list[usize::from(hole)] = last;
                    self.position[usize::from(last)] = hole;
                }
            }
        }
    }

    /// Whether the machine is a member.
    #[inline]
    pub fn contains(&self, machine: usize) -> bool {
        self.bits.contains(machine)
    }

    /// How many members there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// One of the members for each number below [`Ready::len`], in no particular order.
    #[inline]
    pub fn any(&self, number: usize) -> u16 {
        self.list[number]
    }

    /// The members as bits.
    #[inline]
    pub fn bits(&self) -> &BitSet {
        &self.bits
    }

    pub(crate) fn copy_from(&mut self, other: &Ready) {
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
        let mut ready = Ready::new(70);
        for machine in [3, 69, 0, 3, 41, 69] {
            ready.insert(machine);
        }
        for machine in [0, 5, 69, 69] {
            ready.remove(machine);
        }
        let mut any: Vec<u16> = (0..ready.len()).map(|number| ready.any(number)).collect();
        any.sort_unstable();
        assert_eq!(any, [3, 41]);
        assert_eq!(ready.bits().iter().collect::<Vec<_>>(), [3, 41]);
    }
}
