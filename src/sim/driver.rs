//! The driver: carries out the script, one step of it at a time.

use crate::model::event::Event;
use crate::model::fault::{Fault, FaultPoint};
use crate::model::id::{BatchId, MachineId, QueueId, RecordId, RegionId};
use crate::model::layout::{DRIVER, Place};
use crate::model::message::Message;
use crate::model::options::OnRefusal;
use crate::model::progress::Milestone;
use crate::plan::{Await, Check, DriverAction, Plan, Strike};
use crate::sim::Pair;
use crate::sim::world::World;

#[cfg(test)]
mod by_itself;
#[cfg(test)]
pub(crate) mod fields;

/// How far the script is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Driver {
    /// Index of the action that is due.
    next: u16,
    /// That action is an await which did not hold when the driver came to it.
    waiting: bool,
    /// The scheduler chose this moment for an `await sometime`.
    released: bool,
    /// Of a `fail some`: the index of the component that it stands at; 0 at any other action.
    component: u16,
    /// Of a `fail some`: how many of the components before that one it let fail.
    failed: u16,
    /// The scheduler chose that the component fails.
    fails: bool,
    /// What the script expects, by its number among all that it expects, that was not judged.
    passed_over: u64,
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

    /// Of a `fail some`: the component that it stands at, and whether it let one before it fail.
    pub(crate) fn component(&self) -> (u16, bool) {
        (self.component, self.failed > 0)
    }

    /// In which proportion the component that it stands at fails or is left be.
    ///
    /// A Pólya urn: where *k* of *i* failed so far, the next one fails with probability (k + 1) / (i + 2),
    /// which makes every number of them equally likely, and of one number every set. As one of the *n*
    /// must fail, the odds are those given that while none has.
    pub(super) fn shares(&self, plan: &Plan) -> (u32, u32) {
        let DriverAction::FaultSome(faults) = &plan.actions[self.next()] else { return (0, 1) };
        let (count, component) = (faults.len() as u32, u32::from(self.component));
        match u32::from(self.failed) {
            0 => (count + 1, (count - 1 - component) * (component + 1)),
            failed => (failed + 1, component - failed + 1),
        }
    }

    /// What the script expects that was not judged, by bits ([`Plan::check_bit`]): the system had been healed of what the
    /// script had done to it.
    pub fn passed_over(&self) -> u64 {
        self.passed_over
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
                if self.has_to_send(*batch, plan) {
                    self.note_strike(Strike::of_script(index));
                }
                self.source.forget_refusals(*batch);
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
            DriverAction::Fault(faults) => self.let_begin(index, faults, plan),
            DriverAction::FaultSome(faults) => {
                if !self.fail_or_leave_be(faults, plan) {
                    self.out.send(DRIVER, Message::Proceed);
                    return self.offer_to_fail(plan);
                }
            }
            DriverAction::Recover(targets) => self.let_end(index, targets, plan),
            DriverAction::Redrive(queues) => {
                queues.iter().for_each(|&queue| self.redrive(queue, plan));
            }
            DriverAction::Weights(weights) => self.set_weights(weights, plan),
            DriverAction::Check(check) => self.judge(index, check, plan),
        }
        self.driver.next += 1;
        if self.driver.next() < plan.actions.len() {
            self.out.send(DRIVER, Message::Proceed);
        }
        self.offer_to_fail(plan);
    }

    /// Whether the source sends a record of the batch, if it is published now, that it would not send without that: one that tries
    /// again whatever is refused goes on with a batch by itself.
    fn has_to_send(&self, batch: BatchId, plan: &Plan) -> bool {
        let source = plan.layout.machine(Place::Source);
        let mut due = self.out.inbox(source).chain(self.out.held(self.source.pending()));
        let is_due = due.any(|message| *message == Message::Publish { batch });
        let is_at_it = is_due || self.source.is_sending(batch);
        let goes_on = plan.source.options.on_refusal == OnRefusal::Retry;
        self.source.has_left(batch, &plan.source) && !(is_at_it && goes_on)
    }

    /// Judges what the script expects while its faults last, but not behind a healing that has ended them.
    fn judge(&mut self, action: usize, check: &Check, plan: &Plan) {
        let bit = plan.check_bit(action);
        let is_broken = self.ending.broken() & bit != 0;
        if !self.undone.is_empty() && !is_broken {
            self.driver.passed_over |= bit;
        } else if is_broken || !self.check(check, plan) {
            self.out.emit(Event::ExpectationFailed { action: action as u16 });
        }
    }

    /// The component that the driver stands at fails, by choice or as the last one of which none
    /// failed, or is left be. Whether it was the last one.
    fn fail_or_leave_be(&mut self, faults: &[Fault], plan: &Plan) -> bool {
        let Driver { component, failed, .. } = self.driver;
        let is_last = usize::from(component) + 1 == faults.len();
        let fails = std::mem::take(&mut self.driver.fails) || is_last && failed == 0;
        if fails {
            let number = usize::from(component);
            self.let_one_begin(self.driver.next(), number, faults[number], plan);
        }
        (self.driver.component, self.driver.failed) = match is_last {
            true => (0, 0),
            false => (component + 1, failed + u16::from(fails)),
        };
        is_last
    }

    /// Offers that the component that the driver stands at fails, if it stands at one and may also
    /// leave it be.
    pub(super) fn offer_to_fail(&mut self, plan: &Plan) {
        let Driver { component, failed, .. } = self.driver;
        self.alternatives.failing = match plan.actions.get(self.driver.next()) {
            Some(DriverAction::FaultSome(faults)) => {
                let is_last = usize::from(component) + 1 == faults.len();
                let machine = plan.machine_of(faults[usize::from(component)].target);
                machine.filter(|_| !is_last || failed > 0)
            }
            Some(
                DriverAction::Publish(_)
                | DriverAction::Await(_)
                | DriverAction::Fault(_)
                | DriverAction::Recover(_)
                | DriverAction::Redrive(_)
                | DriverAction::Weights(_)
                | DriverAction::Check(_),
            )
            | None => None,
        };
    }

    /// The driver carries out its step of the script and lets this component fail.
    ///
    /// # Panics
    ///
    /// If it does not stand at that component, or must let it fail without being told.
    pub(super) fn let_fail(&mut self, machine: MachineId, plan: &Plan) -> Pair {
        let offered = self.alternatives.failing;
        assert_eq!(offered, Some(machine), "the driver cannot let {machine:?} fail now");
        self.driver.fails = true;
        self.handle_next(DRIVER, plan)
    }

    /// Lets the driver go on if what it waits for has come true.
    #[inline]
    pub(super) fn update_driver(&mut self, plan: &Plan) {
        if (self.out.take_progress() || self.out.ready().is_empty()) && self.driver.waiting {
            self.go_on_if_it_holds(plan);
        }
    }

    fn go_on_if_it_holds(&mut self, plan: &Plan) {
        if let DriverAction::Await(condition) = plan.actions[self.driver.next()]
            && self.holds(condition, plan)
        {
            self.let_driver_go_on();
        }
    }

    /// The scheduler chose this moment.
    pub(super) fn release_driver(&mut self) {
        self.driver.released = true;
        self.let_driver_go_on();
    }

    fn let_driver_go_on(&mut self) {
        self.driver.waiting = false;
        self.faults.offer(FaultPoint::GoOn, false);
        self.out.send(DRIVER, Message::Proceed);
    }

    fn holds(&self, condition: Await, plan: &Plan) -> bool {
        match condition {
            Await::Batch(batch, milestone) => {
                self.out.progress().is_complete(batch, milestone)
                    || plan.parks() && self.comes_or_is_parked(batch, milestone, plan)
            }
            Await::PublishedOrRefused(batch) => {
                self.source.was_refused(batch)
                    || self.holds(Await::Batch(batch, Milestone::ACCEPTED), plan)
            }
            Await::EnqueuedAt(queue, batch) => {
                let has_come = |record| self.out.progress().has_come_to(record, queue);
                plan.batch(batch).all(|record| has_come(record) || self.is_parked(record, plan))
            }
            Await::Delivered(count) => self.out.progress().delivered() >= count,
            Await::Drained(region) => self.out.progress().queued(region) == 0,
            Await::Quiescent => {
                self.out.ready().is_empty()
                    && self.first_awaited().is_none()
                    && !self.has_restart_due(plan)
            }
            // A system that goes round after its last healing is the same at every moment.
            Await::Sometime => {
                let goes_on = self.driver.released || self.out.ready().is_empty();
                goes_on || self.ending.is_closed() && plan.has_misread_formats()
            }
        }
    }

    /// Whether the records of the batch that have not come so far are parked. The source's acknowledgement comes
    /// all the same.
    #[cold]
    fn comes_or_is_parked(&self, batch: BatchId, milestone: Milestone, plan: &Plan) -> bool {
        milestone != Milestone::ACCEPTED
            && plan.batch(batch).all(|record| {
                self.out.progress().has_reached(record, milestone) || self.is_parked(record, plan)
            })
    }

    /// Whether the record is in a dead-letter queue and may stay there.
    pub(super) fn is_parked(&self, record: RecordId, plan: &Plan) -> bool {
        plan.parks()
            && plan.queues.iter().any(|context| {
                let mut dead = self.queues[context.id.index()].dead(&self.shelf);
                plan.parks_in(context.id) && dead.any(|item| item.copy.id == record)
            })
    }

    pub(super) fn check(&self, check: &Check, plan: &Plan) -> bool {
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
        let (region, position) = plan.layout.queue_place(queue);
        let here = |record: &RecordId| {
            self.out.progress().entered(*record).contains(region)
                && plan.way(*record).contains(position)
        };
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
