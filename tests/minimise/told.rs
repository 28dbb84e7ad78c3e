//! Whether two scenarios tell the same.

use std::sync::Arc;

use active_active::explore::{Choices, Minimal, Observer, Phase, Runner};
use active_active::model::Event;
use active_active::plan::Plan;
use active_active::scheduler::Deviate;
use active_active::sim::{Simulation, Step};

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
