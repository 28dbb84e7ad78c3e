//! Violations as data.
//!
//! ```
//! use active_active::explore::{Failure, check};
//! use active_active::model::RecordId;
//! use active_active::model::options::Action;
//! use active_active::scenario::builtin;
//! use active_active::spec::{Breach, PropertyName, Violation};
//!
//! let mut scenario = builtin::scenario("baseline")?;
//! scenario.container.steps = vec![Action::Publish, Action::Store, Action::Remove];
//! let Err(Failure::Violated(found)) = check(&scenario, &[]) else { panic!("it is wrong") };
//! let violation: &Violation = &found.violation;
//! assert_eq!(violation.property(), PropertyName::StoreBeforeForward);
//! assert!(matches!(violation.breach, Breach::ForwardedUnstored { record: RecordId(1), .. }));
//! assert_eq!(violation.because, ["inbound-table@1 has no row for record 1"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::model::event::Holder;
use crate::model::fault::Fault;
use crate::model::id::{
    ContainerId, MachineId, QueueId, RecordId, RegionId, RegionSet, StageId, TableId,
};
use crate::model::layout::Place;
use crate::spec::PropertyName;

/// How a property is violated. The ids are those of the run's [`Layout`](crate::model::Layout).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Breach {
    /// A record appeared that was not published, or with another value.
    Invented {
        /// Its id.
        record: RecordId,
        /// Its value there.
        value: u32,
        /// Where.
        at: Whereabouts,
    },
    /// A container sent on what its stage had not stored.
    ForwardedUnstored {
        /// The container.
        container: ContainerId,
        /// The record.
        record: RecordId,
    },
    /// A container was told that its table stored a record, and had been told before.
    AnsweredAgain {
        /// The container.
        container: ContainerId,
    },
    /// A record left a queue before its stage had stored it.
    RemovedUnstored {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A record left a queue before the next queue (or the destination) had it.
    RemovedUnforwarded {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// The last durable copy of an accepted record that was not delivered is gone.
    Lost {
        /// The record.
        record: RecordId,
        /// The queue that had it last, if one ever had it.
        queue: Option<QueueId>,
    },
    /// The last copy is gone that led an accepted record to a stage where it ends, and it has not come there.
    CutOff {
        /// The record.
        record: RecordId,
        /// The queue that had it last, if that is how it was lost.
        queue: Option<QueueId>,
        /// The stage.
        stage: StageId,
    },
    /// A table has several rows for a record.
    SeveralRows {
        /// The table.
        table: TableId,
        /// The record.
        record: RecordId,
        /// How many.
        rows: u8,
    },
    /// The destination counted a record again.
    CountedAgain {
        /// The record.
        record: RecordId,
        /// The region it came through.
        region: RegionId,
    },
    /// The external service had an effect for a record more than once; or never, for one that was delivered.
    Effects {
        /// The record.
        record: RecordId,
        /// The stage that calls.
        stage: StageId,
        /// How often.
        times: u8,
    },
    /// in-dns routed to a region that it should not have.
    Misrouted {
        /// The record.
        record: RecordId,
        /// The region.
        region: RegionId,
        /// Where it could have gone.
        allowed: RegionSet,
    },
    /// out-dns led the destination to a region that it should not have.
    FetchMisrouted {
        /// The region.
        region: RegionId,
        /// Where it could have led it.
        allowed: RegionSet,
    },
    /// A health check changed its mind about a region without enough results of its own.
    Misjudged {
        /// The region.
        region: RegionId,
        /// It is taken to be healthy from now on.
        healthy: bool,
        /// How many results in a row said so.
        results: u8,
    },
    /// A record came after one that it was to come before.
    Overtaken {
        /// The property that says so.
        property: PropertyName,
        /// Where.
        at: Whereabouts,
        /// The record that was overtaken.
        record: RecordId,
        /// The one that overtook it.
        by: RecordId,
    },
    /// A table shows an older version of a key than before.
    WentBack {
        /// The table.
        table: TableId,
        /// The record that it shows now.
        record: RecordId,
        /// The record that it showed before.
        newer: RecordId,
    },
    /// A table took a write of a newer version of a key, and goes on showing the older one.
    Ignored {
        /// The table.
        table: TableId,
        /// The record that was written.
        record: RecordId,
        /// The record that it shows.
        shown: RecordId,
    },
    /// The destination shows an older version of a key than before.
    DestinationWentBack {
        /// The record that it shows now.
        record: RecordId,
        /// The record that it showed before.
        newer: RecordId,
    },
    /// Two regions show different records for a key.
    KeyDiverged {
        /// What the first region shows; record 0 for nothing.
        record: RecordId,
        /// The stage.
        stage: StageId,
        /// The first region.
        first: RegionId,
        /// A region that shows another record.
        region: RegionId,
        /// The key, from 0.
        key: u16,
    },
    /// Losses destroyed more than was declared.
    OverRpo {
        /// The first record of which something is gone.
        record: RecordId,
        /// Of how many records something is gone.
        count: u16,
        /// Of how many it may be.
        allowed: u32,
    },
    /// A copy is gone that was not in what was lost, or not there at all.
    LostUnasked {
        /// What held it.
        holder: Holder,
        /// The record.
        record: RecordId,
    },
    /// A row that was destroyed is back, though it was not written again.
    CameBack {
        /// The table that has it.
        table: TableId,
        /// The record.
        record: RecordId,
    },
    /// What the script expects does not hold.
    Unexpected {
        /// Index into [`Plan::actions`](crate::plan::Plan::actions).
        action: u16,
    },
    /// The script waits for something that will not come.
    StillWaiting {
        /// Index into [`Plan::actions`](crate::plan::Plan::actions).
        action: u16,
    },
    /// The system does not come to rest.
    Restless {
        /// How many fair steps it was given.
        steps: u64,
        /// A machine that still has something to do.
        machine: MachineId,
    },
    /// An accepted record (or, with a source that retries, a published one) did not arrive.
    Undelivered {
        /// The first such record.
        record: RecordId,
        /// How many there are.
        count: u16,
    },
    /// A delivered record is not in some table.
    NotStored {
        /// The record.
        record: RecordId,
        /// The table that lacks it.
        table: TableId,
    },
    /// Two regions hold different rows of a record.
    Diverged {
        /// The record.
        record: RecordId,
        /// The stage.
        stage: StageId,
        /// The first region.
        first: RegionId,
        /// A region that differs from the first one.
        region: RegionId,
    },
    /// A queue is not empty at the end.
    QueueNotEmpty {
        /// The queue.
        queue: QueueId,
        /// The record at its head.
        record: RecordId,
        /// How many it holds.
        count: u16,
    },
    /// A container does not work, or does not ask for work, at the end.
    ContainerStuck {
        /// The container.
        container: ContainerId,
    },
    /// Records took too long to arrive.
    TooSlow {
        /// Index into [`Plan::objectives`](crate::plan::Plan::objectives).
        objective: u8,
        /// The record at the percentile.
        record: RecordId,
        /// How long it took.
        took: Took,
    },
    /// Too much time passed between a fault and the arrival of a record that was published afterwards.
    RecoveredLate {
        /// Index into [`Plan::objectives`](crate::plan::Plan::objectives).
        objective: u8,
        /// The fault.
        fault: Fault,
        /// The record.
        record: RecordId,
        /// How long it took.
        took: Took,
    },
    /// What a fault would have destroyed had been acknowledged for too long.
    ExposedLong {
        /// Index into [`Plan::objectives`](crate::plan::Plan::objectives).
        objective: u8,
        /// The fault.
        fault: Fault,
        /// The oldest of the records.
        record: RecordId,
        /// How long that was.
        took: Took,
    },
}

/// A time that is too long: in microseconds, up to an hour and more; or for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Took(u32);

impl Took {
    /// It did not end within the run.
    pub const FOR_EVER: Took = Took(u32::MAX);

    /// So many microseconds; more than 71 minutes count as this much.
    pub fn of_us(us: u64) -> Took {
        Took(u32::try_from(us).unwrap_or(u32::MAX).min(u32::MAX - 1))
    }

    /// Whether it is longer than so many milliseconds.
    pub fn exceeds_ms(self, ms: u64) -> bool {
        u64::from(self.0) > ms * 1_000
    }
}

impl std::fmt::Display for Took {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Took::FOR_EVER => f.write_str("more than the run"),
            Took(us) => write!(f, "{}.{:03} ms", us / 1_000, us % 1_000),
        }
    }
}

/// Where something was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whereabouts {
    /// The source sent it.
    Source,
    /// A queue has it.
    Queue(QueueId),
    /// A table has it.
    Table(TableId),
    /// The destination has it.
    Destination,
}

impl Whereabouts {
    /// The machine that has it.
    pub(crate) fn place(self) -> Place {
        match self {
            Whereabouts::Source => Place::Source,
            Whereabouts::Queue(id) => Place::Queue(id),
            Whereabouts::Table(id) => Place::Table(id),
            Whereabouts::Destination => Place::Destination,
        }
    }
}

impl Breach {
    /// The property that it violates.
    pub fn property(&self) -> PropertyName {
        match self {
            Breach::Invented { .. } => PropertyName::NoInvention,
            Breach::ForwardedUnstored { .. } => PropertyName::StoreBeforeForward,
            Breach::RemovedUnstored { .. } | Breach::RemovedUnforwarded { .. } => {
                PropertyName::RemoveLast
            }
            Breach::Lost { .. } | Breach::CutOff { .. } => PropertyName::NeverLost,
            Breach::SeveralRows { .. } | Breach::CountedAgain { .. } | Breach::Effects { .. } => {
                PropertyName::EffectOnce
            }
            Breach::AnsweredAgain { .. } => PropertyName::AnsweredOnce,
            Breach::Misrouted { .. } | Breach::FetchMisrouted { .. } | Breach::Misjudged { .. } => {
                PropertyName::RoutedByPolicy
            }
            Breach::WentBack { .. }
            | Breach::Ignored { .. }
            | Breach::DestinationWentBack { .. } => PropertyName::MonotoneVersion,
            Breach::OverRpo { .. } | Breach::LostUnasked { .. } | Breach::CameBack { .. } => {
                PropertyName::WithinRpo
            }
            Breach::KeyDiverged { .. } => PropertyName::Converged,
            Breach::Overtaken { property, .. } => *property,
            Breach::Unexpected { .. } | Breach::StillWaiting { .. } => PropertyName::Expectation,
            Breach::Restless { .. } => PropertyName::Settles,
            Breach::Undelivered { .. } => PropertyName::DeliveredAll,
            Breach::NotStored { .. } => PropertyName::StoredEverywhere,
            Breach::Diverged { .. } => PropertyName::Converged,
            Breach::QueueNotEmpty { .. } | Breach::ContainerStuck { .. } => PropertyName::Drained,
            Breach::TooSlow { .. } => PropertyName::Latency,
            Breach::RecoveredLate { .. } => PropertyName::Rto,
            Breach::ExposedLong { .. } => PropertyName::Rpo,
        }
    }
}

/// A breach with the words for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// What is violated, and by whom.
    pub breach: Breach,
    /// How many choices the run had taken.
    pub step: u64,
    /// What happened, in a sentence.
    pub what: String,
    /// Why: from what did not happen back to the machine that will never act.
    pub because: Vec<String>,
}

impl Violation {
    /// The property that is violated.
    pub fn property(&self) -> PropertyName {
        self.breach.property()
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is violated at step {}: {}", self.property(), self.step, self.what)?;
        self.because.iter().try_for_each(|reason| write!(f, "\n  {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every step returns one, or none.
    #[test]
    fn is_no_larger_than_it_was() {
        assert_eq!(size_of::<Breach>(), 16);
    }
}
