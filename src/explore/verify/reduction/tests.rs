//! The argument, held to the model.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::explore::verify::space::choices_of;
use crate::explore::verify::tiny::plan;
use crate::sim::Bytes;

/// Every state that can be reached, by fingerprint, and whatever a function says of each.
fn states(plan: &Arc<Plan>, reduction: &Reduction, mut see: impl FnMut(&Point)) -> BTreeSet<u128> {
    let bytes = &mut Bytes::default();
    let settled = |point: &mut Point, bytes: &mut Bytes| {
        let (path, tally) = (&mut Vec::new(), &mut Tally::default());
        reduction.settle(point, plan, path, tally).expect("the design is sound");
        point.hash_all(plan, bytes);
    };
    let mut root = Point::new(plan);
    settled(&mut root, bytes);
    let mut known = BTreeSet::from([root.fingerprint()]);
    let mut next = root.clone();
    let mut todo = vec![root];
    while let Some(point) = todo.pop() {
        see(&point);
        let mut choices = Vec::new();
        choices_of(&point, &mut choices);
        for choice in choices {
            next.copy_from(&point);
            next.step(choice, plan).expect("the design is sound");
            settled(&mut next, bytes);
            if known.insert(next.fingerprint()) {
                todo.push(next.clone());
            }
        }
    }
    known
}

/// Takes free steps, and steps that are the only choice there is, to the end, that of the run
/// included. (A driver that waits for some moment, one that was told that this is it, and one that
/// comes to a line that waits for some moment, all do the same when no other machine can step.)
fn end_of(reduction: &Reduction, point: &Point, bytes: &mut Bytes) -> u128 {
    let mut point = point.clone();
    let plan = Arc::clone(point.simulation.plan());
    loop {
        let enabled = point.simulation.enabled();
        let only = (enabled.len() == 1 && enabled.steps() == 1).then(|| enabled.nth(0));
        let free = reduction.free_step(&point.simulation).map(Choice::Step);
        let Some(choice) = free.or(only) else { break };
        point.step(choice, &plan).expect("the design is sound");
    }
    point.hash_all(&plan, bytes);
    point.fingerprint()
}

/// What the whole argument comes to: whatever happens without reduction, free steps lead from there
/// to where they lead from a state that the reduced search enters; and that search enters every
/// state of rest.
fn every_state_settles(script: &str, changes: &[&str]) {
    let (reduced, whole) = states_settle(script, changes);
    assert!(reduced * 4 < whole, "{reduced} of {whole}");
}

/// The same; how many states there are with and without reduction.
fn states_settle(script: &str, changes: &[&str]) -> (usize, usize) {
    let plan = plan(script, changes);
    let reduction = Reduction::of(&plan).expect("it can be reduced");
    let (bytes, mut ends) = (&mut Bytes::default(), BTreeSet::new());
    let reduced = states(&plan, &reduction, |point| {
        ends.insert(end_of(&reduction, point, bytes));
    });
    let (mut missing, mut rests) = (0u32, 0u32);
    let whole = states(&plan, &Reduction::none(&plan), |point| {
        missing += u32::from(!ends.contains(&end_of(&reduction, point, bytes)));
        let rests_here = point.simulation.enabled().is_quiescent();
        rests += u32::from(rests_here && !reduced.contains(&point.fingerprint()));
    });
    println!("{} of {} states: {script} with {changes:?}", reduced.len(), whole.len());
    assert_eq!((missing, rests), (0, 0), "{script} with {changes:?}: {}", whole.len());
    (reduced.len(), whole.len())
}

/// Two records instead of one; and all of them in region 1.
const TWO: &str = "records.batches=2";
const HERE: &str = "dns.weights=1,0";
const STANDARD: &str = "queue.delivery=standard";

#[test]
fn every_state_settles_in_one_of_the_reduced_graph_whatever_the_budget() {
    let cases: [&[&str]; 10] = [
        &[],
        &["budget.crash=1"],
        &["budget.lost_reply=1"],
        &["budget.lost_reply=1", "container.retries=1"],
        &["budget.visibility_timeout=1", STANDARD],
        &["budget.reorder=1", STANDARD, TWO],
        &["dns.answer=random", TWO],
        &["budget.lost_reply=1", TWO, HERE],
        &["budget.crash=1", TWO, HERE],
        &["budget.visibility_timeout=1", STANDARD, "queue.max_receives=1", TWO, HERE],
    ];
    for changes in cases {
        every_state_settles("\"publish 1\", \"await delivered batch 1\"", changes);
    }
}

#[test]
fn every_state_settles_in_one_of_the_reduced_graph_whatever_the_script() {
    let script = |lines: &str| {
        let lines = lines.split(", ").map(|line| format!("\"{line}\""));
        lines.collect::<Vec<String>>().join(", ")
    };
    let fail = |what: &str| {
        script(&format!(
            "publish 1, await sometime, fail {what}, await sometime, recover {what}, \
             recover only-container@1, await delivered batch 1"
        ))
    };
    let stop = |what: &str| {
        script(&format!(
            "publish 1, await sometime, fail {what}, await quiescent, recover {what}, \
             recover only-container@1"
        ))
    };
    let pause = "publish 1, await sometime, pause only-container@1, await sometime, \
                 recover only-container@1, await delivered batch 1";
    let look = "publish 1, await sometime, expect bypassed @2 batch 1, \
                expect state only-container* Processing, await quiescent, expect delivered 1";
    let crash = "publish 1, await enqueued outbound-queue batch 1, crash only-container@1, \
                 await quiescent, recover only-container@1";
    let offline = "offline in-dns@1, publish 1, await sometime, recover in-dns@1, \
                   offline out-dns@2, await quiescent";
    let one_by_one = "publish 1, await sometime, fail outbound-queue@1, await sometime, \
                      fail outbound-queue@2, await sometime, recover outbound-queue@2";
    let some = "publish 1, await sometime, fail some only-*@1, await quiescent";
    let again = "fail inbound-queue@1, publish 1, await published or refused batch 1, \
                 offline in-dns@1, publish 1";
    let cases: [(String, &[&str]); 19] = [
        (script(pause), &[]),
        (script(look), &[]),
        (script(crash), &[]),
        (fail("inbound-queue@1"), &[]),
        (fail("outbound-queue@1"), &[]),
        (fail("only-table@1"), &[]),
        (fail("only-table@1"), &["table.on_failure=hang"]),
        (fail("only-replicator"), &[]),
        (fail("only-replicator@1"), &[]),
        (fail("in-dns@1"), &[]),
        (fail("out-dns@1"), &[]),
        (stop("inbound-queue@1"), &[TWO, HERE]),
        (stop("only-table@1"), &[TWO]),
        (stop("only-replicator"), &[TWO]),
        (script(one_by_one), &[]),
        (script(some), &[TWO, HERE]),
        (script(offline), &[]),
        (script(again), &["source.on_refusal=abort", TWO]),
        (script(again), &["dns.ttl=1", TWO]),
    ];
    for (script, changes) in cases {
        every_state_settles(&script, changes);
    }
}

/// A command comes before or behind what others send to its component, and what it sends comes when it is handled.
#[test]
fn every_state_settles_in_one_of_the_reduced_graph_with_commands_as_messages() {
    const MESSAGES: &str = "commands=as-messages";
    const KEEP: &str = "queue.on_failure=keep-waiting";
    let script = |lines: &[&str]| {
        let lines = ["publish 1"].iter().chain(lines).map(|line| format!("\"{line}\""));
        lines.collect::<Vec<String>>().join(", ")
    };
    let fail = |what: &str| {
        let (fail, recover) = (format!("fail {what}"), format!("recover {what}"));
        script(&[&fail, "await sometime", &recover, "recover only-container@1"])
    };
    let paused = ["pause only-container@1", "await sometime", "recover only-container@1"];
    let published = [
        "fail outbound-queue@1",
        "await enqueued inbound-queue@1 batch 1",
        "recover outbound-queue@1",
        "recover only-container@1",
        "await delivered all",
    ];
    let offline = ["offline in-dns@1", "offline out-dns@2", "await quiescent", "recover *-dns@*"];
    let cases: [(String, &[&str]); 11] = [
        (script(&paused), &[MESSAGES]),
        (script(&published), &[MESSAGES, KEEP]),
        (script(&published), &[MESSAGES, KEEP, "heal=faults"]),
        (script(&published), &[KEEP]),
        (script(&offline), &[MESSAGES]),
        (fail("inbound-queue@1"), &[MESSAGES]),
        (fail("inbound-queue@1"), &[MESSAGES, KEEP]),
        (fail("outbound-queue@1"), &[MESSAGES, KEEP, HERE]),
        (fail("only-table@1"), &[MESSAGES]),
        (fail("only-table@1"), &[MESSAGES, "table.on_failure=hang"]),
        (fail("only-replicator"), &[MESSAGES]),
    ];
    for (script, changes) in cases {
        let (reduced, whole) = states_settle(&script, changes);
        assert!(reduced < whole, "{reduced} of {whole}");
    }
}

#[test]
fn what_is_not_known_to_commute_is_not_reduced() {
    let one = "\"publish 1\"";
    for (script, change) in [
        (one, "budget.outage=1"),
        (one, "budget.lose_table=1"),
        (one, "topology.containers=2"),
        (one, "records.keys=1"),
        (one, "table.insert=append"),
        ("\"publish 1\", \"await drained @1\"", "name=drained"),
        ("\"publish 1\", \"lose only-table@1\"", "name=lost"),
    ] {
        assert!(Reduction::of(&plan(script, &[change])).is_err(), "{script}, {change}");
    }
}
