//! For tests: the changes of each field of a queue.

use super::{Item, NO_RECEIPT, Queue, Shelf, State};
use crate::fields::{another, changes_of_each_field};
use crate::model::id::{MachineId, RecordId};
use crate::model::message::{Client, Message, MessageNumber, Receipt};
use crate::model::outbox::Outbox;
use crate::model::pool::List;
use crate::model::record::RecordCopy;

const CLIENT: Client = Client { machine: MachineId(6), incarnation: 3 };
const COPY: RecordCopy = RecordCopy { id: RecordId(1), value: 77 };
const ITEM: Item =
    Item { copy: COPY, holder: CLIENT, receipt: NO_RECEIPT, receives: 0, number: MessageNumber(9) };

/// Changes the first item of a list, if it has one.
fn first(list: &List, shelf: &mut Shelf, change: impl Fn(&mut Item)) {
    shelf.front_mut(list).into_iter().for_each(change);
}

changes_of_each_field! {
    pub(crate) Queue, Shelf, Outbox {
        state: [|queue, _, _| queue.state = match queue.state {
            State::Available => State::Failed,
            State::Failed => State::Available,
        }],
        visible: [
            |queue, shelf, _| shelf.push_back(&mut queue.visible, ITEM),
            |queue, shelf, _| first(&queue.visible, shelf, |item| item.copy.id = another(item.copy.id)),
            |queue, shelf, _| first(&queue.visible, shelf, |item| item.copy.value += 1),
        ],
        in_flight: [
            |queue, shelf, _| shelf.push_back(&mut queue.in_flight, ITEM),
            |queue, shelf, _| first(&queue.in_flight, shelf, |item| item.copy.id = another(item.copy.id)),
            |queue, shelf, _| first(&queue.in_flight, shelf, |item| item.copy.value += 1),
            |queue, shelf, _| first(&queue.in_flight, shelf, |item| item.holder.machine.0 += 1),
            |queue, shelf, _| first(&queue.in_flight, shelf, |item| {
                item.holder.incarnation = item.holder.incarnation.wrapping_add(1);
            }),
            |queue, shelf, _| first(&queue.in_flight, shelf, |item| item.holder = item.holder.gone()),
        ],
        dead: [
            |queue, shelf, _| shelf.push_back(&mut queue.dead, ITEM),
            |queue, shelf, _| first(&queue.dead, shelf, |item| item.copy.id = another(item.copy.id)),
            |queue, shelf, _| first(&queue.dead, shelf, |item| item.copy.value += 1),
        ],
        waiting: [
            |queue, _, _| queue.waiting.drop_where(|_| true),
            |queue, _, _| {
                queue.waiting.clients_mut().iter_mut().for_each(|client| client.machine.0 += 1);
            },
            |queue, _, _| {
                queue.waiting.clients_mut().iter_mut().for_each(|client| client.incarnation ^= 1);
            },
        ],
        held: [|queue, _, out| {
            out.hold(&mut queue.held, Message::Send { client: CLIENT, copy: COPY });
        }],
        taken: [
            |queue, shelf, _| shelf.push_back(&mut queue.taken, ITEM),
            |queue, shelf, _| first(&queue.taken, shelf, |item| item.copy.id.0 += 1),
        ],
        mirrored: [
            |queue, shelf, _| shelf.push_back(&mut queue.mirrored, ITEM),
            |queue, shelf, _| first(&queue.mirrored, shelf, |item| item.copy.id.0 += 1),
            |queue, shelf, _| first(&queue.mirrored, shelf, |item| item.copy.value += 1),
        ],
        is_alone: [|queue, _, _| queue.is_alone = !queue.is_alone],
        deliveries: [|queue, _, _| queue.deliveries += 1],
        messages: [|queue, _, _| queue.messages += 1],
    }
}

/// The changes of what is not always looked at of an item.
pub(crate) const OF_ITEMS: &[(&str, Change)] = &[
    ("receives", |queue, shelf, _| {
        first(&queue.visible, shelf, |item| item.receives = u16::from(item.receives == 0));
    }),
    ("receives", |queue, shelf, _| {
        first(&queue.in_flight, shelf, |item| item.receives = u16::from(item.receives == 0));
    }),
    ("receipt", |queue, shelf, _| {
        first(&queue.in_flight, shelf, |item| {
            item.receipt = Receipt(item.receipt.0.wrapping_add(1_000))
        });
    }),
    ("processed", |queue, shelf, _| {
        first(&queue.in_flight, shelf, |item| {
            item.receipt = if item.is_processed() { Receipt(1_000) } else { NO_RECEIPT };
        });
    }),
    ("number", |queue, shelf, _| first(&queue.visible, shelf, |item| item.number.0 += 1)),
    ("number", |queue, shelf, _| first(&queue.in_flight, shelf, |item| item.number.0 += 1)),
];
