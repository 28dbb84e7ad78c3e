//! Which machines the faults that are left and the rest of the script concern.
//!
//! Messages that commute are handled in either order with the same result, but between the two of them
//! something else can happen, unless they are handled at once: so if the steps of a machine are not free,
//! the order in its inbox matters, and then the steps of those who send to it are not free either. It goes on
//! like this over those who have several senders: queues, tables and replicators; out-dns and the destination
//! where the script tells regions apart. A container, in-dns and the source have one request under way.

use crate::model::bit_set::BitSet;
use crate::model::dns::DnsSide;
use crate::model::fault::{Fault, FaultKind, Target, Trait};
use crate::model::id::{ContainerId, MachineId, QueueId};
use crate::model::layout::{Layout, Place};
use crate::model::options::{Answer, Commands};
use crate::plan::{Check, DriverAction, Plan};
use crate::scenario::Budget;

/// Which faults of the budget are left, of those that leave steps that commute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Left(usize);

/// Every way in which such faults can be left.
pub(super) const LEFT: [Left; 8] =
    [Left(0), Left(1), Left(2), Left(3), Left(4), Left(5), Left(6), Left(7)];

impl Left {
    /// What is left of a budget.
    #[inline]
    pub(super) fn of(budget: Budget) -> Left {
        let queues = budget.visibility_timeout > 0 || budget.reorder > 0;
        let bits = [budget.crash > 0, budget.lost_reply > 0, queues];
        Left(bits.iter().rev().fold(0, |left, &bit| left << 1 | usize::from(bit)))
    }

    /// Its place among all of them.
    #[inline]
    pub(super) fn index(self) -> usize {
        self.0
    }

    fn crash(self) -> bool {
        self.0 & 1 > 0
    }

    fn lost_reply(self) -> bool {
        self.0 & 2 > 0
    }

    /// A delivery that times out, or another order.
    fn of_queues(self) -> bool {
        self.0 & 4 > 0
    }
}

/// The machines whose steps are free when this action of the script is due and these faults are left; and
/// whether commands of earlier actions are still on their way.
pub(super) fn free(plan: &Plan, due: usize, left: Left, commands: bool) -> BitSet {
    let mut touched = Touched::new(plan);
    touched.always();
    touched.budget(left);
    let first = if commands { 0 } else { due.min(plan.actions.len()) };
    plan.actions[first..].iter().for_each(|action| touched.note(action));
    loop {
        let free = touched.free();
        if !touched.order_behind(&free) {
            return free;
        }
    }
}

/// What the rest of the script and the budget may touch, by machine.
struct Touched<'a> {
    plan: &'a Plan,
    /// Stopped, started or looked at from outside.
    machines: BitSet,
    /// The order of what is in the inbox matters.
    inboxes: BitSet,
    /// The script changes, for one region and then perhaps for another, what out-dns or the destination does,
    /// or looks at what came from which first.
    /// A reply that is lost concerns nothing but what its region says next.
    by_region: bool,
}

impl<'a> Touched<'a> {
    fn new(plan: &'a Plan) -> Touched<'a> {
        let none = BitSet::new(plan.layout.machines());
        Touched { plan, machines: none.clone(), inboxes: none, by_region: false }
    }

    /// The machines whose steps are free as far as is known.
    fn free(&self) -> BitSet {
        let mut free = BitSet::new(self.plan.layout.machines());
        for (index, &place) in self.plan.layout.places().iter().enumerate() {
            // The driver looks at all others, so its steps are tried whenever it can step.
            let is_free = place != Place::Driver
                && !self.machines.contains(index)
                && receivers(place, self.plan).iter().all(|to| !self.inboxes.contains(to.index()));
            if is_free {
                free.insert(index);
            }
        }
        free
    }

    /// Marks the inboxes whose order matters because the steps of the machine are not free. Whether there are
    /// any more than before.
    fn order_behind(&mut self, free: &BitSet) -> bool {
        let mut grown = false;
        for (index, &place) in self.plan.layout.places().iter().enumerate() {
            if self.has_an_order(place) && !free.contains(index) && !self.inboxes.contains(index) {
                self.inboxes.insert(index);
                grown = true;
            }
        }
        grown
    }

    /// Whether messages that have nothing to do with each other can be in its inbox at once, and something
    /// can tell which of them was handled.
    fn has_an_order(&self, place: Place) -> bool {
        if matches!(place, Place::OutDns | Place::Destination) {
            return self.by_region;
        }
        !matches!(place, Place::Driver | Place::Source | Place::InDns | Place::Container(_))
    }

    /// in-dns has another choice than to step, where answers are random.
    fn always(&mut self) {
        if self.plan.scenario().dns.answer == Answer::Random {
            self.machine(Place::InDns);
        }
    }

    fn budget(&mut self, left: Left) {
        let layout: &Layout = &self.plan.layout;
        if left.crash() {
            (0..layout.containers() as u16).for_each(|id| self.crash(ContainerId(id)));
        }
        if left.lost_reply() {
            (0..layout.containers() as u16)
                .for_each(|id| self.machine(Place::Container(ContainerId(id))));
            for place in [Place::Source, Place::InDns, Place::OutDns, Place::Destination] {
                self.machine(place);
            }
            self.wake(Place::Source);
            self.wake(Place::Destination);
        }
        if left.of_queues() {
            (0..layout.queues() as u16).for_each(|id| self.all_of(Place::Queue(QueueId(id))));
        }
    }

    fn note(&mut self, action: &DriverAction) {
        match action {
            // The batch is no longer one that was refused.
            DriverAction::Publish(_) if self.plan.awaits_refusal() => self.machine(Place::Source),
            DriverAction::Publish(_) | DriverAction::Await(_) => {}
            DriverAction::Fault(faults) | DriverAction::FaultSome(faults) => {
                faults.iter().for_each(|&fault| self.fault(fault));
            }
            DriverAction::Recover(targets) => {
                targets.iter().for_each(|&target| self.target(target))
            }
            DriverAction::Redrive(queues) => {
                queues.iter().for_each(|&queue| self.all_of(Place::Queue(queue)));
            }
            DriverAction::Weights(_) => self.in_dns(),
            DriverAction::Check(check) => self.check(check),
        }
    }

    fn fault(&mut self, fault: Fault) {
        match (fault.kind, fault.target) {
            (FaultKind::Crash, Target::Container(id)) => self.crash(id),
            (kind, target) if kind.is(Trait::Local) => self.target(target),
            (_, _) => self.everything(),
        }
    }

    /// Something that stops working, or works again. A container that is started after a crash asks its
    /// queue, which commutes with what comes to the queue.
    fn target(&mut self, target: Target) {
        let layout = &self.plan.layout;
        // A command can come before or behind what others send.
        if let Some(machine) = as_message(target, self.plan) {
            self.inboxes.insert(machine.index());
        }
        if let Target::Container(id) = target {
            self.machine(Place::Container(id));
        } else if let Target::Queue(id) = target {
            let (_, position) = layout.queue_place(id);
            self.all_of(Place::Queue(id));
            if position == 0 {
                self.wake(Place::Source);
            }
            if position + 1 == layout.positions() {
                self.wake(Place::Destination);
                self.by_region = true;
            }
        } else if let Target::Table(id) = target {
            self.all_of(Place::Table(id));
        } else if let Target::Replicator(id) | Target::Link(id, _) = target {
            self.all_of(Place::Replicator(id));
        } else if let Target::Dns(DnsSide::In, _) = target {
            self.in_dns();
        } else if let Target::Dns(DnsSide::Out, _) = target {
            self.machine(Place::OutDns);
            // The machine that was refused is told; the source is told of all routes.
            self.wake(Place::Source);
            self.wake(Place::Destination);
            self.by_region = true;
        } else {
            // A region as a whole, a writer; and of what is not known here, anything may be true.
            self.everything();
        }
    }

    /// A consumer that waits may be a dead one.
    fn crash(&mut self, id: ContainerId) {
        self.machine(Place::Container(id));
        self.inboxes.insert(self.plan.containers[id.index()].in_queue.index());
    }

    /// in-dns answers otherwise, and the machine that was refused is told.
    fn in_dns(&mut self) {
        self.machine(Place::InDns);
        self.wake(Place::Source);
    }

    /// It may be told that something changed.
    fn wake(&mut self, place: Place) {
        self.inboxes.insert(self.plan.layout.machine(place).index());
    }

    fn check(&mut self, check: &Check) {
        match check {
            // Which record comes first may decide when the script looks.
            Check::Delivered(_) => {
                self.machine(Place::Destination);
                self.by_region = true;
            }
            // Those records are meant that have come to the region: its first queue knows.
            Check::Waiting { queue, .. } => {
                let (region, _) = self.plan.layout.queue_place(*queue);
                self.all_of(Place::Queue(self.plan.layout.queue(region, 0)));
                self.all_of(Place::Queue(*queue));
            }
            Check::Bypassed(region, _) => {
                self.all_of(Place::Queue(self.plan.layout.queue(*region, 0)));
            }
            Check::Unreplicated(_) | Check::DeadLettered(_) => self.everything(),
            Check::State(containers, _) => {
                containers.iter().for_each(|&id| self.machine(Place::Container(id)));
            }
        }
    }

    fn machine(&mut self, place: Place) {
        self.machines.insert(self.plan.layout.machine(place).index());
    }

    /// The machine, and the order of what comes to it.
    fn all_of(&mut self, place: Place) {
        self.machine(place);
        self.inboxes.insert(self.plan.layout.machine(place).index());
    }

    fn everything(&mut self) {
        (0..self.plan.layout.machines()).for_each(|machine| self.machines.insert(machine));
    }
}

/// The machine that a command about the target is a message to, if commands are messages.
fn as_message(target: Target, plan: &Plan) -> Option<MachineId> {
    let are_messages = plan.scenario().commands == Commands::AsMessages;
    plan.commanded(target).filter(|_| are_messages)
}

/// The machines that the script sends commands to.
pub(super) fn commanded(plan: &Plan) -> Vec<MachineId> {
    let targets = |action: &DriverAction| match action {
        DriverAction::Fault(faults) | DriverAction::FaultSome(faults) => {
            faults.iter().map(|fault| fault.target).collect()
        }
        DriverAction::Recover(targets) => targets.clone(),
        DriverAction::Publish(_)
        | DriverAction::Await(_)
        | DriverAction::Redrive(_)
        | DriverAction::Weights(_)
        | DriverAction::Check(_) => Vec::new(),
    };
    let targets = plan.actions.iter().flat_map(targets);
    targets.filter_map(|target| as_message(target, plan)).collect()
}

/// Whom the machine sends to.
fn receivers(place: Place, plan: &Plan) -> Vec<MachineId> {
    let layout = &plan.layout;
    let machine = |place| layout.machine(place);
    let queues = |position| {
        let queue = move |region| machine(Place::Queue(layout.queue(region, position)));
        layout.region_ids().map(queue).collect::<Vec<MachineId>>()
    };
    let containers = |wanted: &dyn Fn(&crate::model::container::Context) -> bool| {
        let such = plan.containers.iter().filter(|context| wanted(context));
        such.map(|context| context.machine).collect::<Vec<MachineId>>()
    };
    if place == Place::Source {
        vec![machine(Place::InDns)]
    } else if place == Place::InDns {
        [queues(0), vec![machine(Place::Source)]].concat()
    } else if place == Place::OutDns {
        [queues(layout.positions() - 1), vec![machine(Place::Destination)]].concat()
    } else if place == Place::Destination {
        vec![machine(Place::OutDns)]
    } else if let Place::Queue(_) = place {
        let own = machine(place);
        let ends = vec![machine(Place::InDns), machine(Place::OutDns)];
        let beside = containers(&|context| context.in_queue == own || context.out_queue == own);
        [ends, beside].concat()
    } else if let Place::Container(id) = place {
        let context = &plan.containers[id.index()];
        vec![context.in_queue, context.out_queue, context.table]
    } else if let Place::Table(id) = place {
        let own = machine(place);
        let replicator = plan.tables[id.index()].replicator;
        [vec![replicator], containers(&|context| context.table == own)].concat()
    } else if let Place::Replicator(id) = place {
        plan.replicators[id.index()].tables.clone()
    } else {
        // The driver; and of a machine of which it is not said, anything may be true.
        (0..layout.machines() as u16).map(MachineId).collect()
    }
}
