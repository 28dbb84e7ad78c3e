//! How the runs of a campaign are dealt out: to threads, and to machines.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::scheduler::Rhythm;

/// The smallest number of independent runs that are dealt out at once.
const CHUNK_MIN: u64 = 32;
/// The greatest.
const CHUNK_MAX: u64 = 1_024;
/// A campaign has at least so many units where it can, and each is a line of a shard's file.
const UNITS: u64 = 16_384;

/// Units of neighbouring runs: each is made by one scheduler, in order. Their boundaries are a
/// function of the rhythm of the scheduler and of the number of runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Units {
    rhythm: Rhythm,
    /// A power of two; it divides `rhythm.free` or is not less.
    chunk: u64,
}

impl Units {
    pub(crate) fn new(rhythm: Rhythm, runs: u64) -> Units {
        let chunk = (runs / UNITS).clamp(CHUNK_MIN, CHUNK_MAX).next_power_of_two();
        Units { rhythm, chunk }
    }

    /// How many units the independent runs of one beat are.
    fn chunks(&self) -> u64 {
        self.rhythm.free.div_ceil(self.chunk)
    }

    /// The runs of the unit of this number.
    pub(crate) fn range(&self, number: u64) -> Range<u64> {
        let Rhythm { free, learning } = self.rhythm;
        if learning == 0 {
            let start = number.saturating_mul(self.chunk);
            return start..start.saturating_add(self.chunk);
        }
        let units = self.chunks() + 1;
        let beat = (number / units).saturating_mul(free + learning);
        let chunk = number % units;
        if chunk == self.chunks() {
            let start = beat.saturating_add(free);
            return start..start.saturating_add(learning);
        }
        let start = beat.saturating_add(chunk * self.chunk);
        start..(start.saturating_add(self.chunk)).min(beat.saturating_add(free))
    }

    /// The number of the unit that has this run.
    pub(crate) fn of_run(&self, run: u64) -> u64 {
        let Rhythm { free, learning } = self.rhythm;
        if learning == 0 {
            return run / self.chunk;
        }
        let (beat, rest) = (run / (free + learning), run % (free + learning));
        beat * (self.chunks() + 1) + if rest < free { rest / self.chunk } else { self.chunks() }
    }
}

/// One of several machines that share a campaign: units are dealt out in turn.
///
/// ```
/// use active_active::explore::Share;
///
/// let share: Share = "3/64".parse()?;
/// assert_eq!((share.number(), share.of()), (3, 64));
/// assert_eq!(Share::default().to_string(), "1/1");
/// assert!("65/64".parse::<Share>().is_err());
/// # Ok::<(), active_active::explore::ShareError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Share {
    /// From 1.
    number: u32,
    of: u32,
}

/// Why a text is no share.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("'{0}' is no share; write it as 3/64: the third of 64, counted from 1, at most 65536")]
pub struct ShareError(String);

/// So many machines can share a campaign.
const SHARES_MAX: u32 = 65_536;

impl Share {
    /// Which one it is, from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// How many there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// The number of its first unit.
    pub(crate) fn first(self) -> u64 {
        u64::from(self.number) - 1
    }
}

impl Default for Share {
    /// All of it.
    fn default() -> Share {
        Share { number: 1, of: 1 }
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Share, ShareError> {
        let parse = || {
            let (number, of) = text.split_once('/')?;
            let (number, of) = (number.parse().ok()?, of.parse().ok()?);
            let is_right = (1..=of).contains(&number) && of <= SHARES_MAX;
            is_right.then_some(Share { number, of })
        };
        parse().ok_or_else(|| ShareError(text.to_owned()))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_is_in_one_unit() {
        let rhythms = [
            Rhythm::INDEPENDENT,
            Rhythm { free: 0, learning: 100 },
            Rhythm { free: 128, learning: 50 },
            Rhythm { free: 100, learning: 10 },
        ];
        for rhythm in rhythms {
            for runs in [1, 10_000, 5_000_000] {
                let units = Units::new(rhythm, runs);
                let mut next = 0;
                for number in 0..1_000 {
                    let range = units.range(number);
                    assert_eq!(range.start, next, "{units:?}");
                    assert!(range.end > range.start);
                    for run in [range.start, range.end - 1] {
                        assert_eq!(units.of_run(run), number, "{units:?}");
                    }
                    next = range.end;
                }
            }
        }
    }

    #[test]
    fn the_last_units_do_not_overflow() {
        let units = Units::new(Rhythm::INDEPENDENT, u64::MAX);
        assert_eq!(units.range(u64::MAX), u64::MAX..u64::MAX);
        let last = Units::new(Rhythm { free: 64, learning: 64 }, u64::MAX).range(u64::MAX);
        assert!(last.start <= last.end);
    }
}
