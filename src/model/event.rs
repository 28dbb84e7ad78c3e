//! What happened in a step: the only thing that the spec, the trace and the metrics see.
//!
//! ```
//! use std::sync::Arc;
//!
//! use active_active::explore::{Observer, Outcome, Phase, Runner};
//! use active_active::model::event::{Event, Holder, fault};
//! use active_active::plan::Plan;
//! use active_active::scenario::Scenario;
//! use active_active::scheduler::RoundRobin;
//! use active_active::sim::{Simulation, Step};
//!
//! /// Notes what is lost with a table.
//! #[derive(Default)]
//! struct Lost(Vec<u16>);
//!
//! impl Observer for Lost {
//!     fn begin(&mut self, _simulation: &Simulation) {}
//!
//!     fn phase(&mut self, phase: Phase, _simulation: &Simulation) {
//!         assert!(phase <= Phase::Converge, "there is no later one");
//!     }
//!
//!     fn step(&mut self, _step: &Step, simulation: &Simulation) {
//!         for event in simulation.events() {
//!             if let Event::Fault(fault::Event::Lost { holder: Holder::Table(_), record }) = event {
//!                 self.0.push(record.0);
//!             }
//!         }
//!     }
//! }
//!
//! let text = r#"script = ["publish 1", "await quiescent", "lose inbound-table@1"]"#;
//! let plan = Plan::new(&Scenario::parse(text)?)?;
//! let mut lost = Lost::default();
//! let _: Outcome = Runner::new(Arc::new(plan)).run(&mut RoundRobin::default(), 0, &mut lost);
//! assert_eq!(lost.0.len(), 10, "the table has the rows of both regions");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::model::id::RecordId;

pub mod container;
pub mod destination;
pub mod dns;
pub mod fault;
pub mod queue;
pub mod replicator;
pub mod service;
pub mod source;
pub mod table;

pub use fault::Holder;

macro_rules! events {
    ($($(#[$doc:meta])* $group:ident($of:ident),)+) => {
        /// One thing that happened, by the machine that it happened at. A step produces any number of
        /// events, in order.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Event {
            $($(#[$doc])* $group($of::Event),)+
            /// What the script expects does not hold.
            ExpectationFailed {
                /// Index into [`Plan::actions`](crate::plan::Plan::actions).
                action: u16,
            },
        }

        $(impl From<$of::Event> for Event {
            #[inline(always)]
            fn from(event: $of::Event) -> Event {
                Event::$group(event)
            }
        })+

        impl Event {
            /// The record that it happened to, if it happened to one.
            #[inline]
            pub fn record(&self) -> Option<RecordId> {
                match self {
                    $(Event::$group(event) => event.record(),)+
                    Event::ExpectationFailed { .. } => None,
                }
            }
        }
    };
}

events! {
    /// At the source.
    Source(source),
    /// At in-dns or out-dns.
    Dns(dns),
    /// At a queue.
    Queue(queue),
    /// At a container.
    Container(container),
    /// At a table.
    Table(table),
    /// Between the tables of a stage.
    Replicator(replicator),
    /// At the destination.
    Destination(destination),
    /// At the external service.
    Service(service),
    /// From outside: a fault, its end, or what it took.
    Fault(fault),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of the group needs no memory of its own: it lies where a table's event has its own.
    #[test]
    fn an_event_fits_in_sixteen_bytes() {
        assert_eq!(size_of::<Event>(), 16);
    }
}
