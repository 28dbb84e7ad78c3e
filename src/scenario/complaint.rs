//! What the reader of TOML finds wrong, in the words of a scenario: its own name the types of this crate.

use toml::{Table, Value};

use crate::scenario::ranges::Range;
use crate::scenario::{Scenario, ranges};
use crate::words;

/// What can be set in the table of a stage.
const OF_A_STAGE: [&str; 5] = ["containers", "store", "queue", "container", "table"];

/// That the key is one of those that are the same for all stages, in the table of a stage.
pub(super) fn same_for_all(key: &str) -> Option<String> {
    let mut parts = key.strip_prefix("scenario.").unwrap_or(key).split('.');
    let (stage, _, own) = (parts.next()?, parts.next()?, parts.next()?);
    let is_of_all = Table::try_from(Scenario::default()).ok()?.contains_key(own);
    (stage == "stage" && is_of_all && !OF_A_STAGE.contains(&own)).then(|| {
        format!(
            "'{own}' is the same for all stages, so set it outside of the tables of stages; those have {}",
            OF_A_STAGE.join(", ")
        )
    })
}

/// Whose value a message is about.
pub(super) struct Subject<'a> {
    /// Its key; nothing if that is not known.
    pub(super) key: Option<&'a str>,
    /// The whole text, or as much of it as can be read.
    pub(super) table: &'a Table,
}

impl Subject<'_> {
    /// The key within the scenario, and the scenario: that of a saved run is a table of it.
    fn in_scenario(&self) -> Option<(&str, &Table)> {
        let key = self.key?;
        match key.strip_prefix("scenario.") {
            Some(key) => Some((key, self.table.get("scenario")?.as_table()?)),
            None => Some((key, self.table)),
        }
    }

    /// The values that have names, if the key has such, and what it has now.
    fn named_values(&self) -> Option<(String, Vec<String>)> {
        let (key, scenario) = self.in_scenario()?;
        let mut other = scenario.clone();
        let value = at(&mut other, key)?;
        // The reader lists them when it does not know a name.
        let found = std::mem::replace(value, Value::String(String::new()));
        let error = other.try_into::<Scenario>().err()?;
        let known = known_values(error.message())?.1;
        let found = match found {
            Value::Table(_) => "a table".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_) => found.to_string(),
        };
        Some((found, known.iter().map(|&name| name.to_owned()).collect()))
    }
}

/// The value of a key, as in `container.steps[1]`.
fn at<'a>(table: &'a mut Table, key: &str) -> Option<&'a mut Value> {
    let (section, rest) = match key.split_once('.') {
        Some((section, rest)) => (section, Some(rest)),
        None => (key, None),
    };
    let (name, index) = match section.split_once('[') {
        Some((name, index)) => (name, Some(index.strip_suffix(']')?.parse::<usize>().ok()?)),
        None => (section, None),
    };
    let value = table.get_mut(name)?;
    let value = match index {
        Some(index) => value.as_array_mut()?.get_mut(index)?,
        None => value,
    };
    match rest {
        Some(rest) => at(value.as_table_mut()?, rest),
        None => Some(value),
    }
}

/// The name that is not known, and those that are.
fn known_values(message: &str) -> Option<(&str, Vec<&str>)> {
    let (unknown, known) = message.strip_prefix("unknown variant `")?.split_once("`, expected ")?;
    Some((unknown, known.split('`').skip(1).step_by(2).collect()))
}

/// The message with what would be right: `300 is out of range; use 2 to 8`.
pub(super) fn translated(message: &str, subject: &Subject<'_>) -> String {
    let range = || subject.in_scenario().and_then(|(key, scenario)| ranges::of(key, scenario));
    let of_type =
        message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    let of_type = of_type.and_then(|rest| rest.rsplit_once(", expected "));
    let expects_name = match of_type {
        // "string only": of a value that is in no text.
        Some((_, expected)) => expected.starts_with("enum ") || expected == "string only",
        None => {
            message == "wanted string or table" || message.starts_with("wanted exactly 1 element")
        }
    };
    if expects_name && let Some((found, known)) = subject.named_values() {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        return unknown_value(&found, "", &known);
    }
    if let Some((found, expected)) = of_type {
        return mismatch(found, expected, range());
    }
    if let Some((unknown, known)) = known_values(message) {
        return unknown_value(&format!("\"{unknown}\""), unknown, &known);
    }
    match message {
        "wanted string or table" => "this is not a text; write it in quotes".to_owned(),
        "integer number overflowed" => {
            let (min, max) = range().unwrap_or((0, i64::MAX as u64));
            format!("this is not a number in range; use {}", words_of((min, max)))
        }
        _ => with_suggestion(message),
    }
}

/// A range in words.
fn words_of((min, max): Range) -> String {
    if min == max { format!("{min}") } else { format!("{min} to {max}") }
}

/// A value of another type, or out of range. `found` is as in "integer `300`", `expected` as in "u8".
fn mismatch(found: &str, expected: &str, range: Option<Range>) -> String {
    let is_integer = found.starts_with("integer ");
    let quoted = found.strip_prefix("string \"").and_then(|text| text.strip_suffix('"'));
    let found = match found.split_once(['`', '"']) {
        Some(("string ", text)) => format!("\"{}\"", text.trim_end_matches('"')),
        // One of more than 64 bits is told with its type.
        Some((_, value)) => value.split('`').next().unwrap_or_default().to_owned(),
        None => match found {
            "sequence" => "a list".to_owned(),
            "map" => "a table".to_owned(),
            other => other.to_owned(),
        },
    };
    let max = match expected {
        "u8" => Some(u64::from(u8::MAX)),
        "u16" => Some(u64::from(u16::MAX)),
        "u32" => Some(u64::from(u32::MAX)),
        // TOML has no greater ones.
        "u64" => Some(i64::MAX as u64),
        _ => None,
    };
    let remedy = |max| format!("use {}", words_of(range.unwrap_or((0, max))));
    match (max, expected) {
        (Some(max), _) if is_integer => format!("{found} is out of range; {}", remedy(max)),
        (Some(max), _) if quoted.is_some_and(|text| text.parse::<i64>().is_ok()) => {
            format!("{found} is a text; write a number, without quotes, and {}", remedy(max))
        }
        (Some(max), _) => format!("{found} is not a whole number; {}", remedy(max)),
        (None, "any valid TOML value") => {
            format!(
                "{found} is out of range; {}",
                remedy(i64::MAX as u64).replace("use 0 to", "use at most")
            )
        }
        (None, "a string") => format!("{found} is not a text; write it in quotes"),
        (None, "a boolean") => format!("{found} is neither true nor false; use one of them"),
        (None, "a sequence") => format!("{found} is not a list; write it in brackets"),
        (None, "a map") => format!("{found} is not a table; write its keys one by one"),
        (None, other) if other.starts_with("struct ") => {
            format!("{found} is not a table; write its keys one by one")
        }
        (None, other) => format!("{found} is not {other}"),
    }
}

/// A value that is none of those that have names: as it is shown, and its text.
fn unknown_value(shown: &str, text: &str, known: &[&str]) -> String {
    let near = words::closest(text, known.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
    let known: Vec<String> = known.iter().map(|name| format!("\"{name}\"")).collect();
    format!("{shown} is not a value of it; use {}{near}", known.join(" or "))
}

/// "unknown field `x`, expected one of `y`, …" in the words of a file, with the nearest of those, if one is near.
fn with_suggestion(message: &str) -> String {
    if !message.starts_with("unknown field ") {
        return message.to_owned();
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    let near = words::closest(unknown, known.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
    format!("there is no key '{unknown}' here; the keys are {}{near}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use crate::scenario::Scenario;

    /// Each wrong text, and what is said of it behind the key.
    const CASES: &[(&str, &str)] = &[
        ("topology = 3", "topology: 3 is not a table; write its keys one by one"),
        ("topology.regions = 300", "regions: 300 is out of range; use 2 to 8"),
        ("topology.regions = -1", "regions: -1 is out of range; use 2 to 8"),
        ("topology.regions = \"two\"", "regions: \"two\" is not a whole number; use 2 to 8"),
        ("queue.capacity = 99999", "capacity: 99999 is out of range; use 0 to 65535"),
        (
            "queue.capacity = 99999999999999999999999",
            "capacity: 99999999999999999999999 is out of range; use 0 to 65535",
        ),
        ("budget.crash = 1.5", "crash: 1.5 is not a whole number; use 0 to 65535"),
        ("records.batches = [true]", "true is not a whole number; use 1 to 65534"),
        ("name = [1]", "name: a list is not a text; write it in quotes"),
        ("replication.witness = 1", "witness: 1 is neither true nor false; use one of them"),
        ("store.stages = 3", "stages: 3 is not a table; write its keys one by one"),
        (
            "queue.receive = \"kep\"",
            "\"kep\" is not a value of it; use \"keep\" or \"destructive\"; did you mean \"keep\"?",
        ),
        ("dns.weights = [1, -1]", "-1 is out of range; use 0 to 255"),
        ("stage.core.containers = -1", "containers: -1 is out of range; use 1 to 8"),
        ("topology.regions = 3\ndns.primary = -1", "primary: -1 is out of range; use 1 to 3"),
        ("records.batches = [2, 3]\nrecords.poison = -1", "-1 is out of range; use 1 to 5"),
        (
            "topology.regions = \"2\"",
            "regions: \"2\" is a text; write a number, without quotes, and use 2 to 8",
        ),
        ("format = \"1\"", "format: \"1\" is a text; write a number, without quotes, and use 1"),
        ("records.seed = 1.5", "seed: 1.5 is not a whole number; use 0 to 9223372036854775807"),
        ("queue.receive = 3", "receive: 3 is not a value of it; use \"keep\" or \"destructive\""),
        (
            "stage.core.queue.receive = true",
            "true is not a value of it; use \"keep\" or \"destructive\"",
        ),
        (
            "container.steps = [\"store\", 3]",
            "3 is not a value of it; use \"store\" or \"publish\" or \"remove\" or \"call\"",
        ),
        ("queue.receive = {}", "a table is not a value of it; use \"keep\" or \"destructive\""),
    ];

    #[test]
    fn no_message_names_a_type_of_this_crate() {
        for (text, expected) in CASES {
            let message = Scenario::parse(text).expect_err("it is wrong").to_string();
            assert!(message.ends_with(expected), "{text}: {message}");
        }
        for text in ["queue.delivery = 3", "script = 3", "speed = 1", "timing.queue_ms = \"x\""] {
            let message = Scenario::parse(text).expect_err("it is wrong").to_string();
            let leaks = ["struct ", "u8", "u16", "u32", "u64", "i128", "invalid type", "wanted"];
            assert!(leaks.iter().all(|leak| !message.contains(leak)), "{text}: {message}");
        }
    }
}
