//! What can go wrong at the command line.

use std::io;
use std::path::PathBuf;

use active_active::explore::{CheckpointError, Shard, StrategyError};
use active_active::scenario::FileError;

/// Why a text names no scheduler.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum SchedulerNameError {
    /// It is no known name.
    #[error("{0}; or timed, round-robin, or script:1,2,3")]
    Strategy(StrategyError),
    /// The script has something that is no number.
    #[error("'{0}' is no number from 0 to 65535; write them as in script:1,2,3")]
    Number(String),
}

/// Why a command has no verdict, or could not save it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The thread that keeps a time limit cannot be started.
    #[error(
        "the system starts no thread to watch the time: {source}; leave the time limit out, or allow more"
    )]
    Thread {
        /// Why not.
        source: io::Error,
    },
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
    #[error("{}: is there already and stays as it is; give another path, or --force", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A pipe or a device.
    #[error("{}: is a pipe or a device, not a file; name a file, or '-' for the standard output", path.display())]
    Special {
        /// What it is called.
        path: PathBuf,
    },
    /// One path for two things.
    #[error("{}: --state and --out both need it, and it can be only one of them; give each a path of its own", path.display())]
    SamePath {
        /// The path.
        path: PathBuf,
    },
    /// Another process has the file of a campaign.
    #[error("{}: another process is writing it; wait for that, or name another file", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
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
    #[error("{}{}: {source}", path.display(), line(source))]
    Campaign {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: CheckpointError,
    },
    /// A shard has no file to be written to.
    #[error("--shard: what the shard shows goes to a file; name it, as in --out part.json")]
    NoPart,
    /// There is nothing to merge.
    #[error("there is no shard; give the files that 'sweep --shard' wrote")]
    NoShards,
    /// A shard is there twice.
    #[error("{}: is shard {shard}, and so is {}; give each shard once", path.display(), other.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// Which shard it is.
        shard: Shard,
        /// The other file.
        other: PathBuf,
    },
    /// A shard is missing.
    #[error("shard {shard} is missing; give the files of all shards")]
    Missing {
        /// The first one that is.
        shard: String,
    },
    /// A shard was not done to its end.
    #[error(
        "{}: run {run} is missing; run 'sweep --shard {shard}' again with this file as --state, and          merge what it writes",
        path.display()
    )]
    Unfinished {
        /// The file.
        path: PathBuf,
        /// Which shard it is.
        shard: Shard,
        /// The first run that is missing.
        run: u64,
    },
    /// The run is not one of those that are judged.
    #[error(
        "--run {run}: the runs are 0 to {}; give one of them, or --runs {} or more",
        .runs - 1,
        .run.saturating_add(1)
    )]
    NoSuchRun {
        /// Which one was asked for.
        run: u64,
        /// How many are judged.
        runs: u64,
    },
    /// All runs of the scheduler are the same.
    #[error("--run {run}: all runs of the {scheduler} scheduler are run 0; leave --run out")]
    OnlyRun {
        /// Which one was asked for.
        run: u64,
        /// The scheduler.
        scheduler: String,
    },
    /// An option that a saved run has no use for.
    #[error("{option}: a saved run is shown as it was saved; leave {option} out")]
    OptionOfSavedRun {
        /// The option.
        option: &'static str,
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

/// Where in its file an error is, as it follows the name.
fn line(error: &CheckpointError) -> String {
    error.line().map_or_else(String::new, |line| format!(":{line}"))
}
