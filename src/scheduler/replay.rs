//! A saved run, choice by choice.

use crate::plan::Plan;
use crate::scheduler::{RoundRobin, Scheduler};
use crate::sim::{Choice, Simulation};

/// Takes recorded choices, and goes on fairly when they end. A choice that cannot be taken stops
/// the run: the record no longer fits, and [`Replay::misfit`] says where.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::explore::{Choices, Cut, Runner, Verdict};
/// use active_active::plan::Plan;
/// use active_active::scenario::builtin;
/// use active_active::scheduler::{Misfit, Random, Replay};
///
/// let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
/// let mut runner = Runner::new(plan);
/// let mut choices = Choices::default();
/// let outcome = runner.run(&mut Random::new(1), 0, &mut choices);
/// let mut replay = Replay::new(choices.taken.clone());
/// assert_eq!(runner.run(&mut replay, 0, &mut ()), outcome);
/// assert_eq!(replay.misfit(), None);
///
/// // A recorded choice that is not possible any more cuts the run short.
/// choices.taken.swap(0, 20);
/// let mut replay = Replay::new(choices.taken);
/// let outcome = runner.run(&mut replay, 0, &mut ());
/// assert_eq!(outcome.verdict, Verdict::Inconclusive(Cut::Scheduler(0)));
/// let misfit: &Misfit = replay.misfit().expect("it did not fit");
/// assert_eq!((misfit.number, misfit.step), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Replay {
    /// In order.
    choices: Vec<Choice>,
    next: usize,
    misfit: Option<Misfit>,
    fair: RoundRobin,
}

/// Where a record no longer fits.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "choice {number} of {of}, '{wanted}', is not possible at step {step}; possible are {possible}. \
     The model, the scenario or the file has changed since it was saved"
)]
pub struct Misfit {
    /// Which choice, counted from 1.
    pub number: usize,
    /// How many the record has.
    pub of: usize,
    /// The step that it should have been, counted from 1.
    pub step: u64,
    /// Its name.
    pub wanted: String,
    /// The names of what is enabled instead, separated by commas.
    pub possible: String,
}

impl Replay {
    /// A run of these choices.
    pub fn new(choices: Vec<Choice>) -> Replay {
        Replay { choices, next: 0, misfit: None, fair: RoundRobin::default() }
    }

    /// Where the record did not fit, if it did not.
    pub fn misfit(&self) -> Option<&Misfit> {
        self.misfit.as_ref()
    }

    /// How many of the recorded choices were taken.
    pub fn taken(&self) -> usize {
        self.next
    }
}

impl Scheduler for Replay {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.next = 0;
        self.misfit = None;
        self.fair.begin(plan, run);
    }

    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        let Some(&choice) = self.choices.get(self.next) else {
            return self.fair.choose(simulation);
        };
        self.take(choice, simulation)
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        match self.choices.get(self.next) {
            Some(&choice) => self.take(choice, simulation),
            None => {
                self.fair = RoundRobin::default();
                Some(Choice::Heal)
            }
        }
    }

    fn at_bound(&mut self, simulation: &Simulation) -> Option<Choice> {
        self.at_rest(simulation)
    }

    fn go_on(&mut self, simulation: &Simulation, _turns: &mut RoundRobin) -> Option<Choice> {
        self.choose(simulation)
    }
}

impl Replay {
    /// The recorded choice, if it can be taken.
    fn take(&mut self, choice: Choice, simulation: &Simulation) -> Option<Choice> {
        if !simulation.enabled().contains(choice) {
            let layout = &simulation.plan().layout;
            let names: Vec<String> =
                simulation.enabled().iter().map(|choice| choice.name(layout)).collect();
            self.misfit = Some(Misfit {
                number: self.next + 1,
                of: self.choices.len(),
                step: simulation.steps() + 1,
                wanted: choice.name(layout),
                possible: names.join(", "),
            });
            return None;
        }
        self.next += 1;
        Some(choice)
    }
}
