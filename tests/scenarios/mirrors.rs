//! Logs that are mirrored in another region: what goes on there when a region is lost, where its consumers begin, and what is skipped.

use std::cell::Cell;
use std::collections::BTreeSet;

use active_active::explore::Reached;
use active_active::model::event::fault;
use active_active::model::{Event, QueueId, RecordId, RegionId, destination, queue, source};
use active_active::plan::Plan;
use active_active::scenario::{LossLimit, Override};
use active_active::spec::PropertyName;

use super::support::*;

/// One stage, whose logs are mirrored.
const MIRRORED: &str = r#"
    name = "mirrored"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    records.batches = [1]
    queue = { delivery = "log", mirror = "asynchronous" }
    budget.lose_region = 1
    rpo.records = "unlimited"
"#;

/// What a run did at the loss of region 1, as its events tell it.
#[derive(Default)]
struct Failover {
    /// What the mirrors in region 2 had when the region was lost: of which log, and which record.
    mirrored: BTreeSet<(QueueId, RecordId)>,
    taken_over: BTreeSet<(QueueId, RecordId)>,
    accepted: BTreeSet<RecordId>,
    /// What was at the destination when the region was lost.
    arrived_before: BTreeSet<RecordId>,
    arrived: BTreeSet<RecordId>,
}

impl Failover {
    fn of(run: &Run<'_>) -> Failover {
        let mut seen = Failover::default();
        let mut lost = false;
        for event in &run.events.all {
            match *event {
                Event::Queue(queue::Event::Mirrored { queue, copy }) if !lost => {
                    seen.mirrored.insert((queue, copy.id));
                }
                Event::Queue(queue::Event::PositionMirrored { queue, record }) if !lost => {
                    seen.mirrored.remove(&(queue, record));
                }
                Event::Queue(queue::Event::TookOver { queue, copy }) => {
                    seen.taken_over.insert((queue, copy.id));
                }
                Event::Source(source::Event::Accepted { record }) => {
                    seen.accepted.insert(record);
                }
                Event::Destination(destination::Event::Arrived { copy, .. }) => {
                    seen.arrived.insert(copy.id);
                    if !lost {
                        seen.arrived_before.insert(copy.id);
                    }
                }
                Event::Fault(fault::Event::LossEnded { .. }) => lost = true,
                Event::Source(_)
                | Event::Dns(_)
                | Event::Queue(_)
                | Event::Container(_)
                | Event::Table(_)
                | Event::Replicator(_)
                | Event::Service(_)
                | Event::Fault(_)
                | Event::ExpectationFailed { .. } => {}
            }
        }
        let layout = &run.simulation.plan().layout;
        seen.mirrored.retain(|&(queue, _)| layout.queue_place(queue).0 == RegionId(1));
        seen
    }
}

/// How many accepted records do not arrive since a loss took them.
fn undelivered(run: &Run<'_>) -> usize {
    run.outcome.lost.undelivered.len()
}

/// All that a mirror had and was not known to be committed goes on in the other region, and arrives; of that, some was processed
/// before. What is lost is what no mirror had.
#[test]
fn what_is_mirrored_goes_on_in_the_other_region() {
    let again = Cell::new(0u64);
    let coverage = holds_under_every_scheduler("mirrored-log", |run| {
        let seen = Failover::of(run);
        assert_eq!(seen.taken_over, seen.mirrored);
        let records: BTreeSet<RecordId> = seen.mirrored.iter().map(|&(_, record)| record).collect();
        assert!(records.is_subset(&seen.arrived), "{records:?} of {:?}", seen.arrived);
        let lost: Vec<&RecordId> = seen.accepted.difference(&seen.arrived).collect();
        assert_eq!(lost.len(), undelivered(run));
        again.set(again.get() + u64::from(!records.is_disjoint(&seen.arrived_before)));
    });
    assert!(again.get() > RANDOM_RUNS / 20, "{}", again.get());
    for what in [Reached::TookOver, Reached::Destroyed, Reached::DuplicateAbsorbed] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 10, "{}: {}", what.text(), coverage.runs(what));
    }
}

/// Without positions all that was ever mirrored is processed again, and has one effect.
#[test]
fn what_was_processed_before_comes_again_from_the_first_record() {
    let earliest = "queue.positions_at_failover=earliest";
    let all = Cell::new(0u64);
    holds_with("mirrored-log", &[earliest], |run| {
        let seen = Failover::of(run);
        assert_eq!(seen.taken_over, seen.mirrored, "no position is mirrored");
        all.set(all.get() + u64::from(!seen.arrived_before.is_empty()));
    });
    assert!(all.get() > RANDOM_RUNS / 10, "{}", all.get());
    let counted = [earliest, "destination.dedupe=none"];
    assert_eq!(found("mirrored-log", &counted), Some(PropertyName::EffectOnce));
}

/// What was mirrored and not processed is in no log that is read. It is not excused by the loss, whether or not that is declared.
#[test]
fn what_is_skipped_is_lost_though_it_was_mirrored() {
    let latest = "queue.positions_at_failover=latest";
    assert_eq!(found("mirrored-log", &[latest]), Some(PropertyName::NeverLost));
    assert_eq!(found(MIRRORED, &[latest]), Some(PropertyName::NeverLost));
    let left_out = [latest, "spec.leave_out=NeverLost"];
    assert_eq!(found("mirrored-log", &left_out), Some(PropertyName::DeliveredAll));
    // Of one stage only.
    let one = ["stage.core.queue.positions_at_failover=latest"];
    assert_eq!(found("mirrored-log", &one), Some(PropertyName::NeverLost));
    assert_eq!(found(MIRRORED, &[latest, "budget.lose_region=0"]), None);
}

/// A loss takes the record out of the log that leads to the destination, and a mirror has it of the log that leads to the other end:
/// what is lost is declared, and what was mirrored goes on to its end.
#[test]
fn a_loss_ends_one_way_and_another_goes_on_from_a_mirror() {
    for to in [r#"["destination", "b"]"#, r#"["b", "destination"]"#] {
        let parted = format!(
            r#"
            name = "parted"
            script = ["publish 1"]
            topology.stages = ["a", "b"]
            records.batches = [2]
            queue = {{ delivery = "log", mirror = "asynchronous" }}
            stage.a.to = {to}
            stage.b.to = []
            budget.lose_region = 1
            rpo.records = "unlimited"
            "#
        );
        holds_with(&parted, &[], |_| ());
        // None of it is declared.
        assert_eq!(found(&parted, &["rpo.records=0"]), Some(PropertyName::WithinRpo));
        let skipped = ["queue.positions_at_failover=latest"];
        assert_eq!(found(&parted, &skipped), Some(PropertyName::NeverLost));
    }
}

/// A mirror that is behind loses what is on its way; without one all that the logs of the region have is lost.
#[test]
fn a_mirror_lessens_what_is_lost_and_does_not_end_it() {
    let lost = |changes: &[&str]| {
        let lost = Cell::new(0);
        holds_with("mirrored-log", changes, |run| {
            lost.set(lost.get() + undelivered(run));
        });
        lost.get()
    };
    let (with, without) = (lost(&[]), lost(&["queue.mirror=none"]));
    assert!(0 < with && 2 * with < without, "{with} of {without}");
    let plan = plans::plan("mirrored-log", &["rpo.records=0"]);
    assert_eq!(plan.scenario().rpo.records, LossLimit::AtMost(0));
    assert_eq!(found("mirrored-log", &["rpo.records=0"]), Some(PropertyName::WithinRpo));
}

/// A log that has failed writes nothing, no copy of another log either: what it missed comes when it has recovered, in its order, and is
/// lost with its log until then. It wrote copies in a region that was out, so a loss that followed was none.
#[test]
fn a_mirror_that_has_failed_has_no_copy() {
    let script = |fault: &str, then: &str| {
        format!(
            "script={fault},weights 1 0,pause only-container@1,publish 1,await quiescent,{then}"
        )
    };
    let none = ["budget.lose_region=0", "rpo.records=0"];
    for fault in ["outage @2", "fail inbound-queue@2"] {
        let lost = script(fault, "lose @1,recover *,await delivered all");
        let lost = [&none[..], &[&lost]].concat();
        assert_eq!(found(MIRRORED, &lost), Some(PropertyName::WithinRpo), "{fault}");
        let late = script(fault, "recover *@2,await quiescent,lose @1,await delivered all");
        assert_eq!(found(MIRRORED, &[&none[..], &[&late]].concat()), None, "{fault}");
    }
    let every = [none[0], none[1], "records.batches=1"];
    let lost = script("outage @2", "lose @1,recover *,await delivered all");
    let plan = plans::plan(MIRRORED, &[&every[..], &[&lost]].concat());
    assert_eq!(found_in_every_order(&plan, true), Some(PropertyName::WithinRpo));
    holds_with("mirrored-log", &["budget.outage=1", "budget.fail=2"], |_| {});
}

/// A copy in a mirror is none that a record goes on from: a log that lets go of a record too early is caught as without one.
#[test]
fn a_mirror_hides_no_record_that_its_log_lost() {
    let mirror = "queue.mirror=asynchronous";
    let early = [mirror, "spec.leave_out=RemoveLast"];
    assert_eq!(found("committed-early", &early), Some(PropertyName::NeverLost));
    assert_eq!(found("committed-past", &[mirror]), Some(PropertyName::RemoveLast));
    let paused = "script=pause only-container@1,publish 1,await delivered all";
    let lags = [paused, "budget.expire=1", "budget.lose_region=0", "dns.weights=1,0"];
    assert_eq!(found(MIRRORED, &lags), Some(PropertyName::NeverLost));
}

/// Three regions, two of which are lost one after the other; a mirror that is lost is not replaced. Keys, several ways, and crashes.
#[test]
fn mirrors_hold_in_other_shapes() {
    let many = ["records.batches=6", "topology.regions=3", "budget.lose_region=2"];
    let fan_out = [
        "queue.delivery=log",
        "queue.mirror=asynchronous",
        "budget.lose_region=1",
        "rpo.records=unlimited",
        "budget.visibility_timeout=0",
    ];
    for positions in ["mirrored", "earliest"] {
        let positions = format!("queue.positions_at_failover={positions}");
        let with = |changes: &[&'static str]| [changes, &[&*positions]].concat();
        let coverage = holds_with(MIRRORED, &with(&many), |_| {});
        assert!(coverage.runs(Reached::TookOver) > RANDOM_RUNS / 10);
        let coverage = holds_with("fan-out-anywhere", &with(&fan_out), |_| {});
        assert!(coverage.runs(Reached::TookOver) > RANDOM_RUNS / 10);
        let logs = ["queue.mirror=asynchronous", "budget.lose_region=1", "rpo.records=unlimited"];
        let coverage = holds_with("log-anywhere", &with(&logs), |_| {});
        assert!(coverage.runs(Reached::TookOver) > RANDOM_RUNS / 10);
    }
}

/// A region that is not lost takes nothing over, and a mirror changes nothing of what its own region does.
#[test]
fn nothing_is_taken_over_without_a_loss() {
    let none = ["budget.lose_region=0", "records.batches=6"];
    let takes_over = |event: &Event| matches!(event, Event::Queue(queue::Event::TookOver { .. }));
    let coverage = holds_with(MIRRORED, &none, |run| {
        all_is_everywhere(run);
        assert!(!run.events.all.iter().any(takes_over));
        let mirrors = run.simulation.plan().layout.queues() as u16;
        let queues = (0..mirrors).map(|id| run.simulation.queue(QueueId(id)));
        assert!(queues.into_iter().all(queue::Queue::is_empty));
    });
    assert_eq!(coverage.runs(Reached::TookOver), 0);
    // Order is promised where no region can be lost.
    for (changes, promised) in [(&none[..], true), (&[], false)] {
        let plan = plans::plan(MIRRORED, changes);
        assert_eq!(PropertyName::RegionFifo.not_applicable(&plan).is_none(), promised);
    }
}

/// What a region takes over of another one has not been led there: it is bypassed by what its name is kept from.
#[test]
fn a_region_that_takes_over_is_bypassed_all_the_same() {
    let script = "script=offline in-dns@2,publish 1,await quiescent,lose @1,expect bypassed @2 batch 1,recover in-dns@2,\
                  await delivered all,expect delivered 4";
    let stopped = "script=offline in-dns@2,pause only-container@1,publish 1,await quiescent,lose @1,\
                   expect bypassed @2 batch 1,recover in-dns@2,await delivered all,expect delivered 4";
    let changes = ["budget.lose_region=0", "records.batches=4"];
    for (script, positions) in [(stopped, "mirrored"), (stopped, "earliest"), (script, "earliest")]
    {
        let positions = format!("queue.positions_at_failover={positions}");
        let changes = [&changes[..], &[script, &*positions]].concat();
        let coverage = holds_with(MIRRORED, &changes, |run| assert_eq!(undelivered(run), 0));
        reached_in_every_run(&coverage, &[Reached::TookOver]);
    }
}

/// What contradicts a mirror says so, and what to write instead.
#[test]
fn a_mirror_without_a_log_is_refused() {
    let refused: [(&[&str], &str, &str); 3] = [
        (&["queue.delivery=fifo"], "only a log is mirrored", "queue.delivery = \"log\""),
        (&["queue.delivery=standard"], "only a log is mirrored", "queue.delivery = \"log\""),
        (
            &["queue.mirror=none", "queue.positions_at_failover=latest"],
            "the log is not mirrored",
            "queue.mirror = \"asynchronous\"",
        ),
    ];
    for (changes, why, remedy) in refused {
        let overrides: Vec<Override> =
            changes.iter().map(|change| change.parse().expect("it is a change")).collect();
        let error = Plan::load(MIRRORED, "test", &overrides).map(|_| ());
        let text = error.expect_err("it contradicts itself").to_string();
        assert!(text.contains(why) && text.contains(remedy), "{text}");
    }
}

/// All orders of a mirrored log are searched, none of which is taken for another: no steps are known to commute.
#[test]
fn mirrored_logs_are_searched_in_every_order() {
    let latest = "queue.positions_at_failover=latest";
    let at_intervals = "queue.commit=at-intervals";
    let designs: [(&[&str], Option<PropertyName>); 5] = [
        (&[], None),
        (&["queue.positions_at_failover=earliest"], None),
        (&[latest], Some(PropertyName::NeverLost)),
        (&[latest, at_intervals], Some(PropertyName::NeverLost)),
        (&["rpo.records=0"], Some(PropertyName::WithinRpo)),
    ];
    let lost = ["script=publish 1,await sometime,lose @1", "budget.lose_region=0"];
    for (design, property) in designs {
        let plan = plans::plan(MIRRORED, &[&["dns.weights=1,0"], &lost[..], design].concat());
        assert_eq!(found_in_every_order(&plan, true), property, "{design:?}");
    }
}
