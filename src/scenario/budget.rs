//! Which faults the scheduler may choose, and how many.

use serde::{Deserialize, Serialize};

/// How many faults of each kind the scheduler may choose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Crashes of containers; each may be followed by a restart, also a choice.
    pub crash: u16,
    /// Replies that are lost on their way: the request takes effect, the caller sees a failure.
    pub lost_reply: u16,
    /// Visibility timeouts: a record that a container still works on becomes visible again, and may be
    /// delivered to another one.
    pub visibility_timeout: u16,
    /// Changes of order: the first visible record of a `standard` queue becomes the last.
    pub reorder: u16,
    /// Regional tables that lose all that they have.
    pub lose_table: u16,
    /// Regions that are gone for good; one is always left.
    pub lose_region: u16,
    /// Switchovers: the writer of a global database begins to hand over to another region.
    pub switchover: u16,
    /// Failovers: the writer of a global database moves to another region at once.
    pub failover: u16,
    /// Outages of regions: everything in one fails at once. Each may be followed by its end, also a
    /// choice.
    pub outage: u16,
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
