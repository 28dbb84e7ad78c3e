//! The alternatives of in-dns: which region a send is answered with.

use crate::model::id::{RegionId, RegionSet};
use crate::model::layout::IN_DNS;
use crate::model::message::Message;
use crate::model::options::Answer;
use crate::plan::Plan;
use crate::sim::Pair;
use crate::sim::world::World;

impl World {
    /// in-dns handles the send at the head of its inbox and answers it with this region.
    ///
    /// # Panics
    ///
    /// If it may not, or if that answer is due without being chosen.
    pub(super) fn resolve_to(&mut self, region: RegionId, plan: &Plan) -> Pair {
        assert!(
            self.alternatives.answers.contains(region),
            "in-dns cannot answer region {region} now"
        );
        self.in_dns.choose(region);
        self.handle_next(IN_DNS, plan)
    }

    /// Finds out which other answers in-dns can give next.
    #[inline]
    pub(super) fn update_answers(&mut self, plan: &Plan) {
        match plan.in_dns.options.answer {
            Answer::RoundRobin => {}
            Answer::Random => self.alternatives.answers = self.other_answers(plan),
        }
    }

    fn other_answers(&self, plan: &Plan) -> RegionSet {
        match self.out.first(IN_DNS) {
            Some(Message::Send { copy, .. }) => self.in_dns.other_answers(copy.id, &plan.in_dns),
            Some(_) | None => RegionSet::EMPTY,
        }
    }
}
