//! What faults do, and what is lost, and what works again.

use super::Scene;
use crate::model::event::fault;
use crate::model::event::{Event, Holder};
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::layout::Place;
use crate::plan::names::target_name;
use crate::spec::explain::numbers;

impl Scene<'_> {
    /// What a fault, or the end of one, does; nothing if that was said already.
    pub(super) fn of_a_fault(&self, event: fault::Event) -> Option<String> {
        Some(match event {
            fault::Event::LossEnded { .. } => return None,
            fault::Event::Struck { machine, message, by } => {
                by.told(message.name(), self.machine(machine))
            }
            fault::Event::Late { machine, message } => {
                format!("the {} to {} is late", message.name(), self.machine(machine))
            }
            fault::Event::ClockAhead { region } => {
                format!("the clock of region {region} is ahead of the others from here on")
            }
            fault::Event::CameLate { machine, message } => {
                format!("the late {} to {} arrives", message.name(), self.machine(machine))
            }
            fault::Event::Lost { holder, .. } => return self.lost(holder),
            fault::Event::Faulted { fault } => self.faulted(fault),
            fault::Event::Recovered { target, waiting } => self.recovered(target, waiting),
        })
    }

    /// What is gone with a holder; nothing of a stream that the table has said already.
    pub(super) fn lost(&self, holder: Holder) -> Option<String> {
        let records = self.gone_with(holder);
        let (are, them) = if records.len() == 1 { ("is", "it was") } else { ("are", "they were") };
        let gone = format!("{} {are} gone", numbers(&records));
        let not_replicated = format!("before {them} replicated");
        Some(match holder {
            Holder::DeadLetters(id) => {
                format!("{gone} with the dead-letter queue of {}", self.queue(id))
            }
            Holder::Queue(id) => format!("{gone} with {}", self.queue(id)),
            Holder::Mirror(id) => format!("{gone} with what {} mirrored", self.queue(id)),
            Holder::Table(id) => {
                let table = self.place(Place::Table(id));
                match self.gone_with(Holder::Stream(id)) == records {
                    true => format!("{gone} with {table} {not_replicated}"),
                    false => format!("{gone} with {table}"),
                }
            }
            Holder::Outbox(id, _) => {
                format!("{gone} with the outbox of {}", self.place(Place::Table(id)))
            }
            Holder::Log(id) => {
                format!("{gone} from the log on its way to {}", self.place(Place::Table(id)))
            }
            Holder::Stream(id) if self.gone_with(Holder::Table(id)) == records => return None,
            Holder::Stream(id) => {
                format!(
                    "{gone} from the stream of {} {not_replicated}",
                    self.place(Place::Table(id))
                )
            }
        })
    }

    /// The numbers of the records that are gone with it.
    fn gone_with(&self, place: Holder) -> Vec<u16> {
        let mut records = Vec::new();
        for event in self.simulation.events() {
            if let Event::Fault(fault::Event::Lost { holder, record }) = *event
                && holder == place
            {
                records.push(record.0);
            }
        }
        records.sort_unstable();
        records
    }

    fn faulted(&self, fault: Fault) -> String {
        let verb = fault.kind.said();
        let layout = &self.simulation.plan().layout;
        if let Target::Writer(id, region) = fault.target {
            return format!("{}-table {verb} to region {region}", layout.stages[id.index()]);
        }
        if let (Target::Link(id, region), FaultKind::Fail) = (fault.target, fault.kind) {
            return format!(
                "{}-replicator no longer reaches region {region}",
                layout.stages[id.index()]
            );
        }
        let work = self.work_of_replaced(fault).unwrap_or_default();
        format!("{} {verb}{work}", target_name(fault.target, layout))
    }

    /// What a container that is replaced was doing, and does not finish.
    fn work_of_replaced(&self, fault: Fault) -> Option<String> {
        let Target::Container(id) = fault.target else { return None };
        let is_over = self.simulation.container(id).hand().is_none();
        let record = self.before.hands[id.index()].filter(|_| is_over && fault.kind.replaces())?;
        Some(format!(" while it works on {record}"))
    }

    fn recovered(&self, target: Target, waiting: u32) -> String {
        let backlog = match waiting {
            0 => String::new(),
            1 => ", with 1 message waiting".to_owned(),
            _ => format!(", with {waiting} messages waiting"),
        };
        let layout = &self.simulation.plan().layout;
        if let Target::Link(id, region) = target {
            return format!(
                "{}-replicator reaches region {region} again{backlog}",
                layout.stages[id.index()]
            );
        }
        let reads_on = self.reads_on(target).unwrap_or_default();
        format!("{} works again{backlog}{reads_on}", target_name(target, layout))
    }

    /// Where a container goes on that reads a log: what it has committed and not done does not come again.
    fn reads_on(&self, target: Target) -> Option<String> {
        let Target::Container(id) = target else { return None };
        let queue = self.simulation.plan().containers[id.index()].in_queue_id;
        // Of a log with partitions, each has its own position.
        let is_one = self.simulation.plan().queues[queue.index()].groups.is_none();
        let record = self.before.positions.get(&queue).filter(|_| is_one && self.is_log(queue))?;
        Some(format!(", and reads {} from behind {record}", self.queue(queue)))
    }
}
