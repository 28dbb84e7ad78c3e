//! What a verdict does not say of what the script expects: of times, and behind a healing.

use serde::Serialize;

use crate::explore::Evidence;
use crate::model::options::Policy;
use crate::plan::Plan;
use crate::scenario::script::{Measure, Objective};
use crate::spec::PropertyName;
use crate::spec::ending::Times;
use crate::words::{count, plural};

/// Something that the script expects, and that was not judged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct UnjudgedSummary {
    /// The line of the script.
    pub line: String,
    /// Why.
    pub why: String,
}

/// Why nothing is known of a measure, if that is so.
pub(super) enum Unjudged {
    /// No run has a time.
    NoTime,
    /// A part of it takes no time here.
    TakesNoTime,
    /// There was nothing to judge, in the words that follow.
    Nothing(&'static str),
}

impl Unjudged {
    /// Why, in words.
    pub(super) fn why(&self) -> &'static str {
        match self {
            Unjudged::NoTime => "only runs of the timed scheduler (--scheduler timed) have a time",
            Unjudged::TakesNoTime => {
                "a health check takes no time here: add its interval times dns.health_threshold, \
                 and the time to live of the name"
            }
            Unjudged::Nothing(why) => why,
        }
    }
}

fn unjudged(measure: Measure, times: &Times, plan: &Plan) -> Option<Unjudged> {
    let dns = &plan.scenario().dns;
    let is_checked = dns.policy == Policy::Failover && dns.health_threshold > 0;
    let of = match measure {
        Measure::Latency(_) => (times.latencies, "no record was accepted or delivered"),
        Measure::Rto => (times.recoveries, "nothing was published after a fault"),
        Measure::Rpo => (times.faults, "no fault struck"),
    };
    match of {
        _ if times.ends == 0 => Some(Unjudged::NoTime),
        (0, why) => Some(Unjudged::Nothing(why)),
        // All that is published waits for the health check, which is quicker here than any.
        (_, _) if measure == Measure::Rto && is_checked => Some(Unjudged::TakesNoTime),
        (_, _) => None,
    }
}

/// What the script expects, and was not judged at all, or not at some ends.
pub(super) fn all_unjudged(plan: &Plan, evidence: &Evidence) -> Vec<UnjudgedSummary> {
    let of = |objective: &Objective| {
        let why = unjudged(objective.measure, &evidence.times, plan)?.why().to_owned();
        Some(UnjudgedSummary { line: format!("expect {objective}"), why })
    };
    let behind = evidence.not_judged.iter().map(|(&action, &ends)| UnjudgedSummary {
        line: plan.script_line(action).to_string(),
        why: format!(
            "{}, before which a healing ended what the script had done",
            at(ends, evidence)
        ),
    });
    plan.objectives().iter().filter_map(of).chain(behind).collect()
}

/// Which lines `Expectation` does not claim, in words that follow "except".
pub(super) fn passed_over(plan: &Plan, evidence: &Evidence) -> Option<String> {
    let lines = evidence.not_judged.iter();
    let lines: Vec<String> = lines
        .map(|(&action, &ends)| format!("'{}' {}", plan.script_line(action), at(ends, evidence)))
        .collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

fn at(ends: u64, evidence: &Evidence) -> String {
    format!("at {} of {}", count(ends), plural(evidence.ends, "end", "ends"))
}

/// Why the property was not judged though the script expects something of it, if that is so.
pub(super) fn of_property(property: PropertyName, plan: &Plan, times: &Times) -> Option<Unjudged> {
    let measures = plan.objectives().iter().map(|objective| objective.measure);
    measures
        .filter(|measure| measure.property() == property)
        .find_map(|one| unjudged(one, times, plan))
}
