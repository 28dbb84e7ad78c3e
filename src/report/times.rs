//! What a verdict does not say of the times that the script expects something of.

use serde::Serialize;

use crate::plan::Plan;
use crate::scenario::script::{Measure, Objective};
use crate::spec::PropertyName;
use crate::spec::ending::Times;

/// Something that the script expects of times, and that was not judged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct UnjudgedSummary {
    /// The line of the script.
    pub line: String,
    /// Why.
    pub why: &'static str,
}

/// Why nothing is known of a measure, if that is so.
pub(super) enum Unjudged {
    /// No run has a time.
    NoTime,
    /// There was nothing to judge, in the words that follow.
    Nothing(&'static str),
}

impl Unjudged {
    /// Why, in words.
    pub(super) fn why(&self) -> &'static str {
        match self {
            Unjudged::NoTime => "only runs of the timed scheduler (--scheduler timed) have a time",
            Unjudged::Nothing(why) => why,
        }
    }
}

fn unjudged(measure: Measure, times: &Times) -> Option<Unjudged> {
    let of = match measure {
        Measure::Latency(_) => (times.latencies, "no record was accepted or delivered"),
        Measure::Rto => (times.recoveries, "nothing was published after a fault"),
        Measure::Rpo => (times.faults, "no fault struck"),
    };
    match of {
        _ if times.ends == 0 => Some(Unjudged::NoTime),
        (0, why) => Some(Unjudged::Nothing(why)),
        (_, _) => None,
    }
}

/// What the script expects of times, and was not judged.
pub(super) fn all_unjudged(plan: &Plan, times: &Times) -> Vec<UnjudgedSummary> {
    let of = |objective: &Objective| {
        let why = unjudged(objective.measure, times)?.why();
        Some(UnjudgedSummary { line: format!("expect {objective}"), why })
    };
    plan.objectives().iter().filter_map(of).collect()
}

/// Why the property was not judged though the script expects something of it, if that is so.
pub(super) fn of_property(property: PropertyName, plan: &Plan, times: &Times) -> Option<Unjudged> {
    let measures = plan.objectives().iter().map(|objective| objective.measure);
    measures.filter(|measure| measure.property() == property).find_map(|one| unjudged(one, times))
}
