//! The words for one step: what a machine was asked, what happened, whom it asks.

use std::collections::BTreeSet;

use crate::model::container;
use crate::model::event::{Event, Holder};
use crate::model::fault::{Fault, FaultKind, FaultPoint, Target};
use crate::model::id::{MachineId, QueueId, RecordId, RegionId};
use crate::model::layout::Place;
use crate::model::message::{Client, Health, Message};
use crate::plan::DriverAction;
use crate::plan::names::target_name;
use crate::report::story::Before;
use crate::sim::{Choice, Simulation, Step};

/// A step and what surrounds it.
pub(super) struct Scene<'a> {
    /// The world after the step.
    pub(super) simulation: &'a Simulation,
    /// The world before it.
    pub(super) before: &'a Before,
    /// The machine that took the step; none for a fault.
    pub(super) actor: Option<MachineId>,
    /// The messages that are told of, by the step that sent them and to whom; all if none are
    /// given.
    pub(super) heard: Option<&'a BTreeSet<(u64, MachineId)>>,
}

impl<'a> Scene<'a> {
    pub(super) fn of(
        step: &Step,
        simulation: &'a Simulation,
        before: &'a Before,
        heard: Option<&'a BTreeSet<(u64, MachineId)>>,
    ) -> Scene<'a> {
        Scene { simulation, before, actor: step.choice.machine(), heard }
    }

    /// The step as a sentence without a full stop.
    pub(super) fn text(&self, step: &Step) -> String {
        let mut clauses = Vec::new();
        let mut subject = None;
        match (step.choice, &step.message) {
            (Choice::Step(_) | Choice::Resolve(_) | Choice::Fail(_), Some(message)) => {
                let machine = self.actor.map_or("nobody", |actor| self.machine(actor));
                match self.is_told_by_sender(message) {
                    true => subject = Some(machine),
                    false => clauses.push(format!("{machine} {}", self.handled(message))),
                }
            }
            (Choice::Fault(FaultPoint::GoOn), _) => {
                clauses.push("this is the moment that the script waits for".to_owned());
            }
            (
                Choice::Step(_)
                | Choice::Resolve(_)
                | Choice::Fail(_)
                | Choice::Fault(
                    FaultPoint::Crash(_)
                    | FaultPoint::Restart(_)
                    | FaultPoint::LoseReply(_)
                    | FaultPoint::TimeOut(_)
                    | FaultPoint::Reorder(_)
                    | FaultPoint::LoseTable(_)
                    | FaultPoint::LoseRegion(_)
                    | FaultPoint::Switchover(..)
                    | FaultPoint::Failover(..)
                    | FaultPoint::Outage(_)
                    | FaultPoint::EndOutage(_),
                ),
                _,
            ) => {}
        }
        for event in self.simulation.events() {
            match subject.take() {
                // Nobody has named the machine and the record yet.
                Some(subject) => match self.happened_to(event, &object_of(event)) {
                    Some(clause) => clauses.push(format!("{subject} {clause}")),
                    None => clauses.push(subject.to_owned()),
                },
                None => clauses.extend(self.happened(event)),
            }
        }
        let sent = self.sent();
        if sent.is_empty() {
            clauses.extend(step.message.as_ref().and_then(|message| self.stays(message)));
        }
        clauses.extend(
            sent.into_iter().filter_map(|(to, clause)| self.is_heard(to).then_some(clause)),
        );
        list(&clauses)
    }

    /// Whether the step that sent the message is told as well, and has said what it asks for. Then
    /// it is enough to say what came of it.
    fn is_told_by_sender(&self, message: &Message) -> bool {
        let asks = matches!(
            message,
            Message::Send { .. } | Message::Insert { .. } | Message::Apply { .. }
        );
        let begins = self.simulation.events().first().is_some_and(|event| {
            matches!(
                event,
                Event::Enqueued { .. }
                    | Event::Routed { .. }
                    | Event::Stored { .. }
                    | Event::Applied { .. }
            )
        });
        self.heard.is_some() && asks && begins
    }

    /// Whether what was sent there matters to what is told.
    fn is_heard(&self, to: MachineId) -> bool {
        let step = self.simulation.steps();
        self.heard.is_none_or(|heard| heard.contains(&(step, to)))
    }

    fn actor_place(&self) -> Option<Place> {
        let places = self.simulation.plan().layout.places();
        self.actor.map(|actor| places[actor.index()])
    }

    fn machine(&self, machine: MachineId) -> &'a str {
        self.simulation.plan().layout.name(machine)
    }

    fn place(&self, place: Place) -> &'a str {
        self.machine(self.simulation.plan().layout.machine(place))
    }

    fn queue(&self, queue: QueueId) -> &'a str {
        self.place(Place::Queue(queue))
    }

    fn client(&self, client: Client) -> &'a str {
        self.machine(client.machine)
    }

    fn script_line(&self, action: usize) -> String {
        self.simulation.plan().script_line(action).to_string()
    }

    /// The record that the actor was busy with when a reply came.
    fn record_in_hand(&self) -> String {
        let places = self.simulation.plan().layout.places();
        let record: Option<RecordId> = match self.actor.map(|actor| places[actor.index()]) {
            Some(Place::Container(id)) => self.before.hands[id.index()],
            Some(Place::Source | Place::InDns) => self.before.under_way,
            Some(
                Place::Driver
                | Place::OutDns
                | Place::Destination
                | Place::Queue(_)
                | Place::Table(_)
                | Place::Replicator(_),
            )
            | None => None,
        };
        record.map_or_else(|| "the record".to_owned(), |record| record.to_string())
    }

    /// What the actor was asked or told.
    #[allow(clippy::too_many_lines, reason = "one exhaustive match: a new event must break it")]
    fn handled(&self, message: &Message) -> String {
        match *message {
            Message::Proceed => self.proceeded(),
            Message::Publish { batch } => format!("is told to publish {batch}"),
            Message::Wake { .. } => "hears that something has changed".to_owned(),
            Message::Send { client, copy } => {
                format!("is sent {} by {}", copy.id, self.client(client))
            }
            Message::Sent { queue, .. } => {
                format!("hears that {} has {}", self.queue(queue), self.record_in_hand())
            }
            Message::SendRefused { .. } => {
                format!("hears that {} was refused", self.record_in_hand())
            }
            Message::Receive { client, queue } => {
                format!("is asked by {} for {}", self.client(client), self.next_record(queue))
            }
            Message::Received { queue, copy, .. } => {
                format!("received {} from {}", copy.id, self.queue(queue))
            }
            Message::ReceiveRefused { queue, .. } => {
                format!("hears that {} refuses to deliver", self.queue(queue))
            }
            Message::Remove { client, .. } => {
                format!("is asked by {} to remove what it received", self.client(client))
            }
            Message::Removed { queue, .. } => {
                format!("hears that {} removed {}", self.queue(queue), self.record_in_hand())
            }
            Message::RemoveRefused { queue, .. } => {
                format!(
                    "hears that {} refuses to remove {}",
                    self.queue(queue),
                    self.record_in_hand()
                )
            }
            Message::Abandon { client } => {
                format!("notices that {} has given up", self.client(client))
            }
            Message::Insert { client, copy } => {
                format!("is asked by {} to store {}", self.client(client), copy.id)
            }
            Message::Inserted { duplicate: false, .. } => {
                format!("hears that {} is stored", self.record_in_hand())
            }
            Message::Inserted { duplicate: true, .. } => {
                format!("hears that {} had been stored before", self.record_in_hand())
            }
            Message::InsertRefused { .. } => {
                format!("hears that the table refuses {}", self.record_in_hand())
            }
            Message::Replicate { region, copy, .. } => {
                format!("is told that region {region} wrote {}", copy.id)
            }
            Message::Apply { region, copy, .. } => {
                format!("is told that region {region} wrote {}", copy.id)
            }
            Message::Probe { region } => match self.actor_place() {
                Some(Place::InDns) => format!("checks the health of region {region}"),
                Some(Place::Queue(_)) => "is asked whether it works".to_owned(),
                _ => format!("is asked whether region {region} has caught up"),
            },
            Message::Probed { region, health } => match health {
                Health::Available => format!("hears that region {region} works"),
                Health::Failed => format!("hears that region {region} does not work"),
                Health::CaughtUp => format!("hears that a table of region {region} has caught up"),
            },
            Message::Forward { copy, asked, .. } => {
                format!("is forwarded {} by {}", copy.id, self.place(Place::Table(asked)))
            }
            Message::Handover { to, .. } => {
                format!("reads that region {to} writes from here on")
            }
            Message::Enact { plan, .. } => {
                format!("is told by a late enactor to put plan {plan} in place")
            }
            Message::CleanUp { plan } => {
                format!("is told to delete the plans that are older than plan {plan}")
            }
            Message::Discard { copy } => {
                format!("is told that {} came after the writer was replaced", copy.id)
            }
            Message::Logged { copy } => format!("hears that another region has {}", copy.id),
        }
    }

    /// What the driver did with the step of the script that was due.
    fn proceeded(&self) -> String {
        let action = self.before.action;
        let line = self.script_line(action);
        let holds = self.simulation.driver().next() > action;
        match (&self.simulation.plan().actions()[action], holds) {
            (DriverAction::FaultSome(faults), _) => {
                let layout = &self.simulation.plan().layout;
                let name = target_name(faults[self.before.component].target, layout);
                let faulted = |event: &Event| matches!(event, Event::Faulted { .. });
                match self.simulation.events().iter().any(faulted) {
                    true => format!("takes {name} for '{line}'"),
                    false => format!("leaves {name} out of '{line}'"),
                }
            }
            (DriverAction::Await(_), true) => format!("finds that '{line}' holds"),
            (DriverAction::Await(_), false) => format!("comes to '{line}' and waits"),
            (
                DriverAction::Publish(_)
                | DriverAction::Fault(_)
                | DriverAction::Recover(_)
                | DriverAction::Redrive(_)
                | DriverAction::Weights(_),
                _,
            ) => format!("carries out '{line}'"),
            (DriverAction::Check(_), _) => format!("checks '{line}'"),
        }
    }

    fn next_record(&self, queue: QueueId) -> String {
        let places = self.simulation.plan().layout.places();
        match self.actor.map(|actor| places[actor.index()]) {
            Some(Place::OutDns) => format!("the next record of {}", self.queue(queue)),
            Some(
                Place::Driver
                | Place::Source
                | Place::InDns
                | Place::Destination
                | Place::Queue(_)
                | Place::Container(_)
                | Place::Table(_)
                | Place::Replicator(_),
            )
            | None => "the next record".to_owned(),
        }
    }

    /// An event in words; nothing if the message before or after it says as much.
    #[allow(clippy::too_many_lines, reason = "one exhaustive match: a new event must break it")]
    pub(super) fn happened(&self, event: &Event) -> Option<String> {
        self.happened_to(event, "it")
    }

    /// The same, the record being called like this.
    #[allow(clippy::too_many_lines, reason = "one exhaustive match: a new event must break it")]
    fn happened_to(&self, event: &Event, it: &str) -> Option<String> {
        let layout = &self.simulation.plan().layout;
        Some(match *event {
            Event::Published { .. }
            | Event::Refused { .. }
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
            Event::Probed { .. } => return None,
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
            Event::Delivered { record, gone: true, .. } => {
                format!("delivers {record} without keeping a copy")
            }
            Event::SendWaits { .. } => "is full and lets it wait".to_owned(),
            Event::GaveUp { record, .. } => {
                format!("cannot read a row of its table, and gives up on {record}")
            }
            Event::Returned { record, .. } => format!("makes {record} visible again"),
            Event::TimedOut { queue, record } => {
                format!("the delivery of {record} by {} times out", self.queue(queue))
            }
            Event::Reordered { queue } => format!("{} changes its order", self.queue(queue)),
            Event::DeadLettered { record, .. } => {
                format!("puts {record} into its dead-letter queue")
            }
            Event::Redriven { queue, record } => {
                format!("{} takes {record} back from its dead-letter queue", self.queue(queue))
            }
            Event::ReplyLost { machine, reply } => {
                format!("the reply '{}' to {} is lost", reply.name(), self.machine(machine))
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
            Event::KeyShown { record, .. } => {
                let keys = self.simulation.plan().keys();
                let (key, version) = (keys.key_of(record) + 1, keys.version_of(record));
                format!("shows version {version} of key {key}")
            }
            Event::Lost { holder, record } => self.lost(holder, record),
            Event::WriterMoved { region, .. } => format!("region {region} is the writer now"),
            Event::ReplicationLost { record, .. } => format!("loses {record}"),
            Event::Arrived { counted: true, .. } => "counts it".to_owned(),
            Event::Arrived { counted: false, .. } => "has it already".to_owned(),
            Event::Faulted { fault } => self.faulted(fault),
            Event::Recovered { target, waiting } => self.recovered(target, waiting),
            Event::ExpectationFailed { .. } => "it does not hold".to_owned(),
        })
    }

    fn lost(&self, holder: Holder, record: RecordId) -> String {
        match holder {
            Holder::DeadLetters(id) => {
                format!("{record} is gone with the dead-letter queue of {}", self.queue(id))
            }
            Holder::Queue(id) => format!("{record} is gone with {}", self.queue(id)),
            Holder::Table(id) => format!("{record} is gone with {}", self.place(Place::Table(id))),
            Holder::Log(id) => {
                let table = self.place(Place::Table(id));
                format!("{record} is gone from the log on its way to {table}")
            }
            Holder::Stream(id) => {
                let table = self.place(Place::Table(id));
                format!("{record} is gone from the stream of {table} before it was replicated")
            }
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
        format!("{} {verb}", target_name(fault.target, &self.simulation.plan().layout))
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
        id: crate::model::ContainerId,
        state: container::State,
        refused_by: Option<MachineId>,
    ) -> Option<String> {
        match (state, refused_by) {
            (container::State::FailedDependency, Some(by)) => Some(format!(
                "{} is {} because {} refused",
                self.place(Place::Container(id)),
                state.name(),
                self.machine(by)
            )),
            (container::State::FailedDependency, None) => {
                Some(format!("{} is {}", self.place(Place::Container(id)), state.name()))
            }
            (container::State::Processing | container::State::FailedProcessing, _) => None,
        }
    }

    /// What was sent in the step: the messages at the ends of the inboxes that were not there.
    fn sent(&self) -> Vec<(MachineId, String)> {
        let mut clauses = Vec::new();
        for (index, &before) in self.before.waiting.iter().enumerate() {
            let machine = MachineId(index as u16);
            let kept = before - usize::from(self.actor == Some(machine));
            let new = self.simulation.inbox(machine).skip(kept);
            let clause = |message| Some((machine, self.asks(machine, message)?));
            clauses.extend(new.filter_map(clause));
        }
        clauses
    }

    /// One message that was sent.
    fn asks(&self, to: MachineId, message: &Message) -> Option<String> {
        let name = self.machine(to);
        let places = self.simulation.plan().layout.places();
        Some(match *message {
            Message::Proceed if self.actor == Some(to) => return None,
            Message::Proceed => "the driver can go on".to_owned(),
            Message::Publish { batch } => format!("tells {name} to publish {batch}"),
            Message::Wake { .. } => format!("{name} will try again what was refused"),
            Message::Send { copy, .. } => format!("sends {} to {name}", copy.id),
            // After a recovery the container asks, and not the driver whose step it is.
            Message::Receive { client, .. } if self.actor != Some(client.machine) => {
                format!("{} asks {name} for the next record", self.client(client))
            }
            Message::Receive { queue, .. } => match places[to.index()] {
                Place::OutDns => {
                    format!("asks {name} for the next record of {}", self.queue(queue))
                }
                Place::Driver
                | Place::Source
                | Place::InDns
                | Place::Destination
                | Place::Queue(_)
                | Place::Container(_)
                | Place::Table(_)
                | Place::Replicator(_) => format!("asks {name} for the next record"),
            },
            Message::Received { copy, .. } if self.is_redelivered(copy.id) => {
                format!("hands {} to {name}, not for the first time", copy.id)
            }
            Message::Received { copy, .. } => format!("hands {} to {name}", copy.id),
            Message::Remove { .. } => format!("asks {name} to remove it"),
            Message::Abandon { .. } => format!("{name} will notice"),
            Message::Insert { .. } => format!("asks {name} to store it"),
            Message::Probe { .. } if self.actor == Some(to) => return None,
            Message::Probe { .. } => format!("asks {name}"),
            Message::Forward { .. } => format!("forwards it to {name}"),
            Message::Enact { plan, .. } => format!("a late enactor is about to write plan {plan}"),
            Message::CleanUp { .. } => format!("has {name} clean up"),
            Message::Apply { .. }
            | Message::Replicate { .. }
            | Message::Probed { .. }
            | Message::Handover { .. }
            | Message::Discard { .. }
            | Message::Logged { .. } => format!("tells {name}"),
            Message::Sent { .. } | Message::Removed { .. } | Message::Inserted { .. } => {
                format!("tells {name}")
            }
            Message::SendRefused { .. }
            | Message::ReceiveRefused { .. }
            | Message::RemoveRefused { .. }
            | Message::InsertRefused { .. } => format!("refuses {name}"),
        })
    }

    /// Whether the step is another delivery of a record.
    fn is_redelivered(&self, id: RecordId) -> bool {
        self.simulation.events().iter().any(|event| {
            matches!(event, Event::Delivered { record, redelivery: true, .. } if *record == id)
        })
    }

    /// Why a message has no consequence yet.
    fn stays(&self, message: &Message) -> Option<String> {
        match message {
            Message::Receive { .. } => Some("has none for it yet".to_owned()),
            Message::Apply { .. } if self.simulation.events().is_empty() => {
                Some("keeps that until it works again".to_owned())
            }
            Message::Publish { .. } => Some("will do that after the batch under way".to_owned()),
            Message::Wake { .. } => Some("has nothing to try again now".to_owned()),
            Message::SendRefused { .. } if self.simulation.source().under_way().is_some() => {
                Some("waits until something changes".to_owned())
            }
            Message::Proceed
            | Message::Send { .. }
            | Message::Sent { .. }
            | Message::SendRefused { .. }
            | Message::Received { .. }
            | Message::ReceiveRefused { .. }
            | Message::Remove { .. }
            | Message::Removed { .. }
            | Message::RemoveRefused { .. }
            | Message::Abandon { .. }
            | Message::Insert { .. }
            | Message::Inserted { .. }
            | Message::InsertRefused { .. }
            | Message::Replicate { .. }
            | Message::Apply { .. }
            | Message::Probe { .. }
            | Message::Probed { .. }
            | Message::Forward { .. }
            | Message::Handover { .. }
            | Message::Discard { .. }
            | Message::Logged { .. }
            | Message::Enact { .. }
            | Message::CleanUp { .. } => None,
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
        | Event::ExpectationFailed { .. } => "it".to_owned(),
    }
}

/// "a, b and c".
fn list(clauses: &[String]) -> String {
    match clauses {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
