//! The same failure.

use std::mem::{Discriminant, discriminant};

use crate::explore::minimise::Part;
use crate::explore::{Outcome, Verdict};
use crate::plan::Plan;
use crate::spec::{Breach, PropertyName, Violation};

/// What must not change while a failure becomes smaller: the property, the kind of breach, and,
/// if it is the script that expects something, the line of the script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Goal {
    breach: Discriminant<Breach>,
    script_line: Option<String>,
    property: PropertyName,
}

impl Goal {
    pub(super) fn of(violation: &Violation, plan: &Plan) -> Goal {
        Goal {
            breach: discriminant(&violation.breach),
            script_line: script_line(violation, plan),
            property: violation.property(),
        }
    }

    pub(super) fn is_met(&self, outcome: &Outcome, plan: &Plan) -> bool {
        match &outcome.verdict {
            Verdict::Violated(violation) => Goal::of(violation, plan) == *self,
            Verdict::Holds | Verdict::Inconclusive(_) => false,
        }
    }

    /// Whether it is something that the script expects. That is said of the system as it is: with another
    /// limit, or of fewer records, it may be false in itself.
    pub(super) fn is_expected(&self) -> bool {
        self.property == PropertyName::Expectation
    }

    /// The parts of a scenario that may become smaller.
    pub(super) fn parts(&self) -> &'static [Part] {
        match self.property {
            PropertyName::Expectation => Part::OF_SIZE,
            PropertyName::NoInvention
            | PropertyName::StoreBeforeForward
            | PropertyName::RemoveLast
            | PropertyName::NeverLost
            | PropertyName::EffectOnce
            | PropertyName::RoutedByPolicy
            | PropertyName::RegionFifo
            | PropertyName::MonotoneVersion
            | PropertyName::WithinRpo
            | PropertyName::Settles
            | PropertyName::DeliveredAll
            | PropertyName::StoredEverywhere
            | PropertyName::Converged
            | PropertyName::Drained => Part::ALL,
        }
    }
}

fn script_line(violation: &Violation, plan: &Plan) -> Option<String> {
    match violation.breach {
        Breach::Unexpected { action } | Breach::StillWaiting { action } => {
            Some(plan.script_line(usize::from(action)).to_string())
        }
        Breach::Invented { .. }
        | Breach::ForwardedUnstored { .. }
        | Breach::RemovedUnstored { .. }
        | Breach::RemovedUnforwarded { .. }
        | Breach::Lost { .. }
        | Breach::SeveralRows { .. }
        | Breach::CountedAgain { .. }
        | Breach::Misrouted { .. }
        | Breach::FetchMisrouted { .. }
        | Breach::Misjudged { .. }
        | Breach::Overtaken { .. }
        | Breach::WentBack { .. }
        | Breach::DestinationWentBack { .. }
        | Breach::KeyDiverged { .. }
        | Breach::OverRpo { .. }
        | Breach::LostUnasked { .. }
        | Breach::CameBack { .. }
        | Breach::Restless { .. }
        | Breach::Undelivered { .. }
        | Breach::NotStored { .. }
        | Breach::Diverged { .. }
        | Breach::QueueNotEmpty { .. }
        | Breach::ContainerStuck { .. } => None,
    }
}
