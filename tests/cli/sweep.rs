//! `sweep`, and the command without arguments.

use active_active::explore::Reached;
use serde_json::Value;

use super::{Done, Place};
use crate::common::plans;
use crate::common::program::program;

const UNSOUND: &str = "sweep crash-anywhere --set container.steps=remove,store,publish";
const SAVED: &str = "failures/crash-anywhere-RemoveLast-seed1-run0.toml";

fn json(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", done.stdout))
}

#[test]
fn without_arguments_f1_is_swept_and_holds() {
    let place = Place::new();
    let done = place.run("");
    assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""));
    assert!(done.stdout.starts_with("f1-fail-container: "), "{}", done.stdout);
    assert!(done.stdout.contains("Explored 10,000 runs, "), "{}", done.stdout);
    let evidence = "HOLDS. No violation in 10,000 runs. This is evidence, not proof: with 95 % \
                    confidence fewer\nthan 3/5,130 = 0.059 % of the schedules that this scheduler \
                    draws afresh violate the spec.\nThe other 4,870 runs learned from those before \
                    them and found nothing either.\n";
    assert!(done.stdout.ends_with(evidence), "{}", done.stdout);
    assert!(place.names().is_empty(), "{:?}", place.names());
    assert_eq!(place.run("sweep f1-fail-container --runs 10000"), done);
}

#[test]
fn an_unsound_design_is_found_and_saved() {
    let place = Place::new();
    let done = place.run(UNSOUND);
    assert_eq!((done.status, done.stderr.as_str()), (Some(1), ""));
    for expected in [
        "VIOLATED: RemoveLast in run 0 of seed 1, at step ",
        "The spec   a record leaves a queue only after",
        "Smallest   1 record, 1 stage, the fair schedule",
        "Found in   30 records, 5 stages, ",
        "Scenario   container.steps = ",
        "     13  inbound-queue@1 removes record 1\n",
        "Happened   record ",
        "Because    ",
        &format!("Saved in   {SAVED}"),
        &format!("Replay     active-active replay {SAVED}"),
    ] {
        assert!(done.stdout.contains(expected), "no '{expected}' in\n{}", done.stdout);
    }
    assert_eq!(place.names(), ["failures"]);
    assert!(place.read(SAVED).contains("property = \"RemoveLast\""));
    // The same again is the same again, and leaves the same file.
    assert_eq!(place.run(UNSOUND), done);
    assert_eq!(place.run(&format!("{UNSOUND} --out elsewhere")).status, Some(1));
    assert_eq!(place.names(), ["elsewhere", "failures"]);
}

#[test]
fn another_failure_of_the_same_name_is_kept_beside_the_first() {
    let place = Place::new();
    let as_found = format!("{UNSOUND} --no-minimize");
    let first = place.run(&as_found);
    let kept = place.read(SAVED);
    let second = place.run(&format!("{as_found} --set records.batches=4,4,4"));
    assert_eq!((first.status, second.status), (Some(1), Some(1)));
    assert_eq!(place.read(SAVED), kept);
    let beside = SAVED.replace(".toml", "-2.toml");
    assert!(second.stdout.contains(&beside), "{}", second.stdout);
    assert_eq!(place.run(&format!("replay {beside}")).status, Some(1));
}

#[test]
fn one_and_two_threads_print_the_same() {
    let sweeps = [
        "sweep f1-fail-container --runs 500",
        "sweep crash-anywhere --runs 500 --seed 7",
        // Found late, so that several threads are at work when it is.
        "sweep crash-anywhere --set container.on_duplicate=skip --runs 2000",
        UNSOUND,
        "sweep failover --runs 200 --max-steps 900",
    ];
    for sweep in sweeps {
        for format in ["text", "json"] {
            let with = |threads| {
                let place = Place::new();
                place.run(&format!("{sweep} --format {format} --threads {threads}"))
            };
            assert_eq!(with(1), with(2), "{sweep}");
        }
    }
}

#[test]
fn text_and_json_have_the_same_numbers() {
    let as_found = format!("{UNSOUND} --no-minimize");
    for sweep in ["sweep crash-anywhere --runs 300", &as_found] {
        let place = Place::new();
        let text = place.run(sweep);
        let done = place.run(&format!("{sweep} --format json"));
        assert_eq!((done.status, done.stderr.as_str()), (text.status, ""));
        let json = json(&done);
        let plain = text.stdout.replace(',', "");
        let says =
            |expected: String| assert!(plain.contains(&expected), "no '{expected}' in\n{plain}");
        for (key, word) in [("runs", " run"), ("steps", " step"), ("pairs_reached", " kinds")] {
            says(format!("{}{word}", json[key]));
        }
        for property in json["properties"].as_array().expect("there are properties") {
            says(property["name"].as_str().expect("a name is text").to_owned());
        }
        for reached in json["reached"].as_array().expect("there is a list of what was reached") {
            let (runs, text) = (&reached["runs"], reached["text"].as_str().expect("it has words"));
            if runs != 0 {
                says(format!("{runs} {text}").replace(',', ""));
            }
        }
        assert_eq!(
            json["pairs"].as_array().map(Vec::len),
            json["pairs_reached"].as_u64().map(|n| n as usize)
        );
        if let Value::Object(violation) = &json["violation"] {
            let of = |key: &str| violation[key].as_str().expect("it is text").to_owned();
            says(format!(
                "VIOLATED: {} in run {} of seed {}",
                of("property"),
                violation["run"],
                violation["seed"]
            ));
            says(format!("at step {}", violation["step"]));
            says(of("what"));
            says(of("saved_file"));
            says(of("replay_command"));
        }
    }
}

#[test]
fn the_json_document_has_its_keys() {
    let place = Place::new();
    let json = json(&place.run("sweep f1-fail-container --runs 100 --format json"));
    let keys: Vec<&String> = json.as_object().expect("it is an object").keys().collect();
    let mut expected = [
        "format",
        "command",
        "verdict",
        "scenario",
        "scheduler",
        "runs_requested",
        "runs",
        "runs_inconclusive",
        "steps",
        "steps_max",
        "interrupted",
        "inconclusive_because",
        "confidence",
        "properties",
        "reached",
        "pairs_reached",
        "pairs",
        "pairs_never",
        "awaited_until_heal",
        "facts",
        "vacuous_because",
        "never_struck",
        "runs_with_operator",
        "operator",
        "runs_with_loss",
        "largest_loss",
        "metrics",
        "violation",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(json["format"], 1);
    assert_eq!(json["verdict"], "holds");
    assert_eq!(json["runs"], 100);
    assert_eq!(json["scheduler"]["seed"], 1);
    assert_eq!(json["violation"], Value::Null);
    assert_eq!(json["confidence"]["violating_percent_max"], 3.0);
}

#[test]
fn what_was_lost_for_good_is_listed() {
    let place = Place::new();
    let done = place.run("sweep region-loss --runs 100");
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    for text in [
        "Lost for good, of what was acknowledged, in ",
        "where the scenario declares any number",
        "accepted, in no queue any more, not delivered",
    ] {
        assert!(done.stdout.contains(text), "{text}: {}", done.stdout);
    }
    let swept = json(&place.run("sweep region-loss --runs 100 --format json"));
    let records = swept["largest_loss"]["records"].as_u64().expect("it is a number");
    let undelivered = swept["largest_loss"]["undelivered"].as_array().expect("it is a list").len();
    assert!(records >= 3 && undelivered as u64 <= records, "{}", swept["largest_loss"]);
    assert_eq!(swept["largest_loss"]["rpo_records"], "unlimited");
    assert!(swept["runs_with_loss"].as_u64().expect("it is a number") >= 25);

    let run = swept["largest_loss"]["run"].as_u64().expect("it is a number");
    let command = format!("run region-loss --run {run} --format json");
    let told = json(&place.run(&command));
    assert_eq!(told["lost"]["undelivered"], swept["largest_loss"]["undelivered"]);
}

#[test]
fn what_was_never_reached_is_named() {
    let place = Place::new();
    let done = place.run("sweep crash-anywhere --scheduler round-robin");
    assert_eq!(done.status, Some(0));
    assert!(done.stdout.contains("NEVER REACHED a container crashed, though"), "{}", done.stdout);
    // What the scenario has no way to reach is not missed.
    let plan = plans::plan("crash-anywhere", &[]);
    let impossible: Vec<&Reached> =
        Reached::ALL.iter().filter(|reached| !reached.is_possible(&plan)).collect();
    assert!(!impossible.is_empty());
    for reached in impossible {
        let text = format!("NEVER REACHED {}", reached.text());
        assert!(!done.stdout.contains(&text), "{}", done.stdout);
    }
}

/// With a key for each record no order of writes matters, and a verdict about keys says nothing.
#[test]
fn a_scenario_in_which_nothing_can_be_overwritten_says_so() {
    let place = Place::new();
    for (keys, is_blind) in [(40, true), (3, false), (0, false)] {
        let checked = "--set destination.versions=checked --set table.conflict=version-checked";
        let done =
            place.run(&format!("sweep baseline --runs 20 --set records.keys={keys} {checked}"));
        assert_eq!(done.status, Some(0), "{}", done.stderr);
        let says = done.stdout.contains("no business key has two records");
        assert_eq!(says, is_blind, "{keys} keys: {}", done.stdout);
    }
}

#[test]
fn a_deterministic_scheduler_makes_one_run_and_no_promise() {
    let place = Place::new();
    for scheduler in ["round-robin", "script:", "script:7,1,65535"] {
        let done = place.run(&format!("sweep baseline --runs 50 --scheduler {scheduler}"));
        assert_eq!(done.status, Some(0));
        let says = |expected: &str| assert!(done.stdout.contains(expected), "{}", done.stdout);
        says("Explored 1 run (the other 49 would repeat it)");
        says("HOLDS. No violation in 1 run. It is the only one of this scheduler");
        assert!(!done.stdout.contains("confidence"), "{}", done.stdout);
    }
}

/// What is said of all schedules follows from the runs that did not depend on others.
#[test]
fn a_promise_is_about_runs_that_are_drawn_afresh() {
    let place = Place::new();
    let ends = |sweep: &str, end: &str| {
        let done = place.run(sweep);
        assert_eq!(done.status, Some(0), "{}", done.stderr);
        assert!(done.stdout.ends_with(end), "{}", done.stdout);
    };
    let share = "3/200 = 1.5 % of the schedules that this scheduler draws violate the spec.\n";
    ends("sweep baseline --runs 200 --scheduler random", share);
    ends("sweep baseline --runs 200", share);
    let none = "Runs that learn from each other say nothing about the share of\nall schedules.\n";
    ends("sweep baseline --runs 200 --scheduler feedback", none);
    let done = place.run("sweep baseline --runs 2000 --format json");
    let json = json(&done);
    assert_eq!((&json["runs"], &json["confidence"]["runs"]), (&2_000.into(), &1_026.into()));
}

/// Metrics are about what is usual: unless told otherwise, uniform random choice makes the runs.
#[test]
fn metrics_are_of_random_runs() {
    let place = Place::new();
    let measured = place.run("sweep f1-fail-container --runs 50 --metrics");
    assert!(measured.stdout.contains("random scheduler, seed 1"), "{}", measured.stdout);
    let learning = "sweep f1-fail-container --runs 50 --metrics --scheduler feedback --threads";
    assert_eq!(place.run(&format!("{learning} 1")), place.run(&format!("{learning} 2")));
}

#[test]
fn few_runs_make_no_promise() {
    let done = Place::new().run("sweep baseline --runs 3");
    assert_eq!(done.status, Some(0));
    assert!(!done.stdout.contains("confidence"), "{}", done.stdout);
    assert!(done.stdout.contains("So few say nothing"), "{}", done.stdout);
}

#[test]
fn a_run_that_is_cut_short_is_inconclusive() {
    let place = Place::new();
    let done = place.run("sweep baseline --runs 10 --max-steps 100");
    assert_eq!((done.status, done.stderr.as_str()), (Some(3), ""));
    let says = |expected: &str| assert!(done.stdout.contains(expected), "{}", done.stdout);
    says("INCONCLUSIVE: 10 of 10 runs were cut short by the limit of 100 steps");
    says("not judged      DeliveredAll");
    says("held so far     NeverLost");
    assert!(!done.stdout.contains("HOLDS"), "{}", done.stdout);
    // A violation within the limit is one, all the same.
    assert_eq!(place.run(&format!("{UNSOUND} --max-steps 100")).status, Some(1));
}

#[test]
fn an_await_that_needs_healing_is_noted() {
    let place = Place::new();
    place.write(
        "stuck.toml",
        "script = [\"crash core-container@1\", \"publish 1\", \"await delivered all\"]",
    );
    let done = place.run("sweep stuck.toml --runs 5");
    assert_eq!(done.status, Some(0));
    let note = "Note: in run 0, 'await delivered all' had not come true when the system was healed";
    assert!(done.stdout.contains(note), "{}", done.stdout);
}

#[test]
fn a_directory_that_cannot_be_written_is_refused_before_the_work() {
    let place = Place::new();
    place.write("taken", "a file, not a directory");
    for format in ["text", "json"] {
        let done = place.run(&format!("{UNSOUND} --out taken --format {format}"));
        assert_eq!((done.status, done.stdout.as_str()), (Some(2), ""));
        assert!(done.stderr.starts_with("error: taken: cannot be written: "), "{}", done.stderr);
        assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
    }
    assert_eq!(place.names(), ["taken"]);
}

/// An interrupt ends the sweep, which says what it knows.
#[test]
#[cfg(target_os = "linux")]
fn an_interrupt_ends_with_a_report() {
    use std::process::{Command, Stdio};

    let place = Place::new();
    let mut child = program()
        .args(["sweep", "baseline", "--runs", "18446744073709551615", "--format", "json"])
        .current_dir(place.directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary was built for this test");
    let status = format!("/proc/{}/status", child.id());
    // Until the handler is there, an interrupt would end the process at once.
    let handles_interrupts = |_: &u32| {
        let status = std::fs::read_to_string(&status).expect("the process is there");
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = mask.expect("Linux says which signals are caught").trim();
        u64::from_str_radix(mask, 16).expect("it is a number") & 0b10 != 0
    };
    if (0..1_000_000).find(handles_interrupts).is_none() {
        child.kill().expect("the process is there");
        panic!("the sweep does not handle interrupts");
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("there is a command 'kill'").success());
    let output = child.wait_with_output().expect("the process ends");
    assert_eq!(output.status.code(), Some(3));
    let json: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!((&json["verdict"], &json["interrupted"]), (&"inconclusive".into(), &true.into()));
    assert_eq!(json["confidence"], Value::Null);
}

/// A "holds" of a scenario that has nothing to overwrite says nothing about overwriting.
#[test]
fn what_a_scenario_is_too_small_to_show_is_said() {
    let place = Place::new();
    let small = place.run("sweep stranded-overwrite --runs 5 --set records.batches=1,1");
    assert!(
        small.stdout.contains("NOT SEEN HERE: no business key has two records"),
        "{}",
        small.stdout
    );
    let own = place.run("sweep stranded-overwrite --runs 5 --set table.conflict=version-checked");
    assert!(own.stdout.contains("HOLDS") && !own.stdout.contains("NOT SEEN"), "{}", own.stdout);
}
