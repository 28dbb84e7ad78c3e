//! Any text as a scenario file or a saved run: an error at worst, never a panic.
#![no_main]

use active_active::arbitrary::read_any;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    read_any(text);
});
