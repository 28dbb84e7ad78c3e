//! Whether a message here says what a line says there.

use std::fmt;

use active_active::model::Message;
use active_active::model::layout::Place;

use super::meaning::{self, Kind, Meaning};
use super::read::Line;
use super::replay::{Replay, What, record_of};

impl Replay<'_> {
    /// Whether a message says what the line says.
    pub(super) fn means(
        &self,
        next: &Message,
        line: &Line,
        message: meaning::Message,
    ) -> Result<(), What> {
        use meaning::Message as Theirs;
        let other = || {
            let machine = &line.machine;
            Err(format!("{machine} would handle {next:?}, which is not {message:?}"))
        };
        let is_positive = match (message, next) {
            (Theirs::Publish, Message::Publish { batch }) => {
                return same("batch", Some(batch.0), line.details.batch);
            }
            (Theirs::Send, Message::Send { .. })
            | (Theirs::Receive, Message::Receive { .. })
            | (Theirs::Remove, Message::Remove { .. })
            | (Theirs::Insert, Message::Insert { .. }) => None,
            (Theirs::Sent, Message::Sent { .. })
            | (Theirs::Received, Message::Received { .. })
            | (Theirs::Removed, Message::Removed { .. })
            | (Theirs::Inserted, Message::Inserted { .. }) => Some(true),
            (Theirs::Sent, Message::SendRefused { .. })
            | (Theirs::Received, Message::ReceiveRefused { .. })
            | (Theirs::Removed, Message::RemoveRefused { expired: false, .. })
            | (Theirs::Inserted, Message::InsertRefused { .. }) => Some(false),
            _ => return other(),
        };
        if is_positive != line.details.ok {
            return other();
        }
        if is_positive != Some(false) || message != Theirs::Received {
            same("record", self.record(next, line), line.details.record)?;
        }
        // A refused send does not say where: where it was led is a line of its own.
        match (self.region(next), line.details.region) {
            (Some(ours), Some(theirs)) => same("region", Some(ours), Some(theirs)),
            (_, _) => Ok(()),
        }
    }

    /// The record that a message is about, at the machine of the line.
    fn record(&self, message: &Message, line: &Line) -> Option<u16> {
        if let Some(record) = message.record() {
            return Some(record.0);
        }
        if let (Message::Remove { receipt, .. }, Kind::Queue) = (message, line.row.kind) {
            let Place::Queue(queue) = self.place(&line.machine) else { return None };
            let mut items = self.simulation.queue_items(queue);
            return items.find(|item| item.receipt == *receipt).map(|item| item.copy.id.0);
        }
        if matches!(message, Message::Receive { .. }) {
            return None;
        }
        match line.row.kind {
            Kind::Source | Kind::InDns => self.simulation.source().under_way().map(|id| id.0),
            Kind::Container => {
                let Place::Container(id) = self.place(&line.machine) else { return None };
                self.simulation.container(id).hand().map(|hand| hand.copy.id.0)
            }
            Kind::OutDns | Kind::Destination => {
                let region = self.region(message)?;
                self.fetched[usize::from(region) - 1]
            }
            Kind::Driver
            | Kind::System
            | Kind::Queue
            | Kind::Front
            | Kind::Table
            | Kind::Replicator
            | Kind::DatabaseFront => None,
        }
    }

    /// What P's destination received, each record once.
    pub(super) fn theirs_arrived(&self) -> Vec<u16> {
        let mut arrived = Vec::new();
        for line in &self.run.lines {
            let received = line.row.meaning == Meaning::Step(meaning::Message::Received);
            if line.row.kind == Kind::Destination && received && line.details.ok == Some(true) {
                let record = record_of(line);
                if !arrived.contains(&record) {
                    arrived.push(record);
                }
            }
        }
        arrived
    }

    /// The region that a message is about.
    pub(super) fn region(&self, message: &Message) -> Option<u16> {
        let queue = match *message {
            Message::Sent { queue, .. }
            | Message::Receive { queue, .. }
            | Message::Received { queue, .. }
            | Message::ReceiveRefused { queue, .. }
            | Message::Remove { queue, .. }
            | Message::Removed { queue, .. }
            | Message::RemoveRefused { queue, .. } => queue,
            Message::Proceed
            | Message::Publish { .. }
            | Message::Wake { .. }
            | Message::Send { .. }
            | Message::SendRefused { .. }
            | Message::Abandon { .. }
            | Message::Expire { .. }
            | Message::Commit { .. }
            | Message::Mirror { .. }
            | Message::Checkpoint { .. }
            | Message::Withdraw { .. }
            | Message::Withdrawn { .. }
            | Message::WithdrawRefused { .. }
            | Message::Transact { .. }
            | Message::Transacted { .. }
            | Message::TransactRefused { .. }
            | Message::Insert { .. }
            | Message::Begin { .. }
            | Message::Begun { .. }
            | Message::Relay { .. }
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
            | Message::CleanUp { .. }
            | Message::Fence { .. }
            | Message::Command { .. }
            | Message::Call { .. }
            | Message::Called { .. }
            | Message::CallRefused { .. } => return None,
        };
        Some(u16::from(self.script.plan.layout.queue_place(queue).0.0) + 1)
    }
}

fn same<T: PartialEq + fmt::Debug>(
    what: &str,
    ours: Option<T>,
    theirs: Option<T>,
) -> Result<(), What> {
    match ours == theirs {
        true => Ok(()),
        false => Err(format!("the {what} is {ours:?} here and {theirs:?} there")),
    }
}
