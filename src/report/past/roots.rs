//! Where a violation shows: the steps from which its past is followed.

use std::collections::BTreeSet;

use super::touched::place_of_holder;
use super::{Breach, Circle, ContainerId, MachineId, Past, Place, RecordId, StageId};
use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::id::{QueueId, RegionId, ReplicatorId};
use crate::model::layout::Layout;
use crate::model::options::{Receive, Resolver};
use crate::sim::Simulation;
use crate::spec::Violation;
use crate::spec::resend;
use crate::spec::unmet::Unmet;

mod waiting;

/// Where a violation shows.
pub(super) struct Roots {
    /// The records that it is about.
    pub(super) records: Vec<RecordId>,
    /// Steps whose past matters.
    pub(super) steps: Vec<u64>,
    /// Steps that matter without their past.
    pub(super) leaves: Vec<u64>,
    /// Machines whose faults matter.
    pub(super) machines: BTreeSet<MachineId>,
    /// The steps that are repeated without end, if the run does not come to rest.
    pub(super) circle: Option<Circle>,
}

impl Roots {
    /// Nowhere yet.
    fn about(records: Vec<RecordId>) -> Roots {
        Roots {
            records,
            steps: Vec::new(),
            leaves: Vec::new(),
            machines: BTreeSet::new(),
            circle: None,
        }
    }
}

/// So many steps are shown of what has no past that could be followed.
const LAST_STEPS: u64 = 12;

/// The past of so many records is told that were lost at once.
const LOST_SHOWN: usize = 8;

pub(super) fn roots(violation: &Violation, past: &Past, simulation: &Simulation) -> Roots {
    let layout = &simulation.plan().layout;
    let finder = Finder { past, simulation, layout };
    let last = past.notes.len() as u64 - 1;
    let mut roots = match violation.breach {
        Breach::ForwardedUnstored { container, record } => {
            let (region, stage) = layout.container_place(container);
            // What took the row back.
            finder.of_two(record, record, Place::Table(layout.table(region, stage)), last)
        }
        Breach::SeveralRows { record, .. }
        | Breach::CountedAgain { record, .. }
        | Breach::LostUnasked { record, .. }
        | Breach::CameBack { record, .. }
        | Breach::Invented { record, .. } => finder.of_step(vec![record], last),
        Breach::Misrouted { record, .. } => finder.of_answers(record, last),
        Breach::Effects { record, times: 1.., .. } => finder.of_effects(record, last),
        Breach::Lost { record, queue: None } => finder.of_resend(record, last),
        Breach::Lost { record, queue } | Breach::CutOff { record, queue, .. } => {
            finder.of_lost(record, queue, last)
        }
        Breach::RemovedUnstored { queue, record }
        | Breach::RemovedUnforwarded { queue, record } => finder.of_removal(queue, record, last),
        Breach::AnsweredAgain { container } => finder.of_answer(container, last),
        Breach::OverRpo { record, .. } => finder.of_loss(record, last),
        Breach::WentBack { table, record, newer } => {
            finder.of_two(record, newer, Place::Table(table), last)
        }
        Breach::Ignored { table, record, shown } => {
            finder.of_two(record, shown, Place::Table(table), last)
        }
        Breach::FetchMisrouted { .. } => finder.of_fetch(last),
        Breach::DestinationWentBack { record, newer } => {
            finder.of_two(record, newer, Place::Destination, last)
        }
        Breach::Overtaken { at, record, by, .. } => {
            let mut roots = finder.of_two(record, by, at.place(), last);
            if let Place::Table(table) = at.place() {
                // The other one may have come to the table of another region.
                let (_, stage) = layout.table_place(table);
                roots.steps.extend(finder.of_tables(vec![by], stage).steps);
            }
            roots
        }
        Breach::KeyDiverged { stage, key, .. } => finder.of_key(key, stage),
        Breach::Diverged { record, stage, .. } => finder.of_tables(vec![record], stage),
        Breach::NotStored { record, table } => {
            let (_, stage) = layout.table_place(table);
            let mut roots = finder.of_tables(vec![record], stage);
            roots.leaves.push(past.last_at(layout.machine(Place::Destination), record));
            roots.leaves.extend(past.acknowledged(record, stage, layout));
            roots.steps.extend(finder.in_queues(record, stage));
            roots
        }
        Breach::Undelivered { record, .. }
        | Breach::QueueNotEmpty { record, .. }
        | Breach::Effects { record, times: 0, .. }
        | Breach::TooSlow { record, .. } => finder.of_journey(record),
        Breach::RecoveredLate { fault, record, .. } | Breach::ExposedLong { fault, record, .. } => {
            let machines = fault.target.place().map(|place| layout.machine(place)).into_iter();
            Roots { machines: machines.collect(), ..finder.of_journey(record) }
        }
        Breach::ContainerStuck { container } => finder.of_container(container),
        Breach::Misjudged { region, .. } => finder.of_probes(region, last),
        Breach::Restless { .. } => finder.of_circle(last),
        Breach::Unexpected { action } | Breach::StillWaiting { action } => {
            finder.of_unmet(action, last)
        }
    };
    roots.records.sort_unstable();
    roots.records.dedup();
    roots
}

struct Finder<'a> {
    past: &'a Past,
    simulation: &'a Simulation,
    layout: &'a Layout,
}

impl Finder<'_> {
    /// What tables show for a key.
    fn of_key(&self, key: u16, stage: StageId) -> Roots {
        let keys = self.simulation.plan().keys();
        let mut of_key: Vec<RecordId> = self.simulation.plan().record_ids().collect();
        of_key.retain(|&id| keys.key_of(id) == usize::from(key));
        self.of_tables(of_key, stage)
    }

    fn of_step(&self, records: Vec<RecordId>, step: u64) -> Roots {
        Roots { steps: vec![step], ..Roots::about(records) }
    }

    /// A record in the last step, and what was done last with another one, or with the same one, at a place.
    fn of_two(&self, record: RecordId, other: RecordId, place: Place, last: u64) -> Roots {
        let mut roots = self.of_step(vec![record, other], last);
        roots.steps.push(self.past.last_at(self.layout.machine(place), other));
        roots
    }

    /// An effect too many; of a service that forgets keys, the effects for others that came in between, as many as it takes.
    fn of_effects(&self, record: RecordId, last: u64) -> Roots {
        let window = self.simulation.plan().scenario().service.window as usize;
        let service = self.layout.machine(Place::Service);
        let others = self.simulation.plan().record_ids().filter(|&other| other != record);
        let mut between: Vec<u64> = others.map(|other| self.past.last_at(service, other)).collect();
        between.sort_unstable();
        let few = between.len().saturating_sub(window);
        Roots { leaves: between.split_off(few), ..self.of_step(vec![record], last) }
    }

    /// A record that no queue has taken, and the one that it was taken for sent again of.
    fn of_resend(&self, record: RecordId, last: u64) -> Roots {
        let mut roots = self.of_step(vec![record], last);
        if let Some((queue, other)) = resend::taken_for(record, self.simulation) {
            roots.records.push(other);
            roots.steps.push(self.past.last_at(self.layout.machine(Place::Queue(queue)), other));
        }
        roots
    }

    /// What became of the records in the tables of a stage.
    fn of_tables(&self, records: Vec<RecordId>, stage: StageId) -> Roots {
        let tables =
            self.layout.region_ids().map(|region| Place::Table(self.layout.table(region, stage)));
        let replicator = Place::Replicator(ReplicatorId(u16::from(stage.0)));
        let places = tables.chain([replicator]);
        let machines: BTreeSet<MachineId> = places.map(|one| self.layout.machine(one)).collect();
        let at = |&record: &RecordId| {
            machines.iter().map(move |&machine| self.past.last_at(machine, record))
        };
        let steps = records.iter().flat_map(at).collect();
        Roots { steps, machines: machines.clone(), ..Roots::about(records) }
    }

    /// How the record came into the queues of a stage in which it is, or among whose dead letters.
    fn in_queues(&self, record: RecordId, stage: StageId) -> impl Iterator<Item = u64> + '_ {
        let regions = self.layout.region_ids();
        let queues = regions.map(move |region| self.layout.queue(region, stage.index()));
        let is_in = move |queue: &QueueId| {
            let items = self.simulation.queue_items(*queue);
            let mut all = items.chain(self.simulation.dead_letters(*queue));
            all.any(|item| item.copy.id == record)
        };
        let queues = queues.filter(is_in);
        queues.map(move |queue| self.past.last_at(self.layout.machine(Place::Queue(queue)), record))
    }

    /// A fetch that out-dns led to a wrong region.
    fn of_fetch(&self, last: u64) -> Roots {
        let machines = BTreeSet::from([self.layout.machine(Place::OutDns)]);
        Roots { machines, ..self.of_step(Vec::new(), last) }
    }

    /// What became, in the tables of its stage, of the record that a container hears of.
    fn of_answer(&self, container: ContainerId, last: u64) -> Roots {
        let (_, stage) = self.layout.container_place(container);
        let told = self.past.notes[last as usize].sender;
        let stored = self.past.notes[told as usize].subject;
        let mut roots = self.of_tables(stored.into_iter().collect(), stage);
        roots.steps.extend([told, last]);
        roots.machines.insert(self.layout.machine(Place::Container(container)));
        roots
    }

    /// How far a record came, and who should have taken it from there. What became of its rows is
    /// another matter.
    fn of_journey(&self, record: RecordId) -> Roots {
        let mut machines = BTreeSet::new();
        let mut steps = Vec::new();
        let mut leaves = Vec::new();
        for (index, &place) in self.layout.places().iter().enumerate() {
            let machine = MachineId(index as u16);
            if !matches!(place, Place::Table(_) | Place::Replicator(_)) {
                steps.push(self.past.last_at(machine, record));
            }
            if let Place::Queue(queue) = place
                && self.simulation.queue_items(queue).any(|item| item.copy.id == record)
            {
                machines.insert(machine);
                machines.extend(self.consumers(queue));
                let tables = self.waited_for(queue);
                machines.extend(tables.iter().map(|&id| self.layout.machine(Place::Table(id))));
                leaves.extend(tables.iter().filter_map(|&id| self.first_write(id)));
                leaves.extend(self.fillers(queue));
                for full in self.waited_at(queue) {
                    machines.extend(self.consumers(full));
                    leaves.extend(self.newest(full));
                }
            }
        }
        Roots { steps, leaves, machines, ..Roots::about(vec![record]) }
    }

    /// What was lost, and how it came to where it was lost. What became of other copies of it is
    /// another matter.
    fn of_loss(&self, record: RecordId, last: u64) -> Roots {
        let lost = |event: &Event| {
            if let Event::Fault(fault::Event::Lost { record, .. }) = *event {
                Some(record)
            } else {
                None
            }
        };
        let gone = self.simulation.events().iter().filter_map(lost);
        let gone: BTreeSet<RecordId> = gone.take(LOST_SHOWN).chain([record]).collect();
        let mut roots = self.of_step(gone.into_iter().collect(), last);
        roots.leaves.extend(self.acknowledgement(record));
        roots
    }

    /// When what is lost of a record in this step was acknowledged: the row by its table, or the message by its queue.
    fn acknowledgement(&self, record: RecordId) -> Option<u64> {
        let mut stages = self.simulation.events().iter().filter_map(|event| {
            let Event::Fault(fault::Event::Lost { holder, record: lost }) = *event else {
                return None;
            };
            let Place::Table(table) = place_of_holder(holder) else { return None };
            (lost == record).then(|| self.layout.table_place(table).1)
        });
        match stages.next() {
            Some(stage) => self.past.acknowledged(record, stage, self.layout),
            None => self.past.accepted(record, self.layout),
        }
    }

    /// An answer of in-dns, and the first one if the resolver keeps that.
    fn of_answers(&self, record: RecordId, last: u64) -> Roots {
        let keeps = self.simulation.plan().scenario().dns.resolver == Resolver::KeepsFirst;
        let first = self.past.first_answer(self.layout).filter(|_| keeps);
        Roots { leaves: first.into_iter().collect(), ..self.of_step(vec![record], last) }
    }

    /// A record of which no queue has a copy. The one that took it out of the queue may have had the last one, and may have failed.
    fn of_lost(&self, record: RecordId, queue: Option<QueueId>, last: u64) -> Roots {
        let mut roots = self.of_step(vec![record], last);
        if let Some(queue) = queue {
            roots.machines.extend(self.consumers(queue));
            roots.steps.extend(self.departures(queue, record));
            let keeps =
                self.simulation.plan().queues[queue.index()].options.receive == Receive::Keep;
            // Of what is popped the only copy is in the hand of who took it.
            let takers = self.consumers(queue).into_iter().filter(|_| !keeps);
            roots.steps.extend(takers.map(|machine| self.past.last_at(machine, record)));
        }
        roots
    }

    /// When the record left a queue last, and the outbox of its stage: it may be accepted, and judged, only after that.
    fn departures(&self, queue: QueueId, record: RecordId) -> impl Iterator<Item = u64> + use<'_> {
        let (region, position) = self.layout.queue_place(queue);
        let stage = (position + 1 < self.layout.positions()).then_some(StageId(position as u8));
        let table = stage.map(|stage| self.layout.table(region, stage));
        let table =
            table.filter(|table| self.simulation.plan().tables[table.index()].relay.is_some());
        let places = [Some(Place::Queue(queue)), table.map(Place::Table)].into_iter().flatten();
        places.map(move |place| self.past.last_at(self.layout.machine(place), record))
    }

    /// Who takes records from a queue.
    fn consumers(&self, queue: QueueId) -> Vec<MachineId> {
        let (region, position) = self.layout.queue_place(queue);
        if position + 1 == self.layout.positions() {
            return vec![self.layout.machine(Place::OutDns)];
        }
        let stage = StageId(position as u8);
        let rivals = self.layout.rivals(region, stage);
        rivals.map(|id| self.layout.machine(Place::Container(id))).collect()
    }

    /// A record that is removed, of a log because it was passed over. The queue may have been asked to remove another one.
    fn of_removal(&self, queue: QueueId, record: RecordId, last: u64) -> Roots {
        let asked = self.past.notes[last as usize].subject;
        let mut roots = self.of_step(asked.into_iter().chain([record]).collect(), last);
        let (region, position) = self.layout.queue_place(queue);
        if position + 1 < self.layout.positions() {
            // What took the row back, if it was there.
            let table = self.layout.table(region, StageId(position as u8));
            roots.steps.push(self.past.last_at(self.layout.machine(Place::Table(table)), record));
        }
        if self.simulation.plan().is_log(queue) {
            let consumers = self.consumers(queue).into_iter();
            roots.steps.extend(consumers.map(|machine| self.past.last_at(machine, record)));
        }
        roots
    }

    /// The last things that a container did.
    fn of_container(&self, container: ContainerId) -> Roots {
        let machine = self.layout.machine(Place::Container(container));
        let mut own = (1..self.past.notes.len() as u64).rev();
        let last = own.find(|&step| self.past.notes[step as usize].machine == Some(machine));
        let leaves = last.into_iter().collect();
        Roots { leaves, machines: [machine].into(), ..Roots::about(Vec::new()) }
    }

    /// The last steps, and every fault.
    fn of_end(&self, last: u64) -> Roots {
        let machines = (0..self.layout.machines() as u16).map(MachineId).collect();
        let leaves = (last.saturating_sub(LAST_STEPS) + 1..=last).collect();
        Roots { leaves, machines, ..Roots::about(Vec::new()) }
    }

    /// What in-dns was told of the health of a region, last.
    fn of_probes(&self, region: RegionId, last: u64) -> Roots {
        let queue = self.layout.machine(Place::Queue(self.layout.queue(region, 0)));
        let in_dns = self.layout.machine(Place::InDns);
        Roots { machines: [queue, in_dns].into(), ..self.of_step(Vec::new(), last) }
    }

    /// How the run came into the circle that it does not leave, and one turn of it.
    fn of_circle(&self, last: u64) -> Roots {
        let Some(circle) = Circle::of(self.past) else { return self.of_end(last) };
        let turn = circle.first..=circle.last();
        let notes = || turn.clone().map(|step| &self.past.notes[step as usize]);
        let records: BTreeSet<RecordId> = notes().filter_map(|note| note.subject).collect();
        Roots {
            leaves: self.starving(&circle, &records),
            steps: turn.clone().collect(),
            machines: notes().filter_map(|note| note.machine).collect(),
            circle: Some(circle),
            ..Roots::about(records.into_iter().collect())
        }
    }

    /// What became of the record, or the container, because of which a line of the script is not so.
    fn of_unmet(&self, action: u16, last: u64) -> Roots {
        let last_at =
            |place: Place, record: RecordId| self.past.last_at(self.layout.machine(place), record);
        let at =
            |place: Place, record: RecordId| self.of_step(vec![record], last_at(place, record));
        let has_been = |place: Place, record: RecordId| last_at(place, record) > 0;
        let mut roots = match Unmet::of(action, self.simulation) {
            Unmet::NotWaiting(record, queue) if has_been(Place::Queue(queue), record) => {
                at(Place::Queue(queue), record)
            }
            Unmet::NotWaiting(record, _) | Unmet::StillQueued(record) => self.of_journey(record),
            Unmet::Missing { records, .. } | Unmet::DeadLettered(records) => {
                records.first().map_or_else(|| self.of_end(last), |&first| self.of_journey(first))
            }
            Unmet::Surplus { last, .. } => at(Place::Destination, last),
            Unmet::Replicated(record, table) => at(Place::Table(table), record),
            Unmet::Entered(record) => at(Place::InDns, record),
            Unmet::InOtherState(container) => self.of_container(container),
            Unmet::CameToRegion(_) | Unmet::Unknown => self.of_end(last),
        };
        let driver = self.layout.machine(Place::Driver);
        let mut own = (1..=last).rev();
        let asked = own.find(|&step| self.past.notes[step as usize].machine == Some(driver));
        roots.leaves.extend(asked);
        roots
    }
}
