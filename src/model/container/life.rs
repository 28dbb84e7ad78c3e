//! The life of a container: it begins, pauses, dies and works again.

use crate::model::container::{Container, Context, Drains, State};
use crate::model::message::{Client, Message};
use crate::model::options::{OnRecover, WhilePaused};
use crate::model::outbox::Outbox;

impl Container {
    /// What was asked for so far is for an earlier life. One that is started again and again while a dependency is out
    /// may have more lives than there are numbers; of so many lives no reply is left on its way.
    pub(super) fn end_life(&mut self) {
        self.incarnation = Client::next_life(self.incarnation);
    }

    /// Begins to work, as a container of the release that it begins with.
    pub(crate) fn begin(&mut self, context: &Context, out: &mut Outbox) {
        self.is_old = context.begins_old;
        self.receive(context, out);
    }

    /// Asks the in-queue for the next record.
    #[inline]
    pub(crate) fn receive(&mut self, context: &Context, out: &mut Outbox) {
        self.hand = None;
        if self.drains != Drains::No {
            self.is_drained();
        }
        let (client, queue) = (self.client(context), context.in_queue_id);
        out.send(context.in_queue, Message::Receive { client, queue });
    }

    /// Stops working; keeps what it has, and what comes meanwhile unless that is dropped. Nothing happens to one that has failed already.
    pub(crate) fn pause(&mut self, context: &Context, out: &mut Outbox) {
        if self.state == State::Processing {
            self.become_state(State::FailedProcessing, None, context, out);
            out.set_open(context.machine, context.options.while_paused == WhilePaused::Drop);
        }
    }

    /// Dies: the memory is lost, and sooner or later the in-queue notices.
    pub(crate) fn crash(&mut self, context: &Context, out: &mut Outbox) {
        if self.crashed {
            return;
        }
        let client = self.client(context);
        self.die(context, out);
        out.send(context.in_queue, Message::Abandon { client, lives: false });
    }

    /// Is gone with its region: no machine is told, and it does not come back.
    pub(crate) fn lose(&mut self, context: &Context, out: &mut Outbox) {
        self.die(context, out);
        out.retain(context.machine, |_| false);
    }

    fn die(&mut self, context: &Context, out: &mut Outbox) {
        self.crashed = true;
        self.let_go(out);
        self.end_life();
        self.become_state(State::FailedProcessing, None, context, out);
        out.set_open(context.machine, false);
    }

    /// Works again: one that was paused goes on, any other starts anew.
    pub(crate) fn recover(&mut self, context: &Context, out: &mut Outbox) {
        let starts_anew = self.crashed || self.state == State::FailedDependency;
        if self.state == State::Processing {
            return;
        }
        self.crashed = false;
        self.become_state(State::Processing, None, context, out);
        out.set_open(context.machine, true);
        if starts_anew && context.options.on_recover == OnRecover::ReceiveAgain {
            self.receive(context, out);
        }
    }
}
