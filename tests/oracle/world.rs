//! The system as its events tell it, rebuilt event by event with plain lists.

use std::collections::{BTreeMap, BTreeSet};

use active_active::model::container::State;
use active_active::model::dns::DnsSide;
use active_active::model::event::fault;
use active_active::model::fault::{FaultKind, Target};
use active_active::model::{
    ContainerId, Event, QueueId, RecordCopy, RecordId, RegionId, StageId, TableId,
};
use active_active::model::{
    container, destination, dns, queue, replicator, service, source, table,
};
use active_active::plan::Plan;

use super::loss::Loss;
use super::promises::Promises;
use super::relays::only_target;

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
    /// What the scenario promises.
    pub(crate) promises: Promises,
    /// By record that the source sent: the value it was sent with.
    pub(crate) published: BTreeMap<RecordId, u32>,
    /// In the order in which they were published: one that has come nowhere is published anew.
    pub(crate) publications: Vec<RecordId>,
    pub(crate) accepted: BTreeSet<RecordId>,
    /// By queue: what it holds, in no particular order.
    pub(crate) queues: Vec<Vec<RecordCopy>>,
    /// By queue: every record that it ever accepted.
    pub(crate) ever_queued: Vec<BTreeSet<RecordId>>,
    /// By queue: what it has mirrored of a log of another region.
    pub(crate) mirrors: Vec<Vec<RecordId>>,
    /// By table: the records that its relay is still to publish.
    pub(crate) outboxes: Vec<Vec<(RecordId, usize)>>,
    /// By table: the records that its outbox ever had.
    pub(crate) ever_intended: Vec<BTreeSet<(RecordId, usize)>>,
    /// By region: the records that came to its inbound queue, each once, in order.
    pub(crate) arrivals: Vec<Vec<RecordId>>,
    /// By queue: the records that came to it, each once, in order.
    pub(crate) came: Vec<Vec<RecordId>>,
    /// By table and record.
    pub(crate) rows: BTreeMap<(TableId, RecordId), Row>,
    /// By table: the records that were stored for containers of its region, each once, in order.
    pub(crate) first_stores: Vec<Vec<RecordId>>,
    /// The rows that were taken back in the region that had stored them, and not stored there again.
    pub(crate) withdrawn: BTreeSet<(TableId, RecordId)>,
    /// At the destination, each once, in order.
    pub(crate) delivered: Vec<RecordId>,
    /// By region: the weight of in-dns.
    pub(crate) weights: Vec<u8>,
    /// The regions that in-dns does not answer.
    pub(crate) offline: BTreeSet<RegionId>,
    /// The regions that out-dns keeps the destination away from.
    pub(crate) not_fetched: BTreeSet<RegionId>,
    /// What every probe of a region's queue said, and every change of in-dns's mind, in order:
    /// whether the region is healthy.
    pub(crate) probes: Vec<(RegionId, bool)>,
    pub(crate) verdicts: Vec<(usize, RegionId, bool)>,
    /// Where each send went, and whether the policy allowed it then.
    pub(crate) routes: Vec<(RegionId, bool)>,
    /// What tables, or the destination, showed for the keys of records, in that order.
    pub(crate) shown: Vec<(Option<TableId>, RecordId)>,
    /// By container.
    pub(crate) states: Vec<State>,
    /// The dead letters: of which queue, and which record.
    pub(crate) dead: Vec<(QueueId, RecordId)>,
    /// What the external service did, for which stage and record.
    pub(crate) effects: BTreeSet<(StageId, RecordId)>,
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
            promises: Promises::new(plan),
            published: BTreeMap::new(),
            publications: Vec::new(),
            accepted: BTreeSet::new(),
            queues: vec![Vec::new(); layout.queues()],
            ever_queued: vec![BTreeSet::new(); layout.queues()],
            outboxes: vec![Vec::new(); layout.tables()],
            mirrors: vec![Vec::new(); layout.queues()],
            ever_intended: vec![BTreeSet::new(); layout.tables()],
            arrivals: vec![Vec::new(); layout.regions],
            came: vec![Vec::new(); layout.queues()],
            rows: BTreeMap::new(),
            first_stores: vec![Vec::new(); layout.tables()],
            withdrawn: BTreeSet::new(),
            delivered: Vec::new(),
            weights,
            offline: BTreeSet::new(),
            not_fetched: BTreeSet::new(),
            probes: Vec::new(),
            verdicts: Vec::new(),
            routes: Vec::new(),
            shown: Vec::new(),
            states: vec![State::Processing; layout.containers()],
            dead: Vec::new(),
            effects: BTreeSet::new(),
            loss: Loss::default(),
        }
    }

    fn has_come_somewhere(&self, record: RecordId) -> bool {
        let queued = self.ever_queued.iter().any(|ever| ever.contains(&record));
        let stored = self.first_stores.iter().any(|stores| stores.contains(&record));
        queued || stored || self.delivered.contains(&record)
    }

    /// What has reached the component that the event is about: all queues of a position, all tables of a stage, or
    /// the destination; and the record that reaches it.
    pub(crate) fn reached(
        &self,
        event: &Event,
        plan: &Plan,
    ) -> Option<(BTreeSet<RecordId>, RecordId)> {
        let layout = &plan.layout;
        let regions = || layout.region_ids();
        if let Event::Queue(queue::Event::Enqueued { queue, copy }) = *event {
            let (_, position) = layout.queue_place(queue);
            let all = regions().flat_map(|region| {
                self.ever_queued[layout.queue(region, position).index()].iter().copied()
            });
            return Some((all.collect(), copy.id));
        }
        if let Event::Table(table::Event::Stored { asked, copy, .. }) = *event {
            let (_, stage) = layout.table_place(asked);
            let all = regions().flat_map(|region| {
                self.first_stores[layout.table(region, stage).index()].iter().copied()
            });
            return Some((all.collect(), copy.id));
        }
        if let Event::Destination(destination::Event::Arrived { copy, .. }) = *event {
            return Some((self.delivered.iter().copied().collect(), copy.id));
        }
        None
    }

    /// A dead letter is none any more.
    pub(crate) fn take_dead(&mut self, queue: QueueId, record: RecordId) {
        let at = self.dead.iter().position(|letter| *letter == (queue, record));
        self.dead.remove(at.expect("only a dead letter is taken"));
    }

    /// After one more event.
    #[allow(clippy::too_many_lines, reason = "one exhaustive match: a new event must break it")]
    pub(crate) fn apply(&mut self, event: &Event, plan: &Plan) {
        match *event {
            Event::Source(source::Event::Published { copy }) => {
                self.published.insert(copy.id, copy.value);
                if !self.has_come_somewhere(copy.id) {
                    self.publications.retain(|&known| known != copy.id);
                    self.publications.push(copy.id);
                }
            }
            Event::Source(source::Event::Accepted { record }) => {
                self.accepted.insert(record);
                self.blame_loss(record, 0);
            }
            Event::Queue(queue::Event::Enqueued { queue, copy }) => self.enqueue(queue, copy, plan),
            Event::Queue(queue::Event::Mirrored { queue, copy }) => {
                self.mirrors[queue.index()].push(copy.id);
            }
            Event::Queue(queue::Event::PositionMirrored { queue, record }) => {
                self.leave_mirror(queue, record);
            }
            // No name led it there, so it does not come to the region.
            Event::Queue(queue::Event::TookOver { queue, copy }) => {
                self.leave_mirror(queue, copy.id);
                self.queues[queue.index()].push(copy);
                self.ever_queued[queue.index()].insert(copy.id);
            }
            Event::Queue(queue::Event::Skipped { queue, record }) => {
                self.leave_mirror(queue, record);
                self.loss.skipped.insert(record);
            }
            Event::Queue(queue::Event::Expired { queue, record, dead: true }) => {
                self.take_dead(queue, record);
                let queue = &mut self.queues[queue.index()];
                let at = queue.iter().position(|copy| copy.id == record);
                queue.remove(at.expect("a dead letter is in its queue"));
            }
            Event::Queue(queue::Event::Removed { queue, record })
            | Event::Queue(queue::Event::Expired { queue, record, dead: false })
            | Event::Queue(queue::Event::Delivered { queue, record, gone: true, .. }) => {
                let copies = &mut self.queues[queue.index()];
                let at = copies.iter().position(|copy| copy.id == record);
                copies.remove(at.expect("only what is in a queue can leave it"));
                if matches!(event, Event::Queue(queue::Event::Removed { .. })) {
                    let stage = plan.layout.queue_place(queue).1;
                    self.blame_loss(record, stage);
                    self.end_what_was_taken(record, stage, plan);
                }
            }
            Event::Table(table::Event::Stored { table, asked, copy, rows, .. }) => {
                let row = self.rows.entry((table, copy.id)).or_default();
                *row = Row { value: copy.value, rows, written_here: true };
                if rows > 0 {
                    self.loss.found(table, copy.id, plan);
                }
                push_new(&mut self.first_stores[asked.index()], copy.id);
                self.withdrawn.remove(&(asked, copy.id));
            }
            Event::Table(table::Event::Withdrawn { table, record, rows }) => {
                let row = self.rows.entry((table, record)).or_default();
                (row.rows, row.written_here) = (rows, false);
                row.value = if rows == 0 { 0 } else { row.value };
                self.withdrawn.insert((table, record));
            }
            Event::Table(table::Event::WithdrawnElsewhere { table, record, rows }) => {
                let row = self.rows.entry((table, record)).or_default();
                row.rows = rows;
                row.value = if rows == 0 { 0 } else { row.value };
            }
            Event::Table(table::Event::Applied { table, copy, rows }) => {
                let row = self.rows.entry((table, copy.id)).or_default();
                (row.value, row.rows) = (copy.value, rows);
                self.loss.found(table, copy.id, plan);
                self.loss.arrived(table, copy.id);
            }
            Event::Table(table::Event::Forgot { table, record }) => {
                self.loss.arrived(table, record);
                self.note_what_is_left(!self.loss.regions.is_empty(), plan);
            }
            Event::Table(table::Event::KeyShown { table, record }) => {
                self.shown.push((Some(table), record))
            }
            Event::Table(table::Event::Intended { table, record, queue, passed }) => {
                let to = plan.layout.queue_place(queue).1;
                self.intend(table, (record, to), passed, plan);
            }
            Event::Table(table::Event::Relayed { table, record, queue }) => {
                self.leave_outbox(table, record, plan.layout.queue_place(queue).1);
                let stage = plan.layout.table_place(table).1.index();
                self.blame_loss(record, stage);
                self.end_what_was_taken(record, stage, plan);
            }
            Event::Table(table::Event::Skipped { table, record }) => {
                self.leave_outbox(table, record, only_target(table, record, plan));
            }
            Event::Table(table::Event::HandedOn { table, from, record }) => {
                let to = only_target(table, record, plan);
                self.leave_outbox(from, record, to);
                self.outboxes[table.index()].push((record, to));
            }
            Event::Table(table::Event::Reopened { table, record }) => {
                self.outboxes[table.index()].push((record, only_target(table, record, plan)));
            }
            Event::Destination(destination::Event::Arrived { copy, shown, .. }) => {
                push_new(&mut self.delivered, copy.id);
                if shown && plan.record_ids().any(|known| known == copy.id) {
                    self.shown.push((None, copy.id));
                }
            }
            Event::Dns(dns::Event::Probed { region, healthy }) => {
                self.probes.push((region, healthy))
            }
            Event::Dns(dns::Event::HealthChanged { region, healthy }) => {
                self.verdicts.push((self.probes.len(), region, healthy));
            }
            Event::Dns(dns::Event::Routed { region, .. }) => {
                let allowed = self.allowed(plan).contains(&region);
                self.routes.push((region, allowed));
            }
            Event::Dns(dns::Event::WeightsChanged { weights }) => {
                self.weights = weights[..plan.layout.regions].to_vec();
            }
            Event::Fault(fault::Event::Faulted { fault }) => {
                if let (FaultKind::Offline, Target::Dns(side, region)) = (fault.kind, fault.target)
                {
                    self.away_from(side).insert(region);
                }
                self.begin_loss(fault);
            }
            Event::Fault(fault::Event::Lost { holder, record }) => self.lose(holder, record, plan),
            Event::Fault(fault::Event::LossEnded { .. }) => self.end_loss(plan),
            Event::Replicator(replicator::Event::Replicated {
                replicator,
                record,
                reached,
                ..
            }) => {
                self.loss.sent(StageId(replicator.0 as u8), record, reached, plan);
            }
            Event::Dns(dns::Event::RoutesChanged { side, offline }) => {
                *self.away_from(side) = offline.iter().collect();
            }
            Event::Container(container::Event::Became { container, state, .. }) => {
                self.states[container.index()] = state;
            }
            Event::Queue(queue::Event::DeadLettered { queue, record }) => {
                self.dead.push((queue, record))
            }
            Event::Queue(queue::Event::Redriven { queue, record }) => self.take_dead(queue, record),
            Event::Service(service::Event::TookEffect { stage, record, .. }) => {
                self.effects.insert((stage, record));
            }
            // Of the plans the policy is that of the newest one there is, whichever is in place.
            Event::Source(source::Event::Refused { .. } | source::Event::BatchEnded { .. })
            | Event::Dns(_)
            | Event::Queue(_)
            | Event::Container(_)
            | Event::Table(
                table::Event::Ignored { .. }
                | table::Event::Passed { .. }
                | table::Event::NotWithdrawn { .. },
            )
            | Event::Replicator(_)
            | Event::Service(service::Event::KnownAgain { .. })
            | Event::Fault(_)
            | Event::ExpectationFailed { .. } => {}
        }
    }

    /// The outbox of a table has the record no more that was for this position.
    pub(crate) fn leave_outbox(&mut self, table: TableId, record: RecordId, to: usize) {
        let outbox = &mut self.outboxes[table.index()];
        let at = outbox.iter().position(|&intended| intended == (record, to));
        outbox.remove(at.expect("only what is in an outbox can leave it"));
    }

    /// The mirror of a log has a copy less of the record.
    pub(crate) fn leave_mirror(&mut self, queue: QueueId, record: RecordId) {
        let mirror = &mut self.mirrors[queue.index()];
        let at = mirror.iter().position(|&mirrored| mirrored == record);
        mirror.remove(at.expect("only what is mirrored can leave a mirror"));
    }

    /// The regions that a name does not lead to.
    fn away_from(&mut self, side: DnsSide) -> &mut BTreeSet<RegionId> {
        match side {
            DnsSide::In => &mut self.offline,
            DnsSide::Out => &mut self.not_fetched,
        }
    }

    fn enqueue(&mut self, queue: QueueId, copy: RecordCopy, plan: &Plan) {
        self.queues[queue.index()].push(copy);
        self.ever_queued[queue.index()].insert(copy.id);
        push_new(&mut self.came[queue.index()], copy.id);
        let (region, position) = plan.layout.queue_place(queue);
        match position.checked_sub(1) {
            None => push_new(&mut self.arrivals[region.index()], copy.id),
            Some(behind) => _ = self.loss.intents.remove(&(behind, copy.id)),
        }
    }

    /// What a table, or the destination, shows for the key of a record.
    pub(crate) fn shows(
        &self,
        place: Option<TableId>,
        record: RecordId,
        plan: &Plan,
    ) -> Option<RecordId> {
        let key = |record| plan.keys().key_of(record);
        let mut shown = self.shown.iter().rev();
        shown.find(|shown| shown.0 == place && key(shown.1) == key(record)).map(|shown| shown.1)
    }

    /// What a table holds of a record.
    pub(crate) fn row(&self, table: TableId, record: RecordId) -> Row {
        self.rows.get(&(table, record)).copied().unwrap_or_default()
    }

    /// Whether a container of the table's region stored the record there, at any time.
    pub(crate) fn has_stored(&self, table: TableId, record: RecordId) -> bool {
        self.first_stores[table.index()].contains(&record)
    }

    /// The same, and its region has not taken it back since.
    pub(crate) fn has_still_stored(&self, table: TableId, record: RecordId) -> bool {
        self.has_stored(table, record) && !self.withdrawn.contains(&(table, record))
    }

    /// Whether any queue holds the record, or an outbox from which it will be published.
    pub(crate) fn is_queued(&self, record: RecordId) -> bool {
        let intended = self.outboxes.iter().flatten().any(|&(intended, _)| intended == record);
        intended || self.queues.iter().flatten().any(|copy| copy.id == record)
    }

    /// Whether a queue holds the record, and not only among its dead letters.
    pub(crate) fn waits_in(&self, queue: QueueId, record: RecordId) -> bool {
        let copies = self.queues[queue.index()].iter().filter(|copy| copy.id == record).count();
        let dead = self.dead.iter().filter(|&&letter| letter == (queue, record)).count();
        copies > dead
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
