//! One verdict in every format: what was lost under a declaration, and what was not put to the test.

use serde_json::Value;

use super::Place;

/// Everything is delivered, and then both tables lose their rows.
const BOTH_LOST: &str = r#"
name = "both-lost"
script = ["publish 1", "await delivered all", "await quiescent", "lose a-table@1", "lose a-table@2"]
topology.stages = ["a"]
records.batches = [2]
"#;

/// Either region may be lost at any step, so that runs differ in what they lose.
const ONE_REGION_LOST: &str = r#"
name = "one-region-lost"
script = ["publish 1", "await delivered all"]
topology.stages = ["a", "b"]
records.batches = [4]
budget.lose_region = 1
rpo.records = "unlimited"
"#;

/// Both regions refuse everything, and the source gives up.
const NOTHING_ACCEPTED: &str = r#"
name = "nothing-accepted"
script = ["fail inbound-queue@1", "fail inbound-queue@2", "publish 1"]
topology.stages = ["a", "b"]
records.batches = [3]
source.on_refusal = "abort"
"#;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// The names and numbers of a sentence such as "Of 2 records: 2 published, 0 to 1 lost."
fn numbers(text: &str) -> Vec<(String, u64, u64)> {
    let begins = |line: &&str| {
        let line = line.trim_start_matches(|c: char| !c.is_alphabetic());
        line.starts_with("Of ") || line.starts_with("In each of ")
    };
    let line = text.lines().find(begins).unwrap_or_else(|| panic!("no facts in\n{text}"));
    let (_, list) = line.split_once(": ").expect("a colon is before the numbers");
    let (list, _) = list.split_once('.').expect("a sentence ends");
    let read = |part: &str| {
        let (range, name) = part.rsplit_once(' ').expect("a number and a name");
        let number = |text: &str| text.replace(',', "").parse().expect("a number");
        let (min, max) = range.split_once(" to ").unwrap_or((range, range));
        (name.replace('-', "_").replace('\\', ""), number(min), number(max))
    };
    list.split(", ").map(read).collect()
}

/// The same of a document.
fn numbers_of(facts: &Value) -> Vec<(String, u64, u64)> {
    let names = ["published", "accepted", "delivered", "excused", "dead_lettered", "lost"];
    let number = |name: &str, end: &str| facts[name][end].as_u64().expect("it is a number");
    names.map(|name| (name.to_owned(), number(name, "min"), number(name, "max"))).to_vec()
}

#[test]
fn a_loss_that_is_not_declared_is_a_violation_whoever_asks() {
    let place = Place::new();
    place.write("lost.toml", BOTH_LOST);
    for command in [
        "sweep lost.toml --runs 20 --no-minimize",
        "run lost.toml --no-minimize",
        "verify lost.toml --no-minimize",
        "report lost.toml --runs 20",
        "export junit lost.toml --runs 20",
        "export markdown lost.toml --runs 20",
    ] {
        let done = place.run(command);
        assert_eq!(done.status, Some(1), "{command}: {}", done.stdout);
    }
    let found = place.run("run lost.toml --no-minimize").stdout;
    assert!(found.contains("declared as rpo.records = N, or \"unlimited\""), "{found}");
    for (declared, status) in [("1", 1), ("2", 0), ("unlimited", 0)] {
        let done = place
            .run(&format!("sweep lost.toml --runs 20 --no-minimize --set rpo.records={declared}"));
        assert_eq!(done.status, Some(status), "{declared}: {}", done.stdout);
    }
}

/// What was lost is in the first lines and in the last ones, and no property claims more than it judged.
#[test]
fn a_declared_loss_is_in_the_verdict_of_every_format() {
    let place = Place::new();
    place.write("lost.toml", format!("{BOTH_LOST}rpo.records = 2\n"));
    let text = place.run("sweep lost.toml --runs 20").stdout;
    let says = |text: &str, part: &str| assert!(text.contains(part), "no '{part}' in\n{text}");
    let first: Vec<&str> = text.lines().take(7).collect();
    let facts =
        "of 2 records: 2 published, 2 accepted, 2 delivered, 2 excused, 0 dead-lettered, 2 lost.";
    says(&first.join("\n"), facts);
    says(
        &first.join("\n"),
        "Lost for good, of what was acknowledged, in 20 runs: at most 2 records",
    );
    says(&text, "HOLDS, except for declared losses of 2 records (rpo.records = 2).");
    let stored = "except for up to 2 records that tables lack because of losses";
    let of = |name: &str| {
        let line = text.lines().find(|line| line.contains(name));
        line.unwrap_or_else(|| panic!("no {name} in\n{text}")).to_owned()
    };
    says(&of("StoredEverywhere"), stored);
    says(&of("WithinRpo"), "except for up to 2 records, which is declared");
    assert!(!of("DeliveredAll").contains("except"), "{text}");

    let one = place.run("run lost.toml").stdout;
    says(
        &one,
        "Of 2 records: 2 published, 2 accepted, 2 delivered, 2 excused, 0 dead-lettered, 2 lost.",
    );
    says(&one, "HOLDS, except for declared losses of 2 records (rpo.records = 2):");
    let document = json(&place.run("sweep lost.toml --runs 20 --format json").stdout);
    assert_eq!(document["facts"]["lost"], serde_json::json!({ "min": 2, "max": 2 }));
    let properties = document["properties"].as_array().expect("a list");
    let property = properties.iter().find(|one| one["name"] == "StoredEverywhere");
    assert_eq!(property.expect("it is judged")["except"], stored["except ".len()..]);

    let markdown = place.run("export markdown lost.toml --runs 20").stdout.replace('\\', "");
    says(&markdown, "**HOLDS, except for declared losses of 2 records (rpo.records = 2).**");
    says(&markdown, facts);
    says(&markdown, stored);
    place.run("report lost.toml --runs 20");
    let page = place.read("report.html");
    says(&page, "Holds, except for declared losses of 2 records (rpo.records = 2).");
    says(&page, facts);
    says(&page, stored);
    let junit = place.run("export junit lost.toml --runs 20").stdout;
    says(&junit, "<property name=\"lost.max\" value=\"2\"/>");
    says(&junit, "<property name=\"rpo.records\" value=\"2\"/>");
    says(&junit, stored);
}

/// A row of which a copy is left is excused and not lost: no two numbers of a verdict are the same by chance.
#[test]
fn what_is_excused_is_not_what_is_lost() {
    let place = Place::new();
    place.write("lost.toml", BOTH_LOST.replace(", \"lose a-table@2\"", ""));
    for command in ["run lost.toml", "sweep lost.toml --runs 20", "verify lost.toml"] {
        let text = place.run(command).stdout;
        let facts = "2 delivered, 2 excused, 0 dead-lettered, 0 lost.";
        assert!(text.contains(facts), "{command}: {text}");
    }
    let document = json(&place.run("sweep lost.toml --runs 20 --format json").stdout);
    let range = |name: &str| document["facts"][name].clone();
    assert_eq!(range("excused"), serde_json::json!({ "min": 2, "max": 2 }));
    assert_eq!(range("lost"), serde_json::json!({ "min": 0, "max": 0 }));
}

#[test]
fn the_numbers_of_every_format_are_those_of_the_document() {
    let place = Place::new();
    place.write("lost.toml", ONE_REGION_LOST);
    let document = json(&place.run("sweep lost.toml --runs 200 --format json").stdout);
    let expected = numbers_of(&document["facts"]);
    assert_eq!(document["facts"]["ends"], 200);
    let differ = |name: &str| expected.iter().any(|(of, min, max)| of == name && min < max);
    assert!(differ("lost") && differ("delivered") && differ("excused"), "{expected:?}");
    assert_eq!(numbers(&place.run("sweep lost.toml --runs 200").stdout), expected);
    assert_eq!(numbers(&place.run("export markdown lost.toml --runs 200").stdout), expected);
    place.run("report lost.toml --runs 200");
    assert_eq!(numbers(&place.read("report.html").replace("<li>", "\n")), expected);
    let junit = place.run("export junit lost.toml --runs 200").stdout;
    for (name, min, max) in &expected {
        for (end, number) in [("min", min), ("max", max)] {
            let name = name.replace("dead_lettered", "dead-lettered");
            let property = format!("<property name=\"{name}.{end}\" value=\"{number}\"/>");
            assert!(junit.contains(&property), "no {property} in\n{junit}");
        }
    }
    // Of the run that lost most, the same is said by itself.
    let run = &document["largest_loss"]["run"];
    let alone = json(&place.run(&format!("run lost.toml --run {run} --format json")).stdout);
    let most = document["largest_loss"]["records"].as_u64();
    assert_eq!(alone["facts"]["lost"]["max"].as_u64(), most);
    assert_eq!(document["facts"]["lost"]["max"].as_u64(), most);
    let told = place.run(&format!("run lost.toml --run {run}")).stdout;
    let told = told.split("\n\n").last().expect("a run ends with its verdict");
    assert_eq!(numbers(told), numbers_of(&alone["facts"]));
}

#[test]
fn a_verdict_about_nothing_is_vacuous_in_every_format() {
    let place = Place::new();
    place.write("nothing.toml", NOTHING_ACCEPTED);
    let why = "no record was accepted, so no property was put to the test";
    for (command, word) in [
        ("sweep nothing.toml --runs 20", "VACUOUS: "),
        ("run nothing.toml", "VACUOUS: "),
        ("export markdown nothing.toml --runs 20", "**VACUOUS**: "),
        ("export junit nothing.toml --runs 20", "<error message=\"vacuous: "),
    ] {
        let done = place.run(command);
        assert_eq!(done.status, Some(3), "{command}: {}{}", done.stdout, done.stderr);
        assert!(done.stdout.contains(word) && done.stdout.contains(why), "{}", done.stdout);
        assert!(!done.stdout.contains("HOLDS"), "{}", done.stdout);
    }
    for command in ["sweep nothing.toml --runs 20", "run nothing.toml"] {
        let document = json(&place.run(&format!("{command} --format json")).stdout);
        assert_eq!(
            (&document["verdict"], &document["facts"]["accepted"]["max"]),
            (&"vacuous".into(), &0.into())
        );
        assert!(document["vacuous_because"].as_str().is_some_and(|said| said.starts_with(why)));
    }
    let done = place.run("report nothing.toml --runs 20");
    assert_eq!((done.status, done.stdout.contains("VACUOUS")), (Some(3), true), "{}", done.stdout);
    assert!(place.read("report.html").contains("<strong>Vacuous.</strong>"));
}

/// The table has failed when the third line fails it, and the container needs someone who starts it again.
const ONE_FAULT_IS_IDLE: &str = r#"
name = "idle"
script = ["fail a-table@1", "publish 1", "fail *-table@1", "await delivered all"]
topology.stages = ["a"]
records.batches = [2]
"#;

#[test]
fn a_fault_that_never_struck_and_an_operator_are_named_in_every_format() {
    let place = Place::new();
    place.write("idle.toml", ONE_FAULT_IS_IDLE);
    let idle = "NEVER STRUCK: 'fail *-table@1'; no run shows what it does.";
    let stopped = "a-container@1 stopped (a-table@1 refused) and nothing in the script restarts it";
    let says = |text: &str, part: &str| assert!(text.contains(part), "no '{part}' in\n{text}");
    let done = place.run("sweep idle.toml --runs 20");
    assert_eq!(done.status, Some(0), "{}", done.stdout);
    let first: Vec<&str> = done.stdout.lines().take(8).collect();
    says(&first.join("\n"), idle);
    says(&first.join("\n"), &format!("Needed an operator in 20 of 20 runs: {stopped} (run 0)."));
    says(&place.run("verify idle.toml").stdout, idle);
    says(&place.run("verify idle.toml").stdout, &format!("needed an operator: {stopped}."));
    let markdown = place.run("export markdown idle.toml --runs 20").stdout.replace('\\', "");
    place.run("report idle.toml --runs 20");
    let page = place.read("report.html").replace("&#39;", "'");
    for text in [&markdown, &page] {
        says(text, idle);
        says(text, &format!("Needed an operator in 20 of 20 schedules: {stopped} (run 0)."));
    }
    let junit = place.run("export junit idle.toml --runs 20").stdout.replace("&#39;", "'");
    says(&junit, "<property name=\"never-struck\" value=\"'fail *-table@1'\"/>");
    says(&junit, "<property name=\"runs-with-operator\" value=\"20\"/>");
    says(&junit, &format!("<property name=\"operator\" value=\"{stopped}\"/>"));
    for command in ["sweep idle.toml --runs 20", "verify idle.toml"] {
        let document = json(&place.run(&format!("{command} --format json")).stdout);
        assert_eq!(document["never_struck"], serde_json::json!(["'fail *-table@1'"]), "{command}");
        assert_eq!(document["operator"]["what"], stopped, "{command}");
    }
    let run = json(&place.run("run idle.toml --format json").stdout);
    assert_eq!(run["operator"]["what"], stopped);
    // A budget that the scheduler never uses is named by its key.
    let fair = "sweep idle.toml --scheduler round-robin --set budget.crash=1 --format json";
    let document = json(&place.run(fair).stdout);
    assert_eq!(document["never_struck"][0], "budget.crash");
}

/// An exhaustive search says what a sweep says, of all ends.
#[test]
fn an_exhaustive_search_is_about_the_same_facts() {
    let place = Place::new();
    place.write("lost.toml", format!("{BOTH_LOST}rpo.records = 2\n"));
    let text = place.run("verify lost.toml").stdout;
    let says = |part: &str| assert!(text.contains(part), "no '{part}' in\n{text}");
    says("2 records: 2 published, 2 accepted, 2 delivered, 2 excused, 0 dead-lettered, 2 lost.");
    says("VERIFIED, except for declared losses of 2 records (rpo.records = 2) within this scope");
    says("StoredEverywhere holds except for 2 records that tables lack because of losses.");
    place.write("region.toml", ONE_REGION_LOST);
    let scope = "--set records.batches=1 --set topology.stages=a --format json";
    let swept = json(&place.run(&format!("sweep region.toml --runs 300 {scope}")).stdout);
    let verified = json(&place.run(&format!("verify region.toml {scope}")).stdout);
    assert_eq!((&verified["verdict"], &swept["verdict"]), (&"holds".into(), &"holds".into()));
    let all = numbers_of(&verified["facts"]);
    for ((name, min, max), (of, least, most)) in numbers_of(&swept["facts"]).iter().zip(&all) {
        assert_eq!(name, of);
        assert!(least <= min && max <= most, "{name}: {min} to {max} of {least} to {most}");
    }
    assert_eq!(verified["facts"]["lost"], serde_json::json!({ "min": 0, "max": 1 }));
    let keys = |document: &Value| -> Vec<String> {
        document["facts"].as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(keys(&verified), keys(&swept));
    place.write("nothing.toml", NOTHING_ACCEPTED);
    let done = place.run("verify nothing.toml");
    assert_eq!(done.status, Some(3), "{}", done.stdout);
    assert!(done.stdout.contains("VACUOUS: ") && !done.stdout.contains("VERIFIED"));
}

/// Shares that are merged, and a sweep that is resumed, say the same of the records as one sweep.
#[test]
fn merged_and_resumed_sweeps_know_how_far_the_records_came() {
    let place = Place::new();
    place.write("lost.toml", ONE_REGION_LOST);
    let whole = json(&place.run("sweep lost.toml --runs 200 --format json").stdout);
    for share in 1..=2 {
        let command =
            format!("sweep lost.toml --runs 200 --shard {share}/2 --out part-{share}.json");
        assert_eq!(place.run(&command).status, Some(0), "{command}");
    }
    let merged = json(&place.run("merge part-1.json part-2.json --format json").stdout);
    assert_eq!(merged["facts"], whole["facts"]);
    for _ in 0..2 {
        let state =
            json(&place.run("sweep lost.toml --runs 200 --state s.json --format json").stdout);
        assert_eq!(state["facts"], whole["facts"]);
    }
    place.write("nothing.toml", NOTHING_ACCEPTED);
    assert_eq!(
        place.run("sweep nothing.toml --runs 20 --shard 1/1 --out part.json").status,
        Some(0)
    );
    assert_eq!(place.run("merge part.json").status, Some(3));
}

/// Whoever reads "HOLDS" has to see of what it does not speak.
#[test]
fn a_property_that_is_left_out_is_in_the_verdict_of_every_format() {
    let place = Place::new();
    let text = "name = \"left-out\"\nscript = [\"publish 1\", \"await delivered all\"]\n\
                topology.stages = [\"a\"]\nrecords.batches = [1]\n\
                spec.leave_out = [\"RegionFifo\", \"Converged\"]\n";
    place.write("out.toml", text);
    let says = |text: &str, part: &str| assert!(text.contains(part), "no '{part}' in\n{text}");
    let names = "left out by the scenario: RegionFifo, Converged";
    let sweep = place.run("sweep out.toml --runs 20").stdout;
    says(&sweep, "LEFT OUT BY THE SCENARIO: RegionFifo, Converged");
    says(&sweep, &format!("HOLDS, {names}."));
    says(&place.run("run out.toml").stdout, &format!("HOLDS, {names}"));
    let verified = place.run("verify out.toml").stdout;
    says(&verified, names);
    let markdown = place.run("export markdown out.toml --runs 20").stdout.replace('\\', "");
    says(&markdown, &format!("**HOLDS, {names}.**"));
    place.run("report out.toml --runs 20");
    says(&place.read("report.html"), &format!("Holds, {names}."));
    says(&place.run("export junit out.toml --runs 20").stdout, "left out by the scenario");
    for command in ["sweep out.toml --runs 20", "verify out.toml"] {
        let document = json(&place.run(&format!("{command} --format json")).stdout);
        let left_out = serde_json::json!(["RegionFifo", "Converged"]);
        assert_eq!(document["scenario"]["left_out"], left_out, "{command}");
    }
    let set = place.run("sweep baseline --runs 5 --set spec.leave_out=Drained").stdout;
    says(&set, "HOLDS, left out by the scenario: Drained.");
}

/// The card is charged before the order is stored, and the table refuses one request: the order is parked.
const CHARGED: &str = r#"
name = "charged"
script = ["publish 1", "await quiescent"]
topology.stages = ["pay"]
records.batches = [1]
dns.weights = [1, 0]
container.steps = ["call", "store", "publish", "remove"]
container.on_dependency_failure = "give-back"
queue.max_receives = 1
queue.dead_letters = "parked"
queue.parked_max = "unlimited"
budget.refuse = 1
"#;

/// Who declares that an order may be parked has not declared that its card may be charged.
#[test]
fn a_verdict_says_on_how_many_of_the_excused_the_external_service_acted() {
    let place = Place::new();
    place.write("charged.toml", CHARGED);
    let except = ", except for up to 1 record parked in dead-letter queues, and the external service acted on up to \
                  1 of these";
    for (command, word) in
        [("sweep charged.toml --runs 200", "HOLDS"), ("verify charged.toml", "VERIFIED")]
    {
        let done = place.run(command);
        assert!(done.stdout.contains(&format!("{word}{except}")), "{command}: {}", done.stdout);
        let document = json(&place.run(&format!("{command} --format json")).stdout);
        assert_eq!(document["facts"]["acted_on"], 1, "{command}");
    }
    let junit = place.run("export junit charged.toml --runs 200").stdout;
    assert!(junit.contains("<property name=\"acted-on.max\" value=\"1\"/>"), "{junit}");
    let markdown = place.run("export markdown charged.toml --runs 200").stdout;
    assert!(markdown.contains("and the external service acted on up to 1 of these"), "{markdown}");
    let stores_first = "sweep charged.toml --runs 200 --set container.steps=store,publish,remove";
    let done = place.run(stores_first);
    assert!(
        done.stdout.contains("HOLDS, except for up to 1 record parked in dead-letter queues. No"),
        "{}",
        done.stdout
    );
}

/// No property looks at it, so no verdict may be taken for saying it.
#[test]
fn a_verdict_says_that_the_order_of_effects_is_not_judged() {
    let place = Place::new();
    let order = "NOT JUDGED: in which order the external service acts on versions of a key";
    let said = |changes: &str| {
        let done = place.run(&format!("sweep called-anywhere --runs 20 {changes}"));
        assert_eq!(done.status, Some(0), "{changes}: {}", done.stdout);
        done.stdout.contains(order)
    };
    let keys = "--set records.keys=1 --set destination.versions=checked --set table.conflict=version-checked";
    assert!(!said(""));
    assert!(said(keys));
    let junit = place.run(&format!("export junit called-anywhere --runs 20 {keys}")).stdout;
    let property = order.replace("NOT JUDGED: ", "<property name=\"not-judged\" value=\"") + "\"/>";
    assert!(junit.contains(&property), "{junit}");
}

/// Containers give back what is refused, so that the system goes round, and a healing may come before the script goes on.
const PARTLY_JUDGED: &str = r#"
name = "partly"
script = ["fail a-table@1", "publish 1", "await sometime", "expect dead-lettered 0", "recover *", "await delivered all"]
topology.stages = ["a"]
records.batches = [1]
container.on_dependency_failure = "give-back"
"#;

/// What was not judged in some runs is counted, and is no part of what held.
#[test]
fn what_was_not_judged_at_some_ends_is_said_in_every_format() {
    let place = Place::new();
    place.write("partly.toml", PARTLY_JUDGED);
    let runs = "partly.toml --runs 200 --threads 1";
    let document = json(&place.run(&format!("sweep {runs} --format json")).stdout);
    let unjudged = &document["facts"]["unjudged"][0];
    assert_eq!(
        (&document["verdict"], &unjudged["line"]),
        (&"holds".into(), &"expect dead-lettered 0".into())
    );
    let alone = (0..200).filter(|run| {
        let run = place.run(&format!("run partly.toml --run {run}"));
        run.stdout.contains("passes 'expect dead-lettered 0' over") && run.status == Some(3)
    });
    let count = alone.count();
    assert!((1..200).contains(&count), "{count}");
    let at = format!("at {count} of 200 ends");
    let why = unjudged["why"].as_str().expect("it is a text");
    assert!(why.starts_with(&at), "{why}");
    let says = |text: &str| assert!(text.contains(&at), "no '{at}' in\n{text}");
    says(&place.run(&format!("sweep {runs}")).stdout);
    says(&place.run(&format!("export markdown {runs}")).stdout);
    says(&place.run(&format!("export junit {runs}")).stdout);
    place.run(&format!("report {runs}"));
    says(&place.read("report.html"));
}
