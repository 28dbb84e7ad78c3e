//! Scenarios with fewer records: what the script says of their number follows.

use std::ops::Range;

use super::{Shrunk, groups};
use crate::scenario::{Condition, Expectation, Records, Scenario, ScriptStep};

/// The scenarios with fewer batches.
pub(super) fn batches(scenario: &Scenario) -> Vec<Shrunk> {
    let count = scenario.records.batches.len();
    let without = |gone: Range<usize>| {
        let mut fewer = Shrunk::of(scenario);
        gone.rev().for_each(|batch| remove_batch(&mut fewer, batch));
        fewer
    };
    let smaller = groups(count).into_iter().filter(|gone| gone.len() < count).map(without);
    smaller.flat_map(|fewer| counted(scenario, fewer)).collect()
}

/// The scenarios with smaller batches.
pub(super) fn records(scenario: &Scenario) -> Vec<Shrunk> {
    let sizes = &scenario.records.batches;
    let with = |change: &dyn Fn(usize, u32) -> u32| {
        Shrunk::with(scenario, |fewer| {
            let batches = fewer.records.batches.iter_mut().enumerate();
            batches.for_each(|(index, size)| *size = change(index, *size));
            let now = fewer.records.batches.clone();
            rename(&mut fewer.records, |index| {
                let (batch, at) = place(sizes, index)?;
                let before: u32 = now[..batch].iter().sum();
                Some((before + at.min(now[batch].saturating_sub(1)) + 1) as u16)
            });
        })
    };
    let mut found = vec![with(&|_, _| 1), with(&|_, size| size.div_ceil(2))];
    for batch in 0..sizes.len() {
        for fewer in [|_: u32| 1, |size: u32| size.div_ceil(2), |size: u32| (size - 1).max(1)] {
            found.push(with(&|index, size| if index == batch { fewer(size) } else { size }));
        }
    }
    let mut found: Vec<Shrunk> =
        found.into_iter().flat_map(|fewer| counted(scenario, fewer)).collect();
    // Which record it is that cannot be read or processed is no option: the first one is as good as any.
    let poison = &scenario.records.poison;
    let others = [scenario.records.unreadable, scenario.records.new_format_from];
    for named in poison.iter().copied().chain(others) {
        let sooner = [1, named.saturating_sub(1)].into_iter().filter(|&id| 0 < id && id < named);
        let renamed = sooner.map(|id| {
            Shrunk::with(scenario, |scenario| {
                rename(&mut scenario.records, |index| {
                    let same = index as u16 + 1;
                    Some(if same == named { id } else { same })
                });
            })
        });
        found.extend(renamed);
    }
    if poison.len() > 1 {
        let without = |gone| Shrunk::with(scenario, |fewer| _ = fewer.records.poison.remove(gone));
        found.extend((0..poison.len()).map(without));
    }
    found
}

/// Gives the records that options name their new ids, by what their index from 0 was; one that is gone is not
/// named any more.
fn rename(records: &mut Records, id: impl Fn(usize) -> Option<u16>) {
    let new = |named: u16| usize::from(named).checked_sub(1).and_then(&id);
    records.unreadable = new(records.unreadable).unwrap_or(0);
    let first = records.new_format_from;
    records.new_format_from = match first {
        0 => 0,
        // The first one that is left of those in the new format.
        _ => (first..=u16::MAX).find_map(new).unwrap_or(0),
    };
    records.poison = records.poison.iter().filter_map(|&named| new(named)).collect();
    records.poison.sort_unstable();
    records.poison.dedup();
}

/// The batch of a record, and its place there; both from 0.
fn place(sizes: &[u32], record: usize) -> Option<(usize, u32)> {
    let mut at = record as u32;
    for (batch, &size) in sizes.iter().enumerate() {
        match at.checked_sub(size) {
            Some(left) => at = left,
            None => return Some((batch, at)),
        }
    }
    None
}

/// Removes the batch of this index and whatever is said of it.
pub(super) fn remove_batch(shrunk: &mut Shrunk, index: usize) {
    let records = &mut shrunk.scenario.records;
    let sizes = records.batches.clone();
    rename(records, |record| {
        let (batch, _) = place(&sizes, record)?;
        let same = record as u16 + 1;
        match batch.cmp(&index) {
            std::cmp::Ordering::Less => Some(same),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(same - sizes[index] as u16),
        }
    });
    records.batches.remove(index);
    let gone = index as u16 + 1;
    shrunk.edit(|_, step| renumbered(step, gone));
}

/// The line when the batch of this number is gone; none if it is about that batch.
fn renumbered(mut step: ScriptStep, gone: u16) -> Option<ScriptStep> {
    if let Some(batch) = step.batch_mut() {
        if *batch == gone {
            return None;
        }
        *batch -= u16::from(*batch > gone);
    }
    Some(step)
}

/// How a number that a script expects follows the number of records that it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Follows {
    /// It stays: "three of so many".
    Stays,
    /// As many fewer as there are fewer records: "all but one".
    Difference,
    /// In proportion: "half of them".
    Proportion,
}

impl Follows {
    const ALL: [Follows; 3] = [Follows::Stays, Follows::Difference, Follows::Proportion];

    fn number(self, number: u32, before: u32, after: u32) -> u32 {
        match self {
            Follows::Stays => number,
            Follows::Difference => (number + after).saturating_sub(before),
            Follows::Proportion => {
                let share = u64::from(number) * u64::from(after);
                share.div_ceil(u64::from(before.max(1))) as u32
            }
        }
    }
}

/// The scenario with fewer records, in which no line waits for more than were published, and each number
/// that is expected follows in one of the ways there are.
fn counted(before: &Scenario, fewer: Shrunk) -> Vec<Shrunk> {
    let mut found: Vec<Shrunk> = Vec::new();
    for follows in Follows::ALL {
        let mut fewer = fewer.clone();
        count_again(&mut fewer, before, follows);
        if !found.iter().any(|known| known.scenario == fewer.scenario) {
            found.push(fewer);
        }
    }
    found
}

fn count_again(shrunk: &mut Shrunk, before: &Scenario, follows: Follows) {
    let sizes = shrunk.scenario.records.batches.clone();
    let mut published = Published::new(&before.script, &before.records.batches);
    let mut now = Published::new(&[], &sizes);
    shrunk.edit(|line, mut step| {
        published.carry_out_until(line);
        match &mut step {
            ScriptStep::Publish(batch) => now.publish(*batch),
            ScriptStep::Await(Condition::Delivered(count)) => {
                *count = now.records().min(*count);
                return (*count > 0).then_some(step);
            }
            ScriptStep::Expect(Expectation::Delivered(count)) => {
                *count = follows.number(*count, published.records(), now.records());
            }
            ScriptStep::Expect(Expectation::DeadLettered(count)) => {
                // None is none of however many.
                if *count > 0 {
                    *count = follows.number(*count, published.records(), now.records());
                }
            }
            ScriptStep::Expect(Expectation::Waiting { batch, records: Some(count), .. }) => {
                let ScriptStep::Expect(Expectation::Waiting { batch: old, .. }) =
                    &before.script[line]
                else {
                    unreachable!("a line stays what it is");
                };
                let size = |sizes: &[u32], batch: u16| {
                    sizes.get(usize::from(batch).wrapping_sub(1)).copied().unwrap_or(0)
                };
                let (old, new) = (size(&before.records.batches, *old), size(&sizes, *batch));
                *count = follows.number(*count, old, new);
            }
            ScriptStep::Await(_)
            | ScriptStep::Fault(..)
            | ScriptStep::FailSome(_)
            | ScriptStep::MoveWriter(..)
            | ScriptStep::Outage(_)
            | ScriptStep::Recover(_)
            | ScriptStep::Redrive(_)
            | ScriptStep::Weights(_)
            | ScriptStep::Expect(_) => {}
        }
        Some(step)
    });
}

/// Which batches a script has published when it comes to a line.
struct Published<'a> {
    script: &'a [ScriptStep],
    sizes: &'a [u32],
    /// By batch.
    is_published: Vec<bool>,
    next: usize,
}

impl<'a> Published<'a> {
    fn new(script: &'a [ScriptStep], sizes: &'a [u32]) -> Published<'a> {
        Published { script, sizes, is_published: vec![false; sizes.len()], next: 0 }
    }

    fn publish(&mut self, batch: u16) {
        let index = usize::from(batch).wrapping_sub(1);
        self.is_published.get_mut(index).into_iter().for_each(|batch| *batch = true);
    }

    /// Carries out the lines before this one.
    fn carry_out_until(&mut self, line: usize) {
        for at in self.next..line {
            if let ScriptStep::Publish(batch) = self.script[at] {
                self.publish(batch);
            }
        }
        self.next = self.next.max(line);
    }

    fn records(&self) -> u32 {
        let published = self.sizes.iter().zip(&self.is_published).filter(|(_, is)| **is);
        published.map(|(&size, _)| size).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(text: &str) -> Scenario {
        Scenario::parse(text).expect("it is right")
    }

    fn lines(scenario: &Scenario) -> Vec<String> {
        scenario.script.iter().map(ScriptStep::to_string).collect()
    }

    #[test]
    fn a_batch_takes_its_lines_along() {
        let scenario = scenario(
            r#"
            script = [
                "publish 1",
                "publish 2",
                "await enqueued inbound-queue batch 2",
                "publish 3",
                "await delivered batch 3",
                "await delivered 12",
            ]
            records.batches = [3, 4, 5]
            records.unreadable = 9
            records.poison = [2, 5, 12]
        "#,
        );
        let mut fewer = Shrunk::of(&scenario);
        remove_batch(&mut fewer, 1);
        assert_eq!((&fewer.lines[..], fewer.scenario.records.unreadable), (&[0, 3, 4, 5][..], 5));
        assert_eq!(fewer.scenario.records.poison, [2, 8]);
        let fewer = counted(&scenario, fewer).remove(0).scenario;
        let left = ["publish 1", "publish 2", "await delivered batch 2", "await delivered 8"];
        assert_eq!(
            (lines(&fewer).as_slice(), fewer.records.batches),
            (&left.map(str::to_owned)[..], vec![3, 5])
        );
    }

    /// Of twelve, "all" are twelve, and of two, two; three of ten may be three of four.
    #[test]
    fn a_number_that_is_expected_follows_the_records() {
        let text = r#"
            script = [
                "publish 1", "expect waiting inbound-queue@1 batch 1 records 3", "await delivered 6",
                "publish 2", "expect dead-lettered 0", "expect delivered 12",
            ]
            records.batches = [6, 6]
        "#;
        let all = records(&scenario(text));
        let of_one = all.iter().filter(|fewer| fewer.scenario.records.batches == [1, 1]);
        let expected = |follows: &[String]| (follows[1].clone(), follows[5].clone());
        let numbers: Vec<(String, String)> =
            of_one.map(|fewer| expected(&lines(&fewer.scenario))).collect();
        let line = |records, delivered| {
            let waiting = format!("expect waiting inbound-queue@1 batch 1 records {records}");
            (waiting, format!("expect delivered {delivered}"))
        };
        assert_eq!(numbers, [line(3, 12), line(0, 2), line(1, 2)]);
    }

    #[test]
    fn the_record_that_cannot_be_read_is_there() {
        let text = "script = ['publish 1', 'publish 2']\nrecords.batches = [6, 6]\n\
                    records.unreadable = 9";
        let all = records(&scenario(text));
        let halves = all.iter().find(|fewer| fewer.scenario.records.batches == [3, 3]);
        assert_eq!(halves.map(|fewer| fewer.scenario.records.unreadable), Some(6));
        assert!(all.iter().any(|fewer| fewer.scenario.records.unreadable == 1));
    }

    /// Two of them in one place are one; and one of several may be enough.
    #[test]
    fn the_records_that_cannot_be_processed_are_there() {
        let text = "script = ['publish 1', 'publish 2']\nrecords.batches = [6, 6]\n\
                    records.poison = [3, 9, 12]";
        let all = records(&scenario(text));
        let of = |sizes: [u32; 2]| all.iter().find(|fewer| fewer.scenario.records.batches == sizes);
        let poison = |sizes| of(sizes).map(|fewer| fewer.scenario.records.poison.clone());
        assert_eq!(poison([3, 3]), Some(vec![3, 6]));
        assert_eq!(poison([1, 1]), Some(vec![1, 2]));
        let has = |poison: &[u16]| all.iter().any(|fewer| fewer.scenario.records.poison == poison);
        assert!(has(&[9, 12]) && has(&[3, 9]) && has(&[1, 9, 12]) && has(&[3, 8, 12]));
    }
}
