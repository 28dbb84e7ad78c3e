//! What a container's release can process, and how it gets another one.

use crate::model::bit_set::BitSet;
use crate::model::container::{Container, Context, State, WhyBack};
use crate::model::id::RecordId;
use crate::model::options::{OnNewFormat, OnStop};
use crate::model::outbox::Outbox;
use crate::model::record::{MISREAD, RecordCopy};

/// What containers cannot process.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// The records that no container can process.
    pub(crate) poison: BitSet,
    /// The first record in the new format, which a container of the old release cannot read; none if all are in the
    /// old one.
    pub(crate) new_format_from: Option<RecordId>,
}

/// What a container has to finish that another one takes the place of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Drains {
    /// No other one takes its place, or it has finished.
    #[default]
    No,
    /// The record in its hand, and those of the same batch.
    Work,
    /// A request for a record, which may still be refused; the record is for the one that takes its place.
    Request,
}

impl Context {
    /// Whether the record is in the new format, which a container of the old release cannot read.
    #[cold]
    pub(crate) fn is_new_format(&self, record: RecordId) -> bool {
        let first = self.limits.as_deref().and_then(|limits| limits.new_format_from);
        first.is_some_and(|first| record >= first)
    }
}

impl Container {
    /// Whether a record that was just delivered is one that it cannot process; then that is dealt with.
    #[cold]
    pub(super) fn turns_down(
        &mut self,
        copy: RecordCopy,
        context: &Context,
        out: &mut Outbox,
    ) -> bool {
        let Some(limits) = context.limits.as_deref() else { return false };
        if limits.poison.contains(copy.id.index()) {
            self.give_back(WhyBack::Poison, context, out);
            return true;
        }
        if !self.is_old || !context.is_new_format(copy.id) {
            return false;
        }
        match context.options.on_new_format {
            OnNewFormat::GiveBack => self.give_back(WhyBack::NewFormat, context, out),
            OnNewFormat::Drop => self.skip_to_remove(context, out),
            OnNewFormat::IgnoreFields => {
                let hand = self.hand.as_mut().expect("it was just delivered");
                hand.copy.value = MISREAD;
                self.act(context, out);
            }
        }
        true
    }

    /// A container of the new release takes its place, whatever it was doing. One that drains finishes what it has first:
    /// which release that is makes no difference to a record that is in the hand, so the next one is the first that the new
    /// release sees, unless it is of the same batch. One that has failed finishes nothing, and one that is paused would never
    /// end: an orchestrator kills it, and what it held comes back to the queue. The new one works in any case, also if a
    /// refusal is on its way that would have stopped the one that drains.
    pub(crate) fn deploy(&mut self, context: &Context, out: &mut Outbox) {
        match (self.state, context.options.on_stop) {
            (State::Processing, OnStop::Drain) => return self.drain(),
            (State::Processing, OnStop::AtOnce) | (State::FailedProcessing, _) => {
                self.crash(context, out);
            }
            // It has given up what it had.
            (State::FailedDependency, _) => {}
        }
        self.is_old = false;
        self.recover(context, out);
    }

    /// It drains, and is refused for the last time: the one that takes its place works.
    #[cold]
    pub(super) fn is_replaced(&self) -> bool {
        match self.drains {
            Drains::No => false,
            Drains::Work => self.hand.is_some(),
            Drains::Request => self.hand.is_none(),
        }
    }

    /// What it had to finish is finished: from here on it is the one that takes its place.
    #[cold]
    pub(super) fn is_drained(&mut self) {
        self.drains = Drains::No;
    }

    /// What it has to finish before another one takes its place.
    pub(crate) fn drains(&self) -> Drains {
        self.drains
    }

    /// Whether it is of the old release, which cannot read the new format.
    pub(crate) fn is_old(&self) -> bool {
        self.is_old
    }
}
