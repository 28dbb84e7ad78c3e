//! What is done of a campaign.

use std::collections::BTreeMap;

use crate::explore::shard::Shard;
use crate::explore::sweep::SweepReport;
use crate::explore::units::Units;
use crate::spec::Violation;

/// Neighboring runs, and what they show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// The first run.
    pub first: u64,
    /// What they show; its `runs` is how many there are.
    pub report: SweepReport,
}

/// What is done of a campaign or of a shard: segments that do not overlap.
///
/// ```
/// use active_active::explore::{Done, Overlap, Segment, Shard, SweepReport};
///
/// let segment = |first, runs| Segment { first, report: SweepReport { runs, ..Default::default() } };
/// let mut done = Done::of(Shard::default());
/// done.add(segment(64, 32))?;
/// done.add(segment(0, 32))?;
/// assert_eq!(done.segments().count(), 2);
/// // Of a whole campaign, neighbors become one.
/// done.add(segment(32, 32))?;
/// assert_eq!(done.segments().map(|(first, report)| (first, report.runs)).collect::<Vec<_>>(), [(0, 96)]);
/// assert_eq!(done.add(segment(95, 2)), Err(Overlap { first: 95, last: 96 }));
/// # Ok::<(), Overlap>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    /// By first run.
    segments: BTreeMap<u64, SweepReport>,
    /// Neighbors are joined: between those of a shard, segments of other shards are to be put.
    joins: bool,
}

/// Some of these runs are done already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("some of the runs {first} to {last} are there already")]
pub struct Overlap {
    /// The first run of the segment.
    pub first: u64,
    /// Its last run.
    pub last: u64,
}

impl Done {
    /// Nothing yet of this shard.
    pub fn of(shard: Shard) -> Done {
        Done { segments: BTreeMap::new(), joins: shard.is_all() }
    }

    /// Adds a segment of at least one run.
    ///
    /// # Errors
    ///
    /// If some of its runs are done already; nothing is added then.
    pub fn add(&mut self, segment: Segment) -> Result<(), Overlap> {
        let Segment { first, mut report } = segment;
        let end = first.saturating_add(report.runs);
        let before = self.segments.range(..end).next_back();
        if let Some((&other, known)) = before
            && other + known.runs > first
        {
            return Err(Overlap { first, last: end.saturating_sub(1) });
        }
        // What follows a violation is not joined with it: it will not be reported.
        let joins = self.joins;
        let is_open = |report: &SweepReport| joins && report.violation.is_none();
        if is_open(&report)
            && let Some(next) = self.segments.remove(&end)
        {
            report.append(next);
        }
        let known = self.segments.range_mut(..first).next_back();
        let known = known.filter(|(other, known)| **other + known.runs == first && is_open(known));
        match known {
            Some((_, known)) => known.append(report),
            None => drop(self.segments.insert(first, report)),
        }
        Ok(())
    }

    /// The segments, each with its first run, in the order of their runs.
    pub fn segments(&self) -> impl Iterator<Item = (u64, &SweepReport)> + '_ {
        self.segments.iter().map(|(&first, report)| (first, report))
    }

    /// The violation of the smallest run, with that run.
    pub fn first_violation(&self) -> Option<&(u64, Box<Violation>)> {
        let mut violations = self.segments.values().filter_map(|report| report.violation.as_ref());
        // Each run is in one segment, and they are in the order of their runs.
        violations.next()
    }

    /// What the runs before the first gap show, or those up to the first violation; and the first run
    /// of the gap, if something is left to do.
    pub(crate) fn report(&self, units: &Units) -> (SweepReport, Option<u64>) {
        let (mut joined, mut next) = (SweepReport::default(), 0);
        while joined.violation.is_none() {
            let Some(unit) = units.from(next) else { break };
            let Some(report) = self.segments.get(&unit.start) else {
                return (joined, Some(unit.start));
            };
            next = unit.start + report.runs;
            joined.append(report.clone());
            joined.independent += units.independent(unit.start..next);
        }
        (joined, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(done: &mut Done, first: u64, runs: u64) -> Result<(), Overlap> {
        done.add(Segment { first, report: SweepReport { runs, steps: runs, ..Default::default() } })
    }

    fn segments(done: &Done) -> Vec<(u64, u64)> {
        done.segments().map(|(first, report)| (first, report.runs)).collect()
    }

    #[test]
    fn no_run_is_done_twice() {
        for shard in ["1/1", "2/3"] {
            let mut done = Done::of(shard.parse().expect("it is a shard"));
            add(&mut done, 10, 10).expect("nothing is there");
            add(&mut done, 30, 10).expect("nothing is there");
            let before = done.clone();
            for (first, runs) in [(10, 10), (9, 2), (19, 1), (0, 100), (15, 2), (19, 12), (39, 1)] {
                let last = first + runs - 1;
                assert_eq!(add(&mut done, first, runs), Err(Overlap { first, last }));
                assert_eq!(done, before);
            }
            add(&mut done, 20, 10).expect("it fits");
            let joined =
                if shard == "1/1" { vec![(10, 30)] } else { vec![(10, 10), (20, 10), (30, 10)] };
            assert_eq!(segments(&done), joined);
        }
    }
}
