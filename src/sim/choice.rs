//! The one door through which all nondeterminism passes.

use crate::model::fault::{FaultPoint, PointKind, Subject, Target};
use crate::model::id::{MachineId, RegionId, RegionSet};
use crate::model::layout::{DRIVER, IN_DNS, Layout};

/// One thing that can happen next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
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
    pub(super) fn is_empty(self) -> bool {
        self.answers.is_empty() && self.failing.is_none()
    }

    #[inline]
    pub(super) fn len(self) -> usize {
        self.answers.len() + usize::from(self.failing.is_some())
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Choice> {
        let failing = self.failing.map(Choice::Fail);
        self.answers.iter().map(Choice::Resolve).chain(failing)
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
