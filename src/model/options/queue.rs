//! The options of the queues.

use crate::model::options::limit::LossLimit;
use crate::model::options::scenarios::{
    DEPENDENCIES_FAIL, OUTAGE_PARKED, POISON_PARKED, WINDOW_PASSES,
};
use crate::model::options::{About, SOUND, UNSOUND, sound};
use crate::model::property::PropertyName as P;

section! {
    /// The design of the queues.
    #[derive(Copy)]
    QueueOptions, for one stage StageQueueOptions {
        /// The kind of queue.
        delivery: Delivery,
        /// Of a log: when its consumers commit their positions. Before or after the work is for `container.steps` to say.
        commit: Commit,
        /// Of a log: whether another region has a copy of it.
        mirror: Mirror,
        /// Of a log that is mirrored: where the consumers of its mirror begin when its region is lost.
        positions_at_failover: PositionsAtFailover,
        /// Of a fifo queue: which records keep their order, and wait for each other. Of a log: which are in one partition.
        ///
        /// Source: "Using the message group ID with Amazon SQS FIFO Queues",
        /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagegroupid-property.html>.
        groups: Groups,
        /// Of a fifo queue: which messages it takes for one that it has taken before.
        ///
        /// Source: "Exactly-once processing in Amazon SQS",
        /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html>.
        deduplication: Deduplication,
        /// After so many deliveries a record goes to the dead-letter queue instead; 0: never. Of a log that is a dead-letter topic, or
        /// an on-failure destination: the position behind the record is committed with that.
        ///
        /// Source: "Using dead-letter queues in Amazon SQS",
        /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>;
        /// of a log, "Retain discarded batch records for a Kinesis Data Streams event source in Lambda",
        /// <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>.
        max_receives: u16 => vec![
            (0, SOUND.limit()),
            (1, SOUND.by("crash-anywhere", P::DeliveredAll).by("lost-replies", P::DeliveredAll)),
            (2, SOUND),
            (3, SOUND.holds_in(&["poison-message", "blocked-shard"])),
        ],
        /// What becomes of the records in dead-letter queues.
        dead_letters: DeadLetters,
        /// Where dead letters are parked: how many records may be there at the end that containers can process,
        /// beside those of `records.poison`. "unlimited": any number.
        parked_max: LossLimit => parked(),
        /// How many records it has room for, in flight or not; 0: any number. Senders wait for room.
        capacity: u16 => vec![(0, SOUND.limit()), (1, SOUND), (2, SOUND), (4, SOUND)],
        /// What it does for its consumers while it is full.
        at_capacity: AtCapacity,
        /// What it does with those who wait at it when it fails.
        on_failure: QueueFailure,
        /// Where it keeps what it holds.
        storage: Storage,
        /// What happens to a record that is handed out.
        receive: Receive,
        /// What a remove removes.
        remove: RemoveBy,
    }
}

/// How many good records may be parked. None by default: an outage makes dead letters of them, too.
fn parked() -> Vec<(LossLimit, About)> {
    let none = SOUND.by(OUTAGE_PARKED, P::DeliveredAll);
    let mut all = vec![(LossLimit::AtMost(0), none)];
    all.extend(sound([LossLimit::AtMost(1), LossLimit::Unlimited]));
    all
}

option! {
    /// What becomes of the records in dead-letter queues.
    DeadLetters {
        /// They are owed as all others are: the script redrives them, or `DeliveredAll` is violated.
        Owed = SOUND.by(POISON_PARKED, P::DeliveredAll),
        /// They may stay there: it is declared that they do not arrive, and how many did not is in every
        /// verdict. An await does not wait for them. It covers those that no container can process
        /// (`records.poison`), and as many others as `queue.parked_max` says.
        Parked = SOUND.holds_in(&[POISON_PARKED]).safer_with(&[]),
    }
}

option! {
    /// The kind of a queue.
    Delivery {
        /// In order: one delivery at a time, the head, or one of each message group (SQS FIFO).
        ///
        /// Source: Amazon SQS, "FIFO queue delivery logic",
        /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html>.
        Fifo,
        /// Several in flight, and order not kept (SQS standard); the latter is a choice of the scheduler,
        /// within the budget.
        ///
        /// Source: Amazon SQS, "Standard queues",
        /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues.html>, and
        /// "At-least-once delivery",
        /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html>.
        Standard = SOUND.holds_in(&["crash-anywhere"]),
        /// A log (Kafka): nothing is removed, and consumers commit positions. What was read since the last commit
        /// comes again when a consumer dies, and a commit is of all before it in its partition. There are
        /// no visibility timeouts. Retention (`budget.expire`) drops its oldest record, read or not.
        ///
        /// Source: Apache Kafka, "Consumer Position", <https://kafka.apache.org/documentation/#design_consumerposition>.
        Log = SOUND.holds_in(&["crash-anywhere", DEPENDENCIES_FAIL]),
    }
}

option! {
    /// When a consumer of a log commits the position behind what it has processed: what its `remove` asks for.
    Commit {
        /// After each record, before it goes on. Sound.
        Each,
        /// Later, when its interval has passed, together with what it processes until then (`enable.auto.commit`): at any
        /// time, which is for the scheduler to choose. Sound where what is done again has its effect once: after a crash all since the
        /// last commit comes again. Of a business key that is the older version after a newer one, so the last writer must not win.
        ///
        /// Source: Apache Kafka, `enable.auto.commit`, <https://kafka.apache.org/documentation/#consumerconfigs_enable.auto.commit>.
        AtIntervals = SOUND
            .needs(&["queue.delivery=log"])
            .holds_in(&["log-anywhere"]),
    }
}

option! {
    /// Whether a log is mirrored in another region (MirrorMaker 2, Cluster Linking, MSK Replicator): in the next region, by its
    /// number, that of the last one in region 1. When the region of a log is lost for good, the log of the same stage in the
    /// region of the mirror takes over what is mirrored, and its consumers go on.
    Mirror {
        /// It is not: what a lost region has in its logs is lost with it.
        None,
        /// What it takes is copied there later, and in order. What is not copied yet is lost with the region, and is for
        /// `rpo.records` to declare.
        ///
        /// Source: Apache Kafka, "Geo-Replication" (MirrorMaker 2),
        /// <https://kafka.apache.org/documentation/#georeplication>; Confluent, "Cluster Linking",
        /// <https://docs.confluent.io/platform/current/multi-dc-deployments/cluster-linking/index.html>;
        /// Amazon MSK, "MSK Replicator", <https://docs.aws.amazon.com/msk/latest/developerguide/msk-replicator.html>.
        Asynchronous = SOUND
            .needs(&["queue.delivery=log"])
            .holds_in(&["mirrored-log"])
            .safer_with(&[]),
    }
}

option! {
    /// Where consumers begin in what was mirrored of the log of a lost region. Positions are numbers of one log, so they are
    /// translated and mirrored as the records are, and later.
    PositionsAtFailover {
        /// At the mirrored position, which is behind the committed one or equal to it: some records are processed again. Sound.
        Mirrored,
        /// At the first record that was mirrored, whatever was committed (`auto.offset.reset = earliest`, and no mirrored
        /// positions): all is processed again. Sound where what is done again has its effect once.
        ///
        /// Source: Apache Kafka, `auto.offset.reset`, <https://kafka.apache.org/documentation/#consumerconfigs_auto.offset.reset>.
        Earliest = SOUND.needs(&["queue.delivery=log", "queue.mirror=asynchronous"]).holds_in(&["mirrored-log"]),
        /// Behind the last one (`auto.offset.reset = latest`, and no mirrored positions): what was mirrored and not
        /// processed is skipped. Unsound: a copy of it is left, from which nothing goes on.
        ///
        /// Source: Apache Kafka, `auto.offset.reset`, <https://kafka.apache.org/documentation/#consumerconfigs_auto.offset.reset>.
        Latest = UNSOUND
            .needs(&["queue.delivery=log", "queue.mirror=asynchronous"])
            .by("mirrored-log", P::NeverLost),
    }
}

option! {
    /// The message groups of a fifo queue: what a record's group is. The records of a group are delivered in order, one
    /// at a time: one that is in flight keeps back those of its own group, and no others. The records of a log that are
    /// one group are one partition, which has one consumer at a time.
    Groups {
        /// All records are one group.
        One,
        /// Records of one business key are a group: containers work on different keys at the same time, and
        /// each key keeps its order.
        ByKey = SOUND.needs(&["records.keys=2"]).holds_in(&["scattered-groups"]),
        /// Each record is a group of its own, as with a new id for each message: nothing keeps an order. Sound for
        /// records without business keys, and where versions are checked; elsewhere the containers of a
        /// queue overtake each other.
        ByRecord = SOUND
            .by("scattered-groups", P::MonotoneVersion)
            .holds_in(&["crash-anywhere"]),
    }
}

option! {
    /// Which messages a fifo queue takes for resends, by their deduplication id: it acknowledges a resend, and does not
    /// take it a second time. It remembers what it has taken until its deduplication window passes
    /// (`budget.deduplication_window`).
    Deduplication {
        /// None: each request to send is a message of its own. So it is on a standard queue, and wherever each
        /// attempt has a new id. Sound: what comes twice is absorbed by its id where it has an effect.
        None,
        /// The id is the record's: a record that is sent again is not taken again. Sound, and no replacement for what
        /// absorbs duplicates: a resend behind the window is a new message, one to another region's queue too, and
        /// the queue itself delivers again.
        ByRecord = SOUND.holds_in(&["crash-anywhere", WINDOW_PASSES, "deduplicated-by-key"]),
        /// The id is the business key, as with a hash of a body that has no more in it. Unsound: a newer version
        /// of the key is taken for a resend; it is acknowledged, and nowhere.
        ByKey = UNSOUND
            .needs(&["records.keys=1"])
            .by("deduplicated-by-key", P::NeverLost),
    }
}

option! {
    /// What a queue that is full does for its consumers.
    AtCapacity {
        /// It hands out records as ever; only senders wait. Sound.
        Serve = SOUND.holds_in(&["slack-job-queue"]),
        /// It hands out nothing: that needs room, too. Unsound: once it is full while no consumer works
        /// on one of its records, it stays full for ever.
        Starve = UNSOUND
            .needs(&["queue.capacity=1"]).by_either("slack-job-queue", P::DeliveredAll, P::Drained),
    }
}

option! {
    /// What a queue that fails does with those who wait at it: consumers for a record, senders for room.
    QueueFailure {
        /// It refuses them, as it refuses whatever is asked while it is failed. Sound.
        RefuseWaiting,
        /// They go on waiting, and are served when it works again. Sound: what is asked while it is failed
        /// is refused all the same. The published model's queue does this.
        KeepWaiting = SOUND.holds_in(&["f3-fail-queue"]),
    }
}

option! {
    /// Where a queue keeps what it holds.
    Storage {
        /// Where a failure does not reach it: several copies, or a disk. Sound.
        Durable = SOUND.holds_in(&["broker-restart"]),
        /// In memory (RabbitMQ: a queue that is not durable, or messages that are not persistent; Redis without a log): when it fails, all is
        /// gone that it held, what is in flight and dead letters included. Unsound.
        ///
        /// Source: RabbitMQ, "Durability", <https://www.rabbitmq.com/docs/queues#durability>; "Redis persistence",
        /// <https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/>.
        InMemory = UNSOUND.by("failures-anywhere", P::NeverLost).by("broker-restart", P::NeverLost),
    }
}

option! {
    /// How a queue hands out a record.
    Receive {
        /// The record stays in the queue until it is removed. Sound.
        Keep,
        /// The record leaves the queue as it is handed out. Unsound: lost on a crash.
        Destructive = UNSOUND.by("crash-anywhere", P::NeverLost),
    }
}

option! {
    /// What a queue removes when it is asked to.
    RemoveBy {
        /// The delivery that the receipt belongs to. Sound.
        ///
        /// Source: Amazon SQS, `DeleteMessage`, <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html>.
        Receipt,
        /// Whatever is at its head. Unsound: removes a record that no consumer processed when a
        /// redelivery came in between.
        Head = UNSOUND.by("standard-queues", P::RemoveLast),
    }
}
