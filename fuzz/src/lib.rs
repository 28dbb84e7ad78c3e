//! What the fuzz targets share: one case is judged, and libFuzzer sees which states it reached.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU8, Ordering};

use active_active::arbitrary::Case;
use active_active::explore::{AbstractStates, Checker};
use active_active::plan::Plan;
use active_active::report::minimal;
use active_active::scenario::Scenario;

/// How many counters there are. Small scenarios reach some thousand states.
const COUNTERS: usize = 1 << 15;

/// One for each abstract state, by its hash. libFuzzer takes whatever it finds in this section for
/// coverage, beside the edges of the code, and sets it to 0 before each run. It says so when it
/// starts: "32768 Extra Counters". Only libFuzzer reads it, so it has to be marked as used.
#[allow(unsafe_code, reason = "the section has a meaning for libFuzzer, and plain bytes fit it")]
#[unsafe(link_section = "__libfuzzer_extra_counters")]
#[used]
static STATES: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

/// What the address sanitizer is told unless ASAN_OPTIONS says otherwise. The crate itself has no
/// unsafe code, so what can be wrong is in a dependency, and is not on the stack of a function that
/// has returned. Looking for that, and noting where each block was allocated, would take a third
/// of the time.
#[allow(unsafe_code, reason = "the sanitizer looks for this symbol")]
#[unsafe(no_mangle)]
pub extern "C" fn __asan_default_options() -> *const std::ffi::c_char {
    c"detect_stack_use_after_return=0:malloc_context_size=1".as_ptr()
}

thread_local! {
    /// In the memory of the last case.
    static CHECKER: RefCell<Checker> = RefCell::default();
}

/// Judges a case, and the same scenario in the order of its times if it has some. The states that they go
/// through count as coverage.
///
/// # Panics
///
/// If the spec is violated; the message has the story of the smallest run that shows it, and that run
/// as a test to paste and as a file to replay.
pub fn judge(case: &Case) {
    judge_order(case);
    if let Some(timed) = case.timed() {
        judge_order(&timed);
    }
}

/// Judges a case. The states that it goes through count as coverage.
///
/// # Panics
///
/// As [`judge`].
pub fn judge_order(case: &Case) {
    let mut states = AbstractStates::new(|state| {
        STATES[state as usize % COUNTERS].store(1, Ordering::Relaxed);
    });
    let result = CHECKER
        .with_borrow_mut(|checker| checker.check(&case.scenario, &case.choices, &mut states));
    result.unwrap_or_else(|failure| panic!("{}", minimal::in_full(&failure)));
}

/// The variable of the environment that names the scenario file of `own_scenario_fuzz`.
const SCENARIO: &str = "ACTIVE_ACTIVE_SCENARIO";

/// The scenario of the file that ACTIVE_ACTIVE_SCENARIO names.
///
/// # Errors
///
/// In words, if there is no such variable or file, or if the scenario is not valid.
#[allow(
    clippy::disallowed_methods,
    reason = "a fuzz target is a command, and has no arguments of its own"
)]
pub fn own_scenario() -> Result<Scenario, String> {
    let file = std::env::var(SCENARIO)
        .map_err(|_| format!("{SCENARIO} is not set: give it the path of a scenario file"))?;
    let text = std::fs::read_to_string(&file)
        .map_err(|error| format!("{file}, which {SCENARIO} names, cannot be read: {error}"))?;
    Plan::load(&text, &file, &[]).map(|plan| plan.scenario().clone()).map_err(|e| e.to_string())
}
