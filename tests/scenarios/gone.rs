//! What a consumer held that is gone, and when it comes back.

use std::cell::Cell;

use active_active::explore::{Observer, Phase, Reached, Runner, Verdict};
use active_active::model::event::{fault, queue};
use active_active::model::fault::FaultKind;
use active_active::model::fault::{FaultPoint, Path};
use active_active::model::{Event, Message, MessageKind, RecordId, table};
use active_active::scheduler::{Random, Timed};
use active_active::sim::{Choice, Simulation, Step};
use active_active::spec::PropertyName;

use super::support::*;
use crate::common::plans;

/// Two versions of one key, each in a message group of its own, for one container that may crash.
const TWO_GROUPS: &str = r#"
    name = "two-groups"
    script = ["publish 1", "await delivered all"]
    topology.stages = ["core"]
    records = { batches = [2], keys = 1 }
    dns.weights = [1, 0]
    queue.groups = "by-record"
    budget.crash = 1
"#;

const MONOTONE: Option<PropertyName> = Some(PropertyName::MonotoneVersion);

/// A container that is started again gets the second version while the first one is in flight to its earlier life, and the first one comes
/// back, and is stored, after that. It held as long as a queue was told of the crash before whatever was sent to it later.
#[test]
fn what_a_dead_consumer_held_comes_back_after_what_was_handed_out_later() {
    for how in [
        &[][..],
        &["queue.groups=one", "queue.delivery=standard"],
        &["budget.crash=0", "budget.refuse=1", "container.restart=always"],
        &[
            "budget.crash=0",
            "container.on_stop=at-once",
            "script=publish 1,deploy core@1,await delivered all",
        ],
        &["budget.crash=0", "budget.pause=1", "topology.containers=2"],
        &["budget.crash=0", "budget.lost_reply=1", "container.retries=1"],
    ] {
        assert_eq!(found(TWO_GROUPS, how), MONOTONE, "{how:?}");
    }
    // In one order the second version waits for the first.
    for how in [
        &["queue.groups=one"][..],
        &["queue.groups=by-key"],
        &["queue.delivery=log", "queue.groups=by-key"],
    ] {
        assert_eq!(found(TWO_GROUPS, how), None, "{how:?}");
    }
    assert_eq!(
        found(TWO_GROUPS, &["table.conflict=version-checked", "destination.versions=checked"]),
        None
    );
    let plan = plans::plan(TWO_GROUPS, &["script=publish 1"]);
    assert_eq!(found_in_every_order(&plan, true), MONOTONE);
}

/// The delivery is in flight until its timeout is over, and comes back then, once, whatever the container has received since.
#[test]
fn a_delivery_of_a_dead_consumer_comes_back_once() {
    let overtaken = Cell::new(0u64);
    let sound = ["table.conflict=version-checked", "destination.versions=checked"];
    let coverage = holds_with(TWO_GROUPS, &sound, |run| {
        let (mut since, mut back) = (0u64, Vec::new());
        let mut crashed = false;
        for event in &run.events.all {
            if is_fault(event, FaultKind::Crash) {
                crashed = true;
            } else if let Event::Queue(queue::Event::Delivered { record, .. }) = *event
                && crashed
                && back.is_empty()
                && record == RecordId(2)
            {
                since += 1;
            } else if let Event::Queue(queue::Event::Returned { record, .. }) = *event {
                back.push(record);
            }
        }
        assert!(back.len() <= 1, "{back:?}");
        overtaken.set(overtaken.get() + u64::from(since > 0 && back == [RecordId(1)]));
    });
    assert!(overtaken.get() > 0);
    assert!(coverage.runs(Reached::Returned) > 0);
}

/// A consumer of a log that dies has its partitions until its session times out; what it had committed late may be behind what it read first.
#[test]
fn the_partitions_of_a_dead_consumer_are_read_by_others_in_the_end() {
    for commit in ["each", "at-intervals"] {
        let commit = format!("queue.commit={commit}");
        let changes = [
            "queue.delivery=log",
            "queue.groups=by-key",
            "records.batches=6",
            "records.keys=3",
            &commit,
        ];
        for containers in ["topology.containers=1", "topology.containers=2"] {
            holds_with(
                TWO_GROUPS,
                &[
                    &changes[..],
                    &[containers, "table.conflict=version-checked", "destination.versions=checked"],
                ]
                .concat(),
                all_is_everywhere,
            );
        }
    }
}

/// The timed scheduler lets the visibility timeout pass, which is 30 s as a rule.
#[test]
fn a_latency_has_the_visibility_timeout_in_it() {
    let crashes = r#"
        name = "crash-and-restart"
        script = ["expect latency max <= 10s", "publish 1", "await delivered all"]
        topology.stages = ["core"]
        records.batches = [4]
        dns.weights = [1, 0]
        container.restart = "always"
        budget.crash = 1
    "#;
    let found = |changes: &[&str]| {
        let mut runner = Runner::new(plans::plan(crashes, changes));
        (0..200).find_map(|run| match runner.run(&mut Timed::new(SEED), run, &mut ()).verdict {
            Verdict::Violated(violation) => Some(violation.property()),
            Verdict::Holds | Verdict::Inconclusive(_) => None,
        })
    };
    for queues in ["queue.delivery=fifo", "queue.delivery=standard", "queue.delivery=log"] {
        assert_eq!(found(&[queues]), Some(PropertyName::Latency), "{queues}");
        assert_eq!(found(&[queues, "timing.visibility_timeout_ms=5000"]), None, "{queues}");
        assert_eq!(
            found(&[queues, "timing.visibility_timeout_ms=10000"]),
            Some(PropertyName::Latency),
            "{queues}"
        );
    }
}

/// Nothing comes out of a region that a partition has cut off: neither replication nor a write that a global database forwards. A link that fails is
/// that of replication alone.
#[test]
fn a_database_forwards_nothing_into_or_out_of_a_partition() {
    let parted = r#"
        name = "parted"
        script = ["publish 1", "await delivered all"]
        topology.stages = ["core"]
        store.default = "aurora"
        records.batches = [4]
        budget.partition = 1
    "#;
    let refused = Cell::new(0u64);
    let mut runner = Runner::new(plans::plan(parted, &[]));
    for run in 0..1_000 {
        let mut crossings = Crossings::default();
        let outcome = runner.run(&mut Random::new(SEED), run, &mut crossings);
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
        assert_eq!(crossings.stored, 0, "run {run}");
        refused.set(refused.get() + u64::from(crossings.handled > 0));
    }
    assert!(refused.get() > 50, "{}", refused.get());
    let link =
        ["budget.partition=0", "script=publish 1,fail core-replicator@2,await delivered all"];
    let coverage =
        holds_with(parted, &link, |run| assert_eq!(run.outcome.awaited_until_heal, None));
    assert!(coverage.runs(Reached::WriteForwarded) > 0);
}

/// What the writer in region 1 does with writes that are forwarded while region 2 is cut off.
#[derive(Default)]
struct Crossings {
    is_cut: bool,
    handled: usize,
    stored: usize,
}

impl Observer for Crossings {
    fn begin(&mut self, _simulation: &Simulation) {}

    fn phase(&mut self, phase: Phase, _simulation: &Simulation) {
        self.is_cut &= phase != Phase::Heal;
    }

    fn step(&mut self, step: &Step, simulation: &Simulation) {
        match step.choice {
            Choice::Fault(FaultPoint::Partition(Path::Region(_))) => self.is_cut = true,
            Choice::Fault(FaultPoint::Rejoin(Path::Region(_))) => self.is_cut = false,
            Choice::Heal => self.is_cut = false,
            Choice::Step(_)
                if self.is_cut && matches!(step.message, Some(Message::Forward { .. })) =>
            {
                self.handled += 1;
                let is_stored =
                    |event: &Event| matches!(event, Event::Table(table::Event::Stored { .. }));
                self.stored += simulation.events().iter().filter(|event| is_stored(event)).count();
            }
            Choice::Step(_) | Choice::Resolve(_) | Choice::Fail(_) | Choice::Fault(_) => {}
        }
    }
}

/// A write that is forwarded can be late, as any request.
#[test]
fn a_forwarded_write_can_be_late() {
    let late = ["budget.late=2", "budget.failover=1", "rpo.records=unlimited"];
    let forwards = "name = 'forwarded'\nscript = ['publish 1']\nstore.default = 'aurora'";
    let forwarded = Cell::new(0u64);
    let mut runner = Runner::new(plans::plan(forwards, &late));
    let mut events = Events::default();
    for run in 0..500 {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut events);
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
        let is_it = |event: &Event| {
            matches!(event, Event::Fault(fault::Event::Late { message: MessageKind::Forward, .. }))
        };
        forwarded.set(forwarded.get() + u64::from(events.all.iter().any(is_it)));
    }
    assert!(forwarded.get() > 10, "{}", forwarded.get());
}
