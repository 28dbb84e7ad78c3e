//! The plans of in-dns: who writes them, and which one is in place.

use crate::model::dns::Event;
use crate::model::message::Message;
use crate::model::options::PlanWrite;
use crate::model::outbox::Outbox;

#[cfg(test)]
pub(crate) mod fields;

/// ```text
///                 enacted
///              ┌───────────┐
///  plan in place ◄─────────┘ ──────────────────────────────► none in place, for ever
///                              clean-up deletes that plan
/// ```
///
/// Each change of the weights is a plan, numbered from 1; what the system begins with is plan 0. One
/// enactor alone writes each plan at once. Of two, the first one does; the second one has found the
/// plan newer than the one in place, and its write is under way, as long as the scheduler likes. It takes
/// up one plan after the other, so while one is under way newer ones pass it by. After each of its own writes
/// the first enactor has all older plans deleted.
///
/// With [`PlanWrite::Conditional`] a late write of an old plan does nothing. Without it the old plan
/// is in place again until the clean-up deletes it. Then in-dns has no answer at all, and as there is
/// no plan to compare with, no enactor can write one: people have to, and no healing does.
///
/// Source: "Summary of the Amazon DynamoDB Service Disruption in the Northern Virginia (US-EAST-1)
/// Region", October 2025.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Plans {
    /// The number of the newest plan that was enacted.
    newest: u16,
    /// The number of the plan in place.
    in_place: Option<u16>,
    /// A write of the second enactor is under way.
    is_late: bool,
}

impl Default for Plans {
    fn default() -> Plans {
        Plans { newest: 0, in_place: Some(0), is_late: false }
    }
}

impl Plans {
    /// The first enactor puts the next plan in place; what the other enactor and the clean-up will
    /// ask for is sent to in-dns. Whether it could.
    pub(super) fn enact_next(
        &mut self,
        weights: [u8; 8],
        context: &super::Context,
        out: &mut Outbox,
    ) -> bool {
        if self.in_place.is_none() {
            return false;
        }
        self.newest += 1;
        let plan = self.newest;
        self.in_place = Some(plan);
        if context.options.enactors > 1 {
            if !self.is_late {
                self.is_late = true;
                out.send(context.machine, Message::Enact { plan, weights });
            }
            out.send(context.machine, Message::CleanUp { plan });
        }
        true
    }

    /// The write of the second enactor has come. Whether it puts another plan in place.
    pub(super) fn enact(&mut self, plan: u16, write: PlanWrite, out: &mut Outbox) -> bool {
        self.is_late = false;
        let Some(instead_of) = self.in_place else { return false };
        let applies = match write {
            PlanWrite::Conditional => plan > instead_of,
            PlanWrite::CheckThenApply => plan != instead_of,
        };
        if applies {
            self.in_place = Some(plan);
            out.emit(Event::PlanEnacted { plan, instead_of });
        }
        applies
    }

    /// Deletes all plans that are older than this one, the one in place included.
    pub(super) fn clean_up(&mut self, older_than: u16, out: &mut Outbox) {
        if let Some(plan) = self.in_place.filter(|&plan| plan < older_than) {
            self.in_place = None;
            out.emit(Event::PlanDeleted { plan });
        }
    }

    /// The number of the plan in place; none if there is none, and there never will be one.
    pub(crate) fn in_place(&self) -> Option<u16> {
        self.in_place
    }

    /// The number of the newest plan that was enacted, of the one in place, and whether a write is
    /// under way.
    pub(crate) fn parts(&self) -> (u16, Option<u16>, bool) {
        (self.newest, self.in_place, self.is_late)
    }
}
