//! Rollouts: containers of two releases, records in two formats, and how containers stop.

use std::cell::Cell;

use active_active::model::event::fault;
use active_active::model::fault::FaultKind;
use active_active::model::{Event, container, queue};
use active_active::spec::PropertyName;

use super::support::*;

/// What consumes is rolled out before the new format is published.
const CONSUMERS_FIRST: &str = "script=deploy *@1,deploy *@2,publish 1,await delivered all";

/// A queue that gives up makes dead letters of what only the old release cannot read.
#[test]
fn a_rollout_makes_dead_letters_of_good_records() {
    let first = "script=publish 1,deploy *@1,deploy *@2,publish 2,await delivered all";
    assert_mended("rollout-dead-letters", &[first, "queue.max_receives=0"]);
    // In whichever order stages and regions come, as long as all come before the new format.
    let backwards = "script=publish 1,deploy notify@2,deploy ledger@*,deploy notify@1,publish 2";
    assert_eq!(found("rollout-dead-letters", &[backwards]), None);
    // One that is left out is enough.
    let but_one = "script=publish 1,deploy ledger@*,deploy notify@2,publish 2,await quiescent";
    assert_eq!(found("rollout-dead-letters", &[but_one]), Some(PropertyName::DeliveredAll));
    // Old containers are no trouble without a new format.
    assert_eq!(found("rollout-dead-letters", &["records.new_format_from=0"]), None);
    assert_eq!(found("rollout-dead-letters", &["topology.old_containers=0"]), None);
}

/// What the old release has queued is as good as what comes: to read both formats is one way, to wait for an empty queue the other.
#[test]
fn a_rollout_strands_what_the_old_release_has_queued() {
    let drained =
        "script=publish 1,await quiescent,deploy *@1,deploy *@2,publish 2,await delivered all";
    assert_mended("rollout-old-jobs", &["container.on_old_format=read", drained]);
    // A queue that does not give up is no way out: no container comes that could read them.
    let patient = ["queue.max_receives=0"];
    assert_eq!(found("rollout-old-jobs", &patient), Some(PropertyName::Settles));
    let drop = ["container.on_old_format=drop"];
    assert_eq!(found("rollout-old-jobs", &drop), Some(PropertyName::RemoveLast));
    // It is the format that is changed, not the release.
    assert_eq!(found("rollout-old-jobs", &["records.new_format_from=0"]), None);
}

/// The old release comes back, and cannot read what is queued: unless nothing is, or it goes again.
#[test]
fn a_rollback_strands_what_the_new_release_has_queued() {
    let kept = "script=publish 1,deploy *@1,deploy *@2,rollback *@1,rollback *@2,deploy *@1,deploy *@2,\
                publish 2,await delivered all";
    let drained = "script=publish 1,deploy *@1,deploy *@2,publish 2,await quiescent,rollback *@1,\
                   rollback *@2,await delivered all";
    assert_mended("rollback-unreadable", &[kept, drained]);
    let patient = ["queue.max_receives=0"];
    assert_eq!(found("rollback-unreadable", &patient), Some(PropertyName::Settles));
    let again = "script=publish 1,deploy *@1,deploy *@2,publish 2,await published batch 2,rollback *@1,\
                 rollback *@2,await sometime,deploy *@1,deploy *@2,await delivered all";
    assert_eq!(found("rollback-unreadable", &[again, patient[0]]), None);
    // One region is enough, and containers that all were of the new release.
    let one =
        "script=publish 1,publish 2,await published batch 2,rollback ledger@2,await delivered all";
    let one = [one, "topology.old_containers=0"];
    assert_eq!(found("rollback-unreadable", &one), Some(PropertyName::DeliveredAll));
}

#[test]
fn an_old_worker_completes_a_job_that_it_does_not_know() {
    assert_mended("rollout-unknown-job", &[CONSUMERS_FIRST, "container.on_new_format=give-back"]);
}

#[test]
fn an_old_node_drops_the_fields_that_it_does_not_know() {
    assert_mended("rollout-drops-fields", &[CONSUMERS_FIRST, "container.on_new_format=give-back"]);
}

#[test]
fn a_deployment_repeats_what_workers_have_half_done() {
    let fixes = ["container.on_stop=drain", "destination.dedupe=by-id"];
    assert_mended("deploy-repeats-jobs", &fixes);
}

/// A stop is a delivery that was not removed, which is what a queue counts.
#[test]
fn a_deployment_takes_an_attempt_from_what_it_interrupts() {
    let fixes = ["container.on_stop=drain", "queue.max_receives=0"];
    assert_mended("deploy-burns-attempts", &fixes);
}

/// A deployment brings a delivery back only from a container that stops at once, and to each schedule that has one it is
/// no trouble by default.
#[test]
fn a_container_that_drains_gives_no_delivery_back() {
    let returns = |on_stop: &str| {
        let returns = Cell::new(0);
        holds_with("deploy-repeats-jobs", &["destination.dedupe=by-id", on_stop], |run| {
            let is_return =
                |event: &Event| matches!(event, Event::Queue(queue::Event::Returned { .. }));
            returns.set(returns.get() + usize::from(run.events.all.iter().any(is_return)));
        });
        returns.get()
    };
    assert_eq!(returns("container.on_stop=drain"), 0);
    assert!(returns("container.on_stop=at-once") > 100);
}

/// Under every kind of schedule, records in the new format that old containers give back arrive when those are replaced;
/// a container that does not work is replaced by one that does.
#[test]
fn what_is_given_back_arrives_after_the_rollout() {
    let given_back = Cell::new(0);
    let stopped = "script=publish 1,crash ledger-container-1@1,pause ledger-container-1@2,\
                   deploy ledger@*,await delivered all";
    // Nothing is ever quiescent while no container can read what comes, and the script goes on all the same.
    let sometime = "script=publish 1,await sometime,deploy ledger@1,await sometime,deploy ledger@2,\
                    await delivered all";
    let designs: [&[&str]; 4] = [
        &["container.on_stop=drain"],
        &["container.on_stop=at-once"],
        &[stopped],
        &[sometime, "topology.old_containers=2"],
    ];
    for changes in designs {
        let changes = [&["container.on_new_format=give-back"], changes].concat();
        holds_with("rollout-unknown-job", &changes, |run| {
            all_is_everywhere(run);
            let is_back = |event: &Event| {
                matches!(event, Event::Container(container::Event::GaveBack { .. }))
            };
            given_back.set(given_back.get() + usize::from(run.events.all.iter().any(is_back)));
        });
    }
    let given_back = given_back.get();
    assert!(given_back > 100, "{given_back} runs have an old container that gives a record back");
}

/// A deployment is the end of whatever a container had: nothing else brings it back here, and nothing has to. The same where it
/// comes while what stops a container is on its way, and where the container could be recovered later.
#[test]
fn what_is_deployed_in_the_place_of_a_failed_container_works() {
    let failed = [
        "crash core-container@1,publish 1,await quiescent,deploy core@1",
        "pause core-container@1,publish 1,await quiescent,deploy core@1",
        "fail core-table@1,publish 1,await quiescent,recover core-table@1,deploy core@1",
        "fail core-table@1,publish 1,await sometime,recover core-table@1,deploy core@1",
        "fail inbound-queue@1,publish 1,await sometime,recover inbound-queue@1,deploy core@1",
        "fail outbound-queue@1,publish 1,await sometime,recover outbound-queue@1,deploy core@1",
        "publish 1,await sometime,pause core-container@1,deploy core@1,recover core-container@1",
    ];
    let system =
        ["topology.stages=core", "topology.containers=1", "records.batches=4", "heal=nothing"];
    for script in failed {
        let script = format!("script={script},await delivered all");
        for design in ["container.on_stop=drain", "container.on_stop=at-once", "container.batch=3"]
        {
            let changes = [&system[..], &[&script, design, "queue.delivery=fifo"]].concat();
            let changes = [&changes[..], &["destination.dedupe=by-id"]].concat();
            holds_with("deploy-repeats-jobs", &changes, |run| {
                all_is_everywhere(run);
                ended_by_itself(run);
            });
        }
    }
}

/// A fault of the budget that a deployment has ended is over: it is not ended again, and what is left of the budget can strike what
/// took the container's place.
#[test]
fn a_deployment_ends_a_fault_of_the_budget() {
    let restarted = Cell::new(0);
    let changes = [
        "topology.stages=core",
        "records.batches=4",
        "script=publish 1,await sometime,deploy core@*,await delivered all",
        "budget.crash=2",
        "budget.pause=2",
        "destination.dedupe=by-id",
        "container.on_stop=drain",
    ];
    holds_with("deploy-repeats-jobs", &changes, |run| {
        let events = &run.events.all;
        let in_vain = |event: &Event| {
            matches!(event, Event::Container(container::Event::NothingToRecover { .. }))
        };
        assert!(!events.iter().any(in_vain), "what was replaced is not recovered");
        let is_deployed = |pair: &[Event]| {
            let [first, second] = pair else { return false };
            is_fault(first, FaultKind::Deploy)
                && matches!(second, Event::Fault(fault::Event::Recovered { .. }))
        };
        restarted.set(restarted.get() + events.windows(2).filter(|pair| is_deployed(pair)).count());
    });
    let restarted = restarted.get();
    assert!(restarted > 100, "{restarted} containers were down when they were replaced");
}
