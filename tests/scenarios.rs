//! Every built-in scenario, under every scheduler, and what its header says must be seen.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use active_active::explore::{
    Choices, Coverage, Observer, Outcome, Phase, Reached, Runner, Verdict,
};
use active_active::model::container::State;
use active_active::model::event::Holder;
use active_active::model::fault::{FaultKind, FaultPoint, Target};
use active_active::model::{
    BatchId, ContainerId, Event, MachineId, Place, QueueId, RecordId, RegionId, ReplicatorId,
    StageId, TableId,
};
use active_active::plan::Plan;
use active_active::scenario::builtin;
use active_active::scheduler::seed::generator;
use active_active::scheduler::{Random, Replay, RoundRobin, Scheduler, Script};
use active_active::sim::{Choice, Simulation, Step};
use active_active::spec::PropertyName;
use rand::Rng;

#[path = "common/plans.rs"]
mod plans;

const SEED: u64 = 20_260_101;
const RANDOM_RUNS: u64 = 1_000;
const SCRIPT_RUNS: u64 = 200;
const REPLAY_RUNS: u64 = 50;
const INCIDENT_RUNS: u64 = 200;

/// Writes down everything that happened.
#[derive(Default)]
struct Events {
    /// In order.
    all: Vec<Event>,
}

impl Events {
    fn extend(&mut self, simulation: &Simulation) {
        self.all.extend_from_slice(simulation.events());
    }
}

impl Observer for Events {
    fn begin(&mut self, _simulation: &Simulation) {
        self.all.clear();
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase == Phase::Heal {
            self.extend(simulation);
        }
    }

    fn step(&mut self, _step: &Step, simulation: &Simulation) {
        self.extend(simulation);
    }
}

/// One run as its checks see it.
struct Run<'a> {
    outcome: &'a Outcome,
    simulation: &'a Simulation,
    events: &'a Events,
}

/// Runs a scenario under every scheduler: it holds, and `check` is asked about each run.
fn holds_under_every_scheduler(name: &str, check: impl Fn(&Run<'_>)) -> Coverage {
    holds_with(name, &[], check)
}

/// As above, with changes of the scenario.
fn holds_with(name: &str, changes: &[&str], check: impl Fn(&Run<'_>)) -> Coverage {
    let mut runner = Runner::new(plans::plan(name, changes));
    let mut events = Events::default();
    let judge = |outcome: &Outcome, runner: &Runner, events: &Events, how: &str| {
        assert_eq!(outcome.verdict, Verdict::Holds, "{name}, {how}");
        check(&Run { outcome, simulation: runner.simulation(), events });
    };
    for run in 0..RANDOM_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut events);
        judge(&outcome, &runner, &events, &format!("random run {run}"));
    }
    let outcome = runner.run(&mut RoundRobin::default(), 0, &mut events);
    judge(&outcome, &runner, &events, "round-robin");
    for run in 0..SCRIPT_RUNS {
        let outcome = runner.run(&mut arbitrary_script(run), 0, &mut events);
        judge(&outcome, &runner, &events, &format!("script {run}"));
    }
    for run in 0..REPLAY_RUNS {
        let mut recorded = Choices::default();
        let original = runner.run(&mut Random::new(SEED + 1), run, &mut recorded);
        let order = runner.simulation().destination().order().to_vec();
        let mut replay = Replay::new(recorded.taken);
        let outcome = runner.run(&mut replay, 0, &mut events);
        assert_eq!(replay.misfit(), None, "{name}, replay of run {run}");
        assert_eq!(outcome, original, "{name}, replay of run {run}");
        assert_eq!(runner.simulation().destination().order(), order);
        judge(&outcome, &runner, &events, &format!("replay {run}"));
    }
    runner.coverage().clone()
}

/// A script of up to 2,000 numbers of which nobody thought.
fn arbitrary_script(run: u64) -> Script {
    let mut numbers = generator(SEED, run);
    let length = numbers.next_u32() as usize % 2_000;
    Script::new((0..length).map(|_| numbers.next_u32() as u16).collect())
}

/// All records are at the destination, and once in every table of every region.
fn all_is_everywhere(run: &Run<'_>) {
    let plan = run.simulation.plan();
    let arrived: BTreeSet<RecordId> =
        run.simulation.destination().order().iter().copied().collect();
    assert_eq!(arrived.len(), plan.records());
    for table in (0..plan.layout.tables() as u16).map(TableId) {
        let rows = run.simulation.rows(table);
        assert!(plan.record_ids().all(|record| rows.get(record).rows == 1), "{table:?}");
    }
}

/// No await of the script needed the healing at the end.
fn ended_by_itself(run: &Run<'_>) {
    assert_eq!(run.outcome.awaited_until_heal, None);
}

fn reached_in_every_run(coverage: &Coverage, what: &[Reached]) {
    let runs = RANDOM_RUNS + 1 + SCRIPT_RUNS + 2 * REPLAY_RUNS;
    for &what in what {
        assert_eq!(coverage.runs(what), runs, "{}", what.text());
    }
}

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
fn random_answers_split_a_batch_by_weight() {
    let first_region = Cell::new((0, 0));
    let splits: Cell<BTreeSet<usize>> = Cell::default();
    holds_under_every_scheduler("random-answers", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let is_first = |event: &&Event| matches!(event, Event::Routed { record, region: RegionId(0) } if record.0 <= 10);
        let count = run.events.all.iter().filter(is_first).count();
        let (runs, records) = first_region.get();
        first_region.set((runs + 1, records + count));
        let mut seen = splits.take();
        seen.insert(count);
        splits.set(seen);
    });
    let (runs, records) = first_region.get();
    let average = records as f64 / f64::from(runs);
    assert!((6.8..7.7).contains(&average), "{average} of 10 records");
    assert!(splits.take().len() >= 8, "the split is always nearly the same");
}

#[test]
fn health_failover_takes_region_1_out_and_brings_it_back() {
    let region = RegionId(0);
    holds_under_every_scheduler("health-failover", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let events = &run.events.all;
        let at = |wanted| events.iter().position(|&event| event == wanted);
        let out = at(Event::HealthChanged { region, healthy: false }).expect("it fails");
        let back = at(Event::HealthChanged { region, healthy: true }).expect("it comes back");
        let is_verdict = |event: &&Event| matches!(event, Event::HealthChanged { .. });
        assert_eq!(events.iter().filter(is_verdict).count(), 2);
        let bad = Event::Probed { region, healthy: false };
        assert!(events[..out].iter().filter(|&&event| event == bad).count() >= 3);
        let to_it = |events: &[Event], from: u16, to: u16| {
            let is_one = |event: &&Event| {
                matches!(event, Event::Routed { record, region: to_region }
                    if *to_region == region && (from..=to).contains(&record.0))
            };
            events.iter().filter(is_one).count()
        };
        assert_eq!(to_it(&events[out..back], 1, 30), 0, "it is not answered while unhealthy");
        assert_eq!(to_it(&events[back..], 21, 30), 5);
    });
}

#[test]
fn primary_failover_moves_the_traffic_and_back() {
    holds_under_every_scheduler("primary-failover", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let late = (21..=30).filter(|&record| {
            let entered = run.simulation.progress().entered(RecordId(record));
            entered.contains(RegionId(1))
        });
        let late = late.count();
        assert!((1..=3).contains(&late), "{late} records of batch 3 went to region 2");
    });
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
        if let Event::Recovered { target: Target::Replicator(_), waiting } = *event {
            backlogs.push(waiting);
        }
    }
    backlogs
}

/// All of batch 2 arrived, and nothing was applied anywhere, while replication was out.
fn batch_2_came_without_replication(run: &Run<'_>, plan: &Plan) {
    let all = &run.events.all;
    let failed = all.iter().position(|event| matches!(event, Event::Faulted { .. }));
    let recovered = all.iter().position(|event| matches!(event, Event::Recovered { .. }));
    let (Some(failed), Some(recovered)) = (failed, recovered) else {
        panic!("replication failed and recovered");
    };
    let during = &all[failed..recovered];
    assert!(!during.iter().any(|event| matches!(event, Event::Applied { .. })));
    let of_batch_2 = |record: RecordId| plan.batch_of(record) == BatchId(2);
    let arrived = during
        .iter()
        .filter(|event| matches!(event, Event::Arrived { copy, .. } if of_batch_2(copy.id)));
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

/// The record that a queue, a container or the destination's end of the region worked on; what
/// replication brings to its tables is no work of the region.
fn touched(event: &Event, region: RegionId, plan: &Plan) -> Option<RecordId> {
    let layout = &plan.layout;
    let container_region = |container: ContainerId| layout.container_place(container).0;
    let (at, record) = match *event {
        Event::Routed { record, region } => (region, record),
        Event::Enqueued { queue, copy } => (layout.queue_place(queue).0, copy.id),
        Event::Delivered { queue, record, .. } | Event::Removed { queue, record } => {
            (layout.queue_place(queue).0, record)
        }
        Event::Forwarding { container, record } => (container_region(container), record),
        Event::Stored { table, copy, .. } => (layout.table_place(table).0, copy.id),
        Event::Arrived { copy, region, .. } => (region, copy.id),
        Event::Published { .. }
        | Event::Accepted { .. }
        | Event::Refused { .. }
        | Event::BatchEnded { .. }
        | Event::RoutesChanged { .. }
        | Event::WeightsChanged { .. }
        | Event::PlanEnacted { .. }
        | Event::PlanDeleted { .. }
        | Event::Probed { .. }
        | Event::HealthChanged { .. }
        | Event::Returned { .. }
        | Event::StaleRemove { .. }
        | Event::ContainerBecame { .. }
        | Event::TimedOut { .. }
        | Event::Reordered { .. }
        | Event::DeadLettered { .. }
        | Event::Redriven { .. }
        | Event::KeyShown { .. }
        | Event::ReplyLost { .. }
        | Event::StaleReply { .. }
        | Event::SendWaits { .. }
        | Event::GaveUp { .. }
        | Event::Applied { .. }
        | Event::Replicated { .. }
        | Event::ReplicationLost { .. }
        | Event::Faulted { .. }
        | Event::Recovered { .. }
        | Event::Lost { .. }
        | Event::LossEnded { .. }
        | Event::WriterMoved { .. }
        | Event::ExpectationFailed { .. } => return None,
    };
    (at == region).then_some(record)
}

#[test]
fn crash_anywhere_loses_nothing_and_absorbs_duplicates() {
    let coverage = holds_under_every_scheduler("crash-anywhere", |run| {
        all_is_everywhere(run);
        let crashes = run.events.all.iter().filter(|event| matches!(event, Event::Faulted { .. }));
        assert!(crashes.count() <= 5, "the budget is five crashes");
    });
    let must = [
        Reached::Crashed,
        Reached::Returned,
        Reached::ContainerRecovered,
        Reached::Redelivery,
        Reached::DuplicateAbsorbed,
        Reached::StaleReply,
        Reached::OrderChanged,
        Reached::SeveralRegions,
    ];
    for what in must {
        assert!(coverage.runs(what) > RANDOM_RUNS / 2, "{}", what.text());
    }
}

/// A crash may fall late, and the scheduler need not restart what it crashed: then the awaits of
/// the script come true only after everything is healed. Both kinds of run must occur.
#[test]
fn crash_anywhere_ends_by_itself_in_some_runs_and_only_after_the_healing_in_others() {
    let mut runner = Runner::new(plans::plan("crash-anywhere", &[]));
    let helped = (0..RANDOM_RUNS)
        .filter(|&run| {
            let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
            outcome.awaited_until_heal.is_some()
        })
        .count() as u64;
    assert!((RANDOM_RUNS / 10..RANDOM_RUNS * 9 / 10).contains(&helped), "{helped} were helped");
}

/// Whatever a scenario can reach, some of a thousand random runs do reach, except where the
/// scenario itself takes care that it does not happen.
#[test]
fn every_scenario_reaches_all_that_it_can() {
    for (name, _) in builtin::ALL {
        let mut runner = Runner::new(plans::plan(name, &[]));
        for run in 0..RANDOM_RUNS {
            runner.run(&mut Random::new(SEED), run, &mut ());
        }
        let plan = Arc::clone(runner.simulation().plan());
        for &what in Reached::ALL {
            let runs = runner.coverage().runs(what);
            let expected = what.is_possible(&plan) && !is_avoided(name, what);
            assert_eq!(runs > 0, expected, "{name}: {} in {runs} runs", what.text());
        }
    }
}

/// What a scenario takes care to avoid: `failover` waits until region 1 has drained, so that nothing
/// is in flight when it goes offline, and the health checks' ones do the same; replication has nothing
/// to do while F2's table is down; the containers of a region that is out are dead, and meet nobody; a
/// writer has nothing to lose when all that it wrote is replicated.
fn is_avoided(name: &str, what: Reached) -> bool {
    match name {
        "failover" | "health-failover" | "primary-failover" => {
            [Reached::Redelivery, Reached::DuplicateAbsorbed, Reached::Returned].contains(&what)
        }
        "f2-fail-database" => what == Reached::Backlog,
        "region-outage" | "outage-anywhere" => what == Reached::DependencyFailed,
        "aurora-writer-outage" => what == Reached::Destroyed,
        _ => false,
    }
}

#[test]
fn f2_fail_database_leaves_the_containers_that_met_it_in_failed_dependency() {
    let coverage = holds_under_every_scheduler("f2-fail-database", |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let plan = run.simulation.plan();
        let mut failed = BTreeSet::new();
        for event in &run.events.all {
            if let Event::ContainerBecame { container, state: State::FailedDependency, .. } = *event
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
        if let Event::Faulted { fault } = *event {
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
            if let Event::Accepted { record } = *event {
                acknowledged.insert(record);
            }
            if let Event::Published { copy } = *event {
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

#[test]
fn failover_undrained_delivers_what_was_under_way_when_the_region_is_back() {
    let coverage = holds_under_every_scheduler("failover-undrained", all_is_everywhere);
    assert!(coverage.runs(Reached::Redelivery) > 0, "the destination lost its connection");
    reached_in_every_run(&coverage, &[Reached::WentOffline]);
}

#[test]
fn region_outage_loses_nothing_wherever_it_falls() {
    let coverage = holds_under_every_scheduler("region-outage", all_is_everywhere);
    let must = [Reached::Crashed, Reached::ComponentFailed, Reached::WentOffline];
    reached_in_every_run(&coverage, &must);
    for what in [Reached::Redelivery, Reached::StaleReply, Reached::SourceRefused] {
        assert!(coverage.runs(what) > 0, "{}", what.text());
    }
}

fn is_fault(event: &Event, kind: FaultKind) -> bool {
    matches!(event, Event::Faulted { fault } if fault.kind == kind)
}

#[test]
fn outages_anywhere_lose_nothing() {
    let coverage = holds_under_every_scheduler("outage-anywhere", |run| {
        all_is_everywhere(run);
        let crashes =
            run.events.all.iter().filter(|event| is_fault(event, FaultKind::Crash)).count();
        assert!(crashes <= 10 && crashes.is_multiple_of(5), "the budget is two outages");
    });
    let must = [
        Reached::Crashed,
        Reached::ComponentFailed,
        Reached::ContainerRecovered,
        Reached::SourceRefused,
        Reached::Redelivery,
        Reached::DuplicateAbsorbed,
        Reached::StaleReply,
    ];
    for what in must {
        assert!(coverage.runs(what) > RANDOM_RUNS / 20, "{}", what.text());
    }
}

/// A false alarm of `Settles`, found by the strategies when they began to draw times. A container that
/// a dependency stopped can be started again without end; each time it stores its record again, and with keys
/// and strong replication the row goes to the region that is cut off each time. All of that waits there
/// when the healing comes, and takes more steps than the number of records would explain.
#[test]
fn a_backlog_of_many_attempts_is_no_lack_of_rest() {
    let text = r#"
        name = "many-attempts"
        script = ["fail *-replicator@3", "fail outbound-queue@2", "publish 1", "await delivered all"]
        topology = { regions = 3, stages = ["only"], containers = 2 }
        records = { batches = [2], keys = 2 }
        dns.weights = [0, 1, 0]
        table.conflict = "version-checked"
        replication.mode = "strong"
        budget.crash = 20
    "#;
    let plan = plans::plan(text, &[]);
    let mut runner = Runner::new(Arc::clone(&plan));
    let (mut restarts, mut backlog) = (Restarts::default(), Backlog(0));
    assert_eq!(runner.run(&mut restarts, 0, &mut backlog).verdict, Verdict::Holds);
    let bound = plan.fair_steps_max(plan.records() as u64);
    assert!(backlog.0 > bound, "{} messages would do within {bound} steps", backlog.0);
}

/// The greatest number of messages that wait when a healing is over.
struct Backlog(u64);

impl Observer for Backlog {
    fn begin(&mut self, _simulation: &Simulation) {}

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase == Phase::Converge {
            let machines = (0..simulation.plan().layout.machines() as u16).map(MachineId);
            let waiting = machines.map(|machine| simulation.waiting(machine) as u64).sum();
            self.0 = self.0.max(waiting);
        }
    }

    fn step(&mut self, _step: &Step, _simulation: &Simulation) {}
}

/// Fair, but it starts every container again as soon as it can.
#[derive(Default)]
struct Restarts(RoundRobin);

impl Scheduler for Restarts {
    fn begin(&mut self, plan: &Plan, run: u64) {
        self.0.begin(plan, run);
    }

    fn choose(&mut self, simulation: &Simulation) -> Option<Choice> {
        let is_restart = |point: &FaultPoint| matches!(point, FaultPoint::Restart(_));
        let restart = simulation.enabled().fault_points().find(is_restart);
        restart.map(Choice::Fault).or_else(|| self.0.choose(simulation))
    }
}

/// An outage of the budget ends by itself in some runs, and some end after the other has begun.
#[test]
fn outages_anywhere_end_before_the_healing_in_many_runs() {
    let mut runner = Runner::new(plans::plan("outage-anywhere", &[]));
    let mut ended = 0;
    for run in 0..RANDOM_RUNS {
        let mut choices = Choices::default();
        runner.run(&mut Random::new(SEED), run, &mut choices);
        let ends = |choice: &&Choice| matches!(choice, Choice::Fault(FaultPoint::EndOutage(_)));
        ended += u64::from(choices.taken.iter().any(|choice| ends(&choice)));
    }
    assert!(ended > RANDOM_RUNS / 4, "in {ended} runs only");
}

#[test]
fn losses_anywhere_are_what_is_reported_and_nothing_else_is_missing() {
    let (regions, tables) = (Cell::new(0), Cell::new(0));
    let coverage = holds_under_every_scheduler("loss-anywhere", |run| {
        let lost = &run.outcome.lost;
        let arrived = |record: &RecordId| run.simulation.destination().has(*record);
        let missing = run.simulation.plan().record_ids().filter(|r| !arrived(r));
        assert_eq!(missing.collect::<Vec<_>>(), lost.undelivered, "all others arrive");
        for event in &run.events.all {
            let Event::Faulted { fault } = event else { continue };
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
        let has_moved = |event: &Event| matches!(event, Event::WriterMoved { .. });
        moved.set(moved.get() + events.iter().filter(|event| has_moved(event)).count() as u64);
    });
    assert!(coverage.runs(Reached::WriterMoved) > RANDOM_RUNS / 2);
    assert!(moved.get() > RANDOM_RUNS, "a writer moves more than once in a run");
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
    let is_loss =
        |event: &Event| matches!(event, Event::Faulted { fault } if fault.kind == FaultKind::Lose);
    for event in events.all.iter().take_while(|event| !is_loss(event)) {
        if let Event::Enqueued { queue, copy } = *event {
            queued.entry(copy.id).or_default().push(queue);
        }
        if let Event::Removed { queue, record } = *event {
            let queues = queued.entry(record).or_default();
            let at = queues.iter().position(|&known| known == queue);
            queues.swap_remove(at.expect("it was there"));
        }
        if let Event::Accepted { record } = *event {
            accepted.insert(record);
        }
        if let Event::Arrived { copy, .. } = *event {
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

#[test]
fn aurora_f1_stores_everything_everywhere_through_the_writer() {
    let coverage = holds_under_every_scheduler("aurora-f1", |run| {
        all_is_everywhere(run);
        let layout = &run.simulation.plan().layout;
        for event in &run.events.all {
            if let Event::Stored { table, asked, .. } = *event {
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
        assert!(!run.events.all.iter().any(|event| matches!(event, Event::Lost { .. })));
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
    matches!(event, Event::ContainerBecame { state: State::FailedDependency, .. })
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
        let is_failover = |event: &Event| matches!(event, Event::Faulted { fault } if fault.kind == FaultKind::Failover);
        let at = run.events.all.iter().position(is_failover).expect("it is in the script");
        for event in &run.events.all[..at] {
            if let Event::Stored { table, copy, duplicate: false, .. } = *event {
                backlog.insert((plan.layout.table_place(table).1, copy.id));
            }
            if let Event::Replicated { replicator, record, .. } = *event {
                backlog.remove(&(StageId(replicator.0 as u8), record));
            }
        }
        backlog.retain(|(stage, _)| plan.layout.stages[stage.index()] != "core");
        for event in &run.events.all[at..] {
            if let Event::Lost { holder: Holder::Table(table), record } = *event {
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
    // These have databases already, or need a global table.
    let is_other = |name: &str| !name.starts_with("aurora-") && !name.starts_with("strong-");
    let others = builtin::ALL.iter().filter(|(name, _)| is_other(name));
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

#[test]
fn lost_replies_lose_no_record() {
    let coverage = holds_under_every_scheduler("lost-replies", |run| {
        all_is_everywhere(run);
        let lost = run.events.all.iter().filter(|event| matches!(event, Event::ReplyLost { .. }));
        assert!(lost.count() <= 5, "the budget is five replies");
    });
    for what in [Reached::ReplyLost, Reached::DuplicateAbsorbed, Reached::SourceRefused] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 10, "{}", what.text());
    }
}

#[test]
fn standard_queues_deliver_twice_and_take_effect_once() {
    let coverage = holds_under_every_scheduler("standard-queues", |run| {
        assert_eq!(run.simulation.destination().order().len(), 20);
    });
    for what in [Reached::TimedOut, Reached::StaleRemove, Reached::Reordered] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 10, "{}", what.text());
    }
}

/// With the default store the old version wins in every schedule; with a store that checks versions
/// nothing goes back in any.
#[test]
fn stranded_overwrite_is_found_with_the_default_store_only() {
    let mut unsound = Runner::new(plans::plan("stranded-overwrite", &[]));
    let sound = ["table.conflict=version-checked"];
    let mut sound = Runner::new(plans::plan("stranded-overwrite", &sound));
    for run in 0..RANDOM_RUNS {
        let outcome = unsound.run(&mut Random::new(SEED), run, &mut ());
        let Verdict::Violated(violation) = outcome.verdict else {
            panic!("run {run}: {outcome:?}");
        };
        assert_eq!(violation.property(), PropertyName::MonotoneVersion, "run {run}");
        let outcome = sound.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
}

/// Slack's queue stays full in every schedule, although what it waited for is back; one that serves
/// its consumers while it is full drains.
#[test]
fn a_full_queue_that_starves_its_consumers_never_recovers() {
    assert_incident("slack-job-queue", "queue.at_capacity=serve");
}

/// Google's row brings both regions to a standstill in every schedule: replication carries it to the
/// one that never took it. Code that passes such a row on does not mind.
#[test]
fn an_unreadable_row_stops_every_region() {
    assert_incident("google-unreadable-row", "container.on_unreadable=pass-on");
}

/// Kinesis, and what waited for it: a copy that is good to have stops the work in every schedule. One
/// that is made in the background does not.
#[test]
fn waiting_for_a_side_path_stops_the_main_path() {
    assert_incident("kinesis-side-path", "replication.mode=eventual");
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
    "#;
    let mut runner = Runner::new(plans::plan(scenario, &[]));
    for run in 0..INCIDENT_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
}

/// GitHub's promotion loses in every schedule what was not replicated; waiting for the link does not.
#[test]
fn a_promotion_during_a_partition_loses_what_was_not_replicated() {
    let waits = "script=publish 1,await quiescent,fail *-replicator,publish 2,await quiescent,\
                 recover *,await delivered all";
    assert_incident("github-failover", waits);
}

/// Violates what the list of incidents says, in every schedule, and holds with the change.
fn assert_incident(name: &str, sound: &str) {
    let incident = builtin::INCIDENTS.iter().find(|(incident, _, _)| *incident == name);
    let (_, _, property) = incident.expect("it is listed");
    let mut unsound = Runner::new(plans::plan(name, &[]));
    let mut sound = Runner::new(plans::plan(name, &[sound]));
    for run in 0..INCIDENT_RUNS {
        let outcome = unsound.run(&mut Random::new(SEED), run, &mut ());
        let Verdict::Violated(violation) = outcome.verdict else {
            panic!("run {run}: {outcome:?}");
        };
        assert_eq!(violation.property(), *property, "run {run}");
        let outcome = sound.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
}

/// A late write of an old plan: records go by it, or, once it is cleaned up, nowhere. Not every
/// schedule is so slow.
#[test]
fn dynamodb_dns_plans_an_old_plan_is_used_and_then_deleted() {
    let mut unsound = Runner::new(plans::plan("dynamodb-dns-plans", &[]));
    let mut found: BTreeMap<PropertyName, u64> = BTreeMap::new();
    let mut events = Events::default();
    for run in 0..RANDOM_RUNS {
        let outcome = unsound.run(&mut Random::new(SEED), run, &mut events);
        let late = |event: &Event| matches!(event, Event::PlanEnacted { plan: 1, instead_of: 2 });
        let is_late = events.all.iter().any(late);
        match outcome.verdict {
            Verdict::Violated(violation) => {
                assert!(is_late, "run {run}: {violation}");
                *found.entry(violation.property()).or_default() += 1;
            }
            Verdict::Holds => {}
            Verdict::Inconclusive(_) => panic!("run {run}: {outcome:?}"),
        }
    }
    println!("{found:?}");
    let properties: Vec<PropertyName> = found.keys().copied().collect();
    assert_eq!(properties, [PropertyName::RoutedByPolicy, PropertyName::DeliveredAll]);
    holds_with("dynamodb-dns-plans", &["dns.plans=conditional"], |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let changed =
            |event: &&Event| matches!(event, Event::PlanEnacted { .. } | Event::PlanDeleted { .. });
        assert_eq!(run.events.all.iter().find(changed), None);
    });
}

/// A generated scenario found it: the loss of a region made in-dns forget the results of its own probes,
/// and a send went to a region that had failed as many probes in a row as the threshold says.
#[test]
fn a_region_that_is_lost_between_two_probes_is_unhealthy_after_the_second() {
    let text = r#"
        name = "lost-between-two-probes"
        script = ["outage @1", "publish 1", "lose @1", "offline in-dns@1", "await delivered all"]
        topology.stages = ["only"]
        records.batches = [2]
        dns.policy = "failover"
        dns.health_threshold = 2
    "#;
    let mut runner = Runner::new(plans::plan(text, &[]));
    for run in 0..RANDOM_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
}

/// The tests above are these; a new scenario needs one of its own.
#[test]
fn every_built_in_scenario_has_a_test() {
    let tested = [
        "baseline",
        "f1-fail-container",
        "f2-fail-database",
        "f3-fail-queue",
        "f4-fail-replication",
        "f5-fail-random",
        "random-answers",
        "health-failover",
        "primary-failover",
        "failover",
        "failover-undrained",
        "region-outage",
        "region-loss",
        "aurora-f1",
        "aurora-switchover",
        "aurora-failover",
        "aurora-writer-outage",
        "aurora-anywhere",
        "outage-anywhere",
        "loss-anywhere",
        "lost-replies",
        "standard-queues",
        "crash-anywhere",
        "stranded-overwrite",
        // In `needle.rs`.
        "needle",
        "slack-job-queue",
        "google-unreadable-row",
        "kinesis-side-path",
        "dynamodb-dns-plans",
        "github-failover",
    ];
    assert_eq!(builtin::every().map(|(name, _)| name).collect::<Vec<_>>(), tested);
}
