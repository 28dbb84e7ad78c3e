//! The simulation: the only thing that changes the world, one choice at a time.
//!
//! ```
//! use std::sync::Arc;
//! use active_active::plan::Plan;
//! use active_active::scenario::builtin;
//! use active_active::sim::Simulation;
//!
//! let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
//! let mut simulation = Simulation::new(plan);
//! while !simulation.enabled().is_quiescent() {
//!     simulation.step(simulation.enabled().nth_step(0));
//! }
//! assert_eq!(simulation.destination().order().len(), 10);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;

mod answers;
mod budget;
mod bytes;
mod choice;
mod commands;
mod commits;
mod driver;
mod effect;
mod enabled;
mod ending;
mod faults;
mod fingerprint;
mod hanging;
mod holdings;
mod late;
mod loss;
mod pair;
mod partition;
mod paths;
#[cfg(test)]
pub(crate) mod rig;
mod transaction;
mod world;
mod writer;

pub(crate) use bytes::Bytes;
pub use choice::Choice;
pub use driver::Driver;
pub use enabled::Enabled;
pub(crate) use fingerprint::{Part, parts};
pub use pair::Pair;

use crate::model::event::Event;
use crate::model::fault::Target;
use crate::model::id::MachineId;
use crate::model::layout::{DRIVER, IN_DNS};
use crate::model::message::Message;
use crate::plan::{Plan, Strike};
use world::World;

/// A running system. See the [module](self) for an example.
///
/// Any part of the system can be looked at between two steps.
#[derive(Debug)]
pub struct Simulation {
    plan: Arc<Plan>,
    world: World,
    /// The world before the first step.
    initial: Arc<World>,
    /// How many choices were carried out.
    steps: u64,
}

/// What a step was: which machine, in which state, handled what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// What was chosen.
    pub choice: Choice,
    /// The message that the machine handled; none for a fault.
    pub message: Option<Message>,
    /// What kind of machine in which state handled what kind of message; none for a fault.
    pub pair: Option<Pair>,
}

impl Simulation {
    /// Before its first step: every container and the destination have asked for a record, the driver begins its script.
    pub fn new(plan: Arc<Plan>) -> Simulation {
        let initial = World::new(&plan);
        let mut world = World::new(&plan);
        world.copy_from(&initial);
        Simulation { plan, world, initial: Arc::new(initial), steps: 0 }
    }

    /// What it runs on.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Every choice there is now. Without steps when the run is quiescent: then there are faults and a
    /// healing, or the run [is over](Simulation::is_over).
    #[inline]
    pub fn enabled(&self) -> Enabled<'_> {
        Enabled::new(&self.world, &self.plan)
    }

    /// Takes one choice: one machine handles one message, or one fault happens. What happened
    /// is in [`Simulation::events`] until the next step.
    ///
    /// # Panics
    ///
    /// If the choice is not enabled.
    #[inline(always)]
    pub fn step(&mut self, choice: Choice) -> Step {
        self.steps += 1;
        self.world.out.begin_step(self.steps);
        let pair = match choice {
            Choice::Step(machine) => Some(self.world.handle_next(machine, &self.plan)),
            Choice::Resolve(_) | Choice::Fail(_) | Choice::Fault(_) | Choice::Heal => {
                self.step_aside(choice)
            }
        };
        if self.plan.is_watched {
            self.world.update_commits(&self.plan);
            self.world.update_paths(&self.plan);
            self.world.update_late(&self.plan);
            self.world.update_driver(&self.plan);
            self.world.update_offers(&self.plan);
            self.world.update_answers(&self.plan);
        } else {
            self.world.update_driver(&self.plan);
        }
        Step { choice, message: pair.map(|_| self.world.current), pair }
    }

    /// What is no step of a machine that does what is due.
    #[cold]
    fn step_aside(&mut self, choice: Choice) -> Option<Pair> {
        match choice {
            Choice::Step(machine) => Some(self.world.handle_next(machine, &self.plan)),
            Choice::Resolve(region) => Some(self.world.resolve_to(region, &self.plan)),
            Choice::Fail(machine) => Some(self.world.let_fail(machine, &self.plan)),
            Choice::Fault(point) => {
                self.world.take_fault(point, &self.plan);
                None
            }
            Choice::Heal => {
                self.world.heal(&self.plan);
                None
            }
        }
    }

    /// Whether the run converges: no fault of the budget strikes any more.
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.world.ending.is_closed()
    }

    /// Whether no machine can take a step.
    #[inline]
    pub fn is_quiescent(&self) -> bool {
        self.world.out.ready().is_empty()
    }

    /// Whether a healing may come though machines can step, which ends a chaos in which the system goes round: as
    /// long as the run is not closed; and where containers give back what is refused, whenever the script has gone on
    /// since the last healing.
    #[inline]
    pub fn may_end(&self) -> bool {
        self.world.may_end(&self.plan)
    }

    /// Whether a healing, now, brings the regions online again that are offline.
    pub(crate) fn restores_routes(&self) -> bool {
        self.world.restores_routes(&self.plan)
    }

    /// Whether the component is out because of a failure or an outage of the budget, whose end is on offer.
    pub(crate) fn has_an_end(&self, target: Target) -> bool {
        self.world.has_an_end(target, &self.plan)
    }

    /// Whether the run is over: no machine can step, and there is nothing left to heal.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.world.out.ready().is_empty() && !self.world.can_heal(&self.plan)
    }

    /// Where the last fault came from that changed anything, in this step or before it.
    #[inline]
    pub fn struck(&self) -> Option<Strike> {
        self.world.struck
    }

    /// What happened in the last step, in order.
    #[inline]
    pub fn events(&self) -> &[Event] {
        self.world.out.events()
    }

    /// How many choices were carried out since the beginning.
    #[inline]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Back to the beginning, in the memory that is there.
    pub fn reset(&mut self) {
        self.world.copy_from(&self.initial);
        self.steps = 0;
    }

    /// Makes this simulation equal to another of the same plan, in the memory that is there.
    ///
    /// # Panics
    ///
    /// If the other has another plan.
    pub fn copy_from(&mut self, other: &Simulation) {
        assert!(Arc::ptr_eq(&self.plan, &other.plan), "both simulations must have one plan");
        self.world.copy_from(&other.world);
        self.steps = other.steps;
    }

    /// A number that is equal for equal states: whatever can influence a later step goes in,
    /// and nothing else (not the number of steps, nor the order at the destination, nor how receipts
    /// and incarnations are numbered, if a plan lets several numberings be).
    pub fn fingerprint(&self) -> u128 {
        fingerprint::of(&self.world, &self.plan)
    }

    /// Whether nothing was put into or taken out of the machine's inbox since the other simulation was
    /// copied to this one, at most one step of another machine ago.
    #[inline]
    pub(crate) fn has_inbox_of(&self, other: &Simulation, machine: MachineId) -> bool {
        self.world.out.list(machine) == other.world.out.list(machine)
    }

    /// Writes down what of a part of the state goes into its fingerprint.
    pub(crate) fn write(&self, part: Part, bytes: &mut Bytes) {
        fingerprint::write(part, &self.world, &self.plan, bytes);
    }

    /// The steps that the machine can take now, and each one's share among them; none if it has only
    /// one. See [`Simulation::answers`]; the driver has two while it chooses whether a component
    /// fails, with shares by which it is equally likely that one fails, or two, and so on up to all of
    /// them, and that it is these or those.
    pub fn alternatives(&self, machine: MachineId) -> impl Iterator<Item = (Choice, u32)> {
        let answers = self.answers().filter(move |_| machine == IN_DNS);
        answers.chain(self.failing().into_iter().flatten().filter(move |_| machine == DRIVER))
    }

    /// What the driver can do with the component that it stands at.
    fn failing(&self) -> Option<[(Choice, u32); 2]> {
        let failing = self.world.alternatives.failing?;
        let (fails, works) = self.world.driver.shares(&self.plan);
        Some([(Choice::Fail(failing), fails), (Choice::Step(DRIVER), works)])
    }

    /// The steps that in-dns can take now, one for each region that it can answer with, and each
    /// one's share among them; none unless its answers are random and a send is at the head of its
    /// inbox.
    pub fn answers(&self) -> impl Iterator<Item = (Choice, u32)> {
        let others = self.world.alternatives.answers;
        let shares = self.world.in_dns.shares(&self.plan.in_dns);
        let choice = move |region| match others.contains(region) {
            true => Choice::Resolve(region),
            false => Choice::Step(IN_DNS),
        };
        let shares = shares.map(move |(region, share)| (choice(region), share));
        shares.filter(move |_| !others.is_empty())
    }
}

impl Clone for Simulation {
    fn clone(&self) -> Simulation {
        let mut copy = Simulation {
            plan: Arc::clone(&self.plan),
            world: World::new(&self.plan),
            initial: Arc::clone(&self.initial),
            steps: 0,
        };
        copy.copy_from(self);
        copy
    }

    fn clone_from(&mut self, other: &Simulation) {
        if Arc::ptr_eq(&self.plan, &other.plan) {
            self.copy_from(other);
        } else {
            *self = other.clone();
        }
    }
}
