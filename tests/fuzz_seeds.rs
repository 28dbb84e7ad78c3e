//! The committed seeds of the fuzz targets, through the same functions as the targets, on stable.

use std::collections::BTreeSet;
use std::fs;

use active_active::arbitrary::{Case, read_any};
use active_active::explore::{AbstractStates, Checker};

/// The seeds of a target, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = format!("{}/fuzz/seeds/{target}", env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(folder).expect("the folder is part of the repository");
    let mut seeds = Vec::new();
    for entry in entries {
        let entry = entry.expect("it can be listed");
        let bytes = fs::read(entry.path()).expect("it can be read");
        seeds.push((entry.file_name().display().to_string(), bytes));
    }
    seeds.sort();
    assert!(!seeds.is_empty(), "{target} has seeds");
    seeds
}

/// Judges every seed of a target, and returns how many abstract states they go through.
fn states_of(target: &str, decode: fn(&[u8]) -> Option<Case>) -> usize {
    let mut seen = BTreeSet::new();
    let mut checker = Checker::default();
    for (name, bytes) in seeds(target) {
        let case = decode(&bytes).unwrap_or_else(|| panic!("{target}/{name} is no case"));
        let mut states = AbstractStates::new(|state| {
            seen.insert(state);
        });
        let result = checker.check(&case.scenario, &case.choices, &mut states);
        result.unwrap_or_else(|failure| panic!("{target}/{name}: {failure}"));
    }
    seen.len()
}

#[test]
fn scenario_fuzz_seeds_hold_and_reach_many_states() {
    let states = states_of("scenario_fuzz", Case::from_bytes);
    assert!(states > 50, "{states} states");
}

#[test]
fn event_order_fuzz_seeds_hold_and_reach_many_states() {
    let states = states_of("event_order_fuzz", Case::f1_from_bytes);
    assert!(states > 50, "{states} states");
}

#[test]
fn scenario_file_fuzz_seeds_are_read_without_a_panic() {
    for (_, bytes) in seeds("scenario_file_fuzz") {
        read_any(&String::from_utf8(bytes).expect("these seeds are text"));
    }
}
