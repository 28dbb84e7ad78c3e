//! Where the numbers come from of which a sketch is drawn.

/// Numbers, of which a smaller one makes a simpler scenario.
pub(crate) trait Numbers: Sized {
    /// A number below this, which is at least 1.
    fn below(&mut self, bound: u32) -> u32;

    /// Draws a part of at most so many numbers. Where each number has a place, the part has all those to itself, however
    /// many it takes: so what comes behind it is the same when the part becomes simpler.
    fn part<T>(&mut self, places: usize, draw: impl FnOnce(&mut Self) -> T) -> T;

    /// One of them, the simplest first.
    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u32) as usize]
    }

    /// One of them, the simplest first, each behind its weight.
    fn of<T: Copy>(&mut self, weighted: &[(u32, T)]) -> T {
        let mut number = self.below(weighted.iter().map(|(weight, _)| weight).sum());
        let chosen = weighted.iter().find(|(weight, _)| match number.checked_sub(*weight) {
            Some(rest) => {
                number = rest;
                false
            }
            None => true,
        });
        chosen.expect("the number is below the sum").1
    }

    /// A number of one of these ranges, each with its weight, its first number and its last one.
    fn number(&mut self, ranges: &[(u32, u32, u32)]) -> u32 {
        let ranges: Vec<_> =
            ranges.iter().map(|&(weight, from, to)| (weight, (from, to))).collect();
        let (from, to) = self.of(&ranges);
        from + self.below(to - from + 1)
    }

    /// Whether it is one of so many cases, the least simple one.
    fn one_in(&mut self, cases: u32) -> bool {
        self.below(cases) == cases - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of a list, modulo the bound.
    struct List<'a>(&'a [u32]);

    impl Numbers for List<'_> {
        fn below(&mut self, bound: u32) -> u32 {
            let (first, rest) = self.0.split_first().expect("the list is long enough");
            self.0 = rest;
            first % bound
        }

        fn part<T>(&mut self, _places: usize, draw: impl FnOnce(&mut Self) -> T) -> T {
            draw(self)
        }
    }

    #[test]
    fn each_choice_has_as_many_numbers_as_its_weight_the_first_ones_the_simplest() {
        let weighted = [(3, 'a'), (0, 'b'), (1, 'c'), (2, 'd')];
        let drawn: String = (0..6).map(|number| List(&[number]).of(&weighted)).collect();
        assert_eq!(drawn, "aaacdd");
    }

    #[test]
    fn a_number_is_of_a_range_that_is_chosen_first() {
        let ranges = [(2, 1, 1), (1, 2, 10)];
        let drawn = [[1, 7], [2, 0], [2, 8]].map(|numbers| List(&numbers).number(&ranges));
        assert_eq!(drawn, [1, 2, 10]);
    }

    #[test]
    fn the_rare_case_is_the_least_simple_one() {
        let drawn: Vec<bool> = (0..3).map(|number| List(&[number]).one_in(3)).collect();
        assert_eq!(drawn, [false, false, true]);
    }
}
