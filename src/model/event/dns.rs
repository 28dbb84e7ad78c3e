//! What happened at a DNS name.

use crate::model::id::{DnsSide, RecordId, RegionId, RegionSet};

/// What happened at a DNS name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// in-dns picked a region for a record.
    Routed {
        /// The record.
        record: RecordId,
        /// Where it goes.
        region: RegionId,
    },
    /// out-dns led a request of the destination to a region's outbound queue.
    FetchRouted {
        /// Where it goes.
        region: RegionId,
    },
    /// What a DNS name may resolve to has changed.
    RoutesChanged {
        /// Which name.
        side: DnsSide,
        /// The regions that are offline now.
        offline: RegionSet,
    },
    /// in-dns heard whether a region works.
    Probed {
        /// The region.
        region: RegionId,
        /// It works.
        healthy: bool,
    },
    /// in-dns changed its mind about a region.
    HealthChanged {
        /// The region.
        region: RegionId,
        /// It is taken to be healthy from now on.
        healthy: bool,
    },
    /// in-dns has new weights (the dns holds them): those of the newest plan there is.
    WeightsChanged {
        /// The weight of each region, by index.
        weights: [u8; 8],
    },
    /// A late enactor put a plan in place of another one.
    PlanEnacted {
        /// Its number.
        plan: u16,
        /// The number of the one that was in place.
        instead_of: u16,
    },
    /// The clean-up deleted the plan in place: in-dns has no answer any more.
    PlanDeleted {
        /// Its number.
        plan: u16,
    },
}

impl Event {
    /// The record that it happened to, if it happened to one.
    pub fn record(&self) -> Option<RecordId> {
        match *self {
            Event::Routed { record, .. } => Some(record),
            Event::FetchRouted { .. }
            | Event::RoutesChanged { .. }
            | Event::Probed { .. }
            | Event::HealthChanged { .. }
            | Event::WeightsChanged { .. }
            | Event::PlanEnacted { .. }
            | Event::PlanDeleted { .. } => None,
        }
    }

    /// The name that answers otherwise from now on.
    pub(crate) fn changes_answers_of(&self) -> Option<DnsSide> {
        match *self {
            Event::RoutesChanged { side, .. } => Some(side),
            Event::WeightsChanged { .. }
            | Event::PlanEnacted { .. }
            | Event::PlanDeleted { .. }
            | Event::HealthChanged { .. } => Some(DnsSide::In),
            Event::Routed { .. } | Event::FetchRouted { .. } | Event::Probed { .. } => None,
        }
    }
}
