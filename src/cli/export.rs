//! `export`: what a report shows, in the formats of other tools.

use std::io::Write;

use active_active::report::{Finding, Sequence, export};

use super::Surroundings;
use super::args::{ExportArgs, ExportFormat};
use super::error::CliError;
use super::files::Target;
use super::output::Output;
use super::subject::Subject;

pub(crate) fn execute(
    args: &ExportArgs,
    surroundings: &Surroundings,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let target = Target::of(args.out.as_deref(), args.force)?;
    let subject = Subject::of(&args.subject, surroundings)?;
    let Subject { recording, run, sweep, commands, .. } = &subject;
    let text = match args.format {
        ExportFormat::Mermaid => Sequence::of(recording).to_mermaid(),
        ExportFormat::Svg => Sequence::of(recording).to_svg(),
        ExportFormat::ChromeTrace => export::chrome_trace(recording),
        ExportFormat::Csv => export::csv(recording),
        ExportFormat::Junit => export::junit(sweep),
        ExportFormat::Markdown => export::markdown(recording, run, sweep, commands),
    };
    target.write(&text, ".", output)?;
    Ok(subject.finding())
}
