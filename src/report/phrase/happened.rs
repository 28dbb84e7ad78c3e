//! What happened in a step.

use super::Scene;
use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::id::{BatchId, QueueId, RecordId, RegionId, TableId};
use crate::model::layout::Place;
use crate::model::options::{OnPartial, OnRefusal, Resolver, Storage};
use crate::model::progress::Milestone;
use crate::model::{container, destination, dns, queue, replicator, service, source, table};
use crate::words::plural;

impl Scene<'_> {
    /// The events of the step in words: the first one names its record if nothing before has.
    pub(super) fn all_that_happened(&self, unnamed: bool) -> Vec<String> {
        let events = self.simulation.events();
        let mut clauses = Vec::new();
        for (index, event) in events.iter().enumerate() {
            if let Event::Fault(fault::Event::Lost { holder, .. }) = event {
                let is_first = |other: &Event| matches!(other, Event::Fault(fault::Event::Lost { holder: earlier, .. }) if earlier == holder);
                if !events[..index].iter().any(is_first) {
                    clauses.extend(self.lost(*holder));
                }
                continue;
            }
            if self.actor.is_some() && is_arrival(event) || self.is_told_of_a_mirror(index) {
                continue;
            }
            let name = if unnamed && index == 0 { object_of(event) } else { "it".to_owned() };
            clauses.extend(self.happened_to(event, &name));
        }
        clauses
    }

    /// What arrives late because the step left nothing else to do: it comes after all that the step did.
    pub(super) fn arrivals(&self) -> Vec<String> {
        let at_rest = |event: &&Event| self.actor.is_some() && is_arrival(event);
        let events = self.simulation.events().iter().filter(at_rest);
        events.filter_map(|event| self.happened(event)).collect()
    }

    /// An event in words; nothing if the message before or after it says as much.
    pub(in crate::report) fn happened(&self, event: &Event) -> Option<String> {
        self.happened_to(event, "it")
    }

    /// The same, the record being called like this.
    fn happened_to(&self, event: &Event, it: &str) -> Option<String> {
        match *event {
            Event::Source(event) => self.at_source(event),
            Event::Dns(event) => self.at_dns(event, it),
            Event::Queue(event) => self.at_queue(event, it).map(|text| self.said_of(event, text)),
            Event::Container(event) => self.at_container(event),
            // What the log brings back to where it was asked for is stored there, and not only had, too.
            Event::Table(table::Event::Applied { table, .. }) if self.stores_at(table) => None,
            Event::Table(event) => Some(self.at_table(event, it)),
            Event::Replicator(event) => self.between_tables(event),
            Event::Destination(event) => Some(self.at_destination(event)),
            Event::Service(event) => Some(at_service(event)),
            Event::Fault(event) => self.of_a_fault(event),
            Event::ExpectationFailed { .. } => Some("it does not hold".to_owned()),
        }
    }

    fn at_source(&self, event: source::Event) -> Option<String> {
        match event {
            source::Event::Refused { .. } => {
                let on_refusal = self.simulation.plan().scenario().source.on_refusal;
                (on_refusal == OnRefusal::Drop).then(|| "drops it".to_owned())
            }
            source::Event::Published { .. } => None,
            source::Event::Accepted { .. } => Some("counts it as accepted".to_owned()),
            source::Event::BatchEnded { batch, complete: true } => Some(self.done_with(batch)),
            source::Event::BatchEnded { batch, complete: false } => {
                Some(format!("gives up {batch}"))
            }
        }
    }

    /// What the source makes of a batch that is sent: of one that is one request, some records may have been refused.
    fn done_with(&self, batch: BatchId) -> String {
        let plan = self.simulation.plan();
        let has_it = |record| self.simulation.progress().has_reached(record, Milestone::ACCEPTED);
        let refused = plan.batch(batch).filter(|&record| !has_it(record)).count() as u64;
        if refused == 0 || plan.scenario().source.on_partial == OnPartial::Retry {
            return format!("is done with {batch}");
        }
        let records = plural(refused, "record", "records");
        format!("takes {batch} for sent, with {records} refused")
    }

    /// Whether the source sends a record of a batch that is one request, and has sent another one of it before.
    pub(super) fn is_of_same_request(&self, record: RecordId) -> bool {
        let plan = self.simulation.plan();
        let is_one = plan.scenario().source.on_partial == OnPartial::Ignore;
        let is_first = plan.batch(plan.batch_of(record)).next() == Some(record);
        is_one && !is_first && self.actor_place() == Some(Place::Source)
    }

    fn at_dns(&self, event: dns::Event, it: &str) -> Option<String> {
        Some(match event {
            dns::Event::Routed { region, .. } => {
                let kept = match (self.keeps_an_answer(), self.before.has_kept_an_answer) {
                    (false, _) => "",
                    (true, false) => " (record-source keeps this answer)",
                    (true, true) => " (by the answer that record-source keeps)",
                };
                format!("routes {it} to region {region}{kept}")
            }
            dns::Event::RoutesChanged { side, offline } if offline.is_empty() => {
                format!("{} answers every region", side.name())
            }
            dns::Event::RoutesChanged { side, offline } => {
                format!("{} leaves out region {offline}", side.name())
            }
            dns::Event::Probed { .. } | dns::Event::FetchRouted { .. } => return None,
            dns::Event::HealthChanged { region, healthy } => takes_for(region, healthy),
            dns::Event::WeightsChanged { weights } => {
                let regions = self.simulation.plan().layout.regions;
                format!("in-dns has the weights {:?}", &weights[..regions])
            }
            dns::Event::PlanEnacted { plan, instead_of } => {
                format!("puts plan {plan} in place of plan {instead_of}")
            }
            dns::Event::PlanDeleted { plan } => {
                format!("deletes plan {plan}, which was in place: it has no answer any more")
            }
        })
    }

    /// Whether the resolver of the source never asks again.
    fn keeps_an_answer(&self) -> bool {
        self.simulation.plan().scenario().dns.resolver == Resolver::KeepsFirst
    }

    /// What a queue does while a table takes the step, which carries out a transaction with it, is said of the queue.
    fn said_of(&self, event: queue::Event, text: String) -> String {
        let name = self.queue(event.queue());
        match self.actor_place() {
            Some(Place::Table(_)) if !text.contains(name) => format!("{name} {text}"),
            Some(_) | None => text,
        }
    }

    fn at_queue(&self, event: queue::Event, it: &str) -> Option<String> {
        Some(match event {
            queue::Event::Delivered { gone: false, .. } => return None,
            queue::Event::Enqueued { .. } => format!("takes {it}"),
            queue::Event::Delivered { gone: true, .. } => "keeps no copy of it".to_owned(),
            queue::Event::SendWaits { .. } => "is full, and lets it wait".to_owned(),
            queue::Event::Deduplicated { .. } => {
                format!("takes {it} for sent again, and does not take it")
            }
            queue::Event::WindowPassed { queue } => {
                format!("the deduplication window of {} passes", self.queue(queue))
            }
            queue::Event::Returned { queue, record } if self.is_log(queue) => {
                format!("has {record} read again")
            }
            queue::Event::Returned { record, .. } => format!("makes {record} visible again"),
            queue::Event::CommitDue { .. } => "commits it later".to_owned(),
            // It has said so itself.
            queue::Event::TimedOut { queue, .. }
                if self.actor_place() == Some(Place::Queue(queue)) =>
            {
                return None;
            }
            queue::Event::TimedOut { queue, record } => {
                format!("the delivery of {record} by {} times out", self.queue(queue))
            }
            queue::Event::Reordered { queue } => self.reordered(queue),
            queue::Event::DeadLettered { queue, record } => {
                let position =
                    if self.is_log(queue) { " and has the position behind it" } else { "" };
                let queue = if self.actor.is_some() { "" } else { self.queue(queue) };
                let words = format!("{queue} puts {record} into its dead-letter queue{position}");
                words.trim_start().to_owned()
            }
            queue::Event::Redriven { queue, record } => {
                format!("{} takes {record} back from its dead-letter queue", self.queue(queue))
            }
            queue::Event::Expired { queue, record, dead } => {
                let whose = if dead { "the dead-letter queue of " } else { "" };
                let options = &self.simulation.plan().queues[queue.index()].options;
                let why = match options.storage {
                    Storage::Durable => "its retention period is over",
                    Storage::InMemory => "it was in memory only",
                };
                let queue = self.queue(queue);
                format!("{whose}{queue} drops {record}: {why}")
            }
            queue::Event::Removed { queue, record } if self.is_log(queue) => {
                format!("has the position behind {record}")
            }
            queue::Event::Removed { record, .. } => format!("removes {record}"),
            queue::Event::StaleRemove { queue } if self.is_log(queue) => {
                "takes no position from a consumer that has lost the partition".to_owned()
            }
            queue::Event::Mirrored { .. } => format!("has {it} mirrored"),
            queue::Event::PositionMirrored { record, .. } => {
                format!("knows that the position behind {record} is committed there")
            }
            queue::Event::TookOver { queue, .. } => {
                format!(
                    "{} takes over {}, mirrored there",
                    self.queue(queue),
                    self.of_mirror(event)
                )
            }
            queue::Event::Skipped { queue, .. } => format!(
                "the consumers of {} begin behind {}, mirrored there",
                self.queue(queue),
                self.of_mirror(event)
            ),
            queue::Event::StaleRemove { .. } => "does not know that delivery any more".to_owned(),
        })
    }

    fn at_container(&self, event: container::Event) -> Option<String> {
        match event {
            container::Event::Forwarding { .. } => None,
            container::Event::Became { container, state, refused_by } => {
                self.became(container, state, refused_by)
            }
            container::Event::GaveBack { container, record, why } => {
                Some(self.gave_back(container, record, why))
            }
            container::Event::CameAlong { record, .. } => Some(format!("gets {record} with it")),
            container::Event::WentOn { record, .. } => {
                Some(format!("goes on with {record} of its batch"))
            }
            container::Event::PutAside { record, .. } => {
                Some(format!("has processed {record}, and keeps it until all are processed"))
            }
            container::Event::RemovesAll { container, record, why } => {
                let cannot = self.cannot(container, record, why);
                Some(format!("{cannot}, and removes it with all that came with it"))
            }
            container::Event::PassedOver { record, refused_by, .. } => Some(format!(
                "passes over {record} and reads on: {} refused",
                self.machine(refused_by)
            )),
            container::Event::StaleReply { container } => {
                let is_paused = self.simulation.container(container).hangs();
                let gives_up = self.simulation.plan().scenario().budget.request_timeout > 0;
                Some(match (is_paused, gives_up) {
                    (true, _) => "drops it: it is paused".to_owned(),
                    (false, true) => "ignores it: it does not wait for that any more".to_owned(),
                    (false, false) => "ignores it: an earlier life had asked".to_owned(),
                })
            }
            container::Event::AnsweredAgain { .. } => {
                Some("has asked for no such thing since it was answered".to_owned())
            }
            // Of a line that concerns several, the verdict names the one that matters.
            container::Event::NothingToRecover { container } => {
                let is_told = self.actor_place() == Some(Place::Container(container));
                is_told.then(|| "has nothing to recover from".to_owned())
            }
        }
    }

    /// Whether a table stores a write that it was asked for in this step.
    fn stores_at(&self, table: TableId) -> bool {
        let is_it = |event: &Event| matches!(*event, Event::Table(table::Event::Stored { table: at, .. }) if at == table);
        self.simulation.events().iter().any(is_it)
    }

    fn at_table(&self, event: table::Event, it: &str) -> String {
        match event {
            table::Event::Stored { rows: 0 | 1, duplicate: false, .. } => format!("stores {it}"),
            table::Event::Stored { rows: 0 | 1, duplicate: true, .. } => {
                format!("has {it} already")
            }
            table::Event::Stored { rows, .. } | table::Event::Applied { rows: rows @ 2.., .. } => {
                format!("stores {it} once more, in {rows} rows")
            }
            table::Event::Applied { .. } => format!("stores {it}, too"),
            table::Event::Ignored { record, .. } => {
                format!("does not show {}: what it shows has a later time", self.version(record))
            }
            table::Event::Forgot { record, .. } => {
                format!("forgets {record}, which it had received and not applied")
            }
            table::Event::KeyShown { record, .. } => format!("shows {}", self.version(record)),
            table::Event::Intended { table, queue, passed: false, .. }
                if self.goes_to_several(table) =>
            {
                format!("has the intent to publish it to {}", self.queue(queue))
            }
            table::Event::Relayed { table, record, queue } if self.goes_to_several(table) => {
                let queue = self.queue(queue);
                format!("its relay is done with the intent to publish {record} to {queue}")
            }
            table::Event::Intended { passed: false, .. } => {
                "has the intent to publish it in the same write".to_owned()
            }
            table::Event::Intended { passed: true, .. } => {
                "has the intent to publish it under an id that its relay has passed".to_owned()
            }
            table::Event::Passed { record, .. } => {
                format!("passes the transaction of {record}, which is open and has a smaller id")
            }
            table::Event::Relayed { record, .. } => {
                format!("its relay is done with the intent to publish {record}")
            }
            table::Event::HandedOn { table, record, .. } => {
                format!(
                    "the intent to publish {record} goes to {}",
                    self.place(Place::Table(table))
                )
            }
            table::Event::Reopened { table, record } => self.reopened(table, record),
            table::Event::Skipped { record, .. } => {
                format!("the next relay will not read the intent to publish {record}")
            }
            table::Event::Withdrawn { rows: 0, .. } => format!("takes the row of {it} back"),
            table::Event::WithdrawnElsewhere { record, rows: 0, .. } => {
                format!("takes the row of {record} back, too")
            }
            table::Event::Withdrawn { record, .. }
            | table::Event::WithdrawnElsewhere { record, .. } => {
                format!("keeps the row of {record} that another region wrote")
            }
            table::Event::NotWithdrawn { record, .. } => {
                format!("keeps the row of {record}: another consumer has stored it, too")
            }
        }
    }

    fn between_tables(&self, event: replicator::Event) -> Option<String> {
        match event {
            replicator::Event::Replicated { .. } => None,
            replicator::Event::WriterMoved { replicator, region } => {
                let stage = &self.simulation.plan().layout.stages[replicator.index()];
                Some(format!("region {region} writes {stage}-table now"))
            }
            replicator::Event::ReplicationLost { record, .. } => Some(format!("loses {record}")),
        }
    }

    fn at_destination(&self, event: destination::Event) -> String {
        match event {
            destination::Event::Arrived { copy, shown: true, .. } => {
                format!("shows {}", self.version(copy.id))
            }
            destination::Event::Arrived { counted: true, .. } => "counts it".to_owned(),
            destination::Event::Arrived { counted: false, .. } => "has it already".to_owned(),
        }
    }

    /// Which version of which key a record is.
    fn version(&self, record: RecordId) -> String {
        let keys = self.simulation.plan().keys();
        format!("version {} of key {}", keys.version_of(record), keys.key_of(record) + 1)
    }

    /// The first visible record of the queue became its last.
    fn reordered(&self, queue: QueueId) -> String {
        let name = self.queue(queue);
        // Those in flight come first.
        match self.simulation.queue_items(queue).last() {
            Some(item) => format!("{name} moves {} behind all others", item.copy.id),
            None => format!("{name} changes its order"),
        }
    }
}

fn takes_for(region: RegionId, healthy: bool) -> String {
    let verdict = if healthy { "healthy again" } else { "unhealthy" };
    format!("takes region {region} for {verdict}")
}

fn at_service(event: service::Event) -> String {
    match event {
        service::Event::TookEffect { times: 1, .. } => "has its effect".to_owned(),
        service::Event::TookEffect { times, .. } => {
            format!("has its effect once more: {times} for this record")
        }
        service::Event::KnownAgain { .. } => "knows the call again: no other effect".to_owned(),
    }
}

fn is_arrival(event: &Event) -> bool {
    matches!(event, Event::Fault(fault::Event::CameLate { .. }))
}

/// What a record is called when it is named for the first time.
fn object_of(event: &Event) -> String {
    let is_the_object = matches!(
        event,
        Event::Queue(queue::Event::Enqueued { .. })
            | Event::Table(table::Event::Stored { .. } | table::Event::Applied { .. })
            | Event::Dns(dns::Event::Routed { .. })
    );
    let record = event.record().filter(|_| is_the_object);
    record.map_or_else(|| "it".to_owned(), |record| record.to_string())
}
