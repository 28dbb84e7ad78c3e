//! How far the records came, as data and in words: the same in every verdict.
//!
//! ```
//! use std::sync::Arc;
//!
//! use active_active::explore::Runner;
//! use active_active::plan::Plan;
//! use active_active::report::facts::{ExceptionSummary, Range};
//! use active_active::report::{FactsSummary, RunSummary};
//! use active_active::scenario::builtin;
//! use active_active::scheduler::RoundRobin;
//!
//! let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
//! let outcome = Runner::new(Arc::clone(&plan)).run(&mut RoundRobin::default(), 0, &mut ());
//! let facts: FactsSummary = RunSummary::of_replay(&plan, &outcome).facts.expect("it came to its end");
//! assert_eq!(facts.delivered, Range { min: 10, max: 10 });
//! let exceptions: Vec<ExceptionSummary> = facts.exceptions.clone();
//! assert!(exceptions.is_empty(), "nothing was lost");
//! assert!(facts.text(10, ("run", "runs")).starts_with("Of 10 records: 10 published, 10 accepted"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::Serialize;

use crate::explore::Evidence;
use crate::plan::Plan;
use crate::report::summary::left_out;
use crate::report::times::{UnjudgedSummary, all_unjudged, passed_over};
use crate::scenario::LossLimit;
use crate::spec::{Facts, PropertyName};
use crate::words::{count, plural};

/// A number at all ends: the smallest and the greatest one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Range {
    /// The smallest.
    pub min: u32,
    /// The greatest.
    pub max: u32,
}

/// How far the records of each run came.
///
/// One shape in the documents of `run`, `sweep` and `verify`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FactsSummary {
    /// How many ends these numbers are about: runs that were judged to their end without a violation;
    /// of `verify`, terminal states.
    pub ends: u64,
    /// Records that the source sent.
    pub published: Range,
    /// Records of which the source holds the acknowledgement.
    pub accepted: Range,
    /// Records at the destination.
    pub delivered: Range,
    /// Records about which a property excused something, because of a loss or since they are parked.
    pub excused: Range,
    /// Copies in dead-letter queues.
    pub dead_lettered: Range,
    /// Records of which something acknowledged is gone for good.
    pub lost: Range,
    /// Of how many records that may be, as the scenario declares.
    pub rpo_records: LossLimit,
    /// Records that are parked in dead-letter queues and did not arrive, at most; left out if that is none.
    #[serde(skip_serializing_if = "is_none")]
    pub parked: u32,
    /// Records that are lost or parked, and for which the external service had an effect, at most; left out if that is none.
    #[serde(skip_serializing_if = "is_none")]
    pub acted_on: u32,
    /// The properties that the scenario leaves out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<&'static str>,
    /// What no property looks at in this system, and a user may take for judged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unlooked: Vec<&'static str>,
    /// What the script expects of times, and was not judged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unjudged: Vec<UnjudgedSummary>,
    /// What properties do not claim because of losses and of parked records, at most, and of stages at which they do
    /// not apply.
    pub exceptions: Vec<ExceptionSummary>,
}

/// What a property does not claim because of losses or parked records that the scenario declares, or at which stages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ExceptionSummary {
    /// The property.
    pub property: &'static str,
    /// What it excuses, or where it does not apply, in words that follow "except".
    pub except: String,
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&count(self.min.into()))?;
        match self.min == self.max {
            true => Ok(()),
            false => write!(f, " to {}", count(self.max.into())),
        }
    }
}

impl FactsSummary {
    /// What is said of these ends; nothing if there is none.
    pub(super) fn new(plan: &Plan, evidence: &Evidence) -> Option<FactsSummary> {
        let Evidence { ends, least, most, excused, .. } = evidence;
        let range = |of: fn(&Facts) -> u32| Range { min: of(least), max: of(most) };
        let up_to = if *ends == 1 { "" } else { "up to " };
        let judged =
            PropertyName::ALL.iter().copied().filter(|one| one.not_applicable(plan).is_none());
        let exception = |property: PropertyName| {
            let passed_over = || {
                (property == PropertyName::Expectation)
                    .then(|| passed_over(plan, evidence))
                    .flatten()
            };
            let except = excused.of(property, up_to);
            let except = except.or_else(|| at_stages(property, plan)).or_else(passed_over)?;
            Some(ExceptionSummary { property: property.name(), except })
        };
        (*ends > 0).then(|| FactsSummary {
            ends: *ends,
            published: range(|facts| facts.published),
            accepted: range(|facts| facts.accepted),
            delivered: range(|facts| facts.delivered),
            excused: range(|facts| facts.excused),
            dead_lettered: range(|facts| facts.dead_lettered),
            lost: range(|facts| facts.lost),
            rpo_records: plan.scenario().rpo.records,
            parked: excused.parked,
            acted_on: excused.acted_on,
            left_out: left_out(plan),
            unlooked: unlooked(plan),
            unjudged: all_unjudged(plan, evidence),
            exceptions: judged.filter_map(exception).collect(),
        })
    }

    /// The numbers with their names, in order.
    pub fn named(&self) -> [(&'static str, Range); 6] {
        [
            ("published", self.published),
            ("accepted", self.accepted),
            ("delivered", self.delivered),
            ("excused", self.excused),
            ("dead-lettered", self.dead_lettered),
            ("lost", self.lost),
        ]
    }

    /// The numbers in a sentence: of how many records, in how many of what.
    pub fn text(&self, records: usize, (one, many): (&str, &str)) -> String {
        let numbers: Vec<String> =
            self.named().iter().map(|(name, range)| format!("{range} {name}")).collect();
        let each = match self.ends {
            1 => String::new(),
            _ => format!("In each of {}, of ", plural(self.ends, one, many)),
        };
        let records = plural(records as u64, "record", "records");
        let of = if each.is_empty() { format!("Of {records}") } else { format!("{each}{records}") };
        let left_out = match self.left_out.as_slice() {
            [] => String::new(),
            names => format!(" Left out by the scenario: {}.", names.join(", ")),
        };
        format!("{of}: {}.{left_out}", numbers.join(", "))
    }

    /// What a verdict that nothing was violated has to add, after its first word; empty if no
    /// acknowledged record was lost, none is parked, no property is left out and all was judged.
    pub fn except(&self) -> String {
        let left_out = match self.left_out.as_slice() {
            [] => String::new(),
            names => format!(", left out by the scenario: {}", names.join(", ")),
        };
        let acted_on = self.but_acted_on();
        self.except_losses()
            + &self.except_parked()
            + &acted_on
            + &left_out
            + &self.except_unjudged()
    }

    /// What single properties do not claim, a sentence for each.
    pub(in crate::report) fn excepted(&self) -> impl Iterator<Item = String> + '_ {
        self.exceptions.iter().map(|one| format!("{} holds except {}.", one.property, one.except))
    }

    fn but_acted_on(&self) -> String {
        let up_to = if self.ends == 1 { "" } else { "up to " };
        match self.acted_on {
            0 => String::new(),
            most => format!(", and the external service acted on {up_to}{most} of these"),
        }
    }

    fn except_unjudged(&self) -> String {
        let of_one_reason = |all: &[UnjudgedSummary]| {
            let lines: Vec<String> = all.iter().map(|one| format!("'{}'", one.line)).collect();
            format!("{} ({})", lines.join(", "), all[0].why)
        };
        let reasons = self.unjudged.chunk_by(|one, next| one.why == next.why).map(of_one_reason);
        let unlooked = self.unlooked.iter().map(|&what| what.to_owned());
        match reasons.chain(unlooked).collect::<Vec<String>>().as_slice() {
            [] => String::new(),
            reasons => format!(", NOT JUDGED: {}", reasons.join(", ")),
        }
    }

    fn except_losses(&self) -> String {
        let most = match (self.lost.max, self.lost.min) {
            (0, _) => return String::new(),
            (max, min) => format!(
                "{}{}",
                if min == max { "" } else { "up to " },
                plural(max.into(), "record", "records")
            ),
        };
        format!(
            ", except for declared losses of {most} (rpo.records = {})",
            quoted(self.rpo_records)
        )
    }

    fn except_parked(&self) -> String {
        let up_to = if self.ends == 1 { "" } else { "up to " };
        match self.parked {
            0 => String::new(),
            most => {
                let records = plural(most.into(), "record", "records");
                format!(", except for {up_to}{records} parked in dead-letter queues")
            }
        }
    }

    /// What the property does not claim, if anything.
    pub(super) fn exception(&self, property: PropertyName) -> Option<&str> {
        let of_property = |one: &&ExceptionSummary| one.property == property.name();
        self.exceptions.iter().find(of_property).map(|one| one.except.as_str())
    }
}

/// An effect outside is done, and shows no version: `MonotoneVersion` is about tables and the destination.
fn unlooked(plan: &Plan) -> Vec<&'static str> {
    let has_versions = plan.keys().count() > 0 && plan.service.is_some();
    has_versions
        .then_some("in which order the external service acts on versions of a key")
        .into_iter()
        .collect()
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none(number: &u32) -> bool {
    *number == 0
}

fn quoted(limit: LossLimit) -> String {
    match limit {
        LossLimit::AtMost(most) => most.to_string(),
        LossLimit::Unlimited => format!("\"{limit}\""),
    }
}

/// At which stages a property is not judged that is judged at others, in words that follow "except".
fn at_stages(property: PropertyName, plan: &Plan) -> Option<String> {
    let mut named: Vec<(&str, Vec<&str>)> = Vec::new();
    for stage in plan.layout.stage_ids() {
        let Some(why) = property.not_applicable_at(stage, plan) else { continue };
        let name = plan.layout.stages[stage.index()].as_str();
        match named.iter_mut().find(|(known, _)| *known == why) {
            Some((_, names)) => names.push(name),
            None => named.push((why, vec![name])),
        }
    }
    let parts = named.iter().map(|(why, names)| format!("at {} ({why})", names.join(", ")));
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(", and "))
}

/// What a verdict that nothing was violated has to add, if there are facts.
pub(super) fn except(facts: Option<&FactsSummary>) -> String {
    facts.map_or_else(String::new, FactsSummary::except)
}
