//! In which order writes took place, as a part of a state.
//!
//! The time of a write is only ever compared with that of another write of the same key at the same stage. So
//! times are written as their order: of each that is mentioned anywhere, how many different ones of the same
//! stage and key are earlier. Two states whose clocks differ, and nothing else, have one fingerprint then,
//! and a system that goes round in a cycle comes back to a state. When a time is no longer mentioned, later
//! ones move up wherever they are: this is why they are a part of their own, and left out of the machines
//! that mention them.
//!
//! Where clocks of regions differ, a time may be yet to come for the others: then it matters how long that is, or, of a
//! clock that is ahead by more than a run has steps, that it is so.

use crate::model::id::ReplicatorId;
use crate::model::message::Message;
use crate::plan::Plan;
use crate::sim::Bytes;
use crate::sim::world::World;

/// The time of a write that is mentioned: at which stage, for which key, when.
type Time = (ReplicatorId, usize, u32);

/// Writes down the order of all times, in the order of the places where they are mentioned.
pub(super) fn write(world: &World, plan: &Plan, bytes: &mut Bytes) {
    // No machine and no record has such a number, nor has what the spec knows.
    bytes.u16(u16::MAX - 3);
    let times = mentioned(world, plan);
    let mut order = times.clone();
    order.sort_unstable();
    order.dedup();
    let now = world.out.now();
    for time in times {
        let (stage, key, when) = time;
        if plan.clocks_differ {
            // How long it is until a clock that is not ahead comes to it.
            let left = when.saturating_sub(now);
            bytes.u32(if plan.scenario().table.skew == 0 { left.min(1) } else { left });
        }
        let first = order.partition_point(|other| *other < (stage, key, 0));
        let place = order.partition_point(|other| *other < time);
        bytes.len(place - first);
    }
}

/// Every time that a message or a table mentions. How many each of them mentions follows from what else is
/// written of it.
fn mentioned(world: &World, plan: &Plan) -> Vec<Time> {
    let mut times = Vec::new();
    for context in &plan.replicators {
        let replicator = &world.replicators[context.id.index()];
        let of = |message: &Message| written(message, context.id, plan);
        times.extend(world.out.inbox(context.machine).filter_map(of));
        for list in plan.layout.region_ids().flat_map(|region| replicator.held(region)) {
            times.extend(world.out.held(list).filter_map(of));
        }
    }
    for context in &plan.tables {
        let stage = ReplicatorId(plan.layout.table_place(context.id).1.0.into());
        let latest = world.latest_of(context.id, plan).iter().enumerate();
        times.extend(latest.map(|(key, latest)| (stage, key, latest.time)));
        let held = world.out.held(world.tables[context.id.index()].held());
        let waiting = world.out.inbox(context.machine).chain(held);
        times.extend(waiting.filter_map(|message| written(message, stage, plan)));
    }
    times
}

/// The time of the write that a message to a table or a replicator is about.
fn written(message: &Message, stage: ReplicatorId, plan: &Plan) -> Option<Time> {
    if let Message::Replicate { copy, time, .. } | Message::Apply { copy, time, .. } = *message {
        return Some((stage, plan.keys().key_of(copy.id), time));
    }
    None
}
