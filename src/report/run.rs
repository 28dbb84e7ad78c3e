//! What one run shows, as data.

use serde::Serialize;

use crate::explore::Evidence;
use crate::metrics::{FaultSummary, Metrics, MetricsSummary};
use crate::plan::Plan;
use crate::report::facts::FactsSummary;
use crate::report::summary::{
    AwaitedSummary, FORMAT, Finding, LossSummary, OperatorSummary, ScenarioSummary,
    SchedulerSummary, ViolationSummary,
};
use crate::run::{Cut, Outcome, Verdict};

/// What one run shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RunSummary {
    /// The version of this document.
    pub format: u32,
    /// `run` or `replay`.
    pub command: &'static str,
    /// The verdict.
    pub verdict: Finding,
    /// What was run.
    pub scenario: ScenarioSummary,
    /// Which scheduler; none for a replay.
    pub scheduler: Option<SchedulerSummary>,
    /// Which run of the seed; none for a replay.
    pub run: Option<u64>,
    /// How many steps it took.
    pub steps: u64,
    /// Why it was cut short, if it was.
    pub cut_short: Option<String>,
    /// What the run showed when it was saved; none unless it was.
    pub expected: Option<String>,
    /// Whether it showed that again; none unless it was saved.
    pub matches_expected: Option<bool>,
    /// An await that had not come true at the first healing.
    pub awaited_until_heal: Option<AwaitedSummary>,
    /// How far its records came; none if it was not judged to its end, or violates the spec.
    pub facts: Option<FactsSummary>,
    /// Why it shows nothing, though it violates nothing, if that is so.
    pub vacuous_because: Option<String>,
    /// What only an operator would have brought back before the run went on.
    pub operator: Option<OperatorSummary>,
    /// What losses destroyed, if they did.
    pub lost: Option<LossSummary>,
    /// What operators would have measured; none if nothing was measured.
    pub metrics: Option<MetricsSummary>,
    /// What each fault put at risk and how long it was felt; none if nothing was measured.
    pub faults: Option<Vec<FaultSummary>>,
    /// The violation.
    pub violation: Option<ViolationSummary>,
}

impl RunSummary {
    /// What is said of a run by a scheduler: the `run`-th of its seed.
    pub fn of_run(
        plan: &Plan,
        scheduler: SchedulerSummary,
        run: u64,
        outcome: &Outcome,
    ) -> RunSummary {
        let seed = scheduler.seed;
        RunSummary {
            command: "run",
            scheduler: Some(scheduler),
            ..RunSummary::new(plan, outcome, Some(run), seed)
        }
    }

    /// Adds what was measured of the run, which was the only one that the metrics have watched.
    pub fn measured(&mut self, metrics: &Metrics, plan: &Plan) {
        self.metrics = Some(metrics.summary(plan));
        self.faults = Some(metrics.faults(plan));
    }

    /// What is said of a run that was replayed.
    pub fn of_replay(plan: &Plan, outcome: &Outcome) -> RunSummary {
        RunSummary::new(plan, outcome, None, None)
    }

    fn new(plan: &Plan, outcome: &Outcome, run: Option<u64>, seed: Option<u64>) -> RunSummary {
        let evidence = outcome.ending.as_ref().map(|ending| Evidence::of(ending, plan));
        let evidence = evidence.unwrap_or_default();
        let vacuous = evidence.vacuous(plan);
        let (verdict, violation, cut_short) = match &outcome.verdict {
            Verdict::Holds if vacuous.is_some() => (Finding::Vacuous, None, None),
            Verdict::Holds => (Finding::Holds, None, None),
            Verdict::Violated(violation) => {
                (Finding::Violated, Some(ViolationSummary::new(violation, run, seed)), None)
            }
            Verdict::Inconclusive(cut) => (Finding::Inconclusive, None, Some(Cut::to_string(cut))),
        };
        RunSummary {
            format: FORMAT,
            command: "replay",
            verdict,
            scenario: ScenarioSummary::new(plan),
            scheduler: None,
            run,
            steps: outcome.steps,
            cut_short,
            expected: None,
            matches_expected: None,
            awaited_until_heal: outcome.awaited_until_heal.map(|action| AwaitedSummary {
                run,
                script_line: plan.script_line(action).to_string(),
            }),
            facts: FactsSummary::new(plan, &evidence),
            vacuous_because: vacuous.map(|why| why.text(plan)),
            operator: outcome
                .healed
                .first
                .map(|first| OperatorSummary { run, what: first.text(plan) }),
            lost: LossSummary::new(plan, run, &outcome.lost),
            metrics: None,
            faults: None,
            violation,
        }
    }
}
