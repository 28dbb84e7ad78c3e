//! Consumers of logs that commit at intervals: when they can, and that all else can come before.
//!
//! A commit is a message of the log to itself. Every other message to the log passes it, so the scheduler chooses between
//! which of them it comes. Nothing is left out by that: a commit and a request that is on its way when the log has nothing else to do
//! come in either order, for the machine that sends the request may be slow.

use crate::model::id::{MachineId, QueueId};
use crate::model::layout::Place;
use crate::model::message::{Client, Message, MessageKind};
use crate::model::options::Commit;
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

    /// Commits let pass whatever was sent to their logs in this step.
    #[inline]
    pub(super) fn update_commits(&mut self, plan: &Plan) {
        if plan.commits_later {
            self.let_pass(plan);
        }
    }

    #[cold]
    fn let_pass(&mut self, plan: &Plan) {
        let commit_later =
            plan.queues.iter().filter(|queue| queue.options.commit == Commit::AtIntervals);
        for context in commit_later {
            self.out.put_last(context.machine, |message| matches!(message, Message::Commit { .. }));
        }
    }
}

impl Simulation {
    /// The messages that wait for a machine in the order in which they were sent, what came late aside: all but the commits of a log, which let
    /// all others pass.
    pub(crate) fn in_order(&self, machine: MachineId) -> impl Iterator<Item = &Message> {
        self.inbox(machine).filter(|message| message.kind() != MessageKind::Commit)
    }

    /// How many those are; they are counted only where there can be commits.
    pub(crate) fn waiting_in_order(&self, machine: MachineId) -> usize {
        match self.plan().commits_later {
            true => self.in_order(machine).count(),
            false => self.waiting(machine),
        }
    }
}
