//! The driver: carries out the script, one step of it at a time.

use crate::model::event::Event;
use crate::model::fault::FaultPoint;
use crate::model::id::{BatchId, QueueId, RecordId, RegionId};
use crate::model::layout::Place;
use crate::model::message::Message;
use crate::plan::{Await, Check, DriverAction, Plan};
use crate::sim::world::World;

/// How far the script is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Driver {
    /// Index of the action that is due.
    next: u16,
    /// That action is an await which did not hold when the driver came to it.
    waiting: bool,
    /// The scheduler chose this moment for an `await sometime`.
    released: bool,
}

impl Driver {
    /// Index of the action that is due, into [`Plan::actions`]; their number when the script has
    /// ended.
    pub fn next(&self) -> usize {
        usize::from(self.next)
    }

    /// Whether the scheduler chose the moment of the await that is due.
    pub(crate) fn is_released(&self) -> bool {
        self.released
    }

    /// Whether it waits for an await to come true.
    pub fn is_waiting(&self) -> bool {
        self.waiting
    }
}

impl World {
    /// Carries out the step of the script that is due.
    pub(super) fn drive(&mut self, plan: &Plan) {
        let index = self.driver.next();
        match &plan.actions[index] {
            DriverAction::Publish(batch) => {
                let source = plan.layout.machine(Place::Source);
                self.out.send(source, Message::Publish { batch: *batch });
            }
            DriverAction::Await(condition) => {
                if !self.holds(*condition, plan) {
                    self.driver.waiting = true;
                    let any_moment = *condition == Await::Sometime;
                    return self.faults.offer(FaultPoint::GoOn, any_moment);
                }
                self.driver.released = false;
            }
            DriverAction::Fault(faults) => {
                faults.iter().for_each(|&fault| self.inject(fault, plan));
            }
            DriverAction::Recover(targets) => {
                targets.iter().for_each(|&target| self.recover(target, plan));
            }
            DriverAction::Redrive(queues) => {
                queues.iter().for_each(|&queue| self.redrive(queue, plan));
            }
            DriverAction::Weights(weights) => self.set_weights(weights, plan),
            DriverAction::Check(check) => {
                if !self.check(check, plan) {
                    self.out.emit(Event::ExpectationFailed { action: index as u16 });
                }
            }
        }
        self.driver.next += 1;
        if self.driver.next() < plan.actions.len() {
            self.out.send(plan.layout.machine(Place::Driver), Message::Proceed);
        }
    }

    /// Lets the driver go on if what it waits for has come true.
    #[inline]
    pub(super) fn update_driver(&mut self, plan: &Plan) {
        let changed = self.out.take_progress();
        if self.driver.waiting && (changed || self.out.ready().is_empty()) {
            self.go_on_if_it_holds(plan);
        }
    }

    fn go_on_if_it_holds(&mut self, plan: &Plan) {
        if let DriverAction::Await(condition) = plan.actions[self.driver.next()]
            && self.holds(condition, plan)
        {
            self.let_driver_go_on(plan);
        }
    }

    /// The scheduler chose this moment.
    pub(super) fn release_driver(&mut self, plan: &Plan) {
        self.driver.released = true;
        self.let_driver_go_on(plan);
    }

    fn let_driver_go_on(&mut self, plan: &Plan) {
        self.driver.waiting = false;
        self.faults.offer(FaultPoint::GoOn, false);
        self.out.send(plan.layout.machine(Place::Driver), Message::Proceed);
    }

    fn holds(&self, condition: Await, plan: &Plan) -> bool {
        match condition {
            Await::Batch(batch, milestone) => {
                self.out.progress().count(batch, milestone) == plan.batch(batch).count()
            }
            Await::Delivered(count) => self.out.progress().delivered() >= count,
            Await::Drained(region) => self.out.progress().queued(region) == 0,
            Await::Quiescent => self.out.ready().is_empty(),
            Await::Sometime => self.driver.released || self.out.ready().is_empty(),
        }
    }

    fn check(&self, check: &Check, plan: &Plan) -> bool {
        match check {
            Check::Delivered(count) => self.out.progress().delivered() == *count,
            Check::Waiting { queue, batch, records } => {
                self.check_waiting(*queue, *batch, *records, plan)
            }
            Check::Unreplicated(batch) => plan.batch(*batch).all(|record| {
                plan.tables.iter().all(|table| {
                    let row = self.rows_of(table.id, plan)[record.index()];
                    row.rows == 0 || row.written_here
                })
            }),
            Check::Bypassed(region, batch) => {
                plan.batch(*batch).all(|record| self.bypassed(record, *region))
            }
            Check::DeadLettered(count) => {
                let dead = self.queues.iter().map(|queue| queue.dead(&self.shelf).count());
                dead.sum::<usize>() == *count as usize
            }
            Check::State(containers, state) => {
                containers.iter().all(|id| self.containers[id.index()].state() == *state)
            }
        }
    }

    fn check_waiting(
        &self,
        queue: QueueId,
        batch: BatchId,
        records: Option<u32>,
        plan: &Plan,
    ) -> bool {
        let (region, _) = plan.layout.queue_place(queue);
        let here = |record: &RecordId| self.out.progress().entered(*record).contains(region);
        let count = plan.batch(batch).filter(here).count();
        let waits = |record| {
            let mut items = self.queues[queue.index()].items(&self.shelf);
            items.any(|item| item.copy.id == record)
        };
        let enough = records.map_or(count > 0, |records| count == records as usize);
        enough && plan.batch(batch).filter(here).all(waits)
    }

    fn bypassed(&self, record: RecordId, region: RegionId) -> bool {
        !self.out.progress().entered(record).contains(region)
    }
}
