//! The scenarios in which designs show that show in no built-in one.

/// Region 1 loses every table, at any moment; nothing acknowledged may go with them.
pub(crate) const TABLES_LOST: &str = r#"
    name = "tables-lost"
    script = ["publish 1", "await sometime", "lose *-table@1", "await delivered all"]
    topology.regions = 3
    topology.stages = ["inbound", "core"]
    replication.mode = "strong"
    rpo.records = 0
"#;

/// Containers die, and what they send again is sent before the window of the queue has passed, or after it. Nothing
/// else brings a record to the destination twice.
pub(crate) const WINDOW_PASSES: &str = r#"
    name = "window-passes"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    dns.weights = [1, 0]
    records.batches = [3]
    queue.deduplication = "by-record"
    budget.crash = 2
    budget.deduplication_window = 2
"#;

/// The inbound queue of region 1 is out, and its health check has had the time to see that: what is published then goes
/// to the other region, and all of it arrives.
pub(crate) const INBOUND_QUEUE_OUT: &str = r#"
    name = "inbound-queue-out"
    script = [
        "await quiescent",
        "fail inbound-queue@1",
        "await quiescent",
        "publish 1",
        "await quiescent",
        "expect delivered 4",
        "recover *",
        "await delivered all",
    ]
    topology.stages = ["only"]
    records.batches = [4]
    dns.health_threshold = 1
"#;

/// The destination is cut off from region 1 when it has received a record and not removed it; that one is
/// given up, and comes back from the dead letters as a new message. Nothing else comes twice.
pub(crate) const REDRIVEN: &str = r#"
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
pub(crate) const AHEAD_OF_ALL: &str = r#"
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
/// no region to replicate to.
pub(crate) const ONE_REGION_LEFT: &str = r#"
    name = "one-region-left"
    script = ["publish 1", "await sometime", "lose @1", "await delivered all"]
    topology.stages = ["only"]
    store.default = "aurora"
    aurora.rpo_records_max = 2
    rpo.records = "unlimited"
"#;

/// The writer fails over when everything is replicated, and work goes on in both regions; nothing may be lost.
///
/// Found by a report of an old primary that an application went on writing to (EnterpriseDB/repmgr#311).
pub(crate) const FAILOVER_AT_REST: &str = r#"
    name = "failover-at-rest"
    script = [
        "publish 1",
        "await quiescent",
        "failover core-table to @2",
        "publish 2",
        "await delivered all",
    ]
    topology.stages = ["inbound", "core"]
    records.batches = [2, 4]
    store.default = "aurora"
    rpo.records = 0
"#;

/// The writer moves as planned, at any moment that the scheduler likes; nothing may be lost.
pub(crate) const SWITCHOVER_ANYWHERE: &str = r#"
    name = "switchover-anywhere"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["inbound", "core"]
    records.batches = [6]
    store.default = "aurora"
    budget.switchover = 2
    rpo.records = 0
"#;

/// Replication and the links of regions fail, one after the other.
pub(crate) const THREE_REGIONS_FAIL: &str = r#"
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
pub(crate) const DEPENDENCIES_FAIL: &str = r#"
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

/// A table is out until another region has delivered its half; containers are not told that it is back.
pub(crate) const TABLE_OUT_FOR_A_WHILE: &str = r#"
    name = "table-out-for-a-while"
    script = [
        "fail core-table@1",
        "publish 1",
        "await delivered 3",
        "recover core-table@1",
        "await delivered all",
    ]
    topology.stages = ["inbound", "core"]
    records.batches = [6]
    heal = "faults"
    container.on_dependency_failure = "give-back"
"#;

/// A request is refused in the middle of a batch.
pub(crate) const BATCH_REFUSED: &str = r#"
    name = "batch-refused"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["core"]
    records.batches = [4]
    dns.weights = [1, 0]
    container = { batch = 3, on_dependency_failure = "give-back" }
    budget.refuse = 1
    spec.leave_out = ["InOrder"]
"#;

/// A record that no container can process is given up, and all others go on.
pub(crate) const POISON_PARKED: &str = r#"
    name = "poison-parked"
    script = ["publish 1", "await delivered 5"]
    topology.stages = ["inbound", "core"]
    records = { batches = [6], poison = 2 }
    queue = { max_receives = 2, dead_letters = "parked" }
"#;

/// A table is out until the queue in front of it has given up what came for it, of which nothing was wrong.
pub(crate) const OUTAGE_PARKED: &str = r#"
    name = "outage-parked"
    script = ["fail core-table@1", "publish 1", "await quiescent", "recover *", "await delivered all"]
    topology.stages = ["inbound", "core"]
    records.batches = [6]
    queue = { max_receives = 2, dead_letters = "parked", parked_max = "unlimited" }
    container.on_dependency_failure = "give-back"
"#;

/// A record that no container can process is given up, and so are those that are received with it and go back behind it.
pub(crate) const POISON_IN_GROUP: &str = r#"
    name = "poison-in-group"
    script = ["publish 1", "await delivered 3"]
    topology.stages = ["only"]
    records = { batches = [4], poison = 2 }
    dns.weights = [1, 0]
    queue = { max_receives = 2, dead_letters = "parked" }
"#;

/// The queue behind in-dns refuses half of a batch, or delays it; nothing waits for it.
pub(crate) const INBOUND_QUEUE_FAILS: &str = r#"
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
pub(crate) const SECOND_BATCH_REFUSED: &str = r#"
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
pub(crate) const NOT_FETCHED_FROM: &str = r#"
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

/// The external service fails and works again, and an answer of it is lost.
pub(crate) const SERVICE_RESTARTS: &str = r#"
    name = "service-restarts"
    script = [
        "publish 1",
        "await sometime",
        "fail external-service",
        "recover external-service",
        "await delivered all",
    ]
    topology.stages = ["pay"]
    container.steps = ["store", "call", "publish", "remove"]
    records.batches = [4]
    budget.lost_reply = 2
"#;

/// A container crashes and comes back when nothing is left to do.
pub(crate) const CRASH_AT_REST: &str = r#"
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
pub(crate) const THREE_REGIONS_REPLIES_LOST: &str = r#"
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
pub(crate) const BACK_BEFORE_CAUGHT_UP: &str = r#"
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

/// One region after the other writes the same key, by clocks of their own, and versions are checked.
pub(crate) const CLOCKS_DIFFER: &str = r#"
    name = "clocks-differ"
    script = [
        "weights 1 0",
        "publish 1",
        "await delivered batch 1",
        "await quiescent",
        "weights 0 1",
        "publish 2",
        "await delivered all",
    ]
    topology.stages = ["core"]
    records = { batches = [1, 1], keys = 1 }
    table.conflict = "version-checked"
    destination.versions = "checked"
"#;

/// Two regions write the same key, the newer version later.
pub(crate) const TWO_REGIONS_ONE_KEY: &str = r#"
    name = "two-regions-one-key"
    script = ["publish 1", "await quiescent"]
    records.batches = [2]
    records.keys = 1
    table.conflict = "version-checked"
    destination.versions = "checked"
"#;

/// What publishes is rolled out before what consumes: containers of the old release get records in the new format, until the
/// last one is replaced.
pub(crate) const PRODUCER_FIRST: &str = r#"
    name = "producer-first"
    script = ["publish 1", "publish 2", "await published batch 2", "deploy *@1", "deploy *@2", "await delivered all"]
    topology.stages = ["ledger", "notify"]
    topology.old_containers = 1
    records = { batches = [2, 4], new_format_from = 3 }
"#;

/// Records in the old format are queued when containers of the new release take the place of the old ones.
pub(crate) const OLD_FORMAT_QUEUED: &str = r#"
    name = "old-format-queued"
    script = ["publish 1", "deploy *@1", "deploy *@2", "publish 2", "await delivered all"]
    topology.stages = ["ledger", "notify"]
    topology.old_containers = 1
    records = { batches = [4, 2], new_format_from = 5 }
"#;

/// Containers are replaced while they work, and stop between two of their steps.
pub(crate) const STOPPED_AT_ONCE: &str = r#"
    name = "stopped-at-once"
    script = ["publish 1", "deploy *@1", "deploy *@2", "await delivered all"]
    topology.stages = ["ledger", "notify"]
    records.batches = [6]
    container.on_stop = "at-once"
"#;

/// Containers of the old release, which nothing replaces: records in the new format they would give back for ever.
pub(crate) const NEVER_DEPLOYED: &str = r#"
    name = "never-deployed"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    topology.old_containers = 1
    records.batches = [2]
"#;

/// A request to forward a record is refused, and its delivery times out: two consumers have it then, and one of them could not
/// go on. Which property objects first depends on how far the other one is; at the end, in any case, its row is gone.
pub(crate) const SLOW_CONSUMER: &str = r#"
    name = "slow-consumer"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["only"]
    topology.containers = 2
    dns.weights = [1, 0]
    records.batches = [4]
    container.on_dependency_failure = "give-back"
    budget.refuse = 3
    budget.visibility_timeout = 3
    spec.leave_out = ["StoreBeforeForward", "RemoveLast"]
"#;

/// Two relays publish from each outbox to a standard queue, each its own intent; no fault of the budget brings anything out of
/// order by itself.
pub(crate) const TWO_RELAYS_OF_STANDARD_QUEUES: &str = r#"
    name = "two-relays-of-standard-queues"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["inbound", "core"]
    records.batches = [6]
    queue.delivery = "standard"
    container.steps = ["store", "remove"]
    relay.instances = 2
    budget.fail = 2
    budget.lost_reply = 2
    budget.late = 2
"#;
