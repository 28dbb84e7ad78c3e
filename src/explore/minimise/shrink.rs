//! Scenarios with less of something.
//!
//! Options, budgets and whatever later versions add are found in the scenario's TOML form, so that
//! a new key is made smaller without a line here.

use super::rename::{Gone, Renames};
use crate::model::id::StageId;
use crate::plan::names;
use crate::scenario::stages::DESTINATION;
use crate::scenario::{Scenario, ScriptStep};

mod options;
mod records;
mod script;
mod targets;

pub(super) use options::{Changed, changed, fault_kinds, restored, without_faults};
pub(super) use script::{Role, without_the_rest};
pub(super) use targets::with_writer_to;

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
    /// Lines of the script, except those that only restrict what can happen.
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

    /// Those that leave the design as it is.
    pub(super) const OF_THE_DESIGN: &[Part] = &[
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

    /// Those of which there is less, and nothing else is different.
    pub(super) const OF_SIZE: &[Part] = &[Part::Batches, Part::Stages, Part::Records];
}

/// A scenario with less of something.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The scenario; it may be one that [`Plan::new`](crate::plan::Plan::new) refuses.
    pub scenario: Scenario,
    /// What its components are called now.
    pub(super) renames: Renames,
    /// By line of its script: the index of the line before; ascending.
    pub(super) lines: Vec<usize>,
    /// By region: its index before; ascending.
    pub(super) regions: Vec<u8>,
}

impl Shrunk {
    /// The scenario itself, of which something is to be taken away.
    pub(super) fn of(scenario: &Scenario) -> Shrunk {
        Shrunk {
            scenario: scenario.clone(),
            renames: Renames::default(),
            lines: (0..scenario.script.len()).collect(),
            regions: (0..scenario.topology.regions).collect(),
        }
    }

    /// The scenario with something else in place of a part that neither is the script nor has a name.
    fn with(scenario: &Scenario, change: impl FnOnce(&mut Scenario)) -> Shrunk {
        let mut shrunk = Shrunk::of(scenario);
        change(&mut shrunk.scenario);
        shrunk
    }

    /// Changes each line of the script, or leaves it out. It is given the index of the line before.
    fn edit(&mut self, mut change: impl FnMut(usize, ScriptStep) -> Option<ScriptStep>) {
        let script = std::mem::take(&mut self.scenario.script).into_iter();
        for (line, step) in std::mem::take(&mut self.lines).into_iter().zip(script) {
            if let Some(step) = change(line, step) {
                self.scenario.script.push(step);
                self.lines.push(line);
            }
        }
    }

    /// Leaves these lines out, and the batches that nothing publishes then.
    pub(super) fn leave_out(&mut self, is_gone: impl Fn(usize) -> bool) {
        self.edit(|line, step| (!is_gone(line)).then_some(step));
        for batch in (0..self.scenario.records.batches.len()).rev() {
            let publishes = ScriptStep::Publish(batch as u16 + 1);
            if !self.scenario.script.contains(&publishes) && self.scenario.records.batches.len() > 1
            {
                records::remove_batch(self, batch);
            }
        }
    }

    /// Something is gone that gave components their names; the scenario says so already.
    fn rename(&mut self, before: &Scenario, gone: Gone) {
        let mut lost = Vec::new();
        self.renames.add(&mut self.scenario, before, gone, |line| lost.push(line));
        for line in lost.into_iter().rev() {
            self.lines.remove(line);
        }
    }
}

/// The scenarios that have less of this part, those with much less first. They are fewer each
/// time one of them is taken.
pub fn shrunk(scenario: &Scenario, part: Part) -> Vec<Shrunk> {
    let mut found: Vec<Shrunk> = match part {
        Part::Options => plain(scenario, options::options(scenario)),
        Part::Budget => plain(scenario, options::budget(scenario)),
        Part::Speeds => speeds(scenario),
        Part::Batches => records::batches(scenario),
        Part::Script => script::script(scenario),
        Part::Stages => stages(scenario),
        Part::Records => records::records(scenario),
        Part::Regions => regions(scenario),
        Part::Containers => containers(scenario),
        Part::Targets => targets::narrower(scenario),
    };
    found.retain(|shrunk| shrunk.scenario != *scenario);
    found
}

/// Scenarios whose script and names are as they were.
fn plain(scenario: &Scenario, smaller: Vec<Scenario>) -> Vec<Shrunk> {
    let shrunk = |smaller| Shrunk::with(scenario, |scenario| *scenario = smaller);
    smaller.into_iter().map(shrunk).collect()
}

fn speeds(scenario: &Scenario) -> Vec<Shrunk> {
    let none = Shrunk::with(scenario, |scenario| scenario.speed.clear());
    let fewer = scenario.speed.keys().map(|pattern| {
        Shrunk::with(scenario, |fewer| fewer.speed.retain(|known, _| known != pattern))
    });
    std::iter::once(none).chain(fewer).collect()
}

/// Ranges of a list of so many elements: halves, quarters, and so on, down to single elements.
fn groups(length: usize) -> Vec<std::ops::Range<usize>> {
    let sizes = std::iter::successors(Some(length.div_ceil(2)), |&size| {
        (size > 1).then_some(size.div_ceil(2))
    });
    let ranges =
        |size: usize| (0..length).step_by(size.max(1)).map(move |at| at..(at + size).min(length));
    sizes.flat_map(ranges).collect()
}

fn stages(scenario: &Scenario) -> Vec<Shrunk> {
    let count = scenario.topology.stages.len();
    let without = |gone: &mut dyn Iterator<Item = usize>| {
        let mut shrunk = Shrunk::of(scenario);
        gone.for_each(|stage| remove_stage(&mut shrunk, stage));
        shrunk
    };
    let alone = (0..count).map(|kept| without(&mut (0..count).rev().filter(|&gone| gone != kept)));
    let single = (0..count).map(|gone| without(&mut std::iter::once(gone)));
    if count > 1 { alone.chain(single).collect() } else { Vec::new() }
}

fn remove_stage(shrunk: &mut Shrunk, stage: usize) {
    let before = shrunk.scenario.clone();
    let next = names_after(&before, stage);
    let name = shrunk.scenario.topology.stages.remove(stage);
    shrunk.scenario.redirect(&name, &next);
    shrunk.scenario.store.stages.remove(&name);
    shrunk.rename(&before, Gone::Stage(stage));
}

/// What a stage sends to, by name.
fn names_after(scenario: &Scenario, stage: usize) -> Vec<String> {
    let layout = names::layout(scenario);
    let next = layout.shape.next(StageId(stage as u8)).iter();
    let name = |&position: &u8| {
        layout.stages.get(usize::from(position)).cloned().unwrap_or(DESTINATION.to_owned())
    };
    next.map(name).collect()
}

fn regions(scenario: &Scenario) -> Vec<Shrunk> {
    let regions = (0..scenario.topology.regions).rev();
    regions.filter_map(|region| without_region(scenario, region)).collect()
}

/// The scenario without the region of this index, if two are left.
pub(super) fn without_region(scenario: &Scenario, region: u8) -> Option<Shrunk> {
    let count = usize::from(scenario.topology.regions);
    if count <= 2 {
        return None;
    }
    let mut shrunk = Shrunk::of(scenario);
    let fewer = &mut shrunk.scenario;
    fewer.topology.regions -= 1;
    if fewer.dns.weights.len() == count {
        fewer.dns.weights.remove(usize::from(region));
    }
    for special in [&mut fewer.aurora.writer, &mut fewer.dns.primary] {
        match u8::cmp(special, &(region + 1)) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => *special = 1,
            std::cmp::Ordering::Greater => *special -= 1,
        }
    }
    shrunk.rename(scenario, Gone::Region(usize::from(region)));
    shrunk.regions.remove(usize::from(region));
    for step in &mut shrunk.scenario.script {
        if let ScriptStep::Weights(weights) = step
            && weights.len() == count
        {
            weights.remove(usize::from(region));
        }
    }
    Some(shrunk)
}

fn containers(scenario: &Scenario) -> Vec<Shrunk> {
    let fewer = |count: u8| {
        let fewer = [1, count.saturating_sub(1)].into_iter();
        fewer.filter(move |&fewer| 0 < fewer && fewer < count)
    };
    let everywhere = containers_max(scenario);
    let of_stages = scenario.stage.iter().filter_map(|(stage, own)| Some((stage, own.containers?)));
    let of_stages = of_stages.flat_map(|(stage, count)| {
        fewer(count).map(move |containers| {
            with_fewer_containers(scenario, |scenario| {
                scenario.stage.entry(stage.clone()).or_default().containers = Some(containers);
            })
        })
    });
    let own = fewer(scenario.topology.containers).map(|containers| {
        with_fewer_containers(scenario, |scenario| scenario.topology.containers = containers)
    });
    fewer(everywhere)
        .map(|containers| with_containers(scenario, containers))
        .chain(own)
        .chain(of_stages)
        .collect()
}

/// How many containers there are on the queue that has the most.
pub(super) fn containers_max(scenario: &Scenario) -> u8 {
    scenario.of_stages().map(|stage| stage.containers).max().unwrap_or(1)
}

/// The scenario with so many containers on each queue, or fewer.
pub(super) fn with_containers(scenario: &Scenario, containers: u8) -> Shrunk {
    with_fewer_containers(scenario, |scenario| {
        let own = scenario.stage.values_mut().filter_map(|own| own.containers.as_mut());
        for count in own.chain([&mut scenario.topology.containers]) {
            *count = containers.min(*count);
        }
    })
}

fn with_fewer_containers(scenario: &Scenario, change: impl FnOnce(&mut Scenario)) -> Shrunk {
    let mut shrunk = Shrunk::with(scenario, change);
    shrunk.rename(scenario, Gone::Containers);
    shrunk
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use crate::scenario::builtin;

    /// Every way to make it smaller that leaves a scenario that is right.
    fn all(scenario: &Scenario) -> Vec<Shrunk> {
        let parts = Part::ALL.iter().flat_map(|&part| shrunk(scenario, part));
        parts.filter(|shrunk| Plan::new(&shrunk.scenario).is_ok()).collect()
    }

    /// What is left of a script only restricts what can happen.
    #[test]
    fn every_scenario_shrinks_to_almost_nothing() {
        for (name, _) in builtin::ALL {
            let mut scenario = builtin::scenario(name).expect("the scenario is built in");
            let mut changes = 0;
            while let Some(smaller) = all(&scenario).into_iter().next() {
                scenario = smaller.scenario;
                changes += 1;
                assert!(changes < 500, "{name}: it goes round in circles: {scenario:?}");
            }
            assert_eq!((scenario.topology.stages.len(), scenario.records.total()), (1, 1));
            assert_eq!((scenario.topology.regions, scenario.topology.containers), (2, 1));
            assert_eq!(scenario.budget.total(), 0, "{name}");
            let plan = Plan::new(&scenario).expect("it is right");
            let left = Role::of_lines(&plan);
            let is_kept = |role: &Role| matches!(role, Role::Publishes | Role::Restricts);
            assert!(left.iter().all(is_kept), "{name}: {:?}", scenario.script);
        }
    }

    /// Every line and every region of a smaller scenario is one of the larger one.
    #[test]
    fn what_is_left_is_known_by_what_it_was() {
        for (name, _) in builtin::ALL {
            let scenario = builtin::scenario(name).expect("the scenario is built in");
            for smaller in all(&scenario) {
                let Shrunk { lines, regions, .. } = &smaller;
                assert_eq!(lines.len(), smaller.scenario.script.len(), "{name}");
                assert_eq!(regions.len(), usize::from(smaller.scenario.topology.regions));
                assert!(lines.is_sorted() && regions.is_sorted(), "{name}: {smaller:?}");
                for (step, &line) in smaller.scenario.script.iter().zip(lines) {
                    let before = &scenario.script[line];
                    let is_same = std::mem::discriminant(step) == std::mem::discriminant(before);
                    let narrowed =
                        matches!(before, ScriptStep::FailSome(_) | ScriptStep::Outage(_));
                    assert!(is_same || narrowed, "{name}: '{step}' was '{before}'");
                }
            }
        }
    }

    #[test]
    fn groups_become_smaller() {
        assert_eq!(groups(3), [0..2, 2..3, 0..1, 1..2, 2..3]);
        assert_eq!(groups(1).len(), 1);
        assert_eq!(groups(0), Vec::<std::ops::Range<usize>>::new());
    }
}
