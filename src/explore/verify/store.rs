//! The states that were seen, as fingerprints.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A set of states, each with a small number, shared by threads.
///
/// A state is an entry of 16 bytes: 111 bits of its fingerprint and 16 bits of the number. (Hash
/// compaction; Wolper and Leroy 1993, Stern and Dill 1995.) Two states of *n* have the same 111 bits with a
/// probability below n² / 2¹¹², and only then one is taken for the other and may be left out: for
/// 10⁹ states that is less than 2 · 10⁻¹⁶.
///
/// Shards are filled to 80 % and then grow by a fifth, each by itself: from the first hundred thousand states
/// on, an entry takes 20 to 24 bytes.
#[derive(Debug)]
pub(super) struct Store {
    shards: Vec<Mutex<Shard>>,
    /// In all shards.
    bytes: AtomicU64,
    bytes_max: u64,
}

/// There is no memory left that the store may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Full;

#[derive(Debug, Default)]
struct Shard {
    /// Open addressing, linear probing, in the order of the hashes; `EMPTY` or an entry. Some entries
    /// may be behind the last slot that is a home.
    slots: Vec<[u64; 2]>,
    /// How many slots are homes.
    homes: usize,
    used: usize,
}

const SHARDS: usize = 256;
const EMPTY: [u64; 2] = [0, 0];
const SLOTS_MIN: usize = 16;
/// Room for entries behind the last home; more is made if that is not enough.
const SLACK: usize = 16;
const SLOT_BYTES: u64 = size_of::<[u64; 2]>() as u64;

impl Store {
    /// An empty store that may use so many bytes.
    pub(super) fn new(bytes_max: u64) -> Store {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Store { shards, bytes: AtomicU64::new(0), bytes_max }
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
        // The topmost bit tells an entry from an empty slot.
        let first = (fingerprint >> 64) as u64 | 1 << 63;
        let second = fingerprint as u64 & !0xffff;
        let shard = &self.shards[first as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = shard.find(first, second) {
            let slot = &mut shard.slots[at];
            let before = slot[1] as u16;
            slot[1] = second | u64::from(change(Some(before)));
            return Ok(Some(before));
        }
        if (shard.used + 1) * 5 > shard.homes * 4 {
            shard.grow(self)?;
        }
        shard.insert([first, second | u64::from(change(None))]);
        Ok(None)
    }

    /// Takes note that something beside the states takes so many bytes more: the store has less.
    pub(super) fn note_beside(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many bytes it takes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Shard {
    /// Where the search for such an entry begins.
    #[inline]
    fn home(&self, second: u64) -> usize {
        ((u128::from(second) * self.homes as u128) >> 64) as usize
    }

    /// Entries are in the order of their hashes, so a search for one that is not there ends where it
    /// would be, after as few steps as one for an entry that is (Amble and Knuth, *Ordered hash
    /// tables*, 1974).
    #[inline]
    fn find(&self, first: u64, second: u64) -> Option<usize> {
        let mut at = self.home(second);
        loop {
            // A table that is empty, or full at its end, has no slot there.
            let slot = self.slots.get(at)?;
            let found = slot[1] & !0xffff;
            if found == second && slot[0] == first {
                return Some(at);
            }
            if found > second || *slot == EMPTY {
                return None;
            }
            at += 1;
        }
    }

    #[inline]
    fn insert(&mut self, entry: [u64; 2]) {
        let second = entry[1] & !0xffff;
        let mut at = self.home(second);
        let is_before = |slot: &[u64; 2]| *slot != EMPTY && slot[1] & !0xffff <= second;
        while self.slots.get(at).is_some_and(is_before) {
            at += 1;
        }
        // What comes behind moves on by one, up to the next empty slot.
        let mut moved = entry;
        while moved != EMPTY {
            match self.slots.get_mut(at) {
                Some(slot) => std::mem::swap(slot, &mut moved),
                None => self.slots.push(std::mem::replace(&mut moved, EMPTY)),
            }
            at += 1;
        }
        self.used += 1;
    }

    fn grow(&mut self, store: &Store) -> Result<(), Full> {
        let more = (self.homes / 5).max(SLOTS_MIN);
        let bytes = more as u64 * SLOT_BYTES;
        let before = store.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > store.bytes_max {
            store.bytes.fetch_sub(bytes, Ordering::Relaxed);
            return Err(Full);
        }
        self.homes += more;
        let mut slots = Vec::with_capacity(self.homes + SLACK);
        slots.resize(self.homes, EMPTY);
        let old = std::mem::replace(&mut self.slots, slots);
        self.used = 0;
        old.into_iter().filter(|&entry| entry != EMPTY).for_each(|entry| self.insert(entry));
        Ok(())
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

    #[test]
    fn a_full_store_says_so_and_keeps_what_it_has() {
        let store = Store::new(100_000);
        let known = (0..).take_while(|&n| store.update(fingerprint(n), |_| 7).is_ok()).count();
        assert!(store.bytes() <= 100_000 && known > 3_000, "{known} states");
        assert_eq!(store.update(fingerprint(0), |_| 7), Ok(Some(7)));
    }
}
