//! What a record waits for, and what waits for it.

use std::collections::BTreeSet;

use super::{Circle, Finder, MachineId, Place, RecordId, StageId};
use crate::model::id::{QueueId, TableId};
use crate::model::options::AtCapacity;
use crate::spec::starving;

/// So many records are shown of those that wait behind one.
const BEHIND_SHOWN: usize = 2;

impl Finder<'_> {
    /// The tables of the stage behind a queue, if one of them lets writes wait for the others.
    pub(super) fn waited_for(&self, queue: QueueId) -> Vec<TableId> {
        let stage = StageId(self.layout.queue_place(queue).1 as u8);
        if stage.index() == self.layout.stages.len() {
            return Vec::new();
        }
        let tables = self.layout.region_ids().map(|region| self.layout.table(region, stage));
        let waits = |id| !self.simulation.table(id).waiting_writes().is_empty();
        let tables: Vec<TableId> = tables.collect();
        if tables.iter().any(|&id| waits(id)) { tables } else { Vec::new() }
    }

    /// When a queue that delivers nothing while it is full took what fills it.
    pub(super) fn fillers(&self, queue: QueueId) -> Vec<u64> {
        let options = &self.simulation.plan().queues[queue.index()].options;
        let items = self.simulation.queue_items(queue);
        let machine = self.layout.machine(Place::Queue(queue));
        match options.at_capacity {
            AtCapacity::Serve => Vec::new(),
            AtCapacity::Starve => {
                items.map(|item| self.past.last_at(machine, item.copy.id)).collect()
            }
        }
    }

    /// The full queues at which those wait for room that take records from this one.
    pub(super) fn waited_at(&self, queue: QueueId) -> Vec<QueueId> {
        let consumers = self.consumers(queue);
        let queues = self.simulation.plan().queues.iter().map(|context| context.id);
        let is_waited_at = |&full: &QueueId| {
            self.simulation.waits_for_room(full).any(|machine| consumers.contains(&machine))
        };
        queues.filter(is_waited_at).collect()
    }

    /// When a queue took the newest record that it has: from then on it was full, if it is.
    pub(super) fn newest(&self, queue: QueueId) -> Option<u64> {
        let machine = self.layout.machine(Place::Queue(queue));
        let items = self.simulation.queue_items(queue);
        items.map(|item| self.past.last_at(machine, item.copy.id)).max()
    }

    /// When a table that lets others wait took its first write.
    pub(super) fn first_write(&self, table: TableId) -> Option<u64> {
        if self.simulation.table(table).waiting_writes().is_empty() {
            return None;
        }
        let rows = self.simulation.rows(table);
        let written =
            |&record: &RecordId| rows.get(record).rows > 0 && rows.get(record).written_here;
        let mut records = self.simulation.plan().record_ids();
        let first = records.find(written)?;
        Some(self.past.last_at(self.layout.machine(Place::Table(table)), first))
    }

    /// When a queue took what it does not deliver while one of the records goes round, and when a record of another group came
    /// to the destination all the same.
    pub(super) fn starving(&self, circle: &Circle, records: &BTreeSet<RecordId>) -> Vec<u64> {
        let turn = circle.first..=circle.last();
        let machines: BTreeSet<MachineId> =
            turn.filter_map(|step| self.past.notes[step as usize].machine).collect();
        let mut leaves = Vec::new();
        for machine in machines {
            let Place::Queue(queue) = self.layout.places()[machine.index()] else { continue };
            for &record in records {
                let behind = starving::behind(queue, record, self.simulation);
                let shown = behind.iter().take(BEHIND_SHOWN);
                leaves.extend(shown.map(|&other| self.past.last_at(machine, other)));
                let destination = self.layout.machine(Place::Destination);
                let passed = starving::passed(queue, record, self.simulation);
                let passed = passed.map(|other| self.past.last_at(destination, other)).max();
                leaves.extend(passed.filter(|_| !behind.is_empty()));
            }
        }
        leaves
    }
}
