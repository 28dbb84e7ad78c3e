//! For tests: the changes of each field of a container.

use super::{Container, Drains, Hand, State};
use crate::fields::{another, changes_of_each_field};
use crate::model::id::RecordId;
use crate::model::message::Receipt;
use crate::model::record::RecordCopy;

const HAND: Hand =
    Hand { copy: RecordCopy { id: RecordId(1), value: 77 }, receipt: Receipt(5), step: 1 };

/// Changes what the container has in its hand, if it has something.
fn hand(container: &mut Container, change: impl Fn(&mut Hand)) {
    container.hand.iter_mut().for_each(change);
}

changes_of_each_field! {
    pub(crate) Container {
        state: [|container| container.state = match container.state {
            State::Processing => State::FailedProcessing,
            State::FailedProcessing => State::FailedDependency,
            State::FailedDependency => State::Processing,
        }],
        crashed: [|container| container.crashed = !container.crashed],
        incarnation: [|container| container.incarnation += 1],
        retried: [|container| container.retried += 1],
        // Its own list: see `batch`.
        batch: [],
        is_old: [|container| container.is_old = !container.is_old],
        drains: [
            |container| container.drains = match container.drains {
                Drains::No => Drains::Work,
                Drains::Work => Drains::Request,
                Drains::Request => Drains::No,
            },
        ],
        hand: [
            |container| {
                container.hand = match container.hand {
                    Some(_) => None,
                    None => Some(HAND),
                };
            },
            |container| hand(container, |hand| hand.copy.id = another(hand.copy.id)),
            |container| hand(container, |hand| hand.copy.value += 1),
            |container| hand(container, |hand| hand.step += 1),
        ],
    }
}

/// Another receipt, which need not belong to a delivery.
pub(crate) const RECEIPT: Change =
    |container| hand(container, |hand| hand.receipt = Receipt(hand.receipt.0 + 1_000));
