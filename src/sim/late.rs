//! Messages that are late.
//!
//! Every machine has one inbox, in which a message is from the moment it is sent: so what was sent first is
//! handled first, whichever machine sent it. Networks promise that for one connection at most. A late message is in no
//! inbox. It arrives at any later time, also after messages that were sent later, and is then handled before
//! all that wait.
//!
//! The scheduler may let a request be late that is about to be handled, as often as `budget.late` says: one that changes
//! something, and whose sender may have died, and been started again, when it arrives; or what a cluster of a global database forwards
//! for it. Of other messages that
//! says nothing new: who waits for a reply, or for a delivery, asks for nothing else meanwhile, so it is as if it took its
//! time; and a log (replication) is in order. One message is late from the start: that by which the old writer of a
//! global database hears of a failover, where fencing is a best effort. When a late message arrives is a choice
//! ([`FaultPoint::Arrive`]); of those to one machine, what was sent first arrives first.
//!
//! A container that asks may also give up waiting, as often as `budget.request_timeout` says ([`FaultPoint::GiveUp`]): it takes the request
//! for refused, and whatever it does then, the request is still on its way. The reply goes to no life of it.
//!
//! No message is lost by that. When nothing else can step, what is late arrives: so a system in which no machine
//! can step has no message on its way, and is quiescent. A fence that is a best effort alone is not waited for: the network that
//! made a failover necessary may keep it back for as long as it likes, and who looks at a system that is at rest does not see it.
//! A healing lets all arrive.

use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::fault::{FaultPoint, PointKind};
use crate::model::id::{ContainerId, MachineId};
use crate::model::layout::Place;
use crate::model::message::{Client, Message, MessageKind};
use crate::model::options::Delivery;
use crate::plan::Plan;
use crate::sim::budget::hangs_when_failed;
use crate::sim::world::World;

impl World {
    /// Whether the message that the machine would handle next can be late.
    pub(super) fn is_request(&self, machine: MachineId) -> bool {
        let is_request = |kind: MessageKind| kind.can_be_late() || kind == MessageKind::Forward;
        self.out.first(machine).is_some_and(|head| is_request(head.kind()))
    }

    /// The request that the machine would handle next is late.
    pub(super) fn be_late(&mut self, machine: MachineId) {
        let request = self.out.take_first(machine, |_| true).expect("offered only for a request");
        self.send_late(machine, request);
        if self.faults.left().late == 0 {
            self.faults.withdraw(PointKind::Late);
        }
    }

    /// Whether the message that the machine would handle next is a request that can be late, and that a container waits for which may
    /// be too slow for it.
    pub(super) fn is_waited_for(&self, machine: MachineId, plan: &Plan) -> bool {
        let Some(head) = self.out.first(machine).filter(|head| head.kind().can_be_late()) else {
            return false;
        };
        let waits = |client: Client| {
            let place = plan.layout.places()[client.machine.index()];
            let lives =
                |id: ContainerId| self.containers[id.index()].incarnation() == client.incarnation;
            matches!(place, Place::Container(id) if lives(id))
        };
        // Of a log a position is committed, which its group takes from a member that it knows.
        let commits = head.kind() == MessageKind::Remove && self.is_log(machine, plan);
        !commits
            && !hangs_when_failed(machine, plan)
            && head.when_refused().is_some_and(|(client, _)| waits(client))
    }

    fn is_log(&self, machine: MachineId, plan: &Plan) -> bool {
        let place = plan.layout.places()[machine.index()];
        matches!(place, Place::Queue(id) if plan.queues[id.index()].options.delivery == Delivery::Log)
    }

    /// A container gives up waiting for the request that the machine would handle next, which is late.
    pub(super) fn time_out_request(&mut self, machine: MachineId) {
        let mut request = self.out.take_first(machine, |_| true).expect("offered for a request");
        let (client, refusal) = request.when_refused().expect("offered only for a request");
        let (message, by) = (request.kind(), PointKind::GiveUp);
        self.out.emit(Event::Fault(fault::Event::Struck { machine, message, by }));
        request.client_mut().expect("it is a request").incarnation = Client::GIVEN_UP;
        self.send_late(machine, request);
        self.out.send(client.machine, refusal);
        if self.faults.left().request_timeout == 0 {
            self.faults.withdraw(PointKind::GiveUp);
        }
    }

    /// Sends a message that is late.
    pub(super) fn send_late(&mut self, machine: MachineId, message: Message) {
        self.out.send_late(machine, message);
        self.faults.offer(FaultPoint::Arrive(machine), true);
        self.out.emit(Event::Fault(fault::Event::Late { machine, message: message.kind() }));
    }

    /// The first of the late messages to the machine arrives.
    pub(super) fn let_arrive(&mut self, machine: MachineId) {
        let message = self.out.let_arrive(machine);
        let is_another = self.out.late_to(machine).next().is_some();
        self.faults.offer(FaultPoint::Arrive(machine), is_another);
        self.out.emit(Event::Fault(fault::Event::CameLate { machine, message: message.kind() }));
    }

    /// All late messages to the machine arrive.
    pub(super) fn let_all_arrive_at(&mut self, machine: MachineId) {
        while self.out.late_to(machine).next().is_some() {
            self.let_arrive(machine);
        }
    }

    /// All late messages arrive.
    pub(super) fn let_all_arrive(&mut self) {
        while let Some(machine) = self.out.first_late() {
            self.let_arrive(machine);
        }
    }

    /// The late fences to the machine never arrive: they have lost their meaning.
    pub(super) fn forget_late_fences(&mut self, machine: MachineId, plan: &Plan) {
        if plan.fences_late {
            self.out.retain_late(machine, |message| message.kind() != MessageKind::Fence);
            let is_another = self.out.late_to(machine).next().is_some();
            self.faults.offer(FaultPoint::Arrive(machine), is_another);
        }
    }

    /// Lets late messages arrive when nothing else can step: then there is nothing that they could come after.
    #[inline]
    pub(super) fn update_late(&mut self, plan: &Plan) {
        if plan.can_be_late && self.out.ready().is_empty() {
            self.let_next_arrive();
        }
    }

    /// The first machine to which a message is late that a system at rest does not have on its way: any but a fence, and
    /// after the last healing any.
    pub(super) fn first_awaited(&self) -> Option<MachineId> {
        let is_closed = self.ending.is_closed();
        self.out.first_late_of(|message| is_closed || message.kind() != MessageKind::Fence)
    }

    #[cold]
    fn let_next_arrive(&mut self) {
        while self.out.ready().is_empty()
            && let Some(machine) = self.first_awaited()
        {
            self.let_arrive(machine);
        }
    }
}
