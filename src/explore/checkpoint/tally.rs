//! A report with the names of what it counts.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::explore::checkpoint::CheckpointError;
use crate::explore::evidence::Evidence;
use crate::explore::sweep::SweepReport;
use crate::model::RecordId;
use crate::run::coverage::{Coverage, Reached};
use crate::sim::Pair;
use crate::spec::{Lost, Violation};

/// A segment as a line of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tally {
    first: u64,
    runs: u64,
    steps: u64,
    inconclusive: u64,
    awaited_until_heal: Option<(u64, usize)>,
    evidence: Evidence,
    runs_with_operator: u64,
    operator: Option<(u64, String)>,
    runs_with_loss: u64,
    largest_loss: Option<Loss>,
    violating_run: Option<u64>,
    pairs: BTreeMap<String, u64>,
    reached: BTreeMap<String, u64>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Loss {
    run: u64,
    undelivered: Vec<u16>,
    restorable: Vec<u16>,
    unreplicated: Vec<u16>,
    #[serde(default)]
    cut_off: Vec<u16>,
    #[serde(default)]
    uncalled: Vec<u16>,
}

/// Why a line cannot become a report.
pub(super) enum Unlike {
    /// This build does not know it.
    Unknown(String),
    /// This build does not show it.
    NotShown(u64),
}

impl Unlike {
    pub(super) fn at(self, line: usize) -> CheckpointError {
        let what = match self {
            Unlike::Unknown(name) => format!("it counts '{name}', which is not known here"),
            Unlike::NotShown(run) => format!("run {run} violates the spec there, and not here"),
        };
        CheckpointError::Build { line, what }
    }
}

impl Tally {
    pub(super) fn of(first: u64, report: &SweepReport) -> Tally {
        // A new field of a report has to be written, too.
        let SweepReport {
            runs,
            // Counted when segments are joined, by the rhythm of the scheduler.
            independent: _,
            steps,
            violation,
            inconclusive,
            awaited_until_heal,
            evidence,
            runs_with_operator,
            operator,
            runs_with_loss,
            largest_loss,
            interrupted: _,
            coverage,
        } = report;
        let reached = Reached::ALL.iter().map(|&what| (format!("{what:?}"), coverage.runs(what)));
        Tally {
            first,
            runs: *runs,
            steps: *steps,
            inconclusive: *inconclusive,
            awaited_until_heal: *awaited_until_heal,
            evidence: evidence.clone(),
            runs_with_operator: *runs_with_operator,
            operator: operator.clone(),
            runs_with_loss: *runs_with_loss,
            largest_loss: largest_loss.as_ref().map(|(run, lost)| Loss::of(*run, lost)),
            violating_run: violation.as_ref().map(|(run, _)| *run),
            pairs: coverage.pairs().map(|(pair, count)| (pair.to_string(), count)).collect(),
            reached: reached.filter(|(_, runs)| *runs > 0).collect(),
        }
    }

    /// Its runs.
    ///
    /// # Errors
    ///
    /// What of the line cannot be.
    pub(super) fn range(&self) -> Result<Range<u64>, String> {
        let Tally { first, runs, steps, .. } = *self;
        let end = first.checked_add(runs).filter(|_| runs > 0);
        let range =
            first..end.ok_or_else(|| format!("there are no {runs} runs from {first} on"))?;
        let (operator, loss) = (self.operator.as_ref(), self.largest_loss.as_ref());
        let named = [
            self.awaited_until_heal.map(|(run, _)| run),
            operator.map(|(run, _)| *run),
            loss.map(|loss| loss.run),
        ];
        if let Some(run) = named.into_iter().flatten().find(|run| !range.contains(run)) {
            return Err(format!("run {run} is not one of the runs {first} to {}", range.end - 1));
        }
        // A segment ends at its violation.
        if let Some(run) = self.violating_run.filter(|&run| run != range.end - 1) {
            return Err(format!("run {run} violates the spec, and later ones were made"));
        }
        let ended = runs - u64::from(self.violating_run.is_some());
        let reached = self.reached.values().copied();
        let most = reached.chain([self.runs_with_loss, self.runs_with_operator]).max().unwrap_or(0);
        let Evidence { ends, script_ended, .. } = self.evidence;
        if self.inconclusive + ends > ended || script_ended > ends || most > runs {
            return Err(format!("it counts more than its {runs} runs"));
        }
        let counted = self.pairs.values().try_fold(0u64, |sum, &steps| sum.checked_add(steps));
        if counted.is_none_or(|counted| counted > steps) {
            return Err(format!("it counts more than its {steps} steps"));
        }
        let pairs = [
            ("losses", self.runs_with_loss > 0, loss.is_some()),
            ("operators", self.runs_with_operator > 0, operator.is_some()),
        ];
        match pairs.into_iter().find(|(_, counted, named)| counted != named) {
            None => Ok(range),
            Some((what, true, _)) => Err(format!("it counts {what} and names none")),
            Some((what, false, _)) => Err(format!("it names {what} and counts none")),
        }
    }

    pub(super) fn report(
        &self,
        violation_of: &mut dyn FnMut(u64) -> Option<Box<Violation>>,
    ) -> Result<SweepReport, Unlike> {
        let violation = match self.violating_run {
            Some(run) => Some((run, violation_of(run).ok_or(Unlike::NotShown(run))?)),
            None => None,
        };
        Ok(SweepReport {
            independent: 0,
            runs: self.runs,
            steps: self.steps,
            violation,
            inconclusive: self.inconclusive,
            awaited_until_heal: self.awaited_until_heal,
            evidence: self.evidence.clone(),
            runs_with_operator: self.runs_with_operator,
            operator: self.operator.clone(),
            runs_with_loss: self.runs_with_loss,
            largest_loss: self.largest_loss.as_ref().map(|loss| (loss.run, loss.lost())),
            interrupted: false,
            coverage: self.coverage()?,
        })
    }

    fn coverage(&self) -> Result<Coverage, Unlike> {
        let unknown = |name: &String| Unlike::Unknown(name.clone());
        let mut coverage = Coverage::default();
        if !self.pairs.is_empty() {
            let pairs = (0..Pair::COUNT).filter_map(Pair::from_index);
            let by_name: BTreeMap<String, Pair> =
                pairs.map(|pair| (pair.to_string(), pair)).collect();
            for (name, &steps) in &self.pairs {
                coverage.add_steps(*by_name.get(name).ok_or_else(|| unknown(name))?, steps);
            }
        }
        for (name, &runs) in &self.reached {
            let what = Reached::ALL.iter().find(|what| format!("{what:?}") == *name);
            coverage.add_runs(*what.ok_or_else(|| unknown(name))?, runs);
        }
        Ok(coverage)
    }
}

impl Loss {
    fn of(run: u64, lost: &Lost) -> Loss {
        let Lost { undelivered, restorable, unreplicated, cut_off, uncalled } = lost;
        let numbers = |records: &[RecordId]| records.iter().map(|record| record.0).collect();
        Loss {
            run,
            undelivered: numbers(undelivered),
            restorable: numbers(restorable),
            unreplicated: numbers(unreplicated),
            cut_off: numbers(cut_off),
            uncalled: numbers(uncalled),
        }
    }

    fn lost(&self) -> Lost {
        let records = |numbers: &[u16]| numbers.iter().map(|&number| RecordId(number)).collect();
        Lost {
            undelivered: records(&self.undelivered),
            restorable: records(&self.restorable),
            unreplicated: records(&self.unreplicated),
            cut_off: records(&self.cut_off),
            uncalled: records(&self.uncalled),
        }
    }
}
