//! `run`, `list` and `init`.

use active_active::scenario::builtin::{self, Group};
use serde_json::Value;

use super::Place;

#[test]
fn a_run_is_told_step_by_step() {
    let place = Place::new();
    let done = place.run("run f1-fail-container --seed 3 --run 17");
    assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""));
    let numbers: Vec<u64> = done
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .filter(|number| *number != 2)
        .collect();
    assert!(numbers.len() > 1_000, "a step has a line: {}", numbers.len());
    for expected in [
        "portfolio scheduler, seed 3\nrun 17\n",
        "-- chaos: the scheduler decides --",
        "FAULT: driver carries out 'pause preprocess-container@1' and preprocess-container@1 is paused",
        "RECOVERY: driver carries out 'recover preprocess-container@1'",
        "-- heal: nothing is left to repair --",
        "-- converge: ",
        "HOLDS: no property of the spec was violated in ",
    ] {
        assert!(done.stdout.contains(expected), "no '{expected}' in\n{}", done.stdout);
    }
    assert_eq!(place.run("run f1-fail-container --seed 3 --run 17"), done);
    assert_ne!(place.run("run f1-fail-container --seed 3 --run 18").stdout, done.stdout);
    assert!(place.names().is_empty());
}

#[test]
fn a_run_that_violates_ends_with_the_violation_and_is_saved() {
    let place = Place::new();
    let design = "crash-anywhere --set container.steps=remove,store,publish";
    let done = place.run(&format!("run {design} --run 5"));
    assert_eq!(done.status, Some(1));
    let saved = "failures/crash-anywhere-RemoveLast-seed1-run5.toml";
    assert!(done.stdout.ends_with(&format!("active-active replay {saved}\n")), "{}", done.stdout);
    assert_eq!(place.run(&format!("replay {saved}")).status, Some(1));

    let done = place.run(&format!("run {design} --scheduler round-robin"));
    assert_eq!(done.status, Some(1));
    let saved = "failures/crash-anywhere-RemoveLast-round-robin.toml";
    assert!(done.stdout.contains(saved), "{}", done.stdout);
    assert_eq!(place.run(&format!("replay {saved}")).status, Some(1));
}

#[test]
fn the_run_of_a_sweep_is_the_same_alone() {
    let place = Place::new();
    let design = "crash-anywhere --set container.on_duplicate=skip --format json";
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("it is JSON");
    // As small as it gets, and as it was found.
    for found in ["", " --no-minimize"] {
        let sweep = parse(&place.run(&format!("sweep {design}{found}")).stdout);
        let index = sweep["violation"]["run"].as_u64().expect("the design is unsound");
        let run = parse(&place.run(&format!("run {design} --run {index}{found}")).stdout);
        assert_eq!(run["violation"], sweep["violation"]);
        let minimal = &run["violation"]["minimal"]["size"];
        assert_eq!(minimal["records"].as_u64(), found.is_empty().then_some(1));
    }
}

#[test]
fn a_story_is_json_too() {
    let done = Place::new().run("run baseline --format json");
    assert_eq!(done.status, Some(0));
    let json: Value = serde_json::from_str(&done.stdout).expect("it is JSON");
    assert_eq!(json["verdict"], "holds");
    let story = json["story"].as_array().expect("it is a list");
    let steps: Vec<u64> = story.iter().filter_map(|line| line["step"].as_u64()).collect();
    // The last step is the healing, which is a heading.
    let all = json["steps"].as_u64().expect("it is a number");
    assert_eq!(steps.last(), Some(&(all - 1)));
    assert!(story.iter().all(|line| line["text"].as_str().is_some_and(|text| !text.is_empty())));
}

#[test]
fn a_run_that_is_cut_short_is_inconclusive() {
    let done = Place::new().run("run baseline --max-steps 50");
    assert_eq!(done.status, Some(3));
    let expected = "INCONCLUSIVE: the run shows nothing, because it was cut short after 50 steps";
    assert!(done.stdout.contains(expected), "{}", done.stdout);
}

#[test]
fn every_built_in_scenario_is_listed_and_runs() {
    let place = Place::new();
    let json = place.run("list --format json");
    let entries: Value = serde_json::from_str(&json.stdout).expect("it is JSON");
    let text = place.run("list");
    assert_eq!(text.status, Some(0));
    let entries = entries.as_array().expect("it is a list");
    let titles: Vec<String> =
        Group::ALL.iter().map(|group| format!("{}\n", group.title())).collect();
    assert!(titles.iter().all(|title| text.stdout.contains(title)), "{}", text.stdout);
    // A title for each group, and a blank line between two of them.
    assert_eq!(text.stdout.lines().count(), entries.len() + 2 * titles.len() - 1);
    for entry in entries {
        let name = entry["name"].as_str().expect("a name is text");
        let about = entry["about"].as_str().expect("a description is text");
        assert!(text.stdout.contains(name) && text.stdout.contains(about), "{}", text.stdout);
        // These need more schedules; the needle is there because so few do not find it.
        let is_rare = ["needle", "zombie-store"].contains(&name);
        let is_found = !is_rare && !name.ends_with("f3-as-published");
        let unsound = builtin::unsound().any(|(unsound, _, _)| *unsound == name);
        let status = Some(i32::from(unsound && is_found));
        assert_eq!(place.run(&format!("sweep {name} --runs 20")).status, status, "{name}");
    }
}

/// So that no name has to be guessed: each that is shown can be said in a script.
#[test]
fn components_are_listed_by_the_names_that_a_script_knows() {
    let place = Place::new();
    place
        .write("mine.toml", "topology.stages = [\"ledger\", \"notify\"]\nscript = [\"publish 1\"]");
    let text = place.run("list --components mine.toml --set topology.regions=3");
    assert_eq!((text.status, text.stderr.as_str()), (Some(0), ""));
    let json = place.run("list --components mine.toml --set topology.regions=3 --format json");
    let listed: Value = serde_json::from_str(&json.stdout).expect("it is JSON");
    let listed = listed.as_array().expect("it is a list");
    let names: Vec<&str> = listed.iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(names.contains(&"ledger-notify-queue@3"), "{names:?}");
    for (one, name) in listed.iter().zip(&names) {
        let kind = one["kind"].as_str().expect("a kind is text");
        assert!(text.stdout.contains(&format!("  {name}\n")), "{name}: {}", text.stdout);
        assert!(text.stdout.contains(&format!("{kind}\n")), "{kind}: {}", text.stdout);
        if ["queue", "container", "table", "replicator"].contains(&kind) {
            let fails = if kind == "container" { "pause" } else { "fail" };
            let file = format!(
                "topology.stages = [\"ledger\", \"notify\"]\ntopology.regions = 3\n\
                 script = [\"publish 1\", \"{fails} {name}\", \"recover {name}\"]"
            );
            place.write("fails.toml", &file);
            assert_eq!(place.run("run fails.toml").status, Some(0), "{name}");
        }
    }
    let wrong = place.run("list --components nothing.toml");
    assert_eq!(wrong.status, Some(2));
    assert!(wrong.stderr.contains("nothing.toml"), "{}", wrong.stderr);
}

#[test]
fn init_writes_a_scenario_that_runs() {
    let place = Place::new();
    let done = place.run("init");
    assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""));
    assert_eq!(done.stdout, "Wrote scenario.toml. Next: active-active sweep scenario.toml\n");
    assert_eq!(place.names(), ["scenario.toml"]);
    assert_eq!(place.run("sweep scenario.toml --runs 50").status, Some(0));
    assert_eq!(place.run("run scenario.toml").status, Some(0));
}

#[test]
fn init_overwrites_nothing() {
    let place = Place::new();
    place.write("mine.toml", "mine");
    place.write("directory/inner", "");
    for (path, why) in [
        ("mine.toml", "is there already and stays as it is"),
        ("directory", "cannot be written: is a directory"),
    ] {
        let done = place.run(&format!("init {path}"));
        assert_eq!((done.status, done.stdout.as_str()), (Some(2), ""));
        let expected = format!("error: {path}: {why}");
        assert!(done.stderr.starts_with(&expected), "{}", done.stderr);
    }
    assert_eq!(place.read("mine.toml"), "mine");
    let done = place.run("init nowhere/scenario.toml");
    assert_eq!(done.status, Some(2));
    assert!(done.stderr.starts_with("error: nowhere/scenario.toml: cannot be written: "));
    assert_eq!(place.names(), ["directory", "mine.toml"]);
}

/// A refusal may come while a container finishes what it has, and the release that takes its place is the one that was asked for. The story
/// said "the new release" of each.
#[test]
fn a_story_says_which_release_takes_the_place_of_a_container_that_is_refused() {
    let place = Place::new();
    let text = r#"
name = "refused-while-it-drains"
script = ["publish 1", "await sometime", "fail only-table@1", "await sometime", "rollback only@1", "await sometime", "recover *"]
topology.stages = ["only"]
records.batches = [3]
dns.weights = [1, 0]
"#;
    for (release, step) in [("old", "rollback"), ("new", "deploy")] {
        place.write(&format!("{step}.toml"), text.replace("rollback", step));
        let is_told = |run: u64| {
            let story = place.run(&format!("run {step}.toml --run {run}")).stdout;
            let told = "stops in FailedDependency, is replaced by one of the ";
            let said = story.find(told).map(|at| story[at + told.len()..].starts_with(release));
            said.inspect(|&is_said| assert!(is_said, "{story}")).is_some()
        };
        assert!((0..200).any(is_told), "{step}");
    }
}
