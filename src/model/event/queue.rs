//! What happened at a queue.

use crate::model::id::{QueueId, RecordId};
use crate::model::record::RecordCopy;

/// What happened at a queue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// A queue has a record more.
    Enqueued {
        /// The queue.
        queue: QueueId,
        /// The record.
        copy: RecordCopy,
    },
    /// A full queue keeps a request to send waiting until it has room.
    SendWaits {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A queue took a request to send for a resend, and did not take the record again.
    Deduplicated {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A queue does not remember any more what it has taken.
    WindowPassed {
        /// The queue.
        queue: QueueId,
    },
    /// A queue handed out a record.
    Delivered {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
        /// It was handed out before.
        redelivery: bool,
        /// It left the queue with that (an unsound design).
        gone: bool,
    },
    /// A delivery was given back: the record is visible again.
    Returned {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A delivery took too long: the record is visible again, and its consumer does not know.
    TimedOut {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// The first visible record of a queue became the last.
    Reordered {
        /// The queue.
        queue: QueueId,
    },
    /// A record was delivered too often and is in the dead-letter queue now.
    DeadLettered {
        /// The queue that gave it up.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A record came back from the dead-letter queue as a new message.
    Redriven {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A record waited until its retention period was over, or was in the memory of a queue that has failed, and is gone.
    Expired {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
        /// It was a dead letter.
        dead: bool,
    },
    /// A queue deleted a record; of a log: a position behind it is committed.
    Removed {
        /// The queue.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A consumer of a log has processed a record, and commits the position behind it when its interval has passed.
    CommitDue {
        /// The log.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A queue was asked to delete a delivery that it does not know any more.
    StaleRemove {
        /// The queue.
        queue: QueueId,
    },
    /// The mirror of a log has a record more.
    Mirrored {
        /// The log in the region of the mirror.
        queue: QueueId,
        /// The record.
        copy: RecordCopy,
    },
    /// The mirror of a log knows that a position behind a record is committed.
    PositionMirrored {
        /// The log in the region of the mirror.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
    /// A log that is lost is mirrored in the region of this one, which has the record from here on.
    TookOver {
        /// The log in the region of the mirror.
        queue: QueueId,
        /// The record.
        copy: RecordCopy,
    },
    /// The same, but its consumers begin behind the record (an unsound design).
    Skipped {
        /// The log in the region of the mirror.
        queue: QueueId,
        /// The record.
        record: RecordId,
    },
}

/// What an event changes of what its queue holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Change {
    /// It holds the same records as before.
    None,
    /// A record came in.
    Came(RecordCopy),
    /// A record left, and the queue answers for it no more.
    Left(RecordId),
    /// A record went to the dead-letter queue.
    SetAside(RecordId),
    /// A record came back from the dead-letter queue.
    TakenBack(RecordId),
    /// A dead letter is gone.
    Dropped(RecordId),
    /// A record came in that it had in a mirror.
    TakenOver(RecordCopy),
    /// What it has in a mirror of a log of another region.
    Mirror(MirrorChange),
}

/// What an event changes of the mirror of a log, from which nothing goes on before it takes over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum MirrorChange {
    /// A record came in.
    Came(RecordCopy),
    /// A record left: it is done with.
    Left(RecordId),
    /// A record left, and nothing goes on from it.
    Skipped(RecordId),
}

impl Event {
    pub(crate) fn returned(queue: QueueId, record: RecordId) -> Event {
        Event::Returned { queue, record }
    }

    pub(crate) fn timed_out(queue: QueueId, record: RecordId) -> Event {
        Event::TimedOut { queue, record }
    }

    /// The record that it happened to, if it happened to one.
    pub fn record(&self) -> Option<RecordId> {
        match *self {
            Event::Enqueued { copy, .. }
            | Event::Mirrored { copy, .. }
            | Event::TookOver { copy, .. } => Some(copy.id),
            Event::SendWaits { record, .. }
            | Event::Deduplicated { record, .. }
            | Event::Delivered { record, .. }
            | Event::Returned { record, .. }
            | Event::TimedOut { record, .. }
            | Event::DeadLettered { record, .. }
            | Event::Redriven { record, .. }
            | Event::Expired { record, .. }
            | Event::CommitDue { record, .. }
            | Event::PositionMirrored { record, .. }
            | Event::Skipped { record, .. }
            | Event::Removed { record, .. } => Some(record),
            Event::Reordered { .. } | Event::StaleRemove { .. } | Event::WindowPassed { .. } => {
                None
            }
        }
    }

    /// Which queue it happened at.
    #[inline]
    pub(crate) fn queue(&self) -> QueueId {
        match *self {
            Event::Enqueued { queue, .. }
            | Event::SendWaits { queue, .. }
            | Event::Deduplicated { queue, .. }
            | Event::WindowPassed { queue }
            | Event::Delivered { queue, .. }
            | Event::Returned { queue, .. }
            | Event::TimedOut { queue, .. }
            | Event::Reordered { queue }
            | Event::DeadLettered { queue, .. }
            | Event::Redriven { queue, .. }
            | Event::Expired { queue, .. }
            | Event::Removed { queue, .. }
            | Event::CommitDue { queue, .. }
            | Event::Mirrored { queue, .. }
            | Event::PositionMirrored { queue, .. }
            | Event::TookOver { queue, .. }
            | Event::Skipped { queue, .. }
            | Event::StaleRemove { queue } => queue,
        }
    }

    /// What it changes of what the queue holds.
    #[inline(always)]
    pub(crate) fn change(&self) -> Change {
        match *self {
            Event::Enqueued { copy, .. } => Change::Came(copy),
            Event::Removed { record, .. }
            | Event::Delivered { record, gone: true, .. }
            | Event::Expired { record, dead: false, .. } => Change::Left(record),
            Event::Expired { record, dead: true, .. } => Change::Dropped(record),
            Event::DeadLettered { record, .. } => Change::SetAside(record),
            Event::Redriven { record, .. } => Change::TakenBack(record),
            Event::Mirrored { copy, .. } => Change::Mirror(MirrorChange::Came(copy)),
            Event::PositionMirrored { record, .. } => Change::Mirror(MirrorChange::Left(record)),
            Event::TookOver { copy, .. } => Change::TakenOver(copy),
            Event::Skipped { record, .. } => Change::Mirror(MirrorChange::Skipped(record)),
            Event::Delivered { gone: false, .. }
            | Event::SendWaits { .. }
            | Event::Deduplicated { .. }
            | Event::WindowPassed { .. }
            | Event::Returned { .. }
            | Event::TimedOut { .. }
            | Event::Reordered { .. }
            | Event::CommitDue { .. }
            | Event::StaleRemove { .. } => Change::None,
        }
    }
}
