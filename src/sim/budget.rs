//! The faults that the scheduler may choose within the scenario's budget: which of them are on offer,
//! and what it means to take one.

use crate::model::bit_set::BitSet;
use crate::model::container;
use crate::model::event::{Event, fault};
use crate::model::fault::{Fault, FaultKind, FaultNumbers, FaultPoint, PointKind, Target};
use crate::model::id::{MachineId, QueueId, RegionId, StageId};
use crate::model::index_set::IndexSet;
use crate::model::layout::{DRIVER, Place};
use crate::model::message::{Client, Message};
use crate::model::options::Clock;
use crate::model::options::Delivery;
use crate::model::outbox::Outbox;
use crate::model::queue::{self, Queue, Shelf};
use crate::model::table;
use crate::plan::{Plan, Strike};
use crate::scenario::Budget;
use crate::sim::world::World;

#[cfg(test)]
pub(crate) mod fields;
mod messages;
pub(super) use messages::hangs_when_failed;
#[cfg(test)]
mod tests;

/// The faults that the scheduler may choose.
#[derive(Debug)]
pub(super) struct Faults {
    /// How many more of each kind may be chosen.
    left: Budget,
    numbers: FaultNumbers,
    /// Those that can happen now.
    ready: IndexSet,
    /// Containers that cannot reach their table.
    pub(super) cut: BitSet,
}

impl Faults {
    pub(super) fn new(plan: &Plan) -> Faults {
        let numbers = FaultNumbers::new(&plan.layout);
        let ready = IndexSet::new(numbers.count());
        let cut = BitSet::new(plan.layout.containers());
        let mut faults = Faults { left: plan.budget, numbers, ready, cut };
        if plan.budget.crash > 0 {
            (0..plan.layout.containers()).for_each(|container| faults.ready.insert(container));
        }
        for region in plan.layout.region_ids() {
            faults.offer(FaultPoint::LoseRegion(region), plan.budget.lose_region > 0);
            faults.offer(FaultPoint::Outage(region), plan.budget.outage > 0);
        }
        for region in plan.layout.region_ids().filter(|_| plan.clocks_differ) {
            faults.offer(FaultPoint::RunAhead(region), true);
        }
        for table in &plan.tables {
            faults.offer(FaultPoint::LoseTable(table.id), plan.budget.lose_table > 0);
        }
        faults
    }

    #[inline]
    pub(super) fn ready(&self) -> &IndexSet {
        &self.ready
    }

    #[inline]
    pub(super) fn numbers(&self) -> FaultNumbers {
        self.numbers
    }

    /// How many more of each kind may be chosen.
    pub(super) fn left(&self) -> Budget {
        self.left
    }

    pub(super) fn is_ready(&self, point: FaultPoint) -> bool {
        self.ready.contains(self.numbers.number(point))
    }

    /// Offers the fault point, or no longer.
    pub(super) fn offer(&mut self, point: FaultPoint, offered: bool) {
        let number = self.numbers.number(point);
        if offered {
            self.ready.insert(number);
        } else {
            self.ready.remove(number);
        }
    }

    /// The container that asks, if it cannot reach the table that the message has come to.
    #[inline]
    pub(super) fn cut_off(&self, message: &Message, plan: &Plan) -> Option<(Client, Message)> {
        if plan.budget.partition == 0 {
            return None;
        }
        let (client, refusal) = message.when_refused()?;
        let place = plan.layout.places()[client.machine.index()];
        let Place::Container(id) = place else { return None };
        self.cut.contains(id.index()).then_some((client, refusal))
    }

    /// Offers no fault of this kind.
    pub(super) fn withdraw(&mut self, kind: PointKind) {
        self.numbers.of_kind(kind).for_each(|number| self.ready.remove(number));
    }

    pub(super) fn copy_from(&mut self, other: &Faults) {
        self.left = other.left;
        self.numbers = other.numbers;
        self.ready.copy_from(&other.ready);
        self.cut.copy_from(&other.cut);
    }
}

impl World {
    /// A fault that the scheduler chose, or the end of one, or a moment.
    pub(super) fn take_fault(&mut self, point: FaultPoint, plan: &Plan) {
        let number = self.faults.numbers.number(point);
        assert!(self.faults.ready.contains(number), "{point:?} cannot happen now");
        let of_budget = point.kind().of_budget();
        if of_budget.is_some() {
            self.ending.strike();
        }
        self.faults.left.take(point.kind());
        if let (true, Some(key)) = (self.take_offered(point, plan), of_budget) {
            self.note_strike(Strike::of_budget(key));
        }
    }

    /// Takes it; whether it changes anything.
    fn take_offered(&mut self, point: FaultPoint, plan: &Plan) -> bool {
        match point {
            FaultPoint::Crash(container) => {
                let target = Target::Container(container);
                self.inject(Fault { kind: FaultKind::Crash, target }, plan);
                self.faults.offer(FaultPoint::Restart(container), true);
                if self.faults.left.crash == 0 {
                    let containers = plan.layout.containers();
                    (0..containers).for_each(|container| self.faults.ready.remove(container));
                }
            }
            FaultPoint::Restart(container) => self.restart(container, plan),
            FaultPoint::Pause(container) => {
                let target = Target::Container(container);
                self.faults.offer(FaultPoint::Restart(container), true);
                return self.strike(Fault { kind: FaultKind::Pause, target }, plan);
            }
            FaultPoint::Fail(machine) => {
                let target = component(machine, plan);
                self.faults.offer(FaultPoint::Recover(machine), true);
                return self.strike(Fault { kind: FaultKind::Fail, target }, plan);
            }
            FaultPoint::Recover(machine) => {
                self.end_unless_held(component(machine, plan), plan);
                return false;
            }
            FaultPoint::Partition(path) => return self.cut(path, plan),
            FaultPoint::Rejoin(path) => {
                self.rejoin(path, plan);
                return false;
            }
            FaultPoint::LoseReply(machine) => self.lose_reply(machine, plan),
            FaultPoint::Refuse(machine) => return self.refuse(machine, plan),
            FaultPoint::Late(machine) => self.be_late(machine),
            FaultPoint::GiveUp(machine) => self.time_out_request(machine),
            FaultPoint::TimeOut(id) => self.change_queue(id, Queue::time_out, plan),
            FaultPoint::Reorder(id) => self.change_queue(id, Queue::reorder, plan),
            FaultPoint::Expire(id) => self.change_queue(id, Queue::drop_oldest, plan),
            FaultPoint::WindowPasses(id) => self.change_queue(id, Queue::forget_taken, plan),
            FaultPoint::GoOn => self.release_driver(),
            FaultPoint::Arrive(machine) => self.let_arrive(machine),
            FaultPoint::RunAhead(region) => self.run_ahead(region, plan),
            FaultPoint::LoseTable(id) => {
                return self.strike_widely(FaultKind::Lose, Target::Table(id), plan);
            }
            FaultPoint::LoseRegion(region) => {
                return self.strike_widely(FaultKind::Lose, Target::Region(region), plan);
            }
            FaultPoint::Switchover(id, to) => {
                return self.strike_widely(FaultKind::Switchover, Target::Writer(id, to), plan);
            }
            FaultPoint::Failover(id, to) => {
                return self.strike_widely(FaultKind::Failover, Target::Writer(id, to), plan);
            }
            FaultPoint::Outage(region) => {
                let mut strikes = false;
                plan.outage(region).iter().for_each(|&fault| strikes |= self.strike(fault, plan));
                self.faults.offer(FaultPoint::EndOutage(region), true);
                self.offer_great_faults(plan);
                return strikes;
            }
            FaultPoint::EndOutage(region) => {
                self.end_outage(region, plan);
                self.offer_great_faults(plan);
                return false;
            }
        }
        true
    }

    /// Something happens to what a queue holds.
    fn change_queue(
        &mut self,
        id: QueueId,
        change: fn(&mut Queue, &queue::Context, &mut Shelf, &mut Outbox),
        plan: &Plan,
    ) {
        let (queue, context) = (&mut self.queues[id.index()], &plan.queues[id.index()]);
        change(queue, context, &mut self.shelf, &mut self.out);
        self.offer_all_queue_faults(plan);
    }

    /// The clock of the region is ahead from now on. One region is left that no clock is behind of.
    fn run_ahead(&mut self, region: RegionId, plan: &Plan) {
        let goes_by_it = |context: &&table::Context| {
            context.region == region && context.options.clock == Clock::PerRegion
        };
        for context in plan.tables.iter().filter(goes_by_it) {
            self.tables[context.id.index()].run_ahead(plan.skew());
        }
        self.out.emit(Event::Fault(fault::Event::ClockAhead { region }));
        self.faults.offer(FaultPoint::RunAhead(region), false);
        let is_ready = |region: &RegionId| self.faults.is_ready(FaultPoint::RunAhead(*region));
        let left: Vec<RegionId> = plan.layout.region_ids().filter(is_ready).collect();
        if let [last] = left.as_slice() {
            self.faults.offer(FaultPoint::RunAhead(*last), false);
        }
    }

    /// One that concerns more than one container, queue or reply; whether it changes anything.
    fn strike_widely(&mut self, kind: FaultKind, target: Target, plan: &Plan) -> bool {
        let strikes = self.strike(Fault { kind, target }, plan);
        self.offer_great_faults(plan);
        strikes
    }

    /// Everything in the region works again: what others depend on first, containers last, as in a
    /// healing.
    fn end_outage(&mut self, region: RegionId, plan: &Plan) {
        self.faults.offer(FaultPoint::EndOutage(region), false);
        for containers in [false, true] {
            for fault in plan.outage(region) {
                if matches!(fault.target, Target::Container(_)) == containers {
                    self.end_unless_held(fault.target, plan);
                }
            }
        }
    }

    /// No outage is left to end: everything works again.
    pub(super) fn forget_outages(&mut self, plan: &Plan) {
        self.faults.withdraw(PointKind::Recover);
        self.end_partitions(plan);
        for region in plan.layout.region_ids() {
            self.faults.offer(FaultPoint::EndOutage(region), false);
        }
    }

    /// Offers what can happen to tables and regions while the budget lasts.
    fn offer_great_faults(&mut self, plan: &Plan) {
        let left = self.faults.left;
        for context in &plan.tables {
            let here = !self.lost.contains(context.region);
            self.faults.offer(FaultPoint::LoseTable(context.id), here && left.lose_table > 0);
        }
        for region in plan.layout.region_ids() {
            let here = !self.lost.contains(region);
            let is_out = self.faults.is_ready(FaultPoint::EndOutage(region));
            self.faults.offer(FaultPoint::LoseRegion(region), here && left.lose_region > 0);
            self.faults.offer(FaultPoint::Outage(region), here && !is_out && left.outage > 0);
            self.faults.offer(FaultPoint::EndOutage(region), here && is_out);
        }
    }

    /// Offers to move each writer to where it is not, while the budget lasts: a switchover only of a
    /// writer that works and does not hand over already.
    fn offer_moves(&mut self, plan: &Plan) {
        let left = self.faults.left;
        for context in plan.replicators.iter().filter(|context| context.is_database) {
            let id = context.id;
            let writer = self.replicators[id.index()].writer();
            let table = plan.layout.table(writer, StageId(id.0 as u8)).index();
            let works = self.tables[table].takes_writes(&plan.tables[table]);
            for region in plan.layout.region_ids() {
                let moves = region != writer && !self.lost.contains(region);
                let planned = moves && works && !self.lost.contains(writer) && left.switchover > 0;
                self.faults.offer(FaultPoint::Switchover(id, region), planned);
                self.faults.offer(FaultPoint::Failover(id, region), moves && left.failover > 0);
            }
        }
    }

    /// Offers to let what works fail or pause, while the budget lasts, and the ends of such failures until they have
    /// ended.
    fn offer_failures(&mut self, plan: &Plan) {
        let left = self.faults.left;
        for machine in (0..plan.layout.machines() as u16).map(MachineId) {
            let Some(target) = Target::of(plan.layout.places()[machine.index()]) else { continue };
            let is_gone = self.is_gone(target, plan);
            let works = !is_gone && !self.is_disturbed(target);
            if let Target::Container(id) = target {
                self.faults.offer(FaultPoint::Pause(id), works && left.pause > 0);
                continue;
            }
            self.faults.offer(FaultPoint::Fail(machine), works && left.fail > 0);
            if works || is_gone {
                self.faults.offer(FaultPoint::Recover(machine), false);
            }
        }
    }

    /// Offers to let records expire that wait in a system in which no machine can step but the driver, while the budget
    /// lasts: what the script does next takes an operator, who comes when the retention period is over. What an
    /// orchestrator has yet to start again comes before.
    fn offer_expiries(&mut self, plan: &Plan) {
        let mut containers = plan.containers.iter().map(|context| context.id);
        let mut ready = self.out.ready().bits().iter();
        let waits = self.faults.left.expire > 0
            && ready.all(|machine| machine == DRIVER.index())
            && !containers
                .any(|id| plan.restarts(id) && self.faults.is_ready(FaultPoint::Restart(id)));
        for context in &plan.queues {
            let waits = waits && self.queues[context.id.index()].has_waiting_record(context);
            self.faults.offer(FaultPoint::Expire(context.id), waits);
        }
    }

    /// Offers to lose each reply that is about to be handled, while the budget lasts.
    #[inline]
    pub(super) fn update_offers(&mut self, plan: &Plan) {
        if plan.offers_faults {
            self.offer_what_changed(plan);
            if plan.budget.switchover > 0 || plan.budget.failover > 0 {
                self.offer_moves(plan);
            }
            if self.has_other_faults() {
                if plan.budget.fail > 0 || plan.budget.pause > 0 {
                    self.offer_failures(plan);
                }
                if plan.budget.partition > 0 {
                    self.offer_partitions(plan);
                }
            }
            if plan.budget.expire > 0 {
                self.offer_expiries(plan);
            }
        }
    }

    /// Whether a component has begun or ceased to work in this step, or it is the first one.
    fn has_other_faults(&self) -> bool {
        let is_one = |event: &Event| {
            matches!(event, Event::Fault(_) | Event::Container(container::Event::Became { .. }))
        };
        self.out.now() <= 1 || self.out.events().iter().any(is_one)
    }

    /// What is offered when something happened to a whole region, or to what it may have stopped.
    pub(super) fn offer_again(&mut self, plan: &Plan) {
        if plan.offers_faults {
            self.offer_great_faults(plan);
        }
    }

    fn offer_what_changed(&mut self, plan: &Plan) {
        self.offer_restarts(plan);
        while let Some(machine) = self.out.next_new_head() {
            let head = self.out.first(machine);
            let lossy = head.is_some_and(|head| head.when_lost().is_some());
            let offered = lossy && self.faults.left.lost_reply > 0;
            self.faults.offer(FaultPoint::LoseReply(machine), offered);
            let offered = self.faults.left.refuse > 0 && self.can_refuse(machine, plan);
            self.faults.offer(FaultPoint::Refuse(machine), offered);
            let offered = self.faults.left.late > 0 && self.is_request(machine);
            self.faults.offer(FaultPoint::Late(machine), offered);
            let offered = self.faults.left.request_timeout > 0 && self.is_waited_for(machine, plan);
            self.faults.offer(FaultPoint::GiveUp(machine), offered);
        }
    }

    /// Offers timeouts and changes of order of all queues, where there is something to time out
    /// or to change.
    fn offer_all_queue_faults(&mut self, plan: &Plan) {
        plan.queues.iter().for_each(|context| self.queue_changed(context.id, plan));
    }

    /// Sees to it that a queue which has changed does not wait for consumers that hang, and offers what can
    /// happen to it.
    #[inline]
    pub(super) fn queue_changed(&mut self, id: QueueId, plan: &Plan) {
        if plan.offers_faults {
            self.offer_queue_faults(id, plan);
        }
        if plan.consumers_can_hang {
            self.time_out_hanging(id, plan);
        }
        if plan.commits_later {
            self.renew_commits(id, plan);
        }
    }

    /// Offers the timeout and the change of order of a queue.
    pub(super) fn offer_queue_faults(&mut self, id: QueueId, plan: &Plan) {
        let (left, queue) = (self.faults.left, &self.queues[id.index()]);
        let delivery = plan.queues[id.index()].options.delivery;
        let (is_log, is_standard) = (delivery == Delivery::Log, delivery == Delivery::Standard);
        let times_out = left.visibility_timeout > 0 && queue.has_in_flight() && !is_log;
        let reorders = left.reorder > 0 && queue.has_order() && is_standard;
        let remembers = left.deduplication_window > 0 && queue.taken(&self.shelf).next().is_some();
        self.faults.offer(FaultPoint::WindowPasses(id), remembers);
        self.faults.offer(FaultPoint::TimeOut(id), times_out);
        self.faults.offer(FaultPoint::Reorder(id), reorders);
    }

    /// Offers to start containers again that a fault of the budget may have stopped, or that an
    /// orchestrator looks after.
    fn offer_restarts(&mut self, plan: &Plan) {
        for number in 0..self.out.events().len() {
            let Event::Container(container::Event::Became { container, state, .. }) =
                self.out.events()[number]
            else {
                continue;
            };
            // One that was being replaced works in the same step.
            let stopped = state == container::State::FailedDependency
                && self.containers[container.index()].state() == state;
            if stopped && plan.budget != Budget::default() && !self.ending.is_closed() {
                self.faults.offer(FaultPoint::Restart(container), true);
            }
            self.offer_restart(container, plan);
        }
    }

    /// No fault strikes any more. What the script waits for, and an orchestrator, still come.
    pub(super) fn close_faults(&mut self, plan: &Plan) {
        self.faults.left = Budget::default();
        let goes_on = self.faults.is_ready(FaultPoint::GoOn);
        self.faults.ready.clear();
        self.faults.offer(FaultPoint::GoOn, goes_on);
        plan.containers.iter().for_each(|context| self.offer_restart(context.id, plan));
    }
}

/// The machine as something that can fail.
fn component(machine: MachineId, plan: &Plan) -> Target {
    let place = plan.layout.places()[machine.index()];
    Target::of(place).expect("offered only for machines that can fail")
}
