//! Messages in words: as the machine that handles one says it, and as the one that sends it.

use super::Scene;
use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::fault::PointKind;
use crate::model::id::{MachineId, QueueId, RecordId, TableId};
use crate::model::layout::Place;
use crate::model::message::{Health, Message, RolledBack};
use crate::model::queue;
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
                let format = self.misread(copy.id).unwrap_or_default();
                format!("received {} from {}{format}", copy.id, self.queue(queue))
            }
            Message::ReceiveRefused { queue, .. } => {
                format!("hears that {} refuses to deliver", self.queue(queue))
            }
            Message::Remove { client, queue, receipt } => {
                let delivered = self.before.delivered(queue, receipt);
                let record = delivered.map_or("what it received".to_owned(), |id| id.to_string());
                let to_remove = self.to_remove(queue, &record);
                format!("is asked by {} {to_remove}", self.client(client))
            }
            Message::Removed { queue, .. } if self.is_log(queue) => {
                format!(
                    "hears that {} knows the position behind {}",
                    self.queue(queue),
                    self.record_in_hand()
                )
            }
            Message::Removed { queue, .. } => {
                format!("hears that {} removed {}", self.queue(queue), self.record_in_hand())
            }
            Message::RemoveRefused { queue, expired: true, .. } if self.is_log(queue) => {
                format!("hears that the partition of {} is not its own", self.record_in_hand())
            }
            Message::RemoveRefused { expired: true, .. } => {
                format!("hears that the receipt of {} has expired", self.record_in_hand())
            }
            Message::RemoveRefused { queue, .. } => {
                let to_remove = self.to_remove(queue, &self.record_in_hand());
                format!("hears that {} refuses {to_remove}", self.queue(queue))
            }
            Message::Abandon { client, lives: true } => {
                format!("is asked by {} for what it was not handed", self.client(client))
            }
            Message::Abandon { client, lives: false } if client.is_gone() => self.gone(client),
            Message::Abandon { client, lives: false } => {
                format!("notices that {} has stopped", self.client(client))
            }
            Message::Expire { .. } => self.expired(),
            Message::Commit { client } => {
                format!("is told by {} what it has processed", self.client(client))
            }
            Message::Mirror { copy } => format!("is told that the log it mirrors took {}", copy.id),
            Message::Checkpoint { copy } => {
                format!("is told that the log it mirrors is done with {}", copy.id)
            }
            Message::Insert { client, copy } => {
                format!("is asked by {} to store {}", self.client(client), copy.id)
            }
            Message::Begin { client, copy } => {
                format!(
                    "is asked by {} for a transaction to store {}",
                    self.client(client),
                    copy.id
                )
            }
            Message::Begun { .. } => {
                format!("hears that the transaction to store {} has its id", self.record_in_hand())
            }
            Message::Relay { instance } => self.reads_outbox(instance),
            Message::Inserted { duplicate: false, .. } => {
                format!("hears that {} is stored", self.record_in_hand())
            }
            Message::Inserted { duplicate: true, .. } => {
                format!("hears that {} had been stored before", self.record_in_hand())
            }
            Message::InsertRefused { .. } => {
                format!("hears that the table refuses {}", self.record_in_hand())
            }
            Message::Withdraw { client, copy } => {
                format!("is asked by {} to take the row of {} back", self.client(client), copy.id)
            }
            Message::Withdrawn { .. } => {
                format!("hears that the table is done with {}", self.record_in_hand())
            }
            Message::WithdrawRefused { .. } => {
                format!(
                    "hears that the table refuses to take the row of {} back",
                    self.record_in_hand()
                )
            }
            Message::Transact { client, copy, .. } => format!(
                "is asked by {} to store {}, to publish it and to remove it, all or nothing",
                self.client(client),
                copy.id
            ),
            Message::Transacted { .. } => {
                format!("hears that all is done with {}", self.record_in_hand())
            }
            Message::TransactRefused { why, .. } => {
                format!(
                    "hears that nothing is done with {}{}",
                    self.record_in_hand(),
                    self.why(why)
                )
            }
            Message::Replicate { region, copy, .. } | Message::Apply { region, copy, .. }
                if copy.is_tombstone() =>
            {
                format!("is told that region {region} took back what it wrote of {}", copy.id)
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
                let cluster = self.place(Place::Table(asked));
                match self.is_cut_off(asked) {
                    true => format!("is not reached by {}, which {cluster} forwards", copy.id),
                    false => format!("is forwarded {} by {cluster}", copy.id),
                }
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
            Message::Command { action, .. } => self.commanded(action),
            Message::CleanUp { plan } => {
                format!("is told to delete the plans that are older than plan {plan}")
            }
            Message::Discard { copy } => {
                format!("is told that {} came after the writer was replaced", copy.id)
            }
            Message::Logged { copy } => self.logged(copy.id),
            Message::Call { client, copy, .. } => {
                format!("is called by {} for {}", self.client(client), copy.id)
            }
            Message::Called { .. } => {
                format!("hears that the call for {} had its effect", self.record_in_hand())
            }
            Message::CallRefused { .. } => {
                format!("hears that the call for {} is refused", self.record_in_hand())
            }
        }
    }

    /// Why nothing of a transaction was done.
    fn why(&self, why: RolledBack) -> String {
        match why {
            RolledBack::Refused(None) => ": the table refuses".to_owned(),
            RolledBack::Refused(Some(by)) => format!(": {} refuses", self.machine(by)),
            RolledBack::Expired => ": its receipt has expired".to_owned(),
            RolledBack::Duplicate => ": the table has it already".to_owned(),
            RolledBack::Unreadable => ": the table has a row that it cannot read".to_owned(),
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
                let faulted =
                    |event: &Event| matches!(event, Event::Fault(fault::Event::Faulted { .. }));
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
            (DriverAction::Check(_), _) if self.is_passed_over(action) => format!(
                "passes '{line}' over, because a healing has ended what the script had done before"
            ),
            (DriverAction::Check(_), _) => format!("checks '{line}'"),
        }
    }

    /// Whether what the script expects was not judged.
    fn is_passed_over(&self, action: usize) -> bool {
        let passed_over = self.simulation.driver().passed_over();
        passed_over & self.simulation.plan().check_bit(action) != 0
    }

    /// What a component is told by a line of the script.
    fn commanded(&self, action: u16) -> String {
        let line = self.script_line(usize::from(action));
        match self.simulation.events().is_empty() {
            true => format!("is told '{line}', and nothing is to be done"),
            false => format!("is told '{line}'"),
        }
    }

    /// What is asked when a record is done with.
    fn to_remove(&self, queue: QueueId, record: &str) -> String {
        match self.is_log(queue) {
            true => format!("to commit the position behind {record}"),
            false => format!("to remove {record}"),
        }
    }

    /// Whether a partition is between the cluster and the one that takes the step.
    fn is_cut_off(&self, cluster: TableId) -> bool {
        let Some(Place::Table(other)) = self.actor_place() else { return false };
        self.simulation.is_cut_between(cluster, other)
    }

    fn next_record(&self, queue: QueueId) -> String {
        match self.actor_place() == Some(Place::OutDns) {
            true => format!("the next record of {}", self.queue(queue)),
            false => "the next record".to_owned(),
        }
    }

    /// What was sent in the step: the messages at the ends of the inboxes that were not there.
    pub(super) fn sent(&self) -> Vec<(MachineId, String)> {
        let mut clauses = Vec::new();
        for (index, &before) in self.before.waiting.iter().enumerate() {
            let machine = MachineId(index as u16);
            let is_here = |event: &&Event| matches!(event, Event::Fault(fault::Event::CameLate { machine: to, .. }) if *to == machine);
            // What came late is in front.
            let late = self.simulation.events().iter().filter(is_here).count();
            // A commit that was handled was not among them, and nothing else waited then.
            let kept = (before + late).saturating_sub(usize::from(self.actor == Some(machine)));
            let new = self.simulation.in_order(machine).skip(kept);
            let clause = |message| Some((machine, self.asks(machine, message)?));
            clauses.extend(new.filter_map(clause));
        }
        clauses
    }

    /// One message that was sent.
    #[allow(clippy::too_many_lines, reason = "one exhaustive match: a new message must break it")]
    fn asks(&self, to: MachineId, message: &Message) -> Option<String> {
        let name = self.machine(to);
        let places = self.simulation.plan().layout.places();
        Some(match *message {
            Message::Proceed if self.actor == Some(to) => return None,
            Message::Proceed => "the driver can go on".to_owned(),
            Message::Publish { batch } => format!("tells {name} to publish {batch}"),
            Message::Wake { .. } => format!("{name} will hear that it can try again"),
            Message::Send { copy, .. } => {
                let request =
                    if self.is_of_same_request(copy.id) { " of the same request" } else { "" };
                format!("sends {}{request} to {name}", copy.id)
            }
            // After a recovery the container asks, and not the driver whose step it is.
            Message::Receive { client, .. } if self.actor != Some(client.machine) => {
                match self.actor {
                    // That it works again is the clause before.
                    None => format!("asks {name} for the next record"),
                    Some(_) => format!("{} asks {name} for the next record", self.client(client)),
                }
            }
            Message::Receive { queue, .. } if places[to.index()] == Place::OutDns => {
                format!("asks {name} for the next record of {}", self.queue(queue))
            }
            Message::Receive { .. } => format!("asks {name} for the next record"),
            Message::Received { queue, copy, .. } => {
                let again =
                    if self.is_redelivered(copy.id) { ", not for the first time" } else { "" };
                // A transaction puts it into the queue in the step of a table.
                let whose = match self.actor_place() {
                    Some(Place::Table(_)) => format!("{} ", self.queue(queue)),
                    Some(_) | None => String::new(),
                };
                format!("{whose}hands {} to {name}{again}", copy.id)
            }
            Message::Remove { queue, .. } => {
                format!("asks {name} {}", self.to_remove(queue, "it"))
            }
            Message::Expire { .. } if self.actor == Some(to) => return None,
            // Said when the record was processed.
            Message::Commit { .. } => return None,
            Message::Abandon { .. } | Message::Expire { .. } => format!("{name} will notice"),
            Message::Mirror { .. } => format!("has {name} mirror it"),
            Message::Checkpoint { .. } => format!("has its position mirrored by {name}"),
            Message::Insert { .. } => format!("asks {name} to store it"),
            Message::Withdraw { .. } => format!("asks {name} to take its row back"),
            Message::Transact { .. } => {
                format!("asks {name} to store it, to publish it and to remove it, all or nothing")
            }
            Message::Begin { .. } => format!("begins a transaction at {name} to store it"),
            Message::Relay { .. } => return None,
            Message::Call { .. } => format!("calls {name} for it"),
            Message::Probe { .. } if self.actor == Some(to) => return None,
            Message::Probe { region } if places[to.index()] == Place::InDns => {
                format!("has {name} check region {region}")
            }
            Message::Probe { .. } => format!("asks {name}"),
            Message::Forward { .. } => format!("forwards it to {name}"),
            Message::Enact { plan, .. } => format!("a late enactor is about to write plan {plan}"),
            Message::CleanUp { .. } => format!("has {name} clean up"),
            Message::Command { action, .. } => {
                let line = self.simulation.plan().script_line(usize::from(action));
                format!("'{line}' is on its way to {name}")
            }
            Message::Apply { .. }
            | Message::Replicate { .. }
            | Message::Probed { .. }
            | Message::Handover { .. }
            | Message::Fence { .. }
            | Message::Discard { .. }
            | Message::Logged { .. } => format!("tells {name}"),
            Message::Sent { .. }
            | Message::Removed { .. }
            | Message::Inserted { .. }
            | Message::Begun { .. }
            | Message::Withdrawn { .. }
            | Message::Transacted { .. }
            | Message::Called { .. } => format!("tells {name}"),
            Message::CallRefused { .. }
            | Message::SendRefused { .. }
            | Message::ReceiveRefused { .. }
            | Message::RemoveRefused { .. }
            | Message::WithdrawRefused { .. }
            | Message::TransactRefused { .. }
            | Message::InsertRefused { .. } => self.refuses(to),
        })
    }

    /// That a request is refused: the one that was handled, one that was refused before, or one that
    /// waited.
    fn refuses(&self, to: MachineId) -> String {
        let name = self.machine(to);
        let gives_up = |event: &Event| {
            matches!(event, Event::Fault(fault::Event::Struck { by: PointKind::GiveUp, .. }))
        };
        if self.simulation.events().iter().any(gives_up) {
            return format!("{name} gives it up, as if it were refused");
        }
        match self.message {
            Some(
                Message::Send { client, .. }
                | Message::Insert { client, .. }
                | Message::Begin { client, .. }
                | Message::Withdraw { client, .. }
                | Message::Transact { client, .. }
                | Message::Call { client, .. },
            ) if client.machine == to => "refuses it".to_owned(),
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
            matches!(event, Event::Queue(queue::Event::Delivered { record, redelivery: true, .. }) if *record == id)
        })
    }

    /// Why a message has no consequence yet.
    pub(super) fn stays(&self, message: &Message) -> Option<String> {
        if let Message::Receive { client, .. } = message {
            return Some(format!("has none for {} yet", self.client(*client)));
        }
        let waits_at_source = self.simulation.source().under_way().is_some();
        let text = if let Message::Apply { .. } = message {
            self.simulation.events().is_empty().then_some("keeps that until it works again")
        } else if let Message::Publish { .. } = message {
            Some("will do that after the batch under way")
        } else if let Message::Wake { .. } = message {
            Some("has nothing to try again now")
        } else if let Message::SendRefused { .. } = message {
            waits_at_source.then_some("waits until something changes")
        } else {
            None
        };
        text.map(str::to_owned)
    }
}
