//! Global databases: a writer that moves, and one that is out.

use std::cell::Cell;
use std::collections::BTreeSet;

use active_active::explore::{Choices, Reached, Runner, Verdict};
use active_active::model::container::State;
use active_active::model::event::Holder;
use active_active::model::event::fault;
use active_active::model::fault::{FaultKind, Target};
use active_active::model::options::DualWrite;
use active_active::model::{
    Event, FaultPoint, MachineId, MessageKind, RecordId, RegionId, ReplicatorId, StageId,
};
use active_active::model::{container, replicator, table};
use active_active::report::past;
use active_active::saved::SavedRun;
use active_active::scenario::builtin;
use active_active::scheduler::Random;
use active_active::sim::{Choice, Simulation};

use super::support::*;

#[test]
fn writers_that_move_anywhere_lose_only_what_was_not_replicated() {
    let moved = Cell::new(0);
    let coverage = holds_under_every_scheduler("aurora-anywhere", |run| {
        let arrived = run.simulation.destination().order();
        assert_eq!(arrived.len(), run.simulation.plan().records(), "a row is no message");
        let events = &run.events.all;
        let count = |kind| events.iter().filter(|event| is_fault(event, kind)).count();
        assert!(count(FaultKind::Switchover) <= 2);
        assert!(count(FaultKind::Failover) <= 2);
        if count(FaultKind::Failover) == 0 {
            assert_eq!(run.outcome.lost.records(), 0, "a switchover loses nothing");
        }
        let has_moved = |event: &Event| {
            matches!(event, Event::Replicator(replicator::Event::WriterMoved { .. }))
        };
        moved.set(moved.get() + events.iter().filter(|event| has_moved(event)).count() as u64);
    });
    assert!(coverage.runs(Reached::WriterMoved) > RANDOM_RUNS / 2);
    assert!(moved.get() > RANDOM_RUNS, "a writer moves more than once in a run");
}

#[test]
fn aurora_f1_stores_everything_everywhere_through_the_writer() {
    let coverage = holds_under_every_scheduler("aurora-f1", |run| {
        all_is_everywhere(run);
        let layout = &run.simulation.plan().layout;
        for event in &run.events.all {
            if let Event::Table(table::Event::Stored { table, asked, .. }) = *event {
                let (region, stage) = layout.table_place(table);
                let is_core = layout.stages[stage.index()] == "core";
                assert!(region == RegionId(0) || is_core, "only region 1 writes databases");
                assert!(table == asked || !is_core, "nobody forwards to a global table");
            }
        }
    });
    reached_in_every_run(&coverage, &[Reached::Paused, Reached::WriteForwarded]);
}

/// Who stored a database's rows last: the writer's region at the end of the run, by stage.
fn writers(run: &Run<'_>) -> BTreeSet<RegionId> {
    let layout = &run.simulation.plan().layout;
    let databases = layout.stage_ids().filter(|stage| layout.stages[stage.index()] != "core");
    let writer = |stage: StageId| run.simulation.replicator(ReplicatorId(stage.0.into())).writer();
    databases.map(writer).collect()
}

#[test]
fn aurora_switchover_loses_nothing_wherever_it_falls() {
    let waited = Cell::new(0);
    let coverage = holds_under_every_scheduler("aurora-switchover", |run| {
        all_is_everywhere(run);
        assert_eq!(run.outcome.lost.records(), 0);
        assert!(
            !run.events
                .all
                .iter()
                .any(|event| matches!(event, Event::Fault(fault::Event::Lost { .. })))
        );
        assert_eq!(writers(run), BTreeSet::from([RegionId(1)]));
        waited.set(waited.get() + u32::from(run.events.all.iter().any(is_refusal)));
    });
    assert_eq!(waited.get(), 0, "writes wait for a switchover, and are not refused");
    reached_in_every_run(&coverage, &[Reached::WriteForwarded, Reached::WriterMoved]);
    let pairs = coverage.pairs().map(|(pair, _)| pair.to_string()).collect::<BTreeSet<_>>();
    for pair in ["database Draining insert", "database Draining forward"] {
        assert!(pairs.contains(pair), "no write had to wait: {pairs:?}");
    }
}

fn is_refusal(event: &Event) -> bool {
    matches!(
        event,
        Event::Container(container::Event::Became { state: State::FailedDependency, .. })
    )
}

/// What is gone is exactly the backlog of the old writer: recounted here from what was stored and what
/// was replicated.
#[test]
fn aurora_failover_destroys_exactly_what_was_not_replicated() {
    let worst = Cell::new(0);
    let coverage = holds_under_every_scheduler("aurora-failover", |run| {
        assert_eq!(run.simulation.destination().order().len(), 30, "no record is lost, only rows");
        assert_eq!(writers(run), BTreeSet::from([RegionId(1)]));
        let plan = run.simulation.plan();
        let mut backlog: BTreeSet<(StageId, RecordId)> = BTreeSet::new();
        let mut destroyed = BTreeSet::new();
        let is_failover = |event: &Event| matches!(event, Event::Fault(fault::Event::Faulted { fault }) if fault.kind == FaultKind::Failover);
        let at = run.events.all.iter().position(is_failover).expect("it is in the script");
        for event in &run.events.all[..at] {
            if let Event::Table(table::Event::Stored { table, copy, duplicate: false, .. }) = *event
            {
                backlog.insert((plan.layout.table_place(table).1, copy.id));
            }
            if let Event::Replicator(replicator::Event::Replicated { replicator, record, .. }) =
                *event
            {
                backlog.remove(&(StageId(replicator.0 as u8), record));
            }
        }
        backlog.retain(|(stage, _)| plan.layout.stages[stage.index()] != "core");
        for event in &run.events.all[at..] {
            if let Event::Fault(fault::Event::Lost { holder: Holder::Table(table), record }) =
                *event
            {
                destroyed.insert((plan.layout.table_place(table).1, record));
            }
        }
        assert_eq!(destroyed, backlog);
        let records: BTreeSet<RecordId> = backlog.iter().map(|&(_, record)| record).collect();
        assert_eq!(run.outcome.lost.unreplicated, records.into_iter().collect::<Vec<_>>());
        assert_eq!(run.outcome.lost.undelivered, []);
        worst.set(worst.get().max(run.outcome.lost.records()));
    });
    reached_in_every_run(&coverage, &[Reached::WriteForwarded, Reached::WriterMoved]);
    assert!(worst.get() >= 2, "at most {} records were lost in a run", worst.get());
}

#[test]
fn a_region_that_is_not_the_writer_stalls_while_the_writer_is_out() {
    let coverage = holds_under_every_scheduler("aurora-writer-outage", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        assert_eq!(run.outcome.lost.records(), 0);
    });
    let must = [Reached::DependencyFailed, Reached::WriteForwarded, Reached::WriterMoved];
    reached_in_every_run(&coverage, &must);
}

/// Global databases in place of global tables, where the scenarios are about other things.
#[test]
fn scenarios_hold_with_global_databases_as_well() {
    // The others have databases already, or two relays, a compensation or transactions, which are of regional tables.
    let others = builtin::ALL.iter().filter(|(name, _)| {
        let plan = plans::plan(name, &[]);
        let retries = plan.scenario().container.dual_write == DualWrite::Retry;
        !plan.has_database() && plan.scenario().relay.instances == 1 && retries
    });
    for (name, _) in others {
        for writer in ["aurora.writer=1", "aurora.writer=2"] {
            let plan = plans::plan(name, &["store.default=aurora", writer]);
            let mut runner = Runner::new(plan);
            for run in 0..RANDOM_RUNS / 20 {
                let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
                assert_eq!(outcome.verdict, Verdict::Holds, "{name}, {writer}, run {run}");
            }
        }
    }
}

/// A switchover was under way behind a link that had failed when the old writer lost its table. The
/// loss took the handover with the rows before it, so the old writer waited for ever: a false alarm.
#[test]
fn a_handover_outlives_the_rows_of_the_table_that_began_it() {
    let scenario = r#"
        name = "lost-while-handing-over"
        script = [
            "fail *@2",
            "switchover inbound-table to @2",
            "lose inbound-table@1",
            "publish 1",
            "recover *",
            "await delivered all",
        ]
        topology.stages = ["inbound"]
        records.batches = [1]
        store.default = "aurora"
        rpo.records = "unlimited"
    "#;
    let mut runner = Runner::new(plans::plan(scenario, &[]));
    for run in 0..INCIDENT_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
}

/// A best effort at fencing. The writer of the only stage fails over, and then the script does what is given.
fn fails_over(then: &[&str], changes: &[&str]) -> std::sync::Arc<active_active::plan::Plan> {
    let script = [&["failover only-table to @2"], then].concat();
    let text = format!(
        r#"
            name = "fails-over"
            script = {script:?}
            topology.stages = ["only"]
            records.batches = [2]
            dns.weights = [1, 0]
            store.default = "aurora"
            aurora.fencing = "best-effort"
        "#
    );
    plans::plan(&text, changes)
}

/// A simulation that takes the first machine's step until something happens, and the old writer.
fn just_after(
    happened: impl Fn(&Event) -> bool,
    then: &[&str],
    changes: &[&str],
) -> (Simulation, MachineId) {
    let plan = fails_over(then, changes);
    let old = plan.layout.find("only-table@1").expect("it is the first writer");
    let mut simulation = Simulation::new(plan);
    while !simulation.events().iter().any(&happened) {
        let choice = simulation.enabled().nth_step(0);
        simulation.step(choice);
    }
    (simulation, old)
}

fn is_late(event: &Event) -> bool {
    matches!(event, Event::Fault(fault::Event::Late { message: MessageKind::Fence, .. }))
}

const GOES_ON: &[&str] = &["publish 1", "await delivered all"];

/// The fence was in the inbox of the old writer before any write that was sent after the failover. So with
/// everything replicated a best effort at fencing held, however long the old writer was written to.
#[test]
fn a_fence_can_come_after_writes_that_were_sent_later() {
    let mut overtaken = 0;
    let plan = fails_over(GOES_ON, &[]);
    let mut runner = Runner::new(std::sync::Arc::clone(&plan));
    for run in 0..INCIDENT_RUNS {
        let mut choices = Choices::default();
        let outcome = runner.run(&mut Random::new(SEED), run, &mut choices);
        let Verdict::Violated(violation) = &outcome.verdict else { continue };
        overtaken += 1;
        assert_eq!(violation.property().name(), "WithinRpo");
        let because = violation.because.join("; ");
        assert!(
            because.contains("the fence was late, and only-table@1 took the write"),
            "{because}"
        );
        let saved = SavedRun::new(&plan, &choices.taken, &outcome).expect("it was judged");
        let story: Vec<String> = past::story(&saved).0.into_iter().map(|line| line.text).collect();
        let says = story.iter().any(|line| line.contains("the fence to only-table@1 is late"));
        assert!(says, "run {run}: {story:#?}");
    }
    assert!(overtaken > INCIDENT_RUNS / 2, "{overtaken} of {INCIDENT_RUNS}");
    let mut runner = Runner::new(fails_over(GOES_ON, &["aurora.fencing=full"]));
    for run in 0..INCIDENT_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
}

#[test]
fn when_a_fence_comes_is_a_choice_that_takes_nothing_from_the_budget() {
    let (mut simulation, old) = just_after(is_late, GOES_ON, &[]);
    assert_eq!(simulation.late(old).count(), 1);
    let offered: Vec<FaultPoint> = simulation.enabled().fault_points().collect();
    assert_eq!(offered, [FaultPoint::Arrive(old)]);
    simulation.step(Choice::Fault(FaultPoint::Arrive(old)));
    assert_eq!(simulation.late(old).count(), 0);
    assert_eq!(simulation.enabled().faults(), 0);
    let next = simulation.inbox(old).next().expect("it has arrived");
    assert_eq!(next.kind(), MessageKind::Fence);
}

/// Who looks at a system in which no machine can step does not see that a fence is on its way: a script that waits for that goes on, and the
/// old writer may not have heard. It was waited for, so such a script held.
#[test]
fn a_late_fence_is_not_waited_for() {
    let then = ["await quiescent", "publish 1", "await delivered all"];
    let mut overtaken = 0;
    let mut runner = Runner::new(fails_over(&then, &[]));
    for run in 0..INCIDENT_RUNS {
        match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
            Verdict::Holds => {
                assert_eq!(followed(runner.simulation()), [RegionId(1); 2], "run {run}")
            }
            Verdict::Violated(violation) => {
                assert_eq!(violation.property().name(), "WithinRpo", "run {run}");
                overtaken += 1;
            }
            Verdict::Inconclusive(why) => panic!("run {run}: {why:?}"),
        }
    }
    assert!((INCIDENT_RUNS / 4..INCIDENT_RUNS).contains(&overtaken), "{overtaken}");
    let mut runner = Runner::new(fails_over(&then, &["aurora.fencing=full"]));
    for run in 0..INCIDENT_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
}

#[test]
fn a_late_fence_comes_with_a_healing() {
    let (mut simulation, old) = just_after(is_late, GOES_ON, &[]);
    simulation.step(Choice::Heal);
    assert_eq!(simulation.late(old).count(), 0);
    assert_eq!(simulation.inbox(old).next().map(|fence| fence.kind()), Some(MessageKind::Fence));
    assert_eq!(simulation.enabled().faults(), 0);
}

/// Whom each cluster takes for the writer.
fn followed(simulation: &Simulation) -> Vec<RegionId> {
    let layout = &simulation.plan().layout;
    let table = |region| simulation.table(layout.table(region, StageId(0)));
    layout.region_ids().map(|region| table(region).writer()).collect()
}

/// The old writer becomes the writer again before it has heard that it was not: were it told now, both clusters
/// would take each other for the writer, and forward writes without end.
#[test]
fn a_fence_that_is_out_of_date_does_not_come() {
    let (failover, switchover) = ("failover only-table to @1", "switchover only-table to @1");
    let cases = [(failover, "drain-first"), (switchover, "drain-first"), (switchover, "at-once")];
    for (back, option) in cases {
        let option = format!("aurora.switchover={option}");
        let then = [&[back], GOES_ON].concat();
        let mut runner = Runner::new(fails_over(&then, &[&option]));
        for run in 0..INCIDENT_RUNS {
            let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
            assert_eq!(outcome.verdict, Verdict::Holds, "{back}, {option}, run {run}");
            assert_eq!(followed(runner.simulation()), [RegionId(0); 2], "{back}, run {run}");
        }
    }
}

/// A second failover tells every cluster that still takes itself for the writer, not only the last one.
#[test]
fn a_second_failover_tells_the_first_writer_anew() {
    let then = ["failover only-table to @3", "await quiescent", "publish 1", "await delivered all"];
    let mut runner = Runner::new(fails_over(&then, &["topology.regions=3", "dns.weights=0,0,1"]));
    for run in 0..INCIDENT_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
        assert_eq!(followed(runner.simulation()), [RegionId(2); 3], "run {run}");
    }
}

#[test]
fn a_fence_to_a_lost_region_does_not_come() {
    let then = ["lose @1", "publish 1", "await delivered all"];
    let is_over = |event: &Event| {
        matches!(event, Event::Fault(fault::Event::LossEnded { target: Target::Region(_) }))
    };
    let (simulation, old) = just_after(is_over, &then, &["rpo.records=unlimited"]);
    assert_eq!(simulation.late(old).count(), 0);
    assert_eq!(simulation.enabled().faults(), 0);
}
