//! Which region a name answers with.

use crate::model::dns::{Context, Dns};
use crate::model::id::{RecordId, RegionId, RegionSet};
use crate::model::options::{Answer, Policy, Resolver, Route};

impl Dns {
    /// The region of the next answer, if there is one to give.
    #[inline]
    pub(super) fn resolve(&mut self, record: RecordId, context: &Context) -> Option<RegionId> {
        if context.answers_live() == 0 {
            return self.answer(record, context);
        }
        if let Some((region, left)) = self.cached() {
            if context.options.resolver == Resolver::Refreshes {
                self.cache = Some((region, left - 1));
            }
            return Some(region);
        }
        let answer = self.answer(record, context);
        self.cache = answer.map(|region| (region, context.answers_live()));
        answer
    }

    /// The answer that the resolver still holds.
    fn cached(&self) -> Option<(RegionId, u16)> {
        self.cache.filter(|&(_, left)| left > 0)
    }

    #[inline]
    fn answer(&mut self, record: RecordId, context: &Context) -> Option<RegionId> {
        match context.options.answer {
            Answer::RoundRobin => self.next_in_turn(context),
            Answer::Random => self.chosen.take().or_else(|| self.due(record, context)),
        }
    }

    /// The next region by smooth weighted round-robin.
    #[inline]
    fn next_in_turn(&mut self, context: &Context) -> Option<RegionId> {
        let open = self.open(context);
        let weighted = self.is_weighted(open);
        let mut total = 0;
        let mut best: Option<usize> = None;
        for index in 0..context.queues.len() {
            if !open.contains(RegionId(index as u8)) {
                continue;
            }
            let weight = if weighted { i16::from(self.weights[index]) } else { 1 };
            if weight == 0 {
                continue;
            }
            total += weight;
            self.credit[index] += weight;
            if best.is_none_or(|best| self.credit[index] > self.credit[best]) {
                best = Some(index);
            }
        }
        let best = best?;
        self.credit[best] -= total;
        Some(RegionId(best as u8))
    }

    /// The regions that the policy allows, but for their weights.
    #[inline]
    fn open(&self, context: &Context) -> RegionSet {
        let closed = match context.options.route {
            Route::ByPolicy => self.offline,
            Route::IgnoreOffline => RegionSet::EMPTY,
        };
        let online = RegionSet::first(context.queues.len()).without(closed);
        let healthy = online.without(self.health.unhealthy());
        let open = if healthy.is_empty() { online } else { healthy };
        if self.plans.in_place().is_none() {
            return RegionSet::EMPTY;
        }
        match context.options.policy {
            Policy::Weighted => open,
            Policy::Failover if open.contains(context.primary) => RegionSet(1 << context.primary.0),
            // The lowest one of the others.
            Policy::Failover => RegionSet(open.0 & open.0.wrapping_neg()),
        }
    }

    /// Whether one of these regions has a positive weight; else all of them are equal.
    #[inline]
    fn is_weighted(&self, open: RegionSet) -> bool {
        open.iter().any(|region| self.weights[region.index()] > 0)
    }

    /// The regions that a send may be answered with, each with its share of the answers.
    pub(crate) fn shares(&self, context: &Context) -> impl Iterator<Item = (RegionId, u32)> {
        let open = self.open(context);
        let weighted = self.is_weighted(open);
        let weight = move |region: RegionId| match weighted {
            true => u32::from(self.weights[region.index()]),
            false => 1,
        };
        open.iter().map(move |region| (region, weight(region))).filter(|&(_, share)| share > 0)
    }

    /// The random answer that a step gives unless another one is chosen. It spreads records over
    /// the regions by their shares, so that fair schedules use all of them, and it depends on
    /// nothing but the record and the weights, so that schedules that differ only in earlier
    /// answers meet in one state.
    fn due(&self, record: RecordId, context: &Context) -> Option<RegionId> {
        let total: u32 = self.shares(context).map(|(_, share)| share).sum();
        // Multiples of the golden ratio are spread evenly, however many there are.
        let turn = u32::from(record.0).wrapping_sub(1).wrapping_mul(0x9E37_79B9);
        let mut position = (u64::from(turn) * u64::from(total)) >> 32;
        for (region, share) in self.shares(context) {
            match position.checked_sub(share.into()) {
                Some(left) => position = left,
                None => return Some(region),
            }
        }
        None
    }

    /// The answers to a send that a scheduler may choose in place of the one that is due.
    pub(crate) fn other_answers(&self, record: RecordId, context: &Context) -> RegionSet {
        let mut others = RegionSet::EMPTY;
        if context.options.answer == Answer::Random && self.cached().is_none() {
            self.shares(context).for_each(|(region, _)| _ = others.insert(region));
            if let Some(due) = self.due(record, context) {
                others.remove(due);
            }
        }
        others
    }
}
