//! `StoredEverywhere`.

use crate::model::id::{RecordId, StageId};
use crate::sim::Simulation;
use crate::spec::{Breach, DeliveredAll, Judgement, Losses};

/// Every record that was delivered is in the table of every stage that it passes, in every region. Excused are lost
/// regions, and rows that were lost for good. Where stages send records to several queues, a loss can also take a record
/// that is delivered all the same out of the last queue on the way to another stage; and it can be parked there.
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
                if missing
                    && !losses.excuses(record, stage, region)
                    && !StoredEverywhere::is_short(record, stage, simulation, losses)
                {
                    return Err(Breach::NotStored { record, table: table.id });
                }
            }
        }
        Ok(())
    }

    /// Whether a record that is delivered need not have come to the stage: it does not pass it, a loss took it out of the last
    /// queue on the way there, or it is parked on that way.
    pub(super) fn is_short(
        record: RecordId,
        stage: StageId,
        simulation: &Simulation,
        losses: &Losses,
    ) -> bool {
        let plan = simulation.plan();
        !plan.layout.shape.is_line()
            && (!plan.way(record).contains(stage.index())
                || losses.is_cut_off(record, stage.index())
                || DeliveredAll::may_stay_before(record, stage, simulation))
    }
}
