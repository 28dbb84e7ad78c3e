//! For tests: the changes of each field of a relay.

use super::{Relay, State};
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
        state: [|relay, _| relay.state = match relay.state {
            State::Waiting => State::Woken,
            State::Idle | State::Polling | State::Sending | State::Woken => State::Waiting,
        }],
        under_way: [|relay, _| relay.under_way = match relay.under_way {
            Some(copy) => Some(RecordCopy { value: copy.value + 1, ..copy }),
            None => Some(COPY),
        }],
        intents: [|relay, out| {
            out.hold(&mut relay.intents, Message::Insert { client: CLIENT, copy: COPY });
        }],
        passed: [|relay, out| {
            out.hold(&mut relay.passed, Message::Begin { client: CLIENT, copy: COPY });
        }],
    }
}

/// The same of the relay of a table.
pub(crate) fn changes()
-> impl Iterator<Item = (&'static str, impl Fn(&mut RegionalTable, &mut Outbox) + Copy)> {
    let of = |&(field, change): &(_, Change)| {
        (field, move |table: &mut RegionalTable, out: &mut Outbox| change(&mut table.relay, out))
    };
    CHANGES.iter().map(of)
}
