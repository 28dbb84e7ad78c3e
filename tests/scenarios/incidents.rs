//! Public incidents, each in every schedule; and records that are stored late.

use std::collections::BTreeMap;

use active_active::explore::{Outcome, Runner, Verdict};
use active_active::model::{Event, RecordId, TableId};
use active_active::model::{dns, queue};
use active_active::scenario::builtin;
use active_active::scheduler::Random;
use active_active::spec::{Breach, PropertyName};

use super::support::*;

/// With the default store the old version wins in every schedule; with a store that checks versions
/// nothing goes back in any.
#[test]
fn stranded_overwrite_is_found_with_the_default_store_only() {
    let mut unsound = Runner::new(plans::plan("stranded-overwrite", &[]));
    let sound = ["table.conflict=version-checked"];
    let mut sound = Runner::new(plans::plan("stranded-overwrite", &sound));
    for run in 0..RANDOM_RUNS {
        let outcome = unsound.run(&mut Random::new(SEED), run, &mut ());
        let Verdict::Violated(violation) = outcome.verdict else {
            panic!("run {run}: {outcome:?}");
        };
        assert_eq!(violation.property(), PropertyName::MonotoneVersion, "run {run}");
        let outcome = sound.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
}

/// The store of a container that is dead: only a late message lets it come after what the next one did, and a store that
/// checks versions does not mind.
#[test]
fn a_late_store_of_a_dead_container_brings_an_older_version_back() {
    let property = |changes: &[&str]| {
        let mut runner = Runner::new(plans::plan("zombie-store", changes));
        (0..2_000).find_map(|run| match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
            Verdict::Violated(violation) => Some(violation.property()),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        })
    };
    assert_eq!(property(&[]), Some(PropertyName::MonotoneVersion));
    let no_crash = "script=publish 1,await delivered all";
    for fix in ["table.conflict=version-checked", "budget.late=0", no_crash] {
        assert_eq!(property(&[fix]), None, "{fix}");
    }
}

/// To the broker a task is done when its worker takes it up: nothing brings it back when that dies. The whole spec sees in every
/// schedule that it was at risk, without a death; the scenario leaves that out.
#[test]
fn a_worker_acknowledges_before_it_works() {
    let (whole, sound) = ("spec.leave_out=[]", "container.steps=store,publish,remove");
    assert_mended("acknowledged-early", &[sound]);
    holds_with("acknowledged-early", &[sound, whole], all_is_everywhere);
    assert_in_every_schedule("acknowledged-early", &[whole], PropertyName::RemoveLast);
    let at_risk = "spec.leave_out=RemoveLast";
    assert_eq!(found("acknowledged-early", &[at_risk]), Some(PropertyName::NeverLost));
    assert_eq!(found("acknowledged-early", &["budget.crash=0"]), None);
}

/// The queue itself delivers twice, so its deduplication does not help, nor do keys of the deliveries; a third party that knows the
/// record does. The first consumer goes on, and its late remove is refused.
#[test]
fn a_delivery_that_expires_has_its_effect_twice() {
    let name = "expired-delivery";
    let twice = Some(PropertyName::EffectOnce);
    assert_eq!(found(name, &[]), twice);
    for no_fix in ["queue.deduplication=by-record", "service.idempotency=by-attempt"] {
        assert_eq!(found(name, &[no_fix]), twice, "{no_fix}");
    }
    // No handler takes too long, or one does for whatever reason.
    let quiet = "script=publish 1,await delivered all";
    assert_eq!(found(name, &[quiet]), None);
    assert_eq!(found(name, &[quiet, "budget.visibility_timeout=1"]), twice);
    let refused = std::cell::Cell::new(0);
    holds_with(name, &["service.idempotency=by-record"], |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let is_refused =
            |event: &Event| matches!(event, Event::Queue(queue::Event::StaleRemove { .. }));
        refused.set(refused.get() + usize::from(run.events.all.iter().any(is_refused)));
    });
    assert!(refused.get() > 100, "a late remove is refused in {} runs", refused.get());
}

/// The same at a destination that does not tell a record from its repetition.
#[test]
fn a_delivery_that_expires_arrives_twice() {
    let twice = Some(PropertyName::EffectOnce);
    assert_eq!(found(EXPIRED, &[]), twice);
    assert_eq!(found(EXPIRED, &["queue.deduplication=by-record"]), twice);
    assert_eq!(found(EXPIRED, &["budget.visibility_timeout=0"]), None);
    holds_with(EXPIRED, &["destination.dedupe=by-id"], all_is_everywhere);
}

/// A delivery times out, at whatever moment.
const EXPIRED: &str = r#"
    name = "expired"
    script = ["publish 1", "await delivered all"]
    topology = { stages = ["core"], containers = 2 }
    records.batches = [4]
    destination.dedupe = "none"
    budget.visibility_timeout = 1
"#;

#[test]
fn what_replication_brought_is_replicated_back() {
    assert_incident("replication-loop", "replication.origin=own");
    holds_with("replication-loop", &["replication.origin=own"], all_is_everywhere);
}

/// Region 2 has the rows of the second batch, and region 3 has not. The writer fails first: without that the script expects in vain
/// that nothing can be stored.
#[test]
fn the_region_that_lacks_the_last_writes_is_promoted() {
    let script = |fails: &str, to: &str| {
        format!(
            "script=publish 1,await delivered batch 1,await quiescent,fail core-replicator@3,\
             publish 2,await delivered batch 2,await quiescent,{fails}publish 3,await quiescent,\
             expect state core-container@1 FailedDependency,failover core-table to {to},\
             recover *,await delivered all"
        )
    };
    let to_2 = script("fail core-table@1,", "@2");
    assert_incident("stale-node-promoted", &to_2);
    holds_with("stale-node-promoted", &[&to_2], all_is_everywhere);
    let works = script("", "@3");
    assert_in_every_schedule("stale-node-promoted", &[&works], PropertyName::Expectation);
}

/// Two containers work on two versions of a key at the same time where the message group is the record's own id; not
/// where it is the key, although they work at the same time there, too. A store that checks versions, with a destination that
/// does, does not mind.
#[test]
fn versions_of_a_key_overtake_each_other_in_groups_of_their_own() {
    let mut runner = Runner::new(plans::plan("scattered-groups", &[]));
    let mut verdicts = (0..RANDOM_RUNS).map(|run| runner.run(&mut Random::new(SEED), run, &mut ()));
    let is_older = |outcome: &Outcome| match &outcome.verdict {
        Verdict::Violated(violation) => {
            assert_eq!(violation.property(), PropertyName::MonotoneVersion, "{violation}");
            true
        }
        Verdict::Holds => false,
        Verdict::Inconclusive(_) => panic!("{outcome:?}"),
    };
    assert!(verdicts.any(|outcome| is_older(&outcome)));
    let versions = ["table.conflict=version-checked", "destination.versions=checked"];
    holds_with("scattered-groups", &versions, all_is_everywhere);
    holds_with("scattered-groups", &["queue.groups=one"], all_is_everywhere);
    let at_once = std::cell::Cell::new(0);
    holds_with("scattered-groups", &["queue.groups=by-key"], |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        at_once.set(at_once.get() + usize::from(works_on_two_at_once(run)));
    });
    assert!(at_once.get() > 100, "{} runs work on two keys at the same time", at_once.get());
}

/// Whether a queue had two records in flight.
fn works_on_two_at_once(run: &Run<'_>) -> bool {
    let mut in_flight = BTreeMap::new();
    run.events.all.iter().any(|event| {
        if let Event::Queue(queue::Event::Removed { queue, .. }) = *event {
            *in_flight.entry(queue).or_default() -= 1;
        }
        let Event::Queue(queue::Event::Delivered { queue, .. }) = *event else { return false };
        let count: &mut u32 = in_flight.entry(queue).or_default();
        *count += 1;
        *count > 1
    })
}

/// The relay passes a transaction that is open with a smaller id than one which has committed: within 2,000 runs of either
/// kind of schedule, and in none if it reads in the order of the commits, or if no two transactions are open at a time.
#[test]
fn a_relay_that_reads_by_id_skips_what_commits_late() {
    let property = |changes: &[&str]| {
        let mut runner = Runner::new(plans::plan("outbox-watermark", changes));
        (0..2_000).find_map(|run| match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
            Verdict::Violated(violation) => Some(violation.property()),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        })
    };
    assert_eq!(property(&[]), Some(PropertyName::NeverLost));
    assert_eq!(property(&["budget.lost_reply=2"]), Some(PropertyName::NeverLost));
    for fix in ["relay.position=by-commit", "topology.containers=1", "queue.delivery=fifo"] {
        assert_eq!(property(&[fix]), None, "{fix}");
    }
}

/// With an outbox a record is removed when its intent is stored, and with that order of steps only; a container that
/// removes before it publishes by itself has no outbox.
#[test]
fn an_outbox_is_the_next_queue_of_what_removes_before_it_publishes() {
    let property = |steps: &str| {
        let steps = format!("container.steps={steps}");
        let changes = [steps.as_str(), "budget.crash=2"];
        let mut runner = Runner::new(plans::plan("outbox-anywhere", &changes));
        (0..200).find_map(|run| match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
            Verdict::Violated(violation) => Some(violation.property()),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        })
    };
    assert_eq!(property("store,remove"), None);
    assert_eq!(property("store,publish,remove"), None);
    assert_eq!(property("store,remove,publish"), Some(PropertyName::RemoveLast));
    assert_eq!(property("remove,store"), Some(PropertyName::RemoveLast));
}

/// A newer version of a key is acknowledged and nowhere where the key is the deduplication id; not where the record is.
#[test]
fn a_newer_version_is_taken_for_a_resend() {
    assert_incident("deduplicated-by-key", "queue.deduplication=by-record");
    holds_with("deduplicated-by-key", &["queue.deduplication=by-record"], all_is_everywhere);
    holds_with("deduplicated-by-key", &["queue.deduplication=none"], all_is_everywhere);
}

/// A destination that tells no records apart can do so while the window of the queue has not passed, if nothing else brings a
/// record twice.
#[test]
fn a_resend_behind_the_window_is_a_new_message() {
    let window = |window: &str| {
        let mut runner = Runner::new(plans::plan(WINDOW, &[window]));
        (0..2_000).find_map(|run| match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
            Verdict::Violated(violation) => Some(violation.property()),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        })
    };
    assert_eq!(window("budget.deduplication_window=1"), Some(PropertyName::EffectOnce));
    assert_eq!(window("budget.deduplication_window=0"), None);
}

/// A container dies, and its successor sends what it had sent.
const WINDOW: &str = r#"
    name = "window"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    dns.weights = [1, 0]
    records.batches = [3]
    destination.dedupe = "none"
    queue.deduplication = "by-record"
    budget = { crash = 2, deduplication_window = 1 }
"#;

/// What is refused of a batch beside others is lost, in every schedule; a source that looks at the answer for each record loses nothing.
#[test]
fn what_is_refused_of_a_batch_is_sent_again_or_lost() {
    let mut runner = Runner::new(plans::plan("partial-batch", &[]));
    for run in 0..RANDOM_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        let Verdict::Violated(violation) = outcome.verdict else {
            panic!("run {run}: {outcome:?}")
        };
        assert_eq!(violation.property(), PropertyName::DeliveredAll, "{violation}");
        let why = violation.because.join("\n");
        assert!(why.contains("takes the batch for sent"), "{why}");
    }
    // A request of one record is refused as a whole, or not at all.
    let (retry, single) = ("source.on_partial=retry", "records.batches=1,1");
    holds_with("partial-batch", &[retry], all_is_everywhere);
    holds_with("partial-batch", &[single], all_is_everywhere);
    // The same where any request may be refused, at any moment, by whatever works.
    let anywhere = [
        "script=publish 1,publish 2,await quiescent,await delivered all",
        "budget.refuse=2",
        "container.restart=always",
    ];
    let with = |change: &'static str| [&anywhere[..], &[change]].concat();
    assert_eq!(found("partial-batch", &anywhere), Some(PropertyName::DeliveredAll));
    holds_with("partial-batch", &with(retry), all_is_everywhere);
    holds_with("partial-batch", &with(single), all_is_everywhere);
}

/// The table that is restarted lacks what it had received; one that has applied what is acknowledged does not, nor does one
/// whose region has all that it needs to be told again.
#[test]
fn a_restart_forgets_what_was_received_and_not_applied() {
    let mut runner = Runner::new(plans::plan("received-not-applied", &[]));
    let mut verdicts = (0..RANDOM_RUNS).map(|run| runner.run(&mut Random::new(SEED), run, &mut ()));
    let lacks_it = |outcome: Outcome| match outcome.verdict {
        Verdict::Violated(violation) => {
            assert_eq!(violation.property(), PropertyName::StoredEverywhere, "{violation}");
            let why = violation.because.join("\n");
            assert!(why.contains("forgets what it had received and not applied"), "{why}");
            true
        }
        Verdict::Holds => false,
        Verdict::Inconclusive(_) => panic!("{outcome:?}"),
    };
    assert!(verdicts.any(lacks_it));
    holds_with("received-not-applied", &["replication.acknowledge=applied"], |run| {
        ended_by_itself(run);
        all_is_everywhere(run);
    });
    // Nothing fails, so nothing is forgotten.
    let quiet = "script=publish 1,await delivered all";
    holds_with("received-not-applied", &[quiet], all_is_everywhere);
}

/// Both other regions have received a write that is acknowledged; restarted, they have forgotten it, and then its own region loses
/// it. What is acknowledged when it is applied is in one of them.
#[test]
fn what_every_other_region_forgot_is_lost_with_its_own() {
    let found = |acknowledge: &str| {
        let mut runner = Runner::new(plans::plan(RECEIVED_THEN_LOST, &[acknowledge]));
        let mut found = BTreeMap::new();
        for run in 0..2_000 {
            if let Verdict::Violated(violation) =
                runner.run(&mut Random::new(SEED), run, &mut ()).verdict
            {
                *found.entry(violation.property()).or_insert(0) += 1;
            }
        }
        found
    };
    let received = found("replication.acknowledge=received");
    println!("{received:?}");
    let properties = [PropertyName::WithinRpo, PropertyName::StoredEverywhere];
    assert!(properties.iter().all(|property| received.contains_key(property)), "{received:?}");
    assert_eq!(found("replication.acknowledge=applied"), BTreeMap::new());
}

/// One region writes; the tables of both others are restarted, and then it loses its own.
const RECEIVED_THEN_LOST: &str = r#"
    name = "received-then-lost"
    script = [
        "publish 1",
        "await sometime",
        "fail core-table@2",
        "fail core-table@3",
        "lose core-table@1",
        "recover *",
        "await delivered all",
    ]
    topology.regions = 3
    topology.stages = ["core"]
    dns.weights = [1, 0, 0]
    records.batches = [3]
    replication.mode = "strong"
    rpo.records = 0
"#;

/// The payment was made, its reply was lost, and it is made again. A key of the record is known again. One of the delivery
/// is not, even where containers try again for the same delivery: the source sends what it takes for refused once more.
#[test]
fn a_payment_whose_reply_is_lost_is_made_again() {
    let found = |changes: &[&str]| {
        let mut runner = Runner::new(plans::plan("charged-twice", changes));
        (0..INCIDENT_RUNS).find_map(|run| match runner.run(&mut Random::new(SEED), run, &mut ()) {
            outcome if outcome.verdict == Verdict::Holds => None,
            outcome => Some(outcome.verdict),
        })
    };
    let Some(Verdict::Violated(violation)) = found(&[]) else { panic!("no payment is made again") };
    assert_eq!(violation.property(), PropertyName::EffectOnce);
    let why =
        "external-service does not recognize a repeated call (service.idempotency = \"none\")";
    assert_eq!(violation.because, [why]);
    assert!(matches!(violation.breach, Breach::Effects { times: 2, .. }), "{violation}");
    let by_attempt = "service.idempotency=by-attempt";
    assert!(found(&[by_attempt]).is_some());
    let resent = "queue.deduplication=none";
    assert!(found(&[by_attempt, "container.retries=1", resent]).is_some());
    holds_with("charged-twice", &["service.idempotency=by-record"], |_| {});
}

/// Slack's queue stays full in every schedule, although what it waited for is back; one that serves
/// its consumers while it is full drains.
#[test]
fn a_full_queue_that_starves_its_consumers_never_recovers() {
    assert_incident("slack-job-queue", "queue.at_capacity=serve");
}

/// Google's row stops both regions in every schedule: replication carries it to the one that never took it. Code that passes such a
/// row on does not mind. A queue that does not give up delivers for ever.
#[test]
fn an_unreadable_row_stops_every_region() {
    assert_incident("google-unreadable-row", "container.on_unreadable=pass-on");
    let mut patient = Runner::new(plans::plan("google-unreadable-row", &["queue.max_receives=0"]));
    let mut unsound = Runner::new(plans::plan("google-unreadable-row", &[]));
    for run in 0..INCIDENT_RUNS {
        let outcome = patient.run(&mut Random::new(SEED), run, &mut ());
        let Verdict::Violated(violation) = outcome.verdict else {
            panic!("run {run}: {outcome:?}")
        };
        assert_eq!(violation.property(), PropertyName::Settles, "run {run}");
        let outcome = unsound.run(&mut Random::new(SEED), run, &mut ());
        let Verdict::Violated(violation) = outcome.verdict else {
            panic!("run {run}: {outcome:?}")
        };
        let why = violation.because.join("\n");
        assert!(why.contains("dead-letter queue of inbound-queue@2"), "run {run}: {why}");
        assert!(!why.contains("inbound-queue@1"), "run {run}: {why}");
    }
}

/// A check by the shared name is answered by the healthy region, and half of what is published goes to the one that is
/// out, in every schedule. A check of the whole path takes it out; one of its queue alone sees nothing, either.
#[test]
fn a_check_by_the_shared_name_takes_no_region_out() {
    assert_incident("shared-name-check", "dns.health_check=whole-path");
    let mut shallow = Runner::new(plans::plan("shared-name-check", &["dns.health_check=queue"]));
    for run in 0..INCIDENT_RUNS {
        let outcome = shallow.run(&mut Random::new(SEED), run, &mut ());
        let Verdict::Violated(violation) = outcome.verdict else {
            panic!("run {run}: {outcome:?}");
        };
        assert_eq!(violation.property(), PropertyName::Expectation, "run {run}");
    }
}

/// What a check of the whole path sees: whatever a record passes in the region. Each takes region 1 out, so that
/// nothing of the batch goes there; a check of the queue sees the queue alone.
#[test]
fn a_check_of_the_whole_path_sees_every_stage() {
    let whole = "dns.health_check=whole-path";
    for (stops, is_shallow) in [
        ("fail inbound-queue@1", true),
        ("fail outbound-queue@1", false),
        ("fail inbound-outbound-queue@1", false),
        ("fail outbound-table@1", false),
        ("pause outbound-container@1", false),
        ("crash inbound-container@1", false),
    ] {
        let script = format!(
            "script=await quiescent,{stops},await quiescent,publish 1,await quiescent,\
             expect delivered 6,recover *,publish 2,await delivered all"
        );
        let mut deep = Runner::new(plans::plan("shared-name-check", &[&script, whole]));
        let queue = "dns.health_check=queue";
        let mut shallow = Runner::new(plans::plan("shared-name-check", &[&script, queue]));
        for run in 0..INCIDENT_RUNS {
            let outcome = deep.run(&mut Random::new(SEED), run, &mut ());
            assert_eq!(outcome.verdict, Verdict::Holds, "{stops}, run {run}");
            let outcome = shallow.run(&mut Random::new(SEED), run, &mut ());
            assert_eq!(outcome.verdict == Verdict::Holds, is_shallow, "{stops}, run {run}");
        }
    }
}

/// Kinesis, and what waited for it: a copy that is good to have stops the work in every schedule, as soon as its buffer is full. One
/// that always has room does not, and once the side path is repaired, everything arrives.
#[test]
fn waiting_for_a_side_path_stops_the_main_path() {
    let name = "kinesis-side-path";
    let unbounded = "stage.usage.queue.capacity=0";
    assert_incident(name, unbounded);
    holds_with(name, &[unbounded], all_is_everywhere);
    // Two of the second batch pass, and not one more.
    let until_full = "script=publish 1,await quiescent,fail usage-table@1,publish 2,await quiescent,\
                      expect delivered 4,recover *,await delivered all";
    holds_with(name, &[until_full], |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
    });
}

/// The same where the copy is that of another region, for which every write waits.
#[test]
fn waiting_for_a_copy_in_another_region_stops_the_main_path() {
    assert_in_every_schedule(COPY_AWAITED, &[], PropertyName::Expectation);
    holds_with(COPY_AWAITED, &["replication.mode=eventual"], all_is_everywhere);
}

/// Replication fails, and what does not need it stops.
const COPY_AWAITED: &str = r#"
    name = "copy-awaited"
    script = [
        "publish 1",
        "await quiescent",
        "fail *-replicator",
        "publish 2",
        "await quiescent",
        "expect delivered 4",
        "recover *",
        "await delivered all",
    ]
    topology.regions = 3
    records.batches = [2, 2]
    replication.mode = "strong"
"#;

/// GitHub's promotion loses in every schedule what was not replicated; waiting for the link does not.
#[test]
fn a_promotion_during_a_partition_loses_what_was_not_replicated() {
    let waits = "script=publish 1,await quiescent,fail *-replicator,publish 2,await quiescent,\
                 recover *,await delivered all";
    assert_incident("github-failover", waits);
}

/// The region whose clock is behind takes a newer version and goes on showing the older one, with no fault and no two
/// writes at a time. Versions that are checked do not go by clocks.
#[test]
fn a_later_write_by_a_clock_that_is_behind_is_ignored() {
    let found = |changes: &[&str]| {
        let mut runner = Runner::new(plans::plan("clock-skew", changes));
        let mut runs =
            (0..INCIDENT_RUNS).map(|run| runner.run(&mut Random::new(SEED), run, &mut ()));
        runs.find_map(|outcome| match outcome.verdict {
            Verdict::Violated(violation) => Some(*violation),
            Verdict::Holds => None,
            Verdict::Inconclusive(_) => panic!("{outcome:?}"),
        })
    };
    let violation = found(&[]).expect("the clock of region 1 is ahead in some run");
    let ignored = Breach::Ignored { table: TableId(1), record: RecordId(2), shown: RecordId(1) };
    assert_eq!(violation.breach, ignored);
    assert!(violation.because[0].contains("the clock of region 1 is ahead"), "{violation}");
    // A skew that is over before the second write does no harm.
    assert!(found(&["table.skew=1000"]).is_some());
    assert_eq!(found(&["table.skew=1"]), None);
    holds_with("clock-skew", &["table.conflict=version-checked"], ended_by_itself);
    holds_with("clock-skew", &["table.clock=shared"], ended_by_itself);
}

/// A fifo queue delivers the record that every container fails at for ever, in every schedule, and nothing behind it.
/// One that gives it up after three deliveries delivers all others.
#[test]
fn a_record_that_cannot_be_processed_starves_all_behind_it() {
    assert_incident("poison-message", "queue.max_receives=3");
    let mut runner = Runner::new(plans::plan("poison-message", &[]));
    let outcome = runner.run(&mut Random::new(SEED), 0, &mut ());
    let Verdict::Violated(violation) = outcome.verdict else { panic!("{outcome:?}") };
    let why = violation.because.join("\n");
    assert!(why.contains("cannot process record 3 and gives it back each time"), "{why}");
    holds_with("poison-message", &["queue.max_receives=3"], |run| {
        ended_by_itself(run);
        let ending = run.outcome.ending.expect("it holds");
        assert_eq!((ending.facts.delivered, ending.facts.dead_lettered), (5, 1));
        assert_eq!((ending.excused.parked, ending.facts.excused), (1, 1));
        assert!(run.simulation.is_parked(RecordId(3)));
    });
}

/// What is declared covers the records that no container can process, and so many others as the declaration says:
/// an outage is found where records are parked, too.
#[test]
fn parked_records_are_those_that_are_declared() {
    let violates = |changes: &[&str]| {
        let mut runner = Runner::new(plans::plan("outage-dead-letters", changes));
        let mut runs =
            (0..INCIDENT_RUNS).map(|run| runner.run(&mut Random::new(SEED), run, &mut ()));
        runs.any(|outcome| match outcome.verdict {
            Verdict::Violated(violation) => {
                assert_eq!(violation.property(), PropertyName::DeliveredAll, "{violation}");
                true
            }
            Verdict::Holds => false,
            Verdict::Inconclusive(_) => panic!("{outcome:?}"),
        })
    };
    let parked = "queue.dead_letters=parked";
    assert!(violates(&[parked]));
    assert!(violates(&[parked, "queue.parked_max=2"]));
    assert!(!violates(&[parked, "queue.parked_max=3"]));
    assert!(!violates(&[parked, "queue.parked_max=unlimited"]));
    // A record that is redriven is awaited again.
    let redriven = "script=fail core-table@1,publish 1,await quiescent,recover core-table@1,redrive *,\
                    await delivered all,expect delivered 6";
    holds_with("outage-dead-letters", &[parked, redriven], all_is_everywhere);
}

/// An outage uses up the deliveries of good records, unless it is over before. A queue that never gives up, and
/// containers that halt until they are recovered, lose nothing to it.
#[test]
fn an_outage_turns_good_records_into_dead_letters() {
    let mut unsound = Runner::new(plans::plan("outage-dead-letters", &[]));
    let mut found = 0;
    for run in 0..INCIDENT_RUNS {
        let outcome = unsound.run(&mut Random::new(SEED), run, &mut ());
        let Verdict::Violated(violation) = outcome.verdict else { continue };
        assert_eq!(violation.property(), PropertyName::DeliveredAll, "run {run}");
        assert!(violation.because[0].contains("dead-letter queue"), "run {run}: {violation}");
        found += 1;
    }
    assert!(found > INCIDENT_RUNS / 2, "{found} of {INCIDENT_RUNS}");
    holds_with("outage-dead-letters", &["queue.max_receives=0"], |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
    });
    let halts = "script=fail core-table@1,publish 1,await delivered 3,await quiescent,\
                 recover core-table@1,recover core-container@1,await delivered all";
    holds_with(
        "outage-dead-letters",
        &["container.on_dependency_failure=halt", halts],
        all_is_everywhere,
    );
}

/// Violates what the list of incidents says, in every schedule, and holds with the change.
fn assert_incident(name: &str, sound: &str) {
    let incident = builtin::INCIDENTS.iter().find(|(incident, _, _)| *incident == name);
    let (_, _, property) = incident.expect("it is listed");
    assert_in_every_schedule(name, &[], *property);
    let mut sound = Runner::new(plans::plan(name, &[sound]));
    for run in 0..INCIDENT_RUNS {
        let outcome = sound.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
}

/// Violates the property in every schedule.
fn assert_in_every_schedule(name: &str, changes: &[&str], property: PropertyName) {
    let mut runner = Runner::new(plans::plan(name, changes));
    for run in 0..INCIDENT_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        let Verdict::Violated(violation) = outcome.verdict else {
            panic!("run {run}: {outcome:?}");
        };
        assert_eq!(violation.property(), property, "run {run}");
    }
}

/// A late write of an old plan, which is cleaned up: records go nowhere. Not every schedule is so slow. With the policy judged, some
/// go by the old plan before.
#[test]
fn dynamodb_dns_plans_an_old_plan_is_used_and_then_deleted() {
    let found = |changes: &[&str]| {
        let mut unsound = Runner::new(plans::plan("dynamodb-dns-plans", changes));
        let mut found: BTreeMap<PropertyName, u64> = BTreeMap::new();
        let mut events = Events::default();
        for run in 0..RANDOM_RUNS {
            let outcome = unsound.run(&mut Random::new(SEED), run, &mut events);
            let late = |event: &Event| {
                matches!(event, Event::Dns(dns::Event::PlanEnacted { plan: 1, instead_of: 2 }))
            };
            let is_late = events.all.iter().any(late);
            match outcome.verdict {
                Verdict::Violated(violation) => {
                    assert!(is_late, "run {run}: {violation}");
                    *found.entry(violation.property()).or_default() += 1;
                }
                Verdict::Holds => {}
                Verdict::Inconclusive(_) => panic!("run {run}: {outcome:?}"),
            }
        }
        println!("{found:?}");
        found.into_keys().collect::<Vec<PropertyName>>()
    };
    assert_eq!(found(&[]), [PropertyName::DeliveredAll]);
    // Records have no keys, so nothing is left out.
    let judged = "spec.leave_out=MonotoneVersion";
    assert_eq!(found(&[judged]), [PropertyName::RoutedByPolicy, PropertyName::DeliveredAll]);
    holds_with("dynamodb-dns-plans", &["dns.plans=conditional", judged], |run| {
        all_is_everywhere(run);
        ended_by_itself(run);
        let changed = |event: &&Event| {
            matches!(
                event,
                Event::Dns(dns::Event::PlanEnacted { .. })
                    | Event::Dns(dns::Event::PlanDeleted { .. })
            )
        };
        assert_eq!(run.events.all.iter().find(changed), None);
    });
}
