//! Many runs, on all cores, with one report that does not depend on how many cores there are.
//!
//! ```
//! use std::sync::Arc;
//!
//! use active_active::explore::{Progress, Sweep, SweepReport};
//! use active_active::plan::Plan;
//! use active_active::report::sweep::{PropertySummary, Status};
//! use active_active::report::{Finding, SchedulerSummary, SweepRequest, SweepSummary};
//! use active_active::scenario::builtin;
//! use active_active::scheduler::Random;
//!
//! let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
//! let sweep = Sweep { plan: Arc::clone(&plan), runs: 20, threads: 2, steps_max: u64::MAX };
//! let report: SweepReport = sweep.run(|| Random::new(1), &Progress::default());
//! assert_eq!((report.runs, report.inconclusive, &report.violation), (20, 0, &None));
//! // What is printed of it.
//! let scheduler = SchedulerSummary { name: "random".to_owned(), seed: Some(1) };
//! let request = SweepRequest { scheduler, runs: 20, steps_max: None };
//! let summary = SweepSummary::new(&plan, request, &report);
//! let first: &PropertySummary = &summary.properties[0];
//! assert_eq!((summary.verdict, first.status), (Finding::Holds, Status::Holds));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::explore::evidence::Evidence;
use crate::plan::Plan;
use crate::run::coverage::Coverage;
use crate::run::healed::Healed;
use crate::spec::{Ending, Lost, Violation};

/// A sweep over runs `0..runs` of one scheduler.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// What is run.
    pub plan: Arc<Plan>,
    /// How many runs.
    pub runs: u64,
    /// On how many threads; at least one is used.
    pub threads: usize,
    /// Each run is cut short after so many steps.
    pub steps_max: u64,
}

/// What a sweep shows. It is a function of plan, scheduler and number of runs alone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[must_use]
pub struct SweepReport {
    /// How many runs were judged: all, or those up to the first violation.
    pub runs: u64,
    /// How many of them depend on no other run. A statement about all schedules is about those.
    pub independent: u64,
    /// How many steps they took.
    pub steps: u64,
    /// The violation of the smallest run index, with that index.
    pub violation: Option<(u64, Box<Violation>)>,
    /// How many runs were cut short and not judged to the end.
    pub inconclusive: u64,
    /// The first run in which an await of the script had not come true at the first healing,
    /// with the index of the action.
    pub awaited_until_heal: Option<(u64, usize)>,
    /// In how many runs a healing had to bring back what nothing else would have.
    pub runs_with_operator: u64,
    /// The first of them, and what it brought back first (see [`BroughtBack::text`]).
    ///
    /// [`BroughtBack::text`]: crate::run::BroughtBack::text
    pub operator: Option<(u64, String)>,
    /// In how many runs losses destroyed something that was acknowledged.
    pub runs_with_loss: u64,
    /// The first of the runs with most records of which something was destroyed, and what.
    pub largest_loss: Option<(u64, Lost)>,
    /// What the runs that were judged to their end show of their records.
    pub evidence: Evidence,
    /// The sweep was stopped from outside before all runs were done.
    pub interrupted: bool,
    /// What was reached.
    pub coverage: Coverage,
}

/// How far a sweep is; written by its threads, read by the one that shows it.
#[derive(Debug, Default)]
pub struct Progress {
    runs: AtomicU64,
    steps: AtomicU64,
    reached: AtomicU64,
    stop: AtomicBool,
    /// It stops by itself after so many runs.
    runs_max: Option<u64>,
}

impl Progress {
    /// How many runs are done.
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// How many steps they took.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// One more run, of so many steps.
    pub(crate) fn add(&self, steps: u64) {
        let runs = self.runs.fetch_add(1, Ordering::Relaxed) + 1;
        if self.runs_max.is_some_and(|max| runs >= max) {
            self.stop();
        }
        self.steps.fetch_add(steps, Ordering::Relaxed);
    }

    /// One that asks the sweep to end once so many runs are done.
    pub fn stop_after(runs: u64) -> Progress {
        Progress { runs_max: Some(runs), ..Progress::default() }
    }

    /// Whether the sweep was asked to end.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// How many different things were reached: kinds of steps (machine, state, message), and what
    /// is interesting otherwise. It is behind by a few runs.
    pub fn reached(&self) -> u64 {
        self.reached.load(Ordering::Relaxed)
    }

    /// So many different things were reached.
    pub(crate) fn note_reached(&self, reached: usize) {
        self.reached.store(reached as u64, Ordering::Relaxed);
    }

    /// Asks the sweep to end after the runs that are under way.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl SweepReport {
    /// Takes note of what the next run needed an operator for.
    pub fn note_healed(&mut self, run: u64, healed: Healed, plan: &Plan) {
        if let Some(first) = healed.first {
            self.runs_with_operator += 1;
            self.operator.get_or_insert_with(|| (run, first.text(plan)));
        }
    }

    /// Takes note of what the next run has lost.
    pub fn note_loss(&mut self, run: u64, lost: Lost) {
        if lost.records() > 0 {
            self.runs_with_loss += 1;
            self.keep_if_larger(run, lost);
        }
    }

    /// Takes note of how a run ended that was judged to its end.
    pub fn note_ending(&mut self, ending: Option<&Ending>, plan: &Plan) {
        if let Some(ending) = ending {
            self.evidence.merge(&Evidence::of(ending, plan));
        }
    }

    fn keep_if_larger(&mut self, run: u64, lost: Lost) {
        let most = self.largest_loss.as_ref().map_or(0, |(_, known)| known.records());
        if lost.records() > most {
            self.largest_loss = Some((run, lost));
        }
    }

    /// Adds the runs that come next.
    pub(crate) fn append(&mut self, part: SweepReport) {
        self.runs += part.runs;
        self.steps += part.steps;
        self.inconclusive += part.inconclusive;
        self.awaited_until_heal = self.awaited_until_heal.or(part.awaited_until_heal);
        self.runs_with_operator += part.runs_with_operator;
        self.operator = self.operator.take().or(part.operator);
        self.runs_with_loss += part.runs_with_loss;
        if let Some((run, lost)) = part.largest_loss {
            self.keep_if_larger(run, lost);
        }
        self.evidence.merge(&part.evidence);
        self.coverage.merge(&part.coverage);
        self.violation = part.violation;
    }
}
