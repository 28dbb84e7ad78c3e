//! Faults: how they begin and how they end.

use crate::model::bit_set::BitSet;
use crate::model::dns::DnsSide;
use crate::model::event::Event;
use crate::model::fault::{Fault, FaultKind, FaultPoint, Target};
use crate::model::id::{ContainerId, RegionId};
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::model::{queue, replicator, table};
use crate::plan::Plan;
use crate::sim::choice::fault_member;
use crate::sim::world::World;

/// The faults that the scheduler may choose.
#[derive(Debug, Default)]
pub(super) struct Faults {
    crashes_left: u16,
    /// Those that can happen now, by member number (see [`fault_member`]).
    ready: BitSet,
}

impl Faults {
    pub(super) fn new(plan: &Plan) -> Faults {
        let containers = plan.layout.containers();
        let mut ready = BitSet::new(2 * containers);
        if plan.crash_budget > 0 {
            (0..containers).for_each(|container| ready.insert(container));
        }
        Faults { crashes_left: plan.crash_budget, ready }
    }

    #[inline]
    pub(super) fn ready(&self) -> &BitSet {
        &self.ready
    }

    pub(super) fn crashes_left(&self) -> u16 {
        self.crashes_left
    }

    pub(super) fn copy_from(&mut self, other: &Faults) {
        self.crashes_left = other.crashes_left;
        self.ready.copy_from(&other.ready);
    }
}

impl World {
    /// A fault that the scheduler chose, or the end of one.
    pub(super) fn take_fault(&mut self, point: FaultPoint, plan: &Plan) {
        let containers = plan.layout.containers();
        assert!(
            self.faults.ready.contains(fault_member(point, containers)),
            "{point:?} cannot happen now"
        );
        match point {
            FaultPoint::Crash(container) => {
                self.faults.crashes_left -= 1;
                let target = Target::Container(container);
                self.inject(Fault { kind: FaultKind::Crash, target }, plan);
                self.faults.ready.insert(fault_member(FaultPoint::Restart(container), containers));
            }
            FaultPoint::Restart(container) => self.recover(Target::Container(container), plan),
        }
        if self.faults.crashes_left == 0 {
            (0..containers).for_each(|container| self.faults.ready.remove(container));
        }
    }

    /// A fault begins. Nothing happens if it has begun already.
    pub(super) fn inject(&mut self, fault: Fault, plan: &Plan) {
        self.out.emit(Event::Faulted { fault });
        let out = &mut self.out;
        match (fault.kind, fault.target) {
            (FaultKind::Pause, Target::Container(id)) => {
                self.containers[id.index()].pause(&plan.containers[id.index()], out);
            }
            (FaultKind::Crash, Target::Container(id)) => {
                self.containers[id.index()].crash(&plan.containers[id.index()], out);
                self.faults.ready.remove(id.index());
            }
            (FaultKind::Fail, Target::Queue(id)) => {
                self.queues[id.index()].fail(&plan.queues[id.index()], out);
            }
            (FaultKind::Fail, Target::Table(id)) => {
                self.tables[id.index()].fail(&plan.tables[id.index()], out);
            }
            (FaultKind::Fail, Target::Replicator(id)) => {
                self.replicators[id.index()].fail(&plan.replicators[id.index()], out);
            }
            (FaultKind::Fail, Target::Dns(DnsSide::In, region)) => self.in_dns.fail(region),
            (FaultKind::Fail, Target::Dns(DnsSide::Out, region)) => self.out_dns.fail(region),
            (FaultKind::Offline, Target::Dns(side, region)) => {
                let dns = match side {
                    DnsSide::In => &mut self.in_dns,
                    DnsSide::Out => &mut self.out_dns,
                };
                dns.set_offline(region);
                let offline = dns.offline();
                out.emit(Event::RoutesChanged { side, offline });
                self.tell_source(plan);
            }
            (
                FaultKind::Pause | FaultKind::Crash | FaultKind::Fail | FaultKind::Offline,
                Target::Container(_)
                | Target::Queue(_)
                | Target::Table(_)
                | Target::Replicator(_)
                | Target::Dns(..),
            ) => unreachable!("the plan lets no {:?} happen to {:?}", fault.kind, fault.target),
        }
    }

    /// A fault ends. Nothing happens to what works.
    pub(super) fn recover(&mut self, target: Target, plan: &Plan) {
        if !self.is_disturbed(target) {
            return;
        }
        let waiting = self.backlog(target, plan);
        self.out.emit(Event::Recovered { target, waiting });
        match target {
            Target::Container(id) => self.recover_container(id, plan),
            Target::Queue(id) => {
                self.queues[id.index()].recover();
                let (region, position) = plan.layout.queue_place(id);
                if position == 0 {
                    self.tell_source(plan);
                }
                if position + 1 == plan.layout.positions() {
                    self.tell_destination(region, plan);
                }
            }
            Target::Table(id) => {
                self.tables[id.index()].recover(&plan.tables[id.index()], &mut self.out);
            }
            Target::Replicator(id) => {
                let context = &plan.replicators[id.index()];
                self.replicators[id.index()].recover(context, &mut self.out);
            }
            Target::Dns(DnsSide::In, region) => {
                self.in_dns.recover(region);
                let (side, offline) = (DnsSide::In, self.in_dns.offline());
                self.out.emit(Event::RoutesChanged { side, offline });
                self.tell_source(plan);
            }
            Target::Dns(DnsSide::Out, region) => {
                self.out_dns.recover(region);
                let (side, offline) = (DnsSide::Out, self.out_dns.offline());
                self.out.emit(Event::RoutesChanged { side, offline });
                self.tell_destination(region, plan);
            }
        }
    }

    fn recover_container(&mut self, id: ContainerId, plan: &Plan) {
        self.containers[id.index()].recover(&plan.containers[id.index()], &mut self.out);
        let containers = plan.layout.containers();
        self.faults.ready.remove(fault_member(FaultPoint::Restart(id), containers));
        if self.faults.crashes_left > 0 {
            self.faults.ready.insert(fault_member(FaultPoint::Crash(id), containers));
        }
    }

    /// Whether there is a fault to recover from.
    pub(super) fn is_disturbed(&self, target: Target) -> bool {
        use crate::model::container::State::Processing;
        match target {
            Target::Container(id) => self.containers[id.index()].state() != Processing,
            Target::Queue(id) => self.queues[id.index()].state() == queue::State::Failed,
            Target::Table(id) => self.tables[id.index()].state() == table::State::Failed,
            Target::Replicator(id) => {
                self.replicators[id.index()].state() == replicator::State::Failed
            }
            Target::Dns(side, region) => {
                let dns = match side {
                    DnsSide::In => &self.in_dns,
                    DnsSide::Out => &self.out_dns,
                };
                dns.offline().contains(region) || dns.failed().contains(region)
            }
        }
    }

    fn backlog(&self, target: Target, plan: &Plan) -> u32 {
        let place = match target {
            Target::Container(id) => Place::Container(id),
            Target::Queue(id) => Place::Queue(id),
            Target::Table(id) => Place::Table(id),
            Target::Replicator(id) => Place::Replicator(id),
            Target::Dns(DnsSide::In, _) => Place::InDns,
            Target::Dns(DnsSide::Out, _) => Place::OutDns,
        };
        self.out.waiting(plan.layout.machine(place)) as u32
    }

    /// in-dns gets new weights.
    pub(super) fn set_weights(&mut self, weights: &[u8], plan: &Plan) {
        self.in_dns.set_weights(weights);
        let weights = self.in_dns.weights();
        self.out.emit(Event::WeightsChanged { weights });
        self.tell_source(plan);
    }

    /// Something changed that a refused source may have waited for.
    fn tell_source(&mut self, plan: &Plan) {
        let source = plan.layout.machine(Place::Source);
        self.out.send(source, Message::Wake { region: RegionId(0) });
    }

    /// Something changed that a refused destination may have waited for.
    fn tell_destination(&mut self, region: RegionId, plan: &Plan) {
        let destination = plan.layout.machine(Place::Destination);
        self.out.send(destination, Message::Wake { region });
    }

    /// Ends every fault, dependencies first.
    pub(super) fn heal(&mut self, plan: &Plan) {
        let layout = &plan.layout;
        for side in [DnsSide::In, DnsSide::Out] {
            layout.region_ids().for_each(|region| self.recover(Target::Dns(side, region), plan));
        }
        plan.queues.iter().for_each(|queue| self.recover(Target::Queue(queue.id), plan));
        plan.tables.iter().for_each(|table| self.recover(Target::Table(table.id), plan));
        for replicator in &plan.replicators {
            self.recover(Target::Replicator(replicator.id), plan);
        }
        for container in &plan.containers {
            self.recover(Target::Container(container.id), plan);
        }
    }
}
