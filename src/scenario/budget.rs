//! Which faults the scheduler may choose, and how many.

use crate::model::options::{About, SOUND, section};

section! {
    /// How many faults of each kind the scheduler may choose.
    #[derive(Copy)]
    Budget {
        /// Crashes of containers; each may be followed by a restart, also a choice.
        crash: u16 => few(&[]),
        /// Replies that are lost on their way: the request takes effect, the caller sees a failure.
        lost_reply: u16 => few(&[]),
        /// Visibility timeouts: a record that a container still works on becomes visible again, and may be
        /// delivered to another one.
        visibility_timeout: u16 => few(&[]),
        /// Changes of order: the first visible record of a `standard` queue becomes the last.
        reorder: u16 => few(&["queue.delivery=standard"]),
        /// Regional tables that lose all that they have.
        lose_table: u16 => few(&[]),
        /// Regions that are gone for good; one is always left.
        lose_region: u16 => few(&[]),
        /// Switchovers: the writer of a global database begins to hand over to another region.
        switchover: u16 => few(&["store.default=aurora"]),
        /// Failovers: the writer of a global database moves to another region at once.
        failover: u16 => few(&["store.default=aurora"]),
        /// Outages of regions: everything in one fails at once. Each may be followed by its end, also a
        /// choice.
        outage: u16 => few(&[]),
    }
}

/// None, or a few.
fn few(needs: &'static [&'static str]) -> Vec<(u16, About)> {
    let some = [1, 2, 4].map(|count| (count, SOUND.needs(needs)));
    std::iter::once((0, SOUND)).chain(some).collect()
}

impl Budget {
    /// How many faults that is in all.
    pub fn total(&self) -> u64 {
        self.counts().into_iter().map(u64::from).sum()
    }

    /// The kinds, as scenario files write them.
    pub const KEYS: [&'static str; 9] = [
        "crash",
        "lost_reply",
        "visibility_timeout",
        "reorder",
        "lose_table",
        "lose_region",
        "switchover",
        "failover",
        "outage",
    ];

    /// How many of each kind, in the order of [`Budget::KEYS`].
    pub(crate) fn counts(&self) -> [u16; 9] {
        let Budget {
            crash,
            lost_reply,
            visibility_timeout,
            reorder,
            lose_table,
            lose_region,
            switchover,
            failover,
            outage,
        } = *self;
        [
            crash,
            lost_reply,
            visibility_timeout,
            reorder,
            lose_table,
            lose_region,
            switchover,
            failover,
            outage,
        ]
    }
}
