//! Consumers that hang, or take longer than the visibility timeout.

use active_active::explore::Strategy;
use active_active::explore::{
    Progress, Reached, Runner, SearchProgress, Sweep, Verdict, Verified, Verify,
};
use active_active::model::Event;
use active_active::model::container;
use active_active::model::container::State;
use active_active::plan::Plan;
use active_active::scheduler::{Random, RoundRobin};
use active_active::spec::PropertyName;

use super::support::*;

/// One of the two containers of a stage hangs, at any moment.
const ONE_OF_TWO_HANGS: &str = r#"
    name = "one-of-two-hangs"
    script = ["publish 1", "await sometime", "pause core-container-1@1", "await quiescent", "expect delivered 6"]
    topology.stages = ["core"]
    topology.containers = 2
    records.batches = [6]
"#;

/// Its delivery stayed with it without end, and a fifo queue hands out nothing else meanwhile: a false alarm.
/// The queue gives the record to the other container once its visibility timeout has passed.
#[test]
fn a_queue_does_not_wait_without_end_for_a_consumer_that_hangs() {
    for delivery in ["queue.delivery=fifo", "queue.delivery=standard"] {
        let coverage = holds_with(ONE_OF_TWO_HANGS, &[delivery], all_is_everywhere);
        assert!(coverage.runs(Reached::TimedOut) > RANDOM_RUNS / 2, "{delivery}");
    }
}

/// The same in every schedule there is.
#[test]
fn every_schedule_takes_over_from_a_consumer_that_hangs() {
    let script = ONE_OF_TWO_HANGS.replace("delivered 6", "delivered 1");
    let plan = plans::plan(&script, &["records.batches=1", "dns.weights=1,0"]);
    let report = Verify::new(plan).run(&SearchProgress::default());
    assert_eq!(report.verdict, Verified::Holds);
}

/// A consumer that is alone at its queue keeps its delivery: nothing would come of a timeout but the same
/// delivery again. So schedules of a system with one container a stage have no step more.
#[test]
fn no_machine_takes_over_from_the_only_consumer_of_a_queue() {
    let script = r#"
        name = "the-only-one-hangs"
        script = [
            "pause core-container@1",
            "publish 1",
            "await quiescent",
            "expect waiting inbound-queue@1 batch 1 records 6",
        ]
        topology.stages = ["core"]
        records.batches = [6]
        dns.weights = [1, 0]
    "#;
    let mut runner = Runner::new(plans::plan(script, &[]));
    for run in 0..INCIDENT_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
    }
    assert_eq!(runner.coverage().runs(Reached::TimedOut), 0);
}

/// `max_receives` counts every delivery, those included that timed out: after one to a consumer that hangs
/// the record is a dead letter.
#[test]
fn a_delivery_that_timed_out_counts_as_a_receive() {
    let script = r#"
        name = "one-receive"
        script = [
            "pause core-container-1@1",
            "publish 1",
            "await quiescent",
            "expect dead-lettered 1",
            "redrive *",
            "await delivered all",
        ]
        topology.stages = ["core"]
        topology.containers = 2
        records.batches = [1]
        dns.weights = [1, 0]
        queue.max_receives = 1
    "#;
    // In a fair schedule the first container is the first to ask.
    let fair = |plan| Runner::new(plan).run(&mut RoundRobin::default(), 0, &mut ()).verdict;
    assert_eq!(fair(plans::plan(script, &[])), Verdict::Holds);
    let Verdict::Violated(violation) = fair(plans::plan(script, &["queue.max_receives=2"])) else {
        panic!("the second receive is allowed");
    };
    assert_eq!(violation.property(), PropertyName::Expectation);
}

/// Deliveries of fifo queues time out while their containers work on them.
const SLOW_CONSUMERS: &str = r#"
    name = "slow-consumers"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["core"]
    topology.containers = 2
    records.batches = [6]
    budget.visibility_timeout = 4
"#;

/// A fifo queue refuses a remove that comes after the timeout. The container took that for a failed
/// dependency and stopped; its work is done, and it goes on.
#[test]
fn a_container_whose_receipt_has_expired_goes_on() {
    for containers in ["topology.containers=1", "topology.containers=2"] {
        let coverage = holds_with(SLOW_CONSUMERS, &[containers], |run| {
            all_is_everywhere(run);
            ended_by_itself(run);
            let stopped = |event: &Event| {
                matches!(
                    event,
                    Event::Container(container::Event::Became {
                        state: State::FailedDependency,
                        ..
                    })
                )
            };
            assert!(!run.events.all.iter().any(stopped), "{containers}");
        });
        assert!(coverage.runs(Reached::StaleRemove) > 0, "{containers}");
        assert_eq!(coverage.runs(Reached::DependencyFailed), 0, "{containers}");
    }
}

/// A slow container stores its record after the other one has stored the next record of the same key. By
/// the time of its write that is the newest; by its version it is not.
#[test]
fn a_store_after_the_visibility_timeout_shows_an_old_version() {
    let keyed = ["records.keys=1", "dns.weights=1,0"];
    let find = |changes: &[&str]| {
        let plan = plans::plan(SLOW_CONSUMERS, &[&keyed, changes].concat());
        let prepared = Strategy::Portfolio.prepare(&plan, SEED);
        let sweep = Sweep { plan, runs: RANDOM_RUNS, threads: 1, steps_max: u64::MAX };
        let report = sweep.run(|| prepared.scheduler(), &Progress::default());
        report.violation.map(|(_, violation)| violation.property())
    };
    assert_eq!(find(&[]), Some(PropertyName::MonotoneVersion));
    assert_eq!(find(&["budget.visibility_timeout=0"]), None, "it takes a timeout");
    assert_eq!(find(&["table.conflict=version-checked"]), None, "the version counts");
}

/// Only the order is what fifo queues keep.
#[test]
fn the_order_of_a_fifo_queue_is_not_in_the_budget() {
    let scenario = active_active::scenario::Scenario::parse(SLOW_CONSUMERS).expect("it is valid");
    let mut reordered = scenario.clone();
    reordered.budget.reorder = 1;
    assert!(Plan::new(&scenario).is_ok());
    let problem = Plan::new(&reordered).expect_err("a fifo queue keeps the order");
    assert!(problem.to_string().contains("a fifo queue keeps the order"), "{problem}");
}

/// A log hears nothing of a member that is paused, and takes its partitions away; the member goes on with what it held, and joins again
/// behind the last commit. One consumer alone kept what it held, so nothing came twice.
#[test]
fn a_paused_consumer_of_a_log_gets_again_what_it_had_not_committed() {
    const PAUSED: &str = r#"
        name = "paused"
        script = ["publish 1", "await delivered all"]
        topology.stages = ["only"]
        records.batches = [2]
        dns.weights = [1, 0]
        queue.delivery = "log"
        budget.pause = 1
    "#;
    let twice = "destination.dedupe=none";
    assert_eq!(found(PAUSED, &[twice]), Some(PropertyName::EffectOnce));
    assert_eq!(found(PAUSED, &[twice, "budget.pause=0"]), None);
    let small = plans::plan(PAUSED, &["records.batches=1", twice]);
    assert_eq!(found_in_every_order(&small, true), Some(PropertyName::EffectOnce));
    holds_with(PAUSED, &[], all_is_everywhere);
}
