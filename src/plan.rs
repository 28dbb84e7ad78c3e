//! A scenario that was checked, with every name resolved: what the simulation runs on.

pub mod action;
mod bounds;
mod can;
mod contexts;
mod idle;
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
use can::cannot_process;
use records::{batches, keys, values};

use crate::model::fault::{Fault, FaultKind};
use crate::model::id::{BatchId, MachineId, RecordId, StageId};
use crate::model::layout::Layout;
use crate::model::options::{
    Answer, Clock, Commit, Conflict, ContainerOptions, DeadLetters, Delivery, DualWrite, Fencing,
    HealthCheckOf, OnDependencyFailure, OnUnreadable, Origin, ReplicationMode, Restart, StoreKind,
};
use crate::model::outbox::Outbox;
use crate::model::progress::{BatchOf, Milestone, Progress};
use crate::model::record::Keys;
use crate::model::shape::Positions;
use crate::model::{container, destination, dns, queue, replicator, service, source, table};
use crate::scenario::script::Objective;
use crate::scenario::{Budget, Problem, Scenario, ScriptStep, StageSettings};

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
    /// What a consumer held that is gone can come back after others that were handed out later.
    pub(crate) times_out_late: bool,
    /// Consumers of some log commit at intervals.
    pub(crate) commits_later: bool,
    /// Clocks of regions can differ, and that makes a difference.
    pub(crate) clocks_differ: bool,
    /// A consumer can hang, and another one of its queue can take over what it holds.
    pub(crate) consumers_can_hang: bool,
    /// The scenario has a budget, an orchestrator, or messages that can be late: without one there are no offers to
    /// keep up.
    pub(crate) offers_faults: bool,
    /// After a step there is more to find out than whether the driver goes on: offers, late messages, commits that
    /// let others pass, what else in-dns could answer, or whether a region works as a whole.
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
        let queues = contexts.queues();
        let times_out_late = times_out_late(scenario, &queues, &actions);
        let can_be_late = fences_late || scenario.budget.lets_be_late();
        let any = |is: fn(&StageSettings) -> bool| settings.iter().any(is);
        let offers_faults = scenario.budget != Budget::default()
            || any(|stage| stage.container.restart == Restart::Always)
            || can_be_late;
        let commits_later = any(|stage| stage.queue.commit == Commit::AtIntervals);
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
            times_out_late,
            commits_later,
            offers_faults,
            is_watched: offers_faults || commits_later || times_out_late || is_watched(scenario),
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

/// Whether a consumer of a queue can hang that does not keep what it holds: another one takes over, or a log takes the partitions
/// of a member away that it hears nothing of, and the member joins again.
fn consumers_can_hang(
    scenario: &Scenario,
    settings: &[StageSettings],
    actions: &[DriverAction],
) -> bool {
    settings.iter().any(|stage| stage.containers > 1 || stage.queue.delivery == Delivery::Log)
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

/// Whether a consumer can be gone, or hang, of a queue that hands out others meanwhile.
fn times_out_late(
    scenario: &Scenario,
    queues: &[queue::Context],
    actions: &[DriverAction],
) -> bool {
    let is_refused = queues.iter().any(|queue| queue.options.capacity > 0);
    let strikes = |action: &DriverAction| {
        matches!(action, DriverAction::Fault(_) | DriverAction::FaultSome(_))
    };
    // What these do to a queue stops no consumer.
    let others = Budget {
        visibility_timeout: 0,
        reorder: 0,
        expire: 0,
        deduplication_window: 0,
        ..scenario.budget
    };
    let disturbs = others != Budget::default() || actions.iter().any(strikes);
    (disturbs || is_refused) && queues.iter().any(|queue| queue.times_out_late)
}
