//! `Settles`.

use crate::model::id::MachineId;
use crate::sim::Simulation;
use crate::spec::{Breach, Judgement};

/// After the last fault was healed, a fair scheduler brings the system to rest within
/// [`Plan::fair_steps_max`](crate::plan::Plan::fair_steps_max) steps.
///
/// Catches livelock: machines that keep each other busy for ever.
#[derive(Clone, Copy, Debug)]
pub struct Settles;

impl Settles {
    /// The system had so many fair steps, and that is the bound.
    ///
    /// # Errors
    ///
    /// Always: the violation, with the first machine that can still step.
    pub fn exceeded(simulation: &Simulation, steps: u64) -> Judgement {
        let machine = simulation.enabled().step_from(0).unwrap_or(MachineId(0));
        Err(Breach::Restless { steps, machine })
    }
}
