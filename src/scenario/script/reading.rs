//! From the words of a line to a step of the script.

use std::str::FromStr;

use super::{CONTAINERS_AT, Condition, Expectation, ScriptError, ScriptStep, objective};
use crate::model::container::State;
use crate::model::fault::FaultKind;
use crate::words;

const PUBLISH: &str = "publish BATCH";
const AWAIT: &str = "await published [or refused] batch N, await enqueued QUEUE[@REGION] batch N, await delivered \
                     batch N, await delivered COUNT, await delivered all, await drained @REGION, \
                     await quiescent, or await sometime";
const FAULT: &str = "pause, crash, fail, offline, lose or recover, and a COMPONENT (as in 'crash \
                     core-container@2' or 'fail *-table@1'); or 'fail some PATTERN' or 'lose @REGION'";
const MOVE: &str = "switchover or failover, a DATABASE, and 'to @REGION' (as in 'failover core-table to \
                    @2')";
const DEPLOY: &str =
    "deploy or rollback, and STAGE@REGION or a CONTAINER (as in 'deploy core@1' or 'rollback *@2')";
const OUTAGE: &str = "outage @REGION";
const REDRIVE: &str = "redrive QUEUE@REGION (or a pattern)";
const WEIGHTS: &str = "weights and one number from 0 to 255 for each region";
const EXPECT: &str = "expect delivered COUNT, expect waiting QUEUE@REGION batch N [records \
                      COUNT], expect unreplicated batch N, expect bypassed @REGION batch N, expect \
                      dead-lettered COUNT, expect state CONTAINER Processing|FailedProcessing|FailedDependency, \
                      expect latency pN|max <= TIME, expect rto <= TIME, or expect rpo <= TIME";

impl FromStr for ScriptStep {
    type Err = ScriptError;

    fn from_str(line: &str) -> Result<ScriptStep, ScriptError> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let usage = |usage| ScriptError::Usage { line: line.to_owned(), usage };
        let wrong = |why| ScriptError::Objective { line: line.to_owned(), why };
        let wrong_word = |why| ScriptError::Word { line: line.to_owned(), why };
        match words.as_slice() {
            ["publish", batch] => {
                let wrong = |wrong: Wrong| wrong.map_or_else(|| usage(PUBLISH), wrong_word);
                self::batch(batch).map(ScriptStep::Publish).map_err(wrong)
            }
            ["publish", ..] => Err(usage(PUBLISH)),
            ["await", rest @ ..] => {
                let wrong = |wrong: Wrong| wrong.map_or_else(|| usage(AWAIT), wrong_word);
                condition(rest).map(ScriptStep::Await).map_err(wrong)
            }
            ["pause", name] => Ok(ScriptStep::Fault(FaultKind::Pause, (*name).to_owned())),
            ["crash", name] => Ok(ScriptStep::Fault(FaultKind::Crash, (*name).to_owned())),
            ["fail", "some"] => Err(usage(FAULT)),
            ["fail", name] => Ok(ScriptStep::Fault(FaultKind::Fail, (*name).to_owned())),
            ["fail", "some", name] => Ok(ScriptStep::FailSome((*name).to_owned())),
            ["offline", name] => Ok(ScriptStep::Fault(FaultKind::Offline, (*name).to_owned())),
            ["lose", name] => Ok(ScriptStep::Fault(FaultKind::Lose, (*name).to_owned())),
            ["switchover", name, "to", region] => {
                let to = self::region(region).map_err(wrong_word)?;
                Ok(ScriptStep::MoveWriter(FaultKind::Switchover, (*name).to_owned(), to))
            }
            ["failover", name, "to", region] => {
                let to = self::region(region).map_err(wrong_word)?;
                Ok(ScriptStep::MoveWriter(FaultKind::Failover, (*name).to_owned(), to))
            }
            ["switchover" | "failover", ..] => Err(usage(MOVE)),
            ["deploy", name] => replaced(FaultKind::Deploy, name).ok_or_else(|| usage(DEPLOY)),
            ["rollback", name] => replaced(FaultKind::Rollback, name).ok_or_else(|| usage(DEPLOY)),
            ["deploy" | "rollback", ..] => Err(usage(DEPLOY)),
            ["outage", region] => self::region(region).map(ScriptStep::Outage).map_err(wrong_word),
            ["outage", ..] => Err(usage(OUTAGE)),
            ["recover", name] => Ok(ScriptStep::Recover((*name).to_owned())),
            ["pause" | "crash" | "fail" | "offline" | "lose" | "recover", ..] => Err(usage(FAULT)),
            ["redrive", name] => Ok(ScriptStep::Redrive((*name).to_owned())),
            ["redrive", ..] => Err(usage(REDRIVE)),
            ["weights", rest @ ..] if !rest.is_empty() => {
                let weights: Result<Vec<u32>, _> = rest.iter().map(|word| weight(word)).collect();
                weights.map(ScriptStep::Weights).map_err(wrong_word)
            }
            ["weights"] => Err(usage(WEIGHTS)),
            ["expect", rest @ ..] => {
                let not_one = |wrong: Wrong| wrong.map_or_else(|| usage(EXPECT), wrong_word);
                let expectation = match objective::parse(rest) {
                    Some(objective) => Ok(Expectation::Objective(objective.map_err(wrong)?)),
                    None => expectation(rest).map_err(not_one),
                };
                expectation.map(ScriptStep::Expect)
            }
            _ => Err(ScriptError::UnknownVerb(line.to_owned())),
        }
    }
}

/// Another release of a stage in a region, or of the containers that match a pattern.
fn replaced(kind: FaultKind, name: &str) -> Option<ScriptStep> {
    let containers = match name.rsplit_once('@') {
        Some((stage, region)) if !stage.contains("-container") => {
            format!("{stage}{CONTAINERS_AT}{region}")
        }
        None if !name.contains("-container") => return None,
        Some(_) | None => name.to_owned(),
    };
    Some(ScriptStep::Fault(kind, containers))
}

/// Why words are not what they should be: one of them is not, or, if nothing is said, all together.
type Wrong = Option<String>;

/// A word that stands for a number; one without a digit is another word, which is wrong there.
fn number<T: FromStr>(word: &str, what: &str, range: &str) -> Result<T, Wrong> {
    let is_number = word.contains(|letter: char| letter.is_ascii_digit());
    word.parse().map_err(|_| is_number.then(|| format!("'{word}' is not {what}; use {range}")))
}

fn batch(word: &str) -> Result<u16, Wrong> {
    number(word, "the number of a batch", "1 to 65534")
}

fn records(word: &str) -> Result<u32, Wrong> {
    number(word, "a number of records", "0 to 65534")
}

fn weight(word: &str) -> Result<u32, String> {
    word.parse().map_err(|_| format!("'{word}' is no weight; use 0 to 255, one for each region"))
}

fn region(word: &str) -> Result<u8, String> {
    let number = word.strip_prefix('@').and_then(|number| number.parse().ok());
    let bare = word.trim_start_matches('@');
    let number_of = if bare.parse::<u8>().is_ok() { bare } else { "1" };
    number.ok_or_else(|| {
        format!("'{word}' is not a region; write '@' and its number, as in @{number_of}")
    })
}

/// The state of a container, as stories have it, or in small letters.
fn state(word: &str) -> Result<State, String> {
    let states = [State::Processing, State::FailedProcessing, State::FailedDependency];
    let plain = |name: &str| name.replace(['-', '_'], "").to_lowercase();
    states.into_iter().find(|known| plain(known.name()) == plain(word)).ok_or_else(|| {
        let names = states.map(State::name);
        let near = words::closest(word, names.into_iter());
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        format!("'{word}' is not a state of a container; use {}{near}", names.join(" or "))
    })
}

fn condition(words: &[&str]) -> Result<Condition, Wrong> {
    Ok(match words {
        ["published", "batch", batch] => Condition::Published(self::batch(batch)?),
        ["published", "or", "refused", "batch", batch] => {
            Condition::PublishedOrRefused(self::batch(batch)?)
        }
        ["enqueued", queue, "batch", batch] => {
            Condition::Enqueued((*queue).to_owned(), self::batch(batch)?)
        }
        ["delivered", "batch", batch] => Condition::DeliveredBatch(self::batch(batch)?),
        ["delivered", "all"] => Condition::DeliveredAll,
        ["delivered", count] => Condition::Delivered(records(count)?),
        ["drained", region] => Condition::Drained(self::region(region)?),
        ["quiescent"] => Condition::Quiescent,
        ["sometime"] => Condition::Sometime,
        _ => return Err(None),
    })
}

fn expectation(words: &[&str]) -> Result<Expectation, Wrong> {
    Ok(match words {
        ["delivered", count] => Expectation::Delivered(records(count)?),
        ["waiting", queue, "batch", batch, rest @ ..] => {
            let records = match rest {
                [] => None,
                ["records", count] => Some(self::records(count)?),
                _ => return Err(None),
            };
            Expectation::Waiting { queue: (*queue).to_owned(), batch: self::batch(batch)?, records }
        }
        ["unreplicated", "batch", batch] => Expectation::Unreplicated(self::batch(batch)?),
        ["bypassed", region, "batch", batch] => {
            Expectation::Bypassed(self::region(region)?, self::batch(batch)?)
        }
        ["dead-lettered", count] => Expectation::DeadLettered(records(count)?),
        ["state", name, state] => Expectation::State((*name).to_owned(), self::state(state)?),
        _ => return Err(None),
    })
}
