//! Property tests and fuzz targets reach what sweeps reach: each wrong design of the table is found by the
//! strategies and from bytes, not only by the schedulers of sweeps.
//!
//! Found by writing a test suite as a user would: every number of a list was taken modulo all choices, faults
//! included, so all faults of the budget fell in the first dozen steps, before anything could be hurt by them,
//! and lists ended after 400 numbers. `on_duplicate=skip` was found in none of 5,000 cases.

use std::sync::Arc;

use active_active::arbitrary::Case;
use active_active::explore::{Choices, Observer, Phase, Runner, Verdict};
use active_active::plan::Plan;
use active_active::scenario::designs::{UNSOUND, Unsound};
use active_active::scheduler::{Random, Scheduler, Script, seed};
use active_active::sim::{Choice, Simulation, Step};
use active_active::strategy;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use rand::Rng;

use crate::common::plans;

/// Enough for the rarest of them. Most are shown by one case in ten, as by one random run in ten; a relay that reads by id
/// by one in some hundred.
const CASES: u32 = 2_000;

fn config() -> Config {
    let rng_seed = RngSeed::Fixed(1);
    Config { cases: CASES, failure_persistence: None, rng_seed, ..Config::default() }
}

/// Any bytes, as a fuzz target may get them.
fn bytes(number: u64) -> [u8; 48] {
    let mut bytes = [0; 48];
    seed::generator(5, number).fill_bytes(&mut bytes);
    bytes
}

#[test]
fn every_unsound_design_is_found_by_a_strategy() {
    for unsound in UNSOUND.iter() {
        let scenario = plan(unsound).scenario().clone();
        let cases = strategy::choices().prop_map(move |choices| (scenario.clone(), choices));
        let found = strategy::assert_finds(config(), &cases, unsound.reported);
        println!("{}: {} numbers", unsound.design, found.choices.len());
    }
}

#[test]
fn every_unsound_design_is_found_from_bytes() {
    for unsound in UNSOUND.iter() {
        let plan = plan(unsound);
        let mut runner = Runner::new(Arc::clone(&plan));
        let violated = (0..CASES.into()).find_map(|number| {
            let case = Case::of(plan.scenario(), &bytes(number)).expect("it is short");
            match runner.run(&mut Script::new(case.choices), 0, &mut ()).verdict {
                Verdict::Violated(violation) => Some((number, violation.property())),
                Verdict::Holds | Verdict::Inconclusive(_) => None,
            }
        });
        let design = unsound.design;
        let (number, property) = violated.unwrap_or_else(|| panic!("{design} is not found"));
        // The order of events decides which of the two comes first.
        let expected = [unsound.reported, unsound.promised];
        assert!(expected.contains(&property), "{design}: {property}");
        println!("{design}: input {number}");
    }
}

fn plan(unsound: &Unsound) -> Arc<Plan> {
    plans::plan(unsound.scenario, &[unsound.design])
}

/// The two bytes that libFuzzer begins with are a whole run with faults, not two choices of one: without seeds
/// it kept to inputs of some thirty bytes, which found nothing in eighty seconds.
#[test]
fn a_short_input_is_a_long_run() {
    let plan = plans::plan("crash-anywhere", &["container.on_duplicate=skip"]);
    let mut runner = Runner::new(Arc::clone(&plan));
    let found = (1..=100u16).filter(|number| {
        let case = Case::of(plan.scenario(), &number.to_le_bytes()).expect("it is short");
        let outcome = runner.run(&mut Script::new(case.choices), 0, &mut ());
        matches!(outcome.verdict, Verdict::Violated(_))
    });
    assert!(found.count() > 20, "a random run in three finds it");
}

/// When the faults of the budget fall, in steps of the run.
#[derive(Default)]
struct FaultTimes(Vec<u64>);

impl Observer for FaultTimes {
    fn begin(&mut self, _simulation: &Simulation) {}

    fn phase(&mut self, _phase: Phase, _simulation: &Simulation) {}

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        if matches!(step.choice, Choice::Fault(_)) {
            self.0.push(simulation.steps());
        }
    }
}

/// The times of all faults of so many runs, ascending.
fn fault_times<S: Scheduler>(plan: &Arc<Plan>, schedulers: impl Iterator<Item = S>) -> Vec<u64> {
    let (mut runner, mut times) = (Runner::new(Arc::clone(plan)), FaultTimes::default());
    for (run, mut scheduler) in schedulers.enumerate() {
        runner.run(&mut scheduler, run as u64, &mut times);
    }
    times.0.sort_unstable();
    times.0
}

fn drawn(cases: usize) -> impl Iterator<Item = Vec<u16>> {
    let (mut runner, choices) = (TestRunner::new(config()), strategy::choices());
    (0..cases).map(move |_| choices.new_tree(&mut runner).expect("nothing is filtered").current())
}

/// Faults of drawn orders fall as early and as late as those of random runs, whatever the size of the system.
#[test]
fn faults_fall_when_they_fall_in_random_runs() {
    let large = ["topology.regions=4", "topology.containers=3", "records.batches=40,40,40"];
    for changes in [&[][..], &large] {
        let plan = plans::plan("crash-anywhere", changes);
        let random = fault_times(&plan, std::iter::repeat_n(Random::new(1), 300));
        let drawn = fault_times(&plan, drawn(300).map(Script::new));
        let by_bytes = (0..300).map(|number| {
            let case = Case::of(plan.scenario(), &bytes(number)).expect("it is short");
            Script::new(case.choices)
        });
        let by_bytes = fault_times(&plan, by_bytes);
        let quantiles =
            |times: &[u64]| [10, 50, 90].map(|percent| times[times.len() * percent / 100]);
        let expected = quantiles(&random);
        println!("random {expected:?}, drawn {:?}, {:?}", quantiles(&drawn), quantiles(&by_bytes));
        for times in [quantiles(&drawn), quantiles(&by_bytes)] {
            for (time, expected) in times.into_iter().zip(expected) {
                assert!(time * 3 > expected && time < expected * 3, "{times:?}: {expected}");
            }
        }
    }
}

/// The smallest of all cases is the fair run, with no fault and no other order; and every number on the way
/// there is simpler than the next one: 0 stands for the fair step.
#[test]
fn choices_shrink_to_the_fair_run() {
    let plan = plans::plan("crash-anywhere", &[]);
    let mut runner = Runner::new(plan);
    let (mut fair, mut taken) = (Choices::default(), Choices::default());
    runner.run(&mut Script::default(), 0, &mut fair);
    for zeros in [1, 10, 5_000] {
        runner.run(&mut Script::new(vec![0; zeros]), 0, &mut taken);
        assert_eq!(taken, fair, "{zeros} zeros");
    }
    let (mut draws, choices) = (TestRunner::new(config()), strategy::choices());
    for _ in 0..50 {
        let mut tree = choices.new_tree(&mut draws).expect("nothing is filtered");
        let mut tries = 0;
        while tree.simplify() {
            tries += 1;
        }
        assert_eq!(tree.current(), Vec::<u16>::new());
        assert!(tries < 300, "{tries} tries, though all of them fail");
    }
}

/// A scenario of one's own, with a list of numbers that is made without the strategies.
#[test]
fn any_numbers_find_what_a_sweep_finds() {
    let found = |design: &str| {
        let plan = plans::plan(include_str!("../examples/orders.toml"), &[design]);
        let mut runner = Runner::new(plan);
        let mut violated = 0;
        for number in 0..500 {
            let mut numbers = seed::generator(9, number);
            let numbers = (0..400).map(|_| numbers.next_u32() as u16).collect();
            let outcome = runner.run(&mut Script::new(numbers), 0, &mut ());
            violated += u32::from(matches!(outcome.verdict, Verdict::Violated(_)));
        }
        violated
    };
    for design in ["container.on_duplicate=skip", "table.insert=append", "destination.dedupe=none"]
    {
        let violated = found(design);
        println!("{design}: {violated} of 500");
        assert!(violated >= 10, "{design}: {violated} of 500");
    }
}

/// A list is a run whatever is in it, and it is the whole run: nothing of it is left to a scheduler that is
/// not in the list.
#[test]
fn every_choice_of_a_run_has_a_number() {
    for (name, changes) in
        [("crash-anywhere", &[][..]), ("aurora-anywhere", &[]), ("loss-anywhere", &[])]
    {
        let plan = plans::plan(name, changes);
        let mut runner = Runner::new(Arc::clone(&plan));
        for run in 0..50 {
            let (mut taken, mut again) = (Choices::default(), Choices::default());
            let outcome = runner.run(&mut Random::new(3), run, &mut taken);
            let script = Script::from_choices(&plan, &taken.taken);
            let mut script = script.expect("there are less than 960 faults");
            assert_eq!(runner.run(&mut script, 0, &mut again), outcome, "{name}, run {run}");
            assert_eq!(again, taken, "{name}, run {run}");
        }
    }
}
