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

mod scenarios;

use scenarios::{
    AHEAD_OF_ALL, BACK_BEFORE_CAUGHT_UP, CRASH_AT_REST, DEPENDENCIES_FAIL, FAILOVER_AT_REST,
    INBOUND_QUEUE_FAILS, NOT_FETCHED_FROM, ONE_REGION_LEFT, REDRIVEN, SECOND_BATCH_REFUSED,
    SWITCHOVER_ANYWHERE, TABLES_LOST, THREE_REGIONS_FAIL, THREE_REGIONS_REPLIES_LOST,
    TWO_REGIONS_ONE_KEY,
};

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
    unsound(
        "aurora.fencing=best-effort",
        FAILOVER_AT_REST,
        PropertyName::WithinRpo,
        PropertyName::WithinRpo,
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
