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
    use active_active::model::options::{Dedupe, Insert, OnDependencyFailure, OnDuplicate};
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
        let systems = (2..=3u8, 1..=2u8, 0..=3u16).prop_map(|(regions, containers, crash)| {
            let mut scenario = orders();
            scenario.topology.regions = regions;
            scenario.topology.containers = containers;
            scenario.budget.crash = crash;
            scenario
        });
        let cases = strategy::case_on(systems);
        strategy::assert_holds(config(), &cases);
    }

    /// A failure's message prints the choices to keep.
    #[test]
    fn the_schedule_of_last_tuesday_holds() {
        let choices = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9];
        assert_eq!(check(&orders(), &choices), Ok(()));
    }

    /// A suite that cannot fail shows nothing: each shortcut that was proposed in review is found, by the same
    /// strategy as above.
    fn is_found(change: impl FnOnce(&mut Scenario), property: PropertyName) {
        let mut wrong = orders();
        change(&mut wrong);
        let cases = strategy::choices().prop_map(move |choices| (wrong.clone(), choices));
        let config = ProptestConfig { cases: 1_000, ..config() };
        strategy::assert_finds(config, &cases, property);
    }

    #[test]
    fn giving_up_on_a_failed_table_is_found() {
        let drop = |orders: &mut Scenario| {
            orders.container.on_dependency_failure = OnDependencyFailure::Drop;
        };
        is_found(drop, PropertyName::RemoveLast);
    }

    #[test]
    fn skipping_an_order_that_the_table_has_is_found() {
        let skip = |orders: &mut Scenario| orders.container.on_duplicate = OnDuplicate::Skip;
        is_found(skip, PropertyName::RemoveLast);
    }

    #[test]
    fn a_second_row_for_an_order_is_found() {
        let append = |orders: &mut Scenario| orders.table.insert = Insert::Append;
        is_found(append, PropertyName::EffectOnce);
    }

    #[test]
    fn an_order_that_counts_twice_is_found() {
        let none = |orders: &mut Scenario| orders.destination.dedupe = Dedupe::None;
        is_found(none, PropertyName::EffectOnce);
    }
}
