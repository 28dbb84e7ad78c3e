//! What components are called when a stage, a region or a container is gone.

use std::collections::BTreeMap;

use crate::model::dns::DnsSide;
use crate::model::id::{ContainerId, MachineId, RegionId, ReplicatorId, StageId};
use crate::model::layout::{Layout, Place};
use crate::plan::Plan;
use crate::scenario::{Scenario, ScriptStep, Topology};
use crate::sim::Choice;

/// The names that components of one scenario have in another one with less of something.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Renames {
    /// By old name, if it has changed: the new one; none if there is no such component any more.
    names: BTreeMap<String, Option<String>>,
}

/// What is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gone {
    /// The stage of this index.
    Stage(usize),
    /// The region of this index.
    Region(usize),
    /// Containers that compete on a queue.
    Containers,
}

impl Renames {
    /// The names after something is gone.
    pub(super) fn new(before: &Topology, after: &Topology, gone: Gone) -> Renames {
        let layout = |topology: &Topology| {
            let containers = usize::from(topology.containers);
            Layout::new(usize::from(topology.regions), topology.stages.clone(), containers)
        };
        let change = Change { before: layout(before), after: layout(after), gone };
        let mut names = BTreeMap::new();
        for (old, new) in change.names() {
            if new.as_ref() != Some(&old) {
                names.insert(old, new);
            }
        }
        Renames { names }
    }

    /// These names, and then others.
    pub(super) fn then(mut self, next: Renames) -> Renames {
        for new in self.names.values_mut() {
            *new = new.take().and_then(|name| next.text(&name));
        }
        for (old, new) in next.names {
            self.names.entry(old).or_insert(new);
        }
        self
    }

    /// A text of words with the new names; none if it names what is gone.
    pub(crate) fn text(&self, text: &str) -> Option<String> {
        let word = |word| match self.names.get(word) {
            Some(new) => new.as_deref(),
            None => Some(word),
        };
        let words: Option<Vec<&str>> = text.split(' ').map(word).collect();
        words.map(|words| words.join(" "))
    }

    /// The lines of a script with the new names, without those that name what is gone.
    pub(super) fn script(&self, scenario: &mut Scenario) {
        let line = |step: ScriptStep| self.text(&step.to_string())?.parse().ok();
        scenario.script =
            std::mem::take(&mut scenario.script).into_iter().filter_map(line).collect();
        let speed = |(pattern, speed): (String, u32)| Some((self.text(&pattern)?, speed));
        scenario.speed =
            std::mem::take(&mut scenario.speed).into_iter().filter_map(speed).collect();
    }

    /// The choices of a run of one plan as far as they mean something in the other.
    pub(crate) fn choices(&self, choices: &[Choice], before: &Plan, after: &Plan) -> Vec<Choice> {
        if self.names.is_empty() {
            return choices.to_vec();
        }
        let choice = |choice: &Choice| {
            let name = self.text(&choice.name(&before.layout))?;
            Choice::parse(&name, &after.layout)
        };
        choices.iter().filter_map(choice).collect()
    }
}

struct Change {
    before: Layout,
    after: Layout,
    gone: Gone,
}

impl Change {
    /// Every name of before with that of afterwards.
    fn names(&self) -> Vec<(String, Option<String>)> {
        let mut names = Vec::new();
        for (index, &place) in self.before.places().iter().enumerate() {
            let new = self.place(place).map(|place| self.after.machine(place));
            let old = self.before.name(MachineId(index as u16)).to_owned();
            names.push((old, new.map(|machine| self.after.name(machine).to_owned())));
        }
        for stage in self.before.stage_ids() {
            let new = self.stage(stage).map(|stage| self.after.stages[stage.index()].as_str());
            let old = self.before.stages[stage.index()].as_str();
            names.push((format!("{old}-table"), new.map(|new| format!("{new}-table"))));
            for region in self.before.region_ids() {
                let link = |stage, region| format!("{stage}-replicator@{region}");
                let new = new.zip(self.region(region)).map(|(stage, region)| link(stage, region));
                names.push((link(old, region), new));
            }
        }
        for region in self.before.region_ids() {
            let new = self.region(region);
            for side in [DnsSide::In.name(), DnsSide::Out.name()] {
                let name = |region| format!("{side}@{region}");
                names.push((name(region), new.map(name)));
            }
            for pattern in ["", "*", "*-container", "*-table", "*-queue", "*-replicator"] {
                let name = |region| format!("{pattern}@{region}");
                names.push((name(region), new.map(name)));
            }
        }
        for position in 0..self.before.positions() {
            let new = self.after.queue_name(self.position(position));
            names.push((self.before.queue_name(position), Some(new)));
        }
        names
    }

    fn stage(&self, stage: StageId) -> Option<StageId> {
        match self.gone {
            Gone::Stage(gone) if stage.index() == gone => None,
            Gone::Stage(gone) if stage.index() > gone => Some(StageId(stage.0 - 1)),
            Gone::Stage(_) | Gone::Region(_) | Gone::Containers => Some(stage),
        }
    }

    /// The queues in front of a stage that is gone and behind it become one.
    fn position(&self, position: usize) -> usize {
        match self.gone {
            Gone::Stage(gone) if position > gone => position - 1,
            Gone::Stage(_) | Gone::Region(_) | Gone::Containers => position,
        }
    }

    fn region(&self, region: RegionId) -> Option<RegionId> {
        match self.gone {
            Gone::Region(gone) if region.index() == gone => None,
            Gone::Region(gone) if region.index() > gone => Some(RegionId(region.0 - 1)),
            Gone::Stage(_) | Gone::Region(_) | Gone::Containers => Some(region),
        }
    }

    fn place(&self, place: Place) -> Option<Place> {
        Some(match place {
            Place::Driver | Place::Source | Place::InDns | Place::OutDns | Place::Destination => {
                place
            }
            Place::Queue(id) => {
                let (region, position) = self.before.queue_place(id);
                Place::Queue(self.after.queue(self.region(region)?, self.position(position)))
            }
            Place::Container(id) => Place::Container(self.container(id)?),
            Place::Table(id) => {
                let (region, stage) = self.before.table_place(id);
                Place::Table(self.after.table(self.region(region)?, self.stage(stage)?))
            }
            Place::Replicator(id) => {
                let stage = self.stage(StageId(id.0 as u8))?;
                Place::Replicator(ReplicatorId(u16::from(stage.0)))
            }
        })
    }

    fn container(&self, id: ContainerId) -> Option<ContainerId> {
        let (region, stage) = self.before.container_place(id);
        let number = id.index() % self.before.containers_per_stage;
        let (region, stage) = (self.region(region)?, self.stage(stage)?);
        let is_left = number < self.after.containers_per_stage;
        is_left.then(|| self.after.container(region, stage, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renames(gone: Gone) -> Renames {
        let before = Topology { regions: 3, containers: 2, ..Topology::default() };
        let mut after = before.clone();
        match gone {
            Gone::Stage(stage) => drop(after.stages.remove(stage)),
            Gone::Region(_) => after.regions -= 1,
            Gone::Containers => after.containers = 1,
        }
        Renames::new(&before, &after, gone)
    }

    #[test]
    fn components_keep_their_place() {
        let cases = [
            (Gone::Stage(1), "fail inbound-preprocess-queue@2", Some("fail inbound-core-queue@2")),
            (Gone::Stage(1), "fail preprocess-core-queue@2", Some("fail inbound-core-queue@2")),
            (Gone::Stage(1), "crash preprocess-container-1@1", None),
            (Gone::Stage(1), "crash core-container-2@1", Some("crash core-container-2@1")),
            (Gone::Stage(1), "fail preprocess-table", None),
            (Gone::Stage(0), "fail inbound-queue@1", Some("fail inbound-queue@1")),
            (Gone::Stage(4), "fail outbound-queue@1", Some("fail outbound-queue@1")),
            (Gone::Stage(0), "await drained @2", Some("await drained @2")),
            (Gone::Region(0), "await drained @2", Some("await drained @1")),
            (Gone::Region(0), "outage @1", None),
            (Gone::Region(0), "fail *-replicator@3", Some("fail *-replicator@2")),
            (Gone::Region(1), "offline in-dns@3", Some("offline in-dns@2")),
            (Gone::Region(1), "step core-replicator", Some("step core-replicator")),
            (Gone::Containers, "crash core-container-2@1", None),
            (Gone::Containers, "crash core-container-1@1", Some("crash core-container@1")),
        ];
        for (gone, before, after) in cases {
            assert_eq!(renames(gone).text(before).as_deref(), after, "{gone:?}: {before}");
        }
    }
}
