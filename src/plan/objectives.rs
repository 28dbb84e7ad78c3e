//! What the script expects of times, checked: each must be about something that can happen.

use crate::plan::Plan;
use crate::scenario::script::{Measure, Objective};
use crate::scenario::{Cause, Expectation, Problem, Scenario, ScriptStep};
use crate::words::plural;

/// The lines that are about times, with their indices.
fn lines(scenario: &Scenario) -> impl Iterator<Item = (usize, Objective)> + '_ {
    scenario.script.iter().enumerate().filter_map(|(index, line)| {
        let ScriptStep::Expect(Expectation::Objective(objective)) = line else { return None };
        Some((index, *objective))
    })
}

/// Whether the script expects something of times.
pub(super) fn has_objectives(scenario: &Scenario) -> bool {
    lines(scenario).next().is_some()
}

impl Plan {
    /// What the script expects of the times of every run, in its order.
    pub fn objectives(&self) -> &[Objective] {
        &self.objectives
    }

    /// Whether the script or the budget has a fault of a component, of which there is a recovery.
    fn has_any_fault(&self) -> bool {
        self.faults().next().is_some() || self.budget.has_faults()
    }

    /// The plan with what its script expects of times.
    pub(super) fn with_objectives(mut self) -> Result<Plan, Problem> {
        for (index, Objective { measure, .. }) in lines(&self.scenario) {
            let problem = |cause| Err(Problem::new(format!("script[{index}]"), cause));
            match measure {
                Measure::Latency(percentile) if self.records() < percentile.values_min() => {
                    return problem(Cause::TooFewRecords {
                        measure: measure.to_string(),
                        found: plural(self.records() as u64, "record", "records"),
                        min: percentile.values_min(),
                    });
                }
                Measure::Rto | Measure::Rpo if !self.has_any_fault() => {
                    return problem(Cause::NoFault { measure: measure.to_string() });
                }
                Measure::Latency(_) | Measure::Rto | Measure::Rpo => {}
            }
        }
        self.objectives = lines(&self.scenario).map(|(_, objective)| objective).collect();
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::Plan;
    use crate::scenario::script::Objective;

    fn loaded(script: &str, rest: &str) -> Result<Plan, String> {
        let text = format!("name = \"a\"\nscript = [{script}]\n{rest}");
        Plan::load(&text, "a.toml", &[]).map_err(|error| error.to_string())
    }

    /// They are statements about the run, and no steps of the driver: with and without them its schedules are the same.
    #[test]
    fn what_is_expected_of_times_is_no_step_of_the_driver() {
        let script = "'expect latency p50 <= 2s', 'crash core-container@1', 'publish 1', \
                      'await delivered all', 'expect rto <= 60s', 'expect rpo <= 5s'";
        let plan = loaded(script, "").expect("it is right");
        let bare = loaded("'crash core-container@1', 'publish 1', 'await delivered all'", "");
        assert_eq!(plan.actions(), bare.expect("it is right").actions());
        let texts: Vec<String> = plan.objectives().iter().map(Objective::to_string).collect();
        assert_eq!(texts, ["latency p50 <= 2s", "rto <= 60s", "rpo <= 5s"]);
        assert_eq!(plan.script_line(1).to_string(), "publish 1");
    }

    #[test]
    fn what_can_never_be_judged_is_refused_with_the_remedy() {
        let cases = [
            (
                "'publish 1', 'expect rto <= 60s'",
                "a.toml:2: script[1]: 'rto' can never be judged: neither the script nor the budget has a fault \
                 of a component; add one, or leave the line out",
            ),
            (
                "'publish 1', 'expect rpo <= 5s'",
                "a.toml:2: script[1]: 'rpo' can never be judged: neither the script nor the budget has a fault \
                 of a component; add one, or leave the line out",
            ),
            (
                "'publish 1', 'expect latency p99 <= 2s'",
                "a.toml:2: script[1]: 'latency p99' of 10 records is their maximum; publish at least 100 \
                 records, or write 'latency max'",
            ),
        ];
        for (script, expected) in cases {
            assert_eq!(loaded(script, "").map(drop), Err(expected.to_owned()));
        }
        let script = "'publish 1', 'expect rto <= 60s', 'expect latency p99 <= 2s'";
        assert!(loaded(script, "budget.crash = 1\nrecords.batches = 100").is_ok());
        // It takes a fault of a component: a message that is late has no recovery.
        assert!(loaded("'publish 1', 'expect rto <= 60s'", "budget.late = 1").is_err());
    }
}
