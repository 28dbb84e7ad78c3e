//! What the script has made fail, what of that a healing has ended, and what it expects.

use super::Writer;
use crate::model::dns::DnsSide;
use crate::model::fault::Target;

impl Writer<'_> {
    /// What the script has made of the system, where an end of something or an expectation depends on it. What there is none
    /// of changes no state.
    pub(super) fn of_script(&mut self) {
        let (world, plan) = (self.world, self.plan);
        let expects = plan.checks().next().is_some();
        if expects || plan.budget.outage > 0 || plan.budget.partition > 0 || plan.budget.fail > 0 {
            world.held.iter().for_each(|&target| self.target(target));
        }
        if expects {
            if !world.undone.is_empty() {
                self.bytes.u8(u8::MAX);
                world.undone.iter().for_each(|&target| self.target(target));
            }
            let (broken, passed_over) = (world.ending.broken(), world.driver.passed_over());
            if broken | passed_over != 0 {
                self.bytes.u8(u8::MAX - 1);
                self.bytes.u64(broken);
                self.bytes.u64(passed_over);
            }
        }
    }

    /// What the script has made fail.
    fn target(&mut self, target: Target) {
        let region = target.region(&self.plan.layout).map_or(u8::MAX, |region| region.0);
        let (kind, number) = match target {
            Target::Container(id) => (0, id.0),
            Target::Queue(id) => (1, id.0),
            Target::Table(id) => (2, id.0),
            Target::Replicator(id) => (3, id.0),
            Target::Link(id, _) => (4, id.0),
            Target::Service => (5, 0),
            Target::Dns(DnsSide::In, _) => (6, 0),
            Target::Dns(DnsSide::Out, _) => (7, 0),
            Target::Region(_) => (8, 0),
            Target::Writer(id, _) => (9, id.0),
        };
        self.bytes.u8(kind);
        self.bytes.u16(number);
        self.bytes.u8(region);
    }
}
