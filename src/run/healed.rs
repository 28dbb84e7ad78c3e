//! What a run needed an operator for.

use crate::model::container::State;
use crate::model::dns::DnsSide;
use crate::model::fault::{FaultPoint, Target};
use crate::model::id::{ContainerId, MachineId, RegionId};
use crate::model::options::Heal;
use crate::plan::names::{outside_containers, target_name};
use crate::plan::{Await, DriverAction, Plan};
use crate::sim::{Choice, Simulation};
use crate::spec::Spec;

/// What the healings of a run brought back that nothing else would have: neither the script, nor the end of
/// a fault of the budget, nor an orchestrator (`container.restart`).
///
/// A design that holds only because someone starts its containers again is not one that recovers by itself.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::explore::{BroughtBack, Healed, Outage, Runner, Verdict};
/// use active_active::plan::Plan;
/// use active_active::scenario::Scenario;
/// use active_active::scheduler::RoundRobin;
///
/// let scenario = Scenario::parse(r#"
///     name = "refused"
///     script = ["fail core-table@1", "publish 1", "await quiescent", "recover core-table@1"]
/// "#)?;
/// let plan = Arc::new(Plan::new(&scenario)?);
/// let outcome = Runner::new(Arc::clone(&plan)).run(&mut RoundRobin::default(), 0, &mut ());
/// assert_eq!(outcome.verdict, Verdict::Holds);
/// let healed: Healed = outcome.healed;
/// let first: BroughtBack = healed.first.expect("the container stopped");
/// assert!(matches!(first.cause, Outage::Refused(_)));
/// assert_eq!(
///     first.text(&plan),
///     "core-container@1 stopped (core-table@1 refused) and nothing in the script restarts it"
/// );
/// assert_eq!(first.too_late, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Healed {
    /// The first component that was brought back; none if no operator was needed.
    pub first: Option<BroughtBack>,
    /// The action of the script that did not come true before the first healing.
    pub(crate) awaited: Option<usize>,
}

/// A component that an operator has to bring back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BroughtBack {
    /// The component.
    pub target: Target,
    /// How it came to need that.
    pub cause: Outage,
    /// The script would have brought it back, had it not waited.
    pub too_late: Option<TooLate>,
}

/// A line of the script that recovers a component, and the line before it that the script waited at: what it waits for does
/// not come true as long as the component is out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TooLate {
    /// The action that recovers it, as an index into [`Plan::actions`].
    pub recovers: u16,
    /// The action that was waited at.
    pub waits: u16,
}

/// How a component came to need an operator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outage {
    /// The container stopped, because this machine refused it.
    Refused(MachineId),
    /// The container died.
    Crashed,
    /// The script made it fail, or paused it, and does not recover it.
    Scripted,
}

impl Healed {
    /// Notes what a healing of this state brings back.
    pub(crate) fn note(&mut self, simulation: &Simulation, spec: &Spec) {
        if simulation.driver().is_waiting() {
            self.awaited.get_or_insert(simulation.driver().next());
        }
        if self.first.is_none() {
            self.first = first(simulation, spec);
        }
    }
}

impl BroughtBack {
    /// It as text: "core-container@1 stopped (core-table@1 refused) and nothing in the script
    /// restarts it"; or "… and 'recover *' comes only after 'await quiescent', which had not come true".
    pub fn text(self, plan: &Plan) -> String {
        let layout = &plan.layout;
        let name = target_name(self.target, layout);
        let what = match self.cause {
            Outage::Refused(by) => format!("{name} stopped ({} refused)", layout.name(by)),
            Outage::Crashed => format!("{name} crashed"),
            Outage::Scripted if self.too_late.is_none() => {
                return format!("nothing in the script recovers {name}");
            }
            Outage::Scripted => format!("{name} was out"),
        };
        let Some(TooLate { recovers, waits }) = self.too_late else {
            return format!("{what} and nothing in the script restarts it");
        };
        let line = |action| plan.script_line(usize::from(action));
        let (recovers, waits) = (line(recovers), line(waits));
        format!("{what} and '{recovers}' comes only after '{waits}', which had not come true")
    }
}

/// The first component, containers before what they depend on, that only the healing brings back.
pub(crate) fn first(simulation: &Simulation, spec: &Spec) -> Option<BroughtBack> {
    let plan = simulation.plan();
    let layout = &plan.layout;
    let heal = plan.scenario().heal;
    let containers = (0..layout.containers() as u16).map(ContainerId);
    let stopped = containers.filter_map(|id| container(id, simulation, spec));
    // Machines before the names that lead to them.
    let is_name = |target: &Target| matches!(target, Target::Dns(..));
    let others = outside_containers(layout).filter(|target| !is_name(target));
    let others = others.chain(outside_containers(layout).filter(is_name));
    let others = others.filter(|&target| {
        // A region that was taken offline on purpose is no outage, unless records wait for it.
        let failed = if let Target::Dns(side, region) = target {
            simulation.dns(side).failed().contains(region)
                || simulation.dns(side).offline().contains(region)
                    && simulation.restores_routes()
                    && waits_for_route(side, region, simulation, spec)
        } else {
            simulation.is_disturbed(target)
        };
        failed && !is_lost(target, simulation) && !simulation.has_an_end(target)
    });
    let others = others.filter_map(|target| brought_back(target, Outage::Scripted, simulation));
    match heal {
        Heal::Everything => stopped.chain(others).next(),
        Heal::Faults => {
            let mut paused = stopped.filter(|one| one.cause == Outage::Scripted);
            paused.next().or_else(|| { others }.next())
        }
        Heal::Nothing => None,
    }
}

/// Why only the healing brings the container back, if so.
fn container(id: ContainerId, simulation: &Simulation, spec: &Spec) -> Option<BroughtBack> {
    let target = Target::Container(id);
    let container = simulation.container(id);
    let restarts = simulation.plan().restarts(id);
    let cause = match container.state() {
        State::Processing => return None,
        State::FailedDependency if restarts => return None,
        State::FailedDependency => {
            spec.ledger().container(id).refused_by.map_or(Outage::Scripted, Outage::Refused)
        }
        // A crash or a pause of the budget ends with a restart, which is on offer.
        State::FailedProcessing
            if simulation.enabled().contains(Choice::Fault(FaultPoint::Restart(id))) =>
        {
            return None;
        }
        State::FailedProcessing if container.crashed() => {
            if restarts {
                return None;
            }
            Outage::Crashed
        }
        State::FailedProcessing => Outage::Scripted,
    };
    let is_own = is_lost(target, simulation) || simulation.has_an_end(target);
    if is_own { None } else { brought_back(target, cause, simulation) }
}

/// Nothing, if the script goes on by itself and recovers it then: the system goes round, and the healing was taken before.
fn brought_back(target: Target, cause: Outage, simulation: &Simulation) -> Option<BroughtBack> {
    let (plan, driver) = (simulation.plan(), simulation.driver());
    let recovers = |(_, action): &(usize, &DriverAction)| matches!(action, DriverAction::Recover(targets) if targets.contains(&target));
    let mut left = plan.actions().iter().enumerate().skip(driver.next());
    let too_late = left
        .find(recovers)
        .map(|(action, _)| TooLate { recovers: action as u16, waits: driver.next() as u16 });
    let at_any_moment = DriverAction::Await(Await::Sometime);
    let goes_on = !driver.is_waiting() || plan.actions().get(driver.next()) == Some(&at_any_moment);
    (too_late.is_none() || !goes_on).then_some(BroughtBack { target, cause, too_late })
}

/// Whether a record waits until the region, which is offline, is in the name again: at the source, where no other region is; or in
/// the region's outbound queue.
fn waits_for_route(side: DnsSide, region: RegionId, simulation: &Simulation, spec: &Spec) -> bool {
    let plan = simulation.plan();
    let layout = &plan.layout;
    match side {
        DnsSide::In => {
            let offline = simulation.dns(side).offline();
            let is_out = |other| offline.contains(other) || simulation.is_lost(other);
            let is_owed = |record| {
                let facts = spec.ledger().record(record);
                simulation.has_begun(plan.batch_of(record)) && !facts.accepted
            };
            layout.region_ids().all(is_out) && plan.record_ids().any(is_owed)
        }
        DnsSide::Out => {
            let outbound = layout.queue(region, layout.shape.last());
            !simulation.queue(outbound).is_empty()
        }
    }
}

fn is_lost(target: Target, simulation: &Simulation) -> bool {
    let region = target.region(&simulation.plan().layout);
    region.is_some_and(|region| simulation.is_lost(region))
}
