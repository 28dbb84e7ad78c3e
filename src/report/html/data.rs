//! The recorded run as the page's script reads it: short keys and arrays, for there are many.

use serde::Serialize;
use serde::ser::{SerializeTuple, Serializer};

use crate::model::container::Act;
use crate::model::layout::Place;
use crate::model::message::MessageKind;
use crate::plan::Plan;
use crate::plan::names::target_name;
use crate::report::html::Page;
use crate::report::recording::{self, Recording};
use crate::report::run::RunSummary;
use crate::report::story::Mark;
use crate::run::{Phase, Verdict};
use crate::scenario::ScriptStep;
use crate::scheduler::VirtualTime;

/// All that the script of the page knows.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    /// What the run shows, as `run --format json` has it.
    summary: &'a RunSummary,
    /// Counted from 1.
    regions: Vec<usize>,
    /// By machine.
    machines: Vec<Machine<'a>>,
    /// By record: its batch; record 0 is none.
    batch_of: Vec<u16>,
    /// What containers do with a record, by number.
    actions: &'static [&'static str],
    /// The kinds of messages.
    messages: Vec<&'static str>,
    script: Vec<ScriptLine>,
    /// By action: its line of the script.
    due: Vec<usize>,
    disturbances: Vec<Disturbance>,
    /// The machines at which the violation shows, if there is one.
    shows_at: Vec<u16>,
    lives: Vec<Life>,
    /// By frame, the moment before the first one in front: virtual microseconds; none if the run
    /// had no time.
    times: Option<Vec<u64>>,
    window: Window,
    /// By machine: what it shows before the first frame.
    initial: &'a [Vec<u32>],
    frames: Vec<Frame<'a>>,
}

#[derive(Serialize)]
struct Machine<'a> {
    name: &'a str,
    kind: &'static str,
    /// From 0; none for what belongs to no region.
    region: Option<u8>,
    /// It is a queue whose consumers commit positions.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    log: bool,
    /// It is the mirror of a log.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    mirror: bool,
}

#[derive(Serialize)]
struct ScriptLine {
    line: String,
    /// The step in which the driver was done with it; none if it never was.
    step: Option<u64>,
}

#[derive(Serialize)]
struct Disturbance {
    kind: &'static str,
    target: String,
    from: u64,
    to: Option<u64>,
    /// A line of the script says so.
    scripted: bool,
}

#[derive(Serialize)]
struct Life {
    record: u16,
    published: u64,
    accepted: Option<u64>,
    arrived: Option<u64>,
    /// From the first send to the arrival, in virtual microseconds; none if the run had no time.
    took_us: Option<u64>,
}

#[derive(Serialize)]
struct Window {
    first: u64,
    last: u64,
}

/// `[step, phase, mark, actor, text, changes, sent]`; no step is 0, no actor is -1.
struct Frame<'a>(&'a recording::Frame);

impl<'a> Document<'a> {
    pub(super) fn new(page: &Page<'a>) -> Document<'a> {
        let recording = page.recording;
        let plan = &recording.plan;
        let batch_of = plan.record_ids().map(|record| plan.batch_of(record).0);
        Document {
            summary: page.run,
            regions: (1..=plan.layout.regions).collect(),
            machines: machines(plan),
            batch_of: std::iter::once(0).chain(batch_of).collect(),
            actions: &Act::NAMES,
            messages: MessageKind::ALL.iter().map(|kind| kind.name()).collect(),
            script: script(recording),
            due: (0..plan.actions().len()).map(|action| plan.script_index(action)).collect(),
            disturbances: disturbances(recording),
            shows_at: shows_at(recording),
            lives: recording.lives.iter().map(|one| life(one, recording)).collect(),
            times: times(recording),
            window: Window {
                first: recording.window.first,
                last: recording
                    .frames
                    .len()
                    .checked_sub(1)
                    .map_or(0, |last| recording.step_at(last)),
            },
            initial: &recording.initial,
            frames: recording.frames.iter().map(Frame).collect(),
        }
    }
}

fn machines(plan: &Plan) -> Vec<Machine<'_>> {
    let layout = &plan.layout;
    let region = |place| layout.region_of(place).map(|region| region.0);
    let is_mirror = |place| matches!(place, Place::Queue(id) if plan.mirror_of(id).is_some());
    let is_log = |place| matches!(place, Place::Queue(id) if plan.is_log(id));
    let places = layout.places().iter().zip(layout.names());
    places
        .map(|(&place, name)| Machine {
            name,
            kind: place.kind().name(),
            region: region(place),
            log: is_log(place),
            mirror: is_mirror(place),
        })
        .collect()
}

fn script(recording: &Recording) -> Vec<ScriptLine> {
    let plan = &recording.plan;
    let line = |(index, line): (usize, &ScriptStep)| {
        let of_line = |action: &usize| plan.script_index(*action) == index;
        let last = (0..plan.actions().len()).rev().find(of_line);
        ScriptLine {
            line: line.to_string(),
            step: last.and_then(|action| recording.script[action]),
        }
    };
    plan.scenario().script.iter().enumerate().map(line).collect()
}

fn disturbances(recording: &Recording) -> Vec<Disturbance> {
    let layout = &recording.plan.layout;
    let disturbance = |one: &recording::Disturbance| Disturbance {
        kind: one.fault.kind.name(),
        target: target_name(one.fault.target, layout),
        from: one.from,
        to: one.to,
        scripted: one.scripted,
    };
    recording.disturbances.iter().map(disturbance).collect()
}

fn shows_at(recording: &Recording) -> Vec<u16> {
    match &recording.outcome.verdict {
        Verdict::Violated(violation) => {
            let machines = violation.breach.machines(&recording.plan.layout);
            machines.into_iter().map(|machine| machine.0).collect()
        }
        Verdict::Holds | Verdict::Inconclusive(_) => Vec::new(),
    }
}

fn life(life: &recording::Life, recording: &Recording) -> Life {
    let recording::Life { record, published, accepted, arrived } = *life;
    let took_us = life.took(recording).map(|took| took.us());
    Life { record: record.0, published, accepted, arrived, took_us }
}

fn times(recording: &Recording) -> Option<Vec<u64>> {
    let before = recording.time_of(recording.window.first - 1)?;
    let steps = (0..recording.frames.len()).map(|frame| recording.step_at(frame));
    let times = steps.filter_map(|step| recording.time_of(step)).map(VirtualTime::us);
    Some(std::iter::once(before.us()).chain(times).collect())
}

impl Serialize for Frame<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let frame = self.0;
        let changes: Vec<(u16, &[u32])> =
            frame.changes.iter().map(|(machine, value)| (machine.0, value.as_slice())).collect();
        let sent: Vec<(u16, u8, u16)> = frame
            .sent
            .iter()
            .map(|sent| (sent.to.0, sent.kind as u8, sent.record.map_or(0, |record| record.0)))
            .collect();
        let mut tuple = to.serialize_tuple(7)?;
        tuple.serialize_element(&frame.step.unwrap_or(0))?;
        tuple.serialize_element(&phase(frame.phase))?;
        tuple.serialize_element(&mark(frame.mark))?;
        tuple.serialize_element(&frame.actor.map_or(-1, |actor| i32::from(actor.0)))?;
        tuple.serialize_element(&frame.text)?;
        tuple.serialize_element(&changes)?;
        tuple.serialize_element(&sent)?;
        tuple.end()
    }
}

fn phase(phase: Phase) -> u8 {
    match phase {
        Phase::Chaos => 0,
        Phase::Heal => 1,
        Phase::Converge => 2,
    }
}

fn mark(mark: Mark) -> u8 {
    match mark {
        Mark::Heading => 0,
        Mark::Step => 1,
        Mark::Fault => 2,
        Mark::Recovery => 3,
        Mark::Unexpected => 4,
    }
}
