//! The names of the properties: what a scenario leaves out, and what a design is caught by. The spec judges them.

use serde::{Deserialize, Serialize};

/// Which property.
///
/// Each has a design that it catches, with the scenario in which it shows:
///
/// ```
/// use active_active::scenario::designs::UNSOUND;
/// use active_active::spec::PropertyName::{self, *};
///
/// let caught = |property: PropertyName| {
///     let by = UNSOUND.iter().find(|unsound| unsound.reported == property)?;
///     Some((by.design, by.scenario))
/// };
/// assert_eq!(caught(RemoveLast), Some(("container.steps=remove,store,publish", "crash-anywhere")));
/// assert_eq!(caught(EffectOnce), Some(("destination.dedupe=none", "crash-anywhere")));
/// assert_eq!(caught(RoutedByPolicy), Some(("dns.health_check=all-regions", "health-failover")));
/// for property in [NeverLost, MonotoneVersion, WithinRpo, Settles, DeliveredAll] {
///     assert!(caught(property).is_some(), "{property}");
/// }
/// // Judged when a run has ended: the others at every step.
/// let at_the_end = [Settles, DeliveredAll, StoredEverywhere, Converged, Drained];
/// let at_every_step = [NoInvention, StoreBeforeForward, RegionFifo];
/// assert!(at_the_end.into_iter().all(PropertyName::is_liveness));
/// assert!(!at_every_step.into_iter().any(PropertyName::is_liveness));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum PropertyName {
    /// Whatever is seen anywhere was published, with the same value.
    NoInvention,
    /// A container sends a record on only after its own stage stored it.
    StoreBeforeForward,
    /// A record leaves a queue only after its stage stored it and the next queue has it.
    RemoveLast,
    /// An accepted record that is not delivered is in a queue from which it will go on.
    NeverLost,
    /// A table has one row for a record, and the destination counts it once.
    EffectOnce,
    /// In-dns and out-dns lead only to regions that their policy allows.
    RoutedByPolicy,
    /// Each table first stores records in the order in which they came to the region.
    RegionFifo,
    /// What a table or the destination shows for a key never goes back to an older version.
    MonotoneVersion,
    /// What a loss destroys was not replicated, and is no more than was declared.
    WithinRpo,
    /// What the script expects holds, and what it awaits comes true.
    Expectation,
    /// After the last fault the system comes to rest (it quiesces).
    Settles,
    /// Every accepted record is at the destination.
    DeliveredAll,
    /// Every delivered record is in every stage's table in every region.
    StoredEverywhere,
    /// The tables of a stage hold the same rows in all regions.
    Converged,
    /// Every queue is empty and every container works.
    Drained,
}

impl PropertyName {
    /// Every property: safety first, then liveness.
    pub const ALL: [PropertyName; 15] = [
        PropertyName::NoInvention,
        PropertyName::StoreBeforeForward,
        PropertyName::RemoveLast,
        PropertyName::NeverLost,
        PropertyName::EffectOnce,
        PropertyName::RoutedByPolicy,
        PropertyName::RegionFifo,
        PropertyName::MonotoneVersion,
        PropertyName::WithinRpo,
        PropertyName::Expectation,
        PropertyName::Settles,
        PropertyName::DeliveredAll,
        PropertyName::StoredEverywhere,
        PropertyName::Converged,
        PropertyName::Drained,
    ];

    /// The name, as reports and saved failures write it.
    pub fn name(self) -> &'static str {
        match self {
            PropertyName::NoInvention => "NoInvention",
            PropertyName::StoreBeforeForward => "StoreBeforeForward",
            PropertyName::RemoveLast => "RemoveLast",
            PropertyName::NeverLost => "NeverLost",
            PropertyName::EffectOnce => "EffectOnce",
            PropertyName::RoutedByPolicy => "RoutedByPolicy",
            PropertyName::RegionFifo => "RegionFifo",
            PropertyName::MonotoneVersion => "MonotoneVersion",
            PropertyName::WithinRpo => "WithinRpo",
            PropertyName::Expectation => "Expectation",
            PropertyName::Settles => "Settles",
            PropertyName::DeliveredAll => "DeliveredAll",
            PropertyName::StoredEverywhere => "StoredEverywhere",
            PropertyName::Converged => "Converged",
            PropertyName::Drained => "Drained",
        }
    }

    /// What it says, in a sentence.
    pub fn statement(self) -> &'static str {
        match self {
            PropertyName::NoInvention => {
                "whatever is seen anywhere was published, with the same value"
            }
            PropertyName::StoreBeforeForward => {
                "a container sends a record on only after its own stage stored it"
            }
            PropertyName::RemoveLast => {
                "a record leaves a queue only after its stage stored it and the next queue has it"
            }
            PropertyName::NeverLost => {
                "an accepted record that is not delivered is in a queue from which it will go on"
            }
            PropertyName::EffectOnce => {
                "a table has one row for a record, and the destination counts it once"
            }
            PropertyName::RoutedByPolicy => {
                "in-dns and out-dns lead only to regions that their policy allows"
            }
            PropertyName::RegionFifo => {
                "each table first stores records in the order in which they came to the region"
            }
            PropertyName::MonotoneVersion => {
                "what a table or the destination shows for a key never goes back to an older version"
            }
            PropertyName::WithinRpo => {
                "what a loss destroys was not replicated, and is no more than was declared"
            }
            PropertyName::Expectation => "what the script expects holds when it is checked",
            PropertyName::Settles => "after the last fault the system comes to rest",
            PropertyName::DeliveredAll => "every accepted record is at the destination",
            PropertyName::StoredEverywhere => {
                "every delivered record is in every stage's table in every region"
            }
            PropertyName::Converged => "the tables of a stage hold the same rows in all regions",
            PropertyName::Drained => "every queue is empty and every container works",
        }
    }

    /// Whether it is judged when the run has ended (liveness), not at every step (safety).
    pub fn is_liveness(self) -> bool {
        self >= PropertyName::Settles
    }
}

impl std::fmt::Display for PropertyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
