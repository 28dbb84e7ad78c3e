//! Plants faults into active-active, one at a time, and asks which test fails.
//!
//! The list is in `faults/`, a file for each part of the project. The sources are copied, and at the place of each
//! fault a switch is put; so the tests are built once, and run with one fault after the other.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::hunt::Hunt;
use crate::journal::Journal;
use crate::list::Fault;
use crate::table::{CAUGHT_PERCENT_MIN, Summary};
use crate::tree::Sources;

mod hunt;
mod journal;
mod list;
mod place;
mod suite;
mod table;
mod tree;
mod trial;

/// Plants faults into active-active, one at a time, and asks which test fails.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show every fault.
    List,
    /// Check that every fault fits the sources, and write the copy with its switches, without building it.
    Check,
    /// Build the tests once and run them with each fault, up to the first test that fails.
    Run(Run),
}

#[derive(Args)]
struct Run {
    /// Only the faults with these numbers.
    #[arg(long, value_delimiter = ',', value_name = "N,N,…")]
    only: Vec<u16>,
    /// Run only the test that the list names for each fault (`caught_by`).
    #[arg(long)]
    declared: bool,
    /// Run only these tests, by binary (`lib`, `suite`) or module (`lib::sim`, `suite::oracle`, of
    /// tests/oracle.rs); what they do not catch may be caught by others.
    #[arg(long, value_delimiter = ',', value_name = "NAME,NAME,…", conflicts_with = "declared")]
    tests: Vec<String>,
    /// Forget the results so far; else faults that have one for these sources are not run again.
    #[arg(long)]
    again: bool,
    /// How many faults at a time.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// Write the results to this file as a table in Markdown.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::List => show(),
        Command::Check => check(),
        Command::Run(run) => hunt(&run),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(2)
    })
}

/// The project that this tool is in.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Where the copy, its build and the results are.
fn base() -> std::io::Result<PathBuf> {
    Ok(root().canonicalize()?.join("target/planted"))
}

fn faults() -> Result<Vec<Fault>, list::ListError> {
    list::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("faults"))
}

fn show() -> Result<ExitCode, Box<dyn Error>> {
    for fault in faults()? {
        println!("{:>5}  {:<32}  {}", fault.number, fault.file, fault.cost);
    }
    Ok(ExitCode::SUCCESS)
}

fn check() -> Result<ExitCode, Box<dyn Error>> {
    let faults = faults()?;
    Sources::read(root())?.weave(&faults)?.write(&base()?.join("tree"))?;
    println!("all {} faults fit the sources", faults.len());
    Ok(ExitCode::SUCCESS)
}

fn hunt(run: &Run) -> Result<ExitCode, Box<dyn Error>> {
    let listed = faults()?;
    let mut chosen = list::choose(&listed, &run.only)?;
    if run.declared {
        chosen.retain(|fault| fault.caught_by.is_some());
    }
    let base = base()?;
    let tree = base.join("tree");
    // A fault that survives some tests may be caught by others.
    let journal = base.join(match (run.declared, run.tests.is_empty()) {
        (true, _) => "declared.toml".to_owned(),
        (false, true) => "journal.toml".to_owned(),
        (false, false) => format!("journal-{}.toml", run.tests.join("-").replace(':', "_")),
    });

    let sources = Sources::read(root())?;
    let hash = sources.hash();
    let sources = sources.weave(&listed)?;
    sources.write(&tree)?;
    if run.again && journal.exists() {
        fs::remove_file(&journal)?;
    }
    let mut journal = Journal::open(&journal, hash);

    let tried: Vec<Fault> = chosen.iter().filter(|of| of.equivalent.is_none()).cloned().collect();
    let declared = || tried.iter().filter_map(Fault::declared);
    let binary_of = |name: &String| name.split("::").next().unwrap_or(name).to_owned();
    let mut names: BTreeSet<String> = run.tests.iter().map(binary_of).collect();
    if run.declared {
        names.extend(declared().map(|(binary, _)| binary.to_owned()));
    }
    let some = run.declared || !run.tests.is_empty();
    let binaries = suite::build(&tree, &base.join("build"), some.then_some(&names))?;
    let here = declared().filter(|(name, _)| !some || names.contains(*name));
    suite::check_declared(&binaries, here)?;
    let groups = if run.declared { Vec::new() } else { suite::groups(&binaries, &run.tests)? };

    let jobs = run.jobs.into();
    let hunt = Hunt { sources: &sources, tree, binaries: &binaries, groups: &groups, jobs };
    hunt.measure(&tried, &mut journal)?;
    hunt.go(&tried, &mut journal)?;

    let summary = Summary::of(&chosen, &journal);
    println!("{summary}");
    if let Some(path) = &run.table {
        fs::write(path, table::markdown(&chosen, &journal))?;
    }
    if summary.is_enough() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("error: less than {CAUGHT_PERCENT_MIN} % are caught");
    Ok(ExitCode::FAILURE)
}
