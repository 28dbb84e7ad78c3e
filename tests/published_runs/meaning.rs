//! What each line of a recorded run is here: the one table of events.

/// What kind of machine of the published model it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    /// The test.
    Driver,
    /// P's router of what the test says.
    System,
    Source,
    InDns,
    OutDns,
    Destination,
    Queue,
    Container,
    /// P's front of a global table.
    Front,
    Table,
    Replicator,
    /// P's front of a global database; its databases and its replicator are a table's here.
    DatabaseFront,
}

/// What a reply says, besides what it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Message {
    Publish,
    Send,
    Sent,
    Receive,
    Received,
    Remove,
    Removed,
    /// At a table: a write of its region. Behind a replicator: one of another region.
    Insert,
    Inserted,
    Replicate,
}

/// What the test does to a component.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Command {
    Pause,
    Fail,
    Recover,
    Offline,
    /// A failover policy is switched to the other region.
    Switch,
    /// The writer of a global database is switched over.
    SwitchWriter,
}

/// What the test was told, and waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// So many records are at the destination.
    Delivered,
    /// The source is through with a batch, or was refused a record of it.
    Published,
}

/// What a line is here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    /// The same machine handles a message with the same meaning.
    Step(Message),
    /// A line of the script.
    Command(Command),
    /// An await of the script.
    Told(Told),
    /// There is no such step, for this reason.
    Nothing(&'static str),
}

/// One event: which machine handles it, what its details are, and what it is here.
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) event: &'static str,
    /// The details in their order: `ok` stands for "ok" or "refused", any other word for `word=VALUE`; `?` behind
    /// one says that it may be missing.
    pub(crate) details: &'static [&'static str],
    pub(crate) meaning: Meaning,
}

const fn row(
    kind: Kind,
    event: &'static str,
    details: &'static [&'static str],
    meaning: Meaning,
) -> Row {
    Row { kind, event, details, meaning }
}

const ROUTED: Meaning =
    Meaning::Nothing("P's router: here the driver reaches each component itself");
const FRONT: Meaning = Meaning::Nothing(
    "P's front of a global table: here a container asks its region's table itself",
);
const ASKS_TO_BE_TOLD: Meaning =
    Meaning::Nothing("P's test asks to be told: here an await of the script looks by itself");
const COUNTS: Meaning = Meaning::Nothing(
    "P's queue says when it has had ten records, be the batch on its way or not: here an await is about a \
     whole batch",
);
const AT_ONCE: Meaning =
    Meaning::Nothing("a fault begins at its line of the script, and is over then");

const DATABASE_FRONT: Meaning = Meaning::Nothing(
    "P's front of a global database: here a container asks its region's cluster itself",
);
const PARTS: Meaning = Meaning::Nothing(
    "P's front passes a command on to its two databases and its replicator: here it is one line of the script",
);
const DONE: Meaning = Meaning::Nothing("P's front hears that a part is done, and tells the test");

/// Every event of the published active-active tests, and behind them those of the active-passive tests.
pub(crate) const EVENTS: &[Row] = {
    use self::Command::*;
    use self::Message::*;
    use self::Told::*;
    use Kind::*;
    use Meaning::{Command as Does, Step, Told as Hears};
    const REPLY: &[&str] = &["record?", "ok"];
    const AT: &[&str] = &["record?", "ok", "region"];
    const ROUTE: &[&str] = &["to"];
    &[
        // Work.
        row(
            Source,
            "eRecordSourceDNSWeightedQueueGenerateRecords",
            &["batch", "region"],
            Step(Publish),
        ),
        row(InDns, "eRoute53DNSWeightedQueueSendRecord", &["record"], Step(Send)),
        row(Queue, "eQueueSendRecord", &["record"], Step(Send)),
        row(InDns, "eQueueSendRecordCompleted", AT, Step(Sent)),
        row(Source, "eRoute53DNSWeightedQueueSendRecordCompleted", REPLY, Step(Sent)),
        row(Container, "eQueueSendRecordCompleted", REPLY, Step(Sent)),
        row(Queue, "eQueueReceiveRecord", &[], Step(Receive)),
        row(OutDns, "eRoute53DNSWeightedQueueReceiveRecord", &["region"], Step(Receive)),
        row(Container, "eQueueReceiveRecordResponse", REPLY, Step(Received)),
        row(Destination, "eQueueReceiveRecordResponse", AT, Step(Received)),
        row(OutDns, "eRoute53DNSWeightedQueueRemoveRecord", &["record", "region"], Step(Remove)),
        row(Queue, "eQueueRemoveRecord", &["record"], Step(Remove)),
        row(OutDns, "eQueueRemoveRecordCompleted", AT, Step(Removed)),
        row(Destination, "eRoute53DNSWeightedQueueRemoveRecordCompleted", AT, Step(Removed)),
        row(Container, "eQueueRemoveRecordCompleted", REPLY, Step(Removed)),
        row(Front, "eDynamoInsertRecord", &["record", "region"], FRONT),
        row(Table, "eDynamoInsertRecord", &["record"], Step(Insert)),
        row(Container, "eDynamoInsertRecordCompleted", REPLY, Step(Inserted)),
        row(Replicator, "eDynamoInsertRecord", &["record", "region"], Step(Replicate)),
        // What the test does.
        row(Container, "eQueueDynamoQueueContainerFail", &[], Does(Pause)),
        row(Container, "eQueueDynamoQueueContainerRecover", &[], Does(Recover)),
        row(Queue, "eQueueFail", &[], Does(Fail)),
        row(Queue, "eQueueRecover", &[], Does(Recover)),
        row(Table, "eDynamoFail", &[], Does(Fail)),
        row(Table, "eDynamoRecover", &[], Does(Recover)),
        row(Replicator, "eDynamoFail", &[], Does(Fail)),
        row(Replicator, "eDynamoRecover", &[], Does(Recover)),
        row(InDns, "eRoute53DNSWeightedQueueSwitchRegionOffline", &["region"], Does(Offline)),
        row(OutDns, "eRoute53DNSWeightedQueueSwitchRegionOffline", &["region"], Does(Offline)),
        row(Front, "eDynamoFail", &[], FRONT),
        row(Front, "eDynamoRecover", &[], FRONT),
        row(Front, "eDynamoFailReplication", &[], FRONT),
        row(Front, "eDynamoRecoverReplication", &[], FRONT),
        // What the test hears.
        row(
            Driver,
            "eRecordDestinationDNSWeightedQueueReceiveNotificationResponse",
            &["count", "region"],
            Hears(Delivered),
        ),
        row(Driver, "eQueueReceiveNotificationResponse", &["ok", "count", "region"], COUNTS),
        row(
            Driver,
            "eRecordSourceDNSWeightedQueueGenerateRecordsNotification",
            &["ok", "batch", "count", "region"],
            Hears(Published),
        ),
        row(Driver, "eQueueFailCompleted", &["region"], AT_ONCE),
        row(
            Destination,
            "eRecordDestinationDNSWeightedQueueReceiveNotification",
            &["count", "region"],
            ASKS_TO_BE_TOLD,
        ),
        row(Queue, "eQueueReceiveNotification", &["count"], ASKS_TO_BE_TOLD),
        // On its way through the router.
        row(System, "eRecordSourceDNSWeightedQueueGenerateRecords", &["batch", "to"], ROUTED),
        row(
            System,
            "eRecordDestinationDNSWeightedQueueReceiveNotification",
            &["count", "to"],
            ROUTED,
        ),
        row(System, "eQueueReceiveNotification", &["count", "to"], ROUTED),
        row(System, "eQueueDynamoQueueContainerFail", ROUTE, ROUTED),
        row(System, "eQueueDynamoQueueContainerRecover", ROUTE, ROUTED),
        row(System, "eQueueFail", ROUTE, ROUTED),
        row(System, "eQueueRecover", ROUTE, ROUTED),
        row(System, "eDynamoFail", ROUTE, ROUTED),
        row(System, "eDynamoRecover", ROUTE, ROUTED),
        row(System, "eDynamoFailReplication", ROUTE, ROUTED),
        row(System, "eDynamoRecoverReplication", ROUTE, ROUTED),
        row(System, "eRoute53DNSWeightedQueueSwitchRegionOffline", ROUTE, ROUTED),
        // Active-passive: names.
        row(
            Source,
            "eRecordSourceDNSFailoverQueueGenerateRecords",
            &["batch", "region"],
            Step(Publish),
        ),
        row(InDns, "eRoute53DNSFailoverQueueSendRecord", &["record"], Step(Send)),
        row(Source, "eRoute53DNSFailoverQueueSendRecordCompleted", REPLY, Step(Sent)),
        row(OutDns, "eRoute53DNSFailoverQueueReceiveRecord", &["region?"], Step(Receive)),
        row(OutDns, "eRoute53DNSFailoverQueueRemoveRecord", &["record", "region?"], Step(Remove)),
        row(
            Destination,
            "eRoute53DNSFailoverQueueRemoveRecordCompleted",
            &["record?", "ok", "region?"],
            Step(Removed),
        ),
        row(InDns, "eRoute53DNSFailoverQueueSwitchRegions", &["region?"], Does(Switch)),
        row(OutDns, "eRoute53DNSFailoverQueueSwitchRegions", &["region?"], Does(Switch)),
        row(System, "eRoute53DNSFailoverQueueSwitchRegions", ROUTE, ROUTED),
        row(
            Driver,
            "eRecordDestinationDNSFailoverQueueReceiveNotificationResponse",
            &["count", "region"],
            Hears(Delivered),
        ),
        row(
            Driver,
            "eRecordSourceDNSFailoverQueueGenerateRecordsNotification",
            &["ok", "batch", "count", "region"],
            Hears(Published),
        ),
        row(
            Destination,
            "eRecordDestinationDNSFailoverQueueReceiveNotification",
            &["count", "region"],
            ASKS_TO_BE_TOLD,
        ),
        row(System, "eRecordSourceDNSFailoverQueueGenerateRecords", &["batch", "to"], ROUTED),
        row(
            System,
            "eRecordDestinationDNSFailoverQueueReceiveNotification",
            &["count", "to"],
            ROUTED,
        ),
        // Active-passive: databases.
        row(Container, "eQueueAuroraQueueContainerFail", &[], Does(Pause)),
        row(Container, "eQueueAuroraQueueContainerRecover", &[], Does(Recover)),
        row(System, "eQueueAuroraQueueContainerFail", ROUTE, ROUTED),
        row(System, "eQueueAuroraQueueContainerRecover", ROUTE, ROUTED),
        row(Container, "eAuroraInsertRecordCompleted", REPLY, Step(Inserted)),
        row(DatabaseFront, "eAuroraInsertRecord", &["record", "region?"], DATABASE_FRONT),
        row(Table, "eAuroraInsertRecord", &["record"], Step(Insert)),
        row(Replicator, "eAuroraInsertRecord", &["record", "region?"], Step(Replicate)),
        row(DatabaseFront, "eAuroraFail", &[], Does(Fail)),
        row(DatabaseFront, "eAuroraRecover", &[], Does(Recover)),
        row(DatabaseFront, "eAuroraFailReplication", &[], DATABASE_FRONT),
        row(DatabaseFront, "eAuroraRecoverReplication", &[], DATABASE_FRONT),
        row(DatabaseFront, "eAuroraSwitchRegions", &[], Does(SwitchWriter)),
        row(DatabaseFront, "eAuroraFailCompleted", &["ok?"], DONE),
        row(DatabaseFront, "eAuroraRecoverCompleted", &["ok?"], DONE),
        row(DatabaseFront, "eAuroraFailReplicationCompleted", &["ok?"], DONE),
        row(DatabaseFront, "eAuroraSwitchRegionsCompleted", &["ok?"], DONE),
        row(Table, "eAuroraFail", &[], PARTS),
        row(Table, "eAuroraRecover", &[], PARTS),
        row(Table, "eAuroraSwitchRegions", &[], PARTS),
        row(Replicator, "eAuroraFail", &[], Does(Fail)),
        row(Replicator, "eAuroraRecover", &[], Does(Recover)),
        row(Replicator, "eAuroraSwitchRegions", &[], PARTS),
        row(System, "eAuroraFail", ROUTE, ROUTED),
        row(System, "eAuroraRecover", ROUTE, ROUTED),
        row(System, "eAuroraFailReplication", ROUTE, ROUTED),
        row(System, "eAuroraRecoverReplication", ROUTE, ROUTED),
        row(System, "eAuroraSwitchRegions", ROUTE, ROUTED),
        row(Driver, "eAuroraFailCompleted", &["ok?"], DONE),
        row(Driver, "eAuroraRecoverCompleted", &["ok?"], DONE),
        row(Driver, "eAuroraFailReplicationCompleted", &["ok?"], DONE),
        row(Driver, "eAuroraSwitchRegionsCompleted", &["ok?"], DONE),
    ]
};

const STAGES: [&str; 5] = ["inbound", "preprocess", "core", "postprocess", "outbound"];
const QUEUES: [&str; 6] = [
    "inbound-queue",
    "inbound-preprocess-queue",
    "preprocess-core-queue",
    "core-postprocess-queue",
    "postprocess-outbound-queue",
    "outbound-queue",
];

/// What kind of machine has this name; none if no published system has one.
pub(crate) fn kind_of(name: &str) -> Option<Kind> {
    let single = match name {
        "driver" => Kind::Driver,
        "system" => Kind::System,
        "record-source" => Kind::Source,
        "record-destination" => Kind::Destination,
        "in-dns" => Kind::InDns,
        "out-dns" => Kind::OutDns,
        _ => return of_stage(name),
    };
    Some(single)
}

fn of_stage(name: &str) -> Option<Kind> {
    if let Some(base) = name.strip_suffix("@1").or_else(|| name.strip_suffix("@2")) {
        if QUEUES.contains(&base) {
            return Some(Kind::Queue);
        }
        let (stage, part) = base.rsplit_once('-')?;
        let kind = match part {
            "container" => Kind::Container,
            "table" | "database" => Kind::Table,
            _ => return None,
        };
        return STAGES.contains(&stage).then_some(kind);
    }
    let (stage, part) = name.split_once('-')?;
    let kind = match part {
        "table-global" => Kind::Front,
        "table-replicator" | "database-replicator" => Kind::Replicator,
        "database-global" => Kind::DatabaseFront,
        _ => return None,
    };
    STAGES.contains(&stage).then_some(kind)
}

#[test]
fn every_event_is_in_the_table_once() {
    for (index, row) in EVENTS.iter().enumerate() {
        let again = EVENTS[..index].iter().any(|r| (r.kind, r.event) == (row.kind, row.event));
        assert!(!again, "{:?} {}", row.kind, row.event);
    }
}
