//! Stages that send to several stages, or to one of several by key.

use active_active::explore::{Reached, Runner, Verdict};
use active_active::model::{RecordId, StageId, TableId};
use active_active::scheduler::Random;
use active_active::spec::PropertyName;

use super::support::*;

/// A container that dies between two sends makes duplicates in the first queue, and nothing else.
#[test]
fn a_stage_that_sends_to_two_others_loses_nothing_whatever_fails() {
    let coverage = holds_under_every_scheduler("fan-out-anywhere", all_is_everywhere);
    let must = [
        Reached::Crashed,
        Reached::Redelivery,
        Reached::DuplicateAbsorbed,
        Reached::ReplyLost,
        Reached::ComponentFailed,
    ];
    for what in must {
        assert!(coverage.runs(what) > RANDOM_RUNS / 10, "{}", what.text());
    }
}

/// Removed after the first send, or after the second one was refused: the stage that is sent to last misses a record.
#[test]
fn a_record_is_sent_to_all_before_it_is_removed() {
    for unsound in ["container.on_fan_out=after-first", "container.on_fan_out=best-effort"] {
        let property =
            |changes: &[&str]| found("fan-out-anywhere", &[&[unsound], changes].concat());
        assert_eq!(property(&[]), Some(PropertyName::RemoveLast), "{unsound}");
        let others = ["spec.leave_out=RemoveLast"];
        assert_eq!(property(&others), Some(PropertyName::NeverLost), "{unsound}");
        let others = ["spec.leave_out=RemoveLast,NeverLost"];
        assert_eq!(property(&others), Some(PropertyName::StoredEverywhere), "{unsound}");
        // The way to the destination is the one that is missed.
        let to = ["stage.ledger.to=audit,notify", "spec.leave_out=RemoveLast,NeverLost"];
        assert_eq!(property(&to), Some(PropertyName::DeliveredAll), "{unsound}");
        // A stage that sends to one has nothing to choose.
        let line =
            ["stage.ledger.to=notify", "stage.audit.to=destination", "stage.notify.to=audit"];
        assert_eq!(property(&line), None, "{unsound}");
    }
}

/// A relay sends to a queue that is not the next one, which fails: it is told when that works again.
#[test]
fn a_relay_on_one_of_two_ways_sends_again_what_was_refused() {
    let outbox = ["stage.notify.container.steps=store,remove"];
    holds_with("fan-out-anywhere", &outbox, all_is_everywhere);
}

/// The outbox of a stage that sends to two has an intent for each, in one write; whatever fails, each comes to its queue. What is
/// wrong of one queue is wrong of two.
#[test]
fn a_relay_publishes_to_each_of_several_queues() {
    let outbox = "stage.ledger.container.steps=store,remove";
    let designs: [&[&str]; 4] = [
        &[],
        &["relay.instances=2"],
        &["relay.instances=2", "relay.claim=skip-locked", "queue.delivery=standard"],
        &["queue.delivery=log"],
    ];
    for design in designs {
        let changes = [&[outbox], design].concat();
        holds_with("fan-out-anywhere", &changes, all_is_everywhere);
    }
    let by_key = "stage.check.container.steps=store,remove";
    holds_with("routed-anywhere", &[by_key], |run| {
        assert_eq!(run.simulation.destination().order().len(), run.simulation.plan().records());
    });
    let by_id =
        [outbox, "relay.position=by-id", "topology.containers=2", "queue.delivery=standard"];
    assert_eq!(found("fan-out-anywhere", &by_id), Some(PropertyName::NeverLost));
    let before = [outbox, "relay.advance=before-publish"];
    assert_eq!(found("fan-out-anywhere", &before), Some(PropertyName::NeverLost));
    let in_order = [by_id[0], "topology.containers=2", "queue.delivery=standard"];
    assert_eq!(found("fan-out-anywhere", &in_order), None);
}

/// Those on the way of its key have a record, and no others.
#[test]
fn a_record_takes_the_way_of_its_key() {
    holds_under_every_scheduler("routed-anywhere", |run| {
        let plan = run.simulation.plan();
        assert_eq!(run.simulation.destination().order().len(), plan.records());
        let passes = |stage: StageId, record: RecordId| match stage.index() {
            1 => plan.keys().key_of(record) % 2 == 0,
            2 => plan.keys().key_of(record) % 2 == 1,
            _ => true,
        };
        for table in (0..plan.layout.tables() as u16).map(TableId) {
            let (_, stage) = plan.layout.table_place(table);
            let rows = run.simulation.rows(table);
            for record in plan.record_ids() {
                let expected = u8::from(passes(stage, record));
                assert_eq!(rows.get(record).rows, expected, "{record} in {table:?}");
            }
        }
    });
}

/// Ways meet: what comes twice is a duplicate, which is absorbed as any other is.
#[test]
fn a_record_comes_once_by_each_way() {
    let names = "topology.stages=inbound,ledger,notify,outbound";
    let changes = [names, "stage.inbound.to=ledger,notify", "budget.crash=0"];
    let coverage = holds_with("crash-anywhere", &changes, all_is_everywhere);
    reached_in_every_run(&coverage, &[Reached::DuplicateAbsorbed]);
    let counted = [&changes[..], &["destination.dedupe=none"]].concat();
    assert_eq!(found("crash-anywhere", &counted), Some(PropertyName::EffectOnce));
}

/// What a lost region had of one way only is excused on that way, and counted as lost.
#[test]
fn a_region_takes_what_was_on_one_of_two_ways() {
    let script =
        "script=publish 1,publish 2,await delivered all,await sometime,lose @1,await quiescent";
    let changes = [script, "rpo.records=unlimited", "budget.fail=0"];
    let mut runner = Runner::new(plans::plan("fan-out-anywhere", &changes));
    let mut short = 0;
    for run in 0..RANDOM_RUNS {
        let outcome = runner.run(&mut Random::new(SEED), run, &mut ());
        assert_eq!(outcome.verdict, Verdict::Holds, "run {run}");
        let ending = outcome.ending.expect("it holds");
        short += u64::from(ending.excused.unstored > 0);
        assert!(ending.facts.lost >= ending.excused.unstored, "run {run}");
    }
    assert!(short > 0, "the audit trail lacks records in no run");
    let declared = [script, "budget.fail=0"];
    assert_eq!(found("fan-out-anywhere", &declared), Some(PropertyName::WithinRpo));
}

#[test]
fn a_store_that_refuses_is_left_out_of_a_copy() {
    let name = "copy-ignores-errors";
    assert_eq!(found(name, &[]), Some(PropertyName::RemoveLast));
    let others = ["spec.leave_out=RemoveLast"];
    assert_eq!(found(name, &others), Some(PropertyName::NeverLost));
    holds_with(name, &["container.on_fan_out=after-all"], all_is_everywhere);
}

#[test]
fn a_sink_gets_an_event_again_that_another_one_refused() {
    assert_eq!(found("copy-repeats", &[]), Some(PropertyName::EffectOnce));
    holds_with("copy-repeats", &["destination.dedupe=by-id"], all_is_everywhere);
}

/// The queue of a side branch hands its record out for good, and the stage before removes its own copy when both have taken it.
#[test]
fn a_record_that_is_in_a_memory_on_a_side_branch_is_said_to_be_there() {
    let text = r#"
        name = "side-branch"
        script = ["publish 1", "await delivered all"]
        topology.stages = ["orders", "mail"]
        records.batches = [1]
        stage.orders.to = ["mail", "destination"]
        stage.mail = { to = [], queue.receive = "destructive" }
        dns.weights = [1, 0]
        spec.leave_out = ["RemoveLast"]
    "#;
    let mut runner = Runner::new(plans::plan(text, &[]));
    let told = (0..2_000).filter_map(|run| {
        let Verdict::Violated(violation) = runner.run(&mut Random::new(SEED), run, &mut ()).verdict
        else {
            return None;
        };
        let is_removal =
            violation.what.ends_with("left the last queue that led there, inbound-queue@1");
        is_removal.then_some(violation.because)
    });
    let expected = [
        "orders-mail-queue@1 keeps no copy of what it delivers",
        "only mail-container@1 still has it, in its memory",
    ];
    let told: Vec<Vec<String>> = told.collect();
    assert!(told.iter().any(|because| because[..] == expected), "{told:?}");
    assert!(
        told.iter()
            .all(|because| !because.iter().any(|line| line.contains("only orders-container@1"))),
        "{told:?}"
    );
}
