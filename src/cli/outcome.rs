//! What `run` and `replay` print of a run when it has ended.

use std::io::Write;

use active_active::report::{Line, Palette, RunSummary, json, text};
use serde::Serialize;

use super::error::CliError;
use super::output::Output;
use super::print::Format;

/// Writes what a run shows.
///
/// # Errors
///
/// If the output cannot be written.
pub(crate) fn end(
    format: Format,
    summary: &RunSummary,
    story: Vec<Line>,
    output: &mut Output<impl Write>,
) -> Result<(), CliError> {
    #[derive(Serialize)]
    struct Document<'a> {
        #[serde(flatten)]
        summary: &'a RunSummary,
        story: Vec<Line>,
    }
    match format {
        Format::Text => output.tell(&text::run_ends(summary, &Palette::COLOURS))?,
        Format::Verdict => output.tell(&text::run_in_brief(summary, &Palette::COLOURS))?,
        Format::Json => output.write(&json::document(&Document { summary, story }))?,
    }
    output.finish()
}
