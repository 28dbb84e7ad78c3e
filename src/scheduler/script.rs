//! Any list of numbers as a run.

use std::sync::Arc;

use crate::plan::Plan;
use crate::scheduler::{Random, RoundRobin, Scheduler};
use crate::sim::{Choice, Enabled, Simulation};

/// From here on numbers change what decides where no number does.
const BASES: u16 = 0xF000;
/// From here on numbers let that decide for a while.
const STRETCHES: u16 = 0xF800;
/// One choice in so many is a fault, if the numbers are drawn evenly.
const FAULT_EVERY: u16 = 64;

/// Reads numbers as choices; where there is no number, its *base* decides, which is the fair schedule
/// at first.
///
/// | number | meaning |
/// |---|---|
/// | 0 | the step that is due in the fair schedule |
/// | below 61,440, the remainder by 64 is 63 | one fault: of those on offer the one with the index *n* / 64, modulo their number; if there is none, as the others |
/// | every other one below 61,440 | one step: counted on from the fair one, modulo the number of steps; when no machine can step, the healing |
/// | 61,440 | the base is the fair schedule from here on |
/// | 61,441 to 63,487 | the base is a run of the [`Random`] scheduler from here on, faults included; each number has its own, and further ones make further ones |
/// | 63,488 to 65,535 | the base makes the next choices: 0 to 127 for the first 128 numbers, and up to four million for the last |
///
/// So every list is a run, the empty one is the fair run, a shorter list or one with smaller numbers is a
/// simpler run, and a list of one number may be as long and as eventful a run as any of a sweep: what property
/// testing and fuzzing need to search and to shrink.
///
/// One number in 64 and not one choice in as many as there are is a fault: there are always many faults that
/// could happen, and the budget would be spent before anything has.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::explore::{Choices, Runner};
/// use active_active::plan::Plan;
/// use active_active::scenario::builtin;
/// use active_active::scheduler::{RoundRobin, Script};
/// use active_active::sim::Choice;
///
/// let plan = Arc::new(Plan::new(&builtin::scenario("crash-anywhere")?)?);
/// let mut runner = Runner::new(plan);
/// let mut choices = |numbers: &[u16]| {
///     let mut choices = Choices::default();
///     runner.run(&mut Script::new(numbers.to_vec()), 0, &mut choices);
///     choices.taken
/// };
/// let fair = choices(&[]);
/// assert_eq!(choices(&[0, 0, 0]), fair);
/// // The third choice is a fault: the first container crashes.
/// let crashed = choices(&[0, 0, 63]);
/// assert_eq!(crashed[..2], fair[..2]);
/// assert!(matches!(crashed[2], Choice::Fault(_)));
/// // A random run, from the beginning to the end.
/// assert!(choices(&[61_441]).iter().filter(|choice| matches!(choice, Choice::Fault(_))).count() > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Script {
    numbers: Vec<u16>,
    next: usize,
    /// How many choices the base makes before the next number is read.
    stretch: u32,
    /// The seed of the base; 0: it is fair.
    seed: u64,
    fair: RoundRobin,
    /// The base, unless it is fair.
    random: Option<Random>,
}

impl Script {
    /// A run of these numbers.
    pub fn new(numbers: Vec<u16>) -> Script {
        Script { numbers, ..Script::default() }
    }

    /// The run that makes these choices, with one number for each. None if one of them is not enabled, or is a
    /// fault with more than 959 others before it.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use active_active::explore::{Choices, Runner};
    /// use active_active::plan::Plan;
    /// use active_active::scenario::builtin;
    /// use active_active::scheduler::{Random, RoundRobin, Script};
    ///
    /// let plan = Arc::new(Plan::new(&builtin::scenario("crash-anywhere")?)?);
    /// let (mut runner, mut choices) = (Runner::new(Arc::clone(&plan)), Choices::default());
    /// runner.run(&mut RoundRobin::default(), 0, &mut choices);
    /// let fair = Script::from_choices(&plan, &choices.taken).ok_or("a choice is not enabled")?;
    /// assert!(fair.numbers().iter().all(|&number| number == 0));
    ///
    /// let outcome = runner.run(&mut Random::new(1), 0, &mut choices);
    /// let mut random = Script::from_choices(&plan, &choices.taken).ok_or("a choice is not enabled")?;
    /// assert_eq!(runner.run(&mut random, 0, &mut ()), outcome);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_choices(plan: &Arc<Plan>, choices: &[Choice]) -> Option<Script> {
        let mut simulation = Simulation::new(Arc::clone(plan));
        let mut script = Script::default();
        for &choice in choices {
            let enabled = simulation.enabled();
            let is_at_rest = enabled.is_quiescent();
            // A chaos that does not come to rest is ended without asking.
            if choice != Choice::Heal || is_at_rest {
                script.numbers.push(script.number_of(choice, enabled)?);
                match is_at_rest {
                    true => script.at_rest(&simulation),
                    false => script.choose(&simulation),
                };
            }
            simulation.step(choice);
        }
        script.begin(plan, 0);
        Some(script)
    }

    /// All numbers.
    pub fn numbers(&self) -> &[u16] {
        &self.numbers
    }

    /// The next number that stands for a choice; none if the base chooses.
    fn number(&mut self, plan: &Plan) -> Option<u16> {
        while self.stretch == 0 {
            let &number = self.numbers.get(self.next)?;
            self.next += 1;
            match number {
                ..BASES => return Some(number),
                BASES..STRETCHES => self.change_base(number - BASES, plan),
                STRETCHES.. => self.stretch = choices_of_stretch(number - STRETCHES),
            }
        }
        self.stretch -= 1;
        None
    }

    fn change_base(&mut self, number: u16, plan: &Plan) {
        self.seed = match number {
            0 => 0,
            _ => self.seed.wrapping_mul(STRETCHES.into()).wrapping_add(number.into()),
        };
        self.random = (self.seed > 0).then(|| {
            let mut random = Random::new(self.seed);
            random.begin(plan, 0);
            random
        });
    }

    /// The step that the number stands for, unless it stands for a fault.
    fn step(&mut self, number: u16, enabled: Enabled<'_>) -> Option<Choice> {
        match step_number(number) % enabled.steps() {
            0 => self.fair.turn(enabled).map(Choice::Step),
            later => Some(enabled.nth_step((self.due(enabled) + later) % enabled.steps())),
        }
    }

    /// The index of the step that is due in the fair schedule.
    fn due(&self, enabled: Enabled<'_>) -> usize {
        let due = self.fair.due(enabled);
        enabled.machines().position(|machine| Some(machine) == due).unwrap_or_default()
    }

    /// The smallest number that stands for this choice now.
    fn number_of(&self, choice: Choice, enabled: Enabled<'_>) -> Option<u16> {
        let index = match choice {
            Choice::Fault(_) => {
                let index = (0..enabled.faults()).find(|&n| enabled.nth_fault(n) == choice)?;
                return u16::try_from(index).ok().filter(|&n| n < FAULTS).map(fault);
            }
            Choice::Heal => return enabled.is_quiescent().then_some(0),
            Choice::Step(_) | Choice::Resolve(_) | Choice::Fail(_) => {
                (0..enabled.steps()).find(|&n| enabled.nth_step(n) == choice)?
            }
        };
        let later = (index + enabled.steps() - self.due(enabled)) % enabled.steps();
        let number = later + later / usize::from(FAULT_EVERY - 1);
        u16::try_from(number).ok().filter(|&number| number < BASES)
    }
}

/// The fault that the number stands for, if it stands for one.
fn fault_of(number: u16, enabled: Enabled<'_>) -> Option<Choice> {
    let is_fault = number % FAULT_EVERY == FAULT_EVERY - 1 && enabled.has_faults();
    is_fault.then(|| enabled.nth_fault(usize::from(number / FAULT_EVERY) % enabled.faults()))
}

/// Numbers that stand for steps, counted without those that may stand for faults: so that every step has
/// numbers, whatever the number of steps.
fn step_number(number: u16) -> usize {
    usize::from(number - number / FAULT_EVERY)
}

/// How many faults have a number.
pub(crate) const FAULTS: u16 = BASES / FAULT_EVERY;

/// The number of the fault of this index, which is below [`FAULTS`].
pub(crate) fn fault(index: u16) -> u16 {
    FAULT_EVERY * index + FAULT_EVERY - 1
}

/// How many numbers stand for one choice each: those below this one.
#[cfg(any(test, feature = "proptest"))]
pub(crate) const CHOICES: u16 = BASES;
/// How many bases there are; the fair schedule is the first.
#[cfg(any(test, feature = "proptest", feature = "arbitrary"))]
pub(crate) const BASE_COUNT: u16 = STRETCHES - BASES;
/// How many lengths a stretch can have.
#[cfg(any(test, feature = "proptest"))]
pub(crate) const STRETCH_COUNT: u16 = u16::MAX - STRETCHES + 1;

/// The number of a base; the index is below [`BASE_COUNT`].
#[cfg(any(test, feature = "proptest", feature = "arbitrary"))]
pub(crate) fn base(index: u16) -> u16 {
    BASES + index
}

/// The number of a stretch; the index is below [`STRETCH_COUNT`], and up to 255 it is how many choices the
/// stretch has.
#[cfg(any(test, feature = "proptest", feature = "arbitrary"))]
pub(crate) fn stretch(index: u16) -> u16 {
    STRETCHES + index
}

/// Every length up to 255, then 128 lengths for each doubling.
fn choices_of_stretch(index: u16) -> u32 {
    match (index / 128, index % 128) {
        (0, low) => low.into(),
        (doublings, low) => (128 + u32::from(low)) << (doublings - 1),
    }
}

impl Scheduler for Script {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.next = 0;
        self.stretch = 0;
        self.seed = 0;
        self.random = None;
        self.fair.begin(plan, run);
    }

    #[inline]
    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        let enabled = simulation.enabled();
        if let Some(number) = self.number(simulation.plan()) {
            return fault_of(number, enabled).or_else(|| self.step(number, enabled));
        }
        match &mut self.random {
            Some(random) => random.choose(simulation),
            None => self.fair.choose(simulation),
        }
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        let fault = match (self.number(simulation.plan()), &mut self.random) {
            (Some(number), _) => fault_of(number, simulation.enabled()),
            (None, Some(random)) => random.at_rest(simulation),
            (None, None) => None,
        };
        let choice = fault.unwrap_or(Choice::Heal);
        if choice == Choice::Heal {
            self.fair = RoundRobin::default();
        }
        Some(choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_up_to_four_million_has_a_stretch_that_is_not_much_longer() {
        let lengths: Vec<u32> = (0..STRETCH_COUNT).map(choices_of_stretch).collect();
        assert!(lengths[..=255].iter().copied().eq(0..=255));
        assert_eq!(lengths.last(), Some(&(255 << 14)));
        for pair in lengths[255..].windows(2) {
            assert!(pair[0] < pair[1] && pair[1] - pair[0] <= pair[0] / 127, "{pair:?}");
        }
    }

    /// Had the numbers of faults been left out and not counted out, 64 steps would have no number for the
    /// last of them.
    #[test]
    fn every_step_has_a_number_beside_faults() {
        for steps in 1..300 {
            for step in 0..steps {
                let number = step + step / 63;
                assert_eq!(step_number(number as u16) % steps, step);
                assert_ne!(number % 64, 63, "it would be a fault");
            }
        }
    }
}
