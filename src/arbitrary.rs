//! Scenarios and event orders from bytes, for fuzz targets.
//!
//! Every byte string is a case, a shorter one is a simpler one, and one that ends early goes on
//! as if zeros followed. The empty string is two regions, one stage and one record, without
//! faults, under the fair scheduler.
//!
//! Bytes are read from front to back. *pick* is one byte modulo the length of a list, *spot* is
//! two bytes: a stage (or queue, or container) and a region, each modulo what there is.
//!
//! | what | bytes |
//! |---|---|
//! | base of the order | two bytes, the low one first, modulo 2,048: 0 is the fair schedule, every other number a random one of its own, faults included |
//! | regions | pick: 2 mostly, rarely up to 8 |
//! | stages | pick: 1 mostly, rarely up to 5 |
//! | containers on a queue | pick: 1 mostly, else 2; from 192 on a bit says whether the first or the second stage has settings of its own, and three bits which |
//! | batches | pick: 1 to 3; then for each its records, pick: 1 to 3, rarely 5 |
//! | business keys | pick: none mostly, else an unreadable row, or 1 or 2 keys; with 1, and rarely with none, no container can process the first record, if records are dead-lettered |
//! | weights | pick: equal, all 0, or one byte for each of 8 regions, pick of 0, 1, 2, 3, 255; and of how in-dns answers; from 224 on health checks look at the whole path |
//! | source, tables | pick each: retry or abort; reject or hang, rarely with strong replication, or with clocks of the regions' own |
//! | queues | pick each: fifo or standard; neither, rarely with message groups by key or of each record, or with deduplication, room for 1 or 3, or dead letters after 1 to 3 deliveries |
//! | retries | pick: 0 mostly, else 1 or 2; with 2, and rarely with 0, what is refused is given back then; or, with 0, relays publish; rarely containers receive up to 2 or 3 records at a time |
//! | budget | pick each of crashes, lost replies, timeouts, reorders: 0 mostly, else 1 or 3; or, in this order, an outage or a lost table, a lost region with or without a table, 1 or 2 switchovers, 1 or 2 failovers; and, from 128 on, one of a later kind of the table of faults, two bytes for each |
//! | speeds | pick: none mostly, else up to 3; each a kind, a spot, and a pick from 1 to 1000; with two of the picks the times follow, in the order of `[timing]`: picks from 0 to 60,000 ms, and a byte modulo 101 for the spread; the external service takes as long as a replicator, and a visibility timeout as long as the way between regions |
//! | opening | and from 128 on a byte whose bits say which stages have a database, and one for its writer and, from 128 on, how far it may be ahead; pick: none mostly, else waiting, bypassed or paused with a spot, unreplicated, or a rollout with a spot and a byte |
//! | script | up to 12 acts, each a pick of its kind and what it needs; kind 0 ends the script |
//! | failed queues, commands, calls | pick: refuse those who wait, at once mostly, with or without an external service; else keep them waiting (and two relays of each outbox), or as messages, or both |
//! | event order | all that is left, choice by choice: a byte that says how many choices are left to the base before it; then a byte, a step if its remainder by 64 is not 63; else a fault, and a third byte says which |
//!
//! A short input is a long run: the first two bytes stand for a random run from its beginning to its end, and each
//! choice that follows at the end changes it at one place. The numbers that they all stand for are those of a
//! [`Script`].
//!
//! This table is stable: committed seeds and saved artifacts depend on it. What is new goes in
//! where a list is picked from, by a new entry in place of a repeated one.

use std::sync::{Arc, LazyLock};

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::model::options::{
    Answer, Clock, Commands, Commit, Delivery, DualWrite, Failback, Groups, OnDependencyFailure,
    OnRefusal, QueueFailure, TableFailure,
};
use crate::plan::Plan;
use crate::run::{Choices, Runner};
use crate::scenario::{Scenario, Timing, Topology, builtin};
use crate::scheduler::{Script, Timed};
use crate::sketch::{
    Act, Databases, Disturbance, Naming, Opening, Own, Poison, Sketch, Spot, Wait, Ways,
    stage_names,
};

mod budget;
mod choices;
mod file;
mod fuzz;
mod last;
mod pace;
#[cfg(test)]
mod tests;

use last::LAST;

pub use file::{Text, read_any};
pub use fuzz::{COUNTERS, judge, judge_each};
use pace::pace;

/// A scenario and an order of events: with the fair continuation of
/// [`Script`], all that a run is.
///
/// ```
/// use std::sync::Arc;
/// use active_active::arbitrary::Case;
/// use active_active::explore::{Runner, Verdict};
/// use active_active::plan::Plan;
/// use active_active::scheduler::Script;
///
/// let case = Case::from_bytes(b"any bytes are a case").ok_or("more than BYTES_MAX")?;
/// let mut runner = Runner::new(Arc::new(Plan::new(&case.scenario)?));
/// let outcome = runner.run(&mut Script::new(case.choices), 0, &mut ());
/// assert_eq!(outcome.verdict, Verdict::Holds);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// A valid scenario of a sound design: a run that violates the spec is a bug of this crate.
    pub scenario: Scenario,
    /// The numbers of a [`Script`].
    pub choices: Vec<u16>,
}

/// The longest input that is a case: a longer one is a mistake, not a longer run.
pub const BYTES_MAX: usize = 1 << 20;

/// Read once: reading a scenario file takes longer than running it.
static F1: LazyLock<Scenario> = LazyLock::new(|| {
    builtin::scenario("f1-fail-container").expect("a test reads every built-in scenario")
});

impl Case {
    /// Any scenario of a sound design, and any order of its events.
    ///
    /// `None` if there are more than [`BYTES_MAX`] bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Case> {
        if bytes.len() > BYTES_MAX {
            return None;
        }
        Case::arbitrary_take_rest(Unstructured::new(bytes)).ok()
    }

    /// The built-in scenario `f1-fail-container` and any order of its events: the bytes are those of
    /// [`Case::of`].
    ///
    /// `None` if there are more than [`BYTES_MAX`] bytes.
    pub fn f1_from_bytes(bytes: &[u8]) -> Option<Case> {
        Case::of(&F1, bytes)
    }

    /// A scenario of your own and any order of its events: of the table above, the base and the event order.
    ///
    /// `None` if there are more than [`BYTES_MAX`] bytes.
    ///
    /// ```
    /// use active_active::arbitrary::Case;
    /// use active_active::explore::check;
    /// use active_active::scenario::builtin;
    ///
    /// let mut scenario = builtin::scenario("crash-anywhere")?;
    /// let case = Case::of(&scenario, b"any bytes").ok_or("more than BYTES_MAX")?;
    /// check(&case.scenario, &case.choices)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(scenario: &Scenario, bytes: &[u8]) -> Option<Case> {
        if bytes.len() > BYTES_MAX {
            return None;
        }
        let mut bytes = Unstructured::new(bytes);
        let base = choices::base_of(&mut bytes).ok()?;
        let choices = choices::numbers(base, bytes.take_rest());
        Some(Case { scenario: scenario.clone(), choices })
    }
}

impl Case {
    /// The case, and behind it the same scenario in the order of its times ([`Case::timed`]), if it has some.
    ///
    /// # Panics
    ///
    /// If the scenario is not valid; that of a case is.
    pub fn orders(self) -> impl Iterator<Item = Case> {
        let timed = self.timed();
        std::iter::once(self).chain(timed)
    }

    /// The same scenario in the order in which the timed scheduler takes its events, if it says how long
    /// things take.
    ///
    /// # Panics
    ///
    /// If the scenario is not valid; that of a case is.
    pub fn timed(&self) -> Option<Case> {
        if self.scenario.timing == Timing::default() {
            return None;
        }
        let plan = Arc::new(Plan::new(&self.scenario).expect("a case has a valid scenario"));
        let mut chosen = Choices::default();
        Runner::new(Arc::clone(&plan)).run(&mut Timed::new(0), 0, &mut chosen);
        let script = Script::from_choices(&plan, &chosen.taken).expect("a case has fewer faults");
        Some(Case { scenario: self.scenario.clone(), choices: script.numbers().to_vec() })
    }
}

impl<'a> Arbitrary<'a> for Case {
    /// As [`Case::from_bytes`], without choices after the base: what is left is for the next value.
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Case> {
        let base = choices::base_of(bytes)?;
        Ok(Case { scenario: sketch(bytes)?.scenario(), choices: choices::numbers(base, &[]) })
    }

    /// As [`Case::from_bytes`]: what the scenario does not need is the order of events.
    fn arbitrary_take_rest(mut bytes: Unstructured<'a>) -> Result<Case> {
        let base = choices::base_of(&mut bytes)?;
        let scenario = sketch(&mut bytes)?.scenario();
        Ok(Case { scenario, choices: choices::numbers(base, bytes.take_rest()) })
    }
}

const REGIONS: [u8; 16] = [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 8];
const STAGES: [u8; 16] = [1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 5];
const CONTAINERS: [u8; 4] = [1, 1, 1, 2];
const BATCHES: [u8; 8] = [1, 1, 1, 2, 2, 2, 3, 3];
const RECORDS: [u32; 8] = [1, 1, 1, 1, 2, 2, 3, 5];
const WEIGHTS: [u8; 8] = [0, 1, 1, 1, 2, 2, 3, 255];
/// Business keys, whether the first record has an unreadable row, and whether no container can process it.
const KEYS: [(u16, bool, Poison); 8] = [
    (0, false, Poison::Nowhere),
    (0, false, Poison::Nowhere),
    (0, false, Poison::Nowhere),
    (0, false, Poison::AtLastStage),
    (0, false, Poison::Everywhere),
    (0, true, Poison::Nowhere),
    (1, false, Poison::Everywhere),
    (2, false, Poison::Nowhere),
];
/// Deliveries before a record is dead-lettered, room for records, message groups, and whether resends are told from messages.
const QUEUES: [(u16, u16, Groups, bool); 8] = {
    use Groups::{ByKey, One};
    [
        (0, 0, One, false),
        (0, 0, One, true),
        (0, 0, ByKey, false),
        (0, 1, One, false),
        (0, 3, One, false),
        (1, 0, One, false),
        (2, 0, One, false),
        (3, 0, One, false),
    ]
};
/// How often containers send a refused request again, what they do then, whether they leave it to a relay to
/// publish, how they keep tables and queues in step, and how many records they receive at a time.
const RETRIES: [(u8, OnDependencyFailure, bool, DualWrite, u8); 8] = {
    use DualWrite::{CompensateIfAlone, Retry, Transaction};
    use OnDependencyFailure::{GiveBack, Halt};
    [
        (0, Halt, false, Retry, 1),
        (0, GiveBack, false, CompensateIfAlone, 1),
        (0, Halt, false, Transaction, 1),
        (0, Halt, false, Retry, 3),
        (0, Halt, true, Retry, 1),
        (0, GiveBack, false, Retry, 3),
        (1, Halt, false, Retry, 1),
        (2, GiveBack, false, Retry, 2),
    ]
};
/// What failed tables do, whether replication is strong, and whose clocks they go by.
const TABLES: [(TableFailure, bool, (Clock, u32)); 6] = [
    (TableFailure::Reject, false, (Clock::Shared, 0)),
    (TableFailure::Hang, false, (Clock::Shared, 0)),
    (TableFailure::Reject, false, (Clock::PerRegion, 0)),
    (TableFailure::Hang, false, (Clock::PerRegion, 8)),
    (TableFailure::Reject, true, (Clock::Shared, 0)),
    (TableFailure::Hang, true, (Clock::Shared, 0)),
];
const ACTS_MAX: usize = 12;

fn sketch(bytes: &mut Unstructured<'_>) -> Result<Sketch> {
    let regions = *bytes.choose(&REGIONS)?;
    let stages = stage_names(*bytes.choose(&STAGES)?);
    let (containers, own) = containers(bytes)?;
    let batches = *bytes.choose(&BATCHES)?;
    let batch_sizes = (0..batches).map(|_| bytes.choose(&RECORDS).copied());
    let batch_sizes = batch_sizes.collect::<Result<_>>()?;
    let (keys, unreadable, poison) = *bytes.choose(&KEYS)?;
    let naming = naming(bytes)?;
    let on_refusal = *bytes.choose(&[OnRefusal::Retry, OnRefusal::Retry, OnRefusal::Abort])?;
    let (on_table_failure, strong, clock) = *bytes.choose(&TABLES)?;
    let delivery = *bytes.choose(&[Delivery::Fifo, Delivery::Fifo, Delivery::Standard])?;
    let (max_receives, capacity, groups, deduplicates) = *bytes.choose(&QUEUES)?;
    let (retries, on_dependency_failure, outbox, dual_write, batch) = *bytes.choose(&RETRIES)?;
    let mut sketch = Sketch {
        topology: Topology { regions, stages, containers, old_containers: 0 },
        batches: batch_sizes,
        keys,
        unreadable,
        poison,
        naming,
        on_refusal,
        on_table_failure,
        clock,
        on_queue_failure: QueueFailure::default(),
        commands: Commands::default(),
        calls: None,
        strong,
        delivery,
        commit: Commit::default(),
        mirror: None,
        groups,
        deduplicates,
        max_receives,
        capacity,
        retries,
        batch,
        on_dependency_failure,
        outbox,
        dual_write,
        ways: Ways::default(),
        own,
        budget: budget::of(bytes)?,
        speeds: Vec::new(),
        timing: Timing::default(),
        opening: Opening::Plain,
        databases: Databases::default(),
        acts: Vec::new(),
    };
    (sketch.speeds, sketch.timing) = pace(bytes)?;
    (sketch.opening, sketch.databases) = opening(bytes)?;
    sketch.acts = acts(bytes)?;
    let log;
    (sketch.on_queue_failure, sketch.commands, sketch.calls, sketch.ways, log) =
        *bytes.choose(&LAST)?;
    if let Some((commit, mirror)) = log {
        (sketch.delivery, sketch.commit, sketch.mirror) = (Delivery::Log, commit, mirror);
    }
    Ok(sketch)
}

/// How many containers are on a queue, and, from 192 on, what is set for the first or the second stage.
fn containers(bytes: &mut Unstructured<'_>) -> Result<(u8, Option<Own>)> {
    let number: u8 = bytes.arbitrary()?;
    let own = || Own { stage: number >> 5 & 1, ..Own::KINDS[usize::from(number >> 2 & 7)] };
    Ok((CONTAINERS[usize::from(number % 4)], (number >= 192).then(own)))
}

fn spot(bytes: &mut Unstructured<'_>) -> Result<Spot> {
    Ok(Spot { stage: bytes.arbitrary()?, region: bytes.arbitrary()? })
}

fn naming(bytes: &mut Unstructured<'_>) -> Result<Naming> {
    let byte: u8 = bytes.arbitrary()?;
    let pick = byte % 16;
    let weights = match pick % 4 {
        0 => None,
        1 => Some([0; 8]),
        _ => Some(weight_of_each(bytes)?),
    };
    let plain = Naming { weights, whole_path: byte >= 224, ..Naming::default() };
    let (odd, upper) = (pick % 2, pick % 4 / 2);
    let failback = Failback::ALL[usize::from(upper)];
    let ttl = 2 * u16::from(upper);
    Ok(match pick / 4 {
        0 => Naming { two_enactors: upper == 1, ..plain },
        1 => Naming { answer: Answer::Random, ..plain },
        2 => Naming { threshold: 1 + 2 * odd, ttl, failback, ..plain },
        _ => Naming { primary: Some(odd), threshold: 2, ttl: 2 - ttl, failback, ..plain },
    })
}

fn weight_of_each(bytes: &mut Unstructured<'_>) -> Result<[u8; 8]> {
    let mut weights = [0; 8];
    for weight in &mut weights {
        *weight = *bytes.choose(&WEIGHTS)?;
    }
    Ok(weights)
}

/// How the script begins, and, from 128 on, which stages have a database.
fn opening(bytes: &mut Unstructured<'_>) -> Result<(Opening, Databases)> {
    let number: u8 = bytes.arbitrary()?;
    let opening = match number % 8 {
        1 => Opening::Waiting(spot(bytes)?),
        2 => Opening::Unreplicated,
        3 => Opening::Bypassed(spot(bytes)?),
        4 => Opening::Paused(spot(bytes)?),
        5 => Opening::Rollout(spot(bytes)?, bytes.arbitrary()?),
        _ => Opening::Plain,
    };
    let databases = match number {
        128.. => {
            let (stages, writer) = (bytes.arbitrary::<u8>()?.into(), bytes.arbitrary::<u8>()?);
            Databases { stages, writer, rpo: (writer / 64).saturating_sub(1) }
        }
        _ => Databases::default(),
    };
    Ok((opening, databases))
}

fn acts(bytes: &mut Unstructured<'_>) -> Result<Vec<Act>> {
    let mut acts = Vec::new();
    while acts.len() < ACTS_MAX {
        acts.push(match bytes.int_in_range(0u8..=15)? {
            0 => break,
            1..=3 => Act::Publish,
            4..=6 => Act::Await(*bytes.choose(&Wait::ALL)?, spot(bytes)?),
            7..=10 => Act::Disturb(*bytes.choose(&Disturbance::ALL)?, spot(bytes)?),
            11 => match bytes.int_in_range(0u8..=3)? {
                lost @ 0..=1 => Act::Lose { region: lost == 1, spot: spot(bytes)? },
                moved => Act::MoveWriter { planned: moved == 2, spot: spot(bytes)? },
            },
            12 | 13 => {
                Act::Recover { which: bytes.arbitrary()?, with_containers: bytes.arbitrary()? }
            }
            14 => Act::Redrive(spot(bytes)?),
            _ => Act::Weights(weight_of_each(bytes)?),
        });
    }
    Ok(acts)
}
