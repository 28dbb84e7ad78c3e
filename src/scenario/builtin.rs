//! The scenarios that come with the crate: the files of `scenarios/`, in the binary.

use crate::scenario::{FileError, PropertyName, Scenario, file};
use crate::words;

/// Name and text of every built-in scenario that describes a sound system.
pub const ALL: &[(&str, &str)] = &[
    ("baseline", include_str!("../../scenarios/baseline.toml")),
    ("f1-fail-container", include_str!("../../scenarios/f1-fail-container.toml")),
    ("f2-fail-database", include_str!("../../scenarios/f2-fail-database.toml")),
    ("f3-fail-queue", include_str!("../../scenarios/f3-fail-queue.toml")),
    ("f4-fail-replication", include_str!("../../scenarios/f4-fail-replication.toml")),
    ("f5-fail-random", include_str!("../../scenarios/f5-fail-random.toml")),
    ("random-answers", include_str!("../../scenarios/random-answers.toml")),
    ("health-failover", include_str!("../../scenarios/health-failover.toml")),
    ("recovery-objectives", include_str!("../../scenarios/recovery-objectives.toml")),
    ("primary-failover", include_str!("../../scenarios/primary-failover.toml")),
    ("failover", include_str!("../../scenarios/failover.toml")),
    ("failover-undrained", include_str!("../../scenarios/failover-undrained.toml")),
    ("region-outage", include_str!("../../scenarios/region-outage.toml")),
    ("region-loss", include_str!("../../scenarios/region-loss.toml")),
    ("aurora-f1", include_str!("../../scenarios/aurora-f1.toml")),
    ("aurora-switchover", include_str!("../../scenarios/aurora-switchover.toml")),
    ("aurora-failover", include_str!("../../scenarios/aurora-failover.toml")),
    ("aurora-writer-outage", include_str!("../../scenarios/aurora-writer-outage.toml")),
    ("aurora-anywhere", include_str!("../../scenarios/aurora-anywhere.toml")),
    ("outage-anywhere", include_str!("../../scenarios/outage-anywhere.toml")),
    ("loss-anywhere", include_str!("../../scenarios/loss-anywhere.toml")),
    ("lost-replies", include_str!("../../scenarios/lost-replies.toml")),
    ("refused-anywhere", include_str!("../../scenarios/refused-anywhere.toml")),
    ("late-anywhere", include_str!("../../scenarios/late-anywhere.toml")),
    ("timeouts-anywhere", include_str!("../../scenarios/timeouts-anywhere.toml")),
    ("failures-anywhere", include_str!("../../scenarios/failures-anywhere.toml")),
    ("partitioned-anywhere", include_str!("../../scenarios/partitioned-anywhere.toml")),
    ("outbox-anywhere", include_str!("../../scenarios/outbox-anywhere.toml")),
    ("two-relays", include_str!("../../scenarios/two-relays.toml")),
    ("outbox-failover", include_str!("../../scenarios/outbox-failover.toml")),
    ("compensated-anywhere", include_str!("../../scenarios/compensated-anywhere.toml")),
    ("transacted-anywhere", include_str!("../../scenarios/transacted-anywhere.toml")),
    ("fan-out-anywhere", include_str!("../../scenarios/fan-out-anywhere.toml")),
    ("routed-anywhere", include_str!("../../scenarios/routed-anywhere.toml")),
    ("expired-anywhere", include_str!("../../scenarios/expired-anywhere.toml")),
    ("called-anywhere", include_str!("../../scenarios/called-anywhere.toml")),
    ("log-anywhere", include_str!("../../scenarios/log-anywhere.toml")),
    ("mirrored-log", include_str!("../../scenarios/mirrored-log.toml")),
    ("batched-anywhere", include_str!("../../scenarios/batched-anywhere.toml")),
    ("workload1", include_str!("../../scenarios/workload1/workload1.toml")),
    (
        "workload1-f1-fail-container",
        include_str!("../../scenarios/workload1/workload1-f1-fail-container.toml"),
    ),
    (
        "workload1-f2-fail-database",
        include_str!("../../scenarios/workload1/workload1-f2-fail-database.toml"),
    ),
    (
        "workload1-f3-fail-kafka",
        include_str!("../../scenarios/workload1/workload1-f3-fail-kafka.toml"),
    ),
    (
        "workload1-f4-fail-random",
        include_str!("../../scenarios/workload1/workload1-f4-fail-random.toml"),
    ),
    ("workload1-failover", include_str!("../../scenarios/workload1/workload1-failover.toml")),
    ("standard-queues", include_str!("../../scenarios/standard-queues.toml")),
    ("crash-anywhere", include_str!("../../scenarios/crash-anywhere.toml")),
    ("active-passive", include_str!("../../scenarios/active-passive/active-passive.toml")),
    (
        "active-passive-f1-fail-container",
        include_str!("../../scenarios/active-passive/active-passive-f1-fail-container.toml"),
    ),
    (
        "active-passive-f2-fail-database",
        include_str!("../../scenarios/active-passive/active-passive-f2-fail-database.toml"),
    ),
    (
        "active-passive-f3-fail-queue",
        include_str!("../../scenarios/active-passive/active-passive-f3-fail-queue.toml"),
    ),
    (
        "active-passive-f4-fail-replication",
        include_str!("../../scenarios/active-passive/active-passive-f4-fail-replication.toml"),
    ),
    (
        "active-passive-f5-fail-random",
        include_str!("../../scenarios/active-passive/active-passive-f5-fail-random.toml"),
    ),
    (
        "active-passive-failover",
        include_str!("../../scenarios/active-passive/active-passive-failover.toml"),
    ),
];

/// Name and text of every built-in scenario that describes an unsound system, and the property that
/// it violates.
pub const UNSOUND: &[(&str, &str, PropertyName)] = &[
    (
        "stranded-overwrite",
        include_str!("../../scenarios/stranded-overwrite.toml"),
        PropertyName::MonotoneVersion,
    ),
    (
        "zombie-store",
        include_str!("../../scenarios/zombie-store.toml"),
        PropertyName::MonotoneVersion,
    ),
    ("needle", include_str!("../../scenarios/needle.toml"), PropertyName::Expectation),
    (
        "f3-as-published",
        include_str!("../../scenarios/f3-as-published.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "f5-as-published",
        include_str!("../../scenarios/f5-as-published.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "active-passive-failover-undrained",
        include_str!("../../scenarios/active-passive/active-passive-failover-undrained.toml"),
        PropertyName::InOrder,
    ),
    (
        "active-passive-f3-as-published",
        include_str!("../../scenarios/active-passive/active-passive-f3-as-published.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "active-passive-failover-as-published",
        include_str!("../../scenarios/active-passive/active-passive-failover-as-published.toml"),
        PropertyName::AnsweredOnce,
    ),
    (
        "active-passive-f5-as-published",
        include_str!("../../scenarios/active-passive/active-passive-f5-as-published.toml"),
        PropertyName::DeliveredAll,
    ),
];

/// Name and text of the mechanisms of public incidents, and the property that names each: scenarios of
/// unsound systems, too.
pub const INCIDENTS: &[(&str, &str, PropertyName)] = &[
    (
        "slack-job-queue",
        include_str!("../../scenarios/incidents/slack-job-queue.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "google-unreadable-row",
        include_str!("../../scenarios/incidents/google-unreadable-row.toml"),
        PropertyName::Expectation,
    ),
    (
        "shared-name-check",
        include_str!("../../scenarios/incidents/shared-name-check.toml"),
        PropertyName::Expectation,
    ),
    (
        "broker-restart",
        include_str!("../../scenarios/incidents/broker-restart.toml"),
        PropertyName::NeverLost,
    ),
    (
        "pinned-resolver",
        include_str!("../../scenarios/incidents/pinned-resolver.toml"),
        PropertyName::RoutedByPolicy,
    ),
    (
        "kinesis-side-path",
        include_str!("../../scenarios/incidents/kinesis-side-path.toml"),
        PropertyName::Expectation,
    ),
    (
        "dynamodb-dns-plans",
        include_str!("../../scenarios/incidents/dynamodb-dns-plans.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "github-failover",
        include_str!("../../scenarios/incidents/github-failover.toml"),
        PropertyName::WithinRpo,
    ),
    (
        "rolled-back-writes",
        include_str!("../../scenarios/incidents/rolled-back-writes.toml"),
        PropertyName::WithinRpo,
    ),
    (
        "clock-skew",
        include_str!("../../scenarios/incidents/clock-skew.toml"),
        PropertyName::MonotoneVersion,
    ),
    (
        "deduplicated-by-key",
        include_str!("../../scenarios/incidents/deduplicated-by-key.toml"),
        PropertyName::NeverLost,
    ),
    (
        "partial-batch",
        include_str!("../../scenarios/incidents/partial-batch.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "received-not-applied",
        include_str!("../../scenarios/incidents/received-not-applied.toml"),
        PropertyName::StoredEverywhere,
    ),
    (
        "scattered-groups",
        include_str!("../../scenarios/incidents/scattered-groups.toml"),
        PropertyName::MonotoneVersion,
    ),
    (
        "scaled-out-stage",
        include_str!("../../scenarios/incidents/scaled-out-stage.toml"),
        PropertyName::MonotoneVersion,
    ),
    (
        "poison-message",
        include_str!("../../scenarios/incidents/poison-message.toml"),
        PropertyName::Settles,
    ),
    (
        "poisoned-batch",
        include_str!("../../scenarios/incidents/poisoned-batch.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "outage-dead-letters",
        include_str!("../../scenarios/incidents/outage-dead-letters.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "outbox-watermark",
        include_str!("../../scenarios/incidents/outbox-watermark.toml"),
        PropertyName::NeverLost,
    ),
    (
        "charged-twice",
        include_str!("../../scenarios/incidents/charged-twice.toml"),
        PropertyName::EffectOnce,
    ),
    (
        "copy-ignores-errors",
        include_str!("../../scenarios/incidents/copy-ignores-errors.toml"),
        PropertyName::RemoveLast,
    ),
    (
        "copy-repeats",
        include_str!("../../scenarios/incidents/copy-repeats.toml"),
        PropertyName::EffectOnce,
    ),
    (
        "rollout-dead-letters",
        include_str!("../../scenarios/incidents/rollout-dead-letters.toml"),
        PropertyName::Expectation,
    ),
    (
        "rollout-unknown-job",
        include_str!("../../scenarios/incidents/rollout-unknown-job.toml"),
        PropertyName::RemoveLast,
    ),
    (
        "rollout-drops-fields",
        include_str!("../../scenarios/incidents/rollout-drops-fields.toml"),
        PropertyName::NoInvention,
    ),
    (
        "rollout-old-jobs",
        include_str!("../../scenarios/incidents/rollout-old-jobs.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "rollback-unreadable",
        include_str!("../../scenarios/incidents/rollback-unreadable.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "deploy-repeats-jobs",
        include_str!("../../scenarios/incidents/deploy-repeats-jobs.toml"),
        PropertyName::EffectOnce,
    ),
    (
        "deploy-burns-attempts",
        include_str!("../../scenarios/incidents/deploy-burns-attempts.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "acknowledged-early",
        include_str!("../../scenarios/incidents/acknowledged-early.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "compensation-lost",
        include_str!("../../scenarios/incidents/compensation-lost.toml"),
        PropertyName::RemoveLast,
    ),
    (
        "committed-early",
        include_str!("../../scenarios/incidents/committed-early.toml"),
        PropertyName::DeliveredAll,
    ),
    (
        "committed-past",
        include_str!("../../scenarios/incidents/committed-past.toml"),
        PropertyName::RemoveLast,
    ),
    (
        "blocked-shard",
        include_str!("../../scenarios/incidents/blocked-shard.toml"),
        PropertyName::Settles,
    ),
    (
        "expired-delivery",
        include_str!("../../scenarios/incidents/expired-delivery.toml"),
        PropertyName::EffectOnce,
    ),
    (
        "replication-loop",
        include_str!("../../scenarios/incidents/replication-loop.toml"),
        PropertyName::Settles,
    ),
    (
        "stale-node-promoted",
        include_str!("../../scenarios/incidents/stale-node-promoted.toml"),
        PropertyName::WithinRpo,
    ),
];

/// What a built-in scenario is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// A test of the published active-active model.
    PublishedActiveActive,
    /// A test of the published active-passive model.
    PublishedActivePassive,
    /// What goes wrong, and where, is the scheduler's choice, or a design of its own.
    FaultsAnywhere,
    /// The mechanism of a public incident.
    Incidents,
}

impl Group {
    /// Every group, in the order in which they are listed.
    pub const ALL: &[Group] = &[
        Group::PublishedActiveActive,
        Group::PublishedActivePassive,
        Group::FaultsAnywhere,
        Group::Incidents,
    ];

    /// What a list calls it.
    pub fn title(self) -> &'static str {
        match self {
            Group::PublishedActiveActive => "published active-active",
            Group::PublishedActivePassive => "published active-passive",
            Group::FaultsAnywhere => "faults anywhere",
            Group::Incidents => "incidents",
        }
    }

    /// The group of a built-in scenario.
    pub fn of(name: &str) -> Group {
        let is_published = |name: &str| {
            let mut letters = name.chars();
            let is_numbered = letters.next() == Some('f')
                && letters.next().is_some_and(|digit| digit.is_ascii_digit());
            is_numbered || name.starts_with("workload1") || ["baseline", "failover"].contains(&name)
        };
        if INCIDENTS.iter().any(|(incident, ..)| *incident == name) {
            Group::Incidents
        } else if name.starts_with("active-passive") {
            Group::PublishedActivePassive
        } else if is_published(name) {
            Group::PublishedActiveActive
        } else {
            Group::FaultsAnywhere
        }
    }
}

/// Every built-in scenario of an unsound system, incidents last, as in [`UNSOUND`].
pub fn unsound() -> impl Iterator<Item = &'static (&'static str, &'static str, PropertyName)> {
    UNSOUND.iter().chain(INCIDENTS)
}

/// Name and text of every built-in scenario: the sound ones, then the unsound ones.
pub fn every() -> impl Iterator<Item = (&'static str, &'static str)> {
    let unsound = unsound().map(|&(name, text, _)| (name, text));
    ALL.iter().copied().chain(unsound)
}

/// The text of a built-in scenario.
pub fn text(name: &str) -> Option<&'static str> {
    every().find(|(known, _)| *known == name).map(|(_, text)| text)
}

/// A built-in scenario.
///
/// # Errors
///
/// If there is none of that name; the message suggests one.
pub fn scenario(name: &str) -> Result<Scenario, FileError> {
    let text = text(name).ok_or_else(|| unknown(name))?;
    Ok(file::read(text, name, &[])?.0)
}

/// That there is no scenario of that name, with a suggestion. What looks like the path of a file is meant
/// as one.
pub fn unknown(name: &str) -> FileError {
    let known = every().map(|(known, _)| known);
    let is_path = name.contains(['/', '\\', '.']);
    let message = match words::closest(name, known) {
        Some(near) => {
            format!("no such file, and no built-in scenario of that name; did you mean '{near}'?")
        }
        None if is_path => "no such file; check the path".to_owned(),
        None => "no such file, and no built-in scenario of that name; 'active-active list' shows \
                 those that there are"
            .to_owned(),
    };
    FileError { origin: name.to_owned(), line: None, key: None, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_scenario_of_its_name() {
        for (name, _) in every() {
            let scenario = scenario(name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(scenario.name, name);
            assert!(!scenario.about.is_empty(), "{name} says what it shows");
        }
    }

    #[test]
    fn suggests_a_name() {
        let error = scenario("f1-fail-contaner").expect_err("there is none");
        assert!(error.message.ends_with("did you mean 'f1-fail-container'?"), "{error}");
    }
}
