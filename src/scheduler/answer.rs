//! The answers of in-dns, for schedulers that choose machines.

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::model::id::MachineId;
use crate::scheduler::seed::below;
use crate::sim::{Choice, Simulation};

/// A step of the machine. Where it has alternatives, which only in-dns with random answers has,
/// each is drawn in proportion to its share.
#[inline]
pub(crate) fn step_of(
    machine: MachineId,
    simulation: &Simulation,
    numbers: &mut Xoshiro256PlusPlus,
) -> Choice {
    let step = Choice::Step(machine);
    if simulation.enabled().has_answers() { answer(step, simulation, numbers) } else { step }
}

#[cold]
fn answer(step: Choice, simulation: &Simulation, numbers: &mut Xoshiro256PlusPlus) -> Choice {
    if !simulation.answers().any(|(choice, _)| choice == step) {
        return step;
    }
    let total: u32 = simulation.answers().map(|(_, share)| share).sum();
    let mut draw = below(numbers.next_u32(), total as usize) as u32;
    for (choice, share) in simulation.answers() {
        match draw.checked_sub(share) {
            Some(left) => draw = left,
            None => return choice,
        }
    }
    step
}
