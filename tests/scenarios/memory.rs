//! What is kept in memory, and gone when that fails which keeps it.

use active_active::explore::{Reached, Runner};
use active_active::scheduler::Random;
use active_active::spec::PropertyName;

use super::support::*;

/// A queue that fails loses what it holds, and not what it took later; what is durable stays.
#[test]
fn a_broker_that_is_restarted_loses_what_is_in_memory() {
    let durable = "queue.storage=durable";
    assert_mended("broker-restart", &[durable]);
    // It takes the failure of that queue: the others lose nothing.
    let elsewhere = "stage.inbound.queue.storage=in-memory";
    assert_eq!(found("broker-restart", &[durable, elsewhere]), None);
    let there = "stage.core.queue.storage=in-memory";
    assert_eq!(found("broker-restart", &[durable, there]), Some(PropertyName::NeverLost));
    let nothing_fails = "script=publish 1,await delivered all";
    assert_eq!(found("broker-restart", &[nothing_fails]), None);
    // The scheduler finds the moment by itself, an outage is a failure, too, and dead letters are no safer.
    for budget in ["budget.fail=1", "budget.outage=1"] {
        let changes = [nothing_fails, budget];
        assert_eq!(found("broker-restart", &changes), Some(PropertyName::NeverLost), "{budget}");
        assert_eq!(found("broker-restart", &[durable, nothing_fails, budget]), None, "{budget}");
    }
}

/// It is dead letters that are gone: nothing else is in a queue when it fails.
#[test]
fn dead_letters_in_memory_are_gone_as_well() {
    let script = "script=publish 1,await delivered all,fail inbound-queue*,recover inbound-queue*,await quiescent";
    let parked = ["records.poison=1", "queue.max_receives=2", "queue.dead_letters=parked"];
    let changes = [&parked[..], &[script]].concat();
    assert_eq!(found("broker-restart", &changes), Some(PropertyName::NeverLost));
    assert_eq!(found("broker-restart", &[&changes[..], &["queue.storage=durable"]].concat()), None);
}

/// A delivery was on offer to time out after the queue had failed and had lost it with all else: the run ended in a panic. Nothing
/// that is lost is judged here, so that runs go on after that.
#[test]
fn what_was_in_memory_does_not_time_out_any_more() {
    let changes = [
        "script=publish 1,await delivered all",
        "spec.leave_out=NeverLost,DeliveredAll,Drained,StoredEverywhere",
        "queue.delivery=standard",
        "budget.fail=2",
        "budget.visibility_timeout=3",
    ];
    let (mut runner, mut timed_out) = (Runner::new(plans::plan("broker-restart", &changes)), 0);
    for run in 0..1_000 {
        runner.run(&mut Random::new(1), run, &mut ());
        timed_out = runner.coverage().runs(Reached::TimedOut);
    }
    assert!(timed_out > 100, "in {timed_out} of 1,000 runs deliveries time out");
}
