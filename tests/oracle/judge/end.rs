//! The judge of the end of a trace.

use std::collections::BTreeSet;

use active_active::model::options::{Action, DeadLetters, OnRefusal};
use active_active::model::source;
use active_active::model::{ContainerId, Event, QueueId, RecordId, RegionId, StageId, TableId};
use active_active::plan::Plan;
use active_active::scenario::LossLimit;
use active_active::spec::PropertyName;

use super::exists;
use crate::oracle::promises::queue_options;
use crate::oracle::trace::{End, Trace};
use crate::oracle::ways::{passes, ways};
use crate::oracle::world::World;

/// The dead letters that may stay where they are, each with the position of its queue: by the scenario's own words, those that no
/// container can process, and so many others, if there are no more.
fn may_stay(world: &World, end: &End, plan: &Plan) -> BTreeSet<(usize, RecordId)> {
    let scenario = plan.scenario();
    let at = |&(queue, record): &(QueueId, RecordId)| (plan.layout.queue_place(queue).1, record);
    let may = |&(position, _): &(usize, RecordId)| {
        queue_options(position, plan).dead_letters == DeadLetters::Parked
    };
    let has_row = |position: usize, record: RecordId| {
        let stage = StageId(position as u8);
        let tables = plan.layout.region_ids().map(|region| plan.layout.table(region, stage));
        tables.into_iter().any(|table| end.rows[table.index()][record.index()].0 > 0)
    };
    let is_everywhere = |record: RecordId| {
        let mut stages = (0..plan.layout.stages.len()).filter(|&at| passes(record, at, plan));
        stages.all(|position| {
            (!world.promises.branches || has_row(position, record))
                && !lacks_effect(position, record, world, plan)
        })
    };
    let is_complete = |record: RecordId| end.delivered[record.index()] && is_everywhere(record);
    let dead = world.dead.iter().map(at).filter(may);
    let dead = dead.filter(|&(_, record)| exists(record, plan) && !is_complete(record));
    let is_poison = |(_, record): &(usize, RecordId)| scenario.records.poison.contains(&record.0);
    let (poison, others): (BTreeSet<_>, BTreeSet<_>) = dead.partition(is_poison);
    let records: BTreeSet<RecordId> = others.iter().map(|&(_, record)| record).collect();
    match scenario.queue.parked_max {
        LossLimit::AtMost(most) if records.len() > most as usize => poison,
        LossLimit::AtMost(_) | LossLimit::Unlimited => poison.union(&others).copied().collect(),
    }
}

/// Whether the external service should be called for the record at the stage, and never had its effect.
fn lacks_effect(stage: usize, record: RecordId, world: &World, plan: &Plan) -> bool {
    let there = plan.scenario().of_stages().nth(stage).expect("it is a stage");
    there.container.steps.contains(&Action::Call)
        && passes(record, stage, plan)
        && !world.effects.contains(&(StageId(stage as u8), record))
}

/// Whether no more is lost than is declared, with the messages from which the external service was yet to be called.
fn is_within_rpo_at_the_end(world: &World, end: &End, plan: &Plan) -> bool {
    let is_uncalled = |&(stage, record): &(usize, RecordId)| {
        world.accepted.contains(&record)
            && end.delivered[record.index()]
            && lacks_effect(stage, record, world, plan)
    };
    let uncalled: BTreeSet<RecordId> = world
        .loss
        .unfinished
        .iter()
        .copied()
        .filter(is_uncalled)
        .map(|(_, record)| record)
        .collect();
    let lost: BTreeSet<RecordId> =
        world.loss.undelivered.union(&world.loss.unreplicated).copied().collect();
    match plan.scenario().rpo.records {
        LossLimit::AtMost(most) => {
            uncalled.is_empty() || lost.union(&uncalled).count() <= most as usize
        }
        LossLimit::Unlimited => true,
    }
}

/// Whether the regions show the same of each key, but for those that losses took something of.
fn keys_converged(world: &World, end: &End, plan: &Plan) -> bool {
    let layout = &plan.layout;
    let of_key = |stage: StageId, key: u16| {
        let lacks = |region: &RegionId| {
            let of_key = |record: &RecordId| plan.keys().key_of(*record) == usize::from(key);
            let table = layout.table(*region, stage);
            plan.record_ids().filter(of_key).any(|record| world.excuses(table, record, plan))
        };
        let whole = layout.region_ids().filter(|region| !lacks(region));
        let shown = |region| end.shown[layout.table(region, stage).index()][usize::from(key)];
        let shown: BTreeSet<RecordId> = whole.map(shown).collect();
        shown.len() <= 1
    };
    layout.stage_ids().all(|stage| (0..plan.scenario().records.keys).all(|key| of_key(stage, key)))
}

/// What the end of a trace violates.
pub(super) fn judge_end(trace: &Trace, plan: &Plan) -> BTreeSet<PropertyName> {
    let end = &trace.end;
    let layout = &plan.layout;
    let mut world = World::new(plan);
    trace.entries.iter().flat_map(|entry| &entry.events).for_each(|event| world.apply(event, plan));
    let excused = |region, stage, record| world.excuses(layout.table(region, stage), record, plan);
    let mut violated = BTreeSet::new();
    let mut must = |property, holds: bool| {
        if !holds {
            violated.insert(property);
        }
    };
    let happened = |wanted: Event| trace.entries.iter().any(|entry| entry.events.contains(&wanted));
    let owns_all = plan.scenario().source.on_refusal != OnRefusal::Abort;
    let parked = may_stay(&world, end, plan);
    let has_branches = world.promises.branches;
    must(PropertyName::WithinRpo, is_within_rpo_at_the_end(&world, end, plan));
    must(PropertyName::Settles, end.quiescent);
    must(PropertyName::Expectation, !end.awaits);
    for record in plan.record_ids() {
        let published = end.published[plan.batch_of(record).index()];
        let owed =
            happened(Event::Source(source::Event::Accepted { record })) || (owns_all && published);
        let delivered = end.delivered[record.index()];
        let lost = world.loss.undelivered.contains(&record);
        let is_parked = parked.iter().any(|&(_, letter)| letter == record);
        let is_parked_before = |stage: usize| {
            let leads_to =
                |from: usize| ways(from, record, plan).iter().any(|way| way.contains(&stage));
            parked.iter().any(|&(from, letter)| letter == record && leads_to(from))
        };
        let is_short = |stage: usize, record: RecordId| {
            has_branches
                && (!passes(record, stage, plan)
                    || world.loss.cut_off.contains(&(stage, record))
                    || is_parked_before(stage))
        };
        must(PropertyName::DeliveredAll, delivered || lost || is_parked || !owed);
        for (table, rows) in end.rows.iter().enumerate() {
            let excused = world.excuses(TableId(table as u16), record, plan);
            let stored = rows[record.index()].0 > 0;
            let stage = layout.table_place(TableId(table as u16)).1.index();
            let excused = excused || is_short(stage, record);
            must(PropertyName::StoredEverywhere, stored || excused || !delivered);
        }
        for stage in layout.stage_ids() {
            let is_unfinished = world.loss.unfinished.contains(&(stage.index(), record));
            let owes_none = is_unfinished || is_parked_before(stage.index());
            let lacks = delivered && lacks_effect(stage.index(), record, &world, plan);
            must(PropertyName::EffectOnce, !lacks || owes_none);
            let row = |region| end.rows[layout.table(region, stage).index()][record.index()];
            let owe = layout.region_ids().filter(|&region| !excused(region, stage, record));
            let rows: BTreeSet<(u8, u32)> = owe.map(row).collect();
            must(PropertyName::Converged, rows.len() <= 1);
        }
    }
    must(PropertyName::Converged, keys_converged(&world, end, plan));
    must(PropertyName::Drained, end.queued.iter().all(|&count| count == 0));
    let lost = |container: usize| {
        world.loss.regions.contains(&layout.container_place(ContainerId(container as u16)).0)
    };
    let mut works = end.works.iter().enumerate();
    must(PropertyName::Drained, works.all(|(container, &works)| works || lost(container)));
    violated
}
