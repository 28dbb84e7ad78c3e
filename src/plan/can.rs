//! What can happen in the system of a plan: which faults, and what follows from its design.

use crate::model::dns::DnsSide;
use crate::model::fault::{Fault, FaultKind, Target};
use crate::model::id::{MachineId, RecordId, RegionId, StageId};
use crate::model::options::{ContainerOptions, DualWrite, OnOldFormat};
use crate::plan::{Await, Check, DriverAction, Plan};
use crate::scenario::{PropertyName, Scenario, ScriptStep};

impl Plan {
    /// The faults of the script, in its order.
    pub fn faults(&self) -> impl Iterator<Item = Fault> + '_ {
        self.actions
            .iter()
            .flat_map(|action| match action {
                DriverAction::Fault(faults) | DriverAction::FaultSome(faults) => faults.as_slice(),
                DriverAction::Publish(_)
                | DriverAction::Await(_)
                | DriverAction::Recover(_)
                | DriverAction::Redrive(_)
                | DriverAction::Weights(_)
                | DriverAction::Check(_) => &[],
            })
            .copied()
    }

    /// Whether the script or the budget lets this kind of fault happen.
    pub fn has_fault(&self, kind: FaultKind) -> bool {
        self.budget.does(kind) || self.faults().any(|fault| fault.kind == kind)
    }

    /// What an outage of the region does that the scheduler chooses.
    pub(crate) fn outage(&self, region: RegionId) -> &[Fault] {
        self.outages.get(region.index()).map_or(&[], Vec::as_slice)
    }

    /// Whether a record can be delivered again, or a container start again: not without a fault, in
    /// a design that does not give records back.
    pub(crate) fn repeats(&self) -> bool {
        self.repeats
    }

    /// Whether the script or the budget lets such a component fail.
    pub(crate) fn can_fail(&self, such: impl Fn(Target) -> bool) -> bool {
        let faults = self.faults().chain(self.outages.iter().flatten().copied());
        let mut failing = faults.filter(|fault| fault.kind == FaultKind::Fail);
        let any_may = self.budget.does_to_components(FaultKind::Fail);
        let mut components = self.layout.places().iter().filter_map(|&place| Target::of(place));
        // A container that does not reach its table takes it for one that has failed.
        let tables = self.tables.iter().map(|table| Target::Table(table.id));
        let links = self.replicators.iter().map(|one| Target::Link(one.id, RegionId(0)));
        let mut cut = tables.chain(links).filter(|_| self.budget.partition > 0);
        failing.any(|fault| such(fault.target))
            || (any_may && components.any(&such))
            || cut.any(such)
    }

    /// Whether something can be gone for good.
    pub fn can_lose(&self) -> bool {
        self.has_fault(FaultKind::Lose) || self.has_fault(FaultKind::Failover)
    }

    /// Whether a stage has a global database.
    pub fn has_database(&self) -> bool {
        self.replicators.iter().any(|replicator| replicator.is_database)
    }

    /// How many messages are late at once, at most: a fence for each cluster, and what the budget lets be late.
    pub(super) fn late_max(&self) -> usize {
        let fences = if self.fences_late { self.layout.tables() } else { 0 };
        fences + usize::from(self.budget.late) + usize::from(self.budget.request_timeout)
    }

    /// Whether a region can be gone for good.
    pub(crate) fn can_lose_a_region(&self) -> bool {
        let region = |fault: &Fault| matches!(fault.target, Target::Region(_));
        let scripted = self.faults().any(|fault| fault.kind == FaultKind::Lose && region(&fault));
        scripted || self.budget.lose_region > 0
    }

    /// Whether the source can be refused because this has failed.
    pub(crate) fn can_refuse_source(&self, target: Target) -> bool {
        if let Target::Queue(queue) = target {
            return self.layout.queue_place(queue).1 == 0;
        }
        matches!(target, Target::Dns(DnsSide::In, _))
    }

    /// The machine that a component is; none for what is no machine.
    pub(crate) fn machine_of(&self, target: Target) -> Option<MachineId> {
        target.place().map(|place| self.layout.machine(place))
    }

    /// The machine that a command about the target is a message to; none for a region as a whole, and for a writer
    /// that moves.
    pub(crate) fn commanded(&self, target: Target) -> Option<MachineId> {
        target.site().map(|place| self.layout.machine(place))
    }

    /// How many places the logs of all replicators have, for the rows that they know of: none unless
    /// conditions are judged there.
    pub(crate) fn log_places(&self) -> usize {
        let judges = self.replicators.iter().any(|replicator| replicator.log_from.is_some());
        if judges { self.replicators.len() * (self.records() + 1) } else { 0 }
    }

    /// Whether containers take back what they have stored and cannot forward.
    pub(crate) fn takes_back(&self) -> bool {
        self.any_container(ContainerOptions::compensates)
    }

    /// How many rows there are of which it is known who has written them: none unless rows are taken back.
    pub(crate) fn writers_places(&self) -> usize {
        match self.takes_back() {
            true => self.layout.tables() * (self.records() + 1),
            false => 0,
        }
    }

    /// Whether containers store, publish and remove in one transaction.
    pub(crate) fn transacts(&self) -> bool {
        self.any_container(|container| container.dual_write == DualWrite::Transaction)
    }

    /// Whether those of the stage store, publish and remove in one transaction.
    pub(crate) fn transacts_at(&self, stage: StageId) -> bool {
        self.containers.iter().any(|context| {
            self.layout.container_place(context.id).1 == stage
                && context.options.dual_write == DualWrite::Transaction
        })
    }

    /// Whether the time of a write makes a difference: tables show the record that was written last.
    pub(crate) fn compares_times(&self) -> bool {
        self.compares_times
    }

    /// How many steps the clock of a region that is ahead is ahead of the others: of any number, more than a run
    /// has.
    pub(crate) fn skew(&self) -> u32 {
        match self.scenario.table.skew {
            0 => 1 << 30,
            steps => steps,
        }
    }

    /// Whether a system goes round, and does not come to rest, while a fault lasts: containers give back what is refused,
    /// and get it again, or ask a log that has failed for the next record.
    pub(crate) fn goes_round(&self) -> bool {
        self.goes_round
    }

    /// Whether containers can get records in a format that their release cannot read, and go round with them until they are
    /// replaced.
    pub(crate) fn has_misread_formats(&self) -> bool {
        has_misread_formats(&self.scenario)
    }

    /// Whether there are records that some container cannot process.
    pub(crate) fn cannot_process(&self) -> bool {
        cannot_process(&self.scenario)
    }

    /// Whether no container can process the record.
    pub fn is_poison(&self, record: RecordId) -> bool {
        self.scenario.records.poison.contains(&record.0)
    }

    /// Whether records may stay in some dead-letter queue.
    pub fn parks(&self) -> bool {
        self.parks
    }

    /// Whether the script waits for the source to be refused.
    pub(crate) fn awaits_refusal(&self) -> bool {
        self.awaits_refusal
    }

    /// Whether the script goes on when a single record has come somewhere, or would not wait for one that is parked.
    pub(super) fn waits_for_records(&self) -> bool {
        let by_record = |action: &DriverAction| {
            matches!(action, DriverAction::Await(Await::EnqueuedAt(..) | Await::Delivered(_)))
        };
        self.parks() || self.actions.iter().any(by_record)
    }

    /// Whether the scenario leaves the property out.
    pub fn leaves_out(&self, property: PropertyName) -> bool {
        self.scenario.spec.leave_out.contains(&property)
    }

    /// What the script expects, with the index of each action, in order.
    pub(crate) fn checks(&self) -> impl Iterator<Item = (usize, &Check)> + '_ {
        self.actions.iter().enumerate().filter_map(|(index, action)| {
            if let DriverAction::Check(check) = action { Some((index, check)) } else { None }
        })
    }

    /// The bit of what this action of the script expects: each has one of its own, in the order of the script, and what comes
    /// after 63 others shares the last one.
    pub fn check_bit(&self, action: usize) -> u64 {
        let before = self.checks().take_while(|(index, _)| *index < action).count();
        1 << before.min(63)
    }

    /// Whether the script expects or awaits anything.
    pub fn has_checks(&self) -> bool {
        let checks = |action| matches!(action, &DriverAction::Check(_) | &DriverAction::Await(_));
        self.actions.iter().any(checks)
    }
}

/// Whether there are records that some container cannot process.
pub(super) fn cannot_process(scenario: &Scenario) -> bool {
    !scenario.records.poison.is_empty() || has_misread_formats(scenario)
}

/// Whether containers can get records in a format that their release cannot read.
pub(super) fn has_misread_formats(scenario: &Scenario) -> bool {
    let has_old = scenario.topology.old_containers > 0 || rolls_back(scenario);
    scenario.records.new_format_from > 0 && (has_old || misreads_old(scenario))
}

/// How many records are in a format that some container cannot read, at most.
pub(super) fn misread_records(scenario: &Scenario) -> u64 {
    if !has_misread_formats(scenario) {
        return 0;
    }
    let first = u64::from(scenario.records.new_format_from);
    match misreads_old(scenario) {
        true => scenario.records.total(),
        false => scenario.records.total() - first + 1,
    }
}

/// Whether containers of the new release cannot read the old format at some stage.
fn misreads_old(scenario: &Scenario) -> bool {
    scenario.of_stages().any(|stage| stage.container.on_old_format != OnOldFormat::Read)
}

/// Whether the script brings the old release back.
pub(super) fn rolls_back(scenario: &Scenario) -> bool {
    let is_one = |step: &ScriptStep| matches!(step, ScriptStep::Fault(FaultKind::Rollback, _));
    scenario.script.iter().any(is_one)
}
