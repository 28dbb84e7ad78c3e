//! Words for dead letters: why they matter, and how the deliveries ended after which they were given up.

use super::Narrator;
use crate::model::container::{Context, WhyBack};
use crate::model::fault::FaultKind;
use crate::model::id::{QueueId, RecordId};
use crate::model::layout::Place;
use crate::model::options::{Action, OnDependencyFailure, Receive};
use crate::spec::ledger::{GivenBack, Interruption};
use crate::words::plural;

impl Narrator<'_> {
    /// Why dead letters matter.
    pub(super) fn why_dead(&self, queue: QueueId, group: &[RecordId]) -> String {
        let plan = self.simulation.plan();
        let it = if group.len() == 1 { "it" } else { "them" };
        if plan.parks_in(queue) {
            let most = plan.scenario().queue.parked_max;
            return format!("of those that containers can process, {most} may be parked");
        }
        match group.iter().all(|&record| plan.is_poison(record)) {
            true => match plan.scenario().records.poison_at.as_slice() {
                [] => format!("no container can process {it}"),
                stages => format!("no container of {} can process {it}", stages.join(", ")),
            },
            false => format!("nothing redrives {it}"),
        }
    }

    /// How the deliveries ended after which the records are dead letters of the queue, as far as that is not said of each
    /// record: the failure of the work is another matter than a consumer that was stopped.
    pub(super) fn ended(
        &self,
        queue: QueueId,
        receives: u64,
        group: &[RecordId],
    ) -> Option<String> {
        let (&first, rest) = group.split_first()?;
        let reads = |back: &GivenBack| {
            self.simulation.plan().containers[back.container.index()].in_queue_id == queue
        };
        let Some(back) = self.ledger.given_back(first).filter(reads) else {
            let mut records = group.iter();
            let is_returned = records.any(|&record| self.ledger.given_back(record).is_some());
            return if is_returned { None } else { self.interrupted(queue) };
        };
        let is_same = rest.iter().all(|&record| self.ledger.given_back(record) == Some(back));
        let it = match (rest.is_empty(), is_same) {
            (true, _) => "it".to_owned(),
            (false, true) => "them".to_owned(),
            (false, false) => first.to_string(),
        };
        let often = match u64::from(back.times) {
            times if times >= receives => "each time".to_owned(),
            1 => "the last time".to_owned(),
            times => format!("the last {times} times"),
        };
        let name = self.name(Place::Container(back.container));
        let why = self.why_back(back, &it)?;
        Some(format!("{name} gave {it} back {often}: {why}"))
    }

    /// Why a container gives a record back; nothing if that is said of dead letters in another place.
    fn why_back(&self, back: GivenBack, it: &str) -> Option<String> {
        let layout = &self.simulation.plan().layout;
        let (region, stage) = layout.container_place(back.container);
        let table = layout.table(region, stage);
        let name = self.name(Place::Table(table));
        Some(match back.why {
            WhyBack::Poison | WhyBack::With(_) => return None,
            WhyBack::Unreadable => {
                let row = self.simulation.plan().keys().unreadable()?;
                match self.simulation.rows(table).get(row).written_here {
                    true => format!("it cannot read the row of {row} in {name}"),
                    false => format!(
                        "it cannot read the row of {row}, which replication brought to {name}"
                    ),
                }
            }
            WhyBack::NewFormat => {
                "it was of the old release, which cannot read the new format".to_owned()
            }
            WhyBack::OldFormat => {
                "it was of the new release, which cannot read the old format".to_owned()
            }
            WhyBack::Duplicate => format!("{name} had {it} already"),
            WhyBack::Refused(by) => format!("{} refused", layout.name(by)),
        })
    }

    /// That those that read the queue were stopped, and gave nothing back.
    fn interrupted(&self, queue: QueueId) -> Option<String> {
        let readers = || {
            let readers = self.simulation.plan().containers.iter();
            readers.filter(|context| context.in_queue_id == queue)
        };
        let stopped: Vec<String> = readers().filter_map(|one| self.was_stopped(one)).collect();
        if stopped.is_empty() {
            return None;
        }
        let has_failed = readers().any(|one| self.ledger.container(one.id).refusals > 0);
        let head = match has_failed {
            true => "no container gave it back",
            false => "no delivery ended because the work failed",
        };
        Some(format!("{head}: {}", stopped.join(", ")))
    }

    /// How often a container was stopped, and by what.
    fn was_stopped(&self, context: &Context) -> Option<String> {
        let of_this = |stop: &&Interruption| stop.container == context.id;
        let kinds = || self.ledger.interruptions().iter().filter(of_this).map(|stop| stop.kind);
        let times = |number: usize| plural(number as u64, "time", "times");
        let crashes = kinds().filter(|&kind| kind == FaultKind::Crash).count();
        let deployments = kinds().filter(|&kind| kind == FaultKind::Deploy).count();
        let rollbacks = kinds().filter(|&kind| kind == FaultKind::Rollback).count();
        let refusals = self.ledger.container(context.id).refusals as usize;
        let all = [
            (crashes, "crashed"),
            (deployments, "was replaced in a deployment"),
            (rollbacks, "was replaced in a rollback"),
            (refusals, "stopped since it was refused"),
        ];
        let some = all.into_iter().filter(|&(number, _)| number > 0);
        let some: Vec<String> =
            some.map(|(number, how)| format!("{how} {}", times(number))).collect();
        let name = self.name(Place::Container(context.id));
        (!some.is_empty()).then(|| format!("{name} {}", some.join(" and ")))
    }

    /// That a container had the last of the records in its memory when it was stopped, and whether its stage has stored it: of a
    /// design in which a queue lets go of a record before it is done with.
    pub(super) fn died_with_it(
        &self,
        queue: QueueId,
        step: u64,
        group: &[RecordId],
    ) -> Vec<String> {
        let plan = self.simulation.plan();
        let has_it = |stop: &&Interruption| {
            let context = &plan.containers[stop.container.index()];
            let options = &plan.queues[queue.index()].options;
            let is_early = context.options.steps.last() != Some(&Action::Remove)
                || options.receive == Receive::Destructive;
            context.in_queue_id == queue && stop.seen.0 >= step && is_early
        };
        let [record] = *group else { return Vec::new() };
        let Some(stop) = self.ledger.interruptions().iter().find(has_it) else {
            return Vec::new();
        };
        let (region, stage) = plan.layout.container_place(stop.container);
        if self.ledger.is_forwarded(record, stage, region, plan) || self.is_dropped(stop, record) {
            return Vec::new();
        }
        let name = self.name(Place::Container(stop.container));
        let how = match stop.kind == FaultKind::Crash {
            true => "crashed",
            false => "was replaced",
        };
        let died = format!("{name} had it in its memory, and {how} at step {}", stop.seen.0);
        vec![died, self.row_of(record, stage, region)]
    }

    /// Whether the container may have dropped the record before it was stopped, because it is its way to drop such records.
    fn is_dropped(&self, stop: &Interruption, record: RecordId) -> bool {
        let plan = self.simulation.plan();
        let context = &plan.containers[stop.container.index()];
        let misreads =
            [true, false].into_iter().any(|is_old| context.misread_by(is_old, record).is_some());
        context.options.on_dependency_failure == OnDependencyFailure::Drop || misreads
    }
}
