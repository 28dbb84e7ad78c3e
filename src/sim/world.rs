//! Everything that changes during a run, and the handling of one message.

use std::sync::Arc;

use crate::model::bit_set::BitSet;
use crate::model::container::{self, Container};
use crate::model::destination::{self, RecordDestination};
use crate::model::dns::{self, Dns};
use crate::model::fault::Target;
use crate::model::id::{
    ContainerId, MachineId, QueueId, RecordId, RegionSet, ReplicatorId, TableId,
};
use crate::model::layout::{MachineKind, Place};
use crate::model::message::{Client, Message, MessageKind};
use crate::model::options::Switchover;
use crate::model::outbox::Outbox;
use crate::model::queue::{self, Queue, Shelf};
use crate::model::replicator::{self, Replicator};
use crate::model::service::{self, ExternalService};
use crate::model::source::{self, RecordSource};
use crate::model::table::{self, Latest, RegionalTable, Row, Writers, global_database};
use crate::plan::{Plan, Strike};
use crate::sim::Pair;
use crate::sim::budget::Faults;
use crate::sim::choice::Alternatives;
use crate::sim::driver::Driver;
use crate::sim::ending::Ending;
use crate::sim::writer::store_of;

/// Everything that changes during a run. What does not change is in the [`Plan`].
#[derive(Debug)]
pub(super) struct World {
    pub(super) out: Outbox,
    /// The message that is being handled, or was handled last. It has a place in memory of its
    /// own because handlers then read only the fields that they need.
    pub(super) current: Message,
    pub(super) shelf: Shelf,
    pub(super) source: RecordSource,
    pub(super) in_dns: Dns,
    pub(super) out_dns: Dns,
    pub(super) destination: RecordDestination,
    /// By queue.
    pub(super) queues: Vec<Queue>,
    /// By container.
    pub(super) containers: Vec<Container>,
    /// By table.
    pub(super) tables: Vec<RegionalTable>,
    /// By `table × (records + 1) + record`.
    pub(super) rows: Vec<Row>,
    /// By `table × keys + key`; empty when records have no keys.
    pub(super) latest: Vec<Latest>,
    /// By `table × (records + 1) + record`; empty unless rows are taken back.
    pub(super) writers: Vec<Writers>,
    /// By replicator.
    pub(super) replicators: Vec<Replicator>,
    pub(super) service: ExternalService,
    /// By `replicator × (records + 1) + record`: the log of strong replication has a row. Empty unless
    /// conditions are judged there.
    pub(super) log: BitSet,
    pub(super) driver: Driver,
    pub(super) faults: Faults,
    /// How far the run is from its end.
    pub(super) ending: Ending,
    /// What in-dns and the driver can do next in place of what is due.
    pub(super) alternatives: Alternatives,
    /// Regions that are gone for good.
    pub(super) lost: RegionSet,
    /// What the script has made fail, and has not recovered, ascending: the end of an outage leaves it as it is.
    pub(super) held: Vec<Target>,
    /// What the script had made fail, or had taken offline, and a healing has ended: until the script does so itself, the
    /// system is another one than the script has made of it.
    pub(super) undone: Vec<Target>,
    /// Where the last fault came from that did anything. It is only reported, and part of no fingerprint.
    pub(super) struck: Option<Strike>,
    /// Memory for the records that a loss takes from streams and queues; empty between steps.
    pub(super) scratch: [Vec<RecordId>; 2],
}

/// What is done for each kind of machine. One match over places, [`World::visit`], leads to all who implement it.
pub(super) trait Machines {
    fn driver(&mut self, driver: &Driver);
    fn source(&mut self, source: &RecordSource);
    fn dns(&mut self, dns: &Dns);
    fn destination(&mut self, destination: &RecordDestination);
    fn queue(&mut self, id: QueueId);
    fn container(&mut self, id: ContainerId);
    fn table(&mut self, id: TableId);
    fn replicator(&mut self, id: ReplicatorId);
    fn service(&mut self, service: &ExternalService);
}

impl Pair {
    /// The names of the states of a kind of machine: of the variants of its `enum State`, by number.
    pub const fn states(machine: MachineKind) -> &'static [&'static str] {
        match machine {
            MachineKind::Driver => &["Running"],
            MachineKind::Source => source::State::NAMES,
            MachineKind::Dns => dns::State::NAMES,
            MachineKind::Destination => destination::State::NAMES,
            MachineKind::Queue => queue::State::NAMES,
            MachineKind::Container => container::State::NAMES,
            MachineKind::Table => table::State::NAMES,
            MachineKind::Replicator => replicator::State::NAMES,
            MachineKind::Database => global_database::State::NAMES,
            MachineKind::Service => service::State::NAMES,
        }
    }
}

impl World {
    pub(super) fn new(plan: &Arc<Plan>) -> World {
        let layout = &plan.layout;
        let mut world = World {
            out: plan.outbox(),
            current: Message::Proceed,
            shelf: Shelf::default(),
            source: RecordSource::new(&plan.source),
            in_dns: Dns::new(&plan.weights),
            out_dns: Dns::default(),
            destination: RecordDestination::new(&plan.destination),
            queues: vec![Queue::default(); layout.queues()],
            containers: vec![Container::default(); layout.containers()],
            tables: vec![RegionalTable::default(); layout.tables()],
            rows: vec![Row::default(); layout.tables() * (plan.records() + 1)],
            latest: vec![Latest::default(); layout.tables() * plan.keys().count()],
            writers: vec![Writers::default(); plan.writers_places()],
            replicators: vec![Replicator::default(); layout.stages.len()],
            service: ExternalService::new(plan.service.as_ref()),
            log: BitSet::new(plan.log_places()),
            driver: Driver::default(),
            faults: Faults::new(plan),
            ending: Ending::default(),
            alternatives: Alternatives::NONE,
            lost: RegionSet::EMPTY,
            held: Vec::new(),
            undone: Vec::new(),
            struck: None,
            scratch: Default::default(),
        };
        for (table, context) in world.tables.iter_mut().zip(&plan.tables) {
            if let Some(database) = &context.database {
                table.begin_as_cluster(database);
                if context.relay.is_some() && context.region == database.writer {
                    table.relay_mut().begin_as_home();
                }
                world.replicators[database.id.index()].set_writer(database.writer);
            }
        }
        for (container, context) in world.containers.iter_mut().zip(&plan.containers) {
            container.begin(context, &mut world.out);
        }
        for region in layout.region_ids() {
            world.destination.receive(region, &plan.destination, &mut world.out);
        }
        if !plan.actions.is_empty() {
            world.out.send(layout.machine(Place::Driver), Message::Proceed);
            world.offer_to_fail(plan);
        }
        world
    }

    /// Has the machine handle the first message of its inbox.
    #[inline(always)]
    pub(super) fn handle_next(&mut self, machine: MachineId, plan: &Plan) -> Pair {
        self.out.take(machine, &mut self.current);
        let message = self.current.kind();
        if message == MessageKind::Command {
            return self.obey(machine, plan);
        }
        let place = plan.layout.places()[machine.index()];
        // The state before the message and the handling share one dispatch on the machine.
        let (machine, state) = match place {
            Place::Driver => {
                self.drive(plan);
                (MachineKind::Driver, 0)
            }
            Place::Source => {
                let state = self.source.state() as u8;
                self.source.handle(&self.current, &plan.source, &mut self.out);
                if plan.queues[0].near_shared_outbox {
                    self.give_up_what_was_lost(plan);
                }
                (MachineKind::Source, state)
            }
            Place::InDns => {
                let state = self.in_dns.state() as u8;
                self.in_dns.handle(&self.current, &plan.in_dns, &mut self.out);
                (MachineKind::Dns, state)
            }
            Place::OutDns => {
                let state = self.out_dns.state() as u8;
                self.out_dns.handle(&self.current, &plan.out_dns, &mut self.out);
                (MachineKind::Dns, state)
            }
            Place::Destination => {
                let (context, keys) = (&plan.destination, plan.keys());
                let region = destination::region_of(&self.current, context);
                let state = self.destination.state(region) as u8;
                self.destination.handle(&self.current, context, keys, &mut self.out);
                (MachineKind::Destination, state)
            }
            Place::Queue(id) => {
                let (queue, context) = (&mut self.queues[id.index()], &plan.queues[id.index()]);
                let state = queue.state() as u8;
                queue.handle(&self.current, context, &mut self.shelf, &mut self.out);
                self.queue_changed(id, plan);
                if context.near_shared_outbox {
                    self.give_up_what_was_lost(plan);
                }
                (MachineKind::Queue, state)
            }
            Place::Container(id) => {
                let container = &mut self.containers[id.index()];
                let state = container.state() as u8;
                container.handle(&self.current, &plan.containers[id.index()], &mut self.out);
                (MachineKind::Container, state)
            }
            Place::Table(id) => self.table_handles(id, plan),
            Place::Replicator(id) => {
                let replicator = &mut self.replicators[id.index()];
                let state = replicator.state() as u8;
                let context = &plan.replicators[id.index()];
                replicator.handle(&self.current, context, &mut self.log, &mut self.out);
                (MachineKind::Replicator, state)
            }
            Place::Service => {
                let state = self.service.state() as u8;
                let context = plan.service.as_ref().expect("a container calls it");
                self.service.handle(&self.current, context, &mut self.out);
                (MachineKind::Service, state)
            }
        };
        Pair { machine, state, message }
    }

    /// What kind of machine it is, and the state of one that can be commanded.
    pub(super) fn kind_and_state(&self, machine: MachineId, plan: &Plan) -> (MachineKind, u8) {
        let place = plan.layout.places()[machine.index()];
        let state = match place {
            Place::InDns => self.in_dns.state() as u8,
            Place::OutDns => self.out_dns.state() as u8,
            Place::Queue(id) => self.queues[id.index()].state() as u8,
            Place::Container(id) => self.containers[id.index()].state() as u8,
            Place::Table(id) => {
                let (table, context) = (&self.tables[id.index()], &plan.tables[id.index()]);
                if context.database.is_some() {
                    return (MachineKind::Database, table.cluster_state(context) as u8);
                }
                table.state() as u8
            }
            Place::Replicator(id) => self.replicators[id.index()].state() as u8,
            Place::Service => self.service.state() as u8,
            Place::Driver | Place::Source | Place::Destination => {
                unreachable!("no command goes to {place:?}")
            }
        };
        (place.kind(), state)
    }

    /// Has a table handle the message; what kind of table it is, and its state before.
    #[inline(always)]
    fn table_handles(&mut self, id: TableId, plan: &Plan) -> (MachineKind, u8) {
        let is_lost = self.is_cut_from_writer(id, plan);
        let mut store = store_of(id, &mut self.rows, &mut self.latest, &mut self.writers, plan);
        let (table, context) = (&mut self.tables[id.index()], &plan.tables[id.index()]);
        let mut again = None;
        let before = match context.database {
            None => (MachineKind::Table, table.state() as u8),
            Some(database) => {
                let state = table.cluster_state(context);
                if database.options.switchover == Switchover::AskedAgain
                    && state == global_database::State::Writer
                    && let Message::Apply { region, .. } = self.current
                {
                    again = Some(region);
                }
                (MachineKind::Database, state as u8)
            }
        };
        let cut_off = self.faults.cut_off(&self.current, plan);
        match cut_off {
            None if is_lost => {
                global_database::cancel(self.current, &mut self.out);
            }
            None if self.current.kind() == MessageKind::Transact => self.transact(id, plan),
            None => table.handle(&self.current, context, &mut store, &mut self.out),
            // It gets no answer, and takes that for a refusal.
            Some((Client { machine, .. }, refusal)) => self.out.send(machine, refusal),
        }
        if let Some(written_in) = again {
            self.acknowledge_again(id, written_in, plan);
        }
        if context.relay.as_ref().is_some_and(|relay| relay.near_shared_outbox) {
            self.follow_outbox(id, plan);
        }
        before
    }

    /// Whether the message is a write that a cluster forwards, which does not get there: one of the two regions is cut off.
    #[inline]
    fn is_cut_from_writer(&self, id: TableId, plan: &Plan) -> bool {
        let Message::Forward { asked, .. } = self.current else { return false };
        self.is_cut_between(asked, id, plan)
    }

    /// Whether a partition is between the regions of two tables.
    pub(super) fn is_cut_between(&self, one: TableId, other: TableId, plan: &Plan) -> bool {
        let region = |table| plan.layout.table_place(table).0;
        plan.budget.partition > 0
            && region(one) != region(other)
            && [one, other].into_iter().any(|table| self.is_region_cut(region(table)))
    }

    /// Asks for one machine what is to be done for its kind.
    pub(super) fn visit(&self, place: Place, machines: &mut impl Machines) {
        match place {
            Place::Driver => machines.driver(&self.driver),
            Place::Source => machines.source(&self.source),
            Place::InDns => machines.dns(&self.in_dns),
            Place::OutDns => machines.dns(&self.out_dns),
            Place::Destination => machines.destination(&self.destination),
            Place::Queue(id) => machines.queue(id),
            Place::Container(id) => machines.container(id),
            Place::Table(id) => machines.table(id),
            Place::Replicator(id) => machines.replicator(id),
            Place::Service => machines.service(&self.service),
        }
    }

    /// What one table shows, by key.
    pub(super) fn latest_of(&self, table: TableId, plan: &Plan) -> &[Latest] {
        let keys = plan.keys().count();
        &self.latest[table.index() * keys..][..keys]
    }

    /// The rows of one table.
    pub(super) fn rows_of(&self, table: TableId, plan: &Plan) -> &[Row] {
        let width = plan.records() + 1;
        &self.rows[table.index() * width..][..width]
    }

    pub(super) fn copy_from(&mut self, other: &World) {
        self.out.copy_from(&other.out);
        self.current = other.current;
        self.shelf.copy_from(&other.shelf);
        self.source.copy_from(&other.source);
        self.in_dns = other.in_dns;
        self.alternatives = other.alternatives;
        self.out_dns = other.out_dns;
        self.destination.copy_from(&other.destination);
        self.queues.clone_from(&other.queues);
        self.containers.clone_from(&other.containers);
        self.tables.clone_from(&other.tables);
        self.rows.clone_from(&other.rows);
        self.latest.clone_from(&other.latest);
        self.writers.clone_from(&other.writers);
        self.replicators.clone_from(&other.replicators);
        self.service.copy_from(&other.service);
        self.log.copy_from(&other.log);
        self.driver = other.driver;
        self.faults.copy_from(&other.faults);
        self.ending = other.ending;
        self.lost = other.lost;
        self.held.clone_from(&other.held);
        self.undone.clone_from(&other.undone);
        self.struck = other.struck;
    }
}
