//! The hard case: a violation that needs two crashes, a lost reply and a visibility timeout to hit one
//! record in a row.
//! How the strategies compare on it is in docs/detection.md; this is the cheap form of that.

use std::sync::Arc;

use active_active::explore::Strategy;
use active_active::explore::{
    Choices, Ended, Minimiser, Progress, Runner, Sweep, SweepReport, Watch,
};
use active_active::report::past;
use active_active::report::story::Mark;
use active_active::saved::SavedRun;
use active_active::spec::PropertyName;

use crate::common::plans;

fn sweep(strategy: Strategy, seed: u64, runs: u64, changes: &[&str]) -> SweepReport {
    let plan = plans::plan("needle", changes);
    let prepared = strategy.prepare(&plan, seed);
    let sweep = Sweep { plan: Arc::clone(&plan), runs, threads: 2, steps_max: u64::MAX };
    sweep.run(|| prepared.scheduler(), &Progress::default())
}

#[test]
fn a_uniform_choice_of_orders_finds_the_needle_and_a_random_walk_does_not() {
    for seed in 1..=3 {
        let report = sweep(Strategy::Surw, seed, 3_000, &[]);
        let (run, violation) = report.violation.expect("three thousand runs find it");
        println!("seed {seed}: run {run}");
        assert_eq!(violation.property(), PropertyName::Expectation);
        // As many for both.
        assert_eq!(sweep(Strategy::Random, seed, 3_000, &[]).violation, None);
    }
}

/// The smallest failure has all four of them, since the limit of four deliveries stays what it is.
#[test]
fn the_story_of_the_needle_has_all_of_its_failures() {
    let (surw, plan) = (Strategy::Surw, plans::plan("needle", &[]));
    let (run, _) = sweep(surw, 2, 3_000, &[]).violation.expect("three thousand runs find it");
    let mut choices = Choices::default();
    let mut scheduler = surw.prepare(&plan, 2).scheduler();
    let outcome = Runner::new(Arc::clone(&plan)).run(&mut scheduler, run, &mut choices);
    let saved = SavedRun::new(&plan, &choices.taken, &outcome).expect("it was judged");
    let minimal = Minimiser::default().minimise(&saved, &Watch::default()).expect("it violates");
    // Nobody is told that more could be left out when the search was through.
    assert_eq!(minimal.ended, Ended::Complete);
    let scenario = minimal.saved.plan().scenario();
    assert_eq!((&scenario.records.batches[..], scenario.topology.stages.len()), (&[4][..], 1));
    let (story, _) = past::story(&minimal.saved);
    let told = |text: &str| {
        story.iter().filter(|line| line.mark == Mark::Fault && line.text.contains(text)).count()
    };
    let faults = (told("crashes"), told("is lost and taken for a refusal"), told("times out"));
    assert_eq!(faults, (2, 1, 1), "{story:#?}");
}

/// Each of the failures is needed, and so are two containers to share the record: with one of them left
/// out it is given up by nobody, and still delivered.
#[test]
fn the_needle_needs_every_one_of_its_failures() {
    let changes = [
        "budget.crash=1",
        "budget.lost_reply=0",
        "budget.visibility_timeout=0",
        "queue.max_receives=5",
        "topology.containers=1",
    ];
    for change in changes {
        for strategy in [Strategy::Surw, Strategy::Pos] {
            assert_eq!(sweep(strategy, 1, 3_000, &[change]).violation, None, "{change}");
        }
    }
}
