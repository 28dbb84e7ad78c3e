//! Every built-in scenario, under every scheduler, and what its header says must be seen.

use std::sync::Arc;

use active_active::explore::{Reached, Runner};
use active_active::scenario::builtin;
use active_active::scheduler::Random;

mod active_passive;
mod anywhere;
mod aurora;
mod batches;
mod confirmed;
mod dual_writes;
mod effects;
mod forgotten;
mod gone;
mod hanging;
mod healing;
mod incidents;
mod links;
mod logs;
mod losses;
mod memory;
mod mirrors;
mod moved_outbox;
use crate::common::plans;
mod published;
mod relays;
mod restarts;
mod retention;
mod rollouts;
mod routes;
mod shapes;
mod stages;
mod support;
mod timeouts;

use support::*;

/// Whatever a scenario can reach, some of a thousand random runs do reach, except where the
/// scenario itself takes care that it does not happen.
#[test]
fn every_scenario_reaches_all_that_it_can() {
    let mut wrong = Vec::new();
    for (name, _) in builtin::ALL {
        let mut runner = Runner::new(plans::plan(name, &[]));
        for run in 0..RANDOM_RUNS {
            runner.run(&mut Random::new(SEED), run, &mut ());
        }
        let plan = Arc::clone(runner.simulation().plan());
        for &what in Reached::ALL {
            let runs = runner.coverage().runs(what);
            let expected = what.is_possible(&plan) && !is_avoided(name, what);
            if (runs > 0) != expected {
                wrong.push(format!("{name}: {} in {runs} runs", what.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a scenario takes care to avoid: `failover` waits until region 1 has drained, so that nothing
/// is in flight when it goes offline, and the health checks' ones do the same; replication has nothing
/// to do while F2's table is down; the containers of a region that is out are dead, and meet nobody; a
/// writer has nothing to lose when all that it wrote is replicated.
fn is_avoided(name: &str, what: Reached) -> bool {
    match name {
        "failover"
        | "health-failover"
        | "recovery-objectives"
        | "primary-failover"
        | "workload1-failover"
        | "active-passive-failover" => {
            let in_flight = [Reached::Redelivery, Reached::DuplicateAbsorbed, Reached::Returned];
            // The writer is where the active region is, before and after.
            let forwards = name == "active-passive-failover" && what == Reached::WriteForwarded;
            in_flight.contains(&what) || forwards
        }
        "f2-fail-database" | "active-passive-f2-fail-database" => what == Reached::Backlog,
        "region-outage" | "outage-anywhere" => what == Reached::DependencyFailed,
        "aurora-writer-outage" => what == Reached::Destroyed,
        _ => false,
    }
}

/// Every built-in scenario, in order: each has a test in a module here, or where it is said.
const TESTED: &[&str] = &[
    "baseline",
    "f1-fail-container",
    "f2-fail-database",
    "f3-fail-queue",
    "f4-fail-replication",
    "f5-fail-random",
    "random-answers",
    "health-failover",
    "recovery-objectives",
    "primary-failover",
    "failover",
    "failover-undrained",
    "region-outage",
    "region-loss",
    "aurora-f1",
    "aurora-switchover",
    "aurora-failover",
    "aurora-writer-outage",
    "aurora-anywhere",
    "outage-anywhere",
    "loss-anywhere",
    "lost-replies",
    "refused-anywhere",
    "late-anywhere",
    // In `timeouts.rs`.
    "timeouts-anywhere",
    "failures-anywhere",
    "partitioned-anywhere",
    "outbox-anywhere",
    // In `relays.rs`.
    "two-relays",
    // In `moved_outbox.rs`.
    "outbox-failover",
    // In `dual_writes.rs`.
    "compensated-anywhere",
    "transacted-anywhere",
    // In `shapes.rs`.
    "fan-out-anywhere",
    "routed-anywhere",
    "expired-anywhere",
    "called-anywhere",
    // In `logs.rs`.
    "log-anywhere",
    // In `mirrors.rs`.
    "mirrored-log",
    // In `batches.rs`.
    "batched-anywhere",
    // In `logs.rs`.
    "workload1",
    "workload1-f1-fail-container",
    "workload1-f2-fail-database",
    "workload1-f3-fail-kafka",
    "workload1-f4-fail-random",
    "workload1-failover",
    "standard-queues",
    "crash-anywhere",
    "active-passive",
    "active-passive-f1-fail-container",
    "active-passive-f2-fail-database",
    "active-passive-f3-fail-queue",
    "active-passive-f4-fail-replication",
    "active-passive-f5-fail-random",
    "active-passive-failover",
    "stranded-overwrite",
    "zombie-store",
    // In `needle.rs`.
    "needle",
    // In `commands.rs`.
    "f3-as-published",
    "f5-as-published",
    "active-passive-failover-undrained",
    "active-passive-f3-as-published",
    "active-passive-failover-as-published",
    "active-passive-f5-as-published",
    "slack-job-queue",
    "google-unreadable-row",
    "shared-name-check",
    // In `memory.rs`.
    "broker-restart",
    "pinned-resolver",
    "kinesis-side-path",
    "dynamodb-dns-plans",
    "github-failover",
    // In `confirmed.rs`.
    "rolled-back-writes",
    "clock-skew",
    "deduplicated-by-key",
    "partial-batch",
    "received-not-applied",
    "scattered-groups",
    // In `stages.rs`.
    "scaled-out-stage",
    "poison-message",
    // In `batches.rs`.
    "poisoned-batch",
    "outage-dead-letters",
    "outbox-watermark",
    "charged-twice",
    "copy-ignores-errors",
    "copy-repeats",
    // In `rollouts.rs`.
    "rollout-dead-letters",
    "rollout-unknown-job",
    "rollout-drops-fields",
    "rollout-old-jobs",
    "rollback-unreadable",
    "deploy-repeats-jobs",
    "deploy-burns-attempts",
    "acknowledged-early",
    // In `dual_writes.rs`.
    "compensation-lost",
    // In `logs.rs`.
    "committed-early",
    "committed-past",
    "blocked-shard",
    "expired-delivery",
    "replication-loop",
    "stale-node-promoted",
];

/// The tests above are these; a new scenario needs one of its own.
#[test]
fn every_built_in_scenario_has_a_test() {
    assert_eq!(builtin::every().map(|(name, _)| name).collect::<Vec<_>>(), TESTED);
}
