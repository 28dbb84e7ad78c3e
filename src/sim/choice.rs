//! The one door through which all nondeterminism passes.

use crate::model::fault::{FaultNumbers, FaultPoint};
use crate::model::id::MachineId;
use crate::model::index_set::IndexSet;
use crate::model::layout::{Layout, Place};

/// One thing that can happen next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Choice {
    /// The machine handles the first message of its inbox.
    Step(MachineId),
    /// A fault within the scenario's budget, or the end of one.
    Fault(FaultPoint),
}

/// Every choice there is in a state: the steps in the order of the machines, then the faults.
///
/// Faults are offers: a run may end without taking them. It is quiescent when no step is left.
#[derive(Clone, Copy, Debug)]
pub struct Enabled<'a> {
    steps: &'a IndexSet,
    /// By [`FaultNumbers`].
    faults: &'a IndexSet,
    numbers: FaultNumbers,
}

impl<'a> Enabled<'a> {
    #[inline]
    pub(super) fn new(
        steps: &'a IndexSet,
        faults: &'a IndexSet,
        numbers: FaultNumbers,
    ) -> Enabled<'a> {
        Enabled { steps, faults, numbers }
    }

    /// How many choices there are, faults included.
    #[inline]
    pub fn len(&self) -> usize {
        self.steps.len() + self.faults.len()
    }

    /// Whether there is no choice at all.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.faults.is_empty()
    }

    /// How many machines can take a step.
    #[inline]
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Whether no machine can take a step.
    #[inline]
    pub fn is_quiescent(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether a fault can happen.
    #[inline]
    pub fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// How many faults can happen.
    #[inline]
    pub fn faults(&self) -> usize {
        self.faults.len()
    }

    /// The n-th choice, counting from 0, steps before faults.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    #[inline]
    pub fn nth(&self, n: usize) -> Choice {
        let steps = self.steps.len();
        if n < steps {
            return self.nth_step(n);
        }
        self.nth_fault(n - steps)
    }

    /// The n-th step, counting from 0.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    #[inline]
    pub fn nth_step(&self, n: usize) -> Choice {
        Choice::Step(MachineId(self.steps.bits().nth(n) as u16))
    }

    /// One of the steps for each number below [`Enabled::steps`], in an order that depends on how
    /// the state was reached: for samplers, to whom the order is nothing and time is much.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    #[inline]
    pub fn any_step(&self, number: usize) -> MachineId {
        MachineId(self.steps.any(number))
    }

    /// The n-th fault, counting from 0.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    pub fn nth_fault(&self, n: usize) -> Choice {
        Choice::Fault(self.numbers.point(self.faults.bits().nth(n)))
    }

    /// Whether the machine can step.
    #[inline]
    pub fn can_step(&self, machine: MachineId) -> bool {
        self.steps.contains(machine.index())
    }

    /// The machines that can step, in ascending order.
    #[inline]
    pub fn machines(&self) -> impl Iterator<Item = MachineId> + use<'a> {
        self.steps.bits().iter().map(|machine| MachineId(machine as u16))
    }

    /// The faults that can happen, in the order of their numbers.
    pub fn fault_points(&self) -> impl Iterator<Item = FaultPoint> + use<'a> {
        let numbers = self.numbers;
        self.faults.bits().iter().map(move |number| numbers.point(number))
    }

    /// The step of the machine of this index or the next one after it that can take one, going
    /// round: what a fair scheduler needs.
    #[inline]
    pub fn step_from(&self, machine: usize) -> Option<MachineId> {
        let next = {
            let bits = self.steps.bits();
            bits.next_from(machine).or_else(|| bits.next_from(0))?
        };
        Some(MachineId(next as u16))
    }

    /// Whether this can happen next.
    pub fn contains(&self, choice: Choice) -> bool {
        match choice {
            Choice::Step(machine) => self.steps.contains(machine.index()),
            Choice::Fault(point) => self.faults.contains(self.numbers.number(point)),
        }
    }

    /// Every choice, steps before faults.
    pub fn iter(&self) -> impl Iterator<Item = Choice> + use<'a> {
        let copy = *self;
        let steps = copy.steps.bits().iter().map(|machine| Choice::Step(MachineId(machine as u16)));
        let faults = copy.faults.bits().iter();
        steps.chain(faults.map(move |number| Choice::Fault(copy.numbers.point(number))))
    }
}

impl Choice {
    /// The choice by name, as saved failures write it: `step core-container@1`,
    /// `crash core-container@1`, `restart core-container@1`, `lose-reply in-dns`,
    /// `time-out inbound-queue@1`, `reorder inbound-queue@1`, `go-on driver`.
    pub fn name(self, layout: &Layout) -> String {
        let container = |id| layout.name(layout.machine(Place::Container(id)));
        match self {
            Choice::Step(machine) => format!("step {}", layout.name(machine)),
            Choice::Fault(FaultPoint::Crash(id)) => format!("crash {}", container(id)),
            Choice::Fault(FaultPoint::Restart(id)) => format!("restart {}", container(id)),
            Choice::Fault(FaultPoint::LoseReply(machine)) => {
                format!("lose-reply {}", layout.name(machine))
            }
            Choice::Fault(FaultPoint::TimeOut(id)) => {
                format!("time-out {}", layout.name(layout.machine(Place::Queue(id))))
            }
            Choice::Fault(FaultPoint::Reorder(id)) => {
                format!("reorder {}", layout.name(layout.machine(Place::Queue(id))))
            }
            Choice::Fault(FaultPoint::GoOn) => "go-on driver".to_owned(),
        }
    }

    /// The choice of that name, if the system has one.
    pub fn parse(name: &str, layout: &Layout) -> Option<Choice> {
        let (verb, machine) = name.split_once(' ')?;
        let machine = layout.find(machine)?;
        match (verb, layout.places()[machine.index()]) {
            ("step", _) => Some(Choice::Step(machine)),
            ("crash", Place::Container(id)) => Some(Choice::Fault(FaultPoint::Crash(id))),
            ("restart", Place::Container(id)) => Some(Choice::Fault(FaultPoint::Restart(id))),
            ("lose-reply", _) => Some(Choice::Fault(FaultPoint::LoseReply(machine))),
            ("time-out", Place::Queue(id)) => Some(Choice::Fault(FaultPoint::TimeOut(id))),
            ("reorder", Place::Queue(id)) => Some(Choice::Fault(FaultPoint::Reorder(id))),
            ("go-on", Place::Driver) => Some(Choice::Fault(FaultPoint::GoOn)),
            _ => None,
        }
    }
}
