//! The words for one step: what a machine was asked, what happened, whom it asks.

use std::collections::BTreeSet;

use crate::model::event::Event;
use crate::model::fault::FaultPoint;
use crate::model::id::{MachineId, QueueId, RecordId};
use crate::model::layout::Place;
use crate::model::message::{Client, Message};
use crate::model::{dns, queue, table};
use crate::report::before::Before;
use crate::sim::{Choice, Simulation, Step};

mod became;
mod faults;
mod given_back;
mod happened;
mod messages;
mod mirrors;
mod relay;
mod timeouts;

/// A step and what surrounds it.
pub(super) struct Scene<'a> {
    /// The world after the step.
    pub(super) simulation: &'a Simulation,
    /// The world before it.
    pub(super) before: &'a Before,
    /// The machine that took the step; none for a fault.
    pub(super) actor: Option<MachineId>,
    /// The message that it handled.
    pub(super) message: Option<&'a Message>,
    /// The messages that are told of, by the step that sent them and to whom; all if none are
    /// given.
    pub(super) heard: Option<&'a BTreeSet<(u64, MachineId)>>,
}

impl<'a> Scene<'a> {
    pub(super) fn of(
        step: &'a Step,
        simulation: &'a Simulation,
        before: &'a Before,
        heard: Option<&'a BTreeSet<(u64, MachineId)>>,
    ) -> Scene<'a> {
        let message = step.message.as_ref();
        Scene { simulation, before, actor: step.choice.machine(), message, heard }
    }

    /// The step as a sentence without a full stop.
    pub(super) fn text(&self, step: &Step) -> String {
        let mut clauses = Vec::new();
        let mut subject = None;
        if step.choice == Choice::Fault(FaultPoint::GoOn) {
            clauses.push("this is the moment that the script waits for".to_owned());
        } else if let (Choice::Step(_) | Choice::Resolve(_) | Choice::Fail(_), Some(message)) =
            (step.choice, &step.message)
        {
            let machine = self.actor.map_or("no machine", |actor| self.machine(actor));
            match self.is_told_by_sender(message) {
                true => subject = Some(machine),
                false => clauses.push(format!("{machine} {}", self.handled(message))),
            }
        }
        let mut happened = self.all_that_happened(subject.is_some());
        if let (Some(subject), Some(first)) = (subject, happened.first_mut()) {
            // The machine was not named yet.
            *first = format!("{subject} {first}");
        }
        clauses.extend(happened);
        let sent = self.sent();
        if sent.is_empty() {
            clauses.extend(step.message.as_ref().and_then(|message| self.stays(message)));
        }
        clauses.extend(
            sent.into_iter().filter_map(|(to, clause)| self.is_heard(to).then_some(clause)),
        );
        let arrivals = self.arrivals();
        if !arrivals.is_empty() {
            return format!("{}; then {}", list(&clauses), list(&arrivals));
        }
        named_once(list(&clauses))
    }

    /// Whether the step that sent the message is told as well, and has said what it asks for. Then
    /// it is enough to say what came of it.
    fn is_told_by_sender(&self, message: &Message) -> bool {
        let begins = match (message, self.simulation.events().first()) {
            (Message::Send { .. }, Some(event)) => {
                matches!(
                    event,
                    Event::Queue(queue::Event::Enqueued { .. })
                        | Event::Dns(dns::Event::Routed { .. })
                )
            }
            (Message::Insert { .. }, Some(event)) => {
                matches!(event, Event::Table(table::Event::Stored { .. }))
            }
            (Message::Apply { .. }, Some(event)) => {
                matches!(event, Event::Table(table::Event::Applied { .. }))
            }
            // It may remove another one than it was asked for.
            (
                &Message::Remove { queue, receipt, .. },
                Some(&Event::Queue(queue::Event::Removed { record, .. })),
            ) => self.before.delivered(queue, receipt) == Some(record),
            (_, _) => false,
        };
        self.heard.is_some() && begins
    }

    /// Whether what was sent there matters to what is told.
    fn is_heard(&self, to: MachineId) -> bool {
        let step = self.simulation.steps();
        self.heard.is_none_or(|heard| heard.contains(&(step, to)))
    }

    fn actor_place(&self) -> Option<Place> {
        let places = self.simulation.plan().layout.places();
        self.actor.map(|actor| places[actor.index()])
    }

    fn machine(&self, machine: MachineId) -> &'a str {
        self.simulation.plan().layout.name(machine)
    }

    fn place(&self, place: Place) -> &'a str {
        self.machine(self.simulation.plan().layout.machine(place))
    }

    fn queue(&self, queue: QueueId) -> &'a str {
        self.place(Place::Queue(queue))
    }

    fn client(&self, client: Client) -> &'a str {
        self.machine(client.machine)
    }

    /// Whether the queue is a log.
    fn is_log(&self, queue: QueueId) -> bool {
        self.simulation.plan().is_log(queue)
    }

    fn script_line(&self, action: usize) -> String {
        self.simulation.plan().script_line(action).to_string()
    }

    /// The record that the actor was busy with when a reply came.
    fn record_in_hand(&self) -> String {
        let place = self.actor_place();
        let record: Option<RecordId> = match self.message {
            Some(&Message::Removed { queue, .. } | &Message::RemoveRefused { queue, .. })
                if place == Some(Place::Destination) =>
            {
                self.before.removing(queue, &self.simulation.plan().layout)
            }
            Some(_) | None => place.and_then(|place| self.before.in_hand(place)),
        };
        record.map_or_else(|| "the record".to_owned(), |record| record.to_string())
    }
}

/// The text with a record named once, if it is about one alone: "it" is shorter than "record 1".
fn named_once(text: String) -> String {
    let number = |part: &str| part.split(|c: char| !c.is_ascii_digit()).next().map(str::to_owned);
    let numbers = text.split("record ").skip(1).filter_map(number);
    let mut numbers = numbers.filter(|number| !number.is_empty());
    let Some(first) = numbers.next() else { return text };
    // A line of the script is told as it stands.
    if text.contains('\'') || numbers.any(|number| number != first) {
        return text;
    }
    let name = format!("record {first}");
    match text.split_once(&name) {
        Some((before, after)) => format!("{before}{name}{}", after.replace(&name, "it")),
        None => text,
    }
}

/// "a, b and c".
pub(super) fn list(clauses: &[String]) -> String {
    match clauses {
        [] => String::new(),
        [one] => one.clone(),
        // It has an "and" of its own.
        [first @ .., last] if last.contains(", and ") => format!("{}, {last}", first.join(", ")),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
