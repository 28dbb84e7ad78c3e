//! Where a failure is looked for in a scenario: first where it was before, then everywhere nearby, then
//! anywhere.

use std::sync::atomic::Ordering;

use rand::Rng;

use super::alternatives::{Alternatives, Possible, is_alike, is_fault, spread};
use super::case::Case;
use super::search::{Found, Runs, Search, reached};
use crate::run::Choices;
use crate::scheduler::seed::{below, generator};
use crate::scheduler::{Act, Deviate, Deviation, Random};
use crate::sim::Choice;

/// Which deviations are tried.
pub(super) type Fits<'a> = &'a dyn Fn(&Deviation) -> bool;

/// Random runs derive from this seed, whatever was used to find the failure.
const SEED: u64 = 1;

/// So many deviations are a few.
const FEW_MAX: usize = 4;

impl Search<'_> {
    /// Runs these choices, as far as they are possible.
    pub(super) fn by_choices(&mut self, case: &Case, choices: &[Choice]) -> Option<Found> {
        self.watch.scenarios.fetch_add(1, Ordering::Relaxed);
        let runs = &mut Runs::of(case);
        self.found(runs, &mut Possible::new(choices), 0)
    }

    /// The failure with these deviations, those left out that are not possible.
    pub(super) fn with(&mut self, runs: &mut Runs, deviations: &[Deviation]) -> Option<Found> {
        let mut scheduler = Deviate::lenient(deviations.to_vec());
        let found = self.found(runs, &mut scheduler, 0)?;
        Some(Found { deviations: scheduler.carried_out().to_vec(), ..found })
    }

    /// The failure with these deviations where they were, or a step sooner or later: a line less is a step
    /// less.
    pub(super) fn again(&mut self, case: &Case, deviations: &[Deviation]) -> Option<Found> {
        let runs = &mut Runs::of(case);
        let shifts: &[i64] = if deviations.is_empty() { &[0] } else { &[0, -1, 1, -2] };
        let shifted = |by: i64| -> Vec<Deviation> {
            let step = |step: u64| step.saturating_add_signed(by).max(1);
            deviations.iter().map(|one| Deviation { step: step(one.step), ..*one }).collect()
        };
        shifts.iter().find_map(|&by| self.with(runs, &shifted(by)))
    }

    /// Looks for the failure in schedules like the one with these deviations: with the same ones at other
    /// steps; if there are several, also with as many others of the same kinds.
    pub(super) fn alike(&mut self, case: &Case, like: &[Deviation], end: u64) -> Option<Found> {
        let half = if like.len() > 1 { self.half_of(end) } else { end };
        let found = self.with_these(case, like, half);
        found.or_else(|| (like.len() > 1).then(|| self.of_kinds(case, like, end)).flatten())
    }

    /// Looks for the failure in the fair run, and with one or two deviations in those in which they are at
    /// other steps.
    pub(super) fn with_these(
        &mut self,
        case: &Case,
        deviations: &[Deviation],
        end: u64,
    ) -> Option<Found> {
        let runs = &mut Runs::of(case);
        let fair = self.with(runs, &[]);
        if fair.is_some() {
            return fair;
        }
        let step = |one: &Deviation| match one.act {
            Act::Take(choice @ Choice::Step(_)) => Some(choice),
            Act::Take(_) | Act::Hold(_) => None,
        };
        let steps: Vec<Choice> = deviations.iter().filter_map(step).collect();
        let same = |act: Act| move |other: &Deviation| other.act == act;
        match deviations {
            [one] => self.with_one(runs, &steps, end, &same(one.act)),
            [one, other] => {
                let (first, then) = (same(one.act), same(other.act));
                self.with_both(runs, &steps, end, (&first, &then))
            }
            _ => None,
        }
    }

    fn of_kinds(&mut self, case: &Case, like: &[Deviation], end: u64) -> Option<Found> {
        let runs = &mut Runs::of(case);
        let fits = |other: &Deviation| like.iter().any(|one| is_alike(one.act, other.act));
        let half = self.half_of(end);
        let found = self.with_one(runs, &[], half, &fits);
        let max = like.len().min(FEW_MAX);
        found.or_else(|| self.with_few(runs, max, end, &fits))
    }

    /// Looks for the failure in the fair run, in those with one deviation, and in random ones.
    pub(super) fn anywhere(&mut self, case: &Case) -> Option<Found> {
        let runs = &mut Runs::of(case);
        let end = self.end(1);
        let half = self.end(2);
        let found = self.with_one(runs, &[], half, &|_| true);
        if found.is_some() {
            return found;
        }
        let quarter = self.end(4);
        let found = self.with_few(runs, FEW_MAX, quarter, &|_| true);
        if found.is_some() {
            return found;
        }
        for number in 0.. {
            if self.is_past(end) {
                return None;
            }
            let mut random = Random::new(SEED);
            if self.run(runs, &mut random, number, &mut ()).is_some() {
                let found = self.found(runs, &mut random, number);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Looks for the failure in the fair run and in those with one deviation that fits, the faults first.
    /// If there is no time for all of them, those that are tried are spread over the run.
    pub(super) fn with_one(
        &mut self,
        runs: &mut Runs,
        steps: &[Choice],
        end: u64,
        fits: &dyn Fn(&Deviation) -> bool,
    ) -> Option<Found> {
        let (found, alternatives) = self.alternatives(runs, &[], steps);
        if found.is_some() {
            return found;
        }
        let fitting = alternatives.into_iter().filter(fits);
        let (faults, holds): (Vec<_>, Vec<_>) = fitting.partition(is_fault);
        for kind in [faults, holds] {
            for deviation in spread(&kind) {
                if self.is_past(end) {
                    return None;
                }
                let found = self.with(runs, &[deviation]);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Looks for the failure in the runs with two deviations, of which one fits and then the other.
    pub(super) fn with_both(
        &mut self,
        runs: &mut Runs,
        steps: &[Choice],
        end: u64,
        (fits, then): (Fits<'_>, Fits<'_>),
    ) -> Option<Found> {
        let (_, first) = self.alternatives(runs, &[], steps);
        let first: Vec<Deviation> = first.into_iter().filter(fits).collect();
        for one in spread(&first) {
            // A large scenario has thousands of second deviations, and each is a long run.
            if self.is_past(end) {
                return None;
            }
            let (found, second) = self.alternatives(runs, &[one], steps);
            if found.is_some() {
                return found;
            }
            let second: Vec<Deviation> = second.into_iter().filter(then).collect();
            for other in spread(&second) {
                if self.is_past(end) {
                    return None;
                }
                let found = self.with(runs, &[one, other]);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Looks for the failure in runs with two to so many deviations that fit, drawn at random: each is a
    /// fault as often as a slow machine.
    pub(super) fn with_few(
        &mut self,
        runs: &mut Runs,
        max: usize,
        end: u64,
        fits: &dyn Fn(&Deviation) -> bool,
    ) -> Option<Found> {
        let (_, mut first) = self.alternatives(runs, &[], &[]);
        first.retain(fits);
        let mut numbers = generator(SEED, 0);
        while max >= 2 && !first.is_empty() && !self.is_past(end) {
            let count = 2 + below(numbers.next_u32(), max - 1);
            let mut deviations = Vec::with_capacity(count);
            let mut possible = first.clone();
            while deviations.len() < count {
                let wants_fault = numbers.next_u32().is_multiple_of(2);
                if possible.iter().any(|deviation| is_fault(deviation) == wants_fault) {
                    possible.retain(|deviation| is_fault(deviation) == wants_fault);
                }
                if possible.is_empty() {
                    break;
                }
                deviations.push(possible[below(numbers.next_u32(), possible.len())]);
                let (found, after) = self.alternatives(runs, &deviations, &[]);
                if found.is_some() {
                    return found;
                }
                possible = after;
                possible.retain(fits);
            }
        }
        None
    }

    /// The run with these deviations: the failure, if it is one, and what else could have been
    /// different after the last of them, these steps included.
    fn alternatives(
        &mut self,
        runs: &mut Runs,
        deviations: &[Deviation],
        steps: &[Choice],
    ) -> (Option<Found>, Vec<Deviation>) {
        let mut scheduler = Deviate::lenient(deviations.to_vec());
        let after = deviations.last().map_or(0, |deviation| deviation.step);
        let mut watched = (Choices::default(), Alternatives::after(after, steps));
        let outcome = self.run(runs, &mut scheduler, 0, &mut watched);
        let found = outcome.map(|outcome| Found {
            case: runs.case.clone(),
            choices: watched.0.taken,
            deviations: scheduler.carried_out().to_vec(),
            outcome,
            reached: reached(runs.runner.simulation()),
        });
        (found.filter(|found| self.needs_its_causes(found, false)), watched.1.found)
    }
}
