//! The active-active spec: what must hold in every run of a sound system.
//!
//! The spec reads events and, at the end, the state; it changes nothing. Words: a record is
//! *accepted* once the source holds a positive acknowledgement for it: from then on the system
//! answers for it. *Stored at a stage* means in the table of that stage, in the region that took
//! the write; of a global database, by its writer, for a container of that region.

use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::id::{RecordId, StageId};
use crate::model::{destination, dns, queue, replicator, table};
use crate::plan::Plan;
use crate::sim::{Bytes, Simulation};

mod answered_once;
pub mod breach;
mod circle;
mod converged;
mod delivered_all;
mod drained;
mod effect_once;
pub mod ending;
mod events;
mod expectation;
pub(crate) mod explain;
mod in_order;
pub mod ledger;
pub mod losses;
mod mirrors;
mod monotone_version;
mod never_lost;
mod no_invention;
mod outbox;
mod region_counts;
mod region_fifo;
mod remove_last;
pub(crate) mod resend;
mod routed_by_policy;
mod settles;
mod shows;
pub(crate) mod starving;
mod store_before_forward;
mod stored_everywhere;
#[cfg(test)]
mod tests;
mod times;
mod uncalled;
pub(crate) mod unmet;
mod within_rpo;

pub use answered_once::AnsweredOnce;
use breach::Whereabouts;
pub use breach::{Breach, Took, Violation};
pub use converged::Converged;
pub use delivered_all::DeliveredAll;
pub use drained::Drained;
pub use effect_once::EffectOnce;
pub use ending::{Ending, Excused, Facts};
pub use expectation::Expectation;
pub use in_order::InOrder;
pub use ledger::Ledger;
pub use losses::{Losses, Lost};
pub use monotone_version::MonotoneVersion;
pub use never_lost::NeverLost;
pub use no_invention::NoInvention;
pub use region_counts::{CountMismatch, RegionCounts};
pub use region_fifo::RegionFifo;
pub use remove_last::RemoveLast;
pub use routed_by_policy::RoutedByPolicy;
pub use settles::Settles;
pub use store_before_forward::StoreBeforeForward;
pub use stored_everywhere::StoredEverywhere;
pub use times::{Latency, Rpo, Rto};
pub use within_rpo::WithinRpo;

pub use crate::scenario::PropertyName;
pub use ledger::Seen;

/// Why a property is not about a system, if it is not.
type NotApplicable = fn(&Plan) -> Option<&'static str>;

/// The properties that are about some systems only.
const OF_SOME: [(PropertyName, NotApplicable); 8] = [
    (PropertyName::RegionFifo, RegionFifo::not_applicable),
    (PropertyName::InOrder, InOrder::not_applicable),
    (PropertyName::Expectation, Expectation::not_applicable),
    (PropertyName::MonotoneVersion, MonotoneVersion::not_applicable),
    (PropertyName::WithinRpo, WithinRpo::not_applicable),
    (PropertyName::Latency, Latency::not_applicable),
    (PropertyName::Rto, Rto::not_applicable),
    (PropertyName::Rpo, Rpo::not_applicable),
];

/// An order that a property promises.
struct Order {
    property: PropertyName,
    /// What a record does that is later in it.
    later: &'static str,
    /// What was promised of two records, the first of which was overtaken by the second.
    why: fn(&Simulation, Whereabouts, RecordId, RecordId) -> Vec<String>,
}

/// The orders that are promised.
const ORDERS: [Order; 2] = [
    Order {
        property: PropertyName::RegionFifo,
        later: "came to the region",
        why: RegionFifo::why_overtaken,
    },
    Order { property: PropertyName::InOrder, later: "was published", why: InOrder::why_overtaken },
];

impl PropertyName {
    /// Why the property is not judged for this system, if it is not.
    pub fn not_applicable(self, plan: &Plan) -> Option<&'static str> {
        if plan.leaves_out(self) {
            return Some("left out by the scenario");
        }
        let why = OF_SOME.iter().find(|(property, _)| *property == self);
        why.and_then(|(_, not_applicable)| not_applicable(plan))
    }

    /// Why the property is not judged at a stage, if it is not, though it may be judged at others.
    pub fn not_applicable_at(self, stage: StageId, plan: &Plan) -> Option<&'static str> {
        let of_stage = || match self == PropertyName::RegionFifo {
            true => RegionFifo::not_applicable_at(stage, plan),
            false => None,
        };
        self.not_applicable(plan).or_else(of_stage)
    }
}

/// What a property says of an event: nothing, or how it is violated.
pub type Judgement = Result<(), Breach>;

/// The judgement, unless it is of a property that the scenario leaves out.
#[inline]
fn judged(judgement: Judgement, plan: &Plan) -> Judgement {
    match judgement {
        Err(breach) if plan.leaves_out(breach.property()) => Ok(()),
        judgement => judgement,
    }
}

/// All properties, watching one run.
///
/// Each property is a type in its own file that answers the questions its statement raises; what
/// only one property needs it keeps itself, what several need is in the [`Ledger`].
///
/// A [`Runner`](crate::run::Runner) lets it watch.
#[derive(Clone, Debug)]
pub struct Spec {
    ledger: Ledger,
    routed_by_policy: RoutedByPolicy,
    region_fifo: RegionFifo,
    in_order: InOrder,
    versions: MonotoneVersion,
    losses: Losses,
}

impl Spec {
    /// A spec for runs of this plan.
    pub fn new(plan: &Plan) -> Spec {
        Spec {
            ledger: Ledger::new(plan),
            routed_by_policy: RoutedByPolicy::new(plan),
            region_fifo: RegionFifo::new(plan),
            in_order: InOrder::new(plan),
            versions: MonotoneVersion::new(plan),
            losses: Losses::new(plan),
        }
    }

    /// Forgets the run, in the memory that is there.
    pub fn reset(&mut self) {
        self.ledger.reset();
        self.routed_by_policy.reset();
        self.region_fifo.reset();
        self.in_order.reset();
        self.versions.reset();
        self.losses.reset();
    }

    /// Judges what happened in step number `step`, in order.
    ///
    /// # Errors
    ///
    /// The first violation.
    #[inline]
    pub fn watch(&mut self, events: &[Event], step: u64, plan: &Plan) -> Judgement {
        events.iter().try_for_each(|event| self.judge(event, Seen(step), plan))
    }

    /// The one exhaustive match over what events happen at: each goes to the properties that it can
    /// violate, and then, if none objects, into the ledger.
    ///
    /// # Errors
    ///
    /// The first violation.
    // Always inline: the caller then keeps the event where it is. Left to itself the compiler stopped
    // doing so when the match grew, which cost a third of the speed of a run (`bench steps`).
    #[inline(always)]
    pub fn judge(&mut self, event: &Event, seen: Seen, plan: &Plan) -> Judgement {
        match *event {
            Event::Source(event) => self.judge_source(event, plan),
            Event::Dns(event) => self.judge_dns(event, plan),
            Event::Queue(event) => self.judge_queue(event, seen, plan),
            Event::Container(event) => self.judge_container(event, seen, plan),
            Event::Table(event) => self.judge_table(event, plan),
            Event::Replicator(event) => self.judge_replicator(event),
            Event::Destination(event) => self.judge_destination(event, plan),
            Event::Service(event) => judged(EffectOnce::at_service(event), plan),
            Event::Fault(event) => self.judge_fault(event, seen, plan),
            Event::ExpectationFailed { action } => Expectation::failed(action),
        }
    }

    /// Judges a run that has come to rest after everything was healed.
    ///
    /// # Errors
    ///
    /// The first violation.
    pub fn judge_end(&self, simulation: &Simulation) -> Judgement {
        let ledger = &self.ledger;
        let losses = &self.losses;
        let plan = simulation.plan();
        judged(DeliveredAll::judge_end(simulation, ledger, losses), plan)?;
        judged(StoredEverywhere::judge_end(simulation, losses), plan)?;
        judged(Converged::judge_end(simulation, losses), plan)?;
        judged(Drained::judge_end(simulation, losses), plan)?;
        judged(EffectOnce::judge_end(simulation, losses), plan)?;
        judged(WithinRpo::judge_end(simulation, ledger, losses), plan)?;
        Expectation::judge_end(simulation)
    }

    /// What is known of every record.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What losses have destroyed.
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// A breach with the sentences that say what happened and why.
    pub fn explain(&self, breach: Breach, simulation: &Simulation) -> Violation {
        explain::violation(breach, simulation, &self.ledger, &self.losses)
    }

    /// Whether the judgement of an event depends on more than what is known of its record, or changes that. What is
    /// said of fetches and of lost regions is of plans that `explore/verify/locals.rs` takes.
    pub(crate) fn reads_rest(event: &Event, plan: &Plan) -> bool {
        if InOrder::not_applicable(plan).is_none() && InOrder::is_about(event) {
            return true;
        }
        match *event {
            // RegionFifo counts the records that come to a region.
            Event::Queue(queue::Event::Enqueued { queue, .. }) => {
                RegionFifo::counts_at(plan.layout.queue_place(queue).1, plan)
            }
            // Such a plan takes no region out of a name, so every fetch is allowed.
            Event::Dns(event) => !matches!(event, dns::Event::FetchRouted { .. }),
            Event::Table(event) => matches!(
                event,
                table::Event::Stored { .. }
                    | table::Event::KeyShown { .. }
                    | table::Event::Forgot { .. }
                    | table::Event::Ignored { .. }
            ),
            Event::Destination(destination::Event::Arrived { shown, .. }) => shown,
            Event::Replicator(event) => matches!(event, replicator::Event::WriterMoved { .. }),
            Event::Fault(event) => matches!(
                event,
                fault::Event::Faulted { .. }
                    | fault::Event::Lost { .. }
                    | fault::Event::LossEnded { .. }
            ),
            Event::Queue(_)
            | Event::Source(_)
            | Event::Container(_)
            // The event says how many effects there were.
            | Event::Service(_)
            | Event::ExpectationFailed { .. } => false,
        }
    }

    /// Writes down what is known of a record and can influence a later judgement. With
    /// [`Spec::write`] and the state of the simulation it is all that later judgements depend on.
    pub(crate) fn write_record(&self, record: RecordId, bytes: &mut Bytes) {
        self.ledger.write(record, bytes);
        self.region_fifo.write_record(record, bytes);
        self.in_order.write_record(record, bytes);
        self.losses.write_record(record, bytes);
    }

    /// Writes down what is known besides and can influence a later judgement.
    pub(crate) fn write(&self, bytes: &mut Bytes) {
        let Spec { ledger: _, routed_by_policy, region_fifo, in_order, versions, losses } = self;
        losses.write(bytes);
        routed_by_policy.write(bytes);
        region_fifo.write(bytes);
        in_order.write(bytes);
        versions.write(bytes);
    }

    /// Makes this spec equal to another of the same plan, in the memory that is there.
    pub fn copy_from(&mut self, other: &Spec) {
        self.ledger.copy_from(&other.ledger);
        self.routed_by_policy = other.routed_by_policy;
        self.region_fifo.copy_from(&other.region_fifo);
        self.in_order.copy_from(&other.in_order);
        self.versions.copy_from(&other.versions);
        self.losses.copy_from(&other.losses);
    }
}
