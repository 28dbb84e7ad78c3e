//! Measures active-active: its speed, its search strategies, its false alarms.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use active_active::scenario::FileError;
use clap::Parser;

use crate::args::{Arguments, Command};

mod args;
mod detection;
mod files;
mod interrupt;
mod region_counts;
mod sound;
mod steps;

/// What a measurement comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Finding {
    /// All is as it should be.
    Holds,
    /// It is not.
    Violated,
    /// The answer is not complete.
    Inconclusive,
}

/// A measurement.
#[derive(Debug)]
pub(crate) struct Done {
    /// What is printed.
    pub(crate) text: String,
    pub(crate) finding: Finding,
}

/// Why there is no measurement.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{path}: {error}", path = path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{path}: is there already and stays as it is; give another path, or --force", path = .0.display())]
    IsThere(PathBuf),
    #[error("{path}: {message}", path = path.display())]
    Malformed { path: PathBuf, message: String },
    #[error("--only {0}: no design and no scenario of the table has that in its name")]
    NoDesign(String),
    #[error("{0}")]
    Scenario(#[from] FileError),
}

impl Error {
    fn file(path: &Path, error: io::Error) -> Error {
        Error::Io { path: path.to_owned(), error }
    }
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::RegionCounts { update } => region_counts::execute(update.as_deref()),
        Command::Detection(args) => detection::execute(&args),
        Command::Sound(args) => sound::execute(&args),
        Command::Steps { save, force, against } => {
            steps::execute(save.as_deref(), force, against.as_deref())
        }
    };
    let printed = done.and_then(|Done { text, finding }| {
        let written = io::stdout().write_all(text.as_bytes());
        written.map(|()| finding).map_err(|error| Error::file(Path::new("-"), error))
    });
    ExitCode::from(match printed {
        Ok(Finding::Holds) => 0,
        Ok(Finding::Violated) => 1,
        Ok(Finding::Inconclusive) => 3,
        Err(error) => {
            eprintln!("error: {error}");
            2
        }
    })
}

/// How many threads are used.
fn threads(asked: Option<u16>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    asked.map_or_else(cores, usize::from)
}

/// Shows on a terminal how far the work is.
fn show(done: usize, all: usize, what: &str) {
    if io::stderr().is_terminal() {
        eprint!("\r\x1b[K{done} of {all}  {what}");
        if done + 1 >= all {
            eprintln!();
        }
    }
}
