//! What happened in a step.

use super::Scene;
use crate::model::container;
use crate::model::event::{Event, Holder};
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::{ContainerId, MachineId, QueueId, RecordId, RegionId};
use crate::model::layout::Place;
use crate::model::options::OnRefusal;
use crate::plan::names::target_name;
use crate::spec::explain::numbers;

impl Scene<'_> {
    /// The events of the step in words: the first one names its record if nobody has.
    pub(super) fn all_that_happened(&self, unnamed: bool) -> Vec<String> {
        let events = self.simulation.events();
        let mut clauses = Vec::new();
        for (index, event) in events.iter().enumerate() {
            if let Event::Lost { holder, .. } = event {
                let is_first = |other: &Event| matches!(other, Event::Lost { holder: earlier, .. } if earlier == holder);
                if !events[..index].iter().any(is_first) {
                    clauses.extend(self.lost(*holder));
                }
                continue;
            }
            let name = if unnamed && index == 0 { object_of(event) } else { "it".to_owned() };
            clauses.extend(self.happened_to(event, &name));
        }
        clauses
    }

    /// An event in words; nothing if the message before or after it says as much.
    pub(in crate::report) fn happened(&self, event: &Event) -> Option<String> {
        self.happened_to(event, "it")
    }

    /// The same, the record being called like this.
    #[allow(clippy::too_many_lines, reason = "one exhaustive match: a new event must break it")]
    fn happened_to(&self, event: &Event, it: &str) -> Option<String> {
        let layout = &self.simulation.plan().layout;
        Some(match *event {
            Event::Refused { .. } => {
                let on_refusal = self.simulation.plan().scenario().source.on_refusal;
                return (on_refusal == OnRefusal::Drop).then(|| "drops it".to_owned());
            }
            Event::Published { .. }
            | Event::Forwarding { .. }
            | Event::Replicated { .. }
            | Event::LossEnded { .. }
            | Event::Delivered { gone: false, .. } => return None,
            Event::Accepted { .. } => "counts it as accepted".to_owned(),
            Event::BatchEnded { batch, complete: true } => format!("is done with {batch}"),
            Event::BatchEnded { batch, complete: false } => format!("gives up {batch}"),
            Event::Routed { region, .. } => format!("routes {it} to region {region}"),
            Event::RoutesChanged { side, offline } if offline.is_empty() => {
                format!("{} answers every region", side.name())
            }
            Event::RoutesChanged { side, offline } => {
                format!("{} leaves out region {offline}", side.name())
            }
            Event::Probed { .. } | Event::FetchRouted { .. } => return None,
            Event::HealthChanged { region, healthy } => takes_for(region, healthy),
            Event::WeightsChanged { weights } => {
                format!("in-dns has the weights {:?}", &weights[..layout.regions])
            }
            Event::PlanEnacted { plan, instead_of } => {
                format!("puts plan {plan} in place of plan {instead_of}")
            }
            Event::PlanDeleted { plan } => {
                format!("deletes plan {plan}, which was in place: it has no answer any more")
            }
            Event::Enqueued { .. } => format!("takes {it}"),
            Event::Delivered { gone: true, .. } => "keeps no copy of it".to_owned(),
            Event::SendWaits { .. } => "is full and lets it wait".to_owned(),
            Event::GaveUp { record, .. } => {
                format!("gives up on {record} (its table has a row that it cannot read)")
            }
            Event::Returned { record, .. } => format!("makes {record} visible again"),
            // It has said so itself.
            Event::TimedOut { queue, .. } if self.actor_place() == Some(Place::Queue(queue)) => {
                return None;
            }
            Event::TimedOut { queue, record } => {
                format!("the delivery of {record} by {} times out", self.queue(queue))
            }
            Event::Reordered { queue } => self.reordered(queue),
            Event::DeadLettered { queue, record } => {
                let queue = if self.actor.is_some() { "" } else { self.queue(queue) };
                format!("{queue} puts {record} into its dead-letter queue").trim_start().to_owned()
            }
            Event::Redriven { queue, record } => {
                format!("{} takes {record} back from its dead-letter queue", self.queue(queue))
            }
            Event::ReplyLost { machine, reply } => {
                let (reply, name) = (reply.name(), self.machine(machine));
                format!("the reply '{reply}' to {name} is lost and taken for a refusal")
            }
            Event::Late { machine, message } => {
                format!("the {} to {} is late", message.name(), self.machine(machine))
            }
            Event::CameLate { machine, message } => {
                format!("the late {} to {} arrives", message.name(), self.machine(machine))
            }
            Event::Removed { record, .. } => format!("removes {record}"),
            Event::StaleRemove { .. } => "does not know that delivery any more".to_owned(),
            Event::ContainerBecame { container, state, refused_by } => {
                return self.became(container, state, refused_by);
            }
            Event::StaleReply { .. } => "ignores it: an earlier life had asked".to_owned(),
            Event::Stored { rows: 0 | 1, duplicate: false, .. } => format!("stores {it}"),
            Event::Stored { rows: 0 | 1, duplicate: true, .. } => format!("has {it} already"),
            Event::Stored { rows, .. } | Event::Applied { rows: rows @ 2.., .. } => {
                format!("stores {it} once more, in {rows} rows")
            }
            Event::Applied { .. } => format!("stores {it}, too"),
            Event::KeyShown { record, .. } => format!("shows {}", self.version(record)),
            Event::Lost { holder, .. } => return self.lost(holder),
            Event::WriterMoved { replicator, region } => {
                let stage = &layout.stages[replicator.index()];
                format!("region {region} writes {stage}-table now")
            }
            Event::ReplicationLost { record, .. } => format!("loses {record}"),
            Event::Arrived { copy, shown: true, .. } => format!("shows {}", self.version(copy.id)),
            Event::Arrived { counted: true, .. } => "counts it".to_owned(),
            Event::Arrived { counted: false, .. } => "has it already".to_owned(),
            Event::Faulted { fault } => self.faulted(fault),
            Event::Recovered { target, waiting } => self.recovered(target, waiting),
            Event::ExpectationFailed { .. } => "it does not hold".to_owned(),
        })
    }

    /// Which version of which key a record is.
    fn version(&self, record: RecordId) -> String {
        let keys = self.simulation.plan().keys();
        format!("version {} of key {}", keys.version_of(record), keys.key_of(record) + 1)
    }

    /// What is gone with a holder; nothing of a stream that the table has said already.
    fn lost(&self, holder: Holder) -> Option<String> {
        let records = self.gone_with(holder);
        let (are, them) = if records.len() == 1 { ("is", "it was") } else { ("are", "they were") };
        let gone = format!("{} {are} gone", numbers(&records));
        let not_replicated = format!("before {them} replicated");
        Some(match holder {
            Holder::DeadLetters(id) => {
                format!("{gone} with the dead-letter queue of {}", self.queue(id))
            }
            Holder::Queue(id) => format!("{gone} with {}", self.queue(id)),
            Holder::Table(id) => {
                let table = self.place(Place::Table(id));
                match self.gone_with(Holder::Stream(id)) == records {
                    true => format!("{gone} with {table} {not_replicated}"),
                    false => format!("{gone} with {table}"),
                }
            }
            Holder::Log(id) => {
                format!("{gone} from the log on its way to {}", self.place(Place::Table(id)))
            }
            Holder::Stream(id) if self.gone_with(Holder::Table(id)) == records => return None,
            Holder::Stream(id) => {
                format!(
                    "{gone} from the stream of {} {not_replicated}",
                    self.place(Place::Table(id))
                )
            }
        })
    }

    /// The numbers of the records that are gone with it.
    fn gone_with(&self, place: Holder) -> Vec<u16> {
        let mut records = Vec::new();
        for event in self.simulation.events() {
            if let Event::Lost { holder, record } = *event
                && holder == place
            {
                records.push(record.0);
            }
        }
        records.sort_unstable();
        records
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

    fn faulted(&self, fault: Fault) -> String {
        let verb = match fault.kind {
            FaultKind::Pause => "is paused",
            FaultKind::Crash => "crashes",
            FaultKind::Fail => "fails",
            FaultKind::Offline => "goes offline",
            FaultKind::Lose => "is lost for good",
            FaultKind::Switchover => "is to be switched over",
            FaultKind::Failover => "fails over",
        };
        let layout = &self.simulation.plan().layout;
        match fault.target {
            Target::Writer(id, region) => {
                format!("{}-table {verb} to region {region}", layout.stages[id.index()])
            }
            Target::Container(_)
            | Target::Queue(_)
            | Target::Table(_)
            | Target::Replicator(_)
            | Target::Link(..)
            | Target::Dns(..)
            | Target::Region(_) => format!("{} {verb}", target_name(fault.target, layout)),
        }
    }

    fn recovered(&self, target: Target, waiting: u32) -> String {
        let backlog = match waiting {
            0 => String::new(),
            1 => ", with 1 message waiting".to_owned(),
            _ => format!(", with {waiting} messages waiting"),
        };
        let name = target_name(target, &self.simulation.plan().layout);
        format!("{name} works again{backlog}")
    }

    /// A new state of a container, unless a fault or its end says as much.
    fn became(
        &self,
        id: ContainerId,
        state: container::State,
        refused_by: Option<MachineId>,
    ) -> Option<String> {
        let place = Place::Container(id);
        match (state, refused_by) {
            // Who refused was told.
            (container::State::FailedDependency, _) if self.actor_place() == Some(place) => {
                Some(format!("stops in {}", state.name()))
            }
            (container::State::FailedDependency, Some(by)) => Some(format!(
                "{} stops in {} because {} refused",
                self.place(place),
                state.name(),
                self.machine(by)
            )),
            (container::State::FailedDependency, None) => {
                Some(format!("{} stops in {}", self.place(place), state.name()))
            }
            (container::State::Processing | container::State::FailedProcessing, _) => None,
        }
    }
}

fn takes_for(region: RegionId, healthy: bool) -> String {
    let verdict = if healthy { "healthy again" } else { "unhealthy" };
    format!("takes region {region} for {verdict}")
}

/// What a record is called when it is named for the first time.
fn object_of(event: &Event) -> String {
    match event {
        Event::Enqueued { copy, .. } | Event::Stored { copy, .. } | Event::Applied { copy, .. } => {
            copy.id.to_string()
        }
        Event::Routed { record, .. } => record.to_string(),
        Event::Published { .. }
        | Event::Accepted { .. }
        | Event::Refused { .. }
        | Event::BatchEnded { .. }
        | Event::RoutesChanged { .. }
        | Event::WeightsChanged { .. }
        | Event::PlanEnacted { .. }
        | Event::PlanDeleted { .. }
        | Event::Probed { .. }
        | Event::FetchRouted { .. }
        | Event::HealthChanged { .. }
        | Event::Delivered { .. }
        | Event::Returned { .. }
        | Event::TimedOut { .. }
        | Event::Reordered { .. }
        | Event::DeadLettered { .. }
        | Event::Redriven { .. }
        | Event::Removed { .. }
        | Event::StaleRemove { .. }
        | Event::Forwarding { .. }
        | Event::ContainerBecame { .. }
        | Event::StaleReply { .. }
        | Event::KeyShown { .. }
        | Event::Replicated { .. }
        | Event::ReplicationLost { .. }
        | Event::WriterMoved { .. }
        | Event::Arrived { .. }
        | Event::Faulted { .. }
        | Event::Recovered { .. }
        | Event::SendWaits { .. }
        | Event::GaveUp { .. }
        | Event::Lost { .. }
        | Event::LossEnded { .. }
        | Event::ReplyLost { .. }
        | Event::Late { .. }
        | Event::CameLate { .. }
        | Event::ExpectationFailed { .. } => "it".to_owned(),
    }
}
