//! The arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Measures active-active: its speed, its search strategies, its false alarms.
///
/// Exit status: 0 all is as it should be, 1 it is not, 2 bad usage or a file that cannot be read or written,
/// 3 the answer is not complete.
#[derive(Parser, Debug)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Print, for each unsound design, whether the published spec alone would have caught it
    RegionCounts {
        /// Write the table into this file instead, between its marks
        #[arg(long, value_name = "FILE")]
        update: Option<PathBuf>,
    },
    /// Measure how soon each search strategy finds each design that is known to be wrong
    Detection(DetectionArgs),
    /// Search everything that is known to be sound for a false alarm, under every strategy and the timed
    /// scheduler: exit status 1 if one is raised
    Sound(SoundArgs),
    /// Measure steps a second, relative to what this machine does at the same time
    Steps {
        /// Keep what was measured as the baseline
        #[arg(long, value_name = "FILE", conflicts_with = "against")]
        save: Option<PathBuf>,
        /// Replace the file if it is there
        #[arg(long, requires = "save")]
        force: bool,
        /// Compare with a baseline: exit status 1 if a kind of run is more than 10 % slower
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct DetectionArgs {
    /// How many sweeps for each design and strategy, with the seeds from 1
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) trials: u64,
    /// How many schedules a sweep may take
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) budget: u64,
    /// Only designs and scenarios whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
    /// Write the table to this file [default: print it]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
    /// On how many threads; the table is the same [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

#[derive(Args, Debug)]
pub(crate) struct SoundArgs {
    /// How many schedules of each scenario for each scheduler
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) runs: u64,
    /// The seed of all of them
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Only designs and scenarios whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
    /// The directory for saved failures
    #[arg(long, value_name = "DIR", default_value = "failures")]
    pub(crate) out: PathBuf,
    /// On how many threads; the table is the same [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}
