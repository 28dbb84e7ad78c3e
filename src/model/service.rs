//! The external service: an effect outside of the system.

use crate::model::id::{MachineId, QueueId, RecordId, StageId};
use crate::model::message::rows::messages;
use crate::model::message::{Client, Message, Receipt};
use crate::model::options::{Idempotency, KeyStore, ServiceFailure, ServiceOptions};
use crate::model::outbox::Outbox;
use crate::model::record::RecordCopy;
use crate::model::states::states;

#[cfg(test)]
mod by_itself;
#[cfg(test)]
pub(crate) mod fields;

pub use crate::model::event::service::Event;

states! {
    /// ```text
    ///            fail
    /// Available ──────► Failed
    ///     ▲               │
    ///     └───────────────┘
    ///          recover
    /// ```
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub enum State {
        /// It serves calls.
        #[default]
        Available,
        /// It refuses calls, or keeps them waiting; it forgets nothing, unless its keys are in memory ([`KeyStore`]).
        Failed,
    }
}

/// What containers call for each record at each stage: a card network, a mail provider. It belongs to no region, and what
/// it does is done: no fault takes it back, and a caller that gets no answer cannot know whether there was an effect. So a
/// call has a key, by which the service knows it again ([`Idempotency`]).
///
/// Source: the idempotent requests of the Stripe API; "Timeouts, retries, and backoff with jitter" of the Amazon Builders'
/// Library.
#[derive(Clone, Debug, Default)]
pub struct ExternalService {
    state: State,
    /// By `stage × (records + 1) + record`; empty if no container calls.
    calls: Vec<Calls>,
    /// How many effects there were in all, where keys are forgotten.
    count: u32,
}

/// What the service knows of a record at a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Calls {
    /// How many effects there were.
    pub(crate) effects: u8,
    /// The delivery for which the last of them was, as long as the service knows its key. One is enough: with a second one the design has failed.
    pub(crate) delivery: Option<(QueueId, Receipt)>,
    /// How many effects there were in all when the last of them took place.
    pub(crate) at: u32,
}

/// What the service knows about its place and its design.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Its own address.
    pub(crate) machine: MachineId,
    /// By queue: the stage that reads it. No container reads the last queue of a region.
    pub(crate) stages_of_queues: Vec<StageId>,
    /// How many stages there are.
    pub(crate) stages: usize,
    /// How many records there are.
    pub(crate) records: usize,
    /// Its design.
    pub(crate) options: ServiceOptions,
}

impl Context {
    /// The stage for which is called that reads this queue.
    fn stage_of(&self, queue: QueueId) -> StageId {
        self.stages_of_queues[queue.index()]
    }

    fn index(&self, stage: StageId, record: RecordId) -> usize {
        stage.index() * (self.records + 1) + record.index()
    }
}

messages! {
    /// What the external service can be sent.
    pub(crate) enum Input for "the external service" {
        Call,
    }
}

impl ExternalService {
    pub(crate) fn new(context: Option<&Context>) -> ExternalService {
        let calls = context.map_or(0, |context| context.stages * (context.records + 1));
        ExternalService { calls: vec![Calls::default(); calls], ..ExternalService::default() }
    }

    /// Handles one message.
    pub(crate) fn handle(&mut self, message: &Message, context: &Context, out: &mut Outbox) {
        let Input::Call { client, queue, copy, receipt } = Input::of(message);
        if self.state == State::Failed {
            return refuse(client, out);
        }
        self.serve((queue, receipt), copy, context, out);
        let incarnation = client.incarnation;
        out.send(client.machine, Message::Called { incarnation });
    }

    fn serve(
        &mut self,
        delivery: (QueueId, Receipt),
        copy: RecordCopy,
        context: &Context,
        out: &mut Outbox,
    ) {
        let (stage, record) = (context.stage_of(delivery.0), copy.id);
        if self.knows(delivery, record, context) {
            return out.emit(Event::KnownAgain { stage, record });
        }
        if context.options.window > 0 {
            self.count += 1;
        }
        let calls = &mut self.calls[context.index(stage, record)];
        let times = calls.effects.saturating_add(1);
        *calls = Calls { effects: times, delivery: Some(delivery), at: self.count };
        out.emit(Event::TookEffect { stage, record, times });
    }

    /// Whether it knows a call again for this delivery of the record.
    pub(crate) fn knows(
        &self,
        delivery: (QueueId, Receipt),
        record: RecordId,
        context: &Context,
    ) -> bool {
        let calls = self.calls[context.index(context.stage_of(delivery.0), record)];
        let is_same = match context.options.idempotency {
            // Where keys are in memory it may be gone.
            Idempotency::ByRecord => calls.delivery.is_some(),
            Idempotency::ByAttempt => calls.delivery == Some(delivery),
            Idempotency::None => false,
        };
        is_same && !self.has_forgotten(calls, context)
    }

    fn has_forgotten(&self, calls: Calls, context: &Context) -> bool {
        self.age(calls, context) >= context.options.window && context.options.window > 0
    }

    /// How many effects came after the last one of these, if there was one; no more than it takes to forget its key.
    pub(crate) fn age(&self, calls: Calls, context: &Context) -> u32 {
        if calls.effects == 0 {
            0
        } else {
            self.count.saturating_sub(calls.at).min(context.options.window)
        }
    }

    /// Begins to refuse, or to keep calls waiting, those included that are under way.
    pub(crate) fn fail(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Failed;
        if context.options.keys == KeyStore::InMemory {
            self.calls.iter_mut().for_each(|calls| calls.delivery = None);
        }
        if context.options.on_failure == ServiceFailure::Hang {
            out.set_open(context.machine, false);
        }
    }

    /// Serves calls again.
    pub(crate) fn recover(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Available;
        out.set_open(context.machine, true);
    }

    /// Whether it serves calls.
    pub fn state(&self) -> State {
        self.state
    }

    /// How many effects there were in all, for every record and every stage.
    pub fn effects(&self) -> u32 {
        self.calls.iter().map(|calls| u32::from(calls.effects)).sum()
    }

    /// What it knows of a record at a stage.
    pub(crate) fn calls(&self, stage: StageId, record: RecordId, context: &Context) -> Calls {
        self.calls[context.index(stage, record)]
    }

    pub(crate) fn copy_from(&mut self, other: &ExternalService) {
        let ExternalService { state, calls, count } = other;
        (self.state, self.count) = (*state, *count);
        self.calls.clone_from(calls);
    }
}

fn refuse(client: Client, out: &mut Outbox) {
    let incarnation = client.incarnation;
    out.send(client.machine, Message::CallRefused { incarnation });
}
