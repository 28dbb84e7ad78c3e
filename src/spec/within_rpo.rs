//! `WithinRpo`.

use crate::model::event::Holder;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::{RecordId, TableId};
use crate::plan::Plan;
use crate::scenario::LossLimit;
use crate::sim::Simulation;
use crate::spec::{Breach, Judgement, Ledger, Losses, uncalled};

/// What a loss destroys is at most the declared recovery point objective, and is exactly what was not
/// replicated to another region and not forwarded to another queue or the destination.
///
/// "At most": the records of which something acknowledged is gone for good, over the whole run, are
/// no more than `rpo.records`, if the scenario declares it. "Exactly": nothing goes but what was in
/// what is lost, and what is destroyed does not come back by itself. What was replicated or
/// forwarded has to be where it went: that is asked at the end, by
/// [`StoredEverywhere`](crate::spec::StoredEverywhere), [`Converged`](crate::spec::Converged) and
/// [`DeliveredAll`](crate::spec::DeliveredAll), which excuse what this property saw destroyed and
/// nothing else. What "destroyed" means is said by [`Losses`]. A message from which the external service was yet to be called counts
/// at the end, for then it is known whether a call that was on its way came after all.
///
/// Catches silent loss: a switchover that did not wait for the replication, and a writer that took writes
/// after it was replaced; and a write that was acknowledged when another region had received it, and was forgotten there. Source: the recovery point objective of the AWS Well-Architected
/// Framework, and the remark in the documentation of Amazon DynamoDB global tables that writes of an
/// isolated region are not in the others.
#[derive(Clone, Copy, Debug)]
pub struct WithinRpo;

impl WithinRpo {
    /// Why it says nothing of this system, if it does not.
    pub(super) fn not_applicable(plan: &Plan) -> Option<&'static str> {
        let can_lose = plan.can_lose() || plan.has_fault(FaultKind::Switchover);
        (!can_lose).then_some("nothing is lost for good")
    }

    /// A fault begins.
    pub(super) fn began(fault: Fault, losses: &mut Losses) {
        losses.began(fault);
    }

    /// A copy is gone.
    pub(super) fn lost(
        holder: Holder,
        record: RecordId,
        losses: &mut Losses,
        ledger: &Ledger,
        plan: &Plan,
    ) -> Judgement {
        losses.lost(holder, record, ledger, plan)
    }

    /// A row that was on its way does not come.
    pub(super) fn forgot(
        table: TableId,
        record: RecordId,
        losses: &mut Losses,
        ledger: &Ledger,
        plan: &Plan,
    ) -> Judgement {
        losses.forgot(table, record, ledger, plan)
    }

    /// The records that were acknowledged and delivered, and of which a loss took the message from which the external service was
    /// yet to be called; without those of which more is lost.
    pub(super) fn uncalled<'a>(
        simulation: &'a Simulation,
        ledger: &'a Ledger,
        losses: &'a Losses,
    ) -> impl Iterator<Item = RecordId> + 'a {
        let prevented = uncalled::lacking(simulation)
            .filter(|&(record, stage)| losses.is_unfinished(record, stage.index()));
        let mut last = None;
        let once = prevented
            .map(|(record, _)| record)
            .filter(move |&record| last.replace(record) != Some(record));
        once.filter(|&record| {
            ledger.record(record).accepted && !losses.destroyed().any(|lost| lost == record)
        })
    }

    /// All that is lost is no more than the scenario allows.
    pub(super) fn judge_end(
        simulation: &Simulation,
        ledger: &Ledger,
        losses: &Losses,
    ) -> Judgement {
        let mut uncalled = WithinRpo::uncalled(simulation, ledger, losses);
        let Some(record) = uncalled.next() else { return Ok(()) };
        let count = losses.count() + 1 + uncalled.count();
        match simulation.plan().scenario().rpo.records {
            LossLimit::AtMost(allowed) if count > allowed as usize => {
                Err(Breach::OverRpo { record, count: count as u16, allowed })
            }
            LossLimit::AtMost(_) | LossLimit::Unlimited => Ok(()),
        }
    }

    /// A loss is over.
    pub(super) fn ended(losses: &mut Losses, ledger: &Ledger, plan: &Plan) -> Judgement {
        losses.ended(ledger, plan)
    }
}
