//! What a stage stores records in.

use crate::model::options::SOUND;

option! {
    /// What a stage stores records in.
    StoreKind {
        /// An Amazon DynamoDB global table: every region writes its own replica.
        Dynamodb,
        /// An Amazon Aurora global database: one region writes, the others read.
        Aurora = SOUND.holds_in(&["crash-anywhere", "region-loss", "lost-replies"]),
    }
}
