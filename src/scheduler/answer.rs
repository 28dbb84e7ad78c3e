//! What a machine does that has alternatives, for schedulers that choose machines.

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::model::id::MachineId;
use crate::scheduler::seed::below;
use crate::sim::{Choice, Simulation};

/// A step of the machine. Where it has alternatives, each is drawn in proportion to its share: the
/// random answers of in-dns, and whether a component fails of which the driver lets some fail.
#[inline]
pub(crate) fn step_of(
    machine: MachineId,
    simulation: &Simulation,
    numbers: &mut Xoshiro256PlusPlus,
) -> Choice {
    match simulation.enabled().has_alternatives() {
        true => alternative(machine, simulation, numbers),
        false => Choice::Step(machine),
    }
}

#[cold]
fn alternative(
    machine: MachineId,
    simulation: &Simulation,
    numbers: &mut Xoshiro256PlusPlus,
) -> Choice {
    let total: u32 = simulation.alternatives(machine).map(|(_, share)| share).sum();
    if total == 0 {
        return Choice::Step(machine);
    }
    let mut draw = below(numbers.next_u32(), total as usize) as u32;
    for (choice, share) in simulation.alternatives(machine) {
        match draw.checked_sub(share) {
            Some(left) => draw = left,
            None => return choice,
        }
    }
    Choice::Step(machine)
}
