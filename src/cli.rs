//! The commands: one file each, and what they share.

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use active_active::report::{Finding, plain};

mod args;
mod bar;
mod campaign;
mod error;
mod examples;
mod export;
mod files;
mod fold;
mod init;
mod input;
mod interrupt;
mod journal;
mod list;
mod manual;
mod merge;
mod minimize;
mod outcome;
mod output;
mod print;
mod quantity;
mod replay;
mod report;
mod run;
mod save;
mod scheduler;
mod schema;
mod subject;
mod sweep;
mod verify;
mod walk;

pub(crate) use args::Cli;
use args::{Command, SweepArgs};
use error::CliError;
use output::Output;

/// What a command may know of the machine it runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings {
    /// How many threads a sweep uses unless told otherwise.
    pub(crate) threads: usize,
    /// Whether the standard error output is a terminal.
    pub(crate) shows_progress: bool,
    /// How wide the terminal is that shows the standard output; nothing if it is none.
    pub(crate) columns: Option<usize>,
}

/// The exit status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// The verdict of what was run; a command that runs nothing and succeeds counts as `holds`.
    Verdict(Finding),
    /// Bad usage or input, or a file that cannot be written.
    Error,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Verdict(Finding::Holds) => 0,
            Exit::Verdict(Finding::Violated) => 1,
            Exit::Error => 2,
            Exit::Verdict(Finding::Inconclusive | Finding::Vacuous) => 3,
        })
    }
}

/// Carries out a command; errors go to the standard error output.
pub(crate) fn execute(cli: Cli, surroundings: &Surroundings, stdout: impl Write) -> Exit {
    let mut output = Output::new(stdout, surroundings.columns);
    let command = cli.command.unwrap_or_else(|| Command::Sweep(SweepArgs::default()));
    let is_quiet = match &command {
        Command::Run(args) => args.print.quiet,
        Command::Sweep(args) => args.print.quiet,
        Command::Verify(args) => args.print.quiet,
        Command::Merge(_)
        | Command::Replay(_)
        | Command::Report(_)
        | Command::Minimize(_)
        | Command::Export(_)
        | Command::Schema(_)
        | Command::List(_)
        | Command::Init(_)
        | Command::Completions(_)
        | Command::Man(_) => false,
    };
    let shows_progress = surroundings.shows_progress && !is_quiet;
    let surroundings = &Surroundings { shows_progress, ..*surroundings };
    let result = match &command {
        Command::Run(args) => run::execute(args, surroundings, &mut output),
        Command::Sweep(args) => sweep::execute(args, surroundings, &mut output),
        Command::Merge(args) => merge::execute(args, surroundings, &mut output),
        Command::Verify(args) => verify::execute(args, surroundings, &mut output),
        Command::Replay(args) => replay::execute(args, &mut output),
        Command::Report(args) => report::execute(args, surroundings, &mut output),
        Command::Minimize(args) => minimize::execute(args, surroundings, &mut output),
        Command::Export(args) => export::execute(args, surroundings, &mut output),
        Command::Schema(args) => schema::execute(args, &mut output),
        Command::List(args) => list::execute(args, &mut output),
        Command::Init(args) => init::execute(args, &mut output),
        Command::Completions(args) => manual::completions(*args, &mut output),
        Command::Man(args) => manual::page(args, &mut output),
    };
    let result = result.and_then(|finding| output.finish().map(|()| finding));
    match result {
        Ok(finding) => Exit::Verdict(finding),
        Err(error) => {
            complain(&error);
            Exit::Error
        }
    }
}

/// The commands. What stands behind an option and begins with a minus and a digit is its value, which the option refuses
/// with its range.
fn command() -> clap::Command {
    let with_numbers = |arg: clap::Arg| {
        let has_value = arg.get_long().is_some() && arg.get_action().takes_values();
        arg.allow_negative_numbers(has_value)
    };
    Cli::command().mut_subcommands(move |command| command.mut_args(with_numbers))
}

/// The arguments; nothing if they are wrong, or ask for a text, and that has been said.
pub(crate) fn parse() -> Result<Cli, ExitCode> {
    let cli = command().try_get_matches().and_then(|found| Cli::from_arg_matches(&found));
    cli.map_err(|error| {
        let text = error.render().to_string();
        // What was typed is in the text: a terminal should not obey it, nor show all of a very long one.
        match error.use_stderr() && plain(&text) != text {
            true => _ = write!(anstream::stderr(), "{}", plain(&text)),
            false => _ = error.print(),
        }
        ExitCode::from(error.exit_code() as u8)
    })
}

/// Says what is wrong. If even that cannot be said, the exit status still tells.
fn complain(error: &CliError) {
    let style = active_active::report::Palette::COLOURS.bad;
    let error = plain(&error.to_string());
    let _ = writeln!(anstream::stderr(), "{style}error:{style:#} {error}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_arguments_are_consistent() {
        super::command().debug_assert();
    }
}
