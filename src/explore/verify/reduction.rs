//! Which steps need not be tried in every order.
//!
//! # What is done
//!
//! Some steps are *free*: whether one is taken now or later makes no difference to what any other machine
//! can do, nor to any judgement. From every state the search comes to, it takes the free steps first, one after
//! the other, until none is left; only the state after them is a state of the search, and there *every*
//! choice is tried. (A persistent set of one step, as in Godefroid, *Partial-Order Methods for the
//! Verification of Concurrent Systems*, 1996, chapter 4; joined to one transition with what follows, as
//! Lipton, *Reduction*, 1975, does for right movers and Holzmann for statement merging in SPIN.)
//!
//! Two things that often go wrong with reductions cannot here. Nothing is put off for ever, for every state
//! in the store has all its choices tried, and a chain of free steps has a bound, after which the
//! state is stored whatever can be done there: no proviso for cycles is needed (Peled 1994 has one). And
//! states of rest are the same with and without reduction: a step that can be taken stays possible
//! until it is taken, so every run to a rest has taken it, and it may as well come first.
//!
//! # Why free steps are free
//!
//! A step takes the first message of a machine's inbox, changes that machine, and puts messages at the
//! end of other inboxes. Another choice can interfere only if it
//!
//! 1. changes the same machine from outside (a fault, a recovery), or looks at it (a check of the script);
//! 2. puts a message into one of the same inboxes, so that the order there depends on who is first;
//! 3. is judged differently because of what this step told the spec.
//!
//! The first is excluded by not freeing machines that a fault which the budget still has, or a step of the
//! script that is still to come, concerns: [`touched`] says which those are. For the second, what can be in
//! an inbox at once must *commute at the receiver*: handled in either order, it leaves the same state and has
//! sent the same to each. In the designs that are reduced (see [`Reduction::why_not`]) these are:
//!
//! * **container**: replies to its one request, refusals included; and replies to earlier lives, which it
//!   ignores;
//! * **queue**: `Send` of its one producer, `Receive`, `Remove` and `Abandon` of its one consumer. A
//!   `Send` appends, the others act on the head, on what is in flight, or on one receipt; whichever is first,
//!   the same record is delivered. With one exception: an `Abandon` of a consumer that waits decides whether
//!   the record that comes is delivered to the dead or not. A consumer that was refused does not wait, and
//!   one that crashed may: so the inbox of a queue whose consumer can crash has an order that matters;
//! * **table**: `Insert` of its one container, and `Apply` of other records: a record is in one region
//!   only, since the source sends it again only when it was refused. A failed table refuses or keeps them,
//!   each by itself;
//! * **replicator**: `Replicate` of different records;
//! * **in-dns**, **source**: requests and replies of the one record under way, and `Publish`, which waits or
//!   begins at once but is begun after the same reply;
//! * **out-dns**, **destination**: one request or reply for each region. Of one record that came from two
//!   regions, one counts, whichever is first.
//!
//! A source that was refused, or a destination, is told of changes by a `Wake`, which makes a difference to the
//! reply that comes before or after it: where a fault or the script can still send one, the order in that
//! inbox matters.
//!
//! A *reply that gets lost* on the way to the source breaks what is said of tables: the record was taken, and
//! the source sends it again, perhaps to another region. So where replies can be lost, a step that has to
//! do with a table and a record is free only if the source knows that the record was accepted, and one
//! region got it: then no other one will.
//!
//! As for the third: every property but `RegionFifo` and `InOrder` judges an event by what is known of the same
//! record; `RoutedByPolicy` by the routes, which are those of the name that takes the step. In these designs a container stores,
//! forwards and removes a record in this order, each after the reply to the one before; so what
//! `StoreBeforeForward`, `RemoveLast` and `NeverLost` ask for has happened before in every order of the other
//! steps. `RegionFifo` compares the order at one queue with that at one table, and each is the order of
//! one sender; so is the order at each component that `InOrder` compares with that of the source, for in these designs it
//! is judged where one region alone gets records. What the script waits for is reached or not, and stays reached; `await drained`, which does
//! not, excludes a reduction.
//!
//! A *healing* changes machines from outside, too, but only when no machine can step: then no free step is
//! left to be exchanged with it, and what it sends comes into inboxes that are empty, or closed until then,
//! in an order of its own. Faults that strike a quiescent system are tried there, as everywhere. After a
//! healing the same steps are free as before it, for the script and the faults that are then left. The
//! one healing that comes at another time ends a chaos that goes round in cycles; a search that finds
//! such a cycle is made again without reduction.
//!
//! What a check of the script reads is *visible*: the machines that it looks at are not free, nor is the
//! order of the messages that come to them (an `expect delivered` tells which of two records reaches
//! the destination first, if an await before it is about one of them).
//!
//! A *late message* breaks what is said of the end of inboxes: it comes to the head of one at any time. The one
//! there is goes to a cluster of a global database, and no design with those is reduced. Nor is one in which a queue can hand out records while
//! others wait for a *visibility timeout*, which whatever is sent to the queue passes.
//!
//! *Commands as messages* come into an inbox, in front of or behind what others send: so while the script can
//! still send one, the order in the inbox of its receiver matters; and while one is on its way, all that the
//! script has touched may still be touched, since what a command sends (refusals, news of a change) comes when it is
//! handled. The step that handles one is never free. Behind a command in an inbox, the others commute as
//! before.
//!
//! What is set for *single stages* makes no difference to this: each of the arguments is about one machine and what can
//! be in its inbox, and holds whichever of these designs the machines have that it sends to. So each stage has
//! to be of a design that is reduced, and the queues that the destination reads.
//!
//! A consumer that *waits at a queue that fails* and is kept waiting has its one request there: nothing else can
//! come to it but what the queue sends, whose steps are not free while the script can touch it.
//!
//! These arguments are about the model as it is. Tests hold them to it: every state of the whole graph of
//! small systems must lead by free steps to a state of the reduced graph, and the verdicts with and without
//! reduction must agree wherever both can be had.

use crate::explore::verify::point::Point;
use crate::explore::verify::progress::Tally;
use crate::explore::verify::reduction::touched::{LEFT, Left, commanded, free};
use crate::model::bit_set::BitSet;
use crate::model::fault::Trait;
use crate::model::id::MachineId;
use crate::model::layout::Place;
use crate::model::message::{Message, MessageKind};
use crate::model::options::{Delivery, OnRefusal};
use crate::model::progress::Milestone;
use crate::plan::{Await, DriverAction, Plan};
use crate::scenario::{Budget, Scenario};
use crate::sim::{Choice, Simulation};
use crate::spec::Breach;

#[cfg(test)]
mod tests;
mod touched;

/// Which machines' steps are free, at each point of the script.
#[derive(Debug)]
pub(super) struct Reduction {
    /// By action of the script that is due, by what is left of the budget, and by whether commands are on their
    /// way.
    free: Vec<[[BitSet; 2]; LEFT.len()]>,
    /// The machines that the script sends commands to.
    commanded: Vec<MachineId>,
    /// The source may send a record again that was accepted.
    resends: bool,
    /// A chain of free steps that is longer is interrupted.
    chain_max: u64,
}

impl Reduction {
    /// No step is free.
    pub(super) fn none(plan: &Plan) -> Reduction {
        let none = LEFT.map(|_| [(); 2].map(|()| BitSet::new(plan.layout.machines())));
        let free = vec![none; plan.actions.len() + 1];
        Reduction { free, commanded: Vec::new(), resends: false, chain_max: 0 }
    }

    /// Whether no step is free.
    pub(super) fn is_none(&self) -> bool {
        self.chain_max == 0
    }

    /// What is free in this plan.
    ///
    /// # Errors
    ///
    /// If nothing is known to be, with the reason.
    pub(super) fn of(plan: &Plan) -> Result<Reduction, &'static str> {
        match Reduction::why_not(plan) {
            Some(reason) => Err(reason),
            None => {
                let positions = 0..=plan.actions.len();
                let at = |due, left| [false, true].map(|commands| free(plan, due, left, commands));
                let free = positions.map(|due| LEFT.map(|left| at(due, left))).collect();
                let chain_max = plan.fair_steps_max(plan.records() as u64);
                let (commanded, resends) = (commanded(plan), plan.budget.lost_reply > 0);
                Ok(Reduction { free, commanded, resends, chain_max })
            }
        }
    }

    /// Why the argument above does not hold for this plan, if it does not.
    fn why_not(plan: &Plan) -> Option<&'static str> {
        let scenario = plan.scenario();
        let others = Budget {
            crash: 0,
            lost_reply: 0,
            visibility_timeout: 0,
            reorder: 0,
            ..scenario.budget
        };
        if others != Budget::default() {
            return Some("a fault in the budget concerns so much at once that no steps commute");
        }
        if plan.times_out_late {
            return Some(
                "a queue hands out records while others wait for their visibility timeout",
            );
        }
        if !plan.layout.shape.is_line() {
            return Some("stages send to several others, or to one of several");
        }
        if !is_known(&scenario.as_outside_stages())
            || !scenario.topology.stages.iter().all(|stage| is_known(&scenario.as_at(stage)))
        {
            return Some("steps are not known to commute in this design");
        }
        plan.actions.iter().find_map(|action| match action {
            DriverAction::Publish(_)
            | DriverAction::Check(_)
            | DriverAction::Recover(_)
            | DriverAction::Redrive(_)
            | DriverAction::Weights(_) => None,
            DriverAction::Await(Await::Drained(_)) => Some("the script waits for empty queues"),
            // A record that comes to the region after it came to another one makes it untrue again.
            DriverAction::Await(Await::EnqueuedAt(..)) if plan.budget.lost_reply > 0 => {
                Some("the script waits for the records of one region")
            }
            DriverAction::Await(
                Await::Batch(..)
                | Await::EnqueuedAt(..)
                | Await::PublishedOrRefused(_)
                | Await::Delivered(_)
                | Await::Quiescent
                | Await::Sometime,
            ) => None,
            DriverAction::Fault(faults) | DriverAction::FaultSome(faults) => {
                let destroys = !faults.iter().all(|&fault| fault.kind.is(Trait::Undone));
                destroys
                    .then_some("the script loses something for good, moves a writer, or deploys")
            }
        })
    }

    /// Takes free steps until none is left; adds them to the path. How many were taken.
    ///
    /// # Errors
    ///
    /// If one of them violates the spec; it is the last of the path.
    pub(super) fn settle(
        &self,
        point: &mut Point,
        plan: &Plan,
        path: &mut Vec<Choice>,
        tally: &mut Tally,
    ) -> Result<u64, Breach> {
        let mut taken = 0;
        while taken < self.chain_max
            && let Some(machine) = self.free_step(&point.simulation)
        {
            let choice = Choice::Step(machine);
            path.push(choice);
            tally.steps += 1;
            point.step(choice, plan)?;
            taken += 1;
        }
        Ok(taken)
    }

    /// The first machine with a free step.
    fn free_step(&self, simulation: &Simulation) -> Option<MachineId> {
        let left = Left::of(simulation.budget_left());
        let is_command = |message: &Message| message.kind() == MessageKind::Command;
        let has_command = |&machine: &MachineId| simulation.inbox(machine).any(is_command);
        let commands = usize::from(self.commanded.iter().any(has_command));
        let free = &self.free[simulation.driver().next()][left.index()][commands];
        simulation.enabled().machines().find(|&machine| {
            free.contains(machine.index())
                && simulation.next_message(machine).is_some_and(|head| {
                    is_plain(head.kind())
                        && !(self.resends && is_divided(simulation, machine, head))
                })
        })
    }
}

/// Whether the step has to do with a table and a record that more than one region has, or may yet get.
fn is_divided(simulation: &Simulation, machine: MachineId, head: &Message) -> bool {
    let place = simulation.plan().layout.places()[machine.index()];
    let writes = !matches!(
        place,
        Place::Driver
            | Place::Source
            | Place::InDns
            | Place::OutDns
            | Place::Destination
            | Place::Queue(_)
    );
    let progress = simulation.progress();
    writes
        && head.record().is_some_and(|record| {
            !progress.has_reached(record, Milestone::ACCEPTED) || progress.entered(record).len() > 1
        })
}

/// Whether the design is one that the argument is about. What is not named here must be as it is by
/// default, options that are yet to come included.
fn is_known(scenario: &Scenario) -> bool {
    let mut rest = scenario.clone();
    let default = Scenario::default();
    (rest.name, rest.about) = (default.name.clone(), default.about.clone());
    (rest.budget, rest.script) = (default.budget, default.script.clone());
    (rest.speed, rest.rpo) = (default.speed.clone(), default.rpo);
    rest.heal = default.heal;
    rest.timing = default.timing;
    rest.topology.regions = default.topology.regions;
    rest.topology.stages.clone_from(&default.topology.stages);
    rest.records.batches.clone_from(&default.records.batches);
    rest.records.seed = default.records.seed;
    rest.dns.weights.clone_from(&default.dns.weights);
    (rest.dns.ttl, rest.dns.answer) = (default.dns.ttl, default.dns.answer);
    if rest.source.on_refusal == OnRefusal::Abort {
        rest.source.on_refusal = default.source.on_refusal;
    }
    rest.queue.max_receives = default.queue.max_receives;
    // Of a standard queue with one consumer, too, one delivery is in flight. Of a log nothing is known.
    if rest.queue.delivery == Delivery::Standard {
        rest.queue.delivery = default.queue.delivery;
    }
    rest.container.retries = default.container.retries;
    (rest.table.on_failure, rest.queue.on_failure) =
        (default.table.on_failure, default.queue.on_failure);
    rest.commands = default.commands;
    rest == default
}

/// Messages that are known to commute with what can be in the same inbox. One that is not named does not.
fn is_plain(kind: MessageKind) -> bool {
    matches!(
        kind,
        MessageKind::Publish
            | MessageKind::Wake
            | MessageKind::Send
            | MessageKind::Sent
            | MessageKind::SendRefused
            | MessageKind::Receive
            | MessageKind::Received
            | MessageKind::ReceiveRefused
            | MessageKind::Remove
            | MessageKind::Removed
            | MessageKind::RemoveRefused
            | MessageKind::Abandon
            | MessageKind::Insert
            | MessageKind::Inserted
            | MessageKind::InsertRefused
            | MessageKind::Replicate
            | MessageKind::Apply
    )
}
