//! The record source: where work enters.

use crate::model::id::{BatchId, MachineId, QueueId, RecordId, RegionId};
use crate::model::message::rows::messages;
use crate::model::message::{Client, Message};
use crate::model::options::{OnPartial, OnRefusal, Source};
use crate::model::outbox::Outbox;
use crate::model::pool::List;
use crate::model::record::RecordCopy;
use crate::model::states::states;

#[cfg(test)]
mod by_itself;
#[cfg(test)]
pub(crate) mod fields;

pub use crate::model::event::source::Event;

states! {
    /// ```text
    ///        publish                   refused (retry)
    ///  Idle ─────────► Sending ─────────────────────► Waiting
    ///    ▲               │  ▲                            │
    ///    └───────────────┘  └────────────────────────────┘
    ///      batch ended                   wake
    /// ```
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub enum State {
        /// It has nothing to publish.
        #[default]
        Idle,
        /// It waits for the acknowledgement of a record.
        Sending,
        /// It was refused and waits until something changes.
        Waiting,
    }
}

/// Publishes batches, one record after the other, each after the acknowledgement of the one
/// before.
///
/// The source is the only machine that knows what was accepted. What it was refused it sends
/// again, or gives up, as its option [`OnRefusal`] says. A batch that is one request for it ([`OnPartial::Ignore`]) is sent
/// record by record all the same: queues take or refuse each record of such a request by itself, in order, and what comes of the
/// others does not change that.
///
/// Source: Amazon SQS, `SendMessageBatch`, whose response lists successful and failed entries.
#[derive(Clone, Debug, Default)]
pub struct RecordSource {
    state: State,
    /// The batch under way; meaningful unless idle.
    batch: u16,
    /// Of a batch that is one request: how many records of it were refused since it was sent; 0 when idle.
    left_out: u16,
    /// Something changed since the record under way was sent: a refusal may be out of date.
    changed: bool,
    /// By batch (from 1): the first record of it that was neither accepted nor given up.
    next: Vec<u16>,
    /// Batches to publish after this one.
    pending: List,
    /// By batch (from 1): it was refused a record of it since the batch was last published.
    refused: Vec<bool>,
}

/// What the source knows about its place and its design.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Its own address.
    pub(crate) machine: MachineId,
    /// The address of in-dns.
    pub(crate) dns: MachineId,
    /// By batch (from 1): its first record; one more element at the end.
    pub(crate) first_record: Vec<u16>,
    /// By record (from 1): its value.
    pub(crate) values: Vec<u32>,
    /// Its design.
    pub(crate) options: Source,
}

messages! {
    /// What the source can be sent.
    pub(crate) enum Input for "the source" {
        Publish, Wake, Sent, SendRefused,
    }
}

impl RecordSource {
    pub(crate) fn new(context: &Context) -> RecordSource {
        let next = context.first_record.clone();
        RecordSource { refused: vec![false; next.len()], next, ..RecordSource::default() }
    }

    /// Handles one message.
    #[inline]
    pub(crate) fn handle(&mut self, message: &Message, context: &Context, out: &mut Outbox) {
        match (Input::of(message), self.state) {
            (Input::Publish { batch }, State::Idle) => self.begin(batch, context, out),
            (Input::Publish { .. }, State::Sending | State::Waiting) => {
                out.hold(&mut self.pending, *message);
            }
            (Input::Sent { .. }, _) => {
                out.emit(Event::Accepted { record: self.record() });
                self.advance(context, out);
            }
            (Input::SendRefused { .. }, _) => self.refused(context, out),
            (Input::Wake { .. }, State::Waiting) => self.send(context, out),
            (Input::Wake { .. }, State::Idle | State::Sending) => self.changed = true,
        }
    }

    fn begin(&mut self, batch: BatchId, context: &Context, out: &mut Outbox) {
        self.batch = batch.0;
        if !self.has_left(batch, context) {
            return self.end(true, context, out);
        }
        self.send(context, out);
    }

    /// Sends the record that is due.
    #[inline]
    fn send(&mut self, context: &Context, out: &mut Outbox) {
        let id = self.record();
        let copy = RecordCopy { id, value: context.values[id.index()] };
        self.state = State::Sending;
        self.changed = false;
        out.emit(Event::Published { copy });
        let client = Client { machine: context.machine, incarnation: 0 };
        out.send(context.dns, Message::Send { client, copy });
    }

    /// Goes on with the next record, or ends the batch.
    #[inline]
    fn advance(&mut self, context: &Context, out: &mut Outbox) {
        let next = &mut self.next[usize::from(self.batch)];
        *next += 1;
        if *next == context.first_record[usize::from(self.batch) + 1] {
            self.end(true, context, out);
        } else {
            self.send(context, out);
        }
    }

    fn refused(&mut self, context: &Context, out: &mut Outbox) {
        out.emit(Event::Refused { record: self.record() });
        self.refused[usize::from(self.batch)] = true;
        if context.options.on_partial == OnPartial::Ignore && !self.is_refused_as_a_whole(context) {
            return self.advance(context, out);
        }
        match context.options.on_refusal {
            OnRefusal::Retry if self.changed => self.send(context, out),
            OnRefusal::Retry => self.state = State::Waiting,
            OnRefusal::Abort => self.end(false, context, out),
            OnRefusal::Drop => self.advance(context, out),
        }
    }

    /// Of a batch that is one request: whether every record of it is refused now; then it begins again, if it does.
    fn is_refused_as_a_whole(&mut self, context: &Context) -> bool {
        let batch = usize::from(self.batch);
        let first = context.first_record[batch];
        self.left_out += 1;
        if self.left_out < context.first_record[batch + 1] - first {
            return false;
        }
        if context.options.on_refusal != OnRefusal::Drop {
            self.next[batch] = first;
        }
        self.left_out = 0;
        true
    }

    fn end(&mut self, complete: bool, context: &Context, out: &mut Outbox) {
        self.state = State::Idle;
        self.left_out = 0;
        out.emit(Event::BatchEnded { batch: BatchId(self.batch), complete });
        if let Some(Message::Publish { batch }) = out.take_held(&mut self.pending) {
            self.begin(batch, context, out);
        }
    }

    /// The record that is due.
    #[inline]
    fn record(&self) -> RecordId {
        RecordId(self.next[usize::from(self.batch)])
    }

    /// What it does.
    #[inline]
    pub fn state(&self) -> State {
        self.state
    }

    /// The record that it sends, or that was refused.
    pub fn under_way(&self) -> Option<RecordId> {
        (self.state != State::Idle).then(|| self.record())
    }

    /// Of a batch that is one request: how many records of it were refused since it was sent.
    pub(crate) fn left_out(&self) -> u16 {
        self.left_out
    }

    /// Whether it was told of a change since it sent the record under way.
    pub(crate) fn changed(&self) -> bool {
        self.changed
    }

    /// By batch (from 1): the first record of it that was neither accepted nor given up.
    pub fn next(&self) -> &[u16] {
        &self.next
    }

    /// Whether it was refused a record of the batch since that was last published.
    pub(crate) fn was_refused(&self, batch: BatchId) -> bool {
        self.refused[batch.index()]
    }

    /// Whether a record of the batch is left that was not accepted.
    pub(crate) fn has_left(&self, batch: BatchId, context: &Context) -> bool {
        self.next[batch.index()] < context.first_record[batch.index() + 1]
    }

    /// Whether it sends the batch now.
    pub(crate) fn is_sending(&self, batch: BatchId) -> bool {
        self.state != State::Idle && self.batch == batch.0
    }

    /// The batch is published, perhaps again.
    pub(crate) fn forget_refusals(&mut self, batch: BatchId) {
        self.refused[batch.index()] = false;
    }

    /// Batches to publish after the one under way.
    pub(crate) fn pending(&self) -> &List {
        &self.pending
    }

    pub(crate) fn copy_from(&mut self, other: &RecordSource) {
        let RecordSource { state, batch, left_out, changed, next, pending, refused } = other;
        self.next.clone_from(next);
        self.refused.clone_from(refused);
        (self.state, self.batch, self.changed, self.pending) = (*state, *batch, *changed, *pending);
        self.left_out = *left_out;
    }
}
