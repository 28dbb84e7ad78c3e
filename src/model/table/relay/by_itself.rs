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
    sent_to(rig, 0);
}

/// The queue answers to an incarnation: twice the life of an instance, and one more for the second instance.
fn sent_to(rig: &mut Rig, incarnation: u16) {
    rig.give(TABLE, Message::Sent { incarnation, queue: QueueId(1) });
}

fn refused(rig: &mut Rig, incarnation: u16) {
    rig.give(TABLE, Message::SendRefused { incarnation });
}

fn reads(rig: &mut Rig, instance: u8) {
    rig.give(TABLE, Message::Relay { instance });
}

/// A row and its intent are one write; the relay sends one record after the other, and the intent is done with when the
/// queue has it. What is stored in the region already has no second intent, and what replication brought has none yet.
#[test]
fn a_relay_publishes_in_the_order_of_the_commits() {
    let mut rig = Rig::new(BY_COMMIT, &[]);
    insert(&mut rig, "one-container@1", 2);
    insert(&mut rig, "one-container@1", 1);
    insert(&mut rig, "one-container@1", 2);
    rig.give(TABLE, Message::Relay { instance: 0 });
    sent(&mut rig);
    sent(&mut rig);
    rig.title("a record that replication brought");
    rig.give(TABLE, Message::Apply { region: RegionId(1), copy: rig.copy(3), time: 7 });
    insert(&mut rig, "one-container@1", 3);
    rig.tells(TOLD, "a_relay_publishes_in_the_order_of_the_commits");
}

/// One write has an intent for each queue, and each is done by itself: also where a transaction commits, and was passed.
#[test]
fn an_intent_names_its_queue() {
    let two = |options: &str| {
        let ways = "stage.one.to = ['two', 'destination']\nstage.two.to = ['destination']";
        let mut rig = Rig::new(&format!("{options}\n{ways}"), &["recover outbound-queue@1"]);
        rig.title(options);
        rig
    };
    let mut by_commit = two("container.steps = ['store', 'remove']");
    insert(&mut by_commit, "one-container@1", 2);
    insert(&mut by_commit, "one-container@1", 1);
    reads(&mut by_commit, 0);
    sent(&mut by_commit);
    refused(&mut by_commit, 0);
    by_commit.give(TABLE, Message::Wake { region: RegionId(0) });
    sent(&mut by_commit);
    let mut by_id = two(BY_ID);
    begin(&mut by_id, FIRST, 1);
    begin(&mut by_id, SECOND, 2);
    insert(&mut by_id, SECOND, 2);
    reads(&mut by_id, 0);
    sent(&mut by_id);
    insert(&mut by_id, FIRST, 1);
    sent(&mut by_id);
    crate::sim::rig::all_tell(&[by_commit, by_id], TOLD, "an_intent_names_its_queue");
}

/// It waits until something changes; what changed since it sent counts.
#[test]
fn a_relay_sends_again_what_was_refused() {
    let mut rig = Rig::new(BY_COMMIT, &[]);
    insert(&mut rig, "one-container@1", 1);
    rig.give(TABLE, Message::Relay { instance: 0 });
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

/// It reads nothing of a table that has failed, and begins again when that has recovered: with what was under way, and it
/// hears nothing of its earlier life.
#[test]
fn a_relay_dies_with_its_table() {
    let mut rig = Rig::new(BY_COMMIT, &["fail one-table@1", "recover one-table@1"]);
    insert(&mut rig, "one-container@1", 1);
    insert(&mut rig, "one-container@1", 2);
    reads(&mut rig, 0);
    rig.drive(1);
    sent(&mut rig);
    insert(&mut rig, "one-container@1", 3);
    reads(&mut rig, 0);
    rig.drive(1);
    reads(&mut rig, 0);
    refused(&mut rig, 0);
    sent_to(&mut rig, 2);
    sent_to(&mut rig, 2);
    rig.tells(TOLD, "a_relay_dies_with_its_table");
}

/// It waits when it dies: no answer is on its way, so that its next life hears all that comes.
#[test]
fn a_relay_that_waits_dies_with_its_table() {
    let mut rig = Rig::new(BY_COMMIT, &["fail one-table@1", "recover one-table@1"]);
    insert(&mut rig, "one-container@1", 1);
    reads(&mut rig, 0);
    refused(&mut rig, 0);
    rig.drive(1);
    rig.give(TABLE, Message::Wake { region: RegionId(0) });
    rig.drive(1);
    reads(&mut rig, 0);
    sent(&mut rig);
    rig.tells(TOLD, "a_relay_that_waits_dies_with_its_table");
}

/// What it had read before it published is gone with it.
#[test]
fn a_relay_that_advances_first_forgets_what_it_has_read() {
    let advance = format!("{BY_COMMIT}\nrelay.advance = 'before-publish'");
    let mut rig = Rig::new(&advance, &["fail one-table@1", "recover one-table@1"]);
    insert(&mut rig, "one-container@1", 1);
    insert(&mut rig, "one-container@1", 2);
    reads(&mut rig, 0);
    rig.drive(2);
    reads(&mut rig, 0);
    sent_to(&mut rig, 2);
    rig.tells(TOLD, "a_relay_that_advances_first_forgets_what_it_has_read");
}

/// Both read the first intent that is not done. The first acknowledgement counts, and the other one publishes nothing
/// further before it has heard of its own.
#[test]
fn two_relays_that_claim_nothing_publish_the_same() {
    let mut rig = Rig::new(&format!("{BY_COMMIT}\nrelay.instances = 2"), &[]);
    for record in 1..=3 {
        insert(&mut rig, "one-container@1", record);
    }
    reads(&mut rig, 0);
    reads(&mut rig, 1);
    sent_to(&mut rig, 1);
    sent_to(&mut rig, 1);
    rig.title("the first one hears of what is done already, and reads what is not");
    sent_to(&mut rig, 0);
    rig.title("the second one is refused, and done by the first one before it sends again");
    refused(&mut rig, 1);
    sent_to(&mut rig, 0);
    rig.give(TABLE, Message::Wake { region: RegionId(0) });
    insert(&mut rig, "one-container@1", 4);
    reads(&mut rig, 1);
    rig.title("the second one is refused, and what it sent is done meanwhile");
    reads(&mut rig, 0);
    sent_to(&mut rig, 0);
    refused(&mut rig, 1);
    rig.tells(TOLD, "two_relays_that_claim_nothing_publish_the_same");
}

/// Each reads what the other one has not; what is refused is sent again behind that.
#[test]
fn two_relays_that_claim_what_they_read_have_two_under_way() {
    let claim = format!("{BY_COMMIT}\nrelay = {{ instances = 2, claim = 'skip-locked' }}");
    let mut rig = Rig::new(&claim, &["fail one-table@1", "recover one-table@1"]);
    insert(&mut rig, "one-container@1", 1);
    insert(&mut rig, "one-container@1", 2);
    reads(&mut rig, 0);
    reads(&mut rig, 1);
    refused(&mut rig, 0);
    sent_to(&mut rig, 1);
    rig.give(TABLE, Message::Wake { region: RegionId(0) });
    insert(&mut rig, "one-container@1", 3);
    reads(&mut rig, 1);
    rig.title("both die, and read in the order of the outbox again");
    rig.drive(2);
    reads(&mut rig, 0);
    reads(&mut rig, 1);
    rig.tells(TOLD, "two_relays_that_claim_what_they_read_have_two_under_way");
}

/// The second transaction commits first: the relay reads it, and the first one is passed.
#[test]
fn a_transaction_that_commits_behind_a_greater_id_is_never_read() {
    let mut rig = Rig::new(BY_ID, &[]);
    begin(&mut rig, FIRST, 1);
    begin(&mut rig, SECOND, 2);
    insert(&mut rig, SECOND, 2);
    rig.give(TABLE, Message::Relay { instance: 0 });
    insert(&mut rig, FIRST, 1);
    sent(&mut rig);
    rig.title("both commit before the relay reads");
    begin(&mut rig, FIRST, 3);
    begin(&mut rig, SECOND, 4);
    insert(&mut rig, SECOND, 4);
    insert(&mut rig, FIRST, 3);
    rig.give(TABLE, Message::Relay { instance: 0 });
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
    rig.give(TABLE, Message::Relay { instance: 0 });
    rig.drive(1);
    rig.give(TABLE, Message::SendRefused { incarnation: 0 });
    rig.give(TABLE, Message::Wake { region: RegionId(0) });
    rig.tells(TOLD, "a_relay_that_is_lost_sends_nothing_again");
}
