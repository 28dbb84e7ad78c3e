//! What a budget lets happen, as its rows say.

use crate::model::fault::subject::SubjectKind;
use crate::model::fault::{Budget, Effect, FaultKind, PointKind, Trait};

impl Budget {
    /// The kinds of faults that it has, and how many of each.
    fn kinds(&self) -> impl Iterator<Item = (PointKind, u16)> {
        let counts = self.counts();
        let count = move |kind: PointKind| Some((kind, counts[kind.of_budget()?]));
        PointKind::ALL.into_iter().filter_map(count).filter(|&(_, count)| count > 0)
    }

    /// Whether it lets this happen to something.
    pub(crate) fn does(&self, kind: FaultKind) -> bool {
        self.kinds().any(|(point, _)| point.does().contains(&Effect::Fault(kind)))
    }

    /// Whether it lets anything happen to a component that can recover from it, or be replaced.
    pub(crate) fn has_faults(&self) -> bool {
        let is_fault = |effect: &Effect| match effect {
            Effect::Fault(_) => true,
            Effect::Refusal | Effect::Expiry => false,
        };
        self.kinds().any(|(point, _)| point.does().iter().any(is_fault))
    }

    /// Whether it lets this happen to any machine that can fail.
    pub(crate) fn does_to_components(&self, kind: FaultKind) -> bool {
        let concerns = |point: PointKind| point.subject() == SubjectKind::Component;
        let mut kinds = self.kinds().filter(|&(point, _)| concerns(point));
        kinds.any(|(point, _)| point.does().contains(&Effect::Fault(kind)))
    }

    /// Whether it lets a request be refused, or seem to be, though what it was sent to works.
    pub(crate) fn refuses(&self) -> bool {
        self.kinds().any(|(point, _)| point.does().contains(&Effect::Refusal))
    }

    /// Whether it lets a request be late.
    pub(crate) fn lets_be_late(&self) -> bool {
        self.late > 0 || self.request_timeout > 0
    }

    /// How many of its faults can stop a container.
    pub(crate) fn stops(&self) -> u64 {
        let stops = |effect: &Effect| match effect {
            Effect::Refusal => true,
            Effect::Fault(kind) => kind.is(Trait::Stops),
            Effect::Expiry => false,
        };
        let stopping = self.kinds().filter(|(point, _)| point.does().iter().any(stops));
        stopping.map(|(_, count)| u64::from(count)).sum()
    }

    /// Whether it lets something happen to a machine whatever it is: which depends on the message at the head of
    /// its inbox.
    pub(crate) fn concerns_messages(&self) -> bool {
        self.kinds().any(|(point, _)| point.subject() == SubjectKind::Machine)
    }

    /// By key, in the order of [`Budget::KEYS`]: whether such a fault concerns a single machine or message, and
    /// destroys nothing.
    #[cfg(any(test, feature = "arbitrary", feature = "proptest"))]
    pub(crate) fn small() -> impl Iterator<Item = bool> {
        let of_budget = PointKind::ALL.into_iter().filter(|kind| kind.of_budget().is_some());
        of_budget.map(|kind| {
            !kind.does().contains(&Effect::Expiry)
                && match kind.subject() {
                    SubjectKind::Driver
                    | SubjectKind::Machine
                    | SubjectKind::Component
                    | SubjectKind::Container
                    | SubjectKind::Queue => true,
                    SubjectKind::Path
                    | SubjectKind::Table
                    | SubjectKind::Region
                    | SubjectKind::Writer => false,
                }
        })
    }

    /// How many faults that is in all.
    pub fn total(&self) -> u64 {
        self.counts().into_iter().map(u64::from).sum()
    }
}
