//! A queue by itself.

use crate::model::message::{Message, Receipt};
use crate::sim::rig::{Rig, all_tell};

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
pub(super) const QUEUE: &str = "inbound-queue@1";
pub(super) const ONE: &str = "one-container-1@1";
pub(super) const TWO: &str = "one-container-2@1";

/// A queue with two consumers.
pub(super) fn rig(options: &str, script: &[&str]) -> Rig {
    Rig::new(&format!("topology.containers = 2\n{options}"), script)
}

pub(super) fn sends(rig: &mut Rig, records: &[u16]) {
    for &record in records {
        rig.give(QUEUE, rig.send("in-dns", record));
    }
}

pub(super) fn receives(rig: &mut Rig, consumer: &str) {
    rig.give(QUEUE, rig.receive(consumer, QUEUE));
}

pub(super) fn removes(rig: &mut Rig, consumer: &str, receipt: u32) {
    rig.give(QUEUE, rig.remove(consumer, QUEUE, receipt));
}

pub(super) fn abandons(rig: &mut Rig, consumer: &str) {
    let client = rig.client(consumer);
    rig.give(QUEUE, Message::Abandon { client, lives: false });
}

/// The visibility timeout of a consumer that is gone is over, where others are handed out meanwhile.
pub(super) fn times_out(rig: &mut Rig, consumer: &str) {
    let client = rig.client(consumer).gone();
    rig.give(QUEUE, Message::Abandon { client, lives: false });
}

/// One delivery at a time; what comes back is first in line again, and an expired receipt removes nothing.
#[test]
fn a_fifo_queue_has_one_delivery_at_a_time() {
    let mut rig = rig("", &[]);
    sends(&mut rig, &[1, 2]);
    receives(&mut rig, ONE);
    receives(&mut rig, TWO);
    removes(&mut rig, ONE, 7);
    rig.title("the delivery goes to the one that waits");
    abandons(&mut rig, ONE);
    removes(&mut rig, ONE, 0);
    removes(&mut rig, TWO, 1);
    rig.title("a consumer that asks again gives up what it has");
    receives(&mut rig, ONE);
    receives(&mut rig, ONE);
    sends(&mut rig, &[3]);
    rig.title("one that gave up waits no more");
    receives(&mut rig, TWO);
    abandons(&mut rig, TWO);
    removes(&mut rig, ONE, 3);
    receives(&mut rig, TWO);
    rig.tells(TOLD, "a_fifo_queue_has_one_delivery_at_a_time");
}

/// The receipt of a delivery that timed out is of no use in a fifo queue, also while its record is visible.
#[test]
fn an_expired_receipt_removes_nothing_from_a_fifo_queue() {
    let mut rig = rig("budget.visibility_timeout = 2", &[]);
    sends(&mut rig, &[1, 2]);
    receives(&mut rig, ONE);
    rig.choose("time-out inbound-queue@1");
    removes(&mut rig, ONE, 0);
    receives(&mut rig, TWO);
    receives(&mut rig, ONE);
    rig.choose("time-out inbound-queue@1");
    removes(&mut rig, TWO, 1);
    removes(&mut rig, ONE, 2);
    rig.tells(TOLD, "an_expired_receipt_removes_nothing_from_a_fifo_queue");
}

/// Records 1, 4 and 5 have one business key, 2 and 3 the other: one delivery of each at a time, and what comes back is the
/// first of its group again.
#[test]
fn what_is_in_flight_keeps_back_its_own_group() {
    let text =
        |groups| format!("records.keys = 2\nqueue = {{ groups = '{groups}', max_receives = 2 }}");
    let mut by_key = rig(&text("by-key"), &[]);
    sends(&mut by_key, &[1, 4, 2, 3]);
    receives(&mut by_key, ONE);
    by_key.title("the second record waits for the first, the third does not");
    receives(&mut by_key, TWO);
    abandons(&mut by_key, TWO);
    times_out(&mut by_key, TWO);
    receives(&mut by_key, TWO);
    removes(&mut by_key, ONE, 0);
    receives(&mut by_key, ONE);
    by_key.title("a record that is given up keeps back none");
    abandons(&mut by_key, TWO);
    times_out(&mut by_key, TWO);
    receives(&mut by_key, TWO);
    let mut each = rig(&text("by-record"), &[]);
    each.title("each record is a group, and a second copy waits for the first");
    sends(&mut each, &[1, 1, 4]);
    receives(&mut each, ONE);
    receives(&mut each, TWO);
    all_tell(&[by_key, each], TOLD, "what_is_in_flight_keeps_back_its_own_group");
}

/// A resend is acknowledged and not taken, also of what was removed, and while the queue is full or it waits for room;
/// behind the window it is a new message.
#[test]
fn a_resend_is_taken_again_behind_the_window_only() {
    let options = "queue = { deduplication = 'by-record', capacity = 2 }\n\
                   budget.deduplication_window = 1";
    let mut rig = rig(options, &["fail inbound-queue@1", "recover inbound-queue@1"]);
    sends(&mut rig, &[1, 2, 1, 2]);
    receives(&mut rig, ONE);
    removes(&mut rig, ONE, 0);
    sends(&mut rig, &[1]);
    rig.title("it remembers what it took when it has failed");
    rig.drive(1);
    sends(&mut rig, &[1]);
    rig.drive(1);
    sends(&mut rig, &[1]);
    rig.choose("window-passes inbound-queue@1");
    sends(&mut rig, &[1, 2]);
    let mut by_key = self::rig("queue.deduplication = 'by-key'\nrecords.keys = 2", &[]);
    by_key.title("a newer version is taken for a resend");
    sends(&mut by_key, &[1, 2, 3, 4]);
    let mut full = self::rig("queue = { deduplication = 'by-record', capacity = 1 }", &[]);
    full.title("a record that waits twice for room is taken once");
    sends(&mut full, &[1, 2, 2]);
    for receipt in 0..2 {
        receives(&mut full, ONE);
        removes(&mut full, ONE, receipt);
    }
    all_tell(&[rig, by_key, full], TOLD, "a_resend_is_taken_again_behind_the_window_only");
}

/// Several deliveries at a time, and the last receipt removes a record until it is delivered again.
#[test]
fn a_standard_queue_delivers_several() {
    let options = "queue.delivery = 'standard'\nbudget = { visibility_timeout = 1, reorder = 2 }";
    let mut rig = rig(options, &[]);
    sends(&mut rig, &[1, 2, 3, 4]);
    receives(&mut rig, ONE);
    receives(&mut rig, TWO);
    rig.title("the oldest delivery times out, and its receipt still removes");
    rig.choose("time-out inbound-queue@1");
    removes(&mut rig, ONE, 0);
    removes(&mut rig, ONE, 0);
    rig.title("what comes back is first again");
    abandons(&mut rig, TWO);
    times_out(&mut rig, TWO);
    rig.choose("reorder inbound-queue@1");
    rig.choose("reorder inbound-queue@1");
    receives(&mut rig, ONE);
    receives(&mut rig, TWO);
    removes(&mut rig, TWO, 3);
    removes(&mut rig, ONE, 2);
    receives(&mut rig, ONE);
    rig.tells(TOLD, "a_standard_queue_delivers_several");
}

/// Deliveries that were given up and those that timed out count alike.
#[test]
fn a_record_is_given_up_after_so_many_deliveries() {
    let options = "queue.max_receives = 2\nbudget.visibility_timeout = 1";
    let mut rig = rig(options, &["redrive inbound-queue@1"]);
    sends(&mut rig, &[1, 2]);
    receives(&mut rig, ONE);
    rig.choose("time-out inbound-queue@1");
    receives(&mut rig, ONE);
    rig.title("the second delivery was the last one");
    abandons(&mut rig, ONE);
    receives(&mut rig, TWO);
    removes(&mut rig, TWO, 2);
    rig.title("a redriven record is a new message");
    rig.drive(1);
    receives(&mut rig, ONE);
    abandons(&mut rig, ONE);
    receives(&mut rig, ONE);
    abandons(&mut rig, ONE);
    receives(&mut rig, ONE);
    rig.tells(TOLD, "a_record_is_given_up_after_so_many_deliveries");
}

#[test]
fn a_full_queue_lets_senders_wait() {
    let mut rig = rig("queue.capacity = 2", &["fail inbound-queue@1", "recover inbound-queue@1"]);
    sends(&mut rig, &[1, 2, 3, 4]);
    receives(&mut rig, ONE);
    removes(&mut rig, ONE, 0);
    rig.title("a queue that fails refuses those who wait");
    receives(&mut rig, ONE);
    receives(&mut rig, TWO);
    rig.drive(1);
    sends(&mut rig, &[5]);
    receives(&mut rig, TWO);
    removes(&mut rig, ONE, 1);
    abandons(&mut rig, ONE);
    rig.title("and has all that it had");
    rig.drive(1);
    receives(&mut rig, TWO);
    rig.tells(TOLD, "a_full_queue_lets_senders_wait");
}

/// As published: a failure refuses what is asked while it lasts; what waited before is served after it.
#[test]
fn a_queue_that_fails_keeps_its_callers_waiting() {
    let script = ["fail inbound-queue@1", "recover inbound-queue@1"];
    let mut idle = rig("queue.on_failure = 'keep-waiting'", &script);
    idle.title("two consumers wait, and a third request comes while the queue is out");
    receives(&mut idle, ONE);
    receives(&mut idle, TWO);
    idle.drive(1);
    receives(&mut idle, TWO);
    sends(&mut idle, &[1]);
    idle.title("the first of those that waited has the first record");
    idle.drive(1);
    sends(&mut idle, &[1, 2]);
    removes(&mut idle, ONE, 0);
    let mut full = rig("queue = { capacity = 1, on_failure = 'keep-waiting' }", &script);
    full.title("a sender waits for room, and a consumer for what is in flight");
    sends(&mut full, &[1, 2]);
    receives(&mut full, ONE);
    receives(&mut full, TWO);
    full.drive(1);
    full.title("what comes back during the failure is handed out after it");
    abandons(&mut full, ONE);
    full.drive(1);
    removes(&mut full, TWO, 1);
    all_tell(&[idle, full], TOLD, "a_queue_that_fails_keeps_its_callers_waiting");
}

#[test]
fn a_full_queue_that_starves_delivers_nothing() {
    let mut rig = rig("queue = { capacity = 2, at_capacity = 'starve' }", &[]);
    sends(&mut rig, &[1]);
    receives(&mut rig, ONE);
    receives(&mut rig, TWO);
    sends(&mut rig, &[2, 3]);
    removes(&mut rig, ONE, 0);
    rig.tells(TOLD, "a_full_queue_that_starves_delivers_nothing");
}

#[test]
fn a_destructive_receive_leaves_nothing_to_remove() {
    let mut rig = rig("queue.receive = 'destructive'", &[]);
    sends(&mut rig, &[1, 2]);
    receives(&mut rig, ONE);
    receives(&mut rig, TWO);
    abandons(&mut rig, ONE);
    removes(&mut rig, TWO, 1);
    rig.tells(TOLD, "a_destructive_receive_leaves_nothing_to_remove");
}

#[test]
fn a_remove_of_the_head_removes_what_comes_first() {
    let mut rig = rig("queue = { delivery = 'standard', remove = 'head' }", &[]);
    sends(&mut rig, &[1, 2, 3]);
    receives(&mut rig, ONE);
    receives(&mut rig, TWO);
    removes(&mut rig, TWO, 1);
    removes(&mut rig, TWO, 1);
    removes(&mut rig, TWO, 1);
    removes(&mut rig, TWO, 1);
    rig.tells(TOLD, "a_remove_of_the_head_removes_what_comes_first");
}

/// A visibility timeout passes for a consumer that hangs while others ask the queue for work.
#[test]
fn what_a_hanging_consumer_has_times_out() {
    let mut rig = rig("", &["pause one-container-1@1", "recover one-container-1@1"]);
    sends(&mut rig, &[1, 2]);
    receives(&mut rig, ONE);
    rig.drive(1);
    receives(&mut rig, TWO);
    rig.give(QUEUE, Message::Expire { receipt: Receipt(0) });
    rig.title("a timeout of a delivery that is over does nothing");
    rig.give(QUEUE, Message::Expire { receipt: Receipt(0) });
    removes(&mut rig, TWO, 1);
    rig.drive(1);
    rig.tells(TOLD, "what_a_hanging_consumer_has_times_out");
}

#[test]
fn a_health_check_and_a_loss() {
    let script = ["fail inbound-queue@1", "recover inbound-queue@1", "lose @1"];
    let mut rig = rig("queue.max_receives = 1\nrpo.records = 'unlimited'", &script);
    let probe = Message::Probe { region: crate::model::RegionId(0) };
    rig.give(QUEUE, probe);
    rig.drive(1);
    rig.give(QUEUE, probe);
    rig.drive(1);
    rig.give(QUEUE, probe);
    sends(&mut rig, &[1, 2, 3]);
    receives(&mut rig, ONE);
    abandons(&mut rig, ONE);
    receives(&mut rig, ONE);
    receives(&mut rig, TWO);
    rig.title("what it holds is lost, dead letters included");
    rig.drive(1);
    sends(&mut rig, &[4]);
    rig.tells(TOLD, "a_health_check_and_a_loss");
}

/// What is visible then, and no more than it asks for: a fifo queue hands out no other of a group that is in flight, a
/// standard queue whatever is next.
#[test]
fn a_consumer_gets_several_at_a_time() {
    let several = |options: &str| {
        let mut rig = rig(&format!("records.keys = 2\ncontainer.batch = 2\n{options}"), &[]);
        rig.title(options);
        sends(&mut rig, &[1, 2, 3, 4, 5]);
        receives(&mut rig, ONE);
        rig.title("another one");
        receives(&mut rig, TWO);
        rig.title("one of them is removed, and the other one goes back");
        removes(&mut rig, ONE, 0);
        receives(&mut rig, ONE);
        rig
    };
    all_tell(
        &["queue.groups = 'one'", "queue.groups = 'by-key'", "queue.delivery = 'standard'"]
            .map(several),
        TOLD,
        "a_consumer_gets_several_at_a_time",
    );
}

/// Each has a receipt of its own; the visibility timeout of one is that of all that were delivered with it.
#[test]
fn what_is_delivered_together_comes_back_together() {
    let options = "container.batch = 3\nbudget.visibility_timeout = 2";
    let mut rig = rig(options, &[]);
    sends(&mut rig, &[1, 2, 3, 4]);
    receives(&mut rig, ONE);
    removes(&mut rig, ONE, 1);
    rig.choose("time-out inbound-queue@1");
    removes(&mut rig, ONE, 0);
    receives(&mut rig, TWO);
    rig.title("a consumer that dies");
    removes(&mut rig, TWO, 3);
    receives(&mut rig, ONE);
    abandons(&mut rig, TWO);
    rig.tells(TOLD, "what_is_delivered_together_comes_back_together");
}

/// One that is given up is not of the batch, which is as large without it.
#[test]
fn a_batch_has_no_dead_letters() {
    let options = "container.batch = 2\nqueue.max_receives = 1";
    let mut rig = rig(options, &[]);
    sends(&mut rig, &[1, 2, 3, 4]);
    receives(&mut rig, ONE);
    abandons(&mut rig, ONE);
    receives(&mut rig, TWO);
    abandons(&mut rig, TWO);
    rig.title("nothing but dead letters");
    receives(&mut rig, ONE);
    sends(&mut rig, &[5]);
    rig.tells(TOLD, "a_batch_has_no_dead_letters");
}
