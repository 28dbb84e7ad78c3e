//! Queues that are logs: positions, what comes again, what a commit has with it, and what a log does not have.

use std::cell::Cell;
use std::collections::BTreeSet;

use active_active::explore::Reached;
use active_active::model::{Event, RecordId, container, queue};
use active_active::plan::Plan;
use active_active::scenario::Override;
use active_active::spec::PropertyName;

use super::support::*;

/// One stage that is a log.
const LOG: &str = r#"
    name = "log"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    records.batches = [6]
    queue.delivery = "log"
"#;

/// How many records of a queue were processed and not committed at once, at most.
fn uncommitted_max(events: &[Event]) -> usize {
    let (mut open, mut most) = (BTreeSet::new(), 0);
    for event in events {
        let Event::Queue(event) = *event else { continue };
        if let queue::Event::CommitDue { queue, record } = event {
            open.insert((queue, record));
        } else if let queue::Event::Removed { queue, record }
        | queue::Event::Returned { queue, record }
        | queue::Event::TimedOut { queue, record } = event
        {
            open.remove(&(queue, record));
        }
        most = most.max(open.len());
    }
    most
}

/// Containers die with records that they have processed and not committed: those are read again, and have one effect. At the
/// end everything is committed.
#[test]
fn all_since_the_last_commit_comes_again() {
    let (again, together, behind) = (Cell::new(0u64), Cell::new(0u64), Cell::new(0u64));
    let coverage = holds_under_every_scheduler("log-anywhere", |run| {
        all_is_everywhere(run);
        let mut due = 0;
        let mut returned = 0;
        for event in &run.events.all {
            if let Event::Queue(queue::Event::CommitDue { .. }) = event {
                due += 1;
            } else if let Event::Queue(queue::Event::Returned { .. }) = event {
                returned += 1;
            }
        }
        // Three stages of queues, sixteen records: what was processed more often was processed again.
        again.set(again.get() + u64::from(due > 3 * 16));
        together.set(together.get() + u64::from(returned > 1));
        behind.set(behind.get() + u64::from(uncommitted_max(&run.events.all) > 2));
    });
    assert!(behind.get() > RANDOM_RUNS / 4, "{} runs have several to commit", behind.get());
    assert!(again.get() > RANDOM_RUNS / 4, "records are processed again in {} runs", again.get());
    assert!(together.get() > RANDOM_RUNS / 4, "{}", together.get());
    for what in [Reached::Redelivery, Reached::DuplicateAbsorbed, Reached::TimedOut] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 20, "{}", what.text());
    }
    let none = ["budget.crash=0", "budget.pause=0", "budget.lost_reply=0"];
    holds_with("log-anywhere", &none, |run| {
        let comes_again =
            |event: &Event| matches!(event, Event::Queue(queue::Event::Returned { .. }));
        assert!(!run.events.all.iter().any(comes_again), "nothing is read again without a fault");
    });
}

/// What comes again has its effect twice at a destination that tells no records apart.
#[test]
fn what_is_read_again_counts_again_without_deduplication() {
    let changes = |commit| [commit, "budget.crash=1", "destination.dedupe=none"];
    for commit in ["queue.commit=each", "queue.commit=at-intervals"] {
        assert_eq!(found(LOG, &changes(commit)), Some(PropertyName::EffectOnce), "{commit}");
    }
}

/// Three versions of one key, one after the other, and a consumer that dies once.
const VERSIONS: &str = r#"
    name = "uncommitted-versions"
    script = ["weights 1 0", "publish 1", "await delivered all"]
    topology.stages = ["only"]
    records = { batches = [3], keys = 1 }
    queue = { delivery = "log", commit = "at-intervals" }
    container.restart = "always"
    budget.crash = 1
"#;

/// A commit was a message in the one inbox of its log, in front of the consumer's next request: so it was always carried out
/// before the next record was read, and after a crash one record came again and never two. That held in every run and
/// in every order. Of two versions that come again, the older one is written last.
#[test]
fn several_records_that_are_not_committed_come_again() {
    assert_eq!(found(VERSIONS, &[]), Some(PropertyName::MonotoneVersion));
    let checked = ["table.conflict=version-checked", "destination.versions=checked"];
    let several = Cell::new(0usize);
    holds_with(VERSIONS, &checked, |run| {
        all_is_everywhere(run);
        several.set(several.get().max(uncommitted_max(&run.events.all)));
    });
    assert_eq!(several.get(), 3);
    assert_eq!(found(VERSIONS, &["queue.commit=each"]), None);
    // A consumer that hangs loses its partition with all that it has not committed.
    let hangs = ["budget.crash=0", "budget.pause=1", "topology.containers=2"];
    assert_eq!(found(VERSIONS, &hangs), Some(PropertyName::MonotoneVersion));
    holds_with(VERSIONS, &[&hangs[..], &checked].concat(), all_is_everywhere);
    // While it lives, it reads nothing again: not after a refusal, and not after a failure of its log.
    let gives_back = "container.on_dependency_failure=give-back";
    let lives = ["budget.crash=0", gives_back, "budget.refuse=2", "budget.fail=1"];
    assert_eq!(found(VERSIONS, &lives), None);
    let reads_on = ["container.on_dependency_failure=read-on", "container.retries=9"];
    let refused = ["budget.crash=0", "budget.refuse=3"];
    assert_eq!(found(VERSIONS, &[&refused[..], &reads_on].concat()), None);
    let searched = plans::plan(VERSIONS, &["records.batches=2"]);
    assert_eq!(found_in_every_order(&searched, true), Some(PropertyName::MonotoneVersion));
}

/// A service that keeps its keys for so many effects is called again for more than that at once.
#[test]
fn a_window_that_is_shorter_than_an_interval_is_too_short() {
    // All but the log is quick, so that intervals are long.
    let calls = [
        "speed.only-*=60",
        "speed.outbound-queue@*=60",
        "speed.external-service=60",
        "records.keys=0",
        "records.batches=6",
        "container.steps=store,call,publish,remove",
        "service.idempotency=by-record",
    ];
    for window in ["service.window=1", "service.window=2", "service.window=3"] {
        assert_eq!(
            found(VERSIONS, &[&calls[..], &[window]].concat()),
            Some(PropertyName::EffectOnce)
        );
    }
    assert_eq!(found(VERSIONS, &[&calls[..], &["service.window=6"]].concat()), None);
    let each = ["queue.commit=each", "service.window=1"];
    assert_eq!(found(VERSIONS, &[&calls[..], &each].concat()), None);
}

/// The position is committed, and the consumer dies before it has done the work. That the record was at risk is seen without a death,
/// by what the scenario leaves out.
#[test]
fn a_position_is_committed_before_the_work() {
    let (whole, fixed) = ("spec.leave_out=[]", "container.steps=store,publish,remove");
    assert_mended("committed-early", &[fixed]);
    holds_with("committed-early", &[fixed, whole], all_is_everywhere);
    assert_eq!(found("committed-early", &["budget.crash=0"]), None);
    assert_eq!(found("committed-early", &[whole]), Some(PropertyName::RemoveLast));
    let lost = ["spec.leave_out=RemoveLast"];
    assert_eq!(found("committed-early", &lost), Some(PropertyName::NeverLost));
    // Only the memory of a container has it, which is no copy.
    assert_eq!(
        found("committed-early", &[lost[0], "budget.crash=0"]),
        Some(PropertyName::NeverLost)
    );
    let each = [lost[0], "queue.commit=each"];
    assert_eq!(found("committed-early", &each), Some(PropertyName::NeverLost));
}

/// A record fails, the consumer reads on, and the next commit has the record with it. One that is the last of its log
/// stays where it is.
#[test]
fn a_later_commit_has_a_failed_record_with_it() {
    let back = "container.on_dependency_failure=give-back";
    assert_mended("committed-past", &[back, "container.on_dependency_failure=halt"]);
    assert_eq!(found("committed-past", &["budget.refuse=0"]), None);
    let at_intervals = "queue.commit=at-intervals";
    assert_eq!(found("committed-past", &[at_intervals]), Some(PropertyName::RemoveLast));
    assert_eq!(found("committed-past", &[at_intervals, back]), None);
    let last = found("committed-past", &["records.batches=1", "dns.weights=1,0"]);
    assert_eq!(last, Some(PropertyName::DeliveredAll));
    let passes = Cell::new(0u64);
    let goes_back = Cell::new(0u64);
    holds_with("committed-past", &[back], |run| {
        for event in &run.events.all {
            if let Event::Container(container::Event::PassedOver { .. }) = event {
                passes.set(passes.get() + 1);
            } else if let Event::Container(container::Event::GaveBack { .. }) = event {
                goes_back.set(goes_back.get() + 1);
            }
        }
    });
    assert_eq!((passes.get(), goes_back.get() > 0), (0, true));
}

/// A partition keeps its order, whichever containers read it; a standard queue does not.
#[test]
fn a_key_is_a_partition_and_keeps_its_order() {
    let keyed = ["records.keys=2", "topology.containers=2", "dns.weights=1,0"];
    let of = |changes: &[&'static str]| found(LOG, &[&keyed, changes].concat());
    assert_eq!(of(&["queue.groups=by-key"]), None);
    assert_eq!(of(&["queue.groups=one"]), None);
    assert_eq!(of(&["queue.groups=by-key", "queue.commit=at-intervals"]), None);
    assert_eq!(of(&["queue.delivery=standard"]), Some(PropertyName::MonotoneVersion));
    let plan = plans::plan(LOG, &[]);
    assert_eq!(PropertyName::RegionFifo.not_applicable(&plan), None);
    assert_eq!(found(LOG, &["budget.lost_reply=2", "budget.pause=2"]), None);
}

/// Retention does not ask what was read: a record goes that a consumer lags behind for, or that one has in its hand.
#[test]
fn retention_drops_what_was_not_read() {
    let paused = "script=pause only-container@1,publish 1,await delivered all";
    let lags = [paused, "budget.expire=1", "dns.weights=1,0"];
    assert_eq!(found(LOG, &lags), Some(PropertyName::NeverLost));
    assert_eq!(found(LOG, &["budget.expire=2"]), None);
    let restarted = ["budget.expire=2", "budget.crash=2", "container.restart=always"];
    assert_eq!(found(LOG, &restarted), None);
}

/// A record that no consumer can process comes again for ever, where it is never given up; one that comes to a container of the
/// old release waits for the new one.
#[test]
fn a_record_that_cannot_be_processed_blocks_its_partition() {
    let poison = "records.poison=2";
    assert_eq!(found(LOG, &[poison]), Some(PropertyName::Settles));
    let keyed = ["records.keys=3", "queue.groups=by-key", poison];
    assert_eq!(found(LOG, &keyed), Some(PropertyName::Settles));
    let rolled_out = [
        "topology.old_containers=1",
        "records.new_format_from=2",
        "script=publish 1,deploy only@1,deploy only@2,await delivered all",
    ];
    holds_with(LOG, &rolled_out, all_is_everywhere);
}

/// A record that was handed out three times is parked, and the position behind it is committed: all others arrive, also when a consumer
/// dies in between, and where positions are committed at intervals. Records of another partition are not kept back even
/// without that.
#[test]
fn a_record_that_is_given_up_blocks_no_partition() {
    let gives_up = "queue.max_receives=3";
    assert_eq!(found("blocked-shard", &[]), Some(PropertyName::Settles));
    let checked = ["table.conflict=version-checked", "destination.versions=checked"];
    let crashes = ["budget.crash=1", "container.restart=always", gives_up];
    let at_intervals = "queue.commit=at-intervals";
    let designs: [&[&str]; 3] = [
        &[gives_up],
        &[gives_up, at_intervals],
        &[&crashes[..], &checked, &[at_intervals]].concat(),
    ];
    for design in designs {
        holds_with("blocked-shard", design, |run| {
            let ending = run.outcome.ending.expect("it holds");
            assert_eq!((ending.facts.delivered, ending.facts.dead_lettered), (7, 1));
            assert!(run.simulation.is_parked(RecordId(3)));
        });
    }
    // It is owed unless that is declared, and a redrive brings it back.
    let owed = ["queue.dead_letters=owed", gives_up];
    assert_eq!(found("blocked-shard", &owed), Some(PropertyName::DeliveredAll));
    // One that works is given up when its consumer dies as often.
    let good = ["queue.max_receives=1", "budget.crash=1"];
    assert_eq!(found(LOG, &good), Some(PropertyName::DeliveredAll));
    let two = ["records.batches=2", "records.poison=1", "records.keys=0", "queue.groups=one"];
    let one = ["topology.containers=1", "queue.max_receives=1", at_intervals];
    let plan = plans::plan("blocked-shard", &[&two[..], &one].concat());
    assert_eq!(found_in_every_order(&plan, true), None);
}

/// What contradicts a log, or what only a log has, says so, and what to write instead.
#[test]
fn what_a_log_does_not_have_is_refused() {
    let load = |changes: &[&str]| {
        let overrides: Vec<Override> =
            changes.iter().map(|change| change.parse().expect("it is a change")).collect();
        Plan::load(LOG, "test", &overrides)
    };
    let refused: [(&[&str], &str, &str); 10] = [
        (&["queue.capacity=4"], "a log is never full", "budget.expire"),
        (&["queue.receive=destructive"], "keeps what it hands out", "container.steps"),
        (&["queue.remove=head"], "nothing is removed from a log", "leave it out"),
        (&["queue.groups=by-record"], "no partition for each record", "by-key"),
        (&["queue.groups=by-key"], "no business keys", "records.keys"),
        (&["queue.deduplication=by-record"], "only fifo queues", "leave this out"),
        (&["budget.visibility_timeout=1"], "no visibility timeout", "budget.crash"),
        (&["budget.reorder=1"], "so does a log", "use 0"),
        (
            &["queue.delivery=fifo", "queue.commit=at-intervals"],
            "only a log has positions",
            "queue.delivery = \"log\"",
        ),
        (
            &["queue.delivery=standard", "container.on_dependency_failure=read-on"],
            "only a log has positions",
            "queue.delivery = \"log\"",
        ),
    ];
    for (changes, why, remedy) in refused {
        let error = load(changes).map(|_| ()).expect_err("it contradicts itself");
        let (key, _) = changes[changes.len() - 1].split_once('=').expect("it sets a key");
        assert_eq!(error.key.as_deref(), Some(key), "{error}");
        let text = error.to_string();
        assert!(text.contains(why) && text.contains(remedy), "{text}");
    }
    assert!(load(&["records.keys=2", "queue.groups=by-key"]).is_ok());
}

/// All orders of a log are searched, and the verdict is that of the search without reduction.
#[test]
fn logs_are_searched_in_every_order() {
    let at_intervals = "queue.commit=at-intervals";
    let (one, two) = ("records.batches=1", "records.batches=2");
    let read_on = "container.on_dependency_failure=read-on";
    let early = "container.steps=remove,store,publish";
    let designs: [(&[&str], Option<PropertyName>); 7] = [
        (&[two, at_intervals], None),
        (&[one, at_intervals, "budget.crash=1"], None),
        (&[one, "budget.lost_reply=1"], None),
        (&[two, "budget.refuse=1", read_on], Some(PropertyName::RemoveLast)),
        (&[one, "budget.refuse=1", "container.on_dependency_failure=give-back"], None),
        (&[one, "budget.crash=1", early], Some(PropertyName::RemoveLast)),
        (&[one, at_intervals, early, "spec.leave_out=RemoveLast"], Some(PropertyName::NeverLost)),
    ];
    for (design, property) in designs {
        let plan = plans::plan(LOG, &[&["dns.weights=1,0"], design].concat());
        for reduces in [true, false] {
            assert_eq!(found_in_every_order(&plan, reduces), property, "{design:?}");
        }
    }
}
