//! Designs that are wrong, each with the scenario in which it shows and the property made for it.
//!
//! One list for all who need it: the tests (`tests/designs.rs` asserts what each row says), the trial
//! of the published spec, the detection table. A new row is one element of [`UNSOUND`].
//!
//! ```
//! use std::sync::Arc;
//!
//! use active_active::explore::{Runner, Verdict};
//! use active_active::scenario::designs::{UNSOUND, Unsound};
//! use active_active::scheduler::Random;
//!
//! let unsound: &Unsound = &UNSOUND[0];
//! let mut runner = Runner::new(Arc::new(unsound.plan()?));
//! let outcome = runner.run(&mut Random::new(1), 0, &mut ());
//! let Verdict::Violated(violation) = outcome.verdict else { panic!("{}", unsound.design) };
//! assert_eq!(violation.property(), unsound.reported);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::scenario::PropertyName;

/// A design variant that is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unsound {
    /// The option and its value, as `--set` takes them.
    pub design: &'static str,
    /// Where it shows: the name of a built-in scenario, or a scenario.
    pub scenario: &'static str,
    /// What a run reports: what is violated first.
    pub reported: PropertyName,
    /// What the option's own words promise ("lost", "stuck", "diverge"). It is violated in the
    /// same step of some schedule, as the oracle finds; a run reports only one of them.
    pub promised: PropertyName,
}

const fn unsound(
    design: &'static str,
    scenario: &'static str,
    reported: PropertyName,
    promised: PropertyName,
) -> Unsound {
    Unsound { design, scenario, reported, promised }
}

/// Every design that is wrong. Removing too early, for whatever reason, breaks `RemoveLast` in the step in which it may lose
/// the record; so that is what is reported, before anything has to crash.
pub const UNSOUND: &[Unsound] = &[
    unsound(
        "container.steps=remove,store,publish",
        "crash-anywhere",
        PropertyName::RemoveLast,
        PropertyName::NeverLost,
    ),
    unsound(
        "container.steps=store,remove,publish",
        "crash-anywhere",
        PropertyName::RemoveLast,
        PropertyName::NeverLost,
    ),
    unsound(
        "container.steps=publish,store,remove",
        "crash-anywhere",
        PropertyName::StoreBeforeForward,
        PropertyName::StoreBeforeForward,
    ),
    unsound(
        "container.on_duplicate=skip",
        "crash-anywhere",
        PropertyName::RemoveLast,
        PropertyName::NeverLost,
    ),
    unsound(
        "container.on_dependency_failure=drop",
        DEPENDENCIES_FAIL,
        PropertyName::RemoveLast,
        PropertyName::RemoveLast,
    ),
    unsound(
        "container.on_recover=forget",
        "crash-anywhere",
        PropertyName::DeliveredAll,
        PropertyName::Drained,
    ),
    unsound(
        "container.on_recover=forget",
        CRASH_AT_REST,
        PropertyName::Drained,
        PropertyName::Drained,
    ),
    unsound(
        "destination.dedupe=none",
        "crash-anywhere",
        PropertyName::EffectOnce,
        PropertyName::EffectOnce,
    ),
    unsound(
        "destination.dedupe=by-message-id",
        "crash-anywhere",
        PropertyName::EffectOnce,
        PropertyName::EffectOnce,
    ),
    unsound(
        "destination.dedupe=by-message-id",
        REDRIVEN,
        PropertyName::EffectOnce,
        PropertyName::EffectOnce,
    ),
    unsound(
        "dns.acknowledge=before-enqueue",
        INBOUND_QUEUE_FAILS,
        PropertyName::NeverLost,
        PropertyName::NeverLost,
    ),
    unsound(
        "queue.receive=destructive",
        "crash-anywhere",
        PropertyName::NeverLost,
        PropertyName::NeverLost,
    ),
    unsound(
        "queue.remove=head",
        "standard-queues",
        PropertyName::RemoveLast,
        PropertyName::RemoveLast,
    ),
    unsound(
        "queue.max_receives=1",
        "crash-anywhere",
        PropertyName::DeliveredAll,
        PropertyName::DeliveredAll,
    ),
    unsound(
        "queue.at_capacity=starve",
        "slack-job-queue",
        PropertyName::DeliveredAll,
        PropertyName::Drained,
    ),
    unsound(
        "container.on_unreadable=give-up",
        "google-unreadable-row",
        PropertyName::Settles,
        PropertyName::Settles,
    ),
    unsound(
        "table.conflict=last-writer-wins",
        "stranded-overwrite",
        PropertyName::MonotoneVersion,
        PropertyName::MonotoneVersion,
    ),
    unsound(
        "destination.versions=as-they-come",
        TWO_REGIONS_ONE_KEY,
        PropertyName::MonotoneVersion,
        PropertyName::MonotoneVersion,
    ),
    unsound(
        "table.conflict=first-applied",
        TWO_REGIONS_ONE_KEY,
        PropertyName::Converged,
        PropertyName::Converged,
    ),
    unsound(
        "source.on_refusal=drop",
        INBOUND_QUEUE_FAILS,
        PropertyName::DeliveredAll,
        PropertyName::DeliveredAll,
    ),
    unsound(
        "table.insert=conditional",
        "lost-replies",
        PropertyName::EffectOnce,
        PropertyName::EffectOnce,
    ),
    unsound(
        "queue.max_receives=1",
        "lost-replies",
        PropertyName::DeliveredAll,
        PropertyName::DeliveredAll,
    ),
    unsound(
        "table.insert=append",
        "crash-anywhere",
        PropertyName::EffectOnce,
        PropertyName::EffectOnce,
    ),
    unsound(
        "replication.on_failure=drop",
        "f4-fail-replication",
        PropertyName::StoredEverywhere,
        PropertyName::Converged,
    ),
    unsound(
        "replication.mode=eventual",
        TABLES_LOST,
        PropertyName::WithinRpo,
        PropertyName::WithinRpo,
    ),
    unsound(
        "dns.health_check=all-regions",
        "health-failover",
        PropertyName::RoutedByPolicy,
        PropertyName::RoutedByPolicy,
    ),
    unsound(
        "dns.plans=check-then-apply",
        "dynamodb-dns-plans",
        PropertyName::DeliveredAll,
        PropertyName::RoutedByPolicy,
    ),
    unsound(
        "aurora.forwarding=acknowledged-early",
        "aurora-f1",
        PropertyName::StoreBeforeForward,
        PropertyName::StoreBeforeForward,
    ),
    // No wrong design, but one in which only the writer's region works.
    unsound(
        "aurora.forwarding=off",
        "aurora-f1",
        PropertyName::DeliveredAll,
        PropertyName::Drained,
    ),
    unsound(
        "aurora.switchover=at-once",
        "aurora-switchover",
        PropertyName::WithinRpo,
        PropertyName::WithinRpo,
    ),
    unsound(
        "aurora.fencing=best-effort",
        "aurora-failover",
        PropertyName::WithinRpo,
        PropertyName::WithinRpo,
    ),
    unsound(
        "aurora.switchover=at-once",
        SWITCHOVER_ANYWHERE,
        PropertyName::WithinRpo,
        PropertyName::WithinRpo,
    ),
    unsound(
        "aurora.rpo_records_max=0",
        AHEAD_OF_ALL,
        PropertyName::WithinRpo,
        PropertyName::WithinRpo,
    ),
    unsound(
        "aurora.rpo_on=every-region",
        ONE_REGION_LEFT,
        PropertyName::DeliveredAll,
        PropertyName::Drained,
    ),
    unsound("rpo.records=0", "aurora-failover", PropertyName::WithinRpo, PropertyName::WithinRpo),
    unsound("rpo.records=0", "aurora-anywhere", PropertyName::WithinRpo, PropertyName::WithinRpo),
    unsound("rpo.records=0", "loss-anywhere", PropertyName::WithinRpo, PropertyName::WithinRpo),
    unsound(
        "source.on_refusal=drop",
        "outage-anywhere",
        PropertyName::DeliveredAll,
        PropertyName::DeliveredAll,
    ),
    unsound(
        "dns.route=ignore-offline",
        "failover",
        PropertyName::RoutedByPolicy,
        PropertyName::RoutedByPolicy,
    ),
    unsound(
        "dns.route=ignore-offline",
        NOT_FETCHED_FROM,
        PropertyName::RoutedByPolicy,
        PropertyName::RoutedByPolicy,
    ),
];

/// Variants that are as sound as the default, and where they matter.
pub const SOUND: &[(&str, &str)] = &[
    ("dns.answer=random", "failover"),
    ("dns.policy=failover", "health-failover"),
    ("dns.ttl=3", "health-failover"),
    ("source.on_refusal=abort", SECOND_BATCH_REFUSED),
    ("table.on_failure=hang", DEPENDENCIES_FAIL),
    ("container.restart=always", "crash-anywhere"),
    ("container.retries=2", DEPENDENCIES_FAIL),
    ("queue.delivery=standard", "crash-anywhere"),
    ("store.default=aurora", "crash-anywhere"),
    ("store.default=aurora", "region-loss"),
    ("store.default=aurora", "lost-replies"),
    ("table.conflict=version-checked", "stranded-overwrite"),
    ("destination.versions=checked", TWO_REGIONS_ONE_KEY),
    ("dns.failback=immediate", BACK_BEFORE_CAUGHT_UP),
    ("table.insert=conditional", THREE_REGIONS_REPLIES_LOST),
    ("queue.at_capacity=serve", "slack-job-queue"),
    ("dns.plans=conditional", "dynamodb-dns-plans"),
    ("container.on_unreadable=pass-on", "google-unreadable-row"),
    ("replication.mode=strong", THREE_REGIONS_FAIL),
];

/// Region 1 loses every table, at any moment; nothing acknowledged may go with them.
const TABLES_LOST: &str = r#"
    name = "tables-lost"
    script = ["publish 1", "await sometime", "lose *-table@1", "await delivered all"]
    topology.regions = 3
    topology.stages = ["inbound", "core"]
    replication.mode = "strong"
    rpo.records = 0
"#;

/// The destination is cut off from region 1 when it has received a record and not removed it; that one is
/// given up, and comes back from the dead letters as a new message. Nothing else comes twice.
const REDRIVEN: &str = r#"
    name = "redriven"
    script = [
        "publish 1",
        "await sometime",
        "fail out-dns@1",
        "await quiescent",
        "recover out-dns@1",
        "await quiescent",
        "redrive *",
        "await delivered all",
    ]
    queue.max_receives = 1
"#;

/// The writer is cut off from the other region, and fails over to there. No more is lost than the limit on
/// what it may be ahead.
const AHEAD_OF_ALL: &str = r#"
    name = "ahead-of-all"
    script = [
        "publish 1",
        "fail only-replicator@2",
        "await sometime",
        "failover only-table to @2",
        "await delivered all",
    ]
    topology.stages = ["only"]
    store.default = "aurora"
    aurora.rpo_records_max = 2
    rpo.records = 2
"#;

/// The region of the writer is lost, with what its queues hold; the other one becomes the writer, and has
/// nobody to replicate to.
const ONE_REGION_LEFT: &str = r#"
    name = "one-region-left"
    script = ["publish 1", "await sometime", "lose @1", "await delivered all"]
    topology.stages = ["only"]
    store.default = "aurora"
    aurora.rpo_records_max = 2
    rpo.records = "unlimited"
"#;

/// The writer moves as planned, at any moment that the scheduler likes; nothing may be lost.
const SWITCHOVER_ANYWHERE: &str = r#"
    name = "switchover-anywhere"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["inbound", "core"]
    records.batches = [6]
    store.default = "aurora"
    budget.switchover = 2
    rpo.records = 0
"#;

/// Replication and the links of regions fail, one after the other.
const THREE_REGIONS_FAIL: &str = r#"
    name = "three-regions-fail"
    script = [
        "fail inbound-replicator@2",
        "publish 1",
        "await sometime",
        "fail inbound-replicator@3",
        "await sometime",
        "recover *-replicator@*",
        "recover *-container*",
        "fail core-replicator",
        "publish 2",
        "await delivered all",
    ]
    topology.regions = 3
    topology.stages = ["inbound", "core"]
    records.batches = [6, 6]
"#;

/// A table, and later the queue behind it, fails and comes back while records pass.
const DEPENDENCIES_FAIL: &str = r#"
    name = "dependencies-fail"
    script = [
        "publish 1",
        "fail preprocess-table@1",
        "await delivered 2",
        "recover preprocess-table@1",
        "recover preprocess-container@1",
        "publish 2",
        "fail preprocess-core-queue@1",
        "await delivered 4",
        "recover preprocess-core-queue@1",
        "recover preprocess-container@1",
        "await delivered all",
    ]
    records.batches = [6, 6]
"#;

/// The queue behind in-dns refuses half of a batch, or delays it; nothing waits for it.
const INBOUND_QUEUE_FAILS: &str = r#"
    name = "inbound-queue-fails"
    script = [
        "fail inbound-queue@1",
        "publish 1",
        "await quiescent",
        "recover inbound-queue@1",
        "await quiescent",
    ]
"#;

/// As above, when one batch is through: a source that gives up has nothing to show before.
const SECOND_BATCH_REFUSED: &str = r#"
    name = "second-batch-refused"
    script = [
        "publish 1",
        "await delivered all",
        "fail inbound-queue@1",
        "publish 2",
        "await quiescent",
        "recover inbound-queue@1",
        "await quiescent",
    ]
    records.batches = [4, 6]
"#;

/// The destination is kept away from region 1 while records pass, whose last queue is cut off later, too.
const NOT_FETCHED_FROM: &str = r#"
    name = "not-fetched-from"
    script = [
        "publish 1",
        "await sometime",
        "offline out-dns@1",
        "await quiescent",
        "recover out-dns@1",
        "await sometime",
        "fail outbound-queue@1",
        "offline out-dns@1",
        "await quiescent",
        "recover outbound-queue@1",
        "recover out-dns@1",
        "await delivered all",
    ]
    topology.stages = ["only"]
"#;

/// A container crashes and comes back when nothing is left to do.
const CRASH_AT_REST: &str = r#"
    name = "crash-at-rest"
    script = [
        "publish 1",
        "await quiescent",
        "crash core-container@2",
        "recover core-container@2",
        "await quiescent",
    ]
"#;

/// Replies are lost, so the source sends a record to one region after another; what each stage does once is
/// done where no row is in the log of strong replication.
const THREE_REGIONS_REPLIES_LOST: &str = r#"
    name = "three-regions-replies-lost"
    script = ["publish 1", "await delivered all"]
    topology.regions = 3
    topology.stages = ["inbound", "core"]
    records.batches = [4]
    replication.mode = "strong"
    budget = { crash = 1, lost_reply = 2 }
"#;

/// Region 1 fails and is cut off; region 2 goes on with its business key. Region 1 is well again before
/// it has heard of that, and what it writes then is the newest.
const BACK_BEFORE_CAUGHT_UP: &str = r#"
    name = "back-before-caught-up"
    script = [
        "publish 1",
        "await delivered all",
        "await quiescent",
        "fail in-dns@1",
        "fail *-replicator@1",
        "publish 2",
        "await delivered all",
        "recover in-dns@1",
        "await quiescent",
        "publish 3",
        "await published batch 3",
        "recover *-replicator@1",
        "await delivered all",
    ]
    topology.stages = ["inbound", "core"]
    records.batches = [2, 6, 2]
    records.keys = 1
    dns.policy = "failover"
    dns.health_threshold = 1
"#;

/// Two regions write the same key, the newer version later.
const TWO_REGIONS_ONE_KEY: &str = r#"
    name = "two-regions-one-key"
    script = ["publish 1", "await quiescent"]
    records.batches = [2]
    records.keys = 1
    table.conflict = "version-checked"
    destination.versions = "checked"
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    #[test]
    fn every_row_is_a_scenario() {
        for row in UNSOUND {
            row.plan().unwrap_or_else(|error| panic!("{}: {error}", row.design));
        }
        for (design, scenario) in SOUND {
            Plan::with_changes(scenario, &[design])
                .unwrap_or_else(|error| panic!("{design}: {error}"));
        }
    }
}
