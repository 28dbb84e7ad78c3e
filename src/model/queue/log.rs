//! A queue that is a log: consumers read on in its partitions, and commit positions.

#[cfg(test)]
mod by_itself;

use crate::model::message::{Client, Message, Receipt};
use crate::model::options::Commit;
use crate::model::outbox::Outbox;
use crate::model::queue::{
    CONSUMERS_MAX, Context, Event, Item, Queue, Shelf, State, refuse_remove,
};

/// Marks the receipt of a delivery that was used: it commits nothing a second time, and still names the delivery. No run has
/// so many deliveries.
pub(crate) const USED: u32 = 1 << 31;

impl Item {
    /// Whether its consumer has processed it, and has yet to commit the position behind it. Its receipt is used then.
    pub(crate) fn is_processed(&self) -> bool {
        self.receipt.0 & USED != 0
    }
}

/// Consumers of one log.
#[derive(Clone, Copy, Default)]
pub(crate) struct Committing {
    /// Each once, the places that are left behind them.
    clients: [Option<Client>; CONSUMERS_MAX],
}

impl Committing {
    fn add(&mut self, client: Client) {
        if let Some(free) = self.clients.iter_mut().find(|one| one.is_none_or(|it| it == client)) {
            *free = Some(client);
        }
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Client> {
        self.clients.iter().copied().flatten()
    }
}

/// Whether both are in one partition.
fn share_partition(one: &Item, other: &Item, context: &Context) -> bool {
    let partition = |item: &Item| context.groups.as_ref()?.get(item.copy.id.index());
    partition(one) == partition(other)
}

impl Queue {
    /// A consumer asks for the next record: it gives up what it holds, but for what it has processed of a log in this life, or
    /// passes over. What it held in an earlier life it knows nothing of, and that times out where others are handed out meanwhile.
    pub(super) fn read_from(
        &mut self,
        client: Client,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        let comes_again = |item: &Item| {
            let is_of_another_life = item.holder != client && context.times_out_late;
            let stays = is_of_another_life
                || item.holder == client && (context.reads_on || item.is_processed());
            item.holder.machine == client.machine && !stays
        };
        self.give_back(comes_again, Event::returned, context, shelf, out);
    }

    /// Hands out to each consumer that waits the first record of a partition that no other consumer reads. One that failed too
    /// often goes to the dead letters instead, and the next one is handed out.
    pub(super) fn deliver_of_partitions(
        &mut self,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        // Of a single partition the first record is as good as any other.
        let looked_at = if context.groups.is_some() { usize::MAX } else { 1 };
        loop {
            let is_free = |item: &Item, client: Client| {
                let mut read = shelf.iter(&self.in_flight);
                !read.any(|other| other.holder != client && share_partition(item, other, context))
            };
            let mut waiting = self.waiting.clients().iter();
            let next = waiting.find_map(|&client| {
                let mut visible = shelf.iter(&self.visible).take(looked_at);
                Some((client, visible.find(|item| is_free(item, client))?.number))
            });
            let Some((client, number)) = next else { return };
            let item = shelf.take_first(&mut self.visible, |item| item.number == number);
            let item = item.expect("it was found");
            if self.gives_up(item, context, shelf, out) {
                // It is parked, and then the consumer commits the position behind it.
                self.commit_up_to(Item { holder: client, ..item }, context, shelf, out);
                continue;
            }
            self.waiting.drop_where(|waiting| waiting == client);
            self.lend(item, client, context, shelf, out);
        }
    }

    /// A consumer has processed what it received with this receipt, and commits the position behind it, now or at the next
    /// interval.
    pub(super) fn commit(
        &mut self,
        client: Client,
        receipt: Receipt,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        let Client { machine, incarnation } = client;
        let queue = context.id;
        let is_it = |item: &&Item| item.receipt == receipt;
        let Some(item) = shelf.iter(&self.in_flight).find(is_it).copied() else {
            return refuse_remove(client, queue, out);
        };
        match context.options.commit {
            Commit::Each => self.commit_up_to(item, context, shelf, out),
            Commit::AtIntervals => {
                shelf.change(&self.in_flight, |item| {
                    if item.receipt == receipt {
                        item.receipt = Receipt(receipt.0 | USED);
                    }
                });
                out.emit(Event::CommitDue { queue, record: item.copy.id });
            }
        }
        out.send(machine, Message::Removed { incarnation, queue });
        self.serve(context, shelf, out);
    }

    /// The first record that a consumer has processed and has yet to commit.
    fn processed_by(&self, client: Client, shelf: &Shelf) -> Option<Item> {
        let is_one = |item: &&Item| item.holder == client && item.is_processed();
        shelf.iter(&self.in_flight).find(is_one).copied()
    }

    /// Those of the consumers that wait to commit: they have processed something and not committed it.
    pub(crate) fn commit_later(&self, context: &Context, shelf: &Shelf) -> Committing {
        let mut committing = Committing::default();
        // A log that has failed is asked again when it works.
        if context.options.commit == Commit::AtIntervals && self.state == State::Available {
            let is_due = |item: &&Item| item.is_processed() && !item.holder.is_gone();
            shelf.iter(&self.in_flight).filter(is_due).for_each(|item| {
                committing.add(item.holder);
            });
        }
        committing
    }

    /// An interval has passed: the consumer commits its positions in all partitions.
    pub(super) fn commit_all(
        &mut self,
        client: Client,
        context: &Context,
        shelf: &mut Shelf,
        out: &mut Outbox,
    ) {
        while let Some(item) = self.processed_by(client, shelf) {
            self.commit_up_to(item, context, shelf, out);
        }
        self.serve(context, shelf, out);
    }

    /// The position behind a record is committed: all before it in its partition is done with, processed or not.
    fn commit_up_to(&mut self, item: Item, context: &Context, shelf: &mut Shelf, out: &mut Outbox) {
        let is_before =
            |other: &Item| other.holder == item.holder && share_partition(&item, other, context);
        while let Some(done) = shelf.take_first(&mut self.in_flight, is_before) {
            out.emit(Event::Removed { queue: context.id, record: done.copy.id });
            self.send_checkpoint(done.copy, context, out);
            if done.number == item.number {
                return;
            }
        }
    }
}
