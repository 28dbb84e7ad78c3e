//! For tests: the changes of each field of a replicator.

use super::{Replicator, State};
use crate::fields::changes_of_each_field;
use crate::model::id::{RecordId, RegionId};
use crate::model::message::Message;
use crate::model::outbox::Outbox;
use crate::model::record::RecordCopy;

const MESSAGE: Message = Message::Replicate {
    region: RegionId(0),
    copy: RecordCopy { id: RecordId(1), value: 77 },
    time: 3,
};

changes_of_each_field! {
    pub(crate) Replicator, Outbox {
        state: [|replicator, _| replicator.state = match replicator.state {
            State::Running => State::Failed,
            State::Failed => State::Running,
        }],
        cut_off: [|replicator, _| replicator.cut_off.0 ^= 2],
        held_from: [
            |replicator, out| out.hold(&mut replicator.held_from[0], MESSAGE),
            |replicator, out| out.hold(&mut replicator.held_from[1], MESSAGE),
        ],
        held_for: [
            |replicator, out| out.hold(&mut replicator.held_for[0], MESSAGE),
            |replicator, out| out.hold(&mut replicator.held_for[1], MESSAGE),
        ],
        lost: [|replicator, _| replicator.lost.0 ^= 2],
        writer: [|replicator, _| replicator.writer.0 ^= 1],
        left_out: [|replicator, _| replicator.left_out.0 ^= 2],
    }
}
