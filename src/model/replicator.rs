//! The replication of a stage's global table (DynamoDB streams and global tables).

use crate::model::event::Event;
use crate::model::id::{MachineId, RecordId, RegionId, RegionSet, ReplicatorId};
use crate::model::message::Message;
use crate::model::options::ReplicationFailure;
use crate::model::outbox::Outbox;
use crate::model::pool::List;

/// ```text
///          fail
/// Running ──────► Failed
///    ▲              │
///    └──────────────┘
///        recover
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum State {
    /// It replicates.
    #[default]
    Running,
    /// It does not, and its backlog grows.
    Failed,
}

/// Takes what the regional tables of a stage wrote and has it applied in the other regions.
///
/// What waits in its inbox is the replication backlog: written and acknowledged in one region,
/// unknown in the others. A region that is cut off keeps its part of the backlog apart.
#[derive(Clone, Copy, Debug, Default)]
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
}

/// What a replicator knows about its place and its design.
#[derive(Clone, Debug)]
pub struct Context {
    /// Which replicator it is.
    pub id: ReplicatorId,
    /// Its own address.
    pub machine: MachineId,
    /// The address of the stage's table in each region, by region.
    pub tables: Vec<MachineId>,
    /// What it does with its backlog while it is failed.
    pub on_failure: ReplicationFailure,
}

impl Replicator {
    /// Handles one message.
    #[inline]
    pub fn handle(&mut self, message: &Message, context: &Context, out: &mut Outbox) {
        match *message {
            Message::Replicate { copy, .. } if self.state == State::Failed => {
                out.emit(Event::ReplicationLost { replicator: context.id, record: copy.id });
            }
            Message::Replicate { region, .. } if self.cut_off.contains(region) => {
                out.hold(&mut self.held_from[region.index()], *message);
            }
            Message::Replicate { region, copy, time } => {
                let apply = Message::Apply { region, copy, time };
                for (index, &table) in context.tables.iter().enumerate() {
                    if index == region.index() || self.lost.contains(RegionId(index as u8)) {
                        continue;
                    }
                    if self.cut_off.contains(RegionId(index as u8)) {
                        out.hold(&mut self.held_for[index], apply);
                    } else {
                        out.send(table, apply);
                    }
                }
                let (replicator, record) = (context.id, copy.id);
                out.emit(Event::Replicated { replicator, record, region });
            }
            Message::Proceed
            | Message::Publish { .. }
            | Message::Wake { .. }
            | Message::Send { .. }
            | Message::Sent { .. }
            | Message::SendRefused { .. }
            | Message::Receive { .. }
            | Message::Received { .. }
            | Message::ReceiveRefused { .. }
            | Message::Remove { .. }
            | Message::Removed { .. }
            | Message::RemoveRefused { .. }
            | Message::Abandon { .. }
            | Message::Insert { .. }
            | Message::Inserted { .. }
            | Message::InsertRefused { .. }
            | Message::Apply { .. } => unreachable!("a replicator gets no {message:?}"),
        }
    }

    /// Stops replicating.
    pub(crate) fn fail(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Failed;
        if context.on_failure == ReplicationFailure::KeepBacklog {
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

    /// Reaches a region again.
    pub(crate) fn reconnect(&mut self, region: RegionId, context: &Context, out: &mut Outbox) {
        self.cut_off.remove(region);
        out.release(&mut self.held_from[region.index()], context.machine);
        out.release(&mut self.held_for[region.index()], context.tables[region.index()]);
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
        out.retain_held(held, |_| false);
    }

    /// A region is gone for good, and what waits for it is pointless.
    pub(crate) fn lose(&mut self, region: RegionId, out: &mut Outbox) {
        self.lost.insert(region);
        out.retain_held(&mut self.held_for[region.index()], |_| false);
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

    /// Whether it replicates.
    #[inline]
    pub fn state(&self) -> State {
        self.state
    }
}
