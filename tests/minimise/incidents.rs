//! The smallest failure of each public incident still tells what went wrong there: the lines by which a reader knows it.

use active_active::report::past;
use active_active::scenario::builtin::{self, Group};

use super::{failures, minimise};
use crate::common::plans;

/// An incident, texts of its trace in their order, and texts of the reasons of the verdict.
type Told = (&'static str, &'static [&'static str], &'static [&'static str]);

const TOLD: &[Told] = &[
    (
        "acknowledged-early",
        &[
            "core-container@1 received record 1 from inbound-queue@1 and asks inbound-queue@1 to remove it",
            "inbound-queue@1 removes record 1",
            "core-container@1 hears that inbound-queue@1 removed record 1 and asks core-table@1 to store it",
            "core-container@1 crashes",
            "core-container@1 works again",
        ],
        &[
            "record 1 left inbound-queue@1 at step",
            "and is in no queue",
            "core-container@1 had it in its memory, and crashed at step",
            "core-table@1 has a row for record 1",
        ],
    ),
    (
        "blocked-shard",
        &[
            "cannot process it and goes back to it",
            "hands it to core-container-2@1, not for the first time",
            "cannot process it and goes back to it",
            "inbound-queue@1 takes record 4",
            "record-destination received record 3 from outbound-queue@1",
            "cannot process it and goes back to it",
            "these 4 steps are repeated without end",
        ],
        &[
            "core-container-1@1 cannot process record 1 and goes back to it each time; 1 record waits behind it in its partition of inbound-queue@1, while records of another partition are delivered",
        ],
    ),
    (
        "charged-twice",
        &[
            "calls external-service for it",
            "payment-container@1 is lost and taken for a refusal",
            "hands record 1 to payment-container@1, not for the first time",
            "calls external-service for it",
            "has its effect once more: 2 for this record",
        ],
        &["external-service does not recognize a repeated call (service.idempotency = \"none\")"],
    ),
    (
        "clock-skew",
        &[
            "the clock of region 1 is ahead of the others",
            "core-table@1 stores record 1, shows version 1 of key 1",
            "core-table@2 stores record 1, too",
            "core-table@2 stores record 2 and does not show version 2 of key 1: what it shows has a later time",
        ],
        &["the clock of region 1 is ahead"],
    ),
    (
        "committed-early",
        &[
            "core-container@1 received record 1 from inbound-queue@1 and asks inbound-queue@1 to commit the position behind it",
            "core-container@1 hears that inbound-queue@1 knows the position behind record 1 and asks core-table@1 to store it",
            "has the position behind record 1",
            "core-container@1 crashes",
            "core-container@1 works again, with 1 message waiting, and reads inbound-queue@1 from behind record 1",
        ],
        &[
            "record 1 left inbound-queue@1 at step",
            "and is in no queue",
            "core-container@1 had it in its memory, and crashed at step",
            "core-table@1 has a row for record 1",
        ],
    ),
    (
        "committed-past",
        &[
            "works, turns down one '",
            "passes over it and reads on",
            "and asks inbound-queue@1 to commit the position behind it",
            "has the position behind record 1 and has the position behind record ",
        ],
        &["outbound-queue@1 never had it"],
    ),
    (
        "compensation-lost",
        &[
            "core-table@1 stores record 1",
            "outbound-queue@1 works, turns down one 'send'",
            "core-table@1 works, turns down one 'withdraw'",
            "refuses to take the row of record 1 back",
            "core-table@1 has record 1 already",
            "record 1 had been stored before and asks inbound-queue@1 to remove it",
        ],
        &["outbound-queue@1 never had it"],
    ),
    (
        "copy-ignores-errors",
        &[
            "outbound-queue@1 takes record 1",
            "router-archive-queue@1 works, turns down one 'send' and refuses router-container@1",
            "hears that record 1 was refused and asks inbound-queue@1 to remove it",
        ],
        &["router-archive-queue@1 never had it"],
    ),
    (
        "copy-repeats",
        &[
            "router-archive-queue@1 fails",
            "record-destination received record 1 from outbound-queue@1",
            "record 1 was refused",
            "router-archive-queue@1 works again",
            "record-destination received record 1 from outbound-queue@1 and counts it",
        ],
        &["record-destination counts whatever arrives"],
    ),
    (
        "deduplicated-by-key",
        &[
            "inbound-queue@1 takes record 1",
            "is sent record 3 by in-dns, takes it for sent again, and does not take it",
            "has record 3, counts it as accepted",
        ],
        &[
            "inbound-queue@1 took record 1 before, of the same key, and takes record 3 for sent again",
        ],
    ),
    (
        "deploy-burns-attempts",
        &[
            "index-container@2 received record 2 from inbound-queue@2 and asks index-table@2 to store it",
            "index-container@2 is replaced by one of the new release while it works on record 2",
            "index-container@2 has stopped and makes record 2 visible again",
            "hands record 2 to index-container@2, not for the first time",
            "index-container@2 received record 2 from inbound-queue@2 and asks index-table@2 to store it",
            "index-container@2 is replaced by one of the new release while it works on record 2",
            "index-container@2 has stopped and makes record 2 visible again",
            "puts record 2 into its dead-letter queue",
        ],
        &[
            "record 2 is in the dead-letter queue of inbound-queue@2 after 2 deliveries; nothing redrives it",
            "no delivery ended because the work failed: index-container@2 was replaced in a deployment 2 times",
        ],
    ),
    (
        "deploy-repeats-jobs",
        &[
            "record 1 is stored and sends it to outbound-queue@1",
            "resize-container@1 is replaced by one of the new release",
            "makes record 1 visible again",
            "record 1 had been stored before and sends it to outbound-queue@1",
            "counts it",
            "counts it",
        ],
        &["record-destination counts whatever arrives"],
    ),
    (
        "dynamodb-dns-plans",
        &[
            "a late enactor is about to write plan 1",
            "puts plan 1 in place of plan 2",
            "deletes plan 1, which was in place: it has no answer any more",
            "in-dns is sent record 1 by record-source and refuses it",
            "record 1 was refused and waits until something changes",
        ],
        &["in-dns has no plan in place and answers nothing; no enactor can write one"],
    ),
    (
        "expired-delivery",
        &[
            "core-container-1@1 received record 1 from inbound-queue@1",
            "external-service is called by core-container-1@1 for record 1 and has its effect",
            "core-container-1@1 is paused",
            "lets the delivery of record 1 time out and hands it to core-container-2@1, not for the first time",
            "core-container-2@1 received record 1 from inbound-queue@1",
            "external-service is called by core-container-2@1 for record 1 and has its effect once more: 2 for this record",
        ],
        &["external-service does not recognize a repeated call (service.idempotency = \"none\")"],
    ),
    (
        "rolled-back-writes",
        &[
            "jobs-table@1 stores record 1",
            "jobs-table fails over to region 2, record 1 is gone with jobs-table@1 before it was replicated and region 2 writes jobs-table now",
        ],
        &["a row was not replicated when its table was lost"],
    ),
    (
        "github-failover",
        &[
            "inbound-replicator fails",
            "inbound-table@1 stores record 1",
            "inbound-table fails over to region 2, record 1 is gone with inbound-table@1 before it was replicated",
        ],
        &["a row was not replicated when its table was lost"],
    ),
    (
        "google-unreadable-row",
        &[
            "inbound-table@1 stores record 1",
            "inbound-replicator is told that region 1 wrote record 1",
            "inbound-table@2 stores record 1, too",
            "inbound-container@1 hears that record 1 had been stored before, gives up on it (it cannot read the row in inbound-table@1)",
            "in-dns has the weights [0, 1]",
            "in-dns routes record 2 to region 2",
            "inbound-table@2 stores record 2",
            "inbound-container@2 hears that record 2 is stored, gives up on record 2 (it cannot read the row of record 1 in inbound-table@2)",
            "hands it to inbound-container@2, not for the first time",
            "inbound-container@2 hears that record 2 had been stored before, gives up on record 2 (it cannot read the row of record 1 in inbound-table@2)",
        ],
        &[
            "record 2 is in the dead-letter queue of inbound-queue@2 after 3 deliveries",
            "inbound-container@2 gave it back each time: it cannot read the row of record 1, which replication brought to inbound-table@2",
        ],
    ),
    (
        "kinesis-side-path",
        &[
            "usage-table@1 fails",
            "the table refuses record 1 and stops in FailedDependency",
            "signin-usage-queue@1 takes record 2",
            "signin-container@1 received record 3 from inbound-queue@1",
            "signin-table@1 stores record 3",
            "record 3 is stored and sends it to signin-usage-queue@1",
            "signin-usage-queue@1 is sent record 3 by signin-container@1, is full, and lets it wait",
            "checks 'expect delivered 3' and it does not hold",
        ],
        &[
            "signin-container@1 is Processing and waits for room for record 3 in signin-usage-queue@1",
            "signin-usage-queue@1 is full, with 2 records",
            "usage-container@1 is FailedDependency",
            "when usage-table@1 refused",
        ],
    ),
    (
        "outage-dead-letters",
        &[
            "core-table@1 fails",
            "gives it back: core-table@1 refused",
            "gives it back: core-table@1 refused",
            "puts it into its dead-letter queue",
            "core-table@1 works again",
        ],
        &[
            "after 2 deliveries; nothing redrives it",
            "core-container@1 gave it back each time: core-table@1 refused",
        ],
    ),
    (
        "outbox-watermark",
        &[
            "begins a transaction at core-table@1 to store it",
            "passes the transaction of record 1, which is open and has a smaller id",
            "has the intent to publish it under an id that its relay has passed",
            "inbound-queue@1 removes record 1",
        ],
        &["its relay had read a greater id before the transaction of record 1 committed"],
    ),
    (
        "partial-batch",
        &[
            "inbound-queue@1 has record 1, counts it as accepted and sends record 2 of the same request to in-dns",
            "inbound-queue@2 is sent record 2 by in-dns and refuses it",
            "record-source hears that record 2 was refused and takes batch 1 for sent, with 1 record refused",
            "inbound-queue@2 works again",
        ],
        &["others of the batch were, and record-source takes the batch for sent"],
    ),
    (
        "poison-message",
        &[
            "cannot process it and gives it back",
            "hands it to inbound-container@1, not for the first time",
            "inbound-queue@1 takes record 3",
            "makes record 1 visible again",
            "these 2 steps are repeated without end",
        ],
        &[
            "inbound-container@1 cannot process record 1 and gives it back each time; 1 record waits behind it in inbound-queue@1",
        ],
    ),
    (
        "poisoned-batch",
        &[
            "hands record 2 to inbound-container@1 and hands record 3 to inbound-container@1",
            "gets record 3 with it, cannot process record 2 and gives it back, gives record 3 back, since record 2 failed",
            "puts record 3 into its dead-letter queue",
        ],
        &[
            "gives the whole batch back when one of its records fails, which counts as a delivery of each",
        ],
    ),
    (
        "received-not-applied",
        &[
            "ledger-replicator is told that region 1 wrote record 1, tells ledger-table@1, tells ledger-table@2 and tells ledger-table@3",
            "ledger-table@1 is told that region 1 wrote record 1, stores it and tells ledger-container@1",
            "ledger-container@1 hears that record 1 is stored and sends it to outbound-queue@1",
            "record-destination received record 1 from outbound-queue@1 and counts it",
            "ledger-table@2 fails and forgets record 1, which it had received and not applied",
            "ledger-table@2 works again",
        ],
        &[
            "ledger-table@2 has no row for record 1",
            "a table that fails forgets what it had received and not applied",
        ],
    ),
    (
        "replication-loop",
        &[
            "core-replicator is told that region 1 wrote record 1 and tells core-table@2",
            "core-replicator is told that region 2 wrote record 1 and tells core-table@1",
            "core-table@1 stores record 1, too and tells core-replicator",
        ],
        &["core-table@1 replicates record 1 again whenever replication brings it"],
    ),
    (
        "rollback-unreadable",
        &[
            "ledger-container@1 is replaced by one of the new release",
            "inbound-queue@1 takes record 3",
            "inbound-queue@1 has record 3, counts it as accepted",
            "ledger-container@1 is replaced by one of the old release",
            "hands record 3 to ledger-container@1",
            "ledger-container@1 received record 3 from inbound-queue@1, is of the old release, cannot read it, which is in the new format, and gives it back",
            "is of the old release, cannot read it, which is in the new format, and gives it back",
            "is of the old release, cannot read it, which is in the new format, and gives it back",
            "puts it into its dead-letter queue",
        ],
        &[
            "record 3 is in the dead-letter queue of inbound-queue@1 after 3 deliveries; nothing redrives it",
            "ledger-container@1 gave it back each time: it was of the old release, which cannot read the new format",
        ],
    ),
    (
        "rollout-dead-letters",
        &[
            "ledger-container@1 received record 1 from inbound-queue@1, is of the old release, cannot read it, which is in the new format, and gives it back",
            "is of the old release, cannot read it, which is in the new format, and gives it back",
            "is of the old release, cannot read it, which is in the new format, and gives it back",
            "puts it into its dead-letter queue",
            "ledger-container@1 is replaced by one of the new release",
            "'expect dead-lettered 0' and it does not hold",
        ],
        &[
            "record 1 is in the dead-letter queue of inbound-queue@1 after 3 deliveries; nothing redrives it",
            "ledger-container@1 gave it back each time: it was of the old release, which cannot read the new format",
        ],
    ),
    (
        "rollout-drops-fields",
        &["(in the new format: it is of the old release and leaves out what is new)"],
        &[
            "ledger-container@1 is of the old release and leaves out the fields that it does not know",
        ],
    ),
    (
        "rollout-old-jobs",
        &[
            "inbound-queue@1 takes record 2",
            "inbound-queue@1 has record 2 and counts it as accepted",
            "notes-container@1 is replaced by one of the new release",
            "hands record 2 to notes-container@1",
            "notes-container@1 received record 2 from inbound-queue@1, is of the new release, cannot read it, which is in the old format, and gives it back",
            "is of the new release, cannot read it, which is in the old format, and gives it back",
            "is of the new release, cannot read it, which is in the old format, and gives it back",
            "puts it into its dead-letter queue",
        ],
        &[
            "record 2 is in the dead-letter queue of inbound-queue@1 after 3 deliveries; nothing redrives it",
            "notes-container@1 gave it back each time: it was of the new release, which cannot read the old format",
        ],
    ),
    (
        "rollout-unknown-job",
        &["(in the new format: it is of the old release and drops it)", "removes record 1"],
        &["ledger-container@1 is of the old release and drops what it does not know"],
    ),
    (
        "scaled-out-stage",
        &[
            "hands it to basket-container-1@1",
            "hands it to basket-container-2@1",
            "stores record 2 and shows version 2 of key 1",
            "stores record 1 and shows version 1 of key 1",
        ],
        &["the last write wins"],
    ),
    (
        "scattered-groups",
        &[
            "hands it to inbound-container-1@1",
            "hands it to inbound-container-2@1",
            "stores record 2 and shows version 2 of key 1",
            "stores record 1 and shows version 1 of key 1",
        ],
        &["the last write wins", "each record is a message group of its own"],
    ),
    (
        "shared-name-check",
        &[
            "inbound-table@1 fails",
            "in-dns routes record 1 to region 1",
            "the table refuses record 1, stops in FailedDependency",
        ],
        &["in-dns takes region 1 for healthy: its check is answered by whichever region works"],
    ),
    (
        "broker-restart",
        &[
            "outbound-queue@1 takes record 1",
            "outbound-queue@1 fails and outbound-queue@1 drops record 1: it was in memory only",
        ],
        &["outbound-queue@1 keeps what it holds in memory, and has failed"],
    ),
    (
        "pinned-resolver",
        &[
            "in-dns routes record 1 to region 1 (record-source keeps this answer)",
            "inbound-queue@1 has record 1, counts it as accepted, is done with batch 1",
            "in-dns@1 goes offline",
            "record-source is told to publish batch 2 and sends record 2 to in-dns",
            "in-dns routes record 2 to region 1 (by the answer that record-source keeps) and sends it to inbound-queue@1",
        ],
        &["the weights are [1, 1], offline: 1, unhealthy: none"],
    ),
    (
        "slack-job-queue",
        &[
            "core-table@1 fails",
            "stops in FailedDependency",
            "inbound-queue@1 takes record 3",
            "core-container@1 works again",
        ],
        &["inbound-queue@1 is full, with 2 records, and delivers nothing while it is"],
    ),
    (
        "stale-node-promoted",
        &[
            "core-replicator no longer reaches region 3",
            "core-container@1 hears that record 1 is stored and sends it to outbound-queue@1",
            "core-table@2 stores record 1, too",
            "core-table@1 fails",
            "core-container@1 received record 2 from inbound-queue@1 and asks core-table@1 to store it",
            "the table refuses record 2, stops in FailedDependency",
            "core-table fails over to region 3, record 1 is gone with core-table@1, record 1 is gone with core-table@2",
        ],
        &["a row was in regions 1, 2, and not in region 3, which writes now"],
    ),
];

#[test]
fn the_mechanism_of_every_incident_is_told() {
    let incidents = builtin::unsound().map(|(name, ..)| *name);
    let incidents: Vec<&str> =
        incidents.filter(|name| Group::of(name) == Group::Incidents).collect();
    assert!(incidents.len() >= 20, "{incidents:?}");
    let problems: Vec<String> = incidents.into_iter().filter_map(untold).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// The container had taken up what each deployment interrupts. One that was replaced before would ignore the record, and the
/// queue would have counted a delivery to no container.
#[test]
fn a_deployment_that_burns_an_attempt_interrupts_work() {
    let (saved, _) = failures(&plans::plan("deploy-burns-attempts", &[])).next().expect("it fails");
    let (story, _) = past::story(&minimise(&saved).saved);
    let ignored = story.iter().find(|line| line.text.contains("an earlier life had asked"));
    assert_eq!(ignored.map(|line| &line.text), None);
}

/// Where a queue does not give up, one region that goes round is the smallest failure.
#[test]
fn a_row_that_cannot_be_read_is_given_up_for_ever_where_the_queue_does_not_give_up() {
    let plan = plans::plan("google-unreadable-row", &["queue.max_receives=0"]);
    let (saved, _) = failures(&plan).next().expect("it fails");
    let minimal = minimise(&saved);
    let because = "inbound-container@1 cannot read a row of inbound-table@1 and gives up on record 1, again and again";
    assert!(minimal.violation.because.iter().any(|line| line == because), "{}", minimal.violation);
}

/// What the smallest failure of an incident does not tell.
fn untold(name: &str) -> Option<String> {
    let told = TOLD.iter().find(|(told, ..)| *told == name);
    let (_, lines, reasons) = told.unwrap_or_else(|| panic!("TOLD has no line for {name}"));
    let (saved, _) = failures(&plans::plan(name, &[])).next().expect("it is unsound");
    let minimal = minimise(&saved);
    let (story, _) = past::story(&minimal.saved);
    let mut rest = story.iter();
    let line = lines.iter().find(|text| !rest.any(|line| line.text.contains(**text)));
    let because = &minimal.violation.because;
    let mut reasons = reasons.iter();
    let reason = reasons.find(|text| !because.iter().any(|line| line.contains(**text)));
    let missing = line.or(reason)?;
    let story: String = story.iter().map(|line| format!("    {}\n", line.text)).collect();
    Some(format!("{name} does not tell '{missing}':\n{story}{}", minimal.violation))
}
