//! The world before a step, as far as the lines of a story compare with it.

use std::collections::BTreeMap;

use crate::model::destination;
use crate::model::dns::DnsSide;
use crate::model::event::Event;
use crate::model::id::{ContainerId, MachineId, QueueId, RecordId};
use crate::model::layout::{Layout, Place};
use crate::model::message::{Message, MessageKind, Receipt};
use crate::model::queue::{self, Item};
use crate::sim::Simulation;

/// What the world was like before a step: what its lines compare with.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// By machine: how many messages waited for it, but for commits, which are no news: they follow from what was processed.
    pub(super) waiting: Vec<usize>,
    /// By machine: the record of the message that it would handle next.
    pub(super) heads: Vec<Option<RecordId>>,
    /// The records that come to a container with the one of the message that it would handle next.
    pub(super) with_heads: Vec<(MachineId, RecordId)>,
    /// By container: the record that it worked on.
    pub(super) hands: Vec<Option<RecordId>>,
    /// By region: the record that the destination had asked to remove.
    removing: [Option<RecordId>; 8],
    /// The resolver of the source had an answer.
    pub(super) has_kept_an_answer: bool,
    /// The record that the source had sent.
    pub(super) under_way: Option<RecordId>,
    /// The action of the script that was due.
    pub(super) action: usize,
    /// Of a `fail some`, the index of the component that was due.
    pub(super) component: usize,
    /// By queue, of which only logs are asked for: the record behind which the last position was committed.
    pub(super) positions: BTreeMap<QueueId, RecordId>,
    /// By queue and receipt: what was delivered, and is in the queue, as far as a machine would handle a message about it next.
    deliveries: Vec<(QueueId, Receipt, RecordId)>,
}

impl Before {
    /// The record that the destination has asked this outbound queue to remove.
    pub(super) fn removing(&self, queue: QueueId, layout: &Layout) -> Option<RecordId> {
        self.removing[layout.queue_place(queue).0.index()]
    }

    /// The record of a delivery, while the queue has it.
    pub(super) fn delivered(&self, queue: QueueId, receipt: Receipt) -> Option<RecordId> {
        let is_it = |one: &&(QueueId, Receipt, RecordId)| (one.0, one.1) == (queue, receipt);
        self.deliveries.iter().find(is_it).map(|&(_, _, record)| record)
    }

    /// The record that a machine works on, if it works on one at a time.
    pub(super) fn in_hand(&self, place: Place) -> Option<RecordId> {
        if let Place::Container(id) = place {
            return self.hands[id.index()];
        }
        self.under_way.filter(|_| matches!(place, Place::Source | Place::InDns))
    }

    pub(super) fn remember(&mut self, simulation: &Simulation) {
        let layout = &simulation.plan().layout;
        let machines = (0..layout.machines() as u16).map(MachineId);
        let containers = (0..layout.containers() as u16).map(ContainerId);
        self.waiting.clear();
        self.waiting.extend(machines.clone().map(|machine| simulation.waiting_in_order(machine)));
        self.heads.clear();
        let head = |machine| simulation.next_message(machine).and_then(Message::record);
        self.heads.extend(machines.map(head));
        self.with_heads.clear();
        for context in simulation.plan().containers.iter().filter(|one| one.options.batch > 1) {
            let messages = simulation.inbox(context.machine).skip(1);
            let others = messages.filter(|message| message.kind() == MessageKind::Received);
            let records = others.filter_map(Message::record);
            self.with_heads.extend(records.map(|record| (context.machine, record)));
        }
        self.hands.clear();
        let hand = |id| simulation.container(id).hand().map(|hand| hand.copy.id);
        self.hands.extend(containers.map(hand));
        for event in simulation.events() {
            if let Event::Destination(destination::Event::Arrived { copy, region, .. }) = event {
                self.removing[region.index()] = Some(copy.id);
            }
            if let Event::Queue(queue::Event::Removed { queue, record }) = *event {
                self.positions.insert(queue, record);
            }
        }
        for region in layout.region_ids() {
            if simulation.destination().state(region) != destination::State::Removing {
                self.removing[region.index()] = None;
            }
        }
        self.has_kept_an_answer = simulation.dns(DnsSide::In).cache().is_some();
        self.under_way = simulation.source().under_way();
        self.action = simulation.driver().next();
        self.component = simulation.driver().component().0.into();
        self.deliveries.clear();
        for (index, &place) in layout.places().iter().enumerate() {
            let Some((queue, receipt)) =
                delivery_of(place, simulation.next_message(MachineId(index as u16)))
            else {
                continue;
            };
            let is_it = |item: &&Item| item.receives > 0 && item.receipt == receipt;
            let found = simulation.queue_items(queue).find(is_it);
            self.deliveries.extend(found.map(|item| (queue, receipt, item.copy.id)));
        }
    }
}

/// The delivery that a message is about which this machine would handle next.
fn delivery_of(place: Place, message: Option<&Message>) -> Option<(QueueId, Receipt)> {
    if let Some(&Message::Remove { queue, receipt, .. }) = message {
        return Some((queue, receipt));
    }
    let (Place::Queue(queue), Some(&Message::Expire { receipt })) = (place, message) else {
        return None;
    };
    Some((queue, receipt))
}
