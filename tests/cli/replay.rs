//! `replay`: saved runs and the bytes of fuzz targets.

use serde_json::Value;

use super::Place;

const UNSOUND: &str = "crash-anywhere --set container.steps=remove,store,publish";
const SAVED: &str = "failures/crash-anywhere-RemoveLast-seed1-run0.toml";

/// A place with a saved failure.
fn with_failure() -> Place {
    let place = Place::new();
    assert_eq!(place.run(&format!("sweep {UNSOUND}")).status, Some(1));
    place
}

/// The text from the violation on, without what only a sweep knows.
fn violation(text: &str) -> Vec<&str> {
    let lines = text.lines().skip_while(|line| !line.starts_with("VIOLATED: "));
    let facts = ["  The spec", "  Happened", "  Because", "          "];
    lines.filter(|line| facts.iter().any(|fact| line.starts_with(fact))).collect()
}

#[test]
fn a_saved_failure_shows_the_same_violation_again() {
    let place = with_failure();
    let sweep = place.run(&format!("sweep {UNSOUND}"));
    let replay = place.run(&format!("replay {SAVED}"));
    assert_eq!((replay.status, replay.stderr.as_str()), (Some(1), ""));
    assert!(violation(&sweep.stdout).len() >= 3, "{}", sweep.stdout);
    assert_eq!(violation(&replay.stdout), violation(&sweep.stdout));
    assert!(replay.stdout.ends_with("That is what it showed when it was saved.\n"));

    let parse = |arguments: &str| -> Value {
        serde_json::from_str(&place.run(arguments).stdout).expect("it is JSON")
    };
    let sweep = parse(&format!("sweep {UNSOUND} --format json"));
    let replay = parse(&format!("replay {SAVED} --format json"));
    for key in ["step", "what", "because"] {
        assert_eq!(replay["violation"][key], sweep["violation"]["minimal"][key], "{key}");
    }
    assert_eq!(replay["violation"]["property"], sweep["violation"]["property"]);
    assert_eq!(replay["story"], sweep["violation"]["minimal"]["story"]);
    assert_eq!(replay["matches_expected"], true);
}

#[test]
fn another_verdict_than_the_saved_one_is_said_loudly() {
    let place = with_failure();
    // The design is put right: the run goes on where it ended before.
    let text = place.read(SAVED);
    let steps = text.find("steps = [").expect("the scenario is in the file");
    let end = steps + text[steps..].find(']').expect("the list ends");
    let sound =
        format!("{}steps = [\"store\", \"publish\", \"remove\"{}", &text[..steps], &text[end..]);
    let deviations = sound.find("deviations = [").expect("the schedule is in the file");
    place.write("sound.toml", format!("{}deviations = []\n", &sound[..deviations]));
    let done = place.run("replay sound.toml");
    assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""));
    let expected = "NOT AS SAVED: when this run was saved, it showed that RemoveLast is violated";
    assert!(done.stdout.contains(expected), "{}", done.stdout);
}

#[test]
fn a_run_that_no_longer_fits_is_refused() {
    let place = with_failure();
    let text = place.read(SAVED);
    let run = text.find("deviations = [").expect("the schedule is in the file");
    // Nothing has written to a table at the beginning.
    let other = "deviations = [\"step 1: step inbound-table@1, not step driver\"]\n";
    place.write("misfit.toml", format!("{}{other}", &text[..run]));
    let done = place.run("replay misfit.toml");
    assert_eq!((done.status, done.stdout.as_str()), (Some(2), ""));
    let expected = "error: misfit.toml: the run no longer fits: choice 1 of ";
    assert!(done.stderr.starts_with(expected), "{}", done.stderr);
    assert!(
        done.stderr
            .contains("'step inbound-table@1', is not possible at step 1; possible are step ")
    );
}

#[test]
fn a_file_that_was_cut_off_is_refused_wherever_that_is() {
    let place = with_failure();
    let text = place.read(SAVED);
    // Every byte is tried by a unit test; here, that the command says it in one line.
    for eighth in 0..8 {
        place.write("cut.toml", &text[..text.len() * eighth / 8]);
        let done = place.run("replay cut.toml");
        assert_eq!((done.status, done.stdout.as_str()), (Some(2), ""), "{eighth}");
        assert!(done.stderr.starts_with("error: cut.toml"), "{}", done.stderr);
    }
    place.write("cut.toml", &text[..text.len() - 40]);
    let done = place.run("replay cut.toml");
    assert!(done.stderr.contains("seems to be cut off"), "{}", done.stderr);
}

#[test]
fn the_bytes_of_a_fuzz_target_are_a_run() {
    let place = Place::new();
    let bytes = b"\x01\xff any bytes \x00\x80 are a run";
    for target in ["scenario_fuzz", "event_order_fuzz"] {
        let artifact = format!("fuzz/artifacts/{target}/crash-1");
        place.write(&artifact, bytes);
        place.write("moved", bytes);
        let guessed = place.run(&format!("replay {artifact}"));
        assert_eq!((guessed.status, guessed.stderr.as_str()), (Some(0), ""));
        assert_eq!(place.run(&format!("replay moved --artifact {target}")), guessed);
        assert!(guessed.stdout.contains("HOLDS: "), "{}", guessed.stdout);
    }
    let done = place.run("replay moved");
    assert_eq!(done.status, Some(2));
    assert!(done.stderr.contains("'--artifact scenario_fuzz'"), "{}", done.stderr);
    // An empty input is one, too; an empty file elsewhere is none.
    place.write("fuzz/artifacts/event_order_fuzz/empty", "");
    assert_eq!(place.run("replay fuzz/artifacts/event_order_fuzz/empty").status, Some(0));
    place.write("empty", "");
    assert_eq!(place.run("replay empty").status, Some(2));
}

#[test]
fn a_text_of_a_fuzz_target_is_run_fairly() {
    let place = Place::new();
    place.write("fuzz/artifacts/scenario_file_fuzz/good", "script = [\"publish 1\"]");
    let done = place.run("replay fuzz/artifacts/scenario_file_fuzz/good");
    assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""));
    place.write("fuzz/artifacts/scenario_file_fuzz/bad", b"script = [\"publish 2\"]\n#\xff");
    let done = place.run("replay fuzz/artifacts/scenario_file_fuzz/bad");
    assert_eq!((done.status, done.stdout.as_str()), (Some(2), ""));
    let expected = "error: fuzz/artifacts/scenario_file_fuzz/bad:1: script[0]: there is no batch 2";
    assert!(done.stderr.starts_with(expected), "{}", done.stderr);
}

#[test]
fn a_saved_run_among_artifacts_is_still_a_saved_run() {
    let place = with_failure();
    let text = place.read(SAVED);
    place.write("fuzz/artifacts/event_order_fuzz/saved.toml", &text);
    let done = place.run("replay fuzz/artifacts/event_order_fuzz/saved.toml");
    assert_eq!(done.status, Some(1));
}
