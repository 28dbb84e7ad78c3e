//! Scenarios with fewer options that are not as by default, and with fewer faults to choose.

use super::Shrunk;
use crate::plan::Plan;
use crate::scenario::options::{self, DesignOption};
use crate::scenario::{Scenario, StageOptions};

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
    "containers",
    "records.batches",
    "rpo.records",
    "queue.parked_max",
];

/// Whether it is a limit that the system is built with. With a lower one it would be another system, which
/// fails sooner than this one does.
fn is_limit(option: &Changed) -> bool {
    let values = options::find(&option.of_all()).map(DesignOption::values);
    values.and_then(|values| values.first()).is_some_and(|none| none.about.is_limit)
}

/// Whether it says that a queue is a log: that is what the system is, and a story of a queue would be another system's, though
/// the same may go wrong in it.
fn is_log(option: &Changed, all: &toml::Table) -> bool {
    let value = value(all, &option.0).and_then(toml::Value::as_str);
    option.of_all() == "queue.delivery" && value == Some("log")
}

/// Whether the option makes the design safer than its default does. Without it the failure would be another one, for
/// which its scenario was not made.
fn is_safeguard(changed: &Changed, scenario: &Scenario) -> bool {
    let key = changed.of_all();
    let Some(option) = options::find(&key) else { return false };
    let there = changed.stage().map(|stage| scenario.as_at(stage));
    let scenario = there.as_ref().unwrap_or(scenario);
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

/// The value of a key.
fn value<'a>(table: &'a toml::Table, path: &[String]) -> Option<&'a toml::Value> {
    let (last, tables) = path.split_last()?;
    let inner = tables.iter().try_fold(table, |table, name| table.get(name)?.as_table())?;
    inner.get(last)
}

/// A scenario with another value for a key, if that is a scenario.
fn with(table: &toml::Table, path: &[String], value: Option<toml::Value>) -> Option<Scenario> {
    let mut table = table.clone();
    let (last, tables) = path.split_last()?;
    let none = || toml::Value::Table(toml::Table::new());
    let inner = tables.iter().try_fold(&mut table, |table, name| {
        table.entry(name).or_insert_with(none).as_table_mut()
    })?;
    match value {
        Some(value) => drop(inner.insert(last.clone(), value)),
        None => drop(inner.remove(last)),
    }
    let mut scenario: Scenario = table.try_into().ok()?;
    scenario.stage.retain(|_, own| *own != StageOptions::default());
    Some(scenario)
}

/// An option of a scenario that does not have its default value, or that is set for one stage: the tables that it is in,
/// and its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Changed(Vec<String>);

impl Changed {
    /// The key as `--set` takes it.
    pub(in super::super) fn key(&self) -> String {
        self.0.join(".")
    }

    /// The stage that it is set for, if it is set for one.
    fn stage(&self) -> Option<&str> {
        match self.0.as_slice() {
            [stages, stage, ..] if stages == STAGES => Some(stage),
            _ => None,
        }
    }

    /// The key that sets it for all stages.
    fn of_all(&self) -> String {
        let own = if self.stage().is_some() { 2 } else { 0 };
        self.0[own..].join(".")
    }

    /// The scenario with this option as it is by default, or as it is for all stages.
    pub(in super::super) fn reset(&self, scenario: &Scenario) -> Option<Scenario> {
        let default = value(&table(&Scenario::default()), &self.0).cloned();
        with(&table(scenario), &self.0, default)
    }

    /// The same option with numbers between its own and the default.
    fn nearer(&self, all: &toml::Table, default: &toml::Table) -> Vec<Scenario> {
        let of_all: Vec<String> = self.of_all().split('.').map(str::to_owned).collect();
        let number = |table, path: &[String]| value(table, path).and_then(toml::Value::as_integer);
        // What is set for one stage comes nearer to what is in force elsewhere.
        let other = if self.stage().is_some() { all } else { default };
        let (Some(own), Some(other)) = (number(all, &self.0), number(other, &of_all)) else {
            return Vec::new();
        };
        if is_limit(self) {
            return Vec::new();
        }
        let set = |number: i64| with(all, &self.0, Some(number.into()));
        nearer(own, other).filter_map(set).collect()
    }
}

/// The table of what is published.
const RECORDS: &str = "records";

/// The table of what is set for single stages.
const STAGES: &str = "stage";

/// The options that a failure may do without.
pub(in super::super) fn changed(scenario: &Scenario) -> Vec<Changed> {
    let (all, default) = (table(scenario), table(&Scenario::default()));
    let mut found = Vec::new();
    add_changed(&all, &mut Vec::new(), &mut found);
    found.retain(|option| {
        let is_default = value(&default, &option.0) == value(&all, &option.0);
        let kept = KEPT.contains(&option.of_all().as_str());
        !(is_default || kept || is_log(option, &all) || is_safeguard(option, scenario))
    });
    found
}

/// Adds the options in this table, which is found by these names.
fn add_changed(table: &toml::Table, names: &mut Vec<String>, found: &mut Vec<Changed>) {
    for (key, value) in table {
        names.push(key.clone());
        let is_of_stages = names[0] == STAGES;
        match value.as_table() {
            Some(_) if NO_OPTIONS.contains(&key.as_str()) && names.len() == 1 => {}
            // What is set for stages is in tables of tables; elsewhere a table of names is one option.
            Some(inner) if is_of_stages || names.len() == 1 => add_changed(inner, names, found),
            Some(_) | None => found.push(Changed(names.clone())),
        }
        names.pop();
    }
}

/// The scenario with each of these options as another one has it, where it is a scenario with that; none if they are all so.
/// What the records are like is no part of the design: with fewer of them there are fewer keys.
pub(in super::super) fn restored(
    options: &[Changed],
    now: &Scenario,
    then: &Scenario,
) -> Option<Scenario> {
    let original = table(then);
    let mut restored = now.clone();
    for option in options.iter().filter(|option| option.0[0] != RECORDS) {
        let value = value(&original, &option.0).cloned();
        let is_there =
            option.stage().is_none_or(|stage| now.topology.stages.iter().any(|it| it == stage));
        let with = is_there.then(|| with(&table(&restored), &option.0, value)).flatten();
        if let Some(with) = with.filter(|with| Plan::new(with).is_ok()) {
            restored = with;
        }
    }
    (restored != *now).then_some(restored)
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

/// Where the number of faults of a kind is.
fn in_budget(key: &str) -> [String; 2] {
    ["budget".to_owned(), key.to_owned()]
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
    let fewer = with(&table(scenario), &in_budget(key), Some(0.into()))?;
    Some(Shrunk::with(scenario, |scenario| *scenario = fewer))
}

/// The scenarios in which fewer faults of a kind may be chosen.
pub(super) fn budget(scenario: &Scenario) -> Vec<Scenario> {
    let all = table(scenario);
    let mut found = Vec::new();
    for (key, count) in faults(scenario) {
        let fewer = [0, 1, count - 1].into_iter().filter(|&fewer| fewer < count);
        let path = in_budget(&key);
        found.extend(fewer.filter_map(|fewer| with(&all, &path, Some(fewer.into()))));
    }
    found
}
