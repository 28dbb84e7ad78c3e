//! Whether two scenarios tell the same.

use std::sync::Arc;

use active_active::explore::{Choices, Minimal, Observer, Phase, Runner};
use active_active::model::Event;
use active_active::model::options::{Delivery, DualWrite};
use active_active::plan::Plan;
use active_active::scheduler::Deviate;
use active_active::sim::{Simulation, Step};

use super::{failures, minimise};
use crate::common::plans;

/// Whether the same choices, where they are possible, bring about the same with the options that were left out in a plan: if not, it is
/// the story of another design.
pub(super) fn tells_the_same(minimal: &Minimal, without: &Arc<Plan>, choices: &Choices) -> bool {
    let deviations = Deviate::from_choices(without, &choices.taken);
    let told = |plan: &Arc<Plan>| {
        let mut told = Told::default();
        let mut scheduler = Deviate::lenient(deviations.clone());
        Runner::new(Arc::clone(plan)).run(&mut scheduler, 0, &mut told);
        told.events
    };
    told(minimal.saved.plan()) == told(without)
}

/// What happened, in order.
#[derive(Default)]
struct Told {
    events: Vec<Event>,
}

impl Observer for Told {
    fn begin(&mut self, _simulation: &Simulation) {
        self.events.clear();
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase == Phase::Heal {
            self.events.extend(simulation.events());
        }
    }

    fn step(&mut self, _step: &Step, simulation: &Simulation) {
        self.events.extend(simulation.events());
    }
}

/// The default design fails in fewer steps than this one, by another story: the failure is that of a transaction, which is made twice where a
/// queue removes by a receipt that has expired.
#[test]
fn an_option_that_changes_the_story_is_not_left_out() {
    let changes = [
        "script=publish 1,await delivered all",
        "topology.stages=core",
        "topology.containers=2",
        "records.batches=4",
        "queue.delivery=standard",
        "container.dual_write=transaction",
        "destination.dedupe=none",
        "budget.visibility_timeout=2",
    ];
    let plan = plans::plan("baseline", &changes);
    let mut tried = 0;
    for (saved, _) in failures(&plan).take(3) {
        let minimal = minimise(&saved);
        let scenario = minimal.saved.plan().scenario();
        assert_eq!(scenario.container.dual_write, DualWrite::Transaction, "{}", minimal.size);
        assert_eq!(scenario.queue.delivery, Delivery::Standard, "{}", minimal.size);
        tried += 1;
    }
    assert_eq!(tried, 3);
}
