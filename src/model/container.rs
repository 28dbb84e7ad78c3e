//! The container that does the work of one stage in one region (ECS).

use std::sync::Arc;

use crate::model::id::{ContainerId, MachineId, QueueId};
use crate::model::message::rows::messages;
use crate::model::message::{Client, Message, MessageNumber, Receipt, RolledBack};
use crate::model::options::{Action, ContainerOptions, OnBatchFailure};
use crate::model::outbox::Outbox;
use crate::model::record::RecordCopy;
use crate::model::states::states;

pub(crate) mod batch;
mod branches;
#[cfg(test)]
mod by_itself;
#[cfg(test)]
pub(crate) mod fields;
mod life;
mod refused;
mod release;
mod stored;

pub use crate::model::event::container::{Event, WhyBack};
pub(crate) use batch::{Batch, Order};
pub(crate) use branches::Branches;
pub(crate) use release::{Drains, Limits, Misreads};

states! {
    /// ```text
    ///                     pause, crash
    ///           ┌──────────────────────────────► FailedProcessing
    ///       Processing ◄──────────────────────────────┘  ▲
    ///        │   ▲               recover                 │ crash
    ///        │   └───────────────────────────────┐       │
    ///        └──────────────────────────────► FailedDependency
    ///          a queue or the table refused, and it does not give back
    /// ```
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub enum State {
        /// It works, or waits for a delivery.
        #[default]
        Processing,
        /// Its own failure: it was paused or it crashed.
        FailedProcessing,
        /// A queue or a table refused.
        FailedDependency,
    }
}

impl State {
    /// The state as text.
    pub fn name(self) -> &'static str {
        match self {
            State::Processing => "Processing",
            State::FailedProcessing => "FailedProcessing",
            State::FailedDependency => "FailedDependency",
        }
    }
}

/// What a container does with a record, one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    /// It begins the transaction that stores the record with the intent to publish it.
    Begin,
    /// It stores the record.
    Store,
    /// It sends the record to the out-queue.
    Publish,
    /// It sends the record to one of several out-queues.
    Branch,
    /// It removes the record from the in-queue.
    Remove,
    /// It calls the external service.
    Call,
    /// It stores the record, sends it on and removes it, in one transaction; then it passes over the step behind, which would
    /// remove it.
    Transact,
}

impl Act {
    /// What each is called, in the order of their numbers.
    pub(crate) const NAMES: [&str; 7] =
        ["begin", "store", "publish", "publish", "remove", "call", "transact"];
}

impl From<Action> for Act {
    fn from(action: Action) -> Act {
        match action {
            Action::Store => Act::Store,
            Action::Publish => Act::Publish,
            Action::Remove => Act::Remove,
            Action::Call => Act::Call,
        }
    }
}

/// What the container has in its memory: lost in a crash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hand {
    /// The record.
    pub copy: RecordCopy,
    /// The delivery it came with.
    pub receipt: Receipt,
    /// Which of the container's actions is under way: an index into its `steps`.
    pub step: u8,
}

/// A stateless worker: receives a record, stores it, publishes it, removes it, and receives
/// again. Each of these is a request and a reply, so any other machine may step in between. It may receive several
/// records at a time, and works on one after the other.
///
/// All containers have asked for their first record before the first step. In the published model each asks
/// when it starts, at any time: that is the same from outside, for the queue can handle the first request when the record
/// comes.
///
/// Source: one task of an Amazon ECS service that polls an SQS queue.
#[derive(Clone, Copy, Debug, Default)]
pub struct Container {
    state: State,
    /// It is dead, not just paused.
    crashed: bool,
    /// How often it was started again.
    incarnation: u16,
    /// How often the request under way was refused and sent again.
    retried: u8,
    hand: Option<Hand>,
    /// What came with it.
    batch: Batch,
    /// It is of the old release.
    is_old: bool,
    /// What it has to finish before another one takes its place.
    drains: Drains,
}

/// What a container does with a record, in order; then nothing.
pub(crate) type Steps = [Option<Act>; Action::ALL.len() + 1 + BRANCHES_MAX];

/// To how many queues a stage can send: there are 15 other stages, and the destination.
const BRANCHES_MAX: usize = 16;

/// What a container knows about its place and its design.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Which container it is.
    pub(crate) id: ContainerId,
    /// Its own address.
    pub(crate) machine: MachineId,
    /// Which queue it reads.
    pub(crate) in_queue_id: QueueId,
    /// The address of the queue it reads.
    pub(crate) in_queue: MachineId,
    /// The address of the queue it sends to: the first, if there are several.
    pub(crate) out_queue: MachineId,
    /// The queues it sends to, unless it sends all records to one; also if it sends to none.
    pub(crate) branches: Option<Arc<Branches>>,
    /// The address of its stage's table in its own region.
    pub(crate) table: MachineId,
    /// The address of the external service, if it calls one.
    pub(crate) service: MachineId,
    /// What it does with a record, in order.
    pub(crate) steps: Steps,
    /// What it knows of the order of what it receives.
    pub(crate) order: Order,
    /// Its design.
    pub(crate) options: ContainerOptions,
    /// What it cannot process; none if it can process all records.
    pub(crate) limits: Option<Arc<Limits>>,
    /// It is of the old release when the run begins.
    pub(crate) begins_old: bool,
    /// It is of the old release at some time, perhaps.
    pub(crate) can_be_old: bool,
}

impl Context {
    /// What is done in this of its steps; none behind the last one.
    #[inline]
    pub(crate) fn action(&self, step: u8) -> Option<Act> {
        self.steps.get(usize::from(step)).copied().flatten()
    }

    /// Which of its steps removes the record.
    fn remove_step(&self) -> u8 {
        let remove = self.steps.iter().position(|&act| act == Some(Act::Remove));
        remove.expect("validated: steps holds it once") as u8
    }

    /// Whether it removes nothing before it has processed all that came together.
    #[inline]
    fn removes_last(&self) -> bool {
        self.options.batch > 1 && self.options.on_batch_failure == OnBatchFailure::AllBack
    }
}

messages! {
    /// What a container can be sent.
    pub(crate) enum Input for "a container" {
        Received, ReceiveRefused, Removed, RemoveRefused, Sent, SendRefused, Inserted, InsertRefused,
        Begun, Called, CallRefused, Withdrawn, WithdrawRefused, Transacted, TransactRefused,
    }
}

impl Container {
    /// Handles one message.
    #[inline]
    pub(crate) fn handle(&mut self, message: &Message, context: &Context, out: &mut Outbox) {
        if self.state == State::FailedProcessing {
            // Its inbox is open: what comes now is dropped.
            return out.emit(Event::StaleReply { container: context.id });
        }
        match Input::of(message) {
            Input::Received { incarnation, copy, receipt, .. } => {
                if self.is_current(incarnation, context, out) {
                    self.hand = Some(Hand { copy, receipt, step: 0 });
                    self.retried = 0;
                    if context.options.batch > 1 {
                        self.take_others(context, out);
                    }
                    if context.limits.is_some() && self.turns_down(copy, context, out) {
                        return;
                    }
                    self.act(context, out);
                }
            }
            Input::Inserted { incarnation, duplicate, unreadable } => {
                if self.is_current(incarnation, context, out) {
                    self.stored(duplicate, unreadable, context, out);
                }
            }
            Input::Sent { incarnation, .. }
            | Input::Removed { incarnation, .. }
            | Input::Begun { incarnation }
            | Input::Called { incarnation } => {
                if self.is_current(incarnation, context, out) {
                    self.next(context, out);
                }
            }
            Input::InsertRefused { incarnation } => {
                self.refused(incarnation, context.table, context, out);
            }
            Input::SendRefused { incarnation } => {
                self.refused(incarnation, context.refuser(self.hand), context, out);
            }
            Input::CallRefused { incarnation } => {
                self.refused(incarnation, context.service, context, out);
            }
            Input::Withdrawn { incarnation } => {
                if self.is_current(incarnation, context, out) {
                    self.give_up(context.refuser(self.hand), context, out);
                }
            }
            Input::WithdrawRefused { incarnation } => {
                if self.is_current(incarnation, context, out) {
                    self.withdraw_refused(context, out);
                }
            }
            Input::Transacted { incarnation } => {
                if self.is_current(incarnation, context, out) {
                    self.is_done(context, out);
                }
            }
            Input::TransactRefused { incarnation, why } => {
                self.rolled_back(incarnation, why, context, out);
            }
            // It was too slow, and another one has the record or will: its own work is done.
            Input::RemoveRefused { incarnation, expired: true, .. } => {
                if self.is_current(incarnation, context, out) {
                    self.next(context, out);
                }
            }
            Input::RemoveRefused { incarnation, expired: false, .. }
            | Input::ReceiveRefused { incarnation, .. } => {
                self.refused(incarnation, context.in_queue, context, out);
            }
        }
    }

    /// Whether a reply is for this life of the container.
    #[inline]
    fn is_current(&self, incarnation: u16, context: &Context, out: &mut Outbox) -> bool {
        let current = incarnation == self.incarnation;
        if !current {
            out.emit(Event::StaleReply { container: context.id });
        }
        current
    }

    /// Whether it waits for its table.
    #[inline]
    fn is_storing(&self, context: &Context) -> bool {
        self.hand.is_some_and(|hand| context.action(hand.step) == Some(Act::Store))
    }

    #[inline]
    fn next(&mut self, context: &Context, out: &mut Outbox) {
        let hand = self.hand.as_mut().expect("a reply that is not stale is about the hand");
        hand.step += 1;
        self.retried = 0;
        self.act(context, out);
    }

    /// Asks for the action that is due; after the last one, for the next record.
    #[inline]
    fn act(&mut self, context: &Context, out: &mut Outbox) {
        let client = self.client(context);
        let hand = self.hand.expect("it acts on what it has in its hand");
        let Some(act) = context.action(hand.step) else {
            return match context.options.batch {
                0 | 1 => self.receive(context, out),
                _ => self.next_of_batch(context, out),
            };
        };
        match act {
            Act::Begin => out.send(context.table, Message::Begin { client, copy: hand.copy }),
            Act::Store => out.send(context.table, Message::Insert { client, copy: hand.copy }),
            Act::Publish => {
                out.emit(Event::Forwarding { container: context.id, record: hand.copy.id });
                out.send(context.out_queue, Message::Send { client, copy: hand.copy });
            }
            Act::Branch => {
                let queue = context.branch(hand.step, hand.copy.id);
                out.emit(Event::Forwarding { container: context.id, record: hand.copy.id });
                out.send(queue, Message::Send { client, copy: hand.copy });
            }
            Act::Remove => {
                if context.removes_last() && self.puts_aside(hand, context, out) {
                    return;
                }
                let (queue, receipt) = (context.in_queue_id, hand.receipt);
                out.send(context.in_queue, Message::Remove { client, queue, receipt });
            }
            Act::Call => {
                let (queue, Hand { copy, receipt, .. }) = (context.in_queue_id, hand);
                out.send(context.service, Message::Call { client, queue, copy, receipt });
            }
            Act::Transact => {
                let (queue, Hand { copy, receipt, .. }) = (context.in_queue_id, hand);
                out.send(context.table, Message::Transact { client, queue, copy, receipt });
            }
        }
    }

    /// Leaves out what is left before the remove.
    fn skip_to_remove(&mut self, context: &Context, out: &mut Outbox) {
        let hand = self.hand.as_mut().expect("only a record in the hand can be skipped");
        let remove = context.remove_step();
        hand.step = if hand.step < remove { remove } else { hand.step + 1 };
        self.act(context, out);
    }

    fn become_state(
        &mut self,
        state: State,
        refused_by: Option<MachineId>,
        context: &Context,
        out: &mut Outbox,
    ) {
        if self.state != state {
            self.state = state;
            out.emit(Event::Became { container: context.id, state, refused_by });
        }
    }

    #[inline]
    fn client(&self, context: &Context) -> Client {
        Client { machine: context.machine, incarnation: self.incarnation }
    }

    /// Whether it works.
    #[inline]
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether it is paused: it keeps what it was delivered, and does not act on it.
    pub(crate) fn hangs(&self) -> bool {
        self.state == State::FailedProcessing && !self.crashed
    }

    /// Whether it is dead, not just paused.
    pub fn crashed(&self) -> bool {
        self.crashed
    }

    /// How often it was started again, or gave up.
    pub fn incarnation(&self) -> u16 {
        self.incarnation
    }

    /// How often the request under way was refused and sent again.
    pub(crate) fn retried(&self) -> u8 {
        self.retried
    }

    /// The record that it works on.
    pub fn hand(&self) -> Option<Hand> {
        self.hand
    }
}
