//! For tests: one machine by itself. It is given messages, and what it does is written down: the events, and the
//! messages to others.
//!
//! What is *sound but different* breaks no property, so only such a table sees it. All inboxes are emptied after
//! each line: only the test answers.

use std::fmt::{Debug, Write};
use std::str::FromStr;
use std::sync::Arc;

use crate::model::Message;
use crate::model::id::{MachineId, QueueId, RecordId, RegionId};
use crate::model::layout::Place;
use crate::model::message::{Client, Receipt};
use crate::model::queue::log::USED;
use crate::model::record::RecordCopy;
use crate::plan::Plan;
use crate::sim::{Choice, Simulation};

/// A system in which nothing happens but what the test says.
pub(crate) struct Rig {
    simulation: Simulation,
    told: String,
}

impl Rig {
    /// Two regions and the stages `one` and `two`, five records in two batches, and what the text says. The
    /// script has these lines, and then publishes.
    pub(crate) fn new(text: &str, script: &[&str]) -> Rig {
        let script: Vec<&str> = script.iter().copied().chain(["publish 1", "publish 2"]).collect();
        let text = format!(
            "name = 'rig'\ntopology.stages = ['one', 'two']\nrecords.batches = [3, 2]\n{text}\nscript = {script:?}"
        );
        let plan = Plan::load(&text, "test", &[]).unwrap_or_else(|error| panic!("{error}"));
        let mut rig = Rig { simulation: Simulation::new(Arc::new(plan)), told: String::new() };
        rig.empty_inboxes();
        rig
    }

    /// The machine gets the message, and handles it.
    pub(crate) fn give(&mut self, to: &str, message: Message) -> &mut Rig {
        self.leave(to, message);
        let machine = self.machine(to);
        let message = self.short(&format!("{message:?}"));
        if !self.simulation.world.out.is_ready(machine) {
            _ = writeln!(self.told, "{to} keeps {message}");
            return self;
        }
        _ = writeln!(self.told, "{to} <- {message}");
        self.step(Choice::Step(machine))
    }

    /// The message waits in the machine's inbox.
    pub(crate) fn leave(&mut self, to: &str, message: Message) -> &mut Rig {
        let machine = self.machine(to);
        let Simulation { world, plan, .. } = &mut self.simulation;
        world.out.send(machine, message);
        world.update_offers(plan);
        world.update_answers(plan);
        self
    }

    /// The driver carries out so many lines of the script.
    pub(crate) fn drive(&mut self, lines: usize) -> &mut Rig {
        for _ in 0..lines {
            self.leave("driver", Message::Proceed);
            let line = self.simulation.driver().next();
            let line = self.simulation.plan().scenario().script[line].to_string();
            _ = writeln!(self.told, "driver: {line}");
            self.step(Choice::Step(self.machine("driver")));
        }
        self
    }

    /// What follows is about something else.
    pub(crate) fn title(&mut self, text: &str) -> &mut Rig {
        _ = writeln!(self.told, "# {text}");
        self
    }

    /// Something happens that is no step of a machine; or one of a message that was left.
    pub(crate) fn choose(&mut self, name: &str) -> &mut Rig {
        let choice = Choice::parse(name, &self.simulation.plan().layout);
        let choice = choice.unwrap_or_else(|| panic!("{name} is no choice"));
        assert!(self.simulation.enabled().contains(choice), "{name} is not on offer");
        _ = writeln!(self.told, "{name}");
        self.step(choice)
    }

    /// All that was told.
    pub(crate) fn told(&self) -> &str {
        &self.told
    }

    /// The system as it is.
    pub(crate) fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// Compares all that was told with the part of a text that has this title.
    #[track_caller]
    pub(crate) fn tells(&self, text: &str, title: &str) {
        compare(&self.told, text, title);
    }

    /// Says what was told since this many bytes in other words.
    pub(crate) fn retell(&mut self, since: usize, words: &str) {
        self.told.truncate(since);
        _ = writeln!(self.told, "{words}");
    }

    /// A record, with its value.
    pub(crate) fn copy(&self, record: u16) -> RecordCopy {
        let id = RecordId(record);
        RecordCopy { id, value: self.simulation.plan().value(id) }
    }

    /// Who asks, in its first life.
    pub(crate) fn client(&self, name: &str) -> Client {
        Client { machine: self.machine(name), incarnation: 0 }
    }

    /// A request to send a record.
    pub(crate) fn send(&self, from: &str, record: u16) -> Message {
        Message::Send { client: self.client(from), copy: self.copy(record) }
    }

    /// A request for a delivery.
    pub(crate) fn receive(&self, from: &str, queue: &str) -> Message {
        Message::Receive { client: self.client(from), queue: self.queue(queue) }
    }

    /// A request to remove.
    pub(crate) fn remove(&self, from: &str, queue: &str, receipt: u32) -> Message {
        let (client, queue) = (self.client(from), self.queue(queue));
        Message::Remove { client, queue, receipt: Receipt(receipt) }
    }

    /// A request to store a record.
    pub(crate) fn insert(&self, from: &str, record: u16) -> Message {
        Message::Insert { client: self.client(from), copy: self.copy(record) }
    }

    /// The queue of that name.
    pub(crate) fn queue(&self, name: &str) -> QueueId {
        let Place::Queue(id) = self.place(name) else { panic!("{name} is no queue") };
        id
    }

    fn machine(&self, name: &str) -> MachineId {
        let found = self.simulation.plan().layout.find(name);
        found.unwrap_or_else(|| panic!("there is no {name}"))
    }

    fn place(&self, name: &str) -> Place {
        self.simulation.plan().layout.places()[self.machine(name).index()]
    }

    fn step(&mut self, choice: Choice) -> &mut Rig {
        self.simulation.step(choice);
        for event in self.simulation.events() {
            let event = self.short(without_group(&format!("{event:?}")));
            _ = writeln!(self.told, "    {event}");
        }
        let layout = &self.simulation.plan().layout;
        for index in 0..layout.machines() {
            let machine = MachineId(index as u16);
            for message in self.simulation.inbox(machine) {
                let message = self.short(&format!("{message:?}"));
                _ = writeln!(self.told, "    -> {}: {message}", layout.name(machine));
            }
        }
        self.empty_inboxes();
        self
    }

    /// Nothing waits for a machine that takes messages.
    fn empty_inboxes(&mut self) {
        let Simulation { world, plan, .. } = &mut self.simulation;
        for index in 0..plan.layout.machines() {
            let machine = MachineId(index as u16);
            if world.out.is_open(machine) {
                world.out.retain(machine, |_| false);
            }
        }
        world.update_offers(plan);
        world.update_answers(plan);
    }

    /// What Rust writes of a message or an event, with names in place of numbers.
    fn short(&self, text: &str) -> String {
        let layout = &self.simulation.plan().layout;
        let machine_of = |text: &str, kind: &str, place: &dyn Fn(u16) -> Place| {
            replace(text, kind, |id| layout.name(layout.machine(place(id))).to_owned())
        };
        let text = replace(text, "MachineId(", |id| layout.name(MachineId(id)).to_owned());
        let text = machine_of(&text, "QueueId(", &|id| Place::Queue(QueueId(id)));
        let text = machine_of(&text, "TableId(", &|id| Place::Table(crate::model::TableId(id)));
        let text = machine_of(&text, "ContainerId(", &|id| {
            Place::Container(crate::model::ContainerId(id))
        });
        let text = machine_of(&text, "ReplicatorId(", &|id| {
            Place::Replicator(crate::model::ReplicatorId(id))
        });
        let text = replace(&text, "RegionId(", |id: u16| RegionId(id as u8).to_string());
        let mut text = replace(&text, "RegionSet(", |bits: u16| format!("{bits:b}"));
        for kind in ["RecordId(", "BatchId(", "MessageNumber("] {
            text = replace(&text, kind, |number: u16| number.to_string());
        }
        text = replace(&text, "Receipt(", |number: u32| match number.checked_sub(USED) {
            Some(used) => format!("{used} (used)"),
            None => number.to_string(),
        });
        for record in self.simulation.plan().record_ids() {
            let RecordCopy { id: RecordId(id), value } = self.copy(record.0);
            let copy = format!("RecordCopy {{ id: {id}, value: {value} }}");
            text = text.replace(&copy, &id.to_string());
        }
        for index in 0..layout.machines() {
            let name = layout.name(MachineId(index as u16));
            for life in 0..9 {
                let client = format!("Client {{ machine: {name}, incarnation: {life} }}");
                text = text.replace(&client, &format!("{name}.{life}"));
            }
        }
        text
    }
}

/// An event as Rust writes it, without the machine that it is of: which one that is, is plain.
fn without_group(event: &str) -> &str {
    let inner = event.split_once('(').and_then(|(group, inner)| {
        group.chars().all(char::is_alphanumeric).then(|| inner.strip_suffix(')'))?
    });
    inner.unwrap_or(event)
}

/// Writes what is meant in place of every `kind` with a number and a bracket.
fn replace<N: FromStr<Err: Debug>>(text: &str, kind: &str, meant: impl Fn(N) -> String) -> String {
    let mut parts = text.split(kind);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_once(')').expect("Rust closes its brackets");
        replaced += &meant(number.parse().expect("a small number is in the brackets"));
        replaced += rest;
    }
    replaced
}

/// Compares all that was told of several systems, one after the other.
#[track_caller]
pub(crate) fn all_tell(rigs: &[Rig], text: &str, title: &str) {
    let told: Vec<&str> = rigs.iter().map(|rig| rig.told.as_str()).collect();
    compare(&told.concat(), text, title);
}

#[track_caller]
fn compare(told: &str, text: &str, title: &str) {
    let mut parts = text.split("## ").filter_map(|part| part.split_once('\n'));
    let expected = parts.find_map(|(known, part)| (known == title).then_some(part));
    let expected = expected.unwrap_or_default();
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    };
    let (lines_told, lines_expected) = (lines(told), lines(expected));
    let same = lines_told.iter().zip(&lines_expected).take_while(|(one, other)| one == other);
    let first = same.count();
    assert!(
        lines_told == lines_expected,
        "line {} of {title} is {:?}, not {:?}. It tells\n{told}",
        first + 1,
        lines_told.get(first),
        lines_expected.get(first),
    );
}
