//! What goes together with ways to keep a table and the next queue in step.

use crate::model::container::{Act, Steps};
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::StageId;
use crate::model::layout::Layout;
use crate::model::options::{Action, DualWrite, ReplicationMode, StoreKind};
use crate::plan::DriverAction;
use crate::plan::validate::stages::{contradiction, each};
use crate::scenario::{Problem, Scenario, StageSettings};

const DUAL_WRITE: &str = "container.dual_write";

/// No second way where a row and the intent to publish it are one write, and none of a store in which it is not modelled.
pub(super) fn fits(scenario: &Scenario, stage: &str, own: &StageSettings) -> Result<(), Problem> {
    let refused =
        |why, remedy| Err(contradiction(scenario, Some(stage), DUAL_WRITE, (why, remedy)));
    if own.container.dual_write == DualWrite::Retry {
        return Ok(());
    }
    if own.container.has_outbox() {
        return refused(
            "with an outbox a row and the intent to publish it are one write, and there is nothing to keep in step",
            "leave this out, or add \"publish\" to container.steps",
        );
    }
    if own.container.batch > 1 {
        return refused(
            "it is modelled of containers that receive one record at a time",
            "leave this out, or use container.batch = 1",
        );
    }
    if own.store == StoreKind::Aurora {
        return refused(
            "it is modelled of regional tables only, and a global database has one for all regions",
            "leave this out, or use store.default = \"dynamodb\"",
        );
    }
    if scenario.replication.mode == ReplicationMode::Strong {
        return refused(
            "it is not modelled of strong replication, where a table asks other regions before it stores anything",
            "leave this out, or use replication.mode = \"eventual\"",
        );
    }
    if own.container.dual_write == DualWrite::Transaction && has_capacity(scenario) {
        return refused(
            "a transaction does not wait until a queue has room",
            "leave this out, or use queue.capacity = 0",
        );
    }
    if own.container.compensates() && scenario.records.keys > 0 {
        return refused(
            "what a table shows for a business key when the newest row is taken back is not modelled",
            "leave this out, or use records.keys = 0",
        );
    }
    Ok(())
}

/// Whether a queue can be full.
fn has_capacity(scenario: &Scenario) -> bool {
    scenario.queue.capacity > 0 || each(scenario).any(|(_, own)| own.queue.capacity > 0)
}

/// What containers do that store, publish and remove in one transaction, in whatever order they are named: side by side, or what
/// comes in between would be part of it.
///
/// # Errors
///
/// If something comes in between.
pub(super) fn acts(scenario: &Scenario, stage: &str, steps: &[Action]) -> Result<Steps, Problem> {
    let outside = |action: &&Action| **action == Action::Call;
    let (before, after) =
        (steps.iter().take_while(outside).count(), steps.iter().rev().take_while(outside).count());
    let inside = &steps[before..steps.len() - after];
    if inside.contains(&Action::Call) {
        let why = (
            "no transaction takes back what an external service has done",
            "put \"call\" in front of the other steps, or leave this out",
        );
        return Err(contradiction(scenario, Some(stage), DUAL_WRITE, why));
    }
    let mut acts = Steps::default();
    let calls = |count: usize| std::iter::repeat_n(Act::Call, count);
    let all = calls(before).chain([Act::Transact, Act::Remove]).chain(calls(after));
    acts.iter_mut().zip(all).for_each(|(to, act)| *to = Some(act));
    Ok(acts)
}

/// No loss of what may have been taken back: whether a row is gone because of the one or of the other is not modelled.
pub(in crate::plan) fn dual_write(
    scenario: &Scenario,
    actions: &[DriverAction],
    layout: &Layout,
) -> Result<(), Problem> {
    let takes = |fault: &Fault, stage: StageId| match fault.target {
        Target::Table(id) => layout.table_place(id).1 == stage,
        Target::Region(_) => true,
        Target::Container(_)
        | Target::Queue(_)
        | Target::Replicator(_)
        | Target::Link(..)
        | Target::Service
        | Target::Dns(..)
        | Target::Writer(..) => false,
    };
    let loses = |fault: &Fault, stage| fault.kind == FaultKind::Lose && takes(fault, stage);
    let scripted = |stage: StageId| {
        actions.iter().any(|action| match action {
            DriverAction::Fault(faults) => faults.iter().any(|fault| loses(fault, stage)),
            DriverAction::FaultSome(_)
            | DriverAction::Publish(_)
            | DriverAction::Await(_)
            | DriverAction::Recover(_)
            | DriverAction::Redrive(_)
            | DriverAction::Weights(_)
            | DriverAction::Check(_) => false,
        })
    };
    let budget = scenario.budget.lose_table + scenario.budget.lose_region > 0;
    let mut stages = layout.stage_ids().zip(each(scenario));
    let found = stages
        .find(|(stage, (_, own))| own.container.compensates() && (budget || scripted(*stage)));
    match found {
        Some((_, (stage, _))) => {
            let why = (
                "a loss of rows that may have been taken back is not modelled",
                "leave this out, or lose nothing",
            );
            Err(contradiction(scenario, Some(stage), DUAL_WRITE, why))
        }
        None => Ok(()),
    }
}
