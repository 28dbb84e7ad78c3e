//! The script of a scenario: what the driver does, one line a step.
//!
//! ```text
//! publish 2                                             hand batch 2 to the source
//! await published batch 2                               every record of it is accepted
//! await published or refused batch 2                    … or the source was refused one
//! await enqueued inbound-preprocess-queue batch 2       … was put into that queue, in any region
//! await enqueued inbound-preprocess-queue@1 batch 2     … of it that came to region 1, once all came to one
//! await delivered batch 2                               … is at the destination
//! await delivered 15                                    15 records are at the destination
//! await delivered all                                   everything published so far is there
//! await drained @1                                      the queues of region 1 are empty
//! await quiescent                                       no machine can take a step, and no orchestrator has one to start that could
//! await sometime                                        any moment: a choice of the scheduler
//! pause preprocess-container@1                          see the faults
//! crash *-container@2
//! fail inbound-queue@1
//! fail some *@1                                         one to all of them: the scheduler chooses
//! offline in-dns@1
//! outage @1                                             everything in region 1 at once
//! lose core-table@1                                     all of its rows, for good
//! lose @1                                               everything in region 1, for good
//! switchover core-table to @2                           its writer, and nothing is lost
//! failover core-table to @2                             at once: what was not replicated is lost
//! deploy core@1                                         the new release, in place of its containers, which works
//! rollback core@1                                       the old release, in the same way
//! recover *@1
//! redrive inbound-queue@1                               its dead letters come back
//! weights 3 1                                           of in-dns
//! expect delivered 20                                   checked when the driver gets here
//! expect waiting inbound-preprocess-queue@1 batch 2     all of batch 2 that came here, unremoved
//! expect waiting inbound-preprocess-queue@1 batch 2 records 5
//! expect unreplicated batch 2                           in no table but where it was written
//! expect bypassed @1 batch 2                            nothing of batch 2 was ever in region 1
//! expect dead-lettered 0                                no dead-letter queue has anything
//! expect state preprocess-container@1 FailedDependency
//! expect latency p99 <= 2s                              about the whole run, wherever the line is, and
//! expect rto <= 60s                                     judged when it has ended, if it has a time
//! expect rpo <= 5s
//! ```
//!
//! ```
//! use active_active::scenario::script::ScriptError;
//! use active_active::scenario::{Condition, Expectation, ScriptStep};
//!
//! let step = |line: &str| line.parse::<ScriptStep>();
//! assert_eq!(step("await delivered 7"), Ok(ScriptStep::Await(Condition::Delivered(7))));
//! assert_eq!(step("expect dead-lettered 0"), Ok(ScriptStep::Expect(Expectation::DeadLettered(0))));
//! let error = step("publsh 1").expect_err("no step begins so");
//! assert!(matches!(error, ScriptError::UnknownVerb(_)) && error.to_string().contains("'publish'"));
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::container::State;
use crate::model::fault::FaultKind;
use crate::words;

mod batch;
pub mod objective;
mod reading;
#[cfg(test)]
mod tests;

pub use objective::{Measure, Objective, Percentile, TimeLimit, TimeUnit};

/// One line of a script, its names not resolved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ScriptStep {
    /// Hand a batch (counted from 1) to the source.
    Publish(u16),
    /// Go on when the condition holds.
    Await(Condition),
    /// A fault begins, for every component that matches the pattern.
    Fault(FaultKind, String),
    /// One to all of the queues, containers, tables and replicators that match the pattern fail;
    /// containers are paused. How many and which ones is a choice of the scheduler.
    FailSome(String),
    /// The writers of all databases that match the pattern move to a region (counted from 1), by a
    /// switchover or a failover.
    MoveWriter(FaultKind, String, u8),
    /// Everything in the region (counted from 1) fails at once: containers crash, queues, tables
    /// and DNS targets fail, and replication does not reach it.
    Outage(u8),
    /// Faults end, for every component that matches the pattern.
    Recover(String),
    /// The dead letters of every queue that matches the pattern come back as new messages.
    Redrive(String),
    /// in-dns gets new weights, by region.
    Weights(Vec<u32>),
    /// Check something now, or, of times, when the run has ended; the run is violated if it does not hold.
    Expect(Expectation),
}

/// What the driver can wait for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Every record of the batch is accepted.
    Published(u16),
    /// Every record of the batch is accepted, or the source was refused one since the batch was last
    /// published.
    PublishedOrRefused(u16),
    /// Every record of the batch was put into the queue of this name, in whichever region. With a region
    /// (`QUEUE@R`): every record of the batch has come to a region, and those that came to this one were put into
    /// the queue.
    Enqueued(String, u16),
    /// Every record of the batch is at the destination.
    DeliveredBatch(u16),
    /// So many records are at the destination.
    Delivered(u32),
    /// Every record of every batch published so far is at the destination.
    DeliveredAll,
    /// The queues of the region (counted from 1) are empty.
    Drained(u8),
    /// No machine but the driver can take a step.
    Quiescent,
    /// Any moment: it is a choice of the scheduler how long the driver waits, at the latest until no machine can step, or, in a
    /// system that goes round, until that is healed.
    Sometime,
}

/// What the driver can check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expectation {
    /// Exactly so many records are at the destination.
    Delivered(u32),
    /// All records of the batch that came to the queue's region are in the queue, unremoved; and
    /// there are so many of them, or at least one.
    Waiting {
        /// Name of the queue, with its region.
        queue: String,
        /// The batch, counted from 1.
        batch: u16,
        /// How many of the batch's records that must be.
        records: Option<u32>,
    },
    /// No record of the batch is in a table of a region that did not write it.
    Unreplicated(u16),
    /// No record of the batch is, or was ever, in a queue of the region (counted from 1).
    Bypassed(u8, u16),
    /// Exactly so many records are in dead-letter queues.
    DeadLettered(u32),
    /// All containers that match the pattern are in this state.
    State(String, State),
    /// Something about the times of the whole run: no step of the driver.
    Objective(Objective),
}

/// The words that a line may begin with.
const VERBS: &[&str] = &[
    "publish",
    "await",
    "pause",
    "crash",
    "fail",
    "offline",
    "lose",
    "switchover",
    "failover",
    "deploy",
    "rollback",
    "outage",
    "recover",
    "redrive",
    "weights",
    "expect",
];

/// The word that may have been meant.
fn near(line: &str) -> String {
    let word = line.split(' ').next().unwrap_or_default();
    // What brings back what is offline has another name in a script.
    if word == "online" {
        return " (did you mean 'recover'?)".to_owned();
    }
    match words::closest(word, VERBS.iter().copied()) {
        Some(near) => format!(" (did you mean '{near}'?)"),
        None => String::new(),
    }
}

/// Why a line is no step of a script.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// The line does not begin with a known word.
    #[error(
        "'{0}' is no step of a script{near}; steps begin with publish, await, pause, crash, fail, \
         offline, lose, switchover, failover, deploy, rollback, outage, recover, redrive, weights or \
         expect",
        near = near(.0)
    )]
    UnknownVerb(String),
    /// The line begins well and goes on badly.
    #[error("'{line}' is not complete or has too much; write: {usage}")]
    Usage {
        /// The line.
        line: String,
        /// What it could be.
        usage: &'static str,
    },
    /// The line speaks of times, and is wrong.
    #[error("'{line}': {why}")]
    Objective {
        /// The line.
        line: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// A word of the line is not what has to be in its place.
    #[error("'{line}': {why}")]
    Word {
        /// The line.
        line: String,
        /// What is wrong, and what would be right.
        why: String,
    },
}

/// What stands between the name of a stage and a region in the pattern that means its containers there.
const CONTAINERS_AT: &str = "-container*@";

impl fmt::Display for ScriptStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScriptStep::Publish(batch) => write!(f, "publish {batch}"),
            ScriptStep::Await(condition) => write!(f, "await {condition}"),
            ScriptStep::Fault(kind, name) => match name.split_once(CONTAINERS_AT) {
                Some((stage, region)) if kind.replaces() && !stage.contains("-container") => {
                    write!(f, "{} {stage}@{region}", kind.name())
                }
                Some(_) | None => write!(f, "{} {name}", kind.name()),
            },
            ScriptStep::FailSome(name) => write!(f, "fail some {name}"),
            ScriptStep::MoveWriter(kind, name, region) => {
                write!(f, "{} {name} to @{region}", kind.name())
            }
            ScriptStep::Outage(region) => write!(f, "outage @{region}"),
            ScriptStep::Recover(name) => write!(f, "recover {name}"),
            ScriptStep::Redrive(name) => write!(f, "redrive {name}"),
            ScriptStep::Weights(weights) => {
                write!(f, "weights")?;
                weights.iter().try_for_each(|weight| write!(f, " {weight}"))
            }
            ScriptStep::Expect(expectation) => write!(f, "expect {expectation}"),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Published(batch) => write!(f, "published batch {batch}"),
            Condition::PublishedOrRefused(batch) => write!(f, "published or refused batch {batch}"),
            Condition::Enqueued(queue, batch) => write!(f, "enqueued {queue} batch {batch}"),
            Condition::DeliveredBatch(batch) => write!(f, "delivered batch {batch}"),
            Condition::Delivered(count) => write!(f, "delivered {count}"),
            Condition::DeliveredAll => write!(f, "delivered all"),
            Condition::Drained(region) => write!(f, "drained @{region}"),
            Condition::Quiescent => write!(f, "quiescent"),
            Condition::Sometime => write!(f, "sometime"),
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expectation::Delivered(count) => write!(f, "delivered {count}"),
            Expectation::Waiting { queue, batch, records } => {
                write!(f, "waiting {queue} batch {batch}")?;
                records.iter().try_for_each(|count| write!(f, " records {count}"))
            }
            Expectation::Unreplicated(batch) => write!(f, "unreplicated batch {batch}"),
            Expectation::Bypassed(region, batch) => write!(f, "bypassed @{region} batch {batch}"),
            Expectation::DeadLettered(count) => write!(f, "dead-lettered {count}"),
            Expectation::State(name, state) => write!(f, "state {name} {}", state.name()),
            Expectation::Objective(objective) => objective.fmt(f),
        }
    }
}

impl TryFrom<String> for ScriptStep {
    type Error = ScriptError;

    fn try_from(line: String) -> Result<ScriptStep, ScriptError> {
        line.parse()
    }
}

impl From<ScriptStep> for String {
    fn from(step: ScriptStep) -> String {
        step.to_string()
    }
}
