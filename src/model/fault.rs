//! What can go wrong from outside, and to whom.
//!
//! The names follow AWS Fault Injection Service where it has one: *pause* is its "stop task" with
//! a grace period, *crash* its "stop task" without, *fail* its "pause replication" and "API
//! unavailable error" actions.
//!
//! ```
//! use active_active::model::fault::{Fault, FaultKind, Target};
//! use active_active::model::id::{RegionId, StageId};
//! use active_active::plan::Plan;
//! use active_active::scenario::builtin;
//!
//! let plan = Plan::new(&builtin::scenario("f1-fail-container")?)?;
//! let faults: Vec<Fault> = plan.faults().collect();
//! let paused = plan.layout.container(RegionId(0), StageId(1), 0);
//! assert_eq!(faults, [Fault { kind: FaultKind::Pause, target: Target::Container(paused) }]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::model::id::{ContainerId, DnsSide, MachineId, QueueId, RegionId, ReplicatorId, TableId};
use crate::model::layout::{Layout, Place};
use crate::model::options::{About, SOUND, or, section};
use crate::model::property::PropertyName;

mod budget;
mod kind;
mod subject;

pub use kind::FaultKind;
pub(crate) use kind::Trait;
pub use subject::Path;
pub(crate) use subject::{FaultNumbers, Subject};

use subject::SubjectKind;

/// Something that can fail and be recovered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Target {
    /// A container.
    Container(ContainerId),
    /// A queue.
    Queue(QueueId),
    /// A regional table.
    Table(TableId),
    /// The replication of a stage's global table.
    Replicator(ReplicatorId),
    /// The link between the replication of a stage and one region: while it has failed, what the
    /// region wrote and what it should apply waits.
    Link(ReplicatorId, RegionId),
    /// The external service.
    Service,
    /// A region as a target of a DNS name.
    Dns(DnsSide, RegionId),
    /// A region as a whole, which can only be lost.
    Region(RegionId),
    /// The writer of a stage's global database, and the region that it moves to.
    Writer(ReplicatorId, RegionId),
}

impl Target {
    /// The machine as a target of its own; none if it cannot fail, or only one side of it can.
    pub(crate) fn of(place: Place) -> Option<Target> {
        if let Place::Queue(id) = place {
            Some(Target::Queue(id))
        } else if let Place::Container(id) = place {
            Some(Target::Container(id))
        } else if let Place::Table(id) = place {
            Some(Target::Table(id))
        } else if let Place::Replicator(id) = place {
            Some(Target::Replicator(id))
        } else if place == Place::Service {
            Some(Target::Service)
        } else {
            None
        }
    }

    /// The machine that it is; none if it is one side of a machine, or several.
    pub fn place(self) -> Option<Place> {
        match self {
            Target::Container(id) => Some(Place::Container(id)),
            Target::Queue(id) => Some(Place::Queue(id)),
            Target::Table(id) => Some(Place::Table(id)),
            Target::Replicator(id) => Some(Place::Replicator(id)),
            Target::Service => Some(Place::Service),
            Target::Link(..) | Target::Dns(..) | Target::Region(_) | Target::Writer(..) => None,
        }
    }

    /// The machine that it is, or is a side of; none of a region, and of a writer that moves.
    pub fn site(self) -> Option<Place> {
        if let Target::Link(id, _) = self {
            Some(Place::Replicator(id))
        } else if let Target::Dns(side, _) = self {
            Some(match side {
                DnsSide::In => Place::InDns,
                DnsSide::Out => Place::OutDns,
            })
        } else {
            self.place()
        }
    }

    /// The region that it belongs to, if it belongs to one.
    pub fn region(self, layout: &Layout) -> Option<RegionId> {
        if let Target::Link(_, region)
        | Target::Dns(_, region)
        | Target::Region(region)
        | Target::Writer(_, region) = self
        {
            return Some(region);
        }
        self.place().and_then(|place| layout.region_of(place))
    }
}

/// A fault: what happens to whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// To whom.
    pub target: Target,
}

/// The table of the faults that a scheduler may choose, of their ends and of other moments, one a line: the variant,
/// what it [concerns](Subject), its name in saved runs, and, if it takes one from the budget, that key of the
/// budget, and what it [does](Effect). Of one that concerns a message, what is told of it: `{message}` and `{machine}`
/// stand for the message and for the machine in whose inbox it was. `sim/budget.rs` says of each when it is on offer and
/// carries it out.
macro_rules! faults {
    ($(#[$doc:meta])* $points:ident, $(#[$budget_doc:meta])* $budget:ident { $(
        $(#[$variant_doc:meta])*
        $variant:ident $(($($field:ident: $type:ty),+))? of $subject:ident $name:literal $(told $told:literal)?
        $(takes { $(#[$key_doc:meta])* $key:ident $(needs $needs:literal)? $(of $values:expr)? }
        does $does:expr)?;
    )+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $points { $($(#[$variant_doc])* $variant $(($($type),+))?,)+ }

        /// Which fault, whatever it concerns.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum PointKind {
            $(#[doc = concat!("See [`FaultPoint::", stringify!($variant), "`].")] $variant,)+
        }

        impl PointKind {
            /// Every one, in the order of the table.
            pub(crate) const ALL: [PointKind; [$($name),+].len()] = [$(PointKind::$variant),+];

            /// The word that saved runs have for it. Of two with the same word, they concern different things.
            pub fn name(self) -> &'static str {
                match self { $(PointKind::$variant => $name,)+ }
            }

            /// What is told of such a fault, which concerned a message.
            pub(crate) fn told(self, message: &str, machine: &str) -> String {
                let told = match self { $(PointKind::$variant => or!([$($told)?] $name),)+ };
                told.replace("{message}", message).replace("{machine}", machine)
            }

            /// What such a fault concerns: the place in [`FaultNumbers`] of all there is of that.
            fn subject(self) -> SubjectKind {
                match self { $(PointKind::$variant => SubjectKind::$subject,)+ }
            }

            /// The fault of this kind that concerns that, if there is one.
            pub(crate) fn of(self, subject: Subject) -> Option<$points> {
                match (self, subject) {
                    $((PointKind::$variant, Subject::$subject $(($($field),+))?) => {
                        Some($points::$variant $(($($field),+))?)
                    })+
                    (_, _) => None,
                }
            }

            /// What it does.
            fn does(self) -> &'static [Effect] {
                match self { $(PointKind::$variant => or!([$($does)?] &[]),)+ }
            }

            /// What it takes from the budget, by the index of its key in [`Budget::KEYS`]: the end of a fault, the
            /// arrival of a late message and a moment of the script take nothing.
            pub(crate) fn of_budget(self) -> Option<usize> {
                const KEYS: [Option<&str>; PointKind::ALL.len()] =
                    [$(or!([$(Some(stringify!($key)))?] None)),+];
                let kind = self as usize;
                KEYS[kind].map(|_| KEYS[..kind].iter().flatten().count())
            }
        }

        impl $points {
            /// Which fault it is.
            pub(crate) fn kind(self) -> PointKind {
                match self { $($points::$variant { .. } => PointKind::$variant,)+ }
            }

            /// What it concerns.
            pub(crate) fn subject(self) -> Subject {
                match self {
                    $($points::$variant $(($($field),+))? => Subject::$subject $(($($field),+))?,)+
                }
            }
        }

        section! {
            $(#[$budget_doc])*
            #[derive(Copy)]
            $budget {
                $($($(#[$key_doc])* $key: u16 => or!([$($values)?] few(&[$($needs)?])),)?)+
            }
        }

        impl $budget {
            /// The kinds, as scenario files write them.
            pub const KEYS: [&'static str; <[&str]>::len(&[$($(stringify!($key),)?)+])] =
                [$($(stringify!($key),)?)+];

            /// How many of each kind, in the order of [`Budget::KEYS`].
            pub(crate) fn counts(&self) -> [u16; $budget::KEYS.len()] {
                [$($(self.$key,)?)+]
            }

            /// A budget of so many of each kind, in the order of [`Budget::KEYS`]; none of those without a number.
            #[cfg(any(test, feature = "proptest", feature = "arbitrary"))]
            pub(crate) fn of_counts(counts: impl IntoIterator<Item = u16>) -> $budget {
                let mut counts = counts.into_iter();
                $budget { $($($key: counts.next().unwrap_or(0),)?)+ }
            }

            /// One fewer of those that this fault takes.
            pub(crate) fn take(&mut self, kind: PointKind) {
                match kind {
                    $(PointKind::$variant => { $(self.$key -= 1;)? })+
                }
            }
        }

        /// For tests: the changes of each field of a budget.
        #[cfg(test)]
        pub(crate) mod fields {
            use super::$budget;

            crate::fields::changes_of_each_field! {
                pub(crate) $budget { $($($key: [|budget| budget.$key += 1],)?)+ }
            }
        }
    };
}

/// What a fault of the budget does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Effect {
    /// This happens to something.
    Fault(FaultKind),
    /// A request is refused, or seems to be.
    Refusal,
    /// A record is gone that waited for too long.
    Expiry,
}

/// None, or a few.
fn few(needs: &'static [&'static str]) -> Vec<(u16, About)> {
    let some = [1, 2, 4].map(|count| (count, SOUND.needs(needs)));
    std::iter::once((0, SOUND)).chain(some).collect()
}

/// None, or a few, which are sound where an orchestrator starts every container again.
fn expiries() -> Vec<(u16, About)> {
    let with = &["container.restart=always"];
    let one = SOUND.with(with).by("crash-anywhere", PropertyName::NeverLost);
    let one = one.holds_in(&["expired-anywhere"]);
    vec![(0, SOUND), (1, one), (2, SOUND.with(with)), (4, SOUND.with(with))]
}

faults! {
    /// A fault, or its end, or a moment, that the scheduler may choose within the scenario's budget.
    FaultPoint,
    /// How many faults of each kind the scheduler may choose.
    Budget {
        /// The container crashes; takes one crash from the budget.
        Crash(id: ContainerId) of Container "crash" takes {
            /// Crashes of containers; each may be followed by a restart, also a choice.
            crash
        } does &[Effect::Fault(FaultKind::Crash)];
        /// A container that crashed, was paused or met a failed dependency goes on.
        Restart(id: ContainerId) of Container "restart";
        /// The reply at the head of the machine's inbox is lost: the request took effect, and the
        /// machine sees a failure. Takes one lost reply from the budget.
        LoseReply(machine: MachineId) of Machine "lose-reply"
        told "the reply '{message}' to {machine} is lost and taken for a refusal" takes {
            /// Replies that are lost on their way: the request takes effect, the caller sees a failure.
            lost_reply
        } does &[Effect::Refusal];
        /// The oldest delivery of the queue times out. Takes one timeout from the budget.
        TimeOut(id: QueueId) of Queue "time-out" takes {
            /// Visibility timeouts: a record that a container still works on becomes visible again, and may be
            /// delivered to another one.
            visibility_timeout
        } does &[];
        /// The first visible record of a `standard` queue becomes the last. Takes one change of order
        /// from the budget.
        Reorder(id: QueueId) of Queue "reorder" takes {
            /// Changes of order: the first visible record of a `standard` queue becomes the last.
            reorder needs "queue.delivery=standard"
        } does &[];
        /// The driver, which waits for any moment (`await sometime`), goes on at this one.
        GoOn of Driver "go-on";
        /// A regional table loses all that it has. Takes one loss of a table from the budget.
        LoseTable(id: TableId) of Table "lose" takes {
            /// Regional tables that lose all that they have.
            lose_table
        } does &[Effect::Fault(FaultKind::Lose)];
        /// The region is gone for good. Takes one loss of a region from the budget.
        LoseRegion(region: RegionId) of Region "lose" takes {
            /// Regions that are gone for good; one is always left.
            lose_region
        } does &[Effect::Fault(FaultKind::Lose)];
        /// The writer of a stage's global database begins to hand over to the cluster of this region.
        /// Takes one switchover from the budget.
        Switchover(id: ReplicatorId, to: RegionId) of Writer "switchover" takes {
            /// Switchovers: the writer of a global database begins to hand over to another region.
            switchover needs "store.default=aurora"
        } does &[Effect::Fault(FaultKind::Switchover)];
        /// The cluster of this region becomes the writer at once. Takes one failover from the budget.
        Failover(id: ReplicatorId, to: RegionId) of Writer "failover" takes {
            /// Failovers: the writer of a global database moves to another region at once.
            failover needs "store.default=aurora"
        } does &[Effect::Fault(FaultKind::Failover)];
        /// Everything in the region fails at once. Takes one outage from the budget.
        Outage(region: RegionId) of Region "outage" takes {
            /// Outages of regions: everything in one fails at once. Each may be followed by its end, also a
            /// choice.
            outage
        } does &[Effect::Fault(FaultKind::Crash), Effect::Fault(FaultKind::Fail)];
        /// Everything in a region with such an outage works again.
        EndOutage(region: RegionId) of Region "end-outage";
        /// A late message to the machine arrives: a request that the budget let be late, or a fence, where fencing is a
        /// best effort. Takes nothing from the budget.
        Arrive(machine: MachineId) of Machine "arrive";
        /// The request at the head of the inbox of a queue, a table, a DNS name or the external service is refused, and
        /// has no effect; the machine works. Takes one refusal from the budget.
        Refuse(machine: MachineId) of Machine "refuse"
        told "{machine} works, turns down one '{message}'" takes {
            /// Requests that a queue, a table, a DNS name or the external service refuses although it works: to send,
            /// receive, remove or store a record, or to call. What comes next is served. Tables and a service with
            /// `on_failure = "hang"` refuse nothing.
            refuse
        } does &[Effect::Refusal];
        /// The request at the head of the machine's inbox is late: it is on its way, and arrives at any later time
        /// ([`FaultPoint::Arrive`]). Takes one late message from the budget.
        Late(machine: MachineId) of Machine "late" takes {
            /// Requests to send, store or remove a record, and calls of the external service, that are late: each arrives at any later time, also after
            /// what was sent later, and after the container that sent it has died.
            late
        } does &[];
        /// A queue, a table, a replication or the external service fails. Takes one failure from the budget.
        Fail(machine: MachineId) of Component "let-fail" takes {
            /// Failures of queues, tables, replications and the external service; each may be followed by its end, also a choice.
            fail
        } does &[Effect::Fault(FaultKind::Fail)];
        /// Of what failed so: it works again.
        Recover(machine: MachineId) of Component "recover";
        /// A container is paused. Takes one pause from the budget.
        Pause(id: ContainerId) of Container "pause" takes {
            /// Pauses of containers; each may be followed by its end, also a choice.
            pause
        } does &[Effect::Fault(FaultKind::Pause)];
        /// A way is cut: a container no longer reaches its table, or no replication reaches a region. Takes one partition
        /// from the budget.
        Partition(path: Path) of Path "partition" told "{machine} cannot reach its table" takes {
            /// Partitions: a container cannot reach its table, or a region is cut off from the tables of the others: no stage's replication
            /// reaches it, nor does a write that a global database forwards. (Mirrors of logs go on.) Each may be followed by its end, also a choice.
            partition
        } does &[Effect::Fault(FaultKind::Fail)];
        /// The retention period of the oldest visible record of a queue is over, or, if none is visible, that of its oldest
        /// dead letter: the record is gone. Takes one expiry from the budget.
        Expire(id: QueueId) of Queue "expire" takes {
            /// Records that wait in a queue, or as dead letters, until their retention period is over: each is gone. That
            /// takes days, so it comes only when no machine can step, and no orchestrator has a container to start again; but before
            /// the next line of the script, which may be an operator's.
            expire of expiries()
        } does &[Effect::Expiry];
        /// A way that was cut so leads there again.
        Rejoin(path: Path) of Path "rejoin" told "{machine} reaches its table again";
        /// The clock of the region is ahead of the others' from here on, where each has its own. Takes nothing from
        /// the budget.
        RunAhead(region: RegionId) of Region "clock-ahead";
        /// The deduplication window of the queue passes: what it took before and is sent again is a new message. Takes one
        /// such moment from the budget.
        WindowPasses(id: QueueId) of Queue "window-passes" takes {
            /// Deduplication windows that pass: the queue does not remember any more what it has taken.
            deduplication_window needs "queue.deduplication=by-record"
        } does &[];
        /// A container no longer waits for the request at the head of the machine's inbox: it sees a failure, and the request
        /// is late ([`FaultPoint::Arrive`]). Takes one such timeout from the budget.
        GiveUp(machine: MachineId) of Machine "give-up"
        told "the '{message}' to {machine} takes too long" takes {
            /// Requests of containers that time out: to send, store or remove a record, and calls of the external service. The
            /// container sees a failure, and the request takes effect at any later time, also after what was sent later: after it was tried
            /// again, say. Tables and a service with `on_failure = "hang"` are waited for.
            request_timeout
        } does &[Effect::Refusal];
    }
}
