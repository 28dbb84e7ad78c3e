//! Words for where a record is, and why it does not go on from there.

use super::Narrator;
use crate::model::destination;
use crate::model::dns::DnsSide;
use crate::model::fault::Target;
use crate::model::id::{QueueId, RecordId, StageId, TableId};
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::model::options::{AtCapacity, OnRefusal, Receive};
use crate::model::source;
use crate::plan::names::target_name;
use crate::report::text::plural;

impl Narrator<'_> {
    /// Where a record is, and why it does not go on from there.
    pub(super) fn whereabouts(&self, record: RecordId) -> Vec<String> {
        let plan = self.simulation.plan();
        for context in &plan.queues {
            let mut items = self.simulation.queue_items(context.id);
            if items.any(|item| item.copy.id == record) {
                return self.stuck_in(context.id, record);
            }
        }
        for context in &plan.queues {
            let mut dead = self.simulation.queue(context.id).dead(self.simulation.shelf());
            if let Some(item) = dead.find(|item| item.copy.id == record) {
                return vec![format!(
                    "{record} is in the dead-letter queue of {} after {}; nothing redrives it",
                    self.queue(context.id),
                    plural(u64::from(item.receives), "delivery", "deliveries")
                )];
            }
        }
        if !self.ledger.record(record).accepted {
            let mut reasons = vec![self.not_accepted(record)];
            if self.simulation.dns(DnsSide::In).plans().in_place().is_none() {
                let why =
                    "in-dns has no plan in place and answers nothing; no enactor can write one";
                reasons.push(why.to_owned());
            }
            return reasons;
        }
        match self.ledger.departure(record) {
            Some(departure) => vec![format!(
                "{record} left {} at step {} and is in no queue",
                self.queue(departure.queue),
                departure.seen.0
            )],
            None => vec![format!("{record} was in no queue at any time")],
        }
    }

    /// What the source did, or does, with a record that was not accepted.
    fn not_accepted(&self, record: RecordId) -> String {
        let source = self.simulation.source();
        let on_refusal = self.simulation.plan().scenario().source.on_refusal;
        match (source.state(), source.under_way(), on_refusal) {
            (source::State::Idle, _, OnRefusal::Drop) => {
                format!("{record} was not accepted: record-source drops what is refused")
            }
            (source::State::Idle, _, OnRefusal::Abort) => {
                format!("{record} was not accepted: record-source gives up a batch that is refused")
            }
            (source::State::Idle, _, OnRefusal::Retry) => {
                format!("{record} was not accepted, and record-source has nothing more to do")
            }
            (source::State::Sending, Some(due), _) => {
                format!("{record} was not accepted: record-source waits for a reply to {due}")
            }
            (source::State::Waiting, Some(due), _) => format!(
                "{record} was not accepted: record-source waits to send {due} again until something \
                 changes"
            ),
            (source::State::Sending | source::State::Waiting, None, _) => {
                format!("{record} was not accepted")
            }
        }
    }

    pub(super) fn stuck_in(&self, queue: QueueId, record: RecordId) -> Vec<String> {
        let plan = self.simulation.plan();
        let mut items = self.simulation.queue(queue).in_flight(self.simulation.shelf());
        let holder = items.find(|item| item.copy.id == record).map(|item| item.holder.machine);
        let mut reasons = vec![match holder {
            Some(holder) => format!(
                "{record} is in {}, in flight to {}",
                self.queue(queue),
                plan.layout.name(holder)
            ),
            None => format!("{record} waits in {}", self.queue(queue)),
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
        }
        reasons.extend(self.waiting_writes(queue));
        reasons.extend(self.gone_regions(queue));
        let (region, position) = plan.layout.queue_place(queue);
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
        let next = self.next_after(queue);
        if position + 1 == layout.positions() {
            return vec![format!("{next} never had it")];
        }
        let stage = StageId(position as u8);
        let forwarded = if self.ledger.is_forwarded(record, stage, region) {
            format!("{next} had it")
        } else {
            format!("{next} never had it")
        };
        vec![self.row_of(record, stage, region), forwarded]
    }

    /// That a queue lets go of what it delivers, if that is its way.
    pub(super) fn keeps_no_copy(&self, queue: QueueId) -> Option<String> {
        let receive = self.simulation.plan().scenario().queue.receive;
        (receive == Receive::Destructive)
            .then(|| format!("{} keeps no copy of what it delivers", self.queue(queue)))
    }

    /// Who should have a record after this queue.
    pub(super) fn next_after(&self, queue: QueueId) -> &str {
        let layout = &self.simulation.plan().layout;
        let (region, position) = layout.queue_place(queue);
        if position + 1 == layout.positions() {
            return "record-destination";
        }
        self.queue(layout.queue(region, position + 1))
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
            None => "no request with it is under way any more".to_owned(),
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

    /// That a queue is full, and what follows from it.
    pub(super) fn full(&self, queue: QueueId) -> Option<String> {
        let options = &self.simulation.plan().scenario().queue;
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
