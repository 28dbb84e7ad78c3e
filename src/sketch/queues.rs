//! The queues of a sketch.

use crate::model::options::{
    Commit, DeadLetters, Deduplication, Delivery, Groups, LossLimit, Mirror, PositionsAtFailover,
};
use crate::scenario::QueueOptions;
use crate::sketch::{Act, Opening, Sketch};

impl Sketch {
    /// What all queues do that have nothing of their own.
    pub(super) fn queue(&self) -> QueueOptions {
        let drawn = self.design.queue;
        let may_be_dead = self.max_receives() > 0;
        let parked_max = if may_be_dead { drawn.parked_max } else { LossLimit::default() };
        let is_parked = self.has_poison() || parked_max != LossLimit::default();
        QueueOptions {
            commit: if self.is_log() { drawn.commit } else { Commit::default() },
            mirror: if self.is_mirrored() { drawn.mirror } else { Mirror::default() },
            positions_at_failover: match self.is_mirrored() {
                true => drawn.positions_at_failover,
                false => PositionsAtFailover::default(),
            },
            groups: self.groups(),
            deduplication: match self.deduplicates() {
                true => drawn.deduplication,
                false => Deduplication::default(),
            },
            max_receives: if self.one_gives_up() { 0 } else { self.max_receives() },
            capacity: self.capacity(),
            dead_letters: if is_parked { DeadLetters::Parked } else { DeadLetters::default() },
            parked_max,
            ..drawn
        }
    }

    /// Whether some queue has no order.
    pub(super) fn has_standard_queue(&self) -> bool {
        let other = self.has_own(|own| own.delivery);
        self.design.queue.delivery == Delivery::Standard || other
    }

    /// Whether fifo queues tell resends from messages.
    pub(super) fn deduplicates(&self) -> bool {
        let queue = self.design.queue;
        queue.deduplication != Deduplication::None && queue.delivery == Delivery::Fifo
    }

    /// The message groups; without keys, each record's own for by key.
    pub(super) fn groups(&self) -> Groups {
        let has_keys = self.design.records.keys > 0;
        match (self.design.queue.delivery, self.design.queue.groups) {
            (Delivery::Standard, _) => Groups::One,
            (Delivery::Fifo, Groups::ByKey) if !has_keys => Groups::ByRecord,
            (Delivery::Fifo, groups) => groups,
            (Delivery::Log, Groups::ByKey) if has_keys => Groups::ByKey,
            (Delivery::Log, _) => Groups::One,
        }
    }

    /// For how many records a queue has room; 0: any number. A whole batch waits in front of the containers that the opening pauses.
    pub(super) fn capacity(&self) -> u16 {
        let waits = matches!(self.opening, Opening::Waiting(_));
        if waits || self.is_log() { 0 } else { self.design.queue.capacity }
    }

    /// After how many deliveries a record is dead-lettered; 0: never. Dead letters are sound when the script brings them back after the last
    /// fault, which it can only if it knows when that is: a database whose writer is lost has none until the healing, and the scheduler chooses
    /// when the faults of a budget come. Or they may stay where they are.
    pub(super) fn max_receives(&self) -> u16 {
        let loses = |act: &Act| matches!(act, Act::Lose { region: true, .. });
        let waits = self.databases.stages != 0 && self.acts.iter().any(loses);
        let is_unknown = self.budget().total() > 0 && !self.may_stay();
        let is_none = is_unknown || waits || self.is_mirrored();
        if is_none { 0 } else { self.design.queue.max_receives }
    }

    /// Whether any number of dead letters may stay where they are.
    pub(super) fn may_stay(&self) -> bool {
        self.design.queue.parked_max == LossLimit::Unlimited
    }

    pub(super) fn is_mirrored(&self) -> bool {
        self.is_log() && self.design.queue.mirror != Mirror::None
    }
}
