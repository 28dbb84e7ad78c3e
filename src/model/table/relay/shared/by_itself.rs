//! The outbox of a global database, by itself.

use crate::model::message::Message;
use crate::model::{QueueId, RegionId};
use crate::sim::rig::Rig;

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const FIRST: &str = "one-table@1";
const SECOND: &str = "one-table@2";
const DATABASE: &str = "store.default = 'aurora'
    rpo.records = 'unlimited'
    container.steps = ['store', 'remove']";

/// Of four rows the other cluster has the first two; the relay has published three, and the third when the second was
/// written already. Then the other cluster is promoted.
fn fail_over(at_failover: &str) -> Rig {
    let design = format!("{DATABASE}\nrelay.at_failover = '{at_failover}'");
    let mut rig = Rig::new(&design, &["failover one-table to @2"]);
    rig.give(FIRST, rig.insert("one-container@1", 1));
    rig.give(FIRST, Message::Relay { instance: 0 });
    sent(&mut rig, FIRST);
    for record in 2..=4 {
        rig.give(FIRST, rig.insert("one-container@1", record));
    }
    rig.give(FIRST, Message::Relay { instance: 0 });
    sent(&mut rig, FIRST);
    sent(&mut rig, FIRST);
    for record in 1..=2 {
        let (region, copy) = (RegionId(0), rig.copy(record));
        rig.give(SECOND, Message::Apply { region, copy, time: 1 });
    }
    rig.title("the other cluster is promoted");
    rig.drive(1);
    rig.give(SECOND, Message::Relay { instance: 0 });
    rig.title("the old relay hears of what it had sent");
    sent(&mut rig, FIRST);
    rig.title("a new row, and one that was lost");
    rig.give(SECOND, rig.insert("one-container@2", 5));
    rig.give(SECOND, rig.insert("one-container@2", 3));
    rig
}

fn sent(rig: &mut Rig, table: &str) {
    rig.give(table, Message::Sent { incarnation: 0, queue: QueueId(1) });
}

/// One was done when the second row was written: so much is known where that is.
#[test]
fn a_position_with_the_rows_is_behind() {
    fail_over("with-rows").tells(TOLD, "a_position_with_the_rows_is_behind");
}

#[test]
fn a_relay_that_begins_with_the_oldest_publishes_all_again() {
    let name = "a_relay_that_begins_with_the_oldest_publishes_all_again";
    fail_over("from-oldest").tells(TOLD, name);
}

/// Of two rows both are done; what was not is gone with its row.
#[test]
fn a_relay_that_begins_with_the_newest_publishes_what_is_written_then() {
    let name = "a_relay_that_begins_with_the_newest_publishes_what_is_written_then";
    fail_over("from-newest").tells(TOLD, name);
}

/// The position is three, and two rows are there: the next one is the third.
#[test]
fn a_position_that_is_kept_is_ahead() {
    fail_over("kept").tells(TOLD, "a_position_that_is_kept_is_ahead");
}

/// A switchover: the relay stops when its cluster hands over, and the next one goes on where it was.
#[test]
fn a_switchover_hands_over_the_outbox() {
    let mut rig = Rig::new(DATABASE, &["switchover one-table to @2"]);
    rig.give(FIRST, rig.insert("one-container@1", 1));
    rig.give(FIRST, rig.insert("one-container@1", 2));
    rig.give(FIRST, Message::Relay { instance: 0 });
    rig.drive(1);
    sent(&mut rig, FIRST);
    for record in 1..=2 {
        let (region, copy) = (RegionId(0), rig.copy(record));
        rig.give(SECOND, Message::Apply { region, copy, time: 1 });
    }
    rig.give(SECOND, Message::Handover { from: RegionId(0), to: RegionId(1) });
    rig.give(FIRST, Message::Handover { from: RegionId(0), to: RegionId(1) });
    rig.give(FIRST, Message::Relay { instance: 0 });
    rig.give(SECOND, Message::Relay { instance: 0 });
    rig.tells(TOLD, "a_switchover_hands_over_the_outbox");
}

/// The region of the writer is lost: what another one has of the outbox waits there, and the rest is lost.
#[test]
fn an_outbox_waits_for_another_writer() {
    let mut rig = Rig::new(DATABASE, &["lose @1", "failover one-table to @2"]);
    for record in 1..=3 {
        rig.give(FIRST, rig.insert("one-container@1", record));
    }
    rig.give(FIRST, Message::Relay { instance: 0 });
    for record in 1..=2 {
        let (region, copy) = (RegionId(0), rig.copy(record));
        rig.give(SECOND, Message::Apply { region, copy, time: 1 });
    }
    rig.drive(1);
    rig.give(SECOND, Message::Wake { region: RegionId(1) });
    rig.drive(1);
    rig.give(SECOND, Message::Relay { instance: 0 });
    rig.tells(TOLD, "an_outbox_waits_for_another_writer");
}
