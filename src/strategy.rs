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

use proptest::array::uniform8;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::model::options::{
    Answer, Clock, Commands, Commit, Delivery, DualWrite, Failback, Groups, OnDependencyFailure,
    OnRefusal, PositionsAtFailover, QueueFailure, ServiceFailure, TableFailure,
};
use crate::scenario::{Budget, Scenario, Timing, Topology};
use crate::scheduler::script;
use crate::sketch::{
    Act, Databases, Disturbance, Naming, Opening, Own, Poison, Sketch, Speed, Spot, Wait, Ways,
    stage_names,
};

mod disturbed;
mod holds;
#[cfg(test)]
mod tests;

pub use disturbed::disturbed;
pub use holds::{assert_finds, assert_holds};

/// Systems of 2 to 8 regions, 1 to 16 stages and 1 to 8 containers on each queue; small ones are
/// far more likely.
pub fn topology() -> impl Strategy<Value = Topology> {
    let regions = prop_oneof![8 => Just(2u8), 3 => Just(3), 1 => 4u8..=8];
    let stages = prop_oneof![6 => 1u8..=2, 3 => 3u8..=5, 1 => 6u8..=16];
    let containers = prop_oneof![6 => Just(1u8), 2 => Just(2), 1 => 3u8..=8];
    (regions, stages, containers).prop_map(|(regions, stages, containers)| Topology {
        regions,
        stages: stage_names(stages),
        containers,
        old_containers: 0,
    })
}

/// Scenarios of a sound design on a [`topology`].
pub fn scenario() -> impl Strategy<Value = Scenario> {
    scenario_on(topology())
}

/// How often containers try again and how many records they receive at a time, what they do when they are refused, whether
/// they leave it to relays to publish, or how they keep tables and queues in step, and where they send to.
fn containers() -> impl Strategy<Value = ((u8, u8), OnDependencyFailure, (bool, DualWrite), Ways)> {
    use DualWrite::{CompensateIfAlone, Retry, Transaction};
    use OnDependencyFailure::{GiveBack, Halt};
    (
        (prop_oneof![4 => Just(0u8), 1 => 1u8..=3], prop_oneof![4 => Just(1u8), 1 => 2u8..=10]),
        prop_oneof![4 => Just(Halt), 1 => Just(GiveBack)],
        prop_oneof![
            8 => Just((false, Retry)),
            2 => Just((true, Retry)),
            1 => Just((false, CompensateIfAlone)),
            1 => Just((false, Transaction)),
        ],
        prop_oneof![2 => Just(Ways::Line), 1 => select(&Ways::ALL[..])],
    )
}

/// Scenarios of a sound design on these topologies, which have to be valid. Everything else
/// varies: batches, weights, speeds, times, business keys, the stores of the stages, the kind of the queues and
/// their room, what source,
/// containers and failed tables do, the faults that the scheduler may choose, and the script with
/// its faults.
pub fn scenario_on(topology: impl Strategy<Value = Topology>) -> impl Strategy<Value = Scenario> {
    let odd = (prop::bool::weighted(0.1), poison());
    let records = (batches(), keys(), naming(), (speeds(), timing()), odd).boxed();
    let design = (
        prop_oneof![4 => Just(OnRefusal::Retry), 1 => Just(OnRefusal::Abort)],
        prop_oneof![3 => Just(false), 1 => Just(true)],
        (select(TableFailure::ALL), select(Clock::ALL), prop_oneof![Just(0u32), 1u32..=50]),
        queues(),
        prop_oneof![3 => Just(0u16), 1 => 1u16..=3],
        containers(),
        prop_oneof![4 => Just(0u16), 1 => 1u16..=4],
        databases(),
        as_published(),
        prop::option::weighted(0.2, (any::<bool>(), select(ServiceFailure::ALL))),
    )
        .boxed();
    let script = (opening(), vec(act(), 0..=12)).boxed();
    let own = prop::option::weighted(0.25, own()).boxed();
    // In boxes: all that is drawn is moved by value on its way up, more than 60 kB of a stack each time.
    (topology, records, design, budget().boxed(), script, own).prop_map(
        |(topology, records, design, budget, (opening, acts), own)| {
            let (batches, keys, naming, (speeds, timing), (unreadable, poison)) = records;
            let (
                on_refusal,
                strong,
                (on_table_failure, clock, skew),
                ((delivery, commit, mirror), groups, deduplicates),
                max_receives,
                ((retries, batch), on_dependency_failure, (outbox, dual_write), ways),
                capacity,
                databases,
                (on_queue_failure, commands),
                calls,
            ) = design;
            let sketch = Sketch {
                topology,
                batches,
                keys,
                unreadable,
                poison,
                naming,
                speeds,
                timing,
                on_refusal,
                delivery,
                commit,
                mirror,
                groups,
                deduplicates,
                strong,
                max_receives,
                capacity,
                retries,
                batch,
                on_dependency_failure,
                outbox,
                dual_write,
                ways,
                databases,
                on_table_failure,
                clock: (clock, skew),
                on_queue_failure,
                commands,
                calls,
                own,
                budget,
                opening,
                acts,
            };
            sketch.scenario()
        },
    )
}

/// The kind of the queues, when the consumers of logs commit, and where they begin in the mirrors of those, if there are some.
fn delivery() -> impl Strategy<Value = Kind> {
    use PositionsAtFailover::{Earliest, Mirrored};
    let delivery = prop_oneof![
        6 => Just(Delivery::Fifo),
        2 => Just(Delivery::Standard),
        1 => Just(Delivery::Log),
    ];
    let mirror = prop_oneof![Just(None), Just(Some(Mirrored)), Just(Some(Earliest))];
    (delivery, select(Commit::ALL), mirror)
}

/// What is drawn of the kind of the queues.
type Kind = (Delivery, Commit, Option<PositionsAtFailover>);

/// The kind of the queues, their message groups, and whether they tell resends from messages.
fn queues() -> impl Strategy<Value = (Kind, Groups, bool)> {
    (
        delivery(),
        prop_oneof![3 => Just(Groups::One), 1 => select(Groups::ALL)],
        prop::bool::weighted(0.3),
    )
}

/// How many business keys records have.
fn keys() -> impl Strategy<Value = u16> {
    prop_oneof![4 => Just(0u16), 1 => 1u16..=4]
}

/// What one stage has of its own.
fn own() -> impl Strategy<Value = Own> {
    let is_set = || prop::bool::weighted(0.3);
    let containers = prop_oneof![3 => Just(0u8), 2 => 1u8..=3];
    let retries = prop_oneof![3 => Just(0u8), 1 => 1u8..=2];
    let flags = (is_set(), is_set(), is_set(), is_set());
    (any::<u8>(), containers, retries, flags).prop_map(
        |(stage, containers, retries, (delivery, gives_up, failures, outbox))| Own {
            stage,
            containers,
            delivery,
            gives_up,
            retries,
            failures,
            outbox,
        },
    )
}

/// What failed queues do with those who wait, and when commands take effect.
fn as_published() -> impl Strategy<Value = (QueueFailure, Commands)> {
    (
        prop_oneof![3 => Just(QueueFailure::RefuseWaiting), 1 => Just(QueueFailure::KeepWaiting)],
        prop_oneof![3 => Just(Commands::AtOnce), 1 => Just(Commands::AsMessages)],
    )
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

/// One to four batches, of few records mostly.
fn batches() -> impl Strategy<Value = Vec<u32>> {
    vec(prop_oneof![8 => 1u32..=4, 1 => 5u32..=12], 1..=4)
}

fn naming() -> impl Strategy<Value = Naming> {
    let answer = prop_oneof![3 => Just(Answer::RoundRobin), 1 => Just(Answer::Random)];
    let primary = proptest::option::weighted(0.1, 0u8..8);
    let ttl = prop_oneof![6 => Just(0u16), 1 => 1u16..=4];
    let threshold = prop_oneof![4 => Just(0u8), 1 => 1u8..=3];
    let failback = select(Failback::ALL);
    let two_enactors = prop::bool::weighted(0.2);
    let whole_path = prop::bool::weighted(0.3);
    (weights(), answer, primary, ttl, threshold, two_enactors, failback, whole_path).prop_map(
        |(weights, answer, primary, ttl, threshold, two_enactors, failback, whole_path)| Naming {
            weights,
            answer,
            primary,
            ttl,
            threshold,
            two_enactors,
            failback,
            whole_path,
        },
    )
}

/// None, all 0, or one for each region; 0 and 255 are likely.
fn weights() -> impl Strategy<Value = Option<[u8; 8]>> {
    prop_oneof![
        4 => Just(None),
        1 => Just(Some([0; 8])),
        3 => weight_of_each().prop_map(Some),
    ]
}

fn weight_of_each() -> impl Strategy<Value = [u8; 8]> {
    uniform8(prop_oneof![4 => 1u8..=3, 2 => Just(0u8), 1 => any::<u8>(), 1 => Just(255)])
}

/// No stage with a database, all stages, or some.
fn databases() -> impl Strategy<Value = Databases> {
    let stages = prop_oneof![4 => Just(0u16), 1 => Just(u16::MAX), 2 => any::<u16>()];
    let rpo = prop_oneof![3 => Just(0u8), 1 => 1u8..=3];
    (stages, 0u8..8, rpo).prop_map(|(stages, writer, rpo)| Databases { stages, writer, rpo })
}

/// No fault that the scheduler may choose, or a few of one kind or of several.
fn budget() -> impl Strategy<Value = Budget> {
    let count = |is_small| match is_small {
        true => prop_oneof![2 => Just(0u16), 1 => 1u16..=4].boxed(),
        false => prop_oneof![4 => Just(0u16), 1 => 1u16..=2].boxed(),
    };
    let some: Vec<BoxedStrategy<u16>> = Budget::small().map(count).collect();
    let some = some.prop_map(Budget::of_counts);
    prop_oneof![1 => Just(Budget::default()), 1 => some]
}

fn poison() -> impl Strategy<Value = Poison> {
    use Poison::{AtLastStage, Everywhere, Nowhere};
    prop_oneof![5 => Just(Nowhere), 2 => Just(Everywhere), 2 => Just(AtLastStage)]
}

fn speeds() -> impl Strategy<Value = Vec<Speed>> {
    let speed = prop_oneof![3 => 1u32..=4, 1 => 5u32..=1000];
    let one = (0..Speed::KINDS, spot(), speed);
    let one = one.prop_map(|(kind, spot, speed)| Speed { kind, spot, speed });
    prop_oneof![3 => Just(Vec::new()), 1 => vec(one, 1..=4)]
}

/// The default, or any times: none at all, short ones, or long ones.
fn timing() -> impl Strategy<Value = Timing> {
    let ms = || prop_oneof![1 => Just(0u32), 4 => 1u32..=100, 1 => 1_000u32..=60_000];
    let machines = (ms(), ms(), ms(), ms(), ms(), ms(), ms(), ms());
    let drawn = (machines, 0u8..=100, ms(), ms());
    let drawn =
        drawn.prop_map(|(machines, spread_percent, within_region_ms, between_regions_ms)| {
            let (
                source_ms,
                dns_ms,
                destination_ms,
                queue_ms,
                container_ms,
                table_ms,
                replicator_ms,
                service_ms,
            ) = machines;
            Timing {
                source_ms,
                dns_ms,
                destination_ms,
                queue_ms,
                container_ms,
                table_ms,
                replicator_ms,
                service_ms,
                visibility_timeout_ms: between_regions_ms,
                spread_percent,
                within_region_ms,
                between_regions_ms,
            }
        });
    prop_oneof![3 => Just(Timing::default()), 1 => drawn]
}

fn spot() -> impl Strategy<Value = Spot> {
    (0u8..32, 0u8..8).prop_map(|(stage, region)| Spot { stage, region })
}

fn opening() -> impl Strategy<Value = Opening> {
    prop_oneof![
        6 => Just(Opening::Plain),
        1 => spot().prop_map(Opening::Paused),
        1 => spot().prop_map(Opening::Waiting),
        1 => spot().prop_map(Opening::Bypassed),
        1 => Just(Opening::Unreplicated),
        1 => (spot(), 0u8..8).prop_map(|(spot, old)| Opening::Rollout(spot, old)),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let recover = (0u8..4, any::<bool>());
    prop_oneof![
        3 => Just(Act::Publish),
        3 => (select(&Wait::ALL[..]), spot()).prop_map(|(wait, spot)| Act::Await(wait, spot)),
        3 => recover.prop_map(|(which, with_containers)| Act::Recover { which, with_containers }),
        1 => weight_of_each().prop_map(Act::Weights),
        1 => spot().prop_map(Act::Redrive),
        1 => (any::<bool>(), spot()).prop_map(|(region, spot)| Act::Lose { region, spot }),
        2 => (any::<bool>(), spot()).prop_map(|(planned, spot)| Act::MoveWriter { planned, spot }),
        5 => (select(&Disturbance::ALL[..]), spot())
            .prop_map(|(disturbance, spot)| Act::Disturb(disturbance, spot)),
    ]
}
