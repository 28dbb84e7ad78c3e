//! What a scenario promises, by its own words.

use std::rc::Rc;

use active_active::model::options::{Delivery, Groups, Mirror, Policy, QueueOptions};
use active_active::plan::Plan;
use active_active::scenario::Budget;

use super::relays::{can_move, publishes_elsewhere};
use super::ways::{Ways, branch, meet_by_key};

/// What is asked after every event and is the same in all of them.
#[derive(Clone, Debug)]
pub(crate) struct Promises {
    /// Stages send elsewhere than to the next one.
    pub(crate) branches: bool,
    /// Where they do, the ways of each record.
    pub(crate) ways: Rc<Ways>,
    /// By stage: its records are stored in the order in which they came to its queue.
    pub(crate) fifo: Vec<bool>,
    /// By stage: what one region takes there goes on in another one, where a database has an outbox.
    pub(crate) elsewhere: Vec<bool>,
    /// Records reach each component in the order of publishing.
    pub(crate) order: bool,
}

impl Promises {
    /// Read once from the scenario.
    pub(crate) fn new(plan: &Plan) -> Promises {
        let stages = 0..plan.layout.stages.len();
        let branches = branch(plan);
        Promises {
            branches,
            ways: Rc::new(if branches { Ways::of_all(plan) } else { Ways::default() }),
            fifo: stages.clone().map(|stage| is_fifo_promised_at(stage, plan)).collect(),
            elsewhere: stages.map(|stage| publishes_elsewhere(stage, plan)).collect(),
            order: is_order_promised(plan),
        }
    }
}

/// What is said of a queue: for the stage that it is in front of, or, behind the last one, for all.
pub(crate) fn queue_options(position: usize, plan: &Plan) -> QueueOptions {
    let scenario = plan.scenario();
    match scenario.topology.stages.get(position) {
        Some(stage) => scenario.of_stage(stage).queue,
        None => scenario.queue,
    }
}

/// One container on a fifo queue and no dead letters: by the scenario's own words.
fn is_fifo_promised_at(stage: usize, plan: &Plan) -> bool {
    let scenario = plan.scenario();
    let queue = queue_options(stage, plan);
    let fifo = queue.delivery != Delivery::Standard && queue.max_receives == 0;
    let own = scenario.of_stage(&scenario.topology.stages[stage]);
    // A batch is of one group after the other.
    let in_turn = own.container.batch == 1 || queue.groups == Groups::One;
    let one = own.containers == 1 && in_turn;
    let fifo = fifo && !takes_over(queue, plan);
    let fifo = fifo && (queue.groups == Groups::One || !can_stop(plan));
    fifo && one && !meet_by_key(plan)
}

/// Whether a container can stop with what it has: something can happen to it, or it is refused.
fn can_stop(plan: &Plan) -> bool {
    const FAULTS: [&str; 10] = [
        "pause",
        "crash",
        "fail",
        "offline",
        "lose",
        "switchover",
        "failover",
        "deploy",
        "rollback",
        "outage",
    ];
    let scenario = plan.scenario();
    let mut lines = scenario.script.iter().map(ToString::to_string);
    let is_full = (0..=plan.layout.stages.len()).any(|at| queue_options(at, plan).capacity > 0);
    // What these do to a queue stops no consumer.
    let harmless = Budget {
        visibility_timeout: scenario.budget.visibility_timeout,
        reorder: scenario.budget.reorder,
        expire: scenario.budget.expire,
        deduplication_window: scenario.budget.deduplication_window,
        ..Budget::default()
    };
    is_full
        || scenario.budget != harmless
        || lines.any(|line| FAULTS.iter().any(|fault| line.starts_with(fault)))
}

/// Whether a mirror of such a queue can take over: what it has comes into the middle of what its region has.
fn takes_over(queue: QueueOptions, plan: &Plan) -> bool {
    let scenario = plan.scenario();
    let mut lines = scenario.script.iter().map(ToString::to_string);
    let loses = scenario.budget.lose_region > 0 || lines.any(|line| line.starts_with("lose @"));
    queue.mirror != Mirror::None && loses
}

/// Whether one region at a time is active, and nothing but an operator changes it.
fn is_order_promised(plan: &Plan) -> bool {
    let scenario = plan.scenario();
    let line = |begins: &[&str]| {
        let lines = scenario.script.iter().map(ToString::to_string);
        lines.into_iter().any(|line| begins.iter().any(|begin| line.starts_with(begin)))
    };
    let budget = scenario.budget;
    let loses = line(&["lose ", "failover "])
        || budget.lose_table + budget.lose_region + budget.failover > 0;
    let one_weight = scenario.dns.weights.iter().filter(|&&weight| weight > 0).count() == 1;
    let one_region = match scenario.dns.policy {
        Policy::Failover => true,
        Policy::Weighted => one_weight && !line(&["weights ", "offline "]),
    };
    let all = (0..plan.layout.stages.len()).all(|stage| is_fifo_promised_at(stage, plan));
    all && !loses && !can_move(plan) && scenario.dns.health_threshold == 0 && one_region
}
