//! What can happen next, all of it.

use crate::model::fault::{FaultNumbers, FaultPoint};
use crate::model::id::MachineId;
use crate::model::index_set::IndexSet;
use crate::plan::Plan;
use crate::sim::choice::{Alternatives, Choice};
use crate::sim::world::World;

/// Every choice there is in a state: the steps in the order of the machines, then the other
/// answers of in-dns in the order of the regions, then what the driver can let fail, then the faults, and
/// last the healing.
///
/// Faults are offers: a run may end without taking them. It is quiescent when no step is left.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::model::{ContainerId, FaultPoint};
/// use active_active::plan::Plan;
/// use active_active::scenario::Scenario;
/// use active_active::sim::{Choice, Enabled, Simulation};
///
/// let scenario = Scenario::parse("name = 'crash'\nscript = ['publish 1']\nbudget.crash = 1")?;
/// let mut simulation = Simulation::new(Arc::new(Plan::new(&scenario)?));
/// let enabled: Enabled = simulation.enabled();
/// let point = enabled.fault_points().next().expect("every container may crash");
/// assert_eq!(point, FaultPoint::Crash(ContainerId(0)));
/// assert!(enabled.contains(Choice::Fault(point)));
/// simulation.step(Choice::Fault(point));
/// // The budget is used up: now there is only its restart.
/// let after: Vec<FaultPoint> = simulation.enabled().fault_points().collect();
/// assert_eq!(after, [FaultPoint::Restart(ContainerId(0))]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Enabled<'a> {
    // What is asked is looked up then: of most states a scheduler asks for one machine.
    world: &'a World,
    plan: &'a Plan,
}

impl std::fmt::Debug for Enabled<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> Enabled<'a> {
    #[inline]
    pub(super) fn new(world: &'a World, plan: &'a Plan) -> Enabled<'a> {
        Enabled { world, plan }
    }

    #[inline]
    fn ready(&self) -> &'a IndexSet {
        self.world.out.ready()
    }

    #[inline]
    fn alternatives(&self) -> Alternatives {
        self.world.alternatives
    }

    /// By [`FaultNumbers`].
    #[inline]
    fn offered(&self) -> &'a IndexSet {
        self.world.faults.ready()
    }

    #[inline]
    fn numbers(&self) -> FaultNumbers {
        self.world.faults.numbers()
    }

    /// How many choices there are, faults and the healing included.
    #[inline]
    pub fn len(&self) -> usize {
        self.steps() + self.faults() + usize::from(self.can_heal())
    }

    /// Whether there is no choice at all.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.is_quiescent() && !self.has_faults() && !self.can_heal()
    }

    /// How many steps can be taken: one for each machine that can take one, one for each other
    /// answer that in-dns can give, and one if the driver can let something fail.
    #[inline]
    pub fn steps(&self) -> usize {
        self.ready().len() + self.alternatives().len()
    }

    /// How many machines can take a step.
    #[inline]
    pub fn machine_count(&self) -> usize {
        self.ready().len()
    }

    /// Whether a machine has alternatives: steps are then more than machines.
    #[inline]
    pub fn has_alternatives(&self) -> bool {
        !self.alternatives().is_empty()
    }

    /// Whether no machine can take a step.
    #[inline]
    pub fn is_quiescent(&self) -> bool {
        self.ready().is_empty()
    }

    /// Whether a healing is on offer, which it is when no machine can step and the run is not over.
    #[inline]
    pub fn can_heal(&self) -> bool {
        self.is_quiescent() && self.world.can_heal(self.plan)
    }

    /// Whether a fault can happen.
    #[inline]
    pub fn has_faults(&self) -> bool {
        !self.offered().is_empty()
    }

    /// How many faults can happen.
    #[inline]
    pub fn faults(&self) -> usize {
        self.offered().len()
    }

    /// The n-th choice, counting from 0, steps before faults.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    #[inline]
    pub fn nth(&self, n: usize) -> Choice {
        let steps = self.steps();
        if n < steps {
            return self.nth_step(n);
        }
        match n - steps {
            fault if fault < self.faults() => self.nth_fault(fault),
            _ => Choice::Heal,
        }
    }

    /// The n-th step, counting from 0.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    #[inline]
    pub fn nth_step(&self, n: usize) -> Choice {
        match n.checked_sub(self.ready().len()) {
            None => Choice::Step(MachineId(self.ready().bits().nth(n) as u16)),
            Some(alternative) => self.nth_alternative(alternative),
        }
    }

    #[cold]
    fn nth_alternative(&self, n: usize) -> Choice {
        self.alternatives().iter().nth(n).expect("a step is asked for that there is")
    }

    /// One of the steps for each number below [`Enabled::steps`], in an order that depends on how
    /// the state was reached: for samplers, to whom the order is nothing and time is much.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    #[inline]
    pub fn any_step(&self, number: usize) -> Choice {
        match number.checked_sub(self.ready().len()) {
            None => Choice::Step(self.any_machine(number)),
            Some(alternative) => self.nth_alternative(alternative),
        }
    }

    /// One of the machines that can step for each number below [`Enabled::machine_count`], in such an
    /// order.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    #[inline]
    pub fn any_machine(&self, number: usize) -> MachineId {
        MachineId(self.ready().any(number))
    }

    /// The n-th fault, counting from 0.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    pub fn nth_fault(&self, n: usize) -> Choice {
        Choice::Fault(self.numbers().point(self.offered().bits().nth(n)))
    }

    /// Whether the machine can step.
    #[inline]
    pub fn can_step(&self, machine: MachineId) -> bool {
        self.ready().contains(machine.index())
    }

    /// The machines that can step, in ascending order.
    #[inline]
    pub fn machines(&self) -> impl Iterator<Item = MachineId> + use<'a> {
        self.ready().bits().iter().map(|machine| MachineId(machine as u16))
    }

    /// The faults that can happen, in the order of their numbers.
    pub fn fault_points(&self) -> impl Iterator<Item = FaultPoint> + use<'a> {
        let numbers = self.numbers();
        self.offered().bits().iter().map(move |number| numbers.point(number))
    }

    /// The step of the machine of this index or the next one after it that can take one, going
    /// round: what a fair scheduler needs.
    #[inline]
    pub fn step_from(&self, machine: usize) -> Option<MachineId> {
        let next = {
            let bits = self.ready().bits();
            bits.next_from(machine).or_else(|| bits.next_from(0))?
        };
        Some(MachineId(next as u16))
    }

    /// Whether this can happen next. A healing can before it is on offer, as long as the chaos goes on.
    pub fn contains(&self, choice: Choice) -> bool {
        match choice {
            // One of another plan may be of a machine that there is not here.
            Choice::Step(machine) => {
                machine.index() < self.plan.layout.machines()
                    && self.ready().contains(machine.index())
            }
            Choice::Resolve(region) => self.alternatives().answers.contains(region),
            Choice::Fail(machine) => self.alternatives().failing == Some(machine),
            Choice::Fault(point) => {
                let number = self.numbers().number(point);
                // A choice of another plan may be none here, and its number that of another one.
                number < self.numbers().count()
                    && self.offered().contains(number)
                    && self.numbers().point(number) == point
            }
            Choice::Heal => self.can_heal() || self.world.may_end(self.plan),
        }
    }

    /// Every choice, steps before faults, and the healing last.
    pub fn iter(&self) -> impl Iterator<Item = Choice> + use<'a> {
        let copy = *self;
        let machines = copy.ready().bits().iter();
        let steps = machines.map(|machine| Choice::Step(MachineId(machine as u16)));
        let faults = copy.offered().bits().iter();
        steps
            .chain(copy.alternatives().iter())
            .chain(faults.map(move |number| Choice::Fault(copy.numbers().point(number))))
            .chain(copy.can_heal().then_some(Choice::Heal))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scenario::Scenario;
    use crate::scheduler::{Random, Scheduler};
    use crate::sim::Simulation;

    fn plan(topology: &str) -> Arc<Plan> {
        let text = format!(
            "name = 'small'\nscript = ['publish 1']\n{topology}\nbudget = {{ crash = 1, lost_reply = 1, fail = 1 }}"
        );
        let scenario = Scenario::parse(&text).expect("it is a scenario");
        Arc::new(Plan::new(&scenario).expect("it is a plan"))
    }

    /// A fault of a larger plan has the number of another one, and a machine of it may have none.
    #[test]
    fn a_choice_of_another_plan_is_on_offer_only_if_it_is_listed() {
        let large =
            plan("topology = { regions = 3, stages = ['one', 'two', 'three'], containers = 2 }");
        let layout = &large.layout;
        let numbers = Simulation::new(Arc::clone(&large)).enabled().numbers();
        let faults = (0..numbers.count()).map(|number| Choice::Fault(numbers.point(number)));
        let steps = (0..layout.machines()).map(|machine| Choice::Step(MachineId(machine as u16)));
        let choices: Vec<Choice> = faults.chain(steps).collect();
        let mut simulation = Simulation::new(plan("topology.stages = ['one']"));
        let mut random = Random::new(7);
        random.begin(simulation.plan(), 0);
        for _ in 0..60 {
            for &choice in &choices {
                let is_listed = simulation.enabled().iter().any(|listed| listed == choice);
                assert_eq!(simulation.enabled().contains(choice), is_listed, "{choice:?}");
            }
            let Some(choice) = random.choose(&simulation) else { break };
            simulation.step(choice);
        }
    }
}
