//! What is drawn fits the stack of a test thread (2 MiB), without optimisation and behind combinators.

use active_active::scenario::{Scenario, builtin};
use active_active::{explore, strategy};
use proptest::prelude::*;

/// 69,536 bytes were moved by value at each of many levels, and the thread's stack overflowed.
#[test]
fn a_case_is_drawn_and_shrunk_within_the_stack_of_a_test_thread() {
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() };
    // As much on top of it as a suite of one's own may put there.
    let cases = (strategy::case(), any::<u8>()).prop_map(|(case, number)| (number, case));
    let cases = prop_oneof![cases.prop_filter("any", |_| true)];
    proptest!(config, |(case in cases)| {
        let (_number, (scenario, choices)): (u8, (Scenario, Vec<u16>)) = case;
        prop_assert_eq!(explore::check(&scenario, &choices), Ok(()));
    });
}

#[test]
fn a_disturbed_scenario_is_drawn_within_the_stack_of_a_test_thread() {
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() };
    let own = builtin::scenario("baseline").expect("it is built in");
    proptest!(config, |(scenario in strategy::disturbed(&own), choices in strategy::choices())| {
        prop_assert_eq!(explore::check(&scenario, &choices), Ok(()));
    });
}
