//! The queue between two stages (SQS).

use std::sync::Arc;

use crate::model::id::{MachineId, QueueId, RecordId, RegionId};
use crate::model::layout::IN_DNS;
use crate::model::message::rows::messages;
use crate::model::message::{Client, Health, Message, MessageNumber, Receipt};
use crate::model::options::{AtCapacity, Delivery, QueueOptions, Receive, RemoveBy};
use crate::model::outbox::Outbox;
use crate::model::pool::{List, Pool};
use crate::model::record::RecordCopy;
use crate::model::states::states;

mod batch;
#[cfg(test)]
mod by_itself;
mod deduplication;
mod faults;
#[cfg(test)]
pub(crate) mod fields;
mod groups;
mod hand_out;
pub(crate) mod log;
mod mirror;
mod shown;
mod transaction;
mod waiting;

pub use crate::model::event::queue::Event;

use waiting::Waiting;

/// A record in a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Item {
    /// The record.
    pub copy: RecordCopy,
    /// Who has it; meaningful while it is in flight.
    pub holder: Client,
    /// Names its newest delivery; meaningful while it is in flight.
    pub receipt: Receipt,
    /// How often it was delivered.
    pub receives: u16,
    /// The message that it came in.
    pub number: MessageNumber,
}

/// The items of all queues: each queue owns two lists in it.
pub(crate) type Shelf = Pool<Item>;

states! {
    /// ```text
    ///            fail
    /// Available ──────► Failed
    ///     ▲               │
    ///     └───────────────┘
    ///          recover
    /// ```
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub enum State {
        /// It serves requests.
        #[default]
        Available,
        /// It refuses every request and loses nothing.
        Failed,
    }
}

/// How many consumers can wait for a delivery: the containers that compete on one queue.
pub const CONSUMERS_MAX: usize = 8;

/// A queue: `send` appends; `receive` waits until there is a record (long poll) and delivers the
/// head, which stays in the queue until `remove`. A consumer that asks again while it holds a
/// delivery gives that delivery up, as one does that abandons it: the record is then the head
/// again. (The queue of the published model knows of no delivery: it hands out its head to whichever
/// consumer asks, and a remove removes the head.)
///
/// A consumer may ask for several records (`container.batch`): it gets those that are visible then, each with a receipt of
/// its own, and has until the visibility timeout of all of them.
///
/// A `fifo` queue has one delivery of each message group in flight ([`Groups`](crate::model::options::Groups); by default all
/// records are one group): it delivers the first record whose group has none. A `standard` queue has as many as consumers wait, and
/// the scheduler may change the order of what is visible.
///
/// A delivery is invisible to other consumers until its *visibility timeout*. The scheduler may let that of
/// the oldest delivery pass within the budget, though its consumer works. A consumer that hangs while
/// others wait at the same queue is never waited for without end: then the timeout is a message of the queue to
/// itself ([`Message::Expire`]), as late as the scheduler likes, and before the system is quiescent.
/// (Where a consumer is the only one of its queue nothing would come of that: the record would wait for the
/// same consumer. There the delivery stays with it.)
///
/// A receipt belongs to one delivery. A `fifo` queue refuses one whose delivery is not in flight any more: it has
/// expired, and the consumer goes on. A `standard` queue accepts it: it removes the record if that is
/// visible and was not delivered again, and nothing otherwise.
///
/// A record that was delivered `max_receives` times goes to the dead-letter queue instead of being delivered again, until it is
/// redriven as a new message. Of a log the position behind it is committed in the same step, with all that its consumer has read before
/// it in the partition. Not modelled: a consumer that dies when it has parked a record and not yet committed, and parks it twice.
///
/// A `fifo` queue may tell resends from messages ([`Deduplication`](crate::model::options::Deduplication)): what it has taken
/// since its deduplication window passed last it acknowledges, and does not take again.
///
/// A queue that fails refuses those who wait at it, or lets them wait for its recovery ([`QueueFailure`](crate::model::options::QueueFailure)).
///
/// A `log` keeps what it hands out, and its consumers commit positions in it ([`Commit`](crate::model::options::Commit)):
/// what is committed is done with, as if it were removed, and with it all before it in the same partition, processed or not. A
/// partition ([`Groups`](crate::model::options::Groups)) has one consumer at a time, which reads on in it; what it has read
/// and not committed is in flight. In another life it begins at the committed position, as any other consumer would
/// that gets the partition: all that was read since comes again. A consumer that hangs while others wait loses its
/// partitions, and what it commits then is refused.
///
/// A commit at intervals comes at any time after a record was processed, also when others have been processed behind it: it is a
/// message of the log to itself ([`Message::Commit`]) that lets all others pass, so it waits for no request and no request waits
/// for it, and it comes before the system is quiescent. It is the consumer that commits: one that has died never does, one
/// that hangs does when it goes on, and a log that has failed is asked when it works.
///
/// A log may be mirrored in the next region ([`Mirror`](crate::model::options::Mirror)), where the log of the same stage keeps the
/// copy beside its own records. What a log takes it sends there, in order, and so it sends what is committed. How far the mirror is behind is the scheduler's
/// choice; a log that has failed writes no copy, and is sent it again when it has recovered. What was sent and not handled when the region of the log is lost is lost with it. A copy in a mirror is no copy
/// from which a record goes on: it counts as one only when the region of its log is lost for good. Then, in that step, the log
/// that has the mirror takes over what the mirrored positions have left, behind its own records, and its containers go on with it
/// ([`PositionsAtFailover`](crate::model::options::PositionsAtFailover)); what was processed and not yet known to be is
/// processed again. Not modelled: a failover of consumers from a region that is offline and not lost, to which they could
/// come back; a mirror that is set up again elsewhere when its own region is lost; a mirror that fails or is cut off by itself, apart from being
/// behind; and positions that are translated wrongly.
///
/// A queue may have a capacity: what is sent to a full one waits, unacknowledged, until there is room.
/// SQS has none; queues in memory do.
///
/// Source: Amazon SQS; of the log, Apache Kafka (a consumer group, its committed offsets, and
/// `enable.auto.commit`); of its dead letters, AWS Lambda Developer Guide, "Retain discarded batch records for a Kinesis Data Streams event
/// source in Lambda" (`MaximumRetryAttempts`, and an on-failure destination); of mirrors, its documentation, "Geo-replication", KIP-382 (MirrorMaker 2: checkpoints, which translate
/// offsets) and KIP-545 (offsets of consumer groups that are kept in step). Message groups: "FIFO queue and message group ID", which keeps back the messages of a group while one
/// of it is in flight. Resends: "Exactly-once processing in Amazon SQS", a deduplication interval of five minutes. What a stale receipt does: the documentation of `DeleteMessage`, and "Troubleshoot ReceiptHandleIsInvalid and InvalidParameterValue errors"
/// in the AWS knowledge center.
#[derive(Clone, Copy, Debug, Default)]
pub struct Queue {
    state: State,
    /// Not in flight, in the order in which they will be delivered.
    visible: List,
    /// Delivered and not removed, oldest delivery first; at most one of each group in a `fifo` queue.
    in_flight: List,
    /// Given up after too many deliveries, in that order.
    dead: List,
    /// Consumers that wait for a delivery, longest waiting first.
    waiting: Waiting,
    /// Requests to send that wait for room, in that order; of a log that has failed, what it was sent as a mirror.
    held: List,
    /// What it took since its deduplication window passed last, oldest first; nothing where each request is a message.
    taken: List,
    /// What it has of the log that it is the mirror of, in the order of that, but for what is known to be committed there.
    mirrored: List,
    /// Its own mirror was lost: it sends nothing there any more.
    is_alone: bool,
    /// How many deliveries there were: the next receipt.
    deliveries: u32,
    /// The number of the newest message; 0 before the first.
    messages: u16,
}

/// What a queue knows about its place and its design.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Which queue it is.
    pub(crate) id: QueueId,
    /// Its own address.
    pub(crate) machine: MachineId,
    /// By record: its message group; none if all records are one, or the queue has none.
    pub(crate) groups: Option<Arc<[u16]>>,
    /// By record: its deduplication id; none where each request to send is a message of its own.
    pub(crate) deduplication: Option<Arc<[u16]>>,
    /// Of a log: a consumer that asks again passes over what it has not processed.
    pub(crate) reads_on: bool,
    /// How many records it hands out with one reply, at most.
    pub(crate) batch: u8,
    /// Of a log that is mirrored: the log of another region that has the copy.
    pub(crate) mirror: Option<MachineId>,
    /// What a consumer that is gone held comes back late: it hands out others meanwhile, or time matters.
    pub(crate) times_out_late: bool,
    /// Some stage has the outbox of a global database, which a loss can take what goes on from here out of.
    pub(crate) near_shared_outbox: bool,
    /// Its design.
    pub(crate) options: QueueOptions,
}

messages! {
    /// What a queue can be sent.
    pub(crate) enum Input for "a queue" {
        Send, Receive, Remove, Abandon, Expire, Commit, Probe, Mirror, Checkpoint,
    }
}

impl Queue {
    /// Handles one message.
    #[inline]
    pub(crate) fn handle(
        &mut self,
        message: &Message,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        match Input::of(message) {
            Input::Send { client, copy } => self.send(client, copy, context, shelf, out),
            Input::Receive { client, .. } => self.receive(client, context, shelf, out),
            Input::Remove { client, receipt, .. } => {
                self.remove(client, receipt, context, shelf, out);
            }
            Input::Abandon { client, lives } => self.abandoned(client, lives, context, shelf, out),
            Input::Expire { receipt } => self.expire(receipt, context, shelf, out),
            Input::Commit { client } => self.commit_all(client, context, shelf, out),
            // What cannot be written now is sent again, in its order.
            Input::Mirror { .. } | Input::Checkpoint { .. } if self.state == State::Failed => {
                out.hold(&mut self.held, *message);
            }
            Input::Mirror { copy } => self.keep_copy(copy, context, shelf, out),
            Input::Checkpoint { copy } => self.position_mirrored(copy, context, shelf, out),
            Input::Probe { region } => {
                let health = match self.state {
                    State::Available => Health::Available,
                    State::Failed => Health::Failed,
                };
                out.send(IN_DNS, Message::Probed { region, health });
            }
        }
    }

    #[inline]
    fn send(
        &mut self,
        client: Client,
        copy: RecordCopy,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        let Client { machine, incarnation } = client;
        if self.state == State::Failed {
            return out.send(machine, Message::SendRefused { incarnation });
        }
        if context.deduplication.is_some() && self.absorbs(client, copy, context, shelf, out) {
            return;
        }
        if self.is_full(context) {
            out.emit(Event::SendWaits { queue: context.id, record: copy.id });
            return out.hold(&mut self.held, Message::Send { client, copy });
        }
        self.accept(client, copy, context, shelf, out);
        self.serve(context, shelf, out);
    }

    /// Has a record more, and says so.
    #[inline(always)]
    fn accept(
        &mut self,
        client: Client,
        copy: RecordCopy,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        let Client { machine, incarnation } = client;
        self.append(client, copy, context, shelf, out);
        out.emit(Event::Enqueued { queue: context.id, copy });
        out.send(machine, Message::Sent { incarnation, queue: context.id });
    }

    /// The record is its last one, and a new message.
    #[inline(always)]
    fn append(
        &mut self,
        client: Client,
        copy: RecordCopy,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        let number = self.next_number();
        let item = Item { copy, holder: client, receipt: NO_RECEIPT, receives: 0, number };
        shelf.push_back(&mut self.visible, item);
        if context.deduplication.is_some() {
            shelf.push_back(&mut self.taken, item);
        }
        if let Some(mirror) = context.mirror {
            self.send_to_mirror(mirror, Message::Mirror { copy }, out);
        }
    }

    fn next_number(&mut self) -> MessageNumber {
        self.messages = self.messages % u16::MAX + 1;
        MessageNumber(self.messages)
    }

    /// Whether it has room for no other record.
    #[inline]
    fn is_full(&self, context: &Context) -> bool {
        context.options.capacity > 0 && self.len() >= usize::from(context.options.capacity)
    }

    /// Does all that can be done now for those who wait: consumers, and then senders.
    #[inline(always)]
    fn serve(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        self.deliver(context, shelf, out);
        if !self.held.is_empty() {
            self.serve_senders(context, shelf, out);
        }
    }

    /// The same, unless it is failed: those who wait then wait for its recovery.
    fn serve_if_available(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        if self.state == State::Available {
            self.serve(context, shelf, out);
        }
    }

    /// Only queues with a capacity let senders wait.
    #[cold]
    fn serve_senders(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        while !self.held.is_empty() && !self.is_full(context) {
            let Some(Message::Send { client, copy }) = out.take_held(&mut self.held) else {
                unreachable!("only requests to send are held, and there is one");
            };
            // The record can have come twice while there was no room for it.
            if !self.absorbs(client, copy, context, shelf, out) {
                self.accept(client, copy, context, shelf, out);
                self.deliver(context, shelf, out);
            }
        }
    }

    #[inline]
    fn receive(&mut self, client: Client, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        if self.state == State::Failed {
            return refuse_receive(client, context.id, out);
        }
        self.waiting.drop_where(|waiting| waiting.machine == client.machine);
        if !self.in_flight.is_empty() {
            self.read_from(client, context, shelf, out);
        }
        self.waiting.push(client);
        self.serve(context, shelf, out);
    }

    #[inline]
    fn remove(
        &mut self,
        client: Client,
        receipt: Receipt,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        let Client { machine, incarnation } = client;
        let queue = context.id;
        if self.state == State::Failed {
            let refusal = Message::RemoveRefused { incarnation, queue, expired: false };
            return out.send(machine, refusal);
        }
        let removed = match context.options.remove {
            RemoveBy::Receipt => {
                let is_it = |item: &Item| item.receipt == receipt;
                match context.options.delivery {
                    Delivery::Fifo => {
                        let held = shelf.take_first(&mut self.in_flight, is_it);
                        if held.is_none() && context.options.receive == Receive::Keep {
                            return refuse_remove(client, queue, out);
                        }
                        held
                    }
                    Delivery::Standard => {
                        let held = shelf.take_first(&mut self.in_flight, is_it);
                        held.or_else(|| shelf.take_first(&mut self.visible, is_it))
                    }
                    Delivery::Log => return self.commit(client, receipt, context, shelf, out),
                }
            }
            RemoveBy::Head => {
                shelf.pop_front(&mut self.in_flight).or_else(|| shelf.pop_front(&mut self.visible))
            }
        };
        match (removed, context.options.receive) {
            (Some(item), _) => out.emit(Event::Removed { queue, record: item.copy.id }),
            (None, Receive::Keep) => out.emit(Event::StaleRemove { queue }),
            (None, Receive::Destructive) => {}
        }
        out.send(machine, Message::Removed { incarnation, queue });
        self.serve(context, shelf, out);
    }

    /// Delivers the head while a consumer waits and the queue may have one more in flight; then the first record of
    /// each group that has none.
    #[inline]
    fn deliver(&mut self, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        if context.options.at_capacity == AtCapacity::Starve && self.is_full(context) {
            return;
        }
        if context.batch > 1 {
            return self.deliver_batches(context, shelf, out);
        }
        let several = context.options.delivery == Delivery::Standard;
        while !self.waiting.is_empty()
            && !self.visible.is_empty()
            && (several || self.in_flight.is_empty())
        {
            let item = shelf.pop_front(&mut self.visible).expect("it is not empty: as above");
            self.hand_out(item, context, shelf, out);
        }
        if !self.visible.is_empty() && !self.waiting.is_empty() {
            self.deliver_of_other_groups(context, shelf, out);
        }
    }

    /// Makes deliveries visible again, in front of all others and in the order in which they were made.
    fn give_back(
        &mut self,
        comes_again: impl Fn(&Item) -> bool,
        event: fn(QueueId, RecordId) -> Event,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        loop {
            let last = shelf.iter(&self.in_flight).filter(|item| comes_again(item)).last();
            let Some(number) = last.map(|item| item.number) else { return };
            let is_last = |item: &Item| item.number == number && comes_again(item);
            let item = shelf.take_first(&mut self.in_flight, is_last).expect("it was found");
            out.emit(event(context.id, item.copy.id));
            shelf.push_front(&mut self.visible, item);
        }
    }
}

/// What no delivery has: receipts count from 0, and no run has so many deliveries.
const NO_RECEIPT: Receipt = Receipt(u32::MAX);

/// The delivery is over, and the consumer goes on.
fn refuse_remove(client: Client, queue: QueueId, out: &mut Outbox) {
    let Client { machine, incarnation } = client;
    out.emit(Event::StaleRemove { queue });
    out.send(machine, Message::RemoveRefused { incarnation, queue, expired: true });
}

fn refuse_receive(client: Client, queue: QueueId, out: &mut Outbox) {
    let Client { machine, incarnation } = client;
    out.send(machine, Message::ReceiveRefused { incarnation, queue });
}
