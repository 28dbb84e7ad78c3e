//! A replicator by itself.

use crate::model::RegionId;
use crate::model::message::Message;
use crate::sim::rig::{Rig, all_tell};

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const REPLICATOR: &str = "one-replicator";

/// A row that the region of this index wrote.
fn replicate(rig: &mut Rig, region: u8, record: u16, time: u32) {
    let (region, copy) = (RegionId(region), rig.copy(record));
    rig.give(REPLICATOR, Message::Replicate { region, copy, time });
}

fn handover(rig: &mut Rig, from: u8, to: u8) {
    rig.give(REPLICATOR, Message::Handover { from: RegionId(from), to: RegionId(to) });
}

fn probe(rig: &mut Rig, region: u8) {
    rig.give(REPLICATOR, Message::Probe { region: RegionId(region) });
}

/// What is for a region that is cut off waits there, and what it wrote waits at home.
#[test]
fn writes_wait_for_a_region_that_is_cut_off() {
    let script = ["fail one-replicator@2", "fail one-replicator@3", "recover one-replicator@2"];
    let script = [&script[..], &["recover one-replicator@3"]].concat();
    let mut rig = Rig::new("topology.regions = 3", &script);
    replicate(&mut rig, 0, 1, 3);
    replicate(&mut rig, 2, 2, 4);
    rig.drive(1);
    replicate(&mut rig, 0, 3, 5);
    replicate(&mut rig, 1, 4, 6);
    replicate(&mut rig, 1, 5, 7);
    probe(&mut rig, 0);
    probe(&mut rig, 1);
    rig.title("now region 1 is alone");
    rig.drive(1);
    replicate(&mut rig, 0, 1, 8);
    rig.title("a link comes back");
    rig.drive(1);
    rig.title("and the other one");
    rig.drive(1);
    probe(&mut rig, 1);
    rig.tells(TOLD, "writes_wait_for_a_region_that_is_cut_off");
}

#[test]
fn a_backlog_is_kept_or_dropped() {
    let told = |on_failure| {
        let script = ["fail one-replicator", "recover one-replicator"];
        let mut rig = Rig::new(&format!("replication.on_failure = '{on_failure}'"), &script);
        rig.title(on_failure);
        rig.drive(1);
        replicate(&mut rig, 0, 1, 3);
        rig.drive(1);
        replicate(&mut rig, 1, 2, 4);
        rig
    };
    all_tell(&["keep-backlog", "drop"].map(told), TOLD, "a_backlog_is_kept_or_dropped");
}

/// What is for a region that cannot be reached is its backlog, too.
#[test]
fn the_backlog_of_a_region_is_dropped() {
    let script = ["fail one-replicator@2", "fail one-replicator@3", "recover one-replicator@2"];
    let options = "topology.regions = 3\nreplication.on_failure = 'drop'";
    let mut rig = Rig::new(options, &script);
    rig.drive(1);
    replicate(&mut rig, 0, 1, 3);
    replicate(&mut rig, 1, 2, 4);
    rig.title("now region 1 is alone");
    rig.drive(1);
    replicate(&mut rig, 0, 3, 5);
    rig.title("a link comes back, and nothing with it");
    rig.drive(1);
    replicate(&mut rig, 0, 4, 6);
    rig.tells(TOLD, "the_backlog_of_a_region_is_dropped");
}

/// A write is acknowledged when another region has it, and refused when none can be reached.
#[test]
fn strong_replication_answers_what_another_region_has() {
    let told = |options: &str, script: &[&str]| {
        let options = format!("replication.mode = 'strong'\n{options}");
        let mut rig = Rig::new(&options, script);
        rig.title(&options.replace('\n', ", "));
        replicate(&mut rig, 0, 1, 3);
        rig.drive(1);
        replicate(&mut rig, 0, 2, 4);
        replicate(&mut rig, 1, 3, 5);
        rig.drive(1);
        replicate(&mut rig, 0, 4, 6);
        replicate(&mut rig, 1, 5, 7);
        rig.drive(1);
        rig
    };
    let links = ["fail one-replicator@2", "fail one-replicator@1", "recover one-replicator@2"];
    let whole = ["fail one-replicator", "recover one-replicator", "fail one-replicator@3"];
    let rigs = [
        told("topology.regions = 3", &links),
        told("replication.witness = true", &links),
        told("topology.regions = 3", &whole),
        told("topology.regions = 3\ntable.insert = 'conditional'", &whole),
    ];
    all_tell(&rigs, TOLD, "strong_replication_answers_what_another_region_has");
}

/// The condition of a write is judged once, by the log.
#[test]
fn the_log_knows_which_rows_it_has() {
    let options = "topology.regions = 3\nreplication.mode = 'strong'\ntable.insert = 'conditional'";
    let mut rig = Rig::new(options, &[]);
    replicate(&mut rig, 0, 1, 3);
    replicate(&mut rig, 0, 1, 4);
    replicate(&mut rig, 1, 1, 5);
    replicate(&mut rig, 1, 2, 6);
    rig.tells(TOLD, "the_log_knows_which_rows_it_has");
}

const AURORA: &str = "store.default = 'aurora'\ntopology.regions = 3";

/// A handover is the last entry of its writer's log: it waits behind the writes that wait.
#[test]
fn a_handover_overtakes_no_write() {
    let told = |cut_off: &str| {
        let recover = cut_off.replace("fail", "recover");
        let mut rig = Rig::new(AURORA, &[cut_off, &recover]);
        rig.title(cut_off);
        replicate(&mut rig, 0, 1, 3);
        rig.drive(1);
        replicate(&mut rig, 0, 2, 4);
        handover(&mut rig, 0, 1);
        rig.title("what it writes while the link is back comes behind");
        rig.leave(REPLICATOR, Message::Probe { region: RegionId(1) });
        rig.drive(1);
        rig
    };
    let links = ["fail one-replicator@1", "fail one-replicator@2", "fail one-replicator@3"];
    all_tell(&links.map(told), TOLD, "a_handover_overtakes_no_write");
}

#[test]
fn the_log_of_a_database_goes_on_with_its_new_writer() {
    let mut rig = Rig::new(&format!("{AURORA}\naurora.rpo_records_max = 1"), &["lose @3"]);
    replicate(&mut rig, 0, 1, 3);
    handover(&mut rig, 0, 1);
    rig.title("the old writer's late write is no part of the log");
    replicate(&mut rig, 0, 2, 4);
    replicate(&mut rig, 1, 3, 5);
    probe(&mut rig, 0);
    rig.title("no row goes to a region that is lost");
    rig.drive(1);
    replicate(&mut rig, 1, 4, 6);
    rig.tells(TOLD, "the_log_of_a_database_goes_on_with_its_new_writer");
}
