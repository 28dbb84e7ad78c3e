//! Small integer names for everything in a run.
//!
//! Regions, records and batches are shown counting from 1; stages, queues, containers, tables
//! and machines are indices from 0 into the arrays of the [`Layout`](crate::model::Layout).

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub $inner);

        impl $name {
            /// The id as an index into an array that has one element for each.
            #[inline]
            pub fn index(self) -> usize {
                usize::from(self.0)
            }
        }
    };
}

id! {
    /// A region: index 0..8, shown counting from 1.
    RegionId(u8)
}
id! {
    /// A stage of the pipeline: index 0..16, in the order in which records pass them.
    StageId(u8)
}
id! {
    /// A record, counted from 1 over all batches in publishing order. 0 is never a record.
    RecordId(u16)
}
id! {
    /// A batch, counted from 1.
    BatchId(u16)
}
id! {
    /// Any machine of the system: an index into [`Layout::places`](crate::model::Layout::places).
    MachineId(u16)
}
id! {
    /// A queue: `region × (stages + 1) + position`.
    QueueId(u16)
}
id! {
    /// A container: `(region × stages + stage) × containers per stage + number`.
    ContainerId(u16)
}
id! {
    /// A regional table: `region × stages + stage`.
    TableId(u16)
}
id! {
    /// The replicator of a stage's global table: the stage's index.
    ReplicatorId(u16)
}

impl fmt::Display for RegionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 + 1)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}", self.0)
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "batch {}", self.0)
    }
}

/// A set of regions: bit *r* stands for the region of index *r*.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RegionSet(pub u8);

impl RegionSet {
    /// The set without any region.
    pub const EMPTY: RegionSet = RegionSet(0);

    /// The first `count` regions.
    ///
    /// # Panics
    ///
    /// If `count` is above 8.
    pub fn first(count: usize) -> RegionSet {
        assert!(count <= 8, "a system has at most 8 regions, not {count}");
        RegionSet(((1u16 << count) - 1) as u8)
    }

    /// Whether the region is in the set.
    #[inline]
    pub fn contains(self, region: RegionId) -> bool {
        self.0 & (1 << region.0) != 0
    }

    /// Puts the region into the set; `true` if it was not there.
    #[inline]
    pub fn insert(&mut self, region: RegionId) -> bool {
        let before = self.0;
        self.0 |= 1 << region.0;
        self.0 != before
    }

    /// Takes the region out of the set.
    #[inline]
    pub fn remove(&mut self, region: RegionId) {
        self.0 &= !(1 << region.0);
    }

    /// How many regions are in the set.
    #[inline]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no region is in the set.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The regions that are in this set and not in the other.
    #[inline]
    pub fn without(self, other: RegionSet) -> RegionSet {
        RegionSet(self.0 & !other.0)
    }

    /// The regions that are in this set or in the other.
    #[inline]
    pub(crate) fn with(self, other: RegionSet) -> RegionSet {
        RegionSet(self.0 | other.0)
    }

    /// The regions of the set, in ascending order.
    pub fn iter(self) -> impl Iterator<Item = RegionId> {
        (0..8).map(RegionId).filter(move |&region| self.contains(region))
    }
}

impl fmt::Display for RegionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.iter().map(|region| region.to_string()).collect();
        f.write_str(&names.join(", "))
    }
}

/// Which of the two names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DnsSide {
    /// in-dns: where the source sends records.
    In,
    /// out-dns: where the destination fetches records.
    Out,
}

impl DnsSide {
    /// The machine's name.
    pub fn name(self) -> &'static str {
        match self {
            DnsSide::In => "in-dns",
            DnsSide::Out => "out-dns",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_sets_hold_what_was_put_in() {
        let mut set = RegionSet::EMPTY;
        assert!(set.insert(RegionId(7)));
        assert!(!set.insert(RegionId(7)));
        set.insert(RegionId(0));
        assert_eq!(set.to_string(), "1, 8");
        set.remove(RegionId(7));
        assert_eq!(set, RegionSet::first(1));
        assert_eq!(RegionSet::first(8).without(set).iter().count(), 7);
    }
}
