//! `replay`: a run again, from a saved run or from the bytes of a fuzz target.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use active_active::arbitrary::{Case, Text, read_any};
use active_active::explore::{Choices, Runner};
use active_active::plan::Plan;
use active_active::report::summary::ScenarioSummary;
use active_active::report::{Finding, Line, Palette, RunSummary, Story, minimal, past, text};
use active_active::saved::SavedRun;
use active_active::scenario::FileError;
use active_active::scheduler::Script;
use clap::ValueEnum;

use super::args::{ReplayArgs, Target};
use super::error::CliError;
use super::outcome::end;
use super::output::Output;
use super::print::Format;
use super::{files, input, walk};

pub(crate) fn execute(
    args: &ReplayArgs,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let origin = args.file.display().to_string();
    let target =
        args.out.as_deref().map(|path| files::Target::new(path, args.force)).transpose()?;
    let saved = read_saved(&args.file, args.artifact)?;
    // A run that no longer fits is refused before anything of it is told.
    refuse_misfit(&saved, &origin)?;
    match &target {
        Some(files::Target::Stdout) => {
            output.write(&saved.to_text())?;
            return Ok(RunSummary::of_replay(saved.plan(), &saved.replay().outcome).verdict);
        }
        Some(files::Target::File { path, force: true }) => files::replace(path, &saved.to_text())?,
        Some(files::Target::File { path, force: false }) => files::create(path, &saved.to_text())?,
        None => {}
    }
    if args.as_test {
        output.write(&saved.to_test())?;
        return Ok(Finding::Holds);
    }
    let replayed = saved.replay();
    let plan = saved.plan();
    let mut summary = RunSummary::of_replay(plan, &replayed.outcome);
    if is_saved_run(&input::bytes(&args.file)?) {
        summary.expected = Some(saved.expected().to_string());
        summary.matches_expected = Some(replayed.matches_expected);
    }
    let (story, records) = match args.full {
        true => (whole(&saved), Vec::new()),
        false => past::story(&saved),
    };
    if args.format == Format::Text {
        let head = text::run_begins(&ScenarioSummary::new(plan), None, &Palette::COLOURS);
        output.tell(&format!("{head}\n"))?;
    }
    match (args.step, args.format) {
        (true, _) => walk::walk(&saved, &story, &mut std::io::stdin().lock(), output)?,
        (false, Format::Text) => {
            let records: Vec<u16> = records.iter().map(|record| record.0).collect();
            for line in minimal::told(&story, &records, &Palette::COLOURS) {
                output.tell(&format!("{line}\n"))?;
            }
        }
        (false, Format::Json | Format::Verdict) => {}
    }
    end(args.format, &summary, story, output)?;
    Ok(summary.verdict)
}

/// Every step of a run.
fn whole(saved: &SavedRun) -> Vec<Line> {
    let mut lines = Vec::new();
    saved.replay_watched(&mut Story::new(|line| lines.push(line)));
    lines
}

/// Refuses a run that no longer fits.
///
/// # Errors
///
/// If it does not.
pub(crate) fn refuse_misfit(saved: &SavedRun, origin: &str) -> Result<(), CliError> {
    match saved.replay().misfit {
        Some(misfit) => Err(CliError::Misfit { origin: origin.to_owned(), misfit }),
        None => Ok(()),
    }
}

/// Reads a saved run, or the input of a fuzz target as one.
///
/// # Errors
///
/// If the file cannot be read, or is neither.
pub(crate) fn read_saved(path: &Path, asked: Option<Target>) -> Result<SavedRun, FileError> {
    let origin = path.display().to_string();
    let bytes = input::bytes(path)?;
    match asked.or_else(|| guess(path)) {
        // A target that was asked for is not second-guessed.
        Some(target) if asked.is_some() || !is_saved_run(&bytes) => {
            from_bytes(&bytes, &origin, target)
        }
        Some(_) | None => {
            let text = input::text(&bytes, &origin).map_err(|error| FileError {
                message: "this is no saved run; if it is an artifact of a fuzz target, say of \
                          which, as in '--artifact scenario_fuzz'"
                    .to_owned(),
                ..error
            })?;
            SavedRun::parse(text, &origin)
        }
    }
}

/// The run that the bytes mean to a fuzz target.
fn from_bytes(bytes: &[u8], origin: &str, target: Target) -> Result<SavedRun, FileError> {
    let case = match target {
        Target::Scenario => Case::from_bytes(bytes),
        Target::EventOrder => Case::f1_from_bytes(bytes),
        Target::ScenarioFile => return from_text(bytes, origin),
    };
    let error = |message| FileError { origin: origin.to_owned(), line: None, key: None, message };
    let Some(Case { scenario, choices }) = case else {
        return Err(error("these bytes are no input of the fuzz target; give another file".into()));
    };
    let plan = Plan::new(&scenario).map_err(|problem| error(problem.to_string()))?;
    Ok(of_numbers(plan, choices))
}

/// The run in which these numbers decide.
fn of_numbers(plan: Plan, numbers: Vec<u16>) -> SavedRun {
    let (plan, mut choices) = (Arc::new(plan), Choices::default());
    let mut runner = Runner::new(Arc::clone(&plan));
    let outcome = runner.run(&mut Script::new(numbers), 0, &mut choices);
    SavedRun::new(&plan, &choices.taken, &outcome).expect("nothing cuts this run short")
}

/// What the bytes mean to the fuzz target that reads files: as far as they are text, a saved run
/// or a scenario, which is run fairly.
fn from_text(bytes: &[u8], origin: &str) -> Result<SavedRun, FileError> {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| {
        let text = &bytes[..error.valid_up_to()];
        std::str::from_utf8(text).expect("it is text up to there")
    });
    // What the target does: it panics where the target does.
    match read_any(text) {
        Text::SavedRun => SavedRun::parse(text, origin),
        Text::Scenario | Text::Neither => {
            Ok(of_numbers(Plan::load(text, origin, &[])?, Vec::new()))
        }
    }
}

/// Whether the file means to be a saved run, be it a whole one or not: a line of it begins with
/// the key `format`.
fn is_saved_run(bytes: &[u8]) -> bool {
    let begins = |line: &str| line.split('=').next().is_some_and(|key| key.trim() == "format");
    std::str::from_utf8(bytes).is_ok_and(|text| text.lines().any(begins))
}

/// cargo-fuzz keeps the artifacts of a target in `fuzz/artifacts/TARGET/`, its inputs in
/// `fuzz/corpus/TARGET/`.
fn guess(path: &Path) -> Option<Target> {
    let is_in = |name: &str| path.components().any(|part| part.as_os_str() == name);
    let named = |target: &Target| target.to_possible_value().is_some_and(|v| is_in(v.get_name()));
    Target::value_variants().iter().copied().find(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_told_from_the_path() {
        let cases = [
            ("fuzz/artifacts/scenario_fuzz/crash-1", Some(Target::Scenario)),
            ("/a/fuzz/corpus/event_order_fuzz/x", Some(Target::EventOrder)),
            ("fuzz/artifacts/scenario_file_fuzz/x", Some(Target::ScenarioFile)),
            ("fuzz/artifacts/scenario_fuzz_2/x", None),
            ("crash-1", None),
        ];
        for (path, target) in cases {
            assert_eq!(guess(Path::new(path)), target, "{path}");
        }
    }

    #[test]
    fn a_saved_run_is_told_from_bytes() {
        assert!(is_saved_run(b"# comment\nformat = 1\n"));
        assert!(is_saved_run(b"format=1"));
        assert!(!is_saved_run(b"information = 1"));
        assert!(!is_saved_run(b"\xff\nformat = 1"));
        assert!(!is_saved_run(b""));
    }
}
