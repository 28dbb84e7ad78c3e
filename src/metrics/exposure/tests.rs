//! Exposure is what its definition says.

use std::sync::Arc;

use super::*;
use crate::metrics::Metrics;
use crate::run::{Observer, Phase, Runner};
use crate::scenario::builtin;
use crate::scheduler::Random;
use crate::sim::{Simulation, Step};

/// Metrics of which the exposure is held to its definition after every step.
struct Checked {
    metrics: Metrics,
    exposed: usize,
}

impl Checked {
    /// By the definition, from the places of the copies alone.
    fn is_exposed(exposure: &Exposure, record: RecordId, region: RegionId) -> bool {
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

    fn check(&mut self, plan: &Plan) {
        let exposure = &self.metrics.exposure;
        let mut counts = [0; 8];
        for record in plan.record_ids() {
            let left = RegionSet::first(plan.layout.regions).without(exposure.gone);
            for region in left.iter() {
                let is_exposed = Checked::is_exposed(exposure, record, region);
                let noted = exposure.records[record.index()].exposed.contains(region);
                assert_eq!(noted, is_exposed, "{record} in {region}");
                counts[region.index()] += u32::from(is_exposed);
                self.exposed += usize::from(is_exposed);
            }
        }
        assert_eq!(exposure.counts, counts);
    }
}

impl Observer for Checked {
    fn begin(&mut self, simulation: &Simulation) {
        self.metrics.begin(simulation);
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        self.metrics.phase(phase, simulation);
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        self.metrics.step(step, simulation);
        self.check(simulation.plan());
    }
}

/// It is kept up to date row by row; nothing may be forgotten where a row, a message or a region changes.
#[test]
fn what_is_exposed_is_always_what_the_definition_says() {
    for name in
        ["f1-fail-container", "region-loss", "loss-anywhere", "aurora-failover", "mirrored-log"]
    {
        let plan = Arc::new(Plan::new(&builtin::scenario(name).unwrap()).unwrap());
        let mut checked = Checked { metrics: Metrics::new(&plan), exposed: 0 };
        let mut runner = Runner::new(Arc::clone(&plan));
        for run in 0..5 {
            runner.run(&mut Random::new(3), run, &mut checked);
            checked.metrics.end_run();
        }
        assert!(checked.exposed > 0, "{name}");
    }
}
