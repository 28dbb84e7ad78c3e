//! The design of each machine as options: what users change to describe *their* system.
//!
//! The other values are designs that people really build; the comment of each unsound one says what
//! breaks. The default of every option is sound for records without business keys. Records with keys
//! need [`Conflict::VersionChecked`] and [`Versions::Checked`]: by default each does what services do by
//! themselves, which is to go by time.
//!
//! Each machine has a table of its options, in a file of its own. A line of it is all that there is to an
//! option outside the machine: its key, documentation, default and values, and of each value whether
//! it is sound, what it needs, and the scenario and the property in which an unsound one shows. The
//! scenario format, its schema, the file that `init` writes, the list of unsound designs, the minimizer
//! and the generators of test cases read it from there.
//!
//! The first value of an option is its default:
//!
//! ```
//! use active_active::model::options::*;
//!
//! assert_eq!(Receive::default(), Receive::Keep);
//! assert_eq!(Receive::ALL[0], Receive::Keep);
//! assert_eq!(QueueOptions::default().receive, Receive::Keep);
//! assert_eq!(QueueOptions::default().capacity, 0);
//! ```

use serde::Serialize;

use crate::model::property::PropertyName;

/// An option whose values have names: each with what is known [about](About) it, the default first.
/// A value about which nothing is said is sound.
macro_rules! option {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident $(= $about:expr)?,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every value, the default first.
            pub const ALL: &[$name] = &[$($name::$variant),+];
        }

        impl Default for $name {
            fn default() -> $name {
                $name::ALL[0]
            }
        }

        impl $crate::model::options::Varies for $name {
            fn values() -> Vec<($name, $crate::model::options::About)> {
                vec![$(($name::$variant, $crate::model::options::or!(
                    [$($about)?] $crate::model::options::SOUND
                ))),+]
            }
        }
    };
}

/// The options of a machine: each with its type, its default if that is not the type's own, and, of a type
/// whose values have no names, those that are worth a try, the default first.
///
/// Those of machines that belong to a stage have a second form, in which each option is set for one stage or is not.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident, for one stage $part:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty $(= $default:expr)? $(=> $values:expr)?,)+
    }) => {
        $crate::model::options::section! {
            $(#[$doc])* $name {
                $($(#[$field_doc])* $field: $type $(= $default)? $(=> $values)?,)+
            }
        }

        /// What is set for one stage. What is not set there is as for all stages.
        #[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default)]
        pub struct $part {
            $(
                $(#[$field_doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )+
        }

        impl $part {
            /// Whether nothing is set.
            pub(crate) fn is_empty(&self) -> bool {
                *self == $part::default()
            }

            /// Those for all stages, with what is set for this one.
            pub(crate) fn over(&self, all: &$name) -> $name {
                $name {
                    $($field: self.$field.clone().unwrap_or_else(|| all.$field.clone()),)+
                }
            }
        }
    };
    ($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty $(= $default:expr)? $(=> $values:expr)?,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)+ }

        impl Default for $name {
            fn default() -> $name {
                $name {
                    $($field: $crate::model::options::or!([$($default)?] Default::default()),)+
                }
            }
        }

        impl $crate::model::options::Section for $name {
            const ROWS: &'static [$crate::model::options::Row<$name>] = &[$(
                $crate::model::options::Row {
                    name: stringify!($field),
                    values: || $crate::model::options::texts::<$type>($crate::model::options::or!(
                        [$($values)?] <$type as $crate::model::options::Varies>::values()
                    )),
                    set: |section, value| {
                        let values = $crate::model::options::or!(
                            [$($values)?] <$type as $crate::model::options::Varies>::values()
                        );
                        $crate::model::options::take(values, value, &mut section.$field);
                    },
                    get: |section| {
                        let values = $crate::model::options::or!(
                            [$($values)?] <$type as $crate::model::options::Varies>::values()
                        );
                        $crate::model::options::find(&values, &section.$field)
                    },
                },
            )+];
        }
    };
}

/// The first of both that is there.
macro_rules! or {
    ([] $otherwise:expr) => {
        $otherwise
    };
    ([$given:expr] $otherwise:expr) => {
        $given
    };
}

pub(crate) use {or, section};

mod aurora;
mod container;
mod destination;
mod dns;
mod limit;
mod queue;
mod relay;
mod replication;
mod route;
pub(crate) mod scenarios;
mod service;
mod source;
mod store;
mod system;
mod table;

pub use aurora::{AcknowledgeWrite, AuroraOptions, Fencing, Forwarding, RpoOn, Switchover};
pub use container::{
    Action, ContainerOptions, DualWrite, OnBatchFailure, OnDependencyFailure, OnDuplicate,
    OnFanOut, OnNewFormat, OnOldFormat, OnRecover, OnStop, OnUnreadable, Restart,
    StageContainerOptions, WhilePaused,
};
pub use destination::{Dedupe, DestinationOptions, Versions};
pub use dns::{
    Acknowledge, Answer, DnsOptions, Failback, HealthCheckOf, PlanWrite, Policy, Resolver, Route,
};
pub use limit::LossLimit;
pub use queue::{
    AtCapacity, Commit, DeadLetters, Deduplication, Delivery, Groups, Mirror, PositionsAtFailover,
    QueueFailure, QueueOptions, Receive, RemoveBy, StageQueueOptions, Storage,
};
pub use relay::{Advance, AtFailover, Claim, Position, RelayOptions};
pub use replication::{
    AcknowledgeWhen, Origin, ReplicationFailure, ReplicationMode, ReplicationOptions,
};
pub use route::StageRoute;
pub use service::{Idempotency, KeyStore, ServiceFailure, ServiceOptions};
pub use source::{OnPartial, OnRefusal, Source};
pub use store::StoreKind;
pub use system::{Commands, Heal};
pub use table::{Clock, Conflict, Insert, StageTableOptions, TableFailure, TableOptions};

/// What is known about a value of an option.
///
/// ```
/// use active_active::scenario::options;
///
/// let receive = options::find("queue.receive").ok_or("there is no such option")?;
/// let [keep, destructive] = receive.values() else { return Err("it has two values".into()) };
/// assert_eq!((keep.text.as_str(), keep.about.is_sound), ("keep", true));
/// assert_eq!((destructive.text.as_str(), destructive.about.is_sound), ("destructive", false));
/// assert_eq!(destructive.about.shows[0].scenario, "crash-anywhere");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct About {
    /// A system with this value and with all of `with` violates no property.
    pub is_sound: bool,
    /// Without these it contradicts the rest of a scenario, or makes no difference: as `--set` takes them.
    pub needs: &'static [&'static str],
    /// Without these it is not sound.
    pub with: &'static [&'static str],
    /// Where it shows that a design is unsound with it.
    pub shows: Vec<Shows>,
    /// Where it matters and all holds, by the scenario's name or text.
    pub holds_in: &'static [&'static str],
    /// It makes a design safer than the default does, where all of these are set.
    pub safer_with: Option<&'static [&'static str]>,
    /// The number is a limit that the system is built with, and the default is to have none: a lower one is another
    /// system.
    pub is_limit: bool,
}

/// Where a value shows to be unsound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shows {
    /// The name of a built-in scenario, or a scenario.
    pub scenario: &'static str,
    /// The property that a run reports: what is violated first.
    pub reported: PropertyName,
    /// The property that the words of the option promise to break.
    pub promised: PropertyName,
}

/// A value about which there is nothing to say.
pub(crate) const SOUND: About = about(true);

/// A value that makes a design wrong.
pub(crate) const UNSOUND: About = about(false);

const fn about(is_sound: bool) -> About {
    About {
        is_sound,
        needs: &[],
        with: &[],
        shows: Vec::new(),
        holds_in: &[],
        safer_with: None,
        is_limit: false,
    }
}

impl About {
    pub(crate) fn needs(self, needs: &'static [&'static str]) -> About {
        About { needs, ..self }
    }

    pub(crate) fn with(self, with: &'static [&'static str]) -> About {
        About { with, ..self }
    }

    /// It shows there by this property.
    pub(crate) fn by(self, scenario: &'static str, property: PropertyName) -> About {
        self.by_either(scenario, property, property)
    }

    /// It shows there by this property, and in the same step of some schedule by that which its words
    /// promise.
    pub(crate) fn by_either(
        mut self,
        scenario: &'static str,
        reported: PropertyName,
        promised: PropertyName,
    ) -> About {
        self.shows.push(Shows { scenario, reported, promised });
        self
    }

    pub(crate) fn holds_in(self, holds_in: &'static [&'static str]) -> About {
        About { holds_in, ..self }
    }

    pub(crate) fn safer_with(self, with: &'static [&'static str]) -> About {
        About { safer_with: Some(with), ..self }
    }

    pub(crate) fn limit(self) -> About {
        About { is_limit: true, ..self }
    }
}

/// Numbers about which there is nothing to say.
pub(crate) fn sound<T>(values: impl IntoIterator<Item = T>) -> Vec<(T, About)> {
    values.into_iter().map(|value| (value, SOUND)).collect()
}

/// No values: every case has its own.
pub(crate) fn of_the_case<T>() -> Vec<(T, About)> {
    Vec::new()
}

/// What has a few values worth a try, the default first.
pub(crate) trait Varies: Sized {
    fn values() -> Vec<(Self, About)>;
}

impl Varies for bool {
    fn values() -> Vec<(bool, About)> {
        sound([false, true])
    }
}

/// The options of one machine.
pub(crate) trait Section: Sized + 'static {
    /// Each option, in the order of the scenario format.
    const ROWS: &'static [Row<Self>];
}

/// An option of a machine.
pub(crate) struct Row<S> {
    /// Its key in the table of the machine.
    pub(crate) name: &'static str,
    /// Its values, as `--set` takes them.
    pub(crate) values: fn() -> Vec<(String, About)>,
    /// Gives it the value of an index.
    pub(crate) set: fn(&mut S, usize),
    /// The index of its value, if that is one of them.
    pub(crate) get: fn(&S) -> Option<usize>,
}

/// The value of an index, if there is one, becomes that of the option.
pub(crate) fn take<T>(values: Vec<(T, About)>, index: usize, option: &mut T) {
    if let Some((value, _)) = values.into_iter().nth(index) {
        *option = value;
    }
}

/// The index of a value.
pub(crate) fn find<T: PartialEq>(values: &[(T, About)], option: &T) -> Option<usize> {
    values.iter().position(|(value, _)| value == option)
}

/// The values as `--set` takes them.
pub(crate) fn texts<T: Serialize>(values: Vec<(T, About)>) -> Vec<(String, About)> {
    values.into_iter().map(|(value, about)| (text(&value), about)).collect()
}

fn text(value: &impl Serialize) -> String {
    fn shown(value: &toml::Value) -> String {
        match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Array(list) if list.is_empty() => "[]".to_owned(),
            toml::Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(","),
            toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_)
            | toml::Value::Table(_) => value.to_string(),
        }
    }
    shown(&toml::Value::try_from(value).expect("an option is a word, a number, or a list of those"))
}
