//! Traces that no design produces: real ones with one event spoiled.

use active_active::model::{Event, RecordCopy, RecordId, RegionId};
use active_active::model::{destination, dns, queue, source, table};
use active_active::plan::Plan;
use active_active::scheduler::seed::below;
use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;

use super::trace::Trace;

/// Where an event is: index of the entry, index in it.
type At = (usize, usize);

/// Spoils one event of a trace; nothing changes if it has no event of the kind that was drawn.
///
/// What scripts expect is left out: no mutation is about it.
pub(crate) fn mutate(trace: &mut Trace, plan: &Plan, numbers: &mut Xoshiro256PlusPlus) {
    for entry in &mut trace.entries {
        entry.action = None;
        entry.events.retain(|event| !matches!(event, Event::ExpectationFailed { .. }));
    }
    let mut draw = |bound: usize| below(numbers.next_u32(), bound);
    let kind = draw(11);
    let candidates = positions(trace, |event| fits(kind, event));
    if candidates.is_empty() {
        return;
    }
    let at = candidates[draw(candidates.len())];
    let other = RecordId(1 + draw(plan.records() + 1) as u16);
    let region = RegionId(draw(plan.layout.regions) as u8);
    match kind {
        0 => with_copy(event_at(trace, at), |copy| copy.value += 1),
        1 => with_copy(event_at(trace, at), |copy| *copy = copy_of(other, plan)),
        3 | 4 => {
            trace.entries[at.0].events.remove(at.1);
        }
        2 | 5 => move_earlier(trace, at, draw(1_000)),
        _ => spoil(event_at(trace, at), region),
    }
}

/// Whether a mutation of this kind can spoil the event.
fn fits(kind: usize, event: &Event) -> bool {
    match kind {
        0 => {
            copy_in(event).is_some()
                || matches!(event, Event::Source(source::Event::Published { .. }))
        }
        1 => copy_in(event).is_some() && !matches!(event, Event::Queue(_)),
        2 | 3 => matches!(event, Event::Table(table::Event::Stored { .. })),
        4 => matches!(
            event,
            Event::Source(source::Event::Published { .. })
                | Event::Destination(destination::Event::Arrived { .. })
        ),
        5 => matches!(event, Event::Queue(queue::Event::Removed { .. })),
        6 => matches!(event, Event::Dns(dns::Event::Routed { .. })),
        9 => matches!(
            event,
            Event::Dns(dns::Event::Probed { .. }) | Event::Dns(dns::Event::HealthChanged { .. })
        ),
        10 => matches!(event, Event::Dns(dns::Event::FetchRouted { .. })),
        7 => matches!(
            event,
            Event::Table(table::Event::Stored { .. }) | Event::Table(table::Event::Applied { .. })
        ),
        _ => {
            matches!(event, Event::Destination(destination::Event::Arrived { counted: false, .. }))
        }
    }
}

fn positions(trace: &Trace, wanted: impl Fn(&Event) -> bool) -> Vec<At> {
    let mut found = Vec::new();
    for (entry, content) in trace.entries.iter().enumerate() {
        for (index, event) in content.events.iter().enumerate() {
            if wanted(event) {
                found.push((entry, index));
            }
        }
    }
    found
}

fn event_at(trace: &mut Trace, at: At) -> &mut Event {
    &mut trace.entries[at.0].events[at.1]
}

/// The record as it was published; of an id that is no record, something.
fn copy_of(id: RecordId, plan: &Plan) -> RecordCopy {
    let exists = id.index() <= plan.records();
    RecordCopy { id, value: if exists { plan.value(id) } else { 7 } }
}

/// The copy that an event shows behind the source.
fn copy_in(event: &Event) -> Option<RecordCopy> {
    if let Event::Queue(
        queue::Event::Enqueued { copy, .. }
        | queue::Event::Mirrored { copy, .. }
        | queue::Event::TookOver { copy, .. },
    )
    | Event::Table(table::Event::Stored { copy, .. })
    | Event::Table(table::Event::Applied { copy, .. })
    | Event::Destination(destination::Event::Arrived { copy, .. }) = *event
    {
        return Some(copy);
    }
    None
}

fn with_copy(event: &mut Event, change: impl FnOnce(&mut RecordCopy)) {
    if let Event::Queue(
        queue::Event::Enqueued { copy, .. }
        | queue::Event::Mirrored { copy, .. }
        | queue::Event::TookOver { copy, .. },
    )
    | Event::Table(table::Event::Stored { copy, .. })
    | Event::Table(table::Event::Applied { copy, .. })
    | Event::Destination(destination::Event::Arrived { copy, .. })
    | Event::Source(source::Event::Published { copy }) = event
    {
        change(copy);
    }
}

/// Something happens earlier than it did, but not before the record was there: a removal or a
/// write. A write that comes earlier overtakes others.
fn move_earlier(trace: &mut Trace, at: At, skip: usize) {
    let moved = *event_at(trace, at);
    let came = positions(trace, |event| match (moved, *event) {
        (
            Event::Queue(queue::Event::Removed { queue, record }),
            Event::Queue(
                queue::Event::Enqueued { queue: into, copy }
                | queue::Event::TookOver { queue: into, copy },
            ),
        ) => (into, copy.id) == (queue, record),
        (
            Event::Table(table::Event::Stored { copy, .. }),
            Event::Source(source::Event::Published { copy: published }),
        ) => copy == published,
        _ => false,
    });
    let Some(&(last_came, _)) = came.iter().rfind(|&&came| came < at) else { return };
    let to = last_came + skip % (at.0 - last_came + 1);
    trace.entries[at.0].events.remove(at.1);
    trace.entries[to].events.push(moved);
}

/// Another region, one row more, counted after all.
fn spoil(event: &mut Event, other: RegionId) {
    if let Event::Dns(dns::Event::Routed { region, .. })
    | Event::Dns(dns::Event::FetchRouted { region })
    | Event::Dns(dns::Event::Probed { region, .. })
    | Event::Dns(dns::Event::HealthChanged { region, .. }) = event
    {
        *region = other;
    }
    if let Event::Table(table::Event::Stored { rows, .. })
    | Event::Table(table::Event::Applied { rows, .. }) = event
    {
        *rows += 1;
    }
    if let Event::Destination(destination::Event::Arrived { counted, .. }) = event {
        *counted = true;
    }
}
