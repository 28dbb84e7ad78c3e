//! Many runs, on all cores, with one report that does not depend on how many cores there are.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::explore::coverage::Coverage;
use crate::explore::runner::{Runner, Verdict};
use crate::plan::Plan;
use crate::scheduler::Scheduler;
use crate::spec::{Lost, Violation};

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
pub struct SweepReport {
    /// How many runs were judged: all, or those up to the first violation.
    pub runs: u64,
    /// How many steps they took.
    pub steps: u64,
    /// The violation of the smallest run index, with that index.
    pub violation: Option<(u64, Box<Violation>)>,
    /// How many runs were cut short and not judged to the end.
    pub inconclusive: u64,
    /// The first run in which an await of the script came true only after everything was healed,
    /// with the index of the action.
    pub awaited_until_heal: Option<(u64, usize)>,
    /// In how many runs losses destroyed something that was acknowledged.
    pub runs_with_loss: u64,
    /// The first of the runs with most records of which something was destroyed, and what.
    pub largest_loss: Option<(u64, Lost)>,
    /// The sweep was stopped from outside before all runs were done.
    pub interrupted: bool,
    /// What was reached.
    pub coverage: Coverage,
}

/// How far a sweep is; written by its threads, read by whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    runs: AtomicU64,
    steps: AtomicU64,
    stop: AtomicBool,
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

    /// Asks the sweep to end after the runs that are under way.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// How many runs a thread takes at a time.
const CHUNK: u64 = 32;

impl Sweep {
    /// Runs it. `scheduler` makes the scheduler of a thread.
    ///
    /// # Panics
    ///
    /// If a run panics: a defect of the simulator.
    pub fn run<S: Scheduler>(
        &self,
        scheduler: impl Fn() -> S + Sync,
        progress: &Progress,
    ) -> SweepReport {
        let shared = Shared {
            next: AtomicU64::new(0),
            first_violation: AtomicU64::new(u64::MAX),
            ordered: Mutex::new(Ordered::default()),
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads {
                scope.spawn(|| self.work(scheduler(), &shared, progress));
            }
            self.work(scheduler(), &shared, progress);
        });
        let ordered = shared.ordered.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut report = ordered.report;
        report.interrupted = report.violation.is_none() && report.runs < self.runs;
        report
    }

    fn work<S: Scheduler>(&self, mut scheduler: S, shared: &Shared, progress: &Progress) {
        let mut runner = Runner::new(Arc::clone(&self.plan));
        runner.limit_steps(self.steps_max);
        while !progress.stop.load(Ordering::Relaxed) {
            let first = shared.next.fetch_add(CHUNK, Ordering::Relaxed);
            // What comes after the first violation known so far will not be reported.
            if first >= self.runs || first > shared.first_violation.load(Ordering::Relaxed) {
                return;
            }
            let part = self.chunk(first, &mut runner, &mut scheduler, progress);
            if let Some((run, _)) = part.violation {
                shared.first_violation.fetch_min(run, Ordering::Relaxed);
            }
            let mut ordered = shared.ordered.lock().unwrap_or_else(PoisonError::into_inner);
            ordered.add(first, part);
        }
    }

    /// Runs `first..first + CHUNK`, up to the first violation.
    fn chunk<S: Scheduler>(
        &self,
        first: u64,
        runner: &mut Runner,
        scheduler: &mut S,
        progress: &Progress,
    ) -> SweepReport {
        let mut part = SweepReport::default();
        runner.clear_coverage();
        for run in first..(first + CHUNK).min(self.runs) {
            if progress.stop.load(Ordering::Relaxed) {
                part.interrupted = true;
                break;
            }
            let outcome = runner.run(scheduler, run, &mut ());
            part.runs += 1;
            part.steps += outcome.steps;
            progress.runs.fetch_add(1, Ordering::Relaxed);
            progress.steps.fetch_add(outcome.steps, Ordering::Relaxed);
            if let (None, Some(action)) = (part.awaited_until_heal, outcome.awaited_until_heal) {
                part.awaited_until_heal = Some((run, action));
            }
            part.note_loss(run, outcome.lost);
            match outcome.verdict {
                Verdict::Holds => {}
                Verdict::Inconclusive(_) => part.inconclusive += 1,
                Verdict::Violated(violation) => {
                    part.violation = Some((run, violation));
                    break;
                }
            }
        }
        part.coverage.merge(runner.coverage());
        part
    }
}

struct Shared {
    /// The first run that nobody has taken.
    next: AtomicU64,
    /// The smallest run index with a violation so far.
    first_violation: AtomicU64,
    ordered: Mutex<Ordered>,
}

/// Joins the chunks in the order of their runs, whatever the order in which they end.
#[derive(Default)]
struct Ordered {
    /// The first run that is not in the report.
    next: u64,
    report: SweepReport,
    /// By first run: chunks that wait for an earlier one.
    early: BTreeMap<u64, SweepReport>,
}

impl Ordered {
    fn add(&mut self, first: u64, part: SweepReport) {
        self.early.insert(first, part);
        while let Some(part) = self.early.remove(&self.next) {
            self.next += CHUNK;
            // What comes after a violation, or after a gap, is not reported.
            if self.report.violation.is_none() && !self.report.interrupted {
                self.report.append(part);
            }
        }
    }
}

impl SweepReport {
    /// Takes note of what the next run has lost.
    pub fn note_loss(&mut self, run: u64, lost: Lost) {
        if lost.records() > 0 {
            self.runs_with_loss += 1;
            self.keep_if_larger(run, lost);
        }
    }

    fn keep_if_larger(&mut self, run: u64, lost: Lost) {
        let most = self.largest_loss.as_ref().map_or(0, |(_, known)| known.records());
        if lost.records() > most {
            self.largest_loss = Some((run, lost));
        }
    }

    /// Adds the runs that come next.
    fn append(&mut self, part: SweepReport) {
        self.runs += part.runs;
        self.steps += part.steps;
        self.inconclusive += part.inconclusive;
        self.awaited_until_heal = self.awaited_until_heal.or(part.awaited_until_heal);
        self.runs_with_loss += part.runs_with_loss;
        if let Some((run, lost)) = part.largest_loss {
            self.keep_if_larger(run, lost);
        }
        self.coverage.merge(&part.coverage);
        self.violation = part.violation;
        self.interrupted = part.interrupted;
    }
}
