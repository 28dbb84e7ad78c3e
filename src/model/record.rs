//! Records, as they travel.

use crate::model::id::RecordId;

/// A record as a message, a queue or a table holds it.
///
/// The value is never interpreted. It travels with the id so that a machine which mixes up two
/// records is seen by the spec ([`NoInvention`](crate::spec::NoInvention)).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RecordCopy {
    /// Which record.
    pub id: RecordId,
    /// Its content, 1..=100 000.
    pub value: u32,
}

/// The value of a tombstone.
const NONE: u32 = u32::MAX;

impl RecordCopy {
    /// What the stream of a table says of a row that was taken back: which, and no value.
    pub(crate) fn tombstone(id: RecordId) -> RecordCopy {
        RecordCopy { id, value: NONE }
    }

    /// Whether it is that.
    #[inline]
    pub(crate) fn is_tombstone(self) -> bool {
        self.value == NONE
    }
}

/// What a container of the old release takes for the value of a record in the new format: no value at all.
pub(crate) const MISREAD: u32 = 0;

/// The largest value of a record.
pub const VALUE_MAX: u32 = 100_000;

/// What the records mean to those who read them: which have a business key in common, and which of those
/// is newer.
///
/// Records are dealt to the keys row by row. A row has one record of each key, so those of the n-th row have
/// version n. In the first row keys come in turn; if they always did, and the number of keys and that of
/// regions had a common divisor, in-dns would send a key to the same regions for ever. So the order is
/// turned from time to time: while in-dns answers in turn, every key comes to every region as
/// often as that region's weight says, and whatever in-dns does, the order never repeats itself.
///
/// ```
/// use active_active::model::RecordId;
/// use active_active::plan::Plan;
/// use active_active::scenario::Scenario;
///
/// let two_keys = Scenario::parse("records = { batches = [4], keys = 2 }\nscript = ['publish 1']")?;
/// let plan = Plan::new(&two_keys)?;
/// // Odd records go to region 1, even ones to region 2.
/// let keys: Vec<usize> = plan.record_ids().map(|record| plan.keys().key_of(record)).collect();
/// assert_eq!(keys, [0, 1, 1, 0]);
/// assert_eq!(plan.keys().version_of(RecordId(3)), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys {
    count: u16,
    /// The record with the unreadable row; 0: none.
    unreadable: RecordId,
    /// By record (element 0 unused): its key; empty without keys.
    of: Vec<u16>,
}

impl Keys {
    /// Deals so many records to the keys. `period` is the number of answers after which in-dns, answering
    /// in turn, begins again.
    pub(crate) fn new(count: u16, unreadable: u16, records: usize, period: usize) -> Keys {
        let of = if count > 0 { deal(records, count.into(), period) } else { Vec::new() };
        Keys { count, unreadable: RecordId(unreadable), of }
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
        usize::from(self.of[record.index()])
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

/// By record (from 1): its key.
///
/// A row begins `keys` answers of in-dns after the one before. So, dealt in the same order, a key is at
/// the same place of the period again after `lap` rows, and has seen one place in `common`. In the next
/// lap everything is one place further, and after `common` laps, a block of `period` rows, each key has
/// seen every place of the period once. Blocks are turned by multiples of the golden ratio, which are spread
/// evenly and have no period that another one, after new weights, could have a divisor in common with.
fn deal(records: usize, keys: usize, period: usize) -> Vec<u16> {
    let common = greatest_common_divisor(keys, period);
    let key = |index: usize| {
        let (row, place) = (index / keys, index % keys);
        let lap = row / (period / common);
        let turn = ((lap / common) as u32).wrapping_mul(0x9E37_79B9);
        let turned = (u64::from(turn) * keys as u64) >> 32;
        ((place + lap % common + turned as usize) % keys) as u16
    };
    std::iter::once(0).chain((0..records).map(key)).collect()
}

/// Of two numbers of which one is not 0.
pub(crate) fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dealt in turn, two keys never met in two regions, and a sweep said of an unsound store that it holds.
    #[test]
    fn every_key_sees_every_place_of_the_period_equally_often() {
        for keys in 1..=16 {
            for period in 1..=20 {
                let of = deal(keys * period * 3, keys, period);
                for (block, of) in of[1..].chunks(keys * period).enumerate() {
                    let mut seen = vec![0; keys * period];
                    for (index, &key) in of.iter().enumerate() {
                        seen[usize::from(key) * period + index % period] += 1;
                    }
                    let even = seen.iter().all(|&times| times == 1);
                    assert!(even, "{keys} keys, period {period}, block {block}: {seen:?}");
                }
            }
        }
    }

    /// Weights that change in the middle of a run have another period.
    #[test]
    fn every_key_sees_every_place_of_other_periods_sooner_or_later() {
        for keys in 1..=8 {
            for (period, other) in (1..=8).flat_map(|a| (1..=8).map(move |b| (a, b))) {
                let mut seen = vec![false; keys * other];
                for (index, &key) in deal(4_000, keys, period)[1..].iter().enumerate() {
                    seen[usize::from(key) * other + index % other] = true;
                }
                assert!(
                    seen.iter().all(|&seen| seen),
                    "{keys} keys, {period} places, then {other}"
                );
            }
        }
    }

    #[test]
    fn every_row_has_one_record_of_each_key() {
        let keys = Keys::new(6, 0, 60, 4);
        for row in (1..=60).collect::<Vec<u16>>().chunks(6) {
            let mut of: Vec<usize> = row.iter().map(|&id| keys.key_of(RecordId(id))).collect();
            of.sort_unstable();
            assert_eq!(of, [0, 1, 2, 3, 4, 5]);
            assert!(row.iter().all(|&id| keys.version_of(RecordId(id)) == (row[0] - 1) / 6 + 1));
        }
    }
}
