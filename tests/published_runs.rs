//! Runs of the published model are runs of this one.
//!
//! `tests/published/` has runs of the published P model (aws-samples/p-model-transaction-processing-systems),
//! recorded under its own checker. Each is read ([`read`]), brought into an order of whole handlings ([`order`]),
//! and replayed step by step ([`replay`]): each handled event must be an enabled step with the same meaning, record
//! and answer, and at the end the destination has what P's had. [`meaning`] is the table of what each event is
//! here, and of those that have no step, with the reason.
//!
//! `PUBLISHED_RUNS=DIRECTORY cargo test --test published_runs` tries the runs of another directory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

mod alike;
mod canaries;
mod early;
mod meaning;
mod order;
mod read;
mod replay;
mod replication;
mod script;
mod variations;

use meaning::Meaning;
use read::Run;

/// The directory of the runs.
#[allow(clippy::disallowed_methods, reason = "other runs are tried without another build")]
fn directory() -> PathBuf {
    let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/published");
    std::env::var_os("PUBLISHED_RUNS").map_or_else(own, PathBuf::from)
}

/// All runs of the directory, by name.
fn runs() -> Vec<Run> {
    let entries = std::fs::read_dir(directory()).expect("the directory of runs can be read");
    let paths = entries.map(|entry| entry.expect("its entries can be read").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "tsv")).collect();
    paths.sort_unstable();
    let read = |path: &PathBuf| Run::read(path).unwrap_or_else(|error| panic!("{error}"));
    paths.iter().map(read).collect()
}

#[test]
fn every_active_active_run_is_a_run_of_the_simulation() {
    let mut different = Vec::new();
    let runs: Vec<Run> = runs().into_iter().filter(|run| !run.is_passive()).collect();
    assert!(!runs.is_empty(), "{} has runs of the active-active system", directory().display());
    for run in &runs {
        match replay::replay(run, &[]) {
            Ok(alike) => {
                let nothing: usize = alike.nothing.values().sum();
                assert_eq!(alike.steps + alike.lines + nothing, run.lines.len(), "{}", run.name);
                println!(
                    "{}: {} of {} handlings are steps, {} lines of the script, {nothing} nothing",
                    run.name,
                    alike.steps,
                    run.lines.len(),
                    alike.lines,
                );
            }
            Err(differs) => different.push(format!("{}: {differs}", run.name)),
        }
    }
    assert!(
        different.is_empty(),
        "{} of {} runs differ\n{}",
        different.len(),
        runs.len(),
        different.join("\n")
    );
}

/// The active-passive system has not been built: what its runs need is named, line by line.
#[test]
fn what_active_passive_runs_need_is_named() {
    for run in runs().iter().filter(|run| run.is_passive()) {
        let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut count = 0;
        for line in &run.lines {
            if let Meaning::Missing(what) = line.row.meaning {
                missing.entry(what).or_default().insert(line.row.event);
                count += 1;
            }
        }
        println!("{}: {count} of {} handlings need what is not there:", run.name, run.lines.len());
        for (what, events) in &missing {
            let events: Vec<&str> = events.iter().copied().collect();
            println!("    {what} ({})", events.join(", "));
        }
        assert!(!missing.is_empty(), "{} needs nothing that is missing: replay it", run.name);
    }
}
