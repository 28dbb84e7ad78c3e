//! Every unsound design variant is found, by the property that is made for it, and the sound one
//! next to it holds in the same schedules.

use std::collections::BTreeSet;
use std::sync::Arc;

use active_active::explore::{Runner, Verdict};
use active_active::model::options::{
    AtCapacity, Conflict, Dedupe, Delivery, Insert, OnDependencyFailure, OnDuplicate, OnRecover,
    OnRefusal, OnUnreadable, Receive, RemoveBy, ReplicationFailure, Route, TableFailure,
};
use active_active::plan::Plan;
use active_active::scenario::{Scenario, builtin};
use active_active::scheduler::Random;
use active_active::spec::PropertyName;
use serde::Serialize;

#[path = "oracle/expectation.rs"]
mod expectation;
#[path = "oracle/judge.rs"]
mod judge;
#[path = "common/plans.rs"]
mod plans;
#[path = "oracle/trace.rs"]
mod trace;
#[path = "oracle/world.rs"]
mod world;

use judge::{Judged, judge};
use trace::Trace;

const SEED: u64 = 1;
const SCHEDULES: u64 = 2_000;

/// A table, and later the queue behind it, fails and comes back while records pass.
const DEPENDENCIES_FAIL: &str = r#"
    name = "dependencies-fail"
    script = [
        "publish 1",
        "fail preprocess-table@1",
        "await delivered 2",
        "recover preprocess-table@1",
        "recover preprocess-container@1",
        "publish 2",
        "fail preprocess-core-queue@1",
        "await delivered 4",
        "recover preprocess-core-queue@1",
        "recover preprocess-container@1",
        "await delivered all",
    ]
    records.batches = [6, 6]
"#;

/// The queue behind in-dns refuses half of a batch, or delays it; nothing waits for it.
const INBOUND_QUEUE_FAILS: &str = r#"
    name = "inbound-queue-fails"
    script = [
        "fail inbound-queue@1",
        "publish 1",
        "await quiescent",
        "recover inbound-queue@1",
        "await quiescent",
    ]
"#;

/// A container crashes and comes back when nothing is left to do.
const CRASH_AT_REST: &str = r#"
    name = "crash-at-rest"
    script = [
        "publish 1",
        "await quiescent",
        "crash core-container@2",
        "recover core-container@2",
        "await quiescent",
    ]
"#;

/// A design variant that is wrong.
struct Unsound {
    /// The option and its value.
    design: &'static str,
    /// Where it shows: the name of a built-in scenario, or a scenario.
    scenario: &'static str,
    /// What a run reports: what is violated first.
    reported: PropertyName,
    /// What the option's own words promise ("lost", "stuck", "diverge"). It is violated in the
    /// same step of some schedule, as the oracle finds; a run reports only one of them.
    promised: PropertyName,
}

const fn unsound(
    design: &'static str,
    scenario: &'static str,
    reported: PropertyName,
    promised: PropertyName,
) -> Unsound {
    Unsound { design, scenario, reported, promised }
}

/// Removing too early, for whatever reason, breaks `RemoveLast` in the step in which it may lose
/// the record; so that is what is reported, before anything has to crash.
const UNSOUND: &[Unsound] = &[
    unsound(
        "container.steps=remove,store,publish",
        "crash-anywhere",
        PropertyName::RemoveLast,
        PropertyName::NeverLost,
    ),
    unsound(
        "container.steps=store,remove,publish",
        "crash-anywhere",
        PropertyName::RemoveLast,
        PropertyName::NeverLost,
    ),
    unsound(
        "container.steps=publish,store,remove",
        "crash-anywhere",
        PropertyName::StoreBeforeForward,
        PropertyName::StoreBeforeForward,
    ),
    unsound(
        "container.on_duplicate=skip",
        "crash-anywhere",
        PropertyName::RemoveLast,
        PropertyName::NeverLost,
    ),
    unsound(
        "container.on_dependency_failure=drop",
        DEPENDENCIES_FAIL,
        PropertyName::RemoveLast,
        PropertyName::RemoveLast,
    ),
    unsound(
        "container.on_recover=forget",
        "crash-anywhere",
        PropertyName::DeliveredAll,
        PropertyName::Drained,
    ),
    unsound(
        "container.on_recover=forget",
        CRASH_AT_REST,
        PropertyName::Drained,
        PropertyName::Drained,
    ),
    unsound(
        "destination.dedupe=none",
        "crash-anywhere",
        PropertyName::EffectOnce,
        PropertyName::EffectOnce,
    ),
    unsound(
        "queue.receive=destructive",
        "crash-anywhere",
        PropertyName::NeverLost,
        PropertyName::NeverLost,
    ),
    unsound(
        "queue.remove=head",
        "standard-queues",
        PropertyName::RemoveLast,
        PropertyName::RemoveLast,
    ),
    unsound(
        "queue.max_receives=1",
        "crash-anywhere",
        PropertyName::DeliveredAll,
        PropertyName::DeliveredAll,
    ),
    unsound(
        "queue.at_capacity=starve",
        "slack-job-queue",
        PropertyName::DeliveredAll,
        PropertyName::Drained,
    ),
    unsound(
        "container.on_unreadable=give-up",
        "google-unreadable-row",
        PropertyName::Settles,
        PropertyName::Settles,
    ),
    unsound(
        "table.conflict=last-writer-wins",
        "stranded-overwrite",
        PropertyName::MonotoneVersion,
        PropertyName::MonotoneVersion,
    ),
    unsound(
        "table.conflict=first-applied",
        TWO_REGIONS_ONE_KEY,
        PropertyName::Converged,
        PropertyName::Converged,
    ),
    unsound(
        "source.on_refusal=drop",
        INBOUND_QUEUE_FAILS,
        PropertyName::DeliveredAll,
        PropertyName::DeliveredAll,
    ),
    unsound(
        "table.insert=append",
        "crash-anywhere",
        PropertyName::EffectOnce,
        PropertyName::EffectOnce,
    ),
    unsound(
        "replication.on_failure=drop",
        "f4-fail-replication",
        PropertyName::StoredEverywhere,
        PropertyName::Converged,
    ),
    unsound(
        "dns.route=ignore-offline",
        "failover",
        PropertyName::RoutedByPolicy,
        PropertyName::RoutedByPolicy,
    ),
];

/// Variants that are as sound as the default, and where they matter.
const SOUND: &[(&str, &str)] = &[
    ("source.on_refusal=abort", INBOUND_QUEUE_FAILS),
    ("table.on_failure=hang", DEPENDENCIES_FAIL),
    ("container.retries=2", DEPENDENCIES_FAIL),
    ("queue.delivery=standard", "crash-anywhere"),
    ("table.conflict=version-checked", "stranded-overwrite"),
    ("queue.at_capacity=serve", "slack-job-queue"),
    ("container.on_unreadable=pass-on", "google-unreadable-row"),
];

/// Two regions write the same key, the newer version later.
const TWO_REGIONS_ONE_KEY: &str = r#"
    name = "two-regions-one-key"
    script = ["publish 1", "await quiescent"]
    records.batches = [2]
    records.keys = 1
    table.conflict = "version-checked"
"#;

/// The properties that the oracle finds violated in the step or at the end of a run.
fn violated(trace: &Trace, plan: &Plan) -> BTreeSet<PropertyName> {
    match judge(trace, plan) {
        Judged::InStep(_, violated) | Judged::AtEnd(violated) => violated,
        Judged::Holds => BTreeSet::new(),
    }
}

fn assert_is_found(unsound: &Unsound) {
    let design = unsound.design;
    let plan = plans::plan(unsound.scenario, &[design]);
    let mut runner = Runner::new(Arc::clone(&plan));
    let mut trace = Trace::default();
    let mut found = None;
    for run in 0..SCHEDULES {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut trace);
        let Verdict::Violated(violation) = outcome.verdict else { continue };
        trace.end(runner.simulation());
        let last = trace.entries.last().map(|entry| entry.step);
        assert_eq!(last, Some(violation.step), "{design}: the run went on");
        if found.is_none() {
            assert_eq!(violation.property(), unsound.reported, "{design}: {violation}");
            found = Some(run + 1);
        }
        if violated(&trace, &plan).contains(&unsound.promised) {
            let found = found.unwrap_or(run + 1);
            let (reported, promised) = (unsound.reported, unsound.promised);
            println!("{design}: {reported} in schedule {found}, {promised} in {}", run + 1);
            return;
        }
    }
    panic!("{design}: {} in {SCHEDULES} schedules: {found:?}", unsound.promised);
}

fn assert_holds(scenario: &str, changes: &[&str]) {
    let mut runner = Runner::new(plans::plan(scenario, changes));
    for run in 0..SCHEDULES {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "{changes:?}, run {run}, of {scenario}");
    }
}

#[test]
fn every_unsound_design_is_found_by_its_property() {
    UNSOUND.iter().for_each(assert_is_found);
}

#[test]
fn the_sound_design_holds_in_the_same_schedules() {
    let mut scenarios: BTreeSet<&str> = UNSOUND.iter().map(|unsound| unsound.scenario).collect();
    // Their default design is the unsound one; the sound one has a row of its own.
    builtin::unsound().for_each(|(name, _, _)| {
        scenarios.remove(name);
    });
    scenarios.iter().for_each(|scenario| assert_holds(scenario, &[]));
}

#[test]
fn sound_variants_hold() {
    SOUND.iter().for_each(|(design, scenario)| assert_holds(scenario, &[design]));
}

/// `key=value` for every value of an option but the default.
fn variants<T: Serialize>(key: &str, values: &[T]) -> Vec<String> {
    let text = |value: &T| serde_json::to_value(value).expect("an option is a word");
    let word = |value: &T| text(value).as_str().expect("an option is a word").to_owned();
    values[1..].iter().map(|value| format!("{key}={}", word(value))).collect()
}

/// The options of the designs: those keys of a scenario whose value is one of a few words.
fn option_keys() -> BTreeSet<String> {
    let text = Scenario::default().to_toml();
    let tables: toml::Table = text.parse().expect("it was written a moment ago");
    let mut keys = BTreeSet::new();
    for (name, value) in &tables {
        for (key, _) in value.as_table().into_iter().flatten().filter(|(_, v)| v.is_str()) {
            keys.insert(format!("{name}.{key}"));
        }
    }
    keys
}

#[test]
fn every_variant_of_every_option_has_a_row() {
    let expected: Vec<String> = [
        variants("container.on_dependency_failure", OnDependencyFailure::ALL),
        variants("container.on_duplicate", OnDuplicate::ALL),
        variants("container.on_recover", OnRecover::ALL),
        variants("container.on_unreadable", OnUnreadable::ALL),
        variants("destination.dedupe", Dedupe::ALL),
        variants("dns.route", Route::ALL),
        variants("queue.at_capacity", AtCapacity::ALL),
        variants("queue.delivery", Delivery::ALL),
        variants("queue.receive", Receive::ALL),
        variants("queue.remove", RemoveBy::ALL),
        variants("replication.on_failure", ReplicationFailure::ALL),
        variants("source.on_refusal", OnRefusal::ALL),
        variants("table.conflict", Conflict::ALL),
        variants("table.insert", Insert::ALL),
        variants("table.on_failure", TableFailure::ALL),
    ]
    .concat();
    let key = |variant: &String| variant.split('=').next().unwrap_or_default().to_owned();
    assert_eq!(expected.iter().map(key).collect::<BTreeSet<_>>(), option_keys());
    let rows = UNSOUND.iter().map(|unsound| unsound.design).chain(SOUND.iter().map(|row| row.0));
    let rows: BTreeSet<&str> = rows.collect();
    for variant in expected {
        assert!(rows.contains(variant.as_str()), "{variant} has no row");
    }
}
