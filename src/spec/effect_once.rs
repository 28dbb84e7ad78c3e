//! `EffectOnce`.

use crate::model::id::{RecordId, RegionId, StageId, TableId};
use crate::model::service;
use crate::sim::Simulation;
use crate::spec::{Breach, Judgement, Ledger, Losses, StoredEverywhere};

/// Per stage and region one row for an id; the destination counts an id once, however often it
/// arrives. Where containers call the external service, that has one effect for a record at each stage that calls it: never a second one,
/// and, at the end, one for each record that was delivered and passes the stage.
///
/// Catches tables that append, destinations that do not deduplicate, and calls that are not known again. Source:
/// idempotent processing, which Amazon SQS asks of every consumer of at-least-once delivery.
#[derive(Clone, Copy, Debug)]
pub struct EffectOnce;

impl EffectOnce {
    /// A table has so many rows for the record now.
    #[inline]
    pub(super) fn in_table(table: TableId, record: RecordId, rows: u8) -> Judgement {
        if rows <= 1 {
            return Ok(());
        }
        Err(Breach::SeveralRows { table, record, rows })
    }

    /// What happened at the external service.
    #[inline]
    pub(super) fn at_service(event: service::Event) -> Judgement {
        match event {
            service::Event::TookEffect { stage, record, times: times @ 2.. } => {
                Err(Breach::Effects { record, stage, times })
            }
            service::Event::TookEffect { .. } | service::Event::KnownAgain { .. } => Ok(()),
        }
    }

    /// Every record that was delivered has had its effect at the external service, for each stage on its way that calls it.
    pub(super) fn judge_end(simulation: &Simulation, losses: &Losses) -> Judgement {
        let plan = simulation.plan();
        if plan.service.is_none() {
            return Ok(());
        }
        let calls = |&stage: &StageId| plan.container_of(stage).options.calls();
        for record in plan.record_ids().filter(|&record| simulation.destination().has(record)) {
            let way = plan.way(record);
            let passed = plan.layout.stage_ids().filter(|stage| way.contains(stage.index()));
            for stage in passed.filter(calls) {
                let times = simulation.effects(stage, record);
                let is_excused = || {
                    losses.is_unfinished(record, stage.index())
                        || StoredEverywhere::is_short(record, stage, simulation, losses)
                };
                if times == 0 && !is_excused() {
                    return Err(Breach::Effects { record, stage, times });
                }
            }
        }
        Ok(())
    }

    /// The destination got the record, and counts it or not.
    #[inline]
    pub(super) fn arrived(
        record: RecordId,
        region: RegionId,
        counted: bool,
        ledger: &Ledger,
    ) -> Judgement {
        if counted && ledger.record(record).arrived {
            return Err(Breach::CountedAgain { record, region });
        }
        Ok(())
    }
}
