//! A container of one release, and one of another that takes its place.

use super::{TOLD, inserted, received, refused, removed, sent};
use crate::sim::rig::{Rig, all_tell};

/// What it does with a record in the new format, until a container of the new release takes its place; that one finishes
/// what the old one works on, or begins a life of its own.
#[test]
fn a_container_of_the_old_release_cannot_read_the_new_format() {
    let rolled_out = |options: &str| {
        let old = "topology.old_containers = 1\nrecords.new_format_from = 2";
        let mut rig = Rig::new(&format!("{old}\n{options}"), &["deploy one@1"]);
        rig.title(options);
        received(&mut rig, 0, 1, 4);
        received(&mut rig, 0, 2, 5);
        rig
    };
    let mut back = rolled_out("container.on_stop = 'drain'");
    received(&mut back, 0, 1, 6);
    back.drive(1);
    inserted(&mut back, 0, false);
    received(&mut back, 0, 2, 7);
    let drop = rolled_out("container.on_new_format = 'drop'");
    let ignore = rolled_out("container.on_new_format = 'ignore-fields'");
    let mut at_once = rolled_out("container.on_stop = 'at-once'");
    received(&mut at_once, 0, 1, 6);
    at_once.drive(1);
    inserted(&mut at_once, 0, false);
    received(&mut at_once, 1, 2, 7);
    let test = "a_container_of_the_old_release_cannot_read_the_new_format";
    all_tell(&[back, drop, ignore, at_once], TOLD, test);
}

/// What it does with a record in the old format, once it is of the new release; and what a container does that becomes an old one
/// again.
#[test]
fn a_container_of_the_new_release_may_not_read_the_old_format() {
    let mixed = |options: &str, script: &[&str]| {
        let old = "topology.old_containers = 1\nrecords.new_format_from = 3";
        let mut rig = Rig::new(&format!("{old}\n{options}"), script);
        rig.title(options);
        received(&mut rig, 0, 1, 4);
        rig.drive(1);
        inserted(&mut rig, 0, false);
        sent(&mut rig, 0);
        removed(&mut rig, 0);
        received(&mut rig, 0, 2, 5);
        rig
    };
    let back = mixed("container.on_old_format = 'give-back'", &["deploy one@1"]);
    let drop = mixed("container.on_old_format = 'drop'", &["deploy one@1"]);
    let mut read = mixed("", &["deploy one@1", "rollback one@1"]);
    read.title("it is rolled back while it works on a record that both can read");
    read.drive(1);
    inserted(&mut read, 0, false);
    sent(&mut read, 0);
    removed(&mut read, 0);
    received(&mut read, 0, 3, 6);
    all_tell(
        &[back, drop, read],
        TOLD,
        "a_container_of_the_new_release_may_not_read_the_old_format",
    );
}

/// What has failed is replaced by one that works, and has nothing of what the other one held.
#[test]
fn what_replaces_a_container_that_has_failed_works() {
    let replaced = |title: &str, begin: &str, options: &str| {
        let script = [begin, "deploy one@1", "recover one-container@1"];
        let mut rig = Rig::new(options, &script);
        rig.title(title);
        received(&mut rig, 0, 1, 4);
        rig.drive(2);
        rig.title("a reply to the one that was replaced");
        inserted(&mut rig, 0, false);
        rig.title("there is nothing to recover");
        rig.drive(1);
        received(&mut rig, 1, 1, 5);
        inserted(&mut rig, 1, false);
        rig
    };
    let mut stopped = Rig::new("", &["deploy one@1"]);
    stopped.title("it has stopped");
    received(&mut stopped, 0, 1, 4);
    refused(&mut stopped, 0, 0);
    stopped.drive(1);
    received(&mut stopped, 1, 1, 5);
    all_tell(
        &[
            replaced("it is paused", "pause one-container@1", ""),
            replaced("it has crashed", "crash one-container@1", ""),
            replaced(
                "it has crashed, and would stop at once",
                "crash one-container@1",
                "container.on_stop = 'at-once'",
            ),
            stopped,
        ],
        TOLD,
        "what_replaces_a_container_that_has_failed_works",
    );
}

/// What would stop one that drains is the end of that one: the other works. What stops the other one stops it.
#[test]
fn what_replaces_a_container_that_drains_works() {
    let drains = |title: &str| {
        let mut rig = Rig::new("", &["deploy one@1"]);
        rig.title(title);
        rig
    };
    let mut working = drains("a store is refused of one that drains");
    received(&mut working, 0, 1, 4);
    working.drive(1);
    refused(&mut working, 0, 0);
    received(&mut working, 1, 1, 5);
    refused(&mut working, 1, 0);
    let mut waiting = drains("a request for a record is refused of one that drains");
    waiting.drive(1);
    refused(&mut waiting, 0, 3);
    received(&mut waiting, 1, 1, 5);
    refused(&mut waiting, 1, 0);
    let mut taken = drains("it has asked, and the record is for the one that takes its place");
    taken.drive(1);
    received(&mut taken, 0, 1, 4);
    refused(&mut taken, 0, 0);
    let mut done = drains("it has drained");
    received(&mut done, 0, 1, 4);
    done.drive(1);
    inserted(&mut done, 0, false);
    sent(&mut done, 0);
    removed(&mut done, 0);
    refused(&mut done, 0, 3);
    all_tell(&[working, waiting, taken, done], TOLD, "what_replaces_a_container_that_drains_works");
}
