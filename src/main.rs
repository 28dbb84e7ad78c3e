//! The command line of active-active.
//!
//! This file alone reads arguments, environment and terminal; the clock is read only by the
//! progress bar. What the commands say does not depend on them; a terminal breaks its long lines.

use std::io::IsTerminal;
use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let shows_progress = std::io::stderr().is_terminal();
    // Colours are left out unless the output is a terminal, and if NO_COLOR is set.
    let stdout = anstream::AutoStream::auto(std::io::stdout());
    // A pipe or a file gets every line as it is.
    let is_shown = std::io::stdout().is_terminal();
    let size = terminal_size::terminal_size().filter(|_| is_shown);
    let columns = size.map(|(width, _)| usize::from(width.0));
    cli::execute(cli, &cli::Surroundings { threads, shows_progress, columns }, stdout).into()
}
