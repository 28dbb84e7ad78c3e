//! For tests: the changes of each field of the external service.

use super::{ExternalService, State};
use crate::fields::changes_of_each_field;
use crate::model::id::QueueId;
use crate::model::message::Receipt;

/// A record at a stage: the third record at the first.
const AT: usize = 3;

changes_of_each_field! {
    pub(crate) ExternalService {
        state: [|service| service.state = match service.state {
            State::Available => State::Failed,
            State::Failed => State::Available,
        }],
        // Its own list.
        calls: [],
        count: [|service| service.count += 1],
    }
}

/// The changes of each field of what is known of a record at a stage.
pub(crate) mod calls {
    use super::{AT, ExternalService, QueueId, Receipt};
    use crate::fields::changes_of_each_field;
    use crate::model::service::Calls;

    changes_of_each_field! {
        pub(crate) Calls {
            effects: [|calls| calls.effects += 1],
            delivery: [|calls| calls.delivery = match calls.delivery {
                Some((queue, Receipt(receipt))) => Some((queue, Receipt(receipt + 1))),
                None => Some((QueueId(0), Receipt(7))),
            }],
            at: [|calls| calls.at ^= 1],
        }
    }

    /// What is changed; none if no container calls.
    pub(crate) fn of(service: &mut ExternalService) -> Option<&mut Calls> {
        service.calls.get_mut(AT)
    }
}
