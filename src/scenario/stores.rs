//! What the stages store records in.

use std::collections::BTreeMap;

use crate::model::options::{StoreKind, of_the_case, section};

section! {
    /// What the stages store records in.
    StoreOptions {
        /// The store of every stage that is not named below.
        default: StoreKind,
        /// The stores of single stages, by name.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        stages: BTreeMap<String, StoreKind> => of_the_case(),
    }
}

impl StoreOptions {
    /// The store of a stage.
    pub fn of(&self, stage: &str) -> StoreKind {
        self.stages.get(stage).copied().unwrap_or(self.default)
    }
}
