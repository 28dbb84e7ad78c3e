//! How large a failure is.

use std::fmt;

use crate::plan::Plan;
use crate::scenario::Scenario;
use crate::words::plural;

/// How large a failure is: what a reader has to keep in mind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Size {
    /// Records in all batches.
    pub records: usize,
    /// Stages.
    pub stages: usize,
    /// Regions.
    pub regions: usize,
    /// Lines of the script.
    pub script_lines: usize,
    /// How many things the run does differently from the fair one; none of a run of the timed scheduler.
    pub deviations: usize,
    /// Whether it is a run of the timed scheduler.
    pub is_timed: bool,
    /// Steps of the run.
    pub steps: u64,
}

impl Size {
    /// The size of a run of this plan.
    pub fn of(plan: &Plan, deviations: usize, steps: u64) -> Size {
        let Scenario { topology, script, .. } = plan.scenario();
        Size {
            records: plan.records(),
            stages: topology.stages.len(),
            regions: usize::from(topology.regions),
            script_lines: script.len(),
            deviations,
            is_timed: false,
            steps,
        }
    }

    /// The size of a run of this plan by the timed scheduler.
    pub fn of_timed(plan: &Plan, steps: u64) -> Size {
        Size { is_timed: true, ..Size::of(plan, 0, steps) }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deviations = match self.deviations {
            0 if self.is_timed => "a timed run".to_owned(),
            0 => "the fair schedule".to_owned(),
            many => {
                let deviations = plural(many as u64, "deviation", "deviations");
                format!("{deviations} from the fair schedule")
            }
        };
        write!(
            f,
            "{}, {}, {}",
            plural(self.records as u64, "record", "records"),
            plural(self.stages as u64, "stage", "stages"),
            deviations
        )
    }
}
