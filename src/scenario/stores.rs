//! What the stages store records in.

use std::collections::BTreeMap;

use crate::model::options::{StoreKind, of_the_case, section};

section! {
    /// What the stages store records in.
    StoreOptions {
        /// The store of every stage that is not named below.
        default: StoreKind,
        /// The stores of single stages, by name; `store` in the table of a stage says the same.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        stages: BTreeMap<String, StoreKind> => of_the_case(),
    }
}
