//! Partitions that the scheduler chooses: a container that cannot reach its table, a region that no replication
//! reaches.
//!
//! A container that cannot reach its table gets no answer, and takes that for a refusal: its request has no effect. What
//! the table has answered before that is on its way, and arrives. A region that is cut off is one whose
//! [links](Target::Link) fail, those of all stages at once.

use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::fault::{Fault, FaultKind, FaultPoint, Path, PointKind, Target};
use crate::model::id::{ContainerId, RegionId};
use crate::model::layout::Place;
use crate::model::message::MessageKind;
use crate::model::outbox::Outbox;
use crate::plan::Plan;
use crate::sim::world::World;

impl World {
    /// The way is cut. Whether that changes anything.
    pub(super) fn cut(&mut self, path: Path, plan: &Plan) -> bool {
        self.faults.offer(FaultPoint::Rejoin(path), true);
        match path {
            Path::Store(id) => {
                self.faults.cut.insert(id.index());
                tell(id, PointKind::Partition, plan, &mut self.out);
                true
            }
            Path::Region(region) => {
                let fail = |target| Fault { kind: FaultKind::Fail, target };
                let strike = |strikes, target| self.strike(fail(target), plan) | strikes;
                links(region, plan).fold(false, strike)
            }
        }
    }

    /// Whether a region is cut off from the others: a partition that can end is offered to.
    pub(super) fn is_region_cut(&self, region: RegionId) -> bool {
        self.faults.is_ready(FaultPoint::Rejoin(Path::Region(region)))
    }

    /// The way leads there again.
    pub(super) fn rejoin(&mut self, path: Path, plan: &Plan) {
        self.faults.offer(FaultPoint::Rejoin(path), false);
        match path {
            Path::Store(id) => {
                self.faults.cut.remove(id.index());
                tell(id, PointKind::Rejoin, plan, &mut self.out);
            }
            Path::Region(region) => {
                links(region, plan).for_each(|target| self.end_unless_held(target, plan));
            }
        }
    }

    /// Every container reaches its table, and no end of a partition is left.
    pub(super) fn end_partitions(&mut self, plan: &Plan) {
        (0..plan.layout.containers()).for_each(|container| self.faults.cut.remove(container));
        self.faults.withdraw(PointKind::Rejoin);
        // No event tells of that, by which the next step would see it.
        if plan.budget.partition > 0 {
            self.offer_partitions(plan);
        }
    }

    /// Offers to cut each way that is whole, while the budget lasts; and no longer to mend one that leads nowhere.
    pub(super) fn offer_partitions(&mut self, plan: &Plan) {
        let is_left = self.faults.left().partition > 0;
        for region in plan.layout.region_ids() {
            let is_lost = self.lost.contains(region);
            let path = Path::Region(region);
            let works = links(region, plan).any(|target| !self.is_disturbed(target));
            self.faults.offer(FaultPoint::Partition(path), is_left && works && !is_lost);
            if is_lost || links(region, plan).all(|target| !self.is_disturbed(target)) {
                self.faults.offer(FaultPoint::Rejoin(path), false);
            }
        }
        for context in &plan.containers {
            let is_lost = self.lost.contains(plan.layout.container_place(context.id).0);
            let path = Path::Store(context.id);
            let works = !self.faults.cut.contains(context.id.index());
            self.faults.offer(FaultPoint::Partition(path), is_left && works && !is_lost);
            if is_lost {
                self.faults.offer(FaultPoint::Rejoin(path), false);
            }
        }
    }
}

/// The links of all stages to a region.
fn links(region: RegionId, plan: &Plan) -> impl Iterator<Item = Target> + use<'_> {
    plan.replicators.iter().map(move |context| Target::Link(context.id, region))
}

fn tell(id: ContainerId, by: PointKind, plan: &Plan, out: &mut Outbox) {
    let machine = plan.layout.machine(Place::Container(id));
    let message = MessageKind::Insert;
    out.emit(Event::Fault(fault::Event::Struck { machine, message, by }));
}
