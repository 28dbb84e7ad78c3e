//! Containers that receive several records at a time: what a batch is, what becomes of one of which a record fails, and
//! what brings all of it back.

use std::cell::Cell;

use active_active::explore::{Reached, Runner, Verdict};
use active_active::model::{Event, container, queue};
use active_active::plan::Plan;
use active_active::scenario::Override;
use active_active::scheduler::Random;
use active_active::spec::PropertyName;

use super::support::*;

/// One stage, whose containers receive up to three records at a time.
const BATCHED: &str = r#"
    name = "batched"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    records.batches = [6]
    container = { batch = 3, on_dependency_failure = "give-back" }
"#;

fn came_along(event: &Event) -> bool {
    matches!(event, Event::Container(container::Event::CameAlong { .. }))
}

/// Batches are received, fail, time out and are lost in the middle; all arrives, once everywhere, and nothing is left.
#[test]
fn batches_hold_under_every_scheduler() {
    let (batched, most) = (Cell::new(0u64), Cell::new(0usize));
    let coverage = holds_under_every_scheduler("batched-anywhere", |run| {
        all_is_everywhere(run);
        let count = run.events.all.iter().filter(|event| came_along(event)).count();
        batched.set(batched.get() + u64::from(count > 0));
        most.set(most.get().max(count));
    });
    assert!(batched.get() > RANDOM_RUNS / 2, "batches come in {} runs", batched.get());
    assert!(most.get() > 10, "{}", most.get());
    for what in [
        Reached::Batched,
        Reached::GaveBack,
        Reached::GaveBackTogether,
        Reached::TimedOut,
        Reached::StaleRemove,
        Reached::Redelivery,
        Reached::DuplicateAbsorbed,
    ] {
        assert!(coverage.runs(what) > RANDOM_RUNS / 50, "{}: {}", what.text(), coverage.runs(what));
    }
    let removed = ["container.on_batch_failure=removed"];
    assert_eq!(found("batched-anywhere", &removed), Some(PropertyName::RemoveLast));
}

/// A batch of one is what it is without batches: no event is of several.
#[test]
fn a_container_that_receives_one_knows_no_batch() {
    holds_with(BATCHED, &["container.batch=1"], |run| {
        assert!(!run.events.all.iter().any(came_along));
    });
    let largest = Cell::new(0);
    holds_with(BATCHED, &["container.batch=10", "dns.weights=1,0"], |run| {
        let mut with_it = 0;
        for event in &run.events.all {
            if came_along(event) {
                with_it += 1;
            } else if let Event::Queue(queue::Event::Removed { .. }) = event {
                with_it = 0;
            }
            largest.set(largest.get().max(with_it));
        }
    });
    // It has asked before the first record comes, and gets that alone.
    assert_eq!(largest.get(), 4, "five records at a time");
}

/// A poison record sends its batch back until good records are dead letters; a standard queue whose consumer gives back the
/// one that failed parks that one alone. A fifo queue does not: what goes back behind it is counted, too.
#[test]
fn one_poison_record_makes_dead_letters_of_its_batch() {
    let back = "container.on_batch_failure=failed-back";
    assert_mended("poisoned-batch", &[]);
    holds_with("poisoned-batch", &[back], |run| {
        let dead = run
            .events
            .all
            .iter()
            .filter(|event| matches!(event, Event::Queue(queue::Event::DeadLettered { .. })));
        assert_eq!(dead.count(), 1, "the poison record alone is parked");
    });
    // Of one record at a time nothing else goes back.
    let one = ["container.batch=1", back];
    holds_with("poisoned-batch", &one, |_| {});
    let fifo = ["queue.delivery=fifo", back];
    assert_eq!(found("poisoned-batch", &fifo), Some(PropertyName::DeliveredAll));
    for mended in ["queue.groups=by-record", "container.batch=1"] {
        assert_eq!(found("poisoned-batch", &[&fifo[..], &[mended]].concat()), None, "{mended}");
    }
    let unlimited = "queue.parked_max=unlimited";
    holds_with("poisoned-batch", &[fifo[0], back, unlimited], |_| {});
    // Those in front of it were processed, and come again.
    let twice = ["destination.dedupe=none", "records.poison=5"];
    let is_twice = |(property, _): &(PropertyName, String)| *property == PropertyName::EffectOnce;
    assert!(violations("poisoned-batch", &twice).any(|one| is_twice(&one)));
    holds_with("poisoned-batch", &[twice[0], twice[1], back], |_| {});
    let (_, why) = violations("poisoned-batch", &[]).next().expect("it is unsound");
    assert!(why.contains("gives the whole batch back"), "{why}");
    let (_, why) = violations("poisoned-batch", &fifo).next().expect("it is unsound");
    assert!(why.contains("those of its group behind it"), "{why}");
}

/// Behind one that is refused the others of its group wait; where they do not, they overtake it.
#[test]
fn what_is_behind_a_failed_record_overtakes_it_or_goes_back() {
    let refused = ["budget.refuse=2"];
    let with = |changes: &[&'static str]| [&refused[..], changes].concat();
    holds_with(BATCHED, &with(&[]), all_is_everywhere);
    let only = "container.on_batch_failure=failed-only-back";
    let out = "script=fail only-table@1,publish 1,await sometime,recover only-table@1,await delivered all";
    let of_table = |changes: &[&'static str]| found(BATCHED, &[&[only, out], changes].concat());
    assert_eq!(of_table(&[]), Some(PropertyName::RegionFifo));
    assert_eq!(
        found(BATCHED, &with(&[only, "dns.weights=1,0", "spec.leave_out=RegionFifo"])),
        Some(PropertyName::InOrder)
    );
    // One that is tried again where it stands overtakes nothing.
    assert_eq!(found(BATCHED, &with(&[only, "container.retries=2"])), None);
    assert_eq!(found(BATCHED, &[only]), None);
    // What was processed comes again, and has its effect once.
    let all = "container.on_batch_failure=all-back";
    assert_eq!(found(BATCHED, &with(&[all])), None);
    let removed = "container.on_batch_failure=removed";
    assert_eq!(found(BATCHED, &with(&[removed])), Some(PropertyName::RemoveLast));
    let lost = found(BATCHED, &with(&[removed, "spec.leave_out=RemoveLast"]));
    assert_eq!(lost, Some(PropertyName::NeverLost));
}

/// A key keeps its order, though containers receive records of several keys at a time.
#[test]
fn groups_keep_their_order_in_batches() {
    let keyed = [
        "records.keys=3",
        "records.batches=9",
        "topology.containers=2",
        "dns.weights=1,0",
        "queue.groups=by-key",
        "budget.refuse=2",
        "container.restart=always",
    ];
    let with = |changes: &[&'static str]| [&keyed[..], changes].concat();
    assert_eq!(found(BATCHED, &with(&[])), None);
    let only = with(&["container.on_batch_failure=failed-only-back"]);
    assert_eq!(found(BATCHED, &only), Some(PropertyName::MonotoneVersion));
    assert_eq!(
        found(BATCHED, &with(&["queue.groups=by-record"])),
        Some(PropertyName::MonotoneVersion)
    );
}

/// With an outbox, a service, fan-out, and settings of one stage; and whatever else takes records from a queue.
#[test]
fn batches_hold_in_other_designs() {
    let faults =
        ["budget.crash=2", "budget.lost_reply=2", "budget.refuse=2", "container.restart=always"];
    let with = |changes: &[&'static str]| [&faults[..], changes].concat();
    let two = "topology.stages=inbound,core";
    let designs: [&[&str]; 9] = [
        &["container.steps=store,remove"],
        &["container.steps=store,call,publish,remove"],
        &["container.steps=call,store,remove"],
        &[two, "stage.inbound.to=core,destination"],
        &[
            two,
            "stage.inbound.to=core,destination",
            "stage.inbound.route=by-key",
            "records.keys=2",
            "table.conflict=version-checked",
            "destination.versions=checked",
        ],
        &[two, "stage.core.container.batch=1", "stage.inbound.container.batch=10"],
        &["queue.delivery=standard", "budget.reorder=2", "budget.visibility_timeout=2"],
        &["queue.deduplication=by-record", "budget.deduplication_window=1"],
        &["queue.capacity=4", "store.default=aurora"],
    ];
    for design in designs {
        assert_eq!(found(BATCHED, &with(design)), None, "{design:?}");
    }
}

/// A container of the old release finishes its batch; the next one is for the new release.
#[test]
fn a_rollout_finishes_batches() {
    for on_stop in ["container.on_stop=drain", "container.on_stop=at-once"] {
        let changes = [
            "script=publish 1,deploy *@1,deploy *@2,await delivered all",
            "topology.old_containers=1",
            "records.new_format_from=3",
            on_stop,
        ];
        holds_with(BATCHED, &changes, all_is_everywhere);
    }
}

/// Every schedule of two records in one batch, without reduction.
fn assert_every_schedule_is_searched(designs: &[(&[&str], Option<PropertyName>)]) {
    for &(design, property) in designs {
        // The first one comes alone, unless its container has to ask again.
        let small = ["records.batches=2", "dns.weights=1,0", "container.batch=2"];
        let plan = plans::plan(BATCHED, &[&small[..], design].concat());
        assert_eq!(found_in_every_order(&plan, true), property, "{design:?}");
    }
}

const REFUSE: &str = "budget.refuse=1";

#[test]
fn every_schedule_of_a_batch_is_searched() {
    let removed = "container.on_batch_failure=removed";
    assert_every_schedule_is_searched(&[
        (&[], None),
        (&["budget.crash=1"], None),
        (&[REFUSE, removed], Some(PropertyName::RemoveLast)),
    ]);
}

#[test]
#[ignore = "long: cargo test --test suite -- --ignored"]
fn every_schedule_of_a_batch_in_more_designs_is_searched() {
    assert_every_schedule_is_searched(&[
        (&[REFUSE], None),
        (&["budget.lost_reply=1"], None),
        (&["budget.visibility_timeout=1"], None),
        (&["queue.delivery=standard", REFUSE], None),
        (&[REFUSE, "container.on_batch_failure=all-back"], None),
    ]);
}

/// What makes no sense says so, with the key and what would.
#[test]
fn what_has_no_batches_is_refused() {
    let refused = |changes: &[&str]| {
        let overrides: Vec<Override> =
            changes.iter().map(|change| change.parse().expect("KEY=VALUE")).collect();
        let error = Plan::load(BATCHED, "batched", &overrides).expect_err("it is refused");
        (error.key.clone().unwrap_or_default(), error.to_string())
    };
    let is = |changes: &[&str], key: &str, why: &str, remedy: &str| {
        let (found, text) = refused(changes);
        assert_eq!(found, key, "{text}");
        assert!(text.contains(why) && text.contains(remedy), "{text}");
    };
    is(&["queue.delivery=log"], "container.batch", "commits positions", "fifo or standard");
    is(&["container.batch=11"], "container.batch", "11", "10");
    is(&["container.batch=0"], "container.batch", "0", "1");
    is(&["stage.only.container.batch=12"], "stage.only.container.batch", "12", "10");
    let one = ["container.batch=1", "container.on_batch_failure=removed"];
    is(&one, "container.on_batch_failure", "one record at a time", "set container.batch");
    let standard = ["queue.delivery=standard", "container.on_batch_failure=failed-only-back"];
    is(&standard, "container.on_batch_failure", "keep no order", "failed-back");
}

/// What is violated in random runs, and why.
fn violations(name: &str, changes: &[&str]) -> impl Iterator<Item = (PropertyName, String)> {
    let mut runner = Runner::new(plans::plan(name, changes));
    (0..INCIDENT_RUNS).filter_map(move |run| {
        match runner.run(&mut Random::new(SEED), run, &mut ()).verdict {
            Verdict::Violated(one) => Some((one.property(), one.because.join("\n"))),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        }
    })
}
