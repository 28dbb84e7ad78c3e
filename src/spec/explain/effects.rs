//! Why the external service had its effect more than once, or never.

use super::Narrator;
use crate::model::id::{QueueId, RecordId, StageId};
use crate::model::layout::Place;
use crate::model::options::{Action, Idempotency, KeyStore};
use crate::words::plural;

impl Narrator<'_> {
    pub(super) fn effects(&self, record: RecordId, stage: StageId, times: u8) -> String {
        let service = self.name(Place::Service);
        let stage = &self.simulation.plan().layout.stages[stage.index()];
        let times = match times {
            0 => format!("never had its effect for {record}, which was delivered"),
            1 => format!("had its effect for {record} once"),
            2 => format!("had its effect for {record} twice"),
            _ => format!("had its effect for {record} {times} times"),
        };
        format!("{service} {times}; it is called at {stage}")
    }

    pub(super) fn why_effects(&self, record: RecordId, stage: StageId, times: u8) -> Vec<String> {
        let plan = self.simulation.plan();
        if let Some(why) = self.given_up_before(record, stage).filter(|_| times == 0) {
            return vec![why];
        }
        let (scenario, steps) = (plan.scenario(), &plan.container_of(stage).options.steps);
        let at = |wanted| steps.iter().position(|&action| action == wanted);
        let service = self.name(Place::Service);
        let why = if times == 0 {
            match at(Action::Call) > at(Action::Remove) {
                true => "a record is removed before the call: who dies in between does not call any more",
                false => "a container passed it on without a call that was answered",
            }
            .to_owned()
        } else {
            match scenario.service.idempotency {
                Idempotency::None => format!(
                    "{service} does not recognize a repeated call (service.idempotency = \"none\")"
                ),
                Idempotency::ByAttempt if scenario.service.keys == KeyStore::InMemory => format!(
                    "{service} knows a call by its delivery, and keeps that in memory: this was another \
                     delivery, or it had failed in between"
                ),
                Idempotency::ByAttempt => {
                    format!("{service} knows a call by its delivery, and this was another delivery")
                }
                Idempotency::ByRecord if scenario.service.window == 0 => format!(
                    "{service} had lost the key of the first call when it failed: it keeps keys in memory"
                ),
                Idempotency::ByRecord => format!(
                    "{service} had forgotten the key of the first call: it keeps one for {}",
                    plural(u64::from(scenario.service.window), "further effect", "further effects")
                ),
            }
        };
        vec![why]
    }

    /// That the record is among the dead letters of a queue from which it would come to the stage.
    fn given_up_before(&self, record: RecordId, stage: StageId) -> Option<String> {
        let plan = self.simulation.plan();
        let has = |queue: QueueId| {
            let position = plan.layout.queue_place(queue).1;
            let mut dead = self.simulation.queue(queue).dead(self.simulation.shelf());
            plan.ahead_of(position, record).contains(stage.index())
                && dead.any(|item| item.copy.id == record)
        };
        let queue = plan.queues.iter().map(|context| context.id).find(|&queue| has(queue))?;
        let parked = match plan.parks_in(queue) {
            true => ", and more are parked than queue.parked_max allows",
            false => "",
        };
        Some(format!("it is among the dead letters of {}{parked}", self.queue(queue)))
    }
}
