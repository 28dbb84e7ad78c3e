//! What keeps a record from being stored and never forwarded: retries, compensation, a transaction.

use std::cell::Cell;

use active_active::explore::Reached;
use active_active::model::{Event, container, queue, table};
use active_active::plan::Plan;
use active_active::scenario::Override;
use active_active::spec::PropertyName;

use super::support::*;

/// Two containers compete on a queue.
const ONE_STAGE: &str = r#"
    name = "one-stage"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    records.batches = [4]
    container.on_dependency_failure = "give-back"
"#;

const IF_ALONE: &str = "container.dual_write=compensate-if-alone";
const AT_ONCE: &str = "container.dual_write=transaction";

/// Rows are taken back in most runs, and kept for another consumer in some; each record is where it belongs in the end.
#[test]
fn rows_are_taken_back_and_everything_is_stored_in_the_end() {
    let (taken, elsewhere, kept) = (Cell::new(0u64), Cell::new(0u64), Cell::new(0u64));
    let coverage = holds_under_every_scheduler("compensated-anywhere", |run| {
        all_is_everywhere(run);
        let any = |such: fn(&table::Event) -> bool| {
            let mut events = run.events.all.iter();
            u64::from(events.any(|event| matches!(event, Event::Table(event) if such(event))))
        };
        taken.set(taken.get() + any(|it| matches!(it, table::Event::Withdrawn { .. })));
        kept.set(kept.get() + any(|it| matches!(it, table::Event::NotWithdrawn { .. })));
        elsewhere
            .set(elsewhere.get() + any(|it| matches!(it, table::Event::WithdrawnElsewhere { .. })));
    });
    assert!(taken.get() > RANDOM_RUNS / 10, "{}", taken.get());
    assert_eq!(elsewhere.get(), taken.get(), "what a region takes back the others hear of");
    assert!(kept.get() > RANDOM_RUNS / 100, "{}", kept.get());
    for what in [Reached::Redelivery, Reached::DuplicateAbsorbed, Reached::TimedOut] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 10, "{}", what.text());
    }
}

/// A consumer that was too slow takes back what another one relies on. Where no delivery times out, and no request
/// comes late, it is alone.
#[test]
fn a_consumer_that_was_too_slow_takes_back_the_row_of_another_one() {
    let blindly = "container.dual_write=compensate";
    let name = "compensated-anywhere";
    assert_eq!(found(name, &[blindly]), Some(PropertyName::RemoveLast));
    let others = "spec.leave_out=RemoveLast,StoreBeforeForward";
    assert_eq!(found(name, &[blindly, others]), Some(PropertyName::StoredEverywhere));
    let alone = [blindly, "budget.visibility_timeout=0"];
    assert_eq!(found(name, &alone), None);
    let paused = [blindly, "budget.visibility_timeout=0", "budget.pause=3"];
    assert_eq!(found(name, &paused), Some(PropertyName::StoredEverywhere));
    let mended = [IF_ALONE, "budget.late=3", "budget.pause=3", "queue.delivery=standard"];
    assert_eq!(found(name, &mended), None);
}

/// The row is not taken back, and the record that comes again is taken for done.
#[test]
fn a_compensation_can_be_lost() {
    assert_mended("compensation-lost", &["container.on_duplicate=forward-again", AT_ONCE]);
    let name = "compensation-lost";
    let lost = ["spec.leave_out=RemoveLast"];
    assert_eq!(found(name, &lost), Some(PropertyName::NeverLost));
    // With one refusal the row says that the record was forwarded; without the compensation it never does.
    let once = "budget.refuse=1";
    assert_eq!(found(name, &[once]), None);
    let retries = [once, "container.dual_write=retry"];
    assert_eq!(found(name, &retries), Some(PropertyName::RemoveLast));
    // The container dies before it takes the row back: nothing need be refused twice then.
    assert_eq!(found(name, &[once, "budget.crash=1"]), Some(PropertyName::RemoveLast));
}

/// A record that was forwarded, which its container did not hear, is taken back and given up by its queue: it is delivered, and
/// has no row.
#[test]
fn a_record_that_was_forwarded_and_taken_back_is_not_given_up() {
    let parked = [
        IF_ALONE,
        "budget.lost_reply=2",
        "queue.max_receives=1",
        "queue.dead_letters=parked",
        "queue.parked_max=unlimited",
    ];
    assert_eq!(found(ONE_STAGE, &parked), Some(PropertyName::StoredEverywhere));
    assert_eq!(found(ONE_STAGE, &[&parked[1..], &["container.dual_write=retry"]].concat()), None);
    assert_eq!(found(ONE_STAGE, &parked[..2]), None);
}

/// What a container has stored it has sent and removed in the same step: each is as often done as the others.
#[test]
fn a_transaction_is_done_or_not() {
    let coverage = holds_under_every_scheduler("transacted-anywhere", |run| {
        all_is_everywhere(run);
        let count = |such: fn(&Event) -> bool| run.events.all.iter().filter(|it| such(it)).count();
        let stored = count(|event| matches!(event, Event::Table(table::Event::Stored { .. })));
        let sent =
            count(|event| matches!(event, Event::Container(container::Event::Forwarding { .. })));
        let plan = run.simulation.plan();
        let last = plan.layout.stages.len();
        let removed = run.events.all.iter().filter(|event| {
            matches!(event, Event::Queue(queue::Event::Removed { queue, .. })
                if plan.layout.queue_place(*queue).1 < last)
        });
        assert_eq!((stored, stored), (sent, removed.count()));
        assert!(stored >= 27, "{stored}: each record, at each of three stages");
    });
    let must = [
        Reached::Crashed,
        Reached::Redelivery,
        Reached::TimedOut,
        Reached::ReplyLost,
        Reached::ComponentFailed,
        Reached::DependencyFailed,
    ];
    for what in must {
        assert!(coverage.runs(what) > RANDOM_RUNS / 10, "{}", what.text());
    }
}

/// What is one step has no order, nothing is in between, and what has a row was forwarded.
#[test]
fn a_transaction_makes_designs_right_that_are_wrong_step_by_step() {
    let wrong: [&[&str]; 5] = [
        &["container.steps=remove,store,publish", "budget.crash=2"],
        &["container.steps=publish,remove,store", "budget.crash=2"],
        &["container.on_duplicate=skip", "budget.crash=2"],
        &["container.on_duplicate=skip", "budget.refuse=3"],
        &["container.on_duplicate=skip", "budget.visibility_timeout=2", "topology.containers=2"],
    ];
    for design in wrong {
        assert!(found(ONE_STAGE, design).is_some(), "{design:?}");
        assert_eq!(found(ONE_STAGE, &[design, &[AT_ONCE]].concat()), None, "{design:?}");
    }
    // Two regions get a record whose acknowledgement is lost, and one of them finds the row of the other one, which has forwarded it. That was
    // taken for a record that nobody forwards. If what has forwarded it is lost, the copy that was skipped is lacking.
    let divided = ["container.on_duplicate=skip", "budget.lost_reply=2", AT_ONCE];
    assert_eq!(found(ONE_STAGE, &divided), None);
    assert_eq!(found(ONE_STAGE, &divided[..2]), Some(PropertyName::RemoveLast));
    let lost = ["budget.lose_region=1", "rpo.records=unlimited"];
    let lost = [&divided[..], &lost].concat();
    assert_eq!(found(ONE_STAGE, &lost), Some(PropertyName::NeverLost));
    assert_eq!(found(ONE_STAGE, &lost[1..]), None);
    let given_back = ["container.on_duplicate=give-back", "budget.lost_reply=2", AT_ONCE];
    assert_eq!(found(ONE_STAGE, &given_back), Some(PropertyName::Settles));
    let dropped = ["container.on_dependency_failure=drop", "budget.refuse=3", AT_ONCE];
    assert_eq!(found(ONE_STAGE, &dropped), Some(PropertyName::RemoveLast));
    // A consumer of a log commits in the same step, and one that died reads nothing again that it has done.
    let log = ["queue.delivery=log", "container.on_duplicate=skip", "budget.crash=2", AT_ONCE];
    assert_eq!(found(ONE_STAGE, &log), None);
    // A call is no part of it.
    let called = [AT_ONCE, "container.steps=call,store,publish,remove", "budget.crash=2"];
    assert_eq!(found(ONE_STAGE, &called), None);
    let late = [AT_ONCE, "budget.late=3", "budget.crash=2", "topology.containers=2"];
    assert_eq!(found(ONE_STAGE, &late), None);
    let versions = ["table.conflict=version-checked", "destination.versions=checked"];
    let cut = [AT_ONCE, "budget.partition=2", "records.keys=2", versions[0], versions[1]];
    assert_eq!(found(ONE_STAGE, &cut), None);
}

/// A stage that sends to several queues sends to all of them in the same transaction, and one that chooses, to one.
#[test]
fn a_transaction_is_over_all_queues_that_a_stage_sends_to() {
    for name in ["fan-out-anywhere", "routed-anywhere"] {
        let skip = "container.on_duplicate=skip";
        assert_eq!(found(name, &[AT_ONCE]), None, "{name}");
        assert_eq!(found(name, &[AT_ONCE, skip, "budget.lost_reply=0"]), None, "{name}");
    }
    for fan_out in ["container.on_fan_out=after-first", "container.on_fan_out=best-effort"] {
        assert_eq!(found("fan-out-anywhere", &[AT_ONCE, fan_out]), None, "{fan_out}");
    }
}

/// All orders of one record, and the verdict is that of the search without reduction.
fn assert_found_in_every_order(designs: &[(&[&str], Option<PropertyName>)]) {
    for &(design, property) in designs {
        let one = ["records.batches=1", "dns.weights=1,0"];
        let plan = plans::plan(ONE_STAGE, &[&one, design].concat());
        for reduces in [true, false] {
            assert_eq!(found_in_every_order(&plan, reduces), property, "{design:?}");
        }
    }
}

const SKIP: &str = "container.on_duplicate=skip";

#[test]
fn both_are_searched_in_every_order() {
    assert_found_in_every_order(&[
        (&[AT_ONCE, "budget.lost_reply=1"], None),
        (&["budget.refuse=1", SKIP], Some(PropertyName::RemoveLast)),
        (&[IF_ALONE, "budget.refuse=1"], None),
    ]);
}

#[test]
#[ignore = "long: cargo test --test suite -- --ignored"]
fn both_are_searched_in_every_order_of_two_faults() {
    assert_found_in_every_order(&[
        (&[AT_ONCE, SKIP, "budget.refuse=1", "budget.crash=1"], None),
        (&[IF_ALONE, SKIP, "budget.refuse=1"], None),
        (&[IF_ALONE, "budget.refuse=1", "budget.crash=1"], None),
        (&[IF_ALONE, SKIP, "budget.refuse=1", "budget.crash=1"], Some(PropertyName::RemoveLast)),
    ]);
}

/// Where it is not modelled, or makes no sense, that is said, and what to write instead.
#[test]
fn what_contradicts_a_way_to_keep_in_step_is_refused() {
    let load = |changes: &[&str]| {
        let overrides: Vec<Override> =
            changes.iter().map(|change| change.parse().expect("it is a change")).collect();
        Plan::load(ONE_STAGE, "test", &overrides)
    };
    let lose = "script=publish 1,lose @1,await quiescent";
    let refused: [(&str, &str, &str); 7] = [
        ("container.steps=store,remove", "one write", "\"publish\""),
        ("store.default=aurora", "global database", "dynamodb"),
        ("records.keys=1", "business key", "records.keys = 0"),
        ("budget.lose_region=1", "a loss", "lose nothing"),
        ("budget.lose_table=1", "a loss", "lose nothing"),
        (lose, "a loss", "lose nothing"),
        ("script=publish 1,lose only-table@1,await quiescent", "a loss", "lose nothing"),
    ];
    for (change, why, remedy) in refused {
        let error = load(&[IF_ALONE, change]).map(|_| ()).expect_err("it contradicts itself");
        assert_eq!(error.key.as_deref(), Some("container.dual_write"), "{error}");
        let text = error.to_string();
        assert!(text.contains(why) && text.contains(remedy), "{text}");
        assert!(load(&[change]).is_ok(), "{change}");
    }
    let called = "container.steps=store,call,publish,remove";
    let refused = [
        ("container.steps=store,remove", "one write", "\"publish\""),
        ("store.default=aurora", "global database", "dynamodb"),
        ("queue.capacity=2", "does not wait", "queue.capacity = 0"),
        (called, "no transaction takes back", "in front"),
    ];
    for (change, why, remedy) in refused {
        let error = load(&[AT_ONCE, change]).map(|_| ()).expect_err("it contradicts itself");
        assert_eq!(error.key.as_deref(), Some("container.dual_write"), "{error}");
        let text = error.to_string();
        assert!(text.contains(why) && text.contains(remedy), "{text}");
    }
    for fits in
        ["records.keys=1", "budget.lose_region=1", "container.steps=store,publish,remove,call"]
    {
        assert!(load(&[AT_ONCE, fits]).is_ok(), "{fits}");
    }
    let strong = ["replication.mode=strong", "topology.regions=3"];
    assert!(load(&[&[IF_ALONE], &strong[..]].concat()).is_err());
    assert!(load(&[&[AT_ONCE], &strong[..]].concat()).is_err());
    assert!(load(&strong).is_ok());
}

/// What a table, or replication, has kept while it was out came before what is sent to it later, and is applied first: a row that was stored,
/// taken back and stored again stays. The region that was out lost it.
#[test]
fn a_backlog_comes_before_what_was_written_later() {
    for out in ["a-table@2", "a-replicator@2"] {
        let script =
            format!("script=fail {out},publish 1,await sometime,recover *@2,await delivered all");
        let changes = [
            script.as_str(),
            "topology.stages=a",
            "records.batches=1",
            "container.dual_write=compensate-if-alone",
            "container.on_dependency_failure=give-back",
            "budget.refuse=1",
        ];
        // One schedule in some hundred that are drawn shows it, and every search of all of them does.
        let plan = plans::plan("baseline", &changes);
        assert_eq!(found_in_every_order(&plan, true), None, "{out}");
    }
}
