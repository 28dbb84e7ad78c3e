//! What a machine was asked or told.

use super::Scene;
use crate::model::event::Event;
use crate::model::id::{QueueId, RecordId};
use crate::model::layout::Place;
use crate::model::message::{Health, Message};
use crate::plan::DriverAction;
use crate::plan::names::target_name;

impl Scene<'_> {
    /// What the actor was asked or told.
    #[allow(clippy::too_many_lines, reason = "one exhaustive match: a new event must break it")]
    pub(super) fn handled(&self, message: &Message) -> String {
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
            Message::Remove { client, queue, receipt } => {
                let delivered = self.before.delivered(queue, receipt);
                let record = delivered.map_or("what it received".to_owned(), |id| id.to_string());
                format!("is asked by {} to remove {record}", self.client(client))
            }
            Message::Removed { queue, .. } => {
                format!("hears that {} removed {}", self.queue(queue), self.record_in_hand())
            }
            Message::RemoveRefused { expired: true, .. } => {
                format!("hears that the receipt of {} has expired", self.record_in_hand())
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
            Message::Expire { .. } => self.expired(),
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
            Message::Fence { to } => {
                format!("hears that region {to} writes since the failover")
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
            Message::Logged { copy } => self.logged(copy.id),
        }
    }

    /// Of a global database, where the record is; else, that the log knew of it before.
    fn logged(&self, record: RecordId) -> String {
        let tables = &self.simulation.plan().tables;
        match self.actor_place() {
            Some(Place::Table(id)) if tables[id.index()].database.is_none() => {
                format!("hears that the log has {record} already")
            }
            _ => format!("hears that another region has {record}"),
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

    /// What a queue does whose delivery takes too long.
    fn expired(&self) -> String {
        // It is the first thing to happen, unless the delivery was over.
        if let Some(Event::TimedOut { record, .. }) = self.simulation.events().first() {
            return format!("lets the delivery of {record} time out");
        }
        "no longer waits for a delivery that is over".to_owned()
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
}
