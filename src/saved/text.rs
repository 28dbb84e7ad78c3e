//! The form of saved runs as text.
//!
//! `format` comes first, so that every later version can be told from this one. The schedule comes
//! last, so that a file that was cut off is no file.

use std::sync::Arc;

use serde::Deserialize;

use super::{Expected, FORMAT, FORMAT_OF_CHOICES, SavedRun, Schedule};
use crate::plan::Plan;
use crate::scenario::file::Keys;
use crate::scenario::plain::is_unprintable;
use crate::scenario::{Cause, FileError, Problem, Scenario};
use crate::scheduler::TimedRun;
use crate::sim::Choice;
use crate::spec::PropertyName;
use crate::words;

mod deviation;
mod test;
mod write;

pub(super) use deviation::text as line;
pub(super) use test::test;
pub(super) use write::{flatten, write};

/// A saved run as the text has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<Run> {
    #[serde(rename = "format")]
    _format: i64,
    expected: ExpectedTable,
    scenario: Scenario,
    run: Run,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedTable {
    verdict: VerdictWord,
    property: Option<String>,
    step: Option<u64>,
    what: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum VerdictWord {
    Holds,
    Violated,
}

/// Format 1.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoicesTable {
    /// How many choices there are.
    count: usize,
    /// Their names, in order.
    choices: Vec<String>,
}

/// Format 2.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviationsTable {
    /// In words, by step.
    deviations: Option<Vec<String>>,
    /// The run of the timed scheduler, in words.
    timed: Option<String>,
}

const CUT_OFF: &str = "; the file seems to be cut off: copy or save it again";

pub(super) fn read(text: &str, origin: &str) -> Result<SavedRun, FileError> {
    // A whole file ends with the bracket behind the last choice, or the quote behind a timed run.
    let end = if text.trim_end().ends_with([']', '"']) { "" } else { CUT_OFF };
    let cut_off = |mut error: FileError| {
        error.message.push_str(end);
        error
    };
    let keys = Keys::parse(text, origin).map_err(cut_off)?;
    let format = format(text, &keys)?;
    keys.script()?;
    let error = |error: toml::de::Error| cut_off(keys.error(&error));
    if format == FORMAT_OF_CHOICES {
        let document: Document<ChoicesTable> = toml::from_str(text).map_err(error)?;
        let plan = plan(&document.scenario, &keys)?;
        let schedule = Schedule::Choices(choices(&document.run, &plan, &keys)?);
        return Ok(SavedRun { expected: expected(document.expected, &keys)?, schedule, plan });
    }
    let document: Document<DeviationsTable> = toml::from_str(text).map_err(error)?;
    let plan = plan(&document.scenario, &keys)?;
    let schedule = match (&document.run.deviations, &document.run.timed) {
        (Some(deviations), None) => {
            Schedule::Deviations(deviation::read(deviations, &plan, &keys)?)
        }
        (None, Some(words)) => Schedule::Timed(timed(words).ok_or_else(|| {
            let message =
                format!("'{words}' is no run of the timed scheduler; write 'run 17 of seed 1'");
            keys.error_at("run.timed", message)
        })?),
        (None, None) | (Some(_), Some(_)) => {
            let message = "a run has either its deviations from the fair schedule, or is one of the timed scheduler";
            return Err(cut_off(keys.error_at("run", message.to_owned())));
        }
    };
    Ok(SavedRun { expected: expected(document.expected, &keys)?, schedule, plan })
}

/// A run of the timed scheduler in words.
pub(super) fn timed_words(TimedRun { seed, run }: TimedRun) -> String {
    format!("run {run} of seed {seed}")
}

fn timed(words: &str) -> Option<TimedRun> {
    let (run, seed) = words.strip_prefix("run ")?.split_once(" of seed ")?;
    let timed = TimedRun { seed: seed.parse().ok()?, run: run.parse().ok()? };
    (timed_words(timed) == words).then_some(timed)
}

fn plan(scenario: &Scenario, keys: &Keys<'_>) -> Result<Arc<Plan>, FileError> {
    let plan = Plan::new(scenario).map_err(|problem| {
        let Problem { key, cause } = problem;
        keys.error_at(&format!("scenario.{key}"), cause.to_string())
    })?;
    Ok(Arc::new(plan))
}

/// Looks at the version before anything else: another one may have other keys.
fn format(text: &str, keys: &Keys<'_>) -> Result<i64, FileError> {
    let table: toml::Table = toml::from_str(text).map_err(|error| keys.error(&error))?;
    let known = [FORMAT_OF_CHOICES, FORMAT];
    let format = table.get("format").and_then(toml::Value::as_integer);
    let message = match (table.get("format"), format.filter(|format| known.contains(format))) {
        (_, Some(format)) if table.contains_key("run") => return Ok(format),
        (None, None) | (_, Some(_)) if table.contains_key("script") => {
            "this is a scenario, not a saved run; use 'run' or 'sweep' with it".to_owned()
        }
        (_, Some(_)) => {
            return Err(keys.error_at("run", format!("a saved run has a table [run]{CUT_OFF}")));
        }
        (Some(found), None) => format!(
            "format {found} is not known here; this build reads formats {FORMAT_OF_CHOICES} and \
             {FORMAT}: use the version of active-active that wrote the file"
        ),
        (None, None) => format!("this is not a saved run, which begins with 'format = {FORMAT}'"),
    };
    Err(keys.error_at("format", message))
}

fn expected(table: ExpectedTable, keys: &Keys<'_>) -> Result<Expected, FileError> {
    match (table.verdict, table.property, table.step, table.what) {
        (VerdictWord::Holds, None, None, None) => Ok(Expected::Holds),
        (VerdictWord::Violated, Some(name), Some(step), Some(what)) => {
            if let Some(letter) = what.chars().find(|&letter| is_unprintable(letter)) {
                let message = Cause::Unprintable(letter).to_string();
                return Err(keys.error_at("expected.what", message));
            }
            let known = || PropertyName::ALL.iter().copied();
            match known().find(|property| property.name() == name) {
                Some(property) => Ok(Expected::Violated { property, step, what }),
                None => {
                    let names: Vec<&str> = known().map(PropertyName::name).collect();
                    let remedy = match words::closest(&name, names.iter().copied()) {
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

fn choices(run: &ChoicesTable, plan: &Plan, keys: &Keys<'_>) -> Result<Vec<Choice>, FileError> {
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
        let said = words::plural(run.count as u64, "choice", "choices");
        let message =
            format!("the file says {said} and has {}; copy or save it again", choices.len());
        return Err(keys.error_at("run.count", message));
    }
    Ok(choices)
}

fn unknown_choice(name: &str, plan: &Plan) -> String {
    let known: Vec<String> = plan
        .layout
        .names()
        .iter()
        .flat_map(|machine| {
            ["step", "fail", "crash", "restart"].map(|verb| format!("{verb} {machine}"))
        })
        .chain(plan.layout.region_ids().map(|region| Choice::Resolve(region).name(&plan.layout)))
        .filter(|choice| Choice::parse(choice, &plan.layout).is_some())
        .collect();
    match words::closest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("the scenario has no choice '{name}'; did you mean '{near}'?"),
        None => format!(
            "the scenario has no choice '{name}'; choices are 'step MACHINE', 'resolve \
             in-dns@REGION', 'fail COMPONENT', 'crash CONTAINER' and 'restart CONTAINER'"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A whole saved run of two choices, in format 1.
    const OF_CHOICES: &str = r#"format = 1

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

    /// A whole saved run of two deviations.
    const OF_DEVIATIONS: &str = r#"format = 2

[expected]
verdict = "violated"
property = "RemoveLast"
step = 3
what = "something"

[scenario]
name = "small"
script = ["publish 1"]

[run]
deviations = [
    "step 2: crash core-container@1, not step record-source",
    "step 3: hold in-dns",
]
"#;

    fn error(whole: &str, from: &str, to: &str) -> String {
        assert_eq!(whole.matches(from).count(), 1, "'{from}' is in the text once");
        let text = whole.replace(from, to);
        SavedRun::parse(&text, "file.toml").expect_err("it is wrong").to_string()
    }

    #[test]
    fn what_is_written_by_hand_is_read() {
        let saved = SavedRun::parse(OF_CHOICES, "file.toml").expect("it is right");
        assert!(matches!(saved.schedule(), Schedule::Choices(choices) if choices.len() == 2));
        assert_eq!(saved.plan().scenario().name, "small");
        let expected = saved.expected().to_string();
        assert_eq!(expected, "RemoveLast is violated at step 2: something");
        let saved = SavedRun::parse(OF_DEVIATIONS, "file.toml").expect("it is right");
        assert!(matches!(saved.schedule(), Schedule::Deviations(all) if all.len() == 2));
    }

    #[test]
    fn names_line_key_and_remedy() {
        let cases = [
            ("format = 1", "format = 3", "file.toml:1: format: format 3 is not known here"),
            ("format = 1\n", "", "file.toml: format: this is not a saved run, which begins"),
            ("format = 1", "format = \"1\"", "file.toml:1: format: format \"1\" is not known"),
            (
                "step = 2",
                "step = 2\nseed = 1",
                "file.toml:7: expected.seed: there is no key 'seed' here",
            ),
            ("step = 2\n", "", "file.toml:4: expected.verdict: a verdict is either"),
            ("RemoveLast", "RemoveLats", "file.toml:5: expected.property: no property is called"),
            ("violated", "lost", "file.toml:4: expected.verdict: \"lost\" is not a value of it"),
            ("publish 1", "publish 2", "file.toml:11: scenario.script[0]: there is no batch 2"),
            ("publish 1", "halt", "file.toml:11: scenario.script[0]: 'halt' is no step"),
            ("count = 2", "count = 3", "file.toml:14: run.count: the file says 3 choices and has"),
            ("count = 2", "count = 1", "file.toml:14: run.count: the file says 1 choice and has"),
            ("step driver", "step drive", "file.toml:16: run.choices[0]: the scenario has no"),
            ("step driver", "go", "file.toml:16: run.choices[0]: the scenario has no choice 'go'"),
        ];
        for (from, to, expected) in cases {
            let found = error(OF_CHOICES, from, to);
            assert!(found.starts_with(expected), "{found}\nshould begin with {expected}");
        }
        let suggests = error(OF_CHOICES, "step driver", "step drive");
        assert!(suggests.ends_with("did you mean 'step driver'?"), "{suggests}");
        let suggests = error(OF_CHOICES, "RemoveLast", "RemoveLats");
        assert!(suggests.ends_with("did you mean 'RemoveLast'?"), "{suggests}");
        let cut = error(OF_CHOICES, "    \"crash core-container@1\",\n]\n", "");
        assert!(cut.ends_with(CUT_OFF), "{cut}");
    }

    #[test]
    fn names_the_deviation_that_is_wrong() {
        let at = "file.toml:15: run.deviations[0]: ";
        let cases = [
            ("step 2: crash", "at 2: crash", "write 'step NUMBER: CHOICE, not step MACHINE'"),
            ("step 2:", "step 0:", "write 'step NUMBER"),
            ("crash core", "crash cores", "the scenario has no choice 'crash cores-container@1'"),
            ("record-source", "record-sauce", "the scenario has no choice 'step record-sauce'"),
            (", not step record-source", "", "write 'step NUMBER"),
        ];
        for (from, to, expected) in cases {
            let found = error(OF_DEVIATIONS, from, to);
            assert!(found.starts_with(at), "{found}");
            assert!(found.contains(expected), "{found}\nshould contain {expected}");
        }
        let later = error(OF_DEVIATIONS, "step 2: crash", "step 9: crash");
        let expected = "file.toml:16: run.deviations[1]: the steps must ascend";
        assert!(later.starts_with(expected), "{later}");
        let unknown = error(OF_DEVIATIONS, "hold in-dns", "hold in-dsn");
        assert!(unknown.ends_with("did you mean 'in-dns'?"), "{unknown}");
    }

    #[test]
    fn a_scenario_is_told_from_a_saved_run() {
        let text = "name = \"a\"\nscript = [\"publish 1\"]\n";
        let error = SavedRun::parse(text, "a.toml").expect_err("it is a scenario").to_string();
        assert!(error.contains("this is a scenario, not a saved run"), "{error}");
    }
}
