//! How a run that was kept is changed.

use std::sync::Arc;

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::model::id::MachineId;
use crate::scheduler::answer::step_of;
use crate::scheduler::moments::within;
use crate::scheduler::seed::below;
use crate::sim::{Choice, Simulation};

/// At most so many choices are looked through for one that is possible.
const SKIPPED_MAX: usize = 32;
/// A machine waits for at most so many steps, and so many choices are random.
const STEPS_MAX: usize = 64;
/// Half of the changes are this near to where the run last reached something new.
const NEAR: u64 = 32;

/// What comes next.
pub(super) enum Change {
    /// This choice; it is possible.
    Choice(Choice),
    /// A fault, if one is offered.
    Fault,
}

/// What is done differently, from a step on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Edit {
    /// A fault happens.
    Fault,
    /// The next fault that was taken is not taken.
    NoFault,
    /// The machine that would step waits for so many steps.
    Wait(u16),
    /// So many choices are random.
    Random(u16),
    /// All choices are random.
    RandomRest,
}

/// The choices of a run, and what is done differently.
#[derive(Debug, Default)]
pub(super) struct Changes {
    choices: Option<Arc<[Choice]>>,
    /// The choice that is followed next.
    next: usize,
    /// By step, the latest first.
    edits: Vec<(u64, Edit)>,
    /// So many faults that were taken are not taken.
    fewer_faults: u32,
    /// So many choices from now on are random.
    random: u64,
    /// Who waits, and until which step.
    waits: Option<(MachineId, u64)>,
}

impl Changes {
    /// Follows nothing: all is random.
    pub(super) fn clear(&mut self) {
        self.choices = None;
        self.next = 0;
        self.edits.clear();
        self.fewer_faults = 0;
        self.random = 0;
        self.waits = None;
    }

    /// The choices that it follows.
    #[cfg(test)]
    pub(super) fn of(&self) -> Option<&Arc<[Choice]>> {
        self.choices.as_ref()
    }

    /// Draws what is done differently from these choices; nothing about faults if there are none.
    pub(super) fn draw(
        &mut self,
        choices: &Arc<[Choice]>,
        fresh_at: u64,
        faults: u32,
        numbers: &mut Xoshiro256PlusPlus,
    ) {
        self.choices = Some(Arc::clone(choices));
        for _ in 0..1 + below(numbers.next_u32(), 4) {
            let at = match below(numbers.next_u32(), 2) {
                0 => within(numbers, choices.len() as u64 + 1),
                _ => (fresh_at + within(numbers, 2 * NEAR)).saturating_sub(NEAR),
            };
            let steps = 1 + below(numbers.next_u32(), STEPS_MAX) as u16;
            let edit = match below(numbers.next_u32(), if faults == 0 { 4 } else { 8 }) {
                0 | 1 => Edit::Wait(steps),
                2 => Edit::Random(steps),
                3 => Edit::RandomRest,
                4 => Edit::NoFault,
                _ => Edit::Fault,
            };
            self.edits.push((at, edit));
        }
        self.edits.sort_by_key(|&(at, _)| std::cmp::Reverse(at));
    }

    /// What comes next; nothing if any step will do.
    #[inline]
    pub(super) fn next(
        &mut self,
        simulation: &Simulation,
        numbers: &mut Xoshiro256PlusPlus,
    ) -> Option<Change> {
        let step = simulation.steps();
        while let Some(&(at, edit)) = self.edits.last()
            && at <= step
        {
            self.edits.pop();
            if let Some(change) = self.apply(edit, simulation) {
                return Some(change);
            }
        }
        if self.random > 0 {
            self.random -= 1;
            return None;
        }
        if self.waits.is_some_and(|(_, until)| until <= step) {
            self.waits = None;
        }
        match self.follow(simulation) {
            Some(choice) => Some(Change::Choice(choice)),
            None => self.others(simulation, numbers).map(Change::Choice),
        }
    }

    #[cold]
    fn apply(&mut self, edit: Edit, simulation: &Simulation) -> Option<Change> {
        match edit {
            Edit::Fault => return Some(Change::Fault),
            Edit::NoFault => self.fewer_faults += 1,
            Edit::Random(steps) => self.random = steps.into(),
            Edit::RandomRest => self.random = u64::MAX,
            Edit::Wait(steps) => {
                let choices = self.choices.as_deref().unwrap_or_default();
                let next = choices[self.next.min(choices.len())..].iter();
                let mut steppers = next.filter_map(|choice| choice.machine());
                let until = simulation.steps() + u64::from(steps);
                self.waits = steppers.next().map(|machine| (machine, until));
            }
        }
        None
    }

    /// The next choice that is possible.
    #[inline]
    fn follow(&mut self, simulation: &Simulation) -> Option<Choice> {
        let choices = self.choices.as_deref()?;
        let end = choices.len().min(self.next + SKIPPED_MAX);
        while self.next < end {
            let choice = choices[self.next];
            self.next += 1;
            if matches!(choice, Choice::Fault(_)) && self.fewer_faults > 0 {
                self.fewer_faults -= 1;
                continue;
            }
            let waits = self.waits.is_some_and(|(machine, _)| choice.machine() == Some(machine));
            let enabled = simulation.enabled();
            let is_early = choice == Choice::Heal && !enabled.can_heal();
            if !waits && !is_early && enabled.contains(choice) {
                return Some(choice);
            }
        }
        None
    }

    /// Any machine but the one that waits, if one does and others can step.
    fn others(&self, simulation: &Simulation, numbers: &mut Xoshiro256PlusPlus) -> Option<Choice> {
        let (waiting, _) = self.waits?;
        let enabled = simulation.enabled();
        let others = || enabled.machines().filter(|&machine| machine != waiting);
        let count = others().count();
        if count == 0 {
            return None;
        }
        let machine = others().nth(below(numbers.next_u32(), count))?;
        Some(step_of(machine, simulation, numbers))
    }
}

#[cfg(test)]
mod tests;
