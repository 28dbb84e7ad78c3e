//! Who said what to whom: a run as a sequence diagram, with only what matters to one story.
//!
//! ```
//! use std::sync::Arc;
//! use active_active::explore::Runner;
//! use active_active::plan::Plan;
//! use active_active::report::recording::{Recording, Window};
//! use active_active::report::sequence::Sequence;
//! use active_active::scenario::builtin;
//! use active_active::scheduler::Random;
//!
//! let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
//! let recording = Recording::of(&plan, Window::default(), |watcher| {
//!     Runner::new(Arc::clone(&plan)).run(&mut Random::new(1), 0, watcher)
//! });
//! let sequence = Sequence::of(&recording);
//! assert!(sequence.to_mermaid().starts_with("sequenceDiagram\n"));
//! assert!(sequence.to_svg().starts_with("<svg "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::model::fault::Target;
use crate::model::id::{MachineId, RecordId};
use crate::model::layout::Place;
use crate::report::picture;
use crate::report::recording::{Frame, Recording};
use crate::report::story::Mark;
use crate::run::Verdict;

mod mermaid;
mod svg;

/// A diagram with more rows is not read: the last ones are shown.
pub const ROWS_MAX: usize = 64;

/// A sequence diagram.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sequence {
    /// What it shows, in a sentence without a full stop.
    pub title: String,
    /// The machines that take part, in the order in which records pass them.
    pub lanes: Vec<String>,
    /// In the order of the steps.
    pub rows: Vec<Row>,
    /// How many rows come before the first one that is shown.
    pub omitted: usize,
}

/// A step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Its number; none for a healing.
    pub step: Option<u64>,
    /// The whole step in words.
    pub text: String,
    /// What it is in the diagram.
    pub item: Item,
}

/// What a row shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// A machine handles a message.
    Arrow {
        /// The lane of who sent it.
        from: usize,
        /// The lane of who handles it.
        to: usize,
        /// The row in which it was sent, if that is shown.
        sent: Option<usize>,
        /// The message, with its record.
        label: String,
    },
    /// A message that was not handled when the diagram ends.
    Pending {
        /// The lane of who sent it.
        from: usize,
        /// The lane of who would handle it.
        to: usize,
        /// The message, with its record.
        label: String,
    },
    /// Something happened to a machine; to all of them if it has no lane.
    Note {
        /// Its lane.
        lane: Option<usize>,
        /// Whether it is a fault or the end of one.
        mark: Mark,
        /// What happened.
        label: String,
    },
    /// The spec is violated by this step.
    Violation {
        /// The property.
        label: String,
    },
}

impl Sequence {
    /// What matters in a run: the records of its violation, or the record that was under way the
    /// longest; and every fault.
    pub fn of(recording: &Recording) -> Sequence {
        let (title, records) = subject(recording);
        let wanted: Vec<&Frame> =
            recording.frames.iter().filter(|frame| matters(frame, &records)).collect();
        let omitted = wanted.len().saturating_sub(ROWS_MAX);
        let mut draft = Draft::new(recording, &wanted[omitted..]);
        wanted[omitted..].iter().for_each(|frame| draft.add(frame, &records));
        draft.add_violation();
        Sequence { title, lanes: draft.names(), rows: draft.rows, omitted }
    }
}

/// What the diagram is about: a sentence, and the records in it.
fn subject(recording: &Recording) -> (String, BTreeSet<RecordId>) {
    if let Verdict::Violated(violation) = &recording.outcome.verdict {
        let words = std::iter::once(&violation.what).chain(&violation.because);
        let mut records: BTreeSet<RecordId> = words.flat_map(|text| named(text)).collect();
        if records.is_empty() {
            let last = recording.frames.iter().rev().find_map(about);
            records.extend(last);
        }
        return (format!("How {} comes to be violated", violation.property()), records);
    }
    let took = |life: &&crate::report::recording::Life| {
        life.arrived.map_or(u64::MAX, |arrived| arrived - life.published)
    };
    // The first of several that took as long: `max_by_key` would take the last.
    let slowest = recording.lives.iter().rev().max_by_key(took);
    let title = match slowest {
        Some(life) => format!("The way of {}, which was under way the longest", life.record),
        None => "Nothing was published".to_owned(),
    };
    (title, slowest.iter().map(|life| life.record).collect())
}

/// The records that a sentence of the spec names, as in "record 7".
fn named(text: &str) -> impl Iterator<Item = RecordId> {
    let after = text.match_indices("record ").map(|(at, word)| &text[at + word.len()..]);
    after.filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok().map(RecordId)
    })
}

/// The record that a step is about.
fn about(frame: &Frame) -> Option<RecordId> {
    let handled = frame.handled.and_then(|handled| handled.record);
    handled.or_else(|| frame.sent.iter().find_map(|sent| sent.record))
}

fn matters(frame: &Frame, records: &BTreeSet<RecordId>) -> bool {
    match frame.mark {
        Mark::Fault | Mark::Recovery | Mark::Unexpected => true,
        Mark::Heading | Mark::Step => {
            let handled = frame.handled.and_then(|handled| handled.record);
            handled.is_some_and(|record| records.contains(&record))
        }
    }
}

/// A diagram that grows.
struct Draft<'a> {
    recording: &'a Recording,
    /// By machine that takes part: its lane.
    lanes: BTreeMap<MachineId, usize>,
    /// By step: its row.
    row_of: BTreeMap<u64, usize>,
    rows: Vec<Row>,
}

impl<'a> Draft<'a> {
    fn new(recording: &'a Recording, frames: &[&Frame]) -> Draft<'a> {
        let mut machines: Vec<MachineId> = Vec::new();
        for frame in frames {
            let sender = frame.handled.and_then(|handled| handled.sent).map(|(sender, _)| sender);
            if frame.mark == Mark::Step {
                machines.extend(frame.actor.into_iter().chain(sender));
            }
        }
        let layout = &recording.plan.layout;
        machines.retain(|machine| layout.places()[machine.index()] != Place::Driver);
        machines.sort_by_key(|&machine| {
            (picture::order(layout.places()[machine.index()], layout), machine)
        });
        machines.dedup();
        let lanes = machines.iter().enumerate().map(|(lane, &machine)| (machine, lane)).collect();
        Draft { recording, lanes, row_of: BTreeMap::new(), rows: Vec::new() }
    }

    fn names(&self) -> Vec<String> {
        let mut machines: Vec<(&MachineId, &usize)> = self.lanes.iter().collect();
        machines.sort_by_key(|(_, lane)| **lane);
        let name = |machine: MachineId| self.recording.plan.layout.name(machine).to_owned();
        machines.into_iter().map(|(&machine, _)| name(machine)).collect()
    }

    fn push(&mut self, frame: &Frame, item: Item) {
        if let Some(step) = frame.step {
            self.row_of.insert(step, self.rows.len());
        }
        self.rows.push(Row { step: frame.step, text: frame.text.clone(), item });
    }

    fn add(&mut self, frame: &Frame, records: &BTreeSet<RecordId>) {
        let lane = |machine: MachineId| self.lanes.get(&machine).copied();
        let by_machine = frame.handled.and_then(|handled| {
            let (sender, step) = handled.sent?;
            let (from, to) = (lane(sender)?, lane(frame.actor?)?);
            let label = label(handled.kind.name(), handled.record);
            Some(Item::Arrow { from, to, sent: self.row_of.get(&step).copied(), label })
        });
        let item = match (frame.mark, by_machine) {
            (Mark::Step | Mark::Heading, Some(arrow)) => arrow,
            (mark, _) => {
                let lane = self.struck(frame);
                let label = match lane {
                    // What follows from it has rows of its own.
                    Some(_) => first_clause(&frame.text).to_owned(),
                    None => frame.text.clone(),
                };
                Item::Note { lane, mark, label }
            }
        };
        let pending = self.pending(frame, records);
        self.push(frame, item);
        for item in pending {
            self.rows.push(Row { step: None, text: frame.text.clone(), item });
        }
    }

    /// The lane of the machine that a fault strikes, or that works again.
    fn struck(&self, frame: &Frame) -> Option<usize> {
        let layout = &self.recording.plan.layout;
        let step = frame.step?;
        let of = |one: &crate::report::recording::Disturbance| {
            if let Target::Writer(id, _) | Target::Link(id, _) = one.fault.target {
                return Some(Place::Replicator(id));
            }
            one.fault.target.place()
        };
        let here = self.recording.disturbances.iter();
        let mut here = here.filter(|one| one.from == step || one.to == Some(step));
        let (first, others) = (here.next(), here.next());
        let place = first.filter(|_| others.is_none()).and_then(of)?;
        self.lanes.get(&layout.machine(place)).copied()
    }

    /// What a step sent about these records and no machine has handled in the whole recording.
    fn pending(&self, frame: &Frame, records: &BTreeSet<RecordId>) -> Vec<Item> {
        let mut items = Vec::new();
        let (Some(actor), Some(step)) = (frame.actor, frame.step) else { return items };
        // No machine had the time to handle what the last step sent.
        if step == self.recording.outcome.steps {
            return items;
        }
        for sent in &frame.sent {
            let is_ours = sent.record.is_some_and(|record| records.contains(&record));
            let is_handled = self.recording.frames.iter().any(|later| {
                let from = later.handled.and_then(|handled| handled.sent);
                later.actor == Some(sent.to) && from == Some((actor, step))
            });
            let (from, to) = (self.lanes.get(&actor), self.lanes.get(&sent.to));
            if let (true, false, Some(&from), Some(&to)) = (is_ours, is_handled, from, to) {
                let label = label(sent.kind.name(), sent.record);
                items.push(Item::Pending { from, to, label });
            }
        }
        items
    }

    fn add_violation(&mut self) {
        let Verdict::Violated(violation) = &self.recording.outcome.verdict else { return };
        let label = format!("{} is violated", violation.property());
        let text = violation.what.clone();
        self.rows.push(Row { step: None, text, item: Item::Violation { label } });
    }
}

/// A sentence up to its first comma or "and".
fn first_clause(text: &str) -> &str {
    let end = [", ", " and "].iter().filter_map(|word| text.find(word)).min();
    &text[..end.unwrap_or(text.len())]
}

/// A message as the label of an arrow.
fn label(kind: &str, record: Option<RecordId>) -> String {
    match record {
        Some(record) => format!("{kind} {}", record.0),
        None => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::Plan;
    use crate::report::recording::Window;
    use crate::run::Runner;
    use crate::scenario::builtin;
    use crate::scheduler::Random;

    const SCRIPT: &str = "script=publish 1,await delivered all";

    fn sequence(name: &str, changes: &[&str], run: u64) -> Sequence {
        let text = builtin::text(name).expect("the scenario is built in");
        let changes: Vec<_> =
            changes.iter().map(|change| change.parse().expect("KEY=VALUE")).collect();
        let plan: Plan = Plan::load(text, name, &changes).expect("the scenario is right");
        let plan = Arc::new(plan);
        let recording = Recording::of(&plan, Window::default(), |watcher| {
            Runner::new(Arc::clone(&plan)).run(&mut Random::new(1), run, watcher)
        });
        Sequence::of(&recording)
    }

    #[test]
    fn sentences_name_records() {
        let text = "record 7 was removed before record 12, not record x";
        assert_eq!(named(text).collect::<Vec<_>>(), [RecordId(7), RecordId(12)]);
    }

    #[test]
    fn a_record_is_followed_from_the_source_to_the_destination() {
        let sequence = sequence("baseline", &["records.batches=1", SCRIPT], 0);
        assert_eq!(sequence.title, "The way of record 1, which was under way the longest");
        assert_eq!(sequence.lanes.first().map(String::as_str), Some("record-source"));
        assert_eq!(sequence.lanes.last().map(String::as_str), Some("record-destination"));
        let arrows = sequence.rows.iter().filter(|row| matches!(row.item, Item::Arrow { .. }));
        assert!(arrows.count() > 20);
        // What is sent is handled later.
        for (index, row) in sequence.rows.iter().enumerate() {
            if let Item::Arrow { sent: Some(sent), .. } = row.item {
                assert!(sent < index);
            }
        }
    }

    #[test]
    fn a_violation_ends_its_diagram_and_its_faults_are_in_it() {
        let unsound = "container.on_duplicate=skip";
        let scenario = ["records.batches=2", SCRIPT, unsound];
        let found = (0..500).map(|run| sequence("crash-anywhere", &scenario, run));
        let mut found = found.filter(|one| one.title.contains("RemoveLast"));
        let sequence = found.next().expect("the design is wrong");
        let last = sequence.rows.last().expect("it has rows");
        assert!(
            matches!(&last.item, Item::Violation { label } if label == "RemoveLast is violated")
        );
        let notes = sequence.rows.iter().filter(|row| {
            matches!(&row.item, Item::Note { mark: Mark::Fault, label, .. } if label.contains("crashes"))
        });
        assert!(notes.count() > 0, "{sequence:#?}");
    }
}
