//! What happened to each record so far: the facts that several properties need.

use crate::model::container::{self, WhyBack};
use crate::model::fault::Fault;
use crate::model::id::{
    ContainerId, MachineId, QueueId, RecordId, RegionId, RegionSet, StageId, TableId,
};
use crate::plan::Plan;
use crate::sim::Bytes;

mod attempts;
#[cfg(test)]
pub(crate) mod fields;

use attempts::Attempts;
pub(crate) use attempts::{GivenBack, Interruption};

/// When something was seen: the number of the step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Seen(pub u64);

/// What is known of one record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RecordFacts {
    /// How many queues and outboxes hold it, counting a queue twice that holds it twice.
    pub queue_copies: u16,
    /// The source sent it.
    pub published: bool,
    /// The source holds its acknowledgement.
    pub accepted: bool,
    /// It is at the destination.
    pub arrived: bool,
}

/// Where a record left a queue, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Departure {
    /// The queue.
    pub queue: QueueId,
    /// When.
    pub seen: Seen,
}

/// Since when a container is in its state, and who refused if that is why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ContainerFacts {
    /// Since when; step 0 for its first state.
    pub since: Seen,
    /// Who refused.
    pub refused_by: Option<MachineId>,
    /// How often it came back after a failure.
    pub recoveries: u32,
    /// How often it stopped because it was refused.
    pub refusals: u32,
    /// When it was told to recover in vain, last: it worked. None if it was not, or came back since.
    pub spent: Option<Seen>,
}

/// What is known of a record at a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct StageFacts {
    /// Where a container of the region stored it.
    stored: RegionSet,
    /// Where the region took that back, and no container has stored it since.
    withdrawn: RegionSet,
    /// Where the queue at the position behind the stage, or the outbox of its table, has or had it. In a line that is the
    /// stage's out-queue.
    forwarded: RegionSet,
}

/// What happened so far. All work per event is constant.
#[derive(Clone, Debug)]
pub struct Ledger {
    stages: usize,
    /// By record.
    records: Vec<RecordFacts>,
    /// By `record × stages + stage`.
    at_stage: Vec<StageFacts>,
    /// By record: where it left a queue last.
    departures: Vec<Option<Departure>>,
    /// By container.
    containers: Vec<ContainerFacts>,
    attempts: Attempts,
    /// Stages send elsewhere than to the next one.
    branches: bool,
    /// By `record × positions + position`, how many copies the queues there have; empty where every copy leads wherever the
    /// record has yet to come: in a line, unless a loss can take a record before the
    /// external service is called.
    copies: Vec<u16>,
    /// Rows can be taken back.
    withdraws: bool,
    /// By `record × queues + queue`, how many copies the mirror there has of a log of another region; empty where none is
    /// mirrored. Nothing goes on from them, so they are no copies in a queue.
    mirrored: Vec<u16>,
}

impl Ledger {
    pub(super) fn new(plan: &Plan) -> Ledger {
        let stages = plan.layout.stages.len();
        let records = plan.records() + 1;
        let branches = !plan.layout.shape.is_line();
        let counts_copies = branches || plan.can_lose() && plan.service.is_some();
        Ledger {
            stages,
            records: vec![RecordFacts::default(); records],
            at_stage: vec![StageFacts::default(); records * stages],
            departures: vec![None; records],
            containers: vec![ContainerFacts::default(); plan.layout.containers()],
            attempts: Attempts::default(),
            branches,
            copies: vec![0; if counts_copies { records * plan.layout.positions() } else { 0 }],
            withdraws: plan.writers_places() > 0,
            mirrored: vec![0; if plan.has_mirrors() { records * plan.layout.queues() } else { 0 }],
        }
    }

    pub(super) fn reset(&mut self) {
        self.records.fill(RecordFacts::default());
        self.at_stage.fill(StageFacts::default());
        self.departures.fill(None);
        self.containers.fill(ContainerFacts::default());
        self.attempts.reset();
        self.copies.fill(0);
        self.mirrored.fill(0);
    }

    pub(super) fn copy_from(&mut self, other: &Ledger) {
        self.stages = other.stages;
        self.records.clone_from(&other.records);
        self.at_stage.clone_from(&other.at_stage);
        self.departures.clone_from(&other.departures);
        self.containers.clone_from(&other.containers);
        self.attempts.copy_from(&other.attempts);
        self.branches = other.branches;
        self.copies.clone_from(&other.copies);
        self.withdraws = other.withdraws;
        self.mirrored.clone_from(&other.mirrored);
    }

    /// Writes down what of a record can influence a later judgement. Where it left a queue, what the containers did, and how
    /// deliveries ended, is only told.
    pub(super) fn write(&self, record: RecordId, bytes: &mut Bytes) {
        let Ledger {
            stages,
            records,
            at_stage,
            departures: _,
            containers: _,
            attempts: _,
            branches: _,
            copies,
            withdraws,
            mirrored,
        } = self;
        let RecordFacts { queue_copies, published, accepted, arrived } = records[record.index()];
        bytes.u16(queue_copies);
        [published, accepted, arrived].into_iter().for_each(|fact| bytes.flag(fact));
        let at_stage = &at_stage[record.index() * stages..][..*stages];
        for StageFacts { stored, withdrawn, forwarded } in at_stage {
            bytes.u8(stored.0);
            bytes.u8(forwarded.0);
            if *withdraws {
                bytes.u8(withdrawn.0);
            }
        }
        if !copies.is_empty() {
            let copies = &copies[record.index() * (stages + 1)..][..stages + 1];
            copies.iter().for_each(|&copies| bytes.u16(copies));
        }
        if !mirrored.is_empty() {
            let queues = mirrored.len() / records.len();
            let mirrored = &mirrored[record.index() * queues..][..queues];
            mirrored.iter().for_each(|&copies| bytes.u16(copies));
        }
    }

    #[inline]
    pub(super) fn published(&mut self, record: RecordId) {
        self.records[record.index()].published = true;
    }

    #[inline]
    pub(super) fn accepted(&mut self, record: RecordId) {
        self.records[record.index()].accepted = true;
    }

    #[inline]
    pub(super) fn enqueued(&mut self, queue: QueueId, record: RecordId, plan: &Plan) {
        // A container that publishes a record and gives it back, for ever, makes more copies than there are numbers.
        let copies = &mut self.records[record.index()].queue_copies;
        *copies = copies.saturating_add(1);
        let (region, position) = plan.layout.queue_place(queue);
        if let Some(stage) = position.checked_sub(1) {
            self.at_stage[record.index() * self.stages + stage].forwarded.insert(region);
        }
        if self.counts_copies() {
            let copies = self.copies_at(record, position);
            *copies = copies.saturating_add(1);
        }
    }

    #[inline]
    pub(super) fn left_queue(&mut self, queue: QueueId, record: RecordId, seen: Seen, plan: &Plan) {
        self.records[record.index()].queue_copies -= 1;
        if self.counts_copies() {
            *self.copies_at(record, plan.layout.queue_place(queue).1) -= 1;
        }
        self.departures[record.index()] = Some(Departure { queue, seen });
    }

    /// A mirror has a copy more of a record.
    pub(super) fn mirrored(&mut self, queue: QueueId, record: RecordId) {
        let copies = self.copies_in_mirror(queue, record);
        *copies = copies.saturating_add(1);
    }

    /// A copy of a record left a mirror.
    pub(super) fn left_mirror(&mut self, queue: QueueId, record: RecordId) {
        let copies = self.copies_in_mirror(queue, record);
        *copies = copies.saturating_sub(1);
    }

    fn copies_in_mirror(&mut self, queue: QueueId, record: RecordId) -> &mut u16 {
        let queues = self.mirrored.len() / self.records.len();
        &mut self.mirrored[record.index() * queues + queue.index()]
    }

    /// Whether the mirror there has the record.
    pub(super) fn is_mirrored(&self, queue: QueueId, record: RecordId) -> bool {
        let queues = self.mirrored.len() / self.records.len();
        self.mirrored.get(record.index() * queues + queue.index()).is_some_and(|&copies| copies > 0)
    }

    /// The outbox of a table has the record, in the place of this out-queue of its stage; unless its relay will not read it, that
    /// is a copy from which the record goes on.
    pub(super) fn intended(
        &mut self,
        (table, queue): (TableId, QueueId),
        record: RecordId,
        goes_on: bool,
        plan: &Plan,
    ) {
        self.records[record.index()].queue_copies += u16::from(goes_on);
        let (region, position) = plan.layout.queue_place(queue);
        if self.counts_copies() {
            *self.copies_at(record, position) += u16::from(goes_on);
        }
        let forwarded = &mut self.at_stage[record.index() * self.stages + position - 1].forwarded;
        match plan.tables[table.index()].database {
            None => _ = forwarded.insert(region),
            // It is the outbox of the containers of all regions.
            Some(_) => *forwarded = RegionSet::first(plan.layout.regions),
        }
    }

    /// The outbox of a global database has the record again, as its relay sees it.
    pub(super) fn reopened(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        self.records[record.index()].queue_copies += 1;
        if self.counts_copies() {
            let next = plan.next_of(plan.layout.table_place(table).1, record)[0];
            *self.copies_at(record, next.into()) += 1;
        }
    }

    /// An outbox does not have the record any more that was for this queue.
    pub(super) fn left_outbox(&mut self, record: RecordId, queue: QueueId, plan: &Plan) {
        self.records[record.index()].queue_copies -= 1;
        if self.counts_copies() {
            *self.copies_at(record, plan.layout.queue_place(queue).1) -= 1;
        }
    }

    #[inline]
    pub(super) fn stored(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        let (region, stage) = plan.layout.table_place(table);
        let facts = &mut self.at_stage[record.index() * self.stages + stage.index()];
        facts.stored.insert(region);
        facts.withdrawn.remove(region);
    }

    /// The region has taken back what its container stored.
    pub(super) fn withdrawn(&mut self, table: TableId, record: RecordId, plan: &Plan) {
        let (region, stage) = plan.layout.table_place(table);
        let facts = &mut self.at_stage[record.index() * self.stages + stage.index()];
        facts.withdrawn.insert(region);
    }

    #[inline]
    pub(super) fn arrived(&mut self, record: RecordId) {
        self.records[record.index()].arrived = true;
    }

    pub(super) fn container_became(
        &mut self,
        container: ContainerId,
        state: container::State,
        refused_by: Option<MachineId>,
        seen: Seen,
    ) {
        let facts = &mut self.containers[container.index()];
        (facts.since, facts.refused_by) = (seen, refused_by);
        facts.refusals += u32::from(refused_by.is_some());
        if state == container::State::Processing {
            facts.recoveries += 1;
            facts.spent = None;
        }
    }

    /// A container gave a record back.
    pub(super) fn gave_back(&mut self, container: ContainerId, record: RecordId, why: WhyBack) {
        self.attempts.gave_back(container, record, why);
    }

    /// A fault struck.
    pub(super) fn faulted(&mut self, fault: Fault, seen: Seen, plan: &Plan) {
        self.attempts.faulted(fault, seen, plan);
    }

    /// Who gave the record back last, and why.
    pub(super) fn given_back(&self, record: RecordId) -> Option<GivenBack> {
        self.attempts.given_back(record)
    }

    /// The containers that were stopped, whatever they were doing, in their order.
    pub(super) fn interruptions(&self) -> &[Interruption] {
        self.attempts.interruptions()
    }

    /// A container was told to recover, and works.
    pub(super) fn recovered_in_vain(&mut self, container: ContainerId, seen: Seen) {
        self.containers[container.index()].spent = Some(seen);
    }

    /// What is known of a record.
    #[inline]
    pub fn record(&self, record: RecordId) -> RecordFacts {
        self.records[record.index()]
    }

    /// Whether the source sent the record; also `false` for what is no record at all.
    #[inline]
    pub fn is_published(&self, record: RecordId) -> bool {
        self.records.get(record.index()).is_some_and(|facts| facts.published)
    }

    /// Whether a container of the region stored the record at the stage.
    #[inline]
    pub fn is_stored(&self, record: RecordId, stage: StageId, region: RegionId) -> bool {
        self.at_stage[record.index() * self.stages + stage.index()].stored.contains(region)
    }

    /// The same, and the region has not taken that back since.
    #[inline]
    pub fn is_still_stored(&self, record: RecordId, stage: StageId, region: RegionId) -> bool {
        let facts = self.at_stage[record.index() * self.stages + stage.index()];
        facts.stored.without(facts.withdrawn).contains(region)
    }

    /// Whether every queue in the region that the stage sends the record to, or the outbox of its table, has or had the
    /// record. An intent counts as the queue that it names.
    #[inline]
    pub fn is_forwarded(
        &self,
        record: RecordId,
        stage: StageId,
        region: RegionId,
        plan: &Plan,
    ) -> bool {
        match self.has_branches() {
            false => self.is_behind(record, stage.index(), region),
            true => self.lacks_next(record, stage, region, plan).is_none(),
        }
    }

    /// Whether the queue at the position behind this one has or had the record.
    #[inline]
    fn is_behind(&self, record: RecordId, position: usize, region: RegionId) -> bool {
        self.at_stage[record.index() * self.stages + position].forwarded.contains(region)
    }

    /// The first position that the stage sends the record to, and whose queue in the region never had it.
    pub fn lacks_next(
        &self,
        record: RecordId,
        stage: StageId,
        region: RegionId,
        plan: &Plan,
    ) -> Option<usize> {
        let mut next = plan.next_of(stage, record).iter().map(|&position| usize::from(position));
        next.find(|&position| !self.is_behind(record, position - 1, region))
    }

    /// Whether stages send elsewhere than to the next one.
    #[inline]
    pub(super) fn has_branches(&self) -> bool {
        self.branches
    }

    /// Whether it is known at which positions the copies of a record are.
    #[inline]
    pub(super) fn counts_copies(&self) -> bool {
        !self.copies.is_empty()
    }

    fn copies_at(&mut self, record: RecordId, position: usize) -> &mut u16 {
        &mut self.copies[record.index() * (self.stages + 1) + position]
    }

    /// Whether a queue has a copy of the record that leads to the position.
    pub(super) fn leads_to(&self, record: RecordId, position: usize, plan: &Plan) -> bool {
        if !self.counts_copies() {
            return self.records[record.index()].queue_copies > 0;
        }
        let copies = &self.copies[record.index() * (self.stages + 1)..][..=position];
        let mut there = copies.iter().enumerate().filter(|&(_, &copies)| copies > 0);
        there.any(|(at, _)| plan.ahead_of(at, record).contains(position))
    }

    /// Whether the record has come as far as the position: it is stored at its stage, or is at the destination.
    pub(super) fn has_come_to(&self, record: RecordId, position: usize) -> bool {
        match self.at_stage[record.index() * self.stages..][..self.stages].get(position) {
            Some(facts) => !facts.stored.is_empty(),
            None => self.records[record.index()].arrived,
        }
    }

    /// The positions at which a way of the record ends, to which it has not come and no copy of it leads.
    pub(super) fn cut_off<'a>(
        &'a self,
        record: RecordId,
        plan: &'a Plan,
    ) -> impl Iterator<Item = usize> + 'a {
        let ends = plan.ends(record).iter();
        ends.filter(move |&end| !self.has_come_to(record, end) && !self.leads_to(record, end, plan))
    }

    /// Where the record left a queue last.
    pub fn departure(&self, record: RecordId) -> Option<Departure> {
        self.departures[record.index()]
    }

    /// What is known of a container.
    pub fn container(&self, container: ContainerId) -> ContainerFacts {
        self.containers[container.index()]
    }
}
