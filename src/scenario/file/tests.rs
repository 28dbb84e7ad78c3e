//! What is wrong with a file is said with line, key and remedy.

use super::*;
use crate::plan::Plan;

fn error(text: &str, overrides: &[&str]) -> String {
    let overrides: Vec<Override> =
        overrides.iter().map(|text| text.parse().expect("KEY=VALUE")).collect();
    Plan::load(text, "file.toml", &overrides).expect_err("it is wrong").to_string()
}

#[test]
fn names_file_line_key_and_remedy() {
    let cases = [
        (
            "name = \"a\"\n\n[dns]\nweight = [1]",
            "file.toml:4: dns.weight: there is no key 'weight' here",
        ),
        ("name = \"a\"\n[dns]\nweights = [1, 256]", "file.toml:3: dns.weights[1]: 256 is no"),
        ("topology.stages = []", "file.toml:1: topology.stages: 0 stages; use 1 to 16"),
        ("name = \"a\"\nscript = [\n  \"pause core-containr@1\"\n]", "file.toml:3: script[0]"),
        ("script = [\"halt\"]", "file.toml:1: script[0]: 'halt' is no step"),
        ("name = 3", "file.toml:1: name: 3 is not a text"),
        ("name = ", "file.toml:1"),
        ("format = 2", "file.toml:1: format: format 2 is not known here; this build reads"),
        (
            "topology.regions = 2\n[replication]\nmode = \"strong\"",
            "file.toml:3: replication.mode: strong replication needs exactly three regions, and \
             here are 2; set topology.regions = 3, or topology.regions = 2 with \
             replication.witness = true",
        ),
        (
            "topology.regions = 3\n[replication]\nmode = \"strong\"\nwitness = true",
            "file.toml:3: replication.mode: strong replication needs exactly three regions, and \
             here are 3 and a witness",
        ),
        (
            "replication.witness = true",
            "file.toml:1: replication.witness: a witness keeps the log of strong replication",
        ),
        (
            "script = [\"lose @1\", \"lose @2\"]",
            "file.toml:1: script[1]: the last region would be lost as well; leave one",
        ),
        ("script = [\"await delivered 3\"]", "file.toml:1: script[0]: this can never come"),
    ];
    for (text, expected) in cases {
        let found = error(text, &[]);
        assert!(found.starts_with(expected), "{found}\nshould begin with {expected}");
    }
    let suggests = error("script = [\"pause core-containr@1\"]", &[]);
    assert!(suggests.ends_with("did you mean 'core-container@1'?"), "{suggests}");
    let suggests = error("[dns]\nweigths = [1, 1]", &[]);
    assert!(suggests.ends_with("did you mean 'weights'?"), "{suggests}");
}

#[test]
fn names_the_override_that_is_to_blame() {
    let cases = [
        ("dns.weights=3,256", "--set dns.weights=3,256: dns.weights[1]: 256"),
        ("dns.weigths=3", "--set dns.weigths=3: dns.weigths: there is no key 'weigths' here"),
        ("name.x=3", "--set name.x=3: name.x: 'name' has no keys"),
        ("container.steps=store", "--set container.steps=store: container.steps: a container"),
    ];
    for (change, expected) in cases {
        let found = error("name = \"a\"", &[change]);
        assert!(found.starts_with(expected), "{found}\nshould begin with {expected}");
    }
}

/// It could only ever be about nothing.
#[test]
fn a_line_about_a_batch_is_refused_before_the_batch_is_published() {
    let lines = [
        "await published batch 2",
        "await published or refused batch 2",
        "await delivered batch 2",
        "await enqueued core-postprocess-queue batch 2",
        "expect waiting inbound-queue@1 batch 2",
        "expect unreplicated batch 2",
        "expect bypassed @1 batch 2",
    ];
    for line in lines {
        let of = |script: &[&str]| format!("records.batches = [1, 1]\nscript = {script:?}");
        let found = error(&of(&["publish 1", line, "publish 2"]), &[]);
        let expected = "file.toml:2: script[1]: this can never come true: batch 2 is not published";
        assert!(found.starts_with(expected), "{line}: {found}");
        let after = Plan::load(&of(&["publish 1", "publish 2", line]), "file.toml", &[]);
        assert!(after.is_ok(), "{line}: {after:?}");
    }
}

/// A number that is none was left out once, and the rest of the line taken.
#[test]
fn a_line_whose_number_is_none_is_no_line() {
    let lines = [
        "publish 1",
        "await delivered 1",
        "await delivered batch 1",
        "await drained @1",
        "await enqueued core-postprocess-queue batch 1",
        "expect delivered 1",
        "expect waiting inbound-queue@1 batch 1 records 1",
        "expect unreplicated batch 1",
        "expect bypassed @1 batch 1",
        "expect dead-lettered 1",
    ];
    for line in lines {
        assert!(line.parse::<ScriptStep>().is_ok(), "{line}");
        for (at, _) in line.match_indices('1') {
            let wrong = format!("{}x{}", &line[..at], &line[at + 1..]);
            // A queue of region "x" is a name that only the plan can refuse.
            if !wrong.contains("-queue@x") {
                assert!(wrong.parse::<ScriptStep>().is_err(), "{wrong}");
            }
        }
    }
}

/// The component of the override is there, and that of the file, whose name begins alike, is not.
#[test]
fn an_override_is_not_to_blame_for_a_key_whose_name_begins_alike() {
    let text = "name = \"a\"\n[speed]\n\"core-container@12\" = 2";
    let found = error(text, &["speed.core-container@1=2"]);
    assert!(found.starts_with("file.toml:3: speed.core-container@12: "), "{found}");
}

#[test]
fn overrides_reach_every_kind_of_value() {
    let changes = [
        "container.steps=remove,store,publish",
        "dns.weights=3,1",
        "topology.regions=2",
        "records.batches=7",
        "name=other",
        "speed.*-container@1=5",
        "script=publish 1,await delivered all",
    ];
    let overrides = changes.map(|text| text.parse().expect("KEY=VALUE"));
    let plan = Plan::load("name = \"a\"", "file.toml", &overrides).expect("all are right");
    let scenario = plan.scenario();
    assert_eq!(scenario.container.steps[0], crate::model::options::Action::Remove);
    assert_eq!(scenario.dns.weights, [3, 1]);
    assert_eq!(scenario.records.batches, [7]);
    assert_eq!(scenario.name, "other");
    assert_eq!(scenario.speed["*-container@1"], 5);
    assert_eq!(scenario.script.len(), 2);
}

#[test]
fn reads_back_what_it_writes() {
    let script = vec![ScriptStep::Publish(1)];
    let scenario = Scenario { script, ..Scenario::default() };
    assert_eq!(Scenario::parse(&scenario.to_toml()), Ok(scenario));
}
