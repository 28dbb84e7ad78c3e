//! The record destination by itself.

use crate::model::RegionId;
use crate::model::message::{Message, MessageNumber, Receipt};
use crate::sim::rig::{Rig, all_tell};

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const DESTINATION: &str = "record-destination";
const QUEUES: [&str; 2] = ["outbound-queue@1", "outbound-queue@2"];

/// A record in the message of this number of the region of this index.
fn received(rig: &mut Rig, region: usize, record: u16, number: u16) {
    let (queue, copy, number) =
        (rig.queue(QUEUES[region]), rig.copy(record), MessageNumber(number));
    let message = Message::Received { incarnation: 0, queue, copy, number, receipt: Receipt(3) };
    rig.give(DESTINATION, message);
}

fn receive_refused(rig: &mut Rig, region: usize) {
    let queue = rig.queue(QUEUES[region]);
    rig.give(DESTINATION, Message::ReceiveRefused { incarnation: 0, queue });
}

fn remove_refused(rig: &mut Rig, region: usize, expired: bool) {
    let queue = rig.queue(QUEUES[region]);
    rig.give(DESTINATION, Message::RemoveRefused { incarnation: 0, queue, expired });
}

fn wake(rig: &mut Rig, region: u8) {
    rig.give(DESTINATION, Message::Wake { region: RegionId(region) });
}

#[test]
fn a_record_counts_once() {
    let told = |dedupe| {
        let mut rig = Rig::new(&format!("destination.dedupe = '{dedupe}'"), &[]);
        rig.title(dedupe);
        received(&mut rig, 0, 1, 1);
        received(&mut rig, 0, 1, 1);
        rig.title("in another message, and in that of another queue");
        received(&mut rig, 0, 1, 2);
        received(&mut rig, 1, 1, 1);
        received(&mut rig, 1, 1, 1);
        received(&mut rig, 0, 1, 2);
        received(&mut rig, 0, 2, 2);
        rig
    };
    all_tell(&["by-id", "none", "by-message-id"].map(told), TOLD, "a_record_counts_once");
}

/// Of three records it knows the first again until two others have counted. One that counts again is known from then on.
#[test]
fn an_id_is_forgotten_after_the_window() {
    let mut rig = Rig::new("destination.window = 2", &[]);
    for record in [1, 2, 1, 3, 1, 1, 2, 3] {
        received(&mut rig, 0, record, record);
    }
    rig.tells(TOLD, "an_id_is_forgotten_after_the_window");
}

/// Records 1 and 4 have one key, and 2 and 3 the other one.
#[test]
fn a_newer_version_is_shown() {
    let told = |versions| {
        let mut rig =
            Rig::new(&format!("records.keys = 2\ndestination.versions = '{versions}'"), &[]);
        rig.title(versions);
        for record in [4, 1, 2, 4, 3] {
            received(&mut rig, 0, record, record);
        }
        rig
    };
    all_tell(&["as-they-come", "checked"].map(told), TOLD, "a_newer_version_is_shown");
}

/// Each region is asked by itself; after a refusal it waits for a change there.
#[test]
fn a_refused_region_waits_for_a_change() {
    let mut rig = Rig::new("", &[]);
    let queue = rig.queue(QUEUES[0]);
    received(&mut rig, 0, 1, 1);
    rig.give(DESTINATION, Message::Removed { incarnation: 0, queue });
    receive_refused(&mut rig, 0);
    wake(&mut rig, 1);
    wake(&mut rig, 0);
    rig.title("a change while it waits for the answer");
    wake(&mut rig, 0);
    receive_refused(&mut rig, 0);
    receive_refused(&mut rig, 0);
    wake(&mut rig, 0);
    rig.title("a remove that is refused, and one that came too late");
    received(&mut rig, 0, 2, 2);
    remove_refused(&mut rig, 0, true);
    received(&mut rig, 0, 3, 3);
    remove_refused(&mut rig, 0, false);
    wake(&mut rig, 0);
    rig.title("the other region heard of a change");
    receive_refused(&mut rig, 1);
    rig.tells(TOLD, "a_refused_region_waits_for_a_change");
}
