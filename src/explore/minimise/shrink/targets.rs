//! Scenarios in which a line of the script means one component instead of several.

use super::Shrunk;
use crate::model::fault::{Fault, FaultKind};
use crate::plan::names::{matches, target_name, targets};
use crate::plan::{DriverAction, Plan};
use crate::scenario::{Scenario, ScriptStep};

/// Lines of the script that mean several components at once, with one of them instead. A name that is
/// taken offline for fewer regions restricts less, so that stays as it is.
pub(super) fn narrower(scenario: &Scenario) -> Vec<Shrunk> {
    let Ok(plan) = Plan::new(scenario) else { return Vec::new() };
    let names: Vec<String> = targets(&plan.layout).into_iter().map(|(name, _)| name).collect();
    let mut found = Vec::new();
    for (index, step) in scenario.script.iter().enumerate() {
        let fitting = |pattern: &str| {
            let fits = names.iter().filter(|name| matches(pattern, name));
            fits.cloned().collect::<Vec<String>>()
        };
        // Those that it means are those that the driver may choose from, or that all fail.
        let line =
            |fault: &Fault| ScriptStep::Fault(fault.kind, target_name(fault.target, &plan.layout));
        let lines: Vec<ScriptStep> = match step {
            ScriptStep::Fault(FaultKind::Offline, _) => Vec::new(),
            ScriptStep::Fault(kind, pattern) if pattern.contains('*') => {
                let fits = fitting(pattern).into_iter();
                fits.map(|name| ScriptStep::Fault(*kind, name)).collect()
            }
            ScriptStep::MoveWriter(kind, pattern, region) if pattern.contains('*') => {
                let fits = fitting(pattern).into_iter();
                fits.map(|name| ScriptStep::MoveWriter(*kind, name, *region)).collect()
            }
            ScriptStep::FailSome(_) | ScriptStep::Outage(_) => {
                let at = (0..plan.actions().len()).find(|&at| plan.script_index(at) == index);
                match at.map(|at| &plan.actions()[at]) {
                    Some(DriverAction::FaultSome(faults) | DriverAction::Fault(faults)) => {
                        faults.iter().map(line).collect()
                    }
                    action => unreachable!("the line is one action, not {action:?}"),
                }
            }
            ScriptStep::Publish(_)
            | ScriptStep::Await(_)
            | ScriptStep::Fault(..)
            | ScriptStep::MoveWriter(..)
            | ScriptStep::Recover(_)
            | ScriptStep::Redrive(_)
            | ScriptStep::Weights(_)
            | ScriptStep::Expect(_) => Vec::new(),
        };
        found.extend(
            lines
                .into_iter()
                .map(|line| Shrunk::with(scenario, |narrower| narrower.script[index] = line)),
        );
    }
    found
}

/// The scenario in which a line moves the writer to the region of this index instead, if that is another one
/// than it moves it to and than the one that writes first.
pub(in super::super) fn with_writer_to(
    scenario: &Scenario,
    line: usize,
    region: u8,
) -> Option<Shrunk> {
    let ScriptStep::MoveWriter(kind, pattern, to) = &scenario.script[line] else { return None };
    let number = region + 1;
    (number != *to && number != scenario.aurora.writer).then(|| {
        let moved = ScriptStep::MoveWriter(*kind, pattern.clone(), number);
        Shrunk::with(scenario, |scenario| scenario.script[line] = moved)
    })
}
