//! What commands write: one rule for every file. It is refused before the work, not after it; nothing is
//! overwritten without --force; '-' is the standard output; and what is not a file is neither read nor written.

use std::process::{Command, Stdio};

use super::Place;
use crate::common::program::program;

/// Each command that writes a file to a path, without the path.
const WRITERS: [&str; 8] = [
    "report baseline --runs 5 --out",
    "export csv baseline --runs 5 --out",
    "schema --out",
    "init",
    "sweep baseline --runs 5 --shard 1/2 --out",
    "minimize failure.toml --out",
    "replay failure.toml --out",
    "replay failure.toml --as-test --out",
];

/// A place with a failure in it.
fn place() -> Place {
    let place = Place::new();
    let unsound = "run crash-anywhere --set container.steps=remove,store,publish --no-minimize";
    assert_eq!(place.run(&format!("{unsound} --out saved")).status, Some(1));
    let name = place.names_in("saved").remove(0);
    place.write("failure.toml", place.read(&format!("saved/{name}")));
    place
}

#[test]
fn nothing_is_overwritten_unless_that_is_asked_for() {
    let place = place();
    for writer in WRITERS {
        place.write("mine", "mine");
        let refused = place.run(&format!("{writer} mine"));
        let error =
            "error: mine: is there already and stays as it is; give another path, or --force\n";
        assert_eq!((refused.status, refused.stderr.as_str()), (Some(2), error), "{writer}");
        assert_eq!(
            (refused.stdout.as_str(), place.read("mine").as_str()),
            ("", "mine"),
            "{writer}"
        );
        let forced = place.run(&format!("{writer} mine --force"));
        assert!(matches!(forced.status, Some(0 | 1)), "{writer}: {forced:?}");
        assert_ne!(place.read("mine"), "mine", "{writer}");
    }
}

/// Paths that cannot be written were refused only when the work was done.
#[test]
fn a_path_that_cannot_be_written_is_refused_before_the_work() {
    let place = place();
    place.write("directory/inner", "");
    for writer in WRITERS {
        // It would take hours.
        let long = writer.replace("--runs 5", "--runs 18446744073709551615");
        for path in ["nowhere/x", "directory", "directory/", "failure.toml/x"] {
            let refused = place.run(&format!("{long} {path}"));
            let begins = refused.stderr.starts_with(&format!("error: {path}: cannot be written: "));
            assert!(refused.status == Some(2) && begins, "{writer} {path}: {refused:?}");
            assert_eq!(refused.stderr.lines().count(), 1, "{writer} {path}: {refused:?}");
        }
    }
    // Failures go to a directory.
    for command in ["sweep baseline --runs 18446744073709551615", "run baseline", "verify baseline"]
    {
        for path in ["failure.toml", "failure.toml/x", "-"] {
            let refused = place.run(&format!("{command} --out {path}"));
            let begins = refused.stderr.starts_with(&format!("error: {path}: cannot be written: "));
            assert!(refused.status == Some(2) && begins, "{command} {path}: {refused:?}");
        }
    }
    assert_eq!(place.names(), ["directory", "failure.toml", "saved"]);
}

#[test]
fn a_hyphen_is_the_standard_output() {
    let place = place();
    for (writer, begins) in [
        ("report baseline --runs 5 --out -", "<!doctype html>"),
        ("export csv baseline --runs 5 --out -", "step,component,metric,value"),
        ("schema --out -", "{"),
        ("init -", "#"),
        ("sweep baseline --runs 5 --shard 1/2 --out -", "{\"checksum\":"),
        ("minimize failure.toml --out -", "# A saved run."),
        ("replay failure.toml --out -", "# A saved run."),
    ] {
        let done = place.run(writer);
        assert!(matches!(done.status, Some(0 | 1)), "{writer}: {done:?}");
        assert!(done.stdout.starts_with(begins), "{writer}: {done:?}");
        assert!(!done.stdout.contains("Wrote"), "{writer}: {done:?}");
    }
    assert_eq!(place.names(), ["failure.toml", "saved"]);
}

/// To open a pipe can take for ever, and a device may have no end: `--out /dev/full`, `--state` and
/// `merge` of a pipe, `--detection /dev/zero`.
#[test]
#[cfg(unix)]
fn pipes_and_devices_are_refused_at_once() {
    let place = place();
    let made = Command::new("mkfifo").arg("pipe").current_dir(place.directory.path()).status();
    assert!(made.expect("there is a command 'mkfifo'").success());
    for path in ["./pipe", "/dev/full", "/dev/zero"] {
        for writer in WRITERS.into_iter().chain(["sweep baseline --runs 5 --state"]) {
            let refused = place.run(&format!("{writer} {path}"));
            let expected = format!("error: {path}: is a pipe or a device, not a file; name a file");
            assert!(refused.stderr.starts_with(&expected), "{writer} {path}: {refused:?}");
            assert_eq!(refused.status, Some(2), "{writer} {path}");
        }
        for reader in ["sweep", "replay", "minimize", "merge", "report baseline --detection"] {
            let refused = place.run(&format!("{reader} {path}"));
            let expected = format!("error: {path}: cannot be read: it is a pipe or a device");
            assert!(refused.stderr.starts_with(&expected), "{reader} {path}: {refused:?}");
            assert_eq!(refused.status, Some(2), "{reader} {path}");
        }
    }
}

#[test]
fn a_file_that_is_not_a_detection_table_is_refused() {
    let place = place();
    let refused = place.run("report baseline --detection failure.toml");
    let expected = "error: failure.toml: --detection: this is not a table of search strategies";
    assert!(refused.status == Some(2) && refused.stderr.starts_with(expected), "{refused:?}");
}

/// Two processes with the same --state each wrote over what the other had done.
#[test]
fn the_file_of_a_campaign_belongs_to_one_process() {
    let place = Place::new();
    let long = "sweep baseline --runs 1000000000 --state state.json";
    let mut first = program()
        .args(long.split_whitespace())
        .current_dir(place.directory.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary was built for this test");
    while !place.path("state.json").exists() {
        assert_eq!(first.try_wait().expect("it may be asked"), None, "it ended before");
    }
    let second = place.run(long);
    first.kill().expect("it may be killed");
    first.wait().expect("it was killed");
    let error =
        "error: state.json: another process is writing it; wait for that, or name another file\n";
    assert_eq!((second.status, second.stderr.as_str()), (Some(2), error));
    // The lock ends with the process, and no other file is left when the next one has written.
    let refused = place.run("sweep baseline --runs 1 --state state.json");
    assert!(!refused.stderr.contains("another process"), "{refused:?}");
    place.run("init a.toml");
    assert_eq!(place.names(), ["a.toml", "state.json"]);
}
