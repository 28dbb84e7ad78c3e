//! `StoredEverywhere`.

use crate::sim::Simulation;
use crate::spec::{Breach, Judgement, Losses};

/// Every record that was delivered is in every stage's table in every region. Excused are lost
/// regions, and rows that were lost for good.
///
/// Catches stages that were passed by and replication that lost something. Source: "every record
/// reaches every component" of the published test.
#[derive(Clone, Copy, Debug)]
pub struct StoredEverywhere;

impl StoredEverywhere {
    pub(super) fn judge_end(simulation: &Simulation, losses: &Losses) -> Judgement {
        let plan = simulation.plan();
        for table in &plan.tables {
            let rows = simulation.rows(table.id);
            let (region, stage) = plan.layout.table_place(table.id);
            for record in plan.record_ids() {
                let missing = rows.get(record).rows == 0 && simulation.destination().has(record);
                if missing && !losses.excuses(record, stage, region) {
                    return Err(Breach::NotStored { record, table: table.id });
                }
            }
        }
        Ok(())
    }
}
