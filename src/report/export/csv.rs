//! The numbers of a run for a spreadsheet or a notebook.

use std::fmt::Write;

use crate::model::id::MachineId;
use crate::report::recording::Recording;
use crate::report::recording::values;

/// One line for each change of a number: `step,component,metric,value`. Names of components have
/// only small letters, digits, `-` and `@`, so nothing is quoted.
///
/// | metric | of | what |
/// |---|---|---|
/// | `records` | queue | how many it holds |
/// | `in_flight` | queue | how many of them are in flight |
/// | `dead_letters` | queue | how many it gave up |
/// | `rows_written_here`, `rows_replicated` | table | how many rows it has |
/// | `backlog_rows` | replicator | how many wait to be replicated |
/// | `accepted`, `delivered` | source, destination | how many records |
/// | `latency_steps` | record | from the first send to the arrival, at the step of the arrival |
///
/// Of a run with a time, `ms` stands behind `step`, and the latency is `latency_ms`.
pub fn csv(recording: &Recording) -> String {
    let time = if recording.times.is_empty() { "" } else { "ms," };
    let mut text = format!("step,{time}component,metric,value\n");
    let mut last: Vec<Vec<Option<u32>>> = vec![Vec::new(); recording.initial.len()];
    let first = recording.window.first - 1;
    for (machine, value) in recording.initial.iter().enumerate() {
        add(&mut text, recording, first, MachineId(machine as u16), value, &mut last[machine]);
    }
    for (index, frame) in recording.frames.iter().enumerate() {
        let step = recording.step_at(index);
        for (machine, value) in &frame.changes {
            add(&mut text, recording, step, *machine, value, &mut last[machine.index()]);
        }
        let arrived = recording.lives.iter().filter(|life| life.arrived == frame.step);
        for life in arrived.filter(|_| frame.step.is_some()) {
            let (when, record) = (when(recording, step), life.record.0);
            let _ = match life.took(recording) {
                Some(took) => writeln!(text, "{when},record-{record},latency_ms,{}", took.ms()),
                None => {
                    let took = step - life.published;
                    writeln!(text, "{when},record-{record},latency_steps,{took}")
                }
            };
        }
    }
    text
}

/// The step, and its time if the run had one.
fn when(recording: &Recording, step: u64) -> String {
    match recording.time_of(step) {
        Some(time) => format!("{step},{}", time.ms()),
        None => step.to_string(),
    }
}

/// The numbers of a machine that are not as they were.
fn add(
    text: &mut String,
    recording: &Recording,
    step: u64,
    machine: MachineId,
    value: &[u32],
    last: &mut Vec<Option<u32>>,
) {
    let layout = &recording.plan.layout;
    let metrics = values::metrics(layout.places()[machine.index()]);
    last.resize(metrics.len(), None);
    for (&(metric, index), last) in metrics.iter().zip(last) {
        let number = value[index];
        if last.replace(number) != Some(number) {
            let when = when(recording, step);
            let _ = writeln!(text, "{when},{},{metric},{number}", layout.name(machine));
        }
    }
}
