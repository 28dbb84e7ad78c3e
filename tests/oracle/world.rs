//! The system as its events tell it, rebuilt event by event with plain lists.

use std::collections::{BTreeMap, BTreeSet};

use active_active::model::container::State;
use active_active::model::dns::DnsSide;
use active_active::model::fault::{FaultKind, Target};
use active_active::model::{
    ContainerId, Event, QueueId, RecordCopy, RecordId, RegionId, StageId, TableId,
};
use active_active::plan::Plan;

#[path = "loss.rs"]
mod loss;

use loss::Loss;

/// What a table holds of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Row {
    pub(crate) value: u32,
    pub(crate) rows: u8,
    pub(crate) written_here: bool,
}

/// The system as its events tell it.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// By record that the source sent: the value it was sent with.
    pub(crate) published: BTreeMap<RecordId, u32>,
    pub(crate) accepted: BTreeSet<RecordId>,
    /// By queue: what it holds, in no particular order.
    pub(crate) queues: Vec<Vec<RecordCopy>>,
    /// By queue: every record that it ever accepted.
    pub(crate) ever_queued: Vec<BTreeSet<RecordId>>,
    /// By region: the records that came to its inbound queue, each once, in order.
    pub(crate) arrivals: Vec<Vec<RecordId>>,
    /// By table and record.
    pub(crate) rows: BTreeMap<(TableId, RecordId), Row>,
    /// By table: the records that a container of its region stored, each once, in order.
    pub(crate) first_stores: Vec<Vec<RecordId>>,
    /// At the destination, each once, in order.
    pub(crate) delivered: Vec<RecordId>,
    /// By region: the weight of in-dns.
    pub(crate) weights: Vec<u8>,
    /// The regions that in-dns does not answer.
    pub(crate) offline: BTreeSet<RegionId>,
    /// What tables showed for the keys of records, in that order.
    pub(crate) shown: Vec<(TableId, RecordId)>,
    /// By container.
    pub(crate) states: Vec<State>,
    /// What was and is lost.
    pub(crate) loss: Loss,
}

impl World {
    /// Before the first event.
    pub(crate) fn new(plan: &Plan) -> World {
        let layout = &plan.layout;
        let given = &plan.scenario().dns.weights;
        let weights = match given.is_empty() {
            true => vec![1; layout.regions],
            false => given.iter().map(|&weight| weight as u8).collect(),
        };
        World {
            published: BTreeMap::new(),
            accepted: BTreeSet::new(),
            queues: vec![Vec::new(); layout.queues()],
            ever_queued: vec![BTreeSet::new(); layout.queues()],
            arrivals: vec![Vec::new(); layout.regions],
            rows: BTreeMap::new(),
            first_stores: vec![Vec::new(); layout.tables()],
            delivered: Vec::new(),
            weights,
            offline: BTreeSet::new(),
            shown: Vec::new(),
            states: vec![State::Processing; layout.containers()],
            loss: Loss::default(),
        }
    }

    /// After one more event.
    #[allow(clippy::too_many_lines, reason = "one exhaustive match: a new event must break it")]
    pub(crate) fn apply(&mut self, event: &Event, plan: &Plan) {
        match *event {
            Event::Published { copy } => {
                self.published.insert(copy.id, copy.value);
            }
            Event::Accepted { record } => {
                self.accepted.insert(record);
            }
            Event::Enqueued { queue, copy } => self.enqueue(queue, copy, plan),
            Event::Removed { queue, record }
            | Event::Delivered { queue, record, gone: true, .. } => {
                let queue = &mut self.queues[queue.index()];
                let at = queue.iter().position(|copy| copy.id == record);
                queue.remove(at.expect("only what is in a queue can leave it"));
            }
            Event::Stored { table, copy, rows, .. } => {
                let row = self.rows.entry((table, copy.id)).or_default();
                *row = Row { value: copy.value, rows, written_here: true };
                self.loss.found(table, copy.id, plan);
                push_new(&mut self.first_stores[table.index()], copy.id);
            }
            Event::Applied { table, copy, rows } => {
                let row = self.rows.entry((table, copy.id)).or_default();
                (row.value, row.rows) = (copy.value, rows);
                self.loss.found(table, copy.id, plan);
                self.loss.arrived(table, copy.id);
            }
            Event::KeyShown { table, record } => self.shown.push((table, record)),
            Event::Arrived { copy, .. } => push_new(&mut self.delivered, copy.id),
            Event::WeightsChanged { weights } => {
                self.weights = weights[..plan.layout.regions].to_vec();
            }
            Event::Faulted { fault } => {
                if let (FaultKind::Offline, Target::Dns(DnsSide::In, region)) =
                    (fault.kind, fault.target)
                {
                    self.offline.insert(region);
                }
                self.begin_loss(fault);
            }
            Event::Lost { holder, record } => self.lose(holder, record, plan),
            Event::LossEnded { .. } => self.end_loss(plan),
            Event::Replicated { replicator, record, reached, .. } => {
                self.loss.sent(StageId(replicator.0 as u8), record, reached, plan);
            }
            Event::Recovered { target, .. } => {
                if let Target::Dns(DnsSide::In, region) = target {
                    self.offline.remove(&region);
                }
            }
            Event::ContainerBecame { container, state, .. } => {
                self.states[container.index()] = state;
            }
            Event::Refused { .. }
            | Event::BatchEnded { .. }
            | Event::Routed { .. }
            | Event::RoutesChanged { .. }
            | Event::Delivered { gone: false, .. }
            | Event::Returned { .. }
            | Event::TimedOut { .. }
            | Event::Reordered { .. }
            | Event::DeadLettered { .. }
            | Event::Redriven { .. }
            | Event::ReplyLost { .. }
            | Event::StaleRemove { .. }
            | Event::Forwarding { .. }
            | Event::StaleReply { .. }
            | Event::SendWaits { .. }
            | Event::GaveUp { .. }
            | Event::ReplicationLost { .. }
            | Event::ExpectationFailed { .. } => {}
        }
    }

    fn enqueue(&mut self, queue: QueueId, copy: RecordCopy, plan: &Plan) {
        self.queues[queue.index()].push(copy);
        self.ever_queued[queue.index()].insert(copy.id);
        let (region, position) = plan.layout.queue_place(queue);
        if position == 0 {
            push_new(&mut self.arrivals[region.index()], copy.id);
        }
    }

    /// What a table holds of a record.
    pub(crate) fn row(&self, table: TableId, record: RecordId) -> Row {
        self.rows.get(&(table, record)).copied().unwrap_or_default()
    }

    /// Whether a container of the table's region stored the record there, at any time.
    pub(crate) fn has_stored(&self, table: TableId, record: RecordId) -> bool {
        self.first_stores[table.index()].contains(&record)
    }

    /// Whether any queue holds the record.
    pub(crate) fn is_queued(&self, record: RecordId) -> bool {
        self.queues.iter().flatten().any(|copy| copy.id == record)
    }

    /// Whether a queue holds the record.
    pub(crate) fn is_in(&self, queue: QueueId, record: RecordId) -> bool {
        self.queues[queue.index()].iter().any(|copy| copy.id == record)
    }

    /// The state of a container.
    pub(crate) fn state(&self, container: ContainerId) -> State {
        self.states[container.index()]
    }
}

fn push_new(list: &mut Vec<RecordId>, record: RecordId) {
    if !list.contains(&record) {
        list.push(record);
    }
}
