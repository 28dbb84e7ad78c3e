//! `minimize`: the smallest failure that shows the same; and what the other commands share of it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use active_active::explore::{Minimal, Minimiser, Watch};
use active_active::report::{
    Finding, MinimalSummary, Palette, RunSummary, ViolationSummary, json, text,
};
use active_active::saved::SavedRun;
use serde::Serialize;

use super::args::MinimizeArgs;
use super::error::CliError;
use super::files::Target;
use super::output::Output;
use super::print::Format;
use super::{Surroundings, bar, files, interrupt, replay, save};

pub(crate) fn execute(
    args: &MinimizeArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let origin = args.file.display().to_string();
    let target = args.out.as_deref().map(|path| Target::new(path, args.force)).transpose()?;
    let saved = replay::read_saved(&args.file, args.artifact)?;
    replay::refuse_misfit(&saved, &origin)?;
    let minimiser = Minimiser { steps_max: args.steps_max, ..Minimiser::default() };
    let Some(minimal) = minimise_with(minimiser, &saved, surroundings) else {
        return Err(CliError::NothingToMinimize { origin });
    };
    let text = minimal.saved.to_text();
    let saved_as = match target {
        Some(target @ Target::Stdout) => {
            return target.write(&text, "", output).map(|()| Finding::Violated);
        }
        Some(Target::File { path, force: true }) => files::replace(&path, &text).map(|()| path)?,
        Some(Target::File { path, force: false }) => files::create(&path, &text).map(|()| path)?,
        None => beside(&args.file, &text)?,
    };
    let saved_as = save::saved_as(&saved_as);
    let outcome = minimal.saved.replay().outcome;
    let mut summary = RunSummary::of_replay(minimal.saved.plan(), &outcome);
    summary.command = "minimize";
    if let Some(violation) = &mut summary.violation {
        violation.set_saved(saved_as);
        violation.minimal = Some(MinimalSummary::new(&minimal));
    }
    #[derive(Serialize)]
    struct Document<'a> {
        #[serde(flatten)]
        summary: &'a RunSummary,
    }
    match args.format {
        Format::Text | Format::Verdict => {
            output.tell(&text::minimal(&summary, &Palette::COLOURS))?
        }
        Format::Json => output.write(&json::document(&Document { summary: &summary }))?,
    }
    Ok(summary.verdict)
}

/// Saves a minimal failure where it goes by default: beside the file, as `NAME.min.toml`.
fn beside(file: &Path, text: &str) -> Result<PathBuf, CliError> {
    let path = file.with_extension("min");
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    files::save(file.parent().unwrap_or(Path::new("")), &name, text)
}

/// Makes a failure smaller, showing how far that is on a terminal; an interrupt keeps the
/// smallest so far. Nothing comes of a run that violates nothing, nor behind an interrupt: who ended the search wants its result, and not
/// more work.
pub(crate) fn minimise(saved: &SavedRun, surroundings: &Surroundings) -> Option<Minimal> {
    if interrupt::happened() {
        return None;
    }
    minimise_with(Minimiser::default(), saved, surroundings)
}

fn minimise_with(
    minimiser: Minimiser,
    saved: &SavedRun,
    surroundings: &Surroundings,
) -> Option<Minimal> {
    let watch = Arc::new(Watch::default());
    let watched = Arc::clone(&watch);
    let _interruptible = interrupt::on_interrupt(move || watched.stop());
    let work = || minimiser.minimise(saved, &watch);
    match surroundings.shows_progress {
        true => bar::minimising(&watch, work),
        false => work(),
    }
}

/// The smallest failure that shows the same, which the violation then tells of; what was found, if
/// that is wanted.
pub(crate) fn smallest(
    found: SavedRun,
    as_found: bool,
    violation: &mut ViolationSummary,
    surroundings: &Surroundings,
) -> SavedRun {
    if as_found {
        return found;
    }
    let Some(minimal) = minimise(&found, surroundings) else { return found };
    violation.minimal = Some(MinimalSummary::new(&minimal));
    minimal.saved
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A search that was interrupted had no end: its failure was made smaller for minutes, and was not saved before that.
    #[test]
    fn behind_an_interrupt_nothing_is_made_smaller() {
        let text = include_str!("../../tests/stories/skipped-duplicate.toml");
        let saved = SavedRun::parse(text, "skipped-duplicate.toml").expect("it is a saved run");
        let surroundings = Surroundings { threads: 1, shows_progress: false, columns: None };
        assert!(minimise(&saved, &surroundings).is_some());
        interrupt::interrupted();
        assert!(minimise(&saved, &surroundings).is_none());
    }
}
