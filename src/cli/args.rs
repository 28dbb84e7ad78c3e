//! The arguments.

use std::path::PathBuf;
use std::time::Duration;

use active_active::explore::{Minimiser, Shard};
use active_active::scenario::{Budget, Override};
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::print::{Format, PrintArgs};
use super::quantity::TimeLimit;
use super::scheduler::SchedulerName;
use super::{examples, quantity};

const AFTER_HELP: &str = "\
Without a command: sweep f1-fail-container --runs 10000

Exit status:
  0  every property of the spec holds
  1  a property is violated
  2  bad usage or input, or a file cannot be written
  3  inconclusive (cut short or interrupted) or vacuous (nothing was put to the test)";

/// Runs active-active systems in simulation, in very many orders of events, and judges every step.
#[derive(Parser, Debug)]
#[command(name = "active-active", version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run one schedule of a scenario and tell it step by step
    #[command(after_help = examples::RUN)]
    Run(RunArgs),
    /// Run many schedules of a scenario and report what holds and what was reached
    #[command(after_help = examples::SWEEP)]
    Sweep(SweepArgs),
    /// Join the shards of several machines ('sweep --shard') into one report
    #[command(after_help = examples::MERGE)]
    Merge(MergeArgs),
    /// Try every schedule of a scenario that was made small, and prove that none violates the spec
    #[command(after_help = examples::VERIFY)]
    Verify(VerifyArgs),
    /// Tell what happens in a saved failure, or in an artifact of a fuzz target
    #[command(after_help = examples::REPLAY)]
    Replay(ReplayArgs),
    /// Write an HTML page that shows a run step by step, and what many runs showed
    #[command(after_help = examples::REPORT)]
    Report(ReportArgs),
    /// Make a saved failure, or an artifact of a fuzz target, as small as it gets
    #[command(after_help = examples::MINIMIZE)]
    Minimize(MinimizeArgs),
    /// Write the same for other tools: Mermaid, SVG, Perfetto, CSV, JUnit, Markdown
    #[command(after_help = examples::EXPORT)]
    Export(ExportArgs),
    /// Print the JSON schema of scenario files, with which editors complete and check them
    #[command(after_help = examples::SCHEMA)]
    Schema(SchemaArgs),
    /// List the built-in scenarios, or the components of a system
    #[command(after_help = examples::LIST)]
    List(ListArgs),
    /// Write a commented scenario file to start from
    #[command(after_help = examples::INIT)]
    Init(InitArgs),
    /// Print completions for a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Print the manual page, or that of a command
    #[command(after_help = examples::MAN)]
    Man(ManArgs),
}

/// Which scenario.
#[derive(Args, Debug)]
pub(crate) struct ScenarioArgs {
    /// A built-in scenario (see 'list') or the path of a scenario file
    #[arg(value_name = "NAME|FILE")]
    pub(crate) scenario: String,
    /// Change a key of the scenario, as in container.steps=remove,store,publish (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) overrides: Vec<Override>,
}

/// Which schedules, and what becomes of a failure.
#[derive(Args, Debug)]
pub(crate) struct ScheduleArgs {
    /// What all random choices derive from
    #[arg(long, default_value_t = 1, value_parser = quantity::any)]
    pub(crate) seed: u64,
    /// Who decides what happens next: random, pct[:DEPTH], pos, surw, delay[:DELAYS], feedback,
    /// portfolio (all of these in turn), timed, round-robin, or script:1,2,3 [default: portfolio;
    /// random with --metrics, for what is usual and not what is rare]
    #[arg(long)]
    pub(crate) scheduler: Option<SchedulerName>,
    /// Cut every run short after so many steps; a run that is cut is inconclusive
    #[arg(long, value_name = "STEPS", value_parser = quantity::positive)]
    pub(crate) max_steps: Option<u64>,
    /// The directory for saved failures
    #[arg(long, value_name = "DIR", default_value = "failures")]
    pub(crate) out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// Which run of the seed, from 0: run K of a sweep of more than K runs with the same scheduler
    #[arg(long, value_name = "INDEX", default_value_t = 0, value_parser = quantity::any)]
    pub(crate) run: u64,
    #[command(flatten)]
    pub(crate) schedule: ScheduleArgs,
    /// Save a failure as it was found, and do not look for the smallest one
    #[arg(long)]
    pub(crate) no_minimize: bool,
    #[command(flatten)]
    pub(crate) print: PrintArgs,
}

#[derive(Args, Debug)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// How many schedules [default: 10000, or what --for has time for; 1 if the scheduler knows
    /// only one]
    #[arg(long, value_name = "N", value_parser = quantity::positive)]
    pub(crate) runs: Option<u64>,
    /// End after this time, as in 90s, 10m or 8h, with what was found
    #[arg(long = "for", value_name = "TIME", conflicts_with = "shard")]
    pub(crate) time: Option<TimeLimit>,
    /// Checkpoint file; the campaign resumes from it if it exists, also with more --runs than before
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Make only this shard of the runs, as in 3/64, and write what it shows to the file --out, for
    /// 'merge'
    #[arg(long, value_name = "K/N")]
    pub(crate) shard: Option<Shard>,
    /// With --shard: replace the file --out if it is there
    #[arg(long, requires = "shard")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) schedule: ScheduleArgs,
    /// On how many threads; the report is the same [default: one for each core]
    #[arg(long, value_name = "N", value_parser = quantity::number::<u16>(1, 1024))]
    pub(crate) threads: Option<u16>,
    /// Measure latency, backlogs, recovery points and times [default: only with the timed scheduler,
    /// since it takes as long again]
    #[arg(long)]
    pub(crate) metrics: bool,
    /// Save a failure as it was found, and do not look for the smallest one
    #[arg(long)]
    pub(crate) no_minimize: bool,
    #[command(flatten)]
    pub(crate) print: PrintArgs,
}

#[derive(Args, Debug)]
pub(crate) struct MinimizeArgs {
    /// A saved failure, or an artifact file of a fuzz target
    pub(crate) file: PathBuf,
    /// Where to write the smallest one [default: beside the file, as NAME.min.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    /// The file holds the bytes of this fuzz target [default: told from the path]
    #[arg(long, value_name = "TARGET")]
    pub(crate) artifact: Option<Target>,
    /// End with what was reached after so many simulated steps
    #[arg(long, value_name = "N", default_value_t = Minimiser::default().steps_max)]
    #[arg(value_parser = quantity::any)]
    pub(crate) steps_max: u64,
    /// How to print the report
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// So many records in all, spread over the batches [default: those of the scenario]
    #[arg(long, value_name = "N", value_parser = quantity::number::<u32>(1, 65_534))]
    pub(crate) records: Option<u32>,
    /// Only the first so many stages [default: those of the scenario]
    #[arg(long, value_name = "N", value_parser = quantity::number::<u8>(1, 16))]
    pub(crate) stages: Option<u8>,
    /// Faults that may happen anywhere, as in crash=1,lost_reply=1, or none [default: those of
    /// the scenario]
    #[arg(long, value_name = "KIND=N,…")]
    pub(crate) budget: Option<Budget>,
    /// How much memory the states may take, as in 500MiB or 8GiB
    #[arg(long, value_name = "SIZE", default_value = "4GiB", value_parser = quantity::memory)]
    pub(crate) memory: u64,
    /// Stop after so long, as in 90s, 10m or 2h
    #[arg(long = "for", value_name = "TIME", value_parser = quantity::time)]
    pub(crate) time: Option<Duration>,
    /// Try every order of steps, also of those that commute
    #[arg(long)]
    pub(crate) no_reduction: bool,
    /// Save a failure as it was found, and do not look for the smallest one
    #[arg(long)]
    pub(crate) no_minimize: bool,
    /// On how many threads; the verdict is the same [default: one for each core]
    #[arg(long, value_name = "N", value_parser = quantity::number::<u16>(1, 1024))]
    pub(crate) threads: Option<u16>,
    /// The directory for saved failures
    #[arg(long, value_name = "DIR", default_value = "failures")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) print: PrintArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    /// A saved failure, or an artifact file of a fuzz target
    pub(crate) file: PathBuf,
    /// Tell every step, not only those that the violation cannot be understood without
    #[arg(long)]
    pub(crate) full: bool,
    /// Walk through it: forward, back, with what queues and tables hold
    #[arg(long, conflicts_with_all = ["as_test", "format"])]
    pub(crate) step: bool,
    /// Print it as a Rust test to paste, and nothing else
    #[arg(long, conflicts_with = "format")]
    pub(crate) as_test: bool,
    /// Write it as a saved run, too: what it was made of may be an artifact
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    /// The file holds the bytes of this fuzz target [default: told from the path]
    #[arg(long, value_name = "TARGET")]
    pub(crate) artifact: Option<Target>,
    /// How to print the report
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

/// What a report or an export is about.
#[derive(Args, Debug)]
pub(crate) struct SubjectArgs {
    /// A built-in scenario (see 'list'), a scenario file, or a saved failure
    #[arg(value_name = "NAME|FILE")]
    pub(crate) scenario: String,
    /// Change a key of the scenario, as in container.steps=remove,store,publish (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) overrides: Vec<Override>,
    /// How many schedules are judged [default: 1000; 1 if the scheduler knows only one]
    #[arg(long, value_name = "N", value_parser = quantity::positive)]
    pub(crate) runs: Option<u64>,
    /// Which of them is shown, from 0 [default: the violation made small, or the first]
    #[arg(long, value_name = "INDEX", value_parser = quantity::any)]
    pub(crate) run: Option<u64>,
    /// The random seed [default: 1]
    #[arg(long, value_parser = quantity::any)]
    pub(crate) seed: Option<u64>,
    /// Who decides what happens next: random, pct[:DEPTH], pos, surw, delay[:DELAYS], feedback,
    /// portfolio (all of these in turn), timed, round-robin, or script:1,2,3 [default: portfolio]
    #[arg(long)]
    pub(crate) scheduler: Option<SchedulerName>,
    /// Stop each run after N steps; a run that is cut is inconclusive
    #[arg(long, value_name = "N", value_parser = quantity::positive)]
    pub(crate) max_steps: Option<u64>,
    /// On how many threads; what is written is the same [default: one for each core]
    #[arg(long, value_name = "N", value_parser = quantity::number::<u16>(1, 1024))]
    pub(crate) threads: Option<u16>,
    /// At most so many steps are shown; the verdict is of the whole run all the same
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    #[arg(value_parser = quantity::positive)]
    pub(crate) steps_shown: u64,
}

#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Where to write the page; '-' is the standard output
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    pub(crate) out: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
    /// A table of search strategies to show [default: docs/detection.md, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) detection: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// For which tool
    pub(crate) format: ExportFormat,
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    /// Where to write it; '-' is the standard output [default: -]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// The format of another tool.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Who said what to whom, as a Mermaid sequence diagram
    Mermaid,
    /// The same as a drawing
    Svg,
    /// Every step, for Perfetto (ui.perfetto.dev) or chrome://tracing
    ChromeTrace,
    /// Depths, backlogs and latencies, for a spreadsheet
    Csv,
    /// The properties as test cases, for CI systems
    Junit,
    /// A summary for a pull request
    Markdown,
}

#[derive(Args, Debug)]
pub(crate) struct SchemaArgs {
    /// Where to write it; '-' is the standard output [default: -]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// The components of this system, by the names that its script and its budget know: a built-in scenario, or the
    /// path of a scenario file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) components: Option<String>,
    /// Change a key of that scenario, as in topology.regions=3 (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "components")]
    pub(crate) overrides: Vec<Override>,
    /// How to print the list
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// Where to write it
    #[arg(default_value = "scenario.toml")]
    pub(crate) path: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Of this command only
    #[arg(value_name = "COMMAND")]
    pub(crate) of: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct MergeArgs {
    /// The files that 'sweep --shard' wrote, all of them
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The directory for saved failures
    #[arg(long, value_name = "DIR", default_value = "failures")]
    pub(crate) out: PathBuf,
    /// Save a failure as it was found, and do not look for the smallest one
    #[arg(long)]
    pub(crate) no_minimize: bool,
    /// How to print the report
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

/// A fuzz target.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Target {
    /// Any scenario and any order of its events
    #[value(name = "scenario_fuzz")]
    Scenario,
    /// The scenario f1-fail-container and any order of its events
    #[value(name = "event_order_fuzz")]
    EventOrder,
    /// Any text as a scenario or a saved run; a scenario is run fairly
    #[value(name = "scenario_file_fuzz")]
    ScenarioFile,
}

impl Default for SweepArgs {
    fn default() -> SweepArgs {
        SweepArgs {
            scenario: ScenarioArgs {
                scenario: "f1-fail-container".to_owned(),
                overrides: Vec::new(),
            },
            runs: None,
            time: None,
            state: None,
            shard: None,
            force: false,
            schedule: ScheduleArgs {
                seed: 1,
                scheduler: None,
                max_steps: None,
                out: PathBuf::from("failures"),
            },
            threads: None,
            metrics: false,
            no_minimize: false,
            print: PrintArgs::default(),
        }
    }
}
