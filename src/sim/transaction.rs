//! Transactions over a table and two queues.
//!
//! A container that stores, publishes and removes in one transaction asks its table, and the world does all of it, or
//! nothing, in one step: no machine can read another one, and a protocol that agrees on the outcome (a two-phase commit) is not what is
//! modelled. It is what the protocol promises.

use crate::model::container;
use crate::model::event::Event;
use crate::model::id::{ContainerId, MachineId, QueueId, TableId};
use crate::model::layout::Place;
use crate::model::message::{Client, Message, Receipt, RolledBack};
use crate::model::options::{OnDuplicate, OnUnreadable};
use crate::model::record::RecordCopy;
use crate::model::{queue, table};
use crate::plan::Plan;
use crate::sim::world::World;
use crate::sim::writer::store_of;

#[cfg(test)]
mod by_itself;

/// What a container wants to be done.
#[derive(Clone, Copy)]
struct Transaction {
    container: ContainerId,
    client: Client,
    table: TableId,
    copy: RecordCopy,
    receipt: Receipt,
}

impl World {
    /// A table is asked for a transaction: all of it is done now, or nothing.
    #[cold]
    pub(super) fn transact(&mut self, table: TableId, plan: &Plan) {
        let Message::Transact { client, copy, receipt, .. } = self.current else {
            unreachable!("{:?} asks for no transaction", self.current)
        };
        let Place::Container(container) = plan.layout.places()[client.machine.index()] else {
            unreachable!("only containers ask for one");
        };
        let Client { machine, incarnation } = client;
        let wanted = Transaction { container, client, table, copy, receipt };
        match self.obstacle(wanted, plan) {
            Some(why) => self.out.send(machine, Message::TransactRefused { incarnation, why }),
            None => {
                self.commit(wanted, plan);
                self.out.send(machine, Message::Transacted { incarnation });
            }
        }
    }

    /// Why nothing can be done, if it cannot.
    fn obstacle(&self, wanted: Transaction, plan: &Plan) -> Option<RolledBack> {
        let Transaction { container, table, copy, receipt, .. } = wanted;
        let context = &plan.containers[container.index()];
        if self.tables[table.index()].state() == table::State::Failed {
            return Some(RolledBack::Refused(None));
        }
        let rows = self.rows_of(table, plan);
        let is_duplicate = rows[copy.id.index()].rows > 0;
        if is_duplicate && context.options.on_duplicate == OnDuplicate::GiveBack {
            return Some(RolledBack::Duplicate);
        }
        let unreadable = plan.keys().unreadable();
        let has_unreadable =
            unreadable.is_some_and(|id| id == copy.id || rows[id.index()].rows > 0);
        if has_unreadable && context.options.on_unreadable == OnUnreadable::GiveUp {
            return Some(RolledBack::Unreadable);
        }
        let fails = |id: QueueId| self.queues[id.index()].state() == queue::State::Failed;
        let mut queues = self.published_to(wanted, plan).into_iter().flatten();
        let failed = queues.find(|&queue| fails(queue_at(queue, plan)));
        let failed = failed.or(fails(context.in_queue_id).then_some(context.in_queue));
        if let Some(queue) = failed {
            return Some(RolledBack::Refused(Some(queue)));
        }
        let id = context.in_queue_id.index();
        let is_current = self.queues[id].would_remove(receipt, &plan.queues[id], &self.shelf);
        (!is_current).then_some(RolledBack::Expired)
    }

    /// The queues that the record is sent to; none if it is skipped as a duplicate.
    fn published_to<'a>(
        &self,
        wanted: Transaction,
        plan: &'a Plan,
    ) -> Option<impl Iterator<Item = MachineId> + use<'a>> {
        let Transaction { container, table, copy, .. } = wanted;
        let context = &plan.containers[container.index()];
        let is_duplicate = self.rows_of(table, plan)[copy.id.index()].rows > 0;
        let is_skipped = is_duplicate && context.options.on_duplicate == OnDuplicate::Skip;
        (!is_skipped).then(|| context.queues_of(copy.id))
    }

    /// All of it is done. The container is told once, and not by each service.
    fn commit(&mut self, wanted: Transaction, plan: &Plan) {
        let Transaction { container, client, table, copy, receipt } = wanted;
        let context = &plan.containers[container.index()];
        let queues = self.published_to(wanted, plan);
        let (record, queue) = (copy.id, context.in_queue_id);
        let mut store = store_of(table, &mut self.rows, &mut self.latest, &mut self.writers, plan);
        self.tables[table.index()].store_in_transaction(
            copy,
            &plan.tables[table.index()],
            &mut store,
            &mut self.out,
        );
        for machine in queues.into_iter().flatten() {
            self.out.emit(Event::Container(container::Event::Forwarding { container, record }));
            self.ask(queue_at(machine, plan), Message::Send { client, copy }, plan);
        }
        self.ask(queue, Message::Remove { client, queue, receipt }, plan);
        self.out.retain(client.machine, |message| {
            let is_of_a_part = matches!(*message, Message::Sent { incarnation, .. }
                | Message::Removed { incarnation, .. } if incarnation == client.incarnation);
            !is_of_a_part
        });
    }

    fn ask(&mut self, id: QueueId, message: Message, plan: &Plan) {
        let (queue, context) = (&mut self.queues[id.index()], &plan.queues[id.index()]);
        queue.handle(&message, context, &mut self.shelf, &mut self.out);
        self.queue_changed(id, plan);
    }
}

fn queue_at(machine: MachineId, plan: &Plan) -> QueueId {
    let Place::Queue(id) = plan.layout.places()[machine.index()] else {
        unreachable!("containers publish to queues");
    };
    id
}
