//! The fair scheduler: every machine in turn.

use crate::model::id::MachineId;
use crate::plan::Plan;
use crate::scheduler::Scheduler;
use crate::sim::{Choice, Enabled, Simulation};

/// Lets the machines step in turn and takes no fault: no machine that can step waits longer than
/// one round. It is the default continuation of every run.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundRobin {
    /// Index of the machine whose turn is next.
    turn: usize,
}

impl Scheduler for RoundRobin {
    fn begin(&mut self, _plan: &Plan, _run: u64) {
        self.turn = 0;
    }

    #[inline]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        self.turn(simulation.enabled()).map(Choice::Step)
    }
}

impl RoundRobin {
    /// The machine whose turn it is.
    #[inline]
    pub(crate) fn due(&self, enabled: Enabled<'_>) -> Option<MachineId> {
        enabled.step_from(self.turn)
    }

    /// The machine whose turn it is; the turn passes on.
    #[inline]
    pub(crate) fn turn(&mut self, enabled: Enabled<'_>) -> Option<MachineId> {
        let machine = self.due(enabled)?;
        self.turn = machine.index() + 1;
        Some(machine)
    }
}
