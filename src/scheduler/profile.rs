//! What runs of a plan are like: measured before a search strategy needs it, not guessed.

use std::sync::Arc;

use crate::model::fault::FaultKind;
use crate::model::id::MachineId;
use crate::plan::{Await, DriverAction, Plan};
use crate::scenario::Budget;
use crate::scheduler::object::Object;
use crate::scheduler::seed::mix;
use crate::scheduler::{Random, Scheduler};
use crate::sim::Simulation;

/// How many random runs are measured, at most.
const RUNS: u64 = 8;
/// No further run is measured after so many steps: one run of a large scenario tells enough.
const STEPS_MAX: u64 = 2_000_000;

/// What strategies want to know of a plan's runs before they begin: how long they are, who touches
/// what how often, and how many faults there can be.
///
/// It is measured over a few runs of [`Random`], without the spec, and is a function of plan and
/// seed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// The steps of the longest run until no fault could strike any more, at least 1.
    pub(crate) steps_max: u64,
    /// How many faults the scheduler may take: the budget, a restart for each fault that can stop
    /// a container, the end of each outage, the arrival of each late message, each clock that can be ahead, and the moments
    /// of the script.
    pub(crate) faults: u32,
    machines: usize,
    /// By `object × machines + machine`, objects as [`Object::whole`] numbers them: the steps of
    /// the machine that touched the object in a run, in the mean, rounded up.
    touches: Vec<u32>,
    /// The objects that several machines touch, ascending.
    contended: Vec<u16>,
}

impl Profile {
    /// Measures the plan.
    pub fn new(plan: &Arc<Plan>, seed: u64) -> Profile {
        let machines = plan.layout.machines();
        let mut profile = Profile {
            steps_max: 1,
            faults: faults(plan),
            machines,
            touches: vec![0; Object::wholes(&plan.layout) * machines],
            contended: Vec::new(),
        };
        let mut simulation = Simulation::new(Arc::clone(plan));
        let mut random = Random::new(mix(seed ^ 0x7072_6F66_696C_6521));
        let (mut runs, mut steps) = (0, 0);
        while runs < RUNS && steps < STEPS_MAX {
            steps += profile.measure(&mut simulation, &mut random, runs);
            runs += 1;
        }
        let mean = |sum: &mut u32| *sum = sum.div_ceil(runs as u32);
        profile.touches.iter_mut().for_each(mean);
        let is_contended = |object: &u16| {
            profile.touches_of(usize::from(*object)).iter().filter(|&&count| count > 0).count() > 1
        };
        let objects = 0..Object::wholes(&plan.layout) as u16;
        profile.contended = objects.filter(is_contended).collect();
        profile
    }

    /// Makes one run; how many steps it took.
    fn measure(&mut self, simulation: &mut Simulation, random: &mut Random, run: u64) -> u64 {
        let plan = Arc::clone(simulation.plan());
        let bound = plan.chaos_steps_max();
        simulation.reset();
        random.begin(&plan, run);
        while !simulation.is_closed() && simulation.steps() < bound {
            let choice = match simulation.enabled().is_quiescent() {
                true => random.at_rest(simulation),
                false => random.choose(simulation),
            };
            let choice = choice.expect("a random run ends only when it is over");
            if let Some(machine) = choice.machine()
                && let Some(object) = Object::of_next_step(machine, simulation).whole(&plan.layout)
            {
                self.touches[object * self.machines + machine.index()] += 1;
            }
            simulation.step(choice);
        }
        self.steps_max = self.steps_max.max(simulation.steps());
        simulation.steps()
    }

    /// By machine: how many of its steps touch the object in a run, about.
    pub(crate) fn touches_of(&self, object: usize) -> &[u32] {
        &self.touches[object * self.machines..][..self.machines]
    }

    /// The objects that several machines touch, ascending.
    pub(crate) fn contended(&self) -> &[u16] {
        &self.contended
    }

    /// Whether any machine can take a step of this plan.
    pub(crate) fn machines(&self) -> impl Iterator<Item = MachineId> + use<> {
        (0..self.machines as u16).map(MachineId)
    }

    /// The step after which a strategy has had its say, and a fair scheduler goes on: twice the
    /// longest run that was measured.
    pub(crate) fn fair_after(&self) -> u64 {
        self.steps_max.saturating_mul(2).saturating_add(64)
    }
}

/// How many faults a run can have, about.
fn faults(plan: &Plan) -> u32 {
    let Budget { failover, late, .. } = plan.budget;
    let stops = plan.budget.stops();
    let failovers = plan.faults().filter(|fault| fault.kind == FaultKind::Failover).count() as u64;
    let fences = if plan.fences_late { u64::from(failover) + failovers } else { 0 };
    let arrivals = fences + u64::from(late);
    let is_moment = |action: &&DriverAction| matches!(action, DriverAction::Await(Await::Sometime));
    let moments = plan.actions().iter().filter(is_moment).count() as u64;
    let clocks = if plan.clocks_differ { plan.layout.regions as u64 - 1 } else { 0 };
    (plan.budget.total() + stops + arrivals + moments + clocks).min(1 << 16) as u32
}
