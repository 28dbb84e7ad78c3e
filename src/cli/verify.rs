//! `verify`: every schedule of a small system.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;
use std::time::Duration;

use active_active::explore::{
    Found, Runner, SearchProgress, Verdict, Verified, Verify, VerifyReport,
};
use active_active::plan::Plan;
use active_active::report::verify::memory;
use active_active::report::{Finding, Palette, VerifySummary, json};
use active_active::saved::SavedRun;
use active_active::scenario::{Cause, FileError, Scope};
use active_active::scheduler::RoundRobin;
use active_active::spec::PropertyName;
use active_active::words::{count, plural};
use indicatif::ProgressBar;

use super::args::VerifyArgs;
use super::error::CliError;
use super::interrupt::Interruptible;
use super::output::Output;
use super::print::Format;
use super::{Surroundings, files, input, interrupt, minimize, save};

pub(crate) fn execute(
    args: &VerifyArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let plan = plan(args)?;
    files::check_directory(&args.out)?;
    let verify = Verify {
        threads: args.threads.map_or(surroundings.threads, usize::from),
        reduces: !args.no_reduction,
        bytes_max: args.memory,
        ..Verify::new(Arc::clone(&plan))
    };
    let progress = Arc::new(SearchProgress::default());
    let (interrupted, interruptible) = stop_on_interrupt(&progress);
    let report = watched(&verify, &progress, args, surroundings.shows_progress)?;
    drop(interruptible);
    let why = match (interrupted.load(Ordering::Relaxed), args.time) {
        (true, _) => Some("it was INTERRUPTED".to_owned()),
        (false, Some(time)) => Some(format!("the {} seconds allowed were over", time.as_secs())),
        (false, None) => None,
    };
    let out_of_memory = matches!(report.verdict, Verified::Incomplete(cause)
        if cause == active_active::explore::Incomplete::Memory);
    let why = why.filter(|_| !out_of_memory);
    let mut summary = VerifySummary::new(&plan, &report, why.as_deref());
    // The report comes first: a full disk must not hide a violation.
    let saved = save_smallest(args, &plan, &report, &mut summary, surroundings);
    match args.print.format() {
        Format::Text => output.tell(&summary.text(&Palette::COLOURS))?,
        Format::Verdict => output.tell(&summary.brief(&Palette::COLOURS))?,
        Format::Json => output.write(&json::document(&summary))?,
    }
    output.finish()?;
    saved.map(|()| summary.verdict)
}

/// The scenario, as small as was asked for.
fn plan(args: &VerifyArgs) -> Result<Arc<Plan>, FileError> {
    let plan = Arc::new(input::plan(&args.scenario)?);
    let scope = Scope { records: args.records, stages: args.stages, budget: args.budget };
    let in_scope = |scope: &Scope| scope.of(plan.scenario()).and_then(|small| Plan::new(&small));
    let origin = format!("{} in this scope", args.scenario.scenario);
    let small = in_scope(&scope).map_err(|problem| FileError {
        origin: origin.clone(),
        line: None,
        key: Some(match (problem.key.as_str(), args.records) {
            ("records.batches", Some(_)) => "--records".to_owned(),
            _ => problem.key,
        }),
        message: match (&problem.cause, args.stages) {
            // The whole scenario has it: it was read a moment ago.
            (Cause::UnknownComponent { name, .. }, Some(stages)) => {
                // Something else may not fit, which is said when no component is left out.
                let fits = |more: &u8| {
                    let problem = in_scope(&Scope { stages: Some(*more), ..scope.clone() }).err();
                    let cause = problem.map(|problem| problem.cause);
                    !matches!(cause, Some(Cause::UnknownComponent { .. }))
                };
                let enough = (stages..=u8::MAX).find(fits).unwrap_or(stages);
                format!("--stages {stages} leaves '{name}' out; use at least --stages {enough}")
            }
            (cause, _) => cause.to_string(),
        },
    })?;
    let small = Arc::new(small);
    let is_smaller = args.records.is_some() || args.stages.is_some();
    match is_smaller.then(|| unfit(&plan, &small)).flatten() {
        None => Ok(small),
        Some(what) => {
            let key = if args.records.is_some() { "--records" } else { "--stages" };
            let message = format!(
                "{what}, in the fair schedule, and does in the scenario as it is; use more, or leave the line out"
            );
            Err(FileError { origin, line: None, key: Some(key.to_owned()), message })
        }
    }
}

/// What the script expects of the scenario and not of one that is so small: that says something of the scope, and nothing of the design.
fn unfit(whole: &Arc<Plan>, small: &Arc<Plan>) -> Option<String> {
    let unexpected = |plan: &Arc<Plan>| {
        let outcome = Runner::new(Arc::clone(plan)).run(&mut RoundRobin::default(), 0, &mut ());
        let Verdict::Violated(violation) = outcome.verdict else { return None };
        (violation.property() == PropertyName::Expectation).then_some(violation.what)
    };
    let what = unexpected(small)?;
    unexpected(whole).is_none().then_some(what)
}

/// Makes the shortest run simple, too, and saves it.
fn save_smallest(
    args: &VerifyArgs,
    plan: &Arc<Plan>,
    report: &VerifyReport,
    summary: &mut VerifySummary,
    surroundings: &Surroundings,
) -> Result<(), CliError> {
    let Verified::Violated(found) = &report.verdict else { return Ok(()) };
    let Found { choices, outcome: Some(outcome), .. } = &**found else { return Ok(()) };
    let Some(violation) = &mut summary.violation else { return Ok(()) };
    let saved = SavedRun::new(plan, choices, outcome);
    let saved = saved.expect("a run that violates the spec was not cut short");
    let saved = minimize::smallest(saved, args.no_minimize, violation, surroundings);
    violation.set_saved(save::run(&saved, &args.out, "verify")?);
    Ok(())
}

/// Says that a search has ended when it is dropped: the clock must stop if the search panics, too, or the program waits for it
/// without end.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Makes the search; meanwhile looks at the clock, and says how far it is on a terminal.
fn watched(
    verify: &Verify,
    progress: &SearchProgress,
    args: &VerifyArgs,
    shows_progress: bool,
) -> Result<VerifyReport, CliError> {
    let time = args.time;
    let bar = if shows_progress { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    let is_done = AtomicBool::new(false);
    let report = std::thread::scope(|scope| {
        let ticker = Builder::new().spawn_scoped(scope, || {
            while !is_done.load(Ordering::Relaxed) {
                if time.is_some_and(|time| bar.elapsed() >= time) {
                    progress.stop();
                }
                bar.set_message(rate(&bar, progress));
                bar.tick();
                std::thread::park_timeout(Duration::from_millis(100));
            }
        });
        // Without it nothing is shown; but then no time limit is kept, either.
        let ticker = match (ticker, time) {
            (Err(source), Some(_)) => return Err(CliError::Thread { source }),
            (ticker, _) => ticker.ok(),
        };
        let ended = Ended(&is_done);
        let report = verify.run(progress);
        drop(ended);
        if let Some(ticker) = ticker {
            ticker.thread().unpark();
        }
        Ok(report)
    })?;
    if args.print.quiet {
        bar.finish_and_clear();
        return Ok(report);
    }
    let rate = rate(&bar, progress);
    let threads = plural(progress.threads().max(1), "thread", "threads");
    let seconds = bar.elapsed().as_secs_f64();
    bar.finish_and_clear();
    // The terminal may be gone; the report does not depend on it.
    let rate = rate.replace('\n', ", ");
    let _ = writeln!(std::io::stderr(), "{rate}, {threads}, {seconds:.2} s");
    Ok(report)
}

fn rate(bar: &ProgressBar, progress: &SearchProgress) -> String {
    let states = progress.states();
    let per_second = states as f64 / bar.elapsed().as_secs_f64().max(1e-6);
    format!(
        "{} states, {} transitions, longest run {}\n{} states/s, {}",
        count(states),
        count(progress.transitions()),
        count(progress.depth()),
        count(per_second as u64),
        memory(progress.bytes()),
    )
}

/// The first interrupt ends the search, the second ends the process. Whether there was one.
fn stop_on_interrupt(progress: &Arc<SearchProgress>) -> (Arc<AtomicBool>, Interruptible) {
    let asked = Arc::new(AtomicBool::new(false));
    let (progress, seen) = (Arc::clone(progress), Arc::clone(&asked));
    let interruptible = interrupt::on_interrupt(move || {
        seen.store(true, Ordering::Relaxed);
        progress.stop();
    });
    (asked, interruptible)
}
