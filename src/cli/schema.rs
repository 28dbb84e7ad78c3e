//! `schema`: what a scenario file may say, for editors.

use std::io::Write;

use active_active::report::Finding;

use super::args::SchemaArgs;
use super::error::CliError;
use super::files::Target;
use super::output::Output;

/// What `scenario::schema` makes of the types: a test compares them. So the program is built without what makes it.
pub(super) const SCHEMA: &str = include_str!("../../scenarios/scenario.schema.json");

pub(crate) fn execute(
    args: &SchemaArgs,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let target = Target::of(args.out.as_deref(), args.force)?;
    target.write(SCHEMA, ".", output)?;
    Ok(Finding::Holds)
}
