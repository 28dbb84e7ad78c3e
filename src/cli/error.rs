//! What can go wrong at the command line.

use std::io;
use std::path::PathBuf;

use active_active::scenario::FileError;

/// Why a command has no verdict, or could not save it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// A scenario or a saved run is wrong.
    #[error(transparent)]
    Input(#[from] FileError),
    /// A file cannot be written.
    #[error("{}: cannot be written: {source}; {remedy}", path.display())]
    Write {
        /// The file, or its directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
        /// What to do.
        remedy: &'static str,
    },
    /// A file would be overwritten.
    #[error("{}: is there already and stays as it is; give another path", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The standard output cannot be written.
    #[error("the standard output cannot be written: {0}")]
    Output(io::Error),
    /// The saved choices no longer fit.
    #[error("{origin}: the run no longer fits: {misfit}")]
    Misfit {
        /// The file.
        origin: String,
        /// Where it does not fit.
        misfit: active_active::scheduler::Misfit,
    },
    /// There is no failure in the file.
    #[error(
        "{origin}: this run violates nothing, so there is nothing to make smaller; give a saved \
         failure"
    )]
    NothingToMinimize {
        /// The file.
        origin: String,
    },
    /// There is no such command.
    #[error("no command is called '{name}'; {remedy}")]
    UnknownCommand {
        /// What was asked for.
        name: String,
        /// What there is.
        remedy: String,
    },
}
