//! Boundaries, swept: every bound on steps, both ends of every number of a scenario and what is beyond them, keys
//! that are set twice, names that begin alike.

use std::collections::BTreeSet;
use std::sync::Arc;

use active_active::explore::Strategy;
use active_active::explore::{Cut, Observer, Outcome, Phase, Runner, Verdict};
use active_active::model::Event;
use active_active::model::event::fault;
use active_active::plan::Plan;
use active_active::scenario::{Override, schema};
use active_active::scheduler::{Random, RoundRobin, Scheduler};
use active_active::sim::{Choice, Simulation, Step};
use serde_json::Value;

use crate::common::plans;

/// The text with some keys changed, or why that is none.
fn load(text: &str, changes: &[&str]) -> Result<Plan, String> {
    let overrides: Vec<Override> =
        changes.iter().map(|change| change.parse().expect("KEY=VALUE")).collect();
    Plan::load(text, "test", &overrides).map_err(|error| error.to_string())
}

/// Systems whose runs heal once, more than once, and not at all; that end well, late, and badly.
const RUNS: [(&str, &[&str]); 6] = [
    ("records.batches = [2]\nscript = ['publish 1', 'await delivered all']", &[]),
    (
        "records.batches = [2]\nscript = ['pause one-container@1', 'publish 1', 'await delivered all']",
        &[],
    ),
    (
        "records.batches = [1, 1]\nscript = ['crash one-container@1', 'publish 1',
         'await delivered all', 'fail two-table', 'publish 2', 'await delivered all']",
        &[],
    ),
    ("records.batches = [3]\nscript = ['publish 1']\nbudget.crash = 2", &[]),
    // Liveness: what is lost is missing at the end, after the healing.
    (
        "records.batches = [2]\nscript = ['publish 1', 'await sometime', 'fail two-queue@1']",
        &["heal=nothing"],
    ),
    // Safety, in the middle of the run.
    ("records.batches = [3]\nscript = ['publish 1']", &["container.steps=publish,store,remove"]),
];

fn text_of(lines: &str) -> String {
    format!("name = 'swept'\ntopology.stages = ['one', 'two']\n{lines}")
        .replace("two-queue", "one-two-queue")
}

/// A run of at most so many steps.
fn outcome(plan: &Arc<Plan>, scheduler: &mut impl Scheduler, steps_max: u64) -> Outcome {
    let mut runner = Runner::new(Arc::clone(plan));
    runner.limit_steps(steps_max);
    runner.run(scheduler, 0, &mut ())
}

/// A run that is cut at any step is inconclusive, or violated before; with one step more than its last it is
/// what it is. Most of all it never holds: once, a run that was cut after the healing did.
fn sweep_bounds<S: Scheduler>(plan: &Arc<Plan>, scheduler: impl Fn() -> S) -> (Verdict, u64) {
    let whole = outcome(plan, &mut scheduler(), u64::MAX);
    for steps_max in 1..whole.steps {
        let cut = outcome(plan, &mut scheduler(), steps_max);
        assert_eq!(
            (cut.verdict, cut.steps),
            (Verdict::Inconclusive(Cut::StepBound(steps_max)), steps_max),
            "of {} steps",
            whole.steps
        );
    }
    for steps_max in [whole.steps, whole.steps + 1] {
        assert_eq!(outcome(plan, &mut scheduler(), steps_max), whole);
    }
    (whole.verdict, whole.steps)
}

#[test]
fn a_run_that_is_cut_at_any_step_is_inconclusive() {
    let (mut holds, mut violated) = (0, 0);
    for (lines, changes) in RUNS {
        let plan = plans::plan(&text_of(lines), changes);
        let found = [
            sweep_bounds(&plan, RoundRobin::default),
            sweep_bounds(&plan, || Random::new(7)),
            sweep_bounds(&plan, || Random::new(8)),
        ];
        for (verdict, steps) in found {
            assert!(steps > 10, "{lines}: {steps} steps");
            holds += u32::from(verdict == Verdict::Holds);
            violated += u32::from(matches!(verdict, Verdict::Violated(_)));
        }
    }
    assert!(holds >= 9 && violated >= 3, "{holds} hold, {violated} are violated");
}

/// The same of every strategy, at some bounds.
#[test]
fn a_run_that_is_cut_under_any_strategy_is_inconclusive() {
    let plan = plans::plan(&text_of(RUNS[3].0), &[]);
    for &strategy in Strategy::ALL {
        let scheduler = || strategy.prepare(&plan, 3).scheduler();
        let whole = outcome(&plan, &mut scheduler(), u64::MAX);
        for steps_max in (1..whole.steps).step_by(23).chain([whole.steps - 1]) {
            let cut = outcome(&plan, &mut scheduler(), steps_max).verdict;
            let is_cut = matches!(cut, Verdict::Inconclusive(_));
            assert!(is_cut, "{strategy}, {steps_max} of {} steps: {cut:?}", whole.steps);
        }
    }
}

/// A number of a scenario: its least and its greatest value, and what else must be set for it.
type Range = (&'static str, i64, i64, &'static [&'static str]);

const ANY_16: i64 = u16::MAX as i64;
const ANY_32: i64 = u32::MAX as i64;
const AURORA: &[&str] = &["store.default=aurora"];
const FAILOVER: &[&str] = &["dns.policy=failover", "dns.health_threshold=1"];

const RANGES: &[Range] = &[
    ("format", 1, 1, &[]),
    ("topology.regions", 2, 8, &[]),
    ("topology.containers", 1, 8, &[]),
    ("records.batches", 1, 65_534, &[]),
    ("records.seed", 0, i64::MAX, &[]),
    ("records.keys", 0, ANY_16, &[]),
    ("records.unreadable", 0, 10, &[]),
    ("records.poison", 1, 10, &[]),
    ("records.new_format_from", 0, 10, &[]),
    ("topology.old_containers", 0, 8, &[]),
    ("container.batch", 1, 10, &[]),
    ("container.retries", 0, u8::MAX as i64, &[]),
    ("queue.max_receives", 0, ANY_16, &[]),
    ("queue.parked_max", 0, ANY_32, &[]),
    ("queue.capacity", 0, ANY_16, &[]),
    ("table.skew", 0, 1 << 30, &["table.clock=per-region"]),
    ("dns.ttl", 0, 1_000, &[]),
    ("dns.health_threshold", 0, 10, &[]),
    ("dns.primary", 1, 2, FAILOVER),
    ("dns.enactors", 1, 2, &[]),
    ("aurora.writer", 1, 2, AURORA),
    ("aurora.rpo_records_max", 0, ANY_32, AURORA),
    ("relay.instances", 1, 2, &["container.steps=store,remove"]),
    ("destination.window", 0, ANY_32, &[]),
    ("service.window", 0, ANY_32, &["container.steps=store,call,publish,remove"]),
    ("rpo.records", 0, ANY_32, &[]),
    ("timing.source_ms", 0, 60_000, &[]),
    ("timing.dns_ms", 0, 60_000, &[]),
    ("timing.destination_ms", 0, 60_000, &[]),
    ("timing.queue_ms", 0, 60_000, &[]),
    ("timing.container_ms", 0, 60_000, &[]),
    ("timing.table_ms", 0, 60_000, &[]),
    ("timing.replicator_ms", 0, 60_000, &[]),
    ("timing.service_ms", 0, 60_000, &[]),
    ("timing.visibility_timeout_ms", 0, 60_000, &[]),
    ("timing.within_region_ms", 0, 60_000, &[]),
    ("timing.between_regions_ms", 0, 60_000, &[]),
    ("timing.spread_percent", 0, 100, &[]),
    ("budget.crash", 0, ANY_16, &[]),
    ("budget.lost_reply", 0, ANY_16, &[]),
    ("budget.refuse", 0, ANY_16, &[]),
    ("budget.late", 0, ANY_16, &[]),
    ("budget.expire", 0, ANY_16, &[]),
    ("budget.partition", 0, ANY_16, &[]),
    ("budget.fail", 0, ANY_16, &[]),
    ("budget.pause", 0, ANY_16, &[]),
    ("budget.visibility_timeout", 0, ANY_16, &[]),
    ("budget.request_timeout", 0, ANY_16, &[]),
    ("budget.deduplication_window", 0, ANY_16, &["queue.deduplication=by-record"]),
    ("budget.reorder", 0, ANY_16, &["queue.delivery=standard"]),
    ("budget.lose_table", 0, ANY_16, &[]),
    ("budget.lose_region", 0, 1, &[]),
    ("budget.outage", 0, ANY_16, &[]),
    ("budget.switchover", 0, ANY_16, AURORA),
    ("budget.failover", 0, ANY_16, AURORA),
];

/// Numbers that are not of a single key: lists and tables of them.
const ELSEWHERE: [&str; 2] = ["dns.weights", "speed"];

/// The names of all numbers that the schema has.
fn numbers_of_the_schema() -> BTreeSet<String> {
    fn is_number(value: &Value) -> bool {
        let of = |key: &str| value[key].as_array().into_iter().flatten().any(is_number);
        value["type"] == "integer"
            || of("anyOf")
            || is_some_and(&value["items"])
            || is_some_and(&value["additionalProperties"])
    }
    fn is_some_and(value: &Value) -> bool {
        value.is_object() && is_number(value)
    }
    fn add(prefix: &str, table: &Value, schema: &Value, found: &mut BTreeSet<String>) {
        for (key, value) in table["properties"].as_object().into_iter().flatten() {
            let name = format!("{prefix}{key}");
            let inner = value["allOf"][0]["$ref"].as_str();
            match inner.and_then(|inner| inner.rsplit('/').next()) {
                Some(inner) => {
                    add(&format!("{name}."), &schema["definitions"][inner], schema, found)
                }
                None if is_number(value) => _ = found.insert(name),
                None => {}
            }
        }
    }
    let (schema, mut found) = (schema::scenario(), BTreeSet::new());
    add("", &schema, &schema, &mut found);
    found
}

#[test]
fn every_number_has_a_range_here() {
    let known = RANGES.iter().map(|(key, ..)| *key).chain(ELSEWHERE);
    let known: BTreeSet<String> = known.map(str::to_owned).collect();
    assert_eq!(known, numbers_of_the_schema());
}

/// Both ends of a range are taken, and one beyond is not; the error names the key.
#[test]
fn every_number_is_taken_at_its_ends_and_refused_beyond() {
    let base =
        "name = 'ends'\ntopology.stages = ['one']\nrecords.batches = [10]\nscript = ['publish 1']";
    for &(key, least, most, others) in RANGES {
        let with = |value: i64| {
            let change = format!("{key}={value}");
            let changes: Vec<&str> = others.iter().copied().chain([change.as_str()]).collect();
            load(base, &changes)
        };
        for value in [least, most] {
            let taken = with(value);
            assert!(taken.is_ok(), "{key} = {value}: {}", taken.err().unwrap_or_default());
        }
        let beyond = [Some(least - 1), most.checked_add(1)];
        for value in beyond.into_iter().flatten() {
            let error = with(value).err().unwrap_or_else(|| panic!("{key} = {value} is taken"));
            assert!(error.contains(key), "{key} = {value}: {error}");
        }
    }
}

#[test]
fn weights_speeds_and_lists_are_taken_at_their_ends_and_refused_beyond() {
    let base =
        "name = 'ends'\ntopology.stages = ['one']\nrecords.batches = [10]\nscript = ['publish 1']";
    let stages = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("s{number}")).collect();
        format!("topology.stages={}", names.join(","))
    };
    let long = |length: usize| format!("topology.stages=s{}", "x".repeat(length - 1));
    let taken = [
        "dns.weights=0,255",
        "dns.weights=255,0",
        "speed.one-table@1=1",
        "speed.one-table@1=1000",
        "timing.spread_percent=100",
        &stages(16),
        &long(64),
        "records.unreadable=10",
    ];
    for change in taken {
        assert!(load(base, &[change]).is_ok(), "{change}: {:?}", load(base, &[change]).err());
    }
    let refused = [
        "dns.weights=0,256",
        "dns.weights=256,0",
        "dns.weights=1",
        "dns.weights=1,1,1",
        "speed.one-table@1=0",
        "speed.one-table@1=1001",
        &stages(17),
        &long(65),
        "records.batches=0",
        "records.batches=65534,1",
    ];
    for change in refused {
        assert!(load(base, &[change]).is_err(), "{change}");
    }
    // One region is left, whatever the script and the budget lose.
    let lost = "name = 'lost'\ntopology.regions = 3\nrpo.records = 'unlimited'\nscript = ['publish 1', 'lose @1']";
    assert!(load(lost, &["budget.lose_region=1"]).is_ok());
    assert!(load(lost, &["budget.lose_region=2"]).is_err());
}

/// Of a key that is set twice, the last value counts; a key of the file is replaced, and no other key is touched.
#[test]
fn the_last_value_of_a_key_counts() {
    let text = "name = 'twice'\nscript = ['publish 1']\n[dns]\nttl = 3\nhealth_threshold = 2";
    let ttl = |changes: &[&str]| {
        let plan = load(text, changes).unwrap_or_else(|error| panic!("{error}"));
        let dns = &plan.scenario().dns;
        assert_eq!(dns.health_threshold, 2);
        dns.ttl
    };
    assert_eq!(ttl(&[]), 3);
    assert_eq!(ttl(&["dns.ttl=5"]), 5);
    assert_eq!(ttl(&["dns.ttl=5", "dns.ttl=7"]), 7);
    assert_eq!(ttl(&["dns.ttl=7", "queue.capacity=1", "dns.ttl=5", "dns.ttl=0"]), 0);
    // What is wrong with the last one is said of it, also when its key begins as another one does.
    let error =
        load(text, &["queue.capacity=1", "queue.max_receives=x"]).expect_err("x is no number");
    assert!(error.contains("queue.max_receives") && !error.contains("capacity"), "{error}");
}

/// Ten regions there are not, so regions are told apart by one digit; stages, by their whole names.
#[test]
fn names_that_begin_alike_are_told_apart() {
    let text = "name = 'alike'\ntopology.stages = ['core', 'core-two', 'co']\nrecords.batches = [2]\n\
                script = ['publish 1', 'fail core-table@1', 'pause co-container@2', 'pause c*e-container@1']";
    let plan = load(text, &[]).unwrap_or_else(|error| panic!("{error}"));
    let layout = &plan.layout;
    for name in layout.names() {
        let choice = Choice::parse(&format!("step {name}"), layout);
        let choice = choice.unwrap_or_else(|| panic!("there is a {name}"));
        assert_eq!(choice.name(layout), format!("step {name}"));
        // Neither what it begins with nor what goes on behind it.
        assert_eq!(Choice::parse(&format!("step {name}x"), layout), None);
        assert_eq!(Choice::parse(&format!("step {}", &name[..name.len() - 1]), layout), None);
    }
    let choices = [
        "crash core-container@1",
        "switchover core-table to @2",
        "outage @2",
        "time-out co-queue@1",
    ];
    for name in choices {
        let parsed = Choice::parse(name, layout).map(|choice| choice.name(layout));
        assert!(parsed.is_none_or(|parsed| parsed == name), "{name}");
    }
    assert_eq!(Choice::parse("switchover cor-table to @2", layout), None);
    assert_eq!(Choice::parse("switchover core-table to @3", layout), None);
    assert_eq!(Choice::parse("outage @3", layout), None);
    assert_eq!(Choice::parse("outage @1x", layout), None);
    // A pattern fits from the first letter to the last one.
    assert_eq!(struck(plan), ["core-table@1", "co-container@2", "core-container@1"]);
}

/// What a fair run of the script strikes, in this order.
fn struck(plan: Plan) -> Vec<String> {
    struct Struck(Vec<String>);

    impl Observer for Struck {
        fn begin(&mut self, _simulation: &Simulation) {}

        fn phase(&mut self, _phase: Phase, _simulation: &Simulation) {}

        fn step(&mut self, _step: &Step, simulation: &Simulation) {
            for event in simulation.events() {
                if let Event::Fault(fault::Event::Faulted { fault }) = event {
                    let layout = &simulation.plan().layout;
                    let place = fault.target.place().expect("the script names machines");
                    self.0.push(layout.name(layout.machine(place)).to_owned());
                }
            }
        }
    }

    let mut struck = Struck(Vec::new());
    Runner::new(Arc::new(plan)).run(&mut RoundRobin::default(), 0, &mut struck);
    struck.0
}
