//! What is handled before its line: a P machine that awaits one answer leaves in its inbox what came before it, and a
//! machine here takes what comes first.

use active_active::model::layout::Place;
use active_active::model::{MachineId, Message};
use active_active::sim::Choice;

use super::meaning::{self, Kind, Meaning};
use super::read::Line;
use super::replay::{Replay, What, message_of};

impl Replay<'_> {
    /// Whether the message can come before that of the line, and the later line of the same machine that it is, if
    /// the run has one.
    ///
    /// Two regions have nothing to do with each other at the destination and in out-dns, nor has a remove with a send
    /// that its queue takes, nor a request that P sends to two queues: what is delivered is the same.
    pub(super) fn in_the_way(
        &self,
        index: usize,
        next: &Message,
    ) -> Option<Option<(usize, meaning::Message)>> {
        let line = &self.run.lines[index];
        let can_come_first = match line.row.kind {
            Kind::Destination | Kind::OutDns => {
                let region = self.region(next);
                self.offline.is_empty() && region.is_some() && region != line.details.region
            }
            Kind::Queue => match message_of(line) {
                meaning::Message::Send => {
                    let asks = self.run.is_passive() && matches!(next, Message::Receive { .. });
                    asks || matches!(next, Message::Remove { .. })
                }
                meaning::Message::Receive => {
                    self.run.is_passive() && matches!(next, Message::Send { .. })
                }
                _ => false,
            },
            _ => false,
        };
        let later = self.run.lines.iter().enumerate().skip(index + 1);
        let of_machine = later.filter(|(_, later)| later.machine == line.machine);
        let mut steps = of_machine.filter_map(|(at, later)| match later.row.meaning {
            Meaning::Step(message) if !self.early.contains(&at) => Some((at, later, message)),
            _ => None,
        });
        let is_it = |(_, later, message): &(usize, &Line, meaning::Message)| {
            self.means(next, later, *message).is_ok()
        };
        can_come_first.then(|| steps.find(is_it).map(|(at, _, message)| (at, message)))
    }

    /// The machine handles a message that was in the way, and that P has not handled when the run ends.
    pub(super) fn take_unseen(&mut self, machine: MachineId, next: &Message) -> Result<(), What> {
        self.choose(Choice::Step(machine))?;
        if self.script.plan.layout.places()[machine.index()] == Place::Destination {
            self.note_fetched(next);
            let record = next.record().filter(|_| matches!(next, Message::Received { .. }));
            self.unseen.extend(record.map(|record| record.0));
        }
        Ok(())
    }

    /// The record that the destination is at, in the region that it came through.
    pub(super) fn note_fetched(&mut self, message: &Message) {
        if let Message::Received { queue, copy, .. } = *message {
            let (region, _) = self.script.plan.layout.queue_place(queue);
            self.fetched[region.index()] = Some(copy.id.0);
        }
    }

    /// Whether P has no such message.
    pub(super) fn is_ours_only(&self, message: &Message) -> bool {
        match *message {
            Message::Wake { .. } => true,
            Message::ReceiveRefused { queue, .. } => {
                let (region, position) = self.script.plan.layout.queue_place(queue);
                let is_last = position + 1 == self.script.plan.layout.positions();
                is_last && self.offline.contains(&region)
            }
            _ => false,
        }
    }
}
