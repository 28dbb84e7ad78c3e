//! Every option of a scenario by its key, with the values that are worth a try and what is known about each.
//!
//! The list is read from the tables of the machines ([`model::options`](crate::model::options)): an option that
//! is new is in it without a line here.
//!
//! ```
//! use active_active::scenario::{Scenario, options};
//!
//! let dedupe = options::find("destination.dedupe").ok_or("there is no such option")?;
//! let texts: Vec<&str> = dedupe.values().iter().map(|value| value.text.as_str()).collect();
//! assert_eq!(texts, ["by-id", "none", "by-message-id"]);
//!
//! let publishes = "script = [\"publish 1\"]";
//! let mut scenario = Scenario::parse(publishes)?;
//! assert_eq!(dedupe.get(&scenario), Some(0));
//! dedupe.set(&mut scenario, 1);
//! let none = format!("{publishes}\ndestination.dedupe = \"none\"");
//! assert_eq!(scenario, Scenario::parse(&none)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::LazyLock;

use crate::model::options::{
    About, Commands, Heal, Row, Section, Varies, find as find_value, take, texts,
};
use crate::scenario::Scenario;

/// A value of an option.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    /// As scenario files and `--set` have it.
    pub text: String,
    /// The option and its value, as `--set` takes them.
    pub design: String,
    /// What is known about it.
    pub about: About,
}

/// The tables whose options can be set for one stage.
const OF_STAGES: [&str; 3] = ["queue.", "container.", "table."];

/// An option of a scenario.
#[derive(Debug)]
pub struct DesignOption {
    key: String,
    values: Vec<Value>,
    option: Box<dyn Of>,
}

impl DesignOption {
    /// The key, its parts joined by dots.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The key that sets it for one stage, if it can be another one there.
    pub fn key_of_stage(&self, stage: &str) -> Option<String> {
        let own = match self.key() {
            "queue.parked_max" | "table.skew" => None,
            "topology.containers" => Some("containers"),
            "store.default" => Some("store"),
            key => Some(key).filter(|key| OF_STAGES.iter().any(|of| key.starts_with(of))),
        };
        own.map(|own| format!("stage.{stage}.{own}"))
    }

    /// The values that are worth a try, the default first; none if every case has values of its own.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Gives it the value of this index; there is one.
    pub fn set(&self, scenario: &mut Scenario, value: usize) {
        self.option.set(scenario, value);
    }

    /// The index of its value, if that is one of those.
    pub fn get(&self, scenario: &Scenario) -> Option<usize> {
        self.option.get(scenario)
    }

    /// The index of the value of this text.
    pub fn value(&self, text: &str) -> Option<usize> {
        self.values.iter().position(|value| value.text == text)
    }
}

/// The options of these sections.
macro_rules! sections {
    ($($name:ident),+ $(,)?) => {
        [$(lines(stringify!($name), |scenario| &scenario.$name, |scenario| &mut scenario.$name)),+]
            .into_iter()
            .flatten()
            .collect::<Vec<DesignOption>>()
    };
}

/// Every option, in the order of the scenario format.
pub static ALL: LazyLock<Vec<DesignOption>> = LazyLock::new(|| {
    let mut all = sections![
        topology,
        records,
        source,
        dns,
        queue,
        container,
        relay,
        table,
        store,
        aurora,
        replication,
        destination,
        service,
        timing,
        rpo,
        spec,
        budget,
    ];
    all.push(option("heal".to_owned(), texts(Heal::values()), Alone::Heal));
    all.push(option("commands".to_owned(), texts(Commands::values()), Alone::Commands));
    all
});

/// The option of a key.
pub fn find(key: &str) -> Option<&'static DesignOption> {
    ALL.iter().find(|option| option.key == key)
}

fn option(key: String, values: Vec<(String, About)>, option: impl Of + 'static) -> DesignOption {
    let value = |(text, about)| Value { design: format!("{key}={text}"), text, about };
    DesignOption { values: values.into_iter().map(value).collect(), key, option: Box::new(option) }
}

/// Where in a scenario an option is.
trait Of: Send + Sync + std::fmt::Debug {
    fn set(&self, scenario: &mut Scenario, value: usize);
    fn get(&self, scenario: &Scenario) -> Option<usize>;
}

/// A line of the table of a machine, and where in a scenario its options are.
struct Line<S: 'static> {
    row: &'static Row<S>,
    of: fn(&Scenario) -> &S,
    of_mut: fn(&mut Scenario) -> &mut S,
}

impl<S> std::fmt::Debug for Line<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.row.name)
    }
}

impl<S> Of for Line<S> {
    fn set(&self, scenario: &mut Scenario, value: usize) {
        (self.row.set)((self.of_mut)(scenario), value);
    }

    fn get(&self, scenario: &Scenario) -> Option<usize> {
        (self.row.get)((self.of)(scenario))
    }
}

/// The options of a section, under its key.
fn lines<S: Section>(
    key: &str,
    of: fn(&Scenario) -> &S,
    of_mut: fn(&mut Scenario) -> &mut S,
) -> Vec<DesignOption> {
    let line = |row: &'static Row<S>| {
        option(format!("{key}.{}", row.name), (row.values)(), Line { row, of, of_mut })
    };
    S::ROWS.iter().map(line).collect()
}

/// The options that are in no section.
#[derive(Debug)]
enum Alone {
    Heal,
    Commands,
}

impl Of for Alone {
    fn set(&self, scenario: &mut Scenario, value: usize) {
        match self {
            Alone::Heal => take(Heal::values(), value, &mut scenario.heal),
            Alone::Commands => take(Commands::values(), value, &mut scenario.commands),
        }
    }

    fn get(&self, scenario: &Scenario) -> Option<usize> {
        match self {
            Alone::Heal => find_value(&Heal::values(), &scenario.heal),
            Alone::Commands => find_value(&Commands::values(), &scenario.commands),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_of_every_option_is_its_default() {
        let default = Scenario::default();
        for option in ALL.iter().filter(|option| !option.values().is_empty()) {
            assert_eq!(option.get(&default), Some(0), "{}", option.key());
        }
    }

    /// By its own texts, as a scenario file has them.
    #[test]
    fn every_value_is_set_and_found_as_it_is_written() {
        for option in ALL.iter() {
            for (index, value) in option.values().iter().enumerate() {
                let mut scenario = Scenario::default();
                option.set(&mut scenario, index);
                assert_eq!(option.get(&scenario), Some(index), "{}", value.design);
                assert_eq!(option.value(&value.text), Some(index), "{}", value.design);
                let change = [value.design.parse().expect("KEY=VALUE")];
                let (read, _) = crate::scenario::file::read("", "empty", &change)
                    .unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(read, scenario, "{}", value.design);
            }
        }
    }

    /// Whether an option can be set for one stage is what the reader says of it.
    #[test]
    fn what_can_be_set_for_one_stage_is_read() {
        for option in ALL.iter().filter(|option| !option.values().is_empty()) {
            for value in option.values() {
                let key = option.key_of_stage("core");
                let written = key.clone().unwrap_or_else(|| format!("stage.core.{}", option.key()));
                let mut change: crate::scenario::Override =
                    value.design.parse().expect("KEY=VALUE");
                change.key.clone_from(&written);
                let read = crate::scenario::file::read("script = 'publish 1'", "one", &[change]);
                assert_eq!(read.is_ok(), key.is_some() || is_refused_later(&written), "{written}");
            }
        }
    }

    /// It is in the table of a stage for what it is elsewhere, and the check of the scenario refuses it.
    fn is_refused_later(written: &str) -> bool {
        written.ends_with("queue.parked_max") || written.ends_with("table.skew")
    }

    /// What is said to be needed is an option and a value of it, and what shows a design to be wrong says so.
    #[test]
    fn what_is_said_about_a_value_is_about_other_values() {
        for value in ALL.iter().flat_map(DesignOption::values) {
            let safer = value.about.safer_with.unwrap_or_default();
            for other in [value.about.needs, value.about.with, safer].concat() {
                let (key, text) = other.split_once('=').expect("KEY=VALUE");
                let known = find(key).and_then(|option| option.value(text));
                assert!(known.is_some(), "{}: {other}", value.design);
            }
        }
    }
}
