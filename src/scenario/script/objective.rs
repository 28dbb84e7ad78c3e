//! What an operator declares of times: `rto <= 60s`, `latency p99 <= 2s`, `rpo <= 5s`.
//!
//! ```
//! use active_active::scenario::script::{Measure, Objective, Percentile, TimeLimit, TimeUnit};
//! use active_active::scenario::{Expectation, ScriptStep};
//!
//! let step: ScriptStep = "expect latency p99 <= 2s".parse()?;
//! let limit = TimeLimit { count: 2, unit: TimeUnit::S };
//! let objective = Objective { measure: Measure::Latency(Percentile::of_tenths(990)), limit };
//! assert_eq!(step, ScriptStep::Expect(Expectation::Objective(objective)));
//! assert_eq!((limit.ms(), objective.to_string()), (2_000, "latency p99 <= 2s".to_owned()));
//! # Ok::<(), active_active::scenario::script::ScriptError>(())
//! ```

use std::fmt;

use crate::model::property::PropertyName;

/// A statement about the times of every run, judged when the run has ended. Only runs that have a time can be
/// judged: those of the timed scheduler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Objective {
    /// What is measured.
    pub measure: Measure,
    /// What it does not exceed.
    pub limit: TimeLimit,
}

/// What an objective is about, in one run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// A percentile of the times from the first attempt of the source to send a record to its first arrival at
    /// the destination. A record that was accepted and never arrives takes longer than any limit, unless the scenario
    /// declares its loss or that it is parked.
    Latency(Percentile),
    /// The longest time from a fault until a record that was first published afterwards is at the destination. A
    /// fault after which nothing is published cannot be judged.
    Rto,
    /// The longest time, at a fault, since the oldest of those records was acknowledged that would be gone for good
    /// if what the fault strikes never came back.
    Rpo,
}

/// So many tenths of a percent of all, 1..=1000; 1000 is the maximum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Percentile(u16);

/// A time with the unit in which it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeLimit {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: TimeUnit,
}

/// What a time is counted in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeUnit {
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
    /// Minutes.
    Min,
}

/// An hour: what takes longer is taken for what never ends.
const LIMIT_MS_MAX: u64 = 3_600_000;

impl Measure {
    /// The property that says so.
    pub fn property(self) -> PropertyName {
        match self {
            Measure::Latency(_) => PropertyName::Latency,
            Measure::Rto => PropertyName::Rto,
            Measure::Rpo => PropertyName::Rpo,
        }
    }
}

impl Percentile {
    /// All of them.
    pub const MAX: Percentile = Percentile(1_000);

    /// So many tenths of a percent.
    ///
    /// # Panics
    ///
    /// If that is none, or more than all.
    pub fn of_tenths(tenths: u16) -> Percentile {
        assert!((1..=1_000).contains(&tenths), "{tenths} tenths of a percent are no percentile");
        Percentile(tenths)
    }

    /// Which of so many values in ascending order, counted from 1, it is: the nearest rank, so that it is one of
    /// the values.
    pub fn rank(self, of: usize) -> usize {
        (of * usize::from(self.0)).div_ceil(1_000)
    }

    /// From how many values on it is another one than their maximum.
    pub fn values_min(self) -> usize {
        match self {
            Percentile::MAX => 1,
            Percentile(tenths) => 1_000usize.div_ceil(1_000 - usize::from(tenths)),
        }
    }

    /// `p99`, `p99.9` or `max`.
    fn parse(word: &str) -> Option<Percentile> {
        if word == "max" {
            return Some(Percentile::MAX);
        }
        let number = word.strip_prefix('p')?;
        let (whole, tenths) = number.split_once('.').unwrap_or((number, "0"));
        let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_plain(whole) || !is_plain(tenths) || tenths.len() != 1 {
            return None;
        }
        let tenths = whole.parse::<u16>().ok()?.checked_mul(10)? + tenths.parse::<u16>().ok()?;
        (1..1_000).contains(&tenths).then_some(Percentile(tenths))
    }
}

impl TimeLimit {
    /// In milliseconds.
    pub fn ms(self) -> u64 {
        u64::from(self.count) * self.unit.ms()
    }

    fn parse(word: &str) -> Result<TimeLimit, String> {
        let at = word.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(word.len());
        let (count, name) = word.split_at(at);
        let unit = TimeUnit::ALL.into_iter().find(|unit| unit.name() == name);
        let (Ok(count), Some(unit)) = (count.parse(), unit) else {
            return Err(format!(
                "'{word}' is no time; write a whole number and its unit, ms, s or min, as in 60s"
            ));
        };
        let limit = TimeLimit { count, unit };
        match limit.ms() <= LIMIT_MS_MAX {
            true => Ok(limit),
            false => Err(format!("{word} is too long; use at most 60min")),
        }
    }
}

impl TimeUnit {
    const ALL: [TimeUnit; 3] = [TimeUnit::Ms, TimeUnit::S, TimeUnit::Min];

    fn name(self) -> &'static str {
        match self {
            TimeUnit::Ms => "ms",
            TimeUnit::S => "s",
            TimeUnit::Min => "min",
        }
    }

    fn ms(self) -> u64 {
        match self {
            TimeUnit::Ms => 1,
            TimeUnit::S => 1_000,
            TimeUnit::Min => 60_000,
        }
    }
}

/// What the words behind `expect` say of times; nothing if they do not speak of times.
///
/// # Errors
///
/// What is wrong with them, and what would be right.
pub(super) fn parse(words: &[&str]) -> Option<Result<Objective, String>> {
    match words {
        ["latency", rest @ ..] => Some(latency(rest)),
        ["rto", rest @ ..] => Some(limited(Measure::Rto, rest)),
        ["rpo", rest @ ..] => Some(limited(Measure::Rpo, rest)),
        _ => None,
    }
}

fn latency(words: &[&str]) -> Result<Objective, String> {
    let word = words.first().copied().unwrap_or_default();
    match Percentile::parse(word) {
        Some(percentile) => limited(Measure::Latency(percentile), &words[1..]),
        None => Err(format!(
            "'{word}' is no percentile; write one behind 'latency', from p0.1 to p99.9, or max, as in \
             'expect latency p99 <= 2s'"
        )),
    }
}

fn limited(measure: Measure, words: &[&str]) -> Result<Objective, String> {
    match words {
        ["<=", limit] => Ok(Objective { measure, limit: TimeLimit::parse(limit)? }),
        _ => Err(format!(
            "write '<=' and a time behind '{measure}', as in 'expect {measure} <= 60s'"
        )),
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <= {}", self.measure, self.limit)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Measure::Latency(percentile) => write!(f, "latency {percentile}"),
            Measure::Rto => f.write_str("rto"),
            Measure::Rpo => f.write_str("rpo"),
        }
    }
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (*self, self.0 / 10, self.0 % 10) {
            (Percentile::MAX, _, _) => f.write_str("max"),
            (_, whole, 0) => write!(f, "p{whole}"),
            (_, whole, tenths) => write!(f, "p{whole}.{tenths}"),
        }
    }
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::ScriptStep;

    #[test]
    fn every_percentile_is_one_of_the_values() {
        let all: Vec<usize> = (1..=200).collect();
        for tenths in 1..=1_000 {
            let percentile = Percentile::of_tenths(tenths);
            for of in 1..=all.len() {
                let rank = percentile.rank(of);
                // The smallest value that so many of the values do not exceed.
                let share = |count: usize| count * 1_000 >= of * usize::from(tenths);
                assert_eq!(all.iter().copied().find(|&count| share(count)), Some(rank));
                let differs = percentile == Percentile::MAX || rank < of;
                assert_eq!(of >= percentile.values_min(), differs, "{percentile} of {of}");
            }
        }
    }

    #[test]
    fn what_is_no_objective_is_refused_with_the_remedy() {
        let cases = [
            ("rto", "write '<=' and a time behind 'rto', as in 'expect rto <= 60s'"),
            ("rto < 60s", "write '<=' and a time behind 'rto'"),
            ("rto <= 60", "'60' is no time; write a whole number and its unit, ms, s or min"),
            ("rto <= 60h", "'60h' is no time"),
            ("rto <= 1.5s", "'1.5s' is no time"),
            ("rto <= -1s", "'-1s' is no time"),
            ("rto <= 60 s", "write '<=' and a time"),
            ("rto <= 99999999999s", "'99999999999s' is no time"),
            ("rpo <= 61min", "61min is too long; use at most 60min"),
            ("latency <= 2s", "'<=' is no percentile; write one behind 'latency'"),
            ("latency p100 <= 2s", "'p100' is no percentile"),
            ("latency p0 <= 2s", "'p0' is no percentile"),
            ("latency p99.99 <= 2s", "'p99.99' is no percentile"),
            ("latency 99% <= 2s", "'99%' is no percentile"),
            ("latency", "'' is no percentile"),
        ];
        for (words, expected) in cases {
            let line = format!("expect {words}");
            let error = line.parse::<ScriptStep>().expect_err("it is no objective").to_string();
            assert!(error.starts_with(&format!("'{line}': {expected}")), "{error}");
        }
    }
}
