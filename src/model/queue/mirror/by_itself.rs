//! A mirrored log by itself, and the log that has the mirror.

use crate::model::message::Message;
use crate::sim::rig::{Rig, all_tell};

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const LOG: &str = "inbound-queue@1";
const MIRROR: &str = "inbound-queue@2";
const HERE: &str = "one-container-1@1";
const THERE: [&str; 2] = ["one-container-1@2", "one-container-2@2"];

/// Logs with two consumers each.
fn rig(options: &str, script: &[&str]) -> Rig {
    let text = format!(
        "topology.containers = 2\nrpo.records = 'unlimited'\n\
         queue = {{ delivery = 'log', mirror = 'asynchronous'{options} }}"
    );
    Rig::new(&text, script)
}

fn sends(rig: &mut Rig, log: &str, records: &[u16]) {
    for &record in records {
        rig.give(log, rig.send("in-dns", record));
    }
}

fn mirrors(rig: &mut Rig, records: &[u16]) {
    for &record in records {
        rig.give(MIRROR, Message::Mirror { copy: rig.copy(record) });
    }
}

fn commits(rig: &mut Rig, records: &[u16]) {
    for &record in records {
        rig.give(MIRROR, Message::Checkpoint { copy: rig.copy(record) });
    }
}

/// What it takes, and what is committed, in this order; nothing when its mirror is lost. One that is read from its first record hears
/// of no position.
#[test]
fn a_log_tells_its_mirror_what_it_takes_and_what_is_committed() {
    let tells = |options: &str| {
        let mut rig = rig(options, &["lose @2"]);
        rig.title(options);
        sends(&mut rig, LOG, &[1, 2, 3]);
        rig.give(LOG, rig.receive(HERE, LOG));
        rig.give(LOG, rig.remove(HERE, LOG, 0));
        rig.title("its mirror is lost");
        rig.drive(1);
        sends(&mut rig, LOG, &[4]);
        rig.give(LOG, rig.receive(HERE, LOG));
        rig.give(LOG, rig.remove(HERE, LOG, 1));
        rig
    };
    let title = "a_log_tells_its_mirror_what_it_takes_and_what_is_committed";
    let of = |positions| tells(&format!(", positions_at_failover = '{positions}'"));
    all_tell(&["mirrored", "earliest", "latest"].map(of), TOLD, title);
}

/// What is mirrored and not known to be committed comes behind its own records, in the order of the log, or is skipped. What is on
/// its way when the region is lost does not come. A second copy of a record stays when the first is committed.
#[test]
fn a_mirror_takes_over_what_is_not_known_to_be_committed() {
    let takes_over = |positions: &str| {
        let mut rig = rig(&format!(", positions_at_failover = '{positions}'"), &["lose @1"]);
        rig.title(positions);
        sends(&mut rig, MIRROR, &[5]);
        mirrors(&mut rig, &[1, 2, 1, 3]);
        commits(&mut rig, &[1]);
        rig.title("a consumer waits when the region is lost");
        rig.give(MIRROR, rig.receive(THERE[0], MIRROR));
        rig.give(MIRROR, rig.remove(THERE[0], MIRROR, 0));
        rig.give(MIRROR, rig.receive(THERE[0], MIRROR));
        rig.leave(MIRROR, Message::Mirror { copy: rig.copy(4) });
        rig.drive(1);
        rig.give(MIRROR, rig.receive(THERE[1], MIRROR));
        rig.give(MIRROR, rig.remove(THERE[0], MIRROR, 1));
        rig
    };
    let title = "a_mirror_takes_over_what_is_not_known_to_be_committed";
    all_tell(&["mirrored", "earliest", "latest"].map(takes_over), TOLD, title);
}

/// It writes nothing while it refuses its own clients: what it is sent then comes when it works again, before what is sent later, or is lost
/// with its log.
#[test]
fn a_mirror_that_has_failed_has_no_copy() {
    let fails = |then: [&str; 2]| {
        let mut rig = rig("", &["fail inbound-queue@2", then[0], then[1]]);
        rig.title(&then.join(", "));
        mirrors(&mut rig, &[1]);
        rig.drive(1);
        mirrors(&mut rig, &[2, 3]);
        commits(&mut rig, &[2]);
        rig.leave(MIRROR, Message::Mirror { copy: rig.copy(4) });
        rig.drive(1);
        rig.give(MIRROR, rig.receive(THERE[0], MIRROR));
        rig.drive(1);
        rig.give(MIRROR, rig.receive(THERE[0], MIRROR));
        rig
    };
    let (works, lost) = ("recover inbound-queue@2", "lose @1");
    let title = "a_mirror_that_has_failed_has_no_copy";
    all_tell(&[[works, lost], [lost, works]].map(fails), TOLD, title);
}

/// Where one stage skips, what another one has goes on first: only what is in no other log is skipped for good.
#[test]
fn stages_that_skip_come_last() {
    let text = "rpo.records = 'unlimited'\nqueue = { delivery = 'log', mirror = 'asynchronous' }\n\
                stage.one.queue.positions_at_failover = 'latest'";
    let mut rig = Rig::new(text, &["lose @1"]);
    mirrors(&mut rig, &[1, 2]);
    rig.give("one-two-queue@2", Message::Mirror { copy: rig.copy(1) });
    rig.drive(1);
    rig.tells(TOLD, "stages_that_skip_come_last");
}

/// Of three regions the second has the mirror of the first, and its own in the third: that gets what the second takes over. A mirror
/// that is lost is not replaced.
#[test]
fn what_is_taken_over_is_mirrored_in_its_turn() {
    let text = "topology.regions = 3\nrpo.records = 'unlimited'\n\
                queue = { delivery = 'log', mirror = 'asynchronous' }";
    let mut rig = Rig::new(text, &["lose @1", "lose @2"]);
    mirrors(&mut rig, &[1, 2]);
    rig.drive(1);
    rig.title("the mirror of the third region was in the first");
    sends(&mut rig, "inbound-queue@3", &[3]);
    rig.title("what the second had is in the third");
    rig.give("inbound-queue@3", Message::Mirror { copy: rig.copy(1) });
    rig.drive(1);
    rig.tells(TOLD, "what_is_taken_over_is_mirrored_in_its_turn");
}
