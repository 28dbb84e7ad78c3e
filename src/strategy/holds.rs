//! A property test whose failure a person understands, and its canary.

use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

use crate::explore::{Counterexample, Failure, check};
use crate::report::minimal;
use crate::scenario::Scenario;
use crate::spec::PropertyName;

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
    match TestRunner::new(config).run(cases, judge) {
        Ok(()) => {}
        Err(TestError::Fail(reason, (scenario, choices))) => match check(&scenario, &choices) {
            Err(failure) => panic!("{}", minimal::in_full(&failure)),
            Ok(()) => unreachable!("a case that was judged once is judged again: {reason}"),
        },
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

/// The canary of a property test: searches as [`assert_holds`] does, and has to find a violation of this property
/// of a design that is known to be wrong. The first one ends the search, and is returned as it was found.
///
/// ```
/// use active_active::model::options::OnDuplicate;
/// use active_active::scenario::builtin;
/// use active_active::spec::PropertyName;
/// use active_active::strategy;
/// use proptest::prelude::*;
///
/// let mut scenario = builtin::scenario("crash-anywhere")?;
/// scenario.container.on_duplicate = OnDuplicate::Skip;
/// let cases = strategy::choices().prop_map(move |choices| (scenario.clone(), choices));
/// let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
/// let found = strategy::assert_finds(config, &cases, PropertyName::RemoveLast);
/// assert_eq!(found.scenario.name, "crash-anywhere");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
///
/// If no case violates a property, if the first one that does violates another one, or if a case is not valid.
#[track_caller]
pub fn assert_finds(
    config: ProptestConfig,
    cases: &impl Strategy<Value = (Scenario, Vec<u16>)>,
    property: PropertyName,
) -> Counterexample {
    let tried = config.cases;
    let config = ProptestConfig { failure_persistence: None, max_shrink_iters: 0, ..config };
    let result = TestRunner::new(config).run(cases, judge);
    let (scenario, choices) = match result {
        Ok(()) => panic!("no violation of {property} in {tried} cases"),
        Err(TestError::Fail(_, case)) => case,
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    };
    let found = match check(&scenario, &choices) {
        Err(Failure::Violated(found)) => *found,
        Err(Failure::Invalid(problem)) => panic!("{problem}"),
        Ok(()) => unreachable!("a case that was judged once is judged again"),
    };
    let violation = &found.violation;
    assert_eq!(violation.property(), property, "the first violation found is another: {violation}");
    found
}

fn judge((scenario, choices): (Scenario, Vec<u16>)) -> Result<(), TestCaseError> {
    check(&scenario, &choices).map_err(|failure| TestCaseError::fail(failure.to_string()))
}
