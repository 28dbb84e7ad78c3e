//! For tests: the changes of each field of a DNS name.

use super::Dns;
use crate::fields::changes_of_each_field;
use crate::model::dns::health::{self, HealthCheck};
use crate::model::dns::plans::{self, Plans};
use crate::model::id::RegionId;

changes_of_each_field! {
    pub(crate) Dns {
        weights: [|dns| dns.weights[0] += 1, |dns| dns.weights[1] += 1],
        credit: [|dns| dns.credit[0] += 1, |dns| dns.credit[1] -= 1],
        offline: [|dns| dns.offline.0 ^= 2],
        failed: [|dns| dns.failed.0 ^= 2],
        broken: [|dns| dns.broken.0 ^= 2],
        // Lists of their own.
        health: [],
        plans: [],
        cache: [
            |dns| {
                dns.cache = match dns.cache {
                    Some(_) => None,
                    None => Some((RegionId(0), 1)),
                };
            },
            |dns| dns.cache.iter_mut().for_each(|(region, _)| region.0 ^= 1),
            |dns| dns.cache.iter_mut().for_each(|(_, left)| *left += 1),
        ],
        chosen: [|dns| {
            dns.chosen = match dns.chosen {
                Some(_) => None,
                None => Some(RegionId(1)),
            };
        }],
    }
}

/// The changes of each field of its health checks.
pub(crate) fn health() -> impl Iterator<Item = (&'static str, fn(&mut HealthCheck))> {
    health::fields::CHANGES.iter().copied()
}

/// The changes of each field of its plans.
pub(crate) fn plans() -> impl Iterator<Item = (&'static str, fn(&mut Plans))> {
    plans::fields::CHANGES.iter().copied()
}

/// Its health checks and its plans.
pub(crate) fn parts(dns: &mut Dns) -> (&mut HealthCheck, &mut Plans) {
    (&mut dns.health, &mut dns.plans)
}
