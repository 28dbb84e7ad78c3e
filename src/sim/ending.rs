//! How a run ends: chaos, healings, convergence.
//!
//! Ending the chaos is a choice, as a fault is: [`Choice::Heal`](crate::sim::Choice::Heal), on offer
//! when no machine can step. While script is left, a healing leaves the faults of the budget on
//! offer, because what the script does next may need them. The healing after the script *closes* the
//! run: no fault strikes any more, and what remains is convergence. The run is over when no machine
//! can step and no healing is on offer.
//!
//! Which regions are offline is how the script has set the system up, and no failure: they are online again only
//! when records wait for that, and nothing else brings the run on.

use crate::model::container::{self, State};
use crate::model::fault::{FaultPoint, Path, Target};
use crate::model::id::{ContainerId, MachineId, ReplicatorId};
use crate::model::options::{Forwarding, Heal, ReplicationMode};
use crate::model::source;
use crate::plan::names::outside_containers;
use crate::plan::{Check, Plan};
use crate::sim::world::World;

#[cfg(test)]
pub(crate) mod fields;

/// How far a run is from its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Ending {
    /// The action of the script that was due at the last healing; none before the first.
    healed_at: Option<u16>,
    /// A fault of the budget struck after the last healing.
    struck: bool,
    /// How many healings followed another without anything new to heal.
    repeats: u8,
    /// No fault of the budget strikes any more.
    closed: bool,
    /// What the script expects, by its number among all that it expects, that was not so before a healing ended one of its
    /// faults, and cannot come true any more.
    broken: u64,
}

impl Ending {
    /// Whether no fault of the budget strikes any more.
    #[inline]
    pub(super) fn is_closed(self) -> bool {
        self.closed
    }

    /// A fault of the budget strikes.
    #[inline]
    pub(super) fn strike(&mut self) {
        self.struck = true;
    }

    /// Whether the last healing, if there was one, saw neither the action that is due now nor all
    /// faults.
    pub(super) fn is_fresh(self, due: u16) -> bool {
        self.struck || self.healed_at.is_none_or(|healed_at| healed_at < due)
    }

    /// What the script expects that was not so before a healing ended one of its faults.
    #[inline]
    pub(super) fn broken(self) -> u64 {
        self.broken
    }

    /// How many healings followed another without anything new to heal.
    pub(super) fn repeats(self) -> u8 {
        self.repeats
    }
}

/// A healing that finds nothing new is made this often, for containers that stopped meanwhile.
const REPEATS_MAX: u8 = 1;

impl World {
    /// Whether a healing is on offer to a system in which no machine can step.
    ///
    /// A container that was paused may find a refusal from before the healing in its inbox, and stop
    /// after everything else was healed: then the system is healed once more.
    pub(super) fn can_heal(&self, plan: &Plan) -> bool {
        let ending = self.ending;
        !ending.closed
            || ending.is_fresh(self.driver.next() as u16)
            || (ending.repeats < REPEATS_MAX && self.restarts_any(plan))
            || self.restores_routes(plan)
    }

    /// Whether a healing may come though machines can step: it ends a chaos in which the system goes round. Where
    /// containers give back what is refused, a fault that the script brings after that makes the system go round again.
    pub(super) fn may_end(&self, plan: &Plan) -> bool {
        !self.ending.closed || plan.goes_round() && self.ending.is_fresh(self.driver.next() as u16)
    }

    /// Ends what `heal` says of the scenario's faults, what others depend on first, containers last.
    ///
    /// # Panics
    ///
    /// If some machine can step, and it may not come then.
    pub(super) fn heal(&mut self, plan: &Plan) {
        let is_quiescent = self.out.ready().is_empty();
        assert!(is_quiescent || self.may_end(plan), "a run that is closed goes on to its end");
        let due = self.driver.next() as u16;
        let is_fresh = self.ending.is_fresh(due);
        let repeats = if is_fresh { 0 } else { self.ending.repeats + 1 };
        let routes = self.restores_routes(plan);
        // A script that waits for what no healing brings about is at its end, too.
        let is_stuck = !is_fresh && (repeats > REPEATS_MAX || !self.restarts_any(plan));
        let is_stuck = is_stuck && !routes;
        let closes = usize::from(due) == plan.actions.len() || is_stuck || !is_quiescent;
        let broken = self.ending.broken | self.broken(plan);
        if !is_quiescent {
            self.obey_all(plan);
            // A system that goes round has no moment at which no machine can step.
            if self.faults.is_ready(FaultPoint::GoOn) {
                self.release_driver();
            }
        }
        match plan.scenario().heal {
            Heal::Everything => self.end_everything(routes, plan),
            Heal::Faults => self.end_faults(routes, plan),
            Heal::Nothing => {}
        }
        self.let_all_arrive();
        self.restart_containers(plan);
        self.forget_ended(plan);
        let closed = self.ending.closed || closes;
        if closed {
            self.close_faults(plan);
        }
        self.ending = Ending { healed_at: Some(due), struck: false, repeats, closed, broken };
    }

    fn end_everything(&mut self, routes: bool, plan: &Plan) {
        self.route_around_losses(plan);
        self.end_outside_containers(routes, plan);
        self.replace_lost_writers(plan);
        self.forget_outages(plan);
    }

    fn end_faults(&mut self, routes: bool, plan: &Plan) {
        self.end_outside_containers(routes, plan);
        self.forget_outages(plan);
    }

    /// Ends every fault but those of containers; regions that are offline are online again if `routes`.
    fn end_outside_containers(&mut self, routes: bool, plan: &Plan) {
        for target in outside_containers(&plan.layout) {
            if routes {
                if self.is_offline(target) && !self.is_gone(target, plan) {
                    self.undone.push(target);
                }
                self.recover(target, plan);
            } else {
                self.end_failure(target, plan);
            }
        }
    }

    /// Whether a healing, now, brings regions online again: what records wait for is not brought about by anything else.
    pub(super) fn restores_routes(&self, plan: &Plan) -> bool {
        let is_fresh = self.ending.is_fresh(self.driver.next() as u16);
        let is_stuck = self.ending.repeats >= REPEATS_MAX || !self.restarts_any(plan);
        !is_fresh && is_stuck && self.has_offline(plan) && self.waits_for_routes(plan)
    }

    /// Whether the source waits, or records in a queue that the destination does not ask.
    fn waits_for_routes(&self, plan: &Plan) -> bool {
        let last = plan.layout.shape.last();
        let mut offline = self.out_dns.offline().iter();
        self.source.state() != source::State::Idle
            || offline
                .any(|region| !self.queues[plan.layout.queue(region, last).index()].is_empty())
    }

    fn has_offline(&self, plan: &Plan) -> bool {
        let mut targets = outside_containers(&plan.layout);
        plan.scenario().heal != Heal::Nothing
            && targets.any(|target| self.is_offline(target) && !self.is_gone(target, plan))
    }

    /// Whether it is out because of a failure or an outage of the budget, whose end is on offer.
    pub(super) fn has_an_end(&self, target: Target, plan: &Plan) -> bool {
        let outage = target.region(&plan.layout).map(FaultPoint::EndOutage);
        let own = if let Target::Link(_, region) = target {
            Some(FaultPoint::Rejoin(Path::Region(region)))
        } else {
            plan.machine_of(target).map(FaultPoint::Recover)
        };
        let mut ends = outage.into_iter().chain(own);
        !self.held.contains(&target) && ends.any(|end| self.faults.is_ready(end))
    }

    /// What works again is not held to fail by the script any more.
    fn forget_ended(&mut self, plan: &Plan) {
        let mut held = std::mem::take(&mut self.held);
        held.retain(|&target| {
            let lasts = self.is_disturbed(target) || self.is_gone(target, plan);
            if !lasts {
                self.undone.push(target);
            }
            lasts
        });
        self.held = held;
        self.undone.sort_unstable();
        self.undone.dedup();
    }

    /// The bits of what the script has yet to expect, and no healing makes true: that no record came where one is. What shares
    /// its bit is left out: it would be said of all of them.
    fn broken(&self, plan: &Plan) -> u64 {
        let due = self.driver.next();
        let is_broken = |(action, check): &(usize, &Check)| {
            *action >= due && matches!(check, Check::Bypassed(..)) && !self.check(check, plan)
        };
        let broken = plan.checks().take(63).filter(is_broken);
        broken.fold(0, |all, (action, _)| all | plan.check_bit(action))
    }

    fn restart_containers(&mut self, plan: &Plan) {
        for context in &plan.containers {
            if self.restarts(context.id, plan) {
                self.recover(Target::Container(context.id), plan);
            }
        }
    }

    fn restarts_any(&self, plan: &Plan) -> bool {
        plan.containers.iter().any(|context| self.restarts(context.id, plan))
    }

    /// Whether a healing brings the container back to work. A pause is a fault, which ends; what died or
    /// stopped needs an operator, or an orchestrator.
    fn restarts(&self, id: ContainerId, plan: &Plan) -> bool {
        let container = &self.containers[id.index()];
        let is_paused = container.hangs();
        let is_looked_after = plan.restarts(id);
        let allowed = match plan.scenario().heal {
            Heal::Everything => true,
            Heal::Faults => is_paused || is_looked_after,
            Heal::Nothing => !is_paused && is_looked_after,
        };
        let stopped = container.state() != State::Processing;
        stopped && allowed && !self.lost.contains(plan.layout.container_place(id).0)
    }

    /// Whether an orchestrator has yet to start a container again that will get further than it did: a system is not at rest that
    /// goes on by itself. One that stopped because what it depends on has failed would stop again at once.
    pub(super) fn has_restart_due(&self, plan: &Plan) -> bool {
        plan.offers_faults
            && plan.containers.iter().any(|context| {
                plan.restarts(context.id)
                    && self.faults.is_ready(FaultPoint::Restart(context.id))
                    && self.reaches_all(context, plan)
            })
    }

    /// Whether all works that the container depends on.
    fn reaches_all(&self, context: &container::Context, plan: &Plan) -> bool {
        let works = |machine: &MachineId| {
            let place = plan.layout.places()[machine.index()];
            Target::of(place).is_none_or(|target| !self.is_disturbed(target))
        };
        let branches = context.branches.iter().flat_map(|branches| &branches.queues);
        let next = branches.chain([&context.out_queue]).filter(|_| context.publishes());
        let service = Some(&context.service).filter(|_| context.calls());
        let others = [&context.in_queue, &context.table];
        others.into_iter().chain(next).chain(service).all(works)
            && !self.faults.cut.contains(context.id.index())
            && self.can_write(context.id, plan)
    }

    /// Whether what the container's table depends on works as well: the writer of a global database, or, with strong replication, the log
    /// and the ways to it.
    fn can_write(&self, id: ContainerId, plan: &Plan) -> bool {
        let (region, stage) = plan.layout.container_place(id);
        let replicator = ReplicatorId(u16::from(stage.0));
        let works = |target| !self.is_disturbed(target);
        let scenario = plan.scenario();
        if plan.replicators[replicator.index()].is_database {
            let writer = self.replicators[replicator.index()].writer();
            let forwards = scenario.aurora.forwarding != Forwarding::Off || writer == region;
            return forwards && works(Target::Table(plan.layout.table(writer, stage)));
        }
        scenario.replication.mode == ReplicationMode::Eventual
            || works(Target::Replicator(replicator))
                && plan.layout.region_ids().all(|region| works(Target::Link(replicator, region)))
    }

    /// An orchestrator starts the containers again that have died or stopped, whenever it gets to it.
    pub(super) fn offer_restart(&mut self, id: ContainerId, plan: &Plan) {
        let container = &self.containers[id.index()];
        let region = plan.layout.container_place(id).0;
        let is_down = (container.crashed() || container.state() == State::FailedDependency)
            && !self.lost.contains(region);
        if is_down && plan.restarts(id) {
            self.faults.offer(FaultPoint::Restart(id), true);
        }
    }
}
