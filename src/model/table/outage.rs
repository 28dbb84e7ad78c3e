//! A table that fails, is lost, and serves requests again.

use crate::model::message::{Client, Message};
use crate::model::options::TableFailure;
use crate::model::outbox::Outbox;
use crate::model::table::{Context, RegionalTable, State, refuse};

impl RegionalTable {
    /// Begins to refuse, or to keep requests waiting, those included that are under way: whether
    /// those take effect is then open.
    pub(crate) fn fail(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Failed;
        if context.options.on_failure == TableFailure::Hang {
            return out.set_open(context.machine, false);
        }
        self.refuse_waiting(out);
        self.relay.fail(out);
        for _ in 0..self.pending.len() {
            let (client, copy) = self.next_pending(out);
            refuse(client, context, out);
            let client = Client { machine: context.machine, incarnation: 0 };
            out.hold(&mut self.pending, Message::Insert { client, copy });
        }
    }

    /// Is gone, and with it what it was asked and has not done: it refuses for ever.
    pub(crate) fn lose(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Failed;
        self.refuse_waiting(out);
        out.set_open(context.machine, true);
        out.retain(context.machine, |_| false);
        out.retain_held(&mut self.held, |_| false);
        out.retain_held(&mut self.pending, |_| false);
        self.lose_relay(context, out);
    }

    /// Serves requests again.
    pub(crate) fn recover(&mut self, context: &Context, out: &mut Outbox) {
        self.state = State::Available;
        // What waited came before what is in the inbox: replication is in order.
        out.release_in_front(&mut self.held, context.machine);
        out.set_open(context.machine, true);
        self.poll_relay(context, out);
    }
}
