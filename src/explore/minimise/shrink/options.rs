//! Scenarios with fewer options that are not as by default, and with fewer faults to choose.

use super::Shrunk;
use crate::scenario::Scenario;
use crate::scenario::options::{self, DesignOption};

/// Tables whose keys are no options.
const NO_OPTIONS: &[&str] = &["budget", "speed"];

/// Keys that are no options: what is run and what for. Without its declaration of losses, or of dead letters, a
/// scenario fails by one that is none of its failure.
const KEPT: &[&str] = &[
    "format",
    "name",
    "script",
    "topology.regions",
    "topology.stages",
    "topology.containers",
    "rpo.records",
    "queue.parked_max",
];

/// Whether it is a limit that the system is built with. With a lower one it would be another system, which
/// fails sooner than this one does.
fn is_limit(key: &str) -> bool {
    let values = options::find(key).map(DesignOption::values);
    values.and_then(|values| values.first()).is_some_and(|none| none.about.is_limit)
}

/// Whether the option makes the design safer than its default does. Without it the failure would be another one, for
/// which its scenario was not made.
fn is_safeguard(key: &str, scenario: &Scenario) -> bool {
    let Some(option) = options::find(key) else { return false };
    let is_set = |design: &&str| {
        let key = design.split('=').next().unwrap_or_default();
        options::find(key).is_some_and(|option| option.get(scenario) != Some(0))
    };
    let value = option.get(scenario).map(|value| &option.values()[value]);
    let with = value.and_then(|value| value.about.safer_with);
    // A region without traffic gets some.
    let keeps_out = key == "dns.weights" && scenario.dns.weights.contains(&0);
    keeps_out || with.is_some_and(|with| with.iter().all(is_set))
}

fn table(scenario: &Scenario) -> toml::Table {
    toml::Table::try_from(scenario).expect("a scenario has only strings as keys")
}

/// A scenario with another value for a key of a table, if that is a scenario.
fn with(table: &toml::Table, path: [&str; 2], value: Option<toml::Value>) -> Option<Scenario> {
    let mut table = table.clone();
    let inner = match path[0] {
        "" => &mut table,
        name => table.get_mut(name)?.as_table_mut()?,
    };
    match value {
        Some(value) => drop(inner.insert(path[1].to_owned(), value)),
        None => drop(inner.remove(path[1])),
    }
    table.try_into().ok()
}

/// An option of a scenario that does not have its default value: its table, or nothing, and its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Changed([String; 2]);

impl Changed {
    /// The key as `--set` takes it.
    pub(in super::super) fn key(&self) -> String {
        self.0.join(".").trim_start_matches('.').to_owned()
    }

    /// The scenario with this option as it is by default.
    pub(in super::super) fn reset(&self, scenario: &Scenario) -> Option<Scenario> {
        self.set(&table(scenario), self.value(&table(&Scenario::default())))
    }

    fn value(&self, all: &toml::Table) -> Option<toml::Value> {
        let inner = if self.0[0].is_empty() { all } else { all.get(&self.0[0])?.as_table()? };
        inner.get(&self.0[1]).cloned()
    }

    fn set(&self, all: &toml::Table, value: Option<toml::Value>) -> Option<Scenario> {
        with(all, [&self.0[0], &self.0[1]], value)
    }

    /// The same option with numbers between its own and the default.
    fn nearer(&self, all: &toml::Table, default: &toml::Table) -> Vec<Scenario> {
        let number = |table| self.value(table).and_then(|value| value.as_integer());
        let (Some(value), Some(default)) = (number(all), number(default)) else {
            return Vec::new();
        };
        if is_limit(&self.key()) {
            return Vec::new();
        }
        nearer(value, default).filter_map(|number| self.set(all, Some(number.into()))).collect()
    }
}

/// The options that a failure may do without.
pub(in super::super) fn changed(scenario: &Scenario) -> Vec<Changed> {
    let (all, default) = (table(scenario), table(&Scenario::default()));
    let mut found = Vec::new();
    for (name, value) in &all {
        let Some(inner) = value.as_table() else {
            if !KEPT.contains(&name.as_str()) {
                found.push(Changed([String::new(), name.clone()]));
            }
            continue;
        };
        for (key, value) in inner {
            let option = Changed([name.clone(), key.clone()]);
            let kept = KEPT.contains(&option.key().as_str());
            if NO_OPTIONS.contains(&name.as_str()) || kept {
                continue;
            }
            let is_batches = (name.as_str(), key.as_str()) == ("records", "batches");
            let is_default = option.value(&default).as_ref() == Some(value);
            if !(is_default || is_batches || is_safeguard(&option.key(), scenario)) {
                found.push(option);
            }
        }
    }
    found
}

/// The scenarios in which one option is as by default, or a number nearer to that.
pub(super) fn options(scenario: &Scenario) -> Vec<Scenario> {
    let (all, default) = (table(scenario), table(&Scenario::default()));
    let simpler = |option: Changed| {
        let mut found: Vec<Scenario> = option.reset(scenario).into_iter().collect();
        found.extend(option.nearer(&all, &default));
        found
    };
    changed(scenario).into_iter().flat_map(simpler).collect()
}

/// Numbers between a number and the default, which comes first itself.
fn nearer(value: i64, default: i64) -> impl Iterator<Item = i64> {
    let half = default + (value - default) / 2;
    let next = value - (value - default).signum();
    let inside = move |&number: &i64| number != default && number != value;
    let next = (next != half).then_some(next);
    [Some(half), next].into_iter().flatten().filter(inside)
}

/// How many faults of each kind may be chosen, by key.
fn faults(scenario: &Scenario) -> Vec<(String, i64)> {
    let all = table(scenario);
    let budget = all.get("budget").and_then(toml::Value::as_table);
    let number = |(key, value): (&String, &toml::Value)| Some((key.clone(), value.as_integer()?));
    budget.into_iter().flatten().filter_map(number).filter(|(_, count)| *count > 0).collect()
}

/// The keys of the faults that may be chosen.
pub(in super::super) fn fault_kinds(scenario: &Scenario) -> Vec<String> {
    faults(scenario).into_iter().map(|(key, _)| key).collect()
}

/// The scenario in which no fault of this kind may be chosen, if one may.
pub(in super::super) fn without_faults(scenario: &Scenario, key: &str) -> Option<Shrunk> {
    if !faults(scenario).iter().any(|(known, _)| known == key) {
        return None;
    }
    let fewer = with(&table(scenario), ["budget", key], Some(0.into()))?;
    Some(Shrunk::with(scenario, |scenario| *scenario = fewer))
}

/// The scenarios in which fewer faults of a kind may be chosen.
pub(super) fn budget(scenario: &Scenario) -> Vec<Scenario> {
    let all = table(scenario);
    let mut found = Vec::new();
    for (key, count) in faults(scenario) {
        let fewer = [0, 1, count - 1].into_iter().filter(|&fewer| fewer < count);
        found.extend(fewer.filter_map(|fewer| with(&all, ["budget", &key], Some(fewer.into()))));
    }
    found
}
