//! A sweep that can be shared among machines, saved as it goes and resumed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::explore::done::{Done, Segment};
use crate::explore::shard::Shard;
use crate::explore::sweep::{Progress, Sweep, SweepReport};
use crate::explore::threads::work_on;
use crate::explore::units::{Supply, Units};
use crate::run::coverage::Coverage;
use crate::run::runner::{Runner, Verdict};
use crate::scheduler::{Rhythm, Scheduler};

/// A thread reports its segment at the end of a unit of runs, or after this many steps (a few
/// hundredths of a second): a process that is killed loses no more than the segments under way.
const STEPS_REPORTED: u64 = 1_000_000;

/// A shard of a sweep's runs, by a scheduler of a known rhythm, and what is done of it.
///
/// [`Sweep::run`] is the campaign of all runs from the beginning. While one thread runs it, others
/// may ask what is done.
///
/// A campaign that goes on where another process stopped shows what one sweep shows:
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::explore::campaign::Campaign;
/// use active_active::explore::checkpoint::{Checkpoint, CheckpointError, Identity};
/// use active_active::explore::{Done, Progress, Shard, Sweep};
/// use active_active::plan::Plan;
/// use active_active::scenario::builtin;
/// use active_active::scheduler::{Random, Rhythm};
///
/// let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
/// let sweep = Sweep { plan: Arc::clone(&plan), runs: 100, threads: 1, steps_max: u64::MAX };
/// let shard = "1/2".parse::<Shard>()?;
/// let half = Campaign::new(sweep.clone(), shard, Rhythm::INDEPENDENT);
/// half.run(|| Random::new(1), &Progress::default());
///
/// // What it has done, as a file.
/// let scenario = plan.scenario().to_toml();
/// let identity = Identity { scenario, scheduler: "random".into(), seed: 1, runs: 100, steps_max: None };
/// let done: Done = half.done();
/// let text = Checkpoint::new(identity.clone(), shard).to_text(&done);
///
/// // Read again, by a process that has the same campaign to make.
/// let checkpoint = Checkpoint::parse(&text)?;
/// checkpoint.check(&identity, shard)?;
/// let done = checkpoint.done(identity.runs, Rhythm::INDEPENDENT, &mut |_run| None)?;
/// let again = Campaign::resume(sweep, shard, Rhythm::INDEPENDENT, done);
/// assert!(again.is_complete());
/// assert_eq!(again.report(), half.report());
/// let other = Identity { seed: 2, ..identity };
/// assert_eq!(checkpoint.check(&other, shard), Err(CheckpointError::Other("seed")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Campaign {
    sweep: Sweep,
    shard: Shard,
    supply: Supply,
    /// The smallest run index with a violation so far.
    first_violation: AtomicU64,
    state: Mutex<State>,
}

/// What the threads of a campaign write.
#[derive(Debug)]
struct State {
    done: Done,
    /// What all of it has reached.
    coverage: Coverage,
}

/// What is called with each segment once it is done.
pub type Note<'a> = dyn Fn(&Segment) + Sync + 'a;

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
        let rhythm = scheduler().rhythm();
        let campaign = Campaign::new(self.clone(), Shard::default(), rhythm);
        campaign.run(scheduler, progress);
        campaign.report()
    }
}

impl Campaign {
    /// The runs of the sweep that belong to the shard. `rhythm` is that of the scheduler.
    pub fn new(sweep: Sweep, shard: Shard, rhythm: Rhythm) -> Campaign {
        Campaign::resume(sweep, shard, rhythm, Done::of(shard))
    }

    /// As [`Campaign::new`], but what is done is not made again.
    ///
    /// # Panics
    ///
    /// If something is done that does not belong to the shard.
    pub fn resume(sweep: Sweep, shard: Shard, rhythm: Rhythm, done: Done) -> Campaign {
        let units = Units::of_shard(rhythm, sweep.runs, shard);
        let known: Vec<_> =
            done.segments().map(|(first, report)| first..first + report.runs).collect();
        for runs in &known {
            assert!(units.has(runs), "runs {runs:?} are not of shard {shard}");
        }
        let mut coverage = Coverage::default();
        done.segments().for_each(|(_, report)| coverage.merge(&report.coverage));
        let first = done.first_violation().map_or(u64::MAX, |(run, _)| *run);
        Campaign {
            sweep,
            shard,
            supply: Supply::new(units, known),
            first_violation: AtomicU64::new(first),
            state: Mutex::new(State { done, coverage }),
        }
    }

    /// What is run.
    pub fn sweep(&self) -> &Sweep {
        &self.sweep
    }

    /// The shard of the runs.
    pub fn shard(&self) -> Shard {
        self.shard
    }

    /// Runs it. `scheduler` makes the scheduler of a thread.
    ///
    /// # Panics
    ///
    /// If a run panics: a defect of the simulator.
    pub fn run<S: Scheduler>(&self, scheduler: impl Fn() -> S + Sync, progress: &Progress) {
        self.run_noting(scheduler, progress, None);
    }

    /// As [`Campaign::run`]; each segment is noted once it is done, by the thread that did it and before
    /// that goes on. [`Campaign::done`] has it then.
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
        work_on(self.sweep.threads, &|_| (), &|| self.work(scheduler(), progress, note));
    }

    /// What is done.
    pub fn done(&self) -> Done {
        self.state().done.clone()
    }

    /// Whether every run of the shard is done, or those up to a violation.
    pub fn is_complete(&self) -> bool {
        self.state().done.report(self.supply.units()).1.is_none()
    }

    /// What it shows, once it has run. If it was stopped, that is what the runs before the first
    /// gap show; the first violation after the gap is reported all the same.
    pub fn report(&self) -> SweepReport {
        let state = self.state();
        let (mut report, gap) = state.done.report(self.supply.units());
        if gap.is_some() {
            report.interrupted = true;
            report.violation = state.done.first_violation().cloned();
        }
        report
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work<S: Scheduler>(&self, mut scheduler: S, progress: &Progress, note: Option<&Note<'_>>) {
        let mut runner = Runner::new(Arc::clone(&self.sweep.plan));
        runner.limit_steps(self.sweep.steps_max);
        // What comes after the first violation known so far will not be reported.
        let is_wanted = |run| run <= self.first_violation.load(Ordering::Relaxed);
        while !progress.is_stopped()
            && let Some(mut runs) = self.supply.take().filter(|runs| is_wanted(runs.start))
        {
            while runs.start < runs.end && is_wanted(runs.start) && !progress.is_stopped() {
                let report = self.segment(runs.clone(), &mut runner, &mut scheduler, progress);
                let segment = Segment { first: runs.start, report };
                runs.start += segment.report.runs;
                if segment.report.runs > 0 {
                    self.add(segment, progress, note);
                }
            }
        }
    }

    /// Takes note of what a thread has done.
    fn add(&self, segment: Segment, progress: &Progress, note: Option<&Note<'_>>) {
        if let Some((run, _)) = segment.report.violation {
            self.first_violation.fetch_min(run, Ordering::Relaxed);
        }
        let noted = note.map(|note| (note, segment.clone()));
        let reached = {
            let mut state = self.state();
            state.coverage.merge(&segment.report.coverage);
            state.done.add(segment).expect("each run is taken once");
            state.coverage.reached()
        };
        progress.note_reached(reached);
        if let Some((note, segment)) = noted {
            note(&segment);
        }
    }

    /// Makes these runs, or as many of them as make a segment.
    fn segment<S: Scheduler>(
        &self,
        runs: std::ops::Range<u64>,
        runner: &mut Runner,
        scheduler: &mut S,
        progress: &Progress,
    ) -> SweepReport {
        let mut report = SweepReport::default();
        runner.clear_coverage();
        for run in runs {
            if progress.is_stopped() || report.steps >= STEPS_REPORTED {
                break;
            }
            let outcome = runner.run(scheduler, run, &mut ());
            report.runs += 1;
            report.steps += outcome.steps;
            progress.add(outcome.steps);
            if let (None, Some(action)) = (report.awaited_until_heal, outcome.awaited_until_heal) {
                report.awaited_until_heal = Some((run, action));
            }
            report.note_ending(outcome.ending.as_ref(), &self.sweep.plan);
            report.note_healed(run, outcome.healed, &self.sweep.plan);
            report.note_loss(run, outcome.lost);
            match outcome.verdict {
                Verdict::Holds => {}
                Verdict::Inconclusive(_) => report.inconclusive += 1,
                Verdict::Violated(violation) => {
                    report.violation = Some((run, violation));
                    break;
                }
            }
        }
        report.evidence.struck.extend(runner.struck());
        report.coverage.merge(runner.coverage());
        report
    }
}
