//! For tests: the changes of each field of the source.

use super::{RecordSource, State};
use crate::fields::changes_of_each_field;
use crate::model::id::BatchId;
use crate::model::message::Message;
use crate::model::outbox::Outbox;

changes_of_each_field! {
    pub(crate) RecordSource, Outbox {
        state: [|source, _| source.state = match source.state {
            State::Idle => State::Sending,
            State::Sending => State::Waiting,
            State::Waiting => State::Sending,
        }],
        // Meaningful unless idle.
        batch: [|source, _| {
            if source.state != State::Idle {
                source.batch = 3 - source.batch;
            }
        }],
        left_out: [|source, _| source.left_out += 1],
        changed: [|source, _| source.changed = !source.changed],
        next: [|source, _| source.next[1] += 1, |source, _| source.next[2] += 1],
        pending: [|source, out| {
            out.hold(&mut source.pending, Message::Publish { batch: BatchId(2) });
        }],
        refused: [
            |source, _| source.refused[1] = !source.refused[1],
            |source, _| source.refused[2] = !source.refused[2],
        ],
    }
}
