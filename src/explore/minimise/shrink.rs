//! Scenarios with less of something.
//!
//! Options, budgets and whatever later versions add are found in the scenario's TOML form, so that
//! a new key is made smaller without a line here.

use std::ops::Range;

use super::rename::{Gone, Renames};
use crate::model::fault::Fault;
use crate::plan::names::{matches, target_name, targets};
use crate::plan::{DriverAction, Plan};
use crate::scenario::{Condition, Scenario, ScriptStep};

/// Part of a scenario that can become smaller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// Options that do not have their default value.
    Options,
    /// Faults that the scheduler may choose.
    Budget,
    /// Processing speeds.
    Speeds,
    /// Batches, with the lines of the script that speak of them.
    Batches,
    /// Lines of the script.
    Script,
    /// Stages.
    Stages,
    /// Records of a batch.
    Records,
    /// Regions, of which two are left.
    Regions,
    /// Containers that compete on a queue.
    Containers,
    /// Components that a line of the script means all at once.
    Targets,
}

impl Part {
    /// Every part, in the order in which they are tried.
    pub const ALL: &[Part] = &[
        Part::Options,
        Part::Batches,
        Part::Script,
        Part::Stages,
        Part::Records,
        Part::Regions,
        Part::Containers,
        Part::Targets,
        Part::Budget,
        Part::Speeds,
    ];

    /// Those that leave the design and what is done with it as they are: there is less of it, and less can go
    /// wrong.
    pub(super) const OF_SIZE: &[Part] = &[Part::Stages, Part::Records, Part::Budget, Part::Speeds];
}

/// A scenario with less of something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shrunk {
    /// The scenario; it may be one that [`Plan::new`] refuses.
    pub scenario: Scenario,
    /// What its components are called now.
    pub(crate) renames: Renames,
}

impl From<Scenario> for Shrunk {
    fn from(scenario: Scenario) -> Shrunk {
        Shrunk { scenario, renames: Renames::default() }
    }
}

/// The scenarios that have less of this part, those with much less first. They are fewer each
/// time one of them is taken.
pub fn shrunk(scenario: &Scenario, part: Part) -> Vec<Shrunk> {
    let mut found: Vec<Shrunk> = match part {
        Part::Options => plain(options(scenario)),
        Part::Budget => plain(budget(scenario)),
        Part::Speeds => plain(speeds(scenario)),
        Part::Batches => plain(batches(scenario)),
        Part::Script => plain(script(scenario)),
        Part::Stages => stages(scenario),
        Part::Records => plain(records(scenario)),
        Part::Regions => regions(scenario),
        Part::Containers => containers(scenario),
        Part::Targets => plain(narrower(scenario)),
    };
    for shrunk in &mut found {
        drop_unpublished(&mut shrunk.scenario);
        lower_counts(&mut shrunk.scenario);
    }
    found.retain(|shrunk| shrunk.scenario != *scenario);
    found
}

fn plain(scenarios: Vec<Scenario>) -> Vec<Shrunk> {
    scenarios.into_iter().map(Shrunk::from).collect()
}

/// Tables whose keys are no options.
const NO_OPTIONS: &[&str] = &["budget", "speed"];

/// Keys that are no options: what is run and what for. Without its declaration of losses a scenario fails
/// by a loss that is none of its failure.
const KEPT: &[&str] = &[
    "format",
    "name",
    "script",
    "topology.regions",
    "topology.stages",
    "topology.containers",
    "rpo.records",
];

/// Limits that the system is built with, of which the default is to have none. With a lower one it would
/// be another system, which fails sooner than this one does.
const LIMITS: &[&str] = &["queue.capacity", "queue.max_receives", "aurora.rpo_records_max"];

/// Options that make a design safer than their default does. Without one of them the failure would
/// be another one, for which its scenario was not made.
fn is_safeguard(name: &str, key: &str, value: &toml::Value, scenario: &Scenario) -> bool {
    match (name, key, value.as_str()) {
        // Without keys there are no versions that could be checked.
        ("table", "conflict", Some("version-checked"))
        | ("destination", "versions", Some("checked")) => scenario.records.keys > 0,
        // With one region at a time, the last write is the newest.
        ("dns", "policy", Some("failover")) => scenario.records.keys > 0,
        ("replication", "mode", Some("strong")) => true,
        (_, _, _) => false,
    }
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
pub(super) struct Changed([String; 2]);

impl Changed {
    /// The key as `--set` takes it.
    pub(super) fn key(&self) -> String {
        self.0.join(".").trim_start_matches('.').to_owned()
    }

    /// The scenario with this option as it is by default.
    pub(super) fn reset(&self, scenario: &Scenario) -> Option<Scenario> {
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
        if LIMITS.contains(&self.key().as_str()) {
            return Vec::new();
        }
        nearer(value, default).filter_map(|number| self.set(all, Some(number.into()))).collect()
    }
}

/// The options that a failure may do without.
pub(super) fn changed(scenario: &Scenario) -> Vec<Changed> {
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
            if !(is_default || is_batches || is_safeguard(name, key, value, scenario)) {
                found.push(option);
            }
        }
    }
    found
}

fn options(scenario: &Scenario) -> Vec<Scenario> {
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

fn budget(scenario: &Scenario) -> Vec<Scenario> {
    let all = table(scenario);
    let budget = all.get("budget").and_then(toml::Value::as_table);
    let mut found = Vec::new();
    for (key, value) in budget.into_iter().flatten() {
        let value = value.as_integer().unwrap_or(0);
        let fewer = [0, 1, value - 1].into_iter().filter(|&fewer| fewer < value);
        found.extend(fewer.filter_map(|fewer| with(&all, ["budget", key], Some(fewer.into()))));
    }
    found
}

fn speeds(scenario: &Scenario) -> Vec<Scenario> {
    let none = Scenario { speed: Default::default(), ..scenario.clone() };
    let fewer = scenario.speed.keys().map(|pattern| {
        let mut fewer = scenario.clone();
        fewer.speed.remove(pattern);
        fewer
    });
    std::iter::once(none).chain(fewer).collect()
}

/// Ranges of a list of so many elements: halves, quarters, and so on, down to single elements.
fn groups(length: usize) -> Vec<Range<usize>> {
    let sizes = std::iter::successors(Some(length.div_ceil(2)), |&size| {
        (size > 1).then_some(size.div_ceil(2))
    });
    let ranges =
        |size: usize| (0..length).step_by(size.max(1)).map(move |at| at..(at + size).min(length));
    sizes.flat_map(ranges).collect()
}

fn batches(scenario: &Scenario) -> Vec<Scenario> {
    let count = scenario.records.batches.len();
    let without = |gone: Range<usize>| {
        let mut fewer = scenario.clone();
        gone.rev().for_each(|batch| remove_batch(&mut fewer, batch));
        fewer
    };
    groups(count).into_iter().filter(|gone| gone.len() < count).map(without).collect()
}

/// Removes the batch of this index and whatever is said of it.
fn remove_batch(scenario: &mut Scenario, index: usize) {
    let gone = index + 1;
    scenario.records.batches.remove(index);
    let renumbered = |step: ScriptStep| {
        let line = step.to_string();
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        for at in 1..words.len() {
            let is_batch = words[at - 1] == "batch" || (at == 1 && words[0] == "publish");
            let Some(number) = words[at].parse().ok().filter(|_| is_batch) else { continue };
            match usize::cmp(&number, &gone) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return None,
                std::cmp::Ordering::Greater => words[at] = (number - 1).to_string(),
            }
        }
        words.join(" ").parse().ok()
    };
    scenario.script =
        std::mem::take(&mut scenario.script).into_iter().filter_map(renumbered).collect();
}

/// A batch goes with the last line that publishes it, unless it is the only one.
fn drop_unpublished(scenario: &mut Scenario) {
    for batch in (0..scenario.records.batches.len()).rev() {
        let publishes = ScriptStep::Publish(batch as u16 + 1);
        if scenario.records.batches.len() > 1 && !scenario.script.contains(&publishes) {
            remove_batch(scenario, batch);
        }
    }
}

fn script(scenario: &Scenario) -> Vec<Scenario> {
    let lines = &scenario.script;
    let with = |script: Vec<ScriptStep>| Scenario { script, ..scenario.clone() };
    let is_expectation = |step: &&ScriptStep| matches!(step, ScriptStep::Expect(_));
    let unjudged: Vec<_> = lines.iter().filter(|step| !is_expectation(step)).cloned().collect();
    let mut found = vec![with(unjudged)];
    for gone in groups(lines.len()) {
        let left = lines[..gone.start].iter().chain(&lines[gone.end..]);
        found.push(with(left.cloned().collect()));
    }
    found
}

fn records(scenario: &Scenario) -> Vec<Scenario> {
    let sizes = &scenario.records.batches;
    let with = |change: &dyn Fn(usize, u32) -> u32| {
        let mut fewer = scenario.clone();
        let batches = fewer.records.batches.iter_mut().enumerate();
        batches.for_each(|(index, size)| *size = change(index, *size));
        fewer
    };
    let mut found = vec![with(&|_, _| 1), with(&|_, size| size.div_ceil(2))];
    for batch in 0..sizes.len() {
        for fewer in [|_: u32| 1, |size: u32| size.div_ceil(2), |size: u32| (size - 1).max(1)] {
            found.push(with(&|index, size| if index == batch { fewer(size) } else { size }));
        }
    }
    found
}

fn stages(scenario: &Scenario) -> Vec<Shrunk> {
    let count = scenario.topology.stages.len();
    let without = |gone: &mut dyn Iterator<Item = usize>| {
        gone.fold(Shrunk::from(scenario.clone()), |Shrunk { scenario, renames }, stage| {
            let fewer = without_stage(&scenario, stage);
            Shrunk { renames: renames.then(fewer.renames), ..fewer }
        })
    };
    let alone = (0..count).map(|kept| without(&mut (0..count).rev().filter(|&gone| gone != kept)));
    let single = (0..count).map(|gone| without(&mut std::iter::once(gone)));
    if count > 1 { alone.chain(single).collect() } else { Vec::new() }
}

fn without_stage(scenario: &Scenario, stage: usize) -> Shrunk {
    let mut fewer = scenario.clone();
    let name = fewer.topology.stages.remove(stage);
    fewer.store.stages.remove(&name);
    let renames = Renames::new(&scenario.topology, &fewer.topology, Gone::Stage(stage));
    renames.script(&mut fewer);
    Shrunk { scenario: fewer, renames }
}

fn regions(scenario: &Scenario) -> Vec<Shrunk> {
    let count = usize::from(scenario.topology.regions);
    let without = |region: usize| {
        let mut fewer = scenario.clone();
        fewer.topology.regions -= 1;
        if fewer.dns.weights.len() == count {
            fewer.dns.weights.remove(region);
        }
        match usize::from(fewer.aurora.writer).cmp(&(region + 1)) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => fewer.aurora.writer = 1,
            std::cmp::Ordering::Greater => fewer.aurora.writer -= 1,
        }
        let renames = Renames::new(&scenario.topology, &fewer.topology, Gone::Region(region));
        renames.script(&mut fewer);
        for step in &mut fewer.script {
            if let ScriptStep::Weights(weights) = step
                && weights.len() == count
            {
                weights.remove(region);
            }
        }
        Shrunk { scenario: fewer, renames }
    };
    if count > 2 { (0..count).rev().map(without).collect() } else { Vec::new() }
}

fn containers(scenario: &Scenario) -> Vec<Shrunk> {
    let count = scenario.topology.containers;
    let with = |containers: u8| {
        let mut fewer = scenario.clone();
        fewer.topology.containers = containers;
        let renames = Renames::new(&scenario.topology, &fewer.topology, Gone::Containers);
        renames.script(&mut fewer);
        Shrunk { scenario: fewer, renames }
    };
    let fewer =
        [1, count.saturating_sub(1)].into_iter().filter(|&fewer| 0 < fewer && fewer < count);
    fewer.map(with).collect()
}

/// Lines of the script that mean several components at once, with one of them instead.
fn narrower(scenario: &Scenario) -> Vec<Scenario> {
    let Ok(plan) = Plan::new(scenario) else { return Vec::new() };
    let names: Vec<String> = targets(&plan.layout).into_iter().map(|(name, _)| name).collect();
    let mut found = Vec::new();
    for (index, step) in scenario.script.iter().enumerate() {
        let lines: Vec<ScriptStep> = match step {
            ScriptStep::Fault(kind, pattern) if pattern.contains('*') => {
                let fits = names.iter().filter(|name| matches(pattern, name));
                fits.map(|name| ScriptStep::Fault(*kind, name.clone())).collect()
            }
            ScriptStep::FailSome(_) => {
                // Those that it means are those that the driver may choose from.
                let line = |fault: &Fault| {
                    let name = target_name(fault.target, &plan.layout);
                    ScriptStep::Fault(fault.kind, name)
                };
                let at = (0..plan.actions().len()).find(|&at| plan.script_index(at) == index);
                match at.map(|at| &plan.actions()[at]) {
                    Some(DriverAction::FaultSome(faults)) => faults.iter().map(line).collect(),
                    action => unreachable!("the line is one action, not {action:?}"),
                }
            }
            ScriptStep::MoveWriter(kind, pattern, region) if pattern.contains('*') => {
                let fits = names.iter().filter(|name| matches(pattern, name));
                fits.map(|name| ScriptStep::MoveWriter(*kind, name.clone(), *region)).collect()
            }
            ScriptStep::Outage(region) => {
                let inside = format!("@{region}");
                let names = names.iter().filter(|name| name.ends_with(&inside));
                let kinds = ["crash", "fail"].into_iter();
                let line = |(kind, name)| format!("{kind} {name}").parse().ok();
                names
                    .flat_map(|name| kinds.clone().map(move |kind| (kind, name)))
                    .filter_map(line)
                    .collect()
            }
            ScriptStep::Publish(_)
            | ScriptStep::Await(_)
            | ScriptStep::Fault(..)
            | ScriptStep::MoveWriter(..)
            | ScriptStep::Recover(_)
            | ScriptStep::Redrive(_)
            | ScriptStep::Weights(_)
            | ScriptStep::Expect(_) => Vec::new(),
        };
        found.extend(lines.into_iter().map(|line| {
            let mut narrower = scenario.clone();
            narrower.script[index] = line;
            narrower
        }));
    }
    found
}

/// Nobody waits for more records than were published.
fn lower_counts(scenario: &mut Scenario) {
    let sizes = scenario.records.batches.clone();
    let mut is_published = vec![false; sizes.len()];
    scenario.script.retain_mut(|step| {
        match step {
            ScriptStep::Publish(batch) => {
                let index = usize::from(*batch).wrapping_sub(1);
                is_published.get_mut(index).into_iter().for_each(|batch| *batch = true);
            }
            ScriptStep::Await(Condition::Delivered(count)) => {
                let published = sizes.iter().zip(&is_published).filter(|(_, is)| **is);
                *count = published.map(|(&size, _)| size).sum::<u32>().min(*count);
                return *count > 0;
            }
            ScriptStep::Await(_)
            | ScriptStep::Fault(..)
            | ScriptStep::FailSome(_)
            | ScriptStep::MoveWriter(..)
            | ScriptStep::Outage(_)
            | ScriptStep::Recover(_)
            | ScriptStep::Redrive(_)
            | ScriptStep::Weights(_)
            | ScriptStep::Expect(_) => {}
        }
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::builtin;

    /// Every way to make it smaller that leaves a scenario that is right.
    fn all(scenario: &Scenario) -> Vec<Scenario> {
        let parts = Part::ALL.iter().flat_map(|&part| shrunk(scenario, part));
        let scenarios = parts.map(|shrunk| shrunk.scenario);
        scenarios.filter(|scenario| Plan::new(scenario).is_ok()).collect()
    }

    #[test]
    fn every_scenario_shrinks_to_almost_nothing() {
        for (name, _) in builtin::ALL {
            let mut scenario = builtin::scenario(name).expect("the scenario is built in");
            let mut changes = 0;
            while let Some(smaller) = all(&scenario).into_iter().next() {
                scenario = smaller;
                changes += 1;
                assert!(changes < 500, "{name}: it goes round in circles: {scenario:?}");
            }
            assert_eq!((scenario.topology.stages.len(), scenario.records.total()), (1, 1));
            assert_eq!((scenario.topology.regions, scenario.topology.containers), (2, 1));
            assert_eq!(scenario.budget.total(), 0, "{name}");
            assert_eq!(scenario.script, [ScriptStep::Publish(1)], "{name}");
        }
    }

    #[test]
    fn a_batch_takes_its_lines_along() {
        let text = r#"
            script = [
                "publish 1",
                "publish 2",
                "await enqueued inbound-queue batch 2",
                "publish 3",
                "await delivered batch 3",
                "await delivered 12",
            ]
            records.batches = [3, 4, 5]
        "#;
        let mut scenario = Scenario::parse(text).expect("it is right");
        remove_batch(&mut scenario, 1);
        lower_counts(&mut scenario);
        let lines: Vec<String> = scenario.script.iter().map(ScriptStep::to_string).collect();
        let left = ["publish 1", "publish 2", "await delivered batch 2", "await delivered 8"];
        assert_eq!(
            (lines.as_slice(), scenario.records.batches),
            (&left.map(str::to_owned)[..], vec![3, 5])
        );
    }

    #[test]
    fn groups_become_smaller() {
        assert_eq!(groups(3), [0..2, 2..3, 0..1, 1..2, 2..3]);
        assert_eq!(groups(1).len(), 1);
        assert_eq!(groups(0), Vec::<Range<usize>>::new());
    }
}
