//! The options of the regional tables.

use crate::model::options::scenarios::{
    CLOCKS_DIFFER, DEPENDENCIES_FAIL, THREE_REGIONS_REPLIES_LOST, TWO_REGIONS_ONE_KEY,
};
use crate::model::options::{SOUND, UNSOUND};
use crate::model::property::PropertyName as P;

section! {
    /// The design of the regional tables.
    #[derive(Copy)]
    TableOptions, for one stage StageTableOptions {
        /// Which record it shows for a key that several records have. The default is not sound for those.
        conflict: Conflict,
        /// From whose clock the time of a write is read.
        clock: Clock,
        /// Where each region has a clock of its own: how many steps it may be ahead of the others; 0: any number.
        skew: u32 => vec![(0, SOUND), (8, SOUND.needs(&["table.clock=per-region"]))],
        /// What a table does with a record that it has.
        insert: Insert,
        /// What it does while it is failed.
        on_failure: TableFailure,
    }
}

option! {
    /// What a table does with a record that it already has.
    Insert {
        /// One row for an id. Sound.
        Upsert,
        /// One more row. Unsound: a record that comes twice takes effect twice.
        Append = UNSOUND.by("crash-anywhere", P::EffectOnce),
        /// One row, written only if there is none (`attribute_not_exists`, taken for a deduplication
        /// across regions). With eventual replication the region's own copy is asked, and there are as
        /// many effects as regions that had none. Unsound: two regions find no row before either has the
        /// other's. With strong replication the log is asked, which has the latest version: sound.
        ///
        /// Source: "How DynamoDB global tables work": a condition is judged against the version in the region, and with strong consistency
        /// against the latest one, <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html>.
        Conditional = SOUND
            .with(&["replication.mode=strong"]).by("lost-replies", P::EffectOnce)
            .holds_in(&[THREE_REGIONS_REPLIES_LOST]),
    }
}

option! {
    /// From whose clock a table reads the time of a write, by which the last writer wins. With strong replication it
    /// is the log's, and a global database has one writer: there it makes no difference.
    Clock {
        /// All regions have the same: time is real time, the order of all steps. That is more than AWS promises of
        /// DynamoDB global tables.
        ///
        /// Source: "How DynamoDB global tables work",
        /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html>.
        Shared,
        /// Each region has its own, and the scheduler may choose, at any time and for all regions but one, that
        /// it is ahead from then on by `table.skew` steps. Sound for records without business keys, and where
        /// versions are checked; elsewhere a write that comes later has an earlier time, and is ignored.
        PerRegion = SOUND
            .needs(&["records.keys=1"])
            .with(&["table.conflict=version-checked"])
            .by("clock-skew", P::MonotoneVersion)
            .holds_in(&[CLOCKS_DIFFER]),
    }
}

option! {
    /// Which record a table shows for a business key when regions wrote different ones.
    Conflict {
        /// The one written last, by (time of the write, region): what DynamoDB global tables do, per item, by a
        /// timestamp of their own; no writer hears of a conflict. Sound for records without
        /// business keys only: of a key, a stranded old record that is stored late, or one that is
        /// delivered again, wins over a newer one.
        ///
        /// Source: "How DynamoDB global tables work",
        /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html>.
        LastWriterWins = SOUND.by("stranded-overwrite", P::MonotoneVersion),
        /// The one with the greatest business version, whenever and wherever it was written. Sound. No
        /// global table does this by itself: a condition on the version is judged against the region's own copy,
        /// and replication goes by time. It takes a row for each version, of which readers take the greatest.
        ///
        /// Source: "How DynamoDB global tables work",
        /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html>.
        VersionChecked = SOUND
            .needs(&["records.keys=1"])
            .holds_in(&["stranded-overwrite", "clock-skew", "scaled-out-stage"])
            .safer_with(&["records.keys=1"]),
        /// That of the region which was applied first; only it may change it. Unsound: regions
        /// differ for good.
        FirstApplied = UNSOUND.needs(&["records.keys=1"]).by(TWO_REGIONS_ONE_KEY, P::Converged),
    }
}

option! {
    /// What a failed table does with requests.
    TableFailure {
        /// Answer that it cannot.
        Reject,
        /// Keep them waiting until it has recovered.
        Hang = SOUND.holds_in(&[DEPENDENCIES_FAIL]),
    }
}
