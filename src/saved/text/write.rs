//! Saved runs as text: small enough to be read in a code review.

use serde::Serialize;

use super::{Expected, FORMAT, FORMAT_OF_CHOICES, SavedRun, Schedule, deviation, timed_words};

const HEADER: &str = "# A saved run. Its story: active-active replay FILE\n";

/// What precedes the schedule.
#[derive(Serialize)]
struct Head<'a> {
    format: i64,
    expected: ExpectedTable<'a>,
    scenario: toml::Table,
}

#[derive(Serialize)]
struct ExpectedTable<'a> {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    property: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<&'a str>,
}

pub(in crate::saved) fn write(saved: &SavedRun) -> String {
    let layout = &saved.plan.layout;
    let (format, run) = match &saved.schedule {
        Schedule::Choices(choices) => {
            let names: Vec<String> = choices.iter().map(|choice| choice.name(layout)).collect();
            let count = choices.len();
            (FORMAT_OF_CHOICES, format!("count = {count}\nchoices = {}", list(&names)))
        }
        Schedule::Deviations(deviations) => {
            let text = |one| deviation::text(one, &saved.plan);
            let lines: Vec<String> = deviations.iter().map(text).collect();
            let comment = match lines.as_slice() {
                [] => "# Every machine in turn, and nothing else.",
                [_] => "# Every machine in turn, but for this.",
                [..] => "# Every machine in turn, but for these.",
            };
            (FORMAT, format!("{comment}\ndeviations = {}", list(&lines)))
        }
        Schedule::Timed(timed) => {
            let words = toml::Value::String(timed_words(*timed));
            (FORMAT, format!("# Its times are those of the timed scheduler.\ntimed = {words}"))
        }
    };
    let expected = match &saved.expected {
        Expected::Holds => {
            ExpectedTable { verdict: "holds", property: None, step: None, what: None }
        }
        Expected::Violated { property, step, what } => ExpectedTable {
            verdict: "violated",
            property: Some(property.name()),
            step: Some(*step),
            what: Some(what),
        },
    };
    let head = Head { format, expected, scenario: saved.plan.scenario().differing() };
    let head = toml::to_string_pretty(&head).expect("a saved run has only strings as keys");
    format!("{HEADER}{head}\n[run]\n{run}\n")
}

/// The keys with their values, one a line, without the name.
pub(in crate::saved) fn flatten(path: &str, table: &toml::Table, to: &mut Vec<String>) {
    for (key, value) in table {
        match (value, path) {
            (toml::Value::Table(inner), "") => flatten(&format!("{key}."), inner, to),
            (_, "") if key == "name" => {}
            (value, _) => to.push(format!("{path}{key} = {value}")),
        }
    }
}

/// One element a line: what a review shows well.
fn list(lines: &[String]) -> String {
    if lines.is_empty() {
        return "[]".to_owned();
    }
    let line = |line: &String| format!("    {},\n", toml::Value::String(line.clone()));
    let lines: String = lines.iter().map(line).collect();
    format!("[\n{lines}]")
}
