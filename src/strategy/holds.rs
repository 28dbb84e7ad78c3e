//! A property test whose failure a person understands.

use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

use crate::explore::check;
use crate::report::minimal;
use crate::scenario::Scenario;

/// Judges cases as a test in `proptest!` does that calls [`check()`]; but what a failure says is the
/// smallest run that shows it, told step by step, with the test and the file to keep.
///
/// proptest shrinks by trying smaller cases one after the other, and has no end at which the last one
/// could be explained; so the function stands for the macro. (To explain each that fails takes too long: in
/// one measured case 600 of 730 tried ones did, and a short search for a smaller run after each, too short to
/// be through, made the shrinking 170 times as long.) What `check` says instead is the case as it is, with the
/// command that makes it small and tells its story.
///
/// It persists the seeds of failures if the
/// configuration knows the source file: `ProptestConfig::with_source_file(file!())`.
///
/// ```
/// use active_active::scenario::builtin;
/// use active_active::strategy;
/// use proptest::prelude::*;
///
/// let scenario = builtin::scenario("crash-anywhere")?;
/// let cases = strategy::choices().prop_map(move |choices| (scenario.clone(), choices));
/// let config = ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() };
/// strategy::assert_holds(config, &cases);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
///
/// If a property is violated in a case, or a case is not valid.
#[track_caller]
pub fn assert_holds(config: ProptestConfig, cases: &impl Strategy<Value = (Scenario, Vec<u16>)>) {
    let result = TestRunner::new(config).run(cases, |(scenario, choices)| {
        check(&scenario, &choices).map_err(|failure| TestCaseError::fail(failure.to_string()))
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, (scenario, choices))) => match check(&scenario, &choices) {
            Err(failure) => panic!("{}", minimal::in_full(&failure)),
            Ok(()) => unreachable!("a case that was judged once is judged again: {reason}"),
        },
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}
