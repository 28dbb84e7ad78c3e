//! `minimize`, and what `replay` does with a small failure.

use serde_json::Value;

use super::Place;

const UNSOUND: &str = "sweep crash-anywhere --set container.on_duplicate=skip";

/// A place with a failure as it was found, and its path.
fn with_failure() -> (Place, String) {
    let place = Place::new();
    let done = place.run(&format!("{UNSOUND} --no-minimize --format json"));
    let json: Value = serde_json::from_str(&done.stdout).expect("it is JSON");
    assert_eq!((done.status, &json["violation"]["minimal"]), (Some(1), &Value::Null));
    let saved = json["violation"]["saved_file"].as_str().expect("it is saved");
    (place, saved.to_owned())
}

#[test]
fn a_saved_failure_becomes_what_a_sweep_makes_of_it() {
    let (place, saved) = with_failure();
    let done = place.run(&format!("minimize {saved}"));
    assert_eq!((done.status, done.stderr.as_str()), (Some(1), ""));
    for expected in [
        "Smallest   1 record, 1 stage, 1 deviation from the fair schedule",
        "FAULT: core-container@1 crashes",
        "Because    core-table@1 has a row for record 1",
    ] {
        assert!(done.stdout.contains(expected), "no '{expected}' in\n{}", done.stdout);
    }
    let beside = saved.replace(".toml", ".min.toml");
    assert!(done.stdout.ends_with(&format!("active-active replay {beside}\n")), "{}", done.stdout);
    let swept = Place::new();
    assert_eq!(swept.run(UNSOUND).status, Some(1));
    assert_eq!(place.read(&beside), swept.read(&saved));
    // The same again is the same file; another path is another file, and nothing is overwritten.
    assert_eq!(place.run(&format!("minimize {saved}")), done);
    assert_eq!(place.run(&format!("minimize {saved} --out small.toml")).status, Some(1));
    assert_eq!(place.read("small.toml"), place.read(&beside));
    place.write("taken.toml", "something else");
    let refused = place.run(&format!("minimize {saved} --out taken.toml"));
    assert_eq!((refused.status, refused.stdout.as_str()), (Some(2), ""));
    assert!(refused.stderr.contains("taken.toml: is there already"), "{}", refused.stderr);
}

/// Nobody interrupted a search that used its steps up, and what it saved is where the next one begins.
#[test]
fn a_search_that_used_its_steps_up_says_what_goes_on() {
    let (place, saved) = with_failure();
    let short = place.run(&format!("minimize {saved} --out first.toml --steps-max 100000"));
    let warning = "NOT THROUGH: it may become smaller; minimize the saved file with a higher --steps-max to go on\n";
    assert!(short.stdout.contains(warning), "{}", short.stdout);
    assert!(!short.stdout.contains("INTERRUPTED"), "{}", short.stdout);
    let on = place.run("minimize first.toml --out second.toml --format json");
    let json: Value = serde_json::from_str(&on.stdout).expect("it is JSON");
    assert_eq!(json["violation"]["minimal"]["ended"], "complete");
    let at_once = place.run(&format!("minimize {saved} --out whole.toml"));
    assert!(!at_once.stdout.contains("NOT THROUGH"), "{}", at_once.stdout);
    assert_ne!(place.read("first.toml"), place.read("second.toml"));
    assert_eq!(place.read("second.toml"), place.read("whole.toml"));
}

#[test]
fn what_holds_is_not_made_smaller() {
    let place = Place::new();
    place.write("fuzz/artifacts/event_order_fuzz/crash-1", b"\x01\x02\x03");
    let done = place.run("minimize fuzz/artifacts/event_order_fuzz/crash-1");
    assert_eq!((done.status, done.stdout.as_str()), (Some(2), ""));
    assert!(done.stderr.contains("this run violates nothing"), "{}", done.stderr);
}

#[test]
fn a_replay_tells_what_matters_or_everything() {
    let (place, _) = with_failure();
    assert_eq!(place.run(&format!("{UNSOUND} --out small")).status, Some(1));
    let name = place.names_in("small").pop().expect("a failure was saved");
    let small = format!("small/{name}");
    let lines = |text: &str| {
        let is_step = |line: &&str| line.trim_start().starts_with(|c: char| c.is_ascii_digit());
        text.lines().filter(is_step).count()
    };
    let short = place.run(&format!("replay {small}"));
    let full = place.run(&format!("replay {small} --full"));
    assert_eq!((short.status, full.status), (Some(1), Some(1)));
    assert!((8..=20).contains(&lines(&short.stdout)), "{}", short.stdout);
    assert!(lines(&full.stdout) > lines(&short.stdout) + 5, "{}", full.stdout);
    assert!(full.stdout.contains("-- chaos: "), "{}", full.stdout);

    let copied = place.run(&format!("replay {small} --out copy.toml"));
    assert_eq!((copied.status, place.read("copy.toml")), (Some(1), place.read(&small)));
}

#[test]
fn somebody_can_walk_through_a_run() {
    let (place, saved) = with_failure();
    assert_eq!(place.run(&format!("minimize {saved} --out small.toml")).status, Some(1));
    let walk = |typed: &str| place.run_typing(&["replay", "small.toml", "--step"], typed).stdout;
    let places = |text: &str| {
        let place = |part: &str| part.split(" of ").next().and_then(|n| n.parse::<usize>().ok());
        text.split('[').filter_map(place).collect::<Vec<usize>>()
    };
    assert_eq!(places(&walk("n\n\nb\nq\n")), [1, 2, 3, 2]);
    // At its end the input says no more.
    assert_eq!(places(&walk("n\n")), [1, 2]);
    let violation = walk("v\nn\nb\n1\n");
    let numbers = places(&violation);
    assert_eq!((numbers[0], numbers[1], numbers[4]), (1, numbers[2], 1), "{violation}");
    assert_eq!(numbers[3] + 1, numbers[1]);
    assert!(violation.contains("That is as far as it goes."), "{violation}");
    for held in [
        "inbound-queue@1            record 1 (in flight to core-container@1)",
        "core-container@1           works on record 1",
        "core-table@1               record 1",
        "VIOLATED: RemoveLast, at step ",
    ] {
        assert!(violation.contains(held), "no '{held}' in\n{violation}");
    }
    assert!(walk("help\nq\n").matches("n (or Enter) next").count() == 2);
}

/// The test is compiled and run as one of ours: tests/pasted.rs.
#[test]
fn a_run_is_printed_as_a_test_to_paste() {
    let place = Place::new();
    place.write("stranded.toml", include_str!("../stories/stranded-overwrite.toml"));
    let done = place.run("replay stranded.toml --as-test");
    assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""));
    let pasted = include_str!("../pasted.rs");
    let test = pasted.split_once("\n\n").map(|(_, test)| test);
    assert_eq!(Some(done.stdout.as_str()), test, "paste it into tests/pasted.rs");
}
