//! The form of saved runs as text.
//!
//! `format` comes first, so that every later version can be told from this one. The choices come
//! last and their number before them, so that a file that was cut off is no file.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Expected, FORMAT, SavedRun};
use crate::plan::{Plan, names};
use crate::scenario::file::Keys;
use crate::scenario::{FileError, Problem, Scenario};
use crate::sim::Choice;
use crate::spec::PropertyName;

/// A saved run as the text has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: i64,
    expected: ExpectedTable,
    scenario: Scenario,
    run: RunTable,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedTable {
    verdict: VerdictWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    property: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum VerdictWord {
    Holds,
    Violated,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunTable {
    /// How many choices there are.
    count: usize,
    /// Their names, in order.
    choices: Vec<String>,
}

const HEADER: &str = "# A saved run. Replay it: active-active replay FILE\n";

const CUT_OFF: &str = "; the file seems to be cut off: copy or save it again";

pub(super) fn write(saved: &SavedRun) -> String {
    let layout = &saved.plan.layout;
    let choices: Vec<String> = saved.choices.iter().map(|choice| choice.name(layout)).collect();
    let document = Document {
        format: FORMAT,
        expected: match &saved.expected {
            Expected::Holds => ExpectedTable {
                verdict: VerdictWord::Holds,
                property: None,
                step: None,
                what: None,
            },
            Expected::Violated { property, step, what } => ExpectedTable {
                verdict: VerdictWord::Violated,
                property: Some(property.name().to_owned()),
                step: Some(*step),
                what: Some(what.clone()),
            },
        },
        scenario: saved.plan.scenario().clone(),
        run: RunTable { count: choices.len(), choices },
    };
    let text = toml::to_string_pretty(&document).expect("a saved run has only strings as keys");
    format!("{HEADER}{text}")
}

pub(super) fn read(text: &str, origin: &str) -> Result<SavedRun, FileError> {
    // A whole file ends with the bracket behind the last choice.
    let end = if text.trim_end().ends_with(']') { "" } else { CUT_OFF };
    let cut_off = |mut error: FileError| {
        error.message.push_str(end);
        error
    };
    let keys = Keys::parse(text, origin).map_err(cut_off)?;
    check_format(text, &keys)?;
    keys.script()?;
    let document: Document = toml::from_str(text).map_err(|error| cut_off(keys.error(&error)))?;
    let plan = Plan::new(&document.scenario).map_err(|problem| {
        let Problem { key, cause } = problem;
        keys.error_at(&format!("scenario.{key}"), cause.to_string())
    })?;
    Ok(SavedRun {
        expected: expected(document.expected, &keys)?,
        choices: choices(&document.run, &plan, &keys)?,
        plan: Arc::new(plan),
    })
}

/// Looks at the version before anything else: another one may have other keys.
fn check_format(text: &str, keys: &Keys<'_>) -> Result<(), FileError> {
    let table: toml::Table = toml::from_str(text).map_err(|error| keys.error(&error))?;
    let message = match table.get("format") {
        Some(toml::Value::Integer(FORMAT)) if table.contains_key("run") => return Ok(()),
        Some(toml::Value::Integer(FORMAT)) | None if table.contains_key("script") => {
            "this is a scenario, not a saved run; use 'run' or 'sweep' with it".to_owned()
        }
        Some(toml::Value::Integer(FORMAT)) => {
            return Err(keys.error_at("run", format!("a saved run has a table [run]{CUT_OFF}")));
        }
        Some(found) => format!(
            "format {found} is not known here; this build reads format {FORMAT}: use the version \
             of active-active that wrote the file"
        ),
        None => format!("this is not a saved run, which begins with 'format = {FORMAT}'"),
    };
    Err(keys.error_at("format", message))
}

fn expected(table: ExpectedTable, keys: &Keys<'_>) -> Result<Expected, FileError> {
    match (table.verdict, table.property, table.step, table.what) {
        (VerdictWord::Holds, None, None, None) => Ok(Expected::Holds),
        (VerdictWord::Violated, Some(name), Some(step), Some(what)) => {
            let known = || PropertyName::ALL.into_iter();
            match known().find(|property| property.name() == name) {
                Some(property) => Ok(Expected::Violated { property, step, what }),
                None => {
                    let names: Vec<&str> = known().map(PropertyName::name).collect();
                    let remedy = match names::closest(&name, names.iter().copied()) {
                        Some(near) => format!("did you mean '{near}'?"),
                        None => format!("they are {}", names.join(", ")),
                    };
                    let message = format!("no property is called '{name}'; {remedy}");
                    Err(keys.error_at("expected.property", message))
                }
            }
        }
        (VerdictWord::Holds | VerdictWord::Violated, _, _, _) => {
            let message = "a verdict is either \"holds\" alone, or \"violated\" with property, \
                           step and what";
            Err(keys.error_at("expected.verdict", message.to_owned()))
        }
    }
}

fn choices(run: &RunTable, plan: &Plan, keys: &Keys<'_>) -> Result<Vec<Choice>, FileError> {
    let mut choices = Vec::with_capacity(run.choices.len());
    for (index, name) in run.choices.iter().enumerate() {
        match Choice::parse(name, &plan.layout) {
            Some(choice) => choices.push(choice),
            None => {
                let message = unknown_choice(name, plan);
                return Err(keys.error_at(&format!("run.choices[{index}]"), message));
            }
        }
    }
    if run.count != choices.len() {
        let message = format!(
            "the file says {} choices and has {}; copy or save it again",
            run.count,
            choices.len()
        );
        return Err(keys.error_at("run.count", message));
    }
    Ok(choices)
}

fn unknown_choice(name: &str, plan: &Plan) -> String {
    let known: Vec<String> = plan
        .layout
        .names()
        .iter()
        .flat_map(|machine| ["step", "crash", "restart"].map(|verb| format!("{verb} {machine}")))
        .filter(|choice| Choice::parse(choice, &plan.layout).is_some())
        .collect();
    match names::closest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("the scenario has no choice '{name}'; did you mean '{near}'?"),
        None => format!(
            "the scenario has no choice '{name}'; choices are 'step MACHINE', 'crash CONTAINER' \
             and 'restart CONTAINER'"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A whole saved run of two choices.
    const WHOLE: &str = r#"format = 1

[expected]
verdict = "violated"
property = "RemoveLast"
step = 2
what = "something"

[scenario]
name = "small"
script = ["publish 1"]

[run]
count = 2
choices = [
    "step driver",
    "crash core-container@1",
]
"#;

    fn error(from: &str, to: &str) -> String {
        assert_eq!(WHOLE.matches(from).count(), 1, "'{from}' is in the text once");
        let text = WHOLE.replace(from, to);
        SavedRun::parse(&text, "file.toml").expect_err("it is wrong").to_string()
    }

    #[test]
    fn what_is_written_by_hand_is_read() {
        let saved = SavedRun::parse(WHOLE, "file.toml").expect("it is right");
        assert_eq!(saved.choices().len(), 2);
        assert_eq!(saved.plan().scenario().name, "small");
        let expected = saved.expected().to_string();
        assert_eq!(expected, "RemoveLast is violated at step 2: something");
    }

    #[test]
    fn names_line_key_and_remedy() {
        let cases = [
            ("format = 1", "format = 2", "file.toml:1: format: format 2 is not known here"),
            ("format = 1\n", "", "file.toml: format: this is not a saved run, which begins"),
            ("format = 1", "format = \"1\"", "file.toml:1: format: format \"1\" is not known"),
            ("step = 2", "step = 2\nseed = 1", "file.toml:7: expected.seed: unknown field `seed`"),
            ("step = 2\n", "", "file.toml:4: expected.verdict: a verdict is either"),
            ("RemoveLast", "RemoveLats", "file.toml:5: expected.property: no property is called"),
            ("violated", "lost", "file.toml:4: expected.verdict: unknown variant `lost`"),
            ("publish 1", "publish 2", "file.toml:11: scenario.script[0]: there is no batch 2"),
            ("publish 1", "halt", "file.toml:11: scenario.script[0]: 'halt' is no step"),
            ("count = 2", "count = 3", "file.toml:14: run.count: the file says 3 choices and has"),
            ("step driver", "step drive", "file.toml:16: run.choices[0]: the scenario has no"),
            ("step driver", "go", "file.toml:16: run.choices[0]: the scenario has no choice 'go'"),
        ];
        for (from, to, expected) in cases {
            let found = error(from, to);
            assert!(found.starts_with(expected), "{found}\nshould begin with {expected}");
        }
        assert!(error("step driver", "step drive").ends_with("did you mean 'step driver'?"));
        assert!(error("RemoveLast", "RemoveLats").ends_with("did you mean 'RemoveLast'?"));
        assert!(error("    \"crash core-container@1\",\n]\n", "").ends_with(CUT_OFF));
    }

    #[test]
    fn a_scenario_is_told_from_a_saved_run() {
        let text = "name = \"a\"\nscript = [\"publish 1\"]\n";
        let error = SavedRun::parse(text, "a.toml").expect_err("it is a scenario").to_string();
        assert!(error.contains("this is a scenario, not a saved run"), "{error}");
    }
}
