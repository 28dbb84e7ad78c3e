//! `verify`.

use serde_json::Value;

use super::Place;
use crate::common::program::program;

#[test]
fn a_small_scope_is_verified() {
    let place = Place::new();
    let done = place.run("verify baseline --records 1 --stages 1 --no-reduction");
    assert_eq!(done.status, Some(0), "{}{}", done.stdout, done.stderr);
    for expected in ["VERIFIED within this scope", "1 record, 1 stage, 2 regions", " states, "] {
        assert!(done.stdout.contains(expected), "no '{expected}' in\n{}", done.stdout);
    }
    assert!(done.stderr.contains(" states/s"), "{}", done.stderr);
    let other = place.run("verify baseline --records 1 --stages 1 --no-reduction --threads 1");
    assert_eq!(other.stdout, done.stdout);
}

#[test]
fn an_unsound_design_is_violated_and_saved() {
    let place = Place::new();
    let text = "name = \"tiny\"\nscript = [\"publish 1\", \"await delivered all\"]\n\
                records.batches = [9]\ncontainer.on_duplicate = \"skip\"\n";
    place.write("tiny.toml", text);
    let done = place.run("verify tiny.toml --records 1 --stages 1 --budget crash=1");
    assert_eq!(done.status, Some(1), "{}", done.stdout);
    assert!(done.stdout.contains("VIOLATED: RemoveLast"), "{}", done.stdout);
    assert!(
        done.stdout.contains("No run of fewer than 16 steps violates the spec in this scope."),
        "{}",
        done.stdout
    );
    let saved = "failures/tiny-RemoveLast-verify.toml";
    let replayed = place.run(&format!("replay {saved}"));
    assert_eq!(replayed.status, Some(1));
    assert!(replayed.stdout.contains("That is what it showed when it was saved."));
}

#[test]
fn a_bound_makes_it_incomplete() {
    let place = Place::new();
    let scope = "verify baseline --records 3 --stages 2 --no-reduction";
    for (bound, why) in [("--memory 4MiB", "memory"), ("--for 1s", "1 seconds allowed")] {
        let done = place.run(&format!("{scope} {bound} --format json"));
        assert_eq!(done.status, Some(3), "{bound}: {}", done.stdout);
        let json: Value = serde_json::from_str(&done.stdout).expect("it is JSON");
        assert_eq!(json["verdict"], "inconclusive");
        assert!(json["states"].as_u64() > Some(10_000));
        let said = json["incomplete_because"].as_str().expect("there is a reason");
        assert!(said.contains(why), "{said}");
    }
}

/// What is wrong with the scenario as it is, is no question of its size.
#[test]
fn what_is_unexpected_of_the_whole_is_a_violation_of_a_part() {
    let place = Place::new();
    let script = "script=publish 1,await delivered all,expect delivered 7";
    let arguments = ["verify", "baseline", "--records", "2", "--stages", "1", "--set", script];
    let output = program().args(arguments).current_dir(place.directory.path()).output();
    let output = output.expect("the program was built for this test");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("VIOLATED: Expectation"),
        "{output:?}"
    );
}

#[test]
fn a_scope_that_cannot_be_is_refused() {
    let place = Place::new();
    for (scope, expected) in [
        (
            "f1-fail-container --records 2",
            "--records: 2 for the records of all batches of this scenario; use 3 to",
        ),
        ("f1-fail-container --records 3", "--records: 'expect waiting"),
        (
            "outage-dead-letters --records 1 --stages 1",
            "--stages 1 leaves 'core-table@1' out; use at least --stages 2",
        ),
        ("baseline --stages 6", "6 stages of this scenario; use 1 to 5"),
        ("baseline --budget crush=1", "'crush=1' is not a part of a budget"),
        ("baseline --memory 5", "as in 8GiB"),
        (
            "f1-fail-container --stages 1",
            "script[2]: --stages 1 leaves 'preprocess-container@1' out; use at least --stages 2",
        ),
    ] {
        let done = place.run(&format!("verify {scope}"));
        assert_eq!(done.status, Some(2), "{scope}");
        assert!(done.stderr.contains(expected), "{scope}: {}", done.stderr);
    }
}
