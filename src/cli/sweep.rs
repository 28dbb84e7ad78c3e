//! `sweep`: many schedules, one report.

use std::io::Write;
use std::sync::Arc;

use active_active::explore::{Choices, Progress, Runner, Sweep, Verdict};
use active_active::plan::Plan;
use active_active::report::{
    Finding, MinimalSummary, Palette, SweepRequest, SweepSummary, json, text,
};
use active_active::saved::SavedRun;
use active_active::spec::Violation;

use super::args::{Format, SweepArgs};
use super::error::CliError;
use super::output::Output;
use super::scheduler::Ready;
use super::{Surroundings, bar, input, interrupt, minimize, save};

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
    let stopped = Arc::clone(&progress);
    interrupt::on_interrupt(move || stopped.stop());
    let ready = scheduler.prepare(&plan, args.schedule.seed, sweep.steps_max);
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
    if args.metrics || scheduler.is_timed() {
        summary.metrics = Some(ready.measure(&sweep, report.runs).summary(&plan));
    }
    // The report comes first: a full disk must not hide a violation.
    let saved = match &report.violation {
        Some((run, violation)) => {
            if surroundings.shows_progress {
                bar::found(*run, violation);
            }
            let found = again(args, &plan, &ready, *run, violation);
            save_smallest(args, *run, found, &mut summary, surroundings)
        }
        None => Ok(()),
    };
    output.write(&match args.format {
        Format::Text => text::sweep(&summary, &Palette::COLOURS),
        Format::Json => json::document(&summary),
    })?;
    output.finish()?;
    saved.map(|()| summary.verdict)
}

/// Makes the run again, this time writing its choices down.
fn again(
    args: &SweepArgs,
    plan: &Arc<Plan>,
    ready: &Ready,
    run: u64,
    violation: &Violation,
) -> SavedRun {
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
    SavedRun::new(plan, &choices.taken, &outcome)
        .expect("a run that violates the spec was not cut short")
}

/// Makes the failure as small as it gets, unless that is not wanted, and saves it.
fn save_smallest(
    args: &SweepArgs,
    run: u64,
    found: SavedRun,
    summary: &mut SweepSummary,
    surroundings: &Surroundings,
) -> Result<(), CliError> {
    let Some(violation) = &mut summary.violation else { return Ok(()) };
    let mut saved = found;
    if !args.no_minimize
        && let Some(minimal) = minimize::minimise(&saved, surroundings)
    {
        violation.minimal = Some(MinimalSummary::new(&minimal));
        saved = minimal.saved;
    }
    let schedule = &args.schedule;
    let suffix = schedule.scheduler.file_suffix(schedule.seed, run);
    violation.set_saved(save::run(&saved, &schedule.out, &suffix)?);
    Ok(())
}
