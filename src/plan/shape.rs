//! From what a scenario says of where its stages send to, to the shape of the pipeline.

use crate::model::options::StageRoute;
use crate::model::shape::{Next, Shape};
use crate::scenario::stages::DESTINATION;
use crate::scenario::{Cause, Problem, Scenario};
use crate::words;

/// The shape of the pipeline, if it is one.
///
/// A stage that does not say where it sends to sends to the next one in the list that none says it sends to; if there is
/// none, to the destination. So stages that a stage sends to side by side do not send to each other.
///
/// # Errors
///
/// If a way leads backward or nowhere, or a stage is on none, or a record does not reach the destination.
pub(super) fn shape(scenario: &Scenario) -> Result<Shape, Problem> {
    let stages = &scenario.topology.stages;
    let says = |stage: &String| scenario.stage.get(stage)?.to.as_ref();
    if stages.iter().all(|stage| says(stage).is_none() && !routes(scenario, stage)) {
        return Ok(Shape::line(stages.len()));
    }
    let named: Vec<&String> = stages.iter().filter_map(says).flatten().collect();
    let mut next = Vec::with_capacity(stages.len());
    let mut divisor = 1_usize;
    for (index, stage) in stages.iter().enumerate() {
        let positions = match says(stage) {
            Some(to) => positions(scenario, (index, stage), to)?,
            None => {
                let mut others =
                    (index + 1..stages.len()).filter(|&at| !named.contains(&&stages[at]));
                vec![others.next().unwrap_or(stages.len()) as u8]
            }
        };
        let own = routes(scenario, stage).then_some(divisor);
        if own.is_some() {
            by_key(scenario, stage, positions.len())?;
            divisor = divisor.saturating_mul(positions.len());
        }
        next.push(Next { positions, divisor: own });
    }
    let shape = Shape::new(next);
    if !shape.is_line() {
        check(scenario, &shape)?;
    }
    Ok(shape)
}

fn routes(scenario: &Scenario, stage: &str) -> bool {
    scenario.stage.get(stage).is_some_and(|options| options.route == Some(StageRoute::ByKey))
}

/// The positions that a stage says it sends to.
fn positions(
    scenario: &Scenario,
    (index, stage): (usize, &str),
    to: &[String],
) -> Result<Vec<u8>, Problem> {
    let stages = &scenario.topology.stages;
    let mut positions = Vec::with_capacity(to.len());
    for (at, name) in to.iter().enumerate() {
        let problem = |cause| Err(Problem::new(format!("stage.{stage}.to[{at}]"), cause));
        let way = |why, remedy| problem(Cause::Way { why, remedy });
        let found = stages.iter().position(|known| known == name);
        let position = match found {
            Some(_) if name == DESTINATION => {
                let why = "a stage has the name of what the last stage sends to".to_owned();
                return way(why, "give the stage another name");
            }
            Some(found) if found <= index => {
                let why = format!("'{name}' does not come after '{stage}' in topology.stages");
                return way(why, "let ways lead forward only, so that no record goes round");
            }
            Some(found) => found,
            None if name == DESTINATION => stages.len(),
            None => {
                let known = stages.iter().map(String::as_str).chain([DESTINATION]);
                let hint = match words::closest(name, known) {
                    Some(near) => format!("; did you mean '{near}'?"),
                    None => format!("; the stages are {}", stages.join(", ")),
                };
                return problem(Cause::UnknownStage { name: name.clone(), hint });
            }
        };
        if positions.contains(&(position as u8)) {
            return way(format!("'{name}' is named twice"), "name it once");
        }
        positions.push(position as u8);
    }
    Ok(positions)
}

/// A choice by key among so many needs two of them, and keys.
fn by_key(scenario: &Scenario, stage: &str, count: usize) -> Result<(), Problem> {
    let (why, remedy) = match (count, scenario.records.keys) {
        (0 | 1, _) => {
            ("there is one way to go", "name two stages or more in 'to', or leave this out")
        }
        (_, 0) => ("records have no business keys", "set records.keys to 2 or more"),
        (_, _) => return Ok(()),
    };
    Err(Problem::new(format!("stage.{stage}.route"), Cause::Contradiction { why, remedy }))
}

/// Every stage is on a way, and every record has one to the destination.
fn check(scenario: &Scenario, shape: &Shape) -> Result<(), Problem> {
    let stages = &scenario.topology.stages;
    if let Some(lonely) = (1..stages.len()).find(|&at| shape.previous(at).is_empty()) {
        let why = format!("no stage sends to '{}'", stages[lonely]);
        let remedy = "name it in the 'to' of a stage before it, or leave it out";
        return Err(Problem::new(format!("topology.stages[{lonely}]"), Cause::Way { why, remedy }));
    }
    let (keys, needed) = (usize::from(scenario.records.keys).max(1), shape.keys_min());
    if keys < needed {
        let why = format!("it takes {needed} keys until every way by key is taken");
        let remedy = "set records.keys to so many, or send to fewer stages by key";
        return Err(Problem::new("records.keys", Cause::Way { why, remedy }));
    }
    for key in 0..needed {
        let way = shape.way(key);
        if !way.contains(shape.last()) {
            let last = way.iter().last().expect("each way has the first stage");
            let why =
                format!("records that come to '{}' do not reach the destination", stages[last]);
            let remedy =
                "let it, or a stage before it that sends to all in 'to', send to \"destination\"";
            return Err(Problem::new(
                format!("stage.{}.to", stages[last]),
                Cause::Way { why, remedy },
            ));
        }
    }
    Ok(())
}
