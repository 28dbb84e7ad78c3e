//! Which scheduler, as `--scheduler` has it.

use std::str::FromStr;

use active_active::explore::{Observer, Outcome, Progress, Runner, Sweep, SweepReport};
use active_active::report::SchedulerSummary;
use active_active::scheduler::{Random, RoundRobin, Script};

/// A scheduler by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum SchedulerName {
    /// `random`
    Random,
    /// `round-robin`
    RoundRobin,
    /// `script:1,2,3`
    Script(Vec<u16>),
}

/// Why a text names no scheduler.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum SchedulerNameError {
    /// It is no known name.
    #[error("there is no such scheduler; use random, round-robin or script:1,2,3")]
    Unknown,
    /// The script has something that is no number.
    #[error("'{0}' is no number from 0 to 65535; write them as in script:1,2,3")]
    Number(String),
}

impl FromStr for SchedulerName {
    type Err = SchedulerNameError;

    fn from_str(text: &str) -> Result<SchedulerName, SchedulerNameError> {
        match (text, text.strip_prefix("script:")) {
            ("random", _) => Ok(SchedulerName::Random),
            ("round-robin", _) => Ok(SchedulerName::RoundRobin),
            // The script without numbers is the fair run.
            (_, Some("")) => Ok(SchedulerName::Script(Vec::new())),
            (_, Some(numbers)) => {
                let number = |text: &str| {
                    text.trim().parse().map_err(|_| SchedulerNameError::Number(text.to_owned()))
                };
                numbers.split(',').map(number).collect::<Result<_, _>>().map(SchedulerName::Script)
            }
            (_, None) => Err(SchedulerNameError::Unknown),
        }
    }
}

impl SchedulerName {
    /// What reports say of it.
    pub(crate) fn summary(&self, seed: u64) -> SchedulerSummary {
        let (name, seed) = match self {
            SchedulerName::Random => ("random".to_owned(), Some(seed)),
            SchedulerName::RoundRobin => ("round-robin".to_owned(), None),
            SchedulerName::Script(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(u16::to_string).collect();
                (format!("script:{}", numbers.join(",")), None)
            }
        };
        SchedulerSummary { name, seed }
    }

    /// What tells the files of its runs from those of others: the seed and the run, if there is
    /// more than one run.
    pub(crate) fn file_suffix(&self, seed: u64, run: u64) -> String {
        match self {
            SchedulerName::Random => format!("seed{seed}-run{run}"),
            SchedulerName::RoundRobin => "round-robin".to_owned(),
            SchedulerName::Script(_) => "script".to_owned(),
        }
    }

    /// Whether all its runs are the same run.
    pub(crate) fn is_deterministic(&self) -> bool {
        match self {
            SchedulerName::Random => false,
            SchedulerName::RoundRobin | SchedulerName::Script(_) => true,
        }
    }

    /// Sweeps with it.
    pub(crate) fn sweep(&self, seed: u64, sweep: &Sweep, progress: &Progress) -> SweepReport {
        match self {
            SchedulerName::Random => sweep.run(|| Random::new(seed), progress),
            SchedulerName::RoundRobin => sweep.run(RoundRobin::default, progress),
            SchedulerName::Script(numbers) => sweep.run(|| Script::new(numbers.clone()), progress),
        }
    }

    /// Runs once with it.
    pub(crate) fn run<O: Observer>(
        &self,
        seed: u64,
        runner: &mut Runner,
        run: u64,
        observer: &mut O,
    ) -> Outcome {
        match self {
            SchedulerName::Random => runner.run(&mut Random::new(seed), run, observer),
            SchedulerName::RoundRobin => runner.run(&mut RoundRobin::default(), run, observer),
            SchedulerName::Script(numbers) => {
                runner.run(&mut Script::new(numbers.clone()), run, observer)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read() {
        let cases = [
            ("random", SchedulerName::Random),
            ("round-robin", SchedulerName::RoundRobin),
            ("script:", SchedulerName::Script(vec![])),
            ("script:1, 2,65535", SchedulerName::Script(vec![1, 2, 65_535])),
        ];
        for (text, name) in cases {
            assert_eq!(text.parse(), Ok(name));
        }
        for text in ["", "Random", "script", "script:1,,2", "script:65536", "script:-1"] {
            assert!(text.parse::<SchedulerName>().is_err(), "{text}");
        }
    }
}
