//! The published spec beside ours: what it accepts, where ours refuses, and the other way round.

use std::sync::Arc;

use active_active::explore::{Observer, Outcome, Phase, Runner, Strategy, Verdict};
use active_active::model::{Event, MachineKind, MessageKind, RecordCopy, RecordId};
use active_active::model::{container, destination, queue, table};
use active_active::plan::Plan;
use active_active::scheduler::{Random, RoundRobin, Scheduler};
use active_active::sim::{Simulation, Step};
use active_active::spec::{CountMismatch, PropertyName, RegionCounts, Spec};

use crate::common::plans;

const SEED: u64 = 3;
const RUNS: u64 = 500;

/// Lets the published spec watch a run to its end.
struct Counting {
    counts: RegionCounts,
    /// The sizes that the regions are expected to have.
    expected: Vec<u32>,
}

impl Counting {
    fn new(plan: &Plan, expected: &[u32]) -> Counting {
        Counting { counts: RegionCounts::new(plan, expected), expected: expected.to_vec() }
    }
}

impl Observer for Counting {
    fn begin(&mut self, simulation: &Simulation) {
        self.counts = RegionCounts::new(simulation.plan(), &self.expected);
    }

    fn phase(&mut self, _phase: Phase, _simulation: &Simulation) {}

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        self.counts.watch(step, simulation.events(), simulation.plan());
    }
}

/// A run, judged by both.
fn both(
    plan: &Arc<Plan>,
    expected: &[u32],
    scheduler: &mut impl Scheduler,
    run: u64,
) -> (Outcome, Result<(), CountMismatch>) {
    let mut counting = Counting::new(plan, expected);
    let outcome = Runner::new(Arc::clone(plan)).run(scheduler, run, &mut counting);
    (outcome, counting.counts.judge_end(plan))
}

/// A fair run that goes on after ours has refused it, as the published spec sees it; and what ours
/// objected to first. Both see the events as `seen` changes them.
fn to_the_end(
    plan: &Arc<Plan>,
    expected: &[u32],
    seen: impl Fn(Event) -> Event,
) -> (Result<(), CountMismatch>, Option<PropertyName>) {
    let mut simulation = Simulation::new(Arc::clone(plan));
    let mut counts = RegionCounts::new(plan, expected);
    let mut spec = Spec::new(plan);
    let mut refused = None;
    let mut fair = RoundRobin::default();
    while let Some(choice) = fair.choose(&simulation) {
        let step = simulation.step(choice);
        let events: Vec<Event> = simulation.events().iter().copied().map(&seen).collect();
        counts.watch(&step, &events, plan);
        if refused.is_none() {
            refused = spec.watch(&events, simulation.steps(), plan).err();
        }
    }
    (counts.judge_end(plan), refused.map(|breach| breach.property()))
}

/// The property that a run violates.
fn violated(outcome: &Outcome) -> Option<PropertyName> {
    match &outcome.verdict {
        Verdict::Violated(violation) => Some(violation.property()),
        Verdict::Holds | Verdict::Inconclusive(_) => None,
    }
}

#[test]
fn accepts_f1_in_every_schedule() {
    let plan = plans::plan("f1-fail-container", &[]);
    let expected = RegionCounts::expected_sizes(&plan);
    assert_eq!(expected, [15, 15]);
    for run in 0..RUNS {
        let (outcome, counts) = both(&plan, &expected, &mut Random::new(SEED), run);
        assert_eq!((outcome.verdict, counts), (Verdict::Holds, Ok(())), "run {run}");
    }
    let (outcome, counts) = both(&plan, &expected, &mut RoundRobin::default(), 0);
    assert_eq!((outcome.verdict, counts), (Verdict::Holds, Ok(())));
}

#[test]
fn accepts_a_failover_that_sends_5_and_25() {
    let plan = plans::plan("failover", &[]);
    for run in 0..RUNS {
        let (outcome, counts) = both(&plan, &[5, 25], &mut Random::new(SEED), run);
        assert_eq!((outcome.verdict, counts), (Verdict::Holds, Ok(())), "run {run}");
    }
    let (_, counts) = both(&plan, &[15, 15], &mut RoundRobin::default(), 0);
    let mismatch = counts.expect_err("region 1 had 5 records");
    assert_eq!((mismatch.component.as_str(), mismatch.counter), ("inbound-queue@1", "sent"));
    assert_eq!(mismatch.found, 5);
}

/// Gap 1: one record twice and another never is accepted, because counts are no identities.
///
/// No option mixes records up, so the events of a healthy run are spoiled: wherever record 3 was
/// seen behind the source, record 1 is.
#[test]
fn gap_1_accepts_a_record_twice_and_another_never() {
    let plan = plans::plan("baseline", &[]);
    let (counts, refused) = to_the_end(&plan, &[5, 5], |event| mixed_up(event, &plan));
    assert_eq!(counts, Ok(()));
    assert_eq!(refused, Some(PropertyName::NeverLost), "record 3 is accepted and in no queue");
}

/// The event with record 1 in the place of record 3.
fn mixed_up(event: Event, plan: &Plan) -> Event {
    let instead = |id: RecordId| if id == RecordId(3) { RecordId(1) } else { id };
    let copied = |copy: RecordCopy| {
        let id = instead(copy.id);
        RecordCopy { id, value: plan.value(id) }
    };
    match event {
        Event::Queue(queue::Event::Enqueued { queue, copy }) => {
            Event::Queue(queue::Event::Enqueued { queue, copy: copied(copy) })
        }
        Event::Queue(queue::Event::Delivered { queue, record, redelivery, gone }) => {
            Event::Queue(queue::Event::Delivered {
                queue,
                record: instead(record),
                redelivery,
                gone,
            })
        }
        Event::Queue(queue::Event::Removed { queue, record }) => {
            Event::Queue(queue::Event::Removed { queue, record: instead(record) })
        }
        Event::Container(container::Event::Forwarding { container, record }) => {
            Event::Container(container::Event::Forwarding { container, record: instead(record) })
        }
        Event::Table(table::Event::Stored { table, asked, copy, rows, duplicate }) => {
            Event::Table(table::Event::Stored { table, asked, copy: copied(copy), rows, duplicate })
        }
        Event::Table(table::Event::Applied { table, copy, rows }) => {
            Event::Table(table::Event::Applied { table, copy: copied(copy), rows })
        }
        Event::Destination(destination::Event::Arrived { copy, region, counted, shown }) => {
            Event::Destination(destination::Event::Arrived {
                copy: copied(copy),
                region,
                counted,
                shown,
            })
        }
        Event::Source(_)
        | Event::Dns(_)
        | Event::Queue(_)
        | Event::Container(_)
        | Event::Table(_)
        | Event::Replicator(_)
        | Event::Service(_)
        | Event::Fault(_)
        | Event::ExpectationFailed { .. } => event,
    }
}

/// Gap 2: it counts requests and not effects. Replication loses all of batch 2, so that half of
/// its rows are missing in each region, and every count is as expected.
#[test]
fn gap_2_accepts_rows_that_replication_lost() {
    let plan = plans::plan("f4-fail-replication", &["replication.on_failure=drop"]);
    for run in 0..RUNS {
        let (outcome, counts) = both(&plan, &[15, 15], &mut Random::new(SEED), run);
        assert_eq!(counts, Ok(()), "run {run}");
        assert_eq!(violated(&outcome), Some(PropertyName::StoredEverywhere), "run {run}");
    }
}

/// Gap 3: what never appeared is not compared. Region 2 cannot be reached, and the source drops
/// what was refused: half of the records are lost, and the other half is what a region should have.
#[test]
fn gap_3_accepts_a_region_that_never_appeared() {
    let text = r#"
        name = "region-2-out-of-reach"
        script = ["fail in-dns@2", "publish 1", "await quiescent"]
        records.batches = [20]
        source.on_refusal = "drop"
    "#;
    let plan = plans::plan(text, &[]);
    for run in 0..RUNS {
        let expected = RegionCounts::expected_sizes(&plan);
        let (outcome, counts) = both(&plan, &expected, &mut Random::new(SEED), run);
        assert_eq!(counts, Ok(()), "run {run}");
        assert_eq!(violated(&outcome), Some(PropertyName::DeliveredAll), "run {run}");
    }
}

/// Gap 4: which region should have how many is not asked. Region 1 is offline after batch 1, so 5
/// records and 25 are expected; in-dns ignores that, and it becomes 25 and 5.
#[test]
fn gap_4_accepts_swapped_sizes() {
    let text = r#"
        name = "weights-against-offline"
        script = [
            "publish 1",
            "await delivered all",
            "offline in-dns@1",
            "weights 1 0",
            "publish 2",
            "await delivered all",
        ]
        records.batches = [10, 20]
    "#;
    let counted = |design: &str| to_the_end(&plans::plan(text, &[design]), &[5, 25], |e| e);
    assert_eq!(counted("dns.route=by-policy"), (Ok(()), None));
    let swapped = counted("dns.route=ignore-offline");
    assert_eq!(swapped, (Ok(()), Some(PropertyName::RoutedByPolicy)));
}

/// Why it is no part of the verdict: a crash makes a record come twice, which is sound and shows
/// in the counts.
#[test]
fn refuses_sound_runs_in_which_a_container_crashed() {
    let plan = plans::plan("crash-anywhere", &[]);
    let mut refused = 0;
    for run in 0..RUNS {
        let (outcome, counts) = both(&plan, &[15, 15], &mut Random::new(SEED), run);
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
        if let Err(mismatch) = counts {
            refused += 1;
            assert!(mismatch.found > 15, "{mismatch:?}: nothing is missing");
        }
    }
    assert!(refused > RUNS / 2, "it refused {refused} of {RUNS} sound runs");
}

/// The published property is content before the last replication, and then does not expect it: a false alarm
/// that P's own checker shows with PCT, and not with its default schedules.
#[test]
fn objects_to_replication_that_is_late() {
    let plan = plans::plan("baseline", &[]);
    let objections = |strategy: Strategy| {
        let prepared = strategy.prepare(&plan, SEED);
        let mut objections = Vec::new();
        for run in 0..RUNS {
            let mut counting = Counting::new(&plan, &[5, 5]);
            let mut runner = Runner::new(Arc::clone(&plan));
            let outcome = runner.run(&mut prepared.scheduler(), run, &mut counting);
            assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
            assert_eq!(counting.counts.judge_end(&plan), Ok(()), "run {run}");
            objections.extend(counting.counts.objection().cloned());
        }
        objections
    };
    assert_eq!(objections(Strategy::Random), [], "replication keeps up");
    let objections = objections(Strategy::Pct { depth: 3 });
    assert!(!objections.is_empty(), "a replicator or a table waits for all others");
    assert!(objections.iter().all(|objection| objection.counter == "stored"), "{objections:?}");
}

/// The canary: what a container dropped while others passed is missed downstream.
#[test]
fn refuses_counts_that_are_too_small() {
    let text = r#"
        name = "dropped-on-failure"
        script = ["publish 1", "await delivered 2", "fail core-table@1", "await quiescent"]
        container.on_dependency_failure = "drop"
    "#;
    let plan = plans::plan(text, &[]);
    let (counts, refused) = to_the_end(&plan, &[5, 5], |event| event);
    let mismatch = counts.expect_err("records are missing");
    assert_eq!(mismatch.component, "core-postprocess-queue@1");
    assert!(mismatch.found < 5, "{mismatch:?}");
    assert_eq!(refused, Some(PropertyName::RemoveLast));
}

/// The canary of each counter: a healthy run of which the published spec misses one thing.
#[test]
fn every_counter_is_compared() {
    let plan = plans::plan("baseline", &[]);
    for counter in ["sent", "completed", "received", "removed", "stored"] {
        let mut simulation = Simulation::new(Arc::clone(&plan));
        let mut counts = RegionCounts::new(&plan, &[5, 5]);
        let mut fair = RoundRobin::default();
        let mut missed = false;
        while let Some(choice) = fair.choose(&simulation) {
            let mut step = simulation.step(choice);
            let mut events = simulation.events().to_vec();
            if !missed {
                missed = leave_out(counter, &mut step, &mut events);
            }
            counts.watch(&step, &events, &plan);
        }
        let mismatch = counts.judge_end(&plan).expect_err("one is missing");
        assert_eq!((mismatch.counter, mismatch.found), (counter, 4));
    }
}

/// Leaves out of a step what the counter counts; whether there was any.
fn leave_out(counter: &str, step: &mut Step, events: &mut Vec<Event>) -> bool {
    let (machine, message) = match counter {
        "sent" => (MachineKind::Queue, MessageKind::Send),
        "removed" => (MachineKind::Queue, MessageKind::Remove),
        "stored" => (MachineKind::Table, MessageKind::Insert),
        _ => {
            let before = events.len();
            events.retain(|event| match counter {
                "completed" => !matches!(event, Event::Queue(queue::Event::Enqueued { .. })),
                _ => !matches!(event, Event::Queue(queue::Event::Delivered { .. })),
            });
            return events.len() < before;
        }
    };
    let is_it = step.pair.is_some_and(|pair| (pair.machine, pair.message) == (machine, message));
    if is_it {
        step.pair = None;
    }
    is_it
}
