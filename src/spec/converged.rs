//! `Converged`.

use crate::model::id::RegionId;
use crate::sim::Simulation;
use crate::spec::{Breach, Judgement};

/// The regional tables of a stage hold the same rows.
///
/// Catches replication that drops or that resolves conflicts differently in two places. Source:
/// eventual consistency of Amazon DynamoDB global tables.
#[derive(Clone, Copy, Debug)]
pub struct Converged;

impl Converged {
    pub(super) fn judge_end(simulation: &Simulation) -> Judgement {
        let plan = simulation.plan();
        let layout = &plan.layout;
        for stage in layout.stage_ids() {
            let first = simulation.rows(layout.table(RegionId(0), stage));
            for region in layout.region_ids().skip(1) {
                let rows = simulation.rows(layout.table(region, stage));
                let shown = layout.table(RegionId(0), stage);
                let pairs = simulation
                    .latest(shown)
                    .iter()
                    .zip(simulation.latest(layout.table(region, stage)));
                for (key, (a, b)) in pairs.enumerate() {
                    if a.record != b.record {
                        let (record, key) = (a.record, key as u16);
                        return Err(Breach::KeyDiverged { record, stage, region, key });
                    }
                }
                for record in plan.record_ids() {
                    let (a, b) = (first.get(record), rows.get(record));
                    if (a.rows, a.value) != (b.rows, b.value) {
                        return Err(Breach::Diverged { record, stage, region });
                    }
                }
            }
        }
        Ok(())
    }
}
