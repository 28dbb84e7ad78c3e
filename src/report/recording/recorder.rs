//! The observer that writes a run down.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::fault::PointKind;
use crate::model::id::{ContainerId, MachineId, RecordId};
use crate::model::layout::Place;
use crate::model::message::{Message, MessageKind};
use crate::model::{container, destination, source};
use crate::plan::Plan;
use crate::report::recording::{
    Disturbance, Frame, Handled, Life, Recording, Sent, Window, values,
};
use crate::report::story::{Line, Mark};
use crate::run::{Observer, Outcome, Phase};
use crate::scheduler::Span;
use crate::sim::{Simulation, Step};

/// Writes down what changed in each step. [`Recording::of`] makes one and uses it.
#[derive(Debug)]
pub struct Recorder {
    window: Window,
    phase: Phase,
    /// By machine: what it shows.
    shown: Vec<Vec<u32>>,
    /// By machine: what it showed before the first frame.
    initial: Vec<Vec<u32>>,
    /// By machine: the messages that wait for it, first one first.
    inboxes: Vec<VecDeque<Origin>>,
    /// By machine: where that comes from which is late on its way there, the first one first.
    late: BTreeMap<MachineId, VecDeque<Origin>>,
    /// By container: the record that it worked on before the step.
    hands: Vec<Option<RecordId>>,
    /// The record that the source had sent before the step.
    under_way: Option<RecordId>,
    accepted: u32,
    frames: Vec<Frame>,
    lives: Vec<Life>,
    /// By record: its place in `lives`.
    life_of: Vec<Option<usize>>,
    disturbances: Vec<Disturbance>,
    script: Vec<Option<u64>>,
    /// By step, from 1: when it was; empty until a time was told.
    times: Vec<Span>,
    /// How many healings there were.
    healings: usize,
    /// How many of them are in the window.
    heals_in_window: u64,
    /// By frame that is a healing: which one.
    heals: Vec<usize>,
}

/// Where a message comes from.
#[derive(Clone, Copy, Debug, Default)]
struct Origin {
    /// Who sent it, and in which step; none if that was before the run began, or a fault.
    sender: Option<(MachineId, u64)>,
    /// The record that it is about.
    record: Option<RecordId>,
}

impl Recorder {
    pub(super) fn new(plan: &Plan, window: Window) -> Recorder {
        Recorder {
            window,
            phase: Phase::Chaos,
            shown: Vec::new(),
            initial: Vec::new(),
            inboxes: vec![VecDeque::new(); plan.layout.machines()],
            late: BTreeMap::new(),
            hands: vec![None; plan.layout.containers()],
            under_way: None,
            accepted: 0,
            frames: Vec::new(),
            lives: Vec::new(),
            life_of: vec![None; plan.records() + 1],
            disturbances: Vec::new(),
            script: vec![None; plan.actions().len()],
            times: Vec::new(),
            healings: 0,
            heals_in_window: 0,
            heals: Vec::new(),
        }
    }

    /// Joins what changed with the words for it.
    pub(super) fn into_recording(
        self,
        plan: Arc<Plan>,
        outcome: Outcome,
        lines: Vec<Line>,
    ) -> Recording {
        let (mut told, mut healed) = (BTreeMap::new(), Vec::<Vec<String>>::new());
        for line in lines {
            match (line.step, line.phase, line.mark) {
                (Some(step), _, _) => drop(told.insert(step, (line.mark, line.text))),
                (None, Phase::Heal, Mark::Heading) => healed.push(vec![line.text]),
                (None, Phase::Heal, _) => healed
                    .iter_mut()
                    .last()
                    .into_iter()
                    .for_each(|words| words.push(line.text.clone())),
                (None, Phase::Chaos | Phase::Converge, _) => {}
            }
        }
        let mut frames = self.frames;
        let mut heals = self.heals.into_iter();
        for frame in &mut frames {
            match frame.step {
                Some(step) => {
                    let words = told.remove(&step);
                    (frame.mark, frame.text) = words.unwrap_or((Mark::Step, String::new()));
                }
                None => {
                    let words = heals.next().and_then(|heal| healed.get(heal));
                    frame.mark = Mark::Recovery;
                    frame.text = words.map_or_else(String::new, |words| match words.as_slice() {
                        [heading] => heading.clone(),
                        // The heading says nothing that what follows does not say.
                        [_, repaired @ ..] => repaired.join("; "),
                        [] => String::new(),
                    });
                }
            }
        }
        Recording {
            plan,
            outcome,
            window: self.window,
            initial: self.initial,
            frames,
            lives: self.lives,
            disturbances: self.disturbances,
            script: self.script,
            times: self.times,
            heals: self.heals_in_window,
        }
    }

    fn every_machine(simulation: &Simulation) -> impl Iterator<Item = MachineId> + use<> {
        (0..simulation.plan().layout.machines() as u16).map(MachineId)
    }

    /// The record that a message to or from a machine is about.
    fn record_of(
        &self,
        message: &Message,
        ends: [Option<MachineId>; 2],
        simulation: &Simulation,
    ) -> Option<RecordId> {
        if let Some(record) = message.record() {
            return Some(record);
        }
        let places = simulation.plan().layout.places();
        let in_hand = |end: MachineId| {
            if let Place::Container(id) = places[end.index()] {
                let now = simulation.container(id).hand().map(|hand| hand.copy.id);
                return self.hands[id.index()].or(now);
            }
            self.under_way.filter(|_| places[end.index()] == Place::Source)
        };
        is_about_a_record(message).then(|| ends.into_iter().flatten().find_map(in_hand)).flatten()
    }

    /// What was sent since the last step: what is at the ends of the inboxes and was not there.
    /// A message that names no record is about the one that the step is about.
    fn sent(
        &mut self,
        actor: Option<MachineId>,
        about: Option<RecordId>,
        simulation: &Simulation,
    ) -> Vec<Sent> {
        let mut sent = Vec::new();
        let by = actor.map(|actor| (actor, simulation.steps()));
        for event in simulation.events() {
            if let Event::Fault(fault::Event::Late { machine, message }) = *event {
                sent.push(Sent { to: machine, kind: message, record: None });
                // A fence is sent by the step itself; what else is late was first in its inbox.
                let waited = Some(machine).filter(|_| message != MessageKind::Fence);
                let origin = waited.and_then(|one| self.inboxes[one.index()].pop_front());
                let origin = origin.unwrap_or(Origin { sender: by, record: None });
                self.late.entry(machine).or_default().push_back(origin);
            } else if let Event::Fault(fault::Event::CameLate { machine, .. }) = *event {
                let origin = self.late.get_mut(&machine).and_then(VecDeque::pop_front);
                self.inboxes[machine.index()].push_front(origin.unwrap_or_default());
            } else if let Event::Fault(fault::Event::Struck { machine, by, .. }) = *event
                && by != PointKind::GiveUp
                && simulation.waiting_in_order(machine) < self.inboxes[machine.index()].len()
            {
                // The fault took it out of the inbox.
                self.inboxes[machine.index()].pop_front();
            } else if let (Event::Container(container::Event::CameAlong { .. }), Some(actor)) =
                (event, actor)
            {
                // It came with the message that was handled.
                self.inboxes[actor.index()].pop_front();
            }
        }
        for machine in Recorder::every_machine(simulation) {
            let known = self.inboxes[machine.index()].len();
            let waiting = simulation.waiting_in_order(machine);
            // A table that hangs, or a link that failed, puts messages aside and takes them back.
            self.inboxes[machine.index()].truncate(waiting);
            for message in simulation.in_order(machine).skip(known) {
                let record = self.record_of(message, [actor, Some(machine)], simulation);
                let record = record.or(about.filter(|_| is_about_a_record(message)));
                sent.push(Sent { to: machine, kind: message.kind(), record });
                self.inboxes[machine.index()].push_back(Origin { sender: by, record });
            }
        }
        sent
    }

    /// What the machines show that may show something else now.
    fn changes(
        &mut self,
        machines: impl Iterator<Item = MachineId>,
        simulation: &Simulation,
    ) -> Vec<(MachineId, Vec<u32>)> {
        let mut changes = Vec::new();
        for machine in machines {
            let now = values::of(machine, simulation, self.accepted);
            if self.shown[machine.index()] != now {
                self.shown[machine.index()].clone_from(&now);
                changes.push((machine, now));
            }
        }
        changes
    }

    fn remember(&mut self, simulation: &Simulation) {
        for (index, hand) in self.hands.iter_mut().enumerate() {
            let container = simulation.container(ContainerId(index as u16));
            *hand = container.hand().map(|hand| hand.copy.id);
        }
        self.under_way = simulation.source().under_way();
    }

    fn note(&mut self, event: &Event, step: u64, scripted: bool) {
        if let Event::Source(source::Event::Published { copy }) = *event {
            if self.life_of[copy.id.index()].is_none() {
                self.life_of[copy.id.index()] = Some(self.lives.len());
                let record = copy.id;
                let life = Life { record, published: step, accepted: None, arrived: None };
                self.lives.push(life);
            }
        } else if let Event::Source(source::Event::Accepted { record }) = *event {
            self.accepted += 1;
            if let Some(life) = self.life_of[record.index()] {
                self.lives[life].accepted.get_or_insert(step);
            }
        } else if let Event::Destination(destination::Event::Arrived { copy, .. }) = *event {
            if let Some(Some(life)) = self.life_of.get(copy.id.index()) {
                self.lives[*life].arrived.get_or_insert(step);
            }
        } else if let Event::Fault(fault::Event::Faulted { fault }) = *event {
            // A container that is replaced is in its place again at once.
            let to = fault.kind.replaces().then_some(step);
            self.disturbances.push(Disturbance { fault, scripted, from: step, to });
        } else if let Event::Fault(fault::Event::Recovered { target, .. }) = *event {
            let open = self.disturbances.iter_mut().filter(|one| one.to.is_none());
            open.filter(|one| one.fault.target == target).for_each(|one| one.to = Some(step));
        }
    }

    /// Takes note of what both steps and healings have; the frame if it is in the window.
    fn frame(
        &mut self,
        actor: Option<MachineId>,
        step: Option<u64>,
        about: Option<RecordId>,
        simulation: &Simulation,
    ) -> Option<Frame> {
        let now = simulation.steps();
        let scripted = actor == Some(simulation.plan().layout.machine(Place::Driver));
        simulation.events().iter().for_each(|event| self.note(event, now, scripted));
        let due = simulation.driver().next();
        for done in &mut self.script[..due] {
            done.get_or_insert(now);
        }
        let sent = self.sent(actor, about, simulation);
        let is_wanted = self.window.contains(step.unwrap_or(now + 1)) || self.window.contains(now);
        let changes = if !is_wanted {
            // What the picture begins with is written down just before it begins.
            if now + 1 == self.window.first {
                self.initial = Recorder::every_machine(simulation)
                    .map(|machine| values::of(machine, simulation, self.accepted))
                    .collect();
                self.shown.clone_from(&self.initial);
            }
            Vec::new()
        } else if actor.is_some_and(|actor| changes_itself(actor, simulation)) {
            let touched = actor.into_iter().chain(sent.iter().map(|sent| sent.to));
            let touched: Vec<MachineId> = touched.collect();
            self.changes(touched.into_iter(), simulation)
        } else {
            self.changes(Recorder::every_machine(simulation), simulation)
        };
        let (phase, mark) = (self.phase, Mark::Step);
        is_wanted.then(|| Frame {
            step,
            phase,
            mark,
            text: String::new(),
            actor,
            handled: None,
            sent,
            changes,
        })
    }
}

/// Whether a step of the machine changes that and those that it sends to: a step of the script can change any machine, and a
/// transaction a table and several queues, and an outbox goes from one table to another.
fn changes_itself(machine: MachineId, simulation: &Simulation) -> bool {
    match simulation.plan().layout.places()[machine.index()] {
        Place::Driver => false,
        Place::Table(_) => !simulation.plan().transacts() && !simulation.plan().has_shared_outbox(),
        Place::Source
        | Place::InDns
        | Place::OutDns
        | Place::Destination
        | Place::Queue(_)
        | Place::Container(_)
        | Place::Replicator(_)
        | Place::Service => true,
    }
}

/// Whether a message is about one record, be it named in it or not. A receive asks for whichever
/// comes.
fn is_about_a_record(message: &Message) -> bool {
    !matches!(
        message,
        Message::Proceed
            | Message::Publish { .. }
            | Message::Receive { .. }
            | Message::ReceiveRefused { .. }
            | Message::Expire { .. }
            | Message::Probe { .. }
            | Message::Probed { .. }
            | Message::Wake { .. }
            | Message::Handover { .. }
            | Message::Fence { .. }
    )
}

impl Observer for Recorder {
    fn begin(&mut self, simulation: &Simulation) {
        *self = Recorder::new(simulation.plan(), self.window);
        for machine in Recorder::every_machine(simulation) {
            let waiting = simulation.waiting_in_order(machine);
            self.inboxes[machine.index()].extend(std::iter::repeat_n(Origin::default(), waiting));
            self.initial.push(values::of(machine, simulation, 0));
        }
        self.shown.clone_from(&self.initial);
        self.remember(simulation);
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        self.phase = phase;
        if phase == Phase::Heal {
            // A healing that found nothing to repair is no moment of the run.
            let frame = self
                .frame(None, None, None, simulation)
                .filter(|_| !simulation.events().is_empty());
            self.heals.extend(frame.iter().map(|_| self.healings));
            self.healings += 1;
            self.heals_in_window += u64::from(self.window.contains(simulation.steps()));
            // A healing takes no time.
            if let Some(&last) = self.times.last() {
                self.times.push(Span { begin: last.end, end: last.end });
            }
            self.frames.extend(frame);
            self.remember(simulation);
        }
    }

    fn now(&mut self, now: Span) {
        if self.times.is_empty() {
            self.times.push(Span::default());
        }
        self.times.push(now);
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        let actor = step.choice.machine();
        let handled = actor.zip(step.message.as_ref()).map(|(actor, message)| {
            let origin = self.inboxes[actor.index()].pop_front().unwrap_or_default();
            let record =
                origin.record.or_else(|| self.record_of(message, [Some(actor), None], simulation));
            Handled { kind: message.kind(), record, sent: origin.sender }
        });
        let about = handled.and_then(|handled| handled.record);
        let frame = self.frame(actor, Some(simulation.steps()), about, simulation);
        self.frames.extend(frame.map(|frame| Frame { handled, ..frame }));
        self.remember(simulation);
    }
}
