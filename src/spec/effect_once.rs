//! `EffectOnce`.

use crate::model::id::{RecordId, RegionId, StageId, TableId};
use crate::model::service;
use crate::sim::Simulation;
use crate::spec::{Breach, DeliveredAll, Judgement, Ledger, Losses, uncalled};

/// Per stage and region one row for an id; the destination counts an id once, however often it
/// arrives. Where containers call the external service, that has one effect for a record at each stage that calls it: never a second one,
/// and, at the end, one for each record that was delivered and passes the stage. Excused, and counted in every report, is a record that a
/// loss took out of the last queue on the way to its call, and one that is parked there, as far as the scenario declares either.
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
        let is_excused = |&(record, stage): &(RecordId, StageId)| {
            losses.is_unfinished(record, stage.index())
                || DeliveredAll::may_stay_before(record, stage, simulation)
        };
        match uncalled::lacking(simulation).find(|lacking| !is_excused(lacking)) {
            Some((record, stage)) => Err(Breach::Effects { record, stage, times: 0 }),
            None => Ok(()),
        }
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
