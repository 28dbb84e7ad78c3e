//! For tests: the changes of each field of what handlers write into.

use super::Outbox;
use crate::fields::changes_of_each_field;
use crate::model::event::Event;
use crate::model::id::{MachineId, RecordId, RegionId};
use crate::model::message::Message;
use crate::model::progress::Progress;
use crate::model::source;

changes_of_each_field! {
    pub(crate) Outbox {
        // Nodes without a list mean nothing; those of lists are changed with the lists.
        messages: [],
        inboxes: [
            |out| out.messages.push_back(&mut out.inboxes[1], Message::Wake { region: RegionId(0) }),
            |out| _ = out.messages.pop_front(&mut out.inboxes[0]),
        ],
        open: [|out| match out.open.contains(4) {
            true => out.open.remove(4),
            false => out.open.insert(4),
        }],
        ready: [|out| match out.ready.contains(1) {
            true => out.ready.remove(1),
            false => out.ready.insert(1),
        }],
        // A list of its own.
        progress: [],
        late: [
            |out| out.late.push(MachineId(1), Message::Fence { to: RegionId(0) }),
            |out| out.late.push(MachineId(1), Message::Fence { to: RegionId(1) }),
            |out| out.late.push(MachineId(2), Message::Fence { to: RegionId(0) }),
        ],
        // It follows from the plan.
        lossy: [],
        new_heads: [|out| out.new_heads.push(MachineId(0))],
        events: [|out| out.events.push(Event::Source(source::Event::Accepted { record: RecordId(1) }))],
        now: [|out| out.now += 1],
    }
}

/// What is known of the batches.
pub(crate) fn progress(out: &mut Outbox) -> &mut Progress {
    &mut out.progress
}
