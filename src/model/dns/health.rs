//! The health checks of in-dns (Route 53).

use crate::model::dns::{Context, Event};
use crate::model::id::{RegionId, RegionSet};
use crate::model::message::Health;
use crate::model::options::{Failback, HealthCheckOf};
use crate::model::outbox::Outbox;

#[cfg(test)]
pub(crate) mod fields;

/// What in-dns knows of the health of the regions.
///
/// ```text
///          so many failed probes in a row
/// Healthy ────────────────────────────────► Unhealthy ◄─┐
///    ▲                                          │       │ a failed probe
///    │ every table has caught up                │       │ meanwhile
///    └──────────────────────── CatchingUp ◄─────┘───────┘
///                                so many good probes in a row
/// ```
///
/// A check probes its region for ever. A probe whose result agrees with the verdict changes
/// nothing, so only those are steps that may disagree: probing begins when something about the
/// target changed and ends with a result that agrees, or with a new verdict. So a check that is
/// content takes no steps, and a run comes to rest.
///
/// A region that is healthy again gets traffic at once, as in Route 53 ([`Failback::Immediate`]),
/// or when its tables have applied everything that was written elsewhere before: each replicator
/// passes the question on behind the rows that it still has to apply there.
///
/// Source: Amazon Route 53, "How Route 53 determines whether a health check is healthy".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct HealthCheck {
    unhealthy: RegionSet,
    /// Regions with a probe under way.
    probing: RegionSet,
    /// Regions of which something changed since their probe was sent.
    again: RegionSet,
    /// By region: how many results in a row disagreed with the verdict.
    streak: [u8; 8],
    /// By region: how many tables have not answered yet whether they have caught up.
    awaited: [u8; 8],
    /// Regions that failed again before they had caught up.
    relapsed: RegionSet,
}

/// What a check has to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Nothing.
    Rest,
    /// Probe the region again.
    Probe,
    /// Ask the region's tables whether they have caught up.
    CatchUp,
    /// The verdict has changed: tell those who were refused.
    Tell,
}

impl HealthCheck {
    /// Something about the region's target changed. Whether to probe it.
    pub(crate) fn begin(&mut self, region: RegionId) -> bool {
        let is_new = self.probing.insert(region);
        if !is_new {
            self.again.insert(region);
        }
        is_new
    }

    /// A result came.
    pub(crate) fn observe(
        &mut self,
        region: RegionId,
        health: Health,
        context: &Context,
        out: &mut Outbox,
    ) -> Next {
        let index = region.index();
        let healthy = match health {
            Health::Available => true,
            Health::Failed => false,
            Health::CaughtUp => return self.caught_up(region, context, out),
        };
        out.emit(Event::Probed { region, healthy });
        let agrees = healthy != self.unhealthy.contains(region);
        if agrees || self.awaited[index] > 0 {
            self.streak[index] = 0;
            if !healthy && self.awaited[index] > 0 {
                self.relapsed.insert(region);
            }
            return self.end(region, Next::Rest);
        }
        self.streak[index] += 1;
        if self.streak[index] < context.options.health_threshold {
            return Next::Probe;
        }
        self.streak[index] = 0;
        if healthy && context.options.failback == Failback::CaughtUp {
            self.awaited[index] = context.replicators.len() as u8;
            return self.end(region, Next::CatchUp);
        }
        self.decide(region, healthy, context, out);
        self.end(region, Next::Tell)
    }

    /// A table has applied what was written elsewhere before it was asked.
    fn caught_up(&mut self, region: RegionId, context: &Context, out: &mut Outbox) -> Next {
        let awaited = &mut self.awaited[region.index()];
        if *awaited == 0 {
            // It was asked before the region was lost.
            return Next::Rest;
        }
        *awaited -= 1;
        if *awaited > 0 {
            return Next::Rest;
        }
        if self.relapsed.contains(region) {
            self.relapsed.remove(region);
            return if self.begin(region) { Next::Probe } else { Next::Rest };
        }
        self.decide(region, true, context, out);
        Next::Tell
    }

    /// The region is probed no longer, unless something changed meanwhile.
    fn end(&mut self, region: RegionId, next: Next) -> Next {
        self.probing.remove(region);
        next
    }

    /// Whether to probe the region once more, for something changed while the last probe was under
    /// way.
    pub(crate) fn take_again(&mut self, region: RegionId) -> bool {
        let again = self.again.contains(region) && !self.probing.contains(region);
        if again {
            self.again.remove(region);
            self.probing.insert(region);
        }
        again
    }

    fn decide(&mut self, region: RegionId, healthy: bool, context: &Context, out: &mut Outbox) {
        let concerned = match context.options.health_check {
            HealthCheckOf::Queue | HealthCheckOf::ByName | HealthCheckOf::WholePath => {
                RegionSet(1 << region.0)
            }
            HealthCheckOf::AllRegions => RegionSet::first(context.queues.len()),
        };
        for region in concerned.iter() {
            if healthy {
                self.unhealthy.remove(region);
            } else {
                self.unhealthy.insert(region);
            }
            out.emit(Event::HealthChanged { region, healthy });
        }
    }

    /// Whatever was under way to the region and back is gone, for the region is. What the results so
    /// far have said of it is known here, and stays.
    pub(crate) fn lose(&mut self, region: RegionId) {
        self.probing.remove(region);
        self.again.remove(region);
        self.relapsed.remove(region);
        self.awaited[region.index()] = 0;
    }

    /// The regions that are taken to be unhealthy.
    #[inline]
    pub(crate) fn unhealthy(&self) -> RegionSet {
        self.unhealthy
    }

    /// All of it as bytes, for fingerprints.
    pub(crate) fn bytes(&self) -> [u8; 20] {
        let mut bytes = [0; 20];
        bytes[0] = self.unhealthy.0;
        bytes[1] = self.probing.0;
        bytes[2] = self.again.0;
        bytes[3] = self.relapsed.0;
        bytes[4..12].copy_from_slice(&self.streak);
        bytes[12..].copy_from_slice(&self.awaited);
        bytes
    }
}
