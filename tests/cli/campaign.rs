//! Campaigns: shards that are merged, files that are resumed, an end by the clock.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::Place;
use crate::common::program::{self, program};

/// Sound, wrong from the first run on, wrong in a late run, cut short; each with a strategy of
/// another rhythm.
const SWEEPS: [&str; 5] = [
    "crash-anywhere --runs 400 --scheduler random",
    "crash-anywhere --runs 300 --set container.steps=remove,store,publish --scheduler pct:2",
    "needle --runs 2200 --scheduler portfolio",
    "region-loss --runs 1100 --scheduler feedback",
    "failover --runs 200 --max-steps 900 --scheduler pos",
];

#[test]
fn shards_merge_to_the_report_of_one_machine() {
    for sweep in SWEEPS {
        let one = Place::new();
        let expected = one.run(&format!("sweep {sweep} --no-minimize --format json"));
        let place = Place::new();
        for number in [2, 3, 1] {
            let shard = format!("--shard {number}/3 --out part-{number}.json");
            let done = place.run(&format!("sweep {sweep} --threads {number} {shard}"));
            let start = format!("Wrote part-{number}.json: shard {number} of 3, ");
            assert!(done.stdout.starts_with(&start), "{sweep}: {done:?}");
        }
        let parts = "part-1.json part-2.json part-3.json";
        let merged = place.run(&format!("merge {parts} --no-minimize --format json"));
        assert_eq!(merged, expected, "{sweep}");
        let failures = |place: &Place| match place.names().contains(&"failures".to_owned()) {
            true => place.names_in("failures"),
            false => Vec::new(),
        };
        assert_eq!(failures(&place), failures(&one), "{sweep}");
    }
}

#[test]
fn shards_that_do_not_belong_together_are_refused() {
    let place = Place::new();
    let refused = |arguments: &str, reason: &str| {
        let done = place.run(arguments);
        assert_eq!(done.status, Some(2), "{arguments}: {}", done.stdout);
        assert!(done.stderr.contains(reason), "{arguments}: {}", done.stderr);
    };
    for (number, seed) in [(1, 1), (2, 1), (3, 2)] {
        let shard = format!("--runs 90 --shard {number}/3 --out {number}.json --seed {seed}");
        assert_eq!(place.run(&format!("sweep baseline {shard}")).status, Some(0));
    }
    assert_eq!(place.run("sweep baseline --runs 90 --shard 3/4 --out 3of4.json").status, Some(0));
    let two = place.read("2.json");
    place.write("other.json", "{}");
    place.write("empty.json", "");
    place.write("cut.json", &two[..200]);
    place.write(
        "unfinished.json",
        two.lines().next().map(|line| format!("{line}\n")).unwrap_or_default(),
    );
    place.write("damaged.json", two.replace("\"steps\":1", "\"steps\":2"));
    place.write("twice.json", format!("{two}{}\n", two.lines().last().unwrap_or_default()));
    refused("merge 1.json 2.json", "error: shard 3/3 is missing; give the files of all shards");
    refused("merge 2.json", "error: shard 1/3 is missing");
    refused(
        "merge 1.json 2.json 2.json",
        "2.json: is shard 2/3, and so is 2.json; give each shard",
    );
    refused("merge 1.json 2.json 3.json", "3.json: it is about a campaign with another seed");
    refused(
        "merge 1.json 2.json 3of4.json",
        "3of4.json: it is about a campaign with another number of shards",
    );
    refused("merge 1.json unfinished.json 3of4.json", "another number of shards");
    assert_eq!(place.run("sweep baseline --runs 90 --shard 3/3 --out 33.json").status, Some(0));
    refused(
        "merge 1.json unfinished.json 33.json",
        "unfinished.json: run 30 is missing; run 'sweep --shard 2/3' again",
    );
    refused("merge 1.json damaged.json 33.json", "damaged.json:2: the line is damaged");
    refused(
        "merge 1.json twice.json 33.json",
        "twice.json:4: some of the runs 32 to 59 are there already; remove the line",
    );
    assert_eq!(place.run("merge 33.json 2.json 1.json").status, Some(0));
    refused("merge other.json", "other.json: this is not the file of a campaign");
    refused("merge empty.json", "empty.json: this is not the file of a campaign");
    refused("merge cut.json", "cut.json: this is not the file of a campaign");
    refused("merge nowhere.json", "nowhere.json: no such file; check the path");
    refused("sweep baseline --shard 1/3", "name it, as in --out part.json");
    refused("sweep baseline --shard 4/3 --out 4.json", "is not a shard");
    refused("sweep baseline --shard 1/3 --for 1s --out 1.json", "cannot be used with");
    refused("sweep baseline --runs 90 --shard 1/3 --out other.json", "is there already");
    refused("sweep baseline --for soon", "write it as 90s, 10m or 8h");
    refused("sweep baseline --state other.json", "this is not the file of a campaign");
    assert_eq!(place.run("sweep baseline --runs 90 --state s.json").status, Some(0));
    refused(
        "sweep baseline --runs 89 --state s.json",
        "s.json: it has runs up to 89, and 89 are asked for; give --runs 90 or more",
    );
    refused("sweep failover --runs 90 --state s.json", "another scenario");
    refused("sweep baseline --runs 90 --scheduler pos --state s.json", "another scheduler");
    refused("sweep baseline --runs 90 --max-steps 500 --state s.json", "another bound on steps");
    refused("sweep baseline --runs 90 --shard 1/2 --state s.json --out x.json", "another shard");
    let sum = place.read("s.json").replace("\"checksum\":\"", "\"checksum\":\"0");
    place.write("s.json", sum);
    refused(
        "sweep baseline --runs 90 --state s.json",
        "s.json:1: the line is damaged: its checksum is another one; begin a new file",
    );
}

/// What was done is not done again, whatever the number of runs that were asked for then.
#[test]
fn a_campaign_that_is_done_goes_on_when_more_is_asked_for() {
    let place = Place::new();
    let sweep = "sweep crash-anywhere --scheduler random --format json";
    for runs in [50, 51, 300] {
        let extended = place.run(&format!("{sweep} --runs {runs} --state state.json"));
        assert_eq!(extended, place.run(&format!("{sweep} --runs {runs}")));
        assert_eq!(runs_known(&place.read("state.json")), runs);
    }
    let two_lines = place.read("state.json").lines().count() == 2;
    assert!(two_lines, "neighbors are one line");
}

/// A sweep that takes long enough to be killed several times.
const LONG: &str = "sweep baseline --runs 12000 --scheduler pos --format json";

/// Starts it with a file, and kills it once this many segments were put behind those that were there.
fn kill_after(parts: usize, place: &Place) -> String {
    let mut child = program()
        .args(format!("{LONG} --state state.json").split_whitespace())
        .current_dir(place.directory.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary was built for this test");
    let read = || std::fs::read_to_string(place.path("state.json")).unwrap_or_default();
    let known = if read().is_empty() { 0 } else { runs_known(&read()) };
    // What was there is written again first, as fewer lines.
    let is_far_enough = || {
        let text = read();
        !text.is_empty() && runs_known(&text) >= known + 32 * parts as u64
    };
    while !is_far_enough() {
        assert_eq!(child.try_wait().expect("it may be asked"), None, "it ended before");
    }
    // It is given no moment to put anything in order.
    child.kill().expect("it may be killed");
    child.wait().expect("it was killed");
    read()
}

/// How many runs a file knows.
fn runs_known(text: &str) -> u64 {
    let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let read = |line: &str| serde_json::from_str::<Value>(line).expect("a whole line is JSON");
    let head = read(lines.next().expect("there is a first line"));
    assert_eq!(head["kind"], "active-active campaign");
    lines.map(|line| read(line)["runs"].as_u64().expect("it is a number")).sum()
}

/// Whatever the moment at which it is killed, what was noted is known to the next process, and the
/// report is that of one process.
#[test]
fn a_campaign_that_is_killed_goes_on_where_it_was() {
    let expected = Place::new().run(LONG);
    let place = Place::new();
    let mut known = 0;
    for parts in [1, 40, 3, 17, 80] {
        let text = kill_after(parts, &place);
        let parts = parts as u64;
        assert!(runs_known(&text) >= known + 32 * parts, "{} after {known}", runs_known(&text));
        known = runs_known(&text);
    }
    let again = format!("{LONG} --state state.json");
    assert_eq!(place.run(&again), expected);
    // It is all done: once more is the same at once.
    assert_eq!(place.run(&again), expected);
    let state = place.read("state.json");
    assert_eq!((runs_known(&state), state.lines().count()), (12_000, 2), "{state}");
}

/// A process that is killed while it writes leaves half a line.
#[test]
fn a_torn_record_is_made_again() {
    let expected = Place::new().run(LONG);
    let text = kill_after(20, &Place::new());
    let last = text[..text.len() - 1].rfind('\n').expect("there are lines") + 1;
    let middle = (last + text.len()) / 2;
    let torn = [&text[..last + 1], &text[..middle], &text[..text.len() - 1]];
    for text in torn.map(str::to_owned).into_iter().chain([format!("{text}\0\0\0")]) {
        let place = Place::new();
        place.write("state.json", &text);
        assert_eq!(place.run(&format!("{LONG} --state state.json")), expected);
    }
}

/// A disk that is full: one error, a report of what was done, and a file that knows it.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_one_error_and_loses_nothing() {
    let expected = Place::new().run(LONG);
    let place = Place::new();
    let binary = program::PATH;
    // A bound on the size of files that ends writing and not the process.
    let script = format!("trap '' XFSZ; ulimit -f 64; exec '{binary}' {LONG} --state state.json");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(place.directory.path());
    let output = shell.output().expect("there is a shell");
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).expect("it is text");
    assert!(errors.starts_with("error: state.json: cannot be written: "), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(report["verdict"], "inconclusive");
    // What two threads had under way may be neither in the report nor in the file.
    let (known, runs) = (runs_known(&place.read("state.json")), &report["runs"]);
    assert!(known > 0 && known + 64 >= runs.as_u64().expect("a number"), "{known}, {runs}");
    assert_eq!(place.names(), ["state.json"]);
    assert_eq!(place.run(&format!("{LONG} --state state.json")), expected);
}

#[test]
fn a_campaign_ends_when_its_time_is_over() {
    let place = Place::new();
    let done = place.run("sweep baseline --for 1s");
    assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""));
    assert!(done.stdout.contains("HOLDS. No violation in "), "{}", done.stdout);
    assert!(!done.stdout.contains("asked for"), "{}", done.stdout);
    // What it was asked for beside is done first.
    let few = place.run("sweep baseline --for 8h --runs 50");
    assert_eq!(few, place.run("sweep baseline --runs 50"));
}
