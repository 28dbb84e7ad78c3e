//! The machines that an event is about as something that happened to them.

use crate::model::dns::DnsSide;
use crate::model::event::{Event, fault};
use crate::model::fault::Target;
use crate::model::id::{MachineId, RegionId, StageId};
use crate::model::layout::{Layout, Place};
use crate::model::{container, replicator};

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
