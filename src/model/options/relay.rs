//! The options of the relays.

use crate::model::options::scenarios::TWO_RELAYS_OF_STANDARD_QUEUES;
use crate::model::options::{About, SOUND, UNSOUND};
use crate::model::property::PropertyName as P;

section! {
    /// The design of the relays, which publish what containers only store: there is one for each regional table or global database where
    /// `container.steps` has no `publish`.
    #[derive(Copy)]
    RelayOptions {
        /// In which order a relay reads its outbox, and so what it takes for read.
        position: Position,
        /// How many instances each relay has: 1 or 2. Two go on when one of them waits; they share the outbox and the position.
        instances: u8 = 1 => instances(),
        /// What an instance claims of the outbox before it publishes.
        claim: Claim,
        /// When the position is advanced past an intent, so that no instance reads that again.
        advance: Advance,
        /// What becomes of the position when the writer of a global database moves, and the relay with it.
        at_failover: AtFailover,
    }
}

const TWO_RELAYS: &str = "two-relays";
const OUTBOX_FAILOVER: &str = "outbox-failover";

/// What the position of a relay that moves needs.
const OUTBOX_IN_DATABASE: &[&str] = &["store.default=aurora", "container.steps=store,remove"];

fn instances() -> Vec<(u8, About)> {
    vec![(1, SOUND), (2, SOUND.needs(&["container.steps=store,remove"]).holds_in(&[TWO_RELAYS]))]
}

option! {
    /// In which order a relay reads the outbox of its table.
    Position {
        /// In that of the commits, as a change stream has it. Sound.
        ByCommit = SOUND.holds_in(&["outbox-watermark"]),
        /// In that of the ids, from the greatest one that it has published. A store is a transaction then: it gets its
        /// id when it begins, and commits later. Unsound: what commits behind a greater id is never read.
        ById = UNSOUND
            .needs(&["container.steps=store,remove"])
            .by("outbox-watermark", P::NeverLost),
    }
}

option! {
    /// What an instance of a relay claims before it publishes.
    Claim {
        /// Nothing: each instance reads the first intent that is not done, and that is done when the queue has acknowledged the record to
        /// one of them. Sound: a record is published up to twice, and its first copy comes in the order of the outbox, since
        /// no instance reads the next intent before.
        None = SOUND.holds_in(&[TWO_RELAYS]),
        /// The first intent that no other instance has claimed (`SELECT … FOR UPDATE SKIP LOCKED`). Sound on standard queues. On
        /// a fifo queue the order is lost: two records are under way at once, and one that is refused, or late, comes behind the
        /// other. In an active-passive system `InOrder` catches that, elsewhere `RegionFifo`.
        ///
        /// Source: PostgreSQL, `SELECT`, <https://www.postgresql.org/docs/current/sql-select.html>.
        SkipLocked = SOUND
            .needs(&["container.steps=store,remove", "relay.instances=2"])
            .with(&["queue.delivery=standard"])
            .by(TWO_RELAYS, P::RegionFifo)
            .holds_in(&[TWO_RELAYS_OF_STANDARD_QUEUES]),
    }
}

option! {
    /// When a relay advances its position.
    Advance {
        /// When the queue has acknowledged the record. Sound: what was under way when the relay died is published again.
        AfterPublish = SOUND.holds_in(&[TWO_RELAYS]),
        /// When it has read the intent, before it publishes. Unsound: the only copy of a record is then in the memory of a process
        /// that can die, as with a consumer that commits its offset before it has processed.
        BeforePublish = UNSOUND
            .needs(&["container.steps=store,remove"])
            .by("outbox-anywhere", P::NeverLost),
    }
}

option! {
    /// What the relay of a global database knows of its position when another cluster has become the writer. Its outbox is
    /// a part of the database, so that the new writer has as much of it as of the rows.
    AtFailover {
        /// The position is a part of the database, as the rows are. Sound: after a failover it can be behind, and some records
        /// are published again.
        WithRows = SOUND.holds_in(&[OUTBOX_FAILOVER]),
        /// The position is lost, and the relay begins with the oldest intent, as a connector that takes a snapshot first.
        /// Sound: all that the new writer has is published again.
        FromOldest = SOUND.needs(OUTBOX_IN_DATABASE).holds_in(&[OUTBOX_FAILOVER]),
        /// The position is lost, and the relay begins behind the newest intent: a replication slot that is created on the new
        /// writer begins with what is written from then on. Unsound: what was stored and not published is skipped.
        ///
        /// Source: Debezium's connector for PostgreSQL: a logical replication slot is on the primary only, and after a failover the slot
        /// has to be created again before any client writes, or changes are missed,
        /// <https://debezium.io/documentation/reference/stable/connectors/postgresql.html>.
        FromNewest = UNSOUND
            .needs(OUTBOX_IN_DATABASE)
            .by(OUTBOX_FAILOVER, P::NeverLost),
        /// The position is a number in the log that is kept outside of the database, as the offset of a connector is. Unsound: a
        /// new writer that has less of the log gives its next rows numbers which the position is past already, and they
        /// are skipped.
        Kept = UNSOUND
            .needs(OUTBOX_IN_DATABASE)
            .by(OUTBOX_FAILOVER, P::NeverLost),
    }
}
