//! Where a container publishes that sends to several queues, or to one of several.

use crate::model::container::{Act, Context, Hand, Steps};
use crate::model::id::{MachineId, RecordId};
use crate::model::options::OnFanOut;

/// The queues that a container publishes to, if that is not one for all records.
#[derive(Clone, Debug)]
pub(crate) struct Branches {
    /// In the order in which it publishes.
    pub(crate) queues: Vec<MachineId>,
    /// By record: which one of them gets it; none if all do.
    pub(crate) of_record: Option<Vec<u8>>,
}

impl Branches {
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
        if on_fan_out == OnFanOut::AfterFirst {
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

    /// Which of the steps that publish it is, counted from 0.
    fn number_of_branch(&self, step: u8) -> usize {
        let before = &self.steps[..usize::from(step)];
        before.iter().filter(|&&act| act == Some(Act::Branch)).count()
    }

    /// The queue that has refused what is in the hand.
    #[cold]
    pub(super) fn refuser(&self, hand: Option<Hand>) -> MachineId {
        match hand {
            Some(Hand { copy, step, .. }) if self.action(step) == Some(Act::Branch) => {
                self.branch(step, copy.id)
            }
            Some(_) | None => self.out_queue,
        }
    }

    /// Whether it goes on without what was refused: the first of several queues has the record.
    pub(super) fn leaves_out(&self, hand: Option<Hand>) -> bool {
        self.options.on_fan_out == OnFanOut::BestEffort
            && hand.is_some_and(|hand| {
                self.action(hand.step) == Some(Act::Branch) && self.number_of_branch(hand.step) > 0
            })
    }
}
