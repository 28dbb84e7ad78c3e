//! The outbox of a global database: it is where the writer is, and goes with it.

use super::{Context, Relay, Worker, committed};
use crate::model::id::{MachineId, RecordId, TableId};
use crate::model::message::{Client, Message};
use crate::model::options::AtFailover;
use crate::model::outbox::Outbox;
use crate::model::pool::List;
use crate::model::record::RecordCopy;
use crate::model::table::{self, Event, RegionalTable};

#[cfg(test)]
mod by_itself;

/// What the outbox of a global database has besides.
///
/// An intent is a row of the database, so what a cluster has of it is a prefix of the log, as it has of all rows. One relay publishes, beside
/// the writer, in the order of the log; so what is done is a prefix, too, and the position is a number of intents.
/// The intents of the whole log are kept at one cluster, the home: that of the writer, and, where its region is lost, that which
/// has most of the log, until another writer takes over; what of the position was in the lost region alone is lost then. What the other clusters have of them follows from their
/// rows.
///
/// An intent that is written has with it how many were done then: so much of the position, at least, a cluster knows that
/// has the row. What was done after the last row that a promoted cluster has is taken for a part of the log that it does not
/// have.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shared {
    /// The outbox is here.
    pub(super) is_home: bool,
    /// Intents that are done, or were passed, in the order of the log: all of them come before those that are not.
    pub(super) done: List,
    /// How many of the next intents have numbers up to the position, which is kept elsewhere.
    pub(super) ahead: u16,
    /// A loss took intents, or queues: no script waits for a record whose last copy goes after that.
    pub(super) lost: bool,
}

/// The outbox of a database on its way from one cluster to another.
pub(crate) struct Move<'a> {
    /// Whether the cluster that it goes to has the row of a record.
    pub(crate) has: &'a dyn Fn(RecordId) -> bool,
    /// From which table.
    pub(crate) from: TableId,
    /// To which one.
    pub(crate) to: TableId,
    /// How.
    pub(crate) how: Moved,
}

/// How an outbox moves, which says what the next relay knows of the position.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// With a switchover: the new writer has the whole log.
    Planned,
    /// With a failover, or since the region of the writer is lost: what is left has what it had.
    Promoted,
}

impl Relay {
    /// Whether the outbox of the database is here.
    pub(crate) fn is_home(&self) -> bool {
        self.shared.is_home
    }

    /// Of a database: the intents that are done, and how many of the next ones will be passed.
    pub(crate) fn position(&self) -> (&List, u16) {
        (&self.shared.done, self.shared.ahead)
    }

    /// Whether a loss took intents of the database, or what its relay had published.
    pub(crate) fn has_lost_copies(&self) -> bool {
        self.shared.lost
    }

    /// A loss took intents of the database, or may have taken what its relay had published.
    pub(crate) fn note_lost_copies(&mut self) {
        self.shared.lost = true;
    }

    /// The outbox of the database begins here.
    pub(crate) fn begin_as_home(&mut self) {
        self.shared.is_home = true;
    }

    /// The process stops: another region writes from here on.
    pub(in crate::model) fn stop(&mut self) {
        self.workers.iter_mut().for_each(Worker::die);
    }

    /// Notes the intent to publish a new row of the database, unless its number is not above the position.
    pub(in crate::model::table) fn note(
        &mut self,
        copy: RecordCopy,
        (machine, table): (MachineId, TableId),
        context: &Context,
        out: &mut Outbox,
    ) {
        // Where the position is kept in another way, when an intent was written makes no difference.
        let known = match context.options.at_failover {
            AtFailover::WithRows => self.shared.done.len() as u16,
            AtFailover::FromOldest | AtFailover::FromNewest | AtFailover::Kept => 0,
        };
        let client = Client { machine, incarnation: known };
        let passed = self.shared.ahead > 0;
        let list = if passed { &mut self.shared.done } else { &mut self.intents };
        out.hold(list, Message::Insert { client, copy });
        self.shared.ahead -= u16::from(passed);
        let queue = context.out_queue_id;
        out.emit(Event::Intended { table, record: copy.id, queue, passed });
    }

    /// The outbox goes from here to the relay of another cluster: what that does not have of the log is lost. `lost` is
    /// told of each intent that was not done.
    pub(crate) fn hand_on(
        &mut self,
        to: &mut Relay,
        a_move: &Move<'_>,
        at_failover: AtFailover,
        lost: &mut Vec<RecordId>,
        out: &mut Outbox,
    ) {
        self.stop();
        let before = std::mem::take(&mut self.shared);
        let (mut done, mut open) = (before.done, std::mem::take(&mut self.intents));
        let was_done = done.len() as u16;
        let is_kept = |message: &Message| message.record().is_some_and(a_move.has);
        out.retain_held(&mut done, is_kept);
        out.retain_held(&mut open, |message| {
            let keeps = is_kept(message);
            lost.extend(message.record().filter(|_| !keeps));
            keeps
        });
        let (known, count) = (known(&done, &open, out), (done.len() + open.len()) as u16);
        let position = match (at_failover, a_move.how) {
            (AtFailover::WithRows, Moved::Planned) => done.len() as u16,
            (AtFailover::WithRows, Moved::Promoted) => known,
            (AtFailover::FromOldest, _) => 0,
            (AtFailover::FromNewest, _) => count,
            (AtFailover::Kept, _) => was_done + before.ahead,
        };
        let is_number = at_failover == AtFailover::Kept;
        to.shared.ahead =
            if is_number { (was_done + before.ahead).saturating_sub(count) } else { 0 };
        to.shared.is_home = true;
        to.shared.lost = before.lost || !lost.is_empty();
        let mut number = 0;
        for (list, is_done) in [(&mut done, true), (&mut open, false)] {
            while let Some(message) = out.take_held(list) {
                let becomes_done = number < position;
                number += 1;
                let Some(record) = committed(&message).map(|copy| copy.id) else { continue };
                let (table, from) = (a_move.to, a_move.from);
                match (is_done, becomes_done) {
                    (true, true) => {}
                    (false, false) => out.emit(Event::HandedOn { table, from, record }),
                    (true, false) => out.emit(Event::Reopened { table, record }),
                    (false, true) => out.emit(Event::Skipped { table: from, record }),
                }
                let to = if becomes_done { &mut to.shared.done } else { &mut to.intents };
                out.hold(to, message);
            }
        }
    }
}

/// How many intents were done when the last one of these was written.
fn known(done: &List, open: &List, out: &Outbox) -> u16 {
    let number = |message: &Message| {
        if let Message::Insert { client, .. } = *message { client.incarnation } else { 0 }
    };
    out.held(open).last().or_else(|| out.held(done).last()).map_or(0, number)
}

impl RegionalTable {
    /// Whether the process of the relay runs: that of a global database beside the writer.
    pub(in crate::model::table) fn relay_runs(&self, context: &table::Context) -> bool {
        match context.database {
            None => self.state == table::State::Available,
            Some(_) => self.takes_writes(context) && self.relay.shared.is_home,
        }
    }

    /// Has the relay read the outbox soon, if there is one that runs.
    pub(crate) fn poll_relay(&mut self, context: &table::Context, out: &mut Outbox) {
        if let Some(relay) = &context.relay
            && self.relay_runs(context)
        {
            self.relay.poll(context.machine, relay, out);
        }
    }

    /// The table is gone, and its outbox with it. What other clusters have of that of a database is still there.
    pub(in crate::model::table) fn lose_relay(
        &mut self,
        context: &table::Context,
        out: &mut Outbox,
    ) {
        match context.database {
            None => {
                self.relay.lose(context.relay.as_ref(), |_, _, _| {}, out);
                self.relay = Relay::default();
            }
            Some(_) => self.relay.stop(),
        }
    }
}
