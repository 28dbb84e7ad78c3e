//! A whole run as data: what happened in each step, and the state at the end.

use active_active::explore::{Observer, Phase};
use active_active::model::Message;
use active_active::model::container::State;
use active_active::model::{ContainerId, Event, Place, QueueId, RecordId, TableId};
use active_active::plan::{DriverAction, Plan};
use active_active::sim::{Choice, Simulation, Step};

/// What happened in one step, or in the healing at the end.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// How many choices the run had taken, this one included.
    pub(crate) step: u64,
    /// The action of the script that the driver carried out or came to, if it was its step.
    pub(crate) action: Option<usize>,
    /// The command of the script that a component heard: of which action, and of which of its components.
    pub(crate) told: Option<(usize, usize)>,
    /// What took it.
    pub(crate) by: By,
    /// In order.
    pub(crate) events: Vec<Event>,
}

/// What takes a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    /// A machine, of its own or at a command of the script.
    Machine,
    /// The scheduler: a fault of the budget, or its end.
    Budget,
    /// A healing.
    Healing,
}

/// The state in which a run ended, as far as the oracle asks for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct End {
    /// No machine can take a step.
    pub(crate) quiescent: bool,
    /// The driver waits for an await to come true.
    pub(crate) awaits: bool,
    /// By batch (from 1): the script has handed it to the source.
    pub(crate) published: Vec<bool>,
    /// By queue: how many records it holds.
    pub(crate) queued: Vec<usize>,
    /// By table: by key: the record that it shows.
    pub(crate) shown: Vec<Vec<RecordId>>,
    /// By table: by record (from 1): its rows and their value.
    pub(crate) rows: Vec<Vec<(u8, u32)>>,
    /// By record (from 1): it is at the destination.
    pub(crate) delivered: Vec<bool>,
    /// By container: it is in `Processing`, and its in-queue knows that it wants a record.
    pub(crate) works: Vec<bool>,
}

/// A run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    /// In order.
    pub(crate) entries: Vec<Entry>,
    /// Filled in by [`Trace::end`].
    pub(crate) end: End,
    /// The action of the script that is due.
    due: usize,
}

impl Observer for Trace {
    fn begin(&mut self, _simulation: &Simulation) {
        *self = Trace::default();
    }

    fn phase(&mut self, phase: Phase, simulation: &Simulation) {
        if phase == Phase::Heal {
            let events = simulation.events().to_vec();
            let by = By::Healing;
            let (step, action, told) = (simulation.steps(), None, None);
            self.entries.push(Entry { step, action, told, by, events });
        }
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        let driver = simulation.plan().layout.machine(Place::Driver);
        let action = (step.choice.machine() == Some(driver)).then_some(self.due);
        self.due = simulation.driver().next();
        let events = simulation.events().to_vec();
        let by = match step.choice {
            Choice::Fault(_) => By::Budget,
            Choice::Heal => By::Healing,
            Choice::Step(_) | Choice::Resolve(_) | Choice::Fail(_) => By::Machine,
        };
        let told = if let Some(Message::Command { action, number }) = step.message {
            Some((action.into(), number.into()))
        } else {
            None
        };
        self.entries.push(Entry { step: simulation.steps(), action, told, by, events });
    }
}

impl Trace {
    /// Takes note of the state in which the run ended.
    pub(crate) fn end(&mut self, simulation: &Simulation) {
        let plan = simulation.plan();
        let layout = &plan.layout;
        let records: Vec<RecordId> = plan.record_ids().collect();
        let shown = |table: u16| {
            simulation.latest(TableId(table)).iter().map(|latest| latest.record).collect()
        };
        let rows = |table: u16| {
            let rows = simulation.rows(TableId(table));
            let row = |&record: &RecordId| (rows.get(record).rows, rows.get(record).value);
            std::iter::once((0, 0)).chain(records.iter().map(row)).collect()
        };
        let delivered = |&record: &RecordId| simulation.destination().has(record);
        self.end = End {
            quiescent: simulation.enabled().is_quiescent(),
            awaits: simulation.driver().is_waiting(),
            published: published(plan, simulation.driver().next()),
            queued: (0..layout.queues() as u16)
                .map(|queue| simulation.queue_items(QueueId(queue)).count())
                .collect(),
            shown: (0..layout.tables() as u16).map(shown).collect(),
            rows: (0..layout.tables() as u16).map(rows).collect(),
            delivered: std::iter::once(false).chain(records.iter().map(delivered)).collect(),
            works: (0..layout.containers() as u16)
                .map(|container| works(ContainerId(container), simulation))
                .collect(),
        };
    }
}

/// By batch (from 1): it is published by one of the first `actions` actions.
fn published(plan: &Plan, actions: usize) -> Vec<bool> {
    let mut published = vec![false; plan.batches() + 1];
    for action in &plan.actions()[..actions] {
        if let DriverAction::Publish(batch) = action {
            published[batch.index()] = true;
        }
    }
    published
}

/// Whether a container is ready for the next record.
fn works(container: ContainerId, simulation: &Simulation) -> bool {
    let layout = &simulation.plan().layout;
    let (region, stage) = layout.container_place(container);
    let in_queue = simulation.queue(layout.queue(region, stage.index()));
    let machine = layout.machine(Place::Container(container));
    let processing = simulation.container(container).state() == State::Processing;
    processing && in_queue.waiting().iter().any(|client| client.machine == machine)
}
