//! The timed scheduler: its times, its faults, and that a run remains a function of plan and run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use active_active::explore::{Choices, Observer, Phase, Progress, Runner, Sweep, Verdict};
use active_active::model::event::fault;
use active_active::model::fault::FaultKind;
use active_active::model::{Event, Place};
use active_active::model::{container, destination, queue, replicator, source, table};
use active_active::scenario::builtin;
use active_active::scheduler::{Span, Timed, VirtualTime};
use active_active::sim::{Choice, Simulation, Step};

use crate::common::plans;

/// Every event with its time, and every step.
#[derive(Default)]
struct Times {
    now: VirtualTime,
    events: Vec<(u64, Event)>,
    steps: Vec<(u64, Choice)>,
}

impl Observer for Times {
    fn begin(&mut self, _simulation: &Simulation) {
        *self = Times::default();
    }

    fn phase(&mut self, _phase: Phase, _simulation: &Simulation) {}

    fn now(&mut self, now: Span) {
        assert!(now.end >= self.now.max(now.begin), "time goes forward");
        self.now = now.end;
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        self.steps.push((self.now.us(), step.choice));
        self.events.extend(simulation.events().iter().map(|&event| (self.now.us(), event)));
    }
}

impl Times {
    /// When such an event happened for the first time.
    fn first(&self, such: impl Fn(&Event) -> bool) -> Option<u64> {
        self.events.iter().find(|(_, event)| such(event)).map(|&(at, _)| at)
    }
}

const ONE_STAGE: &str = r#"
    name = "one-stage"
    topology.stages = ["only"]
    records.batches = [1]
    script = ["publish 1", "await delivered all"]
    timing.spread_percent = 0
"#;

/// One record through one stage, with the defaults: source 1, DNS 1, queue 2, container 5, table 4,
/// destination 1, replicator 2; 1 within a region, 70 between two.
#[test]
fn times_are_those_that_a_hand_computes() {
    let mut times = Times::default();
    let outcome = Runner::new(plans::plan(ONE_STAGE, &[])).run(&mut Timed::new(1), 0, &mut times);
    assert_eq!(outcome.verdict, Verdict::Holds);
    let at = |such: fn(&Event) -> bool| times.first(such).map(|us| us / 1_000);
    assert_eq!(
        at(|event| matches!(event, Event::Source(source::Event::Published { .. }))),
        Some(1)
    );
    // On its way 1, in-dns 1, on its way 1, queue 2.
    assert_eq!(at(|event| matches!(event, Event::Queue(queue::Event::Enqueued { .. }))), Some(6));
    // On its way 1, container 5, on its way 1, table 4.
    assert_eq!(at(|event| matches!(event, Event::Table(table::Event::Stored { .. }))), Some(17));
    // On its way 1, container 5.
    assert_eq!(
        at(|event| matches!(event, Event::Container(container::Event::Forwarding { .. }))),
        Some(23)
    );
    // On its way 1, queue 2, on its way 1, destination 1: the queue answers the destination itself.
    assert_eq!(
        at(|event| matches!(event, Event::Destination(destination::Event::Arrived { .. }))),
        Some(28)
    );
    // From the stored row: between regions 70, replicator 2; on its way 1, table 4.
    assert_eq!(
        at(|event| matches!(event, Event::Replicator(replicator::Event::Replicated { .. }))),
        Some(89)
    );
    assert_eq!(at(|event| matches!(event, Event::Table(table::Event::Applied { .. }))), Some(94));
}

#[test]
fn a_machine_of_twice_the_speed_takes_half_the_time() {
    let mut times = Times::default();
    let mut stored = |speed: &str| {
        let plan = plans::plan(ONE_STAGE, &[speed]);
        Runner::new(plan).run(&mut Timed::new(1), 0, &mut times);
        let is_stored = |event: &Event| matches!(event, Event::Table(table::Event::Stored { .. }));
        times.first(is_stored).expect("it is stored")
    };
    assert_eq!(stored("speed.only-container@1=1"), 17_000);
    assert_eq!(stored("speed.only-container@1=2"), 14_500);
    assert_eq!(stored("speed.only-table@1=4"), 14_000);
}

/// While a machine always has work, its steps are as far apart as its services are long, on average.
#[test]
fn a_busy_machine_serves_at_its_speed() {
    let text = r#"
        name = "busy"
        topology.stages = ["only"]
        records.batches = [2000]
        script = ["publish 1", "await delivered all"]
        timing = { source_ms = 8, within_region_ms = 0, dns_ms = 0, queue_ms = 0 }
    "#;
    for speed in [1, 4] {
        let plan = plans::plan(text, &[&format!("speed.record-source={speed}")]);
        let source = plan.layout.machine(Place::Source);
        let mut times = Times::default();
        Runner::new(plan).run(&mut Timed::new(5), 0, &mut times);
        let steps: Vec<u64> = times
            .steps
            .iter()
            .filter(|(_, choice)| *choice == Choice::Step(source))
            .map(|&(at, _)| at)
            .collect();
        let mean = (steps[steps.len() - 1] - steps[0]) as f64 / (steps.len() - 1) as f64;
        let expected = 8_000.0 / f64::from(speed);
        assert!((mean / expected - 1.0).abs() < 0.03, "{mean} instead of {expected}");
    }
}

/// The five records that went to region 1 are stored by its second stage only after the recovery,
/// whenever that is.
#[test]
fn batch_2_waits_from_the_pause_to_the_recovery() {
    let plan = plans::plan("f1-fail-container", &[]);
    let mut runner = Runner::new(Arc::clone(&plan));
    let mut times = Times::default();
    for run in 0..20 {
        let outcome = runner.run(&mut Timed::new(1), run, &mut times);
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
        let pause = |event: &Event| matches!(event, Event::Fault(fault::Event::Faulted { fault }) if fault.kind == FaultKind::Pause);
        let paused = times.first(pause).expect("the script pauses it");
        let recover = |event: &Event| matches!(event, Event::Fault(fault::Event::Recovered { .. }));
        let recovered = times.first(recover).expect("and recovers it");
        let preprocess =
            plan.layout.find("preprocess-table@1").expect("the default topology has it");
        let Place::Table(preprocess) = plan.layout.places()[preprocess.index()] else {
            panic!("it is a table");
        };
        let mut waited = 0;
        for &(at, event) in &times.events {
            let Event::Table(table::Event::Stored { table, copy, .. }) = event else { continue };
            if table == preprocess && plan.batch_of(copy.id).0 == 2 {
                assert!(at > recovered, "{at}, between {paused} and {recovered}");
                waited += 1;
            }
        }
        assert_eq!(waited, 5, "run {run}");
        assert!(recovered > paused, "time passes in between");
    }
}

#[test]
fn a_run_does_not_depend_on_the_runs_before_it() {
    let plan = plans::plan("crash-anywhere", &[]);
    let (mut many, mut alone) = (Runner::new(Arc::clone(&plan)), Runner::new(plan));
    let mut timed = Timed::new(3);
    for run in 0..30 {
        let mut first = (Choices::default(), Times::default());
        let mut again = (Choices::default(), Times::default());
        let outcome = many.run(&mut timed, run, &mut first);
        assert_eq!(alone.run(&mut Timed::new(3), run, &mut again), outcome);
        assert_eq!(first.0, again.0, "run {run}");
        assert_eq!(first.1.events, again.1.events, "run {run}");
    }
}

#[test]
fn a_sweep_does_not_depend_on_the_number_of_threads() {
    let plan = plans::plan("crash-anywhere", &["container.on_duplicate=skip"]);
    let sweep = |threads| Sweep { plan: Arc::clone(&plan), runs: 300, threads, steps_max: 1_950 };
    let report = |threads| sweep(threads).run(|| Timed::new(9), &Progress::default());
    let one = report(1);
    assert!(one.violation.is_some(), "{one:?}");
    assert_eq!(report(3), one);
}

#[test]
fn holds_on_every_sound_scenario() {
    for (name, _) in builtin::ALL {
        let mut runner = Runner::new(plans::plan(name, &[]));
        for run in 0..20 {
            let verdict = runner.run(&mut Timed::new(2), run, &mut ()).verdict;
            assert_eq!(verdict, Verdict::Holds, "{name}, run {run}");
        }
    }
}

/// Faults fall early and late, on every container, and in some runs not at all.
#[test]
fn faults_are_spread_over_the_whole_run() {
    let mut runner = Runner::new(plans::plan("crash-anywhere", &[]));
    let (mut choices, mut points) = (Choices::default(), BTreeSet::new());
    let (mut early, mut late) = (0, 0);
    for run in 0..500 {
        runner.run(&mut Timed::new(13), run, &mut choices);
        let is_fault = |choice: &Choice| matches!(choice, Choice::Fault(_));
        points.extend(choices.taken.iter().copied().filter(is_fault));
        let first = choices.taken.iter().position(is_fault);
        early += u64::from(first.is_some_and(|at| at < 100));
        late += u64::from(first.is_some_and(|at| at > 1_000));
    }
    assert_eq!(points.len(), 2 * 10, "each container crashes and is started again");
    assert!(early > 50 && late > 20, "{early} early, {late} late");
}

/// Without spread there is one schedule; with it, those of the tiny system that its times allow.
#[test]
fn a_tiny_system_has_as_many_timed_schedules_as_its_times_allow() {
    let schedules = |changes: &[&str]| {
        let mut runner = Runner::new(plans::plan(ONE_STAGE, changes));
        let (mut choices, mut found) = (Choices::default(), BTreeMap::new());
        for run in 0..500 {
            runner.run(&mut Timed::new(4), run, &mut choices);
            *found.entry(choices.taken.clone()).or_insert(0) += 1;
        }
        found.len()
    };
    assert_eq!(schedules(&[]), 1);
    let many = schedules(&["timing.spread_percent=100"]);
    assert!(many > 100, "{many} of 500");
}
