//! How fast: steps, runs, and what goes with them.
//!
//! `cargo bench --manifest-path bench/Cargo.toml --bench steps` prints, for each line, the time and the
//! items per second: steps where the line is about runs. The README quotes ratios of medians, not times:
//!
//! * what the spec costs: `f1::whole_spec` against `f1::no_spec`, both random;
//! * whether a step depends on the number of records: `records::fair` and `records::random` at
//!   10,000 against 100, in items per second (at most 1.5 times slower);
//! * what a strategy costs: `strategies` against `random` there (at most 3 times);
//! * what a second core gives: `sweep` with 2 threads against 1.

use std::sync::Arc;

use active_active::explore::Strategy;
use active_active::explore::{Progress, Runner, Sweep, Verdict};
use active_active::plan::Plan;
use active_active::scenario::builtin;
use active_active::scheduler::{Random, RoundRobin, Scheduler};
use active_active::sim::Simulation;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

/// Shows that the runs allocate nothing, beside the time.
#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

/// After so many runs a runner has all the memory that it needs, and an allocation is reported.
const WARM_UP: u64 = 20;

fn main() {
    divan::main();
}

fn plan(name: &str) -> Arc<Plan> {
    let scenario = builtin::scenario(name).expect("the scenario is built in");
    Arc::new(Plan::new(&scenario).expect("the scenario was checked when it was read"))
}

/// The scenario with one batch of so many records.
fn with_records(records: u32) -> Arc<Plan> {
    let mut scenario = builtin::scenario("baseline").expect("the scenario is built in");
    scenario.records.batches = vec![records];
    scenario.script.truncate(2);
    Arc::new(Plan::new(&scenario).expect("a batch may have so many records"))
}

/// How many steps every run of a plan takes that has one number of them.
fn steps(plan: &Arc<Plan>) -> u64 {
    Runner::new(Arc::clone(plan)).run(&mut RoundRobin::default(), 0, &mut ()).steps
}

/// Run after run with the whole spec, each other than the one before.
fn bench_runs(bencher: Bencher<'_, '_>, plan: &Arc<Plan>, mut scheduler: impl Scheduler) {
    let mut runner = Runner::new(Arc::clone(plan));
    let mut run = 0;
    let mut next = move || {
        run += 1;
        let outcome = runner.run(&mut scheduler, run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds);
    };
    (0..WARM_UP).for_each(|_| next());
    bencher.counter(ItemsCount::new(steps(plan))).bench_local(next);
}

/// F1, with 30 records: items are steps.
mod f1 {
    use super::*;

    #[divan::bench]
    fn whole_spec(bencher: Bencher<'_, '_>) {
        bench_runs(bencher, &plan("f1-fail-container"), Random::new(1));
    }

    #[divan::bench]
    fn whole_spec_fair(bencher: Bencher<'_, '_>) {
        bench_runs(bencher, &plan("f1-fail-container"), RoundRobin::default());
    }

    /// The simulation alone: nobody judges.
    #[divan::bench]
    fn no_spec(bencher: Bencher<'_, '_>) {
        let plan = plan("f1-fail-container");
        let mut simulation = Simulation::new(Arc::clone(&plan));
        let mut random = Random::new(1);
        let mut run = 0;
        let counter = ItemsCount::new(steps(&plan));
        let mut next = move || {
            run += 1;
            simulation.reset();
            random.begin(&plan, run);
            while !simulation.enabled().is_quiescent() {
                let choice = random.choose(&simulation).expect("a machine can step");
                simulation.step(choice);
            }
            simulation.steps()
        };
        for _ in 0..WARM_UP {
            black_box(next());
        }
        bencher.counter(counter).bench_local(next);
    }
}

/// F1 with each search strategy: items are steps.
#[divan::bench(args = Strategy::ALL)]
fn strategies(bencher: Bencher<'_, '_>, strategy: Strategy) {
    let plan = plan("f1-fail-container");
    bench_runs(bencher, &plan, strategy.prepare(&plan, 1).scheduler());
}

/// One batch of so many records: items are steps.
mod records {
    use super::*;

    #[divan::bench(args = [100, 1_000, 10_000])]
    fn fair(bencher: Bencher<'_, '_>, records: u32) {
        bench_runs(bencher, &with_records(records), RoundRobin::default());
    }

    #[divan::bench(args = [100, 1_000, 10_000])]
    fn random(bencher: Bencher<'_, '_>, records: u32) {
        bench_runs(bencher, &with_records(records), Random::new(1));
    }
}

/// A thousand runs of F1: items are steps.
#[divan::bench(args = [1, 2], sample_count = 20)]
fn sweep(bencher: Bencher<'_, '_>, threads: usize) {
    let plan = plan("f1-fail-container");
    let counter = ItemsCount::new(1_000 * steps(&plan));
    let sweep = Sweep { plan, runs: 1_000, threads, steps_max: u64::MAX };
    bencher.counter(counter).bench_local(|| sweep.run(|| Random::new(1), &Progress::default()));
}

/// What else exhaustive search and every new scenario pay for: items are calls.
mod parts {
    use super::*;

    /// F1 in the middle: a thousand steps on.
    fn middle() -> Simulation {
        let mut simulation = Simulation::new(plan("f1-fail-container"));
        let mut random = Random::new(1);
        for _ in 0..1_000 {
            let choice = random.choose(&simulation).expect("F1 has more steps");
            simulation.step(choice);
        }
        simulation
    }

    #[divan::bench]
    fn construct_plan(bencher: Bencher<'_, '_>) {
        let scenario = builtin::scenario("f1-fail-container").expect("the scenario is built in");
        bencher.counter(ItemsCount::new(1u32)).bench_local(|| Plan::new(black_box(&scenario)));
    }

    #[divan::bench]
    fn fingerprint(bencher: Bencher<'_, '_>) {
        let simulation = middle();
        bencher.counter(ItemsCount::new(1u32)).bench_local(|| black_box(&simulation).fingerprint());
    }

    #[divan::bench]
    fn copy_from(bencher: Bencher<'_, '_>) {
        let simulation = middle();
        let mut copy = simulation.clone();
        bencher
            .counter(ItemsCount::new(1u32))
            .bench_local(|| copy.copy_from(black_box(&simulation)));
    }
}
