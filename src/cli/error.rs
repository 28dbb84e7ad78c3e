//! What can go wrong at the command line.

use std::io;
use std::path::PathBuf;

use active_active::explore::{CheckpointError, Share};
use active_active::scenario::FileError;

use super::scheduler::SchedulerNameError;

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
    /// No design has such a name.
    #[error("--only {only}: no design and no scenario of the table has that in its name")]
    NoDesign {
        /// What was asked for.
        only: String,
    },
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}; check the path", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file of a campaign does not fit.
    #[error("{}: {source}", path.display())]
    Campaign {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: CheckpointError,
    },
    /// A share has no file to be written to.
    #[error("--shard: what the share shows goes to a file; name it, as in --out part.json")]
    NoPart,
    /// There is nothing to merge.
    #[error("there is no share; give the files that 'sweep --shard' wrote")]
    NoShares,
    /// A share is there twice, or one is missing before it.
    #[error("{}: is share {found} where {expected} is expected; give each share once", path.display())]
    Shares {
        /// The file.
        path: PathBuf,
        /// Which share it is.
        found: Share,
        /// Which one comes next.
        expected: Share,
    },
    /// The last shares are missing.
    #[error("there are {of} shares, and files of {there}; give each share once")]
    Missing {
        /// How many there are.
        of: u32,
        /// Of how many there is a file.
        there: usize,
    },
    /// A share was not done to its end.
    #[error("{}: not all runs of the share are done; run it again with its --state", path.display())]
    Unfinished {
        /// The file.
        path: PathBuf,
    },
    /// The file of a campaign names a scheduler that there is not.
    #[error("scheduler of the campaign: {0}")]
    Scheduler(SchedulerNameError),
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
