//! What a script expects of times: judged as a naive recomputation from the trace has it, found, saved, replayed
//! and made smaller; and never said to hold where it was not judged.

use std::collections::BTreeMap;
use std::sync::Arc;

use active_active::explore::{
    Minimal, Minimiser, Observer, Phase, Progress, Runner, Sweep, Verdict, Verify, Watch,
};
use active_active::model::event::fault;
use active_active::model::{Event, QueueId, RecordId, RegionId, TableId};
use active_active::model::{destination, replicator, source, table};
use active_active::plan::Plan;
use active_active::report::sweep::Status;
use active_active::report::{
    Finding, Palette, SchedulerSummary, SweepRequest, SweepSummary, VerifySummary, text,
};
use active_active::saved::{SavedRun, Schedule};
use active_active::scenario::Scenario;
use active_active::scheduler::{Random, Scheduler, Span, Timed, TimedRun};
use active_active::sim::{Simulation, Step};
use active_active::spec::PropertyName;

use crate::common::plans;
use crate::oracle::world::World;

/// Every event with its time, in microseconds.
#[derive(Clone, PartialEq, Debug, Default)]
struct Events {
    now: u64,
    all: Vec<(u64, Event)>,
}

impl Observer for Events {
    fn begin(&mut self, _simulation: &Simulation) {
        *self = Events::default();
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase == Phase::Heal {
            self.all.extend(simulation.events().iter().map(|&event| (self.now, event)));
        }
    }

    fn now(&mut self, now: Span) {
        self.now = now.end.us();
    }

    fn step(&mut self, _step: &Step, simulation: &Simulation) {
        self.all.extend(simulation.events().iter().map(|&event| (self.now, event)));
    }
}

/// What a run shows, computed from its whole trace for each question anew. All records are accepted and arrive.
struct Naive {
    /// By record, ascending.
    latencies: Vec<u64>,
    /// By fault after which something is published.
    recoveries: Vec<u64>,
    /// By fault.
    exposures: Vec<u64>,
}

/// When such an event first happened of each record.
fn first(
    events: &[(u64, Event)],
    such: impl Fn(&Event) -> Option<RecordId>,
) -> BTreeMap<RecordId, u64> {
    let mut first = BTreeMap::new();
    for (at, event) in events {
        if let Some(record) = such(event) {
            first.entry(record).or_insert(*at);
        }
    }
    first
}

impl Naive {
    fn of(events: &[(u64, Event)], plan: &Plan) -> Naive {
        let published = first(events, |event| {
            let Event::Source(source::Event::Published { copy }) = event else { return None };
            Some(copy.id)
        });
        let arrived = first(events, |event| {
            let Event::Destination(destination::Event::Arrived { copy, .. }) = event else {
                return None;
            };
            Some(copy.id)
        });
        assert_eq!(published.len(), plan.records());
        let took = |(record, at): (&RecordId, &u64)| arrived[record] - at;
        let mut latencies: Vec<u64> = published.iter().map(took).collect();
        latencies.sort_unstable();
        let (mut recoveries, mut exposures) = (Vec::new(), Vec::new());
        for (index, (since, event)) in events.iter().enumerate() {
            let &Event::Fault(fault::Event::Faulted { fault }) = event else { continue };
            let after = published.iter().filter(|(_, at)| *at > since);
            recoveries.extend(after.map(|(record, _)| arrived[record] - since).min());
            let region = fault.target.region(&plan.layout);
            exposures.push(exposure(&events[..index], *since, region, plan));
        }
        Naive { latencies, recoveries, exposures }
    }
}

/// For how long the oldest record has been acknowledged of which one region alone has something: that of the fault,
/// or, if it has none, the one that alone has something of most records.
fn exposure(before: &[(u64, Event)], now: u64, region: Option<RegionId>, plan: &Plan) -> u64 {
    let layout = &plan.layout;
    let mut world = World::new(plan);
    // By table and record: rows on their way there.
    let mut on_way = BTreeMap::<(TableId, RecordId), usize>::new();
    for (_, event) in before {
        world.apply(event, plan);
        if let Event::Replicator(replicator::Event::Replicated {
            replicator,
            record,
            reached,
            ..
        }) = *event
        {
            let stage = layout.stage_ids().nth(replicator.index()).expect("there is such a stage");
            for to in reached.iter() {
                *on_way.entry((layout.table(to, stage), record)).or_default() += 1;
            }
        } else if let Event::Table(table::Event::Applied { table, copy, .. }) = *event {
            *on_way.get_mut(&(table, copy.id)).expect("it was on its way") -= 1;
        }
    }
    let accepted = first(before, |event| {
        let Event::Source(source::Event::Accepted { record }) = event else { return None };
        Some(*record)
    });
    let is_exposed = |record: RecordId, region: RegionId| {
        let queued = |at: RegionId| {
            let queues = world.queues.iter().zip((0..).map(QueueId));
            let mut here = queues.filter(|(_, id)| layout.queue_place(*id).0 == at);
            here.any(|(queue, _)| queue.iter().any(|copy| copy.id == record))
        };
        let in_table = |table: TableId| {
            let has = world.rows.get(&(table, record)).is_some_and(|row| row.rows > 0);
            has || on_way.get(&(table, record)).is_some_and(|&count| count > 0)
        };
        let alone = |holds: &dyn Fn(RegionId) -> bool| {
            layout.region_ids().all(|other| holds(other) == (other == region))
        };
        let waits = !world.delivered.contains(&record) && alone(&queued);
        waits || layout.stage_ids().any(|stage| alone(&|at| in_table(layout.table(at, stage))))
    };
    let at_risk = |region| accepted.iter().filter(move |(record, _)| is_exposed(**record, region));
    let most = || layout.region_ids().max_by_key(|&region| at_risk(region).count());
    let region = region.or_else(most).expect("there are regions");
    at_risk(region).map(|(_, at)| now - at).max().unwrap_or(0)
}

/// The plan with one more line in its script, in front.
fn expecting(plan: &Plan, line: &str) -> Arc<Plan> {
    let mut scenario: Scenario = plan.scenario().clone();
    scenario.script.insert(0, line.parse().unwrap_or_else(|error| panic!("{error}")));
    Arc::new(Plan::new(&scenario).unwrap_or_else(|error| panic!("{error}")))
}

/// That a run of the plan keeps `measure` within what the trace shows, and not within less; and that it is the same
/// run whatever is expected of it.
fn assert_judged(plan: &Plan, run: u64, measure: &str, worst_us: u64, events: &Events) {
    let judged = |limit_ms: u64| {
        let plan = expecting(plan, &format!("expect {measure} <= {limit_ms}ms"));
        let mut seen = Events::default();
        let outcome = Runner::new(plan).run(&mut Timed::new(5), run, &mut seen);
        assert_eq!(seen, *events, "{measure}, run {run}");
        outcome.verdict
    };
    assert_eq!(judged(worst_us.div_ceil(1_000)), Verdict::Holds, "{measure} in run {run}");
    let Some(less) = worst_us.checked_sub(1) else { return };
    let Verdict::Violated(violation) = judged(less / 1_000) else {
        panic!("{measure} is {worst_us} us in run {run}");
    };
    let ms = format!("it is {}.{:03} ms", worst_us / 1_000, worst_us % 1_000);
    assert!(violation.what.ends_with(&ms), "{ms}: {violation}");
}

#[test]
fn what_is_expected_is_judged_as_the_trace_has_it() {
    let mut judged = [0; 3];
    for name in ["recovery-objectives", "f1-fail-container", "f2-fail-database", "region-outage"] {
        let mut scenario: Scenario = plans::plan(name, &[]).scenario().clone();
        scenario.script.retain(|line| {
            let text = line.to_string();
            !["expect latency", "expect rto", "expect rpo"].iter().any(|own| text.starts_with(own))
        });
        let plan = Arc::new(Plan::new(&scenario).expect("it is right"));
        // Where something is expected of times, a queue waits for a consumer that is gone.
        let plan = expecting(&plan, "expect latency max <= 3600s");
        for run in 0..6 {
            let mut events = Events::default();
            let mut runner = Runner::new(Arc::clone(&plan));
            let outcome = runner.run(&mut Timed::new(5), run, &mut events);
            assert_eq!(outcome.verdict, Verdict::Holds, "{name}");
            let Naive { latencies, recoveries, exposures } = Naive::of(&events.all, &plan);
            let median = latencies[latencies.len().div_ceil(2) - 1];
            assert_judged(&plan, run, "latency p50", median, &events);
            assert_judged(&plan, run, "latency max", latencies[latencies.len() - 1], &events);
            let worst = [recoveries.iter().max(), exposures.iter().max()];
            for (measure, worst) in ["rto", "rpo"].into_iter().zip(worst) {
                if let Some(&worst) = worst {
                    assert_judged(&plan, run, measure, worst, &events);
                    judged[usize::from(measure == "rpo")] += 1;
                }
            }
            judged[2] += 1;
        }
    }
    assert!(judged[0] > 15 && judged[1] == 24 && judged[2] == 24, "{judged:?}");
}

fn one_stage(script: &[&str], rest: &str) -> Arc<Plan> {
    let text = format!(
        "name = \"one-stage\"\ntopology.stages = [\"only\"]\nrecords.batches = [2]\nscript = {script:?}\n{rest}"
    );
    plans::plan(&text, &[])
}

fn first_run(plan: &Arc<Plan>) -> Verdict {
    Runner::new(Arc::clone(plan)).run(&mut Timed::new(1), 0, &mut ()).verdict
}

fn is_violated(verdict: &Verdict, expected: PropertyName) -> bool {
    matches!(verdict, Verdict::Violated(found) if found.property() == expected)
}

/// A latency of delivered records only would call a system fast that delivers nothing.
#[test]
fn what_never_arrives_takes_longer_than_any_limit() {
    let rest = "heal = \"nothing\"\nspec.leave_out = [\"DeliveredAll\", \"Drained\"]";
    let stuck = ["pause only-container@*", "publish 1", "await published batch 1"];
    for (line, property) in [
        ("expect latency max <= 60min", PropertyName::Latency),
        ("expect rto <= 60min", PropertyName::Rto),
    ] {
        let plan = one_stage(&[&stuck[..], &[line]].concat(), rest);
        let verdict = first_run(&plan);
        assert!(is_violated(&verdict, property), "{verdict:?}");
        let Verdict::Violated(violation) = verdict else { unreachable!("it is violated") };
        assert_eq!(violation.what, format!("'{line}' does not hold: it is more than the run"));
        assert!(violation.because.join("\n").contains("never arrived"), "{violation}");
    }
}

/// What the scenario declares to be no failure is none here, either: a poison record that is parked.
#[test]
fn what_is_declared_need_not_arrive() {
    let rest = "records.poison = [2]\nqueue.max_receives = 1\nqueue.dead_letters = \"parked\"";
    let script =
        ["crash only-container@2", "publish 1", "expect latency max <= 10s", "expect rto <= 10s"];
    let verdict = first_run(&one_stage(&script, rest));
    assert_eq!(verdict, Verdict::Holds);
    let too_short = ["publish 1", "expect latency max <= 10ms"];
    assert!(is_violated(&first_run(&one_stage(&too_short, rest)), PropertyName::Latency));
}

fn swept<S: Scheduler>(plan: &Arc<Plan>, scheduler: impl Fn() -> S + Sync) -> SweepSummary {
    let sweep = Sweep { plan: Arc::clone(plan), runs: 20, threads: 2, steps_max: u64::MAX };
    let report = sweep.run(scheduler, &Progress::default());
    let scheduler = SchedulerSummary { name: "of the test".to_owned(), seed: Some(1) };
    SweepSummary::new(plan, SweepRequest { scheduler, runs: 20, steps_max: None }, &report)
}

fn status(summary: &SweepSummary, property: PropertyName) -> Status {
    let named = |one: &&_| -> bool {
        let one: &active_active::report::sweep::PropertySummary = one;
        one.name == property.name()
    };
    summary.properties.iter().find(named).expect("all are there").status
}

const TIMES: [PropertyName; 3] = [PropertyName::Latency, PropertyName::Rto, PropertyName::Rpo];

#[test]
fn only_what_was_judged_is_said_to_hold() {
    let plan = plans::plan("recovery-objectives", &[]);
    let timed = swept(&plan, || Timed::new(1));
    assert_eq!(timed.verdict, Finding::Holds);
    assert_eq!(TIMES.map(|property| status(&timed, property)), [Status::Holds; 3]);
    let said = text::sweep(&timed, &Palette::PLAIN);
    assert!(said.contains("\nHOLDS. No violation in 20 runs."), "{said}");

    let random = swept(&plan, || Random::new(1));
    assert_eq!(TIMES.map(|property| status(&random, property)), [Status::NotJudged; 3]);
    let said = text::sweep(&random, &Palette::PLAIN);
    let expected = "\nHOLDS, NOT JUDGED: 'expect latency p90 <= 1s', 'expect rto <= 500ms', \
                    'expect rpo <= 500ms' (only runs of the timed scheduler (--scheduler timed) have a time).";
    assert!(said.contains(expected), "{said}");

    let plan = one_stage(
        &["publish 1", "await delivered all", "crash only-container@1", "expect rto <= 1s"],
        "",
    );
    let idle = swept(&plan, || Timed::new(1));
    assert_eq!(status(&idle, PropertyName::Rto), Status::Vacuous);
    let said = text::sweep(&idle, &Palette::PLAIN);
    assert!(
        said.contains(
            "\nHOLDS, NOT JUDGED: 'expect rto <= 1s' (nothing was published after a fault)."
        ),
        "{said}"
    );

    // All schedules have no time.
    let report =
        Verify::new(Arc::clone(&plan)).run(&active_active::explore::SearchProgress::default());
    let said = VerifySummary::new(&plan, &report, None).text(&Palette::PLAIN);
    assert!(said.contains("VERIFIED, NOT JUDGED: 'expect rto <= 1s' ("), "{said}");
}

#[test]
fn a_run_that_breaks_it_is_saved_replayed_and_made_smaller() {
    let plan = plans::plan("recovery-objectives", &[]);
    for (line, property) in [
        ("expect latency p50 <= 100ms", PropertyName::Latency),
        ("expect rto <= 100ms", PropertyName::Rto),
        ("expect rpo <= 100ms", PropertyName::Rpo),
    ] {
        let plan = expecting(&plan, line);
        let outcome = Runner::new(Arc::clone(&plan)).run(&mut Timed::new(9), 3, &mut ());
        assert!(is_violated(&outcome.verdict, property), "{:?}", outcome.verdict);
        let saved = SavedRun::new(&plan, &[], &outcome).expect("it was judged");
        assert_eq!(*saved.schedule(), Schedule::Timed(TimedRun { seed: 9, run: 3 }));
        let read = SavedRun::parse(&saved.to_text(), "a").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read, saved);
        let replayed = read.replay();
        assert!(replayed.matches_expected && replayed.outcome == outcome, "{replayed:?}");

        let minimal = Minimiser::default().minimise(&saved, &Watch::default());
        let Minimal { saved, size, before, violation, .. } = minimal.expect("it is violated");
        assert_eq!((violation.property(), before.records), (property, 30));
        assert!(size.records <= 10 && size.script_lines <= 6, "{}", saved.to_text());
        assert!(saved.replay().matches_expected, "{}", saved.to_text());
        assert!(saved.plan().scenario().script.iter().any(|one| one.to_string() == line));
    }
}

#[test]
fn what_is_no_run_of_the_timed_scheduler_is_refused() {
    let head = "format = 2\n[expected]\nverdict = \"holds\"\n[scenario]\nname = \"a\"\nscript = [\"publish 1\"]\n[run]\n";
    let error = |run: &str| {
        let read = SavedRun::parse(&format!("{head}{run}\n"), "a.toml");
        read.expect_err("it is wrong").to_string()
    };
    let message =
        "a.toml:8: run.timed: 'run one' is no run of the timed scheduler; write 'run 17 of seed 1'";
    assert_eq!(error("timed = \"run one\""), message);
    let both = error("timed = \"run 1 of seed 1\"\ndeviations = []");
    assert!(both.contains("a run has either its deviations from the fair schedule"), "{both}");
}

/// Designs that keep every other promise, and take too long: the objective that each misses, and what keeps it.
#[test]
fn a_design_that_takes_too_long_is_caught_by_what_it_misses() {
    // Each write waits for another region, in each of five stages.
    const FAR: &str = r#"
        name = "far"
        script = ["expect latency max <= 1s", "publish 1", "await delivered all"]
        topology.regions = 3
        records.batches = [10]
        timing.between_regions_ms = 200
    "#;
    // What a container holds when it dies blocks its group for a visibility timeout.
    const BLOCKED: &str = r#"
        name = "blocked-group"
        script = ["expect rto <= 5s", "publish 1", "await sometime", "crash core-container@1", "publish 2",
            "recover core-container@1", "await delivered all"]
        topology.stages = ["core"]
        dns.weights = [1, 0]
        records.batches = [5, 5]
    "#;
    // Rows wait for replication when the table that has them fails.
    const LAGGING: &str = r#"
        name = "lagging"
        script = ["expect rpo <= 500ms", "publish 1", "await sometime", "fail core-table@1", "recover *",
            "await delivered all"]
        topology.stages = ["core"]
        records.batches = [10]
    "#;
    let found = |toml: &str, changes: &[&str]| {
        let plan = plans::plan(toml, changes);
        let mut runner = Runner::new(plan);
        (0..300).find_map(|run| match runner.run(&mut Timed::new(9), run, &mut ()).verdict {
            Verdict::Violated(violation) => Some(violation.property()),
            Verdict::Holds => None,
            Verdict::Inconclusive(_) => panic!("{toml} {changes:?}, run {run} is inconclusive"),
        })
    };
    assert_eq!(found(FAR, &["replication.mode=strong"]), Some(PropertyName::Latency));
    assert_eq!(found(FAR, &[]), None);
    assert_eq!(found(BLOCKED, &[]), Some(PropertyName::Rto));
    for sound in
        ["queue.groups=by-record", "queue.delivery=standard", "timing.visibility_timeout_ms=1000"]
    {
        assert_eq!(found(BLOCKED, &[sound]), None, "{sound}");
    }
    assert_eq!(found(LAGGING, &["timing.replicator_ms=2000"]), Some(PropertyName::Rpo));
    assert_eq!(found(LAGGING, &[]), None);
}

/// The health check that a recovery waits for is done at once here: to say that it holds would be half of the truth.
#[test]
fn a_recovery_that_waits_for_a_health_check_is_not_judged() {
    const CHECKED: &str = r#"
        name = "checked"
        script = ["publish 1", "await delivered batch 1", "outage @1", "publish 2", "await delivered batch 2",
            "expect rto <= 1s"]
        topology.stages = ["only"]
        records.batches = [4, 4]
        dns.health_threshold = 3
        dns.policy = "failover"
    "#;
    let plan = plans::plan(CHECKED, &[]);
    let summary = swept(&plan, || Timed::new(1));
    assert_eq!(status(&summary, PropertyName::Rto), Status::NotJudged);
    let said = text::sweep(&summary, &Palette::PLAIN);
    assert!(said.contains("(a health check takes no time here: add its interval times"), "{said}");
    let plan = plans::plan(CHECKED, &["dns.policy=weighted"]);
    assert_eq!(status(&swept(&plan, || Timed::new(1)), PropertyName::Rto), Status::Holds);
}
