//! What strategies draw: valid, sound, and enough of everything.

use proptest::strategy::ValueTree;
use proptest::test_runner::{TestCaseError, TestError, TestRunner};

use super::*;
use crate::explore::check;
use crate::model::options::OnDuplicate;
use crate::plan::Plan;

/// The smallest case that violates the spec after the change.
fn smallest(change: impl Fn(&mut Scenario)) -> (Scenario, Vec<u16>) {
    let config = ProptestConfig {
        cases: 20_000,
        max_shrink_iters: 50_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let result = TestRunner::new_with_rng(config, rng).run(&case(), |(mut scenario, choices)| {
        change(&mut scenario);
        check(&scenario, &choices).map_err(|failure| TestCaseError::fail(failure.to_string()))
    });
    match result {
        Err(TestError::Fail(_, (mut scenario, choices))) => {
            change(&mut scenario);
            (scenario, choices)
        }
        other => panic!("the design is not found to be wrong: {other:?}"),
    }
}

#[test]
fn every_scenario_is_valid() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..2_000 {
        let tree = scenario().new_tree(&mut runner).expect("nothing is filtered");
        let scenario = tree.current();
        Plan::new(&scenario).unwrap_or_else(|e| panic!("{e}\n{}", scenario.to_toml()));
    }
}

#[test]
fn a_bug_that_needs_nothing_shrinks_to_nothing() {
    let remove_first = |scenario: &mut Scenario| scenario.container.steps.rotate_right(1);
    let (scenario, choices) = smallest(remove_first);
    let expected = Scenario::parse(
        r#"
        name = "generated"
        topology.stages = "inbound"
        records.batches = 1
        container.steps = ["remove", "store", "publish"]
        script = ["publish 1", "await delivered all", "expect delivered 1"]
        "#,
    );
    assert_eq!((Ok(scenario), choices), (expected, Vec::new()));
}

/// One fault would do; but to take away a line of the script, or a fault from the budget, moves
/// every event after it, so the last few may stay, and so may the records of one batch.
#[test]
fn a_bug_that_needs_a_fault_shrinks_to_a_handful() {
    let skip = |scenario: &mut Scenario| scenario.container.on_duplicate = OnDuplicate::Skip;
    let (scenario, choices) = smallest(skip);
    let faults = Plan::new(&scenario).expect("it is valid").faults().count() as u64;
    assert!(scenario.budget.total() + faults < 12, "{scenario:?}");
    assert!(scenario.records.total() <= 5, "{scenario:?}");
    assert!(scenario.script.len() < 16, "{scenario:?}");
    assert!(choices.len() < 20, "{} choices", choices.len());
}
