//! The same failure.

use std::mem::{Discriminant, discriminant};

use super::case::Case;
use super::shrink::Part;
use crate::model::id::{MachineId, RecordId};
use crate::model::message::Message;
use crate::run::{Outcome, Verdict};
use crate::sim::Simulation;
use crate::spec::starving::Starves;
use crate::spec::unmet::Unmet;
use crate::spec::{Breach, PropertyName, Violation};

/// What must not change while a failure becomes smaller: the property, the kind of breach, and,
/// if it is the script that expects something, the line of the script and in which way it is not so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Goal {
    property: PropertyName,
    breach: Discriminant<Breach>,
    /// The index of the line as the failure was found, and what is missing or too much.
    unmet: Option<(usize, Discriminant<Unmet>)>,
    /// The record is nowhere, and not only at risk.
    is_gone: bool,
    /// A record that goes round without end keeps others from being delivered.
    starves: Starves,
}

impl Goal {
    /// What a run of the case has shown that ended in this state.
    pub(super) fn of(violation: &Violation, case: &Case, simulation: &Simulation) -> Goal {
        let mut unmet = None;
        if let Breach::Unexpected { action } | Breach::StillWaiting { action } = violation.breach {
            let line = case.found_line(case.plan.script_index(usize::from(action)));
            unmet = Some((line, discriminant(&Unmet::of(action, simulation))));
        }
        Goal {
            property: violation.property(),
            breach: discriminant(&violation.breach),
            unmet,
            is_gone: false,
            starves: Starves::default(),
        }
    }

    /// The same with what a record that goes round without end does to others.
    pub(super) fn with_who_starves(self, violation: &Violation, simulation: &Simulation) -> Goal {
        Goal { starves: starves(violation, simulation), ..self }
    }

    /// The same with a record that is nowhere; none if the failure is not about a lost record, which may
    /// be in the memory of a machine and in no queue.
    pub(super) fn with_what_is_gone(&self, violation: &Violation) -> Option<Goal> {
        let is_lost = matches!(violation.breach, Breach::Lost { .. });
        (is_lost && !self.is_gone).then(|| Goal { is_gone: true, ..self.clone() })
    }

    pub(super) fn is_met(&self, outcome: &Outcome, case: &Case, simulation: &Simulation) -> bool {
        let Verdict::Violated(violation) = &outcome.verdict else { return false };
        let is_gone = self.is_gone && is_gone(violation, simulation);
        let now = Goal { is_gone, ..Goal::of(violation, case, simulation) };
        if !self.starves.waits {
            return now == *self;
        }
        let Starves { waits, passes } = starves(violation, simulation);
        let starves = Starves { waits, passes: passes && self.starves.passes };
        Goal { starves, ..now } == *self
    }

    /// Whether it is something that the script expects, and the index of the line as it was found. That is
    /// said of the system as it is: with another limit, or of fewer records, it may be false in itself.
    pub(super) fn expected_line(&self) -> Option<usize> {
        self.unmet.map(|(line, _)| line)
    }

    /// The parts of a scenario that may become smaller. What a script expects is said of all options.
    pub(super) fn parts(&self) -> &'static [Part] {
        if self.unmet.is_some() { Part::OF_THE_DESIGN } else { Part::ALL }
    }
}

/// What a record that goes round without end does to others, if that is the failure.
fn starves(violation: &Violation, simulation: &Simulation) -> Starves {
    let is_restless = matches!(violation.breach, Breach::Restless { .. });
    if is_restless { Starves::of(simulation) } else { Starves::default() }
}

/// Whether the record that a queue let go of is nowhere else: no machine that works has it in its memory, and
/// no message brings it to one.
fn is_gone(violation: &Violation, simulation: &Simulation) -> bool {
    let Breach::Lost { record, .. } = violation.breach else { return false };
    let plan = simulation.plan();
    let is_held = plan.containers.iter().any(|context| simulation.holds(context.id, record));
    let mut machines = (0..plan.layout.machines() as u16).map(MachineId);
    let comes = machines.any(|machine| {
        let mut inbox = simulation.inbox(machine);
        inbox.any(|message| brings(message, machine, record, simulation))
    });
    !is_held && !comes
}

/// Whether the message brings the record to a machine that goes on with it.
fn brings(message: &Message, to: MachineId, record: RecordId, simulation: &Simulation) -> bool {
    if let Message::Send { copy, .. } = *message {
        return copy.id == record;
    }
    let Message::Received { copy, incarnation, .. } = *message else { return false };
    // A container that was started again ignores what was sent to its earlier lives.
    let mut containers = simulation.plan().containers.iter();
    let receiver = containers.find(|context| context.machine == to);
    let is_current =
        receiver.is_none_or(|it| simulation.container(it.id).incarnation() == incarnation);
    copy.id == record && is_current
}
