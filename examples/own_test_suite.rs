//! A team's own tests around the simulation, with proptest: copy this file into your `tests/`.
//!
//! ```toml
//! [dev-dependencies]
//! active-active = { version = "0.1", default-features = false, features = ["proptest"] }
//! proptest = "1"
//! ```
//!
//! `cargo test --example own_test_suite` runs it here.

use active_active::explore::{Failure, check};
use active_active::scenario::Scenario;

/// The team's system, as a file that also the command line reads.
const ORDERS: &str = include_str!("orders.toml");

fn orders() -> Scenario {
    Scenario::parse(ORDERS).unwrap_or_else(|error| panic!("orders.toml: {error}"))
}

/// Runs a few schedules, for those who start the example instead of its tests.
fn main() -> Result<(), Failure> {
    for schedule in 0..100u16 {
        check(&orders(), &[schedule, 7 * schedule, 31 * schedule])?;
    }
    println!("100 schedules hold; 'cargo test --example own_test_suite' tries more.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use active_active::explore::{Progress, Sweep};
    use active_active::model::options::OnDependencyFailure;
    use active_active::plan::Plan;
    use active_active::scheduler::Random;
    use active_active::spec::PropertyName;
    use active_active::strategy;
    use proptest::prelude::*;

    use super::*;

    /// Seeds of failures belong into your own repository; this example keeps none.
    fn config() -> ProptestConfig {
        ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }
    }

    /// Any order of events, a crash of any container at any step. What a failure prints is the
    /// story of the smallest run that shows it, with the test and the file to keep.
    #[test]
    fn orders_arrive_in_any_order_of_events() {
        let cases = strategy::choices().prop_map(|choices| (orders(), choices));
        strategy::assert_holds(config(), &cases);
    }

    /// The same for systems like ours: more regions, more containers, more crashes.
    #[test]
    fn orders_arrive_in_larger_systems() {
        let sizes = (2..=3u8, 1..=2u8, 0..=3u16);
        let cases =
            (sizes, strategy::choices()).prop_map(|((regions, containers, crash), choices)| {
                let mut scenario = orders();
                scenario.topology.regions = regions;
                scenario.topology.containers = containers;
                scenario.budget.crash = crash;
                (scenario, choices)
            });
        strategy::assert_holds(config(), &cases);
    }

    /// What a failure left behind: its choices, as its message printed them.
    #[test]
    fn the_schedule_of_last_tuesday_holds() {
        let choices = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9];
        assert_eq!(check(&orders(), &choices), Ok(()));
    }

    /// A suite that cannot fail shows nothing: the shortcut that was proposed in review is found.
    #[test]
    fn giving_up_on_a_failed_table_is_found() {
        let mut scenario = orders();
        scenario.container.on_dependency_failure = OnDependencyFailure::Drop;
        let plan = Arc::new(Plan::new(&scenario).expect("the scenario is right"));
        let sweep = Sweep { plan, runs: 1_000, threads: 1, steps_max: u64::MAX };
        let report = sweep.run(|| Random::new(1), &Progress::default());
        let (_, violation) = report.violation.expect("it is wrong");
        assert_eq!(violation.property(), PropertyName::RemoveLast);
    }
}
