//! Every unsound design variant is found, by the property that is made for it, and the sound one
//! next to it holds in the same schedules.

use std::collections::BTreeSet;
use std::sync::Arc;

use active_active::explore::{Runner, Verdict};
use active_active::model::options::{
    Acknowledge, Answer, AtCapacity, Conflict, Dedupe, Delivery, Failback, Fencing, Forwarding,
    HealthCheckOf, Insert, OnDependencyFailure, OnDuplicate, OnRecover, OnRefusal, OnUnreadable,
    PlanWrite, Policy, Receive, RemoveBy, ReplicationFailure, ReplicationMode, Restart, Route,
    RpoOn, StoreKind, Switchover, TableFailure, Versions,
};
use active_active::plan::Plan;
use active_active::scenario::designs::{SOUND, UNSOUND, Unsound};
use active_active::scenario::{Scenario, builtin};
use active_active::scheduler::Random;
use active_active::spec::PropertyName;
use serde::Serialize;

use crate::common::plans;

use crate::oracle::judge::{Judged, judge};
use crate::oracle::trace::Trace;

const SEED: u64 = 1;
const SCHEDULES: u64 = 2_000;

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
        variants("container.restart", Restart::ALL),
        variants("destination.dedupe", Dedupe::ALL),
        variants("destination.versions", Versions::ALL),
        variants("dns.acknowledge", Acknowledge::ALL),
        variants("dns.answer", Answer::ALL),
        variants("dns.failback", Failback::ALL),
        variants("dns.health_check", HealthCheckOf::ALL),
        variants("dns.plans", PlanWrite::ALL),
        variants("dns.policy", Policy::ALL),
        variants("dns.route", Route::ALL),
        variants("queue.at_capacity", AtCapacity::ALL),
        variants("queue.delivery", Delivery::ALL),
        variants("queue.receive", Receive::ALL),
        variants("queue.remove", RemoveBy::ALL),
        variants("replication.mode", ReplicationMode::ALL),
        variants("replication.on_failure", ReplicationFailure::ALL),
        variants("source.on_refusal", OnRefusal::ALL),
        variants("aurora.fencing", Fencing::ALL),
        variants("aurora.forwarding", Forwarding::ALL),
        variants("aurora.rpo_on", RpoOn::ALL),
        variants("aurora.switchover", Switchover::ALL),
        variants("store.default", StoreKind::ALL),
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
