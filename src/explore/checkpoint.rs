//! A campaign as a file: to resume it, and to join the shares of several machines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::explore::campaign::{Done, Part};
use crate::explore::coverage::{Coverage, Reached};
use crate::explore::evidence::Evidence;
use crate::explore::sweep::SweepReport;
use crate::explore::units::Share;
use crate::model::RecordId;
use crate::sim::Pair;
use crate::spec::{Lost, Violation};

/// What every file of a campaign has, so that another file is not taken for one.
pub const MARK: &str = "active-active campaign";

/// Which campaign it is: two files are about the same one if all of this is equal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The whole scenario, as a file has it.
    pub scenario: String,
    /// The scheduler, as `--scheduler` has it.
    pub scheduler: String,
    /// What its random choices derive from.
    pub seed: u64,
    /// How many runs, of all shares together.
    pub runs: u64,
    /// Each run is cut short after so many steps, if any.
    pub steps_max: Option<u64>,
}

/// How far a share of a campaign is. Violations are kept as the numbers of their runs: whoever reads
/// them makes the run again, which is all that a violation is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    kind: String,
    /// The version of the program: schedules may differ between versions.
    version: String,
    /// Which campaign it is.
    pub identity: Identity,
    /// The share, as in `3/64`.
    share: String,
    /// The first run of the share that is not done.
    next: u64,
    /// What the runs before it show.
    done: Tally,
    /// What is done after it.
    early: Vec<Tally>,
    /// The parts of `done`, if the share is to be joined with others.
    parts: Vec<Tally>,
}

/// Why a file cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It is no such file.
    #[error("it is no file of a campaign: {0}; give the path of one, or of a new file")]
    Unreadable(String),
    /// Another version wrote it.
    #[error(
        "version {found} wrote it and this is version {}; use that version, or begin anew",
        env!("CARGO_PKG_VERSION")
    )]
    Version {
        /// Which.
        found: String,
    },
    /// It is about another campaign.
    #[error("it is about a campaign with another {0}; give the same, or the path of a new file")]
    Other(&'static str),
    /// It counts something that this build does not know.
    #[error("it counts '{0}', which this build does not know; use the build that wrote it")]
    Unknown(String),
}

/// A report with the names of what it counts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tally {
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
}

impl Checkpoint {
    /// How far a campaign is.
    pub fn new(identity: Identity, share: Share, done: &Done, parts: &[Part]) -> Checkpoint {
        Checkpoint {
            kind: MARK.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            identity,
            share: share.to_string(),
            next: done.next,
            done: Tally::of(0, &done.report),
            early: done.early.iter().map(|part| Tally::of(part.first, &part.report)).collect(),
            parts: parts.iter().map(|part| Tally::of(part.first, &part.report)).collect(),
        }
    }

    /// As text, one line; [`Checkpoint::parse`] reads it.
    pub fn to_text(&self) -> String {
        let text = serde_json::to_string(self).expect("all keys are strings");
        format!("{text}\n")
    }

    /// A part that was done since, as a line that may be put behind the text.
    pub fn line(part: &Part) -> String {
        let tally = Tally::of(part.first, &part.report);
        let text = serde_json::to_string(&tally).expect("all keys are strings");
        format!("{text}\n")
    }

    /// Reads it, and the parts that were put behind it. A line that is torn, because whoever wrote
    /// it was killed or the disk was full, ends it: what it said is not done.
    ///
    /// # Errors
    ///
    /// If it is something else, its first line is cut off, or another version wrote it.
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let mut lines = text.split_inclusive('\n');
        let first = lines.next().unwrap_or_default();
        let mut read: Checkpoint = serde_json::from_str(first)
            .map_err(|error| CheckpointError::Unreadable(error.to_string()))?;
        let whole = lines.take_while(|line| line.ends_with('\n'));
        read.early.extend(whole.map_while(|line| serde_json::from_str::<Tally>(line).ok()));
        if read.kind != MARK || read.share.parse::<Share>().is_err() {
            return Err(CheckpointError::Unreadable("it has another kind".to_owned()));
        }
        match read.version == env!("CARGO_PKG_VERSION") {
            true => Ok(read),
            false => Err(CheckpointError::Version { found: read.version }),
        }
    }

    /// Which share it is.
    pub fn share(&self) -> Share {
        self.share.parse().unwrap_or_default()
    }

    /// Whether every run of the share is done, or those up to a violation.
    pub fn is_complete(&self) -> bool {
        self.done.violating_run.is_some() || self.next >= self.identity.runs
    }

    /// That it is about this campaign and this share.
    ///
    /// # Errors
    ///
    /// What differs.
    pub fn check(&self, identity: &Identity, share: Share) -> Result<(), CheckpointError> {
        let own = &self.identity;
        let differs = [
            ("scenario", own.scenario != identity.scenario),
            ("scheduler", own.scheduler != identity.scheduler),
            ("seed", own.seed != identity.seed),
            ("number of runs", own.runs != identity.runs),
            ("bound on steps", own.steps_max != identity.steps_max),
            ("share", self.share() != share),
        ];
        match differs.into_iter().find(|(_, differs)| *differs) {
            Some((what, _)) => Err(CheckpointError::Other(what)),
            None => Ok(()),
        }
    }

    /// How far it is. `violation_of` makes a run again and says what it violates.
    ///
    /// # Errors
    ///
    /// If it counts what this build does not know.
    pub fn done(
        &self,
        violation_of: &mut dyn FnMut(u64) -> Option<Box<Violation>>,
    ) -> Result<Done, CheckpointError> {
        let report = self.done.report(violation_of)?;
        let part =
            |tally: &Tally| Ok(Part { first: tally.first, report: tally.report(violation_of)? });
        let early = self.early.iter().map(part).collect::<Result<_, _>>()?;
        Ok(Done { report, next: self.next, early })
    }

    /// The parts of what is done.
    ///
    /// # Errors
    ///
    /// As [`Checkpoint::done`].
    pub fn parts(
        &self,
        violation_of: &mut dyn FnMut(u64) -> Option<Box<Violation>>,
    ) -> Result<Vec<Part>, CheckpointError> {
        let part =
            |tally: &Tally| Ok(Part { first: tally.first, report: tally.report(violation_of)? });
        self.parts.iter().map(part).collect()
    }
}

impl Tally {
    fn of(first: u64, report: &SweepReport) -> Tally {
        let reached =
            Reached::ALL.iter().map(|&what| (format!("{what:?}"), report.coverage.runs(what)));
        Tally {
            first,
            runs: report.runs,
            steps: report.steps,
            inconclusive: report.inconclusive,
            awaited_until_heal: report.awaited_until_heal,
            evidence: report.evidence.clone(),
            runs_with_operator: report.runs_with_operator,
            operator: report.operator.clone(),
            runs_with_loss: report.runs_with_loss,
            largest_loss: report.largest_loss.as_ref().map(|(run, lost)| Loss::of(*run, lost)),
            violating_run: report.violation.as_ref().map(|(run, _)| *run),
            pairs: report.coverage.pairs().map(|(pair, count)| (pair.to_string(), count)).collect(),
            reached: reached.filter(|(_, runs)| *runs > 0).collect(),
        }
    }

    fn report(
        &self,
        violation_of: &mut dyn FnMut(u64) -> Option<Box<Violation>>,
    ) -> Result<SweepReport, CheckpointError> {
        let violation = match self.violating_run {
            Some(run) => {
                let again = violation_of(run)
                    .ok_or_else(|| CheckpointError::Unknown(format!("a violation in run {run}")))?;
                Some((run, again))
            }
            None => None,
        };
        Ok(SweepReport {
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

    fn coverage(&self) -> Result<Coverage, CheckpointError> {
        let unknown = |name: &String| CheckpointError::Unknown(name.clone());
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
        let Lost { undelivered, restorable, unreplicated } = lost;
        let numbers = |records: &[RecordId]| records.iter().map(|record| record.0).collect();
        Loss {
            run,
            undelivered: numbers(undelivered),
            restorable: numbers(restorable),
            unreplicated: numbers(unreplicated),
        }
    }

    fn lost(&self) -> Lost {
        let records = |numbers: &[u16]| numbers.iter().map(|&number| RecordId(number)).collect();
        Lost {
            undelivered: records(&self.undelivered),
            restorable: records(&self.restorable),
            unreplicated: records(&self.unreplicated),
        }
    }
}
