//! The record destination: where work leaves.

use crate::model::bit_set::BitSet;
use crate::model::event::Event;
use crate::model::id::{MachineId, QueueId, RecordId, RegionId};
use crate::model::message::{Client, Message, MessageNumber, Receipt};
use crate::model::options::Dedupe;
use crate::model::outbox::Outbox;
use crate::model::record::RecordCopy;

/// What the destination does with one region's outbound queue.
///
/// ```text
///            received                        refused
/// Receiving ──────────► Removing         ──────────────► Refused
///     ▲                    │      (from either state)       │
///     ├────────────────────┘                                │
///     │      removed                                        │
///     └─────────────────────────────────────────────────────┘
///                              wake
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum State {
    /// It has asked for the next record.
    #[default]
    Receiving,
    /// It has asked to remove the record that it got.
    Removing,
    /// It was refused and waits until something changes.
    Refused,
}

/// Receives from the outbound queue of every region through out-dns, removes what it received,
/// and counts each id once.
#[derive(Clone, Debug, Default)]
pub struct RecordDestination {
    /// By region.
    states: [State; 8],
    /// By region: something changed since the request under way was sent.
    changed: [bool; 8],
    /// By record.
    arrived: BitSet,
    /// By `region × (records + 1) + record`: the message that the record came in last, 0 if none was;
    /// empty unless it tells records apart by that. Older ones are forgotten: they would only matter
    /// once the record has counted twice.
    numbers: Vec<MessageNumber>,
    /// Each id once, in the order of its first arrival. History: nothing depends on it.
    order: Vec<RecordId>,
}

/// What the destination knows about its place and its design.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Its own address.
    pub(crate) machine: MachineId,
    /// The address of out-dns.
    pub(crate) dns: MachineId,
    /// By region: its outbound queue.
    pub(crate) queues: Vec<QueueId>,
    /// By queue of the system: its region.
    pub(crate) regions_of_queues: Vec<RegionId>,
    /// How many records there are.
    pub(crate) records: u16,
    /// How it tells records apart.
    pub(crate) dedupe: Dedupe,
}

impl Context {
    #[inline]
    fn region_of(&self, queue: QueueId) -> RegionId {
        self.regions_of_queues[queue.index()]
    }

    fn queue_of(&self, region: RegionId) -> QueueId {
        self.queues[region.index()]
    }
}

impl RecordDestination {
    pub(crate) fn new(context: &Context) -> RecordDestination {
        let records = usize::from(context.records) + 1;
        let numbers = match context.dedupe {
            Dedupe::ById | Dedupe::None => 0,
            Dedupe::ByMessageId => records * context.queues.len(),
        };
        RecordDestination {
            arrived: BitSet::new(records),
            numbers: vec![MessageNumber::default(); numbers],
            order: Vec::with_capacity(records),
            ..RecordDestination::default()
        }
    }

    /// Handles one message.
    #[inline]
    pub(crate) fn handle(&mut self, message: &Message, context: &Context, out: &mut Outbox) {
        match *message {
            Message::Received { queue, copy, number, receipt, .. } => {
                self.received(queue, copy, number, receipt, context, out);
            }
            Message::Removed { queue, .. } => {
                self.receive(context.region_of(queue), context, out);
            }
            Message::ReceiveRefused { queue, .. } | Message::RemoveRefused { queue, .. } => {
                let region = context.region_of(queue);
                if self.changed[region.index()] {
                    self.receive(region, context, out);
                } else {
                    self.states[region.index()] = State::Refused;
                }
            }
            Message::Wake { region } => match self.states[region.index()] {
                State::Refused => self.receive(region, context, out),
                State::Receiving | State::Removing => self.changed[region.index()] = true,
            },
            Message::Proceed
            | Message::Publish { .. }
            | Message::Send { .. }
            | Message::Sent { .. }
            | Message::SendRefused { .. }
            | Message::Receive { .. }
            | Message::Remove { .. }
            | Message::Abandon { .. }
            | Message::Insert { .. }
            | Message::Inserted { .. }
            | Message::InsertRefused { .. }
            | Message::Replicate { .. }
            | Message::Apply { .. }
            | Message::Probe { .. }
            | Message::Probed { .. }
            | Message::Forward { .. }
            | Message::Handover { .. }
            | Message::Discard { .. }
            | Message::Logged { .. }
            | Message::Enact { .. }
            | Message::CleanUp { .. } => unreachable!("the destination gets no {message:?}"),
        }
    }

    #[inline]
    fn received(
        &mut self,
        queue: QueueId,
        copy: RecordCopy,
        number: MessageNumber,
        receipt: Receipt,
        context: &Context,
        out: &mut Outbox,
    ) {
        let region = context.region_of(queue);
        let first = !self.arrived.contains(copy.id.index());
        if first {
            self.arrived.insert(copy.id.index());
            self.order.push(copy.id);
        }
        let counted = match context.dedupe {
            Dedupe::ById => first,
            Dedupe::None => true,
            Dedupe::ByMessageId => {
                let records = usize::from(context.records) + 1;
                let last = &mut self.numbers[region.index() * records + copy.id.index()];
                std::mem::replace(last, number) != number || first
            }
        };
        out.emit(Event::Arrived { copy, region, counted });
        self.states[region.index()] = State::Removing;
        self.changed[region.index()] = false;
        let client = Client { machine: context.machine, incarnation: 0 };
        out.send(context.dns, Message::Remove { client, queue, receipt });
    }

    /// Asks for the region's next record.
    #[inline]
    pub(crate) fn receive(&mut self, region: RegionId, context: &Context, out: &mut Outbox) {
        self.states[region.index()] = State::Receiving;
        self.changed[region.index()] = false;
        let client = Client { machine: context.machine, incarnation: 0 };
        let queue = context.queue_of(region);
        out.send(context.dns, Message::Receive { client, queue });
    }

    /// What it does with the region's outbound queue.
    #[inline]
    pub fn state(&self, region: RegionId) -> State {
        self.states[region.index()]
    }

    /// Whether it was told of a change since it sent the region's request.
    pub(crate) fn changed(&self, region: RegionId) -> bool {
        self.changed[region.index()]
    }

    /// Whether the record has arrived.
    pub fn has(&self, record: RecordId) -> bool {
        self.arrived.contains(record.index())
    }

    /// By `region × (records + 1) + record`: the message that the record came in last, 0 if none was;
    /// empty unless it tells records apart by that.
    pub(crate) fn numbers(&self) -> &[MessageNumber] {
        &self.numbers
    }

    /// The records that arrived, each once, in the order of first arrival.
    pub fn order(&self) -> &[RecordId] {
        &self.order
    }

    pub(crate) fn copy_from(&mut self, other: &RecordDestination) {
        let RecordDestination { states, changed, arrived, numbers, order } = other;
        (self.states, self.changed) = (*states, *changed);
        self.arrived.copy_from(arrived);
        self.numbers.clone_from(numbers);
        self.order.clone_from(order);
    }
}
