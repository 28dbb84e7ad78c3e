//! A scenario on its way down.

use std::sync::Arc;

use super::shrink::Shrunk;
use crate::plan::{DriverAction, Plan};
use crate::scenario::{Scenario, ScriptStep};

/// A scenario, and which parts of the one in which the failure was found are left of it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) plan: Arc<Plan>,
    /// By line of the script: the index of the line as the failure was found; ascending.
    lines: Vec<usize>,
    /// By region: its index as the failure was found; ascending.
    regions: Vec<u8>,
}

impl Case {
    /// The scenario in which the failure was found.
    pub(super) fn whole(plan: &Arc<Plan>) -> Case {
        let scenario = plan.scenario();
        Case {
            plan: Arc::clone(plan),
            lines: (0..scenario.script.len()).collect(),
            regions: (0..scenario.topology.regions).collect(),
        }
    }

    /// A smaller scenario, if it means something: it is right, and it publishes.
    pub(super) fn smaller(&self, shrunk: &Shrunk) -> Option<Case> {
        let plan = Plan::new(&shrunk.scenario).ok()?;
        let publishes = |action: &DriverAction| matches!(action, DriverAction::Publish(_));
        plan.actions().iter().any(publishes).then(|| Case {
            plan: Arc::new(plan),
            lines: shrunk.lines.iter().map(|&line| self.lines[line]).collect(),
            regions: shrunk
                .regions
                .iter()
                .map(|&region| self.regions[usize::from(region)])
                .collect(),
        })
    }

    pub(super) fn scenario(&self) -> &Scenario {
        self.plan.scenario()
    }

    pub(super) fn script(&self) -> &[ScriptStep] {
        &self.plan.scenario().script
    }

    /// Where a line is now that was there as the failure was found.
    pub(super) fn line(&self, found: usize) -> Option<usize> {
        self.lines.binary_search(&found).ok()
    }

    /// Which line it was as the failure was found, by its index now.
    pub(super) fn found_line(&self, line: usize) -> usize {
        self.lines[line]
    }

    /// The regions that are left, by their index as the failure was found.
    pub(super) fn found_regions(&self) -> impl Iterator<Item = u8> + use<> {
        self.regions.clone().into_iter()
    }

    /// The index that a region has now.
    pub(super) fn region(&self, found: u8) -> Option<u8> {
        self.regions.binary_search(&found).ok().map(|index| index as u8)
    }
}
