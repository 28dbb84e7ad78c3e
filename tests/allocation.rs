//! Memory: none is allocated while runs go on, and what a system needs is linear in its size.
//!
//! The numbers that the README quotes are printed by
//! `cargo test --test allocation -- --nocapture`.

use std::sync::Arc;

use active_active::explore::{Incomplete, Runner, SearchProgress, Verdict, Verified, Verify};
use active_active::metrics::Metrics;
use active_active::plan::Plan;
use active_active::scenario::builtin;
use active_active::scheduler::{Random, RoundRobin, Scheduler, Script, Timed};
use allocation_counter::measure;

#[path = "common/plans.rs"]
mod plans;

/// How many runs come first, and how many must then allocate nothing.
#[derive(Clone, Copy)]
struct Runs {
    warm_up: u64,
    measured: u64,
}

const MANY: Runs = Runs { warm_up: 300, measured: 1_000 };
/// A timed run takes three times as long as a random one.
const FEWER: Runs = Runs { warm_up: 300, measured: 300 };
/// Of a scheduler all of whose runs are the same one.
const SAME: Runs = Runs { warm_up: 2, measured: 10 };

/// How many allocations the runs after the warm-up make, all together.
fn allocations(plan: &Arc<Plan>, scheduler: &mut impl Scheduler, runs: Runs) -> u64 {
    let mut runner = Runner::new(Arc::clone(plan));
    for run in 0..runs.warm_up {
        runner.run(scheduler, run, &mut ());
    }
    let info = measure(|| {
        for run in runs.warm_up..runs.warm_up + runs.measured {
            let outcome = runner.run(scheduler, run, &mut ());
            assert_eq!(outcome.verdict, Verdict::Holds);
        }
    });
    info.count_total
}

/// Of every built-in scenario. A test for each scheduler, so that they run side by side.
fn assert_runs_allocate_nothing<S: Scheduler>(scheduler: impl Fn() -> S, runs: Runs) {
    for (name, _) in builtin::ALL {
        let plan = plans::plan(name, &[]);
        // What a run has lost is reported as lists: a few allocations a run, and none a step.
        let most = if plan.can_lose() { 12 * runs.measured } else { 0 };
        assert!(allocations(&plan, &mut scheduler(), runs) <= most, "{name}");
    }
}

#[test]
fn random_runs_allocate_nothing_after_the_warm_up() {
    assert_runs_allocate_nothing(|| Random::new(1), MANY);
}

#[test]
fn timed_runs_allocate_nothing_after_the_warm_up() {
    assert_runs_allocate_nothing(|| Timed::new(1), FEWER);
}

#[test]
fn measuring_allocates_nothing_after_the_warm_up() {
    let plan = plans::plan("crash-anywhere", &[]);
    let (mut runner, mut metrics) = (Runner::new(Arc::clone(&plan)), Metrics::new(&plan));
    let mut random = Random::new(1);
    let mut runs = |range: std::ops::Range<u64>| {
        for run in range {
            runner.run(&mut random, run, &mut metrics);
            metrics.end_run();
        }
    };
    runs(0..200);
    assert_eq!(measure(|| runs(200..500)).count_total, 0);
}

#[test]
fn fair_runs_allocate_nothing_after_the_warm_up() {
    assert_runs_allocate_nothing(RoundRobin::default, SAME);
}

#[test]
fn runs_of_a_list_of_numbers_allocate_nothing_after_the_warm_up() {
    assert_runs_allocate_nothing(|| Script::new(vec![7; 900]), SAME);
}

/// A message that is late waits in memory that is there from the beginning.
#[test]
fn late_messages_allocate_nothing() {
    let scenario = r#"
        name = "late-fences"
        script = [
            "publish 1",
            "await quiescent",
            "failover first-table to @2",
            "failover second-table to @2",
            "await quiescent",
            "weights 0 1",
            "publish 2",
            "await delivered all",
        ]
        topology.stages = ["first", "second"]
        records.batches = [4, 4]
        store.default = "aurora"
        aurora.fencing = "best-effort"
    "#;
    let plan = plans::plan(scenario, &[]);
    let most = 12 * MANY.measured;
    assert!(allocations(&plan, &mut Random::new(1), MANY) <= most, "random");
    assert!(allocations(&plan, &mut RoundRobin::default(), MANY) <= most, "round-robin");
}

/// The canary: the counter does count.
#[test]
fn a_new_runner_allocates() {
    let plan = plans::plan("f1-fail-container", &[]);
    let info = measure(|| drop(Runner::new(Arc::clone(&plan))));
    assert!(info.count_total > 20, "{info:?}");
}

/// Records pass one after the other, and few are under way at a time.
const FLOWING: &[&str] = &["publish 1", "await delivered all"];

/// All records wait in front of the second stage, and all rows of the first one for replication.
const PILED_UP: &[&str] = &[
    "fail stage-0-replicator",
    "pause stage-1-container@*",
    "publish 1",
    "await quiescent",
    "recover *",
    "await delivered all",
];

/// The bytes that a plan and a runner hold after a fair run.
fn bytes(script: &[&str], records: u64, stages: usize, regions: u64) -> u64 {
    let stages: Vec<String> = (0..stages).map(|stage| format!("stage-{stage}")).collect();
    let text = format!(
        "name = \"large\"\nscript = {script:?}\nrecords.batches = [{records}]\n\
         topology.stages = {stages:?}\ntopology.regions = {regions}"
    );
    let mut kept = None;
    let info = measure(|| {
        let mut runner = Runner::new(plans::plan(&text, &[]));
        let outcome = runner.run(&mut RoundRobin::default(), 0, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds);
        kept = Some(runner);
    });
    drop(kept);
    u64::try_from(info.bytes_current).expect("what it holds is not negative")
}

/// What one more record costs, for each stage and region, between two numbers of records.
fn bytes_each(script: &[&str], few: u64, many: u64, stages: usize, regions: u64) -> f64 {
    let more = bytes(script, many, stages, regions) - bytes(script, few, stages, regions);
    more as f64 / ((many - few) * stages as u64 * regions) as f64
}

#[test]
fn memory_is_linear_in_records() {
    for (how, script, max) in [("flowing", FLOWING, 28.0), ("piled up", PILED_UP, 40.0)] {
        let low = bytes_each(script, 100, 1_000, 5, 2);
        let high = bytes_each(script, 1_000, 10_000, 5, 2);
        println!("{how}: {low:.1} bytes per record, stage and region up to 1,000 records");
        println!("{how}: {high:.1} bytes per record, stage and region up to 10,000 records");
        // The pools double when they are full, so some sizes leave half of them unused.
        assert!((0.6..1.6).contains(&(high / low)), "{how}: {low} and {high}");
        assert!(high < max, "{how}: {high} bytes per record, stage and region");
    }
}

#[test]
fn memory_is_linear_in_stages_and_regions() {
    let default = bytes_each(FLOWING, 1_000, 4_000, 5, 2);
    for (stages, regions) in [(10, 2), (16, 2), (5, 4), (5, 8), (16, 8)] {
        let each = bytes_each(FLOWING, 1_000, 4_000, stages, regions);
        println!(
            "{stages} stages, {regions} regions: {each:.1} bytes per record, stage and region"
        );
        assert!(each < 1.2 * default, "{each} against {default} by default");
    }
}

/// What lies between the beginning and where a search is, is kept as whole systems: of many records, that is
/// much more than the states in the store. A search that needs more memory than it may use says so.
#[test]
fn exhaustive_search_keeps_to_its_memory() {
    const MAX: u64 = 32 << 20;
    let crashes = ["records.batches=400", "script=publish 1,await delivered all", "budget.crash=1"];
    let search = |changes: &[&str]| {
        let verify = Verify { bytes_max: MAX, ..Verify::new(plans::plan("baseline", changes)) };
        let mut report = None;
        let info = measure(|| report = Some(verify.run(&SearchProgress::default())));
        let report = report.expect("it has come to an end");
        println!("{} states, {} bytes at most, of {MAX}", report.states, info.bytes_max);
        (report.verdict, info.bytes_max)
    };
    let (verdict, bytes) = search(&crashes);
    assert!(matches!(verdict, Verified::Incomplete(Incomplete::Memory)));
    assert!((MAX / 4..MAX * 5 / 4).contains(&bytes), "{bytes}");
    // Systems in which nothing is left to be done are not kept: here, one is at a time.
    let (verdict, bytes) = search(&crashes[..2]);
    assert!(matches!(verdict, Verified::Holds));
    assert!(bytes < MAX / 4, "{bytes}");
}
