//! What is kept, and of which run the next one is a change.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::fault::FaultPoint;
use crate::model::id::QueueId;
use crate::scheduler::program::{ONE_STAGE, plan};

fn feedback(plan: &Arc<Plan>) -> Feedback {
    let profile = Arc::new(Profile::new(plan, 1));
    Feedback::new(Arc::clone(plan), profile, 3, u64::MAX)
}

/// Makes a run, up to so many steps; the states that it reached, under which faults.
fn run(feedback: &mut Feedback, number: u64, steps_max: u64) {
    let plan = Arc::clone(&feedback.plan);
    let mut simulation = Simulation::new(Arc::clone(&plan));
    feedback.begin(&plan, number);
    while !simulation.enabled().is_quiescent() && simulation.steps() < steps_max {
        let choice = feedback.choose(&simulation).expect("a machine can step");
        let step = simulation.step(choice);
        feedback.took(&step, &simulation);
    }
}

/// A scheduler that never kept a run passed every test once.
#[test]
fn what_reaches_something_new_is_kept_and_nothing_else() {
    // Without faults: most of its states are reached in the first fifty runs.
    let plan = plan("baseline");
    let mut feedback = feedback(&plan);
    let mut kept = Vec::new();
    for number in 0..80 {
        run(&mut feedback, number, u64::MAX);
        let is_new = feedback.fresh_at.is_some();
        let before = feedback.corpus.len();
        // The next run begins with what this one has shown.
        feedback.learn();
        assert_eq!(feedback.corpus.len() - before, usize::from(is_new), "run {number}");
        kept.push(is_new);
    }
    let count = |runs: &[bool]| runs.iter().filter(|&&is_new| is_new).count();
    assert!(kept[0], "to the first run all is new");
    assert!(count(&kept) >= 5, "{kept:?}");
    assert!(count(&kept[60..]) < count(&kept[..20]), "less is new in the end: {kept:?}");
    // What is kept is the run: its choices to the end, and where it last was new.
    for Kept { choices, fresh_at } in &feedback.corpus {
        assert!(*fresh_at >= 1 && *fresh_at <= choices.len() as u64);
    }
}

/// Seven of eight runs are changes of one that was kept; of two that are drawn the later one, so that the
/// newer half is changed three times as often as the older half.
#[test]
fn later_runs_are_changed_more_often_than_earlier_ones() {
    let plan = plan(ONE_STAGE);
    let mut feedback = feedback(&plan);
    let kept = |number: u64| Kept {
        choices: Arc::from([Choice::Step(crate::model::MachineId(0))]),
        fresh_at: number,
    };
    feedback.corpus = (0..20).map(kept).collect();
    let mut counts: BTreeMap<Option<usize>, u64> = BTreeMap::new();
    for number in 0..8_000 {
        feedback.numbers = generator(5, number);
        feedback.draw(&plan);
        let changed = feedback.changes.of();
        let at = changed.map(|of| {
            feedback
                .corpus
                .iter()
                .position(|kept| Arc::ptr_eq(&kept.choices, of))
                .expect("it was kept")
        });
        *counts.entry(at).or_default() += 1;
    }
    let of = |range: std::ops::Range<usize>| {
        range.map(|at| counts.get(&Some(at)).copied().unwrap_or(0)).sum::<u64>()
    };
    let (none, older, newer) = (counts[&None], of(0..10), of(10..20));
    assert!((900..1_100).contains(&none), "one in eight begins from nothing: {none}");
    assert!((5_000..5_500).contains(&newer) && newer > 2 * older, "{older} and {newer}");
    assert_eq!(counts.len(), 21, "each is changed: {counts:?}");
}

/// A state under other faults is another state; from the fourth fault of a kind on, it is not.
#[test]
fn what_was_reached_under_other_faults_is_new() {
    let plan = plan(ONE_STAGE);
    let mut feedback = feedback(&plan);
    let simulation = Simulation::new(Arc::clone(&plan));
    let reorder = FaultPoint::Reorder(QueueId(0));
    let time_out = FaultPoint::TimeOut(QueueId(0));
    let mut spent = |points: &[FaultPoint]| {
        feedback.begin(&plan, 0);
        for &point in points {
            let choice = Choice::Fault(point);
            feedback.took(&Step { choice, message: None, pair: None }, &simulation);
        }
        feedback.spent.1
    };
    let (none, one, other) = (spent(&[]), spent(&[reorder]), spent(&[time_out]));
    let (both, two) = (spent(&[reorder, time_out]), spent(&[reorder, reorder]));
    let all = [none, one, other, both, two];
    let different: std::collections::BTreeSet<u64> = all.into_iter().collect();
    assert_eq!(different.len(), all.len(), "{all:?}");
    assert_eq!(spent(&[time_out, reorder]), both, "the order is no difference");
    assert_eq!(spent(&[reorder; 3]), spent(&[reorder; 5]));
}

/// One crash had the number of no fault: the first state after it was taken for known.
#[test]
fn what_was_spent_of_the_budget_has_a_number_of_its_own() {
    let mut numbers = BTreeSet::from([number_of(&[0; KINDS])]);
    for kind in 0..KINDS {
        for count in 1..=3 {
            let mut spent = [0; KINDS];
            spent[kind] = count;
            assert!(numbers.insert(number_of(&spent)), "{count} of kind {kind}");
            spent[(kind + 1) % KINDS] = 3;
            assert!(numbers.insert(number_of(&spent)), "{count} of kind {kind}, 3 of the next");
        }
    }
}
