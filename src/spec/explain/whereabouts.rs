//! Words for where a record is, and why it does not go on from there.

use std::collections::BTreeSet;

use super::{Narrator, numbers};
use crate::model::destination;
use crate::model::dns::DnsSide;
use crate::model::fault::Target;
use crate::model::id::{MachineId, QueueId, RecordId, RegionId, StageId, TableId};
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::model::options::{
    Advance, AtCapacity, AtFailover, HealthCheckOf, OnPartial, OnRefusal, Position, Receive,
    RelayOptions, Source,
};
use crate::model::source;
use crate::model::table::relay;
use crate::plan::names::target_name;
use crate::spec::resend;
use crate::words::plural;

/// So many places are named.
const SPOTS: usize = 6;

/// Where a record is that does not go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Spot {
    /// In a queue, and in flight to this machine, or visible.
    Queue(QueueId, Option<MachineId>),
    /// In the dead-letter queue of a queue, after so many deliveries.
    DeadLetters(QueueId, u64),
    /// In the outbox of a table: its relay has not published it.
    Outbox(TableId),
    /// The source has no acknowledgement for it.
    Source,
    /// It left its last queue at this step.
    Gone(QueueId, u64),
    /// No queue ever had it.
    Nowhere,
}

impl Narrator<'_> {
    /// Where records are, and why they do not go on from there. Those that are in one place for one reason
    /// are named together.
    pub(super) fn whereabouts(&self, records: &[RecordId]) -> Vec<String> {
        let mut groups: Vec<(Spot, Vec<RecordId>)> = Vec::new();
        for &record in records {
            let spot = self.spot(record);
            match groups.iter_mut().find(|(known, _)| *known == spot) {
                Some((_, group)) => group.push(record),
                None => groups.push((spot, vec![record])),
            }
        }
        let rest: usize = groups.iter().skip(SPOTS).map(|(_, group)| group.len()).sum();
        let shown = groups.iter().take(SPOTS);
        let mut reasons: Vec<String> =
            shown.flat_map(|(spot, group)| self.why_there(*spot, group)).collect();
        if rest > 0 {
            let more = plural(rest as u64, "more record is", "more records are");
            reasons.push(format!("{more} elsewhere"));
        }
        // Two groups may wait for the same machine.
        let mut told = BTreeSet::new();
        reasons.retain(|reason| told.insert(reason.clone()));
        reasons
    }

    fn spot(&self, record: RecordId) -> Spot {
        let plan = self.simulation.plan();
        let queues = || plan.queues.iter().map(|context| context.id);
        let has = |&queue: &QueueId| {
            self.simulation.queue_items(queue).any(|item| item.copy.id == record)
        };
        if let Some(queue) = queues().find(has) {
            let mut items = self.simulation.queue(queue).in_flight(self.simulation.shelf());
            let holder = items.find(|item| item.copy.id == record).map(|item| item.holder.machine);
            return Spot::Queue(queue, holder);
        }
        for queue in queues() {
            let mut dead = self.simulation.dead_letters(queue);
            if let Some(item) = dead.find(|item| item.copy.id == record) {
                return Spot::DeadLetters(queue, item.receives.into());
            }
        }
        let outboxes = plan.tables.iter().map(|context| context.id);
        if let Some(table) = outboxes.into_iter().find(|&id| self.simulation.intends(id, record)) {
            return Spot::Outbox(table);
        }
        match (self.ledger.record(record).accepted, self.ledger.departure(record)) {
            (false, _) => Spot::Source,
            (true, Some(departure)) => Spot::Gone(departure.queue, departure.seen.0),
            (true, None) => Spot::Nowhere,
        }
    }

    fn why_there(&self, spot: Spot, group: &[RecordId]) -> Vec<String> {
        let names = match group {
            [one] => one.to_string(),
            many => numbers(&many.iter().map(|record| record.0).collect::<Vec<u16>>()),
        };
        let is = if group.len() == 1 { "is" } else { "are" };
        match spot {
            Spot::Queue(queue, holder) => self.stuck_in(queue, holder, &names, group.len()),
            Spot::DeadLetters(queue, receives) => {
                let dead = format!(
                    "{names} {is} in the dead-letter queue of {} after {}; {}",
                    self.queue(queue),
                    plural(receives, "delivery", "deliveries"),
                    self.why_dead(queue, group)
                );
                let how = self.ended(queue, receives, group);
                [dead].into_iter().chain(self.die_together(queue, group)).chain(how).collect()
            }
            Spot::Source => {
                let was = if group.len() == 1 { "was" } else { "were" };
                let mut reasons = vec![self.not_accepted(&format!("{names} {was}"))];
                if self.simulation.dns(DnsSide::In).plans().in_place().is_none() {
                    let why =
                        "in-dns has no plan in place and answers nothing; no enactor can write one";
                    reasons.push(why.to_owned());
                }
                reasons
            }
            Spot::Outbox(table) => self.in_outbox(table, &names, is),
            Spot::Gone(queue, step) => {
                let gone = format!(
                    "{names} left {} at step {step} and {is} in no queue",
                    self.queue(queue)
                );
                let passed = group.iter().filter_map(|&record| self.passed(queue, record)).next();
                let died = self.died_with_it(queue, step, group);
                [gone].into_iter().chain(passed).chain(died).collect()
            }
            Spot::Nowhere => {
                let was = if group.len() == 1 { "was" } else { "were" };
                vec![format!("{names} {was} in no queue at any time")]
            }
        }
    }

    /// Why the relay of a table does not publish what it has.
    fn in_outbox(&self, table: TableId, names: &str, is: &str) -> Vec<String> {
        let name = self.name(Place::Table(table));
        let mut reasons = vec![format!("{names} {is} in the outbox of {name}")];
        if self.simulation.is_disturbed(Target::Table(table)) {
            reasons.push(format!("{name} has failed"));
        }
        let layout = &self.simulation.plan().layout;
        for worker in self.simulation.table(table).relay().workers() {
            if let (relay::State::Waiting, Some(copy)) = (worker.state(), worker.under_way()) {
                reasons.push(format!(
                    "its relay waits to send {} to {} until something changes",
                    copy.id,
                    layout.name(worker.to())
                ));
            }
        }
        reasons.dedup();
        reasons
    }

    /// That the relay behind a queue will not read the intent to publish a record that has left the queue, though it is not
    /// published.
    fn passed(&self, queue: QueueId, record: RecordId) -> Option<String> {
        let plan = self.simulation.plan();
        let (region, position) = plan.layout.queue_place(queue);
        let stage = StageId(position as u8);
        let is_behind = position + 1 < plan.layout.positions();
        let relay = || plan.tables[plan.layout.table(region, stage).index()].relay.as_ref();
        if !is_behind || !self.ledger.is_forwarded(record, stage, region, plan) {
            return None;
        }
        let relay = relay()?;
        let RelayOptions { position, advance, at_failover, .. } = relay.options;
        match (position, advance) {
            (Position::ById, _) => Some(format!(
                "its relay had read a greater id before the transaction of {record} committed, and reads no smaller one"
            )),
            (Position::ByCommit, Advance::BeforePublish) => Some(format!(
                "its relay had advanced its position past {record} before it published that"
            )),
            (Position::ByCommit, Advance::AfterPublish) if !relay.is_shared => None,
            (Position::ByCommit, Advance::AfterPublish) => match at_failover {
                AtFailover::WithRows | AtFailover::FromOldest => None,
                AtFailover::FromNewest => Some(format!(
                    "the relay of the new writer begins with what is written after that moved, and {record} was stored before"
                )),
                AtFailover::Kept => Some(format!(
                    "the position of the relay was ahead of the log of the new writer, and past the number of {record}"
                )),
            },
        }
    }

    /// What the source did, or does, with a record that was not accepted.
    fn not_accepted(&self, records_were: &str) -> String {
        let source = self.simulation.source();
        let Source { on_refusal, on_partial } = self.simulation.plan().scenario().source;
        match (source.state(), source.under_way(), on_refusal) {
            (source::State::Idle, _, OnRefusal::Retry) if on_partial == OnPartial::Ignore => {
                format!(
                    "{records_were} not accepted: others of the batch were, and record-source takes the batch for sent"
                )
            }
            (source::State::Idle, _, OnRefusal::Drop) => {
                format!("{records_were} not accepted: record-source drops what is refused")
            }
            (source::State::Idle, _, OnRefusal::Abort) => {
                format!(
                    "{records_were} not accepted: record-source gives up a batch that is refused"
                )
            }
            (source::State::Idle, _, OnRefusal::Retry) => {
                format!("{records_were} not accepted, and record-source has nothing more to do")
            }
            (source::State::Sending, Some(due), _) => {
                format!("{records_were} not accepted: record-source waits for a reply to {due}")
            }
            (source::State::Waiting, Some(due), _) => format!(
                "{records_were} not accepted: record-source waits to send {due} again until something \
                 changes"
            ),
            (source::State::Sending | source::State::Waiting, None, _) => {
                format!("{records_were} not accepted")
            }
        }
    }

    fn stuck_in(
        &self,
        queue: QueueId,
        holder: Option<MachineId>,
        names: &str,
        count: usize,
    ) -> Vec<String> {
        let plan = self.simulation.plan();
        let name = self.queue(queue);
        let (is, waits) = if count == 1 { ("is", "waits") } else { ("are", "wait") };
        let mut reasons = vec![match holder {
            Some(holder) if plan.is_log(queue) => {
                let holder = plan.layout.name(holder);
                format!("{names} {is} in {name}, read by {holder} and not committed")
            }
            Some(holder) => {
                format!("{names} {is} in {name}, in flight to {}", plan.layout.name(holder))
            }
            None => format!("{names} {waits} in {name}"),
        }];
        let target = Target::Queue(queue);
        if self.simulation.is_disturbed(target) {
            reasons.push(format!("{} has failed", target_name(target, &plan.layout)));
        }
        reasons.extend(self.full(queue));
        let readers = plan.containers.iter().filter(|context| context.in_queue_id == queue);
        for context in readers {
            reasons.push(self.container(context.id));
            reasons.extend(self.refusal(context.id));
            reasons
                .extend(self.waited_at(context.id).into_iter().flat_map(|full| self.no_room(full)));
        }
        reasons.extend(self.waiting_writes(queue));
        reasons.extend(self.gone_regions(queue));
        let (region, position) = plan.layout.queue_place(queue);
        reasons.extend(self.taken_for_healthy(region));
        if position + 1 == plan.layout.positions() {
            let state = self.simulation.destination().state(region);
            reasons.push(match state {
                destination::State::Receiving => {
                    format!("record-destination waits for a delivery from region {region}")
                }
                destination::State::Removing => {
                    format!("record-destination waits for region {region} to remove what it received")
                }
                destination::State::Refused => {
                    format!("record-destination was refused by region {region}, and waits until that changes")
                }
            });
        }
        reasons
    }

    pub(super) fn stage_of(&self, queue: QueueId, record: RecordId) -> Vec<String> {
        let layout = &self.simulation.plan().layout;
        let (region, position) = layout.queue_place(queue);
        let next = self.next_after(queue, record);
        if position + 1 == layout.positions() {
            return vec![format!("{next} never had it")];
        }
        let stage = StageId(position as u8);
        let table = layout.table(region, stage);
        let has = match self.simulation.plan().tables[table.index()].relay.is_some() {
            true => format!("the outbox of {}", self.name(Place::Table(table))),
            false => next.to_owned(),
        };
        if self.simulation.plan().next_of(stage, record).is_empty() {
            return vec![self.row_of(record, stage, region)];
        }
        let plan = self.simulation.plan();
        let forwarded = if self.ledger.is_forwarded(record, stage, region, plan) {
            format!("{has} had it")
        } else {
            format!("{has} never had it")
        };
        let reasons = [self.row_of(record, stage, region), forwarded].into_iter();
        reasons.chain(self.passed(queue, record)).chain(self.removes_all(queue)).collect()
    }

    /// That a queue lets go of what it delivers, if that is its way.
    pub(super) fn keeps_no_copy(&self, queue: QueueId) -> Option<String> {
        let receive = self.simulation.plan().queues[queue.index()].options.receive;
        (receive == Receive::Destructive)
            .then(|| format!("{} keeps no copy of what it delivers", self.queue(queue)))
    }

    /// Who should have a record after this queue, and never had it; of several who all had it, the first.
    pub(super) fn next_after(&self, queue: QueueId, record: RecordId) -> &str {
        let plan = self.simulation.plan();
        let (region, position) = plan.layout.queue_place(queue);
        if position + 1 == plan.layout.positions() {
            return "record-destination";
        }
        let stage = StageId(position as u8);
        let first = plan.next_of(stage, record).first().map(|&next| usize::from(next));
        let next = self.ledger.lacks_next(record, stage, region, plan).or(first);
        next.map_or("any stage", |next| self.queue(plan.layout.queue(region, next)))
    }

    /// Where the request is that should bring an accepted record into a queue.
    pub(super) fn request_of(&self, record: RecordId) -> String {
        let plan = self.simulation.plan();
        let is_it =
            |message: &Message| matches!(message, Message::Send { copy, .. } if copy.id == record);
        let mut queues = (0..plan.layout.queues() as u16).map(QueueId);
        let asked = queues.find(|&queue| {
            let machine = plan.layout.machine(Place::Queue(queue));
            self.simulation.inbox(machine).any(is_it)
        });
        match asked {
            Some(queue) => format!("{} has not handled the request with it yet", self.queue(queue)),
            None => match resend::taken_for(record, self.simulation) {
                Some((queue, other)) => format!(
                    "{} took {other} before, of the same key, and takes {record} for sent again",
                    self.queue(queue)
                ),
                None => "no request with it is under way any more".to_owned(),
            },
        }
    }

    /// That the writer of the stage behind a queue lets writes wait.
    pub(super) fn waiting_writes(&self, queue: QueueId) -> Option<String> {
        let layout = &self.simulation.plan().layout;
        let stage = StageId(layout.queue_place(queue).1 as u8);
        if stage.index() == layout.stages.len() {
            return None;
        }
        let tables = layout.region_ids().map(|region| layout.table(region, stage));
        let waits = |table: &TableId| !self.simulation.table(*table).waiting_writes().is_empty();
        let table = tables.into_iter().find(waits)?;
        let (name, cluster) = (self.name(Place::Table(table)), self.simulation.table(table));
        let waiting = plural(cluster.waiting_writes().len() as u64, "write", "writes");
        Some(match cluster.is_draining() {
            true => format!("{name} hands over to another writer and keeps {waiting} waiting"),
            false => format!(
                "{name} keeps {waiting} waiting until another region has the {} that it took before",
                plural(cluster.unlogged().into(), "write", "writes")
            ),
        })
    }

    /// Regions that will never have what the stage behind a queue waits for.
    fn gone_regions(&self, queue: QueueId) -> Option<String> {
        self.waiting_writes(queue)?;
        let mut regions = self.simulation.plan().layout.region_ids();
        let gone = regions.find(|&region| self.losses.is_gone(region))?;
        Some(format!("region {gone} was lost for good"))
    }

    /// That in-dns goes on with a region in which something has failed, and why its health checks do not see that.
    fn taken_for_healthy(&self, region: RegionId) -> Option<String> {
        let plan = self.simulation.plan();
        let options = &plan.scenario().dns;
        let targets = plan.tables.iter().map(|table| Target::Table(table.id));
        let targets = targets.chain(plan.queues.iter().map(|queue| Target::Queue(queue.id)));
        let is_there = |target: &Target| target.region(&plan.layout) == Some(region);
        let mut targets = targets.filter(is_there);
        let unhealthy = self.simulation.dns(DnsSide::In).health().unhealthy();
        if options.health_threshold == 0
            || unhealthy.contains(region)
            || !targets.any(|target| self.simulation.is_disturbed(target))
        {
            return None;
        }
        let why = match options.health_check {
            HealthCheckOf::ByName => "its check is answered by whichever region works".to_owned(),
            HealthCheckOf::Queue => {
                format!("its check looks at {} only", self.queue(plan.layout.queue(region, 0)))
            }
            HealthCheckOf::WholePath | HealthCheckOf::AllRegions => return None,
        };
        Some(format!("in-dns takes region {region} for healthy: {why}"))
    }

    /// That a queue is full at which a container waits, and what those do who should take from it.
    fn no_room(&self, queue: QueueId) -> Vec<String> {
        let readers = self.simulation.plan().containers.iter();
        let readers = readers.filter(|context| context.in_queue_id == queue);
        self.full(queue).into_iter().chain(readers.map(|one| self.container(one.id))).collect()
    }

    /// That a queue is full, and what follows from it.
    pub(super) fn full(&self, queue: QueueId) -> Option<String> {
        let options = &self.simulation.plan().queues[queue.index()].options;
        let (name, len) = (self.queue(queue), self.simulation.queue(queue).len());
        let records = plural(len as u64, "record", "records");
        let full = options.capacity > 0 && len >= usize::from(options.capacity);
        full.then(|| match options.at_capacity {
            AtCapacity::Serve => format!("{name} is full, with {records}"),
            AtCapacity::Starve => {
                format!("{name} is full, with {records}, and delivers nothing while it is")
            }
        })
    }
}
