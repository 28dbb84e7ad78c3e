//! For tests: the changes of each field of a relay.

use super::Relay;
use crate::fields::changes_of_each_field;
use crate::model::id::{MachineId, RecordId};
use crate::model::message::{Client, Message};
use crate::model::outbox::Outbox;
use crate::model::record::RecordCopy;
use crate::model::table::RegionalTable;

const COPY: RecordCopy = RecordCopy { id: RecordId(1), value: 77 };
const CLIENT: Client = Client { machine: MachineId(6), incarnation: 3 };

changes_of_each_field! {
    Relay, Outbox {
        // Its own list: see `worker`.
        workers: [],
        intents: [|relay, out| {
            out.hold(&mut relay.intents, Message::Insert { client: CLIENT, copy: COPY });
        }],
        // Its own list: see `shared`.
        shared: [],
        passed: [|relay, out| {
            out.hold(&mut relay.passed, Message::Begin { client: CLIENT, copy: COPY });
        }],
    }
}

/// The changes of each field of an instance.
mod worker {
    use super::COPY;
    use crate::fields::changes_of_each_field;
    use crate::model::record::RecordCopy;
    use crate::model::table::relay::{State, Worker};

    changes_of_each_field! {
        pub(super) Worker {
            state: [|worker| worker.state = match worker.state {
                State::Waiting => State::Woken,
                State::Idle | State::Polling | State::Sending | State::Woken => State::Waiting,
            }],
            under_way: [|worker| worker.under_way = match worker.under_way {
                Some(copy) => Some(RecordCopy { value: copy.value + 1, ..copy }),
                None => Some(COPY),
            }],
            to: [|worker| worker.to.0 += 1],
            life: [|worker| worker.life += 1],
        }
    }
}

/// The changes of each field of what there is besides, of a global database.
mod shared {
    use super::{CLIENT, COPY};
    use crate::fields::changes_of_each_field;
    use crate::model::message::Message;
    use crate::model::outbox::Outbox;
    use crate::model::table::relay::shared::Shared;

    changes_of_each_field! {
        pub(super) Shared, Outbox {
            is_home: [|shared, _| shared.is_home = !shared.is_home],
            done: [|shared, out| {
                out.hold(&mut shared.done, Message::Insert { client: CLIENT, copy: COPY });
            }],
            ahead: [|shared, _| shared.ahead += 1],
            lost: [|shared, _| shared.lost = !shared.lost],
        }
    }
}

/// The same of the relay of a table.
pub(crate) fn changes_of_shared()
-> impl Iterator<Item = (&'static str, impl Fn(&mut RegionalTable, &mut Outbox) + Copy)> {
    let of = |&(field, change): &(_, shared::Change)| {
        (field, move |table: &mut RegionalTable, out: &mut Outbox| {
            change(&mut table.relay.shared, out);
        })
    };
    shared::CHANGES.iter().map(of)
}

/// The same of the instance of a relay.
pub(crate) fn changes_of_worker(
    instance: usize,
) -> impl Iterator<Item = (&'static str, impl Fn(&mut RegionalTable) + Copy)> {
    let of = move |&(field, change): &(_, worker::Change)| {
        (field, move |table: &mut RegionalTable| change(&mut table.relay.workers[instance]))
    };
    worker::CHANGES.iter().map(of)
}

/// The same of the relay of a table.
pub(crate) fn changes()
-> impl Iterator<Item = (&'static str, impl Fn(&mut RegionalTable, &mut Outbox) + Copy)> {
    let of = |&(field, change): &(_, Change)| {
        (field, move |table: &mut RegionalTable, out: &mut Outbox| change(&mut table.relay, out))
    };
    CHANGES.iter().map(of)
}
