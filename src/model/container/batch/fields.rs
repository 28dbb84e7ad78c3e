//! For tests: the changes of each field of a batch.

use super::Batch;
use crate::fields::changes_of_each_field;
use crate::model::container::Container;
use crate::model::id::{QueueId, RecordId};
use crate::model::message::{Message, MessageNumber, Receipt};
use crate::model::outbox::Outbox;
use crate::model::record::RecordCopy;

fn delivery(record: u16) -> Message {
    Message::Received {
        incarnation: 0,
        queue: QueueId(0),
        copy: RecordCopy { id: RecordId(record), value: 77 },
        number: MessageNumber::default(),
        receipt: Receipt(5),
    }
}

changes_of_each_field! {
    pub(crate) Batch, Outbox {
        rest: [
            |batch, out| out.hold(&mut batch.rest, delivery(1)),
            |batch, out| out.hold(&mut batch.rest, delivery(2)),
        ],
        done: [|batch, out| out.hold(&mut batch.done, delivery(1))],
        removes: [|batch, _| batch.removes = !batch.removes],
        becomes_old: [|batch, _| batch.becomes_old = match batch.becomes_old {
            None => Some(false),
            Some(false) => Some(true),
            Some(true) => None,
        }],
    }
}

/// Those of a container.
pub(crate) fn changes()
-> impl Iterator<Item = (&'static str, impl Fn(&mut Container, &mut Outbox) + Copy)> {
    let of = |&(field, change): &(_, Change)| {
        (field, move |container: &mut Container, out: &mut Outbox| {
            change(&mut container.batch, out);
        })
    };
    CHANGES.iter().map(of)
}
