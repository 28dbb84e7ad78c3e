//! Which steps need not be tried in every order.
//!
//! # What is done
//!
//! Some steps are *free*: whether one is taken now or later makes no difference to what anybody else
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
//! The first is excluded by not freeing machines that a fault of the budget, or a step of the script that is
//! still to come, concerns. For the second, what can be in an inbox at once must *commute at the receiver*:
//! handled in either order, it leaves the same state and has sent the same to each. In the designs that are
//! reduced (see [`Reduction::why_not`]) these are:
//!
//! * **container**: replies to its one request; and replies to earlier lives, which it ignores;
//! * **queue**: `Send` of its one producer, `Receive`, `Remove` and `Abandon` of its one consumer. A
//!   `Send` appends, the others act on the head and on what is in flight; whichever is first, the same
//!   record is delivered. With one exception: an `Abandon` of a consumer that waits decides whether the
//!   record that comes is delivered to the dead or not. So the inbox of a queue whose consumer can
//!   crash has an order that matters;
//! * **table**: `Insert` of its one container, and `Apply` of other records: a record is in one region
//!   only, since the source sends it again only when it was refused;
//! * **replicator**: `Replicate` of different records;
//! * **in-dns**, **source**: requests and replies of the one record under way, and `Publish`, which waits or
//!   begins at once but is begun after the same reply;
//! * **out-dns**, **destination**: one request or reply for each region, of different records.
//!
//! As for the third: every property but `RegionFifo` judges an event by what is known of the same
//! record. In these designs a container stores, forwards and removes a record in this order, each after the
//! reply to the one before; so what `StoreBeforeForward`, `RemoveLast` and `NeverLost` ask for has happened
//! before in every order of the other steps. `RegionFifo` compares the order at one queue with
//! that at one table, and each is the order of one sender. What the script waits for is reached or not,
//! and stays reached; `await drained`, which does not, excludes a reduction.
//!
//! A step that would leave nobody able to step is not taken early while a fault is on offer: a run ends
//! there, so the fault has to be tried before.
//!
//! These arguments are about the model as it is. Tests hold them to it: every state of the whole graph of
//! small systems must lead by free steps to a state of the reduced graph, and the verdicts with and without
//! reduction must agree wherever both can be had.

use crate::explore::verify::point::Point;
use crate::explore::verify::progress::Tally;
use crate::model::bit_set::BitSet;
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::{ContainerId, MachineId, QueueId};
use crate::model::layout::{Layout, Place};
use crate::model::message::MessageKind;
use crate::plan::{Await, Check, DriverAction, Plan};
use crate::scenario::{Budget, Scenario};
use crate::sim::{Choice, Simulation};
use crate::spec::Breach;

/// Which machines' steps are free, at each point of the script.
#[derive(Debug)]
pub(super) struct Reduction {
    /// By action of the script that is due: those that are free when no container can crash any more.
    calm: Vec<BitSet>,
    /// By action: those that are free while one can.
    crashing: Vec<BitSet>,
    /// A chain of free steps that is longer is interrupted.
    chain_max: u64,
}

impl Reduction {
    /// No step is free.
    pub(super) fn none(plan: &Plan) -> Reduction {
        let nobody = vec![BitSet::new(plan.layout.machines()); plan.actions.len() + 1];
        Reduction { calm: nobody.clone(), crashing: nobody, chain_max: 0 }
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
                let free = |can_crash| {
                    let positions = 0..=plan.actions.len();
                    positions.map(|due| free(plan, due, can_crash)).collect()
                };
                let chain_max = plan.fair_steps_max(plan.records() as u64);
                Ok(Reduction { calm: free(false), crashing: free(true), chain_max })
            }
        }
    }

    /// Why the argument above does not hold for this plan, if it does not.
    fn why_not(plan: &Plan) -> Option<&'static str> {
        let scenario = plan.scenario();
        if (Budget { crash: 0, ..scenario.budget }) != Budget::default() {
            return Some("of the faults in the budget, only crashes leave steps that commute");
        }
        // What is not named here must be as it is by default, options that are yet to come included.
        let mut rest = scenario.clone();
        let default = Scenario::default();
        (rest.name, rest.about) = (default.name.clone(), default.about.clone());
        (rest.budget, rest.script) = (default.budget, default.script.clone());
        (rest.speed, rest.rpo) = (default.speed.clone(), default.rpo);
        rest.topology.regions = default.topology.regions;
        rest.topology.stages.clone_from(&default.topology.stages);
        rest.records.batches.clone_from(&default.records.batches);
        rest.records.seed = default.records.seed;
        rest.dns.weights.clone_from(&default.dns.weights);
        if rest != default {
            return Some("steps are known to commute in the default design only");
        }
        plan.actions.iter().find_map(|action| match action {
            DriverAction::Publish(_) | DriverAction::Check(_) => None,
            DriverAction::Await(Await::Drained(_)) => Some("the script waits for empty queues"),
            DriverAction::Await(Await::PublishedOrRefused(_)) => {
                Some("the script waits for a refusal")
            }
            DriverAction::Await(
                Await::Batch(..) | Await::Delivered(_) | Await::Quiescent | Await::Sometime,
            ) => None,
            DriverAction::Fault(faults) if faults.iter().all(|&fault| stops_container(fault)) => {
                None
            }
            DriverAction::Recover(targets) if targets.iter().all(is_container) => None,
            DriverAction::Fault(_)
            | DriverAction::FaultSome(_)
            | DriverAction::Recover(_)
            | DriverAction::Redrive(_)
            | DriverAction::Weights(_) => {
                Some("the script does more than to publish and to stop containers")
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
        spare: &mut Option<Box<Point>>,
        path: &mut Vec<Choice>,
        tally: &mut Tally,
    ) -> Result<u64, Breach> {
        let mut taken = 0;
        while taken < self.chain_max
            && let Some(machine) = self.free_step(&point.simulation)
        {
            let enabled = point.simulation.enabled();
            let may_end = enabled.steps() == 1 && enabled.has_faults();
            if may_end {
                match spare {
                    Some(spare) => spare.copy_from(point),
                    None => *spare = Some(Box::new(point.clone())),
                }
            }
            let choice = Choice::Step(machine);
            path.push(choice);
            tally.steps += 1;
            point.step(choice, plan)?;
            if may_end && point.simulation.enabled().is_quiescent() {
                path.pop();
                tally.steps -= 1;
                point.copy_from(spare.as_ref().expect("it was copied above"));
                break;
            }
            taken += 1;
        }
        Ok(taken)
    }

    /// The first machine with a free step.
    fn free_step(&self, simulation: &Simulation) -> Option<MachineId> {
        let due = simulation.driver().next();
        let crash_left = simulation.budget_left().crash > 0;
        let free = if crash_left { &self.crashing[due] } else { &self.calm[due] };
        simulation.enabled().machines().find(|&machine| {
            free.contains(machine.index())
                && simulation.next_message(machine).is_some_and(|head| is_plain(head.kind()))
        })
    }
}

/// Messages of a system in which nothing is refused.
fn is_plain(kind: MessageKind) -> bool {
    match kind {
        MessageKind::Publish
        | MessageKind::Send
        | MessageKind::Sent
        | MessageKind::Receive
        | MessageKind::Received
        | MessageKind::Remove
        | MessageKind::Removed
        | MessageKind::Abandon
        | MessageKind::Insert
        | MessageKind::Inserted
        | MessageKind::Replicate
        | MessageKind::Apply => true,
        MessageKind::Proceed
        | MessageKind::Wake
        | MessageKind::SendRefused
        | MessageKind::ReceiveRefused
        | MessageKind::RemoveRefused
        | MessageKind::InsertRefused
        | MessageKind::Probe
        | MessageKind::Probed
        | MessageKind::Forward
        | MessageKind::Handover
        | MessageKind::Discard
        | MessageKind::Logged
        | MessageKind::Enact
        | MessageKind::CleanUp => false,
    }
}

fn stops_container(fault: Fault) -> bool {
    matches!(fault.kind, FaultKind::Pause | FaultKind::Crash) && is_container(&fault.target)
}

fn is_container(target: &Target) -> bool {
    matches!(target, Target::Container(_))
}

/// The machines whose steps are free when this action of the script is due.
fn free(plan: &Plan, due: usize, can_crash: bool) -> BitSet {
    let layout = &plan.layout;
    let mut touched = Touched::new(layout);
    if can_crash {
        (0..layout.containers() as u16).for_each(|id| touched.crash(ContainerId(id), plan));
    }
    plan.actions[due.min(plan.actions.len())..]
        .iter()
        .for_each(|action| touched.note(action, plan));
    let mut free = BitSet::new(layout.machines());
    for (index, &place) in layout.places().iter().enumerate() {
        // The driver looks at all others, so its steps are tried whenever it can step.
        let is_free = place != Place::Driver
            && !touched.machines.contains(index)
            && receivers(place, plan).iter().all(|to| !touched.inboxes.contains(to.index()));
        if is_free {
            free.insert(index);
        }
    }
    free
}

/// What the rest of the script and the budget may touch, by machine.
struct Touched {
    /// Stopped, started or looked at from outside.
    machines: BitSet,
    /// The order of what is in the inbox matters.
    inboxes: BitSet,
}

impl Touched {
    fn new(layout: &Layout) -> Touched {
        let nobody = BitSet::new(layout.machines());
        Touched { machines: nobody.clone(), inboxes: nobody }
    }

    fn note(&mut self, action: &DriverAction, plan: &Plan) {
        match action {
            DriverAction::Publish(_) | DriverAction::Await(_) => {}
            DriverAction::Fault(faults) | DriverAction::FaultSome(faults) => {
                faults.iter().for_each(|&fault| self.fault(fault, plan));
            }
            DriverAction::Recover(targets) => {
                targets.iter().for_each(|&target| self.stop(target, plan));
            }
            DriverAction::Redrive(_) | DriverAction::Weights(_) => self.everything(plan),
            DriverAction::Check(check) => self.check(check, plan),
        }
    }

    fn fault(&mut self, fault: Fault, plan: &Plan) {
        match (fault.kind, fault.target) {
            (FaultKind::Crash, Target::Container(id)) => self.crash(id, plan),
            (FaultKind::Pause, target) => self.stop(target, plan),
            _ => self.everything(plan),
        }
    }

    /// A container that goes on with what it has. One that is started after a crash asks its queue,
    /// which commutes with what comes to the queue.
    fn stop(&mut self, target: Target, plan: &Plan) {
        match target {
            Target::Container(id) => {
                self.machines.insert(plan.containers[id.index()].machine.index());
            }
            Target::Queue(_)
            | Target::Table(_)
            | Target::Replicator(_)
            | Target::Link(..)
            | Target::Dns(..)
            | Target::Region(_)
            | Target::Writer(..) => self.everything(plan),
        }
    }

    fn crash(&mut self, id: ContainerId, plan: &Plan) {
        let context = &plan.containers[id.index()];
        self.machines.insert(context.machine.index());
        self.inboxes.insert(context.in_queue.index());
    }

    fn check(&mut self, check: &Check, plan: &Plan) {
        let layout = &plan.layout;
        match check {
            Check::Delivered(_) => {
                self.machines.insert(layout.machine(Place::Destination).index());
            }
            Check::Waiting { queue, .. } => self.queue(*queue, plan),
            Check::Bypassed(region, _) => self.queue(layout.queue(*region, 0), plan),
            Check::Unreplicated(_) | Check::DeadLettered(_) => self.everything(plan),
            Check::State(containers, _) => {
                containers.iter().for_each(|&id| self.stop(Target::Container(id), plan));
            }
        }
    }

    fn queue(&mut self, queue: QueueId, plan: &Plan) {
        let machine = plan.layout.machine(Place::Queue(queue));
        self.machines.insert(machine.index());
        self.inboxes.insert(machine.index());
    }

    fn everything(&mut self, plan: &Plan) {
        (0..plan.layout.machines()).for_each(|machine| self.machines.insert(machine));
    }
}

/// Whom the machine sends to.
fn receivers(place: Place, plan: &Plan) -> Vec<MachineId> {
    let layout = &plan.layout;
    let machine = |place| layout.machine(place);
    let queues = |position| {
        let queue = move |region| machine(Place::Queue(layout.queue(region, position)));
        layout.region_ids().map(queue).collect::<Vec<MachineId>>()
    };
    let containers = |wanted: &dyn Fn(&crate::model::container::Context) -> bool| {
        let such = plan.containers.iter().filter(|context| wanted(context));
        such.map(|context| context.machine).collect::<Vec<MachineId>>()
    };
    match place {
        Place::Driver => (0..layout.machines() as u16).map(MachineId).collect(),
        Place::Source => vec![machine(Place::InDns)],
        Place::InDns => [queues(0), vec![machine(Place::Source)]].concat(),
        Place::OutDns => {
            [queues(layout.positions() - 1), vec![machine(Place::Destination)]].concat()
        }
        Place::Destination => vec![machine(Place::OutDns)],
        Place::Queue(_) => {
            let own = machine(place);
            let ends = vec![machine(Place::InDns), machine(Place::OutDns)];
            let beside = containers(&|context| context.in_queue == own || context.out_queue == own);
            [ends, beside].concat()
        }
        Place::Container(id) => {
            let context = &plan.containers[id.index()];
            vec![context.in_queue, context.out_queue, context.table]
        }
        Place::Table(id) => {
            let own = machine(place);
            let replicator = plan.tables[id.index()].replicator;
            [vec![replicator], containers(&|context| context.table == own)].concat()
        }
        Place::Replicator(id) => plan.replicators[id.index()].tables.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::scenario::file;
    use crate::sim::Bytes;

    fn plan(script: &str, changes: &[&str]) -> Arc<Plan> {
        let text = format!(
            "name = \"tiny\"\ntopology.stages = [\"only\"]\nrecords.batches = [1, 1]\n\
             script = [{script}]"
        );
        let changes: Vec<_> = changes.iter().map(|c| c.parse().expect("it is a change")).collect();
        Arc::new(file::load(&text, "test", &changes).unwrap_or_else(|error| panic!("{error}")))
    }

    /// Every state that can be reached, by fingerprint, and whatever a function says of each.
    fn states(
        plan: &Arc<Plan>,
        reduction: &Reduction,
        mut see: impl FnMut(&Point),
    ) -> BTreeSet<u128> {
        let bytes = &mut Bytes::default();
        let settled = |point: &mut Point, bytes: &mut Bytes| {
            let (path, tally) = (&mut Vec::new(), &mut Tally::default());
            reduction.settle(point, plan, &mut None, path, tally).expect("the design is sound");
            point.hash_all(plan, bytes);
        };
        let mut root = Point::new(plan);
        settled(&mut root, bytes);
        let mut known = BTreeSet::from([root.fingerprint()]);
        let mut next = root.clone();
        let mut todo = vec![root];
        while let Some(point) = todo.pop() {
            see(&point);
            let enabled = point.simulation.enabled();
            for choice in enabled.iter().filter(|_| !enabled.is_quiescent()) {
                next.copy_from(&point);
                next.step(choice, plan).expect("the design is sound");
                settled(&mut next, bytes);
                if known.insert(next.fingerprint()) {
                    todo.push(next.clone());
                }
            }
        }
        known
    }

    /// Takes free steps, and steps that are the only choice there is, to the end, that of the run
    /// included. (A driver that waits for some moment, one that was told that this is it, and one that
    /// comes to a line that waits for some moment, all do the same when nobody else can step.)
    fn end_of(reduction: &Reduction, point: &Point, bytes: &mut Bytes) -> u128 {
        let mut point = point.clone();
        let plan = Arc::clone(point.simulation.plan());
        loop {
            let enabled = point.simulation.enabled();
            let only = (enabled.len() == 1 && enabled.steps() == 1).then(|| enabled.nth(0));
            let free = reduction.free_step(&point.simulation).map(Choice::Step);
            let Some(choice) = free.or(only) else { break };
            point.step(choice, &plan).expect("the design is sound");
        }
        point.hash_all(&plan, bytes);
        point.fingerprint()
    }

    /// What the whole argument comes to: whatever happens without reduction, free steps lead from there
    /// to where they lead from a state that the reduced search enters; and that search enters every
    /// state of rest.
    #[test]
    fn every_state_settles_in_a_state_of_the_reduced_graph() {
        let one = "\"publish 1\", \"await delivered batch 1\"";
        let pause = "\"publish 1\", \"await sometime\", \"pause only-container@1\", \
                     \"await sometime\", \"recover only-container@1\", \"await delivered batch 1\"";
        let look = "\"publish 1\", \"await sometime\", \"expect bypassed @2 batch 1\", \
                    \"expect state only-container* Processing\", \"await quiescent\", \
                    \"expect delivered 1\"";
        let crash = "\"publish 1\", \"await enqueued outbound-queue batch 1\", \
                     \"crash only-container@1\", \"await quiescent\", \"recover only-container@1\"";
        let cases = [
            (one, vec![]),
            (one, vec!["budget.crash=1"]),
            (pause, vec![]),
            (look, vec![]),
            (crash, vec![]),
        ];
        for (script, changes) in cases {
            let plan = plan(script, &changes);
            let reduction = Reduction::of(&plan).expect("it can be reduced");
            let (bytes, mut ends) = (&mut Bytes::default(), BTreeSet::new());
            let reduced = states(&plan, &reduction, |point| {
                ends.insert(end_of(&reduction, point, bytes));
            });
            let (mut missing, mut rests) = (0u32, 0u32);
            let whole = states(&plan, &Reduction::none(&plan), |point| {
                missing += u32::from(!ends.contains(&end_of(&reduction, point, bytes)));
                let rests_here = point.simulation.enabled().is_quiescent();
                rests += u32::from(rests_here && !reduced.contains(&point.fingerprint()));
            });
            assert_eq!((missing, rests), (0, 0), "{script} with {changes:?}: {}", whole.len());
            assert!(reduced.len() * 20 < whole.len(), "{} of {}", reduced.len(), whole.len());
        }
    }

    #[test]
    fn what_is_not_known_to_commute_is_not_reduced() {
        let one = "\"publish 1\"";
        for (script, change) in [
            (one, "budget.lost_reply=1"),
            (one, "topology.containers=2"),
            (one, "records.keys=1"),
            (one, "table.insert=append"),
            ("\"publish 1\", \"await drained @1\"", "name=drained"),
            ("\"publish 1\", \"fail only-table@1\"", "name=fails"),
            ("\"publish 1\", \"offline in-dns@1\"", "name=offline"),
        ] {
            assert!(Reduction::of(&plan(script, &[change])).is_err(), "{script}, {change}");
        }
    }
}
