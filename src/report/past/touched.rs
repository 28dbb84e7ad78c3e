//! What an event is about: records, and machines.

use crate::model::dns::DnsSide;
use crate::model::event::fault;
use crate::model::event::{Event, Holder};
use crate::model::fault::Target;
use crate::model::id::{MachineId, RecordId, RegionId, StageId};
use crate::model::layout::{Layout, Place};
use crate::model::{container, replicator};

/// What holds a copy, or has held it.
pub(super) fn place_of_holder(holder: Holder) -> Place {
    match holder {
        Holder::Queue(id) | Holder::DeadLetters(id) | Holder::Mirror(id) => Place::Queue(id),
        Holder::Table(id) | Holder::Stream(id) | Holder::Log(id) | Holder::Outbox(id, _) => {
            Place::Table(id)
        }
    }
}

/// The record that something happened to; and where, if it was not where the step was taken.
pub(super) fn record_of(event: &Event) -> Option<(RecordId, Option<Holder>)> {
    let record = event.record()?;
    if let Event::Fault(fault::Event::Lost { holder, .. }) = *event {
        return Some((record, Some(holder)));
    }
    // Another machine may take the step: a transaction does what a queue does in that of the table, and so does what loses a region.
    if let Event::Queue(event) = event {
        return Some((record, Some(Holder::Queue(event.queue()))));
    }
    Some((record, None))
}

/// The machines that something happened to which changes how they answer.
pub(in crate::report) fn disturbed_by(event: &Event, layout: &Layout) -> Vec<MachineId> {
    let place = if let Event::Fault(event) = *event {
        return disturbed_by_fault(event, layout);
    } else if let Event::Dns(event) = *event {
        event.changes_answers_of().map(|side| match side {
            DnsSide::In => Place::InDns,
            DnsSide::Out => Place::OutDns,
        })
    } else if let Event::Container(container::Event::Became { container, .. }) = *event {
        Some(Place::Container(container))
    } else if let Event::Replicator(replicator::Event::WriterMoved { replicator, region }) = *event
    {
        Some(Place::Table(layout.table(region, StageId(replicator.0 as u8))))
    } else {
        None
    };
    place.into_iter().map(|place| layout.machine(place)).collect()
}

fn disturbed_by_fault(event: fault::Event, layout: &Layout) -> Vec<MachineId> {
    match event {
        fault::Event::Faulted { fault } => struck(fault.target, layout),
        fault::Event::Recovered { target, .. } | fault::Event::LossEnded { target } => {
            struck(target, layout)
        }
        fault::Event::Late { machine, .. } | fault::Event::CameLate { machine, .. } => {
            vec![machine]
        }
        fault::Event::ClockAhead { region } => {
            let tables = layout.stage_ids().map(|stage| Place::Table(layout.table(region, stage)));
            tables.map(|table| layout.machine(table)).collect()
        }
        fault::Event::Lost { .. } | fault::Event::Struck { .. } => Vec::new(),
    }
}

/// The machines that a fault strikes.
fn struck(target: Target, layout: &Layout) -> Vec<MachineId> {
    if let Target::Region(region) = target {
        return all_of(region, layout);
    }
    if let Target::Writer(id, _) = target {
        let cluster = |region| Place::Table(layout.table(region, StageId(id.0 as u8)));
        return layout.region_ids().map(|region| layout.machine(cluster(region))).collect();
    }
    target.site().map(|place| layout.machine(place)).into_iter().collect()
}

/// The machines of a region.
fn all_of(region: RegionId, layout: &Layout) -> Vec<MachineId> {
    let is_there = |place: &Place| layout.region_of(*place) == Some(region);
    layout
        .places()
        .iter()
        .filter(|place| is_there(place))
        .map(|&place| layout.machine(place))
        .collect()
}

/// The record that came with another one in this message.
pub(super) fn came_along(event: &Event) -> Option<RecordId> {
    if let Event::Container(container::Event::CameAlong { record, .. }) = *event {
        return Some(record);
    }
    None
}
