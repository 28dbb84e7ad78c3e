//! The scenario f1-fail-container, any order of its events: the spec holds.
#![no_main]

use active_active::arbitrary::Case;
// What an address sanitizer is told.
use active_active_fuzz as _;

active_active::fuzz_cases!(|bytes: &[u8]| Case::f1_from_bytes(bytes));
