//! Scenarios and event orders for property tests with proptest.
//!
//! A case is a scenario and a list of numbers, so both shrink, with the stock shrinkers: the
//! scenario toward two regions, one stage, one record and no faults, the numbers toward none,
//! which is the fair schedule. The numbers reach what a sweep reaches: see [`choices`]. What goes wrong is drawn as abstract acts (fail the second queue
//! of the first region) that are resolved to names when the topology is known, so a smaller
//! topology does not throw them away.
//!
//! Every scenario is valid and of a sound design, and every schedule of faults heals: the script
//! recovers what failed, and the runner what is left. To test your own design, change the
//! scenario before it runs. Here the containers remove a record before they have stored it:
//!
//! ```
//! use active_active::explore::check;
//! use active_active::model::options::Action;
//! use active_active::strategy;
//! use proptest::test_runner::{TestCaseError, TestError, TestRunner};
//!
//! let mut runner = TestRunner::deterministic();
//! let result = runner.run(&strategy::case(), |(mut scenario, choices)| {
//!     scenario.container.steps = vec![Action::Remove, Action::Store, Action::Publish];
//!     check(&scenario, &choices).map_err(|failure| TestCaseError::fail(failure.to_string()))
//! });
//! let Err(TestError::Fail(failure, (scenario, choices))) = result else {
//!     panic!("a design that is wrong is found");
//! };
//! assert!(failure.message().starts_with("RemoveLast is violated"), "{failure}");
//! assert_eq!(scenario.topology.stages.len(), 1);
//! assert_eq!(scenario.records.batches, [1]);
//! assert!(choices.is_empty());
//! ```
//!
//! In a test-suite, [`assert_holds`] does the same and tells the failure.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::scenario::{Scenario, Topology};
use crate::scheduler::script;
use crate::sketch::{self, ACTS_MAX, Act, Sketch};

mod disturbed;
mod drawn;
mod holds;
#[cfg(test)]
mod tests;

pub use disturbed::disturbed;
use drawn::drawn;
pub use holds::{assert_finds, assert_holds};

/// Systems of 2 to 8 regions, 1 to 16 stages and 1 to 8 containers on each queue; small ones are
/// far more likely.
pub fn topology() -> impl Strategy<Value = Topology> {
    drawn(sketch::topology)
}

/// Scenarios of a sound design on a [`topology`].
pub fn scenario() -> impl Strategy<Value = Scenario> {
    scenario_on(topology())
}

/// Scenarios of a sound design on these topologies, which have to be valid. Everything else
/// varies: batches, weights, speeds, times, business keys, the stores of the stages, every option of the design that has
/// another sound value, the faults that the scheduler may choose, and the script with
/// its faults.
pub fn scenario_on(topology: impl Strategy<Value = Topology>) -> impl Strategy<Value = Scenario> {
    let acts = vec(drawn(Act::draw), 0..=ACTS_MAX as usize);
    // In a box: all that is drawn is moved by value on its way up.
    let rest = (drawn(|numbers| Box::new(Sketch::draw(numbers, |_| Vec::new()))), acts);
    (topology, rest).prop_map(|(topology, (mut sketch, acts))| {
        sketch.design.topology = topology;
        sketch.acts = acts;
        sketch.scenario()
    })
}

/// The numbers of a [`Script`](crate::scheduler::Script): any order of events, and any of the faults that are
/// on offer, at any step of a run of any length.
///
/// Most lists are a random run as sweeps make it, from its beginning to its end or to any step, with a few
/// choices of their own in between; the others are choices one by one.
pub fn choices() -> impl Strategy<Value = Vec<u16>> {
    let base = prop_oneof![1 => Just(0), 7 => 1..script::BASE_COUNT];
    (base, 0..script::STRETCH_COUNT, vec(own_choice(), 0..=32)).prop_map(
        |(base, until, own_choices)| {
            let mut numbers = Vec::new();
            if base > 0 {
                numbers.push(script::base(base));
            }
            for (after, number) in own_choices {
                if after > 0 {
                    numbers.push(script::stretch(after));
                }
                numbers.push(number);
            }
            if base > 0 {
                numbers.extend([script::stretch(until), script::base(0)]);
            }
            numbers
        },
    )
}

/// A choice, and how long after the one before.
fn own_choice() -> impl Strategy<Value = (u16, u16)> {
    let after = prop_oneof![2 => Just(0), 2 => 0u16..64, 1 => 0..script::STRETCH_COUNT / 2];
    let number =
        prop_oneof![7 => 0..script::CHOICES, 1 => (0..script::FAULTS).prop_map(script::fault)];
    (after, number)
}

/// A scenario of a sound design and an order of its events: all that a run is.
///
/// The order shrinks first: a smaller scenario keeps more of what a fair order shows than of what
/// an arbitrary one does.
pub fn case() -> impl Strategy<Value = (Scenario, Vec<u16>)> {
    case_on(scenario())
}

/// Scenarios of your own and an order of their events, which shrinks first, as that of [`case`] does.
///
/// ```
/// use active_active::scenario::builtin;
/// use active_active::strategy;
/// use proptest::prelude::*;
///
/// let scenario = builtin::scenario("crash-anywhere")?;
/// let sizes = (1..=3u8).prop_map(move |containers| {
///     let mut scenario = scenario.clone();
///     scenario.topology.containers = containers;
///     scenario
/// });
/// let config = ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() };
/// strategy::assert_holds(config, &strategy::case_on(sizes));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn case_on(
    scenarios: impl Strategy<Value = Scenario>,
) -> impl Strategy<Value = (Scenario, Vec<u16>)> {
    (choices().boxed(), scenarios).prop_map(|(choices, scenario)| (scenario, choices))
}
