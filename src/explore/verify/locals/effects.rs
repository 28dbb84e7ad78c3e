//! What steps do, as learned.

use std::ops::Range;

use hashbrown::HashMap;

use crate::explore::verify::locals::parts::PartId;
use crate::explore::verify::point::Point;
use crate::model::event::Event;
use crate::model::id::MachineId;
use crate::model::message::Message;
use crate::plan::{DriverAction, Plan};
use crate::spec::Spec;

/// What is taken of a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// Its step; of the driver, with an action that waits for something which is not so.
    Step,
    /// The step of the driver, with any other action.
    StepOn,
    /// The end of the driver's waiting for any moment.
    GoOn,
}

/// What the step of a machine does, whatever the other machines are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effect {
    /// What the machine becomes.
    pub(super) after: PartId,
    /// Which of the letters of all effects it sends: where they begin, and how many.
    first_letter: u32,
    letters: u8,
    /// The spec is asked about something that was noted besides the facts of each record.
    pub(super) reads_rest: bool,
    /// The number of the part of the record that it is about; 0: about none.
    pub(super) record: u16,
    /// What is told of it; [`Effects::NOTHING`] if nothing is.
    pub(super) told: u32,
}

/// All that was learned.
pub(super) struct Effects {
    machines: usize,
    /// By id of a part of a machine, and by way: what that does, as an index into `known`.
    of: Vec<[u32; 3]>,
    /// By action of the script: what it does depends on nothing but whether it has come true.
    sayable: Vec<bool>,
    known: Vec<Effect>,
    /// To whom, and what, as an index into `mail`.
    letters: Vec<(u16, u32)>,
    /// What one step sends to one machine.
    mail: Vec<Vec<Message>>,
    /// What is told of one step.
    stories: Vec<Vec<Event>>,
    /// What a machine's part becomes with such mail in its inbox. Nothing iterates over this or the next.
    received: HashMap<(PartId, u32), PartId>,
    /// What the parts of the spec become.
    noted: HashMap<Lookup, (PartId, PartId)>,
    /// How many bytes were reported.
    reported: u64,
}

/// What the spec's answer to a story depends on: the story, what it knows of the record, and besides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Lookup {
    told: u32,
    record: PartId,
    rest: PartId,
}

/// A step that was made.
pub(super) struct Changes<'a> {
    pub(super) machine: MachineId,
    pub(super) way: Way,
    pub(super) from: &'a [PartId],
    pub(super) to: &'a [PartId],
    pub(super) before: &'a Point,
    pub(super) after: &'a Point,
}

/// That step was not made yet.
const UNKNOWN: u32 = u32::MAX;
/// What that step does cannot be said in this way.
const UNSAYABLE: u32 = u32::MAX - 1;
/// The letter to the part that says what faults are offered: the driver waits for any moment; one less, it
/// does not.
const OFFERS: u32 = u32::MAX;
/// No part is asked.
const NO_PART: PartId = PartId::MAX;

impl Effect {
    /// Which of the letters of all effects it sends.
    #[inline]
    fn letters(&self) -> Range<usize> {
        let first = self.first_letter as usize;
        first..first + usize::from(self.letters)
    }
}

impl Lookup {
    /// What is asked for the effect in a state.
    #[inline]
    pub(super) fn of(effect: &Effect, ids: &[PartId]) -> Lookup {
        let record = match effect.record {
            0 => NO_PART,
            number => ids[usize::from(number)],
        };
        let rest = if effect.reads_rest { ids[ids.len() - 1] } else { NO_PART };
        Lookup { told: effect.told, record, rest }
    }
}

impl Effects {
    /// No story.
    pub(super) const NOTHING: u32 = u32::MAX;

    pub(super) fn new(plan: &Plan) -> Effects {
        Effects {
            machines: plan.layout.machines(),
            of: Vec::new(),
            sayable: plan.actions.iter().map(is_sayable).chain([false]).collect(),
            known: Vec::new(),
            letters: Vec::new(),
            mail: Vec::new(),
            stories: Vec::new(),
            received: HashMap::new(),
            noted: HashMap::new(),
            reported: 0,
        }
    }

    /// What a machine with this part does, if it is known.
    #[inline]
    pub(super) fn of(&self, part: PartId, way: Way) -> Option<Effect> {
        let index = self.of.get(part as usize)?[way as usize];
        self.known.get(index as usize).copied()
    }

    /// The letters that are sent.
    #[inline]
    pub(super) fn letters(&self, effect: &Effect) -> &[(u16, u32)] {
        &self.letters[effect.letters()]
    }

    /// What a part becomes with a letter in the inbox.
    #[inline]
    pub(super) fn received(&self, part: PartId, letter: u32) -> Option<PartId> {
        self.received.get(&(part, letter)).copied()
    }

    /// What the spec knows after a story of the record, and besides, if it objects to nothing.
    #[inline]
    pub(super) fn noted(&self, lookup: Lookup) -> Option<(PartId, PartId)> {
        self.noted.get(&lookup).copied()
    }

    /// Learns from a step that violated nothing.
    pub(super) fn learn(&mut self, changes: &Changes<'_>) {
        // What it does was done because of what other machines are.
        let goes_on = match changes.machine.index() {
            0 => changes.after.simulation.enabled().is_quiescent(),
            _ => changes.from[0] != changes.to[0],
        };
        if goes_on {
            return;
        }
        let (part, way) = (changes.from[changes.machine.index()] as usize, changes.way as usize);
        if self.of.len() <= part {
            self.of.resize(part + 1, [UNKNOWN; 3]);
        }
        let known = match self.of[part][way] {
            UNSAYABLE => return,
            UNKNOWN => self.effect(changes),
            index => Some(self.known[index as usize]),
        };
        let Some(effect) = known.filter(|effect| self.explains(effect, changes)) else {
            self.of[part][way] = UNSAYABLE;
            return;
        };
        for &(receiver, letter) in &self.letters[effect.letters()] {
            let receiver = usize::from(receiver);
            self.received.insert((changes.from[receiver], letter), changes.to[receiver]);
        }
        if effect.told != Effects::NOTHING {
            let lookup = Lookup::of(&effect, changes.from);
            let record = match effect.record {
                0 => NO_PART,
                number => changes.to[usize::from(number)],
            };
            self.noted.insert(lookup, (record, changes.to[changes.to.len() - 1]));
        }
        if self.of[part][way] == UNKNOWN {
            self.of[part][way] = self.known.len() as u32;
            self.known.push(effect);
        }
    }

    /// What the step did, if that can be said in this way.
    fn effect(&mut self, changes: &Changes<'_>) -> Option<Effect> {
        let Changes { machine, from, to, before, after, .. } = *changes;
        let events = after.simulation.events();
        let mut records = events.iter().filter_map(Event::record);
        let record = records.next();
        let is_about_one = records.all(|other| Some(other) == record);
        let is_sayable = machine.index() > 0 || self.sayable[before.simulation.driver().next()];
        if !is_about_one || !is_sayable {
            return None;
        }
        let first_letter = self.letters.len() as u32;
        for receiver in (0..self.machines).filter(|&part| from[part] != to[part]) {
            if receiver != machine.index() {
                let letter = self.letter(receiver, changes)?;
                self.letters.push((receiver as u16, letter));
            }
        }
        if from[self.machines] != to[self.machines] {
            let offers = after.simulation.enabled().has_faults();
            self.letters.push((self.machines as u16, OFFERS - u32::from(!offers)));
        }
        let told = match events {
            [] => Effects::NOTHING,
            events => place_of(&mut self.stories, events),
        };
        Some(Effect {
            after: to[machine.index()],
            first_letter,
            letters: (self.letters.len() as u32 - first_letter) as u8,
            reads_rest: events.iter().any(|event| Spec::reads_rest(event, after.simulation.plan())),
            record: record.map_or(0, |record| (self.machines + record.index()) as u16),
            told,
        })
    }

    /// Whether all that a step has changed is what the effect says.
    fn explains(&self, effect: &Effect, changes: &Changes<'_>) -> bool {
        let Changes { machine, from, to, .. } = *changes;
        let is_explained = |part: usize| {
            part == machine.index()
                || part == usize::from(effect.record)
                || (effect.reads_rest && part + 1 == from.len())
                || self.letters(effect).iter().any(|&(to, _)| usize::from(to) == part)
        };
        let mut changed = (0..from.len()).filter(|&part| from[part] != to[part]);
        effect.after == to[machine.index()] && changed.all(is_explained)
    }

    /// What the step put into the inbox of a machine; nothing if it did something else to it.
    fn letter(&mut self, receiver: usize, changes: &Changes<'_>) -> Option<u32> {
        let receiver = MachineId(receiver as u16);
        let (before, after) = (&changes.before.simulation, &changes.after.simulation);
        let known = before.waiting(receiver);
        let is_appended = before.inbox(receiver).eq(after.inbox(receiver).take(known));
        let new: Vec<Message> = after.inbox(receiver).skip(known).copied().collect();
        (is_appended && !new.is_empty()).then(|| place_of(&mut self.mail, &new))
    }

    /// How many bytes more this takes than when it was asked last, about.
    pub(super) fn grown(&mut self) -> u64 {
        // Tables are two thirds full on average.
        let received = self.received.len() * size_of::<(PartId, u32, PartId)>() * 3 / 2;
        let noted = self.noted.len() * size_of::<(Lookup, PartId, PartId)>() * 3 / 2;
        let known = self.of.len() * size_of::<[u32; 3]>() + self.known.len() * size_of::<Effect>();
        let lists = self.letters.len() * size_of::<(u16, u32)>();
        let bytes = (received + noted + known + lists) as u64;
        let grown = bytes - self.reported;
        self.reported = bytes;
        grown
    }
}

fn is_sayable(action: &DriverAction) -> bool {
    match action {
        DriverAction::Publish(_) | DriverAction::Await(_) => true,
        DriverAction::Check(_)
        | DriverAction::Fault(_)
        | DriverAction::FaultSome(_)
        | DriverAction::Recover(_)
        | DriverAction::Redrive(_)
        | DriverAction::Weights(_) => false,
    }
}

/// Where an element is in a list of different ones; it is put there if it is not. Looked for only
/// when something is learned.
fn place_of<T: Clone + PartialEq>(known: &mut Vec<Vec<T>>, wanted: &[T]) -> u32 {
    let place = known.iter().position(|each| each == wanted).unwrap_or_else(|| {
        known.push(wanted.to_vec());
        known.len() - 1
    });
    place as u32
}
