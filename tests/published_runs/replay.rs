//! Takes a recorded run, step by step, as a run of the simulation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use active_active::model::layout::Place;
use active_active::model::{MachineId, Message, RegionId};
use active_active::scenario::Override;
use active_active::sim::{Choice, Simulation};

use super::meaning::{self, Command, Kind, Meaning};
use super::order::linearise;
use super::read::{Line, Run};
use super::script::{Script, is_part};

/// How many steps of both sides a report shows.
const SHOWN: usize = 10;

/// A run that was replayed to its end.
#[derive(Debug, Default)]
pub(crate) struct Alike {
    /// Handlings that are a step of the same machine.
    pub(crate) steps: usize,
    /// Handlings that are a line of the script.
    pub(crate) lines: usize,
    /// Handlings that have no step, by the reason.
    pub(crate) nothing: BTreeMap<&'static str, usize>,
}

/// Where a run is no run of the simulation.
#[derive(Debug)]
pub(crate) struct Differs {
    /// How many handlings were alike until then.
    alike: usize,
    what: String,
    theirs: Vec<String>,
    ours: Vec<String>,
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} handlings are alike, and then: {}", self.alike, self.what)?;
        for (side, steps) in [("theirs", &self.theirs), ("ours", &self.ours)] {
            writeln!(f, "  {side}:")?;
            steps.iter().try_for_each(|step| writeln!(f, "    {step}"))?;
        }
        Ok(())
    }
}

/// Replays a run; `overrides` change the design.
pub(crate) fn replay(run: &Run, overrides: &[Override]) -> Result<Alike, Box<Differs>> {
    let order = linearise(run).map_err(|left| {
        let theirs = left.iter().take(SHOWN).map(|&index| shown(&run.lines[index]));
        Box::new(Differs {
            alike: 0,
            what: "no order of whole handlings has what the lines have".to_owned(),
            theirs: theirs.collect(),
            ours: Vec::new(),
        })
    })?;
    let script = Script::new(run, &order, overrides);
    let mut replay = Replay::new(run, &script);
    for (place, &index) in order.iter().enumerate() {
        let done = replay.handle(index).and_then(|()| replay.catch_up());
        done.map_err(|what| replay.differs(what, &order[..=place]))?;
    }
    replay.ends().map_err(|what| replay.differs(what, &order))?;
    Ok(replay.alike)
}

fn shown(line: &Line) -> String {
    format!("line {}: {}", line.file_line, line.text.replace('\t', " "))
}

pub(super) struct Replay<'a> {
    pub(super) run: &'a Run,
    pub(super) script: &'a Script,
    pub(super) simulation: Simulation,
    /// Requests of the set-up that were handled before their lines.
    asked_early: BTreeSet<MachineId>,
    /// Their lines that have come.
    asked: BTreeSet<MachineId>,
    /// By machine: rows to replicate or to apply whose lines have come, how often each.
    pub(super) owed: BTreeMap<MachineId, BTreeMap<u16, usize>>,
    /// Rows whose first line to be replicated, or applied, has come, by machine.
    pub(super) known: BTreeSet<(MachineId, u16)>,
    /// By region: the record that the destination is at.
    pub(super) fetched: [Option<u16>; 2],
    /// Regions in which the published destination asks a failed queue again, and ours waits.
    pub(super) polls: BTreeSet<RegionId>,
    /// Regions that are offline in out-dns.
    pub(super) offline: BTreeSet<RegionId>,
    /// Handlings of out-dns that lead the request for an offline region elsewhere.
    led_astray: BTreeSet<usize>,
    /// Records that the destination took because they were in the way, and that P's has not when the run ends.
    pub(super) unseen: Vec<u16>,
    /// Rows that were in the way of replication when the run ends.
    pub(super) cleared: BTreeSet<(MachineId, u16)>,
    /// Lines whose message was in the way of an earlier one, and is handled.
    pub(super) early: BTreeSet<usize>,
    /// What P's tables have.
    pub(super) stored: BTreeMap<&'a str, BTreeSet<u16>>,
    pub(super) alike: Alike,
    ours: Vec<String>,
}

/// What is not alike.
pub(super) type What = String;

impl<'a> Replay<'a> {
    fn new(run: &'a Run, script: &'a Script) -> Replay<'a> {
        Replay {
            run,
            script,
            simulation: Simulation::new(script.plan.clone()),
            asked_early: BTreeSet::new(),
            asked: BTreeSet::new(),
            owed: BTreeMap::new(),
            known: BTreeSet::new(),
            fetched: [None; 2],
            polls: BTreeSet::new(),
            offline: BTreeSet::new(),
            led_astray: BTreeSet::new(),
            unseen: Vec::new(),
            cleared: BTreeSet::new(),
            early: BTreeSet::new(),
            stored: BTreeMap::new(),
            alike: Alike::default(),
            ours: Vec::new(),
        }
    }

    fn differs(&self, what: What, so_far: &[usize]) -> Box<Differs> {
        let theirs = so_far.iter().map(|&index| &self.run.lines[index]);
        let theirs: Vec<String> = theirs.map(shown).collect();
        let last = |steps: &[String]| steps[steps.len().saturating_sub(SHOWN)..].to_vec();
        let alike = self.alike.steps + self.alike.lines;
        Box::new(Differs { alike, what, theirs: last(&theirs), ours: last(&self.ours) })
    }

    /// Takes the step that a handling is.
    fn handle(&mut self, index: usize) -> Result<(), What> {
        let run = self.run;
        let line = &run.lines[index];
        match line.row.meaning {
            Meaning::Step(meaning::Message::Publish) => {
                self.drive(index)?;
                self.alike.lines -= 1;
                self.take(index, meaning::Message::Publish)
            }
            Meaning::Step(message) => self.step(index, message),
            Meaning::Command(_) if is_part(run, index) => {
                self.nothing(PART);
                Ok(())
            }
            Meaning::Command(command) => {
                if line.row.kind == Kind::OutDns {
                    let offline = match command {
                        Command::Switch => RegionId(0),
                        _ => region_of(line),
                    };
                    self.offline.insert(offline);
                }
                self.drive(index)
            }
            Meaning::Told(_) => self.drive(index),
            Meaning::Nothing(reason) => {
                self.nothing(reason);
                Ok(())
            }
        }
    }

    pub(super) fn nothing(&mut self, reason: &'static str) {
        *self.alike.nothing.entry(reason).or_default() += 1;
    }

    /// The driver carries out the line of the script that the handling is.
    fn drive(&mut self, index: usize) -> Result<(), What> {
        let due = self.script.line_of[index].expect("the script has a line for it");
        let driver = self.machine("driver");
        self.choose(Choice::Step(driver))?;
        let script = &self.script.plan.scenario().script;
        if self.simulation.driver().is_waiting() || self.simulation.driver().next() != due + 1 {
            return Err(format!("'{}' does not hold here", script[due]));
        }
        self.alike.lines += 1;
        Ok(())
    }

    fn step(&mut self, index: usize, message: meaning::Message) -> Result<(), What> {
        use meaning::Message::{Insert, Inserted, Receive, Received, Replicate};
        if self.early.remove(&index) {
            return Ok(());
        }
        let run = self.run;
        let line = &run.lines[index];
        let machine = self.machine(&line.machine);
        match (line.row.kind, message) {
            (Kind::Replicator, Replicate) => return self.owe(machine, line),
            (Kind::Table, Insert) => {
                let record = record_of(line);
                self.stored.entry(&line.machine).or_default().insert(record);
                if run.lines[line.by - 1].row.kind == Kind::Replicator {
                    return self.owe(machine, line);
                }
            }
            (Kind::Queue, _) => {
                if self.led_astray.contains(&(line.by.wrapping_sub(1))) {
                    self.nothing(ASTRAY);
                    return Ok(());
                }
                let by_name = line.by > 0
                    && run.lines[line.by - 1].row.kind == Kind::OutDns
                    && run.is_passive();
                let polls = !self.polls.is_empty() && line.machine == "outbound-queue@1";
                if by_name && message == Receive && !polls && !self.has_request(line) {
                    return Ok(());
                }
                if !self.before_a_queue(machine, line, message)? {
                    return Ok(());
                }
            }
            (Kind::OutDns, Receive) if run.is_passive() => return self.passive_request(),
            (Kind::Container, Inserted) if line.details.ok == Some(false) => {
                self.refuse_at_the_front(line)?;
            }
            (Kind::OutDns, Receive) => {
                let region = region_of(line);
                if self.waits_for_a_change(region) {
                    self.polls.insert(region);
                    return Ok(());
                }
                if self.offline.contains(&region) {
                    self.take(index, message)?;
                    self.led_astray.insert(index);
                    return Ok(());
                }
            }
            (Kind::Destination, Received)
                if line.details.ok == Some(false) && self.polls.remove(&region_of(line)) =>
            {
                self.nothing(POLLS);
                return Ok(());
            }
            _ => {}
        }
        self.take(index, message)
    }

    /// What a queue handles before the line here; whether the line is then still to be handled.
    fn before_a_queue(
        &mut self,
        machine: MachineId,
        line: &Line,
        message: meaning::Message,
    ) -> Result<bool, What> {
        // A consumer that stopped gives its delivery back; in P the queue hands it out again when asked.
        while let Some(Message::Abandon { .. }) = self.simulation.next_message(machine) {
            self.choose(Choice::Step(machine))?;
        }
        let Place::Queue(queue) = self.script.plan.layout.places()[machine.index()] else {
            unreachable!("it is a queue's line");
        };
        let (region, position) = self.script.plan.layout.queue_place(queue);
        let is_last = position + 1 == self.script.plan.layout.positions();
        if message == meaning::Message::Receive && is_last && self.polls.contains(&region) {
            if self.simulation.queue(queue).state() == active_active::model::queue::State::Failed {
                // Refused again: two of the three handlings of such a cycle.
                self.nothing(POLLS);
                self.nothing(POLLS);
                return Ok(false);
            }
            self.polls.remove(&region);
            if self.waits_for_a_change(region) {
                self.choose(Choice::Step(self.machine("record-destination")))?;
            }
            self.choose(Choice::Step(self.machine("out-dns")))?;
            self.alike.steps += 1;
        }
        let is_first_request = message == meaning::Message::Receive && line.by == 0;
        if is_first_request && self.asked_early.contains(&machine) {
            // Handled when the record came, before its line.
            self.alike.steps += 1;
            return Ok(false);
        }
        let first = self.simulation.next_message(machine);
        let not_asked = !self.asked.contains(&machine) && !self.asked_early.contains(&machine);
        let is_set_up = !(is_last && self.run.is_passive());
        if message != meaning::Message::Receive
            && is_set_up
            && not_asked
            && matches!(first, Some(Message::Receive { .. }))
        {
            self.asked_early.insert(machine);
            self.choose(Choice::Step(machine))?;
        }
        if message == meaning::Message::Receive {
            self.asked.insert(machine);
        }
        Ok(true)
    }

    /// Whether the destination was refused in the region and has not heard of a change.
    pub(super) fn waits_for_a_change(&self, region: RegionId) -> bool {
        use active_active::model::destination::State;
        self.simulation.destination().state(region) == State::Refused
    }

    /// The machine of the line handles its next message, which is to be this one.
    fn take(&mut self, index: usize, message: meaning::Message) -> Result<(), What> {
        let run = self.run;
        let line = &run.lines[index];
        let machine = self.machine(&line.machine);
        // That something has changed is no message of P, nor is the refusal of what it leads astray.
        while self.simulation.next_message(machine).is_some_and(|next| self.is_ours_only(next)) {
            self.choose(Choice::Step(machine))?;
        }
        let Some(&next) = self.simulation.next_message(machine) else {
            return Err(format!("{} has no message", line.machine));
        };
        if let Err(what) = self.means(&next, line, message) {
            match self.in_the_way(index, &next).ok_or(what)? {
                Some((later, message)) => {
                    self.take(later, message)?;
                    self.early.insert(later);
                }
                None => self.take_unseen(machine, &next)?,
            }
            return self.take(index, message_of(line));
        }
        let choice = self.choice(machine, &next, index);
        self.choose(choice)?;
        self.alike.steps += 1;
        if line.row.kind == Kind::Destination {
            self.note_fetched(&next);
        }
        Ok(())
    }

    /// How in-dns answers a send is the region of the queue that gets it.
    fn choice(&self, machine: MachineId, next: &Message, index: usize) -> Choice {
        let step = Choice::Step(machine);
        let is_send = matches!(next, Message::Send { .. });
        if self.run.lines[index].row.kind != Kind::InDns || !is_send {
            return step;
        }
        let is_sent_by = |to: &&Line| to.row.kind == Kind::Queue && to.by == index + 1;
        let sent_to = self.run.lines.iter().find(is_sent_by);
        let Some((_, number)) = sent_to.and_then(|to| to.machine.rsplit_once('@')) else {
            return step;
        };
        let other = Choice::Resolve(region(number.parse().expect("it is read with a region")));
        match self.simulation.enabled().contains(other) {
            true => other,
            false => step,
        }
    }

    pub(super) fn choose(&mut self, choice: Choice) -> Result<(), What> {
        if !self.simulation.enabled().contains(choice) {
            return Err(format!("{} cannot step", self.name(choice)));
        }
        let step = self.simulation.step(choice);
        let shown = step.message.map(|message| format!("{} {message:?}", self.name(choice)));
        self.ours.push(shown.unwrap_or_else(|| format!("{choice:?}")));
        Ok(())
    }

    fn name(&self, choice: Choice) -> String {
        match choice {
            Choice::Step(machine) => self.script.plan.layout.name(machine).to_owned(),
            Choice::Resolve(_) => "in-dns".to_owned(),
            Choice::Fail(_) | Choice::Fault(_) | Choice::Heal => format!("{choice:?}"),
        }
    }

    pub(super) fn machine(&self, name: &str) -> MachineId {
        self.script.plan.layout.find(name).expect("the published system is the default one")
    }

    pub(super) fn place(&self, name: &str) -> Place {
        self.script.plan.layout.places()[self.machine(name).index()]
    }

    /// At the end nothing is owed, and the destination and the tables have what P's had.
    fn ends(&mut self) -> Result<(), What> {
        self.clear_the_way()?;
        self.excuse_what_is_ahead();
        if let Some((&machine, rows)) = self.owed.iter().next() {
            let name = self.script.plan.layout.name(machine);
            return Err(format!("{name} has not handled the rows {:?}", rows.keys()));
        }
        let arrived = self.simulation.destination().order().iter().map(|id| id.0);
        let arrived: Vec<u16> = arrived.filter(|record| !self.unseen.contains(record)).collect();
        let theirs = self.theirs_arrived();
        if arrived != theirs {
            return Err(format!("the destination has {arrived:?}; P's had {theirs:?}"));
        }
        for (table, theirs) in &self.stored {
            let Place::Table(id) = self.place(table) else { unreachable!("it is a table's line") };
            let rows = self.simulation.rows(id);
            let has = |record: &u16| rows.get(active_active::model::RecordId(*record)).rows > 0;
            let ours: BTreeSet<u16> =
                self.script.plan.record_ids().map(|id| id.0).filter(has).collect();
            let on_its_way = |record: &u16| {
                self.is_stored_elsewhere(table, *record)
                    || self.cleared.contains(&(self.machine(table), *record))
            };
            let is_ahead = |record: &u16| self.is_ahead(table, *record);
            if !theirs.difference(&ours).all(is_ahead) || !ours.difference(theirs).all(on_its_way) {
                return Err(format!("{table} has {ours:?}; P's had {theirs:?}"));
            }
        }
        Ok(())
    }
}

/// Why a command to a replicator is no line of the script.
const PART: &str = "P's front passes a command on to its two databases and its replicator: here it is one line of the \
                    script";

/// Why some handlings of the destination's requests have no step.
const POLLS: &str =
    "P's destination asks a failed queue again without end: here it waits until something changes";

fn region(number: u16) -> RegionId {
    RegionId((number - 1) as u8)
}

/// Why a request for an offline region has no step at the queue that it comes to.
const ASTRAY: &str = "P's out-dns leads a request for an offline region to the other one's queue, where the \
                      destination waits already: here it is refused";

/// What a line that is a step says.
pub(super) fn message_of(line: &Line) -> meaning::Message {
    match line.row.meaning {
        Meaning::Step(message) => message,
        other => unreachable!("{other:?} is no step"),
    }
}

fn region_of(line: &Line) -> RegionId {
    region(line.details.region.expect("it is read with its region"))
}

pub(super) fn record_of(line: &Line) -> u16 {
    line.details.record.expect("it is read with its record")
}
