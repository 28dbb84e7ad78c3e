//! For tests: the changes of each field of the destination.

use super::{RecordDestination, State};
use crate::fields::changes_of_each_field;
use crate::model::id::RecordId;

changes_of_each_field! {
    pub(crate) RecordDestination {
        states: [|destination| destination.states[1] = match destination.states[1] {
            State::Receiving => State::Removing,
            State::Removing => State::Refused,
            State::Refused => State::Receiving,
        }],
        changed: [|destination| destination.changed[1] = !destination.changed[1]],
        arrived: [|destination| match destination.arrived.contains(2) {
            true => destination.arrived.remove(2),
            false => destination.arrived.insert(2),
        }],
        numbers: [|destination| {
            destination.numbers.last_mut().into_iter().for_each(|number| number.0 += 1);
        }],
        counted: [|destination| {
            destination.counted.last_mut().into_iter().for_each(|number| *number += 1);
        }],
        count: [|destination| destination.count += 1],
        shown: [|destination| {
            destination.shown.last_mut().into_iter().for_each(|record| record.0 += 1);
        }],
        order: [|destination| destination.order.push(RecordId(1))],
    }
}
