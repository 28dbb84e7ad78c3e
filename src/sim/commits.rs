//! Consumers of logs that commit at intervals, and consumers that are gone: when they commit, or time out, and that all else can come before.
//!
//! A commit is a message of the log to itself, and so is the visibility timeout of what a consumer holds that is gone, or hangs, at a queue
//! that hands out other records meanwhile. Every other message to the queue passes it, so the scheduler chooses between
//! which of them it comes. Nothing is left out by that: a commit and a request that is on its way when the log has nothing else to do
//! come in either order, for the machine that sends the request may be slow.

use crate::model::id::{MachineId, QueueId};
use crate::model::layout::Place;
use crate::model::message::{Client, Message};
use crate::model::options::Commit;
use crate::model::queue;
use crate::plan::Plan;
use crate::sim::Simulation;
use crate::sim::world::World;

impl World {
    /// There is one commit on its way for each consumer of the log that has something to commit and works.
    ///
    /// One that hangs commits when it goes on, and a log that has failed is asked when it works. What a consumer that
    /// has died had processed comes again: the log notices before it commits, since what it notices by passes the commit.
    #[cold]
    pub(super) fn renew_commits(&mut self, id: QueueId, plan: &Plan) {
        let World { queues, shelf, containers, out, .. } = self;
        let machine = plan.layout.machine(Place::Queue(id));
        let works = |client: &Client| {
            let place = plan.layout.places()[client.machine.index()];
            let Place::Container(holder) = place else { return true };
            !containers[holder.index()].hangs()
        };
        let due = queues[id.index()].commit_later(&plan.queues[id.index()], shelf);
        let is_due = |client: Client| due.iter().filter(works).any(|other| other == client);
        let is_of_none =
            |message: &Message| matches!(*message, Message::Commit { client } if !is_due(client));
        if out.inbox(machine).any(is_of_none) {
            out.retain(machine, |message| !is_of_none(message));
        }
        for client in due.iter().filter(works) {
            let commit = Message::Commit { client };
            if !out.inbox(machine).any(|message| *message == commit) {
                out.send(machine, commit);
            }
        }
    }

    /// Commits let pass whatever was sent to their logs in this step, and so do visibility timeouts.
    #[inline]
    pub(super) fn update_commits(&mut self, plan: &Plan) {
        if plan.gives_way() {
            self.let_pass(plan);
        }
    }

    #[cold]
    fn let_pass(&mut self, plan: &Plan) {
        for context in &plan.queues {
            if context.options.commit == Commit::AtIntervals {
                self.out.put_last(context.machine, is_commit);
            }
            if context.times_out_late {
                self.out.put_last(context.machine, is_timeout);
            }
        }
    }
}

impl Simulation {
    /// The messages that wait for a machine in the order in which they were sent, what came late aside: all but the commits and the timeouts of a
    /// queue that let all others pass.
    pub(crate) fn in_order(&self, machine: MachineId) -> impl Iterator<Item = &Message> {
        let queue = self.gives_way_at(machine);
        let passes = move |message: &Message| queue.is_some_and(|it| lets_pass(message, it));
        self.inbox(machine).filter(move |message| !passes(message))
    }

    /// How many those are; they are counted only where some let others pass.
    pub(crate) fn waiting_in_order(&self, machine: MachineId) -> usize {
        match self.gives_way_at(machine) {
            Some(_) => self.in_order(machine).count(),
            None => self.waiting(machine),
        }
    }

    /// How many visibility timeouts run at a queue that all others pass.
    pub(crate) fn timeouts_at(&self, machine: MachineId) -> usize {
        let queue = self.gives_way_at(machine).filter(|queue| queue.times_out_late);
        queue.map_or(0, |_| self.inbox(machine).filter(|message| is_timeout(message)).count())
    }

    /// The queue that the machine is, if it can send itself what lets all others pass.
    fn gives_way_at(&self, machine: MachineId) -> Option<&queue::Context> {
        let plan = self.plan();
        let Place::Queue(id) = plan.layout.places()[machine.index()] else { return None };
        plan.gives_way().then(|| &plan.queues[id.index()])
    }
}

impl Plan {
    /// Whether a queue sends itself what lets all others pass.
    #[inline]
    pub(crate) fn gives_way(&self) -> bool {
        self.commits_later || self.times_out_late
    }
}

/// Whether all that is sent to the queue passes a message in its inbox.
fn lets_pass(message: &Message, context: &queue::Context) -> bool {
    is_commit(message) || is_timeout(message) && context.times_out_late
}

fn is_commit(message: &Message) -> bool {
    matches!(message, Message::Commit { .. })
}

/// Whether it is the timeout of what a consumer holds that hangs, or is gone.
fn is_timeout(message: &Message) -> bool {
    matches!(message, Message::Expire { .. })
        || matches!(message, Message::Abandon { client, .. } if client.is_gone())
}
