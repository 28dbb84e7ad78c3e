//! What the stages store records in: regional tables, their replication, global databases.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::options::{
    Conflict, Fencing, Forwarding, Insert, ReplicationFailure, ReplicationMode, RpoOn, StoreKind,
    Switchover, TableFailure,
};

/// The design of the regional tables.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TableOptions {
    /// Which record it shows for a key that several records have. The default is not sound for those.
    pub conflict: Conflict,
    /// What a table does with a record that it has.
    pub insert: Insert,
    /// What it does while it is failed.
    pub on_failure: TableFailure,
}

/// What the stages store records in.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct StoreOptions {
    /// The store of every stage that is not named below.
    pub default: StoreKind,
    /// The stores of single stages, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<String, StoreKind>,
}

impl StoreOptions {
    /// The store of a stage.
    pub fn of(&self, stage: &str) -> StoreKind {
        self.stages.get(stage).copied().unwrap_or(self.default)
    }
}

/// The design of the global databases.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AuroraOptions {
    /// The region that writes first, counted from 1.
    pub writer: u8,
    /// What a cluster does with a write when another region is the writer.
    pub forwarding: Forwarding,
    /// How a switchover moves the writer.
    pub switchover: Switchover,
    /// What a failover does about the old writer.
    pub fencing: Fencing,
    /// How many writes a writer may have that no other region has or will get: a write that would be
    /// one more waits. 0: any number.
    pub rpo_records_max: u32,
    /// In which regions that limit is set.
    pub rpo_on: RpoOn,
}

impl Default for AuroraOptions {
    fn default() -> AuroraOptions {
        AuroraOptions {
            writer: 1,
            forwarding: Forwarding::default(),
            switchover: Switchover::default(),
            fencing: Fencing::default(),
            rpo_records_max: 0,
            rpo_on: RpoOn::default(),
        }
    }
}

/// The design of the replication.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ReplicationOptions {
    /// When a table acknowledges a write.
    pub mode: ReplicationMode,
    /// There is one more region, which takes no traffic: it only keeps the log of `strong`
    /// replication.
    pub witness: bool,
    /// What a replicator does with its backlog while it is failed.
    pub on_failure: ReplicationFailure,
}
