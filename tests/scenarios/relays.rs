//! Relays of an outbox: what becomes of a record that is under way when one dies, and two of them.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use active_active::explore::Reached;
use active_active::model::{Event, queue, table};
use active_active::plan::Plan;
use active_active::scenario::Override;
use active_active::spec::PropertyName;

use super::support::*;
use crate::common::plans;

/// One stage and one relay, whose table fails.
const ONE: &str = r#"
    name = "one-relay"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    records.batches = [3]
    container.steps = ["store", "remove"]
    budget.fail = 2
"#;

/// Two relays in an active-passive system of fifo queues, whose queues fail.
const ACTIVE_PASSIVE: &str = r#"
    name = "two-relays-active-passive"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["inbound", "core"]
    records.batches = [4]
    dns.weights = [1, 0]
    container.steps = ["store", "remove"]
    relay.instances = 2
    budget.fail = 2
    budget.late = 2
"#;

/// How often a record came to a queue behind an outbox that had it before.
fn came_again(run: &Run<'_>) -> usize {
    let layout = &run.simulation.plan().layout;
    let mut came = BTreeSet::new();
    let mut again = 0;
    for event in &run.events.all {
        if let Event::Queue(queue::Event::Enqueued { queue, copy }) = *event
            && layout.queue_place(queue).1 > 0
        {
            again += usize::from(!came.insert((queue, copy.id)));
        }
    }
    again
}

/// How often an intent was written, and done.
fn intents(run: &Run<'_>) -> (usize, usize) {
    let all = &run.events.all;
    let intended = |event: &&Event| matches!(event, Event::Table(table::Event::Intended { .. }));
    let relayed = |event: &&Event| matches!(event, Event::Table(table::Event::Relayed { .. }));
    (all.iter().filter(intended).count(), all.iter().filter(relayed).count())
}

/// Both publish the same, so the queues have most records twice; each intent is done once, and all have their order.
#[test]
fn two_relays_hold_under_every_scheduler() {
    let (again, runs) = (Cell::new(0usize), Cell::new(0usize));
    let coverage = holds_under_every_scheduler("two-relays", |run| {
        all_is_everywhere(run);
        let (intended, relayed) = intents(run);
        assert_eq!(intended, relayed, "each intent is done with once");
        again.set(again.get() + came_again(run));
        runs.set(runs.get() + 1);
    });
    assert!(again.get() > 8 * runs.get(), "{} in {} runs", again.get(), runs.get());
    for what in [
        Reached::DuplicateAbsorbed,
        Reached::ReplyLost,
        Reached::RequestLate,
        Reached::ComponentFailed,
    ] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 4, "{}", what.text());
    }
}

/// Two records are under way at a time: the one that is refused, or late, comes behind the other. Where no order is asked,
/// that is sound, and so is one relay, whatever is refused.
#[test]
fn relays_that_skip_what_is_locked_lose_the_order() {
    let claim = "relay.claim=skip-locked";
    assert_eq!(found("two-relays", &[claim]), Some(PropertyName::RegionFifo));
    assert_eq!(found("two-relays", &[claim, "budget.late=0"]), Some(PropertyName::RegionFifo));
    // The order was not judged where something can crash, and the design held there.
    assert_eq!(found("two-relays", &[claim, "budget.crash=2"]), Some(PropertyName::RegionFifo));
    assert_eq!(found("two-relays", &["budget.crash=2", "budget.outage=1"]), None);
    assert_eq!(found(ACTIVE_PASSIVE, &[claim]), Some(PropertyName::InOrder));
    assert_eq!(found(ACTIVE_PASSIVE, &[]), None);
    assert_eq!(found("two-relays", &[claim, "queue.delivery=standard"]), None);
    // What is under way is all there is to lose: without a fault both go on in step.
    let sound = ["budget.fail=0", "budget.late=0", "budget.lost_reply=0"];
    assert_eq!(found("two-relays", &[&[claim][..], &sound].concat()), None);
}

/// The only copy of a record is in the memory of a process: that is a loss in the step in which it is read, and when the
/// process dies with it, no queue ever has it.
#[test]
fn a_relay_that_advances_first_loses_what_is_under_way() {
    let advance = "relay.advance=before-publish";
    for scenario in [ONE, "two-relays", "outbox-anywhere"] {
        assert_eq!(found(scenario, &[advance]), Some(PropertyName::NeverLost), "{scenario}");
    }
    let unseen = "spec.leave_out=NeverLost";
    assert_eq!(found(ONE, &[advance, unseen]), Some(PropertyName::DeliveredAll));
    assert_eq!(found(ONE, &[advance, unseen, "budget.fail=0"]), None, "no process dies");
    assert_eq!(found(ONE, &[]), None);
}

/// A process that dies has published what it does not know: that is published again, and counts once.
#[test]
fn a_relay_that_dies_publishes_again_what_was_under_way() {
    let (again, died) = (Cell::new(0usize), Cell::new(0usize));
    holds_with(ONE, &[], |run| {
        all_is_everywhere(run);
        again.set(again.get() + usize::from(came_again(run) > 0));
        died.set(died.get() + 1);
    });
    assert!(again.get() * 100 > died.get(), "{} of {} runs", again.get(), died.get());
    holds_with(ONE, &["table.on_failure=hang"], |run| assert_eq!(came_again(run), 0));
}

/// With fan-out, logs, batches, deduplication, transactions by id that wait for each other, and a region that is lost.
#[test]
fn two_relays_go_with_all_else() {
    for changes in [
        &["queue.delivery=log"][..],
        &["queue.deduplication=by-record"],
        &["queue.capacity=1"],
        &["container.batch=3", "container.on_dependency_failure=give-back"],
        &["relay.position=by-id"],
        &["topology.containers=3", "queue.delivery=standard", "relay.claim=skip-locked"],
        &["budget.lose_region=1", "rpo.records=unlimited", "topology.regions=3"],
        &["budget.crash=2", "budget.refuse=3"],
        &["table.on_failure=hang"],
        &["stage.core.container.steps=store,publish,remove"],
    ] {
        assert_eq!(found("two-relays", changes), None, "{changes:?}");
    }
    let outbox = ["stage.notify.container.steps=store,remove", "relay.instances=2"];
    assert_eq!(found("fan-out-anywhere", &outbox), None);
}

/// In every order of a small system, without reduction.
#[test]
fn two_relays_hold_in_every_order() {
    let small = |changes: &[&str]| {
        let few = ["records.batches=2", "topology.stages=only", "budget.late=0", "budget.fail=0"];
        let plan = plans::plan(ACTIVE_PASSIVE, &[&few[..], changes].concat());
        found_in_every_order(&Arc::clone(&plan), true)
    };
    assert_eq!(small(&[]), None);
    let claim = "relay.claim=skip-locked";
    assert_eq!(small(&[claim]), None, "no request is late or refused");
    assert_eq!(small(&[claim, "budget.late=1"]), Some(PropertyName::InOrder));
    assert_eq!(small(&["relay.advance=before-publish"]), Some(PropertyName::NeverLost));
}

/// What makes no sense is refused, with the key that is to blame and what to do.
#[test]
fn relays_that_make_no_sense_are_refused() {
    for (change, key, why) in [
        ("relay.instances=0", "relay.instances", "use 1 to 2"),
        ("relay.instances=3", "relay.instances", "use 1 to 2"),
        ("relay.instances=1,relay.claim=skip-locked", "relay.claim", "relay.instances = 2"),
        ("container.steps=store;publish;remove", "relay.instances", "there is no relay"),
    ] {
        let parse = |change: &str| change.replace(';', ",").parse::<Override>().expect("KEY=VALUE");
        let changes: Vec<Override> = change.split(',').map(parse).collect();
        let error = Plan::load(ACTIVE_PASSIVE, "test", &changes).expect_err(change);
        assert_eq!(error.key.as_deref(), Some(key), "{change}");
        assert!(error.to_string().contains(why), "{change}: {error}");
    }
}
