//! What a run could have done differently.

use crate::plan::Plan;
use crate::run::{Observer, Phase};
use crate::scheduler::{Act, Deviation, RoundRobin, Scheduler};
use crate::sim::{Choice, Simulation, Step};

/// Takes those of the recorded choices that are possible, and goes on fairly when they end.
pub(super) struct Possible<'a> {
    choices: &'a [Choice],
    next: usize,
    fair: RoundRobin,
}

impl<'a> Possible<'a> {
    pub(super) fn new(choices: &'a [Choice]) -> Possible<'a> {
        Possible { choices, next: 0, fair: RoundRobin::default() }
    }
}

impl Scheduler for Possible<'_> {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.next = 0;
        self.fair.begin(plan, run);
    }

    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        let enabled = simulation.enabled();
        while let Some(&choice) = self.choices.get(self.next) {
            if choice == Choice::Heal {
                // What comes after the healing waits until the system is quiescent.
                break;
            }
            self.next += 1;
            if enabled.contains(choice) {
                return Some(choice);
            }
        }
        self.fair.choose(simulation)
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        let enabled = simulation.enabled();
        while let Some(&choice) = self.choices.get(self.next) {
            self.next += 1;
            if choice == Choice::Heal || enabled.contains(choice) {
                return Some(choice);
            }
        }
        Some(Choice::Heal)
    }

    fn at_bound(&mut self, simulation: &Simulation) -> Option<Choice> {
        self.at_rest(simulation)
    }

    fn go_on(&mut self, simulation: &Simulation, _turns: &mut RoundRobin) -> Option<Choice> {
        self.choose(simulation)
    }
}

/// Writes down what could have been different in a run: each fault and answer that was possible, and each
/// machine that took a step and could have been slow instead.
#[derive(Default)]
pub(super) struct Alternatives {
    /// Only what comes after this step.
    after: u64,
    /// Steps that are no alternatives otherwise.
    steps: Vec<Choice>,
    pub(super) found: Vec<Deviation>,
}

impl Alternatives {
    /// What could have been different after this step; these steps, too, where they were possible.
    pub(super) fn after(step: u64, steps: &[Choice]) -> Alternatives {
        Alternatives { after: step, steps: steps.to_vec(), ..Alternatives::default() }
    }

    fn note_faults(&mut self, simulation: &Simulation) {
        let step = simulation.steps() + 1;
        if step <= self.after {
            return;
        }
        let enabled = simulation.enabled();
        let is_fair = |choice: &Choice| matches!(choice, Choice::Step(_) | Choice::Heal);
        let others = enabled.iter().filter(|choice| !is_fair(choice));
        let steps = self.steps.iter().copied().filter(|&choice| enabled.contains(choice));
        self.found.extend(others.chain(steps).map(|choice| {
            let act = Act::Take(choice);
            Deviation { step, act, fair: None }
        }));
    }
}

impl Observer for Alternatives {
    fn begin(&mut self, _simulation: &Simulation) {
        self.found.clear();
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase != Phase::Heal {
            self.note_faults(simulation);
        }
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        if let Some(machine) = step.choice.machine()
            && simulation.steps() > self.after
        {
            let act = Act::Hold(machine);
            self.found.push(Deviation { step: simulation.steps(), act, fair: None });
        }
        self.note_faults(simulation);
    }
}

/// Whether something else happens than a step of another machine: a fault, another answer, or a
/// component that fails where it could have been left be.
pub(super) fn is_fault(deviation: &Deviation) -> bool {
    matches!(deviation.act, Act::Take(Choice::Fault(_) | Choice::Resolve(_) | Choice::Fail(_)))
}

/// Whether both are of one kind: faults of the same kind, or machines that step sooner or later.
pub(super) fn is_alike(one: Act, other: Act) -> bool {
    let order = |act| matches!(act, Act::Hold(_) | Act::Take(Choice::Step(_)));
    match (one, other) {
        (Act::Take(Choice::Fault(one)), Act::Take(Choice::Fault(other))) => {
            std::mem::discriminant(&one) == std::mem::discriminant(&other)
        }
        (Act::Take(Choice::Resolve(_)), Act::Take(Choice::Resolve(_))) => true,
        (Act::Take(Choice::Fail(_)), Act::Take(Choice::Fail(_))) => true,
        (one, other) => order(one) && order(other),
    }
}

/// All elements: every 64th, then every 32nd, and so on, so that the first ones are far apart.
pub(super) fn spread<T: Copy>(all: &[T]) -> impl Iterator<Item = T> + use<'_, T> {
    let halving = std::iter::successors(Some(64usize), |&step| (step > 1).then_some(step / 2));
    halving.flat_map(move |step| {
        let is_new = move |index: &usize| step == 64 || !index.is_multiple_of(2 * step);
        (0..all.len()).step_by(step).filter(is_new).map(|index| all[index])
    })
}
