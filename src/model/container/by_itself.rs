//! A container by itself.

use crate::model::message::{Message, MessageNumber, Receipt};
use crate::sim::rig::{Rig, all_tell};

mod batches;
mod releases;

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const CONTAINER: &str = "one-container@1";
const IN: &str = "inbound-queue@1";
const OUT: &str = "one-two-queue@1";

fn rig(options: &str) -> Rig {
    Rig::new(options, &["pause one-container@1", "recover one-container@1"])
}

fn received(rig: &mut Rig, incarnation: u16, record: u16, receipt: u32) {
    let (queue, copy, receipt) = (rig.queue(IN), rig.copy(record), Receipt(receipt));
    let number = MessageNumber(record);
    rig.give(CONTAINER, Message::Received { incarnation, queue, copy, number, receipt });
}

fn inserted(rig: &mut Rig, incarnation: u16, duplicate: bool) {
    rig.give(CONTAINER, Message::Inserted { incarnation, duplicate, unreadable: false });
}

fn sent(rig: &mut Rig, incarnation: u16) {
    rig.give(CONTAINER, Message::Sent { incarnation, queue: rig.queue(OUT) });
}

fn removed(rig: &mut Rig, incarnation: u16) {
    rig.give(CONTAINER, Message::Removed { incarnation, queue: rig.queue(IN) });
}

/// A refusal of the table (0), the out-queue (1), a remove (2) or a receive (3).
fn refused(rig: &mut Rig, incarnation: u16, request: u8) {
    let queue = rig.queue(IN);
    let message = match request {
        0 => Message::InsertRefused { incarnation },
        1 => Message::SendRefused { incarnation },
        2 => Message::RemoveRefused { incarnation, queue, expired: false },
        _ => Message::ReceiveRefused { incarnation, queue },
    };
    rig.give(CONTAINER, message);
}

#[test]
fn a_record_is_stored_then_published_then_removed() {
    let mut rig = rig("");
    received(&mut rig, 0, 1, 4);
    inserted(&mut rig, 0, false);
    sent(&mut rig, 0);
    removed(&mut rig, 0);
    rig.title("a duplicate is forwarded again, and a row that cannot be read is no matter");
    received(&mut rig, 0, 2, 5);
    rig.give(CONTAINER, Message::Inserted { incarnation: 0, duplicate: true, unreadable: true });
    sent(&mut rig, 0);
    rig.title("a remove that came too late ends the work all the same");
    let queue = rig.queue(IN);
    rig.give(CONTAINER, Message::RemoveRefused { incarnation: 0, queue, expired: true });
    rig.tells(TOLD, "a_record_is_stored_then_published_then_removed");
}

#[test]
fn another_order_of_actions_is_kept() {
    let mut rig = rig("container.steps = ['publish', 'remove', 'store']");
    received(&mut rig, 0, 1, 4);
    sent(&mut rig, 0);
    removed(&mut rig, 0);
    inserted(&mut rig, 0, true);
    rig.tells(TOLD, "another_order_of_actions_is_kept");
}

#[test]
fn a_duplicate_is_skipped_up_to_its_remove() {
    let mut rig = rig("container.on_duplicate = 'skip'");
    received(&mut rig, 0, 1, 4);
    inserted(&mut rig, 0, true);
    removed(&mut rig, 0);
    received(&mut rig, 0, 2, 5);
    inserted(&mut rig, 0, false);
    rig.tells(TOLD, "a_duplicate_is_skipped_up_to_its_remove");
}

/// The delivery is removed already, so what is skipped is not removed a second time.
#[test]
fn a_duplicate_that_was_removed_first_is_not_removed_again() {
    let mut rig =
        rig("container = { steps = ['remove', 'store', 'publish'], on_duplicate = 'skip' }");
    received(&mut rig, 0, 1, 4);
    removed(&mut rig, 0);
    inserted(&mut rig, 0, true);
    sent(&mut rig, 0);
    received(&mut rig, 0, 2, 5);
    removed(&mut rig, 0);
    inserted(&mut rig, 0, false);
    rig.tells(TOLD, "a_duplicate_that_was_removed_first_is_not_removed_again");
}

/// Each request is sent again so many times, whatever the requests before it needed.
#[test]
fn retries_are_of_one_request() {
    let mut rig = rig("container.retries = 2");
    rig.title("of a receive");
    refused(&mut rig, 0, 3);
    refused(&mut rig, 0, 3);
    received(&mut rig, 0, 1, 4);
    rig.title("of an insert");
    refused(&mut rig, 0, 0);
    refused(&mut rig, 0, 0);
    inserted(&mut rig, 0, false);
    rig.title("of a send");
    refused(&mut rig, 0, 1);
    refused(&mut rig, 0, 1);
    sent(&mut rig, 0);
    rig.title("of a remove, once too often");
    refused(&mut rig, 0, 2);
    refused(&mut rig, 0, 2);
    refused(&mut rig, 0, 2);
    rig.title("it begins again with all retries");
    rig.drive(2);
    refused(&mut rig, 1, 3);
    refused(&mut rig, 1, 3);
    refused(&mut rig, 1, 3);
    rig.tells(TOLD, "retries_are_of_one_request");
}

/// It gives its delivery back, and what it had asked for in its earlier life is not for the new one.
#[test]
fn a_container_that_was_refused_halts_and_starts_anew() {
    let halted = |request: u8| {
        let mut rig = rig("");
        if request < 3 {
            received(&mut rig, 0, 1, 4);
        }
        if request == 1 || request == 2 {
            inserted(&mut rig, 0, false);
        }
        if request == 2 {
            sent(&mut rig, 0);
        }
        rig.title("it is refused");
        refused(&mut rig, 0, request);
        rig.title("replies to what it asked before come too late");
        sent(&mut rig, 0);
        rig.drive(2);
        inserted(&mut rig, 0, false);
        received(&mut rig, 0, 3, 8);
        refused(&mut rig, 0, request);
        rig.title("replies to what it asks now do not");
        received(&mut rig, 1, 2, 5);
        rig
    };
    all_tell(&[0, 1, 2, 3].map(halted), TOLD, "a_container_that_was_refused_halts_and_starts_anew");
}

#[test]
fn a_refusal_that_is_dropped_goes_on_with_the_remove() {
    let mut rig = rig("container.on_dependency_failure = 'drop'");
    received(&mut rig, 0, 1, 4);
    refused(&mut rig, 0, 0);
    removed(&mut rig, 0);
    received(&mut rig, 0, 2, 5);
    inserted(&mut rig, 0, false);
    refused(&mut rig, 0, 1);
    rig.title("a remove cannot be dropped");
    refused(&mut rig, 0, 2);
    rig.tells(TOLD, "a_refusal_that_is_dropped_goes_on_with_the_remove");
}

#[test]
fn a_container_that_cannot_read_gives_up() {
    let mut rig = rig("container.on_unreadable = 'give-up'\nrecords.unreadable = 2");
    received(&mut rig, 0, 1, 4);
    rig.give(CONTAINER, Message::Inserted { incarnation: 0, duplicate: true, unreadable: true });
    received(&mut rig, 0, 3, 5);
    inserted(&mut rig, 0, false);
    rig.tells(TOLD, "a_container_that_cannot_read_gives_up");
}

/// Whatever refuses, it asks for the next record, which gives the delivery back; with nothing in its hand it
/// just asks again. It goes on at once, so there is no life after it.
#[test]
fn a_container_that_was_refused_gives_back_and_goes_on() {
    let mut rig = rig("container = { on_dependency_failure = 'give-back', retries = 1 }");
    rig.title("a receive");
    refused(&mut rig, 0, 3);
    refused(&mut rig, 0, 3);
    rig.title("an insert");
    received(&mut rig, 0, 1, 4);
    refused(&mut rig, 0, 0);
    refused(&mut rig, 0, 0);
    rig.title("a send");
    received(&mut rig, 0, 1, 5);
    inserted(&mut rig, 0, false);
    refused(&mut rig, 0, 1);
    refused(&mut rig, 0, 1);
    rig.title("a remove");
    received(&mut rig, 0, 1, 6);
    inserted(&mut rig, 0, true);
    sent(&mut rig, 0);
    refused(&mut rig, 0, 2);
    refused(&mut rig, 0, 2);
    rig.tells(TOLD, "a_container_that_was_refused_gives_back_and_goes_on");
}

/// It leaves the record and reads on; what it has not received it fetches again from where it was.
#[test]
fn a_container_that_was_refused_reads_on() {
    let mut rig = rig("queue.delivery = 'log'\ncontainer.on_dependency_failure = 'read-on'");
    rig.title("a receive");
    refused(&mut rig, 0, 3);
    rig.title("an insert");
    received(&mut rig, 0, 1, 4);
    refused(&mut rig, 0, 0);
    rig.title("a commit");
    received(&mut rig, 0, 1, 6);
    inserted(&mut rig, 0, true);
    sent(&mut rig, 0);
    refused(&mut rig, 0, 2);
    rig.tells(TOLD, "a_container_that_was_refused_reads_on");
}

/// Before it is stored, and whatever else the design is.
#[test]
fn a_record_that_cannot_be_processed_is_given_back() {
    let mut rig = rig("records.poison = [2, 3]");
    received(&mut rig, 0, 2, 4);
    received(&mut rig, 0, 1, 5);
    rig.tells(TOLD, "a_record_that_cannot_be_processed_is_given_back");
}

#[test]
fn a_duplicate_is_given_back() {
    let mut rig = rig("container.on_duplicate = 'give-back'");
    received(&mut rig, 0, 1, 4);
    inserted(&mut rig, 0, true);
    received(&mut rig, 0, 2, 5);
    inserted(&mut rig, 0, false);
    rig.tells(TOLD, "a_duplicate_is_given_back");
}

#[test]
fn a_paused_container_goes_on_where_it_was() {
    let mut rig = rig("");
    received(&mut rig, 0, 1, 4);
    rig.drive(1);
    inserted(&mut rig, 0, false);
    rig.drive(1);
    inserted(&mut rig, 0, false);
    rig.tells(TOLD, "a_paused_container_goes_on_where_it_was");
}

/// What comes while it is paused is gone: after the recovery it waits for the reply that it was given, and
/// takes no further step.
#[test]
fn what_reaches_a_paused_container_that_drops_is_gone() {
    let dropping = |options: &str| rig(&format!("container.while_paused = 'drop'\n{options}"));
    let mut working = dropping("");
    working.title("it works on a record");
    received(&mut working, 0, 1, 4);
    working.drive(1);
    inserted(&mut working, 0, false);
    working.drive(1);
    working.title("its replies are its own again");
    inserted(&mut working, 0, false);
    let mut waiting = dropping("");
    waiting.title("it waits for a delivery");
    waiting.drive(1);
    received(&mut waiting, 0, 1, 4);
    refused(&mut waiting, 0, 3);
    waiting.drive(1);
    received(&mut waiting, 0, 2, 5);
    let mut crashed = dropping("budget.crash = 1\ncontainer.restart = 'always'");
    crashed.title(
        "one that crashed while it was paused keeps what comes, which is for its earlier life",
    );
    received(&mut crashed, 0, 1, 4);
    crashed.drive(1);
    crashed.choose("crash one-container@1");
    inserted(&mut crashed, 0, false);
    crashed.choose("restart one-container@1");
    inserted(&mut crashed, 0, false);
    all_tell(
        &[working, waiting, crashed],
        TOLD,
        "what_reaches_a_paused_container_that_drops_is_gone",
    );
}

/// Of one record it is sent to both queues before it is removed; a send that is refused has its retries again.
#[test]
fn a_record_is_sent_to_several_queues() {
    let ways = "stage.one.to = ['two', 'destination']\ncontainer.retries = 1";
    let mut sound = rig(ways);
    received(&mut sound, 0, 1, 4);
    inserted(&mut sound, 0, false);
    sent(&mut sound, 0);
    sent(&mut sound, 0);
    removed(&mut sound, 0);
    sound.title("the second queue refuses, and refuses again");
    received(&mut sound, 0, 2, 5);
    inserted(&mut sound, 0, false);
    sent(&mut sound, 0);
    refused(&mut sound, 0, 1);
    refused(&mut sound, 0, 1);
    sound.tells(TOLD, "a_record_is_sent_to_several_queues");
}

#[test]
fn a_best_effort_goes_on_without_the_second_queue_and_tries_the_next_request_again() {
    let ways = "stage.one.to = ['two', 'destination']\ncontainer.retries = 1\n\
                container.on_fan_out = 'best-effort'";
    let mut rig = rig(ways);
    received(&mut rig, 0, 1, 4);
    inserted(&mut rig, 0, false);
    sent(&mut rig, 0);
    refused(&mut rig, 0, 1);
    refused(&mut rig, 0, 1);
    rig.title("the remove is refused");
    refused(&mut rig, 0, 2);
    removed(&mut rig, 0);
    rig.tells(
        TOLD,
        "a_best_effort_goes_on_without_the_second_queue_and_tries_the_next_request_again",
    );
}

#[test]
fn a_container_that_crashed_starts_anew() {
    let crashed = |option| {
        let options = "budget.crash = 2\ncontainer.restart = 'always'";
        let mut rig = rig(&format!("{options}\ncontainer.on_recover = '{option}'"));
        rig.title(option);
        received(&mut rig, 0, 1, 4);
        rig.choose("crash one-container@1");
        inserted(&mut rig, 0, false);
        rig.choose("restart one-container@1");
        sent(&mut rig, 0);
        rig
    };
    all_tell(
        &["receive-again", "forget"].map(crashed),
        TOLD,
        "a_container_that_crashed_starts_anew",
    );
}

/// It takes its row back before it gives the delivery back, and tries that as often as any other request. What it has not
/// stored it does not take back, nor what it has forwarded.
#[test]
fn a_record_that_cannot_be_forwarded_is_taken_back() {
    let options = "container = { dual_write = 'compensate', on_dependency_failure = 'give-back', retries = 1 }";
    let mut rig = rig(options);
    received(&mut rig, 0, 1, 4);
    refused(&mut rig, 0, 0);
    inserted(&mut rig, 0, false);
    refused(&mut rig, 0, 1);
    refused(&mut rig, 0, 1);
    rig.give(CONTAINER, Message::Withdrawn { incarnation: 0 });
    rig.title("the table refuses that, too");
    received(&mut rig, 0, 1, 5);
    inserted(&mut rig, 0, false);
    refused(&mut rig, 0, 1);
    refused(&mut rig, 0, 1);
    rig.give(CONTAINER, Message::WithdrawRefused { incarnation: 0 });
    rig.give(CONTAINER, Message::WithdrawRefused { incarnation: 0 });
    rig.title("it is not stored");
    received(&mut rig, 0, 1, 6);
    refused(&mut rig, 0, 0);
    refused(&mut rig, 0, 0);
    rig.title("it is forwarded");
    received(&mut rig, 0, 1, 7);
    inserted(&mut rig, 0, false);
    sent(&mut rig, 0);
    refused(&mut rig, 0, 2);
    refused(&mut rig, 0, 2);
    rig.title("an answer to an earlier life");
    rig.give(CONTAINER, Message::Withdrawn { incarnation: 3 });
    rig.give(CONTAINER, Message::WithdrawRefused { incarnation: 3 });
    rig.tells(TOLD, "a_record_that_cannot_be_forwarded_is_taken_back");
}

/// What an external service refuses after the store is taken back as well. One that halts does so after that, and one that
/// publishes first has nothing to take back.
#[test]
fn a_container_that_compensates_halts_after_that() {
    let steps =
        |steps: &str| format!("container = {{ dual_write = 'compensate', steps = [{steps}] }}");
    let mut called = rig(&steps("'store', 'call', 'publish', 'remove'"));
    received(&mut called, 0, 1, 4);
    inserted(&mut called, 0, false);
    called.give(CONTAINER, Message::CallRefused { incarnation: 0 });
    called.give(CONTAINER, Message::Withdrawn { incarnation: 0 });
    let mut early = rig(&steps("'publish', 'store', 'remove'"));
    received(&mut early, 0, 1, 4);
    refused(&mut early, 0, 1);
    all_tell(&[called, early], TOLD, "a_container_that_compensates_halts_after_that");
}
