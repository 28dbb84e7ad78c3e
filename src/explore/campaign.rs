//! A sweep that can be shared among machines, saved as it goes and resumed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::explore::runner::{Runner, Verdict};
use crate::explore::sweep::{Progress, Sweep, SweepReport};
use crate::explore::units::{Share, Units};
use crate::scheduler::{Rhythm, Scheduler};

/// A thread reports what it has done at the end of a unit of runs, or after so many steps (a few
/// hundredths of a second): whoever writes that down loses no more than what is under way.
const STEPS_REPORTED: u64 = 1_000_000;

/// A share of a sweep's runs, by a scheduler of a known rhythm, and how far it is.
///
/// [`Sweep::run`] is the campaign of all runs from the beginning. While one thread runs it, others
/// may ask how far it is.
///
/// A campaign that goes on where another process left off shows what one sweep shows:
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::explore::campaign::{Campaign, Done};
/// use active_active::explore::checkpoint::{Checkpoint, CheckpointError, Identity};
/// use active_active::explore::{Progress, Share, Sweep};
/// use active_active::plan::Plan;
/// use active_active::scenario::builtin;
/// use active_active::scheduler::{Random, Rhythm};
///
/// let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
/// let sweep = Sweep { plan: Arc::clone(&plan), runs: 100, threads: 1, steps_max: u64::MAX };
/// let share = "1/2".parse::<Share>()?;
/// let half = Campaign::new(sweep.clone(), share, Rhythm::INDEPENDENT);
/// half.run(|| Random::new(1), &Progress::default());
///
/// // What it has done, as a file.
/// let scenario = plan.scenario().to_toml();
/// let identity = Identity { scenario, scheduler: "random".into(), seed: 1, runs: 100, steps_max: None };
/// let done: Done = half.done();
/// let text = Checkpoint::new(identity.clone(), share, &done, &half.parts()).to_text();
///
/// // Read again, by whoever has the same campaign to make.
/// let checkpoint = Checkpoint::parse(&text)?;
/// checkpoint.check(&identity, share)?;
/// let mut again = Campaign::new(sweep, share, Rhythm::INDEPENDENT);
/// again.resume(checkpoint.done(&mut |_run| None)?, Vec::new());
/// assert_eq!(again.report(), half.report());
/// let other = Identity { seed: 2, ..identity };
/// assert_eq!(checkpoint.check(&other, share), Err(CheckpointError::Other("seed")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Campaign {
    sweep: Sweep,
    share: Share,
    units: Units,
    /// The number of the first unit that nobody has taken.
    next_unit: AtomicU64,
    /// The smallest run index with a violation so far.
    first_violation: AtomicU64,
    /// By first run: how many runs from there on were done before it was resumed.
    resumed: BTreeMap<u64, u64>,
    ordered: Mutex<Ordered>,
}

/// How far a campaign is: all of its runs before one, and some after it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Done {
    /// What the runs before `next` show.
    pub report: SweepReport,
    /// The first run of the share that is not in the report.
    pub next: u64,
    /// What other threads have done after it.
    pub early: Vec<Part>,
}

/// What is told of each part once it is done.
pub type Note<'a> = dyn Fn(&Part) + Sync + 'a;

/// Some neighbouring runs, and what they show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// The first run.
    pub first: u64,
    /// What they show.
    pub report: SweepReport,
}

impl Campaign {
    /// The runs of the sweep that belong to the share. `rhythm` is that of the scheduler.
    pub fn new(sweep: Sweep, share: Share, rhythm: Rhythm) -> Campaign {
        let units = Units::new(rhythm, sweep.runs);
        let next = units.range(share.first()).start;
        let ordered = Ordered { next, ..Ordered::default() };
        Campaign {
            sweep,
            share,
            units,
            next_unit: AtomicU64::new(share.first()),
            first_violation: AtomicU64::new(u64::MAX),
            resumed: BTreeMap::new(),
            ordered: Mutex::new(ordered),
        }
    }

    /// Goes on where another campaign of the same runs was; `parts` are those that it had kept. What
    /// is done early may have parts that are known already, or that close a gap.
    ///
    /// # Panics
    ///
    /// If the share does not have the run that is next.
    pub fn resume(&mut self, done: Done, parts: Vec<Part>) {
        let of = u64::from(self.share.of());
        let unit = self.units.of_run(done.next);
        assert_eq!(unit % of, self.share.first(), "run {} is not in this share", done.next);
        let mut ordered = Ordered { report: done.report, next: done.next, ..Ordered::default() };
        ordered.kept = self.ordered().kept.take().map(|_| parts);
        for Part { first, report } in done.early {
            if first >= ordered.next {
                ordered.add(first, report, self);
            }
        }
        let unit = self.units.of_run(ordered.next);
        let early = ordered.early.values();
        let violations = early.chain([&ordered.report]).filter_map(|part| part.violation.as_ref());
        let first = violations.map(|(run, _)| *run).min();
        self.next_unit = AtomicU64::new(unit);
        self.first_violation = AtomicU64::new(first.unwrap_or(u64::MAX));
        self.resumed = ordered.early.iter().map(|(&first, part)| (first, part.runs)).collect();
        let start = self.units.range(unit).start;
        self.resumed.insert(start, ordered.next - start);
        *self.ordered() = ordered;
    }

    /// Keeps what each part of it shows, for [`Campaign::parts`].
    pub fn keep_parts(&mut self) {
        self.ordered().kept = Some(Vec::new());
    }

    /// What is run.
    pub fn sweep(&self) -> &Sweep {
        &self.sweep
    }

    /// The share of the runs.
    pub fn share(&self) -> Share {
        self.share
    }

    /// Runs it. `scheduler` makes the scheduler of a thread.
    ///
    /// # Panics
    ///
    /// If a run panics: a defect of the simulator.
    pub fn run<S: Scheduler>(&self, scheduler: impl Fn() -> S + Sync, progress: &Progress) {
        self.run_noting(scheduler, progress, None);
    }

    /// As [`Campaign::run`]; each part is noted once it is done, by the thread that did it and before
    /// it goes on. [`Campaign::done`] has it then.
    ///
    /// # Panics
    ///
    /// If a run panics: a defect of the simulator.
    pub fn run_noting<S: Scheduler>(
        &self,
        scheduler: impl Fn() -> S + Sync,
        progress: &Progress,
        note: Option<&Note<'_>>,
    ) {
        std::thread::scope(|scope| {
            for _ in 1..self.sweep.threads {
                scope.spawn(|| self.work(scheduler(), progress, note));
            }
            self.work(scheduler(), progress, note);
        });
    }

    /// How far it is.
    pub fn done(&self) -> Done {
        let ordered = self.ordered();
        let part = |(&first, report): (&u64, &SweepReport)| Part { first, report: report.clone() };
        let early = ordered.early.iter().map(part).collect();
        Done { report: ordered.report.clone(), next: ordered.next, early }
    }

    /// The parts of what is done, in the order of their runs; empty unless they are kept.
    pub fn parts(&self) -> Vec<Part> {
        self.ordered().kept.clone().unwrap_or_default()
    }

    /// What it shows, once it has run. If it was stopped, that is what the runs before the first
    /// gap show; a violation after the gap is reported all the same.
    pub fn report(&self) -> SweepReport {
        let ordered = self.ordered();
        let mut report = ordered.report.clone();
        if report.violation.is_none() && ordered.next < self.sweep.runs {
            report.interrupted = true;
            let mut violations = ordered.early.values().map(|part| &part.violation);
            report.violation = violations.find(|found| found.is_some()).cloned().flatten();
        }
        report
    }

    fn ordered(&self) -> MutexGuard<'_, Ordered> {
        self.ordered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work<S: Scheduler>(&self, mut scheduler: S, progress: &Progress, note: Option<&Note<'_>>) {
        let mut runner = Runner::new(Arc::clone(&self.sweep.plan));
        runner.limit_steps(self.sweep.steps_max);
        while !progress.is_stopped() {
            let of = u64::from(self.share.of());
            let number = self.next_unit.fetch_add(of, Ordering::Relaxed);
            let mut runs = self.units.range(number);
            let is_over = runs.start >= self.sweep.runs;
            runs.end = runs.end.min(self.sweep.runs);
            while let Some(done) = self.resumed.get(&runs.start).filter(|&&done| done > 0) {
                runs.start += done;
            }
            // What comes after the first violation known so far will not be reported.
            if is_over || runs.start > self.first_violation.load(Ordering::Relaxed) {
                return;
            }
            while runs.start < runs.end && !progress.is_stopped() {
                let part = self.part(runs.clone(), &mut runner, &mut scheduler, progress);
                if let Some((run, _)) = part.violation {
                    self.first_violation.fetch_min(run, Ordering::Relaxed);
                }
                let (first, is_last) = (runs.start, part.violation.is_some());
                runs.start += part.runs;
                let noted = note.map(|_| Part { first, report: part.clone() });
                let reached = {
                    let mut ordered = self.ordered();
                    ordered.add(first, part, self);
                    ordered.report.coverage.reached()
                };
                progress.note_reached(reached);
                if let (Some(note), Some(part)) = (note, noted.filter(|part| part.report.runs > 0))
                {
                    note(&part);
                }
                if is_last || runs.start > self.first_violation.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    }

    /// Makes these runs, or as many of them as make a part.
    fn part<S: Scheduler>(
        &self,
        runs: std::ops::Range<u64>,
        runner: &mut Runner,
        scheduler: &mut S,
        progress: &Progress,
    ) -> SweepReport {
        let mut part = SweepReport::default();
        runner.clear_coverage();
        for run in runs {
            if progress.is_stopped() || part.steps >= STEPS_REPORTED {
                break;
            }
            let outcome = runner.run(scheduler, run, &mut ());
            part.runs += 1;
            part.steps += outcome.steps;
            progress.add(outcome.steps);
            if let (None, Some(action)) = (part.awaited_until_heal, outcome.awaited_until_heal) {
                part.awaited_until_heal = Some((run, action));
            }
            part.note_ending(outcome.ending.as_ref(), &self.sweep.plan);
            part.note_healed(run, outcome.healed, &self.sweep.plan);
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

    /// The run of the share that comes after those before `next`.
    fn following(&self, next: u64) -> u64 {
        let unit = self.units.of_run(next);
        let of = u64::from(self.share.of());
        match unit % of == self.share.first() {
            true => next,
            // The run before it ended a unit of this share.
            false => self.units.range((unit - 1).saturating_add(of)).start,
        }
    }
}

/// Joins the parts in the order of their runs, whatever the order in which they end.
#[derive(Debug, Default)]
struct Ordered {
    /// What the runs before `next` show.
    report: SweepReport,
    /// The first run that is not in the report.
    next: u64,
    /// By first run: parts that wait for an earlier one.
    early: BTreeMap<u64, SweepReport>,
    /// What was joined, if somebody wants it.
    kept: Option<Vec<Part>>,
}

impl Ordered {
    fn add(&mut self, first: u64, part: SweepReport, campaign: &Campaign) {
        if part.runs == 0 {
            return;
        }
        self.early.insert(first, part);
        // What comes after a violation is not reported.
        while self.report.violation.is_none()
            && let Some(part) = self.early.remove(&self.next)
        {
            if let Some(kept) = &mut self.kept {
                kept.push(Part { first: self.next, report: part.clone() });
            }
            self.next = campaign.following(self.next + part.runs);
            self.report.append(part);
        }
    }
}

impl SweepReport {
    /// What all parts show together, in whatever order they are given: that of their runs counts,
    /// and nothing after the first violation does.
    pub fn join(parts: impl IntoIterator<Item = Part>) -> SweepReport {
        let by_run: BTreeMap<u64, SweepReport> =
            parts.into_iter().map(|part| (part.first, part.report)).collect();
        let mut joined = SweepReport::default();
        for part in by_run.into_values() {
            joined.append(part);
            if joined.violation.is_some() {
                break;
            }
        }
        joined
    }
}
