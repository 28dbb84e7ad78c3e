//! Exposure is what its definition says.

use super::*;
use crate::metrics::Metrics;

impl Exposure {
    /// By the definition, from the places of the copies alone.
    fn is_by_definition(&self, record: RecordId, region: RegionId) -> bool {
        let exposure = self;
        let Messages { accepted, arrived, queued, mirrored, .. } = exposure.records[record.index()];
        let next = (region.index() + 1) % (exposure.places - 1);
        let holding: Vec<usize> = (0..8).filter(|&at| queued[at] > 0).collect();
        let is_at = |row: usize, place: usize| {
            let is_region = place + 1 < exposure.places;
            let is_gone = is_region && exposure.gone.contains(RegionId(place as u8));
            let has = is_region && exposure.has[row].contains(RegionId(place as u8));
            !is_gone && (has || exposure.on_way[row * exposure.places + place] > 0)
        };
        let alone = |stage: usize| {
            let row = exposure.row(record, StageId(stage as u8));
            let places: Vec<usize> =
                (0..exposure.places).filter(|&place| is_at(row, place)).collect();
            places == [region.index()]
        };
        let in_queue = !arrived && holding == [region.index()] && mirrored[next] == 0;
        accepted && (in_queue || (0..exposure.stages).any(alone))
    }
}

impl Metrics {
    /// Panics unless what is noted as exposed is so by the definition. How many records are exposed, once for each region.
    pub(crate) fn assert_exposed_by_definition(&self, plan: &Plan) -> u32 {
        let exposure = &self.exposure;
        let mut counts = [0; 8];
        for record in plan.record_ids() {
            let left = RegionSet::first(plan.layout.regions).without(exposure.gone);
            for region in left.iter() {
                let is_exposed = exposure.is_by_definition(record, region);
                let noted = exposure.records[record.index()].exposed.contains(region);
                assert_eq!(noted, is_exposed, "{record} in {region}");
                counts[region.index()] += u32::from(is_exposed);
            }
        }
        assert_eq!(exposure.counts, counts);
        counts.iter().sum()
    }
}
