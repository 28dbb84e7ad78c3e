//! Messages that are late.
//!
//! Every machine has one inbox, in which a message is from the moment it is sent: so what was sent first is
//! handled first, whichever machine sent it. Networks promise that for one connection at most. A late message is in no
//! inbox. It arrives at any later time, also after messages that were sent later, and is then handled before
//! all that wait.
//!
//! One message is late from the start: that by which the old writer of a global database hears of a failover,
//! where fencing is a best effort. When it arrives is a choice ([`FaultPoint::Arrive`]).
//!
//! No message is lost by that. When nothing else can step, what is late arrives: so a system in which no machine
//! can step has no message on its way, and is quiescent. A healing lets all arrive.

use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::fault::FaultPoint;
use crate::model::id::MachineId;
use crate::model::message::Message;
use crate::plan::Plan;
use crate::sim::world::World;

impl World {
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

    /// The late messages to the machine never arrive: they have lost their meaning.
    pub(super) fn forget_late(&mut self, machine: MachineId, plan: &Plan) {
        if plan.can_be_late {
            self.out.forget_late(machine);
            self.faults.offer(FaultPoint::Arrive(machine), false);
        }
    }

    /// Lets late messages arrive when nothing else can step: then there is nothing that they could come after.
    #[inline]
    pub(super) fn update_late(&mut self, plan: &Plan) {
        if plan.can_be_late && self.out.ready().is_empty() {
            self.let_next_arrive();
        }
    }

    #[cold]
    fn let_next_arrive(&mut self) {
        while self.out.ready().is_empty()
            && let Some(machine) = self.out.first_late()
        {
            self.let_arrive(machine);
        }
    }
}
