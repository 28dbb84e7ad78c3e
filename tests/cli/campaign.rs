//! Campaigns: shares that are merged, files that are resumed, an end by the clock.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Place;

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
fn shares_merge_to_the_report_of_one_machine() {
    for sweep in SWEEPS {
        let one = Place::new();
        let expected = one.run(&format!("sweep {sweep} --no-minimize --format json"));
        let place = Place::new();
        for number in [2, 3, 1] {
            let share = format!("--shard {number}/3 --out part-{number}.json");
            let done = place.run(&format!("sweep {sweep} --threads {number} {share}"));
            let start = format!("Wrote part-{number}.json: share {number} of 3, ");
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
fn shares_that_do_not_belong_together_are_refused() {
    let place = Place::new();
    let refused = |arguments: &str, reason: &str| {
        let done = place.run(arguments);
        assert_eq!(done.status, Some(2), "{arguments}: {}", done.stdout);
        assert!(done.stderr.contains(reason), "{arguments}: {}", done.stderr);
    };
    for (number, seed) in [(1, 1), (2, 1), (3, 2)] {
        let share = format!("--runs 90 --shard {number}/3 --out {number}.json --seed {seed}");
        assert_eq!(place.run(&format!("sweep baseline {share}")).status, Some(0));
    }
    place.write("other.json", "{}");
    place.write("cut.json", &place.read("2.json")[..200]);
    refused("merge 1.json 2.json", "there are 3 shares, and files of 2");
    refused("merge 1.json 2.json 2.json", "is share 2/3 where 3/3 is expected");
    refused("merge 1.json 2.json 3.json", "another seed");
    refused("merge other.json", "it is no file of a campaign");
    refused("merge cut.json", "it is no file of a campaign");
    refused("merge nowhere.json", "cannot be read");
    refused("sweep baseline --shard 1/3", "name it, as in --out part.json");
    refused("sweep baseline --shard 4/3 --out 4.json", "is no share");
    refused("sweep baseline --shard 1/3 --for 1s --out 1.json", "cannot be used with");
    refused("sweep baseline --runs 90 --shard 1/3 --out other.json", "is there already");
    refused("sweep baseline --for soon", "write it as 90s, 10m or 8h");
    refused("sweep baseline --state other.json", "it is no file of a campaign");
    assert_eq!(place.run("sweep baseline --runs 90 --state s.json").status, Some(0));
    refused("sweep baseline --runs 91 --state s.json", "another number of runs");
    refused("sweep failover --runs 90 --state s.json", "another scenario");
    refused("sweep baseline --runs 90 --scheduler pos --state s.json", "another scheduler");
}

/// A sweep that takes long enough to be killed several times.
const LONG: &str = "sweep baseline --runs 12000 --scheduler pos --format json";

/// Starts it with a file, and kills it once so many parts were put behind the checkpoint.
fn kill_after(parts: usize, place: &Place) -> String {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("active-active"))
        .args(format!("{LONG} --state state.json").split_whitespace())
        .current_dir(place.directory.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary was built for this test");
    let read = || std::fs::read_to_string(place.path("state.json")).unwrap_or_default();
    let before = read();
    let is_far_enough = || {
        let text = read();
        // Until it has read the file, the lines are those of the process before.
        text.lines().count() > parts && text.lines().next() != before.lines().next()
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
    let runs = |tally: &Value| tally["runs"].as_u64().expect("it is a number");
    let first = read(lines.next().expect("there is a checkpoint"));
    let early = first["early"].as_array().expect("it is a list").iter().map(runs).sum::<u64>();
    runs(&first["done"]) + early + lines.map(|line| runs(&read(line))).sum::<u64>()
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
    assert!(state.contains("\"next\":12000,") && state.lines().count() == 1, "{state}");
}

/// Whoever is killed while it writes leaves half a line.
#[test]
fn a_torn_record_is_made_again() {
    let expected = Place::new().run(LONG);
    let text = kill_after(20, &Place::new());
    let last = text[..text.len() - 1].rfind('\n').expect("there are lines") + 1;
    let middle = (last + text.len()) / 2;
    let torn = [&text[..last + 1], &text[..middle], &text[..text.len() - 1]];
    for text in torn.map(str::to_owned).into_iter().chain([format!("{text}\0\0\0\n{text}")]) {
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
    let binary = assert_cmd::cargo::cargo_bin!("active-active").display();
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

#[test]
fn a_detection_table_has_every_strategy_and_is_reproducible() {
    let place = Place::new();
    let table = "bench detection --trials 3 --budget 30 --only publish,store,remove";
    let done = place.run(table);
    assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""));
    let row =
        "| `container.steps=publish,store,remove` | crash-anywhere | 1 | 1 | 1 | 1 | 1 | 1 | 1 |";
    assert!(done.stdout.contains(row), "{}", done.stdout);
    assert_eq!(place.run(&format!("{table} --threads 3")), done);
    assert_eq!(place.run(&format!("{table} --out table.md")).stdout, "Wrote table.md.\n");
    assert_eq!(place.read("table.md"), done.stdout);
    assert_eq!(place.run("bench detection --only nothing-of-that-name").status, Some(2));
}

/// Nobody is accused who is sound: a few schedules of everything that is, under every scheduler. The same
/// with `--runs 100000` takes a good while.
#[test]
fn no_sound_design_is_accused() {
    let place = Place::new();
    let result = place.run("bench sound --runs 40");
    assert_eq!(result.status, Some(0), "{}", result.stdout);
    let sound = active_active::explore::soundness::subjects().expect("the rows are right");
    let rows: Vec<&str> = result.stdout.lines().filter(|line| line.starts_with("| ")).collect();
    assert_eq!(rows.len(), 1 + sound.len());
    assert!(rows[0].ends_with("| portfolio | timed |"));
    assert!(!result.stdout.contains("**") && !result.stdout.contains("inconclusive:"));
    let runs = 8 * 40 * sound.len();
    let last = result.stdout.lines().last().expect("it says how many there were");
    assert!(last.contains("0 sweeps accuse a sound design, 0 runs are inconclusive"), "{last}");
    let said: String =
        last.split("In all ").nth(1).expect("it does").chars().take_while(|c| *c != ' ').collect();
    assert_eq!(said.replace(',', ""), runs.to_string());
    assert_eq!(place.run("bench sound --only nothing-of-that-name").status, Some(2));
}
