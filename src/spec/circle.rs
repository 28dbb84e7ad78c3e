//! The circle that a system goes round in when it does not come to rest.

use std::collections::BTreeSet;

use crate::model::container::{self, WhyBack};
use crate::model::event::Event;
use crate::model::id::{ContainerId, MachineId, QueueId, RecordId, TableId};
use crate::model::{queue, table};
use crate::sim::{Choice, Simulation};

/// What goes on for ever, found out by going on for a while.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Circle {
    /// The machines that keep stepping, ascending.
    pub(super) machines: BTreeSet<MachineId>,
    /// What containers give back again and again, and why.
    pub(super) given_back: BTreeSet<(ContainerId, RecordId, WhyBack)>,
    /// What tables take from replication again and again.
    pub(super) applied: BTreeSet<(TableId, RecordId)>,
    /// What queues deliver again and again.
    pub(super) delivered: BTreeSet<(QueueId, RecordId)>,
}

/// All machines have so many turns, and what they do in the second half of them is what they keep
/// doing.
const TURNS: usize = 128;

impl Circle {
    /// What goes on from here, if every machine that can step does so in turn.
    pub(super) fn of(simulation: &Simulation) -> Circle {
        let mut world = simulation.clone();
        let mut circle = Circle::default();
        let machines = world.plan().layout.machines() as u16;
        for turn in 0..TURNS {
            for machine in (0..machines).map(MachineId) {
                if !world.enabled().can_step(machine) {
                    continue;
                }
                world.step(Choice::Step(machine));
                if turn >= TURNS / 2 {
                    circle.machines.insert(machine);
                    world.events().iter().for_each(|event| circle.note(event));
                }
            }
        }
        circle
    }

    fn note(&mut self, event: &Event) {
        if let Event::Container(container::Event::GaveBack { container, record, why }) = *event {
            self.given_back.insert((container, record, why));
        }
        if let Event::Table(table::Event::Applied { table, copy, .. }) = *event {
            self.applied.insert((table, copy.id));
        }
        if let Event::Queue(queue::Event::Delivered { queue, record, redelivery: true, .. }) =
            *event
        {
            self.delivered.insert((queue, record));
        }
    }
}
