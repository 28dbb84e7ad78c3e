//! The options of the containers.

use crate::model::list;
use crate::model::options::scenarios::{
    BATCH_REFUSED, CRASH_AT_REST, DEPENDENCIES_FAIL, OLD_FORMAT_QUEUED, POISON_IN_GROUP,
    PRODUCER_FIRST, SLOW_CONSUMER, STOPPED_AT_ONCE, TABLE_OUT_FOR_A_WHILE,
};
use crate::model::options::{About, SOUND, UNSOUND};
use crate::model::property::PropertyName as P;

section! {
    /// The design of the containers.
    ContainerOptions, for one stage StageContainerOptions {
        /// The order in which a container stores, publishes and removes; each once; and where it calls the
        /// external service, if there is one. Without `publish`, store and the intent to publish are one write, and
        /// the relay of its table publishes (an outbox).
        #[serde(with = "list")]
        #[cfg_attr(feature = "schema", schemars(with = "list::OneOrMany<Action>"))]
        steps: Vec<Action> = vec![Action::Store, Action::Publish, Action::Remove] => orders(),
        /// How many records it receives with one request, at most: 1 to 10. It gets those that are visible then, without
        /// waiting for more (of a fifo queue those of one group in order, and then those of the next), and goes
        /// through its steps with one after the other. Of a fifo queue that gives up, good records become dead letters, too,
        /// where they go back behind one that fails.
        ///
        /// Source: Amazon SQS, `ReceiveMessage`, <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>,
        /// and "FIFO queue delivery logic",
        /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html>.
        batch: u8 = 1 => batches(),
        /// What it does with a batch of which one record cannot be processed, and is given back.
        on_batch_failure: OnBatchFailure,
        /// What it does with a record that its table already has.
        on_duplicate: OnDuplicate,
        /// How often it sends a refused request again before it counts as refused: 0..=255.
        retries: u8 => vec![
            (0, SOUND),
            (1, SOUND),
            (2, SOUND.holds_in(&[DEPENDENCIES_FAIL])),
        ],
        /// What it does when a queue or a table refuses.
        on_dependency_failure: OnDependencyFailure,
        /// How its table and the next queue are kept in step (the dual write): what keeps a record from being stored and not
        /// forwarded.
        dual_write: DualWrite,
        /// What it does when it comes back.
        on_recover: OnRecover,
        /// What becomes of a message that reaches it while it is paused.
        while_paused: WhilePaused,
        /// Whether it is started again, when it has crashed or stopped, without an operator.
        restart: Restart,
        /// What it does when its table holds a row that it cannot read.
        on_unreadable: OnUnreadable,
        /// What one of the old release (`topology.old_containers`) does with a record in the new format
        /// (`records.new_format_from`).
        on_new_format: OnNewFormat,
        /// What one of the new release does with a record in the old format, which comes before
        /// `records.new_format_from`.
        on_old_format: OnOldFormat,
        /// What becomes of the record that it works on when it is replaced (`deploy STAGE@R`, `rollback STAGE@R`). What replaces a container works,
        /// also if that one was paused, had crashed or had stopped.
        on_stop: OnStop,
        /// When it takes a record that it sends to several queues (`stage.NAME.to`) for published.
        on_fan_out: OnFanOut,
    }
}

impl ContainerOptions {
    /// Whether containers call the external service.
    pub fn calls(&self) -> bool {
        self.steps.contains(&Action::Call)
    }

    /// Whether containers take back what they have stored and cannot forward.
    pub fn compensates(&self) -> bool {
        match self.dual_write {
            DualWrite::Compensate | DualWrite::CompensateIfAlone => true,
            DualWrite::Retry | DualWrite::Transaction => false,
        }
    }

    /// Whether containers leave it to the relays of their tables to publish.
    pub fn has_outbox(&self) -> bool {
        !self.steps.contains(&Action::Publish)
    }
}

/// Every order of the three, and of two with an outbox, each of which has one that is sound; and some with a call.
fn orders() -> Vec<(Vec<Action>, About)> {
    use Action::{Call, Publish, Remove, Store};
    let early = || UNSOUND.by_either("crash-anywhere", P::RemoveLast, P::NeverLost);
    let called = || SOUND.holds_in(&["called-anywhere"]);
    let orders: [(&[Action], About); 12] = [
        (&[Store, Publish, Remove], SOUND.holds_in(&["committed-early"])),
        (&[Remove, Store, Publish], early()),
        (&[Store, Remove, Publish], early()),
        (&[Publish, Store, Remove], UNSOUND.by("crash-anywhere", P::StoreBeforeForward)),
        (&[Publish, Remove, Store], UNSOUND),
        (&[Remove, Publish, Store], UNSOUND),
        (&[Store, Remove], SOUND.holds_in(&["crash-anywhere", DEPENDENCIES_FAIL])),
        (&[Remove, Store], early()),
        (&[Store, Call, Publish, Remove], called()),
        (&[Call, Store, Publish, Remove], called()),
        (&[Call, Store, Remove], called()),
        // A container that dies in between does not call any more.
        (&[Store, Publish, Remove, Call], UNSOUND.by("called-anywhere", P::EffectOnce)),
    ];
    orders.into_iter().map(|(order, about)| (order.to_vec(), about)).collect()
}

/// How many records come with one request. What goes back behind one that fails is counted as delivered.
fn batches() -> Vec<(u8, About)> {
    let several = || SOUND.with(&["queue.max_receives=0"]);
    let shown = several().by(POISON_IN_GROUP, P::DeliveredAll).holds_in(&["batched-anywhere"]);
    vec![(1, SOUND), (2, shown), (3, several()), (10, several())]
}

option! {
    /// One of the things that a container does with a record.
    Action {
        /// Write the record to the stage's table in the container's own region.
        Store,
        /// Send the record to the out-queue.
        Publish,
        /// Remove the record from the in-queue.
        Remove,
        /// Call the external service, which has an effect outside of the system. Before the record is published: whatever
        /// becomes of the delivery afterwards, the record is not passed on without its effect.
        Call,
    }
}

option! {
    /// What a container does with a batch when it gives one of its records back, which failed.
    OnBatchFailure {
        /// It goes on with the others, and removes each when it is processed. On a fifo queue those of the
        /// same group behind the failed one go back with it. Sound.
        ///
        /// Source: AWS Lambda with Amazon SQS, `ReportBatchItemFailures`: a function returns the messages that failed, and
        /// of a fifo queue all that it did not process behind the first failure
        /// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>). Going on with other groups is
        /// `skip_group_on_error` of Powertools for AWS Lambda (<https://docs.powertools.aws.dev/lambda/python/latest/utilities/batch/>).
        FailedBack = SOUND.holds_in(&["poisoned-batch", BATCH_REFUSED]),
        /// It gives the whole batch back; it removes none before all are processed. Unsound: what was processed
        /// comes again, and with `queue.max_receives` one poison record makes dead letters of the good ones. This is
        /// what AWS Lambda does by default.
        ///
        /// Source: "Handling errors for an SQS event source in Lambda",
        /// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>.
        AllBack = UNSOUND
            .needs(&["container.batch=2"])
            .by("poisoned-batch", P::DeliveredAll),
        /// It goes on with all the others, as on a standard queue. Unsound: those of the same group overtake the
        /// failed one.
        FailedOnlyBack = UNSOUND
            .needs(&["container.batch=2"])
            .by(BATCH_REFUSED, P::RegionFifo),
        /// It removes the whole batch, the failed record and those behind it, too. Unsound: removed though not stored and
        /// not forwarded.
        Removed = UNSOUND
            .needs(&["container.batch=2"])
            .by("poisoned-batch", P::RemoveLast),
    }
}

option! {
    /// What a container does with a record that its table already has.
    OnDuplicate {
        /// Publish it again: the copy downstream is absorbed by its id. Sound.
        ForwardAgain,
        /// Take it for done and remove it. Unsound: lost when a crash fell between store and
        /// publish.
        Skip = UNSOUND.by_either("crash-anywhere", P::RemoveLast, P::NeverLost),
        /// Give the delivery back, as if it could not be processed, and ask for the next one. Unsound: it is
        /// never removed, and comes back for ever.
        GiveBack = UNSOUND.by("crash-anywhere", P::Settles),
    }
}

option! {
    /// What a container does when a queue or a table refuses its request.
    OnDependencyFailure {
        /// Give the delivery back and stop until an operator recovers the container. Sound.
        Halt = SOUND.holds_in(&["outage-dead-letters"]),
        /// Skip what is left and remove the record. Unsound: removed though not stored or not
        /// forwarded.
        Drop = UNSOUND.by(DEPENDENCIES_FAIL, P::RemoveLast),
        /// Give the delivery back and go on: ask for the next one, which may be the same. (Of a log: go back to the
        /// record, and read it again.) It needs no operator. Sound where a queue delivers a record as often as it takes; with `queue.max_receives`
        /// an outage turns good records into dead letters.
        GiveBack = SOUND
            .with(&["queue.max_receives=0"])
            .by("outage-dead-letters", P::DeliveredAll)
            .holds_in(&[DEPENDENCIES_FAIL, TABLE_OUT_FOR_A_WHILE, "committed-past"]),
        /// Of a log: go on with the next record, and leave the position where it is. Unsound: the next commit is of a
        /// position behind both, and the record does not come again.
        ReadOn = UNSOUND.needs(&["queue.delivery=log"]).by("committed-past", P::RemoveLast),
    }
}

option! {
    /// What keeps a record from being stored and never forwarded, since a table and a queue are two services: the three ways out
    /// of the published models.
    DualWrite {
        /// Idempotent retry: what is stored stays, and when the record is delivered again it is stored and forwarded again. Sound.
        Retry,
        /// Compensation: when the record could not be forwarded, the container takes its row back, and gives the delivery up after that.
        /// Unsound: a consumer that was too slow takes back the row that another one has found meanwhile, and relies on.
        Compensate = UNSOUND.by(SLOW_CONSUMER, P::StoredEverywhere),
        /// The same, on the condition that no other consumer has stored the record since its row was written. Sound where a record that has a row is forwarded
        /// again: the container may die before it takes the row back, and the compensation is lost with it.
        CompensateIfAlone = SOUND
            .with(&["container.on_duplicate=forward-again"])
            .by("compensation-lost", P::RemoveLast)
            .holds_in(&["compensated-anywhere", SLOW_CONSUMER]),
        /// All-or-nothing transaction: to store, to publish and to remove is one step, or none of it is done. Sound, also where a record that
        /// has a row is skipped, unless the region is lost that has forwarded it. No AWS service has a transaction over a table of DynamoDB and a queue of SQS; databases
        /// and brokers that take part in a two-phase commit (XA) have. A standard queue removes by a receipt that has expired, too: there the
        /// work of both consumers is done, unless containers skip what has a row.
        Transaction = SOUND
            .holds_in(&["compensation-lost", "compensated-anywhere", "transacted-anywhere"])
            .safer_with(&["container.on_duplicate=skip"]),
    }
}

option! {
    /// What becomes of a message that reaches a paused container.
    WhilePaused {
        /// It waits in the inbox. Sound.
        Keep,
        /// It is dropped. Unsound: a delivery or a reply that comes then does not come again, and the container
        /// waits for it after its recovery.
        Drop = UNSOUND.by("f1-fail-container", P::DeliveredAll),
    }
}

option! {
    /// What a container does when it comes back after a crash or a dependency failure.
    OnRecover {
        /// Ask its in-queue for the next record. Sound.
        ReceiveAgain,
        /// Wait for a delivery for which it did not ask. Unsound: it is stuck.
        Forget = UNSOUND.by_either("crash-anywhere", P::DeliveredAll, P::Drained).by(CRASH_AT_REST, P::Drained),
    }
}

option! {
    /// Whether stopped containers are started again without an operator.
    Restart {
        /// No: a container that crashed, or stopped because it was refused, stays as it is until
        /// the script, a fault's end or a healing brings it back.
        Never,
        /// Yes, at some time: what an orchestrator does, as Amazon ECS with the tasks of a service.
        ///
        /// Source: "Amazon ECS services": the service scheduler starts another task in the place of one that fails or stops,
        /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html>.
        Always = SOUND.holds_in(&["crash-anywhere"]),
    }
}

option! {
    /// What a container does when its table holds a row that its code cannot read.
    OnUnreadable {
        /// Go on: a row is stored and passed on as it is. Sound.
        PassOn = SOUND.holds_in(&["google-unreadable-row"]),
        /// Give the delivery back and ask again, for whatever record. Unsound: replication brings the
        /// row to every region, and then none of them gets on.
        GiveUp = UNSOUND.needs(&["records.unreadable=1"]).by("google-unreadable-row", P::Expectation),
    }
}

option! {
    /// What a container of the old release does with a record in the new format, which its code does not know.
    OnNewFormat {
        /// Give the delivery back, before it stores anything, and ask for the next one. Sound, with
        /// `queue.max_receives = 0`, if a container of the new release takes the place of the old one: until then the
        /// record waits. A queue that gives up makes a dead letter of it.
        GiveBack = SOUND
            .by("rollout-dead-letters", P::Expectation)
            .by("rollback-unreadable", P::DeliveredAll)
            .holds_in(&[PRODUCER_FIRST, "rollout-unknown-job", "rollout-drops-fields"]),
        /// Take it for done and remove it, as a job of an unknown kind, or an unknown command. Unsound: removed though not
        /// stored and not forwarded.
        Drop = UNSOUND
            .needs(&["topology.old_containers=1", "records.new_format_from=1"])
            .by(PRODUCER_FIRST, P::RemoveLast),
        /// Process what it knows of it: the new fields are neither stored nor forwarded. Unsound: what is stored is not what
        /// was published.
        IgnoreFields = UNSOUND
            .needs(&["topology.old_containers=1", "records.new_format_from=1"])
            .by(PRODUCER_FIRST, P::NoInvention),
    }
}

option! {
    /// What a container of the new release does with a record in the old format, which is queued when the container takes the
    /// place of one of the old release.
    OnOldFormat {
        /// It reads both formats. Sound: whatever is in a queue when a release comes can be processed.
        ///
        /// Source: GitLab, "Sidekiq Compatibility across Updates": jobs need to be backward and forward compatible between
        /// consecutive versions (<https://docs.gitlab.com/development/sidekiq/compatibility_across_updates/>).
        Read = SOUND.holds_in(&[OLD_FORMAT_QUEUED, "rollout-old-jobs"]),
        /// It cannot read it, as a job whose arguments have changed: it gives the delivery back, before it stores anything, and
        /// asks for the next one. Unsound: no container comes that could read it, and a queue that gives up makes a dead letter of it.
        GiveBack = UNSOUND
            .needs(&["records.new_format_from=2"])
            .by(OLD_FORMAT_QUEUED, P::Settles)
            .by("rollout-old-jobs", P::DeliveredAll),
        /// It takes it for done and removes it. Unsound: removed though not stored and not forwarded.
        Drop = UNSOUND
            .needs(&["records.new_format_from=2"])
            .by(OLD_FORMAT_QUEUED, P::RemoveLast),
    }
}

option! {
    /// What becomes of the record that a container works on when a new one takes its place. One that is paused is killed
    /// in any case, since it finishes nothing: its memory is lost.
    OnStop {
        /// It finishes the record first: it drains. Sound.
        Drain = SOUND.holds_in(&["deploy-repeats-jobs", "deploy-burns-attempts"]),
        /// It stops between any two of its steps: its memory is lost, and the delivery comes back to the queue. Sound where what
        /// is done again has its effect once, and where the queue does not count how often it delivers.
        AtOnce = SOUND
            .with(&["queue.max_receives=0", "destination.dedupe=by-id"])
            .by("deploy-repeats-jobs", P::EffectOnce)
            .by("deploy-burns-attempts", P::DeliveredAll)
            .holds_in(&[STOPPED_AT_ONCE]),
    }
}

option! {
    /// When a container takes a record that it sends to several queues for published. It sends to one after the other,
    /// in the order of `to`.
    OnFanOut {
        /// When every queue has acknowledged it. Sound: a crash in between sends it to the first ones again.
        AfterAll = SOUND.holds_in(&["fan-out-anywhere", "copy-ignores-errors"]),
        /// When the first one has: it removes the record, and then sends it to the others. Unsound: a crash in between
        /// leaves them without it.
        AfterFirst = UNSOUND.by("fan-out-anywhere", P::RemoveLast),
        /// When the first one has acknowledged it and the others were asked: what those refuse is not sent to them again, as
        /// an error that is only logged. Unsound: they never get it.
        BestEffort = UNSOUND.by("fan-out-anywhere", P::RemoveLast),
    }
}
