//! What a container does with a record that it cannot go on with.

use crate::model::container::{Act, Container, Context, Event, Hand, State, WhyBack};
use crate::model::id::MachineId;
use crate::model::message::Message;
use crate::model::options::OnDependencyFailure;
use crate::model::outbox::Outbox;

impl Container {
    /// Does not go on with its record, and asks for another: with that the delivery goes back to the queue.
    pub(super) fn give_back(&mut self, why: WhyBack, context: &Context, out: &mut Outbox) {
        if let Some(Hand { copy, .. }) = self.hand {
            out.emit(Event::GaveBack { container: context.id, record: copy.id, why });
        }
        self.receive(context, out);
    }

    /// Does not go on with its record, and reads the next one of its log.
    fn read_on(&mut self, refused_by: MachineId, context: &Context, out: &mut Outbox) {
        if let Some(Hand { copy, .. }) = self.hand {
            let (container, record) = (context.id, copy.id);
            out.emit(Event::PassedOver { container, record, refused_by });
        }
        self.receive(context, out);
    }

    /// A queue or the table refused.
    pub(super) fn refused(
        &mut self,
        incarnation: u16,
        by: MachineId,
        context: &Context,
        out: &mut Outbox,
    ) {
        if !self.is_current(incarnation, context, out) {
            return;
        }
        let reads_on = context.options.on_dependency_failure == OnDependencyFailure::ReadOn;
        if reads_on && self.hand.is_none() {
            // A position is where the last record was received: whatever the log has sent since is read again.
            out.send(context.in_queue, Message::Abandon { client: self.client(context) });
        }
        if self.retried < context.options.retries {
            self.retried += 1;
            return match self.hand {
                Some(_) => self.act(context, out),
                None => self.receive(context, out),
            };
        }
        self.retried = 0;
        if context.leaves_out(self.hand) {
            return self.next(context, out);
        }
        let removing = |hand: &Hand| context.action(hand.step) == Some(Act::Remove);
        match (context.options.on_dependency_failure, self.hand) {
            (OnDependencyFailure::Drop, Some(hand)) if !removing(&hand) => {
                self.skip_to_remove(context, out);
            }
            (OnDependencyFailure::GiveBack, _) => {
                self.give_back(WhyBack::Refused(by), context, out);
            }
            (OnDependencyFailure::ReadOn, _) => self.read_on(by, context, out),
            (OnDependencyFailure::Drop | OnDependencyFailure::Halt, _) => {
                let client = self.client(context);
                self.hand = None;
                self.end_life();
                self.become_state(State::FailedDependency, Some(by), context, out);
                out.send(context.in_queue, Message::Abandon { client });
            }
        }
    }
}
