//! A scenario before its names are known: small numbers, any of which make a scenario.
//!
//! Strategies (feature `proptest`) and bytes (feature `arbitrary`) draw a sketch; the sketch
//! becomes a scenario when "the second stage in the first region" is given its name. So nothing
//! that is drawn has to be thrown away, and a smaller number is a simpler scenario.
//!
//! Every sketch makes a scenario that [`Plan::new`](crate::plan::Plan::new) accepts and that a
//! sound system survives in every schedule: what its script awaits comes true at the latest after
//! everything was healed, and what it expects cannot be otherwise.

mod act;
mod containers;
mod draw;
mod dual_write;
mod naming;
mod numbers;
mod own;
mod poison;
mod queues;
mod relays;
mod script;
mod spot;
mod ways;

pub(crate) use act::{Act, Disturbance, Opening, Wait};
#[cfg(feature = "proptest")]
pub(crate) use draw::speeds;
pub(crate) use draw::{ACTS_MAX, topology};
pub(crate) use numbers::Numbers;
pub(crate) use own::Own;
pub(crate) use poison::Poison;
pub(crate) use spot::Spot;
pub(crate) use ways::Ways;

use crate::model::options::{
    AcknowledgeWrite, Commands, Conflict, Delivery, Insert, OnStop, ReplicationMode, Restart,
    StoreKind, Versions,
};
use crate::scenario::{
    AuroraOptions, Budget, DestinationOptions, LossLimit, Records, ReplicationOptions, Rpo,
    Scenario, ServiceOptions, StoreOptions, TableOptions, Topology,
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
    /// The topology, the records and their keys, the options of the design (each with a sound value), the times and the budget. They
    /// count as far as the rest allows it, which the functions below say: what is drawn is valid, and sound together.
    pub(crate) design: Scenario,
    /// Where containers cannot process the first record, which is parked. Counts only where records are
    /// dead-lettered.
    pub(crate) poison: Poison,
    /// By region: its weight, as far as there are regions; none for equal ones. A failover policy has none.
    pub(crate) weights: Option<[u8; 8]>,
    /// Who has a speed other than 1: 1..=1000. Of two for the same machines the last one counts.
    pub(crate) speeds: Vec<Speed>,
    /// Where stages send to; as a line where the script expects something of its beginning.
    pub(crate) ways: Ways,
    /// Which stages have a global database, by index modulo 16, and the region that writes first,
    /// modulo the number of regions.
    pub(crate) databases: Databases,
    /// What is set for one stage, if anything is.
    pub(crate) own: Option<Own>,
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
        draw::settle(&mut scenario);
        ways::rename(&mut scenario);
        scenario
    }

    /// The scenario, with queues in its script that are called as in a line.
    fn with_names_of_a_line(&self) -> Scenario {
        let (shape, rollout, drawn) = (self.shape(), self.rollout(), self.design.clone());
        let speeds = self.speeds.iter().map(|speed| (speed.pattern(&shape), speed.speed));
        let (store, aurora) = self.databases();
        let acknowledge = self.acknowledge();
        Scenario {
            name: "generated".to_owned(),
            dns: self.naming(),
            queue: self.queue(),
            commands: self.commands(),
            relay: self.relay(),
            container: self.container(),
            table: self.table(),
            destination: self.destination(),
            service: match drawn.container.calls() {
                true => drawn.service,
                false => ServiceOptions::default(),
            },
            replication: self.replication(),
            store,
            aurora: AuroraOptions { acknowledge, ..aurora },
            speed: speeds.collect(),
            rpo: self.rpo(),
            budget: self.budget(),
            script: script::write(self),
            records: Records {
                poison: if self.has_poison() { vec![1] } else { Vec::new() },
                poison_at: self.poison_at(),
                new_format_from: rollout.map_or(0, |_| drawn.records.batches[0].min(2) as u16),
                ..drawn.records
            },
            topology: Topology { old_containers: rollout.unwrap_or(0), ..drawn.topology },
            stage: if self.has_branches() { self.stage() } else { self.stages() },
            ..drawn
        }
    }

    /// How many containers of each queue are of the old release, if there is a rollout.
    fn rollout(&self) -> Option<u8> {
        let Opening::Rollout(_, number) = self.opening else { return None };
        Some(1 + number / 2 % self.design.topology.containers)
    }

    /// Versions are checked where records have keys. A row is written on the condition that there is none only where no stage has a
    /// database, which is not as strong as replication can be.
    fn table(&self) -> TableOptions {
        let drawn = self.design.table;
        let is_keyed = self.design.records.keys > 0;
        TableOptions {
            conflict: if is_keyed { Conflict::VersionChecked } else { Conflict::default() },
            insert: if self.has_databases() { Insert::default() } else { drawn.insert },
            ..drawn
        }
    }

    fn destination(&self) -> DestinationOptions {
        let is_keyed = self.design.records.keys > 0;
        let versions = if is_keyed { Versions::Checked } else { Versions::default() };
        DestinationOptions { versions, ..self.design.destination }
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
        let Scenario { topology, replication, .. } = &self.design;
        let has_table = (0..topology.stages.len()).any(|stage| !self.has_database(stage));
        let can_be_strong = has_table && topology.regions <= 3;
        let mode = if can_be_strong { replication.mode } else { ReplicationMode::default() };
        let witness = mode == ReplicationMode::Strong && topology.regions == 2;
        ReplicationOptions { mode, witness, ..*replication }
    }

    /// The stores of the stages: named one by one, unless all are the same.
    fn databases(&self) -> (StoreOptions, AuroraOptions) {
        let names = &self.design.topology.stages;
        let chosen = names.iter().enumerate().filter(|&(stage, _)| self.has_database(stage));
        let chosen: Vec<&String> = chosen.map(|(_, name)| name).collect();
        if chosen.is_empty() {
            return (StoreOptions::default(), AuroraOptions::default());
        }
        let aurora = AuroraOptions { writer: self.writer(), ..self.design.aurora };
        let all = chosen.len() == names.len();
        let default = if all { StoreKind::Aurora } else { StoreKind::Dynamodb };
        let named = chosen.into_iter().filter(|_| !all);
        let stages = named.map(|name| (name.clone(), StoreKind::Aurora)).collect();
        (StoreOptions { default, stages }, aurora)
    }

    /// The region that writes first, counted from 1.
    pub(crate) fn writer(&self) -> u8 {
        1 + self.databases.writer % self.design.topology.regions
    }

    /// When writers acknowledge: as drawn, where they wait for nothing else and have no outbox.
    fn acknowledge(&self) -> AcknowledgeWrite {
        let has_outbox = self.has_outbox() || self.has_own(|own| own.outbox);
        match self.has_databases() && !self.has_limit() && !has_outbox {
            true => self.design.aurora.acknowledge,
            false => AcknowledgeWrite::default(),
        }
    }

    /// Whether nothing is stored before another region has it, or only so much.
    pub(crate) fn waits_for_replication(&self) -> bool {
        let is_confirmed = self.acknowledge() == AcknowledgeWrite::ByAnotherRegion;
        self.is_strong() || self.has_limit() || is_confirmed
    }

    /// Whether a writer may not be ahead of the others by any number.
    fn has_limit(&self) -> bool {
        self.databases().1.rpo_records_max > 0
    }

    /// Whether any stage has a global database.
    fn has_databases(&self) -> bool {
        (0..self.design.topology.stages.len()).any(|stage| self.has_database(stage))
    }

    /// Whether the stage of this index has a global database.
    pub(crate) fn has_database(&self, stage: usize) -> bool {
        self.databases.stages >> (stage % 16) & 1 == 1
    }

    /// The budget as far as the system can have such faults.
    fn budget(&self) -> Budget {
        let mut budget = self.design.budget;
        if !self.has_standard_queue() {
            budget.reorder = 0;
        }
        if self.is_log() {
            budget.visibility_timeout = 0;
        }
        if !self.deduplicates() {
            budget.deduplication_window = 0;
        }
        if !self.has_databases() {
            (budget.switchover, budget.failover) = (0, 0);
        }
        if budget.expire > 0 && self.can_expire() {
            // After any of these a record may wait for an operator until it is too late.
            (budget.pause, budget.fail, budget.outage, budget.partition) = (0, 0, 0, 0);
            (budget.switchover, budget.failover) = (0, 0);
            (budget.lose_table, budget.lose_region) = (0, 0);
        } else {
            budget.expire = 0;
        }
        budget.lose_region = budget.lose_region.min(self.regions_to_lose());
        budget
    }

    /// Whether no record waits for an operator: an orchestrator starts containers again, and the script lets nothing fail.
    fn can_expire(&self) -> bool {
        let is_calm = |act: &Act| match act {
            Act::Publish | Act::Await(..) | Act::Weights(_) => true,
            Act::Disturb(..)
            | Act::Recover { .. }
            | Act::Redrive(_)
            | Act::Lose { .. }
            | Act::MoveWriter { .. } => false,
        };
        self.design.container.restart == Restart::Always
            && self.design.queue.max_receives == 0
            && self.opening == Opening::Plain
            && self.acts.iter().all(is_calm)
    }

    /// How many regions can be lost, by the script and by the scheduler, of a system that goes on. A
    /// single region is left no quorum of three, and no region to which a writer could be close.
    fn regions_to_lose(&self) -> u16 {
        let regions = u16::from(self.design.topology.regions);
        let witness = u16::from(self.replication().witness);
        let with_quorum = if self.is_strong() { regions + witness - 2 } else { regions - 1 };
        let with_reader = if self.has_limit() { regions - 2 } else { regions - 1 };
        with_quorum.min(with_reader)
    }

    fn has_outbox(&self) -> bool {
        self.design.container.has_outbox() && self.may_have_outbox()
    }

    /// Whether containers may leave it to relays to publish.
    fn may_have_outbox(&self) -> bool {
        let loses = |act: &Act| matches!(act, Act::Lose { region: false, .. });
        // The outbox of a database is modelled of stages in a line.
        self.opening == Opening::Plain
            && !self.is_strong()
            && !(self.has_branches() && self.has_databases())
            && self.budget().lose_table == 0
            && !self.acts.iter().any(loses)
    }

    /// Commands are messages where nothing is said of when they take effect, and no dead letter has to be brought back after the last
    /// fault.
    fn commands(&self) -> Commands {
        let is_open = self.opening == Opening::Plain && self.max_receives() == 0;
        if is_open { self.design.commands } else { Commands::AtOnce }
    }

    /// How containers stop, which matters only where they are replaced.
    fn on_stop(&self) -> OnStop {
        self.rollout().map_or(OnStop::default(), |_| self.design.container.on_stop)
    }

    fn is_log(&self) -> bool {
        self.design.queue.delivery == Delivery::Log
    }
}
