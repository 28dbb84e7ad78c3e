//! Where a stage publishes that sends to several queues, or to one of several.

use crate::model::container::{Act, Context, Hand, Steps};
use crate::model::id::{MachineId, QueueId, RecordId};
use crate::model::options::OnFanOut;

/// The queues that a container publishes to, or the relay of its table, if that is not one for all records.
#[derive(Clone, Debug)]
pub(crate) struct Branches {
    /// In the order in which it publishes.
    pub(crate) queues: Vec<MachineId>,
    /// Which queues they are, in the same order.
    pub(crate) ids: Vec<QueueId>,
    /// By record: which one of them gets it; none if all do.
    pub(crate) of_record: Option<Vec<u8>>,
}

impl Branches {
    /// The queues that a record is published to, in order.
    pub(crate) fn of(&self, record: RecordId) -> impl Iterator<Item = MachineId> {
        let number = self.of_record.as_ref().map(|of| usize::from(of[record.index()]));
        let is_one = move |at: usize| number.is_none_or(|number| number == at);
        self.queues.iter().enumerate().filter(move |&(at, _)| is_one(at)).map(|(_, &queue)| queue)
    }

    /// How often a container publishes a record.
    pub(crate) fn times(&self) -> usize {
        if self.of_record.is_some() { 1 } else { self.queues.len() }
    }

    /// What a container does, with its one `publish` in the place of as many as it takes.
    pub(crate) fn steps(&self, steps: &Steps, on_fan_out: OnFanOut) -> Steps {
        let times = self.times();
        let mut acts: Vec<Act> = Vec::new();
        for &act in steps.iter().flatten() {
            match (act, on_fan_out) {
                (Act::Publish, OnFanOut::AfterAll | OnFanOut::BestEffort) => {
                    acts.extend(std::iter::repeat_n(Act::Branch, times));
                }
                (Act::Publish, OnFanOut::AfterFirst) => {
                    acts.extend((times > 0).then_some(Act::Branch))
                }
                // There is no intent to publish what goes nowhere.
                (Act::Begin, _) if times == 0 => {}
                _ => acts.push(act),
            }
        }
        if on_fan_out == OnFanOut::AfterFirst && steps.contains(&Some(Act::Publish)) {
            acts.extend(std::iter::repeat_n(Act::Branch, times.saturating_sub(1)));
        }
        let mut all = Steps::default();
        all.iter_mut().zip(acts).for_each(|(to, act)| *to = Some(act));
        all
    }
}

impl Context {
    /// Where a record is published in this step.
    #[cold]
    pub(crate) fn branch(&self, step: u8, record: RecordId) -> MachineId {
        let branches =
            self.branches.as_deref().expect("only a container with branches has such steps");
        let number = match &branches.of_record {
            Some(of_record) => usize::from(of_record[record.index()]),
            None => self.number_of_branch(step),
        };
        branches.queues[number]
    }

    /// All queues that a record is published to, in order.
    pub(crate) fn queues_of(&self, record: RecordId) -> impl Iterator<Item = MachineId> {
        let branches = self.branches.as_deref();
        let number =
            branches.and_then(|branches| branches.of_record.as_ref()).map(|of| of[record.index()]);
        let all =
            branches.map_or(std::slice::from_ref(&self.out_queue), |branches| &branches.queues);
        let is_one = move |at: usize| number.is_none_or(|number| usize::from(number) == at);
        all.iter().enumerate().filter(move |&(at, _)| is_one(at)).map(|(_, &queue)| queue)
    }

    /// Whether it publishes by itself, and leaves that to no relay.
    pub(crate) fn publishes(&self) -> bool {
        let acts = [Act::Publish, Act::Branch, Act::Transact];
        acts.into_iter().any(|act| self.steps.contains(&Some(act)))
    }

    /// Whether it calls the external service.
    pub(crate) fn calls(&self) -> bool {
        self.steps.contains(&Some(Act::Call))
    }

    /// Which of the steps that publish it is, counted from 0.
    fn number_of_branch(&self, step: u8) -> usize {
        let before = &self.steps[..usize::from(step)];
        before.iter().filter(|&&act| act == Some(Act::Branch)).count()
    }

    /// The queue, or the external service, that has refused what is in the hand.
    #[cold]
    pub(super) fn refuser(&self, hand: Option<Hand>) -> MachineId {
        let Some(Hand { copy, step, .. }) = hand else { return self.out_queue };
        match self.action(step) {
            Some(Act::Branch) => self.branch(step, copy.id),
            Some(Act::Call) => self.service,
            Some(Act::Begin | Act::Store | Act::Publish | Act::Remove | Act::Transact) | None => {
                self.out_queue
            }
        }
    }

    /// Whether it has stored what is in the hand, could not go on to forward it, and takes that back.
    pub(crate) fn takes_back(&self, hand: Option<Hand>) -> bool {
        let Some(Hand { step, .. }) = hand.filter(|_| self.options.compensates()) else {
            return false;
        };
        let is_on_the_way =
            matches!(self.action(step), Some(Act::Publish | Act::Branch | Act::Call));
        is_on_the_way && self.steps[..usize::from(step)].contains(&Some(Act::Store))
    }

    /// Whether it goes on without what was refused: the first of several queues has the record.
    pub(super) fn leaves_out(&self, hand: Option<Hand>) -> bool {
        self.options.on_fan_out == OnFanOut::BestEffort
            && hand.is_some_and(|hand| {
                self.action(hand.step) == Some(Act::Branch) && self.number_of_branch(hand.step) > 0
            })
    }
}
