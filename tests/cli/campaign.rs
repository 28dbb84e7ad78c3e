//! Campaigns: shares that are merged, files that are resumed, an end by the clock.

use std::process::{Command, Stdio};

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

/// The file says how far it is while it runs; a process that is killed is resumed from there.
#[test]
fn a_campaign_that_is_killed_goes_on_where_it_was() {
    let sweep = "sweep baseline --runs 20000 --scheduler pos";
    let expected = Place::new().run(&format!("{sweep} --format json"));
    let place = Place::new();
    let arguments = format!("{sweep} --format json --state state.json");
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("active-active"))
        .args(arguments.split_whitespace())
        .current_dir(place.directory.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary was built for this test");
    let is_under_way = |_: &u32| {
        let text = std::fs::read_to_string(place.path("state.json")).unwrap_or_default();
        !text.is_empty() && !text.contains("\"next\":0,")
    };
    assert!((0..10_000_000).find(is_under_way).is_some(), "it is never saved");
    child.kill().expect("it may be killed");
    child.wait().expect("it was killed");
    assert_eq!(place.run(&arguments), expected);
    // It is all done: once more is the same at once.
    assert_eq!(place.run(&arguments), expected);
    let state = place.read("state.json");
    assert!(state.contains("\"next\":20000,"), "{state}");
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
