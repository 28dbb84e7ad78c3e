//! What is on offer, after many steps, is what a look at everything offers.

use std::sync::Arc;

use rand::Rng;

use crate::model::fault::{FaultPoint, Path};
use crate::model::id::ContainerId;
use crate::plan::Plan;
use crate::scheduler::seed::generator;
use crate::sim::{Choice, Simulation};

const RUNS: u64 = 40;
const STEPS_MAX: u64 = 3_000;

/// Failures and partitions are looked at after those steps only in which something begins or ceases to work.
#[test]
fn no_step_is_passed_over_after_which_something_else_can_fail() {
    let designs = [
        "heal=everything",
        "heal=nothing",
        "container.restart=always",
        "commands=as-messages",
        "container.on_dependency_failure=give-back",
        "store.default=aurora",
    ];
    for name in ["failures-anywhere", "partitioned-anywhere", "loss-anywhere", "outage-anywhere"] {
        for design in designs {
            let changes = ["budget.fail=2", "budget.pause=2", "budget.partition=2", design];
            let plan = Arc::new(Plan::with_changes(name, &changes).expect("it is a system"));
            (0..RUNS).for_each(|run| look_after_each_step(&plan, run));
        }
    }
}

/// Nothing else is healed in that step, and no event tells of it. A run of all others comes there in one case of many thousand.
#[test]
fn a_way_that_a_healing_mends_can_be_cut_again() {
    let text = r#"
        name = "cut-twice"
        topology.stages = ["only"]
        records.batches = [1]
        script = ["offline in-dns@1", "offline in-dns@2", "publish 1", "await delivered all", "await quiescent"]
        budget.partition = 2
    "#;
    let plan = Arc::new(Plan::with_changes(text, &[]).expect("it is a system"));
    let mut simulation = Simulation::new(plan);
    let next = |simulation: &Simulation| {
        simulation.enabled().iter().find(|choice| matches!(choice, Choice::Step(_)))
    };
    while let Some(step) = next(&simulation) {
        simulation.step(step);
    }
    let cut = FaultPoint::Partition(Path::Store(ContainerId(0)));
    let can_be_cut = |simulation: &Simulation| simulation.world.faults.is_ready(cut);
    assert!(can_be_cut(&simulation));
    simulation.step(Choice::Fault(cut));
    assert!(!can_be_cut(&simulation));
    simulation.step(Choice::Heal);
    assert!(simulation.events().is_empty(), "{:?}", simulation.events());
    assert!(can_be_cut(&simulation));
}

fn look_after_each_step(plan: &Arc<Plan>, run: u64) {
    let mut numbers = generator(1, run);
    let mut simulation = Simulation::new(Arc::clone(plan));
    while !simulation.is_over() && simulation.steps() < STEPS_MAX {
        let mut choices: Vec<Choice> = simulation.enabled().iter().collect();
        let is_step = |choice: &Choice| matches!(choice, Choice::Step(_));
        // Few faults, so that some of the budget is left when the system is healed.
        if !numbers.next_u32().is_multiple_of(32) && choices.iter().any(is_step) {
            choices.retain(is_step);
        }
        simulation.step(choices[numbers.next_u32() as usize % choices.len()]);
        let mut looked = simulation.clone();
        looked.world.offer_failures(plan);
        looked.world.offer_partitions(plan);
        let ready = |simulation: &Simulation| -> Vec<usize> {
            simulation.world.faults.ready.bits().iter().collect()
        };
        assert_eq!(ready(&looked), ready(&simulation), "run {run}, {:?}", simulation.events());
    }
}
