//! Stories of failures, as a stranger reads them: what `active-active replay FILE` prints, line by
//! line. A change of the words is seen here before a user sees it; the file is written anew by
//! `active-active replay tests/stories/NAME.toml > tests/stories/NAME.txt`.

use std::path::PathBuf;

use pretty_assertions::assert_eq;

use crate::common::program::program;

fn assert_is_told(name: &str) {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stories"));
    let mut command = program();
    let file = format!("{name}.toml");
    let output = command.current_dir(&folder).args(["replay", &file]).output().expect("it runs");
    let told = String::from_utf8(output.stdout).expect("it prints text");
    let expected = std::fs::read_to_string(folder.join(format!("{name}.txt")));
    assert_eq!(told, expected.unwrap_or_default(), "{name}: {}", output.status);
    assert_eq!(output.status.code(), Some(1));
}

/// A row that is there is not the same as work that is done.
#[test]
fn skipped_duplicate() {
    assert_is_told("skipped-duplicate");
}

/// Two kinds of delivery meet: the queue removes what it has never delivered.
#[test]
fn removed_head() {
    assert_is_told("removed-head");
}

/// Liveness: nothing wrong is done, and something is not done any more.
#[test]
fn forgotten_queue() {
    assert_is_told("forgotten-queue");
}

/// What was lost is seen elsewhere than where it was lost.
#[test]
fn dropped_backlog() {
    assert_is_told("dropped-backlog");
}

/// Two records, one key, two regions.
#[test]
fn stranded_overwrite() {
    assert_is_told("stranded-overwrite");
}

/// A system that does not come to rest: how it came into the circle, and one turn of it.
#[test]
fn unreadable_row() {
    assert_is_told("unreadable-row");
}

/// What the script expects is not so: what became of that which is missing.
#[test]
fn not_waiting() {
    assert_is_told("not-waiting");
}

/// A queue that lets go of what it delivers.
#[test]
fn no_copy_kept() {
    assert_is_told("no-copy-kept");
}

/// A call that is late, of a container that died, to a service that has forgotten it: who called, and what made it forget.
#[test]
fn late_call() {
    assert_is_told("late-call");
}

/// The destination cannot remove what it has, and is handed it again: that it was refused is part of it.
#[test]
fn redriven() {
    assert_is_told("redriven");
}

/// Healing is of no use, however often: the second round is not told as if it were another story.
#[test]
fn not_forwarded() {
    assert_is_told("not-forwarded");
}

/// What a transaction does to queues is theirs: the second one put the record into the next queue again.
#[test]
fn second_transaction() {
    assert_is_told("second-transaction");
}

/// Between the death of a consumer and the end of its visibility timeout the next one gets another record.
#[test]
fn gone_consumer() {
    assert_is_told("gone-consumer");
}
