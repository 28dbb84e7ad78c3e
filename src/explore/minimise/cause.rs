//! What a failure is about.
//!
//! A scenario that is made smaller can fail for another reason, in the same way: of a script in which a
//! region fails and comes back too early, what is left may be a race that needs no failure. So the options
//! are found out without which the scenario holds as it was found, and with one of them put right the small
//! failure must be gone, in the same order of events.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::search::{Found, Search};
use super::shrink::{Changed, Part, changed};
use crate::plan::Plan;
use crate::scenario::Scenario;

/// An option without which the failure is not found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cause(Changed);

impl Cause {
    /// The key of the option, as `--set` takes it.
    pub fn key(&self) -> String {
        self.0.key()
    }

    /// A scenario with the option as it is by default, if that is a scenario.
    pub fn put_right(&self, scenario: &Scenario) -> Option<Arc<Plan>> {
        Plan::new(&self.0.reset(scenario)?).ok().map(Arc::new)
    }
}

/// Finds out what a failure is about, and notes the scenarios that were searched in vain.
pub(super) fn causes(
    first: &Found,
    search: &mut Search<'_>,
    in_vain: &mut BTreeSet<String>,
) -> Vec<Cause> {
    // What a script expects is said of all options.
    if !search.goal.parts().contains(&Part::Options) {
        return Vec::new();
    }
    let mut causes = Vec::new();
    for cause in changed(first.plan.scenario()).into_iter().map(Cause) {
        let Some(plan) = cause.put_right(first.plan.scenario()) else { continue };
        if search.is_over() {
            return causes;
        }
        let fails = search.by_choices(&plan, &first.choices).is_some();
        if !fails && search.anywhere(&plan).is_none() {
            in_vain.insert(plan.scenario().to_toml());
            causes.push(cause);
        }
    }
    causes
}
