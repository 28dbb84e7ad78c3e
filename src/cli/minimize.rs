//! `minimize`: the smallest failure that shows the same; and what the other commands share of it.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use active_active::explore::{Minimal, Minimiser, Watch};
use active_active::report::{
    Finding, MinimalSummary, Palette, RunSummary, ViolationSummary, json, text,
};
use active_active::saved::SavedRun;
use serde::Serialize;

use super::args::{Format, MinimizeArgs};
use super::error::CliError;
use super::output::Output;
use super::{Surroundings, bar, files, interrupt, replay, save};

pub(crate) fn execute(
    args: &MinimizeArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let origin = args.file.display().to_string();
    let saved = replay::read_saved(&args.file, args.artifact)?;
    replay::refuse_misfit(&saved, &origin)?;
    let minimiser = Minimiser { steps_max: args.steps_max, ..Minimiser::default() };
    let Some(minimal) = minimise_with(minimiser, &saved, surroundings) else {
        return Err(CliError::NothingToMinimize { origin });
    };
    let path = args.out.clone().unwrap_or_else(|| beside(&args.file));
    files::create_or_same(&path, &minimal.saved.to_text())?;
    let saved_as = save::saved_as(&path);
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
        Format::Text => output.tell(&text::minimal(&summary, &Palette::COLOURS))?,
        Format::Json => output.write(&json::document(&Document { summary: &summary }))?,
    }
    Ok(summary.verdict)
}

/// Where a minimal failure goes by default: beside the file, as `NAME.min.toml`.
fn beside(file: &std::path::Path) -> PathBuf {
    file.with_extension("min.toml")
}

/// Makes a failure smaller, showing how far that is if somebody looks; an interrupt keeps the
/// smallest so far. Nothing comes of a run that violates nothing.
pub(crate) fn minimise(saved: &SavedRun, surroundings: &Surroundings) -> Option<Minimal> {
    minimise_with(Minimiser::default(), saved, surroundings)
}

fn minimise_with(
    minimiser: Minimiser,
    saved: &SavedRun,
    surroundings: &Surroundings,
) -> Option<Minimal> {
    let watch = Arc::new(Watch::default());
    let watched = Arc::clone(&watch);
    interrupt::on_interrupt(move || watched.stop());
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
