//! `Latency`, `Rto` and `Rpo`.

use crate::plan::Plan;
use crate::spec::PropertyName;

/// Records reach the destination in the time that the script expects: `expect latency p99 <= 2s`.
///
/// From the first attempt of the source to send a record to its first arrival. A record that was accepted and never
/// arrives takes longer than any limit, unless the scenario declares its loss or parks it.
///
/// Like [`Rto`] and [`Rpo`] it is about the times of a run, which only the
/// [timed scheduler](crate::scheduler::Timed) knows: of other runs it is not judged, and every verdict says so. The
/// durations are those of [`metrics`](crate::metrics).
#[derive(Clone, Copy, Debug)]
pub struct Latency;

/// After a fault, what is published reaches the destination in the time that the script expects: `expect rto <= 60s`.
///
/// From each fault until the first record that was first published afterwards arrives; for ever, if one was published
/// and none arrives. A fault after which nothing is published shows no recovery, and is not judged.
#[derive(Clone, Copy, Debug)]
pub struct Rto;

/// What a fault could destroy is no older than the script expects: `expect rpo <= 5s`.
///
/// At each fault, since when the oldest of those records was acknowledged of which an acknowledged row or message
/// would be gone for good if what the fault strikes never came back. What *is* destroyed is judged by
/// [`WithinRpo`](crate::spec::WithinRpo), in records and under every scheduler.
#[derive(Clone, Copy, Debug)]
pub struct Rpo;

/// Whether the script expects nothing of the kind.
fn not_applicable(property: PropertyName, plan: &Plan) -> Option<&'static str> {
    let mut measures = plan.objectives().iter().map(|objective| objective.measure);
    let is_expected = measures.any(|measure| measure.property() == property);
    (!is_expected).then_some("the script expects nothing of it")
}

impl Latency {
    /// Why the property is not judged, if it is not.
    pub(super) fn not_applicable(plan: &Plan) -> Option<&'static str> {
        not_applicable(PropertyName::Latency, plan)
    }
}

impl Rto {
    /// Why the property is not judged, if it is not.
    pub(super) fn not_applicable(plan: &Plan) -> Option<&'static str> {
        not_applicable(PropertyName::Rto, plan)
    }
}

impl Rpo {
    /// Why the property is not judged, if it is not.
    pub(super) fn not_applicable(plan: &Plan) -> Option<&'static str> {
        not_applicable(PropertyName::Rpo, plan)
    }
}
