//! A scenario that was checked, with every name resolved: what the simulation runs on.

pub mod action;
mod bounds;
mod contexts;
mod load;
pub mod names;
mod objectives;
mod of_stages;
mod records;
mod script;
mod shape;
mod strike;
mod validate;

pub use action::{Await, Check, DriverAction};
pub use strike::Strike;

use action::{disturbs, has_fault, published_by};
use records::{batches, keys, values};

use crate::model::dns::DnsSide;
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::{BatchId, MachineId, RecordId, RegionId, StageId};
use crate::model::layout::Layout;
use crate::model::options::{
    Answer, Clock, Conflict, ContainerOptions, DeadLetters, DualWrite, Fencing, HealthCheckOf,
    OnDependencyFailure, OnUnreadable, Origin, ReplicationMode, Restart, StoreKind,
};
use crate::model::outbox::Outbox;
use crate::model::progress::{BatchOf, Milestone, Progress};
use crate::model::record::Keys;
use crate::model::shape::Positions;
use crate::model::{container, destination, dns, queue, replicator, service, source, table};
use crate::scenario::script::Objective;
use crate::scenario::{Budget, Problem, PropertyName, Scenario, ScriptStep, StageSettings};

/// A scenario that was checked, with every name resolved. It never changes during a run, and any
/// number of simulations can share it.
#[derive(Debug)]
pub struct Plan {
    /// What it was made of.
    scenario: Scenario,
    /// Which machines there are.
    pub layout: Layout,
    /// By batch (from 1): its first record; one more element at the end.
    first_record: Vec<u16>,
    /// By record (from 1): its batch.
    batch_of: BatchOf,
    pub(crate) source: source::Context,
    pub(crate) in_dns: dns::Context,
    pub(crate) out_dns: dns::Context,
    pub(crate) destination: destination::Context,
    /// By queue.
    pub(crate) queues: Vec<queue::Context>,
    /// By container.
    pub(crate) containers: Vec<container::Context>,
    /// By table.
    pub(crate) tables: Vec<table::Context>,
    /// By replicator.
    pub(crate) replicators: Vec<replicator::Context>,
    /// The external service, if there is one.
    pub(crate) service: Option<service::Context>,
    /// The business keys of the records.
    keys: Keys,
    /// By region: the weight of in-dns at the start.
    pub(crate) weights: Vec<u8>,
    /// By machine: its processing speed, relative to the others.
    speeds: Vec<u32>,
    /// The script.
    pub(crate) actions: Vec<DriverAction>,
    /// By action: the index of the script step that it was made of.
    script_steps: Vec<usize>,
    /// By batch (from 1): the first action that publishes it, or their number if none does.
    published_by: Vec<usize>,
    /// How many faults of each kind the scheduler may choose.
    pub(crate) budget: Budget,
    /// By region: what an outage that the scheduler may choose does; empty if it may choose none.
    outages: Vec<Vec<Fault>>,
    /// There are faults, or records are given back.
    repeats: bool,
    /// Containers that are refused give back or pass over what they have, and go on.
    goes_round: bool,
    /// Tables show, for a key, the record that was written last.
    compares_times: bool,
    /// Records may stay in a dead-letter queue.
    parks: bool,
    /// The script waits for the source to be refused.
    awaits_refusal: bool,
    /// That message can be late by which an old writer hears of a failover.
    pub(crate) fences_late: bool,
    /// Some message can be late.
    pub(crate) can_be_late: bool,
    /// Clocks of regions can differ, and that makes a difference.
    pub(crate) clocks_differ: bool,
    /// A consumer can hang, and another one of its queue can take over what it holds.
    pub(crate) consumers_can_hang: bool,
    /// The scenario has a budget, an orchestrator, or messages that can be late: without one there are no offers to
    /// keep up.
    pub(crate) offers_faults: bool,
    /// After a step there is more to find out than whether the driver goes on: offers, late messages, what else
    /// in-dns could answer, or whether a region works as a whole.
    pub(crate) is_watched: bool,
    /// What the script expects of the times of every run, in its order.
    objectives: Vec<Objective>,
}

impl Plan {
    /// Checks a scenario and resolves its names.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it, with the key and the remedy.
    pub fn new(scenario: &Scenario) -> Result<Plan, Problem> {
        let layout = validate::layout(scenario)?;
        validate::options(scenario)?;
        let steps = validate::container_steps(scenario)?;
        let weights = validate::weights(&scenario.dns.weights, scenario, "dns.weights")?;
        let speeds = names::speeds(scenario, &layout)?;
        let (actions, script_steps) = script::resolve(scenario, &layout)?;
        validate::outbox(scenario, &actions, &layout)?;
        validate::dual_write(scenario, &actions, &layout)?;
        let lost = script::regions_lost(&actions);
        validate::budget_of_regions(scenario, lost)?;
        let (first_record, batch_of) = batches(scenario);
        let keys = keys(scenario, &weights);
        let settings: Vec<StageSettings> = scenario.of_stages().collect();
        let contexts = contexts::Builder {
            scenario,
            settings: &settings,
            layout: &layout,
            keys: &keys,
            steps,
        };
        let fences_late = fences_late(scenario, &actions);
        let can_be_late = fences_late || scenario.budget.late > 0;
        let any = |is: fn(&StageSettings) -> bool| settings.iter().any(is);
        let offers_faults = scenario.budget != Budget::default()
            || any(|stage| stage.container.restart == Restart::Always)
            || can_be_late;
        let queues = contexts.queues();
        let plan = Plan {
            source: contexts.source(&first_record, values(scenario)),
            in_dns: contexts.in_dns(),
            out_dns: contexts.out_dns(),
            destination: contexts.destination(),
            containers: contexts.containers(&queues),
            queues,
            tables: contexts.tables(),
            replicators: contexts.replicators(),
            service: contexts.service(),
            budget: scenario.budget,
            outages: outages(scenario, &layout),
            repeats: repeats(scenario, &layout) || disturbs(&actions),
            goes_round: any(|stage| goes_round(&stage.container)),
            compares_times: scenario.records.keys > 0
                && any(|stage| stage.table.conflict == Conflict::LastWriterWins),
            parks: scenario.queue.dead_letters == DeadLetters::Parked
                || any(|stage| stage.queue.dead_letters == DeadLetters::Parked),
            awaits_refusal: actions.iter().any(awaits_refusal),
            clocks_differ: clocks_differ(scenario, &settings),
            fences_late,
            can_be_late,
            offers_faults,
            is_watched: offers_faults || is_watched(scenario),
            consumers_can_hang: consumers_can_hang(scenario, &settings, &actions),
            scenario: scenario.clone(),
            layout,
            first_record,
            batch_of,
            keys,
            weights,
            speeds,
            published_by: published_by(&actions, scenario.records.batches.len()),
            actions,
            script_steps,
            objectives: Vec::new(),
        };
        plan.with_objectives()
    }

    /// What the plan was made of.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// How many records there are.
    pub fn records(&self) -> usize {
        self.batch_of.len() - 1
    }

    /// Whether containers leave it to the relays of their tables to publish.
    pub fn has_outbox(&self) -> bool {
        self.tables.iter().any(|context| context.relay.is_some())
    }

    /// How many batches there are.
    pub fn batches(&self) -> usize {
        self.first_record.len() - 2
    }

    /// Every record, in publishing order.
    pub fn record_ids(&self) -> impl Iterator<Item = RecordId> + use<> {
        (1..=self.records() as u16).map(RecordId)
    }

    /// The records of a batch, in publishing order.
    ///
    /// # Panics
    ///
    /// If there is no such batch.
    pub fn batch(&self, batch: BatchId) -> impl Iterator<Item = RecordId> + use<> {
        let first = self.first_record[batch.index()];
        (first..self.first_record[batch.index() + 1]).map(RecordId)
    }

    /// The batch of a record.
    #[inline]
    pub fn batch_of(&self, record: RecordId) -> BatchId {
        self.batch_of[record.index()]
    }

    /// Empty inboxes for its machines.
    pub(crate) fn outbox(&self) -> Outbox {
        let lossy = self.budget.concerns_messages();
        let mut progress = Progress::new(&self.layout, &self.batch_of, self.waits_for_records());
        for record in self.record_ids().filter(|_| !self.layout.shape.is_line()) {
            let way = self.way(record);
            let others = (0..self.layout.positions()).filter(|&position| !way.contains(position));
            others.for_each(|at| progress.pass_over(record, Milestone(at as u8)));
        }
        Outbox::new(&self.layout, progress, lossy, self.late_max())
    }

    /// The index of the first action that publishes the batch; that of no action if none does.
    pub fn published_by(&self, batch: BatchId) -> usize {
        self.published_by[batch.index()]
    }

    /// The value that a record is published with.
    #[inline]
    pub fn value(&self, record: RecordId) -> u32 {
        self.source.values[record.index()]
    }

    /// The business keys of the records.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The key by which records are sent to one of several stages.
    #[inline]
    pub(crate) fn key_of(&self, record: RecordId) -> usize {
        if self.keys.count() == 0 { 0 } else { self.keys.key_of(record) }
    }

    /// The positions that containers of a stage publish a record to, in their order.
    pub fn next_of(&self, stage: StageId, record: RecordId) -> &[u8] {
        self.layout.shape.next_of(stage, self.key_of(record))
    }

    /// All positions that a record comes to.
    pub fn way(&self, record: RecordId) -> Positions {
        self.layout.shape.way(self.key_of(record))
    }

    /// A position, and those that a record comes to from there.
    pub fn ahead_of(&self, position: usize, record: RecordId) -> Positions {
        self.layout.shape.ahead_of(position, self.key_of(record))
    }

    /// The positions at which the way of a record ends: the last one, which leads to the destination, and those of stages
    /// that send nowhere.
    pub fn ends(&self, record: RecordId) -> Positions {
        self.layout.shape.ends(self.key_of(record))
    }

    /// The processing speed of a machine, relative to the others.
    #[inline]
    pub fn speed(&self, machine: MachineId) -> u32 {
        self.speeds[machine.index()]
    }

    /// The script, resolved.
    pub fn actions(&self) -> &[DriverAction] {
        &self.actions
    }

    /// The index of the line of the script that an action was made of, into
    /// [`Scenario::script`].
    ///
    /// # Panics
    ///
    /// If there is no such action.
    pub fn script_index(&self, action: usize) -> usize {
        self.script_steps[action]
    }

    /// The line of the script that an action was made of.
    ///
    /// # Panics
    ///
    /// If there is no such action.
    pub fn script_line(&self, action: usize) -> &ScriptStep {
        &self.scenario.script[self.script_steps[action]]
    }

    /// The faults of the script, in its order.
    pub fn faults(&self) -> impl Iterator<Item = Fault> + '_ {
        self.actions
            .iter()
            .flat_map(|action| match action {
                DriverAction::Fault(faults) | DriverAction::FaultSome(faults) => faults.as_slice(),
                DriverAction::Publish(_)
                | DriverAction::Await(_)
                | DriverAction::Recover(_)
                | DriverAction::Redrive(_)
                | DriverAction::Weights(_)
                | DriverAction::Check(_) => &[],
            })
            .copied()
    }

    /// Whether the script or the budget lets this kind of fault happen.
    pub fn has_fault(&self, kind: FaultKind) -> bool {
        self.budget.does(kind) || self.faults().any(|fault| fault.kind == kind)
    }

    /// What an outage of the region does that the scheduler chooses.
    pub(crate) fn outage(&self, region: RegionId) -> &[Fault] {
        self.outages.get(region.index()).map_or(&[], Vec::as_slice)
    }

    /// Whether a record can be delivered again, or a container start again: not without a fault, in
    /// a design that does not give records back.
    pub(crate) fn repeats(&self) -> bool {
        self.repeats
    }

    /// Whether the script or the budget lets such a component fail.
    pub(crate) fn can_fail(&self, such: impl Fn(Target) -> bool) -> bool {
        let faults = self.faults().chain(self.outages.iter().flatten().copied());
        let mut failing = faults.filter(|fault| fault.kind == FaultKind::Fail);
        let any_may = self.budget.does_to_components(FaultKind::Fail);
        let mut components = self.layout.places().iter().filter_map(|&place| Target::of(place));
        // A container that does not reach its table takes it for one that has failed.
        let tables = self.tables.iter().map(|table| Target::Table(table.id));
        let links = self.replicators.iter().map(|one| Target::Link(one.id, RegionId(0)));
        let mut cut = tables.chain(links).filter(|_| self.budget.partition > 0);
        failing.any(|fault| such(fault.target))
            || (any_may && components.any(&such))
            || cut.any(such)
    }

    /// Whether something can be gone for good.
    pub fn can_lose(&self) -> bool {
        self.has_fault(FaultKind::Lose) || self.has_fault(FaultKind::Failover)
    }

    /// Whether a stage has a global database.
    pub fn has_database(&self) -> bool {
        self.replicators.iter().any(|replicator| replicator.is_database)
    }

    /// How many messages are late at once, at most: a fence for each cluster, and what the budget lets be late.
    fn late_max(&self) -> usize {
        let fences = if self.fences_late { self.layout.tables() } else { 0 };
        fences + usize::from(self.budget.late)
    }

    /// Whether a region can be gone for good.
    pub(crate) fn can_lose_a_region(&self) -> bool {
        let region = |fault: &Fault| matches!(fault.target, Target::Region(_));
        let scripted = self.faults().any(|fault| fault.kind == FaultKind::Lose && region(&fault));
        scripted || self.budget.lose_region > 0
    }

    /// Whether the source can be refused because this has failed.
    pub(crate) fn can_refuse_source(&self, target: Target) -> bool {
        if let Target::Queue(queue) = target {
            return self.layout.queue_place(queue).1 == 0;
        }
        matches!(target, Target::Dns(DnsSide::In, _))
    }

    /// The machine that a component is; none for what is no machine.
    pub(crate) fn machine_of(&self, target: Target) -> Option<MachineId> {
        target.place().map(|place| self.layout.machine(place))
    }

    /// The machine that a command about the target is a message to; none for a region as a whole, and for a writer
    /// that moves.
    pub(crate) fn commanded(&self, target: Target) -> Option<MachineId> {
        target.site().map(|place| self.layout.machine(place))
    }

    /// How many places the logs of all replicators have, for the rows that they know of: none unless
    /// conditions are judged there.
    pub(crate) fn log_places(&self) -> usize {
        let judges = self.replicators.iter().any(|replicator| replicator.log_from.is_some());
        if judges { self.replicators.len() * (self.records() + 1) } else { 0 }
    }

    /// Whether containers take back what they have stored and cannot forward.
    pub(crate) fn takes_back(&self) -> bool {
        self.any_container(ContainerOptions::compensates)
    }

    /// How many rows there are of which it is known who has written them: none unless rows are taken back.
    pub(crate) fn writers_places(&self) -> usize {
        match self.takes_back() {
            true => self.layout.tables() * (self.records() + 1),
            false => 0,
        }
    }

    /// Whether containers store, publish and remove in one transaction.
    pub(crate) fn transacts(&self) -> bool {
        self.any_container(|container| container.dual_write == DualWrite::Transaction)
    }

    /// Whether the time of a write makes a difference: tables show the record that was written last.
    pub(crate) fn compares_times(&self) -> bool {
        self.compares_times
    }

    /// How many steps the clock of a region that is ahead is ahead of the others: of any number, more than a run
    /// has.
    pub(crate) fn skew(&self) -> u32 {
        match self.scenario.table.skew {
            0 => 1 << 30,
            steps => steps,
        }
    }

    /// Whether a system goes round, and does not come to rest, while a fault lasts: containers give back what is refused,
    /// and get it again, or ask a log that has failed for the next record.
    pub(crate) fn goes_round(&self) -> bool {
        self.goes_round
    }

    /// Whether containers of the old release can get records in the new format, and go round with them until they are
    /// replaced.
    pub(crate) fn has_old_containers(&self) -> bool {
        has_old_containers(&self.scenario)
    }

    /// Whether there are records that some container cannot process.
    pub(crate) fn cannot_process(&self) -> bool {
        cannot_process(&self.scenario)
    }

    /// Whether no container can process the record.
    pub fn is_poison(&self, record: RecordId) -> bool {
        self.scenario.records.poison.contains(&record.0)
    }

    /// Whether records may stay in some dead-letter queue.
    pub fn parks(&self) -> bool {
        self.parks
    }

    /// Whether the script waits for the source to be refused.
    pub(crate) fn awaits_refusal(&self) -> bool {
        self.awaits_refusal
    }

    /// Whether the script goes on when a single record has come somewhere, or would not wait for one that is parked.
    fn waits_for_records(&self) -> bool {
        let by_record = |action: &DriverAction| {
            matches!(action, DriverAction::Await(Await::EnqueuedAt(..) | Await::Delivered(_)))
        };
        self.parks() || self.actions.iter().any(by_record)
    }

    /// Whether the scenario leaves the property out.
    pub fn leaves_out(&self, property: PropertyName) -> bool {
        self.scenario.spec.leave_out.contains(&property)
    }

    /// Whether the script expects or awaits anything.
    pub fn has_checks(&self) -> bool {
        let checks = |action| matches!(action, &DriverAction::Check(_) | &DriverAction::Await(_));
        self.actions.iter().any(checks)
    }
}

/// Whether there are faults, records are given back, or a step changes several machines; the script aside.
fn repeats(scenario: &Scenario, layout: &Layout) -> bool {
    let any = |is: fn(&StageSettings) -> bool| scenario.of_stages().any(|stage| is(&stage));
    scenario.budget != Budget::default()
        || any(|stage| stage.container.on_unreadable == OnUnreadable::GiveUp)
        || cannot_process(scenario)
        // A transaction changes several machines in one step, which are all looked at then.
        || any(|stage| stage.container.dual_write == DualWrite::Transaction)
        || scenario.replication.origin == Origin::All
        || layout.shape.visits() > layout.positions() as u64
}

/// Whether one of several consumers of a queue can hang.
fn consumers_can_hang(
    scenario: &Scenario,
    settings: &[StageSettings],
    actions: &[DriverAction],
) -> bool {
    settings.iter().any(|stage| stage.containers > 1)
        && (has_fault(actions, FaultKind::Pause) || scenario.budget.does(FaultKind::Pause))
}

/// Whether a container that is refused asks for the next record at once.
fn goes_round(container: &ContainerOptions) -> bool {
    match container.on_dependency_failure {
        OnDependencyFailure::GiveBack | OnDependencyFailure::ReadOn => true,
        OnDependencyFailure::Halt | OnDependencyFailure::Drop => false,
    }
}

/// What else in-dns could answer, or whether a region works as a whole, is found out after every step.
fn is_watched(scenario: &Scenario) -> bool {
    scenario.dns.answer == Answer::Random || scenario.dns.health_check == HealthCheckOf::WholePath
}

/// Whether the driver waits for the source to be refused.
fn awaits_refusal(action: &DriverAction) -> bool {
    matches!(action, DriverAction::Await(Await::PublishedOrRefused(_)))
}

/// Whether there are records that some container cannot process.
fn cannot_process(scenario: &Scenario) -> bool {
    !scenario.records.poison.is_empty() || has_old_containers(scenario)
}

/// Whether containers of the old release can get records in the new format.
fn has_old_containers(scenario: &Scenario) -> bool {
    scenario.topology.old_containers > 0 && scenario.records.new_format_from > 0
}

/// By region: what an outage does, if the scheduler may choose one.
fn outages(scenario: &Scenario, layout: &Layout) -> Vec<Vec<Fault>> {
    if scenario.budget.outage == 0 {
        return Vec::new();
    }
    let targets = names::targets(layout);
    layout.region_ids().map(|region| names::outage(region, &targets)).collect()
}

/// Whether tables compare the times of clocks that can differ: not those of a log, nor of the one writer of a
/// database.
fn clocks_differ(scenario: &Scenario, settings: &[StageSettings]) -> bool {
    let compares = |stage: &StageSettings| {
        stage.table.clock == Clock::PerRegion
            && stage.table.conflict == Conflict::LastWriterWins
            && stage.store == StoreKind::Dynamodb
    };
    scenario.replication.mode == ReplicationMode::Eventual
        && scenario.records.keys > 0
        && settings.iter().any(compares)
}

/// Whether a failover can happen of which the old writer hears by a message: that may be late.
fn fences_late(scenario: &Scenario, actions: &[DriverAction]) -> bool {
    let has_database = scenario.stores_in(StoreKind::Aurora);
    let moves = scenario.budget.failover > 0 || has_fault(actions, FaultKind::Failover);
    has_database && moves && scenario.aurora.fencing == Fencing::BestEffort
}
