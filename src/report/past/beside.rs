//! What belongs to a story beside the past of its records: what a machine asked for last, what a fault took away, how a row came
//! that cannot be read.

use std::collections::BTreeSet;

use super::{Circle, Note, Past};
use crate::model::container::{self, WhyBack};
use crate::model::event::Event;
use crate::model::id::{MachineId, RecordId, ReplicatorId, StageId};
use crate::model::layout::{Layout, Place};
use crate::model::message::{Message, MessageKind};
use crate::model::table;
use crate::sim::Simulation;

/// What a step sent, as far as it is told though no step of the story handles it.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The machines that it asked to do something with a record.
    pub(super) asked: Vec<MachineId>,
    /// What it took out of inboxes: the step that had sent it, and to whom.
    pub(super) discarded: Vec<(u64, MachineId)>,
}

/// Whether the message asks for something to be done with a record.
pub(super) fn asks_for_work(message: &Message) -> bool {
    matches!(
        message.kind(),
        MessageKind::Insert
            | MessageKind::Send
            | MessageKind::Remove
            | MessageKind::Begin
            | MessageKind::Transact
            | MessageKind::Call
            | MessageKind::Withdraw
    )
}

/// Whether a container gave a record back since it could not read another row.
pub(super) fn is_unreadable(event: &Event) -> bool {
    matches!(event, Event::Container(container::Event::GaveBack { why: WhyBack::Unreadable, .. }))
}

/// The record that a table forgets which it had received by replication, and where.
pub(super) fn forgotten(event: &Event) -> Option<(Place, RecordId)> {
    if let Event::Table(table::Event::Forgot { table, record }) = *event {
        return Some((Place::Table(table), record));
    }
    None
}

impl Past {
    /// The messages from one of the steps to another one.
    pub(super) fn heard(&self, steps: &BTreeSet<u64>) -> BTreeSet<(u64, MachineId)> {
        let notes = steps.iter().map(|&step| &self.notes[step as usize]);
        notes.filter_map(|note| Some((note.sender, note.machine?))).collect()
    }

    /// What one of the steps asked for with one of the records, and no machine has handled.
    pub(super) fn under_way(
        &self,
        steps: &BTreeSet<u64>,
        records: &BTreeSet<RecordId>,
        simulation: &Simulation,
    ) -> Vec<(u64, MachineId)> {
        let mut found = Vec::new();
        for (index, senders) in self.senders.iter().enumerate() {
            let machine = MachineId(index as u16);
            for (message, &sender) in simulation.in_order(machine).zip(senders) {
                if let Message::Send { copy, .. }
                | Message::Insert { copy, .. }
                | Message::Begin { copy, .. }
                | Message::Forward { copy, .. } = message
                    && records.contains(&copy.id)
                    && steps.contains(&sender)
                {
                    found.push((sender, machine));
                }
            }
        }
        found
    }

    /// What a container asked for last, where no step of the story says what became of that, and what a fault of the story took
    /// out of an inbox.
    pub(super) fn never_handled(
        &self,
        steps: &BTreeSet<u64>,
        heard: &BTreeSet<(u64, MachineId)>,
        layout: &Layout,
    ) -> Vec<(u64, MachineId)> {
        let mut found = Vec::new();
        for &step in steps {
            let note = &self.notes[step as usize];
            found.extend(note.sent.discarded.iter().filter(|(sender, _)| steps.contains(sender)));
            let is_container = |machine: MachineId| {
                matches!(layout.places()[machine.index()], Place::Container(_))
            };
            let has_more = heard.range((step, MachineId(0))..(step + 1, MachineId(0))).next();
            if note.machine.is_some_and(is_container) && has_more.is_none() {
                found.extend(note.sent.asked.iter().map(|&machine| (step, machine)));
            }
        }
        found
    }

    /// A table forgets a record that it had received by replication: the step that had sent it, which is in its inbox no more.
    pub(super) fn forgets(
        &mut self,
        table: Place,
        record: RecordId,
        layout: &Layout,
    ) -> Option<u64> {
        let Place::Table(id) = table else { return None };
        let (_, stage) = layout.table_place(id);
        let replicator = Place::Replicator(ReplicatorId(u16::from(stage.0)));
        let sender = self.last_at(layout.machine(replicator), record);
        let senders = &mut self.senders[layout.machine(table).index()];
        let at = senders.iter().position(|&waiting| waiting == sender)?;
        senders.remove(at)
    }

    /// Of the turns that were taken before nothing else happened in between, one is told: the first.
    pub(super) fn leave_out_earlier_turns(&self, circle: Circle, steps: &mut BTreeSet<u64>) {
        let of_turn = |step: u64| {
            let note = &self.notes[step as usize];
            (circle.first..=circle.last()).any(|one| self.notes[one as usize].is_same_step(note))
        };
        let before: Vec<u64> =
            steps.range(..circle.first).copied().filter(|&step| of_turn(step)).collect();
        for (index, &step) in before.iter().enumerate() {
            let note = &self.notes[step as usize];
            let mut earlier = before[..index].iter().map(|&one| &self.notes[one as usize]);
            if earlier.any(|earlier| earlier.is_same_step(note)) {
                steps.remove(&step);
            }
        }
    }

    /// How the row came to its table that a container could not read in one of the steps: that is about another record.
    pub(super) fn unreadable_rows(
        &self,
        steps: &BTreeSet<u64>,
        simulation: &Simulation,
    ) -> BTreeSet<u64> {
        let layout = &simulation.plan().layout;
        let Some(row) = simulation.plan().keys().unreadable() else { return BTreeSet::new() };
        let notes = steps.iter().map(|&step| &self.notes[step as usize]);
        let readers = notes.filter(|note| note.is_unreadable).filter_map(|note| note.machine);
        let mut found = BTreeSet::new();
        for reader in readers {
            let Place::Container(id) = layout.places()[reader.index()] else { continue };
            let (region, stage) = layout.container_place(id);
            let table = layout.machine(Place::Table(layout.table(region, stage)));
            let came = |note: &Note| note.machine == Some(table) && note.records.contains(&row);
            let mut step = self.notes.iter().position(came).unwrap_or(0);
            // Where it was written, and what brought it from there.
            while step > 0 && found.insert(step as u64) {
                let sender = self.notes[step].sender as usize;
                let by = self.notes[sender].machine.map(|machine| layout.places()[machine.index()]);
                step = match by {
                    Some(Place::Table(_) | Place::Replicator(_)) => sender,
                    Some(_) | None => 0,
                };
            }
        }
        found
    }

    /// When a container of the stage heard first that the record is stored: from then on it goes on with it.
    pub(super) fn acknowledged(
        &self,
        record: RecordId,
        stage: StageId,
        layout: &Layout,
    ) -> Option<u64> {
        let is_of_stage = |machine: MachineId| {
            let place = layout.places()[machine.index()];
            matches!(place, Place::Container(id) if layout.container_place(id).1 == stage)
        };
        let replies = [Some(MessageKind::Inserted), Some(MessageKind::Transacted)];
        self.first_step(|note| {
            note.subject == Some(record)
                && replies.contains(&note.kind)
                && note.machine.is_some_and(is_of_stage)
        })
    }

    /// When the source heard first that a queue has the record.
    pub(super) fn accepted(&self, record: RecordId, layout: &Layout) -> Option<u64> {
        let source = Some(layout.machine(Place::Source));
        let kind = Some(MessageKind::Sent);
        self.first_step(|note| {
            note.subject == Some(record) && (note.machine, note.kind) == (source, kind)
        })
    }

    /// When in-dns answered first.
    pub(super) fn first_answer(&self, layout: &Layout) -> Option<u64> {
        let (in_dns, kind) = (Some(layout.machine(Place::InDns)), Some(MessageKind::Send));
        self.first_step(|note| (note.machine, note.kind) == (in_dns, kind))
    }

    fn first_step(&self, is_it: impl Fn(&Note) -> bool) -> Option<u64> {
        self.notes.iter().position(is_it).map(|step| step as u64)
    }
}
