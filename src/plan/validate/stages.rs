//! Checks of what is set for single stages, and of what is in force at each stage.

use crate::model::container::{Act, Steps};
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::StageId;
use crate::model::layout::Layout;
use crate::model::options::{
    AcknowledgeWrite, Action, Clock, DualWrite, Origin, Position, ReplicationMode,
    ReplicationOptions, StoreKind,
};
use crate::plan::DriverAction;
use crate::plan::validate::number;
use crate::scenario::{Cause, Problem, Scenario, StageSettings};
use crate::words;

mod batches;
mod dual_write;
mod queues;
mod relays;

pub(super) use batches::batches;
pub(in crate::plan) use dual_write::dual_write;
pub(super) use queues::queues;

/// Whether something contradicts the rest, its key, why that makes no sense, and what does.
type Contradiction = (bool, &'static str, (&'static str, &'static str));

/// Stages that exist, each with settings that can differ between stages.
pub(super) fn named(scenario: &Scenario) -> Result<(), Problem> {
    for name in scenario.store.stages.keys() {
        exists(scenario, name, format!("store.stages.{name}"))?;
    }
    for (name, own) in &scenario.stage {
        let key = |key: &str| format!("stage.{name}.{key}");
        exists(scenario, name, format!("stage.{name}"))?;
        if let Some(containers) = own.containers {
            number(&key("containers"), "containers a stage", containers.into())?;
        }
        let contradictions = [
            (
                own.store.is_some() && scenario.store.stages.contains_key(name),
                "store",
                "store.stages has a store for this stage, too",
                "leave one of both out",
            ),
            (
                own.queue.parked_max.is_some(),
                "queue.parked_max",
                "it counts the records in the dead-letter queues of all stages",
                "set queue.parked_max instead",
            ),
            (
                own.table.skew.is_some(),
                "table.skew",
                "a clock is its region's, and every stage reads the same",
                "set table.skew instead",
            ),
        ];
        if let Some((_, at, why, remedy)) = contradictions.into_iter().find(|(is, ..)| *is) {
            return Err(Problem::new(key(at), Cause::Contradiction { why, remedy }));
        }
    }
    Ok(())
}

pub(super) fn exists(scenario: &Scenario, name: &str, key: String) -> Result<(), Problem> {
    let stages = &scenario.topology.stages;
    if stages.iter().any(|stage| stage == name) {
        return Ok(());
    }
    let hint = match words::closest(name, stages.iter().map(String::as_str)) {
        Some(near) => format!("; did you mean '{near}'?"),
        None => format!("; the stages are {}", stages.join(", ")),
    };
    Err(Problem::new(key, Cause::UnknownStage { name: name.to_owned(), hint }))
}

/// The stages with what is in force there.
fn each(scenario: &Scenario) -> impl Iterator<Item = (&str, StageSettings)> {
    let stages = scenario.topology.stages.iter();
    stages.map(|stage| (stage.as_str(), scenario.of_stage(stage)))
}

/// That what is in force at a stage contradicts something. What is set there is to blame, or else what is set for all.
fn contradiction(
    scenario: &Scenario,
    stage: Option<&str>,
    key: &'static str,
    (why, remedy): (&'static str, &'static str),
) -> Problem {
    let own = stage.and_then(|stage| Some((stage, scenario.stage.get(stage)?)));
    let (section, option) = key.split_once('.').expect("an option is in a section");
    let table = own.map(|(stage, own)| {
        let table = toml::Table::try_from(own).expect("options have only strings as keys");
        (stage, table.get(section).and_then(toml::Value::as_table).cloned())
    });
    match table {
        Some((stage, Some(table))) => {
            let cause = match table.contains_key(option) {
                true => Cause::Contradiction { why, remedy },
                false => Cause::OfAllStages { stage: stage.to_owned(), key, why },
            };
            Problem::new(format!("stage.{stage}.{key}"), cause)
        }
        Some((_, None)) | None => Problem::new(key, Cause::Contradiction { why, remedy }),
    }
}

/// The first of the contradictions, if there is one.
fn refuse(
    scenario: &Scenario,
    stage: Option<&str>,
    contradictions: &[Contradiction],
) -> Result<(), Problem> {
    match contradictions.iter().find(|(is_one, ..)| *is_one) {
        Some(&(_, key, why)) => Err(contradiction(scenario, stage, key, why)),
        None => Ok(()),
    }
}

/// No skew of a clock that there is one of.
pub(super) fn tables(scenario: &Scenario) -> Result<(), Problem> {
    let skew = scenario.table.skew;
    if skew > 0 && each(scenario).all(|(_, own)| own.table.clock == Clock::Shared) {
        let (why, remedy) = (
            "one clock for all regions is never ahead",
            "set table.clock = \"per-region\", or leave this out",
        );
        return Err(Problem::new("table.skew", Cause::Contradiction { why, remedy }));
    }
    number("table.skew", "steps", skew.into())?;
    origin(scenario)
}

/// What a table gives to its replicator is a question only of tables that all regions write and that replicate later.
fn origin(scenario: &Scenario) -> Result<(), Problem> {
    let ReplicationOptions { mode, origin, .. } = scenario.replication;
    let is_asked = mode == ReplicationMode::Eventual
        && each(scenario).any(|(_, own)| own.store == StoreKind::Dynamodb);
    if origin == Origin::All && !is_asked {
        let (why, remedy) = (
            "strong replication has a log, and a global database one writer: there is nothing to replicate again",
            "leave it out, or use replication.mode = \"eventual\" and a stage with store = \"dynamodb\"",
        );
        return Err(Problem::new("replication.origin", Cause::Contradiction { why, remedy }));
    }
    Ok(())
}

/// By stage: what its containers do, which is all three things, or all but to publish, which is then left to the relay of a
/// table that has transactions; and at most one call of the external service.
pub(in crate::plan) fn container_steps(scenario: &Scenario) -> Result<Vec<Steps>, Problem> {
    let mut all = Vec::new();
    for (stage, own) in each(scenario) {
        let steps = own.container.steps.as_slice();
        let count = |action| steps.iter().filter(|&&one| one == action).count();
        let fits = |&action: &Action| match action {
            Action::Store | Action::Remove => count(action) == 1,
            Action::Publish | Action::Call => count(action) <= 1,
        };
        if !Action::ALL.iter().all(fits) {
            let of_stage = scenario.stage.get(stage);
            let own = of_stage.is_some_and(|own| own.container.steps.is_some());
            let key = if own { format!("stage.{stage}.container.steps") } else { STEPS.to_owned() };
            return Err(Problem::new(key, Cause::Steps));
        }
        outbox_fits(scenario, stage, &own)?;
        dual_write::fits(scenario, stage, &own)?;
        all.push(match own.container.dual_write {
            DualWrite::Transaction => dual_write::acts(scenario, stage, steps)?,
            DualWrite::Retry | DualWrite::Compensate | DualWrite::CompensateIfAlone => {
                acts(steps, scenario.relay.position == Position::ById)
            }
        });
    }
    relays::fit(scenario)?;
    Ok(all)
}

const STEPS: &str = "container.steps";

/// What a container does. A store is a transaction that begins first, where relays read an outbox by ids.
fn acts(steps: &[Action], by_id: bool) -> Steps {
    let opens = by_id && !steps.contains(&Action::Publish);
    let mut acts = Steps::default();
    let each = steps.iter().flat_map(|&action| {
        let begin = (opens && action == Action::Store).then_some(Act::Begin);
        begin.into_iter().chain([Act::from(action)])
    });
    acts.iter_mut().zip(each).for_each(|(to, act)| *to = Some(act));
    acts
}

/// No outbox where a row and an intent cannot be one write.
fn outbox_fits(scenario: &Scenario, stage: &str, own: &StageSettings) -> Result<(), Problem> {
    let why = match own.store {
        _ if !own.container.has_outbox() => return Ok(()),
        StoreKind::Aurora if scenario.aurora.acknowledge == AcknowledgeWrite::ByAnotherRegion => (
            "an outbox in a global database is not modelled where another region has to have a write first",
            "let containers publish, or use aurora.acknowledge = \"by-writer\"",
        ),
        StoreKind::Aurora => match relays::not_of_a_database(scenario) {
            Some((key, why)) => return Err(Problem::new(key, why)),
            None => return Ok(()),
        },
        StoreKind::Dynamodb if scenario.replication.mode == ReplicationMode::Strong => (
            "a table with strong replication has no transactions, so a row and the intent to publish it \
             cannot be one write",
            "let containers publish, or use replication.mode = \"eventual\"",
        ),
        StoreKind::Dynamodb => return Ok(()),
    };
    Err(contradiction(scenario, Some(stage), STEPS, why))
}

/// No table that is lost alone with an outbox: the container that it has acknowledged a record to would remove that, and
/// whether the loss answers for it is not modelled. A region is lost with the queue that still has the record.
pub(in crate::plan) fn outbox(
    scenario: &Scenario,
    actions: &[DriverAction],
    layout: &Layout,
) -> Result<(), Problem> {
    let loses = |fault: &Fault, stage| {
        fault.kind == FaultKind::Lose
            && matches!(fault.target, Target::Table(id) if layout.table_place(id).1 == stage)
    };
    let loses = |action: &DriverAction, stage| matches!(action, DriverAction::Fault(faults) if faults.iter().any(|fault| loses(fault, stage)));
    let is_lost = |stage: StageId| {
        scenario.budget.lose_table > 0 || actions.iter().any(|action| loses(action, stage))
    };
    let mut stages = layout.stage_ids().zip(each(scenario));
    match stages.find(|(stage, (_, own))| own.container.has_outbox() && is_lost(*stage)) {
        Some((_, (stage, _))) => {
            let why = (
                "a table that is lost alone with its outbox is not modelled",
                "let containers publish, or lose the region",
            );
            Err(contradiction(scenario, Some(stage), STEPS, why))
        }
        None => Ok(()),
    }
}
