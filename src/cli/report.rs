//! `report`: a page that shows a run step by step, and what many runs showed.

use std::io::Write;

use active_active::report::Finding;
use active_active::report::html::{self, Command, Page};

use super::args::ReportArgs;
use super::error::CliError;
use super::output::Output;
use super::subject::Subject;
use super::{Surroundings, files, save};

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
    let page =
        Page { recording: &recording, run: &run, sweep: &sweep, origin, commands: &commands };
    files::replace(&args.out, &page.to_html(), html::MARK)?;
    let verdict = match finding {
        Finding::Holds => "no violation",
        Finding::Violated => "VIOLATED",
        Finding::Inconclusive => "INCONCLUSIVE",
    };
    let path = args.out.display();
    output.write(&format!("Wrote {path}: {verdict}. Open it in a browser.\n"))?;
    Ok(finding)
}
