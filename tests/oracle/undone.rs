//! Which faults of the script a healing has ended: what the script expects was meant of the system with them.

use std::collections::BTreeSet;

use active_active::model::dns;
use active_active::model::event::fault;
use active_active::model::fault::{FaultKind, Target};
use active_active::model::options::Restart;
use active_active::model::{ContainerId, Event};
use active_active::plan::Plan;

use super::trace::{By, Entry};

/// What is out, and whose fault it is.
#[derive(Default)]
pub(crate) struct Undone {
    of_script: BTreeSet<Target>,
    of_budget: BTreeSet<Target>,
    /// The regions that the script has taken out of a name.
    offline: BTreeSet<Target>,
    /// A healing has ended what the script had begun.
    pub(crate) any: bool,
}

impl Undone {
    /// Takes note of what happened in a step.
    pub(crate) fn note(&mut self, entry: &Entry, plan: &Plan) {
        for event in &entry.events {
            match *event {
                Event::Fault(fault::Event::Faulted { fault }) => {
                    self.begin(fault.kind, fault.target, entry.by, plan);
                }
                Event::Fault(fault::Event::Recovered { target, .. }) => {
                    let of_script = self.of_script.remove(&target);
                    let has_end = self.of_budget.remove(&target);
                    self.any |= entry.by == By::Healing && of_script && !has_end;
                }
                Event::Dns(dns::Event::RoutesChanged { side, offline }) => {
                    let stays = |target: &Target| match *target {
                        Target::Dns(of, region) => of != side || offline.contains(region),
                        _ => unreachable!("only regions are taken out of names"),
                    };
                    let before = self.offline.len();
                    self.offline.retain(stays);
                    self.any |= entry.by == By::Healing && self.offline.len() < before;
                }
                _ => {}
            }
        }
    }

    fn begin(&mut self, kind: FaultKind, target: Target, by: By, plan: &Plan) {
        let comes_back = |container: ContainerId| {
            let stage = plan.layout.container_place(container).1;
            let settings = plan.scenario().of_stages().nth(stage.index());
            settings.expect("it is a stage").container.restart == Restart::Always
        };
        let ends = match (kind, target) {
            (FaultKind::Crash, Target::Container(container)) => comes_back(container),
            _ => false,
        };
        match (kind, by) {
            (_, By::Healing) => {}
            (FaultKind::Offline, _) => _ = self.offline.insert(target),
            (FaultKind::Fail | FaultKind::Pause | FaultKind::Crash, By::Budget) => {
                self.of_budget.insert(target);
            }
            (FaultKind::Fail | FaultKind::Pause | FaultKind::Crash, By::Machine) if !ends => {
                self.of_script.insert(target);
            }
            _ => {}
        }
    }
}
