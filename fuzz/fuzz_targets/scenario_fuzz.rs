//! Any scenario of a sound design, any order of its events: the spec holds.
#![no_main]

use active_active::arbitrary::Case;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(case) = Case::from_bytes(bytes) else { return Corpus::Reject };
    active_active_fuzz::judge(&case);
    Corpus::Keep
});
