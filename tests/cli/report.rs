//! `report`: the page, and where it goes.

use serde_json::Value;

use super::Place;

/// What a field of the page shows.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let begin = format!("data-field=\"{name}\">");
    let (_, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("no field '{name}'"));
    rest.split('<').next().expect("a field ends")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

#[test]
fn the_page_shows_the_numbers_of_the_same_run_and_sweep() {
    let place = Place::new();
    let done = place.run("report f1-fail-container --runs 50");
    assert_eq!((done.status, done.stderr.as_str()), (Some(0), ""));
    assert_eq!(done.stdout, "Wrote report.html: no violation. Open it in a browser.\n");
    let page = place.read("report.html");
    let run = json(&place.run("run f1-fail-container --format json").stdout);
    let sweep = json(&place.run("sweep f1-fail-container --runs 50 --format json").stdout);
    let number = |name: &str| {
        Value::from(field(&page, name).replace(',', "").parse::<u64>().expect("a number"))
    };
    assert_eq!(number("steps"), run["steps"]);
    assert_eq!(number("records"), run["scenario"]["records"]);
    assert_eq!(number("machines"), run["scenario"]["machines"]);
    assert_eq!(number("runs"), sweep["runs"]);
    assert_eq!(number("steps-in-all"), sweep["steps"]);
    assert_eq!(number("pairs"), sweep["pairs_reached"]);
    for property in sweep["properties"].as_array().expect("a list") {
        let (name, status) = (property["name"].as_str(), property["status"].as_str());
        let row =
            format!("data-property=\"{}\" data-status=\"{}\"", name.unwrap(), status.unwrap());
        assert!(page.contains(&row), "no {row}");
    }
}

#[test]
fn a_violation_is_shown_in_the_run_that_has_it_and_in_its_saved_file() {
    let place = Place::new();
    let unsound = "crash-anywhere --set container.on_duplicate=skip";
    let done = place.run(&format!("report {unsound} --out found.html"));
    assert_eq!(done.status, Some(1));
    assert_eq!(done.stdout, "Wrote found.html: VIOLATED. Open it in a browser.\n");
    let found = place.read("found.html");
    let sweep = json(&place.run(&format!("sweep {unsound} --no-minimize --format json")).stdout);
    let violation = &sweep["violation"];
    let step = field(&found, "violation-step").to_owned();
    assert_eq!(step.replace(',', ""), violation["step"].to_string());
    // What happened is told of the run that the page shows.
    let minimised = format!("sweep {unsound} --out smallest --format json");
    let smallest = &json(&place.run(&minimised).stdout)["violation"]["minimal"];
    let what = smallest["what"].as_str().expect("words");
    assert!(found.contains(&format!("In the smallest run that shows it, {what}.")));
    assert!(found.contains("made as small as it gets"));
    assert!(found.contains("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sq\""));
    // The saved file of the violation has a page of its own.
    let saved = violation["saved_file"].as_str().expect("it was saved");
    let done = place.run(&format!("report {saved} --out saved.html"));
    assert_eq!(done.status, Some(1));
    let page = place.read("saved.html");
    let replayed = json(&place.run(&format!("replay {saved} --format json")).stdout);
    let step = field(&page, "violation-step").replace(',', "");
    assert_eq!(step, replayed["violation"]["step"].to_string());
    assert!(page.contains(&format!("active-active replay {saved}")));
    // Who asks for the run as it was found gets it.
    let run = violation["run"].to_string();
    place.run(&format!("report {unsound} --run {run} --out found.html --force"));
    let steps = field(&place.read("found.html"), "steps").replace(',', "");
    assert_eq!(steps, violation["step"].to_string());
}

#[test]
fn a_run_that_is_shown_in_part_says_so() {
    let place = Place::new();
    assert_eq!(place.run("report baseline --runs 5 --steps-shown 100").status, Some(0));
    assert!(
        field(&place.read("report.html"), "window").starts_with("This page shows steps 1 to 100")
    );
}
