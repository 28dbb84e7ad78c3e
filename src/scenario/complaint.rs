//! What the reader of TOML finds wrong, in the words of a scenario: its own name the types of this crate.

use crate::scenario::Scenario;
use crate::words;

/// What can be set in the table of a stage.
const OF_A_STAGE: [&str; 5] = ["containers", "store", "queue", "container", "table"];

/// That the key is one of those that are the same for all stages, in the table of a stage.
pub(super) fn same_for_all(key: &str) -> Option<String> {
    let mut parts = key.strip_prefix("scenario.").unwrap_or(key).split('.');
    let (stage, _, own) = (parts.next()?, parts.next()?, parts.next()?);
    let is_of_all = toml::Table::try_from(Scenario::default()).ok()?.contains_key(own);
    (stage == "stage" && is_of_all && !OF_A_STAGE.contains(&own)).then(|| {
        format!(
            "'{own}' is the same for all stages, so set it outside of the tables of stages; those have {}",
            OF_A_STAGE.join(", ")
        )
    })
}

/// The message with what would be right: `300 is out of range; use 0 to 255`.
pub(super) fn translated(message: &str) -> String {
    let of_type =
        message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = of_type.and_then(|rest| rest.rsplit_once(", expected ")) {
        return mismatch(found, expected);
    }
    if let Some(rest) = message.strip_prefix("unknown variant `")
        && let Some((unknown, known)) = rest.split_once("`, expected ")
    {
        let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        return unknown_value(unknown, &known);
    }
    match message {
        "wanted string or table" => "this is not a text; write it in quotes".to_owned(),
        _ => with_suggestion(message),
    }
}

/// A value of another type, or out of range. `found` is as in "integer `300`", `expected` as in "u8".
fn mismatch(found: &str, expected: &str) -> String {
    let is_integer = found.starts_with("integer ");
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
    match (max, expected) {
        (Some(max), _) if is_integer => format!("{found} is out of range; use 0 to {max}"),
        (Some(max), _) => format!("{found} is not a whole number; use 0 to {max}"),
        (None, "any valid TOML value") => {
            format!("{found} is out of range; use at most {}", i64::MAX)
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

fn unknown_value(unknown: &str, known: &[&str]) -> String {
    let near = words::closest(unknown, known.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
    let known: Vec<String> = known.iter().map(|name| format!("\"{name}\"")).collect();
    format!("\"{unknown}\" is not a value of it; use {}{near}", known.join(" or "))
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
        ("topology.regions = 300", "regions: 300 is out of range; use 0 to 255"),
        ("topology.regions = -1", "regions: -1 is out of range; use 0 to 255"),
        ("topology.regions = \"two\"", "regions: \"two\" is not a whole number; use 0 to 255"),
        ("queue.capacity = 99999", "capacity: 99999 is out of range; use 0 to 65535"),
        (
            "queue.capacity = 99999999999999999999999",
            "capacity: 99999999999999999999999 is out of range; use 0 to 65535",
        ),
        ("budget.crash = 1.5", "crash: 1.5 is not a whole number; use 0 to 65535"),
        ("records.batches = [true]", "true is not a whole number; use 0 to 4294967295"),
        ("name = [1]", "name: a list is not a text; write it in quotes"),
        ("replication.witness = 1", "witness: 1 is neither true nor false; use one of them"),
        ("store.stages = 3", "stages: 3 is not a table; write its keys one by one"),
        (
            "queue.receive = \"kep\"",
            "\"kep\" is not a value of it; use \"keep\" or \"destructive\"; did you mean \"keep\"?",
        ),
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
