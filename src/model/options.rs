//! The design of each machine as options: what users change to describe *their* system.
//!
//! The other values are designs that people really build; the comment of each unsound one says what
//! breaks. The default of every option is sound for records without business keys. Records with keys
//! need [`Conflict::VersionChecked`] and [`Versions::Checked`]: by default each does what services do by
//! themselves, which is to go by time.

use serde::{Deserialize, Serialize};

macro_rules! option {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every value, the default first.
            pub const ALL: &[$name] = &[$($name::$variant),+];
        }
    };
}

option! {
    /// One of the three things that a container does with a record.
    Action {
        /// Write the record to the stage's table in the container's own region.
        #[default]
        Store,
        /// Send the record to the out-queue.
        Publish,
        /// Remove the record from the in-queue.
        Remove,
    }
}

option! {
    /// What a container does with a record that its table already has.
    OnDuplicate {
        /// Publish it again: the copy downstream is absorbed by its id. Sound.
        #[default]
        ForwardAgain,
        /// Take it for done and remove it. Unsound: lost when a crash fell between store and
        /// publish.
        Skip,
    }
}

option! {
    /// What a container does when a queue or a table refuses its request.
    OnDependencyFailure {
        /// Give the delivery back and stop until somebody recovers the container. Sound.
        #[default]
        Halt,
        /// Skip what is left and remove the record. Unsound: removed though not stored or not
        /// forwarded.
        Drop,
    }
}

option! {
    /// What a container does when it comes back after a crash or a dependency failure.
    OnRecover {
        /// Ask its in-queue for the next record. Sound.
        #[default]
        ReceiveAgain,
        /// Wait for a delivery that nobody was asked for. Unsound: it is stuck.
        Forget,
    }
}

option! {
    /// Whether stopped containers are started again without an operator.
    Restart {
        /// No: a container that crashed, or stopped because it was refused, stays as it is until
        /// the script, a fault's end or a healing brings it back.
        #[default]
        Never,
        /// Yes, at some time: what an orchestrator does, as Amazon ECS with the tasks of a service.
        Always,
    }
}

option! {
    /// What is healed when the script has ended, or does not go on by itself.
    Heal {
        /// Every fault ends, stopped containers are started again, and the traffic is led around
        /// what is lost: what operators do.
        #[default]
        Everything,
        /// Every fault ends. A container that crashed or stopped stays as it is, unless
        /// `container.restart` is `always`.
        Faults,
        /// Nothing: the system has to bring itself to its end.
        Nothing,
    }
}

option! {
    /// How a queue hands out a record.
    Receive {
        /// The record stays in the queue until it is removed. Sound.
        #[default]
        Keep,
        /// The record leaves the queue as it is handed out. Unsound: lost on a crash.
        Destructive,
    }
}

option! {
    /// The kind of a queue.
    Delivery {
        /// One delivery at a time, the head (SQS FIFO, one message group).
        #[default]
        Fifo,
        /// Several in flight, and order not kept (SQS standard); the latter is a choice of the scheduler,
        /// within the budget.
        Standard,
    }
}

option! {
    /// What a queue that is full does for its consumers.
    AtCapacity {
        /// It hands out records as ever; only senders wait. Sound.
        #[default]
        Serve,
        /// It hands out nothing: that needs room, too. Unsound: once it is full while nobody works
        /// on one of its records, it stays full for ever.
        Starve,
    }
}

option! {
    /// What a container does when its table holds a row that its code cannot read.
    OnUnreadable {
        /// Go on: a row is stored and passed on as it is. Sound.
        #[default]
        PassOn,
        /// Give the delivery back and ask again, for whatever record. Unsound: replication brings the
        /// row to every region, and then none of them gets on.
        GiveUp,
    }
}

option! {
    /// How an enactor of in-dns writes a plan that it found newer than the one in place.
    PlanWrite {
        /// Only if it still is: the write itself asks. Sound.
        #[default]
        Conditional,
        /// Whatever is in place by then. Unsound: a late enactor puts an old plan over a newer one, and
        /// the clean-up of old plans then leaves none in place.
        CheckThenApply,
    }
}

option! {
    /// What a queue removes when it is asked to.
    RemoveBy {
        /// The delivery that the receipt belongs to. Sound.
        #[default]
        Receipt,
        /// Whatever is at its head. Unsound: removes a record that nobody processed when a
        /// redelivery came in between.
        Head,
    }
}

option! {
    /// What the source does when its record is refused.
    OnRefusal {
        /// Send it again once something changed. Sound.
        #[default]
        Retry,
        /// Leave the rest of the batch unpublished until it is published again. Sound: nothing
        /// that was accepted is lost, but not everything is accepted.
        Abort,
        /// Go on with the next record as if it had been accepted. Unsound.
        Drop,
    }
}

option! {
    /// What a table does with a record that it already has.
    Insert {
        /// One row for an id. Sound.
        #[default]
        Upsert,
        /// One more row. Unsound: a record that comes twice takes effect twice.
        Append,
        /// One row, written only if there is none (`attribute_not_exists`, taken for a deduplication
        /// across regions). With eventual replication the region's own copy is asked, and there are as
        /// many effects as regions that had none. Unsound: two regions find no row before either has the
        /// other's. With strong replication the log is asked, which has the latest version: sound.
        Conditional,
    }
}

option! {
    /// Which record a table shows for a business key when regions wrote different ones.
    Conflict {
        /// The one written last, by (time of the write, region): what DynamoDB global tables do. Time is
        /// real time, the order of all steps, and clocks of regions do not differ; AWS promises a best
        /// effort to find the last writer, per item, and reports no conflict. Sound for records without
        /// business keys only: of a key, a stranded old record that is stored late, or one that is
        /// delivered again, wins over a newer one.
        #[default]
        LastWriterWins,
        /// The one with the greatest business version, whenever and wherever it was written. Sound. No
        /// global table does this by itself: a condition on the version is judged against the region's own copy,
        /// and replication goes by time. It takes a row for each version, of which readers take the greatest.
        VersionChecked,
        /// That of the region which was applied first; only it may change it. Unsound: regions
        /// differ for good.
        FirstApplied,
    }
}

option! {
    /// What a failed table does with requests.
    TableFailure {
        /// Answer that it cannot.
        #[default]
        Reject,
        /// Keep them waiting until it has recovered.
        Hang,
    }
}

option! {
    /// What a failed replicator does with what it should replicate.
    ReplicationFailure {
        /// Keep it and apply it after the recovery. Sound.
        #[default]
        KeepBacklog,
        /// Lose it. Unsound: the regions differ for good.
        Drop,
    }
}

option! {
    /// When a table acknowledges a write.
    ReplicationMode {
        /// When it has it; the other regions follow (DynamoDB MREC). Sound, but a loss destroys
        /// what they do not have yet.
        #[default]
        Eventual,
        /// When one other region has it as well, and not at all while none can be reached (DynamoDB
        /// MRSC). Needs three regions, of which one may be a witness.
        Strong,
    }
}

option! {
    /// How the destination tells records apart.
    Dedupe {
        /// By id: each id counts once. Sound.
        #[default]
        ById,
        /// Not at all. Unsound: a record that arrives twice counts twice.
        None,
        /// By the id that the queue gave to the message, as a FIFO queue's own deduplication does.
        /// Unsound: a record that is published again, or comes back from the dead letters, is another
        /// message.
        ByMessageId,
    }
}

option! {
    /// What the destination does with an older version of a business key than it shows.
    Versions {
        /// Shows it: whatever it counted last. Sound for records without business keys only: regions
        /// overtake each other, and a stranded old version arrives after a newer one.
        #[default]
        AsTheyCome,
        /// Counts it, and goes on showing the newer one. Sound.
        Checked,
    }
}

option! {
    /// In which regions the limit on what a writer may be ahead of the others is set.
    RpoOn {
        /// In that of the first writer. After a failover the new writer commits whatever the others have.
        /// Sound.
        #[default]
        FirstWriter,
        /// In every region. Unsound with two: when the first writer is lost, nobody is left who could have
        /// what the new one writes, and it commits nothing more.
        EveryRegion,
    }
}

option! {
    /// When the source hears that its record was taken.
    Acknowledge {
        /// When the inbound queue has it. Sound.
        #[default]
        AfterEnqueue,
        /// When in-dns has sent it on. Unsound: the queue may refuse it, or be gone, and nobody sends it
        /// again.
        BeforeEnqueue,
    }
}

option! {
    /// Which regions in-dns may answer.
    Policy {
        /// All that are online and healthy, in proportion to their weights.
        #[default]
        Weighted,
        /// The primary region while it is healthy, else the next one that is; the primary one if none
        /// is.
        Failover,
    }
}

option! {
    /// What the health check of a region looks at.
    HealthCheckOf {
        /// The region's own queue. Sound.
        #[default]
        EachRegion,
        /// Any region's queue, for all regions at once. Unsound: one region that fails takes the
        /// others out with it, and then all are answered, the failed one too.
        AllRegions,
    }
}

option! {
    /// When a region that is healthy again gets traffic.
    Failback {
        /// When its tables have applied what was written elsewhere meanwhile. Sound.
        #[default]
        CaughtUp,
        /// At once, as Route 53 does by itself. Sound: what is written there before it has caught up was
        /// written later than what it has not heard of. Whoever reads there meanwhile sees what is old;
        /// no container does.
        Immediate,
    }
}

option! {
    /// How in-dns picks one of the regions that it may answer.
    Answer {
        /// In turn, each in proportion to its weight (smooth weighted round-robin). Sound.
        #[default]
        RoundRobin,
        /// Any of them: which one is a choice of the scheduler, and a random one takes each in
        /// proportion to its weight, as Route 53 does. Sound.
        Random,
    }
}

option! {
    /// Which regions a DNS name resolves to.
    Route {
        /// Regions that are online, by their weights. Sound.
        #[default]
        ByPolicy,
        /// Any region by its weight, offline or not. Unsound.
        IgnoreOffline,
    }
}

option! {
    /// What a stage stores records in.
    StoreKind {
        /// An Amazon DynamoDB global table: every region writes its own replica.
        #[default]
        Dynamodb,
        /// An Amazon Aurora global database: one region writes, the others read.
        Aurora,
    }
}

option! {
    /// What a cluster of a global database does with a write when another region is the writer.
    Forwarding {
        /// Sends it there; the writer acknowledges it. Sound.
        #[default]
        AcknowledgedByWriter,
        /// Acknowledges it and sends it there. Unsound: what the writer refuses was acknowledged.
        AcknowledgedEarly,
        /// Refuses it, as Aurora does unless write forwarding is switched on. Sound, and no work is
        /// done in the other regions.
        Off,
    }
}

option! {
    /// How a switchover, which is planned, moves the writer.
    Switchover {
        /// Writes wait until the new writer has everything. Sound.
        #[default]
        DrainFirst,
        /// At once. Unsound: what was not replicated is lost though nothing failed.
        AtOnce,
    }
}

option! {
    /// What a failover does about the old writer.
    Fencing {
        /// From the failover on it takes no writes. Sound. AWS promises it as a best effort only, so
        /// this has to be seen to: by stopping who writes there, before the failover.
        #[default]
        Full,
        /// It takes writes until it hears of the failover, by a message that can be late: it may come after
        /// writes that were sent later, even when everything had been replicated. Unsound: those are
        /// acknowledged, and discarded by the new writer's log.
        BestEffort,
    }
}
