//! Where in-dns may send what, by its policy and by the results of its checks.

use active_active::model::RegionId;
use active_active::model::options::Policy;
use active_active::plan::Plan;

use super::world::World;

impl World {
    /// How many probes of the region in a row said this, the last one first; of the first so many
    /// probes of all regions.
    pub(crate) fn in_a_row(&self, region: RegionId, healthy: bool, probes: usize) -> usize {
        let of_it = self.probes[..probes].iter().rev().filter(|probe| probe.0 == region);
        of_it.take_while(|probe| probe.1 == healthy).count()
    }

    /// Whether the region's own check has failed, and has not come right since.
    fn is_unhealthy(&self, region: RegionId, plan: &Plan) -> bool {
        let threshold = usize::from(plan.scenario().dns.health_threshold);
        let brought_back = self.verdicts.iter().rfind(|verdict| verdict.1 == region && verdict.2);
        let since = brought_back.map_or(0, |verdict| verdict.0);
        let failed = |probes: usize| self.in_a_row(region, false, probes) >= threshold;
        threshold > 0 && (since + 1..=self.probes.len()).any(failed)
    }

    /// The regions that the policy of in-dns allows.
    pub(crate) fn allowed(&self, plan: &Plan) -> Vec<RegionId> {
        let dns = &plan.scenario().dns;
        let online: Vec<RegionId> =
            plan.layout.region_ids().filter(|region| !self.offline.contains(region)).collect();
        let is_healthy = |region: &&RegionId| !self.is_unhealthy(**region, plan);
        let healthy: Vec<RegionId> = online.iter().filter(is_healthy).copied().collect();
        let open = if healthy.is_empty() { online } else { healthy };
        if dns.policy == Policy::Failover {
            let primary = open.iter().find(|region| region.0 + 1 == dns.primary);
            return primary.or(open.first()).copied().into_iter().collect();
        }
        let positive = |region: &&RegionId| self.weights[region.index()] > 0;
        let weighted: Vec<RegionId> = open.iter().filter(positive).copied().collect();
        if weighted.is_empty() { open } else { weighted }
    }

    /// Whether a send may use the answer of one of the sends before it: the same region each time,
    /// and allowed so few sends ago as an answer lives.
    pub(crate) fn is_cached(&self, region: RegionId, plan: &Plan) -> bool {
        let lives = self.routes.iter().rev().take(plan.scenario().dns.ttl.into());
        lives.take_while(|route| route.0 == region).any(|route| route.1)
    }
}
