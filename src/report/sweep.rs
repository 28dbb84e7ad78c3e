//! What a sweep shows, as data.

use serde::Serialize;

use crate::explore::possible;
use crate::explore::{SweepReport, Vacuous};
use crate::metrics::MetricsSummary;
use crate::plan::Plan;
use crate::report::facts::FactsSummary;
use crate::report::summary::{
    AwaitedSummary, FORMAT, Finding, LossSummary, OperatorSummary, ScenarioSummary,
    SchedulerSummary, ViolationSummary,
};
use crate::report::times::{self, Unjudged};
use crate::run::Reached;
use crate::sim::Pair;
use crate::spec::PropertyName;
use crate::words::{count, plural};

/// What a sweep was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SweepRequest {
    /// Which scheduler.
    pub scheduler: SchedulerSummary,
    /// How many runs.
    pub runs: u64,
    /// Each run was cut short after so many steps, if any.
    pub steps_max: Option<u64>,
}

/// What a sweep shows.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SweepSummary {
    /// The version of this document.
    pub format: u32,
    /// `sweep`.
    pub command: &'static str,
    /// The verdict.
    pub verdict: Finding,
    /// What was run.
    pub scenario: ScenarioSummary,
    /// Which scheduler.
    pub scheduler: SchedulerSummary,
    /// How many runs were asked for.
    pub runs_requested: u64,
    /// How many runs were made: all, or those up to the first violation or the interruption.
    pub runs: u64,
    /// How many of them were cut short and not judged to the end.
    pub runs_inconclusive: u64,
    /// How many steps they took.
    pub steps: u64,
    /// Each run was cut short after so many steps, if any.
    pub steps_max: Option<u64>,
    /// It was stopped before all runs were made.
    pub interrupted: bool,
    /// Why it shows neither, if it does not.
    pub inconclusive_because: Option<String>,
    /// What follows from that no run violated the spec, if that is so.
    pub confidence: Option<Confidence>,
    /// By property.
    pub properties: Vec<PropertySummary>,
    /// What was reached, or never reached.
    pub reached: Vec<ReachedSummary>,
    /// How many kinds of steps were reached.
    pub pairs_reached: usize,
    /// Which kinds of steps were reached.
    pub pairs: Vec<PairSummary>,
    /// Which kinds were not, though a machine of the scenario can take them in one scenario or
    /// another; some need a fault or an option that this one does not have.
    pub pairs_never: Vec<PairSummary>,
    /// An await that had not come true at the first healing.
    pub awaited_until_heal: Option<AwaitedSummary>,
    /// How far the records came, in the runs that were judged to their end; none if none was.
    pub facts: Option<FactsSummary>,
    /// Why the runs show nothing, though none violates anything, if that is so.
    pub vacuous_because: Option<String>,
    /// In how many runs a healing had to bring back what nothing else would have.
    pub runs_with_operator: u64,
    /// What it was in the first of them.
    pub operator: Option<OperatorSummary>,
    /// The faults of script and budget that struck in no run, though all runs were made.
    pub never_struck: Vec<String>,
    /// In how many runs losses destroyed something that was acknowledged.
    pub runs_with_loss: u64,
    /// What was destroyed in the run in which that was most.
    pub largest_loss: Option<LossSummary>,
    /// What operators would have measured, over all runs; none if nothing was measured.
    pub metrics: Option<MetricsSummary>,
    /// The violation of the smallest run.
    pub violation: Option<ViolationSummary>,
}

/// What is known of a property.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PropertySummary {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub statement: &'static str,
    /// Whether it is judged at the end of a run, not at every step.
    pub is_liveness: bool,
    /// What was found.
    pub status: Status,
    /// Why it is not applicable, if it is not.
    pub reason: Option<&'static str>,
    /// What it does not claim because of losses that the scenario declares, if anything.
    pub except: Option<String>,
}

/// What was found of a property.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It held in every run, to the end.
    Holds,
    /// It held wherever it was judged, but not every run came to its end.
    HeldSoFar,
    /// It was violated.
    Violated,
    /// It says nothing about this scenario.
    NotApplicable,
    /// No run came to the point where it is judged.
    NotJudged,
    /// It was judged, of nothing.
    Vacuous,
}

/// Something interesting, and in how many runs it was reached.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReachedSummary {
    /// Its name.
    pub name: String,
    /// What it is.
    pub text: &'static str,
    /// Whether the scenario can reach it at all.
    pub is_possible: bool,
    /// In how many runs it was reached.
    pub runs: u64,
}

/// A kind of step, and how often it was taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PairSummary {
    /// The kind of machine.
    pub machine: &'static str,
    /// Its state.
    pub state: &'static str,
    /// The kind of message it handled.
    pub message: &'static str,
    /// How many steps.
    pub steps: u64,
}

/// What a run without violation says about all others.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Confidence {
    /// How sure the statement is.
    pub level_percent: f64,
    /// From how many runs it follows: those that did not depend on others.
    pub runs: u64,
    /// At most this share of the schedules that the scheduler draws violates the spec.
    pub violating_percent_max: f64,
}

impl PropertySummary {
    /// What it says, as far as it claims it; or why it says nothing.
    pub fn claim(&self) -> String {
        match (self.reason, &self.except) {
            (Some(reason), _) => reason.to_owned(),
            (None, Some(except)) => format!("{}, except {except}", self.statement),
            (None, None) => self.statement.to_owned(),
        }
    }
}

impl Vacuous {
    /// What that means for a property. That a line of the script was not judged is no matter of the others.
    fn status(self, property: PropertyName) -> Status {
        match (self, property) {
            (Vacuous::NotJudged(_), PropertyName::Expectation) => Status::NotJudged,
            (Vacuous::NotJudged(_), _) => Status::Holds,
            (
                Vacuous::NothingAccepted | Vacuous::NothingDelivered | Vacuous::ScriptNotEnded(_),
                _,
            ) => Status::Vacuous,
        }
    }
}

impl Status {
    /// In a word or two.
    pub fn text(self) -> &'static str {
        match self {
            Status::Holds => "holds",
            Status::HeldSoFar => "held so far",
            Status::Violated => "violated",
            Status::NotApplicable => "not applicable",
            Status::NotJudged => "not judged",
            Status::Vacuous => "vacuous",
        }
    }
}

impl SweepSummary {
    /// What is said of a sweep.
    pub fn new(plan: &Plan, request: SweepRequest, report: &SweepReport) -> SweepSummary {
        let vacuous = report.evidence.vacuous(plan);
        let facts = FactsSummary::new(plan, &report.evidence);
        let verdict = Finding::of(report, plan);
        let because = inconclusive(&request, report);
        let SweepRequest { scheduler, runs: runs_requested, steps_max } = request;
        let seed = scheduler.seed;
        let whole = verdict == Finding::Holds && seed.is_some();
        let coverage = &report.coverage;
        let pairs: Vec<PairSummary> = coverage.pairs().map(pair).collect();
        let never = possible::pairs_of(plan).filter(|&one| coverage.steps(one) == 0);
        SweepSummary {
            format: FORMAT,
            command: "sweep",
            verdict,
            scenario: ScenarioSummary::new(plan),
            scheduler,
            runs_requested,
            runs: report.runs,
            runs_inconclusive: report.inconclusive,
            steps: report.steps,
            steps_max,
            interrupted: report.interrupted,
            inconclusive_because: because.filter(|_| verdict == Finding::Inconclusive),
            // The rule of three is about draws that know nothing of each other.
            confidence: whole.then(|| Confidence::of(report.independent)).flatten(),
            properties: properties(plan, report, verdict, facts.as_ref()),
            reached: reached(plan, report),
            pairs_reached: pairs.len(),
            pairs,
            pairs_never: never.map(|one| pair((one, 0))).collect(),
            awaited_until_heal: report.awaited_until_heal.map(|(run, action)| AwaitedSummary {
                run: Some(run),
                script_line: plan.script_line(action).to_string(),
            }),
            vacuous_because: vacuous
                .filter(|_| verdict == Finding::Vacuous)
                .map(|why| why.text(plan)),
            facts,
            never_struck: match verdict {
                // A sweep that ends at its first violation has not tried.
                Finding::Violated => Vec::new(),
                Finding::Holds | Finding::Inconclusive | Finding::Vacuous => {
                    report.evidence.never_struck(plan)
                }
            },
            runs_with_operator: report.runs_with_operator,
            operator: report
                .operator
                .as_ref()
                .map(|(run, what)| OperatorSummary { run: Some(*run), what: what.clone() }),
            runs_with_loss: report.runs_with_loss,
            largest_loss: report
                .largest_loss
                .as_ref()
                .and_then(|(run, lost)| LossSummary::new(plan, Some(*run), lost)),
            metrics: None,
            violation: report
                .violation
                .as_ref()
                .map(|(run, violation)| ViolationSummary::new(violation, Some(*run), seed)),
        }
    }
}

impl Finding {
    /// The verdict of the runs of a report.
    pub fn of(report: &SweepReport, plan: &Plan) -> Finding {
        // No run is no evidence.
        let is_part = report.interrupted || report.inconclusive > 0 || report.runs == 0;
        match &report.violation {
            Some(_) => Finding::Violated,
            None if is_part => Finding::Inconclusive,
            None if report.evidence.vacuous(plan).is_some() => Finding::Vacuous,
            None => Finding::Holds,
        }
    }
}

/// Why runs without a violation show nothing, if that is so.
fn inconclusive(request: &SweepRequest, report: &SweepReport) -> Option<String> {
    let runs = || plural(report.runs, "run", "runs");
    let mut reasons = Vec::new();
    if report.interrupted {
        let (asked, made) = (plural(request.runs, "run", "runs"), count(report.runs));
        reasons.push(format!("the sweep was INTERRUPTED after {made} of {asked}"));
    } else if report.runs == 0 {
        reasons.push("no run ended in the time that was allowed; allow more".to_owned());
    }
    if report.inconclusive > 0 {
        let by = |steps| format!(" by the limit of {} steps", count(steps));
        let by = request.steps_max.map_or_else(String::new, by);
        let (cut, all) = (count(report.inconclusive), runs());
        reasons.push(format!(
            "{cut} of {all} were cut short{by} before liveness could be judged; allow more steps"
        ));
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

impl Confidence {
    /// The rule of three: with *n* runs drawn independently and none that violates, the share of
    /// violating schedules is below 3 / *n* with 95 % confidence (0.95 ≈ 1 − e⁻³). Three runs or
    /// fewer say nothing.
    ///
    /// If several strategies draw the runs in turn, the share is that of the schedules that they
    /// draw together: the probability that none of the runs violates, ∏ (1 − pᵢ), is at most
    /// (1 − p)ⁿ with the mean p of the pᵢ, so the rule holds for p.
    ///
    /// Source: Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?", 1983.
    fn of(runs: u64) -> Option<Confidence> {
        let violating_percent_max = 300.0 / runs as f64;
        (runs > 3).then_some(Confidence { level_percent: 95.0, runs, violating_percent_max })
    }
}

fn pair((pair, steps): (Pair, u64)) -> PairSummary {
    PairSummary {
        machine: pair.machine.name(),
        state: Pair::states(pair.machine)[usize::from(pair.state)],
        message: pair.message.name(),
        steps,
    }
}

fn reached(plan: &Plan, report: &SweepReport) -> Vec<ReachedSummary> {
    let summary = |&what: &Reached| ReachedSummary {
        name: format!("{what:?}"),
        text: what.text(),
        is_possible: what.is_possible(plan),
        runs: report.coverage.runs(what),
    };
    Reached::ALL.iter().map(summary).collect()
}

fn properties(
    plan: &Plan,
    report: &SweepReport,
    verdict: Finding,
    facts: Option<&FactsSummary>,
) -> Vec<PropertySummary> {
    let violated = report.violation.as_ref().map(|(_, violation)| violation.property());
    // A sweep that was stopped may show a violation of a run that comes after those that it counts.
    let ended = report.runs.saturating_sub(report.inconclusive + u64::from(violated.is_some()));
    let times = &report.evidence.times;
    let unjudged = |property| {
        let of = (ended > 0).then(|| times::of_property(property, plan, times)).flatten();
        of.filter(|_| violated != Some(property))
    };
    let vacuous = report.evidence.vacuous(plan);
    let status = |property: PropertyName| {
        if let Some(unjudged) = unjudged(property) {
            match unjudged {
                Unjudged::NoTime | Unjudged::TakesNoTime => Status::NotJudged,
                Unjudged::Nothing(_) => Status::Vacuous,
            }
        } else if violated == Some(property) {
            Status::Violated
        } else if property.not_applicable(plan).is_some() {
            Status::NotApplicable
        } else if report.runs == 0 || property.is_liveness() && ended == 0 {
            Status::NotJudged
        } else if let Some(vacuous) = vacuous.filter(|_| verdict == Finding::Vacuous) {
            vacuous.status(property)
        } else if verdict == Finding::Holds {
            Status::Holds
        } else {
            Status::HeldSoFar
        }
    };
    let summary = |property: PropertyName| PropertySummary {
        name: property.name(),
        statement: property.statement(),
        is_liveness: property.is_liveness(),
        status: status(property),
        reason: property
            .not_applicable(plan)
            .or_else(|| unjudged(property).map(|unjudged| unjudged.why())),
        except: facts.and_then(|facts| facts.exception(property)).map(str::to_owned),
    };
    PropertyName::ALL.iter().copied().map(summary).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::explore::{Progress, Strategy, Sweep};
    use crate::scenario::builtin;
    use crate::scheduler::{Random, RoundRobin};

    fn request(seed: Option<u64>, runs: u64) -> SweepRequest {
        let scheduler = SchedulerSummary { name: "of the test".to_owned(), seed };
        SweepRequest { scheduler, runs, steps_max: None }
    }

    #[test]
    fn only_schedules_that_are_drawn_support_a_statement_about_others() {
        let scenario = builtin::scenario("baseline").expect("the scenario is built in");
        let plan = Arc::new(Plan::new(&scenario).expect("the scenario is right"));
        let mut sweep = Sweep { plan, runs: 10, threads: 1, steps_max: u64::MAX };
        let drawn = sweep.run(|| Random::new(1), &Progress::default());
        let same = sweep.run(RoundRobin::default, &Progress::default());
        let confidence = |request, report: &SweepReport| {
            SweepSummary::new(&sweep.plan, request, report).confidence
        };
        let expected = Confidence { level_percent: 95.0, runs: 10, violating_percent_max: 30.0 };
        assert_eq!(confidence(request(Some(1), 10), &drawn), Some(expected));
        assert_eq!(confidence(request(None, 10), &same), None);
        let of_strategy = |strategy: Strategy, runs| {
            let prepared = strategy.prepare(&sweep.plan, 1);
            let sweep = Sweep { runs, ..sweep.clone() };
            confidence(
                request(Some(1), runs),
                &sweep.run(|| prepared.scheduler(), &Progress::default()),
            )
        };
        assert_eq!(of_strategy(Strategy::Feedback, 10), None);
        let portfolio = of_strategy(Strategy::Portfolio, 1_100);
        assert_eq!(portfolio.map(|confidence| confidence.runs), Some(1_026));
        // A time in which no run ended: once it was "HOLDS. No violation in 0 runs."
        let none = SweepReport::default();
        let summary = SweepSummary::new(&sweep.plan, request(Some(1), 10), &none);
        assert_eq!((summary.verdict, summary.confidence), (Finding::Inconclusive, None));
        assert!(summary.inconclusive_because.is_some_and(|why| why.starts_with("no run ended")));
        sweep.steps_max = 50;
        let cut = sweep.run(|| Random::new(1), &Progress::default());
        let summary = SweepSummary::new(&sweep.plan, request(Some(1), 10), &cut);
        assert_eq!((summary.verdict, summary.confidence), (Finding::Inconclusive, None));
    }
}
