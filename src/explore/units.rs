//! How the runs of a campaign are dealt out: to threads, and to machines.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::explore::shard::Shard;
use crate::scheduler::Rhythm;

/// The smallest number of independent runs that are dealt out at once.
const CHUNK_MIN: u64 = 32;
/// The greatest.
const CHUNK_MAX: u64 = 1_024;
/// A campaign has at least this many units where it can, and each is a line of a shard's file.
const UNITS: u64 = 16_384;

/// Units of neighboring runs: each is made by one scheduler, in order. Their boundaries are a
/// function of the rhythm of the scheduler, the number of runs and the shard.
///
/// Runs that depend on no others ("free") are counted by themselves: number *f* of them is run *f* of the
/// campaign without the groups that learn. A shard has neighboring free runs, and every *n*th group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Units {
    rhythm: Rhythm,
    /// How many runs the campaign has.
    runs: u64,
    /// How many free runs a unit has; it is not split by the beginning of a group.
    chunk: u64,
    /// The free runs of the shard, by their number among the free runs.
    free: Range<u64>,
    shard: Shard,
}

impl Units {
    /// Of a whole campaign.
    pub(crate) fn new(rhythm: Rhythm, runs: u64) -> Units {
        Units::of_shard(rhythm, runs, Shard::default())
    }

    /// Of a shard of it.
    pub(crate) fn of_shard(rhythm: Rhythm, runs: u64, shard: Shard) -> Units {
        let largest = (runs / UNITS).clamp(CHUNK_MIN, CHUNK_MAX).next_power_of_two();
        // The last chunk before a group must not be much smaller than the others.
        let chunk = match rhythm.learning {
            0 => largest,
            _ => rhythm.free.div_ceil(rhythm.free.div_ceil(largest).max(1)).max(1),
        };
        Units { rhythm, runs, chunk, free: deal(rhythm, runs, shard), shard }
    }

    /// The first unit of the shard that has this run or begins after it, without what it has before
    /// this run.
    pub(crate) fn from(&self, run: u64) -> Option<Range<u64>> {
        let units = [self.free_from(run), self.group_from(run)];
        units.into_iter().flatten().min_by_key(|unit| unit.start)
    }

    /// Whether all of these runs are the shard's, and of one unit unless the shard is the whole
    /// campaign.
    pub(crate) fn has(&self, runs: &Range<u64>) -> bool {
        if self.shard.is_all() {
            return runs.start < runs.end && runs.end <= self.runs;
        }
        let unit = self.from(runs.start).filter(|unit| unit.start == runs.start);
        runs.start < runs.end && unit.is_some_and(|unit| runs.end <= unit.end)
    }

    /// How many of these runs depend on no other one.
    pub(crate) fn independent(&self, runs: Range<u64>) -> u64 {
        self.rhythm.free_of(runs.end) - self.rhythm.free_of(runs.start)
    }

    fn free_from(&self, run: u64) -> Option<Range<u64>> {
        let number = self.rhythm.free_of(run).max(self.free.start);
        if number >= self.free.end {
            return None;
        }
        let Rhythm { free, learning } = self.rhythm;
        // Free runs lie between two groups, if there are groups.
        let (first, last) = match learning {
            0 => (0, u64::MAX),
            _ => (number / free * free, (number / free * free).saturating_add(free)),
        };
        let chunk = (number - first) / self.chunk + 1;
        let chunk_end = first.saturating_add(chunk.saturating_mul(self.chunk));
        let end = chunk_end.min(last).min(self.free.end);
        let start = self.run_of_free(number);
        Some(start..start + (end - number))
    }

    /// The run that has this number among the free ones.
    fn run_of_free(&self, number: u64) -> u64 {
        let Rhythm { free, learning } = self.rhythm;
        if learning == 0 { number } else { number / free * (free + learning) + number % free }
    }

    fn group_from(&self, run: u64) -> Option<Range<u64>> {
        let Rhythm { free, learning } = self.rhythm;
        if learning == 0 {
            return None;
        }
        let (of, index) = (u64::from(self.shard.of()), self.shard.index() as u64);
        let beat = run / (free + learning);
        // The next one that is dealt to this shard, from this beat on.
        let beat = beat.checked_add((index + of - beat % of) % of)?;
        let first = beat.checked_mul(free + learning)?.checked_add(free)?;
        let runs = first.max(run)..first.saturating_add(learning).min(self.runs);
        (runs.start < runs.end).then_some(runs)
    }
}

/// Which free runs are dealt to a shard. Groups are dealt out in turn; the free runs then fill the shards to
/// the same level, to one run, unless a group alone is more than that.
fn deal(rhythm: Rhythm, runs: u64, shard: Shard) -> Range<u64> {
    let all = u128::from(rhythm.free_of(runs));
    let in_groups = groups(rhythm, runs, shard.of());
    let up_to = |level: u128| in_groups.iter().map(move |&runs| level.saturating_sub(runs));
    // The highest level that the free runs are enough for.
    let (mut level, mut above) = (0, u128::from(runs) + 1);
    while above - level > 1 {
        let middle = level.midpoint(above);
        match up_to(middle).sum::<u128>() <= all {
            true => level = middle,
            false => above = middle,
        }
    }
    let mut left = all - up_to(level).sum::<u128>();
    let mut start = 0;
    for (index, &runs) in in_groups.iter().enumerate() {
        let mut dealt = level.saturating_sub(runs);
        if left > 0 && runs <= level {
            (dealt, left) = (dealt + 1, left - 1);
        }
        if index == shard.index() {
            // There are no more free runs than runs.
            return start as u64..(start + dealt) as u64;
        }
        start += dealt;
    }
    unreachable!("shard {shard} is one of {}", shard.of())
}

/// By shard: how many runs its groups have, when they are dealt out in turn.
fn groups(rhythm: Rhythm, runs: u64, of: u32) -> Vec<u128> {
    let Rhythm { free, learning } = rhythm;
    if learning == 0 {
        return vec![0; of as usize];
    }
    let (whole, rest) = (runs / (free + learning), runs % (free + learning));
    let last = rest.saturating_sub(free);
    let of = u64::from(of);
    let dealt = |index: u64| {
        let groups = whole / of + u64::from(index < whole % of);
        let last = if index == whole % of { last } else { 0 };
        u128::from(groups) * u128::from(learning) + u128::from(last)
    };
    (0..of).map(dealt).collect()
}

/// The units that threads take one after the other, without runs that are done already.
#[derive(Debug)]
pub(crate) struct Supply {
    units: Units,
    /// What need not be made, in order; no two overlap.
    known: Vec<Range<u64>>,
    /// No run before it is left to take.
    next: Mutex<u64>,
}

impl Supply {
    pub(crate) fn new(units: Units, known: Vec<Range<u64>>) -> Supply {
        Supply { units, known, next: Mutex::new(0) }
    }

    /// The units themselves.
    pub(crate) fn units(&self) -> &Units {
        &self.units
    }

    /// Runs that no thread has taken: a unit, or the rest of one that is known in part.
    pub(crate) fn take(&self) -> Option<Range<u64>> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let mut unit = self.units.from(*next)?;
            let after = self.known.partition_point(|known| known.end <= unit.start);
            match self.known.get(after) {
                Some(known) if known.start <= unit.start => *next = known.end,
                known => {
                    unit.end = known.map_or(unit.end, |known| known.start.min(unit.end));
                    *next = unit.end;
                    return Some(unit);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RHYTHMS: [Rhythm; 6] = [
        Rhythm::INDEPENDENT,
        Rhythm { free: 0, learning: 100 },
        Rhythm { free: 128, learning: 50 },
        Rhythm { free: 100, learning: 10 },
        Rhythm { free: 1_026, learning: 1_024 },
        Rhythm { free: 0, learning: 1_024 },
    ];

    fn shard(number: u32, of: u32) -> Shard {
        format!("{number}/{of}").parse().expect("it is a shard")
    }

    /// The units of a shard, in order.
    fn all(units: &Units) -> Vec<Range<u64>> {
        let first = units.from(0);
        std::iter::successors(first, |unit| units.from(unit.end)).collect()
    }

    #[test]
    fn every_run_is_in_one_unit_of_one_shard() {
        for rhythm in RHYTHMS {
            for (runs, of) in [(1, 1), (1, 3), (31, 2), (5_000, 1), (5_000, 3), (70_001, 64)] {
                let of_shard = |number| Units::of_shard(rhythm, runs, shard(number, of));
                let mut units: Vec<Range<u64>> =
                    (1..=of).flat_map(|number| all(&of_shard(number))).collect();
                units.sort_by_key(|unit| unit.start);
                let mut next = 0;
                for unit in units {
                    assert_eq!(unit.start, next, "{rhythm:?}, {runs} runs, {of} shards");
                    assert!(unit.end > unit.start && unit.end - unit.start <= 1_024);
                    next = unit.end;
                }
                assert_eq!(next, runs, "{rhythm:?}, {of} shards");
            }
        }
    }

    #[test]
    fn a_unit_asked_for_in_its_middle_is_the_rest_of_it() {
        for rhythm in RHYTHMS {
            let units = Units::of_shard(rhythm, 9_000, shard(2, 3));
            for unit in all(&units) {
                for run in unit.clone() {
                    assert_eq!(units.from(run), Some(run..unit.end), "{rhythm:?}");
                    assert!(units.has(&(run..unit.end)) && !units.has(&(run..unit.end + 1)));
                }
                assert!(unit.start == 0 || !units.has(&(unit.start - 1..unit.end)));
                assert!(!units.has(&(unit.start..unit.start)));
            }
        }
    }

    /// Units were dealt out in turn whatever their size: 4,000 runs of the default strategy were 1,698,
    /// 1,628 and 674, and with large chunks one of three shards had next to nothing.
    #[test]
    fn shards_have_as_many_runs_as_each_other() {
        let size = |units: &Units| all(units).iter().map(|unit| unit.end - unit.start).sum::<u64>();
        for rhythm in RHYTHMS {
            let group = rhythm.learning;
            for (runs, of) in [(4_000, 3), (10_000, 7), (100_000, 64), (3_000_000, 3)] {
                let sizes: Vec<u64> =
                    (1..=of).map(|n| size(&Units::of_shard(rhythm, runs, shard(n, of)))).collect();
                assert_eq!(sizes.iter().sum::<u64>(), runs);
                let (least, most) = (sizes.iter().min(), sizes.iter().max());
                let apart = most.expect("there is one") - least.expect("there is one");
                let fair = runs / u64::from(of);
                // One run, unless groups are too many or too large to be evened out.
                let uneven = group > 0 && (rhythm.free * 2 < group || fair < 2 * group);
                assert!(apart <= if uneven { group } else { 1 }, "{rhythm:?} {runs}: {sizes:?}");
            }
        }
        let default = Rhythm { free: 1_026, learning: 1_024 };
        let sizes = [1, 2, 3].map(|n| size(&Units::of_shard(default, 4_000, shard(n, 3))));
        assert_eq!(sizes, [1_334, 1_333, 1_333]);
    }

    #[test]
    fn the_last_units_do_not_overflow() {
        for rhythm in RHYTHMS {
            for number in [1, 2, 3] {
                let units = Units::of_shard(rhythm, u64::MAX, shard(number, 3));
                for run in [u64::MAX, u64::MAX - 1, u64::MAX - 5_000, u64::MAX / 3 * 2] {
                    let unit = units.from(run);
                    assert!(unit.is_none_or(|unit| run <= unit.start && unit.start < unit.end));
                }
            }
            assert_eq!(Units::new(rhythm, u64::MAX).from(u64::MAX), None);
        }
    }

    /// The file of a campaign may join what it has; that of a shard keeps its units.
    #[test]
    fn a_whole_campaign_has_every_stretch_of_its_runs() {
        let units = Units::new(Rhythm { free: 100, learning: 10 }, 1_000);
        assert!(units.has(&(0..1_000)) && units.has(&(3..999)) && !units.has(&(5..1_001)));
    }

    #[test]
    fn what_is_known_is_not_taken() {
        let taken = |known: &[Range<u64>]| {
            let supply = Supply::new(Units::new(Rhythm::INDEPENDENT, 100), known.to_vec());
            std::iter::from_fn(|| supply.take()).collect::<Vec<Range<u64>>>()
        };
        assert_eq!(taken(&[]), [0..32, 32..64, 64..96, 96..100]);
        assert_eq!(taken(&[0..40, 64..70, 99..100]), [40..64, 70..96, 96..99]);
        assert_eq!(taken(&[3..4, 4..5, 5..99]), [0..3, 99..100]);
        assert_eq!(taken(std::slice::from_ref(&(0..100))), []);
    }
}
