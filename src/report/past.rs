//! The causal past of a violation: which steps a reader must know, and which not.
//!
//! A step is caused by the message that it handles, and so by the step that sent it; and it meets
//! a machine in the state in which earlier steps have left it. Of those, what was done with the
//! records that the violation is about matters, and every fault of a machine that they met; where the
//! faults are few, all of them. What happened to other records meanwhile does not, nor how often a machine asked in vain.
//!
//! The relation is happened-before (Lamport, "Time, clocks, and the ordering of events in a
//! distributed system", 1978), cut down to the records concerned.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::fault::{FaultPoint, PointKind, Subject};
use crate::model::id::{ContainerId, MachineId, RecordId, StageId};
use crate::model::layout::{Layout, Place};
use crate::model::message::{Message, MessageKind};
use crate::model::{container, queue};
use crate::report::before::Before;
use crate::report::story::{Line, Story, is_of_a_fault};
use crate::run::{Observer, Phase, Runner, Verdict};
use crate::saved::SavedRun;
use crate::sim::{Choice, Simulation, Step};
use crate::spec::{Breach, Violation};

mod beside;
mod circle;
mod repeats;
mod roots;
mod rounds;
mod touched;

use beside::Sent;
pub(crate) use circle::Circle;
pub(super) use touched::disturbed_by;
use touched::{came_along, place_of_holder, record_of};

/// A run with more faults was not made smaller, and most of them do not matter.
const FAULTS_SHOWN: usize = 8;

/// Watches a run and remembers what caused what.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// By number of the step, from 1; the first element stands for the beginning.
    notes: Vec<Note>,
    /// By machine: the steps that sent what is in its inbox, in the same order; 0 if none did.
    senders: Vec<VecDeque<u64>>,
    /// By machine: the steps that sent what is late on its way there, the first one first.
    late: BTreeMap<MachineId, VecDeque<u64>>,
    /// The last step that did something with a record at a machine.
    last: BTreeMap<(MachineId, RecordId), u64>,
    before: Before,
}

/// What is known of a step.
#[derive(Debug, Default)]
struct Note {
    /// Who took it; none for a fault.
    machine: Option<MachineId>,
    /// The kind of message that it handled.
    kind: Option<MessageKind>,
    /// The step that sent the message; 0 if none did.
    sender: u64,
    /// The record that the message is about.
    subject: Option<RecordId>,
    /// The message asks for a record: the one that asked is not the reason that there is one.
    is_receive: bool,
    /// The records that it did something with.
    records: Vec<RecordId>,
    /// For each of them: the step before at the same machine; 0 if there was none.
    earlier: Vec<u64>,
    /// The machines that it disturbed, or that it put right.
    disturbed: Vec<MachineId>,
    /// Something went wrong in it that no machine did by itself.
    is_fault: bool,
    /// The records that the reply was about which it lost.
    struck: Vec<RecordId>,
    /// The records that came with the message, beside the one that it is about.
    came_along: Vec<RecordId>,
    /// A container gave up since it could not read a row.
    is_unreadable: bool,
    sent: Sent,
}

/// The steps that a violation cannot be understood without.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Slice {
    /// Their numbers.
    pub(crate) steps: BTreeSet<u64>,
    /// The records that the violation is about, ascending.
    pub(crate) records: Vec<RecordId>,
    /// Messages that one of the steps sent and another one handled: the number of the step, and
    /// to whom.
    pub(crate) heard: BTreeSet<(u64, MachineId)>,
    /// The machines that took the steps.
    pub(crate) machines: BTreeSet<MachineId>,
    /// The steps that are repeated without end, if the run does not come to rest.
    pub(crate) circle: Option<Circle>,
}

impl Note {
    /// Whether the same machine did the same.
    fn is_same_step(&self, other: &Note) -> bool {
        let of = |note: &Note| (note.machine, note.kind, note.subject);
        of(self) == of(other)
    }

    /// Whether it is of a healing: a step of no machine that strikes none.
    fn is_healing(&self) -> bool {
        self.machine.is_none() && self.disturbed.is_empty() && self.struck.is_empty()
    }
}

impl Past {
    /// What of the run that was watched matters to the violation that it ended with.
    pub(crate) fn of(&self, violation: &Violation, simulation: &Simulation) -> Slice {
        let roots = roots::roots(violation, self, simulation);
        let records: BTreeSet<RecordId> = roots.records.iter().copied().collect();
        // What waits behind a record that goes round came later than its first turn.
        let waits = roots.circle.filter(|_| !roots.leaves.is_empty());
        let mut steps: BTreeSet<u64> = roots.leaves.into_iter().filter(|&step| step > 0).collect();
        let mut open = roots.steps;
        while let Some(number) = open.pop() {
            if number == 0 || !steps.insert(number) {
                continue;
            }
            let note = &self.notes[number as usize];
            let mut about = note.subject.iter().chain(&note.came_along);
            let is_other = note.subject.is_some() && !about.any(|record| records.contains(record));
            if !(note.is_receive || is_other) {
                open.push(note.sender);
            }
            for (record, &earlier) in note.records.iter().zip(&note.earlier) {
                if records.contains(record) {
                    open.push(earlier);
                }
            }
        }
        let mut machines = roots.machines;
        for fault in self.few_faults() {
            steps.insert(fault);
            machines.extend(&self.notes[fault as usize].disturbed);
        }
        machines.extend(steps.iter().filter_map(|&step| self.notes[step as usize].machine));
        for disturbance in self.disturbances(&machines, &records) {
            steps.extend(self.at_same_machine(disturbance, &records));
            steps.insert(disturbance);
        }
        steps.extend(self.unreadable_rows(&steps, simulation));
        let mut heard = self.heard(&steps);
        heard.extend(self.under_way(&steps, &records, simulation));
        heard.extend(self.never_handled(&steps, &heard, &simulation.plan().layout));
        if let Some(circle) = waits {
            self.leave_out_earlier_turns(circle, &mut steps);
        }
        Slice {
            steps,
            records: records.into_iter().collect(),
            heard,
            machines,
            circle: roots.circle,
        }
    }

    /// The steps in which something went wrong, if they are few, as in a run that was made smaller: it has none that it could do
    /// without, though not each acts by a message that could be followed.
    fn few_faults(&self) -> Vec<u64> {
        let notes = self.notes.iter().enumerate().filter(|(_, note)| note.is_fault);
        let faults: Vec<u64> = notes.map(|(number, _)| number as u64).collect();
        if faults.len() <= FAULTS_SHOWN { faults } else { Vec::new() }
    }

    /// The steps that disturbed one of the machines, or put it right, and those that struck one of
    /// the records wherever it was.
    fn disturbances(
        &self,
        machines: &BTreeSet<MachineId>,
        records: &BTreeSet<RecordId>,
    ) -> Vec<u64> {
        let concerns = |note: &Note| {
            note.disturbed.iter().any(|one| machines.contains(one))
                || note.struck.iter().any(|record| records.contains(record))
        };
        let notes = self.notes.iter().enumerate().filter(|(_, note)| concerns(note));
        notes.map(|(number, _)| number as u64).collect()
    }

    /// What was done before, where a fault struck, with other records that it struck.
    fn at_same_machine(&self, fault: u64, records: &BTreeSet<RecordId>) -> Vec<u64> {
        let note = &self.notes[fault as usize];
        let mut found = Vec::new();
        for (&record, &earlier) in note.records.iter().zip(&note.earlier) {
            let mut step = if records.contains(&record) { 0 } else { earlier };
            while step > 0 {
                found.push(step);
                let note = &self.notes[step as usize];
                let index = note.records.iter().position(|&other| other == record);
                step = index.map_or(0, |index| note.earlier[index]);
            }
        }
        found
    }

    /// The last step that did something with the record at the machine; 0 if none did.
    fn last_at(&self, machine: MachineId, record: RecordId) -> u64 {
        self.last.get(&(machine, record)).copied().unwrap_or(0)
    }

    /// Brings the senders of what is in the inboxes up to date, after a step or a healing.
    fn note_sent(
        &mut self,
        number: u64,
        actor: Option<MachineId>,
        events: &[Event],
        simulation: &Simulation,
    ) -> Sent {
        let mut sent = Sent::default();
        if let Some(actor) = actor {
            self.senders[actor.index()].pop_front();
        }
        for event in events {
            if let Event::Fault(fault::Event::Late { machine, message }) = *event {
                // A fence is sent by the step itself; what else is late was first in its inbox.
                let waited = Some(machine).filter(|_| message != MessageKind::Fence);
                let sender = waited.and_then(|one| self.senders[one.index()].pop_front());
                self.late.entry(machine).or_default().push_back(sender.unwrap_or(number));
            } else if let Event::Fault(fault::Event::CameLate { machine, .. }) = *event {
                let sender = self.late.get_mut(&machine).and_then(VecDeque::pop_front);
                self.senders[machine.index()].push_front(sender.unwrap_or(number));
            } else if let Event::Fault(fault::Event::Struck { machine, by, .. }) = *event
                && by != PointKind::GiveUp
                && simulation.waiting_in_order(machine) < self.senders[machine.index()].len()
            {
                // The fault took it out of the inbox.
                let sender = self.senders[machine.index()].pop_front();
                sent.discarded.extend(sender.map(|sender| (sender, machine)));
            } else if let Some((table, record)) = beside::forgotten(event) {
                let at = simulation.plan().layout.machine(table);
                let sender = self.forgets(table, record, &simulation.plan().layout);
                sent.discarded.extend(sender.map(|sender| (sender, at)));
            } else if let (Event::Container(container::Event::CameAlong { .. }), Some(actor)) =
                (event, actor)
            {
                // It came with the message that was handled.
                self.senders[actor.index()].pop_front();
            }
        }
        for (index, senders) in self.senders.iter_mut().enumerate() {
            let machine = MachineId(index as u16);
            let new = simulation.in_order(machine).skip(senders.len());
            let asked = new.filter(|message| beside::asks_for_work(message)).map(|_| machine);
            sent.asked.extend(asked);
            senders.resize(simulation.waiting_in_order(machine), number);
        }
        sent
    }

    fn note(&mut self, step: &Step, simulation: &Simulation) -> Note {
        let layout = &simulation.plan().layout;
        let machine = step.choice.machine();
        let place = match step.choice {
            Choice::Step(machine) => layout.places()[machine.index()],
            Choice::Resolve(_) => Place::InDns,
            Choice::Fail(_) | Choice::Heal => Place::Driver,
            Choice::Fault(point) => place_of(point, layout),
        };
        let at = layout.machine(place);
        let in_hand = self.in_hand(place, step.message.as_ref(), layout);
        let message = step.message.as_ref();
        let subject = match (message, place) {
            (Some(&Message::Remove { queue, receipt, .. }), _)
            | (Some(&Message::Expire { receipt }), Place::Queue(queue)) => {
                self.before.delivered(queue, receipt)
            }
            (_, _) => message.and_then(Message::record).or(in_hand.filter(|_| is_reply(message))),
        };
        let mut touched: Vec<(RecordId, MachineId)> = Vec::new();
        touched.extend(subject.map(|record| (record, at)));
        let mut disturbed = Vec::new();
        if machine.is_none() {
            touched.extend(in_hand.map(|record| (record, at)));
            disturbed.push(at);
        }
        for event in simulation.events() {
            touched.extend(record_of(event).map(|(record, holder)| {
                (record, holder.map_or(at, |holder| layout.machine(place_of_holder(holder))))
            }));
            disturbed.extend(disturbed_by(event, layout));
        }
        touched.sort_unstable();
        touched.dedup();
        let earlier = touched.iter().map(|&(record, at)| self.last_at(at, record)).collect();
        let sender = machine.and_then(|one| self.senders[one.index()].front().copied());
        // Who asks for another record has given back what it had: that is why there is one, or one less.
        let is_receive = matches!(message, Some(Message::Receive { .. }))
            && !simulation.events().iter().any(comes_back);
        let sender = sender.unwrap_or(0);
        touched.iter().for_each(|&(record, at)| {
            self.last.insert((at, record), simulation.steps());
        });
        let records = touched.into_iter().map(|(record, _)| record).collect();
        let kind = message.map(Message::kind);
        let struck = self.struck(step.choice, at, in_hand);
        let came_along = simulation.events().iter().filter_map(came_along).collect();
        Note {
            machine,
            kind,
            sender,
            subject,
            is_receive,
            records,
            earlier,
            disturbed,
            is_fault: simulation.events().iter().any(is_of_a_fault),
            struck,
            came_along,
            is_unreadable: simulation.events().iter().any(beside::is_unreadable),
            sent: Sent::default(),
        }
    }

    /// The records that a fault of a machine strikes.
    fn struck(&self, choice: Choice, at: MachineId, in_hand: Option<RecordId>) -> Vec<RecordId> {
        match choice {
            Choice::Fault(point) if matches!(point.subject(), Subject::Machine(_)) => {
                let others = self.before.with_heads.iter().filter(|(machine, _)| *machine == at);
                let head = self.before.heads[at.index()].or(in_hand);
                head.into_iter().chain(others.map(|&(_, record)| record)).collect()
            }
            Choice::Step(_)
            | Choice::Resolve(_)
            | Choice::Fail(_)
            | Choice::Fault(_)
            | Choice::Heal => Vec::new(),
        }
    }

    /// The record that a machine works on, or that it is refused.
    fn in_hand(
        &self,
        place: Place,
        message: Option<&Message>,
        layout: &Layout,
    ) -> Option<RecordId> {
        if let (Place::Destination, Some(&Message::RemoveRefused { queue, .. })) = (place, message)
        {
            return self.before.removing(queue, layout);
        }
        // That the queue has removed it is the end of its journey, and explains nothing.
        self.before.in_hand(place)
    }
}

/// Whether a delivery is over without a remove.
fn comes_back(event: &Event) -> bool {
    let is_it = |event: &queue::Event| {
        matches!(event, queue::Event::Returned { .. } | queue::Event::DeadLettered { .. })
    };
    matches!(event, Event::Queue(event) if is_it(event))
}

impl Observer for Past {
    fn begin(&mut self, simulation: &Simulation) {
        self.before.remember(simulation);
        self.notes = vec![Note::default()];
        self.last.clear();
        self.senders = vec![VecDeque::new(); simulation.plan().layout.machines()];
        self.late.clear();
        self.note_sent(0, None, &[], simulation);
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase == Phase::Heal {
            // A step of the run, but of no machine.
            self.notes.push(Note::default());
        }
        let events = if phase == Phase::Heal { simulation.events() } else { &[] };
        self.note_sent(0, None, events, simulation);
        self.before.remember(simulation);
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        let mut note = self.note(step, simulation);
        note.sent =
            self.note_sent(simulation.steps(), note.machine, simulation.events(), simulation);
        self.notes.push(note);
        self.before.remember(simulation);
    }
}

/// The part of a saved run that its violation cannot be understood without, told step by step; of
/// a run that violates nothing, all of it.
pub fn story(saved: &SavedRun) -> (Vec<Line>, Vec<RecordId>) {
    let mut past = Past::default();
    let mut runner = Runner::new(Arc::clone(saved.plan()));
    let outcome = saved.replay_in(&mut runner, &mut past).outcome;
    let mut lines = Vec::new();
    match &outcome.verdict {
        Verdict::Violated(violation) => {
            let slice = past.of(violation, runner.simulation());
            let records = slice.records.clone();
            let mut story = Story::of_slice(slice, |line| lines.push(line));
            saved.replay_in(&mut runner, &mut story);
            (repeats::folded(rounds::told_once(lines)), records)
        }
        Verdict::Holds | Verdict::Inconclusive(_) => {
            saved.replay_in(&mut runner, &mut Story::new(|line| lines.push(line)));
            (lines, Vec::new())
        }
    }
}

/// Where a fault of the budget strikes.
fn place_of(point: FaultPoint, layout: &Layout) -> Place {
    // The events of what concerns a whole region say whom it strikes.
    point.subject().place(layout).unwrap_or(Place::Driver)
}

/// Whether the message is about what its receiver asked for, and does not say what that was.
fn is_reply(message: Option<&Message>) -> bool {
    matches!(
        message,
        Some(
            Message::Sent { .. }
                | Message::SendRefused { .. }
                | Message::Removed { .. }
                | Message::RemoveRefused { .. }
                | Message::Inserted { .. }
                | Message::InsertRefused { .. },
        )
    )
}
