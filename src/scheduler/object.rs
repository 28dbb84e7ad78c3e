//! What the next step of a machine touches: which pending steps race with each other.

use crate::model::container::Act;
use crate::model::id::{ContainerId, MachineId, QueueId, RecordId, StageId};
use crate::model::layout::{Layout, Place};
use crate::model::message::Message;
use crate::sim::Simulation;

/// The thing that a step touches and that steps of other machines may touch, too: a queue, a row
/// of a global table, or out-dns.
///
/// Every machine handles its own messages in the order in which they came. So the order of two
/// pending steps matters when both send to one queue, or when both bring a write of one key of a
/// global table nearer to its tables; nearly all other pairs can be swapped. This is a guess made
/// before the step is taken: a wrong one costs a search strategy some of its edge and nothing
/// else.
///
/// in-dns chooses the region while it handles a send; all inbound queues are one object therefore.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Object(u32);

/// Marks rows of tables; the rest is stage and key.
const ROW: u32 = 1 << 31;

impl Object {
    /// It touches nothing that another machine could touch at the same time.
    pub(crate) const NONE: Object = Object(u32::MAX);

    /// The machine itself.
    pub(crate) fn machine(machine: MachineId) -> Object {
        Object(machine.0.into())
    }

    fn queue(machine: MachineId, layout: &Layout) -> Object {
        if let Place::Queue(id) = layout.places()[machine.index()]
            && layout.queue_place(id).1 == 0
        {
            return Object::inbound(layout);
        }
        Object::machine(machine)
    }

    fn inbound(layout: &Layout) -> Object {
        Object::machine(layout.machine(Place::Queue(QueueId(0))))
    }

    fn row(stage: StageId, record: RecordId, simulation: &Simulation) -> Object {
        let keys = simulation.plan().keys();
        let key = if keys.count() == 0 { record.index() } else { keys.key_of(record) };
        Object(ROW | u32::from(stage.0) << 16 | key as u32)
    }

    /// How many numbers [`Object::whole`] has for a layout.
    pub(crate) fn wholes(layout: &Layout) -> usize {
        layout.machines() + layout.stages.len()
    }

    /// The number of the queue, or of the global table whatever the key; below
    /// [`Object::wholes`].
    #[inline]
    pub(crate) fn whole(self, layout: &Layout) -> Option<usize> {
        if self == Object::NONE {
            None
        } else if self.0 & ROW == 0 {
            Some(self.0 as usize)
        } else {
            Some(layout.machines() + (self.0 >> 16 & 0xFF) as usize)
        }
    }

    /// What the machine's next step touches.
    #[inline]
    pub(crate) fn of_next_step(machine: MachineId, simulation: &Simulation) -> Object {
        let Some(message) = simulation.next_message(machine) else { return Object::NONE };
        let layout = &simulation.plan().layout;
        let place = layout.places()[machine.index()];
        if let Place::Container(id) = place {
            of_container(id, message, simulation)
        } else if let (Place::Table(id), Some(record)) = (place, message.record()) {
            Object::row(layout.table_place(id).1, record, simulation)
        } else if let Place::Table(id) = place
            && let Some(relay) = &simulation.plan().tables[id.index()].relay
        {
            Object::queue(relay.out_queue, layout)
        } else if let (Place::Queue(_), Message::Commit { .. }) = (place, message) {
            // It comes before or behind what the consumer asks for next.
            Object::queue(machine, layout)
        } else if let (Place::Replicator(id), Some(record)) = (place, message.record()) {
            Object::row(StageId(id.0 as u8), record, simulation)
        } else if let (Place::InDns, Message::Send { .. }) = (place, message) {
            Object::inbound(layout)
        } else if let (
            Place::OutDns,
            &(Message::Receive { queue, .. } | Message::Remove { queue, .. }),
        ) = (place, message)
        {
            Object::machine(layout.machine(Place::Queue(queue)))
        } else if let Place::Queue(id) = place
            && layout.queue_place(id).1 + 1 == layout.positions()
        {
            // The deliveries of the last queues of all regions meet at the destination, and what they
            // say of a remove at out-dns.
            let is_remove = matches!(message, Message::Remove { .. });
            let meets_at = if is_remove { Place::OutDns } else { Place::Destination };
            Object::machine(layout.machine(meets_at))
        } else {
            // The script and the two ends have one message at a time to send, and no other machine
            // sends to where they send.
            Object::NONE
        }
    }
}

/// A container's reply makes it ask for what comes next.
#[inline]
fn of_container(id: ContainerId, message: &Message, simulation: &Simulation) -> Object {
    let plan = simulation.plan();
    let context = &plan.containers[id.index()];
    let (record, due) = match (message, simulation.container(id).hand()) {
        (Message::Received { copy, .. }, _) => (copy.id, 0),
        (
            Message::Begun { .. }
            | Message::Inserted { .. }
            | Message::Sent { .. }
            | Message::Removed { .. }
            | Message::Called { .. }
            | Message::Transacted { .. },
            Some(hand),
        ) => (hand.copy.id, hand.step + 1),
        // It takes back what it has stored.
        (Message::SendRefused { .. } | Message::CallRefused { .. }, Some(hand))
            if context.takes_back(Some(hand)) =>
        {
            return Object::row(plan.layout.container_place(id).1, hand.copy.id, simulation);
        }
        // It gives its delivery back, or asks for the next one.
        _ => return Object::queue(context.in_queue, &plan.layout),
    };
    let action = context.action(due);
    if action.is_none()
        && context.options.batch > 1
        && let Some(next) = simulation.batch(id).next()
    {
        return Object::row(plan.layout.container_place(id).1, next, simulation);
    }
    match action {
        Some(Act::Begin | Act::Store) => {
            Object::row(plan.layout.container_place(id).1, record, simulation)
        }
        Some(Act::Call) => Object::machine(context.service),
        Some(Act::Publish | Act::Transact) => Object::queue(context.out_queue, &plan.layout),
        Some(Act::Branch) => Object::queue(context.branch(due, record), &plan.layout),
        Some(Act::Remove) | None => Object::queue(context.in_queue, &plan.layout),
    }
}
