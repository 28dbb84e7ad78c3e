//! `init`: a scenario file to start from.

use std::io::Write;

use active_active::report::Finding;
use active_active::scenario::options;
use serde_json::Value;

use super::args::InitArgs;
use super::error::CliError;
use super::files::Target;
use super::output::Output;
use super::save;
use super::schema::SCHEMA;

/// What the file begins with: a script, and its language. It publishes two batches, and a container may crash.
const HEAD: &str = include_str!("init.toml");

/// Keys that the script of [`HEAD`] is better with than with their defaults.
const OTHER: &[(&str, &str)] = &[("records.batches", "[10, 10]"), ("budget.crash", "1")];

/// Tables that are left out by default, and an example of each.
const EXAMPLES: &[(&str, &str)] = &[
    ("store.stages", "[store.stages]\ncore = \"aurora\""),
    ("speed", "[speed]\n\"*-container@2\" = 3"),
    ("stage", "[stage.core]\ncontainers = 2\nqueue.delivery = \"standard\""),
];

pub(crate) fn execute(
    args: &InitArgs,
    output: &mut Output<impl Write>,
) -> Result<Finding, CliError> {
    let word = save::quoted(&args.path.display().to_string());
    let next = format!(". Next: active-active sweep {word}");
    Target::new(&args.path, args.force)?.write(&template(), &next, output)?;
    Ok(Finding::Holds)
}

/// A scenario with every key, its default and its alternatives: what the schema says of each.
fn template() -> String {
    let schema = serde_json::from_str(SCHEMA).expect("the committed schema is JSON");
    let schema = Schema(schema);
    let mut text = HEAD.to_owned();
    for key in ["format", "heal", "commands"] {
        schema.write_key("", key, &schema.0["properties"][key], &mut text);
    }
    let mut table = "";
    for option in options::ALL.iter() {
        let Some((name, key)) = option.key().split_once('.') else { continue };
        let of = &schema.0["properties"][name];
        if name != table {
            text.push('\n');
            comment("", of["description"].as_str().unwrap_or_default(), &mut text);
            text.push_str(&format!("[{name}]\n"));
            table = name;
        }
        schema.write_key(name, key, &schema.resolve(of)["properties"][key], &mut text);
    }
    for key in ["stage", "speed"] {
        schema.write_key("", key, &schema.0["properties"][key], &mut text);
    }
    text
}

/// The schema of scenario files.
struct Schema(Value);

impl Schema {
    /// The type that a reference stands for.
    fn resolve<'a>(&'a self, of: &'a Value) -> &'a Value {
        let reference = of["$ref"].as_str().or_else(|| of["allOf"][0]["$ref"].as_str());
        match reference.and_then(|path| path.strip_prefix('#')) {
            Some(path) => self.resolve(self.0.pointer(path).unwrap_or(&Value::Null)),
            None => of,
        }
    }

    /// A key with what it is, its alternatives and its default.
    fn write_key(&self, table: &str, key: &str, of: &Value, text: &mut String) {
        let path = if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
        comment("", of["description"].as_str().unwrap_or_default(), text);
        let alternatives = self.resolve(of)["oneOf"].as_array();
        for value in alternatives.into_iter().flatten() {
            let about = value["description"].as_str().unwrap_or_default();
            comment("  ", &format!("{}: {about}", value["const"]), text);
        }
        if let Some((_, example)) = EXAMPLES.iter().find(|(table, _)| *table == path) {
            example.lines().for_each(|line| text.push_str(&format!("# {line}\n")));
            return;
        }
        let other = OTHER.iter().find(|(other, _)| *other == path);
        let value =
            other.map_or_else(|| of["default"].to_string(), |(_, value)| (*value).to_owned());
        text.push_str(&format!("{key} = {value}\n"));
    }
}

/// Some words as a comment, in lines of at most [`WIDTH`] characters; what follows the first is indented more.
fn comment(indent: &str, words: &str, text: &mut String) {
    let mut line = format!("#{indent}");
    for word in words.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = format!("#{indent}{indent}");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}

/// How long a line of a comment is.
const WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use active_active::explore::{Progress, Sweep};
    use active_active::plan::Plan;
    use active_active::scenario::{Scenario, Timing};
    use active_active::scheduler::Random;

    use super::{OTHER, template};

    #[test]
    fn the_template_holds() {
        let scenario = Scenario::parse(&template()).unwrap_or_else(|error| panic!("{error}"));
        let plan = Arc::new(Plan::new(&scenario).expect("it was checked a moment ago"));
        let sweep = Sweep { plan, runs: 200, threads: 1, steps_max: u64::MAX };
        let report = sweep.run(|| Random::new(1), &Progress::default());
        assert_eq!((report.violation, report.inconclusive), (None, 0));
    }

    #[test]
    fn the_template_names_every_key_with_its_default() {
        let written: toml::Table = template().parse().expect("the template is TOML");
        let mut default: toml::Table =
            Scenario::default().to_toml().parse().expect("a scenario is written as TOML");
        // Left out of what is written when it is the default, since only one scheduler reads it.
        let timing = toml::Value::try_from(Timing::default()).expect("it has only numbers");
        default.insert("timing".to_owned(), timing);
        for (key, value) in &default {
            let found = written.get(key).unwrap_or_else(|| panic!("'{key}' is missing"));
            let toml::Value::Table(value) = value else { continue };
            for (inner, value) in value {
                let found = found.get(inner);
                assert!(found.is_some(), "'{key}.{inner}' is missing");
                let path = format!("{key}.{inner}");
                let differs = OTHER.iter().any(|(other, _)| *other == path);
                assert!(differs || found == Some(value), "'{key}.{inner}' is not the default");
            }
        }
        for table in ["# [speed]", "# [stage.core]", "# [store.stages]"] {
            assert!(template().contains(table), "the optional table {table} is explained");
        }
    }

    /// What the comments show is right as it is.
    #[test]
    fn the_examples_of_tables_are_right() {
        for (key, example) in super::EXAMPLES {
            let text = format!("script = ['publish 1']\n{example}");
            Scenario::parse(&text).unwrap_or_else(|error| panic!("{key}: {error}"));
        }
    }
}
