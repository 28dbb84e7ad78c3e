//! What runs can reach, and which scenarios can.

use crate::model::dns::DnsSide;
use crate::model::fault::{FaultKind, Target};
use crate::model::options::{
    Answer, Claim, ContainerOptions, Delivery, Forwarding, OnBatchFailure, OnDependencyFailure,
    OnDuplicate, OnStop, OnUnreadable, ReplicationMode,
};
use crate::model::queue;
use crate::plan::{DriverAction, Plan};
use crate::scenario::Budget;
use crate::spec::PropertyName;

macro_rules! reached {
    ($($(#[$doc:meta])* $name:ident $text:literal,)+) => {
        /// Something interesting that a run can reach.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum Reached { $($(#[$doc])* $name,)+ }

        impl Reached {
            /// Everything that a run can reach.
            pub const ALL: &[Reached] = &[$(Reached::$name),+];

            /// What it is, in words.
            pub fn text(self) -> &'static str {
                match self { $(Reached::$name => $text),+ }
            }
        }
    };
}

reached! {
    /// Records arrived in another order than they were published.
    OrderChanged "the order at the destination was not the publishing order",
    /// A record was delivered again by a queue.
    Redelivery "a queue delivered a record again",
    /// A record that came twice had one effect.
    DuplicateAbsorbed "a duplicate was absorbed",
    /// A container ignored a reply to an earlier life.
    StaleReply "a reply to a dead incarnation, or to a request given up, was ignored",
    /// A container was paused.
    Paused "a container was paused",
    /// A container crashed.
    Crashed "a container crashed",
    /// A delivery came back to its queue from a consumer that gave it up.
    Returned "a delivery came back to its queue",
    /// A delivery took too long.
    TimedOut "a visibility timeout expired",
    /// A queue changed its order.
    Reordered "a standard queue changed its order",
    /// A receipt was out of date.
    StaleRemove "a remove came with a stale receipt",
    /// A record was delivered too often.
    DeadLettered "a record went to the dead-letter queue",
    /// A reply was lost on its way.
    ReplyLost "a reply was lost",
    /// A request arrived late.
    RequestLate "a request was late",
    /// The old writer of a global database had yet to hear of a failover.
    FenceLate "a fence was late",
    /// A container came back.
    ContainerRecovered "a container recovered",
    /// A container met a failed queue or table.
    DependencyFailed "a container met a failed dependency",
    /// The source was refused.
    SourceRefused "the source was refused",
    /// A queue, table, replicator or DNS target failed.
    ComponentFailed "a queue, a table, replication or a DNS target failed",
    /// A region went offline in a DNS name.
    WentOffline "a region was taken offline",
    /// A replicator came back to a backlog.
    Backlog "replication recovered with a backlog",
    /// A table or a region was lost for good.
    Lost "something was lost for good",
    /// A loss took the last copy of something.
    Destroyed "a loss took a copy of a record",
    /// A sender waited for a queue to have room.
    SendWaited "a sender waited for room in a full queue",
    /// A container gave its delivery back because of a row that it cannot read.
    GaveUp "a container gave up at a row that it cannot read",
    /// A container gave its delivery back and went on.
    GaveBack "a container gave a record back and went on",
    /// A container received several records with one request.
    Batched "a container received several records at a time",
    /// A container gave back a record of which it was not known that it fails, since another one of its batch did.
    GaveBackTogether "a container gave records back with one that failed",
    /// A write was forwarded to the writer of a global database.
    WriteForwarded "a write was forwarded to the writer's region",
    /// The writer of a global database moved.
    WriterMoved "the writer of a global database moved",
    /// A log took over what it had mirrored of one that is lost.
    TookOver "a mirror took over records of a log that was lost",
    /// Both regions (or more) took records.
    SeveralRegions "more than one region took records",
}

impl Reached {
    /// Whether only unsound designs reach it.
    pub fn is_unsound(self) -> bool {
        [Reached::GaveUp, Reached::FenceLate].contains(&self)
    }

    /// Whether the scenario can reach it at all.
    #[expect(clippy::too_many_lines, reason = "a line or two for each variant")]
    pub fn is_possible(self, plan: &Plan) -> bool {
        let stops = plan.any_container(|container| container.on_stop == OnStop::AtOnce);
        // One that is paused when it is replaced finishes nothing either.
        let stops = stops || plan.has_fault(FaultKind::Pause);
        let replaced = [FaultKind::Deploy, FaultKind::Rollback];
        let stopped = replaced.iter().any(|&kind| plan.has_fault(kind)) && stops;
        let crash = plan.has_fault(FaultKind::Crash) || stopped;
        let refused = plan.budget.refuses();
        let times_out = plan.budget.visibility_timeout > 0 || plan.consumers_can_hang;
        let comes_twice = times_out && !is_alone(plan);
        let fail = plan.has_fault(FaultKind::Fail);
        let queue = |target| matches!(target, Target::Queue(_));
        let strong = plan.scenario().replication.mode == ReplicationMode::Strong;
        // What containers depend on: with strong replication a table needs another region.
        let is_dependency = |target| {
            matches!(target, Target::Queue(_) | Target::Table(_) | Target::Service)
                || (strong && matches!(target, Target::Replicator(_) | Target::Link(..)))
        };
        // The destination can lose its connection to a record that it has received.
        let out_of_reach = plan.budget.outage > 0
            || plan.faults().any(|fault| {
                let side = matches!(fault.target, Target::Dns(DnsSide::Out, _));
                side && matches!(fault.kind, FaultKind::Fail | FaultKind::Offline)
            });
        // A failover refuses each write under way once.
        let gives_in = plan.any_container(|container| container.retries == 0);
        let loses_writer = plan.has_database() && plan.can_lose_a_region();
        let refuses = (plan.has_fault(FaultKind::Failover) || loses_writer) && gives_in;
        // Replication refuses no request, so no container gives a delivery back because of it.
        let moves = plan.has_fault(FaultKind::Failover) || plan.has_fault(FaultKind::Switchover);
        let gives_back =
            refuses || crash || refused || out_of_reach || plan.can_fail(is_dependency);
        let is_refused = refuses || refused || plan.can_fail(is_dependency);
        let is_poisoned = plan.cannot_process();
        let gives_back_refused = |container: &ContainerOptions| {
            container.on_dependency_failure == OnDependencyFailure::GiveBack
        };
        let goes_on = plan.any_container(gives_back_refused);
        let stops_refused = plan.any_container(|container| {
            let reads_on = container.on_dependency_failure == OnDependencyFailure::ReadOn;
            !reads_on && !gives_back_refused(container)
        });
        match self {
            Reached::OrderChanged => {
                let by_ways = !plan.layout.shape.is_line();
                plan.records() > 1
                    && (by_ways || PropertyName::InOrder.not_applicable(plan).is_some())
            }
            Reached::SeveralRegions => {
                let other = |action: &DriverAction| matches!(action, DriverAction::Weights(_));
                let is_one = plan.weights.iter().filter(|&&weight| weight > 0).count() == 1;
                let moves = plan.can_lose_a_region()
                    || plan.has_fault(FaultKind::Offline)
                    || plan.scenario().dns.health_threshold > 0
                    || plan.actions().iter().any(other);
                // A record that is sent again may go to another region.
                let again = plan.budget.lost_reply > 0 || plan.can_lose_a_region();
                (plan.records() > 1 || again) && (!is_one || moves)
            }
            Reached::Returned => {
                gives_back
                    || [Reached::GaveUp, Reached::GaveBack].iter().any(|it| it.is_possible(plan))
            }
            Reached::Redelivery => {
                let redrives = |action: &DriverAction| matches!(action, DriverAction::Redrive(_));
                let is_once = !plan.any_queue(|queue| queue.max_receives != 1)
                    && !plan.actions().iter().any(redrives);
                (gives_back || comes_twice || is_poisoned) && !is_once
            }
            // A record whose store was refused is not there a second time.
            Reached::DuplicateAbsorbed => {
                let fails = plan.can_fail(queue) || plan.can_lose_a_region();
                let relay = plan.scenario().relay;
                let both_publish = relay.instances > 1 && relay.claim == Claim::None;
                // Ways that meet bring a record there by each.
                let meet = plan.layout.shape.visits() > plan.layout.positions() as u64;
                let again = both_publish || meet;
                crash || refused || out_of_reach || comes_twice || fails || again
            }
            // Only a crash or a timeout leaves a request behind: who is refused has its reply.
            Reached::StaleReply => crash || plan.budget.request_timeout > 0,
            Reached::Paused => plan.has_fault(FaultKind::Pause),
            Reached::Crashed => plan.has_fault(FaultKind::Crash),
            Reached::TimedOut => times_out,
            // A late remove may come when its container has died or given up, and the record was delivered again.
            Reached::StaleRemove => {
                let again = plan.any_container(|container| container.retries > 0);
                comes_twice
                    || (plan.budget.late > 0 && crash)
                    || (plan.budget.lost_reply > 0 && again)
                    || plan.budget.request_timeout > 0
            }
            Reached::Reordered => plan.budget.reorder > 0,
            Reached::DeadLettered => plan.any_queue(|queue| queue.max_receives > 0),
            Reached::ReplyLost => plan.budget.lost_reply > 0,
            Reached::FenceLate => plan.fences_late,
            Reached::RequestLate => plan.budget.lets_be_late(),
            Reached::SendWaited => plan.any_queue(|queue| queue.capacity > 0),
            Reached::GaveUp => {
                let gives_up = OnUnreadable::GiveUp;
                plan.any_container(|container| container.on_unreadable == gives_up)
                    && plan.keys().unreadable().is_some()
            }
            Reached::GaveBack => {
                let duplicate =
                    plan.any_container(|container| container.on_duplicate == OnDuplicate::GiveBack);
                is_poisoned
                    || is_refused && goes_on
                    || duplicate && Reached::DuplicateAbsorbed.is_possible(plan)
            }
            Reached::Batched => {
                // One record may be there twice.
                let several = plan.records() > 1 || plan.budget != Budget::default();
                several && plan.any_container(|container| container.batch > 1)
            }
            Reached::GaveBackTogether => {
                // Where no order is kept, one that fails goes back alone.
                let together = plan.containers.iter().any(|context| {
                    let all_back = context.options.on_batch_failure == OnBatchFailure::AllBack;
                    context.options.batch > 1 && (all_back || context.order.is_kept)
                });
                together
                    && Reached::Batched.is_possible(plan)
                    && [Reached::GaveUp, Reached::GaveBack].iter().any(|it| it.is_possible(plan))
            }
            Reached::ContainerRecovered => {
                let stops = crash || is_refused && stops_refused;
                stops || plan.has_fault(FaultKind::Pause)
            }
            Reached::ComponentFailed => fail,
            Reached::DependencyFailed => is_refused && stops_refused,
            Reached::SourceRefused => {
                let fails = plan.can_fail(|target| plan.can_refuse_source(target));
                // A request that times out is one of a container.
                let of_source = Budget { request_timeout: 0, ..plan.budget }.refuses();
                of_source || fails || plan.can_lose_a_region()
            }
            // The healing leads the traffic around a region that is lost.
            Reached::WentOffline => plan.has_fault(FaultKind::Offline) || plan.can_lose_a_region(),
            Reached::TookOver => {
                let takes_over =
                    |context: &queue::Context| context.mirror.is_some() && !context.skips();
                plan.can_lose_a_region() && plan.queues.iter().any(takes_over)
            }
            Reached::Lost => plan.has_fault(FaultKind::Lose),
            Reached::Destroyed => plan.can_lose(),
            Reached::WriteForwarded => {
                let forwards = plan.scenario().aurora.forwarding != Forwarding::Off;
                let is_random = plan.scenario().dns.answer == Answer::Random;
                let elsewhere = plan.scenario().aurora.writer != 1 || moves || is_random;
                let several = Reached::SeveralRegions.is_possible(plan);
                forwards && plan.has_database() && (several || elsewhere)
            }
            Reached::WriterMoved => {
                let lost = plan.has_database() && plan.can_lose_a_region();
                lost || moves
            }
            Reached::Backlog => plan.can_fail(|target| matches!(target, Target::Replicator(_))),
        }
    }
}

/// Whether each queue has one consumer, which is never disturbed but by timeouts: it has removed a record before it asks for
/// the next one, which so is never the same. A fifo queue refuses a receipt that has expired, and delivers the record again.
fn is_alone(plan: &Plan) -> bool {
    let scenario = plan.scenario();
    let kinds = plan.budget.counts().into_iter().filter(|&count| count > 0).count();
    let is_only = kinds == usize::from(plan.budget.visibility_timeout > 0);
    is_only
        && plan.faults().next().is_none()
        && !plan.consumers_can_hang
        && scenario.of_stages().all(|stage| stage.containers == 1)
        && !plan.any_queue(|queue| queue.delivery == Delivery::Fifo)
}
