//! Runs of the published model are runs of this one.
//!
//! `tests/published/` has runs of the published P model (aws-samples/p-model-transaction-processing-systems),
//! recorded under its own checker. Each is read ([`read`]), brought into an order of whole handlings ([`order`]),
//! and replayed step by step ([`replay`]): each handled event must be an enabled step with the same meaning, record
//! and answer, and at the end the destination has what P's had. [`meaning`] is the table of what each event is
//! here, and of those that have no step, with the reason.
//!
//! `PUBLISHED_RUNS=DIRECTORY cargo test --test suite published_runs::` tries the runs of another directory.

#![expect(clippy::wildcard_enum_match_arm, reason = "a run is asked for a few of all messages")]

use std::path::PathBuf;

mod alike;
mod canaries;
mod early;
mod meaning;
mod order;
mod passive;
mod read;
mod replay;
mod replication;
mod script;
mod variations;

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

/// Panics with those of the runs that are no runs of the simulation.
fn all_are_runs(runs: &[Run]) {
    let mut different = Vec::new();
    for run in runs {
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
    let (count, all) = (different.len(), runs.len());
    assert!(different.is_empty(), "{count} of {all} runs differ\n{}", different.join("\n"));
}

#[test]
fn every_active_active_run_is_a_run_of_the_simulation() {
    let runs: Vec<Run> = runs().into_iter().filter(|run| !run.is_passive()).collect();
    assert!(!runs.is_empty(), "{} has runs of the active-active system", directory().display());
    all_are_runs(&runs);
}

#[test]
fn every_active_passive_run_is_a_run_of_the_simulation() {
    let runs: Vec<Run> = runs().into_iter().filter(Run::is_passive).collect();
    all_are_runs(&runs);
}
