//! `RoutedByPolicy`.

use crate::model::dns::DnsSide;
use crate::model::id::{RecordId, RegionId, RegionSet};
use crate::model::options::Policy;
use crate::plan::Plan;
use crate::sim::Bytes;
use crate::spec::{Breach, Judgement};

#[cfg(test)]
pub(crate) mod fields;

/// A send goes to a region that in-dns's policy allows, or, within the declared time to live, to one
/// that it allowed when the answer was given.
///
/// The weights are those of the newest plan that was enacted, whichever plan a late enactor put in place
/// of it. Weighted policy: a region that is online, healthy and has a positive weight; when no such region has
/// one, any that is online and healthy. Failover policy: the primary region while it is online and
/// healthy, else the first other one that is. When no online region is healthy, all of them
/// are taken for healthy. A region counts as unhealthy once so many probes *of its own check* in a row
/// have failed as the threshold says, and may count as healthy again only after as many good ones.
///
/// Of out-dns: a request of the destination, to receive or to remove, goes to a region that is online
/// there when out-dns handles it. What had passed out-dns before the region went offline may still be
/// answered.
///
/// The property keeps its own account of weights, offline regions and results of probes, from what it
/// saw. Catches traffic to an offline region, and health checks that take the wrong region out.
/// Source: Amazon Route 53, weighted routing, failover routing, health checks.
#[derive(Clone, Copy, Debug)]
pub struct RoutedByPolicy {
    regions: RegionSet,
    policy: Policy,
    primary: RegionId,
    ttl: u16,
    threshold: u8,
    known_at_start: Known,
    known: Known,
}

/// What was seen so far.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Regions whose weight is positive.
    weighted: RegionSet,
    offline: RegionSet,
    /// Of out-dns.
    not_fetched: RegionSet,
    unhealthy: RegionSet,
    /// By region: how many probes in a row have failed, and how many have not.
    failed: [u8; 8],
    good: [u8; 8],
    /// The region of the last answer, and how many sends ago the policy allowed it.
    last: Option<(RegionId, u16)>,
}

impl RoutedByPolicy {
    pub(super) fn new(plan: &Plan) -> RoutedByPolicy {
        let dns = &plan.scenario().dns;
        let known = Known { weighted: positive(&plan.weights), ..Known::default() };
        RoutedByPolicy {
            regions: RegionSet::first(plan.layout.regions),
            policy: dns.policy,
            primary: RegionId(dns.primary - 1),
            ttl: dns.ttl,
            threshold: dns.health_threshold,
            known_at_start: known,
            known,
        }
    }

    pub(super) fn reset(&mut self) {
        self.known = self.known_at_start;
    }

    pub(super) fn weights_changed(&mut self, weights: [u8; 8]) {
        self.known.weighted = positive(&weights);
    }

    pub(super) fn routes_changed(&mut self, side: DnsSide, offline: RegionSet) {
        match side {
            DnsSide::In => self.known.offline = offline,
            DnsSide::Out => self.known.not_fetched = offline,
        }
    }

    /// out-dns led a request to a region.
    #[inline]
    pub(super) fn fetched(&self, region: RegionId) -> Judgement {
        let closed = self.known.not_fetched;
        match closed.contains(region) {
            true => Err(Breach::FetchMisrouted { region, allowed: self.regions.without(closed) }),
            false => Ok(()),
        }
    }

    /// A region was probed, by its own check.
    pub(super) fn probed(&mut self, region: RegionId, healthy: bool) {
        let Known { failed, good, unhealthy, .. } = &mut self.known;
        let (grows, ends) = if healthy { (good, failed) } else { (failed, good) };
        let count = &mut grows[region.index()];
        *count = count.saturating_add(1);
        ends[region.index()] = 0;
        if !healthy && *count >= self.threshold {
            unhealthy.insert(region);
        }
    }

    /// in-dns changed its mind about a region.
    pub(super) fn health_changed(&mut self, region: RegionId, healthy: bool) -> Judgement {
        let Known { failed, good, unhealthy, .. } = &mut self.known;
        let results = if healthy { good } else { failed }[region.index()];
        if results < self.threshold {
            return Err(Breach::Misjudged { region, healthy, results });
        }
        if healthy {
            unhealthy.remove(region);
        }
        Ok(())
    }

    /// in-dns picked a region for the record.
    #[inline]
    pub(super) fn routed(&mut self, record: RecordId, region: RegionId) -> Judgement {
        let allowed = self.allowed();
        if allowed.contains(region) {
            self.known.last = Some((region, 0));
            return Ok(());
        }
        match &mut self.known.last {
            Some((last, ago)) if *last == region && *ago < self.ttl => {
                *ago += 1;
                Ok(())
            }
            Some(_) | None => Err(Breach::Misrouted { record, region, allowed }),
        }
    }

    fn allowed(&self) -> RegionSet {
        let Known { weighted, offline, unhealthy, .. } = self.known;
        let online = self.regions.without(offline);
        let healthy = online.without(unhealthy);
        let open = if healthy.is_empty() { online } else { healthy };
        match self.policy {
            Policy::Weighted => {
                let unweighted = open.without(weighted);
                if unweighted == open { open } else { open.without(unweighted) }
            }
            Policy::Failover if open.contains(self.primary) => {
                let mut only = RegionSet::EMPTY;
                only.insert(self.primary);
                only
            }
            Policy::Failover => {
                let mut first = RegionSet::EMPTY;
                open.iter().take(1).for_each(|region| _ = first.insert(region));
                first
            }
        }
    }

    /// Writes down what can influence a later judgement.
    pub(super) fn write(&self, bytes: &mut Bytes) {
        let Known { weighted, offline, not_fetched, unhealthy, failed, good, last } = self.known;
        [weighted, offline, not_fetched, unhealthy].into_iter().for_each(|set| bytes.u8(set.0));
        for count in failed.into_iter().chain(good) {
            // More than the threshold makes no difference.
            bytes.u8(count.min(self.threshold));
        }
        let (region, ago) = last.filter(|_| self.ttl > 0).unwrap_or((RegionId(8), 0));
        bytes.u8(region.0);
        bytes.u16(ago);
    }
}

fn positive(weights: &[u8]) -> RegionSet {
    let mut set = RegionSet::EMPTY;
    for (index, _) in weights.iter().enumerate().filter(|&(_, &weight)| weight > 0) {
        set.insert(RegionId(index as u8));
    }
    set
}
