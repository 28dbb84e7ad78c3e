//! What a report or an export is about: many schedules, and one run of them step by step.

use std::sync::Arc;

use active_active::explore::{
    Choices, Minimal, Outcome, Progress, Runner, Sweep, SweepReport, Verdict,
};
use active_active::metrics::Metrics;
use active_active::plan::Plan;
use active_active::report::html::{Command, Origin};
use active_active::report::recording::{Recording, Watcher, Window};
use active_active::report::{Finding, RunSummary, SchedulerSummary, SweepRequest, SweepSummary};
use active_active::saved::SavedRun;

use super::args::{ScenarioArgs, SubjectArgs};
use super::error::CliError;
use super::scheduler::{Ready, SchedulerName};
use super::{Surroundings, bar, input, interrupt, minimize, save};

/// How many schedules are enough for a page; `sweep` is for more.
const RUNS: u64 = 1_000;

/// What is shown, and what is judged.
pub(crate) struct Subject {
    pub(crate) recording: Recording,
    pub(crate) run: RunSummary,
    pub(crate) sweep: SweepSummary,
    pub(crate) origin: Origin,
    /// How to see it again.
    pub(crate) commands: Vec<Command>,
    /// The words that name it after `active-active report`.
    pub(crate) words: String,
}

impl Subject {
    /// Reads what the arguments name, judges it, and makes the run that is shown.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is wrong, or no longer fits.
    pub(crate) fn of(args: &SubjectArgs, surroundings: &Surroundings) -> Result<Subject, CliError> {
        let text = input::scenario_text(&args.scenario)?;
        match input::is_saved_run(&text) {
            true => saved(args, &text),
            false => explored(args, surroundings),
        }
    }

    /// A run that is cut short takes nothing back of a violation, and a run that holds nothing of
    /// either.
    pub(crate) fn finding(&self) -> Finding {
        let found = |finding| self.run.verdict == finding || self.sweep.verdict == finding;
        if found(Finding::Violated) {
            Finding::Violated
        } else if found(Finding::Inconclusive) {
            Finding::Inconclusive
        } else {
            self.sweep.verdict
        }
    }
}

/// Records and measures a run; twice if its beginning turns out not to be the part that matters.
fn record(
    args: &SubjectArgs,
    plan: &Arc<Plan>,
    run: impl Fn(&mut (&mut Watcher<'_>, &mut Metrics)) -> Outcome,
) -> (Recording, Metrics) {
    let record = |window: Window| {
        let mut metrics = Metrics::new(plan);
        let recording = Recording::of(plan, window, |watcher| run(&mut (watcher, &mut metrics)));
        metrics.end_run();
        (recording, metrics)
    };
    let window = Window { first: 1, steps_max: args.steps_shown };
    let (recording, metrics) = record(window);
    let ends_badly = !matches!(recording.outcome.verdict, Verdict::Holds);
    match ends_badly && !recording.is_whole() {
        true => record(window.ending_at(recording.outcome.steps)),
        false => (recording, metrics),
    }
}

/// A page about a saved run.
fn saved(args: &SubjectArgs, text: &str) -> Result<Subject, CliError> {
    let saved = SavedRun::parse(text, &args.scenario)?;
    let replayed = saved.replay();
    if let Some(misfit) = replayed.misfit {
        return Err(CliError::Misfit { origin: args.scenario.clone(), misfit });
    }
    let plan = saved.plan();
    let (recording, metrics) = record(args, plan, |watcher| saved.replay_watched(watcher).outcome);
    let mut run = RunSummary::of_replay(plan, &recording.outcome);
    run.measured(&metrics, plan);
    run.expected = Some(saved.expected().to_string());
    run.matches_expected = Some(replayed.matches_expected);
    let request = SweepRequest {
        scheduler: SchedulerSummary { name: "the saved choices".to_owned(), seed: None },
        runs: 1,
        steps_max: None,
    };
    let mut runner = Runner::new(Arc::clone(plan));
    let outcome = saved.replay_in(&mut runner, &mut ()).outcome;
    let report = report_of_one(&outcome, &runner);
    let mut sweep = SweepSummary::new(plan, request, &report);
    sweep.violation.clone_from(&run.violation);
    let file = save::quoted(&args.scenario);
    let commands = vec![command(
        "Tell it step by step in the terminal.",
        format!("active-active replay {file}"),
    )];
    Ok(Subject { recording, run, sweep, origin: Origin::Saved, commands, words: file })
}

/// One run, as if it had been a sweep of one.
fn report_of_one(outcome: &Outcome, runner: &Runner) -> SweepReport {
    let mut report = SweepReport { runs: 1, steps: outcome.steps, ..SweepReport::default() };
    report.coverage.merge(runner.coverage());
    report.awaited_until_heal = outcome.awaited_until_heal.map(|action| (0, action));
    report.note_ending(outcome.ending.as_ref(), runner.simulation().plan());
    report.note_healed(0, outcome.healed, runner.simulation().plan());
    report.note_loss(0, outcome.lost.clone());
    match &outcome.verdict {
        Verdict::Holds => {}
        Verdict::Inconclusive(_) => report.inconclusive = 1,
        Verdict::Violated(violation) => report.violation = Some((0, violation.clone())),
    }
    report
}

/// A page about a scenario: many schedules, and one of them step by step.
fn explored(args: &SubjectArgs, surroundings: &Surroundings) -> Result<Subject, CliError> {
    let scenario =
        ScenarioArgs { scenario: args.scenario.clone(), overrides: args.overrides.clone() };
    let plan = Arc::new(input::plan(&scenario)?);
    let deterministic = args.scheduler.is_deterministic();
    let runs = if deterministic { 1 } else { args.runs.unwrap_or(RUNS) };
    let threads = args.threads.map_or(surroundings.threads, usize::from);
    let sweep = Sweep { plan: Arc::clone(&plan), runs, threads, steps_max: u64::MAX };
    let progress = Arc::new(Progress::default());
    let stopped = Arc::clone(&progress);
    interrupt::on_interrupt(move || stopped.stop());
    let ready = args.scheduler.prepare(&plan, args.seed, u64::MAX);
    let work = || ready.sweep(&sweep, &progress);
    let report = match surroundings.shows_progress {
        true => bar::show(sweep.runs, sweep.threads, &progress, work),
        false => work(),
    };
    let violating = report.violation.as_ref().map(|(run, _)| *run);
    let number = args.run.or(violating).unwrap_or(0);
    let scheduler = args.scheduler.summary(args.seed);
    let request = SweepRequest { scheduler: scheduler.clone(), runs, steps_max: None };
    let many = &sweep;
    let mut sweep = SweepSummary::new(&plan, request, &report);
    if args.scheduler.is_timed() {
        sweep.metrics = Some(ready.measure(many, report.runs).summary(&plan));
    }
    let (commands, words) = commands(args, number, deterministic);
    // Who asks for a run by its number sees that one.
    if let (Some(run), None) = (violating, args.run)
        && let Some(minimal) = minimal(&ready, &plan, run, surroundings)
    {
        let saved = &minimal.saved;
        let (recording, metrics) =
            record(args, saved.plan(), |watcher| saved.replay_watched(watcher).outcome);
        let mut run = RunSummary::of_replay(saved.plan(), &recording.outcome);
        run.measured(&metrics, saved.plan());
        let Minimal { before, size, ended, .. } = minimal;
        let origin = Origin::Minimised { before, size, ended };
        return Ok(Subject { recording, run, sweep, origin, commands, words });
    }
    let (recording, metrics) = record(args, &plan, |watcher| {
        let mut runner = Runner::new(Arc::clone(&plan));
        ready.run(&mut runner, number, watcher)
    });
    let mut run = RunSummary::of_run(&plan, scheduler, number, &recording.outcome);
    run.measured(&metrics, &plan);
    Ok(Subject { recording, run, sweep, origin: Origin::Scheduler, commands, words })
}

/// The smallest run that shows what this run of the scheduler shows.
fn minimal(
    ready: &Ready,
    plan: &Arc<Plan>,
    run: u64,
    surroundings: &Surroundings,
) -> Option<Minimal> {
    let mut choices = Choices::default();
    let mut runner = Runner::new(Arc::clone(plan));
    let outcome = ready.run(&mut runner, run, &mut choices);
    let saved = SavedRun::new(plan, &choices.taken, &outcome).ok()?;
    minimize::minimise(&saved, surroundings)
}

/// What a reader types to see the same, and the words that name it for a report.
fn commands(args: &SubjectArgs, number: u64, deterministic: bool) -> (Vec<Command>, String) {
    let mut what = save::quoted(&args.scenario);
    for change in &args.overrides {
        what += &format!(" --set {}", save::quoted(&format!("{}={}", change.key, change.value)));
    }
    if args.scheduler != SchedulerName::default() {
        what += &format!(" --scheduler {}", args.scheduler.summary(args.seed).name);
    }
    let (mut many, mut one) = (what.clone(), what.clone());
    if !deterministic {
        many += &format!(" --seed {} --runs {}", args.seed, args.runs.unwrap_or(RUNS));
        one += &format!(" --seed {} --run {number}", args.seed);
    }
    let asked = args.run.map_or_else(String::new, |run| format!(" --run {run}"));
    let commands = vec![
        command("Judge the same schedules again.", format!("active-active sweep {many}")),
        command(
            "Tell one of them step by step in the terminal, as it was found.",
            format!("active-active run {one}"),
        ),
    ];
    (commands, many + &asked)
}

fn command(purpose: &str, line: String) -> Command {
    Command { purpose: purpose.to_owned(), line }
}
