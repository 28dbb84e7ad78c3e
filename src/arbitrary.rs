//! Scenarios and event orders from bytes, for fuzz targets.
//!
//! Every byte string is a case, a shorter one is a simpler one, and one that ends early goes on
//! as if zeros followed. The empty string is two regions, one stage and one record, without
//! faults, under the fair scheduler.
//!
//! Bytes are read from front to back, as the numbers that `sketch/draw.rs` asks for: one byte for a number below a bound of
//! up to 256, two for a larger bound, the low one first, and none where there is no choice; modulo the bound. There it says
//! what each number means, and how many of them stand for the same: the numbers from 0 on for what is simplest, and likely.
//!
//! | what, in this order | bytes |
//! |---|---|
//! | base of the order | two, the low one first, modulo 2,048: 0 is the fair schedule, every other number a random one of its own, faults included |
//! | topology | regions, stages, and containers on a queue |
//! | batches | how many, and how large each is |
//! | databases | which stages have one; if any, the region that writes first |
//! | budget | how many kinds of faults; of each, which and how many |
//! | script | how it begins; how many acts follow, and each of them |
//! | records | business keys, an unreadable row, and a record that no container can process |
//! | design | how many options are not as by default; of each, which and its value; then retries, and records at a time |
//! | ways, one stage | where stages send to; whether one has settings of its own, and if so, which |
//! | weights, speeds | of in-dns; of machines |
//! | times | whether they are given; if so, each |
//! | event order | all that is left, choice by choice: a byte that says how many choices are left to the base before it; then a byte, a step if its remainder by 64 is not 63; else a fault, and a third byte says which |
//!
//! A short input is a long run: the first two bytes stand for a random run from its beginning to its end, and each
//! choice that follows at the end changes it at one place. The numbers that they all stand for are those of a
//! [`Script`].
//!
//! What bytes mean changes with what is drawn: a new option moves the bytes behind it. A saved run says the same for good
//! (`active-active minimize ARTIFACT --out FILE`).

use std::sync::{Arc, LazyLock};

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::plan::Plan;
use crate::run::{Choices, Runner};
use crate::scenario::{Scenario, Timing, builtin};
use crate::scheduler::{Script, Timed};
use crate::sketch::{self, ACTS_MAX, Act, Numbers, Sketch};

mod choices;
mod file;
mod fuzz;
#[cfg(test)]
mod tests;

pub use file::{Text, read_any};
pub use fuzz::{COUNTERS, judge, judge_each};

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
        Ok(Case { scenario: scenario(bytes), choices: choices::numbers(base, &[]) })
    }

    /// As [`Case::from_bytes`]: what the scenario does not need is the order of events.
    fn arbitrary_take_rest(mut bytes: Unstructured<'a>) -> Result<Case> {
        let base = choices::base_of(&mut bytes)?;
        let scenario = scenario(&mut bytes);
        Ok(Case { scenario, choices: choices::numbers(base, bytes.take_rest()) })
    }
}

/// A scenario of a sound design.
fn scenario(bytes: &mut Unstructured<'_>) -> Scenario {
    let topology = sketch::topology(bytes);
    let acts = |bytes: &mut Unstructured<'_>| {
        (0..bytes.below(ACTS_MAX + 1)).map(|_| Act::draw(bytes)).collect()
    };
    let mut sketch = Sketch::draw(bytes, acts);
    sketch.design.topology = topology;
    sketch.scenario()
}

/// Each number is the next byte or the next two; 0 when there are no more.
impl Numbers for Unstructured<'_> {
    fn below(&mut self, bound: u32) -> u32 {
        let mut byte = || u32::from(self.arbitrary::<u8>().unwrap_or_default());
        match bound {
            0 | 1 => 0,
            2..=256 => byte() % bound,
            _ => (byte() + (byte() << 8)) % bound,
        }
    }

    fn part<T>(&mut self, _places: usize, draw: impl FnOnce(&mut Self) -> T) -> T {
        draw(self)
    }
}
