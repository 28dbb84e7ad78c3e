//! What a container's release can process, and how it gets another one.

use crate::model::bit_set::BitSet;
use crate::model::container::{Container, Context, State, WhyBack};
use crate::model::id::RecordId;
use crate::model::options::{OnNewFormat, OnOldFormat, OnStop};
use crate::model::outbox::Outbox;
use crate::model::record::{MISREAD, RecordCopy};

/// What containers cannot process.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// The records that no container can process.
    pub(crate) poison: BitSet,
    /// The first record in the new format, which a container of the old release cannot read, and one of the new release may
    /// not be able to read those before it; none if each container reads all.
    pub(crate) new_format_from: Option<RecordId>,
}

/// What a container does with a record in a format that its release cannot read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Misreads {
    /// It is of the old release, and the format is new.
    New(OnNewFormat),
    /// It is of the new release, and the format is old.
    Old(OnOldFormat),
}

impl Misreads {
    /// Which format it is, and of which release a container is that cannot read it.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Misreads::New(_) => ("new", "old"),
            Misreads::Old(_) => ("old", "new"),
        }
    }
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
    /// What a container of the old release, or of the new one, does with the record because it cannot read its format; none
    /// if it can.
    #[cold]
    pub(crate) fn misread_by(&self, is_old: bool, record: RecordId) -> Option<Misreads> {
        let first = self.limits.as_deref()?.new_format_from?;
        match (is_old, record >= first) {
            (true, true) => Some(Misreads::New(self.options.on_new_format)),
            (false, false) => Some(Misreads::Old(self.options.on_old_format))
                .filter(|&does| does != Misreads::Old(OnOldFormat::Read)),
            (true, false) | (false, true) => None,
        }
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
        match context.misread_by(self.is_old, copy.id) {
            None => return false,
            Some(Misreads::New(OnNewFormat::GiveBack)) => {
                self.give_back(WhyBack::NewFormat, context, out);
            }
            Some(Misreads::Old(OnOldFormat::GiveBack)) => {
                self.give_back(WhyBack::OldFormat, context, out);
            }
            Some(Misreads::New(OnNewFormat::Drop) | Misreads::Old(OnOldFormat::Drop)) => {
                self.skip_to_remove(context, out);
            }
            Some(Misreads::New(OnNewFormat::IgnoreFields)) => {
                let hand = self.hand.as_mut().expect("it was just delivered");
                hand.copy.value = MISREAD;
                self.act(context, out);
            }
            Some(Misreads::Old(OnOldFormat::Read)) => unreachable!("it reads that"),
        }
        true
    }

    /// A container of the new release takes its place, or of the old one, whatever it was doing. One that drains finishes what it has first:
    /// which release that is makes no difference to a record that is in the hand, so the next one is the first that the other
    /// release sees, unless it is of the same batch. One that has failed finishes nothing, and one that is paused would never
    /// end: an orchestrator kills it, and what it held comes back to the queue. The new one works in any case, also if a
    /// refusal is on its way that would have stopped the one that drains.
    pub(crate) fn deploy(&mut self, is_old: bool, context: &Context, out: &mut Outbox) {
        match (self.state, context.options.on_stop) {
            (State::Processing, OnStop::Drain) => return self.drain(is_old),
            (State::Processing, OnStop::AtOnce) | (State::FailedProcessing, _) => {
                self.crash(context, out);
            }
            // It has given up what it had.
            (State::FailedDependency, _) => {}
        }
        self.is_old = is_old;
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
