//! `schema`: what a scenario file may say, for editors.

use std::io::Write;

use active_active::report::{Finding, json};
use active_active::scenario::schema;

use super::args::SchemaArgs;
use super::error::CliError;
use super::files::Target;
use super::output::Output;

pub(crate) fn execute(
    args: &SchemaArgs,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let target = Target::of(args.out.as_deref(), args.force)?;
    target.write(&json::document(&schema::scenario()), ".", output)?;
    Ok(Finding::Holds)
}
