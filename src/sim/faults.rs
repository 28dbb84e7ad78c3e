//! Faults: how they begin and how they end.

use crate::model::dns::{self, Dns, DnsSide};
use crate::model::event::{self, Event, fault};
use crate::model::fault::{Fault, FaultKind, FaultPoint, Target};
use crate::model::id::{ContainerId, QueueId, RegionId};
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::model::{queue, replicator, service, table};
use crate::plan::Plan;
use crate::sim::world::World;

impl World {
    /// A fault begins. Nothing happens if it has begun already, or to what is gone; but a region
    /// that is gone can still be taken out of a DNS name.
    pub(super) fn inject(&mut self, fault: Fault, plan: &Plan) {
        if fault.kind != FaultKind::Offline && self.is_gone(fault.target, plan) {
            return;
        }
        self.out.emit(Event::Fault(fault::Event::Faulted { fault }));
        match (fault.kind, fault.target) {
            (
                kind @ (FaultKind::Pause
                | FaultKind::Crash
                | FaultKind::Deploy
                | FaultKind::Rollback),
                Target::Container(id),
            ) => self.stop_container(kind, id, plan),
            (FaultKind::Fail, target) => self.fail(target, plan),
            (FaultKind::Offline, Target::Dns(side, region)) => {
                self.dns_mut(side).set_offline(region);
                let offline = self.dns(side).offline();
                self.out.emit(Event::Dns(dns::Event::RoutesChanged { side, offline }));
                self.tell_source(plan);
            }
            (FaultKind::Lose, target) => self.lose(target, plan),
            (FaultKind::Switchover, Target::Writer(id, to)) => {
                self.switch_over(id, to, plan);
            }
            (FaultKind::Failover, Target::Writer(id, to)) => {
                self.fail_over(id, to, plan);
                self.out.emit(Event::Fault(fault::Event::LossEnded { target: fault.target }));
            }
            (
                FaultKind::Pause
                | FaultKind::Crash
                | FaultKind::Deploy
                | FaultKind::Rollback
                | FaultKind::Offline,
                target,
            )
            | (FaultKind::Switchover | FaultKind::Failover, target) => {
                unreachable!("the plan lets no {:?} happen to {target:?}", fault.kind)
            }
        }
    }

    /// What can fail begins to.
    fn fail(&mut self, target: Target, plan: &Plan) {
        let out = &mut self.out;
        match target {
            Target::Queue(id) => {
                self.queues[id.index()].fail(&plan.queues[id.index()], &mut self.shelf, out);
                // What it held in memory cannot time out any more.
                if plan.offers_faults {
                    self.offer_queue_faults(id, plan);
                }
                if plan.commits_later {
                    self.renew_commits(id, plan);
                }
                self.check_inbound_queue(id, plan);
            }
            Target::Table(id) => {
                self.tables[id.index()].fail(&plan.tables[id.index()], out);
                self.forget_received(id, plan);
            }
            Target::Replicator(id) => {
                self.replicators[id.index()].fail(&plan.replicators[id.index()], out);
            }
            Target::Link(id, region) => self.replicators[id.index()].cut_off(region),
            Target::Service => {
                let context = plan.service.as_ref().expect("a container calls it");
                self.service.fail(context, out);
            }
            Target::Dns(DnsSide::In, region) => {
                self.in_dns.fail(region);
                self.check_health(region, plan);
            }
            Target::Dns(DnsSide::Out, region) => self.out_dns.fail(region),
            Target::Container(_) | Target::Region(_) | Target::Writer(..) => {
                unreachable!("the plan lets no {target:?} fail")
            }
        }
    }

    /// A container is paused, crashes or is replaced.
    fn stop_container(&mut self, kind: FaultKind, id: ContainerId, plan: &Plan) {
        let (container, context) = (&mut self.containers[id.index()], &plan.containers[id.index()]);
        if kind == FaultKind::Crash {
            container.crash(context, &mut self.out);
            return self.faults.offer(FaultPoint::Crash(id), false);
        }
        match kind == FaultKind::Pause {
            true => container.pause(context, &mut self.out),
            false => self.replace_container(id, kind == FaultKind::Rollback, plan),
        }
        self.queue_changed(context.in_queue_id, plan);
    }

    /// A container is replaced by one of this release: with that, a fault that it had is over, as if it had been recovered.
    fn replace_container(&mut self, id: ContainerId, is_old: bool, plan: &Plan) {
        let target = Target::Container(id);
        let is_over = self.is_disturbed(target);
        if is_over {
            // What came for the one that is replaced is nothing to the other.
            self.out.emit(Event::Fault(fault::Event::Recovered { target, waiting: 0 }));
        }
        let (container, context) = (&mut self.containers[id.index()], &plan.containers[id.index()]);
        container.deploy(is_old, context, &mut self.out);
        if is_over {
            self.offer_container(id);
        }
    }

    /// A fault ends. Nothing happens to what works, or to what is gone for good.
    pub(super) fn recover(&mut self, target: Target, plan: &Plan) {
        if self.is_gone(target, plan) {
            return;
        }
        if !self.is_disturbed(target) {
            if let Target::Container(container) = target {
                self.out.emit(event::container::Event::NothingToRecover { container });
            }
            return;
        }
        let waiting = self.backlog(target, plan);
        self.out.emit(Event::Fault(fault::Event::Recovered { target, waiting }));
        match target {
            Target::Container(id) => self.recover_container(id, plan),
            Target::Queue(id) => {
                let (queue, context) = (&mut self.queues[id.index()], &plan.queues[id.index()]);
                queue.recover(context, &mut self.shelf, &mut self.out);
                self.queue_changed(id, plan);
                let (region, position) = plan.layout.queue_place(id);
                if position == 0 {
                    self.tell_source(plan);
                    self.check_health(region, plan);
                }
                if position + 1 == plan.layout.positions() {
                    self.tell_destination(region, plan);
                }
                self.tell_relays(id, plan);
            }
            Target::Table(id) => {
                self.tables[id.index()].recover(&plan.tables[id.index()], &mut self.out);
            }
            Target::Replicator(id) => {
                let context = &plan.replicators[id.index()];
                self.replicators[id.index()].recover(context, &mut self.out);
            }
            Target::Link(id, region) => {
                let context = &plan.replicators[id.index()];
                self.replicators[id.index()].reconnect(region, context, &mut self.out);
            }
            Target::Service => {
                let context = plan.service.as_ref().expect("a container calls it");
                self.service.recover(context, &mut self.out);
            }
            Target::Dns(side, region) => {
                self.dns_mut(side).recover(region);
                self.tell_routes(side, region, plan);
            }
            Target::Region(_) => unreachable!("a region that is lost does not come back"),
            Target::Writer(..) => unreachable!("a writer that moved stays"),
        }
    }

    /// What makes the component fail ends: as [`recover`](World::recover), but that a region which is offline stays so.
    pub(super) fn end_failure(&mut self, target: Target, plan: &Plan) {
        if !self.is_offline(target) {
            return self.recover(target, plan);
        }
        let Target::Dns(side, region) = target else { unreachable!("{target:?} is offline") };
        if self.dns(side).failed().contains(region) && !self.is_gone(target, plan) {
            self.out.emit(Event::Fault(fault::Event::Recovered { target, waiting: 0 }));
            self.dns_mut(side).reach(region);
            self.tell_routes(side, region, plan);
        }
    }

    /// It works again, but for what the script has made fail: that lasts. A container that was paused is a new process.
    pub(super) fn end_unless_held(&mut self, target: Target, plan: &Plan) {
        if matches!(target, Target::Container(_)) {
            self.release(target);
        }
        if !self.held.contains(&target) {
            self.end_failure(target, plan);
        }
    }

    /// A process that died is started again, or a pause of the budget ends: not one of the script.
    pub(super) fn restart(&mut self, id: ContainerId, plan: &Plan) {
        let target = Target::Container(id);
        if self.held.contains(&target) && self.containers[id.index()].hangs() {
            return self.faults.offer(FaultPoint::Restart(id), false);
        }
        self.release(target);
        self.recover(target, plan);
    }

    /// The region of a name is reached again, or answered.
    fn tell_routes(&mut self, side: DnsSide, region: RegionId, plan: &Plan) {
        let offline = self.dns(side).offline();
        self.out.emit(Event::Dns(dns::Event::RoutesChanged { side, offline }));
        match side {
            DnsSide::In => {
                self.tell_source(plan);
                self.check_health(region, plan);
            }
            DnsSide::Out => self.tell_destination(region, plan),
        }
    }

    /// Whether the target is a region that a name does not answer.
    pub(super) fn is_offline(&self, target: Target) -> bool {
        match target {
            Target::Dns(side, region) => self.dns(side).offline().contains(region),
            Target::Container(_)
            | Target::Queue(_)
            | Target::Table(_)
            | Target::Replicator(_)
            | Target::Link(..)
            | Target::Service
            | Target::Region(_)
            | Target::Writer(..) => false,
        }
    }

    pub(super) fn dns(&self, side: DnsSide) -> &Dns {
        match side {
            DnsSide::In => &self.in_dns,
            DnsSide::Out => &self.out_dns,
        }
    }

    fn dns_mut(&mut self, side: DnsSide) -> &mut Dns {
        match side {
            DnsSide::In => &mut self.in_dns,
            DnsSide::Out => &mut self.out_dns,
        }
    }

    fn recover_container(&mut self, id: ContainerId, plan: &Plan) {
        let context = &plan.containers[id.index()];
        self.containers[id.index()].recover(context, &mut self.out);
        if plan.commits_later {
            self.renew_commits(context.in_queue_id, plan);
        }
        self.offer_container(id);
    }

    /// Offers what can happen to a container that works again.
    fn offer_container(&mut self, id: ContainerId) {
        self.faults.offer(FaultPoint::Restart(id), false);
        self.faults.offer(FaultPoint::Crash(id), self.faults.left().crash > 0);
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
            Target::Link(id, region) => self.replicators[id.index()].unreachable().contains(region),
            Target::Service => self.service.state() == service::State::Failed,
            Target::Dns(side, region) => {
                let dns = self.dns(side);
                dns.offline().contains(region) || dns.failed().contains(region)
            }
            Target::Region(region) => self.lost.contains(region),
            Target::Writer(..) => false,
        }
    }

    fn backlog(&self, target: Target, plan: &Plan) -> u32 {
        if let Target::Link(id, region) = target {
            let held = self.replicators[id.index()].held(region);
            return held.iter().map(|list| list.len() as u32).sum();
        }
        let machine = target.site().map(|place| plan.layout.machine(place));
        machine.map_or(0, |machine| self.out.waiting(machine) as u32)
    }

    /// The dead letters of a queue come back.
    pub(super) fn redrive(&mut self, id: QueueId, plan: &Plan) {
        let (queue, context) = (&mut self.queues[id.index()], &plan.queues[id.index()]);
        queue.redrive(context, &mut self.shelf, &mut self.out);
        self.queue_changed(id, plan);
    }

    /// in-dns gets new weights, if there is a plan in place that they can be newer than.
    pub(super) fn set_weights(&mut self, weights: &[u8], plan: &Plan) {
        if !self.in_dns.set_weights(weights, &plan.in_dns, &mut self.out) {
            return;
        }
        let weights = self.in_dns.weights();
        self.out.emit(Event::Dns(dns::Event::WeightsChanged { weights }));
        self.tell_source(plan);
    }

    /// Something about a region's inbound queue changed: if there are health checks, they will find
    /// out.
    pub(super) fn check_health(&mut self, region: RegionId, plan: &Plan) {
        if plan.in_dns.options.health_threshold > 0 {
            self.out.send(plan.in_dns.machine, Message::Probe { region });
        }
    }

    fn check_inbound_queue(&mut self, id: QueueId, plan: &Plan) {
        let (region, position) = plan.layout.queue_place(id);
        if position == 0 {
            self.check_health(region, plan);
        }
    }

    /// Something changed that a refused source may have waited for.
    pub(super) fn tell_source(&mut self, plan: &Plan) {
        let source = plan.layout.machine(Place::Source);
        self.out.send(source, Message::Wake { region: RegionId(0) });
    }

    /// Something changed that the relays which publish to a queue may have waited for: in a line that is one.
    fn tell_relays(&mut self, queue: QueueId, plan: &Plan) {
        let machine = plan.layout.machine(Place::Queue(queue));
        let region = plan.layout.queue_place(queue).0;
        for context in &plan.tables {
            if context.relay.as_ref().is_some_and(|relay| relay.publishes_to(machine)) {
                self.out.send(context.machine, Message::Wake { region });
            }
        }
    }

    /// Something changed that a refused destination may have waited for.
    pub(super) fn tell_destination(&mut self, region: RegionId, plan: &Plan) {
        let destination = plan.layout.machine(Place::Destination);
        self.out.send(destination, Message::Wake { region });
    }
}
