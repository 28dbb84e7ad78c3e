//! The outbox of a global database, and what becomes of the position of its relay when the writer moves.

use std::cell::Cell;

use active_active::explore::Reached;
use active_active::model::event::{Holder, fault};
use active_active::model::{Event, table};
use active_active::plan::Plan;
use active_active::scenario::Override;
use active_active::spec::PropertyName;

use super::support::*;
use crate::common::plans;

/// One stage, two records, and one failover at any time.
const SMALL: &str = r#"
    name = "one-database"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    records.batches = [2]
    dns.weights = [1, 0]
    store.default = "aurora"
    container.steps = ["store", "remove"]
    rpo.records = "unlimited"
    budget.failover = 1
"#;

const NEWEST: &str = "relay.at_failover=from-newest";
const OLDEST: &str = "relay.at_failover=from-oldest";
const KEPT: &str = "relay.at_failover=kept";

fn count(run: &Run<'_>, wanted: impl Fn(&Event) -> bool) -> usize {
    run.events.all.iter().filter(|event| wanted(event)).count()
}

fn is_reopened(event: &Event) -> bool {
    matches!(event, Event::Table(table::Event::Reopened { .. }))
}

fn is_lost_intent(event: &Event) -> bool {
    let is_outbox = |holder: &Holder| matches!(holder, Holder::Outbox(..));
    matches!(event, Event::Fault(fault::Event::Lost { holder, .. }) if is_outbox(holder))
}

fn is_skipped(event: &Event) -> bool {
    matches!(
        event,
        Event::Table(table::Event::Skipped { .. } | table::Event::Intended { passed: true, .. })
    )
}

/// What a new writer has of the outbox is published, some of it again; what it does not have is lost with the rows. What is
/// neither is delivered.
#[test]
fn an_outbox_goes_with_its_writer() {
    for changes in [&[][..], &[OLDEST]] {
        let (reopened, lost) = (Cell::new(0usize), Cell::new(0usize));
        let coverage = holds_with("outbox-failover", changes, |run| {
            assert_eq!(count(run, is_skipped), 0);
            reopened.set(reopened.get() + usize::from(count(run, is_reopened) > 0));
            lost.set(lost.get() + usize::from(count(run, is_lost_intent) > 0));
            let delivered = run.simulation.destination().order().len() as u64;
            let all = run.simulation.plan().records() as u64;
            assert!(delivered + run.outcome.lost.records() as u64 >= all, "{delivered} of {all}");
        });
        let runs = RANDOM_RUNS as usize;
        assert!(reopened.get() > runs / 20, "{} runs", reopened.get());
        assert!(lost.get() > runs / 20, "{} runs", lost.get());
        for what in [Reached::WriterMoved, Reached::DuplicateAbsorbed] {
            assert!(coverage.runs(what) > RANDOM_RUNS / 4, "{}", what.text());
        }
    }
}

/// A relay that begins with what is new skips what was stored, whatever moves the writer. A position that is kept is past the
/// rows of a writer that has less of the log, which takes a failover.
#[test]
fn a_position_that_is_not_a_part_of_the_database_skips_records() {
    let property = |changes: &[&str]| found("outbox-failover", changes);
    let planned = ["budget.failover=0", "budget.crash=0"];
    assert_eq!(property(&[NEWEST]), Some(PropertyName::NeverLost));
    assert_eq!(property(&[&planned[..], &[NEWEST]].concat()), Some(PropertyName::NeverLost));
    assert_eq!(property(&[KEPT]), Some(PropertyName::NeverLost));
    assert_eq!(property(&[&planned[..], &[KEPT]].concat()), None);
    let none = ["budget.failover=0", "budget.switchover=0"];
    assert_eq!(property(&[&none[..], &[NEWEST]].concat()), None);
    let unseen = "spec.leave_out=NeverLost";
    assert_eq!(property(&[NEWEST, unseen]), Some(PropertyName::DeliveredAll));
    assert_eq!(property(&[KEPT, unseen]), Some(PropertyName::DeliveredAll));
}

/// An acknowledged row is lost with its intent: that has to be declared, and a limit on what a writer may be ahead keeps it small.
#[test]
fn a_row_that_is_lost_with_its_intent_is_declared() {
    let none = ["rpo.records=0"];
    assert_eq!(found("outbox-failover", &none), Some(PropertyName::WithinRpo));
    let planned = ["rpo.records=0", "budget.failover=0"];
    assert_eq!(found("outbox-failover", &planned), None, "a switchover loses nothing");
    let limited = ["rpo.records=4", "aurora.rpo_records_max=1"];
    assert_eq!(found("outbox-failover", &limited), None, "one of each stage at each failover");
}

/// A relay that advances its position first, too, has the only copy in its memory.
#[test]
fn a_relay_of_a_database_that_advances_first_loses_what_is_under_way() {
    let advance = "relay.advance=before-publish";
    assert_eq!(found("outbox-failover", &[advance]), Some(PropertyName::NeverLost));
}

#[test]
fn an_outbox_in_a_database_goes_with_all_else() {
    let three = ["topology.regions=3", "budget.lose_region=1"];
    for changes in [
        &["queue.delivery=log"][..],
        &["queue.delivery=standard", "topology.containers=2", "budget.visibility_timeout=2"],
        &["queue.deduplication=by-record", "queue.capacity=2"],
        &["container.batch=3", "container.on_dependency_failure=give-back", "budget.refuse=3"],
        &["table.on_failure=hang", "budget.fail=2"],
        &["budget.fail=2", "budget.lost_reply=2", "budget.late=2"],
        &["aurora.writer=2", "aurora.rpo_records_max=2"],
        &["budget.outage=1"],
        &["stage.core.container.steps=store,publish,remove"],
        &["stage.inbound.store=dynamodb"],
        &["commands=as-messages"],
        &three,
    ] {
        assert_eq!(found("outbox-failover", changes), None, "{changes:?}");
        let oldest = [changes, &[OLDEST]].concat();
        assert_eq!(found("outbox-failover", &oldest), None, "{oldest:?}");
    }
}

/// A search of all orders, without reduction, comes to a skipped record at once.
#[test]
fn a_record_that_is_skipped_is_found_in_every_order() {
    let script = "script=publish 1,await sometime,failover only-table to @2,await delivered all";
    let plan = plans::plan(SMALL, &[script, "budget.failover=0", "records.batches=1", NEWEST]);
    assert_eq!(found_in_every_order(&plan, true), Some(PropertyName::NeverLost));
}

/// What is not modelled of such an outbox is refused, with the key that is to blame.
#[test]
fn what_no_outbox_of_a_database_has_is_refused() {
    for (change, key, why) in [
        ("relay.position=by-id", "relay.position", "in the order of the log"),
        ("relay.instances=2", "relay.instances", "two relays of a global database"),
        ("aurora.fencing=best-effort", "aurora.fencing", "after it was replaced"),
        ("aurora.switchover=asked-again", "aurora.switchover", "asked again"),
    ] {
        let change: Override = change.parse().expect("KEY=VALUE");
        let error = Plan::load(SMALL, "test", &[change]).expect_err(key);
        assert_eq!(error.key.as_deref(), Some(key));
        assert!(error.to_string().contains(why), "{error}");
    }
    let changes = ["store.default=dynamodb", "budget.failover=0", KEPT];
    let changes: Vec<Override> =
        changes.iter().map(|change| change.parse().expect("KEY=VALUE")).collect();
    let error = Plan::load(SMALL, "test", &changes).expect_err("no database");
    assert_eq!(error.key.as_deref(), Some("relay.at_failover"), "{error}");
}

/// The database is in region 2. The loss of that takes the record out of the next queue before the external service is called there,
/// and the container in region 1, which was told that the database has the intent, removes its copy afterwards. Of the row in
/// the second stage region 1 has a replica, whose intent is published: the record arrives, and the loss answers for the call.
#[test]
fn a_call_that_a_loss_prevents_is_declared_though_a_copy_upstream_goes_later() {
    let calls = r#"
        name = "calls-from-a-database"
        script = ["publish 1"]
        topology.stages = ["a", "b"]
        records.batches = [1]
        container.steps = ["store", "call", "remove"]
        store.default = "aurora"
        aurora.writer = 2
        rpo.records = "unlimited"
        budget.lose_region = 1
    "#;
    let prevented = Cell::new(0u64);
    holds_with(calls, &[], |run| {
        let excused = run.outcome.ending.map_or(0, |ending| ending.excused.uncalled);
        prevented.set(prevented.get() + u64::from(excused > 0));
    });
    assert!(prevented.get() > 0);
    // What is called behind the removal is lost with its container, and no loss answers for that.
    let behind = ["container.steps=store,remove,call", "budget.lose_region=0", "budget.crash=1"];
    assert_eq!(found(calls, &behind), Some(PropertyName::EffectOnce));
}
