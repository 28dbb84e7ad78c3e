//! What a report or an export is about: many schedules, and one run of them step by step.

use std::sync::Arc;

use active_active::explore::{
    Choices, Minimal, Observer, Outcome, Progress, Runner, Sweep, SweepReport, Verdict,
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

    /// What all formats say.
    pub(crate) fn finding(&self) -> Finding {
        self.sweep.verdict
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
    refuse_options(args)?;
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

/// A saved run is a scenario and its choices: no option changes them.
fn refuse_options(args: &SubjectArgs) -> Result<(), CliError> {
    let SubjectArgs { overrides, runs, run, seed, scheduler, max_steps, .. } = args;
    let given = [
        ("--set", !overrides.is_empty()),
        ("--runs", runs.is_some()),
        ("--run", run.is_some()),
        ("--seed", seed.is_some()),
        ("--scheduler", scheduler.is_some()),
        ("--max-steps", max_steps.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(CliError::OptionOfSavedRun { option }),
        None => Ok(()),
    }
}

/// One run, as if it had been a sweep of one.
fn report_of_one(outcome: &Outcome, runner: &Runner) -> SweepReport {
    let mut report = SweepReport { runs: 1, steps: outcome.steps, ..SweepReport::default() };
    report.coverage.merge(runner.coverage());
    report.evidence.struck.extend(runner.struck());
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

/// What is swept, and by which scheduler.
struct Swept<'a> {
    args: &'a SubjectArgs,
    scheduler: SchedulerName,
    seed: u64,
    ready: Ready,
    sweep: Sweep,
    /// How many schedules were asked for.
    requested: u64,
}

impl<'a> Swept<'a> {
    fn new(args: &'a SubjectArgs, surroundings: &Surroundings) -> Result<Swept<'a>, CliError> {
        let scenario =
            ScenarioArgs { scenario: args.scenario.clone(), overrides: args.overrides.clone() };
        let plan = Arc::new(input::plan(&scenario)?);
        let scheduler = args.scheduler.clone().unwrap_or_default();
        let (seed, most) =
            (args.seed.unwrap_or(1), if scheduler.is_deterministic() { 1 } else { RUNS });
        let requested = args.runs.unwrap_or(most);
        let runs = if scheduler.is_deterministic() { 1 } else { requested };
        if let Some(run) = args.run {
            scheduler.check_run(run, runs)?;
        }
        let steps_max = args.max_steps.unwrap_or(u64::MAX);
        let threads = args.threads.map_or(surroundings.threads, usize::from);
        let ready = scheduler.prepare(&plan, seed, steps_max);
        let sweep = Sweep { plan, runs, threads, steps_max };
        Ok(Swept { args, scheduler, seed, ready, sweep, requested })
    }

    /// Makes one run.
    fn run(&self, number: u64, observer: &mut dyn Observer) -> Outcome {
        let mut runner = Runner::new(Arc::clone(&self.sweep.plan));
        runner.limit_steps(self.sweep.steps_max);
        self.ready.run(&mut runner, number, observer)
    }

    /// What is said of all runs.
    fn summary(&self, report: &SweepReport) -> SweepSummary {
        let plan = &self.sweep.plan;
        let scheduler = self.scheduler.summary(self.seed);
        let request =
            SweepRequest { scheduler, runs: self.requested, steps_max: self.args.max_steps };
        let mut summary = SweepSummary::new(plan, request, report);
        if self.scheduler.is_timed() {
            let measured = self.ready.measure(&self.sweep, report.runs);
            summary.metrics = Some(measured.summary(plan));
        }
        summary
    }

    /// The smallest run that shows what this run of the scheduler shows.
    fn minimal(&self, number: u64, surroundings: &Surroundings) -> Option<Minimal> {
        let mut choices = Choices::default();
        let outcome = self.run(number, &mut choices);
        let saved = SavedRun::new(&self.sweep.plan, &choices.taken, &outcome).ok()?;
        minimize::minimise(&saved, surroundings)
    }

    /// What a reader types to see the same, and the words that name it for a report.
    fn commands(&self, number: u64) -> (Vec<Command>, String) {
        let args = self.args;
        let mut what = save::quoted(&args.scenario);
        for change in &args.overrides {
            what +=
                &format!(" --set {}", save::quoted(&format!("{}={}", change.key, change.value)));
        }
        if self.scheduler != SchedulerName::default() {
            what += &format!(" --scheduler {}", self.scheduler.summary(self.seed).name);
        }
        if let Some(steps) = args.max_steps {
            what += &format!(" --max-steps {steps}");
        }
        let (mut many, mut one) = (what.clone(), what);
        if !self.scheduler.is_deterministic() {
            many += &format!(" --seed {} --runs {}", self.seed, self.requested);
            one += &format!(" --seed {} --run {number}", self.seed);
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
}

/// A page about a scenario: many schedules, and one of them step by step.
fn explored(args: &SubjectArgs, surroundings: &Surroundings) -> Result<Subject, CliError> {
    let swept = Swept::new(args, surroundings)?;
    let (plan, sweep) = (&swept.sweep.plan, &swept.sweep);
    let progress = Arc::new(Progress::default());
    let stopped = Arc::clone(&progress);
    let interruptible = interrupt::on_interrupt(move || stopped.stop());
    let work = || swept.ready.sweep(sweep, &progress);
    let mut report = match surroundings.shows_progress {
        true => bar::show(sweep.runs, sweep.threads, &progress, work),
        false => work(),
    };
    drop(interruptible);
    let violating = report.violation.as_ref().map(|(run, _)| *run);
    let number = args.run.or(violating).unwrap_or(0);
    let (commands, words) = swept.commands(number);
    // A run that was asked for by its number is shown as it is.
    if let (Some(run), None) = (violating, args.run)
        && let Some(minimal) = swept.minimal(run, surroundings)
    {
        let saved = &minimal.saved;
        let (recording, metrics) =
            record(args, saved.plan(), |watcher| saved.replay_watched(watcher).outcome);
        let mut run = RunSummary::of_replay(saved.plan(), &recording.outcome);
        run.measured(&metrics, saved.plan());
        let sweep = swept.summary(&report);
        let Minimal { before, size, ended, .. } = minimal;
        let origin = Origin::Minimised { before, size, ended };
        return Ok(Subject { recording, run, sweep, origin, commands, words });
    }
    let (recording, metrics) = record(args, plan, |watcher| swept.run(number, watcher));
    // A sweep that was stopped may not have come to this run, which has been judged now.
    if let (Verdict::Violated(violation), None) = (&recording.outcome.verdict, violating) {
        report.violation = Some((number, violation.clone()));
    }
    let scheduler = swept.scheduler.summary(swept.seed);
    let mut run = RunSummary::of_run(plan, scheduler, number, &recording.outcome);
    run.measured(&metrics, plan);
    let sweep = swept.summary(&report);
    Ok(Subject { recording, run, sweep, origin: Origin::Scheduler, commands, words })
}

fn command(purpose: &str, line: String) -> Command {
    Command { purpose: purpose.to_owned(), line }
}
