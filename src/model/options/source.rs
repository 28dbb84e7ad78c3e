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
        /// What it does when some records of a batch are refused and others are not.
        on_partial: OnPartial,
    }
}

option! {
    /// What the source does about a batch of which some records are refused, and others accepted.
    OnPartial {
        /// What is refused is treated as `on_refusal` says, record by record: by default sent again. Sound.
        Retry = SOUND.holds_in(&["partial-batch"]),
        /// The batch is one request, and one that was not refused as a whole has succeeded: the answer for each
        /// record is not looked at. Unsound: the source goes on, and what was refused is never sent again. A batch
        /// of which no record was accepted is refused, and is sent again as `on_refusal` says.
        ///
        /// Source: Amazon SQS, `SendMessageBatch`, whose response has successful and failed entries, with status 200,
        /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>.
        Ignore = UNSOUND.by("partial-batch", P::DeliveredAll),
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
