//! What the fuzz targets share, beside `active_active::fuzz_cases!`: what an address sanitizer is told, and the scenario of
//! one's own.

use active_active::plan::Plan;
use active_active::scenario::Scenario;

/// What the address sanitizer is told unless ASAN_OPTIONS says otherwise. The crate itself has no
/// unsafe code, so what can be wrong is in a dependency, and is not on the stack of a function that
/// has returned. Looking for that, and noting where each block was allocated, would take a third
/// of the time.
#[allow(unsafe_code, reason = "the sanitizer looks for this symbol")]
#[unsafe(no_mangle)]
pub extern "C" fn __asan_default_options() -> *const std::ffi::c_char {
    c"detect_stack_use_after_return=0:malloc_context_size=1".as_ptr()
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
