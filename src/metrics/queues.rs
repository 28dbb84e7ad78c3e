//! How long messages are in queues, and why they are delivered again.

use crate::metrics::{Counts, Totals};
use crate::model::id::{QueueId, RecordId};
use crate::plan::Plan;
use crate::sim::Simulation;

/// After so many receives the cloud's metric does not look at a message any more.
///
/// Source: Amazon SQS, "Available CloudWatch metrics", `ApproximateAgeOfOldestMessage`: a message
/// that was received three times or more and not deleted is moved to the back, and the metric points
/// at the oldest one that was not.
const RECEIVES_LOOKED_AT: u8 = 3;

/// The queues of a run.
///
/// The greatest age that the oldest message of a queue ever has is the longest time that any
/// message stays in it: so no order is kept, only when each message came.
#[derive(Clone, Debug)]
pub(super) struct Queues {
    records: usize,
    /// By `queue × (records + 1) + record`.
    held: Vec<Held>,
    /// By queue: how many messages it holds.
    lengths: Vec<u32>,
    /// By queue: the most it has held in this run.
    longest: Vec<u32>,
    dead: u32,
    dead_max: u32,
    oldest_true: u64,
    oldest_reported: u64,
}

/// The messages of one queue that are about one record.
///
/// Of several, the one that leaves is taken for the oldest, and those that stay for the newest.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    /// How many there are now.
    copies: u16,
    /// There was one before.
    known: bool,
    /// How often the oldest was received.
    receives: u8,
    /// Why it will be delivered again.
    again: Again,
    /// When the oldest came.
    since: u64,
    /// When the newest came.
    newest: u64,
}

#[derive(Clone, Copy, Debug, Default)]
enum Again {
    /// Its consumer is gone or gave up.
    #[default]
    Returned,
    TimedOut,
}

impl Queues {
    pub(super) fn new(plan: &Plan) -> Queues {
        let (queues, records) = (plan.layout.queues(), plan.records() + 1);
        Queues {
            records,
            held: vec![Held::default(); queues * records],
            lengths: vec![0; queues],
            longest: vec![0; queues],
            dead: 0,
            dead_max: 0,
            oldest_true: 0,
            oldest_reported: 0,
        }
    }

    pub(super) fn begin(&mut self, _simulation: &Simulation) {
        self.held.fill(Held::default());
        self.lengths.fill(0);
        self.longest.fill(0);
        (self.dead, self.dead_max) = (0, 0);
        (self.oldest_true, self.oldest_reported) = (0, 0);
    }

    fn held(&mut self, queue: QueueId, record: RecordId) -> &mut Held {
        &mut self.held[queue.index() * self.records + record.index()]
    }

    /// Whether a message about this record was in the queue before.
    pub(super) fn enqueued(&mut self, queue: QueueId, record: RecordId, now: u64) -> bool {
        let held = self.held(queue, record);
        let known = std::mem::replace(&mut held.known, true);
        if held.copies == 0 {
            (held.receives, held.since) = (0, now);
        }
        held.copies += 1;
        held.newest = now;
        let length = &mut self.lengths[queue.index()];
        *length += 1;
        let longest = &mut self.longest[queue.index()];
        *longest = (*longest).max(*length);
        known
    }

    pub(super) fn delivered(
        &mut self,
        queue: QueueId,
        record: RecordId,
        redelivery: bool,
        now: u64,
        counts: &mut Counts,
    ) {
        let held = self.held(queue, record);
        let again = held.again;
        held.receives = held.receives.saturating_add(1);
        if held.receives == RECEIVES_LOOKED_AT {
            let age = now - held.since;
            self.oldest_reported = self.oldest_reported.max(age);
        }
        match (redelivery, again) {
            (false, _) => {}
            (true, Again::Returned) => counts.redelivered_returned += 1,
            (true, Again::TimedOut) => counts.redelivered_timed_out += 1,
        }
    }

    pub(super) fn returned(&mut self, queue: QueueId, record: RecordId) {
        self.held(queue, record).again = Again::Returned;
    }

    pub(super) fn timed_out(&mut self, queue: QueueId, record: RecordId) {
        self.held(queue, record).again = Again::TimedOut;
    }

    /// A message about the record is not in the queue any more.
    pub(super) fn left(&mut self, queue: QueueId, record: RecordId, now: u64) {
        let held = self.held(queue, record);
        if held.copies == 0 {
            return;
        }
        let (age, receives) = (now - held.since, held.receives);
        held.copies -= 1;
        (held.receives, held.since) = (0, held.newest);
        self.note_age(age, receives);
        self.lengths[queue.index()] -= 1;
    }

    fn note_age(&mut self, age: u64, receives: u8) {
        self.oldest_true = self.oldest_true.max(age);
        if receives < RECEIVES_LOOKED_AT {
            self.oldest_reported = self.oldest_reported.max(age);
        }
    }

    pub(super) fn dead_lettered(&mut self, queue: QueueId, record: RecordId, now: u64) {
        self.left(queue, record, now);
        self.dead += 1;
        self.dead_max = self.dead_max.max(self.dead);
    }

    pub(super) fn redriven(&mut self, queue: QueueId, record: RecordId, now: u64) {
        self.enqueued(queue, record, now);
        self.dead -= 1;
    }

    pub(super) fn dead_letter_lost(&mut self) {
        self.dead -= 1;
    }

    /// The run has ended: what is still in a queue has its age, too.
    pub(super) fn end(&mut self, now: u64, totals: &mut Totals) {
        for index in 0..self.held.len() {
            let held = self.held[index];
            if held.copies > 0 {
                self.note_age(now - held.since, held.receives);
            }
        }
        for (total, longest) in totals.backlog.iter_mut().zip(&self.longest) {
            *total = (*total).max(*longest);
        }
        totals.dead_letters = totals.dead_letters.max(self.dead_max);
        totals.oldest_true.record(self.oldest_true);
        totals.oldest_reported.record(self.oldest_reported);
    }
}
