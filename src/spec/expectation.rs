//! `Expectation`.

use crate::plan::Plan;
use crate::sim::Simulation;
use crate::spec::{Breach, Judgement};

/// What the script expects holds when the driver checks it, and what the script awaits comes true
/// at the latest after everything was healed.
///
/// These are the scenario's own claims: the "what must be seen" of its author.
#[derive(Clone, Copy, Debug)]
pub struct Expectation;

impl Expectation {
    /// Why the property is not judged, if it is not.
    pub(super) fn not_applicable(plan: &Plan) -> Option<&'static str> {
        (!plan.has_checks()).then_some("the script expects nothing")
    }

    /// The driver checked something that does not hold.
    pub(super) fn failed(action: u16) -> Judgement {
        Err(Breach::Unexpected { action })
    }

    /// The system is at rest and will not move again.
    pub(super) fn judge_end(simulation: &Simulation) -> Judgement {
        if simulation.driver().is_waiting() {
            return Err(Breach::StillWaiting { action: simulation.driver().next() as u16 });
        }
        Ok(())
    }
}
