//! How fast exhaustive search is: `cargo bench --manifest-path bench/Cargo.toml --bench verify`. Items are
//! states that were new.

use std::sync::Arc;

use active_active::explore::{SearchProgress, Verified, Verify};
use active_active::plan::Plan;
use active_active::scenario::{Scope, builtin};
use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

/// Two regions, so many records and stages, no fault.
fn plan(records: u32, stages: u8) -> Arc<Plan> {
    let scenario = builtin::scenario("baseline").expect("the scenario is built in");
    let scope = Scope { records: Some(records), stages: Some(stages), ..Scope::default() };
    let small = scope.of(&scenario).expect("the scenario has so many stages");
    Arc::new(Plan::new(&small).expect("the scenario was checked"))
}

fn search(bencher: Bencher<'_, '_>, verify: &Verify) {
    let states = verify.run(&SearchProgress::default()).states;
    bencher.counter(ItemsCount::new(states)).bench_local(|| {
        let report = verify.run(&SearchProgress::default());
        assert_eq!(report.verdict, Verified::Holds);
    });
}

/// Every order of steps, looked up by parts: three records pass one stage.
#[divan::bench(args = [1, 2], sample_count = 5)]
fn every_order(bencher: Bencher<'_, '_>, threads: usize) {
    search(bencher, &Verify { threads, reduces: false, ..Verify::new(plan(3, 1)) });
}

/// Every order of steps and a crash anywhere, in whole worlds: one record passes one stage.
#[divan::bench(args = [1, 2], sample_count = 5)]
fn every_order_and_crash(bencher: Bencher<'_, '_>, threads: usize) {
    let mut scenario = plan(1, 1).scenario().clone();
    scenario.budget.crash = 1;
    let plan = Arc::new(Plan::new(&scenario).expect("a container may crash"));
    search(bencher, &Verify { threads, reduces: false, ..Verify::new(plan) });
}

/// Steps that commute in one order only, with a crash anywhere: four records pass three stages.
#[divan::bench(sample_count = 5)]
fn reduced(bencher: Bencher<'_, '_>) {
    let mut scenario = plan(4, 3).scenario().clone();
    scenario.budget.crash = 1;
    let plan = Arc::new(Plan::new(&scenario).expect("a container may crash"));
    search(bencher, &Verify::new(plan));
}
