//! What each generator draws: every value of every option, every kind of line, every fault. What is never
//! drawn is named; it is drawn, or a reason is stated here why not.

use std::collections::BTreeSet;

use active_active::arbitrary::Case as Bytes;
use active_active::model::options::StageRoute;
use active_active::plan::Plan;
use active_active::scenario::options::DesignOption;
use active_active::scenario::{Budget, Condition, Expectation, Scenario, ScriptStep};
use active_active::scheduler::seed::generator;
use active_active::strategy;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rand::Rng;
use toml::Value;

use super::draw;
use crate::common::options;
use crate::oracle::generate::Case;

/// One line of each form.
const LINES: &[&str] = &[
    "publish 1",
    "await published batch 1",
    "await published or refused batch 1",
    "await enqueued inbound-queue batch 1",
    "await enqueued inbound-queue@1 batch 1",
    "await delivered batch 1",
    "await delivered 1",
    "await delivered all",
    "await drained @1",
    "await quiescent",
    "await sometime",
    "pause only-container@1",
    "crash only-container@1",
    "fail only-table@1",
    "fail some *@1",
    "offline in-dns@1",
    "outage @1",
    "deploy only@1",
    "rollback only@1",
    "lose only-table@1",
    "switchover only-table to @2",
    "failover only-table to @2",
    "recover *",
    "redrive inbound-queue@1",
    "weights 1 0",
    "expect delivered 1",
    "expect waiting inbound-queue@1 batch 1",
    "expect unreplicated batch 1",
    "expect bypassed @1 batch 1",
    "expect dead-lettered 0",
    "expect state only-container@1 Processing",
    "expect latency max <= 2s",
];

/// What goes together in a script and decides what a run is about.
const TOGETHER: &[&str] = &[
    "goes on after an await that need not come true",
    "expects something in between",
    "expects something while the scheduler may choose faults",
    "limits receives while the scheduler may choose faults",
    "publishes a batch again",
    "a fault after the last batch",
];

/// Sizes, and what has a name of its own.
const SIZES: &[[&str; 2]] = &[
    ["stages send to the next one", "stages send to several"],
    ["ways that all records take", "ways by key"],
    ["ways to the destination", "ways that end at a stage"],
    ["one batch", "several batches"],
    ["two regions", "more than two regions"],
    ["one stage", "several stages"],
    ["one container on a queue", "several containers on a queue"],
    ["equal speeds", "different speeds"],
    ["one store for all stages", "stores of single stages"],
    ["settings of all stages", "settings of single stages"],
];

fn sizes(scenario: &Scenario) -> Vec<&'static str> {
    let (plan, options) = (Plan::new(scenario).expect("it was drawn"), scenario.stage.values());
    let larger = [
        !plan.layout.shape.is_line(),
        options.clone().any(|stage| stage.route == Some(StageRoute::ByKey)),
        options.clone().any(|stage| stage.to.as_ref().is_some_and(Vec::is_empty)),
        scenario.records.batches.len() > 1,
        scenario.topology.regions > 2,
        scenario.topology.stages.len() > 1,
        scenario.topology.containers > 1,
        !scenario.speed.is_empty(),
        !scenario.store.stages.is_empty(),
        !scenario.stage.is_empty(),
    ];
    SIZES.iter().zip(larger).map(|(names, larger)| names[usize::from(larger)]).collect()
}

fn form(step: &ScriptStep) -> String {
    let name = match step {
        ScriptStep::Publish(_) => "publish",
        ScriptStep::Await(Condition::Published(_)) => "await published",
        ScriptStep::Await(Condition::PublishedOrRefused(_)) => "await published or refused",
        ScriptStep::Await(Condition::Enqueued(queue, _)) if queue.contains('@') => {
            "await enqueued in a region"
        }
        ScriptStep::Await(Condition::Enqueued(..)) => "await enqueued",
        ScriptStep::Await(Condition::DeliveredBatch(_)) => "await delivered batch",
        ScriptStep::Await(Condition::Delivered(_)) => "await delivered N",
        ScriptStep::Await(Condition::DeliveredAll) => "await delivered all",
        ScriptStep::Await(Condition::Drained(_)) => "await drained",
        ScriptStep::Await(Condition::Quiescent) => "await quiescent",
        ScriptStep::Await(Condition::Sometime) => "await sometime",
        ScriptStep::Fault(kind, _) | ScriptStep::MoveWriter(kind, ..) => kind.name(),
        ScriptStep::FailSome(_) => "fail some",
        ScriptStep::Outage(_) => "outage",
        ScriptStep::Recover(_) => "recover",
        ScriptStep::Redrive(_) => "redrive",
        ScriptStep::Weights(_) => "weights",
        ScriptStep::Expect(Expectation::Delivered(_)) => "expect delivered",
        ScriptStep::Expect(Expectation::Waiting { .. }) => "expect waiting",
        ScriptStep::Expect(Expectation::Unreplicated(_)) => "expect unreplicated",
        ScriptStep::Expect(Expectation::Bypassed(..)) => "expect bypassed",
        ScriptStep::Expect(Expectation::DeadLettered(_)) => "expect dead-lettered",
        ScriptStep::Expect(Expectation::State(..)) => "expect state",
        ScriptStep::Expect(Expectation::Objective(_)) => "expect something of times",
    };
    format!("line: {name}")
}

fn is_fault(step: &ScriptStep) -> bool {
    match step {
        ScriptStep::Fault(..)
        | ScriptStep::FailSome(_)
        | ScriptStep::MoveWriter(..)
        | ScriptStep::Outage(_) => true,
        ScriptStep::Publish(_)
        | ScriptStep::Await(_)
        | ScriptStep::Recover(_)
        | ScriptStep::Redrive(_)
        | ScriptStep::Weights(_)
        | ScriptStep::Expect(_) => false,
    }
}

/// Whether something has to have happened for the script to go on.
fn can_stay_unmet(step: &ScriptStep) -> bool {
    let ScriptStep::Await(condition) = step else { return false };
    !matches!(condition, Condition::Quiescent | Condition::Sometime)
}

fn together(scenario: &Scenario) -> Vec<&'static str> {
    let script = &scenario.script;
    let can_choose = scenario.budget != Budget::default();
    let is_expect = |step: &ScriptStep| matches!(step, ScriptStep::Expect(_));
    let is_publish = |step: &ScriptStep| matches!(step, ScriptStep::Publish(_));
    let last_publish = script.iter().rposition(is_publish).unwrap_or_default();
    let first_fault = script.iter().position(is_fault).unwrap_or(script.len());
    let publishes = script.iter().filter(|step| is_publish(step)).count();
    let goes_on = script.iter().enumerate().any(|(at, step)| {
        at > first_fault && can_stay_unmet(step) && script[at + 1..].iter().any(is_fault)
    });
    let facts = [
        goes_on,
        script[..last_publish].iter().any(is_expect),
        can_choose && script.iter().any(is_expect),
        can_choose && scenario.queue.max_receives > 0,
        publishes > scenario.records.batches.len(),
        script[last_publish..].iter().any(is_fault),
    ];
    let named = TOGETHER.iter().zip(facts);
    named.filter(|(_, is_so)| *is_so).map(|(name, _)| *name).collect()
}

/// The class of an option's value: each name is one of its own; of numbers it matters whether it is the
/// default.
fn class(option: &DesignOption, value: Option<&Value>) -> String {
    let default = || "the default".to_owned();
    match value {
        None => default(),
        Some(Value::String(name)) => name.clone(),
        Some(Value::Boolean(is_so)) => is_so.to_string(),
        Some(Value::Integer(number)) if option.values()[0].text == number.to_string() => default(),
        Some(Value::Integer(_)) => "another number".to_owned(),
        Some(Value::Array(list)) => match option.key() {
            "container.steps" => {
                let names = list.iter().filter_map(Value::as_str);
                names.collect::<Vec<_>>().join(",")
            }
            _ if list.is_empty() => default(),
            _ => "a list".to_owned(),
        },
        Some(other @ (Value::Float(_) | Value::Datetime(_) | Value::Table(_))) => {
            panic!("{}: {other} is of no class", option.key())
        }
    }
}

/// The class of a value as `--set` takes it.
fn class_of_text(option: &DesignOption, value: &str) -> String {
    let value = match value.parse::<u64>() {
        Ok(number) if option.values()[0].text == "[]" => {
            Value::Array(vec![Value::Integer(number as i64)])
        }
        Ok(number) => Value::Integer(number as i64),
        Err(_) if value == "[]" => Value::Array(Vec::new()),
        Err(_) if value == "true" || value == "false" => Value::Boolean(value == "true"),
        Err(_) if option.values().iter().any(|value| value.text.contains([',', '['])) => {
            Value::Array(value.split(',').map(|part| Value::String(part.to_owned())).collect())
        }
        Err(_) => Value::String(value.to_owned()),
    };
    class(option, Some(&value))
}

fn named(option: &DesignOption, class: &str) -> String {
    format!("{} = {class}", option.key())
}

/// All that there is to draw.
fn everything() -> BTreeSet<String> {
    let of = |option: &'static &'static DesignOption| {
        let class = |value| named(option, &class_of_text(option, value));
        option.values().iter().map(move |value| class(&value.text))
    };
    let lines = LINES.iter().map(|line| form(&line.parse().expect("it is a line")));
    let others = TOGETHER.iter().chain(SIZES.as_flattened()).map(|&name| name.to_owned());
    options::ALL.iter().flat_map(of).chain(lines).chain(others).collect()
}

/// What is in a case.
fn features(scenario: &Scenario) -> BTreeSet<String> {
    let table = toml::Table::try_from(scenario).expect("it has only strings as keys");
    let value = |key: &str| {
        let (room, inner) = key.split_once('.').unwrap_or((key, ""));
        let value = table.get(room)?;
        if inner.is_empty() { Some(value) } else { value.get(inner) }
    };
    let of = |option: &&DesignOption| named(option, &class(option, value(option.key())));
    let lines = scenario.script.iter().map(form);
    let others = together(scenario).into_iter().chain(sizes(scenario)).map(str::to_owned);
    options::ALL.iter().map(of).chain(lines).chain(others).collect()
}

/// What a generator never draws: a reason, and what for that reason.
type Never = (&'static str, &'static [&'static str]);

/// Panics with the names of what was not drawn without a reason, and of what was though a reason says that it
/// is not.
fn assert_draws(name: &str, cases: impl Iterator<Item = Scenario>, never: &[Never]) {
    let mut drawn = BTreeSet::new();
    cases.for_each(|scenario| drawn.append(&mut features(&scenario)));
    let excused = never.iter().flat_map(|(_, what)| *what).map(|&what| what.to_owned());
    let excused: BTreeSet<String> = excused.collect();
    let everything = everything();
    let missing: Vec<&String> = everything.difference(&drawn).collect();
    let missing: Vec<&String> =
        missing.into_iter().filter(|&feature| !excused.contains(feature)).collect();
    let unknown: Vec<&String> = drawn.difference(&everything).collect();
    let is_stale = |feature: &&String| drawn.contains(*feature) || !everything.contains(*feature);
    let stale: Vec<&String> = excused.iter().filter(is_stale).collect();
    assert!(
        missing.is_empty() && stale.is_empty() && unknown.is_empty(),
        "{name}\n  never draws {missing:#?}\n  is said not to draw {stale:#?}\n  draws what is not listed \
         {unknown:#?}"
    );
}

fn of_strategy(strategy: impl Strategy<Value = Scenario>, cases: usize) -> Vec<Scenario> {
    let mut runner = TestRunner::deterministic();
    let mut draw = || strategy.new_tree(&mut runner).expect("nothing is filtered").current();
    (0..cases).map(|_| draw()).collect()
}

/// What a design or a scenario would have to be for it to be unsound, or to prove nothing.
const UNSOUND: Never = (
    "the strategies and the bytes draw sound designs; a test changes them to what it wants",
    &[
        "aurora.fencing = best-effort",
        "aurora.forwarding = acknowledged-early",
        "aurora.forwarding = off",
        "aurora.rpo_on = every-region",
        "aurora.switchover = at-once",
        "aurora.switchover = asked-again",
        "container.dual_write = compensate",
        "container.on_batch_failure = all-back",
        "container.on_batch_failure = failed-only-back",
        "container.on_batch_failure = removed",
        "container.on_dependency_failure = drop",
        "container.on_dependency_failure = read-on",
        "container.on_duplicate = give-back",
        "container.on_duplicate = skip",
        "container.on_fan_out = after-first",
        "container.on_fan_out = best-effort",
        "container.on_new_format = drop",
        "container.on_new_format = ignore-fields",
        "container.on_old_format = drop",
        "container.on_old_format = give-back",
        "container.on_recover = forget",
        "container.on_unreadable = give-up",
        "container.while_paused = drop",
        "container.steps = remove,store",
        "container.steps = publish,remove,store",
        "container.steps = publish,store,remove",
        "container.steps = remove,publish,store",
        "container.steps = remove,store,publish",
        "container.steps = store,publish,remove,call",
        "container.steps = store,remove,publish",
        "destination.dedupe = by-message-id",
        "destination.dedupe = none",
        "dns.acknowledge = before-enqueue",
        "dns.health_check = all-regions",
        "dns.health_check = by-name",
        "dns.plans = check-then-apply",
        "dns.resolver = keeps-first",
        "dns.route = ignore-offline",
        "queue.at_capacity = starve",
        "queue.deduplication = by-key",
        "queue.positions_at_failover = latest",
        "queue.receive = destructive",
        "queue.storage = in-memory",
        "queue.remove = head",
        "relay.advance = before-publish",
        "relay.at_failover = from-newest",
        "relay.at_failover = kept",
        "relay.position = by-id",
        "replication.on_failure = drop",
        "replication.acknowledge = received",
        "replication.origin = all",
        "source.on_partial = ignore",
        "service.idempotency = by-attempt",
        "service.idempotency = none",
        "service.keys = in-memory",
        "destination.window = another number",
        "service.window = another number",
        "source.on_refusal = drop",
        "table.conflict = first-applied",
        "table.insert = append",
    ],
);

/// What only the timed scheduler can judge, without which these cases are run.
const UNTIMED: Never = (
    "no scheduler of these cases has a time; tests/objectives.rs judges those that do",
    &["line: expect something of times"],
);

/// What only the drawn tiny systems have of what is sound.
const NOT_SKETCHED: &[Never] = &[
    (
        "the last line of a sketch waits for all records, which then only an operator brings",
        &["heal = faults", "heal = nothing"],
    ),
    ("what is destroyed cannot be counted beforehand", &["rpo.records = another number"]),
    ("values tell records apart, whatever they are", &["records.seed = another number"]),
    ("what is left out cannot be found", &["spec.leave_out = a list"]),
];

#[test]
fn the_tiny_systems_have_everything() {
    let never: [Never; 3] = [
        UNTIMED,
        ("all steps are tried, quick and slow ones", &["different speeds"]),
        ("most systems have one stage, and more would be left out", &["stores of single stages"]),
    ];
    assert_draws("tiny", of_strategy(draw::tiny(), 6_000).into_iter(), &never);
}

#[test]
fn the_strategies_have_everything_that_is_sound() {
    let never = [&[UNSOUND, UNTIMED], NOT_SKETCHED].concat();
    assert_draws("strategy", of_strategy(strategy::scenario(), 3_000).into_iter(), &never);
}

#[test]
fn bytes_have_everything_that_is_sound() {
    let cases = (0..4_000).map(|number| {
        let mut random = generator(5, number);
        let bytes: Vec<u8> = (0..160).map(|_| random.next_u32() as u8).collect();
        Bytes::from_bytes(&bytes).expect("it is short").scenario
    });
    assert_draws("bytes", cases, &[&[UNSOUND, UNTIMED], NOT_SKETCHED].concat());
}

#[test]
fn the_cases_of_the_oracle_have_everything() {
    let cases: Vec<Case> = (0..6_000).filter_map(|number| Case::draw(6, number)).collect();
    assert!(cases.len() > 5_900, "{} of 6,000 are cases", cases.len());
    let cases = cases.iter().map(|case| case.plan.scenario().clone());
    let never: [Never; 4] = [
        (
            "windows pass in the tiny systems, and in what the strategies and the bytes draw",
            &["budget.deduplication_window = another number"],
        ),
        (
            "only the timed scheduler looks at times, and these cases run without it",
            &[
                "timing.between_regions_ms = another number",
                "timing.container_ms = another number",
                "timing.destination_ms = another number",
                "timing.dns_ms = another number",
                "timing.queue_ms = another number",
                "timing.replicator_ms = another number",
                "timing.service_ms = another number",
                "timing.source_ms = another number",
                "timing.spread_percent = another number",
                "timing.table_ms = another number",
                "timing.visibility_timeout_ms = another number",
                "timing.within_region_ms = another number",
            ],
        ),
        (
            "what is left out, both judges do not look at; and values are whatever they are",
            &["records.seed = another number", "spec.leave_out = a list"],
        ),
        (
            "a loss can leave fewer records than that, and then a sound design waits for ever",
            &["line: await delivered N"],
        ),
    ];
    assert_draws("oracle", cases, &never);
}
