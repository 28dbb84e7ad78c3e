//! The one table of messages, and enums of some of them.
//!
//! A row has the name by which coverage knows the message, the record that it is *about* if it is about one, what
//! its receiver sees if it is *lost* (of a positive reply), what its sender hears if it is refused and whether the budget
//! can let it be late (of a request that *asks* for something), and the variant. [`Message`](super::Message) is made of all
//! rows. Each machine names those that it can be sent and handles exactly these: one more breaks its handler.
//!
//! ```text
//! messages! {
//!     /// What a door can be sent.
//!     enum Input for "a door" { Open, Close }
//! }
//! ```

mod readers;

/// A message: `row! { Name … }` puts its row behind what was collected so far.
macro_rules! row {
    (Proceed $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "proceed" about() lost()
        /// To the driver, from itself: carry out the next step of the script.
        Proceed
    } } };
    (Publish $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "publish" about() lost()
        /// Driver to source: publish the records of the batch that are not accepted yet.
        Publish {
            /// The batch.
            batch: BatchId,
        }
    } } };
    (Wake $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "wake" about() lost()
        /// To a source or a destination that was refused: something has changed, try again.
        Wake {
            /// Where it changed (a source tries again wherever it was).
            region: RegionId,
        }
    } } };
    (Send $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "send" about(copy) lost(),
        asks(client: SendRefused { incarnation: client.incarnation }, late: true)
        /// Put a record into a queue. Sent to the queue, or to in-dns, which picks the queue.
        Send {
            /// Who gets the acknowledgement.
            client: Client,
            /// The record.
            copy: RecordCopy,
        }
    } } };
    (Sent $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "sent" about() lost(SendRefused { incarnation })
        /// The queue has the record.
        Sent {
            /// As in the request.
            incarnation: u16,
            /// The queue that has it.
            queue: QueueId,
        }
    } } };
    (SendRefused $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "send-refused" about() lost()
        /// The queue does not have the record.
        SendRefused {
            /// As in the request.
            incarnation: u16,
        }
    } } };
    (Receive $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "receive" about() lost(),
        asks(client: ReceiveRefused { incarnation: client.incarnation, queue }, late: false)
        /// Deliver the next record, when there is one (long poll).
        Receive {
            /// Who gets the delivery.
            client: Client,
            /// From which queue.
            queue: QueueId,
        }
    } } };
    (Received $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "received" about(copy) lost(ReceiveRefused { incarnation, queue })
        /// A delivery.
        Received {
            /// As in the request.
            incarnation: u16,
            /// From which queue.
            queue: QueueId,
            /// The record.
            copy: RecordCopy,
            /// The message that the record came in.
            number: MessageNumber,
            /// Names this delivery.
            receipt: Receipt,
        }
    } } };
    (ReceiveRefused $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "receive-refused" about() lost()
        /// No delivery will come: the queue failed or cannot be reached.
        ReceiveRefused {
            /// As in the request.
            incarnation: u16,
            /// Which queue refused.
            queue: QueueId,
        }
    } } };
    (Remove $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "remove" about() lost(),
        asks(client: RemoveRefused { incarnation: client.incarnation, queue, expired: false }, late: true)
        /// Delete what was delivered.
        Remove {
            /// Who gets the acknowledgement.
            client: Client,
            /// From which queue.
            queue: QueueId,
            /// Which delivery.
            receipt: Receipt,
        }
    } } };
    (Removed $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "removed" about() lost(RemoveRefused { incarnation, queue, expired: false })
        /// Deleted (or nothing was left to delete: SQS answers the same).
        Removed {
            /// As in the request.
            incarnation: u16,
            /// From which queue.
            queue: QueueId,
        }
    } } };
    (RemoveRefused $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "remove-refused" about() lost()
        /// Not deleted.
        RemoveRefused {
            /// As in the request.
            incarnation: u16,
            /// Which queue refused.
            queue: QueueId,
            /// The queue works, but the visibility timeout of the delivery had passed.
            expired: bool,
        }
    } } };
    (Abandon $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "abandon" about() lost()
        /// The consumer is gone or gives up: what it holds becomes visible again. This is SQS's
        /// visibility timeout for a consumer that will not remove any more.
        Abandon {
            /// Who gives up.
            client: Client,
            /// It goes on: of a log it has what it has processed, and commits that later.
            lives: bool,
        }
    } } };
    (Expire $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "expire" about() lost()
        /// To a queue, from itself: the visibility timeout of a delivery has passed whose consumer hangs.
        Expire {
            /// Which delivery.
            receipt: Receipt,
        }
    } } };
    (Begin $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "begin" about(copy) lost(),
        asks(client: InsertRefused { incarnation: client.incarnation }, late: false)
        /// Begin a transaction that will store a record, with the intent to publish it. It has its id from then on.
        Begin {
            /// Who gets the acknowledgement.
            client: Client,
            /// The record.
            copy: RecordCopy,
        }
    } } };
    (Begun $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "begun" about() lost(InsertRefused { incarnation })
        /// The transaction is open. What commits it is the request to store the record.
        Begun {
            /// As in the request.
            incarnation: u16,
        }
    } } };
    (Relay $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "relay" about() lost()
        /// To a table, from itself: its relay reads the outbox.
        Relay {
            /// Which instance of it, from 0.
            instance: u8,
        }
    } } };
    (Commit $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "commit" about() lost()
        /// To a log, from itself on behalf of a consumer: its interval has passed, and it commits its positions.
        Commit {
            /// The consumer.
            client: Client,
        }
    } } };
    (Mirror $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "mirror" about(copy) lost()
        /// A log to its mirror in another region: it has taken a record.
        Mirror {
            /// The record.
            copy: RecordCopy,
        }
    } } };
    (Checkpoint $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "checkpoint" about(copy) lost()
        /// A log to its mirror in another region: a position behind a record is committed, or the record was dropped.
        Checkpoint {
            /// The record.
            copy: RecordCopy,
        }
    } } };
    (Insert $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "insert" about(copy) lost(),
        asks(client: InsertRefused { incarnation: client.incarnation }, late: true)
        /// Store a record.
        Insert {
            /// Who gets the acknowledgement.
            client: Client,
            /// The record.
            copy: RecordCopy,
        }
    } } };
    (Inserted $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "inserted" about() lost(InsertRefused { incarnation })
        /// Stored in this region.
        Inserted {
            /// As in the request.
            incarnation: u16,
            /// The table had it already.
            duplicate: bool,
            /// The table holds a row that the containers' code cannot read.
            unreadable: bool,
        }
    } } };
    (InsertRefused $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "insert-refused" about() lost()
        /// Not stored.
        InsertRefused {
            /// As in the request.
            incarnation: u16,
        }
    } } };
    (Withdraw $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "withdraw" about(copy) lost(),
        asks(client: WithdrawRefused { incarnation: client.incarnation }, late: true)
        /// Take back the row of a record that could not be forwarded.
        Withdraw {
            /// Who gets the acknowledgement.
            client: Client,
            /// The record.
            copy: RecordCopy,
        }
    } } };
    (Withdrawn $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "withdrawn" about() lost(WithdrawRefused { incarnation })
        /// The row is taken back, or another consumer has found it meanwhile, and it stays.
        Withdrawn {
            /// As in the request.
            incarnation: u16,
        }
    } } };
    (WithdrawRefused $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "withdraw-refused" about() lost()
        /// The row is not taken back.
        WithdrawRefused {
            /// As in the request.
            incarnation: u16,
        }
    } } };
    (Transact $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "transact" about(copy) lost(),
        asks(client: TransactRefused { incarnation: client.incarnation, why: RolledBack::Refused(None) }, late: true)
        /// Store a record, send it on and remove it, all or nothing.
        Transact {
            /// Who gets the acknowledgement.
            client: Client,
            /// The queue to remove it from.
            queue: QueueId,
            /// The record.
            copy: RecordCopy,
            /// The delivery that it came with.
            receipt: Receipt,
        }
    } } };
    (Transacted $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "transacted" about()
        lost(TransactRefused { incarnation, why: RolledBack::Refused(None) })
        /// All of it is done.
        Transacted {
            /// As in the request.
            incarnation: u16,
        }
    } } };
    (TransactRefused $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "transact-refused" about() lost()
        /// Nothing of it is done.
        TransactRefused {
            /// As in the request.
            incarnation: u16,
            /// Why.
            why: RolledBack,
        }
    } } };
    (Replicate $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "replicate" about(copy) lost()
        /// Table to replicator: a row was written here.
        Replicate {
            /// Where it was written.
            region: RegionId,
            /// The row.
            copy: RecordCopy,
            /// The time of the write. With strong replication the log gives it another one.
            time: u32,
        }
    } } };
    (Apply $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "apply" about(copy) lost()
        /// Replicator to table: a row was written elsewhere.
        Apply {
            /// Where it was written.
            region: RegionId,
            /// The row.
            copy: RecordCopy,
            /// The time of the write.
            time: u32,
        }
    } } };
    (Probe $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "probe" about() lost()
        /// A health check. To in-dns: something about a region has changed. From in-dns to the region's
        /// queue: does it work? To a replicator, and from there to the region's table: has it applied
        /// everything that was written elsewhere?
        Probe {
            /// The region.
            region: RegionId,
        }
    } } };
    (Probed $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "probed" about() lost()
        /// To in-dns: the answer.
        Probed {
            /// The region.
            region: RegionId,
            /// How it is.
            health: Health,
        }
    } } };
    (Forward $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "forward" about(copy) lost()
        /// Cluster to the writer of a global database: store a record for a container elsewhere.
        Forward {
            /// Who gets the acknowledgement, from the writer itself; none if the first cluster has
            /// acknowledged it already (an unsound design).
            client: Option<Client>,
            /// The record.
            copy: RecordCopy,
            /// The cluster that the container asked.
            asked: TableId,
        }
    } } };
    (Handover $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "handover" about() lost()
        /// At the end of a writer's log, on the way of all that it wrote: another cluster writes from
        /// here on.
        Handover {
            /// The region that wrote so far.
            from: RegionId,
            /// The region that writes from here on.
            to: RegionId,
        }
    } } };
    (Discard $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "discard" about(copy) lost()
        /// Replicator to a cluster that wrote after it was replaced: the write is no part of the
        /// database.
        Discard {
            /// What it wrote.
            copy: RecordCopy,
        }
    } } };
    (Logged $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "logged" about(copy) lost()
        /// Replicator to the writer, where commits must not run ahead: another region has the write, or will.
        /// To a regional table, with strong replication: the log has a row of this id already, and the
        /// condition of the write fails.
        Logged {
            /// What it wrote, or wanted to.
            copy: RecordCopy,
        }
    } } };
    (Enact $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "enact" about() lost()
        /// Second enactor to in-dns: put this plan in place. It was newer than the one in place when that
        /// was checked.
        Enact {
            /// Its number; 0 is the plan that the system begins with.
            plan: u16,
            /// By region: its weight.
            weights: [u8; 8],
        }
    } } };
    (CleanUp $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "clean-up" about() lost()
        /// First enactor to in-dns, after it enacted a plan: delete all that are older.
        CleanUp {
            /// The number of the plan that it enacted.
            plan: u16,
        }
    } } };
    (Fence $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "fence" about() lost()
        /// To a cluster that wrote until a failover: another one writes now. It does not come by the log, and it is
        /// late: what is sent to the cluster meanwhile overtakes it.
        Fence {
            /// The region that writes.
            to: RegionId,
        }
    } } };
    (Command $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "command" about() lost()
        /// Driver to a component, where commands are messages: a line of the script concerns it. A component whose
        /// inbox is closed takes it all the same.
        Command {
            /// Index into [`Plan::actions`](crate::plan::Plan::actions).
            action: u16,
            /// Which of the components of that line it is.
            number: u16,
        }
    } } };
    (Call $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "call" about(copy) lost(),
        asks(client: CallRefused { incarnation: client.incarnation }, late: true)
        /// Container to the external service: have the effect that the stage has for a record.
        Call {
            /// Who gets the answer.
            client: Client,
            /// The queue that the container reads.
            queue: QueueId,
            /// The record.
            copy: RecordCopy,
            /// The delivery for which it is called.
            receipt: Receipt,
        }
    } } };
    (Called $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "called" about() lost(CallRefused { incarnation })
        /// There is an effect: of this call, or of the one that it was known by.
        Called {
            /// As in the request.
            incarnation: u16,
        }
    } } };
    (CallRefused $($to:tt)+) => { $crate::model::message::rows::collect! { $($to)+ { "call-refused" about() lost()
        /// The call had no effect; or so it seems to who gets no answer.
        CallRefused {
            /// As in the request.
            incarnation: u16,
        }
    } } };
}

pub(crate) use readers::{all_messages, collect, messages, some_messages};
pub(crate) use row;
