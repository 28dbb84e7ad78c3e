//! What is *not* a run of the simulation, and what is not a table of one.

use active_active::scenario::Override;

use super::meaning::{Kind, Meaning, Message};
use super::read::{Line, Run};
use super::replay::replay;

const F1: &str = include_str!("../published/active-active-f1-random-1.tsv");
const F3: &str = include_str!("../published/active-active-f3-random-1.tsv");

fn run(text: &str) -> Run {
    Run::parse(text, "canary", "canary.tsv").expect("the recorded run is a table")
}

/// The handlings that are of a machine of this kind and mean this.
fn handlings(run: &Run, kind: Kind, message: Message) -> Vec<usize> {
    let is_it = |line: &Line| line.row.kind == kind && line.row.meaning == Meaning::Step(message);
    (0..run.lines.len()).filter(|&index| is_it(&run.lines[index])).collect()
}

/// Panics if the run is one of the simulation; what of it differs first.
fn differs(run: &Run, overrides: &[Override]) -> String {
    match replay(run, overrides) {
        Ok(alike) => panic!("{alike:?}: the run was not to be one of the simulation"),
        Err(differs) => differs.to_string(),
    }
}

/// Both columns of two handlings that say what was handled change places.
fn exchange(run: &mut Run, first: usize, second: usize) {
    let (before, behind) = run.lines.split_at_mut(second);
    std::mem::swap(&mut before[first], &mut behind[0]);
}

#[test]
fn two_lines_of_one_inbox_cannot_change_places() {
    let recorded = run(F1);
    replay(&recorded, &[]).unwrap_or_else(|differs| panic!("{differs}"));
    for (kind, message) in [
        (Kind::Destination, Message::Received),
        (Kind::Source, Message::Sent),
        (Kind::InDns, Message::Send),
    ] {
        let at = handlings(&recorded, kind, message);
        let mut changed = recorded.clone();
        exchange(&mut changed, at[3], at[4]);
        differs(&changed, &[]);
    }
    // Of one container: it would hear that a record is published before it is stored.
    let stored = handlings(&recorded, Kind::Container, Message::Inserted)[7];
    let machine = &recorded.lines[stored].machine;
    let sent = handlings(&recorded, Kind::Container, Message::Sent);
    let sent = sent.into_iter().find(|&at| at > stored && recorded.lines[at].machine == *machine);
    let mut changed = recorded.clone();
    exchange(&mut changed, stored, sent.expect("what is stored is published"));
    differs(&changed, &[]);
}

#[test]
fn no_handling_can_be_about_another_record() {
    let recorded = run(F1);
    for (kind, message) in [
        (Kind::InDns, Message::Send),
        (Kind::Queue, Message::Send),
        (Kind::Queue, Message::Remove),
        (Kind::Container, Message::Received),
        (Kind::Container, Message::Inserted),
        (Kind::Table, Message::Insert),
        (Kind::Replicator, Message::Replicate),
        (Kind::Destination, Message::Received),
        (Kind::Destination, Message::Removed),
        (Kind::OutDns, Message::Remove),
    ] {
        let at = handlings(&recorded, kind, message);
        let mut changed = recorded.clone();
        let record = &mut changed.lines[at[at.len() / 2]].details.record;
        *record = record.map(|record| record % 30 + 1);
        differs(&changed, &[]);
    }
}

#[test]
fn a_refusal_is_no_acknowledgement() {
    let recorded = run(F3);
    replay(&recorded, &[]).unwrap_or_else(|differs| panic!("{differs}"));
    let refused = recorded.lines.iter().position(|line| line.details.ok == Some(false));
    let refused = refused.expect("the queue that failed refused a record");
    let mut changed = recorded.clone();
    changed.lines[refused].details.ok = Some(true);
    let text = differs(&changed, &[]);
    assert!(text.contains("SendRefused"), "{text}");
    // And none that there was is a refusal.
    let mut changed = recorded.clone();
    let at = handlings(&recorded, Kind::Container, Message::Removed)[5];
    changed.lines[at].details.ok = Some(false);
    differs(&changed, &[]);
}

#[test]
fn a_container_with_its_steps_in_another_order_is_another_system() {
    let recorded = run(F1);
    for steps in [
        "store,remove,publish",
        "publish,store,remove",
        "publish,remove,store",
        "remove,store,publish",
        "remove,publish,store",
    ] {
        let design = format!("container.steps={steps}").parse().expect("it is an override");
        differs(&recorded, &[design]);
    }
}

/// The error of a table.
fn error(text: &str) -> String {
    match Run::parse(text, "bad", "bad.tsv") {
        Ok(_) => panic!("it was not to be a table"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_no_table_is_one_error_with_its_line() {
    let cut = &F1[..F1.len() - 20];
    let last = F1.lines().count();
    assert_eq!(error(cut), format!("bad.tsv:{last}: the table breaks off; expected a whole line"));
    let lines: Vec<&str> = F1.lines().collect();
    let shorter = lines[..500].join("\n") + "\n";
    assert_eq!(
        error(&shorter),
        "bad.tsv:500: the table breaks off; expected the driver to hear of 30 records, as it was done"
    );
    let changed = |line: &str| format!("{}\n{}\n", lines[..3].join("\n"), line);
    for (line, expected) in [
        (
            "1\t0\tinbound-queue@1\teQueueReceiveRecord",
            "bad.tsv:4: 4 columns in '1\t0\tinbound-queue@1\teQueueReceiveRecord'; expected 5: sent, by, \
             machine, event, details",
        ),
        (
            "1\t0\tinbound-queue@3\teQueueReceiveRecord\t",
            "bad.tsv:4: unknown machine 'inbound-queue@3'; expected a component of the published system",
        ),
        (
            "1\t0\tinbound-queue@1\teQueueReceiveRecords\t",
            "bad.tsv:4: unknown event 'eQueueReceiveRecords'; expected an event that inbound-queue@1 handles",
        ),
        (
            "x\t0\tinbound-queue@1\teQueueReceiveRecord\t",
            "bad.tsv:4: sent is 'x'; expected sent to be a number from 0 to 18446744073709551615",
        ),
        (
            "1\t1\tinbound-queue@1\teQueueReceiveRecord\t",
            "bad.tsv:4: by is '1'; expected by to be a number from 0 to 0",
        ),
        (
            "1\t0\tinbound-queue@1\teQueueSendRecord\trecord=31",
            "bad.tsv:4: record is '31'; expected record to be a number from 0 to 30",
        ),
        (
            "1\t0\tinbound-queue@1\teQueueSendRecord\trecord=1 ok",
            "bad.tsv:4: 'ok' in the details of eQueueSendRecord; expected record=…",
        ),
        (
            "1\t0\tinbound-queue@1\teQueueReceiveRecord\trecord=1",
            "bad.tsv:4: 'record=1' in the details of eQueueReceiveRecord; expected none",
        ),
    ] {
        assert_eq!(error(&changed(line)), expected);
    }
    let line = "1\t0\tinbound-queue@1\teQueueReceiveRecord\t";
    let twice = format!("{}\n{line}\n{line}\n", lines[..3].join("\n"));
    assert_eq!(error(&twice), "bad.tsv:5: message 1 is there again; expected each message once");
    let silent = format!("# tcBaseline of the published model\n{line}\n");
    assert_eq!(error(&silent), "bad.tsv:2: no line says how the run ended; expected '# ended: …'");
    assert_eq!(
        error(&format!("# ended: driver done\n{line}\n")),
        "bad.tsv:2: no line says which test it is of; expected '# TEST of the published model, …'"
    );
}
