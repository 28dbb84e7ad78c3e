//! What makes a sweep a campaign: an end by the clock, a file that it is saved to as it goes, a shard
//! of its runs.

use std::io::{BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::Builder;
use std::time::Duration;

use active_active::explore::{
    Campaign, Checkpoint, Done, Identity, Note, Progress, Runner, Segment, Sweep, SweepReport,
    Verdict,
};
use active_active::plan::Plan;
use active_active::report::Finding;
use active_active::spec::Violation;
use active_active::words::plural;

use super::args::SweepArgs;
use super::error::CliError;
use super::files::Target;
use super::journal::{Held, Journal, hold};
use super::output::Output;
use super::print::Format;
use super::quantity::TimeLimit;
use super::scheduler::{Ready, SchedulerName};
use super::{files, input};

/// What is swept, and what becomes of what is found.
pub(crate) struct Subject {
    pub(crate) plan: Arc<Plan>,
    pub(crate) scheduler: SchedulerName,
    pub(crate) ready: Ready,
    pub(crate) seed: u64,
    /// How many runs were asked for.
    pub(crate) requested: u64,
    pub(crate) steps_max: Option<u64>,
    pub(crate) no_minimize: bool,
    /// Metrics are wanted.
    pub(crate) metrics: bool,
    /// The directory for saved failures.
    pub(crate) out: std::path::PathBuf,
    pub(crate) format: Format,
}

impl Subject {
    /// Makes one run and says what it violates.
    pub(crate) fn violation_of(&self, run: u64) -> Option<Box<Violation>> {
        let mut runner = Runner::new(Arc::clone(&self.plan));
        runner.limit_steps(self.steps_max.unwrap_or(u64::MAX));
        match self.ready.run(&mut runner, run, &mut ()).verdict {
            Verdict::Violated(violation) => Some(violation),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        }
    }
}

/// A campaign, and how it is carried out.
pub(crate) struct Conduct {
    campaign: Campaign,
    /// What its file begins with.
    checkpoint: Checkpoint,
    /// The file that was there.
    held: Option<Held>,
    /// Where the file of a shard goes.
    target: Option<Target>,
    state: Option<PathBuf>,
    time: Option<TimeLimit>,
}

/// What came of it.
pub(crate) struct Conducted {
    pub(crate) report: SweepReport,
    is_complete: bool,
    /// It ended because its time was over.
    pub(crate) time_is_over: bool,
    /// Whether its file could be written to the end.
    pub(crate) saved: Result<(), CliError>,
}

impl Conduct {
    /// Gets it ready, and goes on where the file says that it was.
    ///
    /// # Errors
    ///
    /// If the file is about another campaign, or cannot be read.
    pub(crate) fn new(
        args: &SweepArgs,
        subject: &Subject,
        sweep: &Sweep,
    ) -> Result<Conduct, CliError> {
        let identity = Identity {
            scenario: subject.plan.scenario().to_toml(),
            scheduler: subject.scheduler.summary(subject.seed).name,
            seed: subject.seed,
            runs: sweep.runs,
            steps_max: subject.steps_max,
        };
        let shard = args.shard.unwrap_or_default();
        if args.shard.is_some() && is_default(&args.schedule.out) {
            return Err(CliError::NoPart);
        }
        if let Some(state) = &args.state
            && files::is_within(&args.schedule.out, state)
        {
            return Err(CliError::SamePath { path: state.clone() });
        }
        let target = args.shard.map(|_| Target::new(&args.schedule.out, args.force)).transpose()?;
        let rhythm = subject.ready.rhythm();
        let (mut done, mut held) = (Done::of(shard), None);
        if let Some(path) = &args.state
            && let Some((file, saved)) = hold(path)?
        {
            held = Some(file);
            let error = |source| CliError::Campaign { path: path.clone(), source };
            saved.check(&identity, shard).map_err(error)?;
            let mut again = |run| subject.violation_of(run);
            done = saved.done(identity.runs, rhythm, &mut again).map_err(error)?;
        }
        let campaign = Campaign::resume(sweep.clone(), shard, rhythm, done);
        let checkpoint = Checkpoint::new(identity, shard);
        let (state, time) = (args.state.clone(), args.time);
        Ok(Conduct { campaign, checkpoint, held, target, state, time })
    }

    /// Runs it, until it is done, the time is over, or it is interrupted. One whose file cannot be
    /// written stops, too, and says in the end why.
    ///
    /// # Errors
    ///
    /// If its file cannot be written before it begins.
    pub(crate) fn run(
        &self,
        subject: &Subject,
        progress: &Progress,
    ) -> Result<Conducted, CliError> {
        let journal = match &self.state {
            Some(path) => {
                let (held, done) = (self.held.as_ref(), self.campaign.done());
                Some(Journal::begin(path, held, &self.checkpoint, done)?)
            }
            None => None,
        };
        let note = journal.as_ref().map(|journal| {
            move |segment: &Segment| {
                if !journal.note(segment) {
                    progress.stop();
                }
            }
        });
        let note = note.as_ref().map(|note| note as &Note<'_>);
        let (over, is_over) = mpsc::channel::<()>();
        let time_is_over = std::thread::scope(|scope| {
            let watch = |TimeLimit(time)| {
                let work = move || watch_clock(time, &is_over, progress);
                Builder::new().spawn_scoped(scope, work)
            };
            let clock = self.time.map(watch).transpose();
            let clock = clock.map_err(|source| CliError::Thread { source })?;
            subject.ready.campaign(&self.campaign, progress, note);
            drop(over);
            let timed_out =
                clock.is_some_and(|clock| clock.join().expect("waiting does not panic"));
            Ok::<bool, CliError>(timed_out)
        })?;
        let saved = journal.map_or(Ok(()), Journal::end);
        let report = self.campaign.report();
        let is_complete = self.campaign.is_complete();
        Ok(Conducted { report, is_complete, time_is_over, saved })
    }

    /// All that is done, as a file.
    fn to_text(&self) -> String {
        self.checkpoint.to_text(&self.campaign.done())
    }
}

/// Stops a campaign when its time is over; whether that was so.
fn watch_clock(time: Duration, is_over: &Receiver<()>, progress: &Progress) -> bool {
    let timed_out = is_over.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
    if timed_out && !progress.is_stopped() {
        progress.stop();
        return true;
    }
    false
}

fn is_default(out: &Path) -> bool {
    out == Path::new("failures")
}

/// The file of a campaign.
///
/// # Errors
///
/// If it is none, or cannot be read.
pub(crate) fn read(path: &Path) -> Result<Checkpoint, CliError> {
    let unreadable = |source| CliError::Read { path: path.to_owned(), source };
    let file = input::open(path).map_err(|source| {
        if source.kind() == ErrorKind::NotFound {
            return CliError::Input(input::missing(path));
        }
        unreadable(source)
    })?;
    let file = BufReader::new(file);
    let error = |source| CliError::Campaign { path: path.to_owned(), source };
    Checkpoint::read(file).map_err(unreadable)?.map_err(error)
}

/// Writes what a shard shows, if it was done to its end.
///
/// # Errors
///
/// If the file cannot be written.
pub(crate) fn end_of_shard(
    args: &SweepArgs,
    conduct: &Conduct,
    conducted: Conducted,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    conducted.saved?;
    let (report, shard) = (&conducted.report, conduct.campaign.shard());
    let path = args.schedule.out.display();
    let runs = plural(report.runs, "run", "runs");
    if !conducted.is_complete {
        output.write(&format!(
            "Shard {shard} was interrupted after {runs}; {path} is not written.\n"
        ))?;
        return Ok(Finding::Inconclusive);
    }
    // Whether anything was put to the test is a question to all shards together.
    let (finding, found) = match &report.violation {
        Some((run, violation)) => {
            (Finding::Violated, format!("VIOLATED: {} in run {run}", violation.property()))
        }
        None if report.inconclusive > 0 => (Finding::Inconclusive, "INCONCLUSIVE".to_owned()),
        None => (Finding::Holds, "no violation".to_owned()),
    };
    let all = format!("{} of {}", shard.number(), shard.of());
    if let Some(target) = &conduct.target {
        let rest = format!(": shard {all}, {runs}, {found}.");
        target.write(&conduct.to_text(), &rest, output)?;
    }
    Ok(finding)
}
