//! What a container does with a record that it cannot go on with.

use crate::model::container::{Act, Container, Context, Event, Hand, State, WhyBack};
use crate::model::id::MachineId;
use crate::model::message::{Message, RolledBack};
use crate::model::options::OnDependencyFailure;
use crate::model::outbox::Outbox;

impl Container {
    /// Does not go on with its record, and asks for another: with that the delivery goes back to the queue.
    pub(super) fn give_back(&mut self, why: WhyBack, context: &Context, out: &mut Outbox) {
        if let Some(hand) = self.hand {
            if context.options.batch > 1 {
                return self.fails_in_batch(hand, why, context, out);
            }
            out.emit(Event::GaveBack { container: context.id, record: hand.copy.id, why });
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
            let client = self.client(context);
            out.send(context.in_queue, Message::Abandon { client, lives: true });
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
        if context.takes_back(self.hand) {
            return self.withdraw(context, out);
        }
        self.give_up(by, context, out);
    }

    /// Asks for the row to be gone that it has stored: then it gives up.
    #[cold]
    fn withdraw(&mut self, context: &Context, out: &mut Outbox) {
        let client = self.client(context);
        let copy = self.hand.expect("only what is in the hand was stored").copy;
        out.send(context.table, Message::Withdraw { client, copy });
    }

    /// The table does not take the row back: tries again, as often as anything else, and then gives up all the same.
    #[cold]
    pub(super) fn withdraw_refused(&mut self, context: &Context, out: &mut Outbox) {
        if self.retried < context.options.retries {
            self.retried += 1;
            return self.withdraw(context, out);
        }
        self.retried = 0;
        self.give_up(context.table, context, out);
    }

    /// All that it does with its record is done: it is removed, too.
    #[cold]
    pub(super) fn is_done(&mut self, context: &Context, out: &mut Outbox) {
        let hand = self.hand.as_mut().expect("a reply that is not stale is about the hand");
        hand.step += 1;
        self.next(context, out);
    }

    /// Nothing is done of what it wanted to be done at once.
    #[cold]
    pub(super) fn rolled_back(
        &mut self,
        incarnation: u16,
        why: RolledBack,
        context: &Context,
        out: &mut Outbox,
    ) {
        match why {
            RolledBack::Refused(by) => {
                self.refused(incarnation, by.unwrap_or(context.table), context, out);
            }
            RolledBack::Expired | RolledBack::Duplicate | RolledBack::Unreadable
                if !self.is_current(incarnation, context, out) => {}
            // It was too slow, and another one has the record or will: its own work is done.
            RolledBack::Expired => self.is_done(context, out),
            RolledBack::Duplicate => self.give_back(WhyBack::Duplicate, context, out),
            RolledBack::Unreadable => self.give_back(WhyBack::Unreadable, context, out),
        }
    }

    /// Does not go on with what was refused for the last time.
    pub(super) fn give_up(&mut self, by: MachineId, context: &Context, out: &mut Outbox) {
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
                let (client, is_replaced) = (self.client(context), self.is_replaced());
                self.let_go(out);
                self.end_life();
                self.become_state(State::FailedDependency, Some(by), context, out);
                out.send(context.in_queue, Message::Abandon { client, lives: false });
                if is_replaced {
                    self.recover(context, out);
                }
            }
        }
    }
}
