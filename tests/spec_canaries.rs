//! A canary for every property: the smallest run that breaks exactly it.
//!
//! A spec that never objects would pass every other test. Where some design option breaks the
//! property, the canary is a run of that design; where none can, it is a run whose events are
//! spoiled before the spec sees them, or a state judged as if it were the end.

mod losses;
mod mirrors;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use active_active::explore::{Runner, Verdict};
use active_active::model::dns::DnsSide;
use active_active::model::event::Holder;
use active_active::model::event::fault;
use active_active::model::fault::{Fault, FaultKind, Target};
use active_active::model::{Event, RecordCopy, RecordId, RegionId, RegionSet, StageId, TableId};
use active_active::model::{container, dns, queue, source, table};
use active_active::plan::Plan;
use active_active::scheduler::{Random, RoundRobin, Scheduler, Timed};
use active_active::sim::Simulation;
use active_active::spec::{Breach, PropertyName, Settles, Spec, Violation};

use crate::common::plans;

use crate::oracle::judge::{Judged, judge};
use crate::oracle::trace::Trace;

/// One stage, one record, which goes to region 1.
fn small(script: &[&str], changes: &[&str]) -> Arc<Plan> {
    let text = format!(
        "name = \"small\"\ntopology.stages = [\"only\"]\nrecords.batches = [1]\nscript = {script:?}"
    );
    plans::plan(&text, changes)
}

const PUBLISH: &[&str] = &["publish 1"];

/// The first of a thousand random runs in which the oracle finds this property violated, and no
/// other one in the same step or at the same end.
fn run_that_breaks_only(property: PropertyName, plan: &Arc<Plan>) -> Violation {
    let mut runner = Runner::new(Arc::clone(plan));
    let mut trace = Trace::default();
    for run in 0..1_000 {
        let outcome = runner.run(&mut Random::new(1), run, &mut trace);
        let Verdict::Violated(violation) = outcome.verdict else { continue };
        trace.end(runner.simulation());
        let last = trace.entries.last().map(|entry| entry.step);
        assert_eq!(last, Some(violation.step), "the run went on");
        if only(property, &trace, plan) {
            assert_eq!(violation.property(), property);
            return *violation;
        }
    }
    panic!("no run breaks {property} alone");
}

/// Whether the oracle finds exactly this violated.
fn only(property: PropertyName, trace: &Trace, plan: &Plan) -> bool {
    match judge(trace, plan) {
        Judged::InStep(_, violated) | Judged::AtEnd(violated) => {
            violated == BTreeSet::from([property])
        }
        Judged::Holds => false,
    }
}

/// Runs fairly until nobody can step, the spec seeing those events that `shown` lets through.
fn rest(plan: &Arc<Plan>, shown: impl Fn(&Event) -> bool) -> (Simulation, Spec) {
    let mut simulation = Simulation::new(Arc::clone(plan));
    let mut spec = Spec::new(plan);
    let mut fair = RoundRobin::default();
    while let Some(choice) = fair.choose(&simulation) {
        simulation.step(choice);
        let events: Vec<Event> =
            simulation.events().iter().copied().filter(|event| shown(event)).collect();
        spec.watch(&events, simulation.steps(), plan).expect("what it sees violates nothing");
    }
    (simulation, spec)
}

/// Judges a state as if it were the end, and has the oracle check that only this is violated.
fn judged_as_the_end(property: PropertyName, simulation: &Simulation, spec: &Spec) -> Violation {
    let breach = spec.judge_end(simulation).expect_err("something is violated");
    let mut trace = Trace::default();
    trace.end(simulation);
    assert!(only(property, &trace, simulation.plan()), "{breach:?}: {:?}", trace.end);
    spec.explain(breach, simulation)
}

/// Shows the spec these events, of which the last one is wrong.
fn spoiled(plan: &Arc<Plan>, events: &[Event]) -> Violation {
    let mut spec = Spec::new(plan);
    let (wrong, right) = events.split_last().expect("there is an event");
    spec.watch(right, 1, plan).expect("all but the last are right");
    let breach = spec.watch(&[*wrong], 2, plan).expect_err("the last one is wrong");
    spec.explain(breach, &Simulation::new(Arc::clone(plan)))
}

fn copy(record: u16, plan: &Plan) -> RecordCopy {
    RecordCopy { id: RecordId(record), value: plan.value(RecordId(record)) }
}

/// The smallest run that breaks the property, and nothing else.
fn canary(property: PropertyName) -> Violation {
    let run =
        |script: &[&str], changes: &[&str]| run_that_breaks_only(property, &small(script, changes));
    match property {
        PropertyName::NoInvention => no_invention(),
        PropertyName::StoreBeforeForward => run(PUBLISH, &["container.steps=publish,store,remove"]),
        PropertyName::RemoveLast => run(PUBLISH, &["container.steps=remove,store,publish"]),
        PropertyName::NeverLost => run(PUBLISH, &["queue.receive=destructive"]),
        PropertyName::EffectOnce => run(PUBLISH, &["destination.dedupe=none", "budget.crash=1"]),
        PropertyName::RoutedByPolicy => {
            run(&["offline in-dns@1", "publish 1"], &["dns.route=ignore-offline"])
        }
        PropertyName::AnsweredOnce => run(
            &["publish 1", "await delivered all", "switchover only-table to @2"],
            &["store.default=aurora", "aurora.switchover=asked-again"],
        ),
        PropertyName::RegionFifo => region_fifo(),
        PropertyName::InOrder => run(
            &["publish 1", "await sometime", "offline in-dns@1", "publish 2"],
            &["dns.policy=failover", "records.batches=1,1"],
        ),
        PropertyName::MonotoneVersion => run(
            &["pause only-container@1", "publish 1", "await quiescent", "recover *"],
            &["records.batches=2", "records.keys=1"],
        ),
        PropertyName::WithinRpo => {
            run(&["publish 1", "await sometime", "lose @1", "offline in-dns@1"], &[])
        }
        PropertyName::Expectation => run(&["publish 1", "expect delivered 1"], &[]),
        PropertyName::Settles => settles(),
        PropertyName::DeliveredAll => run(
            &["fail inbound-queue@1", "publish 1", "await quiescent"],
            &["source.on_refusal=drop"],
        ),
        PropertyName::StoredEverywhere => stored_everywhere(),
        PropertyName::Converged => converged(),
        PropertyName::Drained => run(
            &["publish 1", "await quiescent", "crash only-container@2", "recover only-container@2"],
            &["container.on_recover=forget"],
        ),
        PropertyName::Latency => of_times(&["publish 1", "expect latency max <= 20ms"]),
        PropertyName::Rto => {
            of_times(&["crash only-container@1", "publish 1", "expect rto <= 20ms"])
        }
        PropertyName::Rpo => of_times(&[
            "publish 1",
            "await delivered all",
            "crash only-container@1",
            "expect rpo <= 10ms",
        ]),
    }
}

/// A run that has a time: the oracle, which knows none, finds nothing else.
fn of_times(script: &[&str]) -> Violation {
    let plan = small(script, &["timing.spread_percent=0"]);
    let (mut runner, mut trace) = (Runner::new(Arc::clone(&plan)), Trace::default());
    let outcome = runner.run(&mut Timed::new(1), 0, &mut trace);
    trace.end(runner.simulation());
    assert!(matches!(judge(&trace, &plan), Judged::Holds));
    let Verdict::Violated(violation) = outcome.verdict else { panic!("{:?}", outcome.verdict) };
    *violation
}

/// The source sends a value that the record does not have.
fn no_invention() -> Violation {
    let plan = small(PUBLISH, &[]);
    let right = copy(1, &plan);
    let wrong = RecordCopy { value: right.value + 1, ..right };
    let queue = plan.layout.queue(RegionId(0), 0);
    let events = [
        Event::Source(source::Event::Published { copy: right }),
        Event::Queue(queue::Event::Enqueued { queue, copy: wrong }),
    ];
    spoiled(&plan, &events)
}

fn region_fifo() -> Violation {
    stored_in_another_order(&small(PUBLISH, &["records.batches=2"]), StageId(0))
}

/// Region 1 stores record 2 before record 1, which came first, at this stage.
fn stored_in_another_order(plan: &Arc<Plan>, stage: StageId) -> Violation {
    let queue = plan.layout.queue(RegionId(0), 0);
    let table = plan.layout.table(RegionId(0), stage);
    let stored = |copy| {
        Event::Table(table::Event::Stored { table, asked: table, copy, rows: 1, duplicate: false })
    };
    let (first, second) = (copy(1, plan), copy(2, plan));
    let events = [
        Event::Source(source::Event::Published { copy: first }),
        Event::Queue(queue::Event::Enqueued { queue, copy: first }),
        Event::Source(source::Event::Published { copy: second }),
        Event::Queue(queue::Event::Enqueued { queue, copy: second }),
        stored(second),
        stored(first),
    ];
    spoiled(plan, &events)
}

/// No design livelocks: what the runner says when the bound is reached, said at the start.
fn settles() -> Violation {
    let plan = small(PUBLISH, &[]);
    let simulation = Simulation::new(Arc::clone(&plan));
    let breach = Settles::exceeded(&simulation, 640).expect_err("the driver can step");
    Spec::new(&plan).explain(breach, &simulation)
}

/// The container forwards first, and gives up the record when the table refuses. The spec does
/// not see what it forwards and removes, or it would have objected long before.
fn stored_everywhere() -> Violation {
    let script = ["fail only-table@1", "publish 1", "await quiescent", "recover *@1"];
    let design = ["container.steps=publish,store,remove", "container.on_dependency_failure=drop"];
    let plan = small(&script, &design);
    let shown = |event: &Event| {
        !matches!(
            event,
            Event::Container(container::Event::Forwarding { .. })
                | Event::Queue(queue::Event::Removed { .. })
        )
    };
    let (simulation, spec) = rest(&plan, shown);
    judged_as_the_end(PropertyName::StoredEverywhere, &simulation, &spec)
}

/// Replication loses the row, and the container gives up the record, which nobody misses: the
/// spec sees nothing of it, so that only the tables tell.
fn converged() -> Violation {
    let script = [
        "fail only-replicator",
        "fail outbound-queue@1",
        "publish 1",
        "await quiescent",
        "recover *",
    ];
    let design = [
        "replication.on_failure=drop",
        "container.on_dependency_failure=drop",
        "source.on_refusal=abort",
    ];
    let (simulation, spec) = rest(&small(&script, &design), |_| false);
    judged_as_the_end(PropertyName::Converged, &simulation, &spec)
}

#[test]
fn every_property_has_a_canary_that_says_what_happened_and_why() {
    for &property in PropertyName::ALL {
        let violation = canary(property);
        assert_eq!(violation.property(), property, "{violation}");
        let known = words::WORDS.iter().find(|(of, _, _)| *of == property);
        let (_, what, because) = known.expect("every property has words");
        assert!(violation.what.contains(what), "{violation}");
        let reasons = violation.because.join("\n");
        for &reason in *because {
            assert!(reasons.contains(reason), "'{reason}' is missing in: {violation}");
        }
        assert_eq!(because.is_empty(), reasons.is_empty(), "{violation}");
        let text = violation.to_string();
        assert!(text.starts_with(&format!("{property} is violated at step ")), "{text}");
    }
}

/// The other breaches of the properties that have several.
#[test]
fn every_other_breach_has_a_canary() {
    let still = small(
        &["fail inbound-queue@1", "publish 1", "await published batch 1"],
        &["source.on_refusal=abort"],
    );
    let violation = run_that_breaks_only(PropertyName::Expectation, &still);
    assert_eq!(violation.breach, Breach::StillWaiting { action: 2 });
    assert_eq!(violation.what, "'await published batch 1' never came true");

    let unforwarded = small(PUBLISH, &["container.steps=store,remove,publish"]);
    let violation = run_that_breaks_only(PropertyName::RemoveLast, &unforwarded);
    assert!(matches!(violation.breach, Breach::RemovedUnforwarded { .. }), "{violation}");
    assert_eq!(violation.because[1], "outbound-queue@1 never had it");

    let rows = small(PUBLISH, &["table.insert=append", "budget.crash=1"]);
    let violation = run_that_breaks_only(PropertyName::EffectOnce, &rows);
    assert_eq!(violation.what, "only-table@1 has 2 rows for record 1");

    let again = ["container.steps=store,call,publish,remove", "budget.crash=1"];
    let twice = small(PUBLISH, &[&again[..], &["service.idempotency=by-attempt"]].concat());
    let violation = run_that_breaks_only(PropertyName::EffectOnce, &twice);
    let told = "external-service had its effect for record 1 twice; it is called at only";
    assert_eq!(violation.what, told);
    assert!(violation.because[0].ends_with("and this was another delivery"), "{violation}");

    let late = ["container.steps=store,publish,remove,call", "budget.crash=1"];
    let violation = run_that_breaks_only(PropertyName::EffectOnce, &small(PUBLISH, &late));
    let told = "external-service never had its effect for record 1, which was delivered; \
                it is called at only";
    assert_eq!(violation.what, told);
    assert!(violation.because[0].starts_with("a record is removed before the call"), "{violation}");
}

/// A record that is delivered, and does not come to another stage to which it is sent.
#[test]
fn a_way_that_is_cut_off_has_a_canary() {
    let text = r#"
        topology.stages = ["first", "second"]
        stage.first.to = ["destination", "second"]
        stage.second.to = []
        records.batches = [1]
        script = ["publish 1", "await quiescent"]
        container.on_fan_out = "after-first"
        spec.leave_out = ["RemoveLast"]
    "#;
    let plan = plans::plan(text, &[]);
    let violation = run_that_breaks_only(PropertyName::NeverLost, &plan);
    assert!(matches!(violation.breach, Breach::CutOff { .. }), "{violation}");
    let told = "record 1 was accepted, is not stored at 'second', and left the last queue that led there, \
                inbound-queue@1";
    assert_eq!(violation.what, told);
    assert_eq!(violation.because[1], "first-second-queue@1 never had it");
}

/// The chain of reasons of a record that waits in front of a container that asks for nothing.
#[test]
fn an_undelivered_record_is_traced_to_the_container_that_has_not_asked() {
    let script =
        ["crash only-container@1", "recover only-container@1", "publish 1", "await delivered all"];
    let plan = small(&script, &["container.on_recover=forget"]);
    let outcome = Runner::new(plan).run(&mut RoundRobin::default(), 0, &mut ());
    let Verdict::Violated(violation) = outcome.verdict else { panic!("it is stuck: {outcome:?}") };
    assert_eq!(violation.property(), PropertyName::DeliveredAll);
    assert_eq!(violation.because[0], "record 1 waits in inbound-queue@1");
    assert!(violation.because[1].starts_with("only-container@1 is Processing since step "));
    assert!(violation.because[1].ends_with("has not asked inbound-queue@1 for a record since"));
}

/// The chain of reasons of a record whose write waits at a writer that is alone.
#[test]
fn an_undelivered_record_is_traced_to_the_writer_that_lets_writes_wait() {
    let script = ["lose @1", "publish 1"];
    let changes = [
        "store.default=aurora",
        "records.batches=3",
        "aurora.rpo_records_max=1",
        "aurora.rpo_on=every-region",
        "rpo.records=unlimited",
    ];
    let plan = small(&script, &changes);
    let outcome = Runner::new(plan).run(&mut RoundRobin::default(), 0, &mut ());
    let Verdict::Violated(violation) = outcome.verdict else { panic!("it is stuck: {outcome:?}") };
    assert_eq!(violation.property(), PropertyName::DeliveredAll);
    let expected = [
        "record 2 is in inbound-queue@2, in flight to only-container@2",
        "only-container@2 is Processing and works on record 2",
        "only-table@2 keeps 1 write waiting until another region has the 1 write that it took before",
        "region 1 was lost for good",
        "record 3 waits in inbound-queue@2",
    ];
    assert_eq!(violation.because, expected);
}

/// The chain of reasons of the spec's own example, judged before anything is healed.
#[test]
fn an_undelivered_record_is_traced_to_the_table_that_refused() {
    let plan = small(&["fail only-table@1", "publish 1"], &[]);
    let (simulation, spec) = rest(&plan, |_| true);
    let breach = spec.judge_end(&simulation).expect_err("the record waits");
    assert_eq!(breach, Breach::Undelivered { record: RecordId(1), count: 1 });
    let violation = spec.explain(breach, &simulation);
    assert_eq!(violation.because[0], "record 1 waits in inbound-queue@1");
    assert!(violation.because[1].starts_with("only-container@1 is FailedDependency since step "));
    assert!(violation.because[1].ends_with("when only-table@1 refused; nothing recovers it"));
}

/// The bound of `Settles` is for runs that do not end: a fair run is far below it, and a run that
/// goes round in circles does not have to go round for long.
#[test]
fn the_bound_on_fair_steps_is_a_few_times_what_a_fair_run_takes() {
    for (name, _) in active_active::scenario::builtin::ALL {
        let plan = plans::plan(name, &[]);
        let bound = plan.fair_steps_max(plan.records() as u64);
        let steps = Runner::new(plan).run(&mut RoundRobin::default(), 0, &mut ()).steps;
        assert!((3 * steps..20 * steps).contains(&bound), "{name}: {bound} for {steps} steps");
    }
}

/// A run that is over must not be remembered: the spec of a runner judges one run after another.
/// In the first run the records come in another order, and region 1 is offline at its end.
/// The order is asked of every stage's tables.
#[test]
fn records_that_a_later_stage_stores_in_another_order_are_found() {
    let plan = small(PUBLISH, &["records.batches=2", "topology.stages=first,second"]);
    let violation = stored_in_another_order(&plan, StageId(1));
    assert_eq!(violation.property(), PropertyName::RegionFifo);
}

/// The violation of the fair run.
fn violation_of_the_fair_run(plan: &Arc<Plan>) -> Violation {
    let outcome = Runner::new(Arc::clone(plan)).run(&mut RoundRobin::default(), 0, &mut ());
    match outcome.verdict {
        Verdict::Violated(violation) => *violation,
        Verdict::Holds | Verdict::Inconclusive(_) => panic!("{:?}", outcome.verdict),
    }
}

/// A queue that forgets what it hands out usually does so before the source has the acknowledgement, and is found when the
/// source gets it. Here the record waits until long after.
#[test]
fn a_record_that_its_queue_forgets_long_after_its_acknowledgement_is_lost_in_that_step() {
    let script = ["crash only-container@1", "publish 1", "await quiescent", "recover *"];
    let plan = small(&script, &["queue.receive=destructive", "dns.weights=1,0"]);
    let queue = plan.layout.queue(RegionId(0), 0);
    let (mut simulation, mut spec) = (Simulation::new(Arc::clone(&plan)), Spec::new(&plan));
    let mut fair = RoundRobin::default();
    let mut is_accepted = false;
    let breach = loop {
        let choice = fair.choose(&simulation).expect("the record is not lost yet");
        simulation.step(choice);
        if let Err(breach) = spec.watch(simulation.events(), simulation.steps(), &plan) {
            break breach;
        }
        let accepted =
            |event: &Event| matches!(event, Event::Source(source::Event::Accepted { .. }));
        is_accepted |= simulation.events().iter().any(accepted);
    };
    // In the step in which the queue hands it out, and not in one that acknowledges it.
    assert!(is_accepted);
    assert_eq!(breach, Breach::Lost { record: RecordId(1), queue: Some(queue) });
    let gone =
        |event: &Event| matches!(event, Event::Queue(queue::Event::Delivered { gone: true, .. }));
    assert!(simulation.events().iter().any(gone));
}

/// A loss excuses what was lost, and no container that is stuck elsewhere.
#[test]
fn a_container_that_is_stuck_is_found_after_a_loss_as_well() {
    let script = [
        "publish 1",
        "await delivered all",
        "await quiescent",
        "lose only-table@1",
        "lose only-table@2",
        "crash only-container@2",
        "recover only-container@2",
    ];
    let plan = small(&script, &["container.on_recover=forget", "rpo.records=\"unlimited\""]);
    assert_eq!(violation_of_the_fair_run(&plan).property(), PropertyName::Drained);
}

#[test]
fn a_spec_that_was_reset_knows_nothing_of_the_run_before() {
    let plan = small(PUBLISH, &["records.batches=2", "dns.weights=1,0"]);
    let queue = plan.layout.queue(RegionId(0), 0);
    let table = plan.layout.table(RegionId(0), StageId(0));
    let came = |record| {
        let copy = copy(record, &plan);
        let (region, record) = (RegionId(0), copy.id);
        let stored = Event::Table(table::Event::Stored {
            table,
            asked: table,
            copy,
            rows: 1,
            duplicate: false,
        });
        let enqueued = Event::Queue(queue::Event::Enqueued { queue, copy });
        [
            Event::Source(source::Event::Published { copy }),
            Event::Dns(dns::Event::Routed { record, region }),
            enqueued,
            stored,
        ]
    };
    let changes = [
        Event::Dns(dns::Event::RoutesChanged { side: DnsSide::In, offline: RegionSet::first(1) }),
        Event::Dns(dns::Event::WeightsChanged { weights: [0, 1, 0, 0, 0, 0, 0, 0] }),
    ];
    let first: Vec<Event> = [&came(2)[..], &came(1), &changes].concat();
    let second: Vec<Event> = [came(1), came(2)].concat();
    let mut spec = Spec::new(&plan);
    assert_eq!(spec.watch(&first, 1, &plan), Ok(()));
    spec.reset();
    assert_eq!(spec.watch(&second, 1, &plan), Ok(()));
    // What is kept of the second run makes no difference to what would be found in it.
    let wrong = [Event::Queue(queue::Event::Removed { queue, record: RecordId(1) })];
    let breach = Breach::RemovedUnforwarded { queue, record: RecordId(1) };
    assert_eq!(spec.watch(&wrong, 2, &plan), Err(breach));
    spec.reset();
    let unpublished = spec.watch(&second[2..3], 1, &plan).map_err(|breach| breach.property());
    assert_eq!(unpublished, Err(PropertyName::NoInvention));
}
