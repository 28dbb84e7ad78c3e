//! What the system holds at one moment: queues, containers, tables.

use crate::model::container;
use crate::model::id::{ContainerId, MachineId, QueueId, RecordId, ReplicatorId, TableId};
use crate::model::layout::Place;
use crate::model::{queue, replicator, service, table};
use crate::run::{Observer, Phase};
use crate::sim::{Simulation, Step};
use crate::words::plural;

/// Watches a run and keeps what the system holds after one step of it.
///
/// ```
/// use std::sync::Arc;
///
/// use active_active::explore::Runner;
/// use active_active::plan::Plan;
/// use active_active::report::View;
/// use active_active::scenario::builtin;
/// use active_active::scheduler::RoundRobin;
///
/// let plan = Arc::new(Plan::new(&builtin::scenario("baseline")?)?);
/// let mut view = View::after(30);
/// Runner::new(plan).run(&mut RoundRobin::default(), 0, &mut view);
/// let queue = view.lines().iter().find(|line| line.starts_with("inbound-queue@1")).expect("it is shown");
/// assert!(queue.contains("record 1"), "{queue}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct View {
    step: u64,
    lines: Vec<String>,
}

impl View {
    /// What the system holds after this step, counted from 1; 0 is the beginning.
    pub fn after(step: u64) -> View {
        View { step, lines: Vec::new() }
    }

    /// One line for each component that holds something, or has failed.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    fn look(&mut self, simulation: &Simulation) {
        if simulation.steps() == self.step {
            self.lines = lines(simulation);
        }
    }
}

impl Observer for View {
    fn begin(&mut self, simulation: &Simulation) {
        self.look(simulation);
    }

    fn phase(&mut self, _phase: Phase, simulation: &Simulation) {
        self.look(simulation);
    }

    fn step(&mut self, _step: &Step, simulation: &Simulation) {
        self.look(simulation);
    }
}

/// What the system holds, one line for each component that holds something or has failed.
pub fn lines(simulation: &Simulation) -> Vec<String> {
    let layout = &simulation.plan().layout;
    let mut lines = Vec::new();
    for (index, &place) in layout.places().iter().enumerate() {
        let machine = MachineId(index as u16);
        let content = if let Place::Queue(id) = place {
            of_queue(id, simulation)
        } else if let Place::Container(id) = place {
            of_container(id, simulation)
        } else if let Place::Table(id) = place {
            of_table(id, simulation)
        } else if let Place::Replicator(id) = place {
            of_replicator(id, machine, simulation)
        } else if place == Place::Service {
            of_service(simulation)
        } else if place == Place::Destination {
            of_destination(simulation)
        } else {
            None
        };
        let name = layout.name(machine);
        lines.extend(content.map(|content| format!("{name:<26} {content}")));
    }
    lines
}

fn of_service(simulation: &Simulation) -> Option<String> {
    let service = simulation.service();
    let failed = service.state() == service::State::Failed;
    let effects = plural(u64::from(service.effects()), "effect", "effects");
    match (failed, service.effects()) {
        (true, _) => Some(format!("Failed, {effects}")),
        (false, 0) => None,
        (false, _) => Some(effects),
    }
}

fn of_queue(id: QueueId, simulation: &Simulation) -> Option<String> {
    let queue = simulation.queue(id);
    let layout = &simulation.plan().layout;
    let is_log = simulation.plan().is_log(id);
    let in_flight = queue.in_flight(simulation.shelf()).map(|item| {
        let (record, holder) = (item.copy.id, layout.name(item.holder.machine));
        match (is_log, item.is_processed()) {
            (false, _) => format!("{record} (in flight to {holder})"),
            (true, false) => format!("{record} (read by {holder})"),
            (true, true) => format!("{record} (processed by {holder}, not committed)"),
        }
    });
    let mut parts: Vec<String> = in_flight.collect();
    let visible = simulation.queue_items(id).skip(parts.len());
    parts.extend(visible.map(|item| item.copy.id.to_string()));
    let mirrored = queue.mirrored(simulation.shelf());
    parts.extend(mirrored.map(|item| format!("{} (mirrored)", item.copy.id)));
    let dead = queue.dead(simulation.shelf());
    parts.extend(dead.map(|item| format!("{} (dead letter)", item.copy.id)));
    if queue.state() == queue::State::Failed {
        parts.insert(0, "has failed".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn of_container(id: ContainerId, simulation: &Simulation) -> Option<String> {
    let container = simulation.container(id);
    let others: Vec<String> = simulation.batch(id).map(|record| record.to_string()).collect();
    let hand = container.hand().map(|hand| match others.is_empty() {
        true => format!("works on {}", hand.copy.id),
        false => format!("works on {} and has {}", hand.copy.id, others.join(", ")),
    });
    match (container.state(), hand) {
        (container::State::Processing, hand) => hand,
        (state, None) => Some(state.name().to_owned()),
        (state, Some(hand)) => Some(format!("{}, {hand}", state.name())),
    }
}

fn of_table(id: TableId, simulation: &Simulation) -> Option<String> {
    let rows = simulation.rows(id);
    let records = simulation.plan().record_ids().filter_map(|record| {
        let row = rows.get(record);
        let origin = if row.written_here { "" } else { " (replicated)" };
        match row.rows {
            0 => None,
            1 => Some(format!("{record}{origin}")),
            many => Some(format!("{record}{origin} in {many} rows")),
        }
    });
    let mut parts: Vec<String> = records.collect();
    if simulation.table(id).state() == table::State::Failed {
        parts.insert(0, "has failed".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn of_replicator(id: ReplicatorId, machine: MachineId, simulation: &Simulation) -> Option<String> {
    let failed = simulation.replicator(id).state() == replicator::State::Failed;
    let waiting = simulation.waiting(machine) as u64;
    let backlog = plural(waiting, "row waits", "rows wait");
    match (failed, waiting) {
        (false, 0) => None,
        (true, 0) => Some("has failed".to_owned()),
        (false, _) => Some(backlog),
        (true, _) => Some(format!("has failed, {backlog}")),
    }
}

fn of_destination(simulation: &Simulation) -> Option<String> {
    let order = simulation.destination().order();
    let records: Vec<String> = order.iter().map(RecordId::to_string).collect();
    (!records.is_empty()).then(|| records.join(", "))
}
