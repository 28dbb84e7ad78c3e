//! How a search represents states.

use crate::explore::verify::point::Point;
use crate::explore::verify::progress::Tally;
use crate::explore::verify::reduction::Reduction;
use crate::plan::{Plan, Strike};
use crate::sim::{Bytes, Choice};
use crate::spec::Breach;

/// A way to represent states and to get from one to the next.
///
/// Whatever the way, a state has the same fingerprint (if records have names), and the same choices in
/// the same order.
pub(super) trait Space {
    /// A state.
    type State;

    /// The state of a point, to which these choices led. Later states are told by the choices that lead to
    /// them, the first ones included.
    fn begin(&mut self, point: Point, path: &[Choice]) -> Self::State;

    /// Memory for another state.
    fn another(&self, like: &Self::State) -> Self::State;

    /// How many bytes that takes, about: rather more than less.
    fn state_bytes(&self) -> u64;

    /// Takes the last choice of the path, to which those before it led, and those that go with it: they
    /// are added to the path.
    ///
    /// # Errors
    ///
    /// If the last choice of the path violates the spec.
    fn take(
        &mut self,
        from: &Self::State,
        to: &mut Self::State,
        path: &mut Vec<Choice>,
        tally: &mut Tally,
    ) -> Result<(), Breach>;

    /// The number of a state.
    fn fingerprint(state: &Self::State) -> u128;

    /// What can be chosen in the state that these choices lead to, put into a list that is empty: nothing
    /// if the run is over.
    fn choices(&mut self, state: &Self::State, path: &[Choice], to: &mut Vec<Choice>);

    /// The action of the script that is due.
    fn due(&self, state: &Self::State) -> usize;

    /// Where the last fault came from that struck on the way to a state that was just taken.
    fn struck(&self, state: &Self::State) -> Option<Strike>;

    /// The state as a point.
    fn point<'a>(&'a mut self, state: &'a Self::State, path: &[Choice]) -> &'a Point;
}

/// Every state as it is: a whole world, and what the spec knows.
pub(super) struct Points<'a> {
    pub(super) plan: &'a Plan,
    pub(super) reduction: &'a Reduction,
    bytes: Bytes,
}

impl<'a> Points<'a> {
    /// Where `exchanges` holds, records have no names.
    pub(super) fn new(plan: &'a Plan, reduction: &'a Reduction, exchanges: bool) -> Points<'a> {
        Points { plan, reduction, bytes: Bytes::new(exchanges) }
    }
}

impl Space for Points<'_> {
    type State = Point;

    fn begin(&mut self, point: Point, _path: &[Choice]) -> Point {
        point
    }

    fn another(&self, like: &Point) -> Point {
        like.clone()
    }

    fn state_bytes(&self) -> u64 {
        Point::bytes(self.plan)
    }

    fn take(
        &mut self,
        from: &Point,
        to: &mut Point,
        path: &mut Vec<Choice>,
        tally: &mut Tally,
    ) -> Result<(), Breach> {
        let choice = *path.last().expect("there is a choice to take");
        to.copy_from(from);
        to.step(choice, self.plan)?;
        match self.reduction.settle(to, self.plan, path, tally)? {
            0 => to.update(choice, from, self.plan, &mut self.bytes),
            _ => to.hash_all(self.plan, &mut self.bytes),
        }
        Ok(())
    }

    #[inline]
    fn fingerprint(state: &Point) -> u128 {
        state.fingerprint()
    }

    fn choices(&mut self, state: &Point, _path: &[Choice], to: &mut Vec<Choice>) {
        choices_of(state, to);
    }

    #[inline]
    fn due(&self, state: &Point) -> usize {
        state.simulation.driver().next()
    }

    #[inline]
    fn struck(&self, state: &Point) -> Option<Strike> {
        state.simulation.struck()
    }

    fn point<'a>(&'a mut self, state: &'a Point, _path: &[Choice]) -> &'a Point {
        state
    }
}

/// What can be chosen in the state of a point, as [`Space::choices`] says.
pub(super) fn choices_of(point: &Point, to: &mut Vec<Choice>) {
    if !point.simulation.is_over() {
        to.extend(point.simulation.enabled().iter());
    }
}
