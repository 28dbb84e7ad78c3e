//! `report`: a page that shows a run step by step, and what many runs showed.

use std::io::Write;

use active_active::report::Finding;
use active_active::report::html::{self, Command, Page};
use active_active::scenario::FileError;

use super::args::ReportArgs;
use super::error::CliError;
use super::output::Output;
use super::subject::Subject;
use super::{Surroundings, files, save};

/// Where `bench detection` is told to write its table.
const DETECTION: &str = "docs/detection.md";

pub(crate) fn execute(
    args: &ReportArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let subject = Subject::of(&args.subject, surroundings)?;
    let finding = subject.finding();
    let Subject { recording, run, sweep, origin, mut commands, words } = subject;
    let out = save::quoted(&args.out.display().to_string());
    commands.push(Command {
        purpose: "Write this page again.".to_owned(),
        line: format!("active-active report {words} --out {out}"),
    });
    let detection = match &args.detection {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|source| FileError {
            origin: path.display().to_string(),
            line: None,
            key: Some("--detection".to_owned()),
            message: format!("cannot be read: {source}; give a file of 'bench detection'"),
        })?),
        // There may be none, and then the page has none.
        None => std::fs::read_to_string(DETECTION).ok(),
    };
    let page = Page {
        recording: &recording,
        run: &run,
        sweep: &sweep,
        origin,
        commands: &commands,
        detection: detection.as_deref(),
    };
    files::replace(&args.out, &page.to_html(), html::MARK)?;
    let verdict = match finding {
        Finding::Holds => "no violation",
        Finding::Violated => "VIOLATED",
        Finding::Inconclusive => "INCONCLUSIVE",
        Finding::Vacuous => "VACUOUS",
    };
    let path = args.out.display();
    output.write(&format!("Wrote {path}: {verdict}. Open it in a browser.\n"))?;
    Ok(finding)
}
