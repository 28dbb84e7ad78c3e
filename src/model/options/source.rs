//! The options of the record source.

use crate::model::options::scenarios::{INBOUND_QUEUE_FAILS, SECOND_BATCH_REFUSED};
use crate::model::options::{SOUND, UNSOUND};
use crate::model::property::PropertyName as P;

section! {
    /// The design of the record source.
    #[derive(Copy)]
    Source {
        /// What it does when a record is refused.
        on_refusal: OnRefusal,
    }
}

option! {
    /// What the source does when its record is refused.
    OnRefusal {
        /// Send it again once something changed. Sound.
        Retry,
        /// Leave the rest of the batch unpublished until it is published again. Sound: nothing
        /// that was accepted is lost, but not everything is accepted.
        Abort = SOUND.holds_in(&[SECOND_BATCH_REFUSED]),
        /// Go on with the next record as if it had been accepted. Unsound.
        Drop = UNSOUND.by(INBOUND_QUEUE_FAILS, P::DeliveredAll).by("outage-anywhere", P::DeliveredAll),
    }
}
