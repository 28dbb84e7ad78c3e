//! How in-dns answers, in a sketch.

use crate::model::options::{Answer, Failback, HealthCheckOf, Policy};
use crate::scenario::DnsOptions;
use crate::sketch::Sketch;

impl Sketch {
    /// What is drawn, with a failover policy and with what concerns health checks only where there are such. That policy
    /// has no weights, is not random, and has one enactor.
    pub(super) fn naming(&self) -> DnsOptions {
        let drawn = self.design.dns.clone();
        let is_checked = drawn.health_threshold > 0;
        let checked = DnsOptions {
            failback: if is_checked { drawn.failback } else { Failback::default() },
            health_check: if is_checked { drawn.health_check } else { HealthCheckOf::default() },
            ..drawn
        };
        if self.fails_over() {
            return DnsOptions { answer: Answer::default(), enactors: 1, ..checked };
        }
        let regions = usize::from(self.design.topology.regions);
        let weights = self.weights.map_or(Vec::new(), |weights| {
            weights[..regions].iter().map(|&weight| weight.into()).collect()
        });
        DnsOptions { policy: Policy::Weighted, primary: 1, weights, ..checked }
    }

    /// Whether in-dns has a failover policy.
    pub(super) fn fails_over(&self) -> bool {
        self.design.dns.policy == Policy::Failover && self.design.dns.health_threshold > 0
    }

    /// Whether so many records in a row go to every region, whatever the schedule.
    pub(super) fn reaches_every_region(&self, records: u32) -> bool {
        let (dns, regions) = (self.naming(), usize::from(self.design.topology.regions));
        let equal = dns.weights.iter().all(|&weight| weight == dns.weights[0]);
        // A region with a stage that is paused is out where the check sees that.
        let is_looked_at = dns.health_check == HealthCheckOf::WholePath && dns.health_threshold > 0;
        let in_turn = !is_looked_at
            && dns.answer == Answer::RoundRobin
            && dns.ttl == 0
            && dns.policy == Policy::Weighted;
        in_turn && equal && records as usize >= regions
    }
}
