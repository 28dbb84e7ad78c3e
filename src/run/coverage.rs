//! What was reached: a property that holds because nothing happened is worthless.

use crate::model::container::{self, WhyBack};
use crate::model::dns::DnsSide;
use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::fault::{FaultKind, PointKind, Target};
use crate::model::id::RegionSet;
use crate::model::message::MessageKind;
use crate::model::options::{
    ContainerOptions, Forwarding, OnDependencyFailure, OnDuplicate, OnStop, OnUnreadable,
    ReplicationMode,
};
use crate::model::{destination, queue, replicator, source, table};
use crate::plan::{DriverAction, Plan};
use crate::sim::{Pair, Step};
use crate::spec::PropertyName;

macro_rules! reached {
    ($($(#[$doc:meta])* $name:ident $text:literal,)+) => {
        /// Something interesting that a run can reach.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum Reached { $($(#[$doc])* $name,)+ }

        impl Reached {
            /// Everything that a run can reach.
            pub const ALL: &[Reached] = &[$(Reached::$name),+];

            /// What it is, in words.
            pub fn text(self) -> &'static str {
                match self { $(Reached::$name => $text),+ }
            }
        }
    };
}

reached! {
    /// Records arrived in another order than they were published.
    OrderChanged "the order at the destination was not the publishing order",
    /// A record was delivered again by a queue.
    Redelivery "a queue delivered a record again",
    /// A record that came twice had one effect.
    DuplicateAbsorbed "a duplicate was absorbed",
    /// A container ignored a reply to an earlier life.
    StaleReply "a reply to a dead incarnation was ignored",
    /// A container was paused.
    Paused "a container was paused",
    /// A container crashed.
    Crashed "a container crashed",
    /// A delivery came back to its queue from a consumer that gave it up.
    Returned "a delivery came back to its queue",
    /// A delivery took too long.
    TimedOut "a visibility timeout expired",
    /// A queue changed its order.
    Reordered "a standard queue changed its order",
    /// A receipt was out of date.
    StaleRemove "a remove came with a stale receipt",
    /// A record was delivered too often.
    DeadLettered "a record went to the dead-letter queue",
    /// A reply was lost on its way.
    ReplyLost "a reply was lost",
    /// A request arrived late.
    RequestLate "a request was late",
    /// The old writer of a global database had yet to hear of a failover.
    FenceLate "a fence was late",
    /// A container came back.
    ContainerRecovered "a container recovered",
    /// A container met a failed queue or table.
    DependencyFailed "a container met a failed dependency",
    /// The source was refused.
    SourceRefused "the source was refused",
    /// A queue, table, replicator or DNS target failed.
    ComponentFailed "a queue, a table, replication or a DNS target failed",
    /// A region went offline in a DNS name.
    WentOffline "a region was taken offline",
    /// A replicator came back to a backlog.
    Backlog "replication recovered with a backlog",
    /// A table or a region was lost for good.
    Lost "something was lost for good",
    /// A loss took the last copy of something.
    Destroyed "a loss took a copy of a record",
    /// A sender waited for a queue to have room.
    SendWaited "a sender waited for room in a full queue",
    /// A container gave its delivery back because of a row that it cannot read.
    GaveUp "a container gave up at a row that it cannot read",
    /// A container gave its delivery back and went on.
    GaveBack "a container gave a record back and went on",
    /// A write was forwarded to the writer of a global database.
    WriteForwarded "a write was forwarded to the writer's region",
    /// The writer of a global database moved.
    WriterMoved "the writer of a global database moved",
    /// Both regions (or more) took records.
    SeveralRegions "more than one region took records",
}

/// What is reached when a fault begins, of those that are counted.
const FAULTS: [(FaultKind, Reached); 5] = [
    (FaultKind::Pause, Reached::Paused),
    (FaultKind::Crash, Reached::Crashed),
    (FaultKind::Fail, Reached::ComponentFailed),
    (FaultKind::Offline, Reached::WentOffline),
    (FaultKind::Lose, Reached::Lost),
];

impl Reached {
    /// Whether only unsound designs reach it.
    pub fn is_unsound(self) -> bool {
        [Reached::GaveUp, Reached::FenceLate].contains(&self)
    }

    /// Whether the scenario can reach it at all.
    #[expect(clippy::too_many_lines, reason = "a line or two for each variant")]
    pub fn is_possible(self, plan: &Plan) -> bool {
        let stops = plan.any_container(|container| container.on_stop == OnStop::AtOnce);
        let stopped = plan.has_fault(FaultKind::Deploy) && stops;
        let crash = plan.has_fault(FaultKind::Crash) || stopped;
        let refused = plan.budget.refuses();
        let times_out = plan.budget.visibility_timeout > 0 || plan.consumers_can_hang;
        let fail = plan.has_fault(FaultKind::Fail);
        let queue = |target| matches!(target, Target::Queue(_));
        let strong = plan.scenario().replication.mode == ReplicationMode::Strong;
        // What containers depend on: with strong replication a table needs another region.
        let is_dependency = |target| {
            matches!(target, Target::Queue(_) | Target::Table(_) | Target::Service)
                || (strong && matches!(target, Target::Replicator(_) | Target::Link(..)))
        };
        // The destination can lose its connection to a record that it has received.
        let out_of_reach = plan.budget.outage > 0
            || plan.faults().any(|fault| {
                let side = matches!(fault.target, Target::Dns(DnsSide::Out, _));
                side && matches!(fault.kind, FaultKind::Fail | FaultKind::Offline)
            });
        // A failover refuses each write under way once.
        let gives_in = plan.any_container(|container| container.retries == 0);
        let refuses = plan.has_fault(FaultKind::Failover) && gives_in;
        // Replication refuses no request, so no container gives a delivery back because of it.
        let moves = plan.has_fault(FaultKind::Failover) || plan.has_fault(FaultKind::Switchover);
        let gives_back =
            refuses || crash || refused || out_of_reach || plan.can_fail(is_dependency);
        let is_refused = refuses || refused || plan.can_fail(is_dependency);
        let is_poisoned = plan.cannot_process();
        let gives_back_refused = |container: &ContainerOptions| {
            container.on_dependency_failure == OnDependencyFailure::GiveBack
        };
        let goes_on = plan.any_container(gives_back_refused);
        let stops_refused = plan.any_container(|container| {
            let reads_on = container.on_dependency_failure == OnDependencyFailure::ReadOn;
            !reads_on && !gives_back_refused(container)
        });
        match self {
            Reached::OrderChanged => {
                plan.records() > 1 && PropertyName::InOrder.not_applicable(plan).is_some()
            }
            Reached::SeveralRegions => {
                let other = |action: &DriverAction| matches!(action, DriverAction::Weights(_));
                let is_one = plan.weights.iter().filter(|&&weight| weight > 0).count() == 1;
                plan.records() > 1 && (!is_one || plan.actions().iter().any(other))
            }
            Reached::Returned => {
                gives_back
                    || [Reached::GaveUp, Reached::GaveBack].iter().any(|it| it.is_possible(plan))
            }
            Reached::Redelivery => gives_back || times_out || is_poisoned,
            // A record whose store was refused is not there a second time.
            Reached::DuplicateAbsorbed => {
                let fails = plan.can_fail(queue) || plan.can_lose_a_region();
                crash || refused || out_of_reach || times_out || fails
            }
            // Only a crash leaves a request behind: who is refused has its reply.
            Reached::StaleReply => crash,
            Reached::Paused => plan.has_fault(FaultKind::Pause),
            Reached::Crashed => plan.has_fault(FaultKind::Crash),
            Reached::TimedOut => times_out,
            // A late remove may come when its container has died, and the record was delivered again.
            Reached::StaleRemove => times_out || (plan.budget.late > 0 && crash),
            Reached::Reordered => plan.budget.reorder > 0,
            Reached::DeadLettered => plan.any_queue(|queue| queue.max_receives > 0),
            Reached::ReplyLost => plan.budget.lost_reply > 0,
            Reached::FenceLate => plan.fences_late,
            Reached::RequestLate => plan.budget.late > 0,
            Reached::SendWaited => plan.any_queue(|queue| queue.capacity > 0),
            Reached::GaveUp => {
                let gives_up = OnUnreadable::GiveUp;
                plan.any_container(|container| container.on_unreadable == gives_up)
                    && plan.keys().unreadable().is_some()
            }
            Reached::GaveBack => {
                let duplicate =
                    plan.any_container(|container| container.on_duplicate == OnDuplicate::GiveBack);
                is_poisoned
                    || is_refused && goes_on
                    || duplicate && Reached::DuplicateAbsorbed.is_possible(plan)
            }
            Reached::ContainerRecovered => {
                let stops = crash || is_refused && stops_refused;
                stops || plan.has_fault(FaultKind::Pause)
            }
            Reached::ComponentFailed => fail,
            Reached::DependencyFailed => is_refused && stops_refused,
            Reached::SourceRefused => {
                let fails = plan.can_fail(|target| plan.can_refuse_source(target));
                refused || fails || plan.can_lose_a_region()
            }
            // The healing leads the traffic around a region that is lost.
            Reached::WentOffline => plan.has_fault(FaultKind::Offline) || plan.can_lose_a_region(),
            Reached::Lost => plan.has_fault(FaultKind::Lose),
            Reached::Destroyed => plan.can_lose(),
            Reached::WriteForwarded => {
                let forwards = plan.scenario().aurora.forwarding != Forwarding::Off;
                forwards && plan.has_database() && Reached::SeveralRegions.is_possible(plan)
            }
            Reached::WriterMoved => {
                let lost = plan.has_database() && plan.can_lose_a_region();
                lost || moves
            }
            Reached::Backlog => plan.can_fail(|target| matches!(target, Target::Replicator(_))),
        }
    }
}

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
            queue::Event::Reordered { .. } => self.reach(Reached::Reordered),
            queue::Event::DeadLettered { .. } => self.reach(Reached::DeadLettered),
            queue::Event::StaleRemove { .. } => self.reach(Reached::StaleRemove),
            queue::Event::Delivered { redelivery: false, .. }
            | queue::Event::Redriven { .. }
            | queue::Event::Deduplicated { .. }
            | queue::Event::WindowPassed { .. }
            | queue::Event::Expired { .. }
            | queue::Event::CommitDue { .. }
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
                why: WhyBack::Duplicate | WhyBack::Refused(_) | WhyBack::Poison | WhyBack::NewFormat,
                ..
            } => self.reach(Reached::GaveBack),
            container::Event::StaleReply { .. } => self.reach(Reached::StaleReply),
            container::Event::Forwarding { .. }
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
