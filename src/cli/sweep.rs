//! `sweep`: many schedules, one report.

use std::io::Write;
use std::sync::Arc;

use active_active::explore::Strategy;
use active_active::explore::{Choices, Progress, Runner, Sweep, SweepReport, Verdict};
use active_active::report::{Finding, Palette, SweepRequest, SweepSummary, json, text};
use active_active::saved::SavedRun;
use active_active::spec::Violation;

use super::args::SweepArgs;
use super::campaign::{Conduct, Subject};
use super::error::CliError;
use super::output::Output;
use super::print::Format;
use super::scheduler::SchedulerName;
use super::{Surroundings, bar, campaign, files, input, interrupt, minimize, save};

/// How many schedules are enough for a first answer.
const RUNS: u64 = 10_000;

pub(crate) fn execute(
    args: &SweepArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let plan = Arc::new(input::plan(&args.scenario)?);
    let schedule = &args.schedule;
    let scheduler = schedule.scheduler.clone().unwrap_or_else(|| match args.metrics {
        // A search for what is rare would measure what is rare.
        true => SchedulerName::Search(Strategy::Random),
        false => SchedulerName::default(),
    });
    let (default, runs_max) = match (scheduler.is_deterministic(), args.time) {
        (true, _) => (1, 1),
        (false, None) => (RUNS, u64::MAX),
        // As many as there is time for.
        (false, Some(_)) => (u64::MAX, u64::MAX),
    };
    let requested = args.runs.unwrap_or(default);
    let sweep = Sweep {
        plan: Arc::clone(&plan),
        runs: requested.min(runs_max),
        threads: args.threads.map_or(surroundings.threads, usize::from),
        steps_max: schedule.max_steps.unwrap_or(u64::MAX),
    };
    if args.shard.is_none() {
        files::check_directory(&schedule.out)?;
    }
    let progress = Arc::new(Progress::default());
    let stopped = Arc::clone(&progress);
    let interruptible = interrupt::on_interrupt(move || stopped.stop());
    let mut subject = Subject {
        ready: scheduler.prepare(&plan, schedule.seed, sweep.steps_max),
        plan,
        scheduler,
        seed: schedule.seed,
        requested,
        steps_max: schedule.max_steps,
        no_minimize: args.no_minimize,
        metrics: args.metrics,
        out: schedule.out.clone(),
        format: args.print.format(),
    };
    let conduct = Conduct::new(args, &subject, &sweep)?;
    let work = || conduct.run(&subject, &progress);
    let conducted = match surroundings.shows_progress {
        true => bar::show(sweep.runs, sweep.threads, &progress, work),
        false => work(),
    }?;
    drop(interruptible);
    if args.shard.is_some() {
        return campaign::end_of_shard(args, &conduct, conducted, output);
    }
    let mut report = conducted.report;
    if conducted.time_is_over && report.interrupted {
        report.interrupted = false;
        subject.requested = report.runs;
    }
    // The report comes first: a full disk must not hide a violation.
    let finding = conclude(&subject, &report, surroundings, output)?;
    conducted.saved.map(|()| finding)
}

/// Reports what was found, and saves a failure.
pub(crate) fn conclude(
    subject: &Subject,
    report: &SweepReport,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let request = SweepRequest {
        scheduler: subject.scheduler.summary(subject.seed),
        runs: subject.requested,
        steps_max: subject.steps_max,
    };
    let mut summary = SweepSummary::new(&subject.plan, request, report);
    if subject.metrics || subject.scheduler.is_timed() {
        let sweep = Sweep {
            plan: Arc::clone(&subject.plan),
            runs: report.runs,
            threads: surroundings.threads,
            steps_max: subject.steps_max.unwrap_or(u64::MAX),
        };
        let measured = subject.ready.measure(&sweep, report.runs);
        summary.metrics = Some(measured.summary(&subject.plan));
    }
    // The report comes first: a full disk must not hide a violation.
    let saved = match &report.violation {
        Some((run, violation)) => {
            if surroundings.shows_progress {
                bar::found(*run, violation);
            }
            let found = again(subject, *run, violation);
            save_smallest(subject, *run, found, &mut summary, surroundings)
        }
        None => Ok(()),
    };
    match subject.format {
        Format::Text => output.tell(&text::sweep(&summary, &Palette::COLOURS))?,
        Format::Verdict => output.tell(&text::sweep_in_brief(&summary, &Palette::COLOURS))?,
        Format::Json => output.write(&json::document(&summary))?,
    }
    output.finish()?;
    saved.map(|()| summary.verdict)
}

/// Makes the run again, this time writing its choices down.
fn again(subject: &Subject, run: u64, violation: &Violation) -> SavedRun {
    let mut choices = Choices::default();
    let mut runner = Runner::new(Arc::clone(&subject.plan));
    runner.limit_steps(subject.steps_max.unwrap_or(u64::MAX));
    let outcome = subject.ready.run(&mut runner, run, &mut choices);
    assert_eq!(
        outcome.verdict,
        Verdict::Violated(Box::new(violation.clone())),
        "run {run} of seed {} shows the same whenever it is made",
        subject.seed
    );
    SavedRun::new(&subject.plan, &choices.taken, &outcome)
        .expect("a run that violates the spec was not cut short")
}

/// Makes the failure as small as it gets, unless that is not wanted, and saves it.
fn save_smallest(
    subject: &Subject,
    run: u64,
    found: SavedRun,
    summary: &mut SweepSummary,
    surroundings: &Surroundings,
) -> Result<(), CliError> {
    let Some(violation) = &mut summary.violation else { return Ok(()) };
    let saved = minimize::smallest(found, subject.no_minimize, violation, surroundings);
    let suffix = subject.scheduler.file_suffix(subject.seed, run);
    violation.set_saved(save::run(&saved, &subject.out, &suffix)?);
    Ok(())
}
