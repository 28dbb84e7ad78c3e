//! Which machines a system has, what they are called, and how to find them.

use std::fmt;

use crate::model::id::{ContainerId, MachineId, QueueId, RegionId, ReplicatorId, StageId, TableId};
use crate::model::shape::Shape;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal,)+) => {
        /// What kind of machine it is.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum MachineKind {
            $($(#[$doc])* $kind,)+
        }

        impl MachineKind {
            /// Every kind.
            pub const ALL: &[MachineKind] = &[$(MachineKind::$kind),+];

            /// The kind as text.
            pub fn name(self) -> &'static str {
                match self {
                    $(MachineKind::$kind => $name,)+
                }
            }
        }
    };
}

kinds! {
    /// Carries out the script.
    Driver "driver",
    /// Publishes records.
    Source "source",
    /// in-dns or out-dns.
    Dns "dns",
    /// Fetches records.
    Destination "destination",
    /// Keeps records between stages.
    Queue "queue",
    /// Does the work of a stage.
    Container "container",
    /// Stores records in one region.
    Table "table",
    /// Copies rows between regions.
    Replicator "replicator",
    /// Stores records in one region, as a cluster of a global database.
    Database "database",
    /// Has effects outside of the system.
    Service "service",
}

/// Which machine a [`MachineId`] means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The driver.
    Driver,
    /// The record source.
    Source,
    /// in-dns.
    InDns,
    /// out-dns.
    OutDns,
    /// The record destination.
    Destination,
    /// A queue.
    Queue(QueueId),
    /// A container.
    Container(ContainerId),
    /// A regional table.
    Table(TableId),
    /// A replicator.
    Replicator(ReplicatorId),
    /// The external service.
    Service,
}

/// The machines of a system: 5 single ones, then all queues, all containers, all tables, all
/// replicators, each in the order of its ids; and the external service, if there is one.
#[derive(Clone, Debug)]
pub struct Layout {
    /// 2..=8.
    pub regions: usize,
    /// By stage: its name.
    pub stages: Vec<String>,
    /// Where each stage sends to.
    pub shape: Shape,
    /// By stage: how many containers compete on each of its queues: 1..=8.
    containers_of: Vec<usize>,
    /// By stage: how many containers a region has in the stages before it; one more element at the end, for all.
    containers_before: Vec<usize>,
    /// By machine: what it is.
    places: Vec<Place>,
    /// By machine: what it is called.
    names: Vec<String>,
    /// By queue: its region and position. Tables, for the hot path needs no division.
    queue_places: Vec<(RegionId, u8)>,
    /// By container: its region and stage.
    container_places: Vec<(RegionId, StageId)>,
    /// By table: its region and stage.
    table_places: Vec<(RegionId, StageId)>,
}

pub(crate) const DRIVER: MachineId = MachineId(0);
const SOURCE: MachineId = MachineId(1);
pub(crate) const IN_DNS: MachineId = MachineId(2);
const OUT_DNS: MachineId = MachineId(3);
const DESTINATION: MachineId = MachineId(4);
const SINGLE_MACHINES: usize = 5;

impl Layout {
    /// So many containers compete on each queue of each stage.
    pub(crate) fn new(regions: usize, stages: Vec<String>, containers: Vec<usize>) -> Layout {
        let mut before = vec![0];
        before.extend(containers.iter().scan(0, |sum, containers| {
            *sum += containers;
            Some(*sum)
        }));
        let mut layout = Layout {
            regions,
            shape: Shape::line(stages.len()),
            stages,
            containers_of: containers,
            containers_before: before,
            places: Vec::new(),
            names: Vec::new(),
            queue_places: Vec::new(),
            container_places: Vec::new(),
            table_places: Vec::new(),
        };
        layout.fill_places();
        let mut places =
            vec![Place::Driver, Place::Source, Place::InDns, Place::OutDns, Place::Destination];
        let ids = |count: usize| 0..count as u16;
        places.extend(ids(layout.queues()).map(|id| Place::Queue(QueueId(id))));
        places.extend(ids(layout.containers()).map(|id| Place::Container(ContainerId(id))));
        places.extend(ids(layout.tables()).map(|id| Place::Table(TableId(id))));
        places.extend(ids(layout.stages.len()).map(|id| Place::Replicator(ReplicatorId(id))));
        layout.names = places.iter().map(|&place| layout.name_of(place)).collect();
        layout.places = places;
        layout
    }

    /// The same with the external service, if containers call one.
    pub(crate) fn with_service(mut self, is_called: bool) -> Layout {
        if is_called {
            self.names.push(self.name_of(Place::Service));
            self.places.push(Place::Service);
        }
        self
    }

    /// Whether there is an external service.
    pub fn has_service(&self) -> bool {
        self.places.last() == Some(&Place::Service)
    }

    /// The same with stages that send elsewhere than to the next one.
    pub(crate) fn with_shape(mut self, shape: Shape) -> Layout {
        if shape != self.shape {
            self.shape = shape;
            self.names = self.places.iter().map(|&place| self.name_of(place)).collect();
        }
        self
    }

    fn fill_places(&mut self) {
        let (stages, positions) = (self.stages.len() as u8, self.positions() as u8);
        for region in self.region_ids() {
            self.queue_places.extend((0..positions).map(|position| (region, position)));
            self.table_places.extend((0..stages).map(|stage| (region, StageId(stage))));
            for stage in 0..stages {
                let place = (region, StageId(stage));
                let places = std::iter::repeat_n(place, self.containers_of(StageId(stage)));
                self.container_places.extend(places);
            }
        }
    }

    fn name_of(&self, place: Place) -> String {
        match place {
            Place::Driver => "driver".to_owned(),
            Place::Source => "record-source".to_owned(),
            Place::InDns => "in-dns".to_owned(),
            Place::OutDns => "out-dns".to_owned(),
            Place::Destination => "record-destination".to_owned(),
            Place::Queue(id) => {
                let (region, position) = self.queue_place(id);
                format!("{}@{region}", self.queue_name(position))
            }
            Place::Container(id) => {
                let (region, stage) = self.container_place(id);
                let name = &self.stages[stage.index()];
                match (self.containers_of(stage), self.container_number(id)) {
                    (1, _) => format!("{name}-container@{region}"),
                    (_, number) => format!("{name}-container-{}@{region}", number + 1),
                }
            }
            Place::Table(id) => {
                let (region, stage) = self.table_place(id);
                format!("{}-table@{region}", self.stages[stage.index()])
            }
            Place::Replicator(id) => format!("{}-replicator", self.stages[id.index()]),
            Place::Service => "external-service".to_owned(),
        }
    }

    /// The name of the queues at a position of the pipeline (0: in front of the first stage),
    /// without the region: after the stages that send to it and the one that reads it.
    pub fn queue_name(&self, position: usize) -> String {
        if position == 0 {
            return "inbound-queue".to_owned();
        }
        let Some(reader) = self.stages.get(position) else { return "outbound-queue".to_owned() };
        let stages =
            self.shape.previous(position).iter().map(|stage| self.stages[stage.index()].as_str());
        let names: Vec<&str> = stages.chain([reader.as_str()]).collect();
        format!("{}-queue", names.join("-"))
    }

    /// By machine: what it is.
    #[inline]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// What the machine is called, as in `preprocess-container@1`.
    pub fn name(&self, machine: MachineId) -> &str {
        &self.names[machine.index()]
    }

    /// By machine: what it is called.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The machine of that name.
    pub fn find(&self, name: &str) -> Option<MachineId> {
        self.names.iter().position(|known| known == name).map(|index| MachineId(index as u16))
    }

    /// How many machines there are.
    pub fn machines(&self) -> usize {
        self.places.len()
    }

    /// How many queues a region has: one more than stages.
    #[inline]
    pub fn positions(&self) -> usize {
        self.stages.len() + 1
    }

    /// How many queues there are.
    pub fn queues(&self) -> usize {
        self.regions * self.positions()
    }

    /// How many containers there are.
    pub fn containers(&self) -> usize {
        self.regions * self.containers_of_a_region()
    }

    fn containers_of_a_region(&self) -> usize {
        self.containers_before[self.stages.len()]
    }

    /// How many containers compete on each queue of a stage.
    #[inline]
    pub fn containers_of(&self, stage: StageId) -> usize {
        self.containers_of[stage.index()]
    }

    /// Which of those that compete on its queue a container is, counted from 0.
    pub fn container_number(&self, container: ContainerId) -> usize {
        let (region, stage) = self.container_place(container);
        container.index() - self.container(region, stage, 0).index()
    }

    /// The containers of a stage in a region.
    pub fn rivals(
        &self,
        region: RegionId,
        stage: StageId,
    ) -> impl Iterator<Item = ContainerId> + use<> {
        let first = self.container(region, stage, 0).0;
        (first..first + self.containers_of(stage) as u16).map(ContainerId)
    }

    /// How many regional tables there are.
    pub fn tables(&self) -> usize {
        self.regions * self.stages.len()
    }

    /// The queue at a position of a region.
    #[inline]
    pub fn queue(&self, region: RegionId, position: usize) -> QueueId {
        QueueId((region.index() * self.positions() + position) as u16)
    }

    /// The region after this one; after the last one, the first.
    pub fn next_region(&self, region: RegionId) -> RegionId {
        RegionId(((region.index() + 1) % self.regions) as u8)
    }

    /// The table of a stage in a region.
    #[inline]
    pub fn table(&self, region: RegionId, stage: StageId) -> TableId {
        TableId((region.index() * self.stages.len() + stage.index()) as u16)
    }

    /// One of the containers of a stage in a region, counted from 0.
    pub fn container(&self, region: RegionId, stage: StageId, number: usize) -> ContainerId {
        let before = region.index() * self.containers_of_a_region();
        ContainerId((before + self.containers_before[stage.index()] + number) as u16)
    }

    /// The region and the position of a queue.
    #[inline]
    pub fn queue_place(&self, queue: QueueId) -> (RegionId, usize) {
        let (region, position) = self.queue_places[queue.index()];
        (region, usize::from(position))
    }

    /// By queue: its region and position.
    pub(crate) fn queue_places(&self) -> &[(RegionId, u8)] {
        &self.queue_places
    }

    /// The region and the stage of a container.
    #[inline]
    pub fn container_place(&self, container: ContainerId) -> (RegionId, StageId) {
        self.container_places[container.index()]
    }

    /// The region and the stage of a table.
    #[inline]
    pub fn table_place(&self, table: TableId) -> (RegionId, StageId) {
        self.table_places[table.index()]
    }

    /// The machine of a place.
    pub fn machine(&self, place: Place) -> MachineId {
        let first_container = SINGLE_MACHINES + self.queues();
        let first_table = first_container + self.containers();
        let first_replicator = first_table + self.tables();
        match place {
            Place::Driver => DRIVER,
            Place::Source => SOURCE,
            Place::InDns => IN_DNS,
            Place::OutDns => OUT_DNS,
            Place::Destination => DESTINATION,
            Place::Queue(id) => MachineId((SINGLE_MACHINES + id.index()) as u16),
            Place::Container(id) => MachineId((first_container + id.index()) as u16),
            Place::Table(id) => MachineId((first_table + id.index()) as u16),
            Place::Replicator(id) => MachineId((first_replicator + id.index()) as u16),
            Place::Service => MachineId((first_replicator + self.stages.len()) as u16),
        }
    }

    /// The region that a machine stands in; none if it stands before, behind or between the regions.
    pub fn region_of(&self, place: Place) -> Option<RegionId> {
        match place {
            Place::Queue(id) => Some(self.queue_place(id).0),
            Place::Container(id) => Some(self.container_place(id).0),
            Place::Table(id) => Some(self.table_place(id).0),
            Place::Driver
            | Place::Source
            | Place::InDns
            | Place::OutDns
            | Place::Destination
            | Place::Replicator(_)
            | Place::Service => None,
        }
    }

    /// The regions, in ascending order.
    pub fn region_ids(&self) -> impl Iterator<Item = RegionId> + use<> {
        (0..self.regions as u8).map(RegionId)
    }

    /// The stages, in the order in which records pass them.
    pub fn stage_ids(&self) -> impl Iterator<Item = StageId> + use<> {
        (0..self.stages.len() as u8).map(StageId)
    }
}

impl Place {
    /// What kind of machine it is.
    #[inline]
    pub fn kind(self) -> MachineKind {
        match self {
            Place::Driver => MachineKind::Driver,
            Place::Source => MachineKind::Source,
            Place::InDns | Place::OutDns => MachineKind::Dns,
            Place::Destination => MachineKind::Destination,
            Place::Queue(_) => MachineKind::Queue,
            Place::Container(_) => MachineKind::Container,
            // One of a global database is a `Database`; that is not to be seen from its place.
            Place::Table(_) => MachineKind::Table,
            Place::Replicator(_) => MachineKind::Replicator,
            Place::Service => MachineKind::Service,
        }
    }
}

impl fmt::Display for MachineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
