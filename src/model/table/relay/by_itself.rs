//! A regional table with an outbox, by itself.

use crate::model::message::Message;
use crate::model::{QueueId, RegionId};
use crate::sim::rig::Rig;

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const TABLE: &str = "one-table@1";
const BY_COMMIT: &str = "container.steps = ['store', 'remove']";
const BY_ID: &str = "topology.containers = 2
    container.steps = ['store', 'remove']
    relay.position = 'by-id'";
const FIRST: &str = "one-container-1@1";
const SECOND: &str = "one-container-2@1";

fn insert(rig: &mut Rig, container: &str, record: u16) {
    rig.give(TABLE, rig.insert(container, record));
}

fn begin(rig: &mut Rig, container: &str, record: u16) {
    let (client, copy) = (rig.client(container), rig.copy(record));
    rig.give(TABLE, Message::Begin { client, copy });
}

fn sent(rig: &mut Rig) {
    rig.give(TABLE, Message::Sent { incarnation: 0, queue: QueueId(1) });
}

/// A row and its intent are one write; the relay sends one record after the other, and the intent is done with when the
/// queue has it. What is stored in the region already has no second intent, and what replication brought has none yet.
#[test]
fn a_relay_publishes_in_the_order_of_the_commits() {
    let mut rig = Rig::new(BY_COMMIT, &[]);
    insert(&mut rig, "one-container@1", 2);
    insert(&mut rig, "one-container@1", 1);
    insert(&mut rig, "one-container@1", 2);
    rig.give(TABLE, Message::Relay);
    sent(&mut rig);
    sent(&mut rig);
    rig.title("a record that replication brought");
    rig.give(TABLE, Message::Apply { region: RegionId(1), copy: rig.copy(3), time: 7 });
    insert(&mut rig, "one-container@1", 3);
    rig.tells(TOLD, "a_relay_publishes_in_the_order_of_the_commits");
}

/// It waits until something changes; what changed since it sent counts.
#[test]
fn a_relay_sends_again_what_was_refused() {
    let mut rig = Rig::new(BY_COMMIT, &[]);
    insert(&mut rig, "one-container@1", 1);
    rig.give(TABLE, Message::Relay);
    let refused = Message::SendRefused { incarnation: 0 };
    let wake = Message::Wake { region: RegionId(0) };
    rig.give(TABLE, refused);
    rig.give(TABLE, wake);
    rig.title("something changes before it hears of the refusal");
    rig.give(TABLE, wake);
    rig.give(TABLE, refused);
    sent(&mut rig);
    rig.title("it has nothing to send");
    rig.give(TABLE, wake);
    rig.tells(TOLD, "a_relay_sends_again_what_was_refused");
}

/// It reads nothing of a table that has failed, and goes on when that has recovered.
#[test]
fn a_relay_stops_with_its_table() {
    let mut rig = Rig::new(BY_COMMIT, &["fail one-table@1", "recover one-table@1"]);
    insert(&mut rig, "one-container@1", 1);
    insert(&mut rig, "one-container@1", 2);
    rig.give(TABLE, Message::Relay);
    rig.drive(1);
    sent(&mut rig);
    insert(&mut rig, "one-container@1", 3);
    rig.drive(1);
    rig.give(TABLE, Message::Relay);
    rig.tells(TOLD, "a_relay_stops_with_its_table");
}

/// The second transaction commits first: the relay reads it, and the first one is passed.
#[test]
fn a_transaction_that_commits_behind_a_greater_id_is_never_read() {
    let mut rig = Rig::new(BY_ID, &[]);
    begin(&mut rig, FIRST, 1);
    begin(&mut rig, SECOND, 2);
    insert(&mut rig, SECOND, 2);
    rig.give(TABLE, Message::Relay);
    insert(&mut rig, FIRST, 1);
    sent(&mut rig);
    rig.title("both commit before the relay reads");
    begin(&mut rig, FIRST, 3);
    begin(&mut rig, SECOND, 4);
    insert(&mut rig, SECOND, 4);
    insert(&mut rig, FIRST, 3);
    rig.give(TABLE, Message::Relay);
    sent(&mut rig);
    sent(&mut rig);
    rig.tells(TOLD, "a_transaction_that_commits_behind_a_greater_id_is_never_read");
}

/// A failure of the table, and the next transaction of its container, roll back what is open; a store that is there
/// needs no transaction.
#[test]
fn a_transaction_that_was_rolled_back_does_not_commit() {
    let mut rig = Rig::new(BY_ID, &["fail one-table@1", "recover one-table@1"]);
    begin(&mut rig, FIRST, 1);
    rig.drive(1);
    begin(&mut rig, SECOND, 2);
    rig.drive(1);
    insert(&mut rig, FIRST, 1);
    rig.title("another one of the same container");
    begin(&mut rig, FIRST, 1);
    begin(&mut rig, FIRST, 2);
    insert(&mut rig, FIRST, 1);
    insert(&mut rig, FIRST, 2);
    rig.title("its reply was lost");
    insert(&mut rig, FIRST, 2);
    rig.tells(TOLD, "a_transaction_that_was_rolled_back_does_not_commit");
}

/// It is lost with its region while the queue has its request. What that answers is about nothing any more.
#[test]
fn a_relay_that_is_lost_sends_nothing_again() {
    let mut rig = Rig::new(&format!("rpo.records = 'unlimited'\n{BY_COMMIT}"), &["lose @1"]);
    insert(&mut rig, "one-container@1", 1);
    rig.give(TABLE, Message::Relay);
    rig.drive(1);
    rig.give(TABLE, Message::SendRefused { incarnation: 0 });
    rig.give(TABLE, Message::Wake { region: RegionId(0) });
    rig.tells(TOLD, "a_relay_that_is_lost_sends_nothing_again");
}
