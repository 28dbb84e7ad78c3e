//! One line of a schedule: `step 14: crash core-container@1, not step core-table@1`.
//!
//! It names what happens and whose turn it would have been, so that a reader sees both and a
//! replay notices when the run has come to be another one.

use super::unknown_choice;
use crate::model::id::MachineId;
use crate::plan::Plan;
use crate::scenario::FileError;
use crate::scenario::file::Keys;
use crate::scheduler::{Act, Deviation};
use crate::sim::Choice;
use crate::words;

const USAGE: &str = "write 'step NUMBER: CHOICE, not step MACHINE' (as in 'step 14: crash \
                     core-container@1, not step core-table@1') or 'step NUMBER: hold MACHINE'";

pub(in crate::saved) fn text(deviation: &Deviation, plan: &Plan) -> String {
    let Deviation { step, act, fair } = deviation;
    let layout = &plan.layout;
    match act {
        Act::Hold(machine) => format!("step {step}: hold {}", layout.name(*machine)),
        Act::Take(choice) => {
            // Without a machine whose turn it is, the system is healed.
            let fair = fair.map_or(Choice::Heal, Choice::Step);
            format!("step {step}: {}, not {}", choice.name(layout), fair.name(layout))
        }
    }
}

pub(super) fn read(
    lines: &[String],
    plan: &Plan,
    keys: &Keys<'_>,
) -> Result<Vec<Deviation>, FileError> {
    let mut deviations: Vec<Deviation> = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let error = |message| keys.error_at(&format!("run.deviations[{index}]"), message);
        let deviation = parse(line, plan).map_err(error)?;
        if deviations.last().is_some_and(|last| last.step > deviation.step) {
            let message = format!("the steps must ascend, and {} is too small", deviation.step);
            return Err(error(message));
        }
        deviations.push(deviation);
    }
    Ok(deviations)
}

fn parse(line: &str, plan: &Plan) -> Result<Deviation, String> {
    let usage = || format!("'{line}' is no deviation; {USAGE}");
    let (number, rest) =
        line.strip_prefix("step ").and_then(|rest| rest.split_once(": ")).ok_or_else(usage)?;
    let step = number.parse().ok().filter(|&step| step > 0).ok_or_else(usage)?;
    if let Some(name) = rest.strip_prefix("hold ") {
        return Ok(Deviation { step, act: Act::Hold(machine(name, plan)?), fair: None });
    }
    let (taken, fair) = rest.split_once(", not ").ok_or_else(usage)?;
    let choice = |name| Choice::parse(name, &plan.layout).ok_or_else(|| unknown_choice(name, plan));
    let taken = choice(taken)?;
    match choice(fair)? {
        Choice::Step(machine) => Ok(Deviation { step, act: Act::Take(taken), fair: Some(machine) }),
        Choice::Heal => Ok(Deviation { step, act: Act::Take(taken), fair: None }),
        Choice::Resolve(_) | Choice::Fail(_) | Choice::Fault(_) => Err(usage()),
    }
}

fn machine(name: &str, plan: &Plan) -> Result<MachineId, String> {
    plan.layout.find(name).ok_or_else(|| {
        let known = plan.layout.names().iter().map(String::as_str);
        match words::closest(name, known) {
            Some(near) => format!("no machine is called '{name}'; did you mean '{near}'?"),
            None => format!("no machine is called '{name}'"),
        }
    })
}
