//! Words for a system that does not come to rest.

use std::collections::BTreeSet;

use super::Narrator;
use crate::model::container::WhyBack;
use crate::model::id::{MachineId, QueueId, RecordId};
use crate::model::layout::Place;
use crate::model::options::Origin;
use crate::spec::circle::Circle;
use crate::spec::starving;
use crate::words::plural;

/// So many machines are named.
const NAMED: usize = 8;

impl Narrator<'_> {
    /// Who keeps stepping.
    pub(super) fn restless(&self, steps: u64) -> String {
        let circle = Circle::of(self.simulation);
        let head = format!("after {steps} fair steps without a fault");
        let layout = &self.simulation.plan().layout;
        let names: Vec<&str> = circle.machines.iter().map(|&id| layout.name(id)).collect();
        match names.as_slice() {
            [] => format!("{head}, {}", self.busy()),
            [one] => format!("{head}, {one} still keeps stepping"),
            [first @ .., last] if names.len() <= NAMED => {
                format!("{head}, {} and {last} still keep each other busy", first.join(", "))
            }
            many => {
                let (named, more) = (many[..NAMED].join(", "), many.len() - NAMED);
                format!("{head}, {named} and {more} more machines still keep each other busy")
            }
        }
    }

    /// What they do again and again.
    pub(super) fn why_restless(&self) -> Vec<String> {
        let circle = Circle::of(self.simulation);
        let mut reasons = Vec::new();
        let mut starved = BTreeSet::new();
        for &(container, record, why) in &circle.given_back {
            let plan = self.simulation.plan();
            let layout = &plan.layout;
            let queue = plan.containers[container.index()].in_queue_id;
            let gives = |it: &str| match plan.is_log(queue) {
                true => format!("goes back to {it}"),
                false => format!("gives {it} back"),
            };
            // Which of several containers has it does not matter to those behind it.
            let mut starving = || match starved.insert((queue, record)) {
                true => self.starving(queue, record),
                false => String::new(),
            };
            let (region, stage) = layout.container_place(container);
            let (name, table) = (Place::Container(container), layout.table(region, stage));
            let (name, table) = (self.name(name), self.name(Place::Table(table)));
            reasons.push(match why {
                WhyBack::Unreadable => {
                    format!("{name} cannot read a row of {table} and gives up on {record}, again and again")
                }
                WhyBack::Duplicate => {
                    let gives = gives(&record.to_string());
                    format!("{name} {gives} each time, since {table} has it already")
                }
                WhyBack::With(failed) => {
                    let gives = gives(&record.to_string());
                    format!("{name} {gives} each time, since {failed} fails")
                }
                WhyBack::Poison => format!(
                    "{name} cannot process {record} and {} each time{}",
                    gives("it"),
                    starving()
                ),
                WhyBack::NewFormat | WhyBack::OldFormat => {
                    let is_new = why == WhyBack::NewFormat;
                    let (release, format) = if is_new { ("old", "new") } else { ("new", "old") };
                    format!(
                        "{name} is of the {release} release, cannot read {record}, which is in the \
                         {format} format, and {} each time{}",
                        gives("it"),
                        starving()
                    )
                }
                WhyBack::Refused(by) => {
                    let gives = gives(&record.to_string());
                    format!("{name} {gives} each time, since {} refuses", layout.name(by))
                }
            });
        }
        if self.simulation.plan().scenario().replication.origin == Origin::All {
            reasons.extend(circle.applied.iter().map(|&(table, record)| {
                let name = self.name(Place::Table(table));
                format!("{name} replicates {record} again whenever replication brings it")
            }));
        }
        let delivered = circle.delivered.iter();
        reasons.extend(delivered.map(|&(queue, record)| {
            format!("{} delivers {record} again each time", self.queue(queue))
        }));
        if reasons.is_empty() {
            reasons.push(self.busy());
        }
        reasons.truncate(NAMED);
        reasons
    }

    /// How many records a queue does not deliver while it delivers one again and again; of a queue with groups, those of its
    /// group.
    fn starving(&self, queue: QueueId, record: RecordId) -> String {
        let plan = self.simulation.plan();
        let behind = starving::behind(queue, record, self.simulation).len() as u64;
        if behind == 0 {
            return String::new();
        }
        let waiting = plural(behind, "record waits", "records wait");
        let name = self.queue(queue);
        let group = if plan.is_log(queue) { "partition" } else { "group" };
        match plan.queues[queue.index()].groups.is_some() {
            false => format!("; {waiting} behind it in {name}"),
            true => {
                let passed = starving::passed(queue, record, self.simulation).next();
                let passed = passed.map_or_else(String::new, |_| {
                    format!(", while records of another {group} are delivered")
                });
                format!("; {waiting} behind it in its {group} of {name}{passed}")
            }
        }
    }

    /// Machines that can still step, with what they would do.
    fn busy(&self) -> String {
        let layout = &self.simulation.plan().layout;
        let machines = (0..layout.machines() as u16).map(MachineId);
        let ready = machines.filter(|&id| self.simulation.enabled().can_step(id)).map(|machine| {
            let message = self.simulation.next_message(machine);
            let kind = message.map_or("nothing", |message| message.kind().name());
            format!("{} is about to handle '{kind}'", layout.name(machine))
        });
        ready.take(NAMED).collect::<Vec<String>>().join(", ")
    }
}
