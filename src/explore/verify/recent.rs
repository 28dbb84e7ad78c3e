//! The states that a thread met last.

/// States that a thread met lately: most choices lead to one of them, and need not ask the store.
pub(super) struct Recent(Vec<u128>);

const RECENT: usize = 1 << 15;

impl Default for Recent {
    fn default() -> Recent {
        Recent(vec![0; RECENT])
    }
}

impl Recent {
    /// Whether the state was met lately, after as much work; it is now.
    #[inline]
    pub(super) fn has(&mut self, fingerprint: u128, work: u16) -> bool {
        let entry = fingerprint & !0xffff | u128::from(work);
        let slot = &mut self.0[(fingerprint >> 20) as usize % RECENT];
        std::mem::replace(slot, entry) == entry
    }
}
