//! What goes together in a queue, and what a log does not have.

use crate::model::options::{
    AtCapacity, Commit, Deduplication, Delivery, Groups, Mirror, OnDependencyFailure,
    PositionsAtFailover, QueueOptions, Receive, RemoveBy, Storage,
};
use crate::plan::validate::stages::{Contradiction, each, refuse};
use crate::scenario::{Problem, Scenario};

/// No answer to what cannot happen, at each stage and in the queues that belong to none.
pub(in crate::plan::validate) fn queues(scenario: &Scenario) -> Result<(), Problem> {
    let has_keys = scenario.records.keys > 0;
    refuse(scenario, None, &of_a_queue(&scenario.queue, has_keys))?;
    for (stage, own) in each(scenario) {
        refuse(scenario, Some(stage), &of_a_queue(&own.queue, has_keys))?;
        let reads_on = own.container.on_dependency_failure == OnDependencyFailure::ReadOn;
        let is_no_log = own.queue.delivery != Delivery::Log;
        refuse(
            scenario,
            Some(stage),
            &[(reads_on && is_no_log, "container.on_dependency_failure", POSITIONS)],
        )?;
    }
    Ok(())
}

const POSITIONS: (&str, &str) =
    ("only a log has positions", "set queue.delivery = \"log\", or leave this out");

fn of_a_queue(queue: &QueueOptions, has_keys: bool) -> Vec<Contradiction> {
    let (is_fifo, is_log) = (queue.delivery == Delivery::Fifo, queue.delivery == Delivery::Log);
    let fifo = ("only fifo queues have that", "set queue.delivery = \"fifo\", or leave this out");
    let grouped = (
        "only fifo queues and logs have that",
        "set queue.delivery = \"fifo\" or \"log\", or leave this out",
    );
    let keys = ("records have no business keys", "set records.keys to 1 or more");
    let mut all = if is_log { of_a_log(queue).to_vec() } else { Vec::new() };
    all.extend([
        (
            queue.at_capacity != AtCapacity::default() && queue.capacity == 0,
            "queue.at_capacity",
            ("no queue is ever full", "set queue.capacity, or leave this out"),
        ),
        (!is_log && queue.commit != Commit::default(), "queue.commit", POSITIONS),
        (
            !is_log && queue.mirror != Mirror::default(),
            "queue.mirror",
            ("only a log is mirrored", "set queue.delivery = \"log\", or leave this out"),
        ),
        (
            queue.mirror == Mirror::None
                && queue.positions_at_failover != PositionsAtFailover::default(),
            "queue.positions_at_failover",
            ("the log is not mirrored", "set queue.mirror = \"asynchronous\", or leave this out"),
        ),
        (!is_fifo && !is_log && queue.groups != Groups::One, "queue.groups", grouped),
        (!has_keys && queue.groups == Groups::ByKey, "queue.groups", keys),
        (!is_fifo && queue.deduplication != Deduplication::None, "queue.deduplication", fifo),
        (!has_keys && queue.deduplication == Deduplication::ByKey, "queue.deduplication", keys),
    ]);
    all
}

/// Nothing that is said of single messages: a log has positions.
fn of_a_log(queue: &QueueOptions) -> [Contradiction; 5] {
    let leave = "leave it out, or use fifo or standard queues";
    [
        (
            queue.groups == Groups::ByRecord,
            "queue.groups",
            (
                "a log has no partition for each record",
                "use \"one\", or \"by-key\" with records.keys",
            ),
        ),
        (
            queue.capacity > 0,
            "queue.capacity",
            (
                "a log is never full: what is too old is dropped",
                "use budget.expire, or leave it out",
            ),
        ),
        (
            queue.storage != Storage::default(),
            "queue.storage",
            ("a log is on disk", "use queue.mirror for a region that is lost, or leave it out"),
        ),
        (
            queue.receive != Receive::default(),
            "queue.receive",
            (
                "a log keeps what it hands out",
                "to commit before the work, put \"remove\" first in container.steps",
            ),
        ),
        (
            queue.remove != RemoveBy::default(),
            "queue.remove",
            ("nothing is removed from a log: positions are committed", leave),
        ),
    ]
}
