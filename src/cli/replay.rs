//! `replay`: a run again, from a saved run or from the bytes of a fuzz target.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use active_active::arbitrary::{Case, Text, read_any};
use active_active::explore::{Outcome, Runner};
use active_active::plan::Plan;
use active_active::report::summary::ScenarioSummary;
use active_active::report::{Finding, Palette, RunSummary, text};
use active_active::saved::SavedRun;
use active_active::scenario::{FileError, file};
use active_active::scheduler::Script;
use clap::ValueEnum;

use super::args::{ReplayArgs, Target};
use super::error::CliError;
use super::input;
use super::output::Output;
use super::run::{Teller, end, tell};

/// What a file turns out to be.
enum Source {
    Saved(SavedRun),
    Artifact { plan: Arc<Plan>, choices: Vec<u16> },
}

pub(crate) fn execute(
    args: &ReplayArgs,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let origin = args.file.display().to_string();
    let bytes = input::bytes(&args.file)?;
    let target = args.artifact.or_else(|| guess(&args.file));
    let source = read(&bytes, &origin, target, args.artifact)?;
    let expected = match &source {
        Source::Saved(saved) => Some(expected(saved, &origin)?),
        Source::Artifact { .. } => None,
    };
    let plan = source.plan();
    let head = text::run_begins(&ScenarioSummary::new(plan), None, &Palette::COLOURS);
    let (outcome, story) = tell(args.format, &head, output, |story| source.run(story))?;
    let mut summary = RunSummary::of_replay(plan, &outcome);
    (summary.expected, summary.matches_expected) = expected.unzip();
    end(args.format, &summary, story, output)?;
    Ok(summary.verdict)
}

/// What the run showed when it was saved, and whether it shows that again. A run that no longer
/// fits is refused before anything of it is told.
fn expected(saved: &SavedRun, origin: &str) -> Result<(String, bool), CliError> {
    let replayed = saved.replay();
    match replayed.misfit {
        Some(misfit) => Err(CliError::Misfit { origin: origin.to_owned(), misfit }),
        None => Ok((saved.expected().to_string(), replayed.matches_expected)),
    }
}

impl Source {
    fn plan(&self) -> &Arc<Plan> {
        match self {
            Source::Saved(saved) => saved.plan(),
            Source::Artifact { plan, .. } => plan,
        }
    }

    fn run(&self, story: &mut Teller<'_>) -> Outcome {
        match self {
            Source::Saved(saved) => saved.replay_watched(story).outcome,
            Source::Artifact { plan, choices } => {
                Runner::new(Arc::clone(plan)).run(&mut Script::new(choices.clone()), 0, story)
            }
        }
    }
}

/// Reads a saved run, or, if it is none, the input of the fuzz target. A target that was asked
/// for is not second-guessed.
fn read(
    bytes: &[u8],
    origin: &str,
    target: Option<Target>,
    asked: Option<Target>,
) -> Result<Source, FileError> {
    match target {
        Some(target) if asked.is_some() || !is_saved_run(bytes) => {
            from_bytes(bytes, origin, target)
        }
        Some(_) | None => {
            let text = input::text(bytes, origin).map_err(|error| FileError {
                message: "this is no saved run; if it is an artifact of a fuzz target, say of \
                          which, as in '--artifact scenario_fuzz'"
                    .to_owned(),
                ..error
            })?;
            SavedRun::parse(text, origin).map(Source::Saved)
        }
    }
}

/// The run that the bytes mean to a fuzz target.
fn from_bytes(bytes: &[u8], origin: &str, target: Target) -> Result<Source, FileError> {
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
    Ok(Source::Artifact { plan: Arc::new(plan), choices })
}

/// What the bytes mean to the fuzz target that reads files: as far as they are text, a saved run
/// or a scenario, which is run fairly.
fn from_text(bytes: &[u8], origin: &str) -> Result<Source, FileError> {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| {
        let text = &bytes[..error.valid_up_to()];
        std::str::from_utf8(text).expect("it is text up to there")
    });
    // What the target does: it panics where the target does.
    match read_any(text) {
        Text::SavedRun => SavedRun::parse(text, origin).map(Source::Saved),
        Text::Scenario | Text::Neither => {
            let plan = Arc::new(file::load(text, origin, &[])?);
            Ok(Source::Artifact { plan, choices: Vec::new() })
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
