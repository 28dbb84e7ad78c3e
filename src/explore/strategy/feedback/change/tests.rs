//! A kept run is made again but for what is changed.

use super::*;
use crate::plan::Plan;
use crate::scheduler::program::plan;
use crate::scheduler::seed::generator;
use crate::scheduler::{Random, Scheduler};

/// The choices of a random run.
fn recorded(plan: &Arc<Plan>) -> Arc<[Choice]> {
    let mut simulation = Simulation::new(Arc::clone(plan));
    let mut random = Random::new(4);
    random.begin(plan, 2);
    let mut choices = Vec::new();
    while !simulation.enabled().is_quiescent() {
        let choice = random.choose(&simulation).expect("a machine can step");
        simulation.step(choice);
        choices.push(choice);
    }
    choices.into()
}

/// What the changes make of a kept run, up to so many steps: the choices, a fault where one is wanted; none
/// where any step will do, which is then the first one that is possible.
fn followed(plan: &Arc<Plan>, changes: &mut Changes, steps: u64) -> Vec<Option<Choice>> {
    let mut simulation = Simulation::new(Arc::clone(plan));
    let mut numbers = generator(1, 1);
    let mut taken = Vec::new();
    while simulation.steps() < steps && !simulation.enabled().is_quiescent() {
        let choice = match changes.next(&simulation, &mut numbers) {
            Some(Change::Choice(choice)) => Some(choice),
            Some(Change::Fault) => panic!("no fault is wanted here"),
            None => None,
        };
        simulation.step(choice.unwrap_or_else(|| simulation.enabled().nth_step(0)));
        taken.push(choice);
    }
    taken
}

fn changes(choices: &Arc<[Choice]>, edits: &[(u64, Edit)]) -> Changes {
    let mut edits = edits.to_vec();
    edits.reverse();
    Changes { choices: Some(Arc::clone(choices)), edits, ..Changes::default() }
}

#[test]
fn without_a_change_the_run_is_made_again() {
    let plan = plan("crash-anywhere");
    let choices = recorded(&plan);
    assert!(choices.iter().any(|choice| matches!(choice, Choice::Fault(_))));
    let taken = followed(&plan, &mut changes(&choices, &[]), u64::MAX);
    let expected: Vec<Option<Choice>> = choices.iter().copied().map(Some).collect();
    assert_eq!(taken, expected);
}

#[test]
fn a_machine_that_waits_lets_the_others_step_as_long_as_is_said() {
    let plan = plan("baseline");
    let choices = recorded(&plan);
    let at = 100;
    let machine = choices[at].machine().expect("it is a step");
    let taken = followed(&plan, &mut changes(&choices, &[(at as u64, Edit::Wait(20))]), 400);
    assert_eq!(taken[..at], choices[..at].iter().copied().map(Some).collect::<Vec<_>>());
    let steps = |range: std::ops::Range<usize>| {
        taken[range]
            .iter()
            .filter(|choice| choice.and_then(Choice::machine) == Some(machine))
            .count()
    };
    assert_eq!(steps(at..at + 20), 0, "it waits");
    assert!(steps(at + 20..400) > 0, "and goes on");
    assert!(taken.iter().all(Option::is_some), "the others follow what was kept");
}

#[test]
fn a_few_choices_are_random_and_then_the_run_goes_on() {
    let plan = plan("baseline");
    let choices = recorded(&plan);
    let taken = followed(&plan, &mut changes(&choices, &[(50, Edit::Random(7))]), 300);
    let random: Vec<usize> = (0..300).filter(|&at| taken[at].is_none()).collect();
    assert_eq!(random, (50..57).collect::<Vec<usize>>());
    let rest = followed(&plan, &mut changes(&choices, &[(50, Edit::RandomRest)]), 300);
    assert!(rest[..50].iter().all(Option::is_some) && rest[50..].iter().all(Option::is_none));
}

#[test]
fn the_next_fault_is_left_out() {
    let plan = plan("crash-anywhere");
    let choices = recorded(&plan);
    let is_fault = |choice: &Choice| matches!(choice, Choice::Fault(_));
    let at = choices.iter().position(is_fault).expect("the run has a fault");
    let taken = followed(&plan, &mut changes(&choices, &[(0, Edit::NoFault)]), at as u64 + 1);
    assert_eq!(taken[..at], choices[..at].iter().copied().map(Some).collect::<Vec<_>>());
    assert!(!taken[at].as_ref().is_some_and(is_fault), "{:?}", taken[at]);
}

#[test]
fn a_fault_is_wanted_at_its_step() {
    let plan = plan("crash-anywhere");
    let choices = recorded(&plan);
    let mut changes = changes(&choices, &[(3, Edit::Fault)]);
    let (mut simulation, mut numbers) = (Simulation::new(Arc::clone(&plan)), generator(1, 1));
    for step in 0..4 {
        match changes.next(&simulation, &mut numbers) {
            Some(Change::Choice(choice)) if step < 3 => _ = simulation.step(choice),
            Some(Change::Fault) => assert_eq!(step, 3),
            Some(Change::Choice(_)) | None => panic!("nothing of the kind at step {step}"),
        }
    }
}

/// Half of the changes are where the run last reached something new; without faults none is about them.
#[test]
fn changes_are_drawn_anywhere_and_near_what_was_new() {
    let plan = plan("baseline");
    let choices = recorded(&plan);
    let (mut near, mut all, mut late) = (0, 0, 0);
    for number in 0..4_000 {
        let mut changes = Changes::default();
        changes.draw(&choices, 100, 0, &mut generator(2, number));
        assert!((1..=4).contains(&changes.edits.len()));
        assert!(changes.edits.is_sorted_by(|(one, _), (other, _)| one >= other));
        for &(at, edit) in &changes.edits {
            assert!(!matches!(edit, Edit::Fault | Edit::NoFault), "{edit:?}");
            (all, late) = (all + 1, late + u32::from(at > choices.len() as u64 / 2));
            near += u32::from((100 - NEAR..100 + NEAR).contains(&at));
        }
    }
    let share = |part| f64::from(part) / f64::from(all);
    assert!((0.5..0.62).contains(&share(near)), "{}", share(near));
    assert!((0.2..0.3).contains(&share(late)), "{}", share(late));
}
