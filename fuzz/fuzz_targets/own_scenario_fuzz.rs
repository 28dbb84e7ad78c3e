//! The scenario file that ACTIVE_ACTIVE_SCENARIO names, any order of its events: the spec holds.
#![no_main]

use std::sync::LazyLock;

use active_active::arbitrary::Case;
use active_active::scenario::Scenario;

static SCENARIO: LazyLock<Scenario> = LazyLock::new(|| {
    active_active_fuzz::own_scenario().unwrap_or_else(|problem| {
        eprintln!("{problem}");
        std::process::exit(2);
    })
});

active_active::fuzz_cases!(init: LazyLock::force(&SCENARIO), |bytes: &[u8]| Case::of(&SCENARIO, bytes));
