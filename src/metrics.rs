//! What operators measure: latency, recovery point and recovery time, replication lag, age of the
//! oldest message, backlogs, redeliveries, amplification.
//!
//! [`Metrics`] watches runs and adds up what they show. Durations are in virtual milliseconds where
//! the scheduler knows a time ([`Timed`](crate::scheduler::Timed)), in steps elsewhere; every name
//! carries its unit.
//!
//! ```
//! use std::sync::Arc;
//! use active_active::explore::Runner;
//! use active_active::metrics::Metrics;
//! use active_active::plan::Plan;
//! use active_active::scenario::builtin;
//! use active_active::scheduler::Timed;
//!
//! let plan = Arc::new(Plan::new(&builtin::scenario("f1-fail-container")?)?);
//! let mut metrics = Metrics::new(&plan);
//! Runner::new(Arc::clone(&plan)).run(&mut Timed::new(1), 0, &mut metrics);
//! metrics.end_run();
//! let summary = metrics.summary(&plan);
//! assert_eq!(summary.latency_count(), 30);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::model::event::fault;
use crate::model::event::queue::{Change, MirrorChange};
use crate::model::event::{Event, Holder};
use crate::model::{destination, queue, replicator, source, table};
use crate::plan::Plan;
use crate::scheduler::Span;
use crate::sim::Simulation;

mod exposure;
mod fault_summary;
mod faults;
mod judge;
mod queues;
mod records;
mod spread;
mod summary;
mod unit;

use exposure::Exposure;
pub use fault_summary::FaultSummary;
use faults::{FAULTS_MAX, Faults};
pub(crate) use judge::Judge;
use queues::Queues;
use records::Records;
use spread::Spread;
pub use summary::{Measured, MetricsSummary};
use unit::Unit;

/// Watches runs and adds up what they show; all memory is taken in the beginning.
///
/// After each run [`Metrics::end_run`] must be called.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// The time of the step under way, in microseconds or in steps.
    now: u64,
    /// The runs have a time.
    timed: bool,
    runs: u64,
    records: Records,
    exposure: Exposure,
    queues: Queues,
    faults: Faults,
    totals: Totals,
}

/// What all runs together show. Every part is a sum, a greatest value or a histogram, so the order in
/// which runs are added does not matter.
#[derive(Clone, Debug)]
struct Totals {
    /// From the first attempt of the source to the first arrival, each record once a run.
    latency: Spread,
    /// From a row's write to its write in another region, each such pair once a write.
    lag: Spread,
    /// By run: the greatest age of a message in any queue.
    oldest_true: Spread,
    /// By run: the same, as the cloud's metric reports it.
    oldest_reported: Spread,
    /// By fault: of how many records something acknowledged was nowhere but in what it struck.
    rpo_records: Spread,
    /// By fault: for how long the oldest of them had been acknowledged.
    rpo_age: Spread,
    /// By run: the greatest number of records of which something acknowledged was in one region only.
    exposed_max: Spread,
    /// By fault that was recovered from.
    rto_path: Spread,
    /// By fault after which something was published and delivered.
    rto_service: Spread,
    /// Faults after which nothing that passed the component arrived within the run.
    rto_path_never: u64,
    /// Faults after which nothing that was published arrived within the run.
    rto_service_never: u64,
    /// Faults that were not looked at: there were too many in one run.
    faults_left_out: u64,
    /// By queue: the largest backlog of all runs.
    backlog: Vec<u32>,
    /// The most records in all dead-letter queues together, of all runs.
    dead_letters: u32,
    counts: Counts,
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counts {
    /// Sends of the source, repeated ones included.
    attempts: u64,
    accepted: u64,
    deliveries: u64,
    /// Redeliveries after the consumer was gone or gave up.
    redelivered_returned: u64,
    /// Redeliveries after a visibility timeout.
    redelivered_timed_out: u64,
    enqueued: u64,
    /// A record came into a region's first queue again: the source sent it again.
    duplicates_source: u64,
    /// A record came into a later queue again: a stage forwarded it again.
    duplicates_forwarded: u64,
    /// A record came to the destination again.
    duplicates_arrived: u64,
    arrived: u64,
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        let Counts {
            attempts,
            accepted,
            deliveries,
            redelivered_returned,
            redelivered_timed_out,
            enqueued,
            duplicates_source,
            duplicates_forwarded,
            duplicates_arrived,
            arrived,
        } = *other;
        self.attempts += attempts;
        self.accepted += accepted;
        self.deliveries += deliveries;
        self.redelivered_returned += redelivered_returned;
        self.redelivered_timed_out += redelivered_timed_out;
        self.enqueued += enqueued;
        self.duplicates_source += duplicates_source;
        self.duplicates_forwarded += duplicates_forwarded;
        self.duplicates_arrived += duplicates_arrived;
        self.arrived += arrived;
    }
}

impl Totals {
    fn new(plan: &Plan) -> Totals {
        let spread = Spread::new;
        Totals {
            latency: spread(),
            lag: spread(),
            oldest_true: spread(),
            oldest_reported: spread(),
            rpo_records: spread(),
            rpo_age: spread(),
            exposed_max: spread(),
            rto_path: spread(),
            rto_service: spread(),
            rto_path_never: 0,
            rto_service_never: 0,
            faults_left_out: 0,
            backlog: vec![0; plan.layout.queues()],
            dead_letters: 0,
            counts: Counts::default(),
        }
    }

    fn spreads(&mut self) -> [&mut Spread; 9] {
        [
            &mut self.latency,
            &mut self.lag,
            &mut self.oldest_true,
            &mut self.oldest_reported,
            &mut self.rpo_records,
            &mut self.rpo_age,
            &mut self.exposed_max,
            &mut self.rto_path,
            &mut self.rto_service,
        ]
    }

    fn add(&mut self, mut other: Totals) {
        for (ours, theirs) in self.spreads().into_iter().zip(other.spreads()) {
            ours.add(theirs);
        }
        self.rto_path_never += other.rto_path_never;
        self.rto_service_never += other.rto_service_never;
        self.faults_left_out += other.faults_left_out;
        for (ours, theirs) in self.backlog.iter_mut().zip(&other.backlog) {
            *ours = (*ours).max(*theirs);
        }
        self.dead_letters = self.dead_letters.max(other.dead_letters);
        self.counts.add(&other.counts);
    }
}

impl Metrics {
    /// Metrics of no run yet.
    pub fn new(plan: &Plan) -> Metrics {
        Metrics {
            now: 0,
            timed: false,
            runs: 0,
            records: Records::new(plan),
            exposure: Exposure::new(plan),
            queues: Queues::new(plan),
            faults: Faults::new(FAULTS_MAX),
            totals: Totals::new(plan),
        }
    }

    /// Adds up the run that has just ended.
    pub fn end_run(&mut self) {
        let totals = &mut self.totals;
        self.runs += 1;
        self.queues.end(self.now, totals);
        self.faults.end(totals);
        totals.exposed_max.record(self.exposure.most().into());
    }

    /// Adds what others have watched, of the same plan.
    pub fn merge(&mut self, other: Metrics) {
        self.runs += other.runs;
        self.timed |= other.timed;
        self.totals.add(other.totals);
    }

    /// What each fault of the last run put at risk, and how long it was felt; of very many only the
    /// first.
    pub fn faults(&self, plan: &Plan) -> Vec<FaultSummary> {
        let unit = Unit::of(self.timed);
        self.faults.all().iter().map(|fault| FaultSummary::new(fault, unit, plan)).collect()
    }

    /// What all runs so far show.
    pub fn summary(&self, plan: &Plan) -> MetricsSummary {
        MetricsSummary::new(self, plan)
    }

    /// A run begins.
    pub(crate) fn begin_run(&mut self, simulation: &Simulation) {
        (self.now, self.timed) = (0, false);
        self.records.begin();
        self.exposure.begin();
        self.queues.begin(simulation);
        self.faults.begin();
    }

    /// The next step happens then.
    pub(crate) fn at(&mut self, span: Span) {
        (self.now, self.timed) = (span.end.us(), true);
    }

    /// A step was taken.
    pub(crate) fn step_taken(&mut self, simulation: &Simulation) {
        if !self.timed {
            self.now = simulation.steps();
        }
        self.note_all(simulation);
    }

    /// Something has happened.
    pub(crate) fn note_all(&mut self, simulation: &Simulation) {
        simulation.events().iter().for_each(|event| self.note(event, simulation));
    }

    fn note(&mut self, event: &Event, simulation: &Simulation) {
        let (now, plan) = (self.now, simulation.plan());
        let Metrics { records, exposure, queues, faults, totals, .. } = self;
        faults.note(event, now, plan, (records, exposure), totals);
        if let Event::Queue(event) = *event {
            self.note_queue(event, plan);
        } else if let Event::Source(source::Event::Published { copy }) = *event {
            totals.counts.attempts += 1;
            records.published(copy.id, now);
        } else if let Event::Source(source::Event::Accepted { record }) = *event {
            totals.counts.accepted += 1;
            records.accepted(record, now);
            exposure.accepted(record);
        } else if let Event::Table(event) = *event {
            self.note_table(event, plan);
        } else if let Event::Replicator(replicator::Event::Replicated {
            replicator,
            record,
            reached,
            ..
        }) = *event
        {
            exposure.replicated(replicator, record, reached);
        } else if let Event::Destination(destination::Event::Arrived { copy, .. }) = *event {
            totals.counts.arrived += 1;
            exposure.arrived(copy.id);
            match records.arrived(copy.id, now) {
                Some(published) => totals.latency.record(now - published),
                None => totals.counts.duplicates_arrived += 1,
            }
        } else if let Event::Fault(fault::Event::Faulted { fault }) = *event {
            exposure.began(fault, plan);
        } else if let Event::Fault(fault::Event::Lost { holder, record }) = *event {
            match holder {
                Holder::Queue(queue) => queues.left(queue, record, now),
                Holder::DeadLetters(_) => queues.dead_letter_lost(),
                // What holds it is counted where the record left it, or not counted at all.
                Holder::Table(_)
                | Holder::Stream(_)
                | Holder::Log(_)
                | Holder::Mirror(_)
                | Holder::Outbox(..) => {}
            }
            exposure.lost(holder, record, plan);
        }
    }

    fn note_table(&mut self, event: table::Event, plan: &Plan) {
        let Metrics { now, records, exposure, totals, .. } = self;
        if let table::Event::Stored { table, copy, duplicate, .. } = event {
            let (region, stage) = plan.layout.table_place(table);
            exposure.stored(table, copy.id, plan);
            if !duplicate {
                records.stored(copy.id, region, stage, *now);
            }
        } else if let table::Event::Applied { table, copy, .. } = event {
            let (region, stage) = plan.layout.table_place(table);
            exposure.applied(table, copy.id, plan);
            if let Some(since) = records.applied(copy.id, region, stage) {
                totals.lag.record(*now - since);
            }
        } else if let table::Event::Intended { table, record, passed: false, .. } = event {
            exposure.intended(table, record, plan);
        } else if let table::Event::Relayed { table, record, .. } = event {
            exposure.relayed(table, record, plan);
        } else if let table::Event::Withdrawn { table, record, rows } = event {
            exposure.withdrawn(table, record, rows, plan);
        } else if let table::Event::WithdrawnElsewhere { table, record, rows } = event {
            exposure.withdrawn_elsewhere(table, record, rows, plan);
        }
    }

    fn note_queue(&mut self, event: queue::Event, plan: &Plan) {
        let Metrics { now, exposure, queues, totals, .. } = self;
        let (now, queue) = (*now, event.queue());
        if let queue::Event::Delivered { record, redelivery, .. } = event {
            totals.counts.deliveries += 1;
            queues.delivered(queue, record, redelivery, now, &mut totals.counts);
        } else if let queue::Event::TimedOut { record, .. } = event {
            queues.timed_out(queue, record);
        } else if let queue::Event::Returned { record, .. } = event {
            queues.returned(queue, record);
        }
        let change = event.change();
        if let Change::TakenOver(copy) = change {
            exposure.mirror_changed(queue, MirrorChange::Left(copy.id), plan);
        }
        match change {
            Change::Came(copy) | Change::TakenOver(copy) => {
                let (_, position) = plan.layout.queue_place(queue);
                totals.counts.enqueued += 1;
                exposure.enqueued(queue, copy.id, plan);
                if queues.enqueued(queue, copy.id, now) {
                    match position {
                        0 => totals.counts.duplicates_source += 1,
                        _ => totals.counts.duplicates_forwarded += 1,
                    }
                }
            }
            Change::Left(record) => {
                queues.left(queue, record, now);
                exposure.left(queue, record, plan);
            }
            Change::SetAside(record) => queues.dead_lettered(queue, record, now),
            Change::TakenBack(record) => queues.redriven(queue, record, now),
            Change::Dropped(record) => {
                queues.dead_letter_lost();
                exposure.left(queue, record, plan);
            }
            Change::Mirror(change) => exposure.mirror_changed(queue, change, plan),
            Change::None => {}
        }
    }
}
