//! What handlers write into, and where messages wait: the inboxes of all machines.

use crate::model::bit_set::BitSet;
use crate::model::event::Event;
use crate::model::id::{MachineId, RecordId};
use crate::model::index_set::IndexSet;
use crate::model::late::Late;
use crate::model::layout::Layout;
use crate::model::message::Message;
use crate::model::pool::{List, Pool};
use crate::model::progress::{Milestone, Progress};

#[cfg(test)]
pub(crate) mod fields;
mod last;

/// The inboxes of all machines, and which machines can take a step.
///
/// A machine is *ready* when its inbox has a message and the inbox is open. A machine whose state
/// lets it take no message (a paused container, a failed replicator) has a closed inbox, which
/// keeps what arrives, but for commands.
#[derive(Debug)]
pub(crate) struct Outbox {
    messages: Pool<Message>,
    /// By machine.
    inboxes: Vec<List>,
    /// Machines that take messages now.
    open: BitSet,
    /// Machines that take messages now and have one.
    ready: IndexSet,
    progress: Progress,
    /// Messages that are late: in no inbox yet.
    late: Late,
    /// Replies can be lost, so it matters which message is first in an inbox.
    lossy: bool,
    /// Machines whose first message may be another one than before, when that matters.
    new_heads: Vec<MachineId>,
    /// What happened in this step, in order; emptied when a step begins.
    events: Vec<Event>,
    /// The number of this step in its run: the real time. Only tables read it, for the time of a write.
    now: u32,
}

impl Outbox {
    /// Empty open inboxes for these machines, at the beginning of this progress. `lossy`: replies can be lost;
    /// `late_max`: so many messages are late at once, at most.
    pub(crate) fn new(layout: &Layout, progress: Progress, lossy: bool, late_max: usize) -> Outbox {
        let machines = layout.machines();
        let mut open = BitSet::new(machines);
        (0..machines).for_each(|machine| open.insert(machine));
        Outbox {
            // Runs have about one message for each machine under way, and rarely more than two.
            messages: Pool::with_capacity(2 * machines),
            inboxes: vec![List::default(); machines],
            open,
            ready: IndexSet::new(machines),
            progress,
            late: Late::with_capacity(late_max),
            lossy,
            new_heads: Vec::new(),
            // One step may recover every component, and each says what became of it.
            events: Vec::with_capacity(4 * machines.max(16)),
            now: 0,
        }
    }

    /// Puts a message at the end of the receiver's inbox, at once.
    // Always inline: the sender then writes the fields of the message where they stay, instead of
    // into a temporary that is copied before its parts have left the store buffer.
    #[inline(always)]
    pub(crate) fn send(&mut self, to: MachineId, message: Message) {
        let inbox = &mut self.inboxes[to.index()];
        self.messages.push_back(inbox, message);
        if self.open.contains(to.index()) {
            self.ready.insert(to.index());
        }
        if self.lossy {
            self.note_head(to);
        }
    }

    /// Sends a command. A machine whose inbox is closed takes it all the same, before what the inbox keeps.
    pub(crate) fn send_command(&mut self, to: MachineId, message: Message) {
        self.send(to, message);
        if !self.is_open(to) {
            self.keep_closed(to);
        }
    }

    /// A machine whose inbox is closed can step as long as it has a command, and takes that; nothing changes for
    /// one whose inbox is open.
    pub(crate) fn keep_closed(&mut self, machine: MachineId) {
        let index = machine.index();
        if self.open.contains(index) {
            return;
        }
        let is_command = |message: &Message| matches!(message, Message::Command { .. });
        let (messages, inbox) = (&mut self.messages, &mut self.inboxes[index]);
        if !messages.iter(inbox).any(is_command) {
            return self.ready.remove(index);
        }
        let mut in_order = List::default();
        while let Some(command) = messages.take_first(inbox, is_command) {
            messages.push_back(&mut in_order, command);
        }
        while let Some(message) = messages.pop_front(inbox) {
            messages.push_back(&mut in_order, message);
        }
        *inbox = in_order;
        self.ready.insert(index);
        if self.lossy {
            self.note_head(machine);
        }
    }

    /// Sends a message that is late: it is in no inbox until it arrives.
    pub(crate) fn send_late(&mut self, to: MachineId, message: Message) {
        self.late.push(to, message);
    }

    /// The first of the late messages to the machine arrives: it is the next that the machine handles.
    pub(crate) fn let_arrive(&mut self, machine: MachineId) -> Message {
        let message = self.late.take(machine).expect("offered only for a late message");
        let index = machine.index();
        self.messages.push_front(&mut self.inboxes[index], message);
        if self.open.contains(index) {
            self.ready.insert(index);
        }
        if self.lossy {
            self.note_head(machine);
        }
        self.keep_closed(machine);
        message
    }

    /// The late messages to the machine, first one first.
    pub(crate) fn late_to(&self, machine: MachineId) -> impl Iterator<Item = &Message> {
        self.late.of(machine)
    }

    /// The first machine that a late message goes to.
    #[inline]
    pub(crate) fn first_late(&self) -> Option<MachineId> {
        self.late.first_receiver()
    }

    /// The first machine that a late message of a kind goes to.
    #[inline]
    pub(crate) fn first_late_of(&self, is_meant: impl Fn(&Message) -> bool) -> Option<MachineId> {
        self.late.first_receiver_of(is_meant)
    }

    /// The late messages to the machine that are not to be kept do not arrive.
    pub(crate) fn retain_late(&mut self, machine: MachineId, keep: impl Fn(&Message) -> bool) {
        self.late.retain(machine, keep);
    }

    /// Puts a message aside: into a list of the machine's own, out of its inbox.
    pub(crate) fn hold(&mut self, list: &mut List, message: Message) {
        self.messages.push_back(list, message);
    }

    /// Takes the first message that was put aside.
    pub(crate) fn take_held(&mut self, list: &mut List) -> Option<Message> {
        self.messages.pop_front(list)
    }

    /// Puts all that was put aside back at the end of the machine's inbox.
    pub(crate) fn release(&mut self, list: &mut List, to: MachineId) {
        while let Some(message) = self.messages.pop_front(list) {
            self.send(to, message);
        }
    }

    /// Takes away those messages of the machine's inbox that are not to be kept.
    pub(crate) fn retain(&mut self, machine: MachineId, keep: impl FnMut(&Message) -> bool) {
        let inbox = &mut self.inboxes[machine.index()];
        self.messages.retain(inbox, keep);
        if inbox.is_empty() {
            self.ready.remove(machine.index());
        }
        if self.lossy {
            self.note_head(machine);
        }
    }

    /// Changes messages of the machine's inbox in place.
    pub(crate) fn change(&mut self, machine: MachineId, change: impl FnMut(&mut Message)) {
        self.messages.change(&self.inboxes[machine.index()], change);
        if self.lossy {
            self.note_head(machine);
        }
    }

    /// Takes away those messages of a list that [`Outbox::hold`] filled that are not to be kept.
    pub(crate) fn retain_held(&mut self, list: &mut List, keep: impl FnMut(&Message) -> bool) {
        self.messages.retain(list, keep);
    }

    /// Takes the first message of a list that [`Outbox::hold`] filled for which `wanted` holds.
    pub(crate) fn take_first_held(
        &mut self,
        list: &mut List,
        wanted: impl Fn(&Message) -> bool,
    ) -> Option<Message> {
        self.messages.take_first(list, wanted)
    }

    /// Changes messages of a list that [`Outbox::hold`] filled in place.
    pub(crate) fn change_held(&mut self, list: &List, change: impl FnMut(&mut Message)) {
        self.messages.change(list, change);
    }

    /// A record is gone for good: whatever a script waits for, it does not wait for this one.
    pub(crate) fn give_up(&mut self, record: RecordId) {
        self.progress.give_up(record);
    }

    /// The record will not get as far as this, or is not sent there.
    pub(crate) fn pass_over(&mut self, record: RecordId, milestone: Milestone) {
        self.progress.pass_over(record, milestone);
    }

    /// Puts all that was put aside back in front of the machine's inbox, where the order matters:
    /// it came before what is there.
    pub(crate) fn release_in_front(&mut self, list: &mut List, to: MachineId) {
        let later = self.waiting(to);
        self.release(list, to);
        let inbox = &mut self.inboxes[to.index()];
        for _ in 0..later {
            let message = self.messages.pop_front(inbox).expect("it has that many and more");
            self.messages.push_back(inbox, message);
        }
        self.keep_closed(to);
    }

    /// Takes the first message of the machine's inbox for which `wanted` holds.
    pub(crate) fn take_first(
        &mut self,
        machine: MachineId,
        wanted: impl Fn(&Message) -> bool,
    ) -> Option<Message> {
        let inbox = &mut self.inboxes[machine.index()];
        let taken = self.messages.take_first(inbox, wanted);
        if inbox.is_empty() {
            self.ready.remove(machine.index());
        }
        if self.lossy {
            self.note_head(machine);
        }
        taken
    }

    /// The messages of a list that [`Outbox::hold`] filled.
    pub(crate) fn held(&self, list: &List) -> impl Iterator<Item = &Message> {
        self.messages.iter(list)
    }

    /// Says that something happened.
    #[inline(always)]
    pub(crate) fn emit(&mut self, event: impl Into<Event>) {
        let event = event.into();
        // Each caller names the event, so the compiler keeps only its arm of what follows.
        self.progress.observe(&event);
        self.events.push(event);
    }

    /// Takes the first message of a machine that can take a step.
    ///
    /// # Panics
    ///
    /// If it cannot.
    #[inline(always)]
    pub(crate) fn take(&mut self, machine: MachineId, to: &mut Message) {
        assert!(self.is_ready(machine), "{machine:?} cannot take a step");
        let inbox = &mut self.inboxes[machine.index()];
        self.messages.pop_front_into(inbox, to);
        if inbox.is_empty() {
            self.ready.remove_member(machine.index());
        }
        if self.lossy {
            self.note_head(machine);
        }
    }

    /// Not inline: where no reply can be lost, the hot path then saves no registers for it.
    #[inline(never)]
    fn note_head(&mut self, machine: MachineId) {
        self.new_heads.push(machine);
    }

    /// One of the machines whose first message may be another one than before, until there is
    /// none left. Only of interest, and only kept, when replies can be lost.
    #[inline]
    pub(crate) fn next_new_head(&mut self) -> Option<MachineId> {
        self.new_heads.pop()
    }

    /// The machine's first message, to be changed in place.
    pub(crate) fn first_mut(&mut self, machine: MachineId) -> Option<&mut Message> {
        self.messages.front_mut(&self.inboxes[machine.index()])
    }

    /// Whether the machine can take a step.
    #[inline]
    pub(crate) fn is_ready(&self, machine: MachineId) -> bool {
        self.ready.contains(machine.index())
    }

    /// How far the batches have come.
    #[inline]
    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Whether something that a script can wait for has changed since this was asked last.
    #[inline]
    pub(crate) fn take_progress(&mut self) -> bool {
        self.progress.take_changed()
    }

    /// From now on the machine takes messages, or takes none and keeps them.
    pub(crate) fn set_open(&mut self, machine: MachineId, open: bool) {
        let index = machine.index();
        if open {
            self.open.insert(index);
            if !self.inboxes[index].is_empty() {
                self.ready.insert(index);
            }
        } else {
            self.open.remove(index);
            self.keep_closed(machine);
        }
    }

    /// Whether the machine takes messages now.
    #[inline]
    pub(crate) fn is_open(&self, machine: MachineId) -> bool {
        self.open.contains(machine.index())
    }

    /// Machines that can take a step.
    #[inline]
    pub(crate) fn ready(&self) -> &IndexSet {
        &self.ready
    }

    /// The messages that wait for the machine, first one first.
    pub(crate) fn inbox(&self, machine: MachineId) -> impl Iterator<Item = &Message> {
        self.messages.iter(&self.inboxes[machine.index()])
    }

    /// Where the machine's messages are: what is sent or taken changes it.
    #[inline]
    pub(crate) fn list(&self, machine: MachineId) -> List {
        self.inboxes[machine.index()]
    }

    /// How many messages wait for the machine.
    #[inline]
    pub(crate) fn waiting(&self, machine: MachineId) -> usize {
        self.inboxes[machine.index()].len()
    }

    /// The machine's first message.
    #[inline]
    pub(crate) fn first(&self, machine: MachineId) -> Option<&Message> {
        self.messages.front(&self.inboxes[machine.index()])
    }

    /// What happened in this step, in order.
    #[inline]
    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    /// Begins a step: nothing has happened in it yet. `number` counts the steps of the run.
    #[inline]
    pub(crate) fn begin_step(&mut self, number: u64) {
        self.events.clear();
        // A run of four billion steps takes days; only the order of the numbers is used.
        self.now = number as u32;
    }

    /// The real time: the number of this step in its run.
    #[inline]
    pub(crate) fn now(&self) -> u32 {
        self.now
    }

    pub(crate) fn copy_from(&mut self, other: &Outbox) {
        self.messages.copy_from(&other.messages);
        self.inboxes.clone_from(&other.inboxes);
        self.open.copy_from(&other.open);
        self.ready.copy_from(&other.ready);
        self.progress.copy_from(&other.progress);
        self.late.copy_from(&other.late);
        self.lossy = other.lossy;
        self.new_heads.clone_from(&other.new_heads);
        self.events.clone_from(&other.events);
        self.now = other.now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{BatchId, RegionId};
    use crate::model::layout::Layout;

    /// The mutant that this is made for: a failed replicator handled what a mended link had put in front of a command.
    #[test]
    fn only_commands_pass_a_closed_inbox_whatever_comes_in_front_of_them() {
        let (machine, command) = (MachineId(4), Message::Command { action: 0, number: 0 });
        let layout = Layout::new(2, vec!["one".to_owned()], vec![1]);
        let kept = Message::Wake { region: RegionId(1) };
        let arrivals: [fn(&mut Outbox, MachineId, Message); 2] = [
            |out, machine, message| {
                let mut held = List::default();
                out.hold(&mut held, message);
                out.release_in_front(&mut held, machine);
            },
            |out, machine, message| {
                out.send_late(machine, message);
                out.let_arrive(machine);
            },
        ];
        for arrives in arrivals {
            let progress = Progress::new(&layout, &[BatchId(0), BatchId(1)], false);
            let mut out = Outbox::new(&layout, progress, false, 1);
            out.set_open(machine, false);
            out.send_command(machine, command);
            arrives(&mut out, machine, kept);
            let mut taken = Message::Proceed;
            out.take(machine, &mut taken);
            out.keep_closed(machine);
            assert_eq!((taken, out.is_ready(machine)), (command, false));
        }
    }
}
