//! What is gone for good, and that nothing else is.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use active_active::explore::{Reached, Runner, Verdict};
use active_active::model::event::fault;
use active_active::model::fault::{FaultKind, Target};
use active_active::model::{Event, QueueId, RecordId, RegionId, TableId};
use active_active::model::{destination, queue, source};
use active_active::plan::Plan;
use active_active::scheduler::Random;
use active_active::spec::PropertyName;

use super::support::*;

#[test]
fn losses_anywhere_are_what_is_reported_and_nothing_else_is_missing() {
    let (regions, tables) = (Cell::new(0), Cell::new(0));
    let coverage = holds_under_every_scheduler("loss-anywhere", |run| {
        let lost = &run.outcome.lost;
        let arrived = |record: &RecordId| run.simulation.destination().has(*record);
        let missing = run.simulation.plan().record_ids().filter(|r| !arrived(r));
        assert_eq!(missing.collect::<Vec<_>>(), lost.undelivered, "all others arrive");
        for event in &run.events.all {
            let Event::Fault(fault::Event::Faulted { fault }) = event else { continue };
            match (fault.kind, fault.target) {
                (FaultKind::Lose, Target::Region(_)) => regions.set(regions.get() + 1),
                (FaultKind::Lose, Target::Table(_)) => tables.set(tables.get() + 1),
                (FaultKind::Offline, Target::Dns(..)) => {}
                other => panic!("nothing else is in the budget: {other:?}"),
            }
        }
    });
    assert!(regions.get() > RANDOM_RUNS / 4 && tables.get() > RANDOM_RUNS / 4);
    assert!(coverage.runs(Reached::Destroyed) > RANDOM_RUNS / 4);
}

/// What is gone is exactly what was not forwarded and not replicated: recounted here from the events,
/// copy by copy.
#[test]
fn region_loss_destroys_exactly_what_was_neither_forwarded_nor_replicated() {
    let worst = Cell::new(0);
    let coverage = holds_under_every_scheduler("region-loss", |run| {
        let (plan, lost) = (run.simulation.plan(), &run.outcome.lost);
        let arrived = |record: &RecordId| run.simulation.destination().has(*record);
        let missing: Vec<RecordId> = plan.record_ids().filter(|r| !arrived(r)).collect();
        assert_eq!(missing, lost.undelivered, "all others arrive");
        let queued = left_in_queues_of_region_1(run.events, plan);
        assert_eq!(missing, queued, "they were in the queues of region 1, and in no other");
        let has_row = |record: &RecordId| {
            let tables = (0..plan.layout.tables() as u16).map(TableId);
            tables.into_iter().any(|table| run.simulation.rows(table).get(*record).rows > 0)
        };
        let restorable: Vec<RecordId> = missing.iter().copied().filter(has_row).collect();
        assert_eq!(restorable, lost.restorable);
        worst.set(worst.get().max(lost.records()));
    });
    reached_in_every_run(&coverage, &[Reached::Lost, Reached::WentOffline]);
    assert!(worst.get() >= 5, "at most {} records were lost in a run", worst.get());
}

/// The accepted records, in ascending order, that were in a queue of region 1 when it was lost, in no
/// other queue, and not at the destination.
fn left_in_queues_of_region_1(events: &Events, plan: &Plan) -> Vec<RecordId> {
    let mut queued: BTreeMap<RecordId, Vec<QueueId>> = BTreeMap::new();
    let (mut accepted, mut arrived) = (BTreeSet::new(), BTreeSet::new());
    let is_loss = |event: &Event| matches!(event, Event::Fault(fault::Event::Faulted { fault }) if fault.kind == FaultKind::Lose);
    for event in events.all.iter().take_while(|event| !is_loss(event)) {
        if let Event::Queue(queue::Event::Enqueued { queue, copy }) = *event {
            queued.entry(copy.id).or_default().push(queue);
        }
        if let Event::Queue(queue::Event::Removed { queue, record }) = *event {
            let queues = queued.entry(record).or_default();
            let at = queues.iter().position(|&known| known == queue);
            queues.swap_remove(at.expect("it was there"));
        }
        if let Event::Source(source::Event::Accepted { record }) = *event {
            accepted.insert(record);
        }
        if let Event::Destination(destination::Event::Arrived { copy, .. }) = *event {
            arrived.insert(copy.id);
        }
    }
    let here = |queue: &QueueId| plan.layout.queue_place(*queue).0 == RegionId(0);
    let only_here = |queues: &Vec<QueueId>| !queues.is_empty() && queues.iter().all(here);
    let left = queued.into_iter().filter(|(record, queues)| {
        only_here(queues) && accepted.contains(record) && !arrived.contains(record)
    });
    left.map(|(record, _)| record).collect()
}

/// The region that loses its last copy of anything violates the spec, unless the scenario says that it may:
/// at most as many records as it declares.
#[test]
fn a_loss_is_a_violation_beyond_the_number_that_is_declared() {
    let scenario = r#"
        name = "both-tables-lost"
        script = ["publish 1", "await delivered all", "await quiescent", "lose only-table@1", "lose only-table@2"]
        topology.stages = ["only"]
        records.batches = [3]
    "#;
    let outcome = |limit: &str| {
        let plan = plans::plan(scenario, &[limit]);
        Runner::new(plan).run(&mut Random::new(SEED), 0, &mut ())
    };
    for (limit, is_declared) in [
        (None, false),
        (Some("0"), false),
        (Some("2"), false),
        (Some("3"), true),
        (Some("unlimited"), true),
    ] {
        let change =
            limit.map_or("name=undeclared".to_owned(), |limit| format!("rpo.records={limit}"));
        let outcome = outcome(&change);
        assert_eq!(outcome.lost.records(), 3, "{change}: rows count as messages do");
        match outcome.verdict {
            Verdict::Holds => assert!(is_declared, "{change}"),
            Verdict::Violated(violation) => {
                assert_eq!((violation.property(), is_declared), (PropertyName::WithinRpo, false));
                assert!(violation.what.starts_with("of 3 records something acknowledged is lost"));
            }
            Verdict::Inconclusive(cut) => panic!("{change}: {cut}"),
        }
    }
}

/// With a declared recovery point of 0 records it is a violation, which names the records.
#[test]
fn region_loss_with_a_recovery_point_of_0_is_a_violation_that_names_the_records() {
    let mut runner = Runner::new(plans::plan("region-loss", &["rpo.records=0"]));
    let mut found = 0;
    for run in 0..RANDOM_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        let (lost, count) = (outcome.lost.clone(), outcome.lost.records());
        let Verdict::Violated(violation) = outcome.verdict else {
            assert_eq!((outcome.verdict, count), (Verdict::Holds, 0), "run {run}");
            continue;
        };
        assert_eq!(violation.property(), PropertyName::WithinRpo, "run {run}: {violation}");
        let first = lost.undelivered.first().or(lost.unreplicated.first());
        let number = first.expect("something was lost").0.to_string();
        assert!(violation.because[0].contains(&number), "run {run}: {violation}");
        found += 1;
    }
    assert!(found > RANDOM_RUNS / 2, "in {found} runs only");
}

/// A tables' recovery point of 0: whatever the moment at which a region loses every table, no row
/// that was acknowledged is gone, with a third region and with a witness alike.
#[test]
fn strong_replication_loses_no_row_with_the_tables_of_a_region() {
    let lose = "script=publish 1,await sometime,lose *-table@1,await delivered all";
    let strong = ["replication.mode=strong", "rpo.records=0", "topology.regions=3", lose];
    let mut with_witness = strong;
    with_witness[2] = "topology.regions=2";
    let with_witness = [&with_witness[..], &["replication.witness=true"]].concat();
    for changes in [strong.to_vec(), with_witness] {
        let mut runner = Runner::new(plans::plan("baseline", &changes));
        for run in 0..RANDOM_RUNS {
            let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
            assert_eq!(outcome.verdict, Verdict::Holds, "{changes:?}, run {run}");
        }
        assert!(runner.coverage().runs(Reached::Destroyed) > RANDOM_RUNS / 2);
    }
}

/// What strong tables do not save: a queue has no copy in another region.
#[test]
fn strong_replication_does_not_save_what_waits_in_the_queues_of_a_lost_region() {
    let changes = ["replication.mode=strong", "replication.witness=true", "rpo.records=0"];
    let mut runner = Runner::new(plans::plan("region-loss", &changes));
    let mut found = 0;
    for run in 0..RANDOM_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.lost.unreplicated, [], "run {run}: rows are safe");
        if let Verdict::Violated(violation) = outcome.verdict {
            assert_eq!(violation.property(), PropertyName::WithinRpo, "run {run}: {violation}");
            found += 1;
        }
    }
    assert!(found > RANDOM_RUNS / 2, "in {found} runs only");
}

/// Without a region that can be reached a write is refused, and nothing is stored anywhere.
#[test]
fn strong_replication_refuses_a_write_without_a_quorum() {
    let changes = [
        "topology.regions=3",
        "replication.mode=strong",
        "dns.weights=1,0,0",
        "script=fail inbound-replicator@2,fail inbound-replicator@3,publish 1,await quiescent,\
         expect state inbound-container@1 FailedDependency,expect delivered 0,recover *,\
         await delivered all",
    ];
    let mut runner = Runner::new(plans::plan("baseline", &changes));
    for run in 0..RANDOM_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
}
