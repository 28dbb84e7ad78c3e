//! At which machines a breach shows: what a picture of the system marks.

use crate::model::event::Holder;
use crate::model::fault::Fault;
use crate::model::id::{MachineId, RegionId, StageId};
use crate::model::layout::{Layout, Place};
use crate::spec::Breach;

impl Breach {
    /// The machines at which it shows: the table that lacks the row, the queue that lost the record. None, if it
    /// is about the run as a whole.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use active_active::explore::{Failure, check};
    /// use active_active::model::options::Action;
    /// use active_active::plan::Plan;
    /// use active_active::scenario::builtin;
    ///
    /// let mut scenario = builtin::scenario("baseline")?;
    /// scenario.container.steps = vec![Action::Publish, Action::Store, Action::Remove];
    /// let Err(Failure::Violated(found)) = check(&scenario, &[]) else { panic!("it is wrong") };
    /// let layout = Plan::new(&scenario)?.layout;
    /// let machines = found.violation.breach.machines(&layout);
    /// let names: Vec<&str> = machines.iter().map(|&machine| layout.name(machine)).collect();
    /// assert_eq!(names, ["inbound-container@1"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn machines(&self, layout: &Layout) -> Vec<MachineId> {
        if let Breach::Restless { machine, .. } = *self {
            return vec![machine];
        }
        self.places(layout).into_iter().map(|place| layout.machine(place)).collect()
    }

    fn places(&self, layout: &Layout) -> Vec<Place> {
        let table = |region: RegionId, stage: StageId| Place::Table(layout.table(region, stage));
        let of_fault = |fault: Fault| fault.target.site().into_iter().collect();
        match *self {
            Breach::ForwardedUnstored { container, .. }
            | Breach::AnsweredAgain { container }
            | Breach::ContainerStuck { container } => vec![Place::Container(container)],
            Breach::RemovedUnstored { queue, .. }
            | Breach::RemovedUnforwarded { queue, .. }
            | Breach::QueueNotEmpty { queue, .. } => vec![Place::Queue(queue)],
            Breach::Lost { queue, .. } | Breach::CutOff { queue, .. } => {
                queue.map(Place::Queue).into_iter().collect()
            }
            Breach::SeveralRows { table, .. }
            | Breach::WentBack { table, .. }
            | Breach::Ignored { table, .. }
            | Breach::CameBack { table, .. }
            | Breach::NotStored { table, .. } => vec![Place::Table(table)],
            Breach::KeyDiverged { stage, first, region, .. }
            | Breach::Diverged { stage, first, region, .. } => {
                vec![table(first, stage), table(region, stage)]
            }
            Breach::CountedAgain { .. }
            | Breach::DestinationWentBack { .. }
            | Breach::Undelivered { .. }
            | Breach::TooSlow { .. } => vec![Place::Destination],
            Breach::Effects { .. } => vec![Place::Service],
            Breach::Misrouted { .. } | Breach::Misjudged { .. } => vec![Place::InDns],
            Breach::FetchMisrouted { .. } => vec![Place::OutDns],
            Breach::Invented { at, .. } | Breach::Overtaken { at, .. } => vec![at.place()],
            Breach::LostUnasked { holder, .. } => vec![held_in(holder)],
            Breach::RecoveredLate { fault, .. } | Breach::ExposedLong { fault, .. } => {
                of_fault(fault)
            }
            Breach::OverRpo { .. }
            | Breach::Unexpected { .. }
            | Breach::StillWaiting { .. }
            | Breach::Restless { .. } => Vec::new(),
        }
    }
}

/// The machine that a copy was in.
fn held_in(holder: Holder) -> Place {
    match holder {
        Holder::Queue(id) | Holder::DeadLetters(id) | Holder::Mirror(id) => Place::Queue(id),
        Holder::Table(id) | Holder::Stream(id) | Holder::Outbox(id, _) | Holder::Log(id) => {
            Place::Table(id)
        }
    }
}
