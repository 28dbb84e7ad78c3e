//! Whether a fault did anything: one that finds its component failed already, or a table that holds
//! nothing, does not strike.

use crate::model::container;
use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::fault::{Fault, Target};
use crate::model::id::{RegionId, StageId};
use crate::plan::{Plan, Strike};
use crate::sim::world::World;

/// What of a component a fault can change; of most, whether they work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Condition {
    Container {
        state: container::State,
        crashed: bool,
        is_old: bool,
        drains: container::Drains,
        lives: u16,
    },
    Dns {
        offline: bool,
        failed: bool,
    },
    Writer {
        at: RegionId,
        drains: bool,
    },
    Works(bool),
}

impl World {
    /// A fault begins, as [`World::inject`] says; whether it changes anything.
    pub(super) fn strike(&mut self, fault: Fault, plan: &Plan) -> bool {
        let (condition, lost) = (self.condition(fault.target, plan), self.copies_lost());
        self.inject(fault, plan);
        condition != self.condition(fault.target, plan) || lost != self.copies_lost()
    }

    /// Notes that a fault from there struck.
    pub(super) fn note_strike(&mut self, strike: Strike) {
        self.struck = Some(strike);
    }

    fn condition(&self, target: Target, plan: &Plan) -> Condition {
        if let Target::Container(id) = target {
            let container = &self.containers[id.index()];
            let (state, crashed) = (container.state(), container.crashed());
            let (is_old, drains) = (container.is_old(), container.drains());
            Condition::Container { state, crashed, is_old, drains, lives: container.incarnation() }
        } else if let Target::Dns(side, region) = target {
            let dns = self.dns(side);
            let (offline, failed) = (dns.offline(), dns.failed());
            Condition::Dns { offline: offline.contains(region), failed: failed.contains(region) }
        } else if let Target::Writer(id, _) = target {
            let table = |region| plan.layout.table(region, StageId(id.0 as u8)).index();
            let mut regions = plan.layout.region_ids();
            let drains = regions.any(|region| self.tables[table(region)].is_draining());
            Condition::Writer { at: self.replicators[id.index()].writer(), drains }
        } else {
            Condition::Works(!self.is_disturbed(target))
        }
    }

    /// How many copies of records the step under way has lost so far.
    fn copies_lost(&self) -> usize {
        let is_lost = |event: &&Event| matches!(event, Event::Fault(fault::Event::Lost { .. }));
        self.out.events().iter().filter(is_lost).count()
    }
}
