//! `RegionFifo`.

use crate::model::fault::FaultKind;
use crate::model::id::{QueueId, RecordId, RegionId, StageId, TableId};
use crate::model::layout::Place;
use crate::model::options::{Delivery, Groups, Mirror, OnBatchFailure};
use crate::plan::Plan;
use crate::sim::{Bytes, Simulation};
use crate::spec::breach::Whereabouts;
use crate::spec::{Breach, Judgement, Ledger, PropertyName};

#[cfg(test)]
pub(crate) mod fields;

/// How many stages a system has, at most.
const STAGES_MAX: usize = 16;

/// The first stores at each stage follow the order of first arrival in the region.
///
/// It can be promised only with a `fifo` queue or a log, one container on it, no dead letters, no mirror that takes over, and no
/// batches of several message groups (nor, where a container can stop, several groups at all); elsewhere it is
/// reported as not applicable. A stage of which it cannot be promised is left out, and stages
/// behind it are judged by the order of first arrival in the queue behind it, where the order begins again (in their own queues,
/// where stages send to several others). It begins again, too, behind a global database with an outbox, which publishes in the region
/// of the writer what containers of all regions store. Catches
/// overtaking. Source: Amazon SQS FIFO queues, one message group, and its advice to give them no dead-letter queue when
/// the order matters. A container that crashes changes no order: what it holds is the first of its group, which
/// hands out nothing else until that has come back.
#[derive(Clone, Debug)]
pub struct RegionFifo {
    regions: usize,
    /// By stage: where in `arrival` the order is that is kept there; none if none is.
    orders: [Option<u32>; STAGES_MAX],
    /// One bit for each position of a queue: whether an order begins there.
    begins: u32,
    /// How many elements of `arrival` an order has.
    stride: usize,
    /// By order, and by region: how many records have come to the queue where it begins.
    arrivals: Vec<[u16; 8]>,
    /// By `(order × records + record) × regions + region`, of one record more than there are: which one to come it was,
    /// counted from 1; 0: not yet.
    arrival: Vec<u16>,
    /// By table: the arrival number of the record it first stored last.
    last_stored: Vec<u16>,
}

impl RegionFifo {
    pub(super) fn new(plan: &Plan) -> RegionFifo {
        let mut orders = [None; STAGES_MAX];
        let (mut begins, mut here) = (0_u32, 0);
        let stride = (plan.records() + 1) * plan.layout.regions;
        for stage in plan.layout.stage_ids() {
            match RegionFifo::not_applicable_at(stage, plan) {
                None => {
                    // Ways of a record that meet, only one of which keeps the order, do not keep it.
                    here =
                        if here > 0 && !plan.layout.shape.is_line() { stage.index() } else { here };
                    begins |= 1 << here;
                    orders[stage.index()] = Some((begins.count_ones() - 1) * stride as u32);
                    if publishes_elsewhere(stage, plan) {
                        here = stage.index() + 1;
                    }
                }
                Some(_) => here = stage.index() + 1,
            }
        }
        let count = begins.count_ones().max(1) as usize;
        RegionFifo {
            regions: plan.layout.regions,
            orders,
            begins,
            stride,
            arrivals: vec![[0; 8]; count],
            arrival: vec![0; count * stride],
            last_stored: vec![0; plan.layout.tables()],
        }
    }

    /// Why it is not promised of any stage of this system, if it is not.
    pub(super) fn not_applicable(plan: &Plan) -> Option<&'static str> {
        let at = |stage| RegionFifo::not_applicable_at(stage, plan);
        let is_nowhere = plan.layout.stage_ids().all(|stage| at(stage).is_some());
        RegionFifo::not_everywhere(plan).filter(|_| is_nowhere)
    }

    /// Why it is not promised of some stage, if it is not.
    pub(super) fn not_everywhere(plan: &Plan) -> Option<&'static str> {
        plan.layout.stage_ids().find_map(|stage| RegionFifo::not_applicable_at(stage, plan))
    }

    /// Why it is not promised of the stage, if it is not.
    pub(crate) fn not_applicable_at(stage: StageId, plan: &Plan) -> Option<&'static str> {
        let queue = &plan.queues[plan.layout.queue(RegionId(0), stage.index()).index()].options;
        if plan.layout.containers_of(stage) > 1 {
            return Some("several containers compete on a queue, so order is not promised");
        }
        if queue.delivery == Delivery::Standard {
            return Some("standard queues do not keep the order");
        }
        if queue.mirror != Mirror::None && plan.can_lose_a_region() {
            return Some("what a mirror takes over comes in between, so order is not promised");
        }
        if plan.container_of(stage).options.batch > 1 && queue.groups != Groups::One {
            return Some(
                "containers receive records of several groups at a time, one group after the other",
            );
        }
        if queue.max_receives > 0 {
            return Some("dead letters come back behind what came later, so order is not promised");
        }
        if plan.times_out_late && queue.groups != Groups::One {
            return Some(
                "what a container that stops holds comes back behind other groups, so order is not promised",
            );
        }
        if plan.layout.shape.joins_by_key() {
            return Some("stages send by key, and their ways meet again, so order is not promised");
        }
        None
    }

    /// Whether a global database with an outbox can get another writer, and its relay publishes in another region from then on.
    pub(super) fn moves_outbox(plan: &Plan) -> bool {
        let mut stages = plan.layout.stage_ids();
        plan.has_fault(FaultKind::Switchover)
            && stages.any(|stage| publishes_elsewhere(stage, plan))
    }

    /// Whether what comes to a queue of this position counts.
    pub(super) fn counts_at(position: usize, plan: &Plan) -> bool {
        let keeps = |position: usize| {
            RegionFifo::not_applicable_at(StageId(position as u8), plan).is_none()
        };
        let begins = |position: usize| match plan.layout.shape.is_line() {
            true => !keeps(position - 1) || publishes_elsewhere(StageId(position as u8 - 1), plan),
            false => !(0..position).all(keeps),
        };
        position == 0 || position < plan.layout.stages.len() && keeps(position) && begins(position)
    }

    pub(super) fn reset(&mut self) {
        self.arrivals.fill([0; 8]);
        self.arrival.fill(0);
        self.last_stored.fill(0);
    }

    pub(super) fn copy_from(&mut self, other: &RegionFifo) {
        self.regions = other.regions;
        self.orders = other.orders;
        self.begins = other.begins;
        self.stride = other.stride;
        self.arrivals.clone_from(&other.arrivals);
        self.arrival.clone_from(&other.arrival);
        self.last_stored.clone_from(&other.last_stored);
    }

    /// Writes down what of a record can influence a later judgement.
    pub(super) fn write_record(&self, record: RecordId, bytes: &mut Bytes) {
        if self.begins == 0 {
            return;
        }
        for order in self.arrival.chunks(self.stride) {
            let arrival = &order[record.index() * self.regions..][..self.regions];
            arrival.iter().for_each(|&arrival| bytes.u16(arrival));
        }
    }

    /// Writes down what else can. How many have come follows from what is known of each, and is written
    /// nevertheless, so that what becomes of this depends on nothing but this and the record.
    pub(super) fn write(&self, bytes: &mut Bytes) {
        let RegionFifo { regions, orders: _, begins, stride: _, arrivals, arrival: _, last_stored } =
            self;
        if *begins == 0 {
            return;
        }
        for of_regions in arrivals {
            of_regions[..*regions].iter().for_each(|&count| bytes.u16(count));
        }
        last_stored.iter().for_each(|&last| bytes.u16(last));
    }

    /// A queue has a record more.
    #[inline]
    pub(super) fn enqueued(&mut self, queue: QueueId, record: RecordId, plan: &Plan) {
        let (region, position) = plan.layout.queue_place(queue);
        if self.begins >> position & 1 == 0 || record.index() > plan.records() {
            return;
        }
        let order = (self.begins & ((1 << position) - 1)).count_ones() as usize;
        let at = order * self.stride + record.index() * self.regions + region.index();
        let (arrival, arrivals) = (&mut self.arrival[at], &mut self.arrivals[order]);
        if *arrival == 0 {
            arrivals[region.index()] += 1;
            *arrival = arrivals[region.index()];
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
        let Some(order) = self.orders[stage.index()] else { return Ok(()) };
        if ledger.is_stored(record, stage, region) {
            return Ok(());
        }
        let order = order as usize;
        let arrival = self.arrival[order + record.index() * self.regions + region.index()];
        if arrival <= self.last_stored[table.index()] {
            let by = self.stored_last(table, region, order);
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
        let plan = simulation.plan();
        let layout = &plan.layout;
        let (region, stage) = layout.table_place(table);
        let queue =
            |position| layout.name(layout.machine(Place::Queue(layout.queue(region, position))));
        let begins =
            (0..=stage.index()).rev().find(|&position| RegionFifo::counts_at(position, plan));
        let mut reasons = vec![
            format!("{} took {record} before {by}", queue(begins.unwrap_or(0))),
            format!(
                "{} is first in, first out, and one container reads it",
                queue(usize::from(stage.0))
            ),
        ];
        let container = layout.machine(Place::Container(layout.container(region, stage, 0)));
        let goes_on = OnBatchFailure::FailedOnlyBack;
        if plan.container_of(stage).options.on_batch_failure == goes_on {
            let name = layout.name(container);
            reasons.push(format!("{name} goes on with those behind a record that it gives back"));
        }
        reasons
    }

    /// The record that the table first stored last, of an order that begins at this element of `arrival`.
    #[cold]
    fn stored_last(&self, table: TableId, region: RegionId, order: usize) -> RecordId {
        let last = self.last_stored[table.index()];
        let mut records = self.arrival[order..].chunks(self.regions);
        let at = records.position(|arrival| arrival[region.index()] == last);
        RecordId(at.expect("what was stored had come to the region") as u16)
    }
}

/// Whether what one region takes at a stage goes on in another one: the relay of a global database publishes where the writer
/// is.
fn publishes_elsewhere(stage: StageId, plan: &Plan) -> bool {
    let table = &plan.tables[plan.layout.table(RegionId(0), stage).index()];
    table.relay.is_some() && table.database.is_some()
}
