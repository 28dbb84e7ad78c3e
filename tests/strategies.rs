//! Every search strategy: it holds on what is sound, finds what is not, chooses the same in run *k*
//! whatever came before and on any number of threads, and reaches what is interesting. How much of a
//! tiny system it reaches is in `exhaustive.rs`; what the papers prove of the algorithms is
//! tested beside them, in `src/scheduler/`.

use std::collections::BTreeSet;
use std::sync::Arc;

use active_active::explore::Strategy;
use active_active::explore::{
    Choices, Observer, Phase, Progress, Reached, Runner, Sweep, SweepReport, Verdict,
};
use active_active::model::Event;
use active_active::model::event::fault;
use active_active::model::fault::Target;
use active_active::plan::Plan;
use active_active::scheduler::{Scheduler, Timed};
use active_active::sim::{Choice, Simulation, Step};
use active_active::spec::PropertyName;

use crate::common::plans;

fn sweep(strategy: Strategy, plan: &Arc<Plan>, runs: u64, threads: usize) -> SweepReport {
    let prepared = strategy.prepare(plan, 1);
    let sweep = Sweep { plan: Arc::clone(plan), runs, threads, steps_max: u64::MAX };
    sweep.run(|| prepared.scheduler(), &Progress::default())
}

/// The scenarios in which the scheduler has most to choose: every fault of the budget, and moments.
const RICH: [&str; 11] = [
    "crash-anywhere",
    "standard-queues",
    "lost-replies",
    "refused-anywhere",
    "partitioned-anywhere",
    "failures-anywhere",
    "region-outage",
    "f1-fail-container",
    "aurora-anywhere",
    "outage-anywhere",
    "loss-anywhere",
];

#[test]
fn every_strategy_holds_on_sound_scenarios() {
    for &strategy in Strategy::ALL {
        for scenario in RICH {
            let report = sweep(strategy, &plans::plan(scenario, &[]), 150, 2);
            assert_eq!(report.violation, None, "{strategy}, {scenario}");
            assert_eq!((report.runs, report.inconclusive), (150, 0), "{strategy}, {scenario}");
        }
    }
}

/// The canaries: bugs that need a crash, a timeout or a lost reply at the right moment.
#[test]
fn every_strategy_finds_planted_bugs() {
    let planted = [
        ("crash-anywhere", "container.on_duplicate=skip", PropertyName::RemoveLast),
        ("crash-anywhere", "queue.receive=destructive", PropertyName::NeverLost),
        ("standard-queues", "queue.remove=head", PropertyName::RemoveLast),
        ("lost-replies", "destination.dedupe=none", PropertyName::EffectOnce),
        ("refused-anywhere", "container.on_dependency_failure=drop", PropertyName::RemoveLast),
        ("outage-anywhere", "source.on_refusal=drop", PropertyName::DeliveredAll),
        ("loss-anywhere", "rpo.records=0", PropertyName::WithinRpo),
        ("aurora-anywhere", "rpo.records=0", PropertyName::WithinRpo),
    ];
    for &strategy in Strategy::ALL {
        for (scenario, design, property) in planted {
            let report = sweep(strategy, &plans::plan(scenario, &[design]), 1_000, 2);
            let (run, violation) = report
                .violation
                .unwrap_or_else(|| panic!("{strategy} does not find {design} in {scenario}"));
            assert_eq!(violation.property(), property, "{strategy}: {violation}");
            println!("{strategy}: {design} in run {run}");
        }
    }
}

/// Without a budget nothing is taken from it, and each strategy has another order than the fair
/// run.
#[test]
fn no_strategy_takes_what_the_budget_does_not_have() {
    let plan = plans::plan("baseline", &[]);
    let mut runner = Runner::new(Arc::clone(&plan));
    for &strategy in Strategy::ALL {
        let mut scheduler = strategy.prepare(&plan, 1).scheduler();
        let mut orders = BTreeSet::new();
        for run in 0..50 {
            let mut choices = Choices::default();
            assert_eq!(runner.run(&mut scheduler, run, &mut choices).verdict, Verdict::Holds);
            let is_step = |choice: &Choice| matches!(choice, Choice::Step(_) | Choice::Heal);
            assert!(choices.taken.iter().all(is_step));
            orders.insert(choices.taken);
        }
        assert!(orders.len() > 40, "{strategy} has {} orders in 50 runs", orders.len());
    }
}

#[test]
fn a_run_does_not_depend_on_the_runs_before_it() {
    let plan = plans::plan("standard-queues", &["records.batches=2,2"]);
    let mut runner = Runner::new(Arc::clone(&plan));
    for &strategy in Strategy::ALL {
        let mut scheduler = strategy.prepare(&plan, 7).scheduler();
        let mut all = Vec::new();
        for run in 0..60 {
            let mut choices = Choices::default();
            let outcome = runner.run(&mut scheduler, run, &mut choices);
            all.push((outcome, choices));
        }
        for run in [59, 0, 31, 32] {
            let mut choices = Choices::default();
            let mut alone = strategy.prepare(&plan, 7).scheduler();
            let outcome = runner.run(&mut alone, run, &mut choices);
            assert_eq!((outcome, choices), all[run as usize], "{strategy}, run {run}");
        }
    }
}

#[test]
fn a_sweep_does_not_depend_on_the_number_of_threads() {
    let designs: [&[&str]; 2] = [&[], &["container.on_duplicate=skip"]];
    for &strategy in Strategy::ALL {
        for design in designs {
            let plan = plans::plan("crash-anywhere", design);
            let one = sweep(strategy, &plan, 200, 1);
            assert_eq!(sweep(strategy, &plan, 200, 3), one, "{strategy}");
        }
    }
}

/// What fails in each run.
#[derive(Default)]
struct Failures(Vec<BTreeSet<Target>>);

impl Observer for Failures {
    fn begin(&mut self, _simulation: &Simulation) {
        self.0.push(BTreeSet::new());
    }

    fn phase(&mut self, _phase: Phase, _simulation: &Simulation) {}

    fn step(&mut self, _step: &Step, simulation: &Simulation) {
        let failed = self.0.last_mut().expect("a run has begun");
        for event in simulation.events() {
            if let Event::Fault(fault::Event::Faulted { fault }) = *event {
                failed.insert(fault.target);
            }
        }
    }
}

/// Of the 16 components of which some fail, each fails in some runs and works in others; few fail, and
/// nearly all.
fn assert_few_and_many_fail(name: &str, plan: &Arc<Plan>, mut scheduler: impl Scheduler) {
    let mut runner = Runner::new(Arc::clone(plan));
    let mut failures = Failures::default();
    for run in 0..160 {
        let outcome = runner.run(&mut scheduler, run, &mut failures);
        assert_eq!(outcome.verdict, Verdict::Holds, "{name}, run {run}");
    }
    let sizes: BTreeSet<usize> = failures.0.iter().map(BTreeSet::len).collect();
    let (least, most) = (sizes.first().copied(), sizes.last().copied());
    assert!(least.is_some_and(|least| (1..=2).contains(&least)), "{name}: {sizes:?}");
    assert!(most.is_some_and(|most| (15..=16).contains(&most)), "{name}: {sizes:?}");
    let all: BTreeSet<&Target> = failures.0.iter().flatten().collect();
    assert_eq!(all.len(), 16, "{name}");
    for target in all {
        let with = failures.0.iter().filter(|failed| failed.contains(target)).count();
        assert!((40..=120).contains(&with), "{name}: {target:?} fails in {with} of 160 runs");
    }
}

#[test]
fn every_strategy_lets_few_and_many_components_fail() {
    let plan = plans::plan("f5-fail-random", &[]);
    for &strategy in Strategy::ALL {
        let scheduler = strategy.prepare(&plan, 3).scheduler();
        assert_few_and_many_fail(strategy.name(), &plan, scheduler);
    }
    assert_few_and_many_fail("timed", &plan, Timed::new(3));
}

/// What can be reached in the richest scenarios is reached by each strategy.
#[test]
fn every_strategy_reaches_what_is_interesting() {
    let rich = [
        ("standard-queues", [Reached::TimedOut, Reached::Reordered, Reached::StaleRemove]),
        ("lost-replies", [Reached::ReplyLost, Reached::Returned, Reached::DependencyFailed]),
        (
            "refused-anywhere",
            [Reached::SourceRefused, Reached::Returned, Reached::DependencyFailed],
        ),
        ("crash-anywhere", [Reached::Crashed, Reached::StaleReply, Reached::DuplicateAbsorbed]),
        ("outage-anywhere", [Reached::ComponentFailed, Reached::SourceRefused, Reached::Returned]),
        ("loss-anywhere", [Reached::Lost, Reached::Destroyed, Reached::OrderChanged]),
        ("aurora-anywhere", [Reached::WriterMoved, Reached::Destroyed, Reached::Returned]),
    ];
    for &strategy in Strategy::ALL {
        for (scenario, interesting) in rich {
            let report = sweep(strategy, &plans::plan(scenario, &[]), 300, 2);
            for what in interesting {
                let runs = report.coverage.runs(what);
                assert!(runs > 0, "{strategy} never reached {what:?} in {scenario}");
            }
        }
    }
}
