//! A fuzz target of one's own: cases are judged, and libFuzzer sees which states they reach.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::arbitrary::Case;
use crate::explore::{AbstractStates, Checker};
use crate::report::minimal;

/// How many counters [`fuzz_cases!`](crate::fuzz_cases) gives to libFuzzer. Small scenarios reach some thousand states.
pub const COUNTERS: usize = 1 << 15;

thread_local! {
    /// In the memory of the last case.
    static CHECKER: RefCell<Checker> = RefCell::default();
}

/// Judges a case. Each abstract state that it goes through (states of the machines and depths of the queues around a
/// stage, hashed) sets one of the counters to 1. What [`fuzz_cases!`](crate::fuzz_cases) does with each input.
///
/// ```
/// use std::sync::atomic::{AtomicU8, Ordering};
/// use active_active::arbitrary::{Case, judge};
///
/// static STATES: [AtomicU8; 1 << 10] = [const { AtomicU8::new(0) }; 1 << 10];
///
/// judge(&Case::from_bytes(b"any bytes").ok_or("more than BYTES_MAX")?, &STATES);
/// assert!(STATES.iter().any(|state| state.load(Ordering::Relaxed) == 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
///
/// If the spec is violated; the message has the story of the smallest run that shows it, and that run
/// as a test to paste and as a file to replay. Or if there is no counter.
pub fn judge(case: &Case, counters: &[AtomicU8]) {
    let mut states = AbstractStates::new(|state| {
        counters[state as usize % counters.len()].store(1, Ordering::Relaxed);
    });
    let result = CHECKER.with_borrow_mut(|checker| {
        checker.check_watched(&case.scenario, &case.choices, &mut states)
    });
    result.unwrap_or_else(|failure| panic!("{}", minimal::in_full(&failure)));
}

/// Judges each case that is drawn from the bytes. How many there are.
///
/// # Panics
///
/// As [`judge`].
pub fn judge_each<C: IntoIterator<Item = Case>>(
    draw: impl FnOnce(&[u8]) -> C,
    bytes: &[u8],
    counters: &[AtomicU8],
) -> usize {
    draw(bytes).into_iter().map(|case| judge(&case, counters)).count()
}

/// A whole fuzz target: draws a case from the bytes of each input, judges it, and counts its states as coverage.
///
/// It takes a function from the bytes to a case, or several; none means that the bytes are not kept. With `init:` and an
/// expression in front of it, that is evaluated once before. The crate of the target depends on `libfuzzer-sys`, and a scenario file of your own is fuzzed by
///
/// ```ignore
/// #![no_main]
///
/// use std::sync::LazyLock;
///
/// use active_active::arbitrary::Case;
/// use active_active::scenario::Scenario;
///
/// static PAYMENTS: LazyLock<Scenario> = LazyLock::new(|| {
///     Scenario::parse(include_str!("../../payments.toml")).expect("a scenario")
/// });
///
/// active_active::fuzz_cases!(|bytes| Case::of(&PAYMENTS, bytes));
/// ```
///
/// libFuzzer takes whatever is in the section `__libfuzzer_extra_counters` for coverage, beside the edges of the code,
/// and sets it to 0 before each run. It says so when it starts ("32768 Extra Counters"); if it does not, it is blind
/// for the states. To name a section is unsafe in the edition of 2024, so a crate that forbids `unsafe_code` cannot have
/// the target in it.
#[macro_export]
macro_rules! fuzz_cases {
    ($draw:expr) => {
        $crate::fuzz_cases!(init: (), $draw);
    };
    (init: $init:expr, $draw:expr) => {
        #[allow(unsafe_code, reason = "the section has a meaning for libFuzzer, and plain bytes fit it")]
        #[unsafe(link_section = "__libfuzzer_extra_counters")]
        #[used]
        static STATES: [::std::sync::atomic::AtomicU8; $crate::arbitrary::COUNTERS] =
            [const { ::std::sync::atomic::AtomicU8::new(0) }; $crate::arbitrary::COUNTERS];

        ::libfuzzer_sys::fuzz_target!(
            init: $init,
            |bytes: &[u8]| -> ::libfuzzer_sys::Corpus {
                match $crate::arbitrary::judge_each($draw, bytes, &STATES) {
                    0 => ::libfuzzer_sys::Corpus::Reject,
                    _ => ::libfuzzer_sys::Corpus::Keep,
                }
            }
        );
    };
}
