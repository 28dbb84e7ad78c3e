//! What a healing has ended of what the script did: what the script expects was meant of the system with that.

use std::collections::BTreeSet;

use active_active::model::dns;
use active_active::model::event::fault;
use active_active::model::fault::{FaultKind, Target};
use active_active::model::options::{Commands, Restart};
use active_active::model::{ContainerId, Event};
use active_active::plan::{Check, DriverAction, Plan};

use super::expectation;
use super::trace::{By, Entry};
use super::world::World;

#[derive(Default)]
pub(crate) struct Undone {
    /// What the script has made fail.
    failed: BTreeSet<Target>,
    /// The regions that the script has taken out of a name.
    offline: BTreeSet<Target>,
    /// What of that a healing has ended, and the script has not ended since.
    ended: BTreeSet<Target>,
    /// The actions that expect that records have not come where they had come before a healing.
    broken: BTreeSet<usize>,
}

impl Undone {
    /// Whether what an action expects is judged by what is so when the script comes to it; nothing if it is not judged.
    pub(crate) fn judges(&self, action: usize, is_so: bool) -> Option<bool> {
        if self.broken.contains(&action) {
            Some(false)
        } else {
            self.ended.is_empty().then_some(is_so)
        }
    }

    /// Takes note of what happened in a step, which the world has yet to see.
    pub(crate) fn note(&mut self, entry: &Entry, world: &World, plan: &Plan) {
        if entry.by == By::Healing {
            let is_broken = |action: &usize| {
                matches!(plan.actions()[*action], DriverAction::Check(Check::Bypassed(..)))
                    && !expectation::holds(plan.script_line(*action), world, plan)
            };
            self.broken.extend((0..plan.actions().len()).filter(is_broken));
        }
        let of_all = entry.action.map(|action| (action, None));
        let of_one = entry.told.map(|(action, number)| (action, Some(number)));
        for (action, number) in of_all.into_iter().chain(of_one) {
            self.recover(action, number, plan);
        }
        for event in &entry.events {
            if let Event::Fault(fault::Event::Faulted { fault }) = *event {
                self.begin(fault.kind, fault.target, entry.by, plan);
            } else if let Event::Fault(fault::Event::Recovered { target, .. }) = *event {
                let was_out = self.failed.remove(&target);
                if entry.by == By::Healing && was_out {
                    self.ended.insert(target);
                }
            } else if let Event::Dns(dns::Event::RoutesChanged { side, offline }) = *event {
                let regions = plan.layout.region_ids().filter(|region| !offline.contains(*region));
                for name in regions.map(|region| Target::Dns(side, region)) {
                    if self.offline.remove(&name) && entry.by == By::Healing {
                        self.ended.insert(name);
                    }
                }
            }
        }
    }

    /// The script recovers what it names, at once or as this message comes to one of them.
    fn recover(&mut self, action: usize, number: Option<usize>, plan: &Plan) {
        let Some(DriverAction::Recover(targets)) = plan.actions().get(action) else { return };
        let as_messages = plan.scenario().commands == Commands::AsMessages;
        for (index, target) in targets.iter().enumerate() {
            let is_told = number == Some(index);
            if is_told || number.is_none() && !as_messages {
                self.failed.remove(target);
                self.ended.remove(target);
            }
        }
    }

    fn begin(&mut self, kind: FaultKind, target: Target, by: By, plan: &Plan) {
        if by != By::Machine {
            return;
        }
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
        self.ended.remove(&target);
        if kind == FaultKind::Offline {
            self.offline.insert(target);
        } else if [FaultKind::Fail, FaultKind::Pause, FaultKind::Crash].contains(&kind) && !ends {
            self.failed.insert(target);
        }
    }
}
