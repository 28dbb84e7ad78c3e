//! The batch that a line of a script is about.

use super::{Condition, Expectation, ScriptStep};

impl ScriptStep {
    /// The number of the batch that the line is about.
    pub fn batch_mut(&mut self) -> Option<&mut u16> {
        match self {
            ScriptStep::Publish(batch)
            | ScriptStep::Await(
                Condition::Published(batch)
                | Condition::PublishedOrRefused(batch)
                | Condition::Enqueued(_, batch)
                | Condition::DeliveredBatch(batch),
            )
            | ScriptStep::Expect(
                Expectation::Waiting { batch, .. }
                | Expectation::Unreplicated(batch)
                | Expectation::Bypassed(_, batch),
            ) => Some(batch),
            ScriptStep::Await(
                Condition::Delivered(_)
                | Condition::DeliveredAll
                | Condition::Drained(_)
                | Condition::Quiescent
                | Condition::Sometime,
            )
            | ScriptStep::Expect(
                Expectation::Delivered(_)
                | Expectation::DeadLettered(_)
                | Expectation::State(..)
                | Expectation::Objective(_),
            )
            | ScriptStep::Fault(..)
            | ScriptStep::FailSome(_)
            | ScriptStep::MoveWriter(..)
            | ScriptStep::Outage(_)
            | ScriptStep::Recover(_)
            | ScriptStep::Redrive(_)
            | ScriptStep::Weights(_) => None,
        }
    }
}
