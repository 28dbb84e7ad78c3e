//! The judge: the text of the spec, read again, over a whole trace.
//!
//! Where the text leaves something open, this is how it is read:
//!
//! * `RemoveLast` is about removing. What a queue hands out for good is `NeverLost`'s, where the
//!   text names it.
//! * A source that drops what was refused ends its batch as if it had been accepted: for
//!   `DeliveredAll` it is as good as one that tries again.
//! * `EffectOnce`: an id counts when it first arrives, so one that counts later counts again.
//! * `Drained` wants containers that work: one in `Processing` that has asked nobody for a record
//!   does not.
//! * A failover is a loss of what the database had and the new writer has not. Who moves a writer in any
//!   other way destroys nothing.
//! * A record is parked if it is among the dead letters at the end and has not arrived. Whoever declares that so many
//!   may be answers for all of them if there are more.
//! * A loss of a region counts what was accepted: the rest is sent again. What a lost table or region
//!   took with it is owed by nobody.
//! * A row that its region has taken back is as good as never stored, until it is stored there again. What another region
//!   takes back it answers for itself.
//! * What a mirror of a log of a lost region has is not lost with it, and is nowhere if it is skipped.
//! * `Expectation` is not in the text: it is the script's own.

use std::collections::BTreeSet;

use active_active::model::event::fault;
use active_active::model::options::DualWrite;
use active_active::model::{Event, QueueId, RecordCopy, RecordId, StageId, TableId};
use active_active::model::{container, destination, dns, queue, service, source, table};
use active_active::plan::Plan;
use active_active::scenario::LossLimit;
use active_active::spec::PropertyName;

mod end;

use end::judge_end;

use super::expectation;
use super::loss::is_what_is_lost;
use super::relays::shows_loss;
use super::trace::Trace;
use super::undone::Undone;
use super::ways::sent_to;
use super::world::World;

/// What the oracle says of a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Judged {
    /// No property is violated.
    Holds,
    /// These are violated in the entry of this index, and none before.
    InStep(usize, BTreeSet<PropertyName>),
    /// None is violated on the way, and these are at the end.
    AtEnd(BTreeSet<PropertyName>),
}

/// Judges every step of a trace, and no end.
pub(crate) fn judge_steps(trace: &Trace, plan: &Plan) -> Option<(usize, BTreeSet<PropertyName>)> {
    let (mut world, mut undone) = (World::new(plan), Undone::default());
    for (index, entry) in trace.entries.iter().enumerate() {
        let mut violated = BTreeSet::new();
        if let Some(action) = entry.action {
            let is_so = expectation::holds(plan.script_line(action), &world, plan);
            if undone.judges(action, is_so) == Some(false) {
                violated.insert(PropertyName::Expectation);
            }
        }
        undone.note(entry, &world, plan);
        for event in &entry.events {
            violated.extend(judge_event(event, &world, plan));
            world.apply(event, plan);
        }
        violated.extend(judge_state(&world, plan));
        violated.retain(|&property| !is_left_out(property, plan));
        if !violated.is_empty() {
            return Some((index, violated));
        }
    }
    None
}

/// Judges a whole trace.
pub(crate) fn judge(trace: &Trace, plan: &Plan) -> Judged {
    if let Some((index, violated)) = judge_steps(trace, plan) {
        return Judged::InStep(index, violated);
    }
    let mut violated = judge_end(trace, plan);
    violated.retain(|&property| !is_left_out(property, plan));
    if violated.is_empty() { Judged::Holds } else { Judged::AtEnd(violated) }
}

/// By the scenario's own words.
fn is_left_out(property: PropertyName, plan: &Plan) -> bool {
    plan.scenario().spec.leave_out.contains(&property)
}

/// What an event violates, given what was before it.
fn judge_event(event: &Event, before: &World, plan: &Plan) -> Vec<PropertyName> {
    let layout = &plan.layout;
    let mut violated = Vec::new();
    let mut must = |property, holds: bool| {
        if !holds {
            violated.push(property);
        }
    };
    if let Event::Source(source::Event::Published { copy }) = *event {
        must(PropertyName::NoInvention, is_real(copy, plan));
    }
    if let Some(copy) = seen(event) {
        let sent = before.published.get(&copy.id) == Some(&copy.value);
        must(PropertyName::NoInvention, sent && is_real(copy, plan));
    }
    if let Event::Container(container::Event::Forwarding { container, record }) = *event {
        let (region, stage) = layout.container_place(container);
        let stored = before.has_still_stored(layout.table(region, stage), record);
        must(PropertyName::StoreBeforeForward, stored);
    }
    // No event tells what a container asked for: that it was answered again is all that is known.
    let again = matches!(event, Event::Container(container::Event::AnsweredAgain { .. }));
    must(PropertyName::AnsweredOnce, !again);
    if let Event::Queue(queue::Event::Removed { queue, record }) = *event {
        must(PropertyName::RemoveLast, is_done(queue, record, before, plan));
    }
    if let Some((place, record)) = shown(event)
        && exists(record, plan)
    {
        // Of one key, a record that was published later is a newer version.
        let newer = before.shows(place, record, plan).is_some_and(|other| other > record);
        must(PropertyName::MonotoneVersion, !newer);
    }
    if let Event::Table(table::Event::Ignored { table, record }) = *event
        && exists(record, plan)
    {
        let older = before.shows(Some(table), record, plan).is_some_and(|other| other < record);
        must(PropertyName::MonotoneVersion, !older);
    }
    must(PropertyName::WithinRpo, is_within_rpo(event, before, plan));
    must(PropertyName::RoutedByPolicy, is_routed_by_policy(event, before, plan));
    if let Event::Table(table::Event::Stored { asked: table, copy, .. }) = *event
        && before.promises.fifo[layout.table_place(table).1.index()]
        && exists(copy.id, plan)
    {
        must(PropertyName::RegionFifo, is_in_order(table, copy.id, before, plan));
    }
    if let Some((reached, record)) = before.reached(event, plan)
        && before.promises.order
        && exists(record, plan)
    {
        must(PropertyName::InOrder, is_in_publishing_order(&reached, record, before, plan));
    }
    if let Event::Destination(destination::Event::Arrived { copy, counted: true, .. }) = *event {
        must(PropertyName::EffectOnce, !before.delivered.contains(&copy.id));
    }
    if let Event::Service(service::Event::TookEffect { stage, record, .. }) = *event {
        must(PropertyName::EffectOnce, !before.effects.contains(&(stage, record)));
    }
    violated
}

/// Whether a record that leaves a queue was stored and sent on, or is at the destination.
fn is_done(queue: QueueId, record: RecordId, before: &World, plan: &Plan) -> bool {
    let layout = &plan.layout;
    let (region, position) = layout.queue_place(queue);
    if position == layout.stages.len() {
        return before.delivered.contains(&record);
    }
    let table = layout.table(region, StageId(position as u8));
    let sent_in = |region| {
        let outbox = layout.table(region, StageId(position as u8)).index();
        let has = |next: usize| {
            before.ever_queued[layout.queue(region, next).index()].contains(&record)
                || before.ever_intended[outbox].contains(&(record, next))
        };
        sent_to(position, record, plan).into_iter().all(has)
    };
    let there = plan.scenario().of_stages().nth(position).expect("it is a stage");
    let is_forwarded = sent_in(region)
        || there.container.dual_write == DualWrite::Transaction && layout.region_ids().any(sent_in);
    before.has_still_stored(table, record) && is_forwarded
}

/// Whether what a loss takes, or leaves, is what it may take.
fn is_within_rpo(event: &Event, before: &World, plan: &Plan) -> bool {
    if let Event::Fault(fault::Event::Lost { holder, record }) = *event {
        return is_what_is_lost(holder, record, before, plan);
    }
    if shows_loss(event, before) {
        let mut after = before.clone();
        after.apply(event, plan);
        let lost = after.loss.undelivered.union(&after.loss.unreplicated).count();
        return match plan.scenario().rpo.records {
            LossLimit::AtMost(most) => lost <= most as usize,
            LossLimit::Unlimited => true,
        };
    }
    if let Event::Table(table::Event::Applied { table, copy, .. }) = *event
        && exists(copy.id, plan)
    {
        let stage = plan.layout.table_place(table).1;
        let destroyed = before.loss.destroyed.contains(&(stage, copy.id));
        return !destroyed || before.loss.on_way.contains(&(table, copy.id));
    }
    true
}

/// What an event shows for a key: which table, or the destination, and which record.
fn shown(event: &Event) -> Option<(Option<TableId>, RecordId)> {
    if let Event::Table(table::Event::KeyShown { table, record }) = *event {
        return Some((Some(table), record));
    }
    if let Event::Destination(destination::Event::Arrived { copy, shown: true, .. }) = *event {
        return Some((None, copy.id));
    }
    None
}

/// Whether in-dns and out-dns do and think what their policy and the results of checks allow.
fn is_routed_by_policy(event: &Event, before: &World, plan: &Plan) -> bool {
    if let Event::Dns(dns::Event::Routed { region, .. }) = *event {
        return before.allowed(plan).contains(&region) || before.is_cached(region, plan);
    }
    if let Event::Dns(dns::Event::FetchRouted { region }) = *event {
        return !before.not_fetched.contains(&region);
    }
    if let Event::Dns(dns::Event::HealthChanged { region, healthy }) = *event {
        let results = before.in_a_row(region, healthy, before.probes.len());
        return results >= usize::from(plan.scenario().dns.health_threshold);
    }
    true
}

/// The copy that an event shows somewhere behind the source.
fn seen(event: &Event) -> Option<RecordCopy> {
    match *event {
        Event::Queue(queue::Event::Enqueued { copy, .. })
        | Event::Queue(queue::Event::Mirrored { copy, .. } | queue::Event::TookOver { copy, .. })
        | Event::Table(table::Event::Stored { copy, .. })
        | Event::Table(table::Event::Applied { copy, .. })
        | Event::Destination(destination::Event::Arrived { copy, .. }) => Some(copy),
        Event::Source(_)
        | Event::Dns(_)
        | Event::Queue(_)
        | Event::Container(_)
        | Event::Table(_)
        | Event::Replicator(_)
        // Of a record it is told its name.
        | Event::Service(_)
        | Event::Fault(_)
        | Event::ExpectationFailed { .. } => None,
    }
}

fn exists(record: RecordId, plan: &Plan) -> bool {
    plan.record_ids().any(|known| known == record)
}

fn is_real(copy: RecordCopy, plan: &Plan) -> bool {
    exists(copy.id, plan) && plan.value(copy.id) == copy.value
}

/// Whether all that reached a component before this record, of the same key, was published before it.
fn is_in_publishing_order(
    reached: &BTreeSet<RecordId>,
    record: RecordId,
    before: &World,
    plan: &Plan,
) -> bool {
    let place = |record: RecordId| before.publications.iter().position(|&other| other == record);
    let keys = plan.scenario().records.keys;
    let of_key =
        |other: RecordId| keys == 0 || plan.keys().key_of(other) == plan.keys().key_of(record);
    let mut others = reached.iter().filter(|&&other| of_key(other));
    reached.contains(&record) || others.all(|&other| place(other) < place(record))
}

/// Whether everything that the table first stored before this record came before it as well.
fn is_in_order(table: TableId, record: RecordId, before: &World, plan: &Plan) -> bool {
    let stores = &before.first_stores[table.index()];
    if stores.contains(&record) {
        return true;
    }
    let (region, stage) = plan.layout.table_place(table);
    // The order begins in front of the first stage, and behind each that keeps none.
    let keeps = |at: usize| before.promises.fifo[at] && !before.promises.elsewhere[at];
    let begins = (0..stage.index()).rfind(|&earlier| !keeps(earlier));
    // Where ways part and meet, in front of each stage.
    let begins = begins
        .map_or(0, |earlier| if before.promises.branches { stage.index() } else { earlier + 1 });
    let arrivals = &before.came[plan.layout.queue(region, begins).index()];
    let arrival = |record: RecordId| arrivals.iter().position(|&arrived| arrived == record);
    let Some(mine) = arrival(record) else { return false };
    stores.iter().all(|&earlier| arrival(earlier).is_some_and(|its| its < mine))
}

/// What a state violates.
fn judge_state(world: &World, plan: &Plan) -> Vec<PropertyName> {
    let mut violated = Vec::new();
    let is_safe = |record: &RecordId| {
        let lost = world.loss.undelivered.contains(record);
        lost || world.delivered.contains(record) || world.is_queued(*record)
    };
    let is_on_all_ways =
        |record: &RecordId| !world.promises.branches || world.is_on_all_ways(*record, plan);
    let mut accepted = world.accepted.iter();
    if !accepted.all(|record| is_safe(record) && is_on_all_ways(record)) {
        violated.push(PropertyName::NeverLost);
    }
    if world.rows.values().any(|row| row.rows > 1) {
        violated.push(PropertyName::EffectOnce);
    }
    violated
}
