//! The driver by itself: what it waits for, and what it expects.

use crate::model::id::{RegionId, TableId};
use crate::model::message::{Message, MessageNumber, Receipt};
use crate::sim::rig::Rig;

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const IN: [&str; 2] = ["inbound-queue@1", "inbound-queue@2"];

fn enqueued(rig: &mut Rig, region: usize, records: &[u16]) {
    for &record in records {
        rig.give(IN[region], rig.send("in-dns", record));
    }
}

fn delivered(rig: &mut Rig, records: &[u16]) {
    for &record in records {
        let (queue, copy) = (rig.queue("outbound-queue@1"), rig.copy(record));
        let (number, receipt) = (MessageNumber(record), Receipt(record.into()));
        rig.give(
            "record-destination",
            Message::Received { incarnation: 0, queue, copy, number, receipt },
        );
    }
}

/// Which lines of the script, counted from 0, were not as it expects.
fn failed(rig: &Rig) -> Vec<usize> {
    let lines =
        rig.told().lines().filter_map(|line| line.split("ExpectationFailed { action: ").nth(1));
    lines.map(|line| line.trim_end_matches(" }").parse().expect("a number")).collect()
}

/// It goes on in the step in which what it waits for comes true, and in none before.
#[test]
fn an_await_comes_true_with_its_last_record() {
    let script =
        ["await enqueued inbound-queue batch 1", "await delivered 2", "await delivered batch 1"];
    let script = ["publish 1", "publish 2"].iter().chain(&script).copied().collect::<Vec<_>>();
    let mut rig = Rig::new("", &script);
    rig.drive(3);
    enqueued(&mut rig, 0, &[1, 2, 4]);
    rig.title("the third record of the batch");
    enqueued(&mut rig, 1, &[3]);
    rig.drive(1);
    delivered(&mut rig, &[1, 1]);
    rig.title("the second one that is delivered");
    delivered(&mut rig, &[4]);
    rig.drive(1);
    delivered(&mut rig, &[2]);
    rig.title("the third of the batch");
    delivered(&mut rig, &[3]);
    rig.tells(TOLD, "an_await_comes_true_with_its_last_record");
}

#[test]
fn an_await_of_a_drained_region_asks_for_all_its_queues() {
    let mut rig = Rig::new("", &["publish 1", "publish 2", "await drained @1", "await quiescent"]);
    enqueued(&mut rig, 0, &[1]);
    enqueued(&mut rig, 1, &[2]);
    rig.give("outbound-queue@1", rig.send("two-container@1", 3));
    rig.drive(3);
    rig.give(IN[0], rig.receive("one-container@1", IN[0]));
    rig.give(IN[0], rig.remove("one-container@1", IN[0], 0));
    rig.title("the last queue of the region");
    rig.give("outbound-queue@1", rig.receive("out-dns", "outbound-queue@1"));
    rig.give("outbound-queue@1", rig.remove("out-dns", "outbound-queue@1", 0));
    rig.tells(TOLD, "an_await_of_a_drained_region_asks_for_all_its_queues");
}

/// A refusal of an earlier attempt at the batch is none of this one.
#[test]
fn a_refusal_counts_for_the_batch_that_was_published_last() {
    let script = ["publish 1", "await published or refused batch 1", "publish 1"];
    let script = [&script[..], &["await published or refused batch 1"]].concat();
    let mut rig = Rig::new("source.on_refusal = 'abort'", &script);
    rig.drive(2);
    rig.give("record-source", Message::Publish { batch: crate::model::BatchId(1) });
    rig.title("it is refused");
    rig.give("record-source", Message::SendRefused { incarnation: 0 });
    rig.drive(3);
    rig.tells(TOLD, "a_refusal_counts_for_the_batch_that_was_published_last");
}

/// What is expected of a number is that number, not more and not less.
#[test]
fn an_expectation_of_a_number_is_of_that_number() {
    for (found, fails) in [(1, vec![2, 4]), (2, vec![]), (3, vec![2, 4])] {
        let script = [
            "publish 1",
            "publish 2",
            "expect delivered 2",
            "expect waiting inbound-queue@1 batch 1",
            "expect waiting inbound-queue@1 batch 1 records 2",
        ];
        let mut rig = Rig::new("", &script);
        let records: Vec<u16> = (1..=found).collect();
        delivered(&mut rig, &records);
        enqueued(&mut rig, 0, &records);
        rig.drive(5);
        assert_eq!(failed(&rig), fails, "{found} of 2");
    }
}

/// Records that came in here and went on are not waiting here.
#[test]
fn what_waits_in_a_queue_has_not_left_it() {
    let line = "expect waiting inbound-queue@1 batch 1";
    let mut rig = Rig::new("", &["publish 1", "publish 2", line, line, line, line]);
    rig.drive(3);
    enqueued(&mut rig, 0, &[1, 2]);
    enqueued(&mut rig, 1, &[3]);
    rig.drive(1);
    rig.give(IN[0], rig.receive("one-container@1", IN[0]));
    rig.drive(1);
    rig.give(IN[0], rig.remove("one-container@1", IN[0], 0));
    rig.drive(1);
    assert_eq!(failed(&rig), [2, 5], "nothing came in, and one has left");
}

#[test]
fn an_expectation_of_rows_regions_dead_letters_and_states() {
    let script = [
        "publish 1",
        "publish 2",
        "expect unreplicated batch 1",
        "expect bypassed @2 batch 1",
        "expect dead-lettered 1",
        "expect state one-container@1 Processing",
        "pause one-container@1",
        "expect state *-container@1 FailedProcessing",
        "expect unreplicated batch 1",
        "expect bypassed @1 batch 1",
        "expect dead-lettered 1",
        "expect state one-container@1 FailedProcessing",
    ];
    let mut rig = Rig::new("queue.max_receives = 1", &script);
    rig.give("one-table@1", rig.insert("one-container@1", 1));
    enqueued(&mut rig, 0, &[1]);
    rig.give(IN[0], rig.receive("one-container@1", IN[0]));
    rig.drive(8);
    assert_eq!(failed(&rig), [4, 7], "nothing is given up, and the second container works");
    let apply = Message::Apply { region: RegionId(0), copy: rig.copy(1), time: 1 };
    rig.give("one-table@2", apply);
    assert_eq!(rig.simulation().rows(TableId(2)).get(crate::model::RecordId(1)).rows, 1);
    rig.give(IN[0], Message::Abandon { client: rig.client("one-container@1"), lives: false });
    rig.give(IN[0], rig.receive("one-container@1", IN[0]));
    rig.drive(4);
    assert_eq!(failed(&rig)[2..], [8, 9], "a row was replicated, and region 1 has seen the batch");
}
