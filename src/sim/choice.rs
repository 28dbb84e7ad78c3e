//! The one door through which all nondeterminism passes.

use crate::model::fault::{FaultNumbers, FaultPoint, PointKind, Subject, Target};
use crate::model::id::{MachineId, RegionId, RegionSet};
use crate::model::index_set::IndexSet;
use crate::model::layout::{DRIVER, IN_DNS, Layout};

/// One thing that can happen next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u16)]
pub enum Choice {
    /// The machine handles the first message of its inbox. Where it has alternatives, it takes
    /// the one that is due.
    Step(MachineId),
    /// in-dns handles the send at the head of its inbox and answers it with this region, which is
    /// not the one that is due: only of a name with random answers.
    Resolve(RegionId),
    /// The driver, which chooses some components to fail, chooses this one: only while it stands at
    /// the component, and may as well leave it be.
    Fail(MachineId),
    /// A fault within the scenario's budget, or the end of one.
    Fault(FaultPoint),
    /// The chaos ends and the system is healed, as far as the scenario's `heal` says. On offer when no
    /// machine can step; and possible at any moment of the chaos, for a system that never comes to
    /// that.
    Heal,
}

/// What two machines can do in place of what is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Alternatives {
    /// The answers that in-dns can give in place of the one that is due.
    pub(super) answers: RegionSet,
    /// What the driver can let fail in place of leaving it be.
    pub(super) failing: Option<MachineId>,
}

impl Alternatives {
    pub(super) const NONE: Alternatives = Alternatives { answers: RegionSet::EMPTY, failing: None };

    #[inline]
    fn is_empty(self) -> bool {
        self.answers.is_empty() && self.failing.is_none()
    }

    #[inline]
    fn len(self) -> usize {
        self.answers.len() + usize::from(self.failing.is_some())
    }

    fn iter(self) -> impl Iterator<Item = Choice> {
        let failing = self.failing.map(Choice::Fail);
        self.answers.iter().map(Choice::Resolve).chain(failing)
    }
}

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
#[derive(Clone, Copy, Debug)]
pub struct Enabled<'a> {
    machines: &'a IndexSet,
    alternatives: Alternatives,
    /// By [`FaultNumbers`].
    faults: &'a IndexSet,
    numbers: FaultNumbers,
    /// A healing is on offer.
    heals: bool,
    /// The chaos may be ended.
    is_open: bool,
}

impl<'a> Enabled<'a> {
    #[inline]
    pub(super) fn new(
        machines: &'a IndexSet,
        alternatives: Alternatives,
        faults: &'a IndexSet,
        numbers: FaultNumbers,
        heals: bool,
        is_open: bool,
    ) -> Enabled<'a> {
        Enabled { machines, alternatives, faults, numbers, heals, is_open }
    }

    /// How many choices there are, faults and the healing included.
    #[inline]
    pub fn len(&self) -> usize {
        self.steps() + self.faults.len() + usize::from(self.heals)
    }

    /// Whether there is no choice at all.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.machines.is_empty() && self.faults.is_empty() && !self.heals
    }

    /// How many steps can be taken: one for each machine that can take one, one for each other
    /// answer that in-dns can give, and one if the driver can let something fail.
    #[inline]
    pub fn steps(&self) -> usize {
        self.machines.len() + self.alternatives.len()
    }

    /// How many machines can take a step.
    #[inline]
    pub fn machine_count(&self) -> usize {
        self.machines.len()
    }

    /// Whether a machine has alternatives: steps are then more than machines.
    #[inline]
    pub fn has_alternatives(&self) -> bool {
        !self.alternatives.is_empty()
    }

    /// Whether no machine can take a step.
    #[inline]
    pub fn is_quiescent(&self) -> bool {
        self.machines.is_empty()
    }

    /// Whether a healing is on offer, which it is when no machine can step and the run is not over.
    #[inline]
    pub fn can_heal(&self) -> bool {
        self.heals
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
        match n.checked_sub(self.machines.len()) {
            None => Choice::Step(MachineId(self.machines.bits().nth(n) as u16)),
            Some(alternative) => self.nth_alternative(alternative),
        }
    }

    #[cold]
    fn nth_alternative(&self, n: usize) -> Choice {
        self.alternatives.iter().nth(n).expect("a step is asked for that there is")
    }

    /// One of the steps for each number below [`Enabled::steps`], in an order that depends on how
    /// the state was reached: for samplers, to whom the order is nothing and time is much.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    #[inline]
    pub fn any_step(&self, number: usize) -> Choice {
        match number.checked_sub(self.machines.len()) {
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
        MachineId(self.machines.any(number))
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
        self.machines.contains(machine.index())
    }

    /// The machines that can step, in ascending order.
    #[inline]
    pub fn machines(&self) -> impl Iterator<Item = MachineId> + use<'a> {
        self.machines.bits().iter().map(|machine| MachineId(machine as u16))
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
            let bits = self.machines.bits();
            bits.next_from(machine).or_else(|| bits.next_from(0))?
        };
        Some(MachineId(next as u16))
    }

    /// Whether this can happen next. A healing can before it is on offer, as long as the chaos goes on.
    pub fn contains(&self, choice: Choice) -> bool {
        match choice {
            Choice::Step(machine) => self.machines.contains(machine.index()),
            Choice::Resolve(region) => self.alternatives.answers.contains(region),
            Choice::Fail(machine) => self.alternatives.failing == Some(machine),
            Choice::Fault(point) => {
                let number = self.numbers.number(point);
                // A choice of another plan may be none here.
                number < self.numbers.count() && self.faults.contains(number)
            }
            Choice::Heal => self.heals || self.is_open,
        }
    }

    /// Every choice, steps before faults, and the healing last.
    pub fn iter(&self) -> impl Iterator<Item = Choice> + use<'a> {
        let copy = *self;
        let machines = copy.machines.bits().iter();
        let steps = machines.map(|machine| Choice::Step(MachineId(machine as u16)));
        let faults = copy.faults.bits().iter();
        steps
            .chain(copy.alternatives.iter())
            .chain(faults.map(move |number| Choice::Fault(copy.numbers.point(number))))
            .chain(copy.heals.then_some(Choice::Heal))
    }
}

/// The name of [`Choice::Heal`].
const HEAL: &str = "heal";

impl Choice {
    /// Whether a fault can begin in it that comes from the script or the budget.
    #[inline]
    pub(crate) fn can_strike(self) -> bool {
        match self {
            Choice::Step(machine) => machine == DRIVER,
            Choice::Fail(_) | Choice::Fault(_) => true,
            Choice::Resolve(_) | Choice::Heal => false,
        }
    }

    /// The machine that takes a step; none for a fault.
    #[inline]
    pub fn machine(self) -> Option<MachineId> {
        match self {
            Choice::Step(machine) => Some(machine),
            Choice::Resolve(_) => Some(IN_DNS),
            Choice::Fail(_) => Some(DRIVER),
            Choice::Fault(_) | Choice::Heal => None,
        }
    }

    /// The choice by name, as saved failures write it: `step core-container@1`, `resolve in-dns@2`,
    /// `fail core-table@1`, `crash core-container@1`, `restart core-container@1`, `lose-reply in-dns`,
    /// `arrive core-table@1`, `time-out inbound-queue@1`, `reorder inbound-queue@1`, `go-on driver`, `lose core-table@1`,
    /// `lose @1`, `outage @1`, `end-outage @1`, `switchover core-table to @2`,
    /// `failover core-table to @2`, `heal`.
    pub fn name(self, layout: &Layout) -> String {
        match self {
            Choice::Step(machine) => format!("step {}", layout.name(machine)),
            Choice::Resolve(region) => format!("resolve {}@{region}", layout.name(IN_DNS)),
            Choice::Fail(machine) => format!("fail {}", layout.name(machine)),
            Choice::Fault(point) => {
                format!("{} {}", point.kind().name(), point.subject().name(layout))
            }
            Choice::Heal => HEAL.to_owned(),
        }
    }

    /// The choice of that name, if the system has one.
    pub fn parse(name: &str, layout: &Layout) -> Option<Choice> {
        if name == HEAL {
            return Some(Choice::Heal);
        }
        let (verb, name) = name.split_once(' ')?;
        match verb {
            "step" => layout.find(name).map(Choice::Step),
            "resolve" => {
                let subjects = Subject::named(name.strip_prefix(layout.name(IN_DNS))?, layout);
                subjects.into_iter().find_map(|subject| {
                    let Subject::Region(region) = subject else { return None };
                    Some(Choice::Resolve(region))
                })
            }
            "fail" => {
                layout.find(name).filter(|&machine| can_fail(machine, layout)).map(Choice::Fail)
            }
            _ => {
                let subjects = Subject::named(name, layout);
                let kinds = PointKind::ALL.into_iter().filter(|kind| kind.name() == verb);
                let mut points =
                    kinds.flat_map(|kind| subjects.iter().filter_map(move |&it| kind.of(it)));
                points.next().map(Choice::Fault)
            }
        }
    }
}

/// Whether the driver can choose the machine to fail.
fn can_fail(machine: MachineId, layout: &Layout) -> bool {
    Target::of(layout.places()[machine.index()]).is_some()
}
