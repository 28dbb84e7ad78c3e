//! What the generators reach. A property that holds because nothing happened is worthless, so a
//! strategy that goes blind for something fails here, by the name of what it no longer shows.
//!
//! The sweeps are fixed: the same cases in every run, drawn from one seed.

use std::collections::BTreeSet;
use std::sync::Arc;

use active_active::arbitrary::Case;
use active_active::explore::possible::{Kinds, POSSIBLE};
use active_active::explore::{Choices, Coverage, Reached, Runner, Verdict};
use active_active::model::fault::{Fault, FaultPoint, Target};
use active_active::model::message::MessageKind;
use active_active::model::options::StoreKind;
use active_active::plan::names::target_name;
use active_active::plan::{DriverAction, Plan};
use active_active::scenario::{Condition, Expectation, Scenario, ScriptStep, Timing};
use active_active::scheduler::{Random, Script, Timed, seed};
use active_active::sim::Choice;
use active_active::strategy;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use rand::Rng;

/// Cases of the strategies.
fn drawn(cases: usize) -> impl Iterator<Item = (Scenario, Vec<u16>)> {
    let mut runner = TestRunner::deterministic();
    let case = strategy::case();
    (0..cases).map(move |_| case.new_tree(&mut runner).expect("nothing is filtered").current())
}

/// Cases from bytes, as a fuzz target gets them.
fn decoded(cases: u64) -> impl Iterator<Item = (Scenario, Vec<u16>)> {
    (0..cases).map(|number| {
        let mut bytes = [0; 256];
        seed::generator(1, number).fill_bytes(&mut bytes);
        let case = Case::from_bytes(&bytes).expect("it is short");
        (case.scenario, case.choices)
    })
}

/// What the cases have in them, and what their runs reach: each in the order of its events, and in
/// three others.
fn sweep(cases: impl Iterator<Item = (Scenario, Vec<u16>)>) -> (BTreeSet<String>, Coverage) {
    let (mut features, mut coverage) = (BTreeSet::new(), Coverage::default());
    for (scenario, choices) in cases {
        let plan = Arc::new(Plan::new(&scenario).expect("every generated scenario is valid"));
        note_scenario(&scenario, &mut features);
        note_faults(&plan, &mut features);
        let mut runner = Runner::new(plan);
        let mut choices_taken = Choices::default();
        let outcome = runner.run(&mut Script::new(choices), 0, &mut choices_taken);
        assert_eq!(outcome.verdict, Verdict::Holds, "{}", scenario.to_toml());
        for run in 0..3 {
            let outcome = runner.run(&mut Random::new(1), run, &mut ());
            assert_eq!(outcome.verdict, Verdict::Holds, "run {run} of {}", scenario.to_toml());
        }
        let outcome = runner.run(&mut Timed::new(1), 0, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "with the times of {}", scenario.to_toml());
        coverage.merge(runner.coverage());
        let taken = choices_taken.taken.into_iter().filter_map(choice_kind);
        features.extend(taken.map(|kind| format!("choice {kind}")));
    }
    (features, coverage)
}

/// Faults count when they come while there is work: after the script has published something. A
/// fault of one component counts beside those of many at once, and by whether it is in the first
/// region.
fn note_faults(plan: &Plan, features: &mut BTreeSet<String>) {
    let publishes = |action: &&DriverAction| !matches!(action, DriverAction::Publish(_));
    for action in plan.actions().iter().skip_while(publishes) {
        match action {
            DriverAction::Fault(faults) if faults.len() == 1 => {
                let name = target_name(faults[0].target, &plan.layout);
                let place = if name.ends_with("@1") || name.ends_with("region 1") {
                    "first region"
                } else {
                    "elsewhere"
                };
                features.insert(format!("{}, {place}", fault_kind(faults[0])));
            }
            DriverAction::Fault(faults) => {
                let several = |&fault| format!("{} and others", fault_kind(fault));
                features.extend(faults.iter().map(several));
            }
            DriverAction::FaultSome(faults) => {
                let one_of = |&fault| format!("{} of some", fault_kind(fault));
                features.extend(faults.iter().map(one_of));
            }
            DriverAction::Publish(_)
            | DriverAction::Await(_)
            | DriverAction::Recover(_)
            | DriverAction::Redrive(_)
            | DriverAction::Weights(_)
            | DriverAction::Check(_) => {}
        }
    }
}

/// As in `fail table`.
fn fault_kind(fault: Fault) -> String {
    let target = match fault.target {
        Target::Container(_) => "container",
        Target::Queue(_) => "queue",
        Target::Table(_) => "table",
        Target::Replicator(_) => "replicator",
        Target::Link(..) => "link",
        Target::Service => "service",
        Target::Dns(side, _) => side.name(),
        Target::Region(_) => "region",
        Target::Writer(..) => "writer",
    };
    format!("{} {target}", fault.kind.name())
}

/// What the scheduler chose, other than whose turn it is.
fn choice_kind(choice: Choice) -> Option<&'static str> {
    match choice {
        Choice::Step(_) => None,
        Choice::Resolve(_) => Some("resolve"),
        Choice::Fail(_) => Some("fail"),
        Choice::Heal => None,
        Choice::Fault(FaultPoint::Crash(_)) => Some("crash"),
        Choice::Fault(FaultPoint::Restart(_)) => Some("restart"),
        Choice::Fault(FaultPoint::LoseReply(_)) => Some("lose-reply"),
        // Where clocks make a difference, records with keys are unsound.
        Choice::Fault(FaultPoint::RunAhead(_)) => None,
        Choice::Fault(FaultPoint::Late(_)) => Some("late"),
        Choice::Fault(FaultPoint::Arrive(_)) => Some("arrive"),
        Choice::Fault(FaultPoint::GiveUp(_)) => Some("give-up"),
        Choice::Fault(FaultPoint::TimeOut(_)) => Some("time-out"),
        Choice::Fault(FaultPoint::Reorder(_)) => Some("reorder"),
        Choice::Fault(FaultPoint::WindowPasses(_)) => Some("window-passes"),
        Choice::Fault(FaultPoint::GoOn) => Some("go-on"),
        Choice::Fault(FaultPoint::LoseTable(_)) => Some("lose table"),
        Choice::Fault(FaultPoint::LoseRegion(_)) => Some("lose region"),
        Choice::Fault(FaultPoint::Switchover(..)) => Some("switchover"),
        Choice::Fault(FaultPoint::Failover(..)) => Some("failover"),
        Choice::Fault(FaultPoint::Outage(_)) => Some("outage"),
        Choice::Fault(FaultPoint::EndOutage(_)) => Some("end-outage"),
        Choice::Fault(FaultPoint::Refuse(_)) => Some("refuse"),
        // A sound design lets no record wait until nothing moves any more.
        Choice::Fault(FaultPoint::Expire(_)) => None,
        Choice::Fault(FaultPoint::Partition(_)) => Some("partition"),
        Choice::Fault(FaultPoint::Rejoin(_)) => Some("rejoin"),
        Choice::Fault(FaultPoint::Fail(_)) => Some("let-fail"),
        Choice::Fault(FaultPoint::Recover(_)) => Some("recover"),
        Choice::Fault(FaultPoint::Pause(_)) => Some("pause"),
    }
}

fn note_scenario(scenario: &Scenario, features: &mut BTreeSet<String>) {
    let mut note = |feature: String| _ = features.insert(feature);
    let topology = &scenario.topology;
    note(format!("regions {}", topology.regions));
    note(format!("stages {}", topology.stages.len()));
    note(format!("containers {}", topology.containers));
    note(format!("batches {}", scenario.records.batches.len()));
    scenario.records.batches.iter().for_each(|records| note(format!("records {records}")));
    note(format!("keys {}", if scenario.records.keys > 0 { "some" } else { "none" }));
    note(format!("weights {}", weights(&scenario.dns.weights)));
    let dns = &scenario.dns;
    note(format!("answers {:?}", dns.answer));
    note(format!("policy {:?}", dns.policy));
    note(format!("other primary {}", dns.primary > 1));
    note(format!("ttl {}", dns.ttl > 0));
    note(format!("health checks {}", dns.health_threshold > 0));
    note(format!("enactors {}", dns.enactors));
    note(format!("failback {:?}", dns.failback));
    note(format!("source {:?}", scenario.source.on_refusal));
    note(format!("failed tables {:?}", scenario.table.on_failure));
    note(format!("queues {:?}", scenario.queue.delivery));
    let replication = &scenario.replication;
    note(format!("replication {:?}, witness {}", replication.mode, replication.witness));
    note(format!("dead letters {}", scenario.queue.max_receives > 0));
    note(format!("room for so many {}", scenario.queue.capacity > 0));
    note(format!("unreadable row {}", scenario.records.unreadable > 0));
    note(format!("retries {}", scenario.container.retries));
    note(format!("at a time {}", scenario.container.batch));
    let kinds = scenario.of_stages().map(|stage| stage.store);
    let databases = kinds.filter(|&kind| kind == StoreKind::Aurora).count();
    note(format!("stores {}", how_many(databases, topology.stages.len())));
    note(format!("how far a writer may be ahead {}", scenario.aurora.rpo_records_max > 0));
    note(format!("speeds {}", !scenario.speed.is_empty()));
    times(&scenario.timing).into_iter().for_each(|time| note(format!("time {time}")));
    if scenario.timing != Timing::default() && !scenario.speed.is_empty() {
        note("times and speeds".to_owned());
    }
    scenario.script.iter().for_each(|step| note(format!("script {}", step_kind(step))));
}

/// The times that are not as by default, and those that are none.
fn times(timing: &Timing) -> Vec<String> {
    let default = Timing::default();
    let all = [
        ("source", timing.source_ms, default.source_ms),
        ("dns", timing.dns_ms, default.dns_ms),
        ("destination", timing.destination_ms, default.destination_ms),
        ("queue", timing.queue_ms, default.queue_ms),
        ("container", timing.container_ms, default.container_ms),
        ("table", timing.table_ms, default.table_ms),
        ("replicator", timing.replicator_ms, default.replicator_ms),
        ("spread", timing.spread_percent.into(), default.spread_percent.into()),
        ("within", timing.within_region_ms, default.within_region_ms),
        ("between", timing.between_regions_ms, default.between_regions_ms),
    ];
    let changed = all.into_iter().filter(|(_, time, default)| time != default);
    changed
        .map(|(what, time, _)| format!("{what}{}", if time == 0 { " none" } else { "" }))
        .collect()
}

fn how_many(some: usize, all: usize) -> &'static str {
    match some {
        0 => "none",
        some if some == all => "all",
        _ => "some",
    }
}

fn weights(weights: &[u32]) -> &'static str {
    let zeros = weights.iter().filter(|&&weight| weight == 0).count();
    match (weights.is_empty(), zeros, weights.contains(&255)) {
        (true, ..) => "none given",
        (_, zeros, _) if zeros == weights.len() => "all 0",
        (_, 1.., _) => "some 0",
        (_, 0, true) => "255",
        (_, 0, false) => "positive",
    }
}

fn step_kind(step: &ScriptStep) -> String {
    match step {
        ScriptStep::Publish(_) => "publish".to_owned(),
        ScriptStep::Fault(kind, _) => kind.name().to_owned(),
        ScriptStep::FailSome(_) => "fail some".to_owned(),
        ScriptStep::MoveWriter(kind, ..) => kind.name().to_owned(),
        ScriptStep::Outage(_) => "outage".to_owned(),
        ScriptStep::Recover(_) => "recover".to_owned(),
        ScriptStep::Redrive(name) if name == "*" => "redrive all".to_owned(),
        ScriptStep::Redrive(_) => "redrive one".to_owned(),
        ScriptStep::Weights(weights) => format!("weights {}", self::weights(weights)),
        ScriptStep::Await(condition) => {
            let what = match condition {
                Condition::Published(_) => "published",
                Condition::PublishedOrRefused(_) => "published or refused",
                Condition::Enqueued(..) => "enqueued",
                Condition::DeliveredBatch(_) => "delivered batch",
                Condition::Delivered(_) => "delivered",
                Condition::DeliveredAll => "delivered all",
                Condition::Drained(_) => "drained",
                Condition::Quiescent => "quiescent",
                Condition::Sometime => "sometime",
            };
            format!("await {what}")
        }
        ScriptStep::Expect(expectation) => {
            let what = match expectation {
                Expectation::Delivered(_) => "delivered",
                Expectation::Waiting { .. } => "waiting",
                Expectation::Unreplicated(_) => "unreplicated",
                Expectation::Bypassed(..) => "bypassed",
                Expectation::DeadLettered(_) => "dead-lettered",
                Expectation::State(_, state) => state.name(),
                Expectation::Objective(_) => "something of times",
            };
            format!("expect {what}")
        }
    }
}

/// What the cases of every generator have in them.
const FEATURES: &[&str] = &[
    "keys none",
    "keys some",
    "weights none given",
    "weights positive",
    "weights some 0",
    "weights all 0",
    "weights 255",
    "source Retry",
    "source Abort",
    "failed tables Reject",
    "failed tables Hang",
    "stores some",
    "stores all",
    "stores none",
    "queues Fifo",
    "queues Standard",
    "replication Eventual, witness false",
    "replication Strong, witness false",
    "replication Strong, witness true",
    "dead letters true",
    "room for so many true",
    "unreadable row true",
    "how far a writer may be ahead true",
    "speeds true",
    "times and speeds",
    "time source",
    "time source none",
    "time dns",
    "time destination",
    "time queue",
    "time container",
    "time container none",
    "time table",
    "time replicator",
    "time spread",
    "time within",
    "time between",
    "time between none",
    "script publish",
    "script await delivered all",
    "script await delivered batch",
    "script await delivered",
    "script await published",
    "script await published or refused",
    "script await enqueued",
    "script await drained",
    "script await quiescent",
    "script await sometime",
    "script pause",
    "script crash",
    "script fail",
    "script fail some",
    "script offline",
    "script outage",
    "script lose",
    "script recover",
    "script redrive one",
    "script redrive all",
    "script weights positive",
    "script weights some 0",
    "script weights all 0",
    "script weights 255",
    "script expect delivered",
    "script expect waiting",
    "script expect unreplicated",
    "script expect bypassed",
    "script expect dead-lettered",
    "script expect Processing",
    "script expect FailedProcessing",
    "pause container, first region",
    "pause container, elsewhere",
    "crash container, first region",
    "crash container, elsewhere",
    "fail queue, first region",
    "fail queue, elsewhere",
    "fail table, first region",
    "fail table, elsewhere",
    "fail link, first region",
    "fail link, elsewhere",
    "fail in-dns, first region",
    "fail in-dns, elsewhere",
    "fail out-dns, first region",
    "fail out-dns, elsewhere",
    "offline in-dns, first region",
    "offline in-dns, elsewhere",
    "offline out-dns, first region",
    "offline out-dns, elsewhere",
    // It belongs to no region.
    "fail replicator, elsewhere",
    "switchover writer, first region",
    "switchover writer, elsewhere",
    "failover writer, first region",
    "failover writer, elsewhere",
    "lose table, first region",
    "lose table, elsewhere",
    "lose region, first region",
    "lose region, elsewhere",
    "crash container and others",
    "fail queue and others",
    "fail table and others",
    "fail link and others",
    "fail in-dns and others",
    "fail out-dns and others",
    "fail replicator and others",
    "answers RoundRobin",
    "answers Random",
    "policy Weighted",
    "policy Failover",
    "other primary true",
    "ttl true",
    "health checks true",
    "enactors 1",
    "enactors 2",
    "failback CaughtUp",
    "failback Immediate",
    "pause container of some",
    "fail queue of some",
    "fail table of some",
    "choice resolve",
    "choice fail",
    "choice crash",
    "choice restart",
    "choice lose-reply",
    "choice time-out",
    "choice reorder",
    "choice go-on",
    "choice lose table",
    "choice lose region",
    "choice switchover",
    "choice failover",
    "choice outage",
    "choice end-outage",
];

/// The kinds of steps that are possible: those that have to be reached, or those that are too rare.
fn possible(are_rare: bool) -> BTreeSet<String> {
    let of = |kinds: &Kinds| {
        let Kinds { machine, state, .. } = *kinds;
        let name = move |message: &MessageKind| format!("{machine} {state} {}", message.name());
        kinds.messages.iter().map(name)
    };
    POSSIBLE.iter().filter(|kinds| kinds.is_rare == are_rare).flat_map(of).collect()
}

/// Checks that all of it is reached, and `numbers`, which only this generator has.
fn assert_reached(features: BTreeSet<String>, coverage: &Coverage, numbers: BTreeSet<String>) {
    let wanted: BTreeSet<String> = FEATURES.iter().map(|&feature| feature.to_owned()).collect();
    let missing: Vec<&String> = wanted.union(&numbers).filter(|f| !features.contains(*f)).collect();
    assert!(missing.is_empty(), "no case has {missing:?}");

    let sound = Reached::ALL.iter().filter(|what| !what.is_unsound());
    let unreached: Vec<&Reached> = sound.filter(|&&what| coverage.runs(what) == 0).collect();
    assert!(unreached.is_empty(), "no run reaches {unreached:?}");

    let (wanted, rare) = (possible(false), possible(true));
    let reached: BTreeSet<String> = coverage.pairs().map(|(pair, _)| pair.to_string()).collect();
    let missing: Vec<&String> = wanted.difference(&reached).collect();
    assert!(missing.is_empty(), "no run reaches {missing:?}");
    let new: Vec<&String> =
        reached.iter().filter(|pair| !wanted.contains(*pair) && !rare.contains(*pair)).collect();
    assert!(new.is_empty(), "add to explore::possible: {new:?}");
}

fn numbers<const N: usize>(lists: [(&str, &[u32]); N]) -> BTreeSet<String> {
    let of = |(what, numbers): (&str, &[u32])| {
        numbers.iter().map(|number| format!("{what} {number}")).collect::<Vec<String>>()
    };
    lists.into_iter().flat_map(of).collect()
}

fn up_to(range: std::ops::RangeInclusive<u32>) -> Vec<u32> {
    range.collect()
}

#[test]
fn the_strategies_reach_what_a_sound_design_can_reach() {
    let (features, coverage) = sweep(drawn(3_000));
    let numbers = numbers([
        ("regions", &up_to(2..=8)),
        ("stages", &up_to(1..=16)),
        ("containers", &up_to(1..=8)),
        ("batches", &up_to(1..=4)),
        ("records", &up_to(1..=12)),
        ("retries", &up_to(0..=3)),
        ("at a time", &up_to(1..=10)),
    ]);
    assert_reached(features, &coverage, numbers);
}

#[test]
fn bytes_reach_what_a_sound_design_can_reach() {
    let (features, coverage) = sweep(decoded(3_000));
    let numbers = numbers([
        ("regions", &[2, 3, 4, 8]),
        ("stages", &[1, 2, 3, 5]),
        ("containers", &[1, 2]),
        ("batches", &[1, 2, 3]),
        ("records", &[1, 2, 3, 5]),
        ("retries", &[0, 1, 2]),
        ("at a time", &[1, 2, 3]),
    ]);
    assert_reached(features, &coverage, numbers);
}
