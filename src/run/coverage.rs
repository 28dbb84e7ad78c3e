//! What was reached: a property that holds because nothing happened is worthless.

use crate::model::container::{self, WhyBack};
use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::fault::{FaultKind, PointKind, Target};
use crate::model::id::RegionSet;
use crate::model::message::MessageKind;
use crate::model::{destination, queue, replicator, source, table};
use crate::plan::Plan;
use crate::sim::{Pair, Step};

mod reached;

pub use reached::Reached;

/// What is reached when a fault begins, of those that are counted.
const FAULTS: [(FaultKind, Reached); 5] = [
    (FaultKind::Pause, Reached::Paused),
    (FaultKind::Crash, Reached::Crashed),
    (FaultKind::Fail, Reached::ComponentFailed),
    (FaultKind::Offline, Reached::WentOffline),
    (FaultKind::Lose, Reached::Lost),
];

/// How often what was reached.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::explore::possible::{self, Kinds, POSSIBLE};
/// use active_active::explore::{Coverage, Progress, Reached, Sweep};
/// use active_active::plan::Plan;
/// use active_active::scenario::builtin;
/// use active_active::scheduler::Random;
///
/// let plan = Arc::new(Plan::new(&builtin::scenario("f1-fail-container")?)?);
/// let sweep = Sweep { plan: Arc::clone(&plan), runs: 20, threads: 1, steps_max: u64::MAX };
/// let coverage: Coverage = sweep.run(|| Random::new(1), &Progress::default()).coverage;
/// assert_eq!((coverage.runs(Reached::Paused), coverage.runs(Reached::Crashed)), (20, 0));
/// // Of all kinds of steps that there are, those of which the plan has the machines, and those that were taken.
/// let kinds: &Kinds = &POSSIBLE[0];
/// assert!(!kinds.messages.is_empty());
/// let (possible, taken) = (possible::pairs_of(&plan).count(), coverage.pairs().count());
/// assert!(taken < possible && possible <= possible::pairs().count());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coverage {
    /// By [`Pair::index`]: how many steps.
    pairs: Vec<u64>,
    /// By [`Reached`]: in how many runs.
    reached: [u64; Reached::ALL.len()],
    /// What the run under way has reached: bit *n* is `Reached::ALL[n]`.
    this_run: u32,
    /// The greatest record that arrived in the run under way.
    last_arrived: u16,
    /// The regions whose first queue took a record in the run under way.
    took_records: RegionSet,
}

impl Default for Coverage {
    fn default() -> Coverage {
        Coverage {
            pairs: vec![0; Pair::COUNT],
            reached: [0; Reached::ALL.len()],
            this_run: 0,
            last_arrived: 0,
            took_records: RegionSet::EMPTY,
        }
    }
}

impl Coverage {
    /// Takes note of a step.
    #[inline]
    pub fn note_step(&mut self, step: &Step) {
        if let Some(pair) = step.pair {
            self.pairs[pair.index()] += 1;
        }
    }

    /// Takes note of what happened in it.
    // Always inline: the spec then asks no second time which machine it happened at.
    #[inline(always)]
    pub fn note_event(&mut self, event: &Event, plan: &Plan) {
        match *event {
            Event::Queue(event) => self.note_queue(event, plan),
            Event::Container(event) => self.note_container(event),
            Event::Table(event) => self.note_table(event),
            Event::Destination(destination::Event::Arrived { copy, counted, .. }) => {
                if !counted {
                    self.reach(Reached::DuplicateAbsorbed);
                } else if copy.id.0 < self.last_arrived {
                    self.reach(Reached::OrderChanged);
                }
                self.last_arrived = self.last_arrived.max(copy.id.0);
            }
            Event::Source(event) => {
                if let source::Event::Refused { .. } = event {
                    self.reach(Reached::SourceRefused);
                }
            }
            Event::Replicator(event) => {
                if let replicator::Event::WriterMoved { .. } = event {
                    self.reach(Reached::WriterMoved);
                }
            }
            Event::Fault(event) => self.note_fault(event),
            Event::Dns(_) | Event::Service(_) | Event::ExpectationFailed { .. } => {}
        }
    }

    #[inline(always)]
    fn note_queue(&mut self, event: queue::Event, plan: &Plan) {
        match event {
            queue::Event::Enqueued { queue, .. } => {
                let (region, position) = plan.layout.queue_place(queue);
                if position == 0 && self.took_records.insert(region) && self.took_records.len() > 1
                {
                    self.reach(Reached::SeveralRegions);
                }
            }
            queue::Event::SendWaits { .. } => self.reach(Reached::SendWaited),
            queue::Event::Delivered { redelivery: true, .. } => self.reach(Reached::Redelivery),
            queue::Event::Returned { .. } => self.reach(Reached::Returned),
            queue::Event::TimedOut { .. } => self.reach(Reached::TimedOut),
            queue::Event::TookOver { .. } => self.reach(Reached::TookOver),
            queue::Event::Reordered { .. } => self.reach(Reached::Reordered),
            queue::Event::DeadLettered { .. } => self.reach(Reached::DeadLettered),
            queue::Event::StaleRemove { .. } => self.reach(Reached::StaleRemove),
            queue::Event::Delivered { redelivery: false, .. }
            | queue::Event::Redriven { .. }
            | queue::Event::Deduplicated { .. }
            | queue::Event::WindowPassed { .. }
            | queue::Event::Expired { .. }
            | queue::Event::CommitDue { .. }
            | queue::Event::Mirrored { .. }
            | queue::Event::PositionMirrored { .. }
            | queue::Event::Skipped { .. }
            | queue::Event::Removed { .. } => {}
        }
    }

    #[inline(always)]
    fn note_table(&mut self, event: table::Event) {
        if let table::Event::Stored { table, asked, rows, duplicate, .. } = event {
            if rows == 1 && duplicate {
                self.reach(Reached::DuplicateAbsorbed);
            }
            if table != asked {
                self.reach(Reached::WriteForwarded);
            }
        }
    }

    #[inline(always)]
    fn note_container(&mut self, event: container::Event) {
        match event {
            container::Event::Became { state, .. } => match state {
                container::State::Processing => self.reach(Reached::ContainerRecovered),
                container::State::FailedDependency => self.reach(Reached::DependencyFailed),
                container::State::FailedProcessing => {}
            },
            container::Event::GaveBack { why: WhyBack::Unreadable, .. } => {
                self.reach(Reached::GaveUp);
            }
            container::Event::GaveBack {
                why:
                    WhyBack::Duplicate
                    | WhyBack::Refused(_)
                    | WhyBack::Poison
                    | WhyBack::NewFormat
                    | WhyBack::OldFormat,
                ..
            } => self.reach(Reached::GaveBack),
            container::Event::GaveBack { why: WhyBack::With(_), .. } => {
                self.reach(Reached::GaveBackTogether);
            }
            container::Event::CameAlong { .. } => self.reach(Reached::Batched),
            container::Event::StaleReply { .. } => self.reach(Reached::StaleReply),
            container::Event::Forwarding { .. }
            | container::Event::WentOn { .. }
            | container::Event::PutAside { .. }
            | container::Event::RemovesAll { .. }
            | container::Event::PassedOver { .. }
            | container::Event::AnsweredAgain { .. }
            | container::Event::NothingToRecover { .. } => {}
        }
    }

    #[cold]
    fn note_fault(&mut self, event: fault::Event) {
        if let fault::Event::Faulted { fault } = event {
            if let Some(&(_, what)) = FAULTS.iter().find(|(kind, _)| *kind == fault.kind) {
                self.reach(what);
            }
        } else if let fault::Event::Recovered { target: Target::Replicator(_), waiting: 1.. } =
            event
        {
            self.reach(Reached::Backlog);
        } else if let fault::Event::Lost { .. } = event {
            self.reach(Reached::Destroyed);
        } else if let fault::Event::Struck { by: PointKind::LoseReply, .. } = event {
            self.reach(Reached::ReplyLost);
        } else if let fault::Event::Late { message, .. } | fault::Event::CameLate { message, .. } =
            event
        {
            self.reach(match message == MessageKind::Fence {
                true => Reached::FenceLate,
                false => Reached::RequestLate,
            });
        }
    }

    #[inline]
    fn reach(&mut self, what: Reached) {
        self.this_run |= 1 << what as u8;
    }

    /// The run is over: what it reached is counted.
    pub fn end_run(&mut self) {
        for (index, count) in self.reached.iter_mut().enumerate() {
            *count += u64::from(self.this_run >> index & 1);
        }
        self.this_run = 0;
        self.last_arrived = 0;
        self.took_records = RegionSet::EMPTY;
    }

    /// So many more steps were of this kind.
    pub(crate) fn add_steps(&mut self, pair: Pair, steps: u64) {
        self.pairs[pair.index()] += steps;
    }

    /// It was reached in so many more runs.
    pub(crate) fn add_runs(&mut self, what: Reached, runs: u64) {
        self.reached[what as usize] += runs;
    }

    /// How many different things were reached: kinds of steps, and what is interesting otherwise.
    pub fn reached(&self) -> usize {
        let seen = Reached::ALL.iter().filter(|&&what| self.runs(what) > 0);
        self.pairs().count() + seen.count()
    }

    /// In how many runs it was reached.
    pub fn runs(&self, what: Reached) -> u64 {
        self.reached[what as usize]
    }

    /// How many steps were of this kind.
    pub fn steps(&self, pair: Pair) -> u64 {
        self.pairs[pair.index()]
    }

    /// The pairs that were reached, in ascending order, with the number of steps.
    pub fn pairs(&self) -> impl Iterator<Item = (Pair, u64)> + '_ {
        let counted = self.pairs.iter().enumerate().filter(|&(_, &count)| count > 0);
        counted.filter_map(|(index, &count)| Some((Pair::from_index(index)?, count)))
    }

    /// Adds what another coverage has counted.
    pub fn merge(&mut self, other: &Coverage) {
        self.pairs.iter_mut().zip(&other.pairs).for_each(|(sum, count)| *sum += count);
        self.reached.iter_mut().zip(&other.reached).for_each(|(sum, count)| *sum += count);
    }

    /// Counts from 0 again, in the memory that is there.
    pub fn clear(&mut self) {
        self.pairs.fill(0);
        self.reached = [0; Reached::ALL.len()];
        self.this_run = 0;
        self.last_arrived = 0;
        self.took_records = RegionSet::EMPTY;
    }
}
