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
//!     source: Source { on_refusal: OnRefusal::Abort, ..Source::default() },
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
//!     destination: DestinationOptions {
//!         dedupe: Dedupe::None,
//!         versions: Versions::Checked,
//!         ..DestinationOptions::default()
//!     },
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

pub mod builtin;
pub(crate) mod complaint;
pub mod designs;
pub mod file;
pub mod options;
pub(crate) mod plain;
pub mod problem;
pub(crate) mod ranges;
pub mod rpo;
#[cfg(feature = "schema")]
#[cfg_attr(docsrs, doc(cfg(feature = "schema")))]
pub mod schema;
pub mod scope;
pub mod script;
pub mod stages;
pub mod stores;
pub(crate) mod syntax;
pub mod timing;

pub use file::{FileError, Override};
pub use problem::{Cause, Problem};
pub use rpo::{LossLimit, Rpo};
pub use scope::{BudgetError, Scope};
pub use script::{Condition, Expectation, ScriptStep};
pub use stages::{StageOptions, StageSettings};
pub use stores::StoreOptions;
pub use timing::Timing;

pub use crate::model::fault::Budget;
pub use crate::model::options::{
    AuroraOptions, ContainerOptions, DestinationOptions, DnsOptions, QueueOptions, RelayOptions,
    ReplicationOptions, ServiceOptions, Source, StageContainerOptions, StageQueueOptions,
    StageTableOptions, TableOptions,
};
pub use crate::model::property::PropertyName;

use crate::model::list;
use crate::model::options::scenarios::NEVER_DEPLOYED;
use crate::model::options::{About, Commands, Heal, SOUND, of_the_case, section, sound};

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
    /// Every relay.
    pub relay: RelayOptions,
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
    /// The external service, if containers call one.
    pub service: ServiceOptions,
    /// What is set for single stages, by name; it counts there instead of what is set for all.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stage: BTreeMap<String, StageOptions>,
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
    /// When what the script does to a component takes effect there.
    pub commands: Commands,
    /// What the driver does, in order. It has no default: a script publishes every batch.
    #[serde(with = "list")]
    #[cfg_attr(feature = "schema", schemars(with = "list::OneOrMany<ScriptStep>"))]
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
            relay: RelayOptions::default(),
            table: TableOptions::default(),
            store: StoreOptions::default(),
            aurora: AuroraOptions::default(),
            replication: ReplicationOptions::default(),
            destination: DestinationOptions::default(),
            service: ServiceOptions::default(),
            stage: BTreeMap::new(),
            speed: BTreeMap::new(),
            timing: Timing::default(),
            rpo: Rpo::default(),
            spec: SpecOptions::default(),
            budget: Budget::default(),
            heal: Heal::default(),
            commands: Commands::default(),
            script: Vec::new(),
        }
    }
}

section! {
    /// The shape of the system.
    Topology {
        /// How many regions: 2..=8.
        regions: u8 = 2 => of_the_case(),
        /// The names of the stages, in the order in which records pass them: 1..=16.
        #[serde(with = "list")]
        #[cfg_attr(feature = "schema", schemars(with = "list::OneOrMany<String>"))]
        stages: Vec<String> = STAGES.map(str::to_owned).to_vec() => of_the_case(),
        /// How many containers compete on each queue: 1..=8.
        containers: u8 = 1 => of_the_case(),
        /// How many of the containers on each queue are of the old release when the run begins, which cannot read the new format
        /// (`records.new_format_from`): 0..=8; all, if there are not so many. `deploy STAGE@R` replaces them, and
        /// `rollback STAGE@R` brings them back.
        old_containers: u8 => vec![
            (0, SOUND.holds_in(&["rollout-dead-letters"])),
            (1, SOUND.with(&["records.new_format_from=0"])),
        ],
    }
}

/// The stages of the published system.
const STAGES: [&str; 5] = ["inbound", "preprocess", "core", "postprocess", "outbound"];

section! {
    /// What is published.
    Records {
        /// The number of records of each batch; at least 1 each, at most 65,534 in all.
        #[serde(with = "list")]
        #[cfg_attr(feature = "schema", schemars(with = "list::OneOrMany<u32>"))]
        batches: Vec<u32> = vec![10] => of_the_case(),
        /// Where the records' values come from.
        seed: u64 = 1 => sound([1, 2]),
        /// How many business keys there are; 0: records have none. Each record of a key has a version one
        /// higher than the one before it, and records are dealt so that every key comes to every region.
        /// The default store and destination are not sound for records with keys: those need
        /// `table.conflict = "version-checked"` and `destination.versions = "checked"`.
        keys: u16 => vec![(0, SOUND), (1, keyed()), (2, keyed()), (4, keyed())],
        /// The id of the record whose row the containers' code cannot read; 0: none.
        unreadable: u16 => sound([0, 1]),
        /// The ids of the records that no container can process (of the stages in `records.poison_at`, if that names any): it gives each of them back at once, before
        /// the first of its steps, and goes on. A queue that delivers for ever delivers them for ever, and a fifo queue delivers nothing
        /// behind them; so they need `queue.max_receives`, and `queue.dead_letters = "parked"` where their
        /// loss to the destination is acceptable.
        #[serde(with = "list")]
        #[cfg_attr(feature = "schema", schemars(with = "list::OneOrMany<u16>"))]
        poison: Vec<u16> => vec![(Vec::new(), SOUND), (vec![1], poisoned())],
        /// The stages whose containers cannot process those; empty: no stage can. Other stages store them and send them on.
        #[serde(with = "list")]
        #[cfg_attr(feature = "schema", schemars(with = "list::OneOrMany<String>"))]
        poison_at: Vec<String> => of_the_case(),
        /// The id of the first record that is published in the new format, as all behind it are; 0: none is. A container of the
        /// old release (`topology.old_containers`, `rollback STAGE@R`) cannot read it, and one of the new release reads
        /// both formats (unless `container.on_old_format` says otherwise).
        new_format_from: u16 => vec![
            (0, SOUND.holds_in(&["rollback-unreadable"])),
            (1, never_deployed()),
            (2, SOUND.with(&["topology.old_containers=0"])),
        ],
    }
}

/// Records with business keys, which have versions.
fn keyed() -> About {
    SOUND.with(&["table.conflict=version-checked", "destination.versions=checked"])
}

/// Records that no container can process, which end somewhere.
fn poisoned() -> About {
    SOUND
        .with(&["queue.max_receives=3", "queue.dead_letters=parked"])
        .by("poison-message", PropertyName::Settles)
}

/// Records in a format that containers of the old release cannot read: for good, if nothing replaces those.
fn never_deployed() -> About {
    SOUND.with(&["topology.old_containers=0"]).by(NEVER_DEPLOYED, PropertyName::Settles)
}

impl Records {
    /// How many records there are in all batches.
    pub fn total(&self) -> u64 {
        self.batches.iter().map(|&size| u64::from(size)).sum()
    }

    /// Whether containers of this stage cannot process the records that are poison.
    pub(crate) fn is_poison_at(&self, stage: &str) -> bool {
        self.poison_at.is_empty() || self.poison_at.iter().any(|name| name == stage)
    }
}

section! {
    /// What is judged.
    SpecOptions {
        /// Properties that your system need not have: they are not judged, and every verdict says so. Not
        /// Settles (a run without an end cannot be judged), WithinRpo (declare losses: rpo.records) or Expectation (leave
        /// its line out of the script).
        #[serde(with = "list")]
        #[cfg_attr(feature = "schema", schemars(with = "list::OneOrMany<PropertyName>"))]
        leave_out: Vec<PropertyName> => lists_to_leave_out(),
    }
}

/// None, or one of those that can be left out.
fn lists_to_leave_out() -> Vec<(Vec<PropertyName>, About)> {
    let optional = PropertyName::ALL.iter().copied().filter(|name| name.required().is_none());
    sound(std::iter::once(Vec::new()).chain(optional.map(|name| vec![name])))
}

impl SpecOptions {
    fn is_default(&self) -> bool {
        *self == SpecOptions::default()
    }
}
