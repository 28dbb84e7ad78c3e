//! Settings that make no difference: a verdict says that it is not about them.

use crate::model::fault::{FaultKind, Target};
use crate::model::options::{
    DeadLetters, Delivery, DualWrite, Fencing, KeyStore, OnFanOut, OnStop, QueueOptions, Resolver,
    Storage, Switchover, WhilePaused,
};
use crate::plan::{DriverAction, Plan};
use crate::scenario::options::{self, DesignOption};
use crate::scenario::{Scenario, StageSettings};

impl Plan {
    /// Unsound settings that nothing in the scenario brings to bear, each as `--set` takes it and with what it is that is not there.
    pub fn idle(&self) -> Vec<String> {
        let scenario = self.scenario();
        let stages = scenario.topology.stages.iter();
        let mut scopes: Vec<Scenario> = stages.map(|stage| scenario.as_at(stage)).collect();
        scopes.push(scenario.as_outside_stages());
        let options = options::ALL.iter().filter(|option| !option.key().starts_with("budget."));
        let mut idle: Vec<String> =
            options.filter_map(|option| without_needs(option, &scopes, self)).collect();
        idle.extend(self.idle_by_script());
        idle.extend(self.idle_of_names_and_writers());
        idle
    }

    /// Those for which it takes a line of the script, a fault, or another shape.
    fn idle_by_script(&self) -> Vec<String> {
        let scenario = self.scenario();
        let any = |is: fn(&StageSettings) -> bool| scenario.of_stages().any(|stage| is(&stage));
        let has = |kind| self.has_fault(kind);
        // Those that a relay sends, or a transaction, are sent all or none.
        let sends_to_one = self.layout.stage_ids().all(|stage| {
            let container = &self.container_of(stage).options;
            self.layout.shape.next(stage).len() < 2
                || self.layout.shape.routes(stage)
                || container.has_outbox()
                || container.dual_write == DualWrite::Transaction
        });
        let gives_up = self.any_queue(|queue| queue.max_receives > 0);
        let is_parked = any(|stage| stage.queue.dead_letters == DeadLetters::Parked)
            || scenario.queue.dead_letters == DeadLetters::Parked;
        let cases = [
            (
                any(|stage| stage.container.on_stop == OnStop::AtOnce)
                    && !has(FaultKind::Deploy)
                    && !has(FaultKind::Rollback),
                "container.on_stop=at-once, and the script deploys nothing",
            ),
            (
                any(|stage| stage.container.while_paused == WhilePaused::Drop)
                    && !has(FaultKind::Pause),
                "container.while_paused=drop, and nothing is paused",
            ),
            (
                any(|stage| stage.container.on_fan_out != OnFanOut::default()) && sends_to_one,
                "container.on_fan_out, and no container publishes to several queues one after the other",
            ),
            (
                is_parked && !gives_up,
                "queue.dead_letters=parked, and no queue gives up (queue.max_receives is 0)",
            ),
            (
                scenario.queue.parked_max != QueueOptions::default().parked_max && !is_parked,
                "queue.parked_max, and queue.dead_letters is not parked",
            ),
            (
                // With several consumers a record can overtake another one, and a timeout is another than that of a fifo queue.
                self.any_queue(|queue| queue.delivery == Delivery::Standard)
                    && scenario.budget.reorder + scenario.budget.visibility_timeout == 0
                    && !self.times_out_late
                    && !any(|stage| stage.containers > 1)
                    && self.records() > 1,
                "queue.delivery=standard, of which no queue changes the order (budget.reorder is 0)",
            ),
            (
                self.actions().iter().any(|action| matches!(action, DriverAction::Redrive(_)))
                    && !gives_up,
                "'redrive', and no queue gives up (queue.max_receives is 0)",
            ),
            (
                self.any_queue(|queue| queue.storage == Storage::InMemory)
                    && !self.can_fail(|target| self.forgets_in(target)),
                "queue.storage=in-memory, and no such queue fails",
            ),
            (
                scenario.service.keys == KeyStore::InMemory
                    && !self.can_fail(|target| target == Target::Service),
                "service.keys=in-memory, and the external service does not fail",
            ),
            (
                scenario.topology.old_containers > 0 && scenario.records.new_format_from == 0,
                "topology.old_containers, and no record is in the new format (records.new_format_from is 0)",
            ),
        ];
        cases.into_iter().filter(|(is_idle, _)| *is_idle).map(|(_, text)| text.to_owned()).collect()
    }

    /// Those of in-dns and of global databases.
    fn idle_of_names_and_writers(&self) -> Vec<String> {
        let scenario = self.scenario();
        let has = |kind| self.has_fault(kind);
        let cases = [
            (
                scenario.dns.resolver == Resolver::KeepsFirst && !self.changes_names(),
                "dns.resolver=keeps-first, and in-dns never gives another answer",
            ),
            (
                scenario.aurora.fencing == Fencing::BestEffort
                    && self.has_database()
                    && !has(FaultKind::Failover)
                    && !self.can_lose_a_region(),
                "aurora.fencing=best-effort, and no writer fails over",
            ),
            (
                scenario.aurora.switchover != Switchover::default()
                    && self.has_database()
                    && !has(FaultKind::Switchover),
                "aurora.switchover, and no writer is switched over",
            ),
        ];
        cases.into_iter().filter(|(is_idle, _)| *is_idle).map(|(_, text)| text.to_owned()).collect()
    }

    /// Whether it is a queue that forgets what it holds when it fails.
    fn forgets_in(&self, target: Target) -> bool {
        let Target::Queue(queue) = target else { return false };
        self.queues[queue.index()].options.storage == Storage::InMemory
    }

    /// Whether in-dns can come to answer otherwise than at first, though all regions have their turn: one goes out, or weights change.
    fn changes_names(&self) -> bool {
        let outages = self.layout.region_ids().flat_map(|region| self.outage(region));
        self.scenario().dns.health_threshold > 0
            || self.has_fault(FaultKind::Offline)
            || outages.copied().any(|fault| fault.kind == FaultKind::Offline)
            || self.can_lose_a_region()
            || self.actions().iter().any(|action| matches!(action, DriverAction::Weights(_)))
    }
}

/// The option with an unsound value, and what that needs, if it is set somewhere and nowhere has what it needs.
fn without_needs(option: &DesignOption, scopes: &[Scenario], plan: &Plan) -> Option<String> {
    let lacks = |scope: &Scenario| {
        let value = option.get(scope).filter(|&index| index > 0)?;
        let value = &option.values()[value];
        let is_there = |need: &&&str| {
            let (key, _) = need.split_once('=').expect("a need is KEY=VALUE");
            let other = options::find(key).expect("a need is an option");
            let by_script = key == "topology.old_containers" && plan.has_fault(FaultKind::Rollback);
            other.get(scope) != Some(0) || by_script
        };
        (!value.about.is_sound).then(|| {
            let missing = value.about.needs.iter().find(|need| !is_there(need));
            missing.map(|need| format!("{}, which needs something like {need}", value.design))
        })
    };
    let lacking: Vec<Option<String>> = scopes.iter().filter_map(lacks).collect();
    match lacking.iter().all(Option::is_some) {
        true => lacking.into_iter().flatten().next(),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::Plan;

    fn idle(changes: &[&str]) -> Vec<String> {
        let text = "name = 'small'\nscript = ['publish 1', 'pause inbound-container@1']";
        Plan::with_changes(text, changes).expect("it is right").idle()
    }

    /// What is set, what it needs as well, and what is said without that.
    const CASES: &[(&[&str], &[&str], &str)] = &[
        (
            &["script=publish 1,redrive *"],
            &["stage.core.queue.max_receives=2"],
            "'redrive', and no queue gives up",
        ),
        (&["queue.storage=in-memory"], &["budget.fail=1"], "no such queue fails"),
        (
            &["stage.core.queue.storage=in-memory", "script=publish 1,fail inbound-queue@1"],
            &["script=publish 1,fail preprocess-core-queue@1"],
            "no such queue fails",
        ),
        (
            &["dns.resolver=keeps-first"],
            &["script=publish 1,offline in-dns@1"],
            "never gives another answer",
        ),
        (
            &["aurora.fencing=best-effort", "store.default=aurora"],
            &["budget.failover=1"],
            "no writer fails over",
        ),
        (
            &["aurora.switchover=at-once", "store.default=aurora"],
            &["budget.switchover=1"],
            "no writer is switched over",
        ),
        (
            &[
                "container.on_fan_out=best-effort",
                "container.steps=store,remove",
                "stage.preprocess.to=core,postprocess",
            ],
            &["stage.preprocess.container.steps=store,publish,remove"],
            "one after the other",
        ),
        (
            &["service.keys=in-memory", "container.steps=store,call,publish,remove"],
            &["script=publish 1,fail external-service"],
            "the external service does not fail",
        ),
        (&["table.conflict=first-applied"], &["records.keys=1"], "records.keys=1"),
        (&["container.on_unreadable=give-up"], &["records.unreadable=1"], "records.unreadable=1"),
        (
            &["container.on_new_format=drop", "records.new_format_from=1"],
            &["topology.old_containers=1"],
            "topology.old_containers=1",
        ),
        (
            &["container.on_stop=at-once"],
            &["script=publish 1,deploy core@1"],
            "the script deploys nothing",
        ),
        (
            &["container.while_paused=drop", "script=publish 1"],
            &["script=publish 1,pause core-container@1"],
            "nothing is paused",
        ),
        (
            &["container.on_fan_out=best-effort"],
            &["stage.preprocess.to=core,postprocess"],
            "one after the other",
        ),
        (&["queue.dead_letters=parked"], &["stage.core.queue.max_receives=3"], "no queue gives up"),
        (
            &["topology.old_containers=1"],
            &["records.new_format_from=1"],
            "no record is in the new format",
        ),
        (
            &["queue.delivery=standard", "script=publish 1"],
            &["budget.reorder=1"],
            "budget.reorder is 0",
        ),
        (
            &["queue.delivery=standard", "script=publish 1"],
            &["stage.core.containers=2"],
            "no queue changes the order",
        ),
    ];

    /// An unsound setting makes no difference without what it is about; with that, nothing is said.
    #[test]
    fn what_makes_no_difference_is_named_with_what_it_needs() {
        assert_eq!(idle(&[]), [""; 0]);
        for &(changes, with, why) in CASES {
            let named = idle(changes);
            assert_eq!(named.len(), 1, "{changes:?}: {named:?}");
            assert!(named[0].contains(why), "{changes:?}: {named:?}");
            assert_eq!(idle(&[changes, with].concat()), [""; 0], "{changes:?} {with:?}");
        }
    }

    /// What is set for one stage alone is set.
    #[test]
    fn what_one_stage_has_is_named_as_well() {
        let at_core = "stage.core.table.conflict=first-applied";
        assert_eq!(idle(&[at_core, "records.keys=1"]), [""; 0]);
        let named = idle(&[at_core]);
        assert_eq!(
            named,
            ["table.conflict=first-applied, which needs something like records.keys=1"]
        );
        // A release that comes back is the old one.
        let rollback = "script=publish 1,deploy core@1,rollback core@1";
        let drops = ["container.on_new_format=drop", "records.new_format_from=1"];
        assert_eq!(idle(&[&drops[..], &[rollback]].concat()), [""; 0]);
        assert_eq!(idle(&drops).len(), 1);
    }
}
