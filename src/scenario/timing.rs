//! How long things take: what the timed scheduler reads, and nothing else.

use serde::{Deserialize, Serialize};

/// How long things take, in virtual milliseconds, 0..=60 000 each. The model knows no time: these are
/// read by [`Timed`](crate::scheduler::Timed) alone.
///
/// The defaults are judgement, not measurement: AWS publishes no service times, and says of
/// replication between regions only that it usually takes less than a second.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Timing {
    /// Mean service time of the source for one message, at speed 1.
    pub source_ms: u32,
    /// Of in-dns and out-dns.
    pub dns_ms: u32,
    /// Of the destination.
    pub destination_ms: u32,
    /// Of a queue.
    pub queue_ms: u32,
    /// Of a container; a record costs it four messages: the delivery and three replies.
    pub container_ms: u32,
    /// Of a regional table.
    pub table_ms: u32,
    /// Of a replicator.
    pub replicator_ms: u32,
    /// Service times are uniform within so many percent around their mean, 0..=100; 0: they are
    /// all equal to it.
    pub spread_percent: u8,
    /// How long a message is on its way within a region, or between a region and the source, a DNS
    /// name or the destination.
    pub within_region_ms: u32,
    /// How long a message is on its way between two regions; of replication, the way from the
    /// table that was written to the replicator.
    pub between_regions_ms: u32,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            source_ms: 1,
            dns_ms: 1,
            destination_ms: 1,
            queue_ms: 2,
            container_ms: 5,
            table_ms: 4,
            replicator_ms: 2,
            spread_percent: 50,
            within_region_ms: 1,
            between_regions_ms: 70,
        }
    }
}

impl Timing {
    pub(crate) fn is_default(&self) -> bool {
        *self == Timing::default()
    }
}
