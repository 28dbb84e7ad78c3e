//! Any scenario of a sound design, any order of its events and the order of its times: the spec holds.
#![no_main]

use active_active::arbitrary::Case;
// What an address sanitizer is told.
use active_active_fuzz as _;

active_active::fuzz_cases!(|bytes: &[u8]| Case::from_bytes(bytes)
    .into_iter()
    .flat_map(Case::orders));
