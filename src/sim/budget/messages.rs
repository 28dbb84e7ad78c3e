//! Faults of one message: a reply that is lost, a request that is refused.

use crate::model::event::Event;
use crate::model::event::fault;
use crate::model::fault::{FaultPoint, PointKind, Target};
use crate::model::id::MachineId;
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::model::options::{ServiceFailure, TableFailure};
use crate::plan::Plan;
use crate::sim::world::World;

impl World {
    /// The reply that the machine would handle next turns into a failure.
    pub(super) fn lose_reply(&mut self, machine: MachineId, plan: &Plan) {
        let head = self.out.first_mut(machine).expect("offered only for a reply");
        let reply = *head;
        *head = reply.when_lost().expect("offered only for a positive reply");
        let refusal = *head;
        if let Message::Received { incarnation, .. } = reply
            && let Place::Container(_) = plan.layout.places()[machine.index()]
        {
            // One reply brings a whole batch.
            let is_of_it = |message: &Message| matches!(*message, Message::Received { incarnation: of, .. } if of == incarnation);
            self.out.retain(machine, |message| !is_of_it(message));
        }
        if let Message::Received { queue, receipt, .. } = reply {
            let World { queues, shelf, out, .. } = self;
            let context = &plan.queues[queue.index()];
            queues[queue.index()].lose_delivery(receipt, context, shelf, out);
        }
        self.faults.offer(FaultPoint::LoseReply(machine), false);
        let (message, by) = (reply.kind(), PointKind::LoseReply);
        self.out.emit(Event::Fault(fault::Event::Struck { machine, message, by }));
        self.tell_who_is_refused(machine, &refusal, plan);
        if self.faults.left.lost_reply == 0 {
            self.faults.withdraw(PointKind::LoseReply);
        }
    }

    /// The request that the machine would handle next is refused, and the machine knows nothing of it. Whether it
    /// would have been served.
    pub(super) fn refuse(&mut self, machine: MachineId, plan: &Plan) -> bool {
        let target = Target::of(plan.layout.places()[machine.index()]);
        let works = !target.is_some_and(|target| self.is_disturbed(target));
        let mut request = Message::Proceed;
        self.out.take(machine, &mut request);
        let (client, refusal) = request.when_refused().expect("offered only for a request");
        let (message, by) = (request.kind(), PointKind::Refuse);
        self.out.emit(Event::Fault(fault::Event::Struck { machine, message, by }));
        self.out.send(client.machine, refusal);
        self.tell_who_is_refused(client.machine, &refusal, plan);
        if self.faults.left.refuse == 0 {
            self.faults.withdraw(PointKind::Refuse);
        }
        works
    }

    /// A machine that is refused, and waits for a change to try again, is told that there is one: what fails for no
    /// lasting reason, or in a time-out, is tried again.
    fn tell_who_is_refused(&mut self, machine: MachineId, refusal: &Message, plan: &Plan) {
        let place = plan.layout.places()[machine.index()];
        if let Place::Source | Place::InDns = place {
            self.tell_source(plan);
        } else if let Place::Destination | Place::OutDns = place
            && let Message::ReceiveRefused { queue, .. } | Message::RemoveRefused { queue, .. } =
                *refusal
        {
            self.tell_destination(plan.layout.queue_place(queue).0, plan);
        } else if let (Place::Table(id), Message::SendRefused { .. }) = (place, *refusal) {
            let region = plan.tables[id.index()].region;
            self.out.send(machine, Message::Wake { region });
        }
    }

    /// Whether the message that the machine would handle next is a request that it can refuse.
    pub(super) fn can_refuse(&self, machine: MachineId, plan: &Plan) -> bool {
        !hangs_when_failed(machine, plan)
            && self.out.first(machine).is_some_and(|head| head.when_refused().is_some())
    }
}

/// Whether the machine is one that refuses nothing when it has failed: it is waited for.
pub(in crate::sim) fn hangs_when_failed(machine: MachineId, plan: &Plan) -> bool {
    let place = plan.layout.places()[machine.index()];
    if let Place::Table(id) = place {
        plan.tables[id.index()].options.on_failure == TableFailure::Hang
    } else {
        place == Place::Service && plan.scenario().service.on_failure == ServiceFailure::Hang
    }
}
