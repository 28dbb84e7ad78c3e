//! `RoutedByPolicy`.

use crate::model::dns::DnsSide;
use crate::model::id::{RecordId, RegionId, RegionSet};
use crate::plan::Plan;
use crate::sim::Bytes;
use crate::spec::{Breach, Judgement};

/// A send goes to a region that in-dns's policy allows: one that is online and has a positive
/// weight; when no online region has one, any online region.
///
/// The property keeps its own account of weights and offline regions, from the changes that it
/// saw. Catches traffic to an offline region. Source: Amazon Route 53 weighted routing.
#[derive(Clone, Copy, Debug)]
pub struct RoutedByPolicy {
    regions: RegionSet,
    /// Regions whose weight is positive, and that at the start.
    weighted: RegionSet,
    weighted_at_start: RegionSet,
    offline: RegionSet,
}

impl RoutedByPolicy {
    pub(super) fn new(plan: &Plan) -> RoutedByPolicy {
        let weighted = positive(&plan.weights);
        let regions = RegionSet::first(plan.layout.regions);
        let offline = RegionSet::EMPTY;
        RoutedByPolicy { regions, weighted, weighted_at_start: weighted, offline }
    }

    pub(super) fn reset(&mut self) {
        self.weighted = self.weighted_at_start;
        self.offline = RegionSet::EMPTY;
    }

    /// Writes down what can influence a later judgement.
    pub(super) fn write(&self, bytes: &mut Bytes) {
        let RoutedByPolicy { regions: _, weighted, weighted_at_start: _, offline } = self;
        bytes.u8(weighted.0);
        bytes.u8(offline.0);
    }

    pub(super) fn weights_changed(&mut self, weights: [u8; 8]) {
        self.weighted = positive(&weights);
    }

    pub(super) fn routes_changed(&mut self, side: DnsSide, offline: RegionSet) {
        if side == DnsSide::In {
            self.offline = offline;
        }
    }

    /// in-dns picked a region for the record.
    #[inline]
    pub(super) fn routed(&self, record: RecordId, region: RegionId) -> Judgement {
        let online = self.regions.without(self.offline);
        let unweighted = online.without(self.weighted);
        let allowed = if unweighted == online { online } else { online.without(unweighted) };
        if allowed.contains(region) {
            return Ok(());
        }
        Err(Breach::Misrouted { record, region, allowed })
    }
}

fn positive(weights: &[u8]) -> RegionSet {
    let mut set = RegionSet::EMPTY;
    for (index, _) in weights.iter().enumerate().filter(|&(_, &weight)| weight > 0) {
        set.insert(RegionId(index as u8));
    }
    set
}
