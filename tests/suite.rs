//! The integration tests in one binary, so that the library is linked once: a module for each file.
//!
//! `cargo test --test suite keyed::` runs the tests of `tests/keyed.rs`.

use std::collections::BTreeSet;
use std::path::Path;

mod boundaries;
mod campaign;
mod campaign_damage;
#[cfg(feature = "cli")]
mod cli;
mod commands;
mod corpus;
mod designs;
mod exhaustive;
#[cfg(feature = "cli")]
mod exports;
mod f1;
mod fuzz_seeds;
mod html;
mod keyed;
mod layers;
mod left_out;
mod metamorphic;
mod metrics;
mod minimise;
mod needle;
mod objectives;
mod oracle;
mod pasted;
mod properties;
mod published_runs;
mod quantities;
mod reach;
mod reachability;
#[cfg(feature = "cli")]
mod readme;
mod region_counts;
mod regressions;
mod scenarios;
mod schedulers;
mod schema;
mod spec_canaries;
mod stages;
#[cfg(feature = "cli")]
mod stories;
mod strategies;
mod strong;
mod timed;
mod verify;

/// What several of them use.
mod common {
    pub(crate) mod enumerate;
    pub(crate) mod options;
    pub(crate) mod plans;
    #[cfg(feature = "cli")]
    pub(crate) mod program;
}

/// Those apart, each with its reason in Cargo.toml.
const APART: [&str; 3] = ["allocation", "browser", "suite"];

/// Cargo looks for tests in Cargo.toml alone: a file that nothing names would never be compiled.
#[test]
fn every_file_is_a_module() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files: BTreeSet<String> = folder
        .read_dir()
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
        .filter(|name| !APART.contains(&name.as_str()))
        .collect();
    let modules: BTreeSet<String> = include_str!("suite.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect();
    assert_eq!(files, modules, "name each file of tests/ in tests/suite.rs");
}
