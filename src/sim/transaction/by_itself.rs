//! A transaction by itself.

use crate::model::RegionId;
use crate::model::message::{Message, Receipt};
use crate::sim::rig::{Rig, all_tell};

/// What each test is told, by its name.
const TOLD: &str = include_str!("by_itself.txt");
const TABLE: &str = "one-table@1";
const CONTAINER: &str = "one-container@1";
const IN: &str = "inbound-queue@1";
const OUT: &str = "one-two-queue@1";
const AT_ONCE: &str = "container.dual_write = 'transaction'";

/// The container has received a record.
fn received(rig: &mut Rig, record: u16) {
    rig.give(IN, rig.send("in-dns", record));
    rig.give(IN, rig.receive(CONTAINER, IN));
}

fn transact(rig: &mut Rig, record: u16, receipt: u32) {
    let (client, queue, copy) = (rig.client(CONTAINER), rig.queue(IN), rig.copy(record));
    rig.give(TABLE, Message::Transact { client, queue, copy, receipt: Receipt(receipt) });
}

/// All three are done, and the container is told once. The next queue hands the record out at once if a consumer waits.
#[test]
fn all_of_it_is_done() {
    let mut rig = Rig::new(AT_ONCE, &[]);
    received(&mut rig, 1);
    rig.give(OUT, rig.receive("two-container@1", OUT));
    transact(&mut rig, 1, 0);
    rig.title("a record that another region has stored");
    rig.give(TABLE, Message::Apply { region: RegionId(1), copy: rig.copy(2), time: 3 });
    received(&mut rig, 2);
    transact(&mut rig, 2, 1);
    rig.tells(TOLD, "all_of_it_is_done");
}

/// Whatever takes part refuses, in turn; and a delivery that is over.
#[test]
fn nothing_of_it_is_done() {
    let parts = [TABLE, OUT, IN];
    let script: Vec<String> =
        parts.iter().flat_map(|part| [format!("fail {part}"), format!("recover {part}")]).collect();
    let script: Vec<&str> = script.iter().map(String::as_str).collect();
    let mut rig = Rig::new(AT_ONCE, &script);
    received(&mut rig, 1);
    for _ in parts {
        rig.drive(1);
        transact(&mut rig, 1, 0);
        rig.drive(1);
    }
    rig.title("the receipt is that of another delivery");
    transact(&mut rig, 1, 9);
    rig.title("nothing is in the way any more");
    transact(&mut rig, 1, 0);
    rig.tells(TOLD, "nothing_of_it_is_done");
}

/// What becomes of a record that the table has already.
#[test]
fn a_duplicate_is_forwarded_again_or_not() {
    let of = |on_duplicate: &str| {
        let mut rig =
            Rig::new(&format!("{AT_ONCE}\ncontainer.on_duplicate = '{on_duplicate}'"), &[]);
        rig.give(TABLE, rig.insert(CONTAINER, 1));
        received(&mut rig, 1);
        transact(&mut rig, 1, 0);
        rig
    };
    let rigs = ["forward-again", "skip", "give-back"].map(of);
    all_tell(&rigs, TOLD, "a_duplicate_is_forwarded_again_or_not");
}

/// The container asks for all at once, and goes on when it hears what came of it.
#[test]
fn a_container_asks_once_and_is_told_once() {
    use crate::model::message::{MessageNumber, RolledBack};
    let options = format!("{AT_ONCE}\ncontainer.on_dependency_failure = 'give-back'");
    let mut rig = Rig::new(&options, &[]);
    let refused = [
        RolledBack::Refused(None),
        RolledBack::Refused(Some(rig.client(OUT).machine)),
        RolledBack::Expired,
        RolledBack::Duplicate,
        RolledBack::Unreadable,
    ];
    let answers = refused.map(|why| Message::TransactRefused { incarnation: 0, why });
    for answer in [Message::Transacted { incarnation: 0 }].into_iter().chain(answers) {
        let (queue, copy, number) = (rig.queue(IN), rig.copy(1), MessageNumber(1));
        let receipt = Receipt(4);
        rig.give(CONTAINER, Message::Received { incarnation: 0, queue, copy, number, receipt });
        rig.give(CONTAINER, answer);
    }
    rig.title("answers to an earlier life");
    rig.give(CONTAINER, Message::Transacted { incarnation: 7 });
    rig.give(CONTAINER, Message::TransactRefused { incarnation: 7, why: RolledBack::Expired });
    rig.tells(TOLD, "a_container_asks_once_and_is_told_once");
}
