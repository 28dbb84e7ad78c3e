//! What the faults that a scheduler may choose concern, and their numbers.

use crate::model::fault::{FaultPoint, PointKind};
use crate::model::id::{ContainerId, MachineId, QueueId, RegionId, ReplicatorId, TableId};
use crate::model::layout::{Layout, Place};

/// A way between machines that can be cut.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Path {
    /// That of a container to the table of its stage in its region.
    Store(ContainerId),
    /// That of the replication of every stage to a region, and back.
    Region(RegionId),
}

/// What a fault point concerns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Subject {
    /// The driver.
    Driver,
    /// A message: the one at the head of the inbox of any machine.
    Machine(MachineId),
    /// A machine as a whole, of those that can [fail](Target::of).
    Component(MachineId),
    /// A way between machines.
    Path(Path),
    /// A container.
    Container(ContainerId),
    /// A queue.
    Queue(QueueId),
    /// A regional table.
    Table(TableId),
    /// A region as a whole.
    Region(RegionId),
    /// The writer of a stage's global database, and the region that it moves to.
    Writer(ReplicatorId, RegionId),
}

/// Which kind of things a fault point concerns, all of which are numbered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum SubjectKind {
    Driver,
    Machine,
    Component,
    Path,
    Container,
    Queue,
    Table,
    Region,
    Writer,
}

impl SubjectKind {
    /// How many there are in a system.
    fn count(self, layout: &Layout) -> usize {
        match self {
            SubjectKind::Driver => 1,
            SubjectKind::Machine | SubjectKind::Component => layout.machines(),
            SubjectKind::Path => layout.regions + layout.containers(),
            SubjectKind::Container => layout.containers(),
            SubjectKind::Queue => layout.queues(),
            SubjectKind::Table => layout.tables(),
            SubjectKind::Region => layout.regions,
            // A writer of each stage can move to each region.
            SubjectKind::Writer => layout.stages.len() * layout.regions,
        }
    }
}

impl Subject {
    /// Its number among all of its kind.
    fn number(self, regions: usize) -> usize {
        match self {
            Subject::Driver => 0,
            Subject::Machine(id) | Subject::Component(id) => id.index(),
            Subject::Path(Path::Region(region)) => region.index(),
            Subject::Path(Path::Store(id)) => regions + id.index(),
            Subject::Container(id) => id.index(),
            Subject::Queue(id) => id.index(),
            Subject::Table(id) => id.index(),
            Subject::Region(region) => region.index(),
            Subject::Writer(id, region) => id.index() * regions + region.index(),
        }
    }

    /// What has this number among all of a kind.
    fn of(kind: SubjectKind, number: usize, regions: usize) -> Subject {
        let id = number as u16;
        match kind {
            SubjectKind::Driver => Subject::Driver,
            SubjectKind::Machine => Subject::Machine(MachineId(id)),
            SubjectKind::Component => Subject::Component(MachineId(id)),
            SubjectKind::Path if number < regions => {
                Subject::Path(Path::Region(RegionId(id as u8)))
            }
            SubjectKind::Path => Subject::Path(Path::Store(ContainerId((number - regions) as u16))),
            SubjectKind::Container => Subject::Container(ContainerId(id)),
            SubjectKind::Queue => Subject::Queue(QueueId(id)),
            SubjectKind::Table => Subject::Table(TableId(id)),
            SubjectKind::Region => Subject::Region(RegionId(id as u8)),
            SubjectKind::Writer => Subject::Writer(
                ReplicatorId((number / regions) as u16),
                RegionId((number % regions) as u8),
            ),
        }
    }

    /// The machine that it concerns; of a whole region, none.
    pub(crate) fn place(self, layout: &Layout) -> Option<Place> {
        Some(match self {
            Subject::Driver => Place::Driver,
            Subject::Machine(machine) | Subject::Component(machine) => {
                layout.places()[machine.index()]
            }
            Subject::Path(Path::Store(id)) | Subject::Container(id) => Place::Container(id),
            Subject::Queue(id) => Place::Queue(id),
            Subject::Table(id) => Place::Table(id),
            Subject::Region(_) | Subject::Path(Path::Region(_)) => return None,
            Subject::Writer(id, _) => Place::Replicator(id),
        })
    }

    /// What it is called in saved runs.
    pub(crate) fn name(self, layout: &Layout) -> String {
        match self {
            Subject::Region(region) | Subject::Path(Path::Region(region)) => format!("@{region}"),
            Subject::Writer(id, to) => format!("{}-table to @{to}", layout.stages[id.index()]),
            Subject::Driver
            | Subject::Machine(_)
            | Subject::Component(_)
            | Subject::Path(Path::Store(_))
            | Subject::Container(_)
            | Subject::Queue(_)
            | Subject::Table(_) => {
                let machine = self.place(layout).map(|place| layout.machine(place));
                machine.map_or_else(String::new, |machine| layout.name(machine).to_owned())
            }
        }
    }

    /// All that is called so in saved runs: a container is a machine, too.
    pub(crate) fn named(name: &str, layout: &Layout) -> Vec<Subject> {
        let region = |text: &str| {
            let number = text.strip_prefix('@')?;
            layout.region_ids().find(|known| known.to_string() == number)
        };
        if let Some(region) = region(name) {
            return vec![Subject::Region(region), Subject::Path(Path::Region(region))];
        }
        if let Some((database, to)) = name.split_once("-table to ") {
            let stage = layout.stages.iter().position(|stage| stage == database);
            let writer = stage.zip(region(to));
            let writer = writer.map(|(id, to)| Subject::Writer(ReplicatorId(id as u16), to));
            return writer.into_iter().collect();
        }
        let Some(machine) = layout.find(name) else { return Vec::new() };
        let mut all = vec![Subject::Machine(machine), Subject::Component(machine)];
        let place = layout.places()[machine.index()];
        if place == Place::Driver {
            all.push(Subject::Driver);
        } else if let Place::Container(id) = place {
            all.extend([Subject::Container(id), Subject::Path(Path::Store(id))]);
        } else if let Place::Queue(id) = place {
            all.push(Subject::Queue(id));
        } else if let Place::Table(id) = place {
            all.push(Subject::Table(id));
        }
        all
    }
}

/// Fault points as small numbers, for sets of them: kind by kind in the order of the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct FaultNumbers {
    /// By kind: its first number; and how many numbers there are.
    first: [u16; PointKind::ALL.len() + 1],
    regions: u8,
}

impl FaultNumbers {
    pub(crate) fn new(layout: &Layout) -> FaultNumbers {
        let mut first = [0; PointKind::ALL.len() + 1];
        for (index, kind) in PointKind::ALL.into_iter().enumerate() {
            first[index + 1] = first[index] + kind.subject().count(layout) as u16;
        }
        FaultNumbers { first, regions: layout.regions as u8 }
    }

    /// How many numbers there are.
    pub(crate) fn count(self) -> usize {
        self.first[PointKind::ALL.len()].into()
    }

    /// The numbers of all fault points of a kind.
    pub(crate) fn of_kind(self, kind: PointKind) -> std::ops::Range<usize> {
        let kind = kind as usize;
        self.first[kind].into()..self.first[kind + 1].into()
    }

    /// The number of a fault point.
    #[inline]
    pub(crate) fn number(self, point: FaultPoint) -> usize {
        let first = usize::from(self.first[point.kind() as usize]);
        first + point.subject().number(self.regions.into())
    }

    /// The fault point of a number.
    ///
    /// # Panics
    ///
    /// If the number is not below [`FaultNumbers::count`].
    pub(crate) fn point(self, number: usize) -> FaultPoint {
        assert!(number < self.count(), "there are {} fault points", self.count());
        let is_before = |first: &u16| usize::from(*first) <= number;
        let index = self.first.iter().take_while(|first| is_before(first)).count() - 1;
        let (kind, within) = (PointKind::ALL[index], number - usize::from(self.first[index]));
        let subject = Subject::of(kind.subject(), within, self.regions.into());
        kind.of(subject).expect("a number stands for what its kind concerns")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_one_fault_point() {
        let layout = Layout::new(3, vec!["a".to_owned(), "b".to_owned()], vec![2, 2]);
        let numbers = FaultNumbers::new(&layout);
        let points: Vec<FaultPoint> = (0..numbers.count()).map(|n| numbers.point(n)).collect();
        for (number, &point) in points.iter().enumerate() {
            assert_eq!(numbers.number(point), number);
        }
        let kinds: Vec<PointKind> =
            points.chunk_by(|a, b| a.kind() == b.kind()).map(|chunk| chunk[0].kind()).collect();
        assert_eq!(kinds, PointKind::ALL);
    }

    /// Saved runs name them so.
    #[test]
    fn every_fault_point_is_found_by_its_name() {
        let layout = Layout::new(2, vec!["a".to_owned(), "b".to_owned()], vec![2, 2]);
        let numbers = FaultNumbers::new(&layout);
        for point in (0..numbers.count()).map(|number| numbers.point(number)) {
            let (word, name) = (point.kind().name(), point.subject().name(&layout));
            let subjects = Subject::named(&name, &layout);
            let kinds = PointKind::ALL.into_iter().filter(|kind| kind.name() == word);
            let found: Vec<FaultPoint> =
                kinds.flat_map(|kind| subjects.iter().filter_map(move |&it| kind.of(it))).collect();
            assert_eq!(found, [point], "{word} {name}");
        }
    }
}
