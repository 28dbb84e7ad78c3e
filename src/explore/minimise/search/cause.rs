//! What a failure is about: its mechanism.
//!
//! A scenario that is made smaller can fail for another reason, in the same way. Of a script in which a
//! message is redriven after newer ones have passed it, what is left may be a race of two regions, in which
//! nothing is redriven: it violates the same property. So it is found out first which *ingredients* of the
//! scenario the failure needs:
//!
//! * the options that are not as by default,
//! * the lines of the script that make something happen, and the region to which a line moves a writer,
//! * each kind of fault that the scheduler may choose,
//! * each region beyond two, and containers that compete.
//!
//! An ingredient is a **cause** if without it, and with all else as it is, the failure is not found:
//!
//! * an option, if it is not found anywhere, with the whole search effort;
//! * any other, if it is not found in a schedule that is as close to the fair one: with the same
//!   deviations, at whatever step they may be, or, if there are several, with others of the same kinds.
//!
//! The second rule is stricter, because a fault can often be replaced by an unlikely schedule. A
//! container that is paused is the same to all others as one that is slow for a very long time: without
//! `pause` the records are not stranded, yet there is a schedule in which they are late all the same. A line
//! that is traded for a deviation leaves nothing smaller and another story.
//!
//! A smaller scenario is taken only if its failure needs every cause still: the cause is there, and the
//! failure is gone when it is taken away. Lines that *restrict* what can happen (see
//! [`Role`](crate::explore::minimise::shrink::Role)) are no ingredients. They are not left out, since that makes
//! the system larger.

use std::sync::Arc;

use super::{Found, Search};
use crate::explore::minimise::case::Case;
use crate::explore::minimise::shrink::{
    Changed, Part, Role, Shrunk, changed, containers_max, fault_kinds, with_containers,
    with_writer_to, without_faults, without_region,
};
use crate::plan::Plan;
use crate::scenario::{Scenario, ScriptStep};

/// A part of a scenario that a failure may need. Lines and regions go by their index as the failure was
/// found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::explore::minimise) enum Ingredient {
    /// An option that is not as by default.
    Option(Changed),
    /// Faults of this kind, by their key, that the scheduler may choose.
    Budget(String),
    /// Several containers on a queue.
    Containers,
    /// A region, of more than two.
    Region(u8),
    /// A line of the script.
    Line(usize),
    /// A line moves a writer elsewhere than to this region, to which it could move it as well.
    NotTo {
        /// The line.
        line: usize,
        /// The region that is not taken.
        region: u8,
    },
}

/// A scenario without an ingredient.
pub(in crate::explore::minimise) enum Without {
    /// The ingredient is not there.
    NotThere,
    /// There is no such scenario, so it cannot be told.
    Nothing,
    /// The scenario.
    Case(Box<Case>, Box<Shrunk>),
}

impl Ingredient {
    /// All ingredients of the scenario.
    pub(in crate::explore::minimise) fn all(case: &Case, parts: &[Part]) -> Vec<Ingredient> {
        let scenario = case.scenario();
        let mut found = Vec::new();
        if parts.contains(&Part::Options) {
            found.extend(changed(scenario).into_iter().map(Ingredient::Option));
        }
        for (line, role) in Role::of_lines(&case.plan).into_iter().enumerate() {
            let step = &case.script()[line];
            let line = case.found_line(line);
            if role == Role::Acts {
                found.push(Ingredient::Line(line));
            }
            if let ScriptStep::MoveWriter(..) = step {
                let regions = case.found_regions();
                found.extend(regions.map(|region| Ingredient::NotTo { line, region }));
            }
        }
        found.extend(fault_kinds(scenario).into_iter().map(Ingredient::Budget));
        if containers_max(scenario) > 1 {
            found.push(Ingredient::Containers);
        }
        if scenario.topology.regions > 2 {
            found.extend(case.found_regions().map(Ingredient::Region));
        }
        found
    }

    /// The scenario without it.
    pub(in crate::explore::minimise) fn left_out_of(&self, case: &Case) -> Without {
        let scenario = case.scenario();
        let smaller = match self {
            Ingredient::Option(option) => {
                let reset = option.reset(scenario).filter(|reset| reset != scenario);
                reset.map(|reset| Shrunk { scenario: reset, ..Shrunk::of(scenario) })
            }
            Ingredient::Budget(key) => without_faults(scenario, key),
            Ingredient::Containers => {
                (containers_max(scenario) > 1).then(|| with_containers(scenario, 1))
            }
            Ingredient::Region(region) => match case.region(*region) {
                // Two are always left.
                Some(_) if scenario.topology.regions == 2 => return Without::Nothing,
                region => region.and_then(|region| without_region(scenario, region)),
            },
            Ingredient::Line(line) => case.line(*line).map(|line| {
                let mut fewer = Shrunk::of(scenario);
                fewer.leave_out(|at| at == line);
                fewer
            }),
            Ingredient::NotTo { line, region } => {
                let now = case.line(*line).zip(case.region(*region));
                now.and_then(|(line, region)| with_writer_to(scenario, line, region))
            }
        };
        let Some(smaller) = smaller else { return Without::NotThere };
        match case.smaller(&smaller) {
            Some(case) => Without::Case(Box::new(case), Box::new(smaller)),
            None => Without::Nothing,
        }
    }

    /// What it is called in the scenario: a key as `--set` takes it, or the line.
    fn name(&self, case: &Case) -> String {
        let line = |line| case.line(line).map(|line| case.script()[line].to_string());
        match self {
            Ingredient::Option(option) => option.key(),
            Ingredient::Budget(key) => format!("budget.{key}"),
            Ingredient::Containers => "topology.containers".to_owned(),
            Ingredient::Region(_) => "topology.regions".to_owned(),
            Ingredient::Line(at) | Ingredient::NotTo { line: at, .. } => {
                line(*at).unwrap_or_default()
            }
        }
    }
}

/// A part of the scenario without which the failure is not found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cause {
    /// In terms of the smallest scenario.
    ingredient: Ingredient,
    name: String,
}

impl Cause {
    /// Those of the causes that can be told apart, as the smallest scenario has them.
    pub(in crate::explore::minimise) fn of(ingredients: &[Ingredient], case: &Case) -> Vec<Cause> {
        let mut causes: Vec<Cause> = Vec::new();
        for found in ingredients {
            let now = match found {
                Ingredient::Line(line) => case.line(*line).map(Ingredient::Line),
                Ingredient::Region(region) => case.region(*region).map(Ingredient::Region),
                Ingredient::NotTo { line, region } => {
                    let now = case.line(*line).zip(case.region(*region));
                    now.map(|(line, region)| Ingredient::NotTo { line, region })
                }
                Ingredient::Option(_) | Ingredient::Budget(_) | Ingredient::Containers => {
                    Some(found.clone())
                }
            };
            let Some(ingredient) = now else { continue };
            causes.push(Cause { ingredient, name: found.name(case) });
        }
        causes
    }

    /// The key of the option, as `--set` takes it, `budget.` with the kind of fault, or the line of the
    /// script.
    pub fn key(&self) -> String {
        self.name.clone()
    }

    /// Whether a scenario has it.
    pub fn is_in(&self, scenario: &Scenario) -> bool {
        !matches!(self.left_out_of(scenario), Without::NotThere)
    }

    /// A scenario without it, if that is a scenario: the option as it is by default, the line left out.
    pub fn put_right(&self, scenario: &Scenario) -> Option<Arc<Plan>> {
        match self.left_out_of(scenario) {
            Without::Case(case, _) => Some(case.plan),
            Without::NotThere | Without::Nothing => None,
        }
    }

    /// The scenario may be one that is smaller than the one whose cause this is, if the line is still the
    /// same.
    fn left_out_of(&self, scenario: &Scenario) -> Without {
        let same = |step: &ScriptStep| step.to_string() == self.name;
        let line = scenario.script.iter().rposition(same);
        let ingredient = match (&self.ingredient, line) {
            (Ingredient::Line(_), Some(line)) => Ingredient::Line(line),
            (&Ingredient::NotTo { region, .. }, Some(line)) => Ingredient::NotTo { line, region },
            (Ingredient::Line(_) | Ingredient::NotTo { .. }, None) => return Without::NotThere,
            (
                other @ (Ingredient::Option(_)
                | Ingredient::Budget(_)
                | Ingredient::Containers
                | Ingredient::Region(_)),
                _,
            ) => other.clone(),
        };
        match Plan::new(scenario) {
            Ok(plan) => ingredient.left_out_of(&Case::whole(&Arc::new(plan))),
            Err(_) => Without::Nothing,
        }
    }
}

/// Finds out what a failure is about.
pub(in crate::explore::minimise) fn causes(
    found: &Found,
    search: &mut Search<'_>,
) -> Vec<Ingredient> {
    let mut causes = Vec::new();
    for ingredient in Ingredient::all(&found.case, search.goal.parts()) {
        let Without::Case(case, smaller) = ingredient.left_out_of(&found.case) else { continue };
        if search.is_over() {
            return causes;
        }
        let fails = search.fails_without(&ingredient, &case, &smaller, found);
        // A run that was cut short shows nothing, which is no answer.
        if !fails && !search.watch.is_stopped() {
            causes.push(ingredient);
        }
    }
    causes
}
