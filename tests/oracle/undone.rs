//! Which faults of the script a healing has ended: what the script expects was meant of the system with them.

use std::collections::BTreeSet;

use active_active::model::dns;
use active_active::model::event::fault;
use active_active::model::fault::{FaultKind, Target};
use active_active::model::options::Restart;
use active_active::model::{ContainerId, Event};
use active_active::plan::Plan;

use super::trace::{By, Entry};

/// What the script has made fail.
#[derive(Default)]
pub(crate) struct Undone {
    of_script: BTreeSet<Target>,
    /// The regions that the script has taken out of a name.
    offline: BTreeSet<Target>,
    /// A healing has ended what the script had begun.
    pub(crate) any: bool,
}

impl Undone {
    /// Takes note of what happened in a step.
    pub(crate) fn note(&mut self, entry: &Entry, plan: &Plan) {
        for event in &entry.events {
            if let Event::Fault(fault::Event::Faulted { fault }) = *event {
                self.begin(fault.kind, fault.target, entry.by, plan);
            } else if let Event::Fault(fault::Event::Recovered { target, .. }) = *event {
                let of_script = self.of_script.remove(&target);
                self.any |= entry.by == By::Healing && of_script;
            } else if let Event::Dns(dns::Event::RoutesChanged { side, offline }) = *event {
                let is_answered = |target: &Target| {
                    let names = |region| *target == Target::Dns(side, region);
                    plan.layout
                        .region_ids()
                        .any(|region| names(region) && !offline.contains(region))
                };
                let before = self.offline.len();
                self.offline.retain(|target| !is_answered(target));
                self.any |= entry.by == By::Healing && self.offline.len() < before;
            }
        }
    }

    fn begin(&mut self, kind: FaultKind, target: Target, by: By, plan: &Plan) {
        let comes_back = |container: ContainerId| {
            let stage = plan.layout.container_place(container).1;
            let settings = plan.scenario().of_stages().nth(stage.index());
            settings.expect("it is a stage").container.restart == Restart::Always
        };
        let ends = if let (FaultKind::Crash, Target::Container(container)) = (kind, target) {
            comes_back(container)
        } else {
            false
        };
        let makes_fail = [FaultKind::Fail, FaultKind::Pause, FaultKind::Crash].contains(&kind);
        if by == By::Healing {
            return;
        }
        if kind == FaultKind::Offline {
            self.offline.insert(target);
        } else if makes_fail && !ends && by == By::Machine {
            self.of_script.insert(target);
        }
    }
}
