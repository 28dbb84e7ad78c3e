//! Which scheduler, as `--scheduler` has it.

use std::str::FromStr;
use std::sync::Arc;

use active_active::explore::Strategy;
use active_active::explore::strategy::Prepared;
use active_active::explore::{
    Campaign, Note, Observer, Outcome, Progress, Runner, Sweep, SweepReport,
};
use active_active::metrics::Metrics;
use active_active::plan::Plan;
use active_active::report::SchedulerSummary;
use active_active::scheduler::{Random, Rhythm, RoundRobin, Scheduler, Script, Timed};

use super::error::{CliError, SchedulerNameError};

/// A scheduler by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum SchedulerName {
    /// `random`, `pct:3`, …
    Search(Strategy),
    /// `timed`
    Timed,
    /// `round-robin`
    RoundRobin,
    /// `script:1,2,3`
    Script(Vec<u16>),
}

impl Default for SchedulerName {
    fn default() -> SchedulerName {
        SchedulerName::Search(Strategy::Portfolio)
    }
}

impl FromStr for SchedulerName {
    type Err = SchedulerNameError;

    fn from_str(text: &str) -> Result<SchedulerName, SchedulerNameError> {
        match (text, text.strip_prefix("script:")) {
            ("timed", _) => Ok(SchedulerName::Timed),
            ("round-robin", _) => Ok(SchedulerName::RoundRobin),
            // The script without numbers is the fair run.
            (_, Some("")) => Ok(SchedulerName::Script(Vec::new())),
            (_, Some(numbers)) => {
                let number = |text: &str| {
                    text.trim().parse().map_err(|_| SchedulerNameError::Number(text.to_owned()))
                };
                numbers.split(',').map(number).collect::<Result<_, _>>().map(SchedulerName::Script)
            }
            (_, None) => {
                text.parse().map(SchedulerName::Search).map_err(SchedulerNameError::Strategy)
            }
        }
    }
}

impl SchedulerName {
    /// What reports say of it.
    pub(crate) fn summary(&self, seed: u64) -> SchedulerSummary {
        let (name, seed) = match self {
            SchedulerName::Search(strategy) => (strategy.to_string(), Some(seed)),
            SchedulerName::Timed => ("timed".to_owned(), Some(seed)),
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
            name if *name == SchedulerName::default() => format!("seed{seed}-run{run}"),
            SchedulerName::Search(strategy) => {
                // A colon is no character for file names everywhere.
                let strategy = strategy.to_string().replace(':', "");
                format!("{strategy}-seed{seed}-run{run}")
            }
            SchedulerName::Timed => format!("timed-seed{seed}-run{run}"),
            SchedulerName::RoundRobin => "round-robin".to_owned(),
            SchedulerName::Script(_) => "script".to_owned(),
        }
    }

    /// Whether all its runs are the same run.
    pub(crate) fn is_deterministic(&self) -> bool {
        match self {
            SchedulerName::Search(_) | SchedulerName::Timed => false,
            SchedulerName::RoundRobin | SchedulerName::Script(_) => true,
        }
    }

    /// That a run is one of the first `runs`.
    ///
    /// # Errors
    ///
    /// If it is not: no sweep of them would show what it shows.
    pub(crate) fn check_run(&self, run: u64, runs: u64) -> Result<(), CliError> {
        match (run < runs, self.is_deterministic()) {
            (true, _) => Ok(()),
            (false, true) => Err(CliError::OnlyRun { run, scheduler: self.summary(0).name }),
            (false, false) => Err(CliError::NoSuchRun { run, runs }),
        }
    }

    /// Whether its runs have a time.
    pub(crate) fn is_timed(&self) -> bool {
        *self == SchedulerName::Timed
    }

    /// Gets it ready for a plan.
    pub(crate) fn prepare(&self, plan: &Arc<Plan>, seed: u64, steps_max: u64) -> Ready {
        match self {
            SchedulerName::Search(Strategy::Random) => Ready::Random(seed),
            SchedulerName::Search(strategy) => {
                Ready::Search(strategy.prepare_limited(plan, seed, steps_max))
            }
            SchedulerName::Timed => Ready::Timed(seed),
            SchedulerName::RoundRobin => Ready::RoundRobin,
            SchedulerName::Script(numbers) => Ready::Script(numbers.clone()),
        }
    }
}

/// A scheduler that knows its plan and its seed.
#[derive(Clone, Debug)]
pub(crate) enum Ready {
    /// `random`, which needs to know nothing.
    Random(u64),
    /// Another search strategy.
    Search(Prepared),
    /// `timed`, with its seed.
    Timed(u64),
    /// `round-robin`
    RoundRobin,
    /// `script:1,2,3`
    Script(Vec<u16>),
}

impl Ready {
    /// Which of its runs depend on others.
    pub(crate) fn rhythm(&self) -> Rhythm {
        match self {
            Ready::Search(prepared) => prepared.scheduler().rhythm(),
            Ready::Random(_) | Ready::Timed(_) | Ready::RoundRobin | Ready::Script(_) => {
                Rhythm::INDEPENDENT
            }
        }
    }

    /// Runs a campaign with it; each part is noted once it is done, if that is wanted.
    pub(crate) fn campaign(
        &self,
        campaign: &Campaign,
        progress: &Progress,
        note: Option<&Note<'_>>,
    ) {
        match self {
            Ready::Random(seed) => campaign.run_noting(|| Random::new(*seed), progress, note),
            Ready::Search(prepared) => {
                campaign.run_noting(|| prepared.scheduler(), progress, note);
            }
            Ready::Timed(seed) => campaign.run_noting(|| Timed::new(*seed), progress, note),
            Ready::RoundRobin => campaign.run_noting(RoundRobin::default, progress, note),
            Ready::Script(numbers) => {
                campaign.run_noting(|| Script::new(numbers.clone()), progress, note);
            }
        }
    }

    /// Sweeps with it.
    pub(crate) fn sweep(&self, sweep: &Sweep, progress: &Progress) -> SweepReport {
        match self {
            Ready::Random(seed) => sweep.run(|| Random::new(*seed), progress),
            Ready::Search(prepared) => sweep.run(|| prepared.scheduler(), progress),
            Ready::Timed(seed) => sweep.run(|| Timed::new(*seed), progress),
            Ready::RoundRobin => sweep.run(RoundRobin::default, progress),
            Ready::Script(numbers) => sweep.run(|| Script::new(numbers.clone()), progress),
        }
    }

    /// What the first runs of a sweep measure.
    pub(crate) fn measure(&self, sweep: &Sweep, runs: u64) -> Metrics {
        let (plan, threads, most) = (&sweep.plan, sweep.threads, sweep.steps_max);
        match self {
            Ready::Random(seed) => {
                Metrics::of_runs(plan, || Random::new(*seed), runs, threads, most)
            }
            Ready::Search(prepared) => {
                Metrics::of_runs(plan, || prepared.scheduler(), runs, threads, most)
            }
            Ready::Timed(seed) => Metrics::of_runs(plan, || Timed::new(*seed), runs, threads, most),
            Ready::RoundRobin => Metrics::of_runs(plan, RoundRobin::default, runs, threads, most),
            Ready::Script(numbers) => {
                Metrics::of_runs(plan, || Script::new(numbers.clone()), runs, threads, most)
            }
        }
    }

    /// Runs once with it. The runner is compiled for any scheduler and observer, and not for each pair: for one run that is
    /// fast enough.
    pub(crate) fn run(
        &self,
        runner: &mut Runner,
        run: u64,
        mut observer: &mut dyn Observer,
    ) -> Outcome {
        let mut scheduler: Box<dyn Scheduler + '_> = match self {
            Ready::Random(seed) => Box::new(Random::new(*seed)),
            Ready::Search(prepared) => Box::new(prepared.scheduler()),
            Ready::Timed(seed) => Box::new(Timed::new(*seed)),
            Ready::RoundRobin => Box::new(RoundRobin::default()),
            Ready::Script(numbers) => Box::new(Script::new(numbers.clone())),
        };
        runner.run(&mut &mut *scheduler, run, &mut observer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read() {
        let cases = [
            ("random", SchedulerName::Search(Strategy::Random)),
            ("pct:2", SchedulerName::Search(Strategy::Pct { depth: 2 })),
            ("timed", SchedulerName::Timed),
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
