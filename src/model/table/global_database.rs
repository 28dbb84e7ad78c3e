//! A stage's global database (Amazon Aurora): one region writes, the others read.

use crate::model::event::fault;
use crate::model::id::{MachineId, QueueId, RegionId, ReplicatorId, TableId};
use crate::model::layout::IN_DNS;
use crate::model::message::rows::messages;
use crate::model::message::{Client, Health, Message};
use crate::model::options::{AcknowledgeWrite, AuroraOptions, Forwarding, RpoOn};
use crate::model::outbox::Outbox;
use crate::model::pool::List;
use crate::model::record::RecordCopy;
use crate::model::replicator;
use crate::model::states::states;
use crate::model::table::relay::RelayInput;
use crate::model::table::{self, Latest, RegionalTable, Store, Written, asks_the_log};

#[cfg(test)]
mod by_itself;
mod confirmed;
#[cfg(test)]
pub(crate) mod fields;

use confirmed::is_of;

states! {
    /// ```text
    ///            fail                        switchover
    ///   Failed ◄────── Reader      Writer ────────────► Draining
    ///     │               ▲ │        ▲ │                    │
    ///     └───────────────┘ └────────┘ └─► Failed ◄─────────┤ fail
    ///          recover      the log says so                 └─► Reader, when the log is through
    /// ```
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub enum State {
        /// It forwards writes to the writer.
        Reader,
        /// It takes writes, those of other regions included.
        Writer,
        /// It is the writer and hands over: writes wait until the new writer has everything.
        Draining,
        /// It refuses, or keeps all requests waiting; it loses nothing.
        Failed,
    }
}

/// What a regional table knows as a cluster of a global database.
///
/// The clusters of a stage share one log. The writer stores, acknowledges, and appends to the log,
/// which the stage's [`Replicator`](crate::model::Replicator) brings to every other cluster; each
/// applies it in its order, so that what a cluster has is a prefix of it. A write in another region is
/// forwarded to the writer, and acknowledged from there. Who writes is a matter of the log, too: in
/// a switchover the writer takes no more writes and puts a [`Message::Handover`] behind the last
/// one; a reader of it has all that was written. A failover does not wait: the new writer goes on
/// from what it has, and every cluster that had more goes back to that. Where fencing is a best effort, the old
/// writer hears of it by a [`Message::Fence`], and acknowledges writes until then that are no part of the log.
///
/// A database may limit what a failover can lose: the writer then lets a commit wait while it would leave
/// more writes than that with itself alone. In Aurora the limit is a lag in seconds (managed recovery
/// point objective, `rds.global_db_rpo`); here it is one in writes. When no other region is left, nothing
/// is committed any more where the limit is set; the lost cluster stays in the database.
///
/// Instead the writer may acknowledge only what another region has ([`AcknowledgeWrite`]). It then hands a write to the log first, and stores
/// it when that brings it back.
///
/// Not modelled: the minutes that a promotion takes (the scheduler can delay any step), and reads,
/// since no container reads.
///
/// Source: "Using Amazon Aurora Global Database" and "Using switchover or failover in an Amazon
/// Aurora global database", Amazon Aurora user guide.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Cluster {
    /// Who writes, as far as it knows.
    pub(super) writer: RegionId,
    /// It hands over to another writer.
    pub(super) draining: bool,
    /// Writes that wait until it has handed over, or until the log is not so far behind.
    pub(super) waiting: List,
    /// As the writer: writes that are on their way to another region, which has to have them first.
    pub(super) unconfirmed: List,
    /// As the writer: how many writes it has that no other region has or will get, as far as it was
    /// told; counted only where there is a limit.
    pub(super) unlogged: u32,
}

impl Default for Cluster {
    fn default() -> Cluster {
        Cluster {
            writer: RegionId(0),
            draining: false,
            waiting: List::default(),
            unconfirmed: List::default(),
            unlogged: 0,
        }
    }
}

/// What a cluster knows about the database and its design.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// The address of the cluster of each region, by region.
    pub(crate) clusters: [MachineId; 8],
    /// Which database it is: that of this replicator's stage.
    pub(crate) id: ReplicatorId,
    /// The first writer.
    pub(crate) writer: RegionId,
    /// Its design.
    pub(crate) options: AuroraOptions,
}

impl Context {
    /// How many writes a writer in this region may have that no other one has; 0: any number.
    fn rpo_records_max(&self, region: RegionId) -> u32 {
        match self.options.rpo_on {
            RpoOn::FirstWriter if region != self.writer => 0,
            RpoOn::FirstWriter | RpoOn::EveryRegion => self.options.rpo_records_max,
        }
    }

    /// Whether a writer acknowledges only what another region has.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.options.acknowledge == AcknowledgeWrite::ByAnotherRegion
    }
}

messages! {
    /// What a cluster can be sent.
    pub(crate) enum Input for "a cluster" {
        Insert, Forward, Apply, Handover, Fence, Discard, Logged, Probe, Relay, Sent, SendRefused, Wake,
    }
}

impl RegionalTable {
    /// Handles one message as a cluster of a global database.
    pub(super) fn handle_as_cluster(
        &mut self,
        message: &Message,
        context: &table::Context,
        database: &Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) {
        let failed = self.state() == table::State::Failed;
        match Input::of(message) {
            Input::Insert { client, copy } => {
                let request = Request { client: Some(client), copy, asked: context.id };
                self.asked(request, context, database, store, out);
            }
            Input::Forward { client, copy, asked } => {
                self.asked(Request { client, copy, asked }, context, database, store, out);
            }
            Input::Apply { .. }
            | Input::Handover { .. }
            | Input::Fence { .. }
            | Input::Discard { .. }
            | Input::Probe { .. }
                if failed =>
            {
                out.hold(self.held_mut(), *message);
            }
            Input::Apply { region, copy, time } => {
                self.follow_log(region, copy, time, context, store, out);
            }
            Input::Handover { to, .. } | Input::Fence { to } => {
                self.follow(to, context, database, out)
            }
            Input::Discard { copy } => {
                self.refuse_unconfirmed(|write| is_of(write, copy), out);
                discard(copy, context, store, out);
            }
            Input::Logged { .. } => self.catch_up(1, context, out),
            Input::Probe { region } => {
                out.send(IN_DNS, Message::Probed { region, health: Health::CaughtUp });
            }
            Input::Relay { .. }
            | Input::Sent { .. }
            | Input::SendRefused { .. }
            | Input::Wake { .. } => self.tell_relay(RelayInput::of(message), context, out),
        }
    }

    /// It is asked to store a record.
    fn asked(
        &mut self,
        request: Request,
        context: &table::Context,
        database: &Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) {
        let Request { client, copy, asked } = request;
        if self.state() == table::State::Failed {
            return request.refuse(out);
        }
        let limit = database.rpo_records_max(context.region);
        let is_writer = self.cluster.writer == context.region;
        let waits = is_writer && limit > 0 && self.cluster.unlogged >= limit;
        if self.cluster.draining || waits {
            return out.hold(&mut self.cluster.waiting, Message::Forward { client, copy, asked });
        }
        if !is_writer {
            return self.forward(request, database, out);
        }
        if database.is_confirmed() && asks_the_log(copy, context, store) {
            return self.have_confirmed(request, context, out);
        }
        let written = self.store(copy, asked, context, store, out);
        let Written { duplicate, changed, unreadable } = written;
        self.cluster.unlogged += u32::from(changed && database.options.rpo_records_max > 0);
        if let (Some(relay), false) = (&context.relay, duplicate) {
            self.relay.note(copy, (context.machine, context.id), relay, out);
        }
        if let Some(Client { machine, incarnation }) = client {
            out.send(machine, Message::Inserted { incarnation, duplicate, unreadable });
        }
        self.poll_relay(context, out);
    }

    /// Sends a write to the writer, or what the design says instead.
    fn forward(&mut self, request: Request, database: &Context, out: &mut Outbox) {
        let Request { client, copy, asked } = request;
        let writer = database.clusters[self.cluster.writer.index()];
        match (database.options.forwarding, client) {
            (Forwarding::Off, _) => request.refuse(out),
            (Forwarding::AcknowledgedEarly, Some(Client { machine, incarnation })) => {
                let (duplicate, unreadable) = (false, false);
                out.send(machine, Message::Inserted { incarnation, duplicate, unreadable });
                out.send(writer, Message::Forward { client: None, copy, asked });
            }
            (Forwarding::AcknowledgedByWriter | Forwarding::AcknowledgedEarly, client) => {
                out.send(writer, Message::Forward { client, copy, asked });
            }
        }
    }

    /// Takes no more writes, and puts the handover behind what it wrote.
    pub(crate) fn hand_over(&mut self, to: RegionId, context: &table::Context, out: &mut Outbox) {
        self.cluster.draining = true;
        self.relay.stop();
        out.send(context.replicator, Message::Handover { from: context.region, to });
    }

    /// Another writer is the writer from here on, or this one. What waited goes there.
    pub(crate) fn follow(
        &mut self,
        writer: RegionId,
        context: &table::Context,
        database: &Context,
        out: &mut Outbox,
    ) {
        let is_new = self.cluster.writer != writer && writer == context.region;
        self.cluster.writer = writer;
        self.cluster.draining = false;
        out.release(&mut self.cluster.waiting, context.machine);
        if is_new {
            self.cluster.unlogged = 0;
            out.emit(replicator::Event::WriterMoved { replicator: database.id, region: writer });
        }
        self.poll_relay(context, out);
    }

    /// So many writes are no longer with this cluster alone, or are gone. What waited for that is tried again.
    pub(crate) fn catch_up(&mut self, writes: u32, context: &table::Context, out: &mut Outbox) {
        self.cluster.unlogged = self.cluster.unlogged.saturating_sub(writes);
        if !self.cluster.draining {
            out.release(&mut self.cluster.waiting, context.machine);
        }
    }

    /// As the writer: how many writes it has that no other region has or will get.
    pub(crate) fn unlogged(&self) -> u32 {
        self.cluster.unlogged
    }

    /// Begins to count anew: it is another writer's log that goes on.
    pub(crate) fn forget_unlogged(&mut self) {
        self.cluster.unlogged = 0;
    }

    /// Refuses the writes that wait.
    pub(crate) fn refuse_waiting(&mut self, out: &mut Outbox) {
        while let Some(message) = out.take_held(&mut self.cluster.waiting) {
            cancel(message, out);
        }
        self.refuse_unconfirmed(|_| true, out);
    }

    /// The writes of the log that have come and wait until the cluster works again are applied
    /// now: it is promoted. With them those that are still in its inbox.
    pub(crate) fn replay(
        &mut self,
        context: &table::Context,
        store: &mut Store<'_>,
        out: &mut Outbox,
    ) {
        let is_apply = |message: &Message| matches!(message, Message::Apply { .. });
        out.release_in_front(self.held_mut(), context.machine);
        while let Some(Message::Apply { region, copy, time }) =
            out.take_first(context.machine, is_apply)
        {
            self.follow_log(region, copy, time, context, store, out);
        }
    }

    /// Begins as the database says.
    pub(crate) fn begin_as_cluster(&mut self, database: &Context) {
        self.cluster.writer = database.writer;
    }

    /// Whether it takes writes now.
    pub(crate) fn takes_writes(&self, context: &table::Context) -> bool {
        self.cluster_state(context) == State::Writer
    }

    /// The state of a cluster.
    pub(crate) fn cluster_state(&self, context: &table::Context) -> State {
        match self.state() {
            table::State::Failed => State::Failed,
            table::State::Available if self.cluster.writer != context.region => State::Reader,
            table::State::Available if self.cluster.draining => State::Draining,
            table::State::Available => State::Writer,
        }
    }

    /// Of a global database: the region that writes, as far as this cluster knows.
    pub fn writer(&self) -> RegionId {
        self.cluster.writer
    }

    /// Whether it is the writer and hands over to another one.
    pub(crate) fn is_draining(&self) -> bool {
        self.cluster.draining
    }

    /// Writes that wait until it has handed over, or until another region has more of what it wrote.
    pub(crate) fn waiting_writes(&self) -> &List {
        &self.cluster.waiting
    }
}

/// A write that was asked for.
#[derive(Clone, Copy)]
struct Request {
    /// Who gets the answer, if there is one.
    client: Option<Client>,
    copy: RecordCopy,
    /// The cluster that the container asked.
    asked: TableId,
}

impl Request {
    fn refuse(self, out: &mut Outbox) {
        if let Some(Client { machine, incarnation }) = self.client {
            out.send(machine, Message::InsertRefused { incarnation });
        }
    }
}

/// A forwarded write is given up, and the one that waits for it is told.
pub(crate) fn cancel(message: Message, out: &mut Outbox) {
    let Message::Forward { client, copy, asked } = message else {
        unreachable!("only forwarded writes are cancelled, no {message:?}");
    };
    Request { client, copy, asked }.refuse(out);
}

/// A write that never got into the log of the database goes, unless the log brought the same row.
fn discard(copy: RecordCopy, context: &table::Context, store: &mut Store<'_>, out: &mut Outbox) {
    let row = &mut store.rows[copy.id.index()];
    if row.rows == 0 || row.replicated {
        return;
    }
    *row = Default::default();
    if !store.latest.is_empty() {
        let shown = &mut store.latest[store.keys.key_of(copy.id)];
        if shown.record == copy.id {
            *shown = Latest::default();
        }
    }
    let holder = crate::model::event::Holder::Table(context.id);
    out.emit(fault::Event::Lost { holder, record: copy.id });
}
