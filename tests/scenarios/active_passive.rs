//! The published active-passive tests: F1 to F5, the failover, and the one without draining.

#![expect(clippy::wildcard_enum_match_arm, reason = "two kinds of events are looked for")]

use std::cell::Cell;
use std::collections::BTreeSet;

use active_active::explore::{Progress, Reached, Runner, Strategy, Sweep, Verdict};
use active_active::model::container::State;
use active_active::model::event::fault;
use active_active::model::{BatchId, Event, Place, RecordId, RegionId, container, table};
use active_active::scheduler::Random;
use active_active::spec::PropertyName;

use super::support::*;

/// All of it arrived, in the order in which it was published, and `InOrder` was judged.
fn arrived_in_order(run: &Run<'_>) {
    all_is_everywhere(run);
    ended_by_itself(run);
    let order = run.simulation.destination().order();
    let plan = run.simulation.plan();
    assert_eq!(PropertyName::InOrder.not_applicable(plan), None);
    if plan.scenario().script.iter().all(|line| !line.to_string().starts_with("fail some")) {
        assert!(order.is_sorted(), "{order:?}");
    }
}

#[test]
fn active_passive_stores_and_delivers_everything_in_order() {
    let coverage = holds_under_every_scheduler("active-passive", |run| {
        arrived_in_order(run);
        let writers = run.events.all.iter().filter_map(|event| match *event {
            Event::Table(table::Event::Stored { table, .. }) => Some(table),
            _ => None,
        });
        let layout = &run.simulation.plan().layout;
        let regions: BTreeSet<RegionId> =
            writers.map(|table| layout.table_place(table).0).collect();
        assert_eq!(regions, BTreeSet::from([RegionId(0)]), "region 2 stands by");
    });
    assert_eq!(coverage.runs(Reached::OrderChanged), 0);
}

#[test]
fn active_passive_f1_delivers_everything_in_order() {
    let name = "active-passive-f1-fail-container";
    let coverage = holds_under_every_scheduler(name, arrived_in_order);
    reached_in_every_run(&coverage, &[Reached::Paused, Reached::ContainerRecovered]);
}

#[test]
fn active_passive_f2_leaves_one_container_in_failed_dependency() {
    let coverage = holds_under_every_scheduler("active-passive-f2-fail-database", |run| {
        arrived_in_order(run);
        let layout = &run.simulation.plan().layout;
        let mut failed = BTreeSet::new();
        for event in &run.events.all {
            if let Event::Container(container::Event::Became {
                container,
                state: State::FailedDependency,
                ..
            }) = *event
            {
                failed.insert(layout.name(layout.machine(Place::Container(container))));
            }
        }
        assert_eq!(failed, BTreeSet::from(["preprocess-container@1"]));
    });
    reached_in_every_run(&coverage, &[Reached::ComponentFailed, Reached::DependencyFailed]);
}

#[test]
fn active_passive_f3_delivers_everything_in_order_after_the_recovery() {
    let name = "active-passive-f3-fail-queue";
    let coverage = holds_under_every_scheduler(name, arrived_in_order);
    reached_in_every_run(&coverage, &[Reached::ComponentFailed, Reached::DependencyFailed]);
}

#[test]
fn active_passive_f4_delivers_without_replication() {
    let name = "active-passive-f4-fail-replication";
    let coverage = holds_under_every_scheduler(name, arrived_in_order);
    reached_in_every_run(&coverage, &[Reached::ComponentFailed, Reached::Backlog]);
}

#[test]
fn active_passive_f5_delivers_everything_in_order_whatever_fails() {
    let sizes: Cell<BTreeSet<usize>> = Cell::default();
    holds_under_every_scheduler("active-passive-f5-fail-random", |run| {
        arrived_in_order(run);
        let is_fault = |event: &&Event| matches!(event, Event::Fault(fault::Event::Faulted { .. }));
        let failed = run.events.all.iter().filter(is_fault).count();
        let mut all = sizes.take();
        all.insert(failed);
        sizes.set(all);
    });
    assert_eq!(sizes.take(), (1..=16).collect(), "one to all of them");
}

#[test]
fn active_passive_failover_goes_on_in_order_where_region_1_ended() {
    let coverage = holds_under_every_scheduler("active-passive-failover", |run| {
        arrived_in_order(run);
        let plan = run.simulation.plan();
        let first: Vec<RecordId> = plan.batch(BatchId(1)).collect();
        let stored_by = |region: RegionId| -> BTreeSet<RecordId> {
            let stored = run.events.all.iter().filter_map(|event| match *event {
                Event::Table(table::Event::Stored { table, copy, .. })
                    if plan.layout.table_place(table).0 == region =>
                {
                    Some(copy.id)
                }
                _ => None,
            });
            stored.collect()
        };
        assert_eq!(stored_by(RegionId(0)), first.iter().copied().collect());
        assert_eq!(stored_by(RegionId(1)).len(), 20, "the writer has moved");
        assert_eq!(run.outcome.lost.records(), 0);
    });
    reached_in_every_run(&coverage, &[Reached::WriterMoved, Reached::WentOffline]);
}

/// Its authors name it as wrong: traffic is switched while region 1 works.
#[test]
fn active_passive_failover_without_draining_breaks_the_order() {
    let name = "active-passive-failover-undrained";
    let mut runner = Runner::new(plans::plan(name, &[]));
    let mut broken = 0;
    for run in 0..INCIDENT_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        if let Verdict::Violated(violation) = outcome.verdict {
            assert_eq!(violation.property(), PropertyName::InOrder, "{violation}");
            let why = violation.because.join("\n");
            assert!(why.contains("the regions changed while"), "{why}");
            broken += 1;
        }
    }
    assert!(broken > INCIDENT_RUNS / 4, "{broken} of {INCIDENT_RUNS}");
    holds_with(
        name,
        &["script=publish 1,await delivered batch 1,await quiescent,offline in-dns@1,\
        switchover *-table to @2,publish 2,publish 3,await delivered all"],
        all_is_everywhere,
    );
}

/// A container is told to recover once: the published model's own checker finds these to hang.
#[test]
fn active_passive_f3_and_f5_as_published_stop_a_container_for_good() {
    for name in ["active-passive-f3-as-published", "active-passive-f5-as-published"] {
        let plan = plans::plan(name, &[]);
        let sweep = Sweep { plan: plan.clone(), runs: 2_000, threads: 2, steps_max: u64::MAX };
        let prepared = Strategy::Portfolio.prepare(&plan, 1);
        let report = sweep.run(|| prepared.scheduler(), &Progress::default());
        let (_, violation) = report.violation.unwrap_or_else(|| panic!("{name} holds"));
        assert_eq!(violation.property(), PropertyName::DeliveredAll, "{name}");
        for remedy in ["container.restart=always", "heal=everything"] {
            let mut runner = Runner::new(plans::plan(name, &[remedy]));
            for run in 0..INCIDENT_RUNS {
                let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
                assert_eq!(outcome.verdict, Verdict::Holds, "{name}, {remedy}, run {run}");
            }
        }
    }
}

/// The writer of a database moves while what the old one wrote is on its way: the new one acknowledges that again.
#[test]
fn active_passive_failover_as_published_acknowledges_a_write_twice() {
    let name = "active-passive-failover-as-published";
    let plan = plans::plan(name, &[]);
    let mut runner = Runner::new(plan);
    let outcomes = (0..INCIDENT_RUNS).map(|run| runner.run(&mut Random::new(SEED), run, &mut ()));
    let violations: Vec<_> = outcomes
        .filter_map(|outcome| match outcome.verdict {
            Verdict::Violated(violation) => Some(*violation),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        })
        .collect();
    assert!(violations.len() >= 3, "{} runs", violations.len());
    for violation in &violations {
        assert_eq!(violation.property(), PropertyName::AnsweredOnce);
        let [why] = &violation.because[..] else { panic!("{violation:?}") };
        assert!(why.starts_with("the writer has moved; what the old one wrote came"), "{why}");
    }
    for remedy in [
        "aurora.switchover=drain-first",
        "script=publish 1,await delivered batch 1,await quiescent,offline in-dns@1,\
        switchover *-table to @2,offline out-dns@1,publish 2,publish 3,await delivered all",
    ] {
        holds_with(name, &[remedy], arrived_in_order);
    }
}

/// A container that waits for its next answer takes the second one of the last request for it.
#[test]
fn an_answer_that_comes_again_is_taken_for_that_of_the_next_record() {
    let design = ["aurora.switchover=asked-again", "store.default=aurora", "records.batches=4"];
    let rest =
        ["script=publish 1,await delivered all", "budget.switchover=1", "topology.stages=only"];
    let left_out = "spec.leave_out=AnsweredOnce";
    let plan = plans::plan("baseline", &[&design[..], &rest[..], &[left_out]].concat());
    let sweep = Sweep { plan: plan.clone(), runs: 20_000, threads: 2, steps_max: u64::MAX };
    let prepared = Strategy::Portfolio.prepare(&plan, 1);
    let report = sweep.run(|| prepared.scheduler(), &Progress::default());
    let (_, violation) = report.violation.expect("it goes on with a record that is not stored");
    assert_eq!(violation.property(), PropertyName::StoreBeforeForward);
}

/// Where records have keys, the order of each key is judged: no two of these have one.
#[test]
fn records_of_different_keys_may_overtake_each_other() {
    let name = "active-passive-failover-undrained";
    holds_with(name, &["records.keys=30"], |run| {
        assert_eq!(PropertyName::InOrder.not_applicable(run.simulation.plan()), None);
        all_is_everywhere(run);
    });
}
