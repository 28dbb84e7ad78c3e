//! What one stage has of its own, in a sketch.

use std::collections::BTreeMap;

use crate::model::options::{
    Deduplication, Delivery, Groups, OnDependencyFailure, QueueFailure, TableFailure,
};
use crate::scenario::{Scenario, StageOptions};
use crate::sketch::{Opening, Sketch};

/// What is set for one stage, and is sound as what is set for all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Own {
    /// Which stage, modulo their number.
    pub(crate) stage: u8,
    /// How many containers it has: 1..=8; 0: as many as others.
    pub(crate) containers: u8,
    /// Its queue is of the other kind.
    pub(crate) delivery: bool,
    /// Its queue alone gives up. Counts only where queues give up, and containers can process all records.
    pub(crate) gives_up: bool,
    /// How often its containers try again; 0: as often as others.
    pub(crate) retries: u8,
    /// What fails there does the other thing: tables with requests, queues with those who wait, containers when they are
    /// refused.
    pub(crate) failures: bool,
    /// Its containers publish, where others leave it to relays, or the other way round.
    pub(crate) outbox: bool,
}

impl Sketch {
    /// The topology, and how many containers stages have.
    pub(crate) fn shape(&self) -> Scenario {
        let (topology, stage) = (self.design.topology.clone(), self.stages());
        Scenario { topology, stage, ..Scenario::default() }
    }

    /// What is set for single stages.
    pub(super) fn stages(&self) -> BTreeMap<String, StageOptions> {
        let Some(own) = self.own.filter(|_| self.has_own(|_| true)) else { return BTreeMap::new() };
        let index = usize::from(own.stage) % self.design.topology.stages.len();
        let containers = Some(own.containers).filter(|&containers| containers > 0);
        let mut options = StageOptions { containers, ..StageOptions::default() };
        options.container.retries = Some(own.retries).filter(|&retries| retries > 0);
        if own.delivery {
            let is_standard = self.design.queue.delivery == Delivery::Standard;
            let other = if is_standard { Delivery::Fifo } else { Delivery::Standard };
            options.queue.delivery = Some(other);
        }
        if own.delivery && self.design.queue.delivery == Delivery::Fifo {
            options.queue.groups = Some(Groups::One).filter(|&one| self.groups() != one);
            options.queue.deduplication = Some(Deduplication::None).filter(|_| self.deduplicates());
        }
        if self.one_gives_up() {
            options.queue.max_receives = Some(self.max_receives());
        }
        if own.failures {
            options.table.on_failure = Some(match self.design.table.on_failure {
                TableFailure::Reject => TableFailure::Hang,
                TableFailure::Hang => TableFailure::Reject,
            });
            options.queue.on_failure = Some(match self.design.queue.on_failure {
                QueueFailure::RefuseWaiting => QueueFailure::KeepWaiting,
                QueueFailure::KeepWaiting => QueueFailure::RefuseWaiting,
            });
            let gives_back = self.on_dependency_failure() == OnDependencyFailure::GiveBack;
            options.container.on_dependency_failure = match gives_back {
                true => Some(OnDependencyFailure::Halt),
                false => Some(OnDependencyFailure::GiveBack).filter(|_| self.may_give_back()),
            };
        }
        if own.outbox && (self.has_outbox() || self.may_have_outbox()) {
            options.container.steps = Some(self.steps(!self.has_outbox()));
        }
        match options == StageOptions::default() {
            true => BTreeMap::new(),
            false => BTreeMap::from([(self.design.topology.stages[index].clone(), options)]),
        }
    }

    /// Whether a stage has something like that of its own: only beside others, in a line of stages, and between
    /// queues. What a single stage has, all have.
    pub(super) fn has_own(&self, such: impl Fn(Own) -> bool) -> bool {
        let is_one_of_several = self.design.topology.stages.len() > 1;
        let is_plain = is_one_of_several
            && !self.has_branches()
            && self.design.queue.delivery != Delivery::Log;
        is_plain && self.own.is_some_and(such)
    }

    /// Whether the queue of one stage alone gives up.
    pub(super) fn one_gives_up(&self) -> bool {
        self.has_own(|own| own.gives_up) && self.max_receives() > 0 && !self.has_poison()
    }

    /// Whether containers may give back what is refused: what a script expects of its beginning is said of containers
    /// that halt, and a queue that gives up makes dead letters of what is given back.
    pub(super) fn may_give_back(&self) -> bool {
        self.opening == Opening::Plain && self.max_receives() == 0
    }

    /// The largest number of containers that compete on a queue.
    pub(super) fn containers_max(&self) -> u8 {
        self.shape().of_stages().map(|stage| stage.containers).max().unwrap_or(1)
    }
}
