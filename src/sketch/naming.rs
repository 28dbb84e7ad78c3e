//! How in-dns answers, in a sketch.

use crate::model::options::{Answer, Failback, HealthCheckOf, Policy};
use crate::scenario::{DnsOptions, Topology};

/// The design of in-dns, whatever the number of regions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Naming {
    /// By region: its weight, as far as there are regions; none for equal ones.
    pub(crate) weights: Option<[u8; 8]>,
    /// How it picks one of several regions; both are sound.
    pub(crate) answer: Answer,
    /// The primary region, modulo their number, if the policy is failover; it has no weights and is
    /// not random then, and has a health check.
    pub(crate) primary: Option<u8>,
    /// For how many more sends an answer is used.
    pub(crate) ttl: u16,
    /// How many probes make a verdict; 0: no health checks.
    pub(crate) threshold: u8,
    /// Two enactors write the plans, and not one; there is one if the policy is failover.
    pub(crate) two_enactors: bool,
    /// When a region gets traffic again.
    pub(crate) failback: Failback,
    /// The checks look at the whole path, and not at the queue alone.
    pub(crate) whole_path: bool,
}

impl Naming {
    pub(crate) fn options(self, topology: &Topology) -> DnsOptions {
        let regions = usize::from(topology.regions);
        let Naming { answer, ttl, threshold, .. } = self;
        let failback = if threshold > 0 { self.failback } else { Failback::default() };
        let health_check = match self.whole_path && (threshold > 0 || self.primary.is_some()) {
            true => HealthCheckOf::WholePath,
            false => HealthCheckOf::default(),
        };
        if let Some(primary) = self.primary {
            return DnsOptions {
                policy: Policy::Failover,
                primary: 1 + primary % topology.regions,
                ttl,
                health_threshold: threshold.max(1),
                health_check,
                failback,
                ..DnsOptions::default()
            };
        }
        let weights = self.weights.map_or(Vec::new(), |weights| {
            weights[..regions].iter().map(|&weight| weight.into()).collect()
        });
        let health_threshold = threshold;
        let enactors = 1 + u8::from(self.two_enactors);
        DnsOptions {
            weights,
            answer,
            ttl,
            health_threshold,
            health_check,
            failback,
            enactors,
            ..DnsOptions::default()
        }
    }

    /// Whether so many records in a row go to every region, whatever the schedule.
    pub(crate) fn reaches_every_region(self, records: u32, topology: &Topology) -> bool {
        let regions = usize::from(topology.regions);
        let equal =
            self.weights.is_none_or(|weights| weights[..regions].iter().all(|&w| w == weights[0]));
        // A region with a stage that is paused is out where the check sees that.
        let is_looked_at = self.whole_path && self.threshold > 0;
        let in_turn = !is_looked_at
            && self.answer == Answer::RoundRobin
            && self.ttl == 0
            && self.primary.is_none();
        in_turn && equal && records as usize >= regions
    }
}
