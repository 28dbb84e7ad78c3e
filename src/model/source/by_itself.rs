//! The record source by itself.

use crate::model::RegionId;
use crate::model::id::BatchId;
use crate::model::message::Message;
use crate::sim::rig::{Rig, all_tell};

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const SOURCE: &str = "record-source";

fn publish(rig: &mut Rig, batch: u16) {
    rig.give(SOURCE, Message::Publish { batch: BatchId(batch) });
}

fn sent(rig: &mut Rig) {
    rig.give(SOURCE, Message::Sent { incarnation: 0, queue: rig.queue("inbound-queue@1") });
}

fn refused(rig: &mut Rig) {
    rig.give(SOURCE, Message::SendRefused { incarnation: 0 });
}

fn wake(rig: &mut Rig) {
    rig.give(SOURCE, Message::Wake { region: RegionId(1) });
}

/// One record after the other, and one batch after the other.
#[test]
fn a_record_is_sent_when_the_one_before_it_was_taken() {
    let mut rig = Rig::new("", &[]);
    publish(&mut rig, 1);
    publish(&mut rig, 2);
    publish(&mut rig, 1);
    for _ in 0..5 {
        sent(&mut rig);
    }
    rig.title("what is published already is not published again");
    publish(&mut rig, 2);
    rig.tells(TOLD, "a_record_is_sent_when_the_one_before_it_was_taken");
}

/// After a refusal it waits until something has changed since it sent.
#[test]
fn a_refused_record_waits_for_a_change() {
    let mut rig = Rig::new("", &[]);
    wake(&mut rig);
    publish(&mut rig, 2);
    refused(&mut rig);
    wake(&mut rig);
    rig.title("a change while it waits for the answer");
    wake(&mut rig);
    refused(&mut rig);
    rig.title("it is used up");
    refused(&mut rig);
    wake(&mut rig);
    sent(&mut rig);
    sent(&mut rig);
    rig.tells(TOLD, "a_refused_record_waits_for_a_change");
}

/// What is refused of a batch beside others is not sent again; a batch of which nothing was accepted is.
#[test]
fn a_batch_that_is_refused_in_part_is_taken_for_sent() {
    let mut rig = Rig::new("source.on_partial = 'ignore'", &[]);
    publish(&mut rig, 1);
    refused(&mut rig);
    sent(&mut rig);
    refused(&mut rig);
    rig.title("all of a batch is refused");
    publish(&mut rig, 2);
    refused(&mut rig);
    refused(&mut rig);
    wake(&mut rig);
    sent(&mut rig);
    sent(&mut rig);
    rig.title("neither batch has anything left to send");
    publish(&mut rig, 1);
    publish(&mut rig, 2);
    rig.tells(TOLD, "a_batch_that_is_refused_in_part_is_taken_for_sent");
}

#[test]
fn a_refusal_aborts_the_batch_or_drops_the_record() {
    let told = |on_refusal| {
        let mut rig = Rig::new(&format!("source.on_refusal = '{on_refusal}'"), &[]);
        rig.title(on_refusal);
        publish(&mut rig, 1);
        publish(&mut rig, 2);
        sent(&mut rig);
        refused(&mut rig);
        sent(&mut rig);
        refused(&mut rig);
        publish(&mut rig, 1);
        rig
    };
    all_tell(&["abort", "drop"].map(told), TOLD, "a_refusal_aborts_the_batch_or_drops_the_record");
}
