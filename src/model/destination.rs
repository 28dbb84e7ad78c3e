//! The record destination: where work leaves.

use crate::model::bit_set::BitSet;
use crate::model::id::{MachineId, QueueId, RecordId, RegionId};
use crate::model::message::rows::messages;
use crate::model::message::{Client, Message, MessageNumber, Receipt};
use crate::model::options::{Dedupe, DestinationOptions, Versions};
use crate::model::outbox::Outbox;
use crate::model::record::{Keys, RecordCopy};
use crate::model::states::states;

#[cfg(test)]
mod by_itself;
#[cfg(test)]
pub(crate) mod fields;

pub use crate::model::event::destination::Event;

states! {
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
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub enum State {
        /// It has asked for the next record.
        #[default]
        Receiving,
        /// It has asked to remove the record that it got.
        Removing,
        /// It was refused and waits until something changes.
        Refused,
    }
}

/// Receives from the outbound queue of every region through out-dns, removes what it received,
/// and counts each id once, unless it has forgotten it. For each business key it shows one record that it counted: the last, or
/// the newest version ([`Versions`]).
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
    /// By record: the number of its last arrival that counted, 0 if none did. Empty unless ids are forgotten.
    counted: Vec<u32>,
    /// How many arrivals counted, where ids are forgotten.
    count: u32,
    /// By key: the record that it shows; 0: none. Empty unless it compares versions.
    shown: Vec<RecordId>,
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
    /// How many business keys there are.
    pub(crate) keys: usize,
    /// Its design.
    pub(crate) options: DestinationOptions,
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

messages! {
    /// What the destination can be sent.
    pub(crate) enum Input for "the destination" {
        Wake, Received, ReceiveRefused, Removed, RemoveRefused,
    }
}

/// The region that a message to the destination is about.
#[inline(always)]
pub(crate) fn region_of(message: &Message, context: &Context) -> RegionId {
    match Input::of(message) {
        Input::Wake { region } => region,
        Input::Received { queue, .. }
        | Input::Removed { queue, .. }
        | Input::ReceiveRefused { queue, .. }
        | Input::RemoveRefused { queue, .. } => context.region_of(queue),
    }
}

impl RecordDestination {
    pub(crate) fn new(context: &Context) -> RecordDestination {
        let records = usize::from(context.records) + 1;
        let numbers = match context.options.dedupe {
            Dedupe::ById | Dedupe::None => 0,
            Dedupe::ByMessageId => records * context.queues.len(),
        };
        RecordDestination {
            arrived: BitSet::new(records),
            numbers: vec![MessageNumber::default(); numbers],
            counted: vec![0; if context.options.window > 0 { records } else { 0 }],
            shown: match context.options.versions {
                Versions::AsTheyCome => Vec::new(),
                Versions::Checked => vec![RecordId(0); context.keys],
            },
            order: Vec::with_capacity(records),
            ..RecordDestination::default()
        }
    }

    /// Handles one message.
    #[inline]
    pub(crate) fn handle(
        &mut self,
        message: &Message,
        context: &Context,
        keys: &Keys,
        out: &mut Outbox,
    ) {
        match Input::of(message) {
            Input::Received { queue, copy, number, receipt, .. } => {
                let region = context.region_of(queue);
                let counted = self.count(region, copy.id, number, context);
                let shown = counted && context.keys > 0 && self.show(copy.id, keys);
                out.emit(Event::Arrived { copy, region, counted, shown });
                self.remove(region, queue, receipt, context, out);
            }
            // What it had removed too late comes again, and does not count.
            Input::Removed { queue, .. } | Input::RemoveRefused { queue, expired: true, .. } => {
                self.receive(context.region_of(queue), context, out);
            }
            Input::ReceiveRefused { queue, .. }
            | Input::RemoveRefused { queue, expired: false, .. } => {
                let region = context.region_of(queue);
                if self.changed[region.index()] {
                    self.receive(region, context, out);
                } else {
                    self.states[region.index()] = State::Refused;
                }
            }
            Input::Wake { region } => match self.states[region.index()] {
                State::Refused => self.receive(region, context, out),
                State::Receiving | State::Removing => self.changed[region.index()] = true,
            },
        }
    }

    /// Takes note of a record that came in a message. Whether it counts.
    #[inline]
    fn count(
        &mut self,
        region: RegionId,
        record: RecordId,
        number: MessageNumber,
        context: &Context,
    ) -> bool {
        let first = !self.arrived.contains(record.index());
        if first {
            self.arrived.insert(record.index());
            self.order.push(record);
        }
        match context.options.dedupe {
            Dedupe::ById if context.options.window > 0 => {
                let counts = first || self.has_forgotten(record, context);
                if counts {
                    self.count += 1;
                    self.counted[record.index()] = self.count;
                }
                counts
            }
            Dedupe::ById => first,
            Dedupe::None => true,
            Dedupe::ByMessageId => {
                let records = usize::from(context.records) + 1;
                let last = &mut self.numbers[region.index() * records + record.index()];
                std::mem::replace(last, number) != number || first
            }
        }
    }

    fn has_forgotten(&self, record: RecordId, context: &Context) -> bool {
        self.age(record, context) >= context.options.window
    }

    /// How many arrivals counted after the last one of the record, if it has arrived; no more than it takes to forget its id.
    pub(crate) fn age(&self, record: RecordId, context: &Context) -> u32 {
        match self.counted.get(record.index()) {
            None | Some(0) => 0,
            Some(last) => self.count.saturating_sub(*last).min(context.options.window),
        }
    }

    /// Shows a record that counts under its key, unless a newer version is shown. Whether it does.
    fn show(&mut self, record: RecordId, keys: &Keys) -> bool {
        // Empty: versions are not compared.
        let Some(shown) = self.shown.get_mut(keys.key_of(record)) else { return true };
        let is_newer = shown.0 == 0 || keys.version_of(record) > keys.version_of(*shown);
        if is_newer {
            *shown = record;
        }
        is_newer
    }

    /// Has what it received removed from the queue.
    #[inline]
    fn remove(
        &mut self,
        region: RegionId,
        queue: QueueId,
        receipt: Receipt,
        context: &Context,
        out: &mut Outbox,
    ) {
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

    /// By key: the record that it shows, 0 if none; empty unless it compares versions.
    pub(crate) fn shown(&self) -> &[RecordId] {
        &self.shown
    }

    /// The records that arrived, each once, in the order of first arrival.
    pub fn order(&self) -> &[RecordId] {
        &self.order
    }

    pub(crate) fn copy_from(&mut self, other: &RecordDestination) {
        let RecordDestination { states, changed, arrived, numbers, counted, count, shown, order } =
            other;
        (self.states, self.changed, self.count) = (*states, *changed, *count);
        self.arrived.copy_from(arrived);
        self.numbers.clone_from(numbers);
        self.counted.clone_from(counted);
        self.shown.clone_from(shown);
        self.order.clone_from(order);
    }
}
