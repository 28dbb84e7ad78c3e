//! Whom a machine asked or told in a step.

use super::Scene;
use crate::model::event::Event;
use crate::model::id::{MachineId, RecordId};
use crate::model::layout::Place;
use crate::model::message::Message;

impl Scene<'_> {
    /// What was sent in the step: the messages at the ends of the inboxes that were not there.
    pub(super) fn sent(&self) -> Vec<(MachineId, String)> {
        let mut clauses = Vec::new();
        for (index, &before) in self.before.waiting.iter().enumerate() {
            let machine = MachineId(index as u16);
            let is_here = |event: &&Event| matches!(event, Event::CameLate { machine: to, .. } if *to == machine);
            // What came late is in front.
            let late = self.simulation.events().iter().filter(is_here).count();
            let kept = before + late - usize::from(self.actor == Some(machine));
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
            Message::Wake { .. } => format!("{name} will hear that it can try again"),
            Message::Send { copy, .. } => format!("sends {} to {name}", copy.id),
            // After a recovery the container asks, and not the driver whose step it is.
            Message::Receive { client, .. } if self.actor != Some(client.machine) => {
                match self.actor {
                    // That it works again is the clause before.
                    None => format!("asks {name} for the next record"),
                    Some(_) => format!("{} asks {name} for the next record", self.client(client)),
                }
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
            Message::Expire { .. } if self.actor == Some(to) => return None,
            Message::Abandon { .. } | Message::Expire { .. } => format!("{name} will notice"),
            Message::Insert { .. } => format!("asks {name} to store it"),
            Message::Probe { .. } if self.actor == Some(to) => return None,
            Message::Probe { region } if places[to.index()] == Place::InDns => {
                format!("has {name} check region {region}")
            }
            Message::Probe { .. } => format!("asks {name}"),
            Message::Forward { .. } => format!("forwards it to {name}"),
            Message::Enact { plan, .. } => format!("a late enactor is about to write plan {plan}"),
            Message::CleanUp { .. } => format!("has {name} clean up"),
            Message::Apply { .. }
            | Message::Replicate { .. }
            | Message::Probed { .. }
            | Message::Handover { .. }
            | Message::Fence { .. }
            | Message::Discard { .. }
            | Message::Logged { .. } => format!("tells {name}"),
            Message::Sent { .. } | Message::Removed { .. } | Message::Inserted { .. } => {
                format!("tells {name}")
            }
            Message::SendRefused { .. }
            | Message::ReceiveRefused { .. }
            | Message::RemoveRefused { .. }
            | Message::InsertRefused { .. } => self.refuses(to),
        })
    }

    /// That a request is refused: the one that was handled, one that was refused before, or one that
    /// waited.
    fn refuses(&self, to: MachineId) -> String {
        let name = self.machine(to);
        match self.message {
            Some(Message::Send { client, .. } | Message::Insert { client, .. })
                if client.machine == to =>
            {
                "refuses it".to_owned()
            }
            Some(Message::Remove { client, .. } | Message::Receive { client, .. })
                if client.machine == to =>
            {
                "refuses".to_owned()
            }
            Some(
                Message::SendRefused { .. }
                | Message::ReceiveRefused { .. }
                | Message::RemoveRefused { .. }
                | Message::InsertRefused { .. },
            ) => format!("tells {name}"),
            Some(_) | None => format!("refuses {name}"),
        }
    }

    /// Whether the step is another delivery of a record.
    fn is_redelivered(&self, id: RecordId) -> bool {
        self.simulation.events().iter().any(|event| {
            matches!(event, Event::Delivered { record, redelivery: true, .. } if *record == id)
        })
    }

    /// Why a message has no consequence yet.
    pub(super) fn stays(&self, message: &Message) -> Option<String> {
        match message {
            Message::Receive { client, .. } => {
                Some(format!("has none for {} yet", self.client(*client)))
            }
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
            | Message::Expire { .. }
            | Message::Insert { .. }
            | Message::Inserted { .. }
            | Message::InsertRefused { .. }
            | Message::Replicate { .. }
            | Message::Apply { .. }
            | Message::Probe { .. }
            | Message::Probed { .. }
            | Message::Forward { .. }
            | Message::Handover { .. }
            | Message::Fence { .. }
            | Message::Discard { .. }
            | Message::Logged { .. }
            | Message::Enact { .. }
            | Message::CleanUp { .. } => None,
        }
    }
}
