//! What is on offer, after many steps, is what a look at everything offers.

use std::sync::Arc;

use rand::Rng;

use crate::plan::Plan;
use crate::scheduler::seed::generator;
use crate::sim::Simulation;

const RUNS: u64 = 60;
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

fn look_after_each_step(plan: &Arc<Plan>, run: u64) {
    let mut numbers = generator(1, run);
    let mut simulation = Simulation::new(Arc::clone(plan));
    while !simulation.is_over() && simulation.steps() < STEPS_MAX {
        let enabled = simulation.enabled();
        let at = numbers.next_u32() as usize % enabled.len();
        let choice = enabled.iter().nth(at).expect("there are as many");
        simulation.step(choice);
        let mut looked = simulation.clone();
        looked.world.offer_failures(plan);
        looked.world.offer_partitions(plan);
        let ready = |simulation: &Simulation| -> Vec<usize> {
            simulation.world.faults.ready.bits().iter().collect()
        };
        assert_eq!(ready(&looked), ready(&simulation), "run {run}, {:?}", simulation.events());
    }
}
