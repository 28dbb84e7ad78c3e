//! `schema`: what a scenario file may say, for editors.

use std::io::Write;

use active_active::report::{Finding, json};
use active_active::scenario::schema;

use super::args::SchemaArgs;
use super::error::CliError;
use super::files;
use super::output::Output;

pub(crate) fn execute(
    args: &SchemaArgs,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let text = json::document(&schema::scenario());
    match &args.out {
        None => output.write(&text)?,
        Some(path) => {
            files::create(path, &text)?;
            output.write(&format!("Wrote {}.\n", path.display()))?;
        }
    }
    Ok(Finding::Holds)
}
