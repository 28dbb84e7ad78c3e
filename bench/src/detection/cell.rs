//! The detection table: how many schedules each strategy needs for each design that is wrong.

use std::sync::Arc;

use active_active::explore::{Progress, Strategy, Sweep};
use active_active::plan::Plan;
use active_active::scenario::designs::UNSOUND;
use active_active::scenario::{FileError, builtin};

/// What to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Detection {
    /// How many sweeps for each design and strategy, with the seeds from 1.
    pub(crate) trials: u64,
    /// How many schedules a sweep may take.
    pub(crate) budget: u64,
    /// On how many threads; the table is the same.
    pub(crate) threads: usize,
}

/// A design that is wrong, and where it shows.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The option and its value; nothing if the scenario is wrong as it is.
    pub(crate) design: &'static str,
    /// The name of the scenario.
    pub(crate) scenario: String,
    /// The wrong design, ready to run.
    pub(crate) plan: Arc<Plan>,
}

/// What one strategy needs for one design.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cell {
    /// The strategy.
    pub(crate) strategy: Strategy,
    /// Of the trials that found it: how many schedules and how many steps they took, that with
    /// which it was found included.
    pub(crate) found: Vec<Effort>,
    /// How many trials there were.
    pub(crate) trials: u64,
}

/// What a trial took.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Effort {
    /// Runs.
    pub(crate) schedules: u64,
    /// Steps of all of them.
    pub(crate) steps: u64,
}

/// Every design that is wrong: the rows of [`UNSOUND`], the built-in scenarios of unsound systems and
/// the incidents.
///
/// # Errors
///
/// If a row has a mistake, which a test rules out.
pub(crate) fn subjects() -> Result<Vec<Subject>, FileError> {
    let mut subjects = Vec::new();
    let mut add = |design, plan: Plan| {
        let scenario = plan.scenario().name.clone();
        subjects.push(Subject { design, scenario, plan: Arc::new(plan) });
    };
    for row in UNSOUND.iter() {
        add(row.design, row.plan()?);
    }
    for (name, _, _) in builtin::unsound() {
        // Some rows above are about a scenario that is wrong as it is.
        if UNSOUND.iter().all(|row| row.scenario != *name) {
            add("", Plan::with_changes(name, &[])?);
        }
    }
    Ok(subjects)
}

impl Detection {
    /// Makes the trials of one design and strategy, until `progress` says stop.
    pub(crate) fn cell(&self, subject: &Subject, strategy: Strategy, progress: &Progress) -> Cell {
        let trial = |seed| {
            let prepared = strategy.prepare(&subject.plan, seed);
            let sweep = Sweep {
                plan: Arc::clone(&subject.plan),
                runs: self.budget,
                threads: self.threads,
                steps_max: u64::MAX,
            };
            let report = sweep.run(|| prepared.scheduler(), progress);
            report.violation.map(|_| Effort { schedules: report.runs, steps: report.steps })
        };
        let found = (1..=self.trials).filter_map(trial).collect();
        Cell { strategy, found, trials: self.trials }
    }
}

impl Cell {
    /// The median over all trials, a trial that did not find it counting as more than any that
    /// did; nothing if that is the median. Of an even number of trials it is the upper one of the
    /// two in the middle.
    pub(crate) fn median(&self, of: impl Fn(&Effort) -> u64) -> Option<u64> {
        let mut efforts: Vec<u64> = self.found.iter().map(of).collect();
        efforts.sort_unstable();
        efforts.get(self.trials as usize / 2).copied()
    }

    /// Whether every trial found it.
    pub(crate) fn is_always_found(&self) -> bool {
        self.found.len() as u64 == self.trials
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_that_finds_nothing_counts_as_the_worst() {
        let effort = |schedules| Effort { schedules, steps: 10 * schedules };
        let cell = |found: &[u64], trials| {
            let found = found.iter().copied().map(effort).collect();
            Cell { strategy: Strategy::Pos, found, trials }.median(|effort| effort.schedules)
        };
        assert_eq!(cell(&[9, 1, 5], 3), Some(5));
        assert_eq!(cell(&[9, 1], 3), Some(9));
        assert_eq!(cell(&[9], 3), None);
        assert_eq!(cell(&[9, 1], 4), None);
    }

    #[test]
    fn a_cell_is_the_same_on_any_number_of_threads() {
        let subjects = subjects().expect("the rows are right");
        let subject = subjects
            .iter()
            .find(|subject| subject.design == "container.on_duplicate=skip")
            .expect("it is a row");
        let cell = |threads, strategy| {
            let detection = Detection { trials: 3, budget: 100, threads };
            detection.cell(subject, strategy, &Progress::default())
        };
        for strategy in [Strategy::Random, Strategy::Feedback] {
            assert_eq!(cell(1, strategy), cell(3, strategy));
            assert!(cell(1, strategy).median(|effort| effort.steps).is_some());
        }
    }
}
