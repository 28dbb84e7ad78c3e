//! The options of the replication.

use crate::model::options::scenarios::{TABLES_LOST, THREE_REGIONS_FAIL};
use crate::model::options::{SOUND, UNSOUND};
use crate::model::property::PropertyName as P;

section! {
    /// The design of the replication.
    #[derive(Copy)]
    ReplicationOptions {
        /// When a table acknowledges a write.
        mode: ReplicationMode,
        /// Of strong replication: what the other region has done with a write that is acknowledged.
        acknowledge: AcknowledgeWhen,
        /// There is one more region, which takes no traffic: it only keeps the log of `strong`
        /// replication.
        ///
        /// Source: "How DynamoDB global tables work",
        /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html>.
        witness: bool => vec![
            (false, SOUND),
            (true, SOUND.needs(&["replication.mode=strong"])),
        ],
        /// Which writes a table gives to its replicator.
        origin: Origin,
        /// What a replicator does with its backlog while it is failed, or cannot reach a region.
        on_failure: ReplicationFailure,
    }
}

option! {
    /// When a table acknowledges a write.
    ReplicationMode {
        /// When it has it; the other regions follow (DynamoDB MREC). Sound, but a loss destroys
        /// what they do not have yet.
        ///
        /// Source: "How DynamoDB global tables work",
        /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html>.
        Eventual = SOUND.by(TABLES_LOST, P::WithinRpo),
        /// When one other region has it as well, and not at all while none can be reached (DynamoDB
        /// MRSC). Needs three regions, of which one may be a witness.
        ///
        /// Source: "How DynamoDB global tables work",
        /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html>.
        Strong = SOUND.holds_in(&[THREE_REGIONS_FAIL]).safer_with(&[]),
    }
}

option! {
    /// What the other region has done with a write when strong replication acknowledges it.
    AcknowledgeWhen {
        /// It has applied it, or will, whatever happens: what it receives is durable there. Sound.
        Applied = SOUND.holds_in(&["received-not-applied"]),
        /// It has received it. Unsound: a table that fails is restarted, and has forgotten what it had
        /// received and not applied. No region sends that again.
        Received = UNSOUND
            .needs(&["replication.mode=strong"])
            .by("received-not-applied", P::StoredEverywhere),
    }
}

option! {
    /// Which writes a table gives to its replicator. With strong replication the log has them, and a global database
    /// has one writer: there is no such question.
    Origin {
        /// Those of its own region. Sound.
        Own,
        /// All that it takes, those included that replication brought. Unsound: a row that one region
        /// wrote goes back and forth for ever.
        All = UNSOUND.by("baseline", P::Settles),
    }
}

option! {
    /// What a replicator that is failed, or cannot reach a region (its link has failed, or the region is cut off), does with
    /// what it should replicate there. Strong replication has a log, and drops nothing.
    ReplicationFailure {
        /// Keep it and apply it after the recovery. Sound.
        KeepBacklog,
        /// Lose it. Unsound: the regions differ for good.
        Drop = UNSOUND.by_either("f4-fail-replication", P::StoredEverywhere, P::Converged),
    }
}
