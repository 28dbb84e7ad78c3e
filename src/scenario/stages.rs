//! What is set for single stages.
//!
//! ```
//! use active_active::model::options::{Insert, OnDuplicate, StoreKind};
//! use active_active::scenario::Scenario;
//!
//! let scenario = Scenario::parse(r#"
//!     script = ["publish 1"]
//!     topology = { stages = ["intake", "ledger"] }
//!     container.on_duplicate = "skip"
//!
//!     [stage.ledger]
//!     containers = 2
//!     store = "aurora"
//!     queue.max_receives = 3
//!     container.on_duplicate = "forward-again"
//! "#)?;
//! let (intake, ledger) = (scenario.of_stage("intake"), scenario.of_stage("ledger"));
//! assert_eq!((intake.containers, ledger.containers), (1, 2));
//! assert_eq!((intake.store, ledger.store), (StoreKind::Dynamodb, StoreKind::Aurora));
//! assert_eq!((intake.queue.max_receives, ledger.queue.max_receives), (0, 3));
//! assert_eq!(intake.container.on_duplicate, OnDuplicate::Skip);
//! assert_eq!(ledger.container.on_duplicate, OnDuplicate::ForwardAgain);
//! assert_eq!(intake.table.insert, Insert::Upsert);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::model::list;
use crate::model::options::{
    ContainerOptions, QueueOptions, StageContainerOptions, StageQueueOptions, StageRoute,
    StageTableOptions, StoreKind, TableOptions,
};
use crate::scenario::{Scenario, StoreOptions};

/// What a stage sends to that sends to the destination.
pub(crate) const DESTINATION: &str = "destination";

/// What is set for one stage. What is not set here is as for all stages.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct StageOptions {
    /// What it sends records to: stages that come after it, or `"destination"`; one of them if it says `route = "by-key"`, and
    /// else all, in this order. An empty list: records end here. By default, the next stage that no other stage says it sends
    /// to; if there is none, the destination. Stages that a stage sends to side by side so do not send to each other.
    #[serde(with = "list", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<list::OneOrMany<String>>"))]
    pub to: Option<Vec<String>>,
    /// Which of those get a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<StageRoute>,
    /// How many containers compete on each of its queues, instead of `topology.containers`: 1..=8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub containers: Option<u8>,
    /// What it stores records in, instead of `store.default`. `store.stages` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreKind>,
    /// The queue that its containers read, in each region. The queues that the destination reads belong to no stage.
    #[serde(skip_serializing_if = "StageQueueOptions::is_empty")]
    pub queue: StageQueueOptions,
    /// Its containers.
    #[serde(skip_serializing_if = "StageContainerOptions::is_empty")]
    pub container: StageContainerOptions,
    /// Its regional tables.
    #[serde(skip_serializing_if = "StageTableOptions::is_empty")]
    pub table: StageTableOptions,
}

/// What is in force at a stage: what is set for it, and else what is set for all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StageSettings {
    /// How many containers compete on each of its queues.
    pub containers: u8,
    /// What it stores records in.
    pub store: StoreKind,
    /// The queue that its containers read, in each region.
    pub queue: QueueOptions,
    /// Its containers.
    pub container: ContainerOptions,
    /// Its regional tables.
    pub table: TableOptions,
}

impl Scenario {
    /// What is in force at the stage of this name.
    pub fn of_stage(&self, stage: &str) -> StageSettings {
        let none = StageOptions::default();
        let own = self.stage.get(stage).unwrap_or(&none);
        let named = self.store.stages.get(stage).copied();
        StageSettings {
            containers: own.containers.unwrap_or(self.topology.containers),
            store: own.store.or(named).unwrap_or(self.store.default),
            queue: own.queue.over(&self.queue),
            container: own.container.over(&self.container),
            table: own.table.over(&self.table),
        }
    }

    /// What is in force at each stage, in the order in which records pass them.
    pub fn of_stages(&self) -> impl Iterator<Item = StageSettings> + '_ {
        self.topology.stages.iter().map(|stage| self.of_stage(stage))
    }

    /// The scenario in which what is in force at this stage is in force everywhere.
    pub(crate) fn as_at(&self, stage: &str) -> Scenario {
        let StageSettings { containers, store, queue, container, table } = self.of_stage(stage);
        let mut all = Scenario { queue, container, table, ..self.clone() };
        all.topology.containers = containers;
        all.store = StoreOptions { default: store, ..StoreOptions::default() };
        all.stage.clear();
        all
    }

    /// The scenario in which stages are as by default, and the queues that belong to no stage as they are.
    pub(crate) fn as_outside_stages(&self) -> Scenario {
        let Scenario { container, table, store, stage, .. } = Scenario::default();
        let mut outside = Scenario { container, table, store, stage, ..self.clone() };
        outside.topology.containers = Scenario::default().topology.containers;
        outside
    }

    /// Whether a stage stores records in this.
    pub(crate) fn stores_in(&self, store: StoreKind) -> bool {
        self.of_stages().any(|stage| stage.store == store)
    }

    /// A stage is gone: what was sent to it is sent to these.
    pub(crate) fn redirect(&mut self, gone: &str, to: &[String]) {
        self.stage.remove(gone);
        self.records.poison_at.retain(|name| name != gone);
        for options in self.stage.values_mut() {
            let Some(names) = &mut options.to else { continue };
            let before = std::mem::take(names);
            for name in before {
                let instead = if name == gone { to } else { std::slice::from_ref(&name) };
                names.extend(
                    instead
                        .iter()
                        .filter(|name| !names.contains(name))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
            }
            if names.len() < 2 {
                options.route = None;
            }
        }
    }
}
