//! A cluster of a global database by itself.

use crate::model::RegionId;
use crate::model::id::TableId;
use crate::model::message::Message;
use crate::sim::rig::{Rig, all_tell};

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const WRITER: &str = "one-table@1";
const READER: &str = "one-table@2";

fn rig(options: &str, script: &[&str]) -> Rig {
    Rig::new(&format!("store.default = 'aurora'\nrpo.records = 'unlimited'\n{options}"), script)
}

fn insert(rig: &mut Rig, cluster: &str, record: u16) {
    rig.give(cluster, rig.insert("one-container@1", record));
}

/// A write that a container asked the reader for.
fn forward(rig: &mut Rig, cluster: &str, record: u16) {
    // The tables of region 1 come first: those of its two stages.
    let (client, copy, asked) = (rig.client("one-container@2"), rig.copy(record), TableId(2));
    rig.give(cluster, Message::Forward { client: Some(client), copy, asked });
}

fn apply(rig: &mut Rig, cluster: &str, region: u8, record: u16, time: u32) {
    rig.give(cluster, Message::Apply { region: RegionId(region), copy: rig.copy(record), time });
}

fn handover(rig: &mut Rig, cluster: &str, from: u8, to: u8) {
    rig.give(cluster, Message::Handover { from: RegionId(from), to: RegionId(to) });
}

fn logged(rig: &mut Rig, record: u16) {
    rig.give(WRITER, Message::Logged { copy: rig.copy(record) });
}

#[test]
fn the_writer_writes_and_the_others_forward() {
    let told = |forwarding| {
        let mut rig = rig(&format!("aurora.forwarding = '{forwarding}'"), &["fail one-table@1"]);
        rig.title(forwarding);
        insert(&mut rig, WRITER, 1);
        insert(&mut rig, WRITER, 1);
        insert(&mut rig, READER, 2);
        forward(&mut rig, WRITER, 2);
        apply(&mut rig, READER, 0, 2, 4);
        rig.title("a writer that failed refuses");
        rig.drive(1);
        insert(&mut rig, WRITER, 3);
        forward(&mut rig, WRITER, 3);
        let (copy, asked) = (rig.copy(3), TableId(2));
        rig.give(WRITER, Message::Forward { client: None, copy, asked });
        rig
    };
    all_tell(
        &["acknowledged-by-writer", "acknowledged-early", "off"].map(told),
        TOLD,
        "the_writer_writes_and_the_others_forward",
    );
}

/// Writes that come while the writer drains wait, and go where the log says.
#[test]
fn a_switchover_drains_the_writer_first() {
    let mut rig = rig("", &["switchover one-table to @2", "switchover one-table to @1"]);
    rig.drive(1);
    insert(&mut rig, WRITER, 1);
    forward(&mut rig, WRITER, 2);
    insert(&mut rig, READER, 3);
    rig.title("a second switchover does not overtake the first");
    rig.drive(1);
    handover(&mut rig, WRITER, 0, 1);
    handover(&mut rig, READER, 0, 1);
    insert(&mut rig, READER, 4);
    insert(&mut rig, WRITER, 5);
    rig.tells(TOLD, "a_switchover_drains_the_writer_first");
}

#[test]
fn a_switchover_at_once_waits_for_nothing() {
    let mut rig = rig("aurora.switchover = 'at-once'", &["switchover one-table to @2"]);
    insert(&mut rig, WRITER, 1);
    rig.drive(1);
    insert(&mut rig, WRITER, 2);
    insert(&mut rig, READER, 3);
    rig.tells(TOLD, "a_switchover_at_once_waits_for_nothing");
}

/// Of two writes that are not in the log yet one more waits, and each that is logged makes room for one.
#[test]
fn a_writer_runs_no_further_ahead_than_its_limit() {
    let told = |options: &str| {
        let mut rig = rig(options, &["switchover one-table to @2"]);
        rig.title(if options.is_empty() { "no limit" } else { options });
        insert(&mut rig, WRITER, 1);
        rig.title("what is there already is no write");
        insert(&mut rig, WRITER, 1);
        insert(&mut rig, WRITER, 2);
        insert(&mut rig, WRITER, 3);
        forward(&mut rig, WRITER, 4);
        logged(&mut rig, 1);
        insert(&mut rig, WRITER, 3);
        insert(&mut rig, WRITER, 4);
        rig.title("while it drains nothing is let through");
        rig.drive(1);
        logged(&mut rig, 2);
        handover(&mut rig, WRITER, 0, 1);
        handover(&mut rig, READER, 0, 1);
        insert(&mut rig, READER, 1);
        insert(&mut rig, READER, 2);
        insert(&mut rig, READER, 3);
        rig
    };
    let limit = "aurora.rpo_records_max = 2";
    let both = format!("{limit}\naurora.rpo_on = 'every-region'");
    all_tell(
        &[told(""), told(limit), told(&both)],
        TOLD,
        "a_writer_runs_no_further_ahead_than_its_limit",
    );
}

/// A write is handed to the log before it is stored, once, and all who asked for it hear when the log brings it back.
#[test]
fn a_writer_that_waits_for_another_region_stores_what_the_log_brings_back() {
    let options = "aurora.acknowledge = 'by-another-region'";
    let script = ["fail one-table@1", "recover one-table@1", "failover one-table to @2"];
    let mut rig = rig(options, &script);
    insert(&mut rig, WRITER, 1);
    forward(&mut rig, WRITER, 1);
    insert(&mut rig, WRITER, 2);
    rig.title("the log has the first, and then it is there");
    apply(&mut rig, WRITER, 0, 1, 3);
    insert(&mut rig, WRITER, 1);
    rig.title("a writer that fails refuses, and what the log has comes all the same");
    rig.drive(1);
    rig.drive(1);
    apply(&mut rig, WRITER, 0, 2, 4);
    rig.title("a write that is not in the log of the next writer is refused");
    insert(&mut rig, WRITER, 3);
    insert(&mut rig, WRITER, 4);
    rig.leave(WRITER, Message::Apply { region: RegionId(0), copy: rig.copy(3), time: 7 });
    rig.leave(READER, Message::Apply { region: RegionId(0), copy: rig.copy(3), time: 7 });
    rig.leave(WRITER, Message::Apply { region: RegionId(0), copy: rig.copy(5), time: 8 });
    rig.drive(1);
    rig.give(WRITER, Message::Discard { copy: rig.copy(4) });
    rig.tells(TOLD, "a_writer_that_waits_for_another_region_stores_what_the_log_brings_back");
}

/// A failover is one step: the old writer's rows that the new one never had are gone.
#[test]
fn a_failover_goes_on_from_what_the_new_writer_has() {
    let told = |fencing| {
        let options = format!("records.keys = 2\naurora.fencing = '{fencing}'");
        let mut rig = rig(&options, &["failover one-table to @2"]);
        rig.title(fencing);
        insert(&mut rig, WRITER, 1);
        insert(&mut rig, WRITER, 2);
        apply(&mut rig, READER, 0, 1, 1);
        rig.title("a row that is in the new writer's inbox is replayed; forwards are refused");
        let copy = rig.copy(3);
        rig.leave(READER, Message::Apply { region: RegionId(0), copy, time: 3 });
        let (client, copy) = (rig.client("one-container@2"), rig.copy(5));
        rig.leave(WRITER, Message::Forward { client: Some(client), copy, asked: TableId(2) });
        rig.leave("one-replicator", Message::Replicate { region: RegionId(0), copy, time: 4 });
        rig.drive(1);
        rig.title("who writes now");
        insert(&mut rig, WRITER, 4);
        insert(&mut rig, READER, 4);
        rig.title("a late write is discarded, but not a row that the log brought");
        rig.give(WRITER, Message::Discard { copy: rig.copy(4) });
        apply(&mut rig, WRITER, 1, 1, 9);
        rig.give(WRITER, Message::Discard { copy: rig.copy(1) });
        handover(&mut rig, WRITER, 0, 1);
        insert(&mut rig, WRITER, 5);
        rig
    };
    all_tell(
        &["full", "best-effort"].map(told),
        TOLD,
        "a_failover_goes_on_from_what_the_new_writer_has",
    );
}

/// A failover takes a handover back that is under way.
#[test]
fn a_failover_cancels_a_switchover() {
    let script = ["switchover one-table to @2", "failover one-table to @3", "fail one-table@3"];
    let mut rig = rig("topology.regions = 3", &script);
    rig.drive(1);
    insert(&mut rig, WRITER, 1);
    rig.leave("one-replicator", Message::Handover { from: RegionId(0), to: RegionId(1) });
    rig.drive(1);
    insert(&mut rig, WRITER, 2);
    insert(&mut rig, "one-table@3", 3);
    rig.title("a cluster that failed keeps what the log brings, in its order");
    rig.drive(1);
    apply(&mut rig, "one-table@3", 0, 4, 4);
    rig.give("one-table@3", Message::Probe { region: RegionId(2) });
    rig.tells(TOLD, "a_failover_cancels_a_switchover");
}
