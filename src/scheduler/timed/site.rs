//! Where machines stand, and how long a message is on its way between them.

use super::US_PER_MS;
use crate::model::id::{MachineId, RegionId};
use crate::model::layout::{Layout, Place};
use crate::model::message::Message;
use crate::scenario::Timing;
use crate::sim::Simulation;

/// Where a machine stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Site {
    /// The driver: outside of the system.
    Outside,
    /// Near to every region: source, destination, DNS.
    Everywhere,
    Region(RegionId),
    /// A replicator: at the far end of the way between regions.
    BetweenRegions,
}

impl Site {
    pub(super) fn of(place: Place, layout: &Layout) -> Site {
        if let Some(region) = layout.region_of(place) {
            return Site::Region(region);
        }
        if place == Place::Driver {
            Site::Outside
        } else if let Place::Replicator(_) = place {
            Site::BetweenRegions
        } else {
            Site::Everywhere
        }
    }

    pub(super) fn latency(self, to: Site, timing: &Timing) -> u64 {
        let ms = match (self, to) {
            (Site::Outside, _) | (_, Site::Outside) => 0,
            (Site::Region(_), Site::BetweenRegions) => timing.between_regions_ms,
            (Site::Region(from), Site::Region(to)) if from != to => timing.between_regions_ms,
            (Site::Everywhere | Site::Region(_) | Site::BetweenRegions, _) => {
                timing.within_region_ms
            }
        };
        u64::from(ms) * US_PER_MS
    }
}

/// Whether what came last from a replicator tells a table what became of a write of its own region: it comes back from the far end.
pub(super) fn comes_back(at: Site, machine: MachineId, simulation: &Simulation) -> bool {
    if !simulation.plan().replicators.iter().any(|context| context.answers()) {
        return false;
    }
    match (at, simulation.inbox(machine).last()) {
        (Site::Region(own), Some(&Message::Apply { region, .. })) => region == own,
        (_, Some(message)) => {
            matches!(message, Message::Logged { .. } | Message::InsertRefused { .. })
        }
        (_, None) => false,
    }
}
