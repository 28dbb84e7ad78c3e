//! `completions` and `man`: what packages install beside the binary.

use std::io::Write;

use active_active::report::Finding;
use active_active::words;
use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::error::CliError;
use super::output::Output;

const NAME: &str = "active-active";

pub(crate) fn completions(
    args: CompletionsArgs,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut script);
    written(&script, output)
}

pub(crate) fn page(args: &ManArgs, output: &mut Output<impl Write>) -> Result<Finding, CliError> {
    let mut command = Cli::command();
    // Its parts learn their full names.
    command.build();
    let command = match &args.of {
        None => command,
        Some(name) => part(&command, name)?,
    };
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command).render(&mut page);
    rendered.expect("memory takes whatever is written to it");
    written(&page, output)
}

/// The part of the command line that is called so.
fn part(command: &clap::Command, name: &str) -> Result<clap::Command, CliError> {
    if let Some(found) = command.find_subcommand(name) {
        return Ok(found.clone());
    }
    let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    let remedy = match words::closest(name, known.iter().copied()) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("they are {}", known.join(", ")),
    };
    Err(CliError::UnknownCommand { name: name.to_owned(), remedy })
}

fn written(bytes: &[u8], output: &mut Output<impl Write>) -> Result<Finding, CliError> {
    let text = String::from_utf8_lossy(bytes);
    output.write(&text)?;
    Ok(Finding::Holds)
}
