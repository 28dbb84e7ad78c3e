//! A log by itself.

use crate::model::message::{Message, Receipt};
use crate::model::queue::by_itself::{
    ONE, QUEUE, TWO, abandons, receives, removes, rig, sends, times_out,
};
use crate::sim::rig::{Rig, all_tell};

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");

/// Its interval has passed.
fn commits(rig: &mut Rig, consumer: &str) {
    rig.give(QUEUE, Message::Commit { client: rig.client(consumer) });
}

/// A consumer reads on, and commits the position behind what it has processed; another life of it begins at the committed
/// position, in the order of the log.
#[test]
fn a_consumer_of_a_log_commits_positions() {
    let mut rig = rig("queue = { delivery = 'log', commit = 'at-intervals' }", &[]);
    sends(&mut rig, &[1, 2, 3, 4]);
    for receipt in 0..2 {
        receives(&mut rig, ONE);
        removes(&mut rig, ONE, receipt);
    }
    receives(&mut rig, ONE);
    rig.title("the partition has one consumer");
    receives(&mut rig, TWO);
    rig.title("what is not processed comes again, and no more");
    receives(&mut rig, ONE);
    rig.title("all since the last commit comes again");
    abandons(&mut rig, ONE);
    rig.title("the interval of one that has died commits nothing");
    commits(&mut rig, ONE);
    removes(&mut rig, ONE, 3);
    rig.title("its position has all before it");
    removes(&mut rig, TWO, 4);
    receives(&mut rig, TWO);
    removes(&mut rig, TWO, 5);
    commits(&mut rig, TWO);
    rig.tells(TOLD, "a_consumer_of_a_log_commits_positions");
}

/// A position that is committed by itself is of all before it in its partition: what the consumer passed over is not read again.
/// One that fetches in vain goes back first.
#[test]
fn a_commit_is_of_all_that_the_consumer_passed_over() {
    let text = "records.keys = 2\ncontainer.on_dependency_failure = 'read-on'\n\
                queue = { delivery = 'log', groups = 'by-key' }";
    let mut rig = rig(text, &[]);
    sends(&mut rig, &[1, 2, 4, 5]);
    receives(&mut rig, ONE);
    receives(&mut rig, ONE);
    receives(&mut rig, ONE);
    rig.title("the partitions of the other consumer are not free");
    receives(&mut rig, TWO);
    rig.title("record 2 is in another partition");
    removes(&mut rig, ONE, 2);
    abandons(&mut rig, ONE);
    times_out(&mut rig, ONE);
    rig.tells(TOLD, "a_commit_is_of_all_that_the_consumer_passed_over");
}

/// It has processed one record and works on another: both come again, in their order, and it commits neither.
#[test]
fn a_consumer_of_a_log_that_hangs_loses_its_partitions() {
    let text = "queue = { delivery = 'log', commit = 'at-intervals' }";
    let mut rig = rig(text, &["pause one-container-1@1", "recover one-container-1@1"]);
    sends(&mut rig, &[1, 2]);
    receives(&mut rig, ONE);
    removes(&mut rig, ONE, 0);
    receives(&mut rig, ONE);
    rig.title("one of its deliveries has a timeout, which is that of all");
    rig.drive(1);
    receives(&mut rig, TWO);
    rig.give(QUEUE, Message::Expire { receipt: Receipt(1) });
    rig.title("its commits are refused, or have nothing with them");
    commits(&mut rig, ONE);
    removes(&mut rig, ONE, 1);
    rig.tells(TOLD, "a_consumer_of_a_log_that_hangs_loses_its_partitions");
}

/// A log that has failed keeps what was processed and commits it later; its retention does not ask what was read.
#[test]
fn a_log_commits_when_it_works_again() {
    let script = ["fail inbound-queue@1", "recover inbound-queue@1"];
    let mut rig = rig("queue = { delivery = 'log', commit = 'at-intervals' }", &script);
    sends(&mut rig, &[1, 2]);
    receives(&mut rig, ONE);
    removes(&mut rig, ONE, 0);
    rig.drive(1);
    removes(&mut rig, ONE, 0);
    rig.title("it is asked again");
    rig.drive(1);
    commits(&mut rig, ONE);
    receives(&mut rig, ONE);
    rig.tells(TOLD, "a_log_commits_when_it_works_again");
}

/// If it goes on before its session times out, it commits all that it has processed by then.
#[test]
fn a_consumer_of_a_log_that_hangs_commits_when_it_goes_on() {
    let text = "topology.containers = 1\nqueue = { delivery = 'log', commit = 'at-intervals' }";
    let only = "one-container@1";
    let mut rig = Rig::new(text, &["pause one-container@1", "recover one-container@1"]);
    sends(&mut rig, &[1, 2]);
    for receipt in 0..2 {
        receives(&mut rig, only);
        removes(&mut rig, only, receipt);
    }
    rig.drive(2);
    commits(&mut rig, only);
    rig.tells(TOLD, "a_consumer_of_a_log_that_hangs_commits_when_it_goes_on");
}

/// It is parked, the position behind it and behind all that was processed before it is committed, and the next one is handed out; what is
/// redriven is its last one.
#[test]
fn a_log_gives_up_a_record_that_was_read_too_often() {
    let text = "rpo.records = 'unlimited'\nqueue = { delivery = 'log', commit = 'at-intervals', max_receives = 2, \
                mirror = 'asynchronous' }";
    let mut rig = rig(text, &["redrive inbound-queue@1"]);
    sends(&mut rig, &[1, 2, 3]);
    receives(&mut rig, ONE);
    removes(&mut rig, ONE, 0);
    receives(&mut rig, ONE);
    receives(&mut rig, ONE);
    rig.title("it was read twice");
    receives(&mut rig, ONE);
    rig.drive(1);
    removes(&mut rig, ONE, 3);
    commits(&mut rig, ONE);
    rig.tells(TOLD, "a_log_gives_up_a_record_that_was_read_too_often");
}

/// A consumer that was refused what comes next lives, and asks again: what it has processed it commits later, and what it was handed and
/// has not processed comes again. Of one that has died all comes again.
#[test]
fn a_consumer_that_goes_on_keeps_what_it_has_processed() {
    let told = |lives: bool| {
        let mut rig = rig("queue = { delivery = 'log', commit = 'at-intervals' }", &[]);
        rig.title(if lives { "it lives" } else { "it has died" });
        sends(&mut rig, &[1, 2, 3]);
        receives(&mut rig, ONE);
        removes(&mut rig, ONE, 0);
        receives(&mut rig, ONE);
        let client = rig.client(ONE);
        rig.give(QUEUE, Message::Abandon { client, lives });
        receives(&mut rig, ONE);
        rig
    };
    all_tell(&[true, false].map(told), TOLD, "a_consumer_that_goes_on_keeps_what_it_has_processed");
}
