//! How many steps a run takes, at most, if it comes to rest.

use crate::model::options::Commands;
use crate::plan::can::misread_records;
use crate::plan::{DriverAction, Plan};

impl Plan {
    /// A bound on the number of steps from a state with `copies` records in queues, in hands and
    /// with the source, under a scheduler that lets no machine wait for ever.
    ///
    /// Each copy passes each stage at most once more, and a dozen messages and two for each
    /// region are enough for one stage; each machine can have a few messages on top. The bound is
    /// four times what that adds up to, and a run that exceeds it does not come to rest.
    pub fn fair_steps_max(&self, copies: u64) -> u64 {
        let stages = self.layout.shape.visits().saturating_add(1);
        let regions = self.layout.regions as u64;
        let per_stage = 12 + 2 * regions;
        let machines = self.layout.machines() as u64;
        let options = &self.in_dns.options;
        // A change of a region's health is probed so often, there and back, and asked about at every
        // stage; then an answer may be refused as long as it lives.
        let health = match options.health_threshold {
            0 => 0,
            threshold => regions * (u64::from(threshold) * 6 + stages * 4),
        };
        let resolving = u64::from(options.ttl) * 8;
        // A record that cannot be processed is given back at once, as often as a queue delivers it.
        let records = &self.scenario.records;
        let unreadable = misread_records(&self.scenario);
        let poison = (records.poison.len() as u64 + unreadable) * regions;
        let receives = self.queues.iter().map(|queue| queue.options.max_receives).max();
        let given_back = poison * u64::from(receives.unwrap_or(0)) * 4;
        let rest = machines * 8 + self.script_steps_max() * 2 + health + resolving + given_back;
        copies
            .saturating_mul(stages)
            .saturating_mul(per_stage)
            .saturating_add(rest)
            .saturating_mul(4)
    }

    /// How many steps the script takes, at most, without those in which the driver only waits; commands that are
    /// messages included.
    fn script_steps_max(&self) -> u64 {
        let commands = u64::from(self.scenario.commands == Commands::AsMessages);
        let steps = |action: &DriverAction| match action {
            DriverAction::FaultSome(faults) => (1 + commands) * faults.len() as u64,
            DriverAction::Fault(faults) => 1 + commands * faults.len() as u64,
            DriverAction::Recover(targets) => 1 + commands * targets.len() as u64,
            DriverAction::Publish(_)
            | DriverAction::Await(_)
            | DriverAction::Redrive(_)
            | DriverAction::Weights(_)
            | DriverAction::Check(_) => 1,
        };
        self.actions.iter().map(steps).sum()
    }

    /// A bound that a run with a scheduler of any kind exceeds only when it does not come to rest
    /// by itself; then the healing begins.
    pub fn chaos_steps_max(&self) -> u64 {
        let faults = self.budget.total() + self.actions().len() as u64;
        self.fair_steps_max(self.records() as u64).saturating_mul(2 + faults)
    }
}
