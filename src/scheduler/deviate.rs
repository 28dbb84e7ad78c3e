//! The fair run, but for a few steps: how small a failure is told.
//!
//! Most of a schedule does not matter. Written as what it does *differently* from the fair
//! scheduler, the part that matters is what is left: "at step 14, crash the container". The idea
//! of counting deviations from a deterministic scheduler is that of delay-bounded scheduling
//! (Emmi, Qadeer and Rakamarić, "Delay-bounded scheduling", POPL 2011).

use std::sync::Arc;

use crate::model::id::MachineId;
use crate::plan::Plan;
use crate::scheduler::{Misfit, RoundRobin, Scheduler};
use crate::sim::{Choice, Enabled, Simulation};

/// One thing that a run does differently from the fair one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Deviation {
    /// The number of the step, as violations and stories have it: 1 for the first.
    pub step: u64,
    /// What is different.
    pub act: Act,
    /// Whose turn it would have been. A replay that finds it to be another machine's no longer
    /// fits; none if that is not known.
    pub fair: Option<MachineId>,
}

/// What is different.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Act {
    /// This happens in place of the fair step.
    Take(Choice),
    /// From this step on the machine is slow: every other one goes first, until no other one can
    /// take a step and it takes its next one.
    Hold(MachineId),
}

/// Lets every machine step in turn, as [`RoundRobin`] does, except where it deviates.
#[derive(Clone, Debug)]
pub struct Deviate {
    /// By step, ascending; those of one step in their order.
    deviations: Vec<Deviation>,
    next: usize,
    steps: u64,
    fair: Fair,
    /// A deviation that does not fit is left out.
    is_lenient: bool,
    /// Those that were carried out, with whose turn it was.
    carried_out: Vec<Deviation>,
    misfit: Option<Misfit>,
}

/// Whose turn it is, with machines that are held back.
#[derive(Clone, Debug, Default)]
struct Fair {
    /// Index of the machine whose turn is next.
    turn: usize,
    /// Those that are held, ascending.
    held: Vec<MachineId>,
}

impl Fair {
    /// The first machine from the turn on that can step and is not held; if there is none, the
    /// first that can step.
    fn machine(&self, enabled: Enabled<'_>) -> Option<MachineId> {
        let first = enabled.step_from(self.turn)?;
        let mut machine = first;
        while self.held.contains(&machine) {
            machine = enabled.step_from(machine.index() + 1)?;
            if machine == first {
                break;
            }
        }
        Some(machine)
    }

    fn took(&mut self, choice: Choice, is_turn: bool) {
        if choice == Choice::Heal {
            self.turn = 0;
        }
        if let Some(machine) = choice.machine() {
            self.held.retain(|&held| held != machine);
            if is_turn {
                self.turn = machine.index() + 1;
            }
        }
    }
}

impl Deviate {
    /// A run with these deviations, each of which must fit: one that does not stops the run, and
    /// [`Deviate::misfit`] says where.
    pub fn new(deviations: Vec<Deviation>) -> Deviate {
        Deviate {
            deviations,
            next: 0,
            steps: 0,
            fair: Fair::default(),
            is_lenient: false,
            carried_out: Vec::new(),
            misfit: None,
        }
    }

    /// A run with those of the deviations that fit.
    pub fn lenient(deviations: Vec<Deviation>) -> Deviate {
        Deviate { is_lenient: true, ..Deviate::new(deviations) }
    }

    /// Where a deviation did not fit, if one did not.
    pub fn misfit(&self) -> Option<&Misfit> {
        self.misfit.as_ref()
    }

    /// Those of the deviations that were carried out in the last run, with whose turn it was: a
    /// list that fits.
    pub fn carried_out(&self) -> &[Deviation] {
        &self.carried_out
    }

    /// How many of the deviations were reached.
    pub fn taken(&self) -> usize {
        self.next
    }

    /// What the choices of a chaos phase do differently from the fair scheduler. A run with these
    /// deviations makes the same choices.
    pub fn from_choices(plan: &Arc<Plan>, choices: &[Choice]) -> Vec<Deviation> {
        let mut simulation = Simulation::new(Arc::clone(plan));
        let mut turns = RoundRobin::default();
        let mut deviations = Vec::new();
        for (index, &choice) in choices.iter().enumerate() {
            let turn = turns;
            let fair = turns.choose(&simulation).or(Some(Choice::Heal));
            if choice == Choice::Heal {
                turns = RoundRobin::default();
            }
            if fair != Some(choice) {
                let machine = fair.and_then(Choice::machine);
                let act = Act::Take(choice);
                deviations.push(Deviation { step: index as u64 + 1, act, fair: machine });
                if choice != Choice::Heal {
                    turns = turn;
                }
            }
            simulation.step(choice);
        }
        deviations
    }

    /// What is different now, and none if nothing is.
    fn deviate(&mut self, simulation: &Simulation) -> Result<Option<Choice>, Misfit> {
        while let Some(&deviation) = self.deviations.get(self.next) {
            if deviation.step > self.steps {
                return Ok(None);
            }
            let number = self.next + 1;
            self.next += 1;
            let enabled = simulation.enabled();
            let fair = self.fair.machine(enabled);
            let possible = match deviation.act {
                Act::Take(choice) => enabled.contains(choice),
                Act::Hold(_) => true,
            };
            let is_known = deviation.fair.is_none_or(|machine| fair == Some(machine));
            match deviation.act {
                _ if !(self.is_lenient || possible && is_known) => {
                    self.next -= 1;
                    let of = self.deviations.len();
                    return Err(misfit(&deviation, possible, (number, of), simulation));
                }
                // What happens anyway is no deviation.
                Act::Take(choice) if fair.map_or(Choice::Heal, Choice::Step) == choice => {}
                Act::Take(choice) if possible => {
                    self.carried_out.push(Deviation { fair, ..deviation });
                    return Ok(Some(choice));
                }
                Act::Take(_) => {}
                Act::Hold(machine) => {
                    if !self.fair.held.contains(&machine) {
                        self.fair.held.push(machine);
                        self.carried_out.push(Deviation { fair: None, ..deviation });
                    }
                }
            }
        }
        Ok(None)
    }
}

impl Scheduler for Deviate {
    fn begin(&mut self, _plan: &Plan, _run: u64) {
        self.next = 0;
        self.steps = 0;
        self.fair.turn = 0;
        self.fair.held.clear();
        self.carried_out.clear();
        self.misfit = None;
    }

    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        self.steps += 1;
        let choice = match self.deviate(simulation) {
            Ok(Some(choice)) => {
                self.fair.took(choice, false);
                choice
            }
            Ok(None) => {
                let choice = Choice::Step(self.fair.machine(simulation.enabled())?);
                self.fair.took(choice, true);
                choice
            }
            Err(misfit) => {
                self.misfit = Some(misfit);
                return None;
            }
        };
        Some(choice)
    }

    fn at_rest(&mut self, simulation: &Simulation) -> Option<Choice> {
        self.steps += 1;
        match self.deviate(simulation) {
            Ok(choice) => {
                let choice = choice.unwrap_or(Choice::Heal);
                self.fair.took(choice, false);
                Some(choice)
            }
            Err(misfit) => {
                self.misfit = Some(misfit);
                None
            }
        }
    }

    fn at_bound(&mut self, simulation: &Simulation) -> Option<Choice> {
        self.at_rest(simulation)
    }

    fn go_on(&mut self, simulation: &Simulation, _turns: &mut RoundRobin) -> Option<Choice> {
        // No machine may be held back for ever.
        self.fair.held.clear();
        self.choose(simulation)
    }
}

fn misfit(
    deviation: &Deviation,
    possible: bool,
    (number, of): (usize, usize),
    simulation: &Simulation,
) -> Misfit {
    let layout = &simulation.plan().layout;
    let names: Vec<String> = simulation.enabled().iter().map(|c| c.name(layout)).collect();
    let wanted = match (deviation.act, possible, deviation.fair) {
        (Act::Take(choice), false, _) => choice.name(layout),
        (_, _, Some(machine)) => format!("turn of {}", layout.name(machine)),
        (_, _, None) => "turn".to_owned(),
    };
    Misfit { number, of, step: simulation.steps() + 1, wanted, possible: names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Choices, Runner, Verdict};
    use crate::scenario::builtin;
    use crate::scheduler::Random;

    fn plan(name: &str) -> Arc<Plan> {
        let scenario = builtin::scenario(name).expect("the scenario is built in");
        Arc::new(Plan::new(&scenario).expect("the scenario is right"))
    }

    fn choices(plan: &Arc<Plan>, scheduler: &mut impl Scheduler) -> Vec<Choice> {
        let mut choices = Choices::default();
        let outcome = Runner::new(Arc::clone(plan)).run(scheduler, 3, &mut choices);
        assert_eq!(outcome.verdict, Verdict::Holds);
        choices.taken
    }

    #[test]
    fn without_deviations_it_is_fair() {
        for (name, _) in builtin::ALL {
            let plan = plan(name);
            let fair = choices(&plan, &mut RoundRobin::default());
            assert_eq!(choices(&plan, &mut Deviate::new(Vec::new())), fair, "{name}");
            assert_eq!(Deviate::from_choices(&plan, &fair), [], "{name}");
        }
    }

    #[test]
    fn every_run_is_the_fair_one_with_its_deviations() {
        for name in ["baseline", "crash-anywhere", "standard-queues"] {
            let plan = plan(name);
            let random = choices(&plan, &mut Random::new(1));
            let deviations = Deviate::from_choices(&plan, &random);
            assert!(deviations.len() < random.len(), "{name}: some steps are fair");
            let mut deviate = Deviate::new(deviations);
            assert_eq!(choices(&plan, &mut deviate), random, "{name}");
            assert_eq!(deviate.misfit(), None);
            assert_eq!(deviate.taken(), deviate.deviations.len());
        }
    }

    #[test]
    fn who_is_held_steps_when_nobody_else_can() {
        let plan = plan("baseline");
        let held = plan.layout.find("core-replicator").expect("the scenario has it");
        let hold = Deviation { step: 1, act: Act::Hold(held), fair: None };
        let slow = choices(&plan, &mut Deviate::new(vec![hold]));
        let at = |choices: &[Choice]| {
            let first = choices.iter().position(|&choice| choice == Choice::Step(held));
            first.expect("it takes its step in the end")
        };
        let fair = choices(&plan, &mut RoundRobin::default());
        assert!(at(&slow) > at(&fair) + 100, "{} {}", at(&slow), at(&fair));
    }

    #[test]
    fn what_does_not_fit_stops_the_run_or_is_left_out() {
        let plan = plan("baseline");
        let table = plan.layout.find("core-table@1").expect("the scenario has it");
        let driver = plan.layout.find("driver");
        // Nothing has written to a table yet; and it is the driver's turn.
        let act = Act::Take(Choice::Step(table));
        for deviation in [
            Deviation { step: 1, act, fair: driver },
            Deviation { step: 1, act: Act::Hold(table), fair: Some(table) },
        ] {
            let mut strict = Deviate::new(vec![deviation]);
            let outcome = Runner::new(Arc::clone(&plan)).run(&mut strict, 0, &mut ());
            assert!(matches!(outcome.verdict, Verdict::Inconclusive(_)));
            assert_eq!(strict.misfit().map(|misfit| (misfit.number, misfit.step)), Some((1, 1)));
        }
        let deviation = Deviation { step: 1, act, fair: driver };
        let fair = choices(&plan, &mut RoundRobin::default());
        assert_eq!(choices(&plan, &mut Deviate::lenient(vec![deviation])), fair);
    }
}
