//! Words for what is gone.

use super::{Narrator, numbers, regions};
use crate::model::container;
use crate::model::event::fault;
use crate::model::event::{Event, Holder};
use crate::model::id::{QueueId, RecordId, RegionId, RegionSet, StageId};
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::model::options::{Fencing, Storage, Switchover};
use crate::model::queue;
use crate::model::replicator;
use crate::spec::WithinRpo;
use crate::spec::breach::Breach;
use crate::spec::losses::Lost;
use crate::words::plural;

impl Narrator<'_> {
    /// That a record has no copy from which it goes on, or none that leads to a stage where it ends.
    pub(super) fn lost(&self, breach: Breach) -> String {
        if let Breach::Lost { record, queue: Some(queue) } = breach
            && self.is_skipped(queue, record)
        {
            return self.skipped(queue, record);
        }
        if let Breach::CutOff { record, queue, stage } = breach {
            let stage = &self.simulation.plan().layout.stages[stage.index()];
            return match queue {
                Some(queue) => format!(
                    "{record} was accepted, is not stored at '{stage}', and left the last queue that led there, {}",
                    self.queue(queue)
                ),
                None => {
                    format!("{record} was accepted, and no queue has it that leads to '{stage}'")
                }
            };
        }
        let Breach::Lost { record, queue } = breach else {
            unreachable!("no other breach is about the last copy");
        };
        match queue {
            Some(queue) => format!(
                "{record} was accepted, is not delivered, and left the last queue that had it, {}",
                self.queue(queue)
            ),
            None => format!("{record} was accepted, and no queue has it"),
        }
    }

    /// Why no copy of a record is left that goes on.
    pub(super) fn why_lost(&self, queue: Option<QueueId>, record: RecordId) -> Vec<String> {
        // The ledger does not know of the event that is judged: it would say that the record still is where it was.
        let Some(queue) = queue else { return vec![self.request_of(record)] };
        if self.is_skipped(queue, record) {
            return self.why_skipped(queue);
        }
        let mut reasons: Vec<String> = self.expired(queue, record).into_iter().collect();
        reasons.extend(self.keeps_no_copy(queue));
        reasons.extend(self.stage_of(queue, record));
        reasons.extend(self.in_memory(queue, record));
        reasons
    }

    /// Who has taken the record out of a queue on the way from this one to the stage, and has no more than its memory of it.
    pub(super) fn taken_ahead(
        &self,
        queue: QueueId,
        record: RecordId,
        stage: StageId,
    ) -> Option<Vec<String>> {
        let plan = self.simulation.plan();
        let position = |queue| plan.layout.queue_place(queue).1;
        let is_ahead =
            |at| at > position(queue) && plan.ahead_of(at, record).contains(stage.index());
        let ahead =
            plan.containers.iter().filter(|context| is_ahead(position(context.in_queue_id)));
        let (queue, held) =
            ahead.filter_map(|one| Some((one.in_queue_id, self.held_by(one, record)?))).next()?;
        Some(self.keeps_no_copy(queue).into_iter().chain([held]).collect())
    }

    fn keeps_in_memory(&self, queue: QueueId) -> bool {
        self.simulation.plan().queues[queue.index()].options.storage == Storage::InMemory
    }

    /// That it has been in the queue, or among its dead letters, for too long, if that is why it left.
    fn expired(&self, queue: QueueId, record: RecordId) -> Option<String> {
        let has_left = |dead| {
            let expired = Event::Queue(queue::Event::Expired { queue, record, dead });
            self.simulation.events().contains(&expired)
        };
        let name = self.queue(queue);
        let in_memory = self.keeps_in_memory(queue);
        if in_memory && (has_left(true) || has_left(false)) {
            return Some(format!("{name} keeps what it holds in memory, and has failed"));
        }
        if has_left(true) {
            return Some(format!("its retention period among the dead letters of {name} was over"));
        }
        has_left(false).then(|| format!("its retention period in {name} was over"))
    }

    /// Which of those that read the queue has the record in its memory, or gets it, or had it and crashed.
    pub(super) fn in_memory(&self, queue: QueueId, record: RecordId) -> Vec<String> {
        let plan = self.simulation.plan();
        let mut crashed = Vec::new();
        for context in plan.containers.iter().filter(|context| context.in_queue_id == queue) {
            if let Some(held) = self.held_by(context, record) {
                return vec![held];
            }
            if self.simulation.container(context.id).crashed() {
                crashed.push(self.container(context.id));
            }
        }
        crashed
    }

    /// That the container has the record in its memory, or gets it.
    fn held_by(&self, context: &container::Context, record: RecordId) -> Option<String> {
        let name = self.name(Place::Container(context.id));
        if self.simulation.holds(context.id, record) {
            return Some(format!("only {name} still has it, in its memory"));
        }
        let current = self.simulation.container(context.id).incarnation();
        let comes = |message: &Message| {
            matches!(*message, Message::Received { copy, incarnation, .. }
                if copy.id == record && incarnation == current)
        };
        let is_on_its_way = self.simulation.inbox(context.machine).any(comes);
        is_on_its_way.then(|| format!("it is on its way to {name}, and nowhere else"))
    }

    /// What a loss did that it must not.
    pub(super) fn loss(&self, breach: Breach) -> String {
        if let Breach::LostUnasked { holder, record } = breach {
            return format!(
                "{record} disappeared from {}, which was not lost",
                self.holder(holder)
            );
        }
        if let Breach::CameBack { table, record } = breach {
            let name = self.name(Place::Table(table));
            return format!("{name} has {record}, which was destroyed and not written again");
        }
        let Breach::OverRpo { count, allowed, .. } = breach else {
            unreachable!("there is no other breach of a loss");
        };
        let records = plural(count.into(), "record", "records");
        let allows = match allowed {
            0 => "none".to_owned(),
            _ => format!("at most {allowed}"),
        };
        format!("of {records} something acknowledged is lost for good; rpo.records allows {allows}")
    }

    /// Which records lost what, and how a loss that may happen is declared.
    pub(super) fn over_rpo(&self, allowed: u32) -> Vec<String> {
        let mut reasons = self.lost_records();
        if allowed == 0 {
            reasons.push(
                "the scenario declares no loss; one that may happen is declared as rpo.records = N, or \
                 \"unlimited\""
                    .to_owned(),
            );
        }
        reasons
    }

    /// Which records lost what.
    fn lost_records(&self) -> Vec<String> {
        let Lost { undelivered, restorable, unreplicated, cut_off, uncalled: _ } =
            self.losses.report();
        let numbers = |records: &[RecordId]| {
            numbers(&records.iter().map(|record| record.0).collect::<Vec<u16>>())
        };
        let mut reasons = Vec::new();
        if !undelivered.is_empty() {
            let left = match restorable.len() {
                0 => "no row is left either".to_owned(),
                all if all == undelivered.len() => "rows are left".to_owned(),
                _ => format!("rows are left of {}", numbers(&restorable)),
            };
            let of = numbers(&undelivered);
            reasons.push(format!("{of}: in no queue any more and not delivered; {left}"));
        }
        if !unreplicated.is_empty() {
            let of = numbers(&unreplicated);
            reasons.push(match self.discarded() {
                Some((had, writes)) => format!(
                    "{of}: a row was in {}, and not in region {writes}, which writes now",
                    regions(had)
                ),
                None => format!("{of}: a row was not replicated when its table was lost"),
            });
        }
        if !cut_off.is_empty() {
            let of = numbers(&cut_off);
            reasons.push(format!(
                "{of}: in no queue any more that leads to a stage where it is not stored"
            ));
        }
        let uncalled: Vec<RecordId> =
            WithinRpo::uncalled(self.simulation, self.ledger, self.losses).collect();
        if !uncalled.is_empty() {
            let (of, service) = (numbers(&uncalled), self.name(Place::Service));
            reasons.push(format!(
                "{of}: the message from which {service} was yet to be called is gone"
            ));
        }
        reasons
    }

    /// If the writer has just moved to where rows are lacking that several regions had: those regions, and
    /// the new writer.
    fn discarded(&self) -> Option<(RegionSet, RegionId)> {
        let (mut had, mut writes) = (RegionSet::EMPTY, None);
        for event in self.simulation.events() {
            if let Event::Replicator(replicator::Event::WriterMoved { region, .. }) = *event {
                writes = Some(region);
            }
            if let Event::Fault(fault::Event::Lost { holder: Holder::Table(table), .. }) = *event {
                had.insert(self.simulation.plan().layout.table_place(table).0);
            }
        }
        writes.filter(|_| had.0.count_ones() > 1).map(|writes| (had, writes))
    }

    pub(super) fn holder(&self, holder: Holder) -> String {
        match holder {
            Holder::Queue(id) => self.queue(id).to_owned(),
            Holder::DeadLetters(id) => format!("the dead-letter queue of {}", self.queue(id)),
            Holder::Mirror(id) => format!("what {} mirrors", self.queue(id)),
            Holder::Table(id) => self.name(Place::Table(id)).to_owned(),
            Holder::Log(id) => format!("the log on its way to {}", self.name(Place::Table(id))),
            Holder::Outbox(id, _) => format!("the outbox of {}", self.name(Place::Table(id))),
            Holder::Stream(id) => format!("the stream of {}", self.name(Place::Table(id))),
        }
    }

    /// Why something is gone that was not given up.
    pub(super) fn why_lost_unasked(&self, holder: Holder, record: RecordId) -> Vec<String> {
        let moved = |event: &Event| {
            matches!(event, Event::Replicator(replicator::Event::WriterMoved { .. }))
        };
        let aurora = &self.simulation.plan().scenario().aurora;
        match (self.simulation.events().iter().any(moved), aurora.switchover, aurora.fencing) {
            (true, Switchover::AtOnce, _) => {
                vec![
                    "the writer was switched over before what it had written was replicated"
                        .to_owned(),
                ]
            }
            (false, _, Fencing::BestEffort) => vec![format!(
                "{record} was written there after another region had become the writer: the fence was late, \
                 and {} took the write and acknowledged it",
                self.holder(holder)
            )],
            (true, Switchover::DrainFirst | Switchover::AskedAgain, _)
            | (false, _, Fencing::Full) => Vec::new(),
        }
    }
}
