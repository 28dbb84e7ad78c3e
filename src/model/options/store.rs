//! What a stage stores records in.

use crate::model::options::SOUND;

option! {
    /// What a stage stores records in.
    StoreKind {
        /// An Amazon DynamoDB global table: every region writes its own replica.
        ///
        /// Source: "How DynamoDB global tables work",
        /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html>.
        Dynamodb,
        /// An Amazon Aurora global database: one region writes, the others read.
        ///
        /// Source: "Using Amazon Aurora Global Database",
        /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database.html>.
        Aurora = SOUND.holds_in(&["crash-anywhere", "region-loss", "lost-replies"]),
    }
}
