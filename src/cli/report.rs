//! `report`: a page that shows a run step by step, and what many runs showed.

use std::io::Write;
use std::path::Path;

use active_active::report::Finding;
use active_active::report::html::{Command, Page};
use active_active::scenario::FileError;

use super::args::ReportArgs;
use super::error::CliError;
use super::files::Target;
use super::output::Output;
use super::subject::Subject;
use super::{Surroundings, input, save};

/// A table that `bench/` wrote: another file would leave an empty section behind.
fn detection(path: &Path) -> Result<String, FileError> {
    let bytes = input::bytes(path)?;
    let origin = path.display().to_string();
    let text = input::text(&bytes, &origin)?;
    if text.starts_with(MARK) {
        return Ok(text.to_owned());
    }
    let message =
        "this is not a table of search strategies; give the path of one, such as docs/detection.md"
            .to_owned();
    Err(FileError { origin, line: None, key: Some("--detection".to_owned()), message })
}

/// Where `bench/` is told to write its table.
const DETECTION: &str = "docs/detection.md";

/// How every table begins.
const MARK: &str = "# How many schedules each strategy needs";

pub(crate) fn execute(
    args: &ReportArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let target = Target::new(&args.out, args.force)?;
    let detection = match &args.detection {
        Some(path) => Some(detection(path)?),
        // There may be none, and then the page has none.
        None => std::fs::read_to_string(DETECTION).ok(),
    };
    let subject = Subject::of(&args.subject, surroundings)?;
    let finding = subject.finding();
    let Subject { recording, run, sweep, origin, mut commands, words } = subject;
    let out = save::quoted(&args.out.display().to_string());
    commands.push(Command {
        purpose: "Write this page again.".to_owned(),
        line: format!("active-active report {words} --out {out}"),
    });
    let page = Page {
        recording: &recording,
        run: &run,
        sweep: &sweep,
        origin,
        commands: &commands,
        detection: detection.as_deref(),
    };
    let verdict = match finding {
        Finding::Holds => "no violation",
        Finding::Violated => "VIOLATED",
        Finding::Inconclusive => "INCONCLUSIVE",
        Finding::Vacuous => "VACUOUS",
    };
    let rest = format!(": {verdict}. Open it in a browser.");
    target.write(&page.to_html(), &rest, output)?;
    Ok(finding)
}
