//! How long things take: what the timed scheduler reads, and nothing else.

use crate::model::options::{About, section, sound};

section! {
    /// How long things take, in virtual milliseconds, 0..=60 000 each. The model knows no time: these are
    /// read by [`Timed`](crate::scheduler::Timed) alone.
    ///
    /// The defaults are judgement, not measurement: AWS publishes no service times, and says of
    /// replication between regions only that it usually takes less than a second.
    #[derive(Copy)]
    Timing {
        /// Mean service time of the source for one message, at speed 1.
        source_ms: u32 = 1 => ms(1),
        /// Of in-dns and out-dns.
        dns_ms: u32 = 1 => ms(1),
        /// Of the destination.
        destination_ms: u32 = 1 => ms(1),
        /// Of a queue.
        queue_ms: u32 = 2 => ms(2),
        /// Of a container; a record costs it four messages: the delivery and three replies.
        container_ms: u32 = 5 => ms(5),
        /// Of a regional table.
        table_ms: u32 = 4 => ms(4),
        /// Of a replicator.
        replicator_ms: u32 = 2 => ms(2),
        /// Of the external service.
        service_ms: u32 = 50 => ms(50),
        /// How long a queue waits for a consumer that is gone or hangs, from when that happens, before what it holds is delivered again: the
        /// visibility timeout, or the session timeout of a log. By default 30 s, as of Amazon SQS (Apache Kafka: 45 s). It counts where the
        /// script expects something of times, and at queues that hand out other records meanwhile.
        visibility_timeout_ms: u32 = 30_000 => ms(30_000),
        /// Service times are uniform within so many percent around their mean, 0..=100; 0: they are
        /// all equal to it.
        spread_percent: u8 = 50 => sound([50, 0, 100]),
        /// How long a message is on its way within a region, or between a region and the source, a DNS
        /// name or the destination.
        within_region_ms: u32 = 1 => ms(1),
        /// How long a message is on its way between two regions; of replication, the way from the
        /// table that was written to the replicator.
        between_regions_ms: u32 = 70 => ms(70),
    }
}

/// The default, no time at all, a short and a long one.
fn ms(default: u32) -> Vec<(u32, About)> {
    sound([default, 0, 100, 10_000])
}

impl Timing {
    pub(crate) fn is_default(&self) -> bool {
        *self == Timing::default()
    }
}
