//! What in-dns asks for its health checks, and what it makes of the answers.

use crate::model::dns::health::Next;
use crate::model::dns::{Context, Dns};
use crate::model::id::{RegionId, RegionSet};
use crate::model::message::{Health, Message};
use crate::model::options::HealthCheckOf;
use crate::model::outbox::Outbox;

impl Dns {
    /// Something about a region changed: the checks that it may concern begin.
    pub(super) fn check(&mut self, changed: RegionId, context: &Context, out: &mut Outbox) {
        let concerned = match context.options.health_check {
            HealthCheckOf::Queue | HealthCheckOf::WholePath | HealthCheckOf::AllRegions => {
                RegionSet(1 << changed.0)
            }
            HealthCheckOf::ByName => RegionSet::first(context.queues.len()),
        };
        for region in concerned.iter() {
            if self.health.begin(region) {
                self.probe(region, context, out);
            }
        }
    }

    /// Asks how the region is.
    fn probe(&mut self, region: RegionId, context: &Context, out: &mut Outbox) {
        let asked = match context.options.health_check {
            HealthCheckOf::Queue | HealthCheckOf::WholePath | HealthCheckOf::AllRegions => region,
            HealthCheckOf::ByName => self.answering(region, context),
        };
        if self.failed.contains(asked) {
            out.send(context.machine, Message::Probed { region, health: Health::Failed });
        } else {
            out.send(context.queues[asked.index()], Message::Probe { region });
        }
    }

    /// The region that answers a check of this one by the shared name: another one that is reached, if there is one.
    fn answering(&self, region: RegionId, context: &Context) -> RegionId {
        let closed = RegionSet(self.offline.0 | self.failed.0 | 1 << region.0);
        let others = RegionSet::first(context.queues.len()).without(closed);
        others.iter().next().unwrap_or(region)
    }

    /// What a record passes in the region works again, or does so no longer. Whether that was not known.
    pub(crate) fn see_path(&mut self, region: RegionId, works: bool) -> bool {
        let known = !self.broken.contains(region);
        if works {
            self.broken.remove(region);
        } else {
            self.broken.insert(region);
        }
        known != works
    }

    /// Hears how the region is.
    pub(super) fn probed(
        &mut self,
        region: RegionId,
        health: Health,
        context: &Context,
        out: &mut Outbox,
    ) {
        let health = match health {
            Health::Available if self.broken.contains(region) => Health::Failed,
            Health::Available | Health::Failed | Health::CaughtUp => health,
        };
        match self.health.observe(region, health, context, out) {
            Next::Rest => {}
            Next::Probe => self.probe(region, context, out),
            Next::CatchUp => {
                for &replicator in &context.replicators {
                    out.send(replicator, Message::Probe { region });
                }
            }
            Next::Tell => {
                self.credit = [0; 8];
                out.send(context.requester, Message::Wake { region });
            }
        }
        if self.health.take_again(region) {
            self.probe(region, context, out);
        }
    }
}
