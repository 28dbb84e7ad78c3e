//! A run for Perfetto and chrome://tracing.

use serde_json::{Value, json};

use crate::model::id::MachineId;
use crate::model::layout::{Layout, Place};
use crate::plan::names::target_name;
use crate::report::recording::values;
use crate::report::recording::{Frame, Recording};

/// Of a run without a time, one step is drawn as a millisecond: the viewers know no other unit.
const MICROSECONDS_A_STEP: u64 = 1_000;

/// Every step of a recording as a slice on the track of its machine, every message as an arrow,
/// faults as slices of their own, and queue depths and backlogs as counters. Of a run with a time,
/// slices are as long as the service times.
///
/// Source: the Trace Event Format, as Perfetto imports it
/// (<https://perfetto.dev/docs/getting-started/other-formats>).
pub fn chrome_trace(recording: &Recording) -> String {
    let layout = &recording.plan.layout;
    let mut events = tracks(layout);
    for (machine, value) in recording.initial.iter().enumerate() {
        let machine = MachineId(machine as u16);
        let start = clock(recording, recording.window.first - 1).1;
        events.extend(counter(machine, value, start, layout));
    }
    let mut arrows = 0;
    for (index, frame) in recording.frames.iter().enumerate() {
        let step = recording.step_at(index);
        events.extend(slice(frame, step, recording));
        events.extend(arrow(frame, step, recording, &mut arrows));
        let (changed, (_, end)) = (frame.changes.iter(), clock(recording, step));
        events.extend(changed.filter_map(|(id, value)| counter(*id, value, end, layout)));
    }
    events.extend(faults(recording));
    let trace = json!({
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": {
            "scenario": recording.plan.scenario().name,
            "unit": match recording.times.is_empty() {
                true => "one millisecond is one step",
                false => "virtual milliseconds",
            },
        },
    });
    format!("{trace}\n")
}

/// When a step begins and ends on the clock of the trace, in microseconds. What it does happens at
/// its end.
fn clock(recording: &Recording, step: u64) -> (u64, u64) {
    match recording.times.get(step as usize) {
        Some(span) => (span.begin.us(), span.end.us()),
        None => (step * MICROSECONDS_A_STEP, (step + 1) * MICROSECONDS_A_STEP),
    }
}

/// The process that a machine is shown in: 1 for what belongs to no region, then one a region.
fn process(place: Place, layout: &Layout) -> u32 {
    layout.region_of(place).map_or(1, |region| 2 + u32::from(region.0))
}

fn track(machine: MachineId, layout: &Layout) -> (u32, u32) {
    (process(layout.places()[machine.index()], layout), u32::from(machine.0) + 1)
}

/// The names of processes and threads, in the order in which they are to be shown.
fn tracks(layout: &Layout) -> Vec<Value> {
    let mut events = vec![meta("process_name", 1, 0, json!({ "name": "between the regions" }))];
    for region in layout.region_ids() {
        let name = json!({ "name": format!("region {region}") });
        events.push(meta("process_name", 2 + u32::from(region.0), 0, name));
    }
    for (index, name) in layout.names().iter().enumerate() {
        let (pid, tid) = track(MachineId(index as u16), layout);
        events.push(meta("thread_name", pid, tid, json!({ "name": name })));
        events.push(meta("thread_sort_index", pid, tid, json!({ "sort_index": tid })));
    }
    events
}

fn meta(name: &str, pid: u32, tid: u32, args: Value) -> Value {
    json!({ "ph": "M", "name": name, "pid": pid, "tid": tid, "args": args })
}

fn slice(frame: &Frame, step: u64, recording: &Recording) -> Option<Value> {
    let (pid, tid) = track(frame.actor?, &recording.plan.layout);
    let (begin, end) = clock(recording, step);
    let handled = frame.handled?;
    let record = handled.record.map_or_else(String::new, |record| format!(" {}", record.0));
    Some(json!({
        "ph": "X", "cat": "step", "name": format!("{}{record}", handled.kind.name()),
        "pid": pid, "tid": tid, "ts": begin, "dur": end - begin,
        "args": { "step": step, "what": frame.text },
    }))
}

/// A message, from the step that sent it to the step that handled it.
fn arrow(frame: &Frame, step: u64, recording: &Recording, arrows: &mut u64) -> Vec<Value> {
    let layout = &recording.plan.layout;
    let sent = frame.handled.and_then(|handled| Some((handled, handled.sent?)));
    let (Some((handled, (sender, sent))), Some(actor)) = (sent, frame.actor) else {
        return Vec::new();
    };
    *arrows += 1;
    let (id, name) = (*arrows, handled.kind.name());
    let ((from_pid, from_tid), (to_pid, to_tid)) = (track(sender, layout), track(actor, layout));
    // Both ends lie inside of their slices, unless these take no time.
    let middle = |(begin, end): (u64, u64)| begin + (end - begin) / 2;
    let (start, end) = (middle(clock(recording, sent)), middle(clock(recording, step)));
    vec![
        json!({ "ph": "s", "cat": "message", "name": name, "id": id, "pid": from_pid,
                "tid": from_tid, "ts": start }),
        json!({ "ph": "f", "bp": "e", "cat": "message", "name": name, "id": id, "pid": to_pid,
                "tid": to_tid, "ts": end }),
    ]
}

fn counter(machine: MachineId, value: &[u32], at: u64, layout: &Layout) -> Option<Value> {
    let place = layout.places()[machine.index()];
    let (name, index) = values::counter(place)?;
    let args = json!({ name: value[index] });
    let pid = process(place, layout);
    Some(json!({
        "ph": "C", "name": layout.name(machine), "pid": pid, "ts": at, "args": args
    }))
}

/// Faults overlap, so each has an asynchronous slice of its own.
fn faults(recording: &Recording) -> Vec<Value> {
    let layout = &recording.plan.layout;
    let mut events = Vec::new();
    for (id, one) in recording.disturbances.iter().enumerate() {
        let target = target_name(one.fault.target, layout);
        let name = format!("{} {target}", one.fault.kind.name());
        let to = one.to.unwrap_or(recording.outcome.steps);
        for (phase, step) in [("b", one.from), ("e", to)] {
            let (_, at) = clock(recording, step);
            events.push(json!({
                "ph": phase, "cat": "fault", "id": id, "name": name, "pid": 1, "ts": at
            }));
        }
    }
    events
}
