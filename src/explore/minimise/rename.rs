//! What components are called when a stage, a region or a container is gone.

use crate::model::fault::{FaultPoint, Path, Subject, Target};
use crate::model::id::{ContainerId, MachineId, QueueId, RegionId, ReplicatorId, StageId, TableId};
use crate::model::layout::{Layout, Place};
use crate::plan::names::{self, matches, targets};
use crate::scenario::{Condition, Expectation, Scenario, ScriptStep};
use crate::scheduler::{Act, Deviation};
use crate::sim::Choice;

/// The components of one scenario in another one with less of something.
#[derive(Clone, Debug, Default)]
pub(super) struct Renames {
    /// One after the other; none if every component is called as before.
    changes: Vec<Change>,
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
    /// The names after something else is gone, too. The script and the speeds of the scenario get them;
    /// a line or a speed that names only what is gone is left out, and `line` is told its index.
    pub(super) fn add(
        &mut self,
        scenario: &mut Scenario,
        before: &Scenario,
        gone: Gone,
        mut line: impl FnMut(usize),
    ) {
        let (before, after) = (names::layout(before), names::layout(scenario));
        let change = Change { before, after, gone };
        let names = Names::new(&change);
        let lines = std::mem::take(&mut scenario.script).into_iter().enumerate();
        let renamed = |(index, step): (usize, ScriptStep)| {
            let step = names.step(&step, &change);
            if step.is_none() {
                line(index);
            }
            step
        };
        scenario.script = lines.filter_map(renamed).collect();
        let speeds = std::mem::take(&mut scenario.speed).into_iter();
        let speed = |(pattern, speed): (String, u32)| {
            Some((names.machines.pattern(&pattern, &change, &|_| true)?, speed))
        };
        scenario.speed = speeds.filter_map(speed).collect();
        self.changes.push(change);
    }

    /// The choice, if it means something in the other scenario.
    pub(super) fn choice(&self, choice: Choice) -> Option<Choice> {
        self.changes.iter().try_fold(choice, |choice, change| change.choice(choice))
    }

    /// Those of the choices that mean something in the other scenario.
    pub(super) fn choices(&self, choices: &[Choice]) -> Vec<Choice> {
        choices.iter().filter_map(|&choice| self.choice(choice)).collect()
    }

    /// Those of the deviations that mean something in the other scenario.
    pub(super) fn deviations(&self, deviations: &[Deviation]) -> Vec<Deviation> {
        let machine =
            |machine| self.changes.iter().try_fold(machine, |id, change| change.machine(id));
        let renamed = |deviation: &Deviation| {
            let act = match deviation.act {
                Act::Take(choice) => Act::Take(self.choice(choice)?),
                Act::Hold(held) => Act::Hold(machine(held)?),
            };
            Some(Deviation { act, fair: None, ..*deviation })
        };
        deviations.iter().filter_map(renamed).collect()
    }
}

/// Something that has a name, and what faults can happen to of it.
type Named = (String, Vec<Target>);

/// The names of before with those of afterwards.
struct Table {
    /// What had a name, and its name now; none for what is gone.
    before: Vec<(Named, Option<String>)>,
    after: Vec<Named>,
}

impl Table {
    /// A name, or a pattern that means what is left of what it meant, of all that fits; none if nothing is
    /// left.
    fn pattern(
        &self,
        pattern: &str,
        change: &Change,
        fits: &dyn Fn(&[Target]) -> bool,
    ) -> Option<String> {
        if let Some((_, after)) = self.before.iter().find(|((name, _), _)| name == pattern) {
            return after.clone();
        }
        let is_meant = |pattern: &str, (name, parts): &Named| fits(parts) && matches(pattern, name);
        let meant = self.before.iter().filter(|(named, _)| is_meant(pattern, named));
        let left = in_order(meant.filter_map(|(_, after)| after.as_ref()));
        let means = |pattern: &str| {
            let now = self.after.iter().filter(|named| is_meant(pattern, named));
            in_order(now.map(|(name, _)| name)) == left
        };
        match left.as_slice() {
            [] => None,
            [one] => Some((*one).clone()),
            _ => {
                let there = change.pattern_at(pattern);
                [Some(pattern.to_owned()), there].into_iter().flatten().find(|it| means(it))
            }
        }
    }
}

/// Each name once.
fn in_order<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut names: Vec<&String> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Everything that has a name.
struct Names {
    /// What faults can happen to.
    targets: Table,
    /// What has a speed.
    machines: Table,
}

impl Names {
    fn new(change: &Change) -> Names {
        let (before, after) = (targets(&change.before), targets(&change.after));
        let renamed = |parts: &[Target]| {
            let left: Vec<Target> = parts.iter().filter_map(|&part| change.target(part)).collect();
            let (name, _) = after.iter().find(|(_, parts)| *parts == left)?;
            Some(name.clone())
        };
        let pair = |named: Named| {
            let after = renamed(&named.1);
            (named, after)
        };
        let targets =
            Table { before: before.into_iter().map(pair).collect(), after: after.clone() };
        let machines = (0..change.before.machines() as u16).map(MachineId);
        let pair = |machine| {
            let after = change.machine(machine).map(|id| change.after.name(id).to_owned());
            ((change.before.name(machine).to_owned(), Vec::new()), after)
        };
        let after = change.after.names().iter().map(|name| (name.clone(), Vec::new()));
        let machines = Table { before: machines.map(pair).collect(), after: after.collect() };
        Names { targets, machines }
    }

    /// A line of the script with the new names; none if it names only what is gone.
    fn step(&self, step: &ScriptStep, change: &Change) -> Option<ScriptStep> {
        let named = |name: &str, fits: &dyn Fn(Target) -> bool| match name
            .strip_prefix('@')
            .map(str::parse)
        {
            Some(Ok(region)) => Some(format!("@{}", change.number(region)?)),
            Some(Err(_)) | None => {
                let all_fit = |parts: &[Target]| parts.iter().all(|&part| fits(part));
                self.targets.pattern(name, change, &all_fit)
            }
        };
        let any = |_| true;
        let is_queue = |target| matches!(target, Target::Queue(_));
        let is_container = |target| matches!(target, Target::Container(_));
        let is_machine = |target: Target| target.place().is_some();
        Some(match step {
            ScriptStep::Publish(_) | ScriptStep::Weights(_) => step.clone(),
            ScriptStep::Await(condition) => ScriptStep::Await(match condition {
                Condition::Enqueued(queue, batch) => {
                    Condition::Enqueued(change.queue_name(queue), *batch)
                }
                Condition::Drained(region) => Condition::Drained(change.number(*region)?),
                Condition::Published(_)
                | Condition::PublishedOrRefused(_)
                | Condition::DeliveredBatch(_)
                | Condition::Delivered(_)
                | Condition::DeliveredAll
                | Condition::Quiescent
                | Condition::Sometime => condition.clone(),
            }),
            ScriptStep::Fault(kind, target) => {
                ScriptStep::Fault(*kind, named(target, &|part| kind.can_happen_to(part))?)
            }
            ScriptStep::FailSome(target) => ScriptStep::FailSome(named(target, &is_machine)?),
            ScriptStep::MoveWriter(kind, target, region) => {
                ScriptStep::MoveWriter(*kind, named(target, &any)?, change.number(*region)?)
            }
            ScriptStep::Outage(region) => ScriptStep::Outage(change.number(*region)?),
            ScriptStep::Recover(target) => ScriptStep::Recover(named(target, &any)?),
            ScriptStep::Redrive(target) => ScriptStep::Redrive(named(target, &is_queue)?),
            ScriptStep::Expect(expectation) => ScriptStep::Expect(match expectation {
                Expectation::Waiting { queue, batch, records } => {
                    let (queue, batch, records) = (named(queue, &is_queue)?, *batch, *records);
                    Expectation::Waiting { queue, batch, records }
                }
                Expectation::Bypassed(region, batch) => {
                    Expectation::Bypassed(change.number(*region)?, *batch)
                }
                Expectation::State(containers, state) => {
                    Expectation::State(named(containers, &is_container)?, *state)
                }
                Expectation::Delivered(_)
                | Expectation::Unreplicated(_)
                | Expectation::DeadLettered(_)
                | Expectation::Objective(_) => expectation.clone(),
            }),
        })
    }
}

/// The components before and after something is gone.
#[derive(Clone, Debug)]
struct Change {
    before: Layout,
    after: Layout,
    gone: Gone,
}

impl Change {
    /// The pattern of a region, with the region's new number.
    fn pattern_at(&self, pattern: &str) -> Option<String> {
        let (name, region) = pattern.rsplit_once('@')?;
        Some(format!("{name}@{}", self.number(region.parse().ok()?)?))
    }

    fn choice(&self, choice: Choice) -> Option<Choice> {
        Some(match choice {
            Choice::Step(machine) => Choice::Step(self.machine(machine)?),
            Choice::Fail(machine) => Choice::Fail(self.machine(machine)?),
            Choice::Resolve(region) => Choice::Resolve(self.region(region)?),
            Choice::Fault(point) => Choice::Fault(self.point(point)?),
            Choice::Heal => Choice::Heal,
        })
    }

    fn point(&self, point: FaultPoint) -> Option<FaultPoint> {
        point.kind().of(match point.subject() {
            Subject::Driver => Subject::Driver,
            Subject::Machine(machine) => Subject::Machine(self.machine(machine)?),
            Subject::Component(machine) => Subject::Component(self.machine(machine)?),
            Subject::Path(Path::Store(id)) => Subject::Path(Path::Store(self.container(id)?)),
            Subject::Path(Path::Region(region)) => {
                Subject::Path(Path::Region(self.region(region)?))
            }
            Subject::Container(id) => Subject::Container(self.container(id)?),
            Subject::Queue(id) => Subject::Queue(self.queue(id)?),
            Subject::Table(id) => Subject::Table(self.table(id)?),
            Subject::Region(region) => Subject::Region(self.region(region)?),
            Subject::Writer(id, to) => Subject::Writer(self.replicator(id)?, self.region(to)?),
        })
    }

    fn target(&self, target: Target) -> Option<Target> {
        if let Target::Link(id, region) = target {
            Some(Target::Link(self.replicator(id)?, self.region(region)?))
        } else if let Target::Dns(side, region) = target {
            Some(Target::Dns(side, self.region(region)?))
        } else if let Target::Region(region) = target {
            Some(Target::Region(self.region(region)?))
        } else if let Target::Writer(id, to) = target {
            Some(Target::Writer(self.replicator(id)?, self.region(to)?))
        } else {
            Target::of(self.place(target.place()?)?)
        }
    }

    fn machine(&self, machine: MachineId) -> Option<MachineId> {
        let place = self.place(self.before.places()[machine.index()])?;
        Some(self.after.machine(place))
    }

    fn place(&self, before: Place) -> Option<Place> {
        Some(if let Place::Queue(id) = before {
            Place::Queue(self.queue(id)?)
        } else if let Place::Container(id) = before {
            Place::Container(self.container(id)?)
        } else if let Place::Table(id) = before {
            Place::Table(self.table(id)?)
        } else if let Place::Replicator(id) = before {
            Place::Replicator(self.replicator(id)?)
        } else {
            // There is one of it, with one name; but no service where no stage is left that calls it.
            (before != Place::Service || self.after.has_service()).then_some(before)?
        })
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

    /// What the queues of a position are called, all regions together.
    fn queue_name(&self, name: &str) -> String {
        let known = |position: &usize| self.before.queue_name(*position) == name;
        let position = (0..self.before.positions()).find(known);
        position.map_or(name.to_owned(), |known| self.after.queue_name(self.position(known)))
    }

    fn region(&self, region: RegionId) -> Option<RegionId> {
        match self.gone {
            Gone::Region(gone) if region.index() == gone => None,
            Gone::Region(gone) if region.index() > gone => Some(RegionId(region.0 - 1)),
            Gone::Stage(_) | Gone::Region(_) | Gone::Containers => Some(region),
        }
    }

    /// A region by its number, which is one more than its index.
    fn number(&self, number: u8) -> Option<u8> {
        Some(self.region(RegionId(number.checked_sub(1)?))?.0 + 1)
    }

    fn queue(&self, id: QueueId) -> Option<QueueId> {
        let (region, position) = self.before.queue_place(id);
        Some(self.after.queue(self.region(region)?, self.position(position)))
    }

    fn table(&self, id: TableId) -> Option<TableId> {
        let (region, stage) = self.before.table_place(id);
        Some(self.after.table(self.region(region)?, self.stage(stage)?))
    }

    fn replicator(&self, id: ReplicatorId) -> Option<ReplicatorId> {
        Some(ReplicatorId(u16::from(self.stage(StageId(id.0 as u8))?.0)))
    }

    fn container(&self, id: ContainerId) -> Option<ContainerId> {
        let (region, stage) = self.before.container_place(id);
        let number = self.before.container_number(id);
        let (region, stage) = (self.region(region)?, self.stage(stage)?);
        let is_left = number < self.after.containers_of(stage);
        is_left.then(|| self.after.container(region, stage, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Topology;

    /// A line, after something is gone.
    fn renamed(gone: Gone, line: &str) -> Option<String> {
        let topology = Topology { regions: 3, containers: 2, ..Topology::default() };
        let before = Scenario { topology, ..Scenario::default() };
        let mut topology = before.topology.clone();
        match gone {
            Gone::Stage(stage) => drop(topology.stages.remove(stage)),
            Gone::Region(_) => topology.regions -= 1,
            Gone::Containers => topology.containers = 1,
        }
        let script = vec![line.parse().expect("it is a line")];
        let mut scenario = Scenario { topology, script, ..Scenario::default() };
        let mut lost = Vec::new();
        Renames::default().add(&mut scenario, &before, gone, |index| lost.push(index));
        assert_eq!(lost.len() + scenario.script.len(), 1);
        scenario.script.first().map(ScriptStep::to_string)
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
            (Gone::Region(0), "lose @3", Some("lose @2")),
            (Gone::Region(0), "failover core-table to @3", Some("failover core-table to @2")),
            (Gone::Region(2), "failover core-table to @3", None),
            (Gone::Region(0), "fail *-replicator@3", Some("fail *-replicator@2")),
            (Gone::Region(1), "offline in-dns@3", Some("offline in-dns@2")),
            (Gone::Region(1), "fail core-table", Some("fail core-table")),
            (Gone::Containers, "crash core-container-2@1", None),
            (Gone::Containers, "crash core-container-1@1", Some("crash core-container@1")),
        ];
        for (gone, before, after) in cases {
            assert_eq!(renamed(gone, before).as_deref(), after, "{gone:?}: {before}");
        }
    }

    /// A pattern means what is left of what it meant, and nothing else.
    #[test]
    fn patterns_mean_what_is_left() {
        let cases = [
            (Gone::Stage(1), "crash preprocess-*@1", None),
            (Gone::Stage(1), "crash *-container-1@1", Some("crash *-container-1@1")),
            (Gone::Region(0), "recover *@2", Some("recover *@1")),
            (Gone::Containers, "crash core-container*@1", Some("crash core-container@1")),
            (Gone::Containers, "crash *-container-*@1", None),
        ];
        for (gone, before, after) in cases {
            assert_eq!(renamed(gone, before).as_deref(), after, "{gone:?}: {before}");
        }
    }

    #[test]
    fn choices_keep_their_place() {
        let before = Scenario {
            topology: Topology { regions: 3, ..Topology::default() },
            ..Scenario::default()
        };
        let mut scenario = Scenario::default();
        let mut renames = Renames::default();
        renames.add(&mut scenario, &before, Gone::Region(0), |_| {});
        let three = Layout::new(3, before.topology.stages.clone(), vec![1; 5]);
        let two = Layout::new(2, before.topology.stages.clone(), vec![1; 5]);
        let of = |layout: &Layout, region| {
            Choice::Fault(FaultPoint::Crash(layout.container(RegionId(region), StageId(2), 0)))
        };
        assert_eq!(renames.choices(&[of(&three, 0), of(&three, 2)]), [of(&two, 1)]);
        let name = |layout: &Layout, name| layout.find(name).expect("it is there");
        let hold = |machine| Deviation { step: 7, act: Act::Hold(machine), fair: None };
        let held = renames
            .deviations(&[hold(name(&three, "core-table@1")), hold(name(&three, "core-table@2"))]);
        assert_eq!(held, [hold(name(&two, "core-table@1"))]);
    }
}
