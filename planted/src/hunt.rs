//! Every fault, one after the other, and the tests that should catch it.

use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::journal::{Cost, Fate, Journal};
use crate::list::Fault;
use crate::suite::{Binary, Group};
use crate::tree::{Sources, TreeError};
use crate::trial::{End, Trial};

/// What is asked, and of which tests.
pub(crate) struct Hunt<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) tree: PathBuf,
    pub(crate) binaries: &'a [Binary],
    /// The tests that are asked, beside the one that the list names for a fault.
    pub(crate) groups: &'a [Group],
    /// How many faults at a time.
    pub(crate) jobs: usize,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HuntError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Tree(#[from] TreeError),
    #[error("without a fault, {test} {how}; first make the tests pass")]
    Sick { test: String, how: &'static str },
}

impl Hunt<'_> {
    /// Runs the tests without a fault, and notes how long each group takes.
    pub(crate) fn measure(&self, faults: &[Fault], journal: &mut Journal) -> Result<(), HuntError> {
        let mut groups: Vec<Group> =
            faults.iter().filter_map(|fault| self.declared(fault)).collect();
        groups.sort_by(|a, b| a.name.cmp(&b.name));
        groups.dedup();
        for group in groups.iter().chain(self.groups) {
            if journal.cost(&group.name).is_some() {
                continue;
            }
            // Nothing is known yet of how long a test may take.
            let silence_max = Duration::from_secs(3_600);
            let trial = Trial { group, fault: 0, silence_max };
            let sick = |test: String, how| {
                Err(HuntError::Sick { test: format!("{} {test}", group.binary.name), how })
            };
            match trial.run(&self.tree)? {
                End::Passed { took, slowest } => {
                    let (all_ms, slowest_ms) =
                        (took.as_millis() as u64, slowest.as_millis() as u64);
                    eprintln!("{:>8.1} s  {}", took.as_secs_f64(), group.name);
                    journal.note_cost(&group.name, Cost { all_ms, slowest_ms })?;
                }
                End::Failed(test) => return sick(test, "fails"),
                End::Hung(test) => return sick(test, "does not end"),
                End::Died(test) => return sick(test, "ends the process"),
            }
        }
        Ok(())
    }

    /// Finds what catches each fault that the journal does not know of, and notes it.
    pub(crate) fn go(&self, faults: &[Fault], journal: &mut Journal) -> Result<(), HuntError> {
        let known = |fault: &&Fault| journal.fate(fault).is_none();
        let left: Vec<&Fault> = faults.iter().filter(known).collect();
        let next = Mutex::new(left.into_iter());
        let journal = Mutex::new(journal);
        let work = || -> Result<(), HuntError> {
            loop {
                let fault = next.lock().expect("no thread panics").next();
                let Some(fault) = fault else { return Ok(()) };
                self.sources.write(&self.tree)?;
                let begin = Instant::now();
                let runs = self.runs(fault, *journal.lock().expect("no thread panics"));
                let fate = self.fate(fault, &runs)?;
                say(fault, &fate, begin.elapsed());
                journal.lock().expect("no thread panics").note_fate(fault, fate)?;
            }
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..self.jobs).map(|_| scope.spawn(work)).collect();
            let mut ends = workers.into_iter().map(|worker| worker.join().expect("no panic"));
            ends.find(Result::is_err).unwrap_or(Ok(()))
        })
    }

    /// The test that the list names for the fault.
    fn declared(&self, fault: &Fault) -> Option<Group> {
        let (name, test) = fault.declared()?;
        let binary = self.binaries.iter().find(|binary| binary.name == name)?;
        Some(binary.only(test))
    }

    /// The named test, then the groups, quick ones first. Each with how long no test may end.
    fn runs(&self, fault: &Fault, journal: &Journal) -> Vec<(Group, Duration)> {
        let with_cost = |group: Group| journal.cost(&group.name).map(|cost| (group, cost));
        let mut runs: Vec<(Group, Cost)> =
            self.groups.iter().cloned().filter_map(with_cost).collect();
        runs.sort_by_key(|(_, cost)| cost.all_ms);
        let first = self.declared(fault).and_then(with_cost);
        first.into_iter().chain(runs).map(|(group, cost)| (group, cost.silence_max())).collect()
    }

    /// Runs until a test fails.
    fn fate(&self, fault: &Fault, runs: &[(Group, Duration)]) -> io::Result<Fate> {
        for (group, silence_max) in runs {
            let trial = Trial { group, fault: fault.number, silence_max: *silence_max };
            let caught = |test: &str, how: &str| {
                Ok(Fate::Caught(format!("{} {test}{how}", group.binary.name)))
            };
            match trial.run(&self.tree)? {
                End::Passed { .. } => {}
                End::Failed(test) => return caught(&test, ""),
                End::Hung(test) => return caught(&test, " (no end)"),
                End::Died(test) => return caught(&test, " (process died)"),
            }
        }
        Ok(Fate::Survived)
    }
}

fn say(fault: &Fault, fate: &Fate, took: Duration) {
    let seconds = took.as_secs_f64();
    match fate {
        Fate::Caught(test) => println!("{:>5}  {seconds:>6.1} s  caught by {test}", fault.number),
        Fate::Survived => {
            println!(
                "{:>5}  {seconds:>6.1} s  SURVIVED: {} ({})",
                fault.number, fault.cost, fault.file
            );
        }
    }
}
