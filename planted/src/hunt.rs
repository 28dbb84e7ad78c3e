//! Every fault, one after the other, and the tests that should catch it.

use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::journal::{Cost, Fate, Journal};
use crate::list::Fault;
use crate::suite::Binary;
use crate::tree::{Sources, TreeError};
use crate::trial::{End, Trial};

/// What is asked, and of which tests.
pub(crate) struct Hunt<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) tree: PathBuf,
    pub(crate) binaries: &'a [Binary],
    /// Nothing but the test that the list names for each fault.
    pub(crate) declared_only: bool,
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

/// One run of a binary: whole, or one test.
type Run<'a> = (&'a Binary, Option<&'a str>);

impl Hunt<'_> {
    /// Runs the tests without a fault, and notes how long each binary takes.
    pub(crate) fn measure(&self, faults: &[Fault], journal: &mut Journal) -> Result<(), HuntError> {
        let mut runs: Vec<Run<'_>> =
            faults.iter().filter_map(|fault| self.declared(fault)).collect();
        runs.sort_by_key(|&run| name(run));
        runs.dedup();
        if !self.declared_only {
            runs.extend(self.binaries.iter().map(|binary| (binary, None)));
        }
        for run in runs {
            if journal.cost(&name(run)).is_some() {
                continue;
            }
            // Nothing is known yet of how long a test may take.
            let silence_max = Duration::from_secs(3_600);
            let trial = Trial { binary: run.0, test: run.1, fault: 0, silence_max };
            let sick = |test: String, how| {
                Err(HuntError::Sick { test: format!("{} {test}", run.0.name), how })
            };
            match trial.run(&self.tree)? {
                End::Passed { took, slowest } => {
                    let (all_ms, slowest_ms) =
                        (took.as_millis() as u64, slowest.as_millis() as u64);
                    eprintln!("{:>8.1} s  {}", took.as_secs_f64(), name(run));
                    journal.note_cost(&name(run), Cost { all_ms, slowest_ms })?;
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
    fn declared<'a>(&'a self, fault: &'a Fault) -> Option<Run<'a>> {
        let (name, test) = fault.declared()?;
        let binary = self.binaries.iter().find(|binary| binary.name == name)?;
        Some((binary, Some(test)))
    }

    /// The named test, then the binaries, cheap ones first. Each with how long no test may end.
    fn runs<'a>(&'a self, fault: &'a Fault, journal: &Journal) -> Vec<(Run<'a>, Duration)> {
        let mut runs: Vec<(Run<'_>, Cost)> = Vec::new();
        if !self.declared_only {
            let costs = self.binaries.iter().map(|binary| (binary, None));
            runs.extend(costs.filter_map(|run| Some((run, journal.cost(&name(run))?))));
            runs.sort_by_key(|(_, cost)| cost.all_ms);
        }
        let declared = self.declared(fault);
        let first = declared.and_then(|run| Some((run, journal.cost(&name(run))?)));
        first.into_iter().chain(runs).map(|(run, cost)| (run, cost.silence_max())).collect()
    }

    /// Runs until a test fails.
    fn fate(&self, fault: &Fault, runs: &[(Run<'_>, Duration)]) -> io::Result<Fate> {
        for &((binary, test), silence_max) in runs {
            let trial = Trial { binary, test, fault: fault.number, silence_max };
            let caught =
                |test: &str, how: &str| Ok(Fate::Caught(format!("{} {test}{how}", binary.name)));
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

/// What a run is called in the journal.
fn name((binary, test): Run<'_>) -> String {
    test.map_or(binary.name.clone(), |test| format!("{} {test}", binary.name))
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
