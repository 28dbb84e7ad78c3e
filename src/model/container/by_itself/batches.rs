//! A container with several records in its hands.

use super::{CONTAINER, IN, TOLD, inserted, received, refused, removed, rig, sent};
use crate::model::message::{Message, MessageNumber, Receipt};
use crate::sim::rig::{Rig, all_tell};

/// The other records of a reply that brings several: they are in the inbox behind the first one.
fn comes_with(rig: &mut Rig, record: u16, receipt: u32) {
    let (queue, copy, receipt) = (rig.queue(IN), rig.copy(record), Receipt(receipt));
    let number = MessageNumber(record);
    rig.leave(CONTAINER, Message::Received { incarnation: 0, queue, copy, number, receipt });
}

/// Records 1, 2 and 3 come with one reply.
fn received_three(rig: &mut Rig) {
    let (queue, copy) = (rig.queue(IN), rig.copy(1));
    let first = Message::Received {
        incarnation: 0,
        queue,
        copy,
        number: MessageNumber(1),
        receipt: Receipt(4),
    };
    rig.leave(CONTAINER, first);
    comes_with(rig, 2, 5);
    comes_with(rig, 3, 6);
    rig.choose("step one-container@1");
}

fn batches(options: &str) -> Rig {
    rig(&format!("container = {{ batch = 3, on_dependency_failure = 'give-back', {options} }}"))
}

/// It asks for the next batch when the last record is removed.
#[test]
fn the_records_of_a_batch_are_processed_and_removed_one_after_the_other() {
    let mut rig = batches("");
    received_three(&mut rig);
    for _ in 0..3 {
        inserted(&mut rig, 0, false);
        sent(&mut rig, 0);
        removed(&mut rig, 0);
    }
    rig.title("a remove that came too late ends the work on one record");
    received_three(&mut rig);
    inserted(&mut rig, 0, false);
    sent(&mut rig, 0);
    let queue = rig.queue(IN);
    rig.give(CONTAINER, Message::RemoveRefused { incarnation: 0, queue, expired: true });
    rig.title("paused, it keeps what it has");
    rig.drive(2);
    inserted(&mut rig, 0, false);
    rig.tells(TOLD, "the_records_of_a_batch_are_processed_and_removed_one_after_the_other");
}

/// The table refuses the second of three records, of which all are one group.
#[test]
fn what_becomes_of_a_batch_of_which_one_record_fails() {
    let fails = |on_failure: &str| {
        let mut rig = batches(&format!("on_batch_failure = '{on_failure}'"));
        rig.title(on_failure);
        received_three(&mut rig);
        inserted(&mut rig, 0, false);
        sent(&mut rig, 0);
        if on_failure != "all-back" {
            removed(&mut rig, 0);
        }
        refused(&mut rig, 0, 0);
        if on_failure == "failed-only-back" {
            inserted(&mut rig, 0, false);
            sent(&mut rig, 0);
            removed(&mut rig, 0);
        }
        if on_failure == "removed" {
            removed(&mut rig, 0);
            removed(&mut rig, 0);
        }
        rig
    };
    all_tell(
        &["failed-back", "all-back", "failed-only-back", "removed"].map(fails),
        TOLD,
        "what_becomes_of_a_batch_of_which_one_record_fails",
    );
}

/// Records 1, 4 and 5 have one business key, 2 and 3 the other; a standard queue keeps no order.
#[test]
fn records_of_other_groups_than_the_failed_one_go_on() {
    let fails = |queue: &str| {
        let mut rig = rig(&format!(
            "records.keys = 2\nqueue = {{ {queue} }}\n\
             container = {{ batch = 3, on_dependency_failure = 'give-back' }}"
        ));
        rig.title(queue);
        received_three(&mut rig);
        refused(&mut rig, 0, 0);
        refused(&mut rig, 0, 0);
        rig
    };
    all_tell(
        &["groups = 'one'", "groups = 'by-key'", "groups = 'by-record'", "delivery = 'standard'"]
            .map(fails),
        TOLD,
        "records_of_other_groups_than_the_failed_one_go_on",
    );
}

/// All are processed first; then each is removed, and one whose remove is refused goes back with those behind it.
#[test]
fn a_batch_that_goes_back_as_a_whole_is_removed_at_the_end() {
    let mut rig = batches("on_batch_failure = 'all-back'");
    received_three(&mut rig);
    for _ in 0..3 {
        inserted(&mut rig, 0, false);
        sent(&mut rig, 0);
    }
    removed(&mut rig, 0);
    refused(&mut rig, 0, 2);
    rig.title("one that comes alone is removed at once");
    received(&mut rig, 0, 4, 8);
    inserted(&mut rig, 0, false);
    sent(&mut rig, 0);
    removed(&mut rig, 0);
    rig.tells(TOLD, "a_batch_that_goes_back_as_a_whole_is_removed_at_the_end");
}

/// Whatever it held goes back: the batch is in its memory only.
#[test]
fn a_container_that_stops_has_nothing_left_of_its_batch() {
    let stops = |how: &str| {
        let mut rig = rig("budget.crash = 1\ncontainer = { batch = 3, restart = 'always' }");
        rig.title(how);
        received_three(&mut rig);
        match how {
            "crash" => drop(rig.choose("crash one-container@1")),
            _ => refused(&mut rig, 0, 0),
        }
        rig.choose("restart one-container@1");
        rig.give(
            CONTAINER,
            Message::Inserted { incarnation: 0, duplicate: false, unreadable: false },
        );
        received(&mut rig, 1, 4, 8);
        inserted(&mut rig, 1, false);
        sent(&mut rig, 1);
        removed(&mut rig, 1);
        rig
    };
    all_tell(
        &["crash", "refused"].map(stops),
        TOLD,
        "a_container_that_stops_has_nothing_left_of_its_batch",
    );
}

/// One reply brings the whole batch: none of it comes if that is lost.
#[test]
fn a_reply_that_is_lost_is_the_whole_batch() {
    let mut rig = rig("budget.lost_reply = 1\ncontainer.batch = 3");
    let (queue, copy) = (rig.queue(IN), rig.copy(1));
    let (number, receipt) = (MessageNumber(1), Receipt(4));
    rig.leave(CONTAINER, Message::Received { incarnation: 0, queue, copy, number, receipt });
    comes_with(&mut rig, 2, 5);
    comes_with(&mut rig, 3, 6);
    rig.choose("lose-reply one-container@1");
    rig.tells(TOLD, "a_reply_that_is_lost_is_the_whole_batch");
}

/// One that drains is of the old release until its batch is done; the next batch is for the new one.
#[test]
fn a_batch_is_finished_by_the_release_that_received_it() {
    let drains = |on_stop: &str| {
        let mut rig = Rig::new(
            &format!(
                "topology.old_containers = 1\nrecords.new_format_from = 2\n\
                 container = {{ batch = 3, on_stop = '{on_stop}' }}"
            ),
            &["deploy one@1"],
        );
        rig.title(on_stop);
        received_three(&mut rig);
        rig.drive(1);
        if on_stop == "drain" {
            inserted(&mut rig, 0, false);
            sent(&mut rig, 0);
            removed(&mut rig, 0);
            received(&mut rig, 0, 2, 8);
        } else {
            received(&mut rig, 1, 2, 8);
        }
        rig
    };
    all_tell(
        &["drain", "at-once"].map(drains),
        TOLD,
        "a_batch_is_finished_by_the_release_that_received_it",
    );
}
