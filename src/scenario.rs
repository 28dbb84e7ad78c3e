//! A scenario: a topology, the design of its machines, what is published and what goes wrong.
//!
//! It is plain data. A scenario file is its TOML form; property tests and fuzz targets build it
//! directly. [`Plan::new`](crate::plan::Plan::new) checks it and resolves its names.
//!
//! ```
//! use active_active::model::options::{
//!     Conflict, Dedupe, OnDuplicate, OnRefusal, ReplicationFailure, Versions,
//! };
//! use active_active::scenario::{
//!     AuroraOptions, Budget, ContainerOptions, DestinationOptions, DnsOptions, LossLimit, QueueOptions,
//!     Records, ReplicationOptions, Rpo, Scenario, Source, SpecOptions, StoreOptions, TableOptions, Timing,
//!     Topology,
//! };
//! use active_active::spec::PropertyName;
//!
//! let text = r#"
//!     name = "mine"
//!     script = ["publish 1"]
//!     topology = { stages = ["in", "out"] }
//!     records = { batches = [3], keys = 1 }
//!     source.on_refusal = "abort"
//!     dns.weights = [3, 1]
//!     queue.max_receives = 4
//!     container.on_duplicate = "skip"
//!     table.conflict = "version-checked"
//!     replication.on_failure = "drop"
//!     destination.dedupe = "none"
//!     destination.versions = "checked"
//!     timing.queue_ms = 9
//!     rpo.records = 2
//!     spec.leave_out = ["MonotoneVersion"]
//!     budget.crash = 1
//! "#;
//! let scenario = Scenario {
//!     name: "mine".to_owned(),
//!     script: vec!["publish 1".parse()?],
//!     topology: Topology { stages: vec!["in".to_owned(), "out".to_owned()], ..Topology::default() },
//!     records: Records { batches: vec![3], keys: 1, ..Records::default() },
//!     source: Source { on_refusal: OnRefusal::Abort },
//!     dns: DnsOptions { weights: vec![3, 1], ..DnsOptions::default() },
//!     queue: QueueOptions { max_receives: 4, ..QueueOptions::default() },
//!     container: ContainerOptions { on_duplicate: OnDuplicate::Skip, ..ContainerOptions::default() },
//!     table: TableOptions { conflict: Conflict::VersionChecked, ..TableOptions::default() },
//!     store: StoreOptions::default(),
//!     aurora: AuroraOptions::default(),
//!     replication: ReplicationOptions {
//!         on_failure: ReplicationFailure::Drop,
//!         ..ReplicationOptions::default()
//!     },
//!     destination: DestinationOptions { dedupe: Dedupe::None, versions: Versions::Checked },
//!     timing: Timing { queue_ms: 9, ..Timing::default() },
//!     rpo: Rpo { records: LossLimit::AtMost(2) },
//!     spec: SpecOptions { leave_out: vec![PropertyName::MonotoneVersion] },
//!     budget: Budget { crash: 1, ..Budget::default() },
//!     ..Scenario::default()
//! };
//! assert_eq!(Scenario::parse(text)?, scenario);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub mod budget;
pub mod builtin;
pub(crate) mod complaint;
pub mod designs;
pub mod file;
pub mod list;
pub(crate) mod plain;
pub mod problem;
pub mod property;
pub mod rpo;
#[cfg(feature = "schema")]
#[cfg_attr(docsrs, doc(cfg(feature = "schema")))]
pub mod schema;
pub mod scope;
pub mod script;
pub mod stores;
pub mod timing;

pub use budget::Budget;
pub use file::{FileError, Override};
pub use problem::{Cause, Problem};
pub use property::PropertyName;
pub use rpo::{LossLimit, Rpo};
pub use scope::{BudgetError, Scope};
pub use script::{Condition, Expectation, ScriptStep};
pub use stores::{AuroraOptions, ReplicationOptions, StoreOptions, TableOptions};
pub use timing::Timing;

use crate::model::options::{
    Acknowledge, Action, Answer, AtCapacity, Dedupe, Delivery, Failback, Heal, HealthCheckOf,
    OnDependencyFailure, OnDuplicate, OnRecover, OnRefusal, OnUnreadable, PlanWrite, Policy,
    Receive, RemoveBy, Restart, Route, Versions,
};

/// The version of the scenario format that this build reads and writes.
pub const FORMAT: u32 = 1;

/// Everything that defines a run, except for the scheduler's choices.
///
/// ```
/// use active_active::scenario::Scenario;
///
/// let scenario = Scenario::parse(r#"
///     name = "two-records"
///     records.batches = [2]
///     script = ["publish 1", "await delivered all"]
/// "#)?;
/// assert_eq!(scenario.topology.regions, 2);
/// # Ok::<(), active_active::scenario::FileError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// The version of the format: 1.
    pub format: u32,
    /// What the scenario is called.
    pub name: String,
    /// What it shows, in a sentence or two.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// Regions, stages, containers.
    pub topology: Topology,
    /// What is published.
    pub records: Records,
    /// The record source.
    pub source: Source,
    /// in-dns and out-dns.
    pub dns: DnsOptions,
    /// Every queue.
    pub queue: QueueOptions,
    /// Every container.
    pub container: ContainerOptions,
    /// Every regional table.
    pub table: TableOptions,
    /// What the stages store records in.
    pub store: StoreOptions,
    /// Every global database.
    pub aurora: AuroraOptions,
    /// Every replicator.
    pub replication: ReplicationOptions,
    /// The record destination.
    pub destination: DestinationOptions,
    /// Processing speeds: component name (or a pattern such as `*-container@1`) to a relative
    /// weight, 1..=1000. A component that no pattern matches has 1.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub speed: BTreeMap<String, u32>,
    /// How long things take, for the timed scheduler.
    #[serde(skip_serializing_if = "Timing::is_default")]
    pub timing: Timing,
    /// How much may be lost.
    pub rpo: Rpo,
    /// What is judged.
    #[serde(skip_serializing_if = "SpecOptions::is_default")]
    pub spec: SpecOptions,
    /// Faults that the scheduler may choose at any step.
    pub budget: Budget,
    /// What is healed when the script has ended, or does not go on by itself.
    pub heal: Heal,
    /// What the driver does, in order. It has no default: a script publishes every batch.
    #[serde(with = "list")]
    #[cfg_attr(feature = "schema", schemars(with = "schema::OneOrMany<ScriptStep>"))]
    pub script: Vec<ScriptStep>,
}

impl Default for Scenario {
    fn default() -> Scenario {
        Scenario {
            format: FORMAT,
            name: "unnamed".to_owned(),
            about: String::new(),
            topology: Topology::default(),
            records: Records::default(),
            source: Source::default(),
            dns: DnsOptions::default(),
            queue: QueueOptions::default(),
            container: ContainerOptions::default(),
            table: TableOptions::default(),
            store: StoreOptions::default(),
            aurora: AuroraOptions::default(),
            replication: ReplicationOptions::default(),
            destination: DestinationOptions::default(),
            speed: BTreeMap::new(),
            timing: Timing::default(),
            rpo: Rpo::default(),
            spec: SpecOptions::default(),
            budget: Budget::default(),
            heal: Heal::default(),
            script: Vec::new(),
        }
    }
}

/// The shape of the system.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Topology {
    /// How many regions: 2..=8.
    pub regions: u8,
    /// The names of the stages, in the order in which records pass them: 1..=16.
    #[serde(with = "list")]
    #[cfg_attr(feature = "schema", schemars(with = "schema::OneOrMany<String>"))]
    pub stages: Vec<String>,
    /// How many containers compete on each queue: 1..=8.
    pub containers: u8,
}

impl Default for Topology {
    fn default() -> Topology {
        let stages = ["inbound", "preprocess", "core", "postprocess", "outbound"];
        Topology { regions: 2, stages: stages.map(str::to_owned).to_vec(), containers: 1 }
    }
}

/// What is published.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Records {
    /// The number of records of each batch; at least 1 each, at most 65,534 in all.
    #[serde(with = "list")]
    #[cfg_attr(feature = "schema", schemars(with = "schema::OneOrMany<u32>"))]
    pub batches: Vec<u32>,
    /// Where the records' values come from.
    pub seed: u64,
    /// How many business keys there are; 0: records have none. Each record of a key has a version one
    /// higher than the one before it, and records are dealt so that every key comes to every region
    /// (see [`Keys`](crate::model::record::Keys)). The default store and destination are not sound for
    /// records with keys: those need `table.conflict = "version-checked"` and `destination.versions =
    /// "checked"`.
    pub keys: u16,
    /// The id of the record whose row the containers' code cannot read; 0: none.
    pub unreadable: u16,
}

impl Default for Records {
    fn default() -> Records {
        Records { batches: vec![10], seed: 1, keys: 0, unreadable: 0 }
    }
}

impl Records {
    /// How many records there are in all batches.
    pub fn total(&self) -> u64 {
        self.batches.iter().map(|&size| u64::from(size)).sum()
    }
}

/// The design of the record source.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Source {
    /// What it does when a record is refused.
    pub on_refusal: OnRefusal,
}

/// The design of the two DNS names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DnsOptions {
    /// in-dns: the weight of each region, 0..=255; empty means 1 each.
    #[serde(with = "list")]
    #[cfg_attr(feature = "schema", schemars(with = "schema::OneOrMany<u32>"))]
    pub weights: Vec<u32>,
    /// in-dns: which regions it may answer.
    pub policy: Policy,
    /// in-dns: the primary region of the failover policy; it is 1 with any other policy.
    pub primary: u8,
    /// in-dns: for how many more sends the source uses an answer that it got: 0..=1000.
    pub ttl: u16,
    /// in-dns: how many results of a health check in a row take a region out, or bring it back:
    /// 0..=10; 0: there are no health checks.
    pub health_threshold: u8,
    /// in-dns: what a health check looks at.
    pub health_check: HealthCheckOf,
    /// in-dns: when a region that is healthy again gets traffic.
    pub failback: Failback,
    /// in-dns: how many enactors write what the script plans, `weights` line by `weights` line, each on
    /// its own: 1 or 2. The second one may be late.
    pub enactors: u8,
    /// in-dns: how they write it.
    pub plans: PlanWrite,
    /// in-dns: how it picks one of the regions that it may answer.
    pub answer: Answer,
    /// in-dns: when the source hears that its record was taken.
    pub acknowledge: Acknowledge,
    /// Which regions the names resolve to.
    pub route: Route,
}

impl Default for DnsOptions {
    fn default() -> DnsOptions {
        DnsOptions {
            weights: Vec::new(),
            policy: Policy::default(),
            primary: 1,
            ttl: 0,
            health_threshold: 0,
            health_check: HealthCheckOf::default(),
            failback: Failback::default(),
            enactors: 1,
            plans: PlanWrite::default(),
            answer: Answer::default(),
            acknowledge: Acknowledge::default(),
            route: Route::default(),
        }
    }
}

/// The design of the queues.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct QueueOptions {
    /// The kind of queue.
    pub delivery: Delivery,
    /// After so many deliveries a record goes to the dead-letter queue instead; 0: never.
    pub max_receives: u16,
    /// How many records it has room for, in flight or not; 0: any number. Senders wait for room.
    pub capacity: u16,
    /// What it does for its consumers while it is full.
    pub at_capacity: AtCapacity,
    /// What happens to a record that is handed out.
    pub receive: Receive,
    /// What a remove removes.
    pub remove: RemoveBy,
}

/// The design of the containers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ContainerOptions {
    /// The order in which a container stores, publishes and removes; each once.
    #[serde(with = "list")]
    #[cfg_attr(feature = "schema", schemars(with = "schema::OneOrMany<Action>"))]
    pub steps: Vec<Action>,
    /// What it does with a record that its table already has.
    pub on_duplicate: OnDuplicate,
    /// How often it sends a refused request again before it counts as refused: 0..=255.
    pub retries: u8,
    /// What it does when a queue or a table refuses.
    pub on_dependency_failure: OnDependencyFailure,
    /// What it does when it comes back.
    pub on_recover: OnRecover,
    /// Whether it is started again, when it has crashed or stopped, without an operator.
    pub restart: Restart,
    /// What it does when its table holds a row that it cannot read.
    pub on_unreadable: OnUnreadable,
}

impl Default for ContainerOptions {
    fn default() -> ContainerOptions {
        ContainerOptions {
            steps: vec![Action::Store, Action::Publish, Action::Remove],
            on_duplicate: OnDuplicate::default(),
            retries: 0,
            on_dependency_failure: OnDependencyFailure::default(),
            on_recover: OnRecover::default(),
            restart: Restart::default(),
            on_unreadable: OnUnreadable::default(),
        }
    }
}

/// The design of the record destination.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DestinationOptions {
    /// How it tells records apart.
    pub dedupe: Dedupe,
    /// What it does with an older version of a business key than it shows. The default is not sound for
    /// records with keys.
    pub versions: Versions,
}

/// What is judged.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SpecOptions {
    /// Properties that your system need not have: they are not judged, and every verdict says so. Not
    /// Settles (a run without an end cannot be judged), WithinRpo (declare losses: rpo.records) or Expectation (leave
    /// its line out of the script).
    #[serde(with = "list")]
    #[cfg_attr(feature = "schema", schemars(with = "schema::OneOrMany<PropertyName>"))]
    pub leave_out: Vec<PropertyName>,
}

impl SpecOptions {
    fn is_default(&self) -> bool {
        *self == SpecOptions::default()
    }
}
