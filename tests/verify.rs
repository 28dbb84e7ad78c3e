//! Exhaustive search: it enters the states that a naive enumeration finds, and its verdict is the same
//! with any number of threads and with or without reduction.

use std::collections::BTreeMap;
use std::sync::Arc;

use active_active::explore::{Found, Incomplete, SearchProgress, Verified, Verify, VerifyReport};
use active_active::plan::Plan;
use active_active::saved::SavedRun;
use active_active::spec::PropertyName;

#[path = "common/enumerate.rs"]
mod enumerate;
#[path = "common/plans.rs"]
mod plans;

use enumerate::enumerate;

/// Two regions, one stage, one record.
fn tiny(changes: &[&str]) -> Arc<Plan> {
    let text = r#"
        name = "tiny"
        topology.stages = ["only"]
        records.batches = [1]
        script = ["publish 1", "await delivered all"]
    "#;
    plans::plan(text, changes)
}

fn verify(plan: &Arc<Plan>, threads: usize, reduces: bool) -> VerifyReport {
    let verify = Verify { threads, reduces, ..Verify::new(Arc::clone(plan)) };
    verify.run(&SearchProgress::default())
}

fn found(report: &VerifyReport) -> &Found {
    match &report.verdict {
        Verified::Violated(found) => found,
        other @ (Verified::Holds | Verified::Incomplete(_)) => {
            panic!("no violation was found: {other:?}")
        }
    }
}

#[test]
fn enters_the_states_that_the_naive_enumeration_finds() {
    for changes in [&[][..], &["budget.crash=1"]] {
        let plan = tiny(changes);
        let all = enumerate(&plan);
        assert_eq!(all.violations, BTreeMap::new());
        assert!(all.schedules() > 1_000_000_000 * all.known as u128);
        for threads in [1, 3] {
            let report = verify(&plan, threads, false);
            assert_eq!(report.verdict, Verified::Holds, "{changes:?}");
            let counts = (report.states as usize, report.transitions as usize);
            assert_eq!(counts, (all.known, all.transitions()), "{changes:?}");
            assert_eq!(report.ends as usize, all.rests.len(), "{changes:?}");
        }
    }
}

#[test]
fn a_violation_is_found_by_the_shortest_run_whatever_the_number_of_threads() {
    let plan = tiny(&["budget.crash=1", "container.on_duplicate=skip"]);
    let one = verify(&plan, 1, false);
    assert_eq!(found(&one).violation.property(), PropertyName::RemoveLast);
    assert!(found(&one).is_shortest);
    for threads in [2, 4] {
        assert_eq!(verify(&plan, threads, false).verdict, one.verdict);
    }
    let Found { choices, outcome, .. } = found(&one);
    let outcome = outcome.as_ref().expect("it needs no circles");
    let saved = SavedRun::new(&plan, choices, outcome).expect("it was judged");
    assert!(saved.replay().matches_expected);
}

#[test]
fn a_search_without_memory_or_time_is_incomplete() {
    let plan = tiny(&["budget.crash=1"]);
    let mut small = Verify { reduces: false, ..Verify::new(Arc::clone(&plan)) };
    small.bytes_max = 500_000;
    let report = small.run(&SearchProgress::default());
    assert_eq!(report.verdict, Verified::Incomplete(Incomplete::Memory));
    assert!(report.bytes <= 500_000 && report.states > 10_000, "{report:?}");
    let stopped = SearchProgress::default();
    stopped.stop();
    let report = Verify { bytes_max: 1 << 30, ..small }.run(&stopped);
    assert_eq!(report.verdict, Verified::Incomplete(Incomplete::Stopped));
    assert!(report.states < 61_568);
}

/// Two regions, two stages, two records.
const SMALL: &str = r#"
    name = "small"
    topology.stages = ["first", "second"]
    records.batches = [2]
    script = ["publish 1", "await delivered all"]
"#;

/// The container of the first stage pauses at any moment, and goes on at any later one.
const PAUSE: &str = r#"
    name = "pause-at-any-moment"
    topology.stages = ["only"]
    records.batches = [1]
    script = ["publish 1", "await sometime", "pause only-container@1", "await sometime",
              "recover only-container@1", "await delivered all"]
"#;

#[test]
fn the_reduction_leaves_the_verdict_and_few_states() {
    let plans = [
        (tiny(&[]), 5),
        (tiny(&["budget.crash=1"]), 20),
        (tiny(&["budget.crash=2"]), 0),
        (plans::plan(PAUSE, &[]), 20),
        (plans::plan(PAUSE, &["records.batches=2"]), 0),
    ];
    for (plan, factor) in plans {
        let small = verify(&plan, 1, true);
        assert!(small.reduced, "{:?}", small.not_reduced_because);
        assert_eq!(small.verdict, Verified::Holds);
        println!("{} states, {} transitions", small.states, small.transitions);
        if factor > 0 {
            let whole = verify(&plan, 2, false);
            assert_eq!(whole.verdict, Verified::Holds);
            println!("   of {} states, {} transitions", whole.states, whole.transitions);
            assert!(small.states * factor < whole.states);
        }
    }
    let small = verify(&plans::plan(SMALL, &[]), 2, true);
    assert_eq!(small.verdict, Verified::Holds);
    println!("{small:?}");
}
