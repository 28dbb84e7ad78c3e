//! `run`: one schedule, told step by step.

use std::io::Write;
use std::sync::Arc;

use active_active::explore::{Choices, Outcome, Runner};
use active_active::metrics::Metrics;
use active_active::report::summary::ScenarioSummary;
use active_active::report::{Finding, Line, Palette, RunSummary, Story, text};
use active_active::saved::SavedRun;

use super::args::RunArgs;
use super::error::CliError;
use super::outcome::end;
use super::output::Output;
use super::print::Format;
use super::{Surroundings, files, input, minimize, save};

pub(crate) fn execute(
    args: &RunArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let plan = Arc::new(input::plan(&args.scenario)?);
    let schedule = &args.schedule;
    files::check_directory(&schedule.out)?;
    let mut runner = Runner::new(Arc::clone(&plan));
    runner.limit_steps(schedule.max_steps.unwrap_or(u64::MAX));
    let name = schedule.scheduler.clone().unwrap_or_default();
    name.check_run(args.run, if name.is_deterministic() { 1 } else { u64::MAX })?;
    let scheduler = name.summary(schedule.seed);
    let mut head =
        text::run_begins(&ScenarioSummary::new(&plan), Some(&scheduler), &Palette::COLOURS);
    if !name.is_deterministic() {
        head.push_str(&format!("run {}\n", args.run));
    }
    let ready = name.prepare(&plan, schedule.seed, schedule.max_steps.unwrap_or(u64::MAX));
    let (mut choices, mut metrics) = (Choices::default(), Metrics::new(&plan));
    let (outcome, story) = tell(args.print.format(), &head, output, |story| {
        let observer = &mut ((&mut choices, &mut metrics), story);
        ready.run(&mut runner, args.run, observer)
    })?;
    metrics.end_run();
    let mut summary = RunSummary::of_run(&plan, scheduler, args.run, &outcome);
    summary.measured(&metrics, &plan);
    // The report comes first: a full disk must not hide a violation.
    let saved = match &mut summary.violation {
        Some(violation) => {
            let found = SavedRun::new(&plan, &choices.taken, &outcome)
                .expect("a run that violates the spec was not cut short");
            let saved = minimize::smallest(found, args.no_minimize, violation, surroundings);
            let suffix = name.file_suffix(schedule.seed, args.run);
            save::run(&saved, &schedule.out, &suffix).map(|saved| violation.set_saved(saved))
        }
        None => Ok(()),
    };
    end(args.print.format(), &summary, story, output)?;
    saved.map(|()| summary.verdict)
}

/// Tells a run to the output.
pub(crate) type Teller<'a> = Story<Box<dyn FnMut(Line) + 'a>>;

/// Makes a run and tells it: as text at once, line by line; for JSON it is kept.
///
/// # Errors
///
/// If the output cannot be written.
pub(crate) fn tell<W: Write>(
    format: Format,
    head: &str,
    output: &mut Output<W>,
    run: impl FnOnce(&mut Teller<'_>) -> Outcome,
) -> Result<(Outcome, Vec<Line>), CliError> {
    let mut kept = Vec::new();
    let mut written = match format {
        Format::Text => output.tell(&format!("{head}\n")),
        Format::Json | Format::Verdict => Ok(()),
    };
    let tell = |line: Line| match format {
        Format::Text if written.is_ok() => {
            written = output.tell(&format!("{}\n", line.text(&Palette::COLOURS)));
        }
        Format::Text | Format::Verdict => {}
        Format::Json => kept.push(line),
    };
    let outcome = run(&mut Story::new(Box::new(tell)));
    written.map(|()| (outcome, kept))
}
