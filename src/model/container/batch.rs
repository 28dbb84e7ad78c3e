//! What a container does with several records that it received with one request.

use std::sync::Arc;

use crate::model::container::{Act, Container, Context, Drains, Event, Hand, WhyBack};
use crate::model::id::RecordId;
use crate::model::message::{Message, MessageNumber};
use crate::model::options::OnBatchFailure;
use crate::model::outbox::Outbox;
use crate::model::pool::List;

#[cfg(test)]
pub(crate) mod fields;

/// What a container knows of the order of what it receives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    /// Its queue keeps an order: of one group, or of all records if there are no groups.
    pub(crate) is_kept: bool,
    /// By record: its message group; none if all records are one.
    pub(crate) groups: Option<Arc<[u16]>>,
}

impl Order {
    /// Whether one of the records must not overtake the other.
    fn is_between(&self, one: RecordId, other: RecordId) -> bool {
        let group = |record: RecordId| self.groups.as_ref()?.get(record.index());
        self.is_kept && group(one) == group(other)
    }
}

/// The other records of a batch than the one that a container works on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Batch {
    /// Those that it has not begun, or has only to remove, in order: deliveries.
    rest: List,
    /// Those that it has processed, and removes when it has processed all; in order: deliveries.
    done: List,
    /// All that is left to be done with the batch is to remove it.
    removes: bool,
    /// Whether it is the old release that takes its place when it has finished the batch; none if no other release does.
    becomes_old: Option<bool>,
}

impl Batch {
    /// What it has not begun, and what it has processed: deliveries, in order.
    pub(crate) fn lists(&self) -> [&List; 2] {
        [&self.rest, &self.done]
    }

    /// Whether all that is left to be done is to remove it.
    pub(crate) fn removes(&self) -> bool {
        self.removes
    }

    /// Whether it is the old release that comes after it, if another one does.
    pub(crate) fn becomes_old(&self) -> Option<bool> {
        self.becomes_old
    }
}

impl Container {
    /// The first record of a batch has come, and is in the hand. One reply brings all of them: the others are in
    /// the inbox behind it.
    #[cold]
    pub(super) fn take_others(&mut self, context: &Context, out: &mut Outbox) {
        self.batch.removes = false;
        let current = self.incarnation;
        let is_one = |message: &Message| matches!(*message, Message::Received { incarnation, .. } if incarnation == current);
        while let Some(message) = out.take_first(context.machine, is_one) {
            if let Some(record) = message.record() {
                out.emit(Event::CameAlong { container: context.id, record });
            }
            out.hold(&mut self.batch.rest, message);
        }
    }

    /// Whether it has records of a batch that it has not begun.
    pub(super) fn has_more(&self) -> bool {
        !self.batch.rest.is_empty()
    }

    /// Goes on with the next record of its batch; after the last one it asks for the next batch.
    #[cold]
    pub(super) fn next_of_batch(&mut self, context: &Context, out: &mut Outbox) {
        if self.batch.rest.is_empty() && !self.batch.done.is_empty() {
            std::mem::swap(&mut self.batch.rest, &mut self.batch.done);
            self.batch.removes = true;
        }
        let Some(Message::Received { copy, receipt, .. }) = out.take_held(&mut self.batch.rest)
        else {
            self.let_go(out);
            return self.receive(context, out);
        };
        out.emit(Event::WentOn { container: context.id, record: copy.id });
        let step = if self.batch.removes { context.remove_step() } else { 0 };
        self.hand = Some(Hand { copy, receipt, step });
        self.retried = 0;
        let begins = !self.batch.removes && context.limits.is_some();
        if begins && self.turns_down(copy, context, out) {
            return;
        }
        self.act(context, out);
    }

    /// Whether it does not remove what it has processed before all of the batch is; then it goes on with the next.
    #[cold]
    pub(super) fn puts_aside(&mut self, hand: Hand, context: &Context, out: &mut Outbox) -> bool {
        if self.batch.removes || (self.batch.rest.is_empty() && self.batch.done.is_empty()) {
            return false;
        }
        let Hand { copy, receipt, .. } = hand;
        let (incarnation, queue) = (self.incarnation, context.in_queue_id);
        let number = MessageNumber::default();
        out.emit(Event::PutAside { container: context.id, record: copy.id });
        let delivery = Message::Received { incarnation, queue, copy, number, receipt };
        out.hold(&mut self.batch.done, delivery);
        self.next_of_batch(context, out);
        true
    }

    /// A record of a batch cannot be processed.
    #[cold]
    pub(super) fn fails_in_batch(
        &mut self,
        hand: Hand,
        why: WhyBack,
        context: &Context,
        out: &mut Outbox,
    ) {
        let (container, failed) = (context.id, hand.copy.id);
        let removing = context.action(hand.step) == Some(Act::Remove);
        let on_failure = context.options.on_batch_failure;
        if on_failure == OnBatchFailure::Removed && !removing {
            out.emit(Event::RemovesAll { container, record: failed, why });
            self.batch.removes = true;
            return self.skip_to_remove(context, out);
        }
        out.emit(Event::GaveBack { container, record: failed, why });
        match on_failure {
            OnBatchFailure::FailedBack => {
                self.give_others_back(
                    failed,
                    |other| context.order.is_between(failed, other),
                    context,
                    out,
                );
            }
            OnBatchFailure::AllBack => self.give_others_back(failed, |_| true, context, out),
            OnBatchFailure::FailedOnlyBack | OnBatchFailure::Removed => {}
        }
        self.next_of_batch(context, out);
    }

    /// Does not go on with other records of the batch either: it asks for the next one without having removed them, and
    /// with that they go back to the queue.
    fn give_others_back(
        &mut self,
        failed: RecordId,
        goes_back: impl Fn(RecordId) -> bool,
        context: &Context,
        out: &mut Outbox,
    ) {
        let is_one = |message: &Message| message.record().is_some_and(&goes_back);
        for list in [&mut self.batch.done, &mut self.batch.rest] {
            while let Some(message) = out.take_first_held(list, is_one) {
                let why = WhyBack::With(failed);
                let record = message.record().unwrap_or(failed);
                out.emit(Event::GaveBack { container: context.id, record, why });
            }
        }
    }

    /// Has nothing any more: what it held goes back to the queue, or was removed.
    pub(super) fn let_go(&mut self, out: &mut Outbox) {
        self.hand = None;
        self.drains = Drains::No;
        self.retried = 0;
        for list in [&mut self.batch.rest, &mut self.batch.done] {
            while out.take_held(list).is_some() {}
        }
        self.batch.removes = false;
        if let Some(is_old) = self.batch.becomes_old.take() {
            self.is_old = is_old;
        }
    }

    /// A container of that release takes its place, now or when it has finished its batch.
    pub(super) fn drain(&mut self, is_old: bool) {
        self.drains = match self.hand {
            Some(_) => Drains::Work,
            None => Drains::Request,
        };
        // What was to take its place before is not what takes it now.
        self.batch.becomes_old = None;
        match self.has_more() {
            true => self.batch.becomes_old = Some(is_old).filter(|&is_old| is_old != self.is_old),
            false => self.is_old = is_old,
        }
    }

    /// The other records of its batch than the one that it works on.
    pub(crate) fn batch(&self) -> &Batch {
        &self.batch
    }
}
