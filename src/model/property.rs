//! The names of the properties: what a scenario leaves out, and what a design is caught by. The spec judges them.
//!
//! Each has designs that it catches:
//!
//! ```
//! use active_active::scenario::designs::UNSOUND;
//! use active_active::spec::PropertyName::{self, *};
//!
//! let caught_by = |design: &str| {
//!     let unsound = UNSOUND.iter().find(|unsound| unsound.design == design)?;
//!     Some(unsound.reported)
//! };
//! assert_eq!(caught_by("container.steps=remove,store,publish"), Some(RemoveLast));
//! assert_eq!(caught_by("destination.dedupe=none"), Some(EffectOnce));
//! assert_eq!(caught_by("dns.health_check=all-regions"), Some(RoutedByPolicy));
//! for property in [NeverLost, MonotoneVersion, WithinRpo, Settles, DeliveredAll] {
//!     assert!(UNSOUND.iter().any(|unsound| unsound.reported == property), "{property}");
//! }
//! // Judged when a run has ended: the others at every step.
//! let at_the_end = [Settles, DeliveredAll, StoredEverywhere, Converged, Drained, Latency, Rto, Rpo];
//! let at_every_step = [NoInvention, StoreBeforeForward, RegionFifo];
//! assert!(at_the_end.into_iter().all(PropertyName::is_liveness));
//! assert!(!at_every_step.into_iter().any(PropertyName::is_liveness));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Deserialize, Serialize};

/// A property a line: its name, when it is judged, what it says in a sentence, and, if a scenario cannot leave it
/// out, why and what to do instead.
macro_rules! properties {
    ($(#[$doc:meta])* $($name:ident $when:ident $statement:literal $(required($why:literal, $remedy:literal))?;)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum PropertyName { $(#[doc = $statement] $name,)+ }

        impl PropertyName {
            /// Every property: safety first, then liveness.
            pub const ALL: &[PropertyName] = &[$(PropertyName::$name),+];

            /// The name, as reports and saved failures write it.
            pub fn name(self) -> &'static str {
                match self { $(PropertyName::$name => stringify!($name),)+ }
            }

            /// What it says, in a sentence.
            pub fn statement(self) -> &'static str {
                match self { $(PropertyName::$name => $statement,)+ }
            }

            /// Whether it is judged when the run has ended (liveness), not at every step (safety).
            pub fn is_liveness(self) -> bool {
                match self { $(PropertyName::$name => When::$when == When::End,)+ }
            }

            /// Whether it is about times, so that only runs that have a time can be judged.
            pub fn needs_time(self) -> bool {
                matches!(self, PropertyName::Latency | PropertyName::Rto | PropertyName::Rpo)
            }

            /// Why a scenario cannot leave it out, if it cannot, and what to do instead.
            pub(crate) fn required(self) -> Option<(&'static str, &'static str)> {
                match self {
                    $(PropertyName::$name => None$(.or(Some(($why, $remedy))))?,)+
                }
            }
        }
    };
}

/// When a property is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// At every step: what happened once cannot be undone.
    Step,
    /// When the run has ended.
    End,
}

properties! {
    /// Which property.
    NoInvention Step "whatever is seen anywhere was published, with the same value";
    StoreBeforeForward Step "a container sends a record on only after its own stage stored it";
    RemoveLast Step
        "a record leaves a queue only after its stage stored it and every next queue, or an outbox, has it";
    NeverLost Step
        "an accepted record that is not delivered is in a queue or an outbox from which it will go on";
    EffectOnce Step
        "a table has one row for a record, the destination counts it once, and a service outside acts on it once";
    AnsweredOnce Step "a container hears once of each request that its table stored the record";
    RoutedByPolicy Step "in-dns and out-dns lead only to regions that their policy allows";
    RegionFifo Step "each table first stores records in the order in which they came to the region";
    InOrder Step "records reach each component and the destination in the order of publishing";
    MonotoneVersion Step
        "what a table or the destination shows for a key never goes back to an older version";
    WithinRpo Step "what a loss destroys was not replicated, and is no more than was declared"
        required(
            "what may be lost is declared, and not left out",
            "set rpo.records = \"unlimited\" instead"
        );
    Expectation Step "what the script expects holds when it is checked"
        required(
            "the script expects what it says",
            "leave the line out of the script instead"
        );
    Settles End "after the last fault the system comes to rest"
        required(
            "a run that does not come to rest has no end that could be judged, so Settles is \
             always judged",
            "leave it out of this list"
        );
    DeliveredAll End "every record that was accepted, or that the source still has to send, is at the destination";
    StoredEverywhere End "every delivered record is in the table of every stage that it passes, in every region";
    Converged End "the tables of a stage hold the same rows in all regions";
    Drained End "every queue is empty and every container works";
    Latency End "records reach the destination in the time that the script expects"
        required(
            "the script expects what it says",
            "leave the line out of the script instead"
        );
    Rto End "after a fault, what is published reaches the destination in the time that the script expects"
        required(
            "the script expects what it says",
            "leave the line out of the script instead"
        );
    Rpo End "what a fault could destroy is no older than the script expects"
        required(
            "the script expects what it says",
            "leave the line out of the script instead"
        );
}

impl std::fmt::Display for PropertyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
