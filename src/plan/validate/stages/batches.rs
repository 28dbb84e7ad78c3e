//! What goes together in containers that receive several records at a time.

use crate::model::options::{Delivery, OnBatchFailure};
use crate::plan::validate::number;
use crate::plan::validate::stages::{each, refuse};
use crate::scenario::{Problem, Scenario, StageSettings};

/// Batches of a size that there is, of queues that have them, and no answer to what cannot happen.
pub(in crate::plan::validate) fn batches(scenario: &Scenario) -> Result<(), Problem> {
    size("container.batch", scenario.container.batch)?;
    for (stage, own) in &scenario.stage {
        if let Some(batch) = own.container.batch {
            size(&format!("stage.{stage}.container.batch"), batch)?;
        }
    }
    for (stage, own) in each(scenario) {
        fits(scenario, stage, &own)?;
    }
    Ok(())
}

/// SQS hands out ten messages with one reply, at most.
fn size(key: &str, batch: u8) -> Result<(), Problem> {
    number(key, "records with one request", batch.into())
}

fn fits(scenario: &Scenario, stage: &str, own: &StageSettings) -> Result<(), Problem> {
    let (batch, on_failure) = (own.container.batch, own.container.on_batch_failure);
    let contradictions = [
        (
            batch > 1 && own.queue.delivery == Delivery::Log,
            "container.batch",
            (
                "of a log a consumer reads one record after the other, and commits positions",
                "leave it out (queue.commit = \"at-intervals\" commits several together), or use fifo or standard queues",
            ),
        ),
        (
            batch == 1 && on_failure != OnBatchFailure::default(),
            "container.on_batch_failure",
            (
                "containers receive one record at a time",
                "set container.batch to 2 or more, or leave this out",
            ),
        ),
        (
            own.queue.delivery == Delivery::Standard
                && on_failure == OnBatchFailure::FailedOnlyBack,
            "container.on_batch_failure",
            (
                "standard queues keep no order, so nothing goes back with a record that fails",
                "use \"failed-back\", which is the same there, or fifo queues",
            ),
        ),
    ];
    refuse(scenario, Some(stage), &contradictions)
}
