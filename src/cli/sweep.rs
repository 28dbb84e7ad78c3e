//! `sweep`: many schedules, one report.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use active_active::explore::{Choices, Progress, Runner, Sweep, Verdict};
use active_active::plan::Plan;
use active_active::report::{Finding, Palette, SavedAs, SweepRequest, SweepSummary, json, text};
use active_active::spec::Violation;

use super::args::{Format, SweepArgs};
use super::error::CliError;
use super::output::Output;
use super::scheduler::Ready;
use super::{Surroundings, bar, input, save};

/// How many schedules are enough for a first answer.
const RUNS: u64 = 10_000;

pub(crate) fn execute(
    args: &SweepArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let plan = Arc::new(input::plan(&args.scenario)?);
    let scheduler = &args.schedule.scheduler;
    let (default, runs_max) = if scheduler.is_deterministic() { (1, 1) } else { (RUNS, u64::MAX) };
    let requested = args.runs.unwrap_or(default);
    let sweep = Sweep {
        plan: Arc::clone(&plan),
        runs: requested.min(runs_max),
        threads: args.threads.map_or(surroundings.threads, usize::from),
        steps_max: args.schedule.max_steps.unwrap_or(u64::MAX),
    };
    let progress = Arc::new(Progress::default());
    stop_on_interrupt(&progress);
    let ready = scheduler.prepare(&plan, args.schedule.seed);
    let work = || ready.sweep(&sweep, &progress);
    let report = match surroundings.shows_progress {
        true => bar::show(sweep.runs, sweep.threads, &progress, work),
        false => work(),
    };
    let request = SweepRequest {
        scheduler: scheduler.summary(args.schedule.seed),
        runs: requested,
        steps_max: args.schedule.max_steps,
    };
    let mut summary = SweepSummary::new(&plan, request, &report);
    // The report comes first: a full disk must not hide a violation.
    let saved = match &report.violation {
        Some((run, violation)) => save_run(args, &plan, &ready, *run, violation),
        None => Ok(None),
    };
    let failed = match saved {
        Ok(saved) => {
            let violation = summary.violation.as_mut();
            violation
                .into_iter()
                .zip(saved)
                .for_each(|(violation, saved)| violation.set_saved(saved));
            Ok(())
        }
        Err(error) => Err(error),
    };
    output.write(&match args.format {
        Format::Text => text::sweep(&summary, &Palette::COLOURS),
        Format::Json => json::document(&summary),
    })?;
    output.finish()?;
    failed.map(|()| summary.verdict)
}

/// Makes the run again, this time writing its choices down.
fn save_run(
    args: &SweepArgs,
    plan: &Arc<Plan>,
    ready: &Ready,
    run: u64,
    violation: &Violation,
) -> Result<Option<SavedAs>, CliError> {
    let (schedule, mut choices) = (&args.schedule, Choices::default());
    let mut runner = Runner::new(Arc::clone(plan));
    runner.limit_steps(schedule.max_steps.unwrap_or(u64::MAX));
    let outcome = ready.run(&mut runner, run, &mut choices);
    assert_eq!(
        outcome.verdict,
        Verdict::Violated(Box::new(violation.clone())),
        "run {run} of seed {} shows the same whenever it is made",
        schedule.seed
    );
    let suffix = schedule.scheduler.file_suffix(schedule.seed, run);
    save::violation(plan, &choices.taken, &outcome, &schedule.out, &suffix)
}

/// The first interrupt ends the sweep after the runs under way, the second ends the process.
fn stop_on_interrupt(progress: &Arc<Progress>) {
    let progress = Arc::clone(progress);
    let asked = AtomicBool::new(false);
    let handler = move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        progress.stop();
    };
    // Without a handler, an interrupt ends the process at once, as it does elsewhere.
    let _ = ctrlc::set_handler(handler);
}
