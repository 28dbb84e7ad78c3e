//! `Converged`.

use crate::model::id::{RecordId, RegionId, StageId};
use crate::plan::Plan;
use crate::sim::Simulation;
use crate::spec::{Breach, Judgement, Losses};

/// The regional tables of a stage hold the same rows, except for what some of them lost for good.
///
/// Catches replication that drops or that resolves conflicts differently in two places. Source:
/// eventual consistency of Amazon DynamoDB global tables.
#[derive(Clone, Copy, Debug)]
pub struct Converged;

impl Converged {
    pub(super) fn judge_end(simulation: &Simulation, losses: &Losses) -> Judgement {
        let plan = simulation.plan();
        for stage in plan.layout.stage_ids() {
            for region in plan.layout.region_ids().skip(1) {
                Converged::keys(stage, region, simulation, losses)?;
                Converged::rows(stage, region, simulation, losses)?;
            }
        }
        Ok(())
    }

    /// The region shows what the first one shows that has to show the same.
    fn keys(
        stage: StageId,
        region: RegionId,
        simulation: &Simulation,
        losses: &Losses,
    ) -> Judgement {
        let plan = simulation.plan();
        let shown = |region| simulation.latest(plan.layout.table(region, stage));
        for (key, latest) in shown(region).iter().enumerate() {
            let whole = |region| has_all_of_key(key, stage, region, losses, plan);
            let Some(first) = plan.layout.region_ids().find(|&first| whole(first)) else {
                continue;
            };
            let record = shown(first)[key].record;
            if whole(region) && latest.record != record {
                let key = key as u16;
                return Err(Breach::KeyDiverged { record, stage, first, region, key });
            }
        }
        Ok(())
    }

    /// The region holds what the first one holds that has to hold the same.
    fn rows(
        stage: StageId,
        region: RegionId,
        simulation: &Simulation,
        losses: &Losses,
    ) -> Judgement {
        let layout = &simulation.plan().layout;
        for record in simulation.plan().record_ids() {
            let owes = |region: &RegionId| !losses.excuses(record, stage, *region);
            let Some(first) = layout.region_ids().find(owes) else { continue };
            let row = |region| simulation.rows(layout.table(region, stage)).get(record);
            let (a, b) = (row(first), row(region));
            if owes(&region) && (a.rows, a.value) != (b.rows, b.value) {
                return Err(Breach::Diverged { record, stage, first, region });
            }
        }
        Ok(())
    }
}

/// Whether no record of the key is missing in the region's table because of a loss.
fn has_all_of_key(
    key: usize,
    stage: StageId,
    region: RegionId,
    losses: &Losses,
    plan: &Plan,
) -> bool {
    let of_key = |record: &RecordId| plan.keys().key_of(*record) == key;
    plan.record_ids().filter(of_key).all(|record| !losses.excuses(record, stage, region))
}
