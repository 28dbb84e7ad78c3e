//! The options of the global databases.

use crate::model::options::scenarios::{
    AHEAD_OF_ALL, FAILOVER_AT_REST, ONE_REGION_LEFT, SWITCHOVER_ANYWHERE,
};
use crate::model::options::{SOUND, UNSOUND};
use crate::model::property::PropertyName as P;

section! {
    /// The design of the global databases.
    #[derive(Copy)]
    AuroraOptions {
        /// The region that writes first, counted from 1.
        writer: u8 = 1 => vec![(1, SOUND), (2, SOUND.needs(DATABASE))],
        /// What a cluster does with a write when another region is the writer.
        forwarding: Forwarding,
        /// How a switchover moves the writer.
        switchover: Switchover,
        /// What a failover does about the old writer.
        fencing: Fencing,
        /// When the writer acknowledges a write.
        acknowledge: AcknowledgeWrite,
        /// How many writes a writer may have that no other region has or will get: a write that would be
        /// one more waits. 0: any number.
        ///
        /// Source: `rds.global_db_rpo` of Aurora PostgreSQL, in seconds: no transaction commits while every other region lags by more,
        /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html#aurora-global-database-manage-recovery>.
        rpo_records_max: u32 => vec![
            (0, SOUND.limit().by(AHEAD_OF_ALL, P::WithinRpo)),
            (1, SOUND.needs(DATABASE)),
            (2, SOUND.needs(DATABASE)),
        ],
        /// In which regions that limit is set.
        rpo_on: RpoOn,
    }
}

/// What all of it needs.
const DATABASE: &[&str] = &["store.default=aurora"];

option! {
    /// What a cluster of a global database does with a write when another region is the writer.
    Forwarding {
        /// Sends it there; the writer acknowledges it. Sound.
        AcknowledgedByWriter,
        /// Acknowledges it and sends it there. Unsound: what the writer refuses was acknowledged.
        AcknowledgedEarly = UNSOUND
            .needs(DATABASE).by("aurora-f1", P::StoreBeforeForward),
        /// Refuses it, as Aurora does unless write forwarding is switched on. Nothing is lost by that, but no work is done in
        /// the other regions: unsound where they get records.
        ///
        /// Source: "Using write forwarding in an Amazon Aurora global database",
        /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-write-forwarding.html>.
        Off = UNSOUND
            .needs(DATABASE).by_either("aurora-f1", P::DeliveredAll, P::Drained),
    }
}

option! {
    /// How a switchover, which is planned, moves the writer.
    Switchover {
        /// Writes wait until the new writer has everything. Sound.
        ///
        /// Source: "Using switchover or failover in Amazon Aurora Global Database": a switchover waits until the region that it moves to
        /// has everything, <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html>.
        DrainFirst,
        /// At once. Unsound: what was not replicated is lost though nothing failed.
        AtOnce = UNSOUND.needs(DATABASE).by("aurora-switchover", P::WithinRpo).by(SWITCHOVER_ANYWHERE, P::WithinRpo),
        /// At once, and what the old writer wrote last comes to the new one as a write that is asked for. Nothing is
        /// lost, and a container hears of it a second time. As in the published model. Unsound: it may take that for
        /// the answer to its next request.
        AskedAgain = UNSOUND.needs(DATABASE)
            .by(SWITCHOVER_ANYWHERE, P::AnsweredOnce),
    }
}

option! {
    /// What a failover does about the old writer.
    Fencing {
        /// From the failover on it takes no writes. Sound. AWS promises it as a best effort only, so
        /// this has to be seen to: by stopping who writes there, before the failover.
        ///
        /// Source: "write fencing" in "Performing managed failovers for Aurora global databases",
        /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html>.
        Full,
        /// It takes writes until it hears of the failover, by a message that can be late: it may come after
        /// writes that were sent later, even when everything had been replicated. Unsound: those are
        /// acknowledged, and discarded by the new writer's log.
        BestEffort = UNSOUND.needs(DATABASE).by("aurora-failover", P::WithinRpo).by(FAILOVER_AT_REST, P::WithinRpo),
    }
}

option! {
    /// When the writer of a global database acknowledges a write.
    AcknowledgeWrite {
        /// When it has stored it itself, as Aurora does, and as MongoDB with `w: 1`. Sound as long as no region is failed over to that
        /// lacks a write: that one is discarded, though it was acknowledged.
        ByWriter = SOUND.by("rolled-back-writes", P::WithinRpo),
        /// When another region has it, too, which is then failed over to: MongoDB with `w: "majority"` in three regions, MySQL with
        /// semisynchronous replication. A write waits until then, and while no other region can be reached; what the others lack at a failover was
        /// acknowledged to no container, which tries again. With three regions or more, that region has to be one that has
        /// all. A region whose table has failed counts: what comes to it is kept. A writer that is the last region left
        /// waits until an operator (a healing) has taken the others out of the database, and then acknowledges by itself.
        ///
        /// Source: "Write Concern" and "Rollbacks During Replica Set Failover", MongoDB manual; "Semisynchronous Replication", MySQL
        /// reference manual (`AFTER_SYNC`: the source waits before it commits).
        ByAnotherRegion = SOUND.needs(DATABASE).holds_in(&["rolled-back-writes", "aurora-failover"]),
    }
}

option! {
    /// In which regions the limit on what a writer may be ahead of the others is set.
    RpoOn {
        /// In that of the first writer. After a failover the new writer commits whatever the others have.
        /// Sound, as long as the first writer is not the last region that is left.
        FirstWriter,
        /// In every region. Unsound with two: when the first writer is lost, no region is left that could have
        /// what the new one writes, and it commits nothing more.
        ///
        /// Source: with two regions AWS advises to leave `rds.global_db_rpo` of the second one at its default, since a failover could
        /// pause all transactions,
        /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html#aurora-global-database-manage-recovery>.
        EveryRegion = UNSOUND
            .needs(&["store.default=aurora", "aurora.rpo_records_max=1"]).by_either(ONE_REGION_LEFT, P::DeliveredAll, P::Drained),
    }
}
