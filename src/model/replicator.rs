//! The replication of a stage's global table (DynamoDB streams and global tables).

use crate::model::bit_set::BitSet;
use crate::model::id::{MachineId, RecordId, RegionId, RegionSet, ReplicatorId};
use crate::model::message::Message;
use crate::model::message::rows::messages;
use crate::model::options::{ReplicationFailure, ReplicationMode, ReplicationOptions};
use crate::model::outbox::Outbox;
use crate::model::pool::List;
use crate::model::record::RecordCopy;
use crate::model::states::states;

#[cfg(test)]
mod by_itself;
#[cfg(test)]
pub(crate) mod fields;

pub use crate::model::event::replicator::Event;

states! {
    /// ```text
    ///          fail
    /// Running ──────► Failed
    ///    ▲              │
    ///    └──────────────┘
    ///        recover
    /// ```
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub enum State {
        /// It replicates.
        #[default]
        Running,
        /// It does not, and its backlog grows.
        Failed,
    }
}

/// Takes what the regional tables of a stage wrote and has it applied in the other regions.
///
/// *Eventual*: what waits in its inbox is the replication backlog: written and acknowledged in one
/// region, unknown in the others. A region that is cut off keeps its part of the backlog apart.
///
/// *Strong*: it is the log that the regions share. A table asks it before it acknowledges anything,
/// and it answers that another region (or the witness) has the row, or that none can be reached. It
/// gives each write its time, and where writes are conditional it knows which rows there are: the
/// answer is then that there is one already.
///
/// In a global database it carries the writer's log to the other clusters, in its order, and is always
/// eventual.
///
/// Source: Amazon DynamoDB global tables, multi-Region eventual and multi-Region strong consistency.
#[derive(Clone, Copy, Debug)]
pub struct Replicator {
    state: State,
    /// Regions that it cannot reach.
    cut_off: RegionSet,
    /// By region: rows that it wrote while it was cut off.
    held_from: [List; 8],
    /// By region: rows that it should have applied while it was cut off.
    held_for: [List; 8],
    /// Regions that are gone for good: nothing is sent there.
    lost: RegionSet,
    /// Of a global database: the region whose writes are its log.
    writer: RegionId,
    /// Of a global database whose writer waits for another region: those that operators took out of it, since they are gone.
    left_out: RegionSet,
}

/// What a replicator knows about its place and its design.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Which replicator it is.
    pub(crate) id: ReplicatorId,
    /// Its own address.
    pub(crate) machine: MachineId,
    /// The address of the stage's table in each region, by region.
    pub(crate) tables: Vec<MachineId>,
    /// When a table may acknowledge a write.
    pub(crate) mode: ReplicationMode,
    /// A region that only keeps the log of strong replication, if there is one: the number after
    /// the last region. It is always reached.
    pub(crate) witness: Option<RegionId>,
    /// It carries the log of a global database.
    pub(crate) is_database: bool,
    /// Rows of a writer that was switched over go on to the others.
    pub(crate) asks_again: bool,
    /// It tells the writer what another region has, or will.
    pub(crate) confirms: bool,
    /// The writer of its database acknowledges what another region has: the log tells it so by the write itself.
    pub(crate) returns: bool,
    /// It judges conditions: its rows begin at this place of the log of all replicators.
    pub(crate) log_from: Option<usize>,
    /// Its design.
    pub(crate) options: ReplicationOptions,
}

impl Context {
    /// Whether what it cannot replicate now is lost. What strong replication has acknowledged is in the log.
    fn drops(&self) -> bool {
        self.options.on_failure == ReplicationFailure::Drop
            && self.mode == ReplicationMode::Eventual
    }

    /// Whether it tells a table what became of its writes.
    pub(crate) fn answers(&self) -> bool {
        self.returns || self.confirms || self.mode == ReplicationMode::Strong
    }
}

impl Default for Replicator {
    fn default() -> Replicator {
        Replicator {
            state: State::default(),
            cut_off: RegionSet::EMPTY,
            held_from: Default::default(),
            held_for: Default::default(),
            lost: RegionSet::EMPTY,
            writer: RegionId(0),
            left_out: RegionSet::EMPTY,
        }
    }
}

messages! {
    /// What a replicator can be sent.
    pub(crate) enum Input for "a replicator" {
        Replicate, Handover, Probe,
    }
}

impl Replicator {
    /// Handles one message. `log` is what the logs of all replicators have, where they judge conditions.
    #[inline]
    pub(crate) fn handle(
        &mut self,
        message: &Message,
        context: &Context,
        log: &mut BitSet,
        out: &mut Outbox,
    ) {
        match Input::of(message) {
            Input::Replicate { region, copy, time } => match context.mode {
                ReplicationMode::Eventual => self.replicate(region, copy, time, context, out),
                ReplicationMode::Strong => self.commit(region, copy, context, log, out),
            },
            // Behind every row that the region has yet to apply.
            Input::Probe { region } if self.cut_off.contains(region) => {
                out.hold(&mut self.held_for[region.index()], *message);
            }
            Input::Probe { region } if self.lost.contains(region) => {}
            Input::Probe { region } => out.send(context.tables[region.index()], *message),
            Input::Handover { from, to } => self.pass_on_handover(from, to, context, out),
        }
    }

    /// Has a row applied in the other regions, sooner or later.
    fn replicate(
        &mut self,
        region: RegionId,
        copy: RecordCopy,
        time: u32,
        context: &Context,
        out: &mut Outbox,
    ) {
        if self.state == State::Failed {
            return out.emit(Event::ReplicationLost { replicator: context.id, record: copy.id });
        }
        let is_cut_off = !self.cut_off.is_empty() || context.returns;
        let waits = is_cut_off && self.reachable_from(region, context).is_empty();
        if waits && !self.goes_on_alone(region, context) {
            if context.drops() {
                return out
                    .emit(Event::ReplicationLost { replicator: context.id, record: copy.id });
            }
            // It has left its region for none, and is lost with it.
            let message = Message::Replicate { region, copy, time };
            return out.hold(&mut self.held_from[region.index()], message);
        }
        if context.is_database && region != self.writer && !context.asks_again {
            // It wrote after it was replaced, and had not been told.
            return out.send(context.tables[region.index()], Message::Discard { copy });
        }
        self.send_on(region, copy, time, context, out);
    }

    /// Has every cluster follow another writer, when it has all that the old one wrote.
    fn pass_on_handover(
        &mut self,
        from: RegionId,
        to: RegionId,
        context: &Context,
        out: &mut Outbox,
    ) {
        let message = Message::Handover { from, to };
        if !self.cut_off.is_empty() && self.reachable_from(from, context).is_empty() {
            return out.hold(&mut self.held_from[from.index()], message);
        }
        self.writer = to;
        for (index, &table) in context.tables.iter().enumerate() {
            let region = RegionId(index as u8);
            if self.lost.contains(region) {
                continue;
            }
            if self.cut_off.contains(region) {
                out.hold(&mut self.held_for[index], message);
            } else {
                out.send(table, message);
            }
        }
    }

    /// Has another region take a row before its own one may acknowledge it; refuses if there is
    /// none that can. A condition that fails is no refusal: the row is there.
    fn commit(
        &mut self,
        region: RegionId,
        copy: RecordCopy,
        context: &Context,
        log: &mut BitSet,
        out: &mut Outbox,
    ) {
        let time = out.now();
        let own = context.tables[region.index()];
        let quorum = !self.reachable_from(region, context).is_empty();
        if self.state == State::Failed || !quorum {
            return out.send(own, Message::InsertRefused { incarnation: 0 });
        }
        if let Some(first) = context.log_from {
            let row = first + copy.id.index();
            if log.contains(row) {
                return out.send(own, Message::Logged { copy });
            }
            log.insert(row);
        }
        self.send_on(region, copy, time, context, out);
        out.send(own, Message::Apply { region, copy, time });
    }

    /// The other regions that can be reached from this one.
    fn reachable_from(&self, region: RegionId, context: &Context) -> RegionSet {
        if self.cut_off.contains(region) {
            return RegionSet::EMPTY;
        }
        let mut others = RegionSet::first(context.tables.len());
        others.remove(region);
        let mut reached = others.without(self.cut_off).without(self.lost);
        context.witness.iter().for_each(|&witness| _ = reached.insert(witness));
        reached
    }

    #[inline]
    fn send_on(
        &mut self,
        region: RegionId,
        copy: RecordCopy,
        time: u32,
        context: &Context,
        out: &mut Outbox,
    ) {
        let apply = Message::Apply { region, copy, time };
        for (index, &table) in context.tables.iter().enumerate() {
            let to = RegionId(index as u8);
            if to == region || self.lost.contains(to) {
                continue;
            }
            if self.cut_off.contains(to) && context.drops() {
                out.emit(Event::ReplicationLost { replicator: context.id, record: copy.id });
            } else if self.cut_off.contains(to) {
                out.hold(&mut self.held_for[index], apply);
            } else {
                out.send(table, apply);
            }
        }
        let (replicator, record) = (context.id, copy.id);
        let mut reached = self.reachable_from(region, context);
        if context.returns {
            reached.insert(region);
        }
        out.emit(Event::Replicated { replicator, record, region, reached });
        if context.confirms && !reached.is_empty() {
            out.send(context.tables[region.index()], Message::Logged { copy });
        }
        if context.returns {
            out.send(context.tables[region.index()], apply);
        }
    }

    /// Whether a writer that otherwise waits for another region is the only one that is left in the database.
    fn goes_on_alone(&self, region: RegionId, context: &Context) -> bool {
        let mut others = RegionSet::first(context.tables.len()).without(self.left_out);
        others.remove(region);
        context.returns && others.is_empty()
    }

    /// Stops replicating.
    pub(crate) fn fail(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Failed;
        // With strong replication there is no backlog: what cannot be replicated is refused.
        if !context.drops() && context.mode == ReplicationMode::Eventual {
            out.set_open(context.machine, false);
        }
    }

    /// Replicates again.
    pub(crate) fn recover(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Running;
        out.set_open(context.machine, true);
    }

    /// Can no longer reach a region.
    pub(crate) fn cut_off(&mut self, region: RegionId) {
        self.cut_off.insert(region);
    }

    /// Reaches a region again: what waited for it goes there, and so does what had nowhere to go.
    pub(crate) fn reconnect(&mut self, region: RegionId, context: &Context, out: &mut Outbox) {
        self.cut_off.remove(region);
        for from in RegionSet::first(context.tables.len()).without(self.cut_off).iter() {
            let held = &mut self.held_from[from.index()];
            // It was written before what is in the inbox.
            out.release_in_front(held, context.machine);
        }
        let (held, table) = (&mut self.held_for[region.index()], context.tables[region.index()]);
        let mut reached = RegionSet::EMPTY;
        reached.insert(region);
        while let Some(message) = out.take_held(held) {
            if let Message::Apply { region, copy, .. } = message {
                let (replicator, record) = (context.id, copy.id);
                out.emit(Event::Replicated { replicator, record, region, reached });
            }
            out.send(table, message);
        }
    }

    /// What a region wrote while it was cut off is gone; its records are added to `lost`.
    pub(crate) fn lose_stream(
        &mut self,
        region: RegionId,
        lost: &mut Vec<RecordId>,
        out: &mut Outbox,
    ) {
        let held = &mut self.held_from[region.index()];
        lost.extend(out.held(held).filter_map(Message::record));
        // A handover is no write: it outlives the rows before it.
        out.retain_held(held, |message| message.record().is_none());
    }

    /// What waits for a region that another one must have, or it is gone: `is_kept` says of which
    /// record that is so.
    pub(crate) fn lose_what_nobody_has(
        &mut self,
        region: RegionId,
        out: &mut Outbox,
        is_kept: impl FnMut(&Message) -> bool,
    ) {
        out.retain_held(&mut self.held_for[region.index()], is_kept);
    }

    /// A region is gone for good, and what waits for it is pointless.
    pub(crate) fn lose(&mut self, region: RegionId, out: &mut Outbox) {
        self.lost.insert(region);
        out.retain_held(&mut self.held_for[region.index()], |_| false);
    }

    /// Operators take the regions that are gone out of the database. What waits for the writer to be reached, or to reach
    /// another region, goes on when there is none any more.
    pub(crate) fn leave_out(&mut self, context: &Context, out: &mut Outbox) {
        if context.returns {
            self.left_out = self.lost;
        }
        if self.goes_on_alone(self.writer, context) {
            out.release_in_front(&mut self.held_from[self.writer.index()], context.machine);
        }
    }

    /// Of a global database: the region whose writes are its log.
    pub fn writer(&self) -> RegionId {
        self.writer
    }

    /// The log goes on with what another region writes.
    pub(crate) fn set_writer(&mut self, writer: RegionId) {
        self.writer = writer;
    }

    /// What a region wrote while it was cut off.
    pub(crate) fn held_from_mut(&mut self, region: RegionId) -> &mut List {
        &mut self.held_from[region.index()]
    }

    /// What waits for a region that is cut off.
    pub(crate) fn held_for_mut(&mut self, region: RegionId) -> &mut List {
        &mut self.held_for[region.index()]
    }

    /// The regions that it cannot reach.
    pub fn unreachable(&self) -> RegionSet {
        self.cut_off
    }

    /// The rows that wait for a region to be reached again: those that it wrote, and those that
    /// it should apply.
    pub(crate) fn held(&self, region: RegionId) -> [&List; 2] {
        [&self.held_from[region.index()], &self.held_for[region.index()]]
    }

    /// The regions that operators took out of a database whose writer waits for another one.
    pub(crate) fn left_out(&self) -> RegionSet {
        self.left_out
    }

    /// Whether it replicates.
    #[inline]
    pub fn state(&self) -> State {
        self.state
    }
}
