//! Every schedule of a tiny system: what the schedulers choose from.
//!
//! The numbers are pinned. Another number means that the model has another state, or another order
//! in which things can happen: know why before you change it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use active_active::explore::Strategy;
use active_active::explore::{Observer, Phase, Runner};
use active_active::plan::Plan;
use active_active::scheduler::{Replay, RoundRobin, Scheduler, Script};
use active_active::sim::{Choice, Simulation, Step};
use active_active::spec::PropertyName;

use crate::common::enumerate::enumerate;
use crate::common::plans;

/// Two regions, one stage, one record.
fn tiny(changes: &[&str]) -> Arc<Plan> {
    let text = r#"
        name = "tiny"
        topology.stages = ["only"]
        records.batches = [1]
        script = ["publish 1", "await delivered all"]
    "#;
    plans::plan(text, changes)
}

/// All interleavings of one record through one stage: 1.7 × 10¹⁵ schedules in 4,937 states, the one after the
/// healing included.
#[test]
fn all_schedules_of_a_tiny_system_hold() {
    let all = enumerate(&tiny(&[]));
    assert_eq!(all.violations, BTreeMap::new());
    assert_eq!((all.states.len(), all.transitions()), (4_937, 21_881));
    assert_eq!(all.known, all.states.len(), "what the spec knows follows from the state");
    assert_eq!(
        (all.rests.len(), all.ends.len()),
        (1, 1),
        "whatever the order, the end is the same"
    );
    assert_eq!(all.schedules(), 1_654_595_699_459_745);
}

/// As above, with a crash of either container at any step and its restart at any later one.
#[test]
fn all_schedules_of_a_tiny_system_with_a_crash_hold() {
    let all = enumerate(&tiny(&["budget.crash=1"]));
    assert_eq!(all.violations, BTreeMap::new());
    assert_eq!((all.states.len(), all.transitions()), (59_253, 302_414));
    assert_eq!(all.known, all.states.len(), "what the spec knows follows from the state");
    assert_eq!(all.rests.len(), 9, "who crashed, and whether it came back, makes a difference");
    assert_eq!(all.schedules(), 28_152_012_824_851_959_430_423);
}

/// As the first, with random answers: which region gets the record is one more choice.
#[test]
fn all_schedules_of_a_tiny_system_with_random_answers_hold() {
    let all = enumerate(&tiny(&["dns.answer=random"]));
    assert_eq!(all.violations, BTreeMap::new());
    assert_eq!((all.states.len(), all.transitions()), (9_518, 42_278));
    assert_eq!(all.known, all.states.len(), "what the spec knows follows from the state");
    assert_eq!(all.rests.len(), 2, "the region that took the record makes a difference");
    // The schedules are those of a system that sends all to region 1, and of one that sends all to
    // region 2; no more and no less.
    let of = |weights: &str| enumerate(&tiny(&[weights])).schedules();
    assert_eq!(all.schedules(), of("dns.weights=1,0") + of("dns.weights=0,1"));
    assert_eq!(all.schedules(), 2_557_881_559_529_415);
}

/// Some of the two queues, the container and the table of region 1 fail, and a record passes region 2: each set
/// of them is one end.
#[test]
fn every_set_of_components_fails_in_some_schedule() {
    let script = "script=fail some *@1,await quiescent,publish 1";
    let all = enumerate(&tiny(&[script, "dns.weights=0,1"]));
    assert_eq!(all.violations, BTreeMap::new());
    assert_eq!(all.rests.len(), 15, "every set but the empty one");
    assert_eq!((all.states.len(), all.transitions()), (7_763, 23_396));
}

/// The canary of those above: a design that loses a record only if the crash falls between two
/// certain steps.
#[test]
fn some_schedules_of_a_tiny_system_that_skips_duplicates_do_not_hold() {
    let all = enumerate(&tiny(&["budget.crash=1", "container.on_duplicate=skip"]));
    assert_eq!(all.violations, BTreeMap::from([(PropertyName::RemoveLast, 613)]));
}

/// Each state of the tiny system is reached by a script of numbers, and by a replay of the choices
/// that they mean; numbers that are equal modulo the steps mean the same.
#[test]
fn scripts_and_replays_reach_every_state() {
    let plan = tiny(&[]);
    let all = enumerate(&plan);
    let mut simulation = Simulation::new(Arc::clone(&plan));
    for (&state, (path, next)) in &all.states {
        let choices = take(&mut simulation, path);
        assert_eq!(simulation.enabled().len(), next.len());
        let script = Script::from_choices(&plan, &choices).expect("there are no faults");
        // Every number of steps there is in this system divides 5,040; every 64th number is not counted.
        let later = |&number: &u16| {
            let step = number - number / 64 + 5_040;
            step + step / 63
        };
        let large = Script::new(script.numbers().iter().map(later).collect());
        for mut script in [script, large] {
            assert_eq!(follow(&mut simulation, &mut script, path.len()), choices);
            assert_eq!(simulation.fingerprint(), state, "{script:?}");
        }
        let saved: Vec<Choice> = choices
            .iter()
            .map(|choice| choice.name(&plan.layout))
            .map(|name| Choice::parse(&name, &plan.layout).expect("a name is a choice"))
            .collect();
        follow(&mut simulation, &mut Replay::new(saved), path.len());
        assert_eq!(simulation.fingerprint(), state, "the replay of {path:?}");
    }
}

/// Takes the choices of these positions among those that are enabled, from the beginning.
fn take(simulation: &mut Simulation, path: &[u16]) -> Vec<Choice> {
    simulation.reset();
    let mut taken = Vec::new();
    for &position in path {
        let choice = simulation.enabled().nth(position.into());
        simulation.step(choice);
        taken.push(choice);
    }
    taken
}

/// Takes so many choices of the scheduler from the beginning.
fn follow(
    simulation: &mut Simulation,
    scheduler: &mut impl Scheduler,
    steps: usize,
) -> Vec<Choice> {
    simulation.reset();
    scheduler.begin(&Arc::clone(simulation.plan()), 0);
    let mut taken = Vec::new();
    for _ in 0..steps {
        let choice = match simulation.enabled().is_quiescent() {
            true => scheduler.at_rest(simulation),
            false => scheduler.choose(simulation),
        };
        let choice = choice.expect("no path goes beyond the end of a run");
        simulation.step(choice);
        taken.push(choice);
    }
    taken
}

/// Collects the states that runs pass through.
#[derive(Default)]
struct States(BTreeSet<u128>);

impl Observer for States {
    fn begin(&mut self, simulation: &Simulation) {
        self.0.insert(simulation.fingerprint());
    }

    fn phase(&mut self, _phase: Phase, simulation: &Simulation) {
        self.0.insert(simulation.fingerprint());
    }

    fn step(&mut self, _step: &Step, simulation: &Simulation) {
        self.0.insert(simulation.fingerprint());
    }
}

/// No strategy leaves the states there are, and each reaches many in a thousand runs: those that
/// plan a run ahead twice as many as a random walk, and the one that stays near the fair run fewer.
#[test]
fn every_strategy_reaches_states_of_the_tiny_system_and_no_other() {
    let plan = tiny(&[]);
    let all: BTreeSet<u128> = enumerate(&plan).states.into_keys().collect();
    let mut runner = Runner::new(Arc::clone(&plan));
    for &strategy in Strategy::ALL {
        let mut scheduler = strategy.prepare(&plan, 5).scheduler();
        let mut reached = States::default();
        for run in 0..1_000 {
            runner.run(&mut scheduler, run, &mut reached);
        }
        assert!(reached.0.is_subset(&all), "{strategy}");
        let least = match strategy {
            Strategy::Pct { .. } | Strategy::Pos => 1_800,
            Strategy::Random | Strategy::Surw | Strategy::Feedback | Strategy::Portfolio => 900,
            Strategy::Delay { .. } => 300,
        };
        assert!(reached.0.len() > least, "{strategy}: {} of {}", reached.0.len(), all.len());
    }
}

#[test]
fn round_robin_is_one_of_the_schedules() {
    let plan = tiny(&[]);
    let all: BTreeSet<u128> = enumerate(&plan).states.into_keys().collect();
    let mut runner = Runner::new(plan);
    let mut reached = States::default();
    let steps = runner.run(&mut RoundRobin::default(), 0, &mut reached).steps;
    assert!(reached.0.is_subset(&all));
    assert_eq!(reached.0.len() as u64, steps + 1, "it never comes back to a state");
    runner.run(&mut RoundRobin::default(), 1, &mut reached);
    assert_eq!(reached.0.len() as u64, steps + 1, "every run is the same");
}
