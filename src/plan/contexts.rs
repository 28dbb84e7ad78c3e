//! What each machine knows about its place and its design.

use std::cell::LazyCell;
use std::sync::Arc;

use crate::model::bit_set::BitSet;
use crate::model::container::{Branches, Limits, Order};
use crate::model::id::{
    ContainerId, MachineId, QueueId, RecordId, RegionId, ReplicatorId, StageId, TableId,
};
use crate::model::layout::{Layout, Place};
use crate::model::options::{
    AcknowledgeWhen, Deduplication, Delivery, Groups, Insert, Mirror, OnDependencyFailure, Origin,
    QueueOptions, ReplicationMode, StoreKind, Switchover,
};
use crate::model::record::Keys;
use crate::model::table::relay;
use crate::model::{
    container, destination, dns, global_database, queue, replicator, service, source, table,
};
use crate::plan::can::{has_misread_formats, rolls_back};
use crate::plan::objectives::has_objectives;
use crate::scenario::{Scenario, StageSettings};

pub(super) struct Builder<'a> {
    pub(super) scenario: &'a Scenario,
    /// By stage: what is in force there.
    pub(super) settings: &'a [StageSettings],
    pub(super) layout: &'a Layout,
    pub(super) keys: &'a Keys,
    /// By stage: what its containers do, in order.
    pub(super) steps: Vec<container::Steps>,
}

impl Builder<'_> {
    pub(super) fn source(&self, first_record: &[u16], values: Vec<u32>) -> source::Context {
        source::Context {
            machine: self.layout.machine(Place::Source),
            dns: self.layout.machine(Place::InDns),
            first_record: first_record.to_vec(),
            values,
            options: self.scenario.source,
        }
    }

    pub(super) fn in_dns(&self) -> dns::Context {
        self.dns(Place::InDns, Place::Source, 0)
    }

    pub(super) fn out_dns(&self) -> dns::Context {
        let last = self.layout.positions() - 1;
        self.dns(Place::OutDns, Place::Destination, last)
    }

    fn dns(&self, own: Place, asks: Place, position: usize) -> dns::Context {
        let layout = self.layout;
        let queue = |region| layout.machine(Place::Queue(layout.queue(region, position)));
        let replicators = layout.stage_ids().map(|stage| ReplicatorId(stage.0.into()));
        dns::Context {
            machine: layout.machine(own),
            requester: layout.machine(asks),
            queues: layout.region_ids().map(queue).collect(),
            regions_of_queues: self.regions_of_queues(),
            primary: RegionId(self.scenario.dns.primary - 1),
            replicators: replicators.map(|id| layout.machine(Place::Replicator(id))).collect(),
            options: self.scenario.dns.clone(),
        }
    }

    pub(super) fn destination(&self) -> destination::Context {
        let layout = self.layout;
        let last = layout.positions() - 1;
        destination::Context {
            machine: layout.machine(Place::Destination),
            dns: layout.machine(Place::OutDns),
            queues: layout.region_ids().map(|region| layout.queue(region, last)).collect(),
            regions_of_queues: self.regions_of_queues(),
            records: self.scenario.records.total() as u16,
            options: self.scenario.destination,
            keys: self.scenario.records.keys.into(),
        }
    }

    /// By queue: its region.
    fn regions_of_queues(&self) -> Vec<RegionId> {
        let ids = (0..self.layout.queues() as u16).map(QueueId);
        ids.map(|queue| self.layout.queue_place(queue).0).collect()
    }

    /// By record (element 0 unused): the record.
    fn record_ids(&self) -> Arc<[u16]> {
        (0..=self.scenario.records.total() as u16).collect()
    }

    /// By record (element 0 unused): its business key.
    fn keys_of_records(&self) -> Arc<[u16]> {
        let records = (1..=self.scenario.records.total() as u16).map(RecordId);
        std::iter::once(0).chain(records.map(|record| self.keys.key_of(record) as u16)).collect()
    }

    pub(super) fn queues(&self) -> Vec<queue::Context> {
        let by_record = LazyCell::new(|| self.record_ids());
        let by_key = LazyCell::new(|| self.keys_of_records());
        let context = |id| {
            let id = QueueId(id);
            let position = self.layout.queue_place(id).1;
            let stage = self.settings.get(position);
            let options = stage.map_or(self.scenario.queue, |one| one.queue);
            queue::Context {
                id,
                machine: self.layout.machine(Place::Queue(id)),
                // The destination reads again what it could not commit.
                reads_on: stage.is_some_and(|one| {
                    one.container.on_dependency_failure == OnDependencyFailure::ReadOn
                }),
                batch: stage.map_or(1, |one| one.container.batch),
                mirror: self.mirror_of(id, options),
                // No order holds the others back, or a time counts in which nothing else is handed out.
                times_out_late: options.delivery == Delivery::Standard
                    || options.groups != Groups::One
                    || has_objectives(self.scenario),
                near_shared_outbox: self.has_shared_outbox(),
                groups: match options.groups {
                    Groups::One => None,
                    Groups::ByKey => Some(Arc::clone(&by_key)),
                    Groups::ByRecord => Some(Arc::clone(&by_record)),
                },
                deduplication: match options.deduplication {
                    Deduplication::None => None,
                    Deduplication::ByRecord => Some(Arc::clone(&by_record)),
                    Deduplication::ByKey => Some(Arc::clone(&by_key)),
                },
                options,
            }
        };
        (0..self.layout.queues() as u16).map(context).collect()
    }

    /// The log of the next region that has the copy of one that is mirrored.
    fn mirror_of(&self, id: QueueId, options: QueueOptions) -> Option<MachineId> {
        if options.mirror == Mirror::None {
            return None;
        }
        let (region, position) = self.layout.queue_place(id);
        let mirror = self.layout.queue(self.layout.next_region(region), position);
        Some(self.layout.machine(Place::Queue(mirror)))
    }

    /// What its containers know of the order of a queue.
    fn order(queue: &queue::Context) -> Order {
        let is_kept = queue.options.delivery == Delivery::Fifo;
        Order { is_kept, groups: queue.groups.clone() }
    }

    pub(super) fn containers(&self, queues: &[queue::Context]) -> Vec<container::Context> {
        let layout = self.layout;
        let limits = layout.stages.iter().map(|stage| limits(self.scenario, stage));
        let limits: Vec<_> = limits.collect();
        let old = usize::from(self.scenario.topology.old_containers);
        let rolls_back = rolls_back(self.scenario);
        let context = |id| {
            let id = ContainerId(id);
            let (region, stage) = layout.container_place(id);
            let in_queue_id = layout.queue(region, stage.index());
            let branches = self.branches(region, stage);
            let next = layout.shape.next(stage).first().copied().unwrap_or_default();
            let out_queue_id = layout.queue(region, next.into());
            let (steps, own) = (self.steps[stage.index()], &self.settings[stage.index()].container);
            let steps = match &branches {
                Some(branches) => branches.steps(&steps, own.on_fan_out),
                None => steps,
            };
            container::Context {
                id,
                machine: layout.machine(Place::Container(id)),
                in_queue_id,
                in_queue: layout.machine(Place::Queue(in_queue_id)),
                out_queue: layout.machine(Place::Queue(out_queue_id)),
                branches,
                table: layout.machine(Place::Table(layout.table(region, stage))),
                service: layout.machine(Place::Service),
                steps,
                order: Builder::order(&queues[in_queue_id.index()]),
                options: own.clone(),
                limits: limits[stage.index()].clone(),
                begins_old: layout.container_number(id) < old,
                can_be_old: layout.container_number(id) < old || rolls_back,
            }
        };
        (0..layout.containers() as u16).map(context).collect()
    }

    /// The queues that containers of a stage publish to, unless that is one for all records.
    fn branches(&self, region: RegionId, stage: StageId) -> Option<Arc<Branches>> {
        let (layout, shape) = (self.layout, &self.layout.shape);
        let positions = shape.next(stage);
        if positions.len() == 1 {
            return None;
        }
        let queue =
            |&position: &u8| layout.machine(Place::Queue(layout.queue(region, position.into())));
        let choice = |record: u16| {
            let key = if record == 0 { 0 } else { self.keys.key_of(RecordId(record)) };
            let to = shape.next_of(stage, key)[0];
            positions.iter().position(|&position| position == to).unwrap_or_default() as u8
        };
        let records = 0..=self.scenario.records.total() as u16;
        Some(Arc::new(Branches {
            queues: positions.iter().map(queue).collect(),
            ids: positions.iter().map(|&at| layout.queue(region, at.into())).collect(),
            of_record: shape.routes(stage).then(|| records.map(choice).collect()),
        }))
    }

    pub(super) fn tables(&self) -> Vec<table::Context> {
        let layout = self.layout;
        let context = |id| {
            let id = TableId(id);
            let (region, stage) = layout.table_place(id);
            let replicator = ReplicatorId(u16::from(stage.0));
            table::Context {
                id,
                machine: layout.machine(Place::Table(id)),
                region,
                replicator: layout.machine(Place::Replicator(replicator)),
                options: self.settings[stage.index()].table,
                replication: self.mode(stage),
                acknowledge: self.acknowledge(stage),
                origin: self.origin(stage),
                database: self.database(stage),
                relay: self.relay(region, stage),
                dual_write: self.settings[stage.index()].container.dual_write,
            }
        };
        (0..layout.tables() as u16).map(context).collect()
    }

    /// What the relay of a table knows, if containers leave it to publish.
    fn relay(&self, region: RegionId, stage: StageId) -> Option<relay::Context> {
        let next = *self.layout.shape.next(stage).first()?;
        let next = self.layout.queue(region, next.into());
        let steps = &self.steps[stage.index()];
        let publishes = [container::Act::Publish, container::Act::Transact];
        let publishes = publishes.into_iter().any(|act| steps.contains(&Some(act)));
        (!publishes).then(|| relay::Context {
            out_queue_id: next,
            out_queue: self.layout.machine(Place::Queue(next)),
            branches: self.branches(region, stage),
            options: self.scenario.relay,
            is_shared: self.database(stage).is_some(),
            near_shared_outbox: self.has_shared_outbox(),
        })
    }

    /// Whether a global database has an outbox.
    fn has_shared_outbox(&self) -> bool {
        let is_shared =
            |one: &StageSettings| one.store == StoreKind::Aurora && one.container.has_outbox();
        self.settings.iter().any(is_shared)
    }

    /// How a stage replicates: a global database always in its own way.
    fn mode(&self, stage: StageId) -> ReplicationMode {
        match self.database(stage) {
            Some(_) => ReplicationMode::Eventual,
            None => self.scenario.replication.mode,
        }
    }

    /// What the tables of a stage have done with a write of another region that is acknowledged.
    fn acknowledge(&self, stage: StageId) -> AcknowledgeWhen {
        match self.mode(stage) {
            ReplicationMode::Strong => self.scenario.replication.acknowledge,
            ReplicationMode::Eventual => AcknowledgeWhen::Applied,
        }
    }

    /// Which writes the tables of a stage give to their replicator.
    fn origin(&self, stage: StageId) -> Origin {
        match (self.mode(stage), self.database(stage)) {
            (ReplicationMode::Eventual, None) => self.scenario.replication.origin,
            (ReplicationMode::Strong, _) | (_, Some(_)) => Origin::Own,
        }
    }

    /// What the clusters of a stage know of their database, if it has one.
    fn database(&self, stage: StageId) -> Option<global_database::Context> {
        let layout = self.layout;
        if self.settings[stage.index()].store == StoreKind::Dynamodb {
            return None;
        }
        let mut clusters = [MachineId(0); 8];
        for region in layout.region_ids() {
            clusters[region.index()] = layout.machine(Place::Table(layout.table(region, stage)));
        }
        Some(global_database::Context {
            clusters,
            id: ReplicatorId(u16::from(stage.0)),
            writer: RegionId(self.scenario.aurora.writer - 1),
            options: self.scenario.aurora,
        })
    }

    /// Whether the log of a stage judges whether there is a row already.
    pub(super) fn judges_conditions(&self, stage: StageId) -> bool {
        self.mode(stage) == ReplicationMode::Strong
            && self.settings[stage.index()].table.insert == Insert::Conditional
    }

    /// How many places a stage has in the log: one for each record, and one more.
    fn log_width(&self) -> usize {
        self.scenario.records.total() as usize + 1
    }

    /// The witness counts as the region after the last one.
    fn witness(&self) -> Option<RegionId> {
        let regions = self.layout.regions as u8;
        self.scenario.replication.witness.then_some(RegionId(regions))
    }

    pub(super) fn replicators(&self) -> Vec<replicator::Context> {
        let layout = self.layout;
        let context = |stage: StageId| {
            let id = ReplicatorId(u16::from(stage.0));
            let table = |region| layout.machine(Place::Table(layout.table(region, stage)));
            replicator::Context {
                id,
                machine: layout.machine(Place::Replicator(id)),
                tables: layout.region_ids().map(table).collect(),
                mode: self.mode(stage),
                witness: self.witness().filter(|_| self.database(stage).is_none()),
                options: self.scenario.replication,
                is_database: self.database(stage).is_some(),
                asks_again: self.scenario.aurora.switchover == Switchover::AskedAgain,
                confirms: self
                    .database(stage)
                    .is_some_and(|database| database.options.rpo_records_max > 0),
                returns: self.database(stage).is_some_and(|database| database.is_confirmed()),
                log_from: self.judges_conditions(stage).then_some(id.index() * self.log_width()),
            }
        };
        layout.stage_ids().map(context).collect()
    }
}

impl Builder<'_> {
    /// What the external service knows, if containers call it.
    pub(super) fn service(&self) -> Option<service::Context> {
        let layout = self.layout;
        let queues = (0..layout.queues() as u16).map(QueueId);
        let mut steps = self.steps.iter();
        let calls = steps.any(|steps| steps.contains(&Some(container::Act::Call)));
        calls.then(|| service::Context {
            machine: layout.machine(Place::Service),
            stages_of_queues: queues.map(|id| StageId(layout.queue_place(id).1 as u8)).collect(),
            stages: layout.stages.len(),
            records: self.scenario.records.total() as usize,
            options: self.scenario.service,
        })
    }
}

/// What containers of a stage cannot process, if there is anything.
fn limits(scenario: &Scenario, stage: &str) -> Option<Arc<Limits>> {
    let records = &scenario.records;
    let is_poisoned = !records.poison.is_empty() && records.is_poison_at(stage);
    let mut poison = BitSet::new(records.total() as usize + 1);
    if is_poisoned {
        records.poison.iter().for_each(|&record| poison.insert(record.into()));
    }
    let is_misread = has_misread_formats(scenario);
    let first = Some(RecordId(records.new_format_from)).filter(|_| is_misread);
    let limits = Limits { poison, new_format_from: first };
    (is_poisoned || first.is_some()).then(|| Arc::new(limits))
}
