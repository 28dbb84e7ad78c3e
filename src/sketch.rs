//! A scenario before its names are known: small numbers, any of which make a scenario.
//!
//! Strategies (feature `proptest`) and bytes (feature `arbitrary`) draw a sketch; the sketch
//! becomes a scenario when "the second stage in the first region" is given its name. So nothing
//! that is drawn has to be thrown away, and a smaller number is a simpler scenario.
//!
//! Every sketch makes a scenario that [`Plan::new`](crate::plan::Plan::new) accepts and that a
//! sound system survives in every schedule: what its script awaits comes true at the latest after
//! everything was healed, and what it expects cannot be otherwise.

use std::collections::BTreeMap;

mod act;
mod containers;
mod dual_write;
mod naming;
mod own;
mod poison;
mod relays;
mod script;
mod spot;
mod ways;

pub(crate) use act::{Act, Disturbance, Opening, Wait};
pub(crate) use naming::Naming;
pub(crate) use own::Own;
pub(crate) use poison::Poison;
pub(crate) use spot::Spot;
pub(crate) use ways::Ways;

use crate::model::options::{
    Clock, Commands, Commit, Conflict, DeadLetters, Deduplication, Delivery, DualWrite, Groups,
    Mirror, OnDependencyFailure, OnRefusal, OnStop, PositionsAtFailover, QueueFailure,
    ReplicationMode, ServiceFailure, StoreKind, TableFailure, Versions,
};
use crate::scenario::{
    AuroraOptions, Budget, DestinationOptions, LossLimit, QueueOptions, Records,
    ReplicationOptions, Rpo, Scenario, ServiceOptions, Source, StoreOptions, TableOptions, Timing,
    Topology,
};

/// The names of the stages, the default system's first.
pub(crate) fn stage_names(stages: u8) -> Vec<String> {
    let known = Topology::default().stages;
    let name = |stage: usize| known.get(stage).cloned().unwrap_or(format!("stage-{}", stage + 1));
    (0..usize::from(stages)).map(name).collect()
}

/// A scenario without names.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    /// A valid topology.
    pub(crate) topology: Topology,
    /// The number of records of each batch: at least one batch, at least one record each.
    pub(crate) batches: Vec<u32>,
    /// How many business keys there are, which tables check the version of; 0: none.
    pub(crate) keys: u16,
    /// Whether the first record's row is one that the containers' code cannot read, which does not
    /// matter to a sound container.
    pub(crate) unreadable: bool,
    /// Where containers cannot process the first record, which is parked. Counts only where records are
    /// dead-lettered.
    pub(crate) poison: Poison,
    /// How in-dns answers.
    pub(crate) naming: Naming,
    /// Who has a speed other than 1: 1..=1000. Of two for the same machines the last one counts.
    pub(crate) speeds: Vec<Speed>,
    /// How long things take, for the timed scheduler; valid.
    pub(crate) timing: Timing,
    /// `Retry` or `Abort`: the sound ones.
    pub(crate) on_refusal: OnRefusal,
    /// The kind of the queues. A log has neither dead letters nor a capacity, and no visibility timeouts.
    pub(crate) delivery: Delivery,
    /// When the consumers of logs commit.
    pub(crate) commit: Commit,
    /// Where the consumers of the mirrors of logs begin when a region is lost: any but the unsound one. None: logs have no mirrors.
    pub(crate) mirror: Option<PositionsAtFailover>,
    /// Whether fifo queues tell resends from messages.
    pub(crate) deduplicates: bool,
    /// The message groups of fifo queues; without keys, each record's own for by key.
    pub(crate) groups: Groups,
    /// After how many deliveries a record is dead-lettered; 0: never. Counts only with a budget
    /// of 0.
    pub(crate) max_receives: u16,
    /// For how many records a queue has room; 0: any number. Counts only if the script does not wait
    /// for a queue to fill up.
    pub(crate) capacity: u16,
    /// How often a container tries again.
    pub(crate) retries: u8,
    /// How many records containers receive at a time, at most: 1..=10. Counts only where queues are no logs, and where nothing goes
    /// back behind a record that no container can process.
    pub(crate) batch: u8,
    /// `Halt` or `GiveBack`: the sound ones. What a script expects of its beginning is said of containers
    /// that halt, and a queue that gives up makes dead letters of what is given back.
    pub(crate) on_dependency_failure: OnDependencyFailure,
    /// Containers store and remove, and relays publish, two where failed queues keep those waiting who wait. Not with strong replication, nor where a table is lost
    /// alone; what a script expects of its beginning is said of containers that publish.
    pub(crate) outbox: bool,
    /// How containers keep their table and the next queue in step: any but the unsound one.
    pub(crate) dual_write: DualWrite,
    /// Where stages send to; as a line where the script expects something of its beginning.
    pub(crate) ways: Ways,
    /// Tables acknowledge when another region has the write, where there are three regions, or two
    /// and a witness.
    pub(crate) strong: bool,
    /// Whose clocks tables go by, which makes no difference where versions are checked; and how many steps one
    /// that is its region's own may be ahead.
    pub(crate) clock: (Clock, u32),
    /// Which stages have a global database, by index modulo 16, and the region that writes first,
    /// modulo the number of regions.
    pub(crate) databases: Databases,
    /// What failed tables do; both are sound.
    pub(crate) on_table_failure: TableFailure,
    /// What queues do with those who wait when they fail; both are sound.
    pub(crate) on_queue_failure: QueueFailure,
    /// When commands take effect; as messages only where the script expects nothing in between, and no dead
    /// letter has to be brought back after the last fault.
    pub(crate) commands: Commands,
    /// Whether containers call the external service, before they store or after that; and what it does when it has
    /// failed.
    pub(crate) calls: Option<(bool, ServiceFailure)>,
    /// What is set for one stage, if anything is.
    pub(crate) own: Option<Own>,
    /// What the scheduler may choose; of changes of order only if the queues have them, of moves of a writer only if there is one, and of losses of regions so many that
    /// enough are left.
    pub(crate) budget: Budget,
    /// How the script begins.
    pub(crate) opening: Opening,
    /// What the script goes on with.
    pub(crate) acts: Vec<Act>,
}

/// Which stages have a global database.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Databases {
    /// Bit *n* stands for the stage of index *n*.
    pub(crate) stages: u16,
    /// The region that writes first, modulo the number of regions.
    pub(crate) writer: u8,
    /// How many writes the first writer may have alone; 0: any number.
    pub(crate) rpo: u8,
}

/// How fast some machine is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Speed {
    /// Index into [`Speed::KINDS`], modulo their number.
    pub(crate) kind: u8,
    /// Which machine of the kind.
    pub(crate) spot: Spot,
    /// 1..=1000.
    pub(crate) speed: u32,
}

impl Speed {
    /// How many kinds of machines there are to choose from.
    pub(crate) const KINDS: u8 = 9;

    pub(crate) fn pattern(self, shape: &Scenario) -> String {
        let (spot, topology) = (self.spot, &shape.topology);
        match self.kind % Speed::KINDS {
            0 => spot.containers(shape),
            1 => spot.queue(topology),
            2 => spot.table(topology),
            3 => spot.replicator(topology),
            4 => "record-source".to_owned(),
            5 => "in-dns".to_owned(),
            6 => "out-dns".to_owned(),
            7 => "record-destination".to_owned(),
            _ => "driver".to_owned(),
        }
    }
}

impl Sketch {
    /// The scenario.
    pub(crate) fn scenario(&self) -> Scenario {
        let mut scenario = self.with_names_of_a_line();
        ways::rename(&mut scenario);
        scenario
    }

    /// The scenario, with queues in its script that are called as in a line.
    fn with_names_of_a_line(&self) -> Scenario {
        let (shape, rollout) = (self.shape(), self.rollout());
        let mut topology = shape.topology.clone();
        topology.old_containers = rollout.map_or(0, |(old, _)| old);
        let speed: BTreeMap<String, u32> =
            self.speeds.iter().map(|speed| (speed.pattern(&shape), speed.speed)).collect();
        let keyed = self.keys > 0;
        let (conflict, versions) = match keyed {
            true => (Conflict::VersionChecked, Versions::Checked),
            false => (Conflict::default(), Versions::default()),
        };
        let on_failure = self.on_table_failure;
        let (clock, skew) = self.clock();
        let (store, aurora) = self.databases();
        let (delivery, max_receives, capacity) =
            (self.delivery, self.max_receives(), self.capacity());
        Scenario {
            name: "generated".to_owned(),
            records: Records {
                batches: self.batches.clone(),
                keys: self.keys,
                unreadable: self.unreadable.into(),
                poison: if self.has_poison() { vec![1] } else { Vec::new() },
                poison_at: self.poison_at(),
                new_format_from: rollout.map_or(0, |_| self.batches[0].min(2) as u16),
                ..Records::default()
            },
            source: Source { on_refusal: self.on_refusal, ..Source::default() },
            dns: self.naming.options(&topology),
            queue: QueueOptions {
                delivery,
                commit: if self.is_log() { self.commit } else { Commit::default() },
                mirror: if self.is_mirrored() { Mirror::Asynchronous } else { Mirror::None },
                positions_at_failover: match self.mirror {
                    Some(positions) if self.is_mirrored() => positions,
                    Some(_) | None => PositionsAtFailover::default(),
                },
                groups: self.groups(),
                deduplication: self.deduplication(),
                max_receives: if self.one_gives_up() { 0 } else { max_receives },
                capacity,
                dead_letters: match self.has_poison() {
                    true => DeadLetters::Parked,
                    false => DeadLetters::default(),
                },
                on_failure: self.on_queue_failure,
                ..QueueOptions::default()
            },
            commands: self.commands(),
            relay: self.relay(),
            container: self.container(rollout.map_or(OnStop::default(), |(_, on_stop)| on_stop)),
            table: TableOptions { on_failure, conflict, clock, skew, ..TableOptions::default() },
            destination: DestinationOptions { versions, ..DestinationOptions::default() },
            service: match self.calls {
                Some((_, on_failure)) => ServiceOptions { on_failure, ..ServiceOptions::default() },
                None => ServiceOptions::default(),
            },
            replication: self.replication(),
            store,
            aurora,
            speed,
            timing: self.timing,
            rpo: self.rpo(),
            budget: self.budget(),
            script: script::write(self),
            topology,
            stage: if self.has_branches() { self.stage() } else { self.stages() },
            ..Scenario::default()
        }
    }

    /// How many containers of each queue are of the old release, and how they stop, if there is a rollout.
    fn rollout(&self) -> Option<(u8, OnStop)> {
        let Opening::Rollout(_, number) = self.opening else { return None };
        let on_stop = if number.is_multiple_of(2) { OnStop::Drain } else { OnStop::AtOnce };
        Some((1 + number / 2 % self.topology.containers, on_stop))
    }

    /// Whose clocks tables go by, and how many steps one may be ahead.
    fn clock(&self) -> (Clock, u32) {
        match self.clock {
            (Clock::Shared, _) => (Clock::Shared, 0),
            own @ (Clock::PerRegion, _) => own,
        }
    }

    fn deduplication(&self) -> Deduplication {
        match self.deduplicates && self.delivery == Delivery::Fifo {
            true => Deduplication::ByRecord,
            false => Deduplication::None,
        }
    }

    fn groups(&self) -> Groups {
        match (self.delivery, self.groups) {
            (Delivery::Standard, _) => Groups::One,
            (Delivery::Fifo, Groups::ByKey) if self.keys == 0 => Groups::ByRecord,
            (Delivery::Fifo, groups) => groups,
            (Delivery::Log, Groups::ByKey) if self.keys > 0 => Groups::ByKey,
            (Delivery::Log, _) => Groups::One,
        }
    }

    /// Whatever a loss destroys is declared, if there can be one.
    fn rpo(&self) -> Rpo {
        let Budget { lose_table, lose_region, failover, .. } = self.budget();
        let scripted = self.acts.iter().any(|act| match act {
            Act::Lose { .. } | Act::MoveWriter { planned: false, .. } => true,
            Act::Publish
            | Act::Await(..)
            | Act::Disturb(..)
            | Act::Recover { .. }
            | Act::Weights(_)
            | Act::Redrive(_)
            | Act::MoveWriter { planned: true, .. } => false,
        });
        match scripted || lose_table > 0 || lose_region > 0 || failover > 0 {
            true => Rpo { records: LossLimit::Unlimited },
            false => Rpo::default(),
        }
    }

    /// Whether replication is strong.
    fn is_strong(&self) -> bool {
        self.replication().mode == ReplicationMode::Strong
    }

    fn replication(&self) -> ReplicationOptions {
        let stages = self.topology.stages.len();
        let has_table = (0..stages).any(|stage| !self.has_database(stage));
        match (self.strong && has_table, self.topology.regions) {
            (true, regions @ (2 | 3)) => ReplicationOptions {
                mode: ReplicationMode::Strong,
                witness: regions == 2,
                ..ReplicationOptions::default()
            },
            (_, _) => ReplicationOptions::default(),
        }
    }

    /// The stores of the stages: named one by one, unless all are the same.
    fn databases(&self) -> (StoreOptions, AuroraOptions) {
        let names = &self.topology.stages;
        let chosen = names.iter().enumerate().filter(|&(stage, _)| self.has_database(stage));
        let chosen: Vec<&String> = chosen.map(|(_, name)| name).collect();
        let mut aurora = AuroraOptions::default();
        if chosen.is_empty() {
            return (StoreOptions::default(), aurora);
        }
        aurora.writer = self.writer();
        aurora.rpo_records_max = self.databases.rpo.into();
        let all = chosen.len() == names.len();
        let default = if all { StoreKind::Aurora } else { StoreKind::Dynamodb };
        let named = chosen.into_iter().filter(|_| !all);
        let stages = named.map(|name| (name.clone(), StoreKind::Aurora)).collect();
        (StoreOptions { default, stages }, aurora)
    }

    /// The region that writes first, counted from 1.
    pub(crate) fn writer(&self) -> u8 {
        1 + self.databases.writer % self.topology.regions
    }

    /// Whether nothing is stored before another region has it, or only so much.
    pub(crate) fn waits_for_replication(&self) -> bool {
        self.is_strong() || self.has_limit()
    }

    /// Whether a writer may not be ahead of the others by any number.
    fn has_limit(&self) -> bool {
        self.databases().1.rpo_records_max > 0
    }

    /// Whether the stage of this index has a global database.
    pub(crate) fn has_database(&self, stage: usize) -> bool {
        self.databases.stages >> (stage % 16) & 1 == 1
    }

    /// The budget as far as the system can have such faults.
    fn budget(&self) -> Budget {
        let mut budget = self.budget;
        if self.delivery != Delivery::Standard && !self.has_own(|own| own.delivery) {
            budget.reorder = 0;
        }
        if self.is_log() {
            budget.visibility_timeout = 0;
        }
        if self.deduplication() == Deduplication::None {
            budget.deduplication_window = 0;
        }
        if !(0..self.topology.stages.len()).any(|stage| self.has_database(stage)) {
            (budget.switchover, budget.failover) = (0, 0);
        }
        // No orchestrator is drawn, so a record may wait for a container until it is too late.
        budget.expire = 0;
        budget.lose_region = budget.lose_region.min(self.regions_to_lose());
        budget
    }

    /// How many regions can be lost, by the script and by the scheduler, of a system that goes on. A
    /// single region is left no quorum of three, and no region to which a writer could be close.
    fn regions_to_lose(&self) -> u16 {
        let regions = u16::from(self.topology.regions);
        let witness = u16::from(self.replication().witness);
        let with_quorum = if self.is_strong() { regions + witness - 2 } else { regions - 1 };
        let with_reader = if self.has_limit() { regions - 2 } else { regions - 1 };
        with_quorum.min(with_reader)
    }

    fn has_outbox(&self) -> bool {
        self.outbox && self.may_have_outbox()
    }

    /// Whether containers may leave it to relays to publish.
    fn may_have_outbox(&self) -> bool {
        let loses = |act: &Act| matches!(act, Act::Lose { region: false, .. });
        // The outbox of a database is modelled of stages in a line.
        let has_database = (0..self.topology.stages.len()).any(|stage| self.has_database(stage));
        self.opening == Opening::Plain
            && !self.is_strong()
            && !(self.has_branches() && has_database)
            && self.budget().lose_table == 0
            && !self.acts.iter().any(loses)
    }

    /// Commands are messages where nothing is said of when they take effect.
    fn commands(&self) -> Commands {
        let is_open = self.opening == Opening::Plain && self.max_receives() == 0;
        if is_open { self.commands } else { Commands::AtOnce }
    }

    /// A whole batch waits in front of the containers that the opening pauses.
    fn capacity(&self) -> u16 {
        let waits = matches!(self.opening, Opening::Waiting(_));
        if waits || self.is_log() { 0 } else { self.capacity }
    }

    /// Dead letters are sound when the script brings them back after the last fault, which it can
    /// only if it knows when that is: a database whose writer is lost has none until the healing.
    fn max_receives(&self) -> u16 {
        let loses = |act: &Act| matches!(act, Act::Lose { region: true, .. });
        let waits = self.databases.stages != 0 && self.acts.iter().any(loses);
        let is_none = self.budget().total() > 0 || waits || self.is_mirrored();
        if is_none { 0 } else { self.max_receives }
    }

    fn is_mirrored(&self) -> bool {
        self.is_log() && self.mirror.is_some()
    }

    fn is_log(&self) -> bool {
        self.delivery == Delivery::Log
    }
}
