//! The published tests: F1 to F5, the failover, and that everything arrives when nothing fails.

use std::cell::Cell;
use std::collections::BTreeSet;

use active_active::explore::Reached;
use active_active::model::container::State;
use active_active::model::event::fault;
use active_active::model::fault::Target;
use active_active::model::{BatchId, ContainerId, Event, Place, RecordId, RegionId};
use active_active::model::{container, destination, dns, queue, source, table};
use active_active::plan::Plan;
use active_active::spec::PropertyName;

use super::support::*;

#[test]
fn baseline_stores_and_delivers_everything() {
    let coverage = holds_under_every_scheduler("baseline", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        assert_eq!(run.simulation.destination().order().len(), 10);
        assert_eq!(run.simulation.plan().layout.tables(), 5 * 2);
    });
    reached_in_every_run(&coverage, &[Reached::SeveralRegions]);
    assert!(coverage.runs(Reached::OrderChanged) > RANDOM_RUNS / 2);
}

#[test]
fn f1_fail_container_delivers_everything_by_itself() {
    let coverage = holds_under_every_scheduler("f1-fail-container", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
    });
    reached_in_every_run(&coverage, &[Reached::Paused, Reached::ContainerRecovered]);
}

#[test]
fn f4_fail_replication_delivers_without_it_and_reports_the_backlog() {
    let coverage = holds_under_every_scheduler("f4-fail-replication", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let plan = run.simulation.plan();
        assert_eq!(backlogs(run.events), [10; 5], "batch 2 waits in each of the replicators");
        batch_2_came_without_replication(run, plan);
    });
    reached_in_every_run(&coverage, &[Reached::ComponentFailed, Reached::Backlog]);
}

/// The backlogs in records with which replicators came back.
fn backlogs(events: &Events) -> Vec<u32> {
    let mut backlogs = Vec::new();
    for event in &events.all {
        if let Event::Fault(fault::Event::Recovered { target: Target::Replicator(_), waiting }) =
            *event
        {
            backlogs.push(waiting);
        }
    }
    backlogs
}

/// All of batch 2 arrived, and nothing was applied anywhere, while replication was out.
fn batch_2_came_without_replication(run: &Run<'_>, plan: &Plan) {
    let all = &run.events.all;
    let failed =
        all.iter().position(|event| matches!(event, Event::Fault(fault::Event::Faulted { .. })));
    let recovered =
        all.iter().position(|event| matches!(event, Event::Fault(fault::Event::Recovered { .. })));
    let (Some(failed), Some(recovered)) = (failed, recovered) else {
        panic!("replication failed and recovered");
    };
    let during = &all[failed..recovered];
    assert!(
        !during.iter().any(|event| matches!(event, Event::Table(table::Event::Applied { .. })))
    );
    let of_batch_2 = |record: RecordId| plan.batch_of(record) == BatchId(2);
    let arrived = during
        .iter()
        .filter(|event| matches!(event, Event::Destination(destination::Event::Arrived { copy, .. }) if of_batch_2(copy.id)));
    assert_eq!(arrived.count(), 10);
}

#[test]
fn failover_keeps_batches_2_and_3_out_of_region_1() {
    let coverage = holds_under_every_scheduler("failover", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let plan = run.simulation.plan();
        let later: BTreeSet<RecordId> =
            plan.batch(BatchId(2)).chain(plan.batch(BatchId(3))).collect();
        let passed: Vec<RecordId> =
            run.events.all.iter().filter_map(|event| touched(event, RegionId(0), plan)).collect();
        assert!(passed.len() > 5 * 5, "batch 1 did pass through region 1");
        let stray = passed.iter().find(|record| later.contains(record));
        assert_eq!(stray, None, "it passed through region 1");
    });
    reached_in_every_run(&coverage, &[Reached::WentOffline, Reached::SeveralRegions]);
}

/// Workload1, with a stream that fails behind the processor, and with the primaries in region 2 from batch 2 on.
#[test]
fn workload1_has_all_records_in_the_databases_of_three_regions() {
    let coverage = holds_under_every_scheduler("workload1-f3-fail-kafka", all_is_everywhere);
    reached_in_every_run(&coverage, &[Reached::ComponentFailed, Reached::WriteForwarded]);
    let coverage = holds_under_every_scheduler("workload1-failover", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
    });
    reached_in_every_run(&coverage, &[Reached::WentOffline, Reached::WriterMoved]);
}

/// The other published tests of Workload1: nothing fails, the processor's container does, its database does, or anything of region 1.
#[test]
fn workload1_delivers_everything_whatever_fails() {
    for name in ["workload1", "workload1-f1-fail-container"] {
        holds_under_every_scheduler(name, |run| {
            all_is_everywhere(run);
            ended_by_itself(run);
        });
    }
    let coverage = holds_under_every_scheduler("workload1-f2-fail-database", all_is_everywhere);
    reached_in_every_run(&coverage, &[Reached::ComponentFailed]);
    assert!(coverage.runs(Reached::DependencyFailed) > RANDOM_RUNS / 2);
    let coverage = holds_under_every_scheduler("workload1-f4-fail-random", all_is_everywhere);
    for what in [Reached::Paused, Reached::ComponentFailed, Reached::SourceRefused] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 4, "{}", what.text());
    }
}

/// As the test is written, containers are recovered once: what P's checker reports as a deadlock.
#[test]
fn workload1_f4_as_published_leaves_containers_stopped() {
    let script = "script=publish 1,await delivered batch 1,fail some *@1,publish 2,\
                  await published or refused batch 2,recover *@1,recover *-container@2,publish 2,publish 3,\
                  await delivered all";
    let only_faults_are_healed = "heal=faults";
    let changes = [script, only_faults_are_healed];
    assert_eq!(found("workload1-f4-fail-random", &changes), Some(PropertyName::DeliveredAll));
}

/// The record that a queue, a container or the destination's end of the region worked on; what
/// replication brings to its tables is no work of the region.
fn touched(event: &Event, region: RegionId, plan: &Plan) -> Option<RecordId> {
    let layout = &plan.layout;
    let container_region = |container: ContainerId| layout.container_place(container).0;
    let (at, record) = match *event {
        Event::Dns(dns::Event::Routed { record, region }) => (region, record),
        Event::Queue(queue::Event::Enqueued { queue, copy }) => {
            (layout.queue_place(queue).0, copy.id)
        }
        Event::Queue(queue::Event::Delivered { queue, record, .. })
        | Event::Queue(queue::Event::Removed { queue, record }) => {
            (layout.queue_place(queue).0, record)
        }
        Event::Container(container::Event::Forwarding { container, record }) => {
            (container_region(container), record)
        }
        Event::Table(table::Event::Stored { table, copy, .. }) => {
            (layout.table_place(table).0, copy.id)
        }
        Event::Destination(destination::Event::Arrived { copy, region, .. }) => (region, copy.id),
        Event::Source(_)
        | Event::Dns(_)
        | Event::Queue(_)
        | Event::Container(_)
        | Event::Table(_)
        | Event::Replicator(_)
        | Event::Service(_)
        | Event::Fault(_)
        | Event::ExpectationFailed { .. } => return None,
    };
    (at == region).then_some(record)
}

#[test]
fn f2_fail_database_leaves_the_containers_that_met_it_in_failed_dependency() {
    let coverage = holds_under_every_scheduler("f2-fail-database", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let plan = run.simulation.plan();
        let mut failed = BTreeSet::new();
        for event in &run.events.all {
            if let Event::Container(container::Event::Became {
                container,
                state: State::FailedDependency,
                ..
            }) = *event
            {
                failed.insert(plan.layout.name(plan.layout.machine(Place::Container(container))));
            }
        }
        let both = ["preprocess-container@1", "preprocess-container@2"];
        assert_eq!(failed.into_iter().collect::<Vec<_>>(), both);
    });
    reached_in_every_run(&coverage, &[Reached::ComponentFailed, Reached::DependencyFailed]);
}

#[test]
fn f3_fail_queue_delivers_everything_after_the_recovery() {
    let coverage = holds_under_every_scheduler("f3-fail-queue", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
    });
    reached_in_every_run(&coverage, &[Reached::ComponentFailed, Reached::DependencyFailed]);
}

/// What the scheduler chose to let fail in a run: the components, in the order of the script.
fn failed(events: &Events) -> BTreeSet<Target> {
    let mut failed = BTreeSet::new();
    for event in &events.all {
        if let Event::Fault(fault::Event::Faulted { fault }) = *event {
            failed.insert(fault.target);
        }
    }
    failed
}

#[test]
fn f5_fail_random_delivers_everything_whatever_fails() {
    let seen: Cell<Vec<BTreeSet<Target>>> = Cell::default();
    let coverage = holds_under_every_scheduler("f5-fail-random", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let failed = failed(run.events);
        assert!((1..=16).contains(&failed.len()), "{failed:?}");
        let layout = &run.simulation.plan().layout;
        assert!(failed.iter().all(|target| target.region(layout) == Some(RegionId(0))));
        let mut acknowledged = BTreeSet::new();
        for event in &run.events.all {
            if let Event::Source(source::Event::Accepted { record }) = *event {
                acknowledged.insert(record);
            }
            if let Event::Source(source::Event::Published { copy }) = *event {
                assert!(!acknowledged.contains(&copy.id), "{} was acknowledged", copy.id);
            }
        }
        let mut all = seen.take();
        all.push(failed);
        seen.set(all);
    });
    let seen = seen.take();
    let components: BTreeSet<&Target> = seen.iter().flatten().collect();
    assert_eq!(components.len(), 16);
    for target in components {
        let with = seen.iter().filter(|failed| failed.contains(target)).count();
        let share = with as f64 / seen.len() as f64;
        assert!((0.4..0.6).contains(&share), "{target:?} fails in {share} of the runs");
    }
    let sizes: BTreeSet<usize> = seen.iter().map(BTreeSet::len).collect();
    assert_eq!(sizes, (1..=16).collect(), "one to all of them");
    for what in [Reached::Paused, Reached::ComponentFailed, Reached::SourceRefused] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 4, "{}", what.text());
    }
}
