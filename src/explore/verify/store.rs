//! The states that were seen, as fingerprints.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A set of states, each with a small number, shared by threads.
///
/// A state is an entry of 16 bytes: 111 bits of its fingerprint and 16 bits of the number. (Hash
/// compaction; Wolper and Leroy 1993, Stern and Dill 1995.) Two states of *n* have the same 111 bits with a
/// probability below n² / 2¹¹², and only then one is taken for the other and may be left out: for
/// 10⁹ states that is less than 2 · 10⁻¹⁶.
///
/// Shards are filled to 80 % and then grow by a fifth, each by itself: from the first hundred thousand states
/// on, an entry takes 20 to 24 bytes.
///
/// A thread looks without a lock first ([`Reader`]): what it finds is there, what it does not find may have
/// been moved just then and is looked for again under the lock. So several look-ups are under way in the
/// processor at once, and each of them waits for memory: that is most of what a state costs.
#[derive(Debug)]
pub(super) struct Store {
    shards: Vec<Shard>,
    /// In all shards.
    bytes: AtomicU64,
    /// What threads keep beside them: it depends on how many they are.
    beside: AtomicU64,
    bytes_max: u64,
}

/// There is no memory left that the store may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Full;

/// A part of the states.
#[derive(Debug, Default)]
struct Shard {
    /// How many entries there are, and the table, of which there is a new one now and then.
    inside: Mutex<Inside>,
    /// How many tables there were before.
    generation: AtomicU32,
}

#[derive(Debug, Default)]
struct Inside {
    used: usize,
    table: Arc<Table>,
}

/// Open addressing, linear probing, in the order of the hashes.
#[derive(Debug, Default)]
struct Table {
    /// `EMPTY` or an entry. Some entries may be behind the last slot that is a home. Written under the lock
    /// of the shard.
    slots: Vec<[AtomicU64; 2]>,
    /// How many slots are homes.
    homes: usize,
}

/// A thread's view of a store.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    store: &'a Store,
    /// By shard: the table that it had when it was looked at last, and how many there were before.
    tables: Vec<(u32, Arc<Table>)>,
}

const SHARDS: usize = 256;
const EMPTY: [u64; 2] = [0, 0];
const SLOTS_MIN: usize = 16;
/// Room for entries behind the last home. A table without room behind is made anew.
const SLACK: usize = 64;
const SLOT_BYTES: u64 = size_of::<[u64; 2]>() as u64;

/// The two words of an entry, without its number.
#[inline]
fn words(fingerprint: u128) -> [u64; 2] {
    // The topmost bit tells an entry from an empty slot.
    [(fingerprint >> 64) as u64 | 1 << 63, fingerprint as u64 & !0xffff]
}

impl Store {
    /// An empty store that may use so many bytes.
    pub(super) fn new(bytes_max: u64) -> Store {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Store { shards, bytes: AtomicU64::new(0), beside: AtomicU64::new(0), bytes_max }
    }

    /// A view for one thread.
    pub(super) fn reader(&self) -> Reader<'_> {
        let tables = self.shards.iter().map(|_| Default::default()).collect();
        Reader { store: self, tables }
    }

    /// Replaces the number of a state; `change` gets the one that it has, if it is in the store. What
    /// it had is returned.
    ///
    /// # Errors
    ///
    /// If the state is new and there is no room for it.
    #[inline]
    pub(super) fn update(
        &self,
        fingerprint: u128,
        change: impl FnOnce(Option<u16>) -> u16,
    ) -> Result<Option<u16>, Full> {
        let entry = words(fingerprint);
        let shard = &self.shards[entry[0] as usize % SHARDS];
        let mut inside = shard.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, before)) = inside.table.find(entry) {
            let word = &inside.table.slots[at][1];
            word.store(entry[1] | u64::from(change(Some(before))), Ordering::Relaxed);
            return Ok(Some(before));
        }
        let entry = [entry[0], entry[1] | u64::from(change(None))];
        while inside.used >= inside.table.limit() || !inside.table.insert(entry) {
            self.grow(shard, &mut inside)?;
        }
        inside.used += 1;
        Ok(None)
    }

    /// Makes a table with more room.
    #[cold]
    fn grow(&self, shard: &Shard, inside: &mut Inside) -> Result<(), Full> {
        let more = (inside.table.homes / 5).max(SLOTS_MIN);
        let bytes = more as u64 * SLOT_BYTES;
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes + self.beside.load(Ordering::Relaxed) > self.bytes_max {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Full);
        }
        inside.table = Arc::new(inside.table.larger(inside.table.homes + more));
        shard.generation.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Takes note that something beside the states takes so many bytes more: the store has less. Whether both
    /// together keep to the bound.
    pub(super) fn note_beside(&self, bytes: u64) -> bool {
        let beside = self.beside.fetch_add(bytes, Ordering::Relaxed) + bytes;
        beside + self.bytes.load(Ordering::Relaxed) <= self.bytes_max
    }

    /// How many bytes the states take.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Reader<'_> {
    /// The number of a state, if it is found: it may be there all the same.
    #[inline]
    pub(super) fn get(&mut self, fingerprint: u128) -> Option<u16> {
        let entry = words(fingerprint);
        let index = entry[0] as usize % SHARDS;
        let generation = self.store.shards[index].generation.load(Ordering::Acquire);
        if self.tables[index].0 != generation {
            self.look_again(index);
        }
        // What was found, and not what is there now: entries move on when another one comes.
        self.tables[index].1.find(entry).map(|(_, number)| number)
    }

    #[cold]
    fn look_again(&mut self, index: usize) {
        let shard = &self.store.shards[index];
        let inside = shard.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = shard.generation.load(Ordering::Relaxed);
        self.tables[index] = (generation, Arc::clone(&inside.table));
    }
}

impl Table {
    /// How many entries it is to have at most.
    fn limit(&self) -> usize {
        self.homes * 4 / 5
    }

    /// Where the search for such an entry begins.
    #[inline]
    fn home(&self, second: u64) -> usize {
        ((u128::from(second) * self.homes as u128) >> 64) as usize
    }

    #[inline]
    fn slot(&self, at: usize) -> Option<[u64; 2]> {
        let [first, second] = self.slots.get(at)?;
        Some([first.load(Ordering::Relaxed), second.load(Ordering::Relaxed)])
    }

    /// Where the entry is, and its number.
    ///
    /// Entries are in the order of their hashes, so a search for one that is not there ends where it
    /// would be, after as few steps as one for an entry that is (Amble and Knuth, *Ordered hash
    /// tables*, 1974).
    #[inline]
    fn find(&self, [first, second]: [u64; 2]) -> Option<(usize, u16)> {
        let mut at = self.home(second);
        loop {
            // A table that is empty, or full at its end, has no slot there.
            let slot = self.slot(at)?;
            let found = slot[1] & !0xffff;
            if found == second && slot[0] == first {
                return Some((at, slot[1] as u16));
            }
            if found > second || slot == EMPTY {
                return None;
            }
            at += 1;
        }
    }

    /// Puts a new entry in; whether there was room for it.
    #[inline]
    fn insert(&self, entry: [u64; 2]) -> bool {
        let second = entry[1] & !0xffff;
        let mut at = self.home(second);
        let is_before = |slot: [u64; 2]| slot != EMPTY && slot[1] & !0xffff <= second;
        while self.slot(at).is_some_and(is_before) {
            at += 1;
        }
        let Some(end) = (at..self.slots.len()).find(|&at| self.slot(at) == Some(EMPTY)) else {
            return false;
        };
        // What comes behind moves on by one, up to the next empty slot; the last first.
        for at in (at..end).rev() {
            self.put(at + 1, self.slot(at).expect("it was looked at above"));
        }
        self.put(at, entry);
        true
    }

    #[inline]
    fn put(&self, at: usize, [first, second]: [u64; 2]) {
        self.slots[at][0].store(first, Ordering::Relaxed);
        self.slots[at][1].store(second, Ordering::Relaxed);
    }

    /// A table with so many homes and the same entries.
    fn larger(&self, homes: usize) -> Table {
        let slots = std::iter::repeat_with(|| EMPTY.map(AtomicU64::new));
        let mut table = Table { slots: slots.take(homes + SLACK).collect(), homes };
        for at in 0..self.slots.len() {
            let entry = self.slot(at).filter(|&slot| slot != EMPTY);
            while let Some(entry) = entry
                && !table.insert(entry)
            {
                table.slots.extend((0..SLACK).map(|_| EMPTY.map(AtomicU64::new)));
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::seed::mix;

    fn fingerprint(number: u64) -> u128 {
        u128::from(mix(number)) << 64 | u128::from(mix(!number))
    }

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        let store = Store::new(u64::MAX);
        for number in 0..200_000 {
            let put = store.update(fingerprint(number), |_| number as u16);
            assert_eq!(put, Ok(None), "{number} is new");
        }
        for number in 0..200_000 {
            let found = store.update(fingerprint(number), |old| old.unwrap_or(0).wrapping_add(1));
            assert_eq!(found, Ok(Some(number as u16)));
            let again = store.update(fingerprint(number), |old| old.unwrap_or(0));
            assert_eq!(again, Ok(Some((number as u16).wrapping_add(1))));
        }
        let per_state = store.bytes() as f64 / 200_000.0;
        assert!((20.0..=24.0).contains(&per_state), "{per_state} bytes a state");
    }

    /// Entries move on while another thread reads: once, the number was read again after the entry was
    /// found, and was that of the entry that stood there by then. Searches then looked for cycles in vain.
    #[test]
    fn a_reader_never_sees_the_number_of_another_state() {
        let store = Store::new(u64::MAX);
        let done = AtomicU32::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..300_000 {
                    let put = store.update(fingerprint(number), |_| number as u16);
                    assert_eq!(put, Ok(None));
                }
                done.store(1, Ordering::Release);
            });
            let mut reader = store.reader();
            while done.load(Ordering::Acquire) == 0 {
                for number in 0..2_000 {
                    let seen = reader.get(fingerprint(number));
                    assert!(seen.is_none_or(|seen| seen == number as u16), "{number}: {seen:?}");
                }
            }
            assert!((0..300_000).all(|n| reader.get(fingerprint(n)) == Some(n as u16)));
        });
    }

    #[test]
    fn a_full_store_says_so_and_keeps_what_it_has() {
        let store = Store::new(100_000);
        let known = (0..).take_while(|&n| store.update(fingerprint(n), |_| 7).is_ok()).count();
        assert!(store.bytes() <= 100_000 && known > 3_000, "{known} states");
        assert_eq!(store.update(fingerprint(0), |_| 7), Ok(Some(7)));
    }
}
