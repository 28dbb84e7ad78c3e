//! How deliveries ended without a remove, as far as the words for a violation ask: no judgement depends on it.

use crate::model::container::WhyBack;
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::{ContainerId, RecordId};
use crate::model::options::OnStop;
use crate::plan::Plan;
use crate::spec::ledger::Seen;

/// So many are kept of each kind, the first ones: a failure that is shown to a reader has fewer, and no run allocates memory for
/// more.
const KEPT: usize = 16;

/// A container gave a record back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct GivenBack {
    /// The container.
    pub(crate) container: ContainerId,
    /// Why it could not go on with it.
    pub(crate) why: WhyBack,
    /// How often in a row it did so for this reason.
    pub(crate) times: u16,
}

/// A container was stopped, whatever it was doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Interruption {
    /// The container.
    pub(crate) container: ContainerId,
    /// A crash, or what replaced it.
    pub(crate) kind: FaultKind,
    /// When.
    pub(crate) seen: Seen,
}

/// How deliveries ended without a remove.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    /// By record, in the order in which they were given back first; at most [`KEPT`].
    given_back: Vec<(RecordId, GivenBack)>,
    /// In their order; at most [`KEPT`].
    interruptions: Vec<Interruption>,
}

impl Default for Attempts {
    fn default() -> Attempts {
        Attempts { given_back: Vec::with_capacity(KEPT), interruptions: Vec::with_capacity(KEPT) }
    }
}

impl Attempts {
    pub(super) fn reset(&mut self) {
        self.given_back.clear();
        self.interruptions.clear();
    }

    pub(super) fn copy_from(&mut self, other: &Attempts) {
        self.given_back.clone_from(&other.given_back);
        self.interruptions.clone_from(&other.interruptions);
    }

    /// A container gave a record back.
    #[cold]
    pub(super) fn gave_back(&mut self, container: ContainerId, record: RecordId, why: WhyBack) {
        let new = GivenBack { container, why, times: 1 };
        let known = self.given_back.iter().position(|(known, _)| *known == record);
        let Some(index) = known else {
            if self.given_back.len() < KEPT {
                self.given_back.push((record, new));
            }
            return;
        };
        let last = &mut self.given_back[index].1;
        let is_same = (last.container, last.why) == (container, why);
        let before = if is_same { last.times } else { 0 };
        *last = GivenBack { times: before.saturating_add(1), ..new };
    }

    /// A fault struck, perhaps a container.
    pub(super) fn faulted(&mut self, fault: Fault, seen: Seen, plan: &Plan) {
        let Target::Container(container) = fault.target else { return };
        let options = &plan.containers[container.index()].options;
        let stops = match fault.kind {
            FaultKind::Crash => true,
            // One that drains finishes what it has.
            FaultKind::Deploy | FaultKind::Rollback => options.on_stop == OnStop::AtOnce,
            // It keeps what it has.
            FaultKind::Pause
            | FaultKind::Fail
            | FaultKind::Lose
            | FaultKind::Offline
            | FaultKind::Switchover
            | FaultKind::Failover => false,
        };
        if stops && self.interruptions.len() < KEPT {
            self.interruptions.push(Interruption { container, kind: fault.kind, seen });
        }
    }

    /// Who gave the record back last, and why.
    pub(super) fn given_back(&self, record: RecordId) -> Option<GivenBack> {
        self.given_back.iter().find(|(known, _)| *known == record).map(|&(_, last)| last)
    }

    /// The containers that were stopped, whatever they were doing, in their order.
    pub(super) fn interruptions(&self) -> &[Interruption] {
        &self.interruptions
    }

    /// Something that was only told.
    #[cfg(test)]
    pub(super) fn change(&mut self) {
        self.gave_back(ContainerId(0), RecordId(1), WhyBack::Poison);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_is_given_back_for_another_reason_is_counted_from_one() {
        let mut attempts = Attempts::default();
        let record = RecordId(1);
        let times = |attempts: &Attempts| attempts.given_back(record).map(|last| last.times);
        assert_eq!(times(&attempts), None);
        attempts.gave_back(ContainerId(0), record, WhyBack::OldFormat);
        attempts.gave_back(ContainerId(0), record, WhyBack::OldFormat);
        assert_eq!(times(&attempts), Some(2));
        attempts.gave_back(ContainerId(1), record, WhyBack::OldFormat);
        assert_eq!(times(&attempts), Some(1));
        attempts.gave_back(ContainerId(1), record, WhyBack::Poison);
        assert_eq!(times(&attempts), Some(1));
        attempts.reset();
        assert_eq!(times(&attempts), None);
    }
}
