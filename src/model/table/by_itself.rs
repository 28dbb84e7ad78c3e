//! A regional table by itself.

use crate::model::message::{Client, Message};
use crate::model::record::RecordCopy;
use crate::model::{RecordId, RegionId};
use crate::sim::rig::{Rig, all_tell};

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const TABLE: &str = "one-table@1";
const OTHER: &str = "one-table@2";
const CONTAINER: &str = "one-container@1";

fn insert(rig: &mut Rig, table: &str, record: u16) {
    rig.give(table, rig.insert(CONTAINER, record));
}

/// A row that the region of this index wrote at this time.
fn apply(rig: &mut Rig, table: &str, region: u8, record: u16, time: u32) {
    rig.give(table, Message::Apply { region: RegionId(region), copy: rig.copy(record), time });
}

/// Records 1 and 4 have one key, and 2 and 3 the other one. A row that is there already is written to no other
/// region, unless the key shows it from now on.
#[test]
fn last_writer_wins_by_the_time_of_the_write() {
    let mut rig = Rig::new("records.keys = 2", &[]);
    insert(&mut rig, TABLE, 4);
    insert(&mut rig, TABLE, 4);
    rig.title("an older version, written later");
    insert(&mut rig, TABLE, 1);
    insert(&mut rig, TABLE, 4);
    rig.title("another region wrote earlier, and later");
    apply(&mut rig, TABLE, 1, 1, 3);
    apply(&mut rig, TABLE, 1, 1, 40);
    rig.title("a write of now is no later");
    insert(&mut rig, TABLE, 4);
    insert(&mut rig, TABLE, 2);
    rig.tells(TOLD, "last_writer_wins_by_the_time_of_the_write");
}

/// With three regions records 1 and 3 have one key, and 2 and 4 the other one. Two regions wrote at the same time: both tables show the same, whichever is told of which write last.
#[test]
fn a_tie_of_last_writer_wins_goes_to_the_later_region() {
    let mut rig = Rig::new("topology.regions = 3\nrecords.keys = 2", &[]);
    rig.title("the newer version in region 2");
    insert(&mut rig, TABLE, 1);
    apply(&mut rig, TABLE, 1, 3, 1);
    insert(&mut rig, OTHER, 3);
    apply(&mut rig, OTHER, 0, 1, 3);
    rig.title("the newer version in region 1");
    insert(&mut rig, TABLE, 4);
    apply(&mut rig, TABLE, 1, 2, 5);
    insert(&mut rig, OTHER, 2);
    apply(&mut rig, OTHER, 0, 4, 7);
    rig.title("in a third region, in both orders");
    apply(&mut rig, "one-table@3", 0, 1, 20);
    apply(&mut rig, "one-table@3", 1, 3, 20);
    apply(&mut rig, "one-table@3", 1, 2, 20);
    apply(&mut rig, "one-table@3", 0, 4, 20);
    rig.tells(TOLD, "a_tie_of_last_writer_wins_goes_to_the_later_region");
}

#[test]
fn a_version_check_keeps_the_newer_version() {
    let mut rig = Rig::new("records.keys = 2\ntable.conflict = 'version-checked'", &[]);
    insert(&mut rig, TABLE, 4);
    insert(&mut rig, TABLE, 1);
    insert(&mut rig, TABLE, 4);
    apply(&mut rig, TABLE, 1, 4, 50);
    apply(&mut rig, TABLE, 1, 1, 60);
    apply(&mut rig, TABLE, 1, 2, 60);
    apply(&mut rig, TABLE, 1, 3, 6);
    rig.tells(TOLD, "a_version_check_keeps_the_newer_version");
}

/// Only the region of what was applied first may change it.
#[test]
fn what_was_applied_first_stays_with_its_region() {
    let mut rig = Rig::new("records.keys = 2\ntable.conflict = 'first-applied'", &[]);
    insert(&mut rig, TABLE, 1);
    insert(&mut rig, TABLE, 4);
    apply(&mut rig, TABLE, 1, 4, 50);
    apply(&mut rig, TABLE, 1, 3, 6);
    rig.tells(TOLD, "what_was_applied_first_stays_with_its_region");
}

/// What was applied from elsewhere is a row for an append as well, and none for a condition.
#[test]
fn a_row_that_is_there_already() {
    let told = |insert_as| {
        let mut rig = Rig::new(&format!("table.insert = '{insert_as}'"), &[]);
        rig.title(insert_as);
        insert(&mut rig, TABLE, 1);
        insert(&mut rig, TABLE, 1);
        apply(&mut rig, TABLE, 1, 1, 7);
        apply(&mut rig, TABLE, 1, 2, 7);
        insert(&mut rig, TABLE, 2);
        rig
    };
    all_tell(&["upsert", "append", "conditional"].map(told), TOLD, "a_row_that_is_there_already");
}

#[test]
fn a_table_that_failed_keeps_what_replication_brings() {
    let told = |on_failure| {
        let script = ["fail one-table@1", "recover one-table@1"];
        let mut rig = Rig::new(&format!("table.on_failure = '{on_failure}'"), &script);
        rig.title(on_failure);
        rig.drive(1);
        insert(&mut rig, TABLE, 1);
        apply(&mut rig, TABLE, 1, 2, 1);
        rig.give(TABLE, Message::Probe { region: RegionId(0) });
        rig.drive(1);
        rig.give(TABLE, Message::Probe { region: RegionId(0) });
        rig
    };
    all_tell(
        &["reject", "hang"].map(told),
        TOLD,
        "a_table_that_failed_keeps_what_replication_brings",
    );
}

#[test]
fn a_row_that_cannot_be_read_is_told_with_every_reply() {
    let mut rig = Rig::new("records.unreadable = 2", &[]);
    insert(&mut rig, TABLE, 1);
    apply(&mut rig, TABLE, 1, 2, 1);
    insert(&mut rig, TABLE, 3);
    insert(&mut rig, OTHER, 3);
    rig.tells(TOLD, "a_row_that_cannot_be_read_is_told_with_every_reply");
}

const STRONG: &str = "topology.regions = 3\nreplication.mode = 'strong'";

/// A write is stored and acknowledged when the log says so, in the order in which it was asked.
#[test]
fn with_strong_replication_the_log_is_asked_first() {
    let script = ["fail one-table@1", "recover one-table@1", "lose one-table@1"];
    let mut rig = Rig::new(&format!("{STRONG}\nrpo.records = 'unlimited'"), &script);
    rig.title("two writes, of which the log refuses the second");
    insert(&mut rig, TABLE, 1);
    insert(&mut rig, TABLE, 2);
    apply(&mut rig, TABLE, 0, 1, 70);
    rig.give(TABLE, Message::InsertRefused { incarnation: 0 });
    rig.title("a row that is there");
    insert(&mut rig, TABLE, 1);
    rig.title("a row of another region");
    apply(&mut rig, TABLE, 2, 3, 80);
    insert(&mut rig, TABLE, 3);
    rig.title("a failure refuses, and no write waits for the log's answer");
    insert(&mut rig, TABLE, 4);
    rig.drive(1);
    apply(&mut rig, TABLE, 0, 4, 90);
    rig.drive(1);
    insert(&mut rig, TABLE, 5);
    rig.title("a loss");
    rig.drive(1);
    rig.tells(TOLD, "with_strong_replication_the_log_is_asked_first");
}

/// A row that has a key is shown by the time of its last write, so the log is asked for that time again.
#[test]
fn with_strong_replication_the_log_is_asked_for_every_write_of_a_key() {
    let mut rig = Rig::new(&format!("{STRONG}\nrecords.keys = 2"), &[]);
    insert(&mut rig, TABLE, 1);
    apply(&mut rig, TABLE, 0, 1, 70);
    apply(&mut rig, TABLE, 1, 3, 71);
    insert(&mut rig, TABLE, 1);
    apply(&mut rig, TABLE, 0, 1, 72);
    rig.tells(TOLD, "with_strong_replication_the_log_is_asked_for_every_write_of_a_key");
}

#[test]
fn with_strong_replication_a_condition_is_judged_by_the_log() {
    let mut rig = Rig::new(&format!("{STRONG}\ntable.insert = 'conditional'"), &[]);
    insert(&mut rig, TABLE, 1);
    apply(&mut rig, TABLE, 1, 1, 5);
    rig.give(TABLE, Message::Logged { copy: rig.copy(1) });
    insert(&mut rig, TABLE, 1);
    rig.tells(TOLD, "with_strong_replication_a_condition_is_judged_by_the_log");
}

fn withdraw(rig: &mut Rig, container: &str, record: u16) {
    let (client, copy) = (rig.client(container), rig.copy(record));
    rig.give(TABLE, Message::Withdraw { client, copy });
}

/// A row is taken back, and the other regions hear of that behind the row itself; what another region has written of the record
/// stays.
#[test]
fn a_row_that_is_taken_back_is_that_of_its_region() {
    let options = "container.dual_write = 'compensate-if-alone'\ntopology.regions = 3";
    let mut rig = Rig::new(options, &["fail one-table@1", "recover one-table@1"]);
    insert(&mut rig, TABLE, 1);
    withdraw(&mut rig, CONTAINER, 1);
    rig.title("there is nothing to take back");
    withdraw(&mut rig, CONTAINER, 1);
    rig.title("another region has written it, too, and takes that back");
    insert(&mut rig, TABLE, 1);
    apply(&mut rig, TABLE, 1, 1, 3);
    withdraw(&mut rig, CONTAINER, 1);
    let tombstone = RecordCopy::tombstone(RecordId(1));
    rig.give(TABLE, Message::Apply { region: RegionId(1), copy: tombstone, time: 4 });
    rig.title("a table that has failed refuses");
    insert(&mut rig, TABLE, 2);
    rig.drive(1);
    withdraw(&mut rig, CONTAINER, 2);
    rig.tells(TOLD, "a_row_that_is_taken_back_is_that_of_its_region");
}

/// A consumer that is not alone takes nothing back, unless no condition is set. Another life of the same one counts as another
/// one, and a row that was taken back and written again has one consumer.
#[test]
fn a_row_that_another_consumer_has_stored_is_not_taken_back() {
    let of = |way: &str| {
        let mut rig =
            Rig::new(&format!("topology.containers = 2\ncontainer.dual_write = '{way}'"), &[]);
        let (one, other) = ("one-container-1@1", "one-container-2@1");
        rig.give(TABLE, rig.insert(one, 1));
        rig.give(TABLE, rig.insert(one, 1));
        withdraw(&mut rig, other, 1);
        withdraw(&mut rig, one, 1);
        rig.give(TABLE, rig.insert(other, 1));
        rig.give(TABLE, rig.insert(one, 1));
        withdraw(&mut rig, other, 1);
        withdraw(&mut rig, one, 1);
        let copy = rig.copy(2);
        rig.give(TABLE, rig.insert(one, 2));
        let client = Client { incarnation: 1, ..rig.client(one) };
        rig.give(TABLE, Message::Insert { client, copy });
        rig.give(TABLE, Message::Withdraw { client, copy });
        rig
    };
    let rigs = ["compensate-if-alone", "compensate"].map(of);
    all_tell(&rigs, TOLD, "a_row_that_another_consumer_has_stored_is_not_taken_back");
}
