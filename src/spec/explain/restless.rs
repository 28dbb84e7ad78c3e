//! Words for a system that does not come to rest.

use super::Narrator;
use crate::model::container::WhyBack;
use crate::model::id::{ContainerId, MachineId};
use crate::model::layout::Place;
use crate::model::options::{Delivery, Origin};
use crate::spec::circle::Circle;
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
        for &(container, record, why) in &circle.given_back {
            let plan = self.simulation.plan();
            let layout = &plan.layout;
            let queue = plan.containers[container.index()].in_queue_id;
            let gives = |it: &str| match plan.is_log(queue) {
                true => format!("goes back to {it}"),
                false => format!("gives {it} back"),
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
                    self.starving(container)
                ),
                WhyBack::NewFormat | WhyBack::OldFormat => format!(
                    "{name} is of the {} release, cannot read {record} and {} each time{}",
                    if why == WhyBack::NewFormat { "old" } else { "new" },
                    gives("it"),
                    self.starving(container)
                ),
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

    /// How many records a fifo queue does not deliver while it delivers one again and again.
    fn starving(&self, container: ContainerId) -> String {
        let plan = self.simulation.plan();
        let queue = plan.containers[container.index()].in_queue_id;
        let behind = self.simulation.queue(queue).len().saturating_sub(1) as u64;
        if behind == 0 || plan.queues[queue.index()].options.delivery == Delivery::Standard {
            return String::new();
        }
        let waiting = plural(behind, "record waits", "records wait");
        format!("; {waiting} behind it in {}", self.queue(queue))
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
