//! `RegionFifo`.

use crate::model::fault::FaultKind;
use crate::model::id::{QueueId, RecordId, RegionId, TableId};
use crate::model::layout::Place;
use crate::model::options::Delivery;
use crate::plan::Plan;
use crate::sim::{Bytes, Simulation};
use crate::spec::breach::Whereabouts;
use crate::spec::{Breach, Judgement, Ledger, PropertyName};

#[cfg(test)]
pub(crate) mod fields;

/// The first stores at each stage follow the order of first arrival in the region.
///
/// It can be promised only with `fifo` queues, one container on each, no dead letters and no
/// crashes; elsewhere it is reported as not applicable. Catches overtaking. Source: Amazon SQS FIFO
/// queues, one message group, and its advice to give them no dead-letter queue when the order
/// matters.
#[derive(Clone, Debug)]
pub struct RegionFifo {
    applies: bool,
    regions: usize,
    /// By region: how many records have come to it.
    arrivals: [u16; 8],
    /// By `record × regions + region`: which one to come it was, counted from 1; 0: not yet.
    arrival: Vec<u16>,
    /// By table: the arrival number of the record it first stored last.
    last_stored: Vec<u16>,
}

impl RegionFifo {
    pub(super) fn new(plan: &Plan) -> RegionFifo {
        RegionFifo {
            applies: RegionFifo::not_applicable(plan).is_none(),
            regions: plan.layout.regions,
            arrivals: [0; 8],
            arrival: vec![0; (plan.records() + 1) * plan.layout.regions],
            last_stored: vec![0; plan.layout.tables()],
        }
    }

    /// Why it is not promised for this system, if it is not.
    pub(super) fn not_applicable(plan: &Plan) -> Option<&'static str> {
        if plan.layout.containers_per_stage > 1 {
            return Some("several containers compete on a queue, so order is not promised");
        }
        if plan.scenario().queue.delivery == Delivery::Standard {
            return Some("standard queues do not keep the order");
        }
        if plan.scenario().queue.max_receives > 0 {
            return Some("dead letters come back behind what came later, so order is not promised");
        }
        if plan.has_fault(FaultKind::Crash) {
            return Some("containers can crash, so order is not promised");
        }
        None
    }

    pub(super) fn reset(&mut self) {
        self.arrivals = [0; 8];
        self.arrival.fill(0);
        self.last_stored.fill(0);
    }

    pub(super) fn copy_from(&mut self, other: &RegionFifo) {
        self.applies = other.applies;
        self.regions = other.regions;
        self.arrivals = other.arrivals;
        self.arrival.clone_from(&other.arrival);
        self.last_stored.clone_from(&other.last_stored);
    }

    /// Writes down what of a record can influence a later judgement.
    pub(super) fn write_record(&self, record: RecordId, bytes: &mut Bytes) {
        if self.applies {
            let arrival = &self.arrival[record.index() * self.regions..][..self.regions];
            arrival.iter().for_each(|&arrival| bytes.u16(arrival));
        }
    }

    /// Writes down what else can. How many have come follows from what is known of each, and is written
    /// nevertheless, so that what becomes of this depends on nothing but this and the record.
    pub(super) fn write(&self, bytes: &mut Bytes) {
        let RegionFifo { applies, regions, arrivals, arrival: _, last_stored } = self;
        if *applies {
            arrivals[..*regions].iter().for_each(|&count| bytes.u16(count));
            last_stored.iter().for_each(|&last| bytes.u16(last));
        }
    }

    /// A queue has a record more.
    #[inline]
    pub(super) fn enqueued(&mut self, queue: QueueId, record: RecordId, plan: &Plan) {
        let (region, position) = plan.layout.queue_place(queue);
        if position > 0 || record.index() > plan.records() {
            return;
        }
        let arrival = &mut self.arrival[record.index() * self.regions + region.index()];
        if *arrival == 0 {
            self.arrivals[region.index()] += 1;
            *arrival = self.arrivals[region.index()];
        }
    }

    /// A write for a container that asked this table.
    #[inline]
    pub(super) fn stored(
        &mut self,
        table: TableId,
        record: RecordId,
        ledger: &Ledger,
        plan: &Plan,
    ) -> Judgement {
        let (region, stage) = plan.layout.table_place(table);
        if !self.applies || ledger.is_stored(record, stage, region) {
            return Ok(());
        }
        let arrival = self.arrival[record.index() * self.regions + region.index()];
        if arrival <= self.last_stored[table.index()] {
            let by = self.stored_last(table, region);
            let at = Whereabouts::Table(table);
            return Err(Breach::Overtaken { property: PropertyName::RegionFifo, at, record, by });
        }
        self.last_stored[table.index()] = arrival;
        Ok(())
    }

    /// What is promised of the order, and what was done with the two records.
    pub(super) fn why_overtaken(
        simulation: &Simulation,
        at: Whereabouts,
        record: RecordId,
        by: RecordId,
    ) -> Vec<String> {
        let Whereabouts::Table(table) = at else { return Vec::new() };
        let layout = &simulation.plan().layout;
        let (region, stage) = layout.table_place(table);
        let queue =
            |position| layout.name(layout.machine(Place::Queue(layout.queue(region, position))));
        vec![
            format!("{} took {record} before {by}", queue(0)),
            format!(
                "{} is first in, first out, and one container reads it",
                queue(usize::from(stage.0))
            ),
        ]
    }

    /// The record that the table first stored last.
    #[cold]
    fn stored_last(&self, table: TableId, region: RegionId) -> RecordId {
        let last = self.last_stored[table.index()];
        let mut records = self.arrival.chunks(self.regions);
        let at = records.position(|arrival| arrival[region.index()] == last);
        RecordId(at.expect("what was stored had come to the region") as u16)
    }
}
