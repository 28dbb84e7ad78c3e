//! Numbers with places: a strategy for all that is drawn of numbers.

use proptest::num::u32::BinarySearch;
use proptest::prelude::*;
use proptest::strategy::NewTree;
use proptest::test_runner::{TestRng, TestRunner};

use crate::sketch::Numbers;

/// What is drawn of numbers, each of which shrinks by itself toward 0.
///
/// A first draw says which numbers are asked for: only those shrink.
pub(super) fn drawn<T: std::fmt::Debug>(draw: fn(&mut Places) -> T) -> Drawn<T> {
    Drawn(draw)
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn<T>(fn(&mut Places) -> T);

impl<T: std::fmt::Debug + 'static> Strategy for Drawn<T> {
    type Tree = <BoxedStrategy<T> as Strategy>::Tree;
    type Value = T;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let draw = self.0;
        let mut places = Places { numbers: Vec::new(), at: 0, random: Some(runner.new_rng()) };
        draw(&mut places);
        let numbers: Vec<Toward0> = places.numbers.into_iter().map(Toward0).collect();
        let again = move |numbers| draw(&mut Places { numbers, at: 0, random: None });
        numbers.prop_map(again).boxed().new_tree(runner)
    }
}

/// A number by its place. One that was not asked for when the case was drawn is 0.
pub(super) struct Places {
    numbers: Vec<u32>,
    /// The place of the next one.
    at: usize,
    /// Where new numbers come from, when the case is drawn.
    random: Option<TestRng>,
}

impl Numbers for Places {
    fn below(&mut self, bound: u32) -> u32 {
        let at = self.at;
        self.at += 1;
        if let Some(random) = &mut self.random {
            self.numbers.resize(at, 0);
            self.numbers.push(random.next_u32() % bound);
        }
        self.numbers.get(at).map_or(0, |&number| number.min(bound - 1))
    }

    fn part<T>(&mut self, places: usize, draw: impl FnOnce(&mut Self) -> T) -> T {
        let end = self.at + places;
        let part = draw(self);
        debug_assert!(self.at <= end, "a part takes {} places too many", self.at - end);
        self.at = end;
        part
    }
}

/// This number, which shrinks.
#[derive(Clone, Copy, Debug)]
struct Toward0(u32);

impl Strategy for Toward0 {
    type Tree = BinarySearch;
    type Value = u32;

    fn new_tree(&self, _runner: &mut TestRunner) -> NewTree<Self> {
        Ok(BinarySearch::new(self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::ValueTree;

    use super::*;

    #[test]
    fn what_comes_behind_a_part_stays_when_the_part_becomes_simpler() {
        let strategy = drawn(|numbers| {
            let kind = numbers.part(9, |numbers| {
                let kind = numbers.of(&[(1, 0), (3, 4)]);
                (0..kind).for_each(|_| _ = numbers.number(&[(1, 0, 99)]));
                kind
            });
            (kind, numbers.below(1_000))
        });
        let mut runner = TestRunner::deterministic();
        for _ in 0..50 {
            let mut tree = strategy.new_tree(&mut runner).expect("nothing is filtered");
            let (_, behind) = tree.current();
            while tree.current().0 > 0 {
                assert!(tree.simplify());
                assert_eq!(tree.current().1, behind);
            }
        }
    }

    /// The numbers that no draw asked for cost no try.
    #[test]
    fn only_numbers_that_were_asked_for_shrink() {
        let strategy = drawn(|numbers| {
            let is_rare = numbers.one_in(2);
            numbers.part(100, |numbers| {
                let count = if is_rare { 100 } else { 0 };
                (0..count).map(|_| numbers.below(1_000)).sum::<u32>()
            })
        });
        let mut runner = TestRunner::deterministic();
        for _ in 0..50 {
            let mut tree = strategy.new_tree(&mut runner).expect("nothing is filtered");
            if tree.current() == 0 {
                let mut tries = 0;
                while tree.simplify() {
                    tries += 1;
                }
                assert!(tries < 2, "{tries} tries");
            }
        }
    }
}
