//! The committed seeds of the fuzz targets, through the same functions as the targets, on stable.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use active_active::arbitrary::{Case, Text, read_any};
use active_active::explore::{AbstractStates, Coverage, Reached, Runner, Verdict};
use active_active::plan::Plan;
use active_active::scheduler::Script;

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

/// Judges every seed of a target; how many abstract states they go through, and what they reach.
fn judge(target: &str, decode: fn(&[u8]) -> Option<Case>) -> (usize, Coverage) {
    let (mut seen, mut coverage) = (BTreeSet::new(), Coverage::default());
    for (name, bytes) in seeds(target) {
        let case = decode(&bytes).unwrap_or_else(|| panic!("{target}/{name} is no case"));
        let plan = Plan::new(&case.scenario).expect("every case is valid");
        let mut runner = Runner::new(Arc::new(plan));
        let mut states = AbstractStates::new(|state| {
            seen.insert(state);
        });
        let outcome = runner.run(&mut Script::new(case.choices), 0, &mut states);
        assert_eq!(outcome.verdict, Verdict::Holds, "{target}/{name}");
        coverage.merge(runner.coverage());
    }
    (seen.len(), coverage)
}

/// If this fails after a change of how bytes are read, choose new seeds from a corpus.
#[test]
fn scenario_fuzz_seeds_hold_and_reach_everything() {
    let (states, coverage) = judge("scenario_fuzz", Case::from_bytes);
    assert!(states > 500, "{states} states");
    let sound = Reached::ALL.iter().filter(|what| !what.is_unsound());
    let missing: Vec<&Reached> = sound.filter(|&&what| coverage.runs(what) == 0).collect();
    assert!(missing.is_empty(), "no seed reaches {missing:?}");
}

#[test]
fn event_order_fuzz_seeds_hold_and_reach_many_states() {
    let (states, _) = judge("event_order_fuzz", Case::f1_from_bytes);
    assert!(states > 150, "{states} states");
}

#[test]
fn scenario_file_fuzz_seeds_are_what_their_names_say() {
    for (name, bytes) in seeds("scenario_file_fuzz") {
        let text = String::from_utf8(bytes).expect("these seeds are text");
        let expected = if name == "saved-run.toml" { Text::SavedRun } else { Text::Scenario };
        assert_eq!(read_any(&text), expected, "{name}");
    }
}
