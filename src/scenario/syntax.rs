//! What is wrong with the form of a TOML text, in the words of this project: the parser's own speak of grammar.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// What the parser's words mean to a user; the first that the message has in it counts.
const MEANINGS: &[(&[&str], &str)] = &[
    (
        &["visible characters", "comment character"],
        "there is a character that is not printable; leave it out",
    ),
    (&["string, expected `"], "the text that begins here has no end; close it with QUOTE"),
    (&["unclosed inline table"], "this table has no end; close it with '}'"),
    (
        &["unclosed array table", "unclosed table"],
        "the name of this table has no end; close it with ']'",
    ),
    (&["unclosed array"], "the list that begins here has no end; close it with ']'"),
    (&["missing comma"], "there is no comma between two elements; separate them with ','"),
    (&["extra comma"], "there is a comma too many; leave it out"),
    (&["extra `=`", "extra assignment", "unexpected `=`"], "there is a '=' too many; leave it out"),
    (
        &["missing assignment", "key with no value", "missing value for key"],
        "there is no '=' behind this key; write KEY = VALUE, as in queue.capacity = 4",
    ),
    (
        &["unexpected key or value"],
        "there is more behind the end of this value; begin a new line, or a comment with '#'",
    ),
    (
        &["escaped value", "unicode hexadecimal value", "unicode value digits"],
        "'\\' begins no character here; write '\\\\', or put the text into single quotes",
    ),
    (
        &["carriage return"],
        "a line ends with a carriage return alone; end lines with a line feed, or with both",
    ),
    (
        &["invalid unquoted key"],
        "a key has letters from a to z, digits, '-' and '_' only; put any other one into quotes",
    ),
    (
        &["cannot be multi-line"],
        "a key has no line breaks, so it does not stand in three quotes; write it without quotes",
    ),
    (
        &["recursion limit", "recurse further"],
        "brackets are nested deeper than any key needs; close some of them",
    ),
];

/// Of what begins so, the word that should be a value is wrong.
const OF_VALUES: &[&str] = &[
    "invalid boolean",
    "invalid float",
    "invalid integer",
    "invalid hexadecimal",
    "invalid octal",
    "invalid binary",
    "invalid mantissa",
    "invalid fraction",
    "invalid exponent",
    "invalid date",
    "invalid time",
    "invalid datetime",
    "string values must be quoted",
    "missing opening quote",
    "missing value",
    "unexpected leading zero",
    "unexpected sign",
    "redundant",
    "radix must be",
    "integers with a radix",
    "`_` may only",
];

/// What is wrong, with what to do. `at` is where the parser finds it.
pub(super) fn meaning(message: &str, text: &str, at: usize) -> String {
    if message == "duplicate key" || message.starts_with("cannot extend value") {
        return given_twice(text, at);
    }
    if let Some((_, meaning)) =
        MEANINGS.iter().find(|(all, _)| all.iter().any(|words| message.contains(words)))
    {
        let quote = match (message.contains("multi-line"), message.contains("literal")) {
            (true, true) => "three single quotes",
            (true, false) => "three double quotes",
            (false, true) => "a single quote",
            (false, false) => "a double quote",
        };
        return meaning.replace("QUOTE", quote);
    }
    if OF_VALUES.iter().any(|words| message.starts_with(words)) {
        return no_value(word(text, at));
    }
    "this is not a line of TOML; write KEY = VALUE, as in queue.capacity = 4, or [TABLE]".to_owned()
}

/// What stands for a value and is none.
fn no_value(word: &str) -> String {
    let lower = word.to_lowercase();
    match word.chars().next() {
        None => "there is no value here; write one, as in queue.capacity = 4".to_owned(),
        Some(_) if ["true", "false"].contains(&lower.as_str()) => {
            format!("{word} is not a value; write {lower}, in small letters")
        }
        Some(first) if first.is_ascii_digit() || "+-._".contains(first) => {
            format!("{word} is not a number; write it in digits, as in 12, or a text in quotes")
        }
        Some(_) => format!(
            "{word} is not a value; write a text in quotes, as in \"{}\"",
            word.trim_matches(['"', '\''])
        ),
    }
}

/// The value that the parser does not take for one, as it stands in the text.
pub(super) fn word(text: &str, at: usize) -> &str {
    let at = floor(text, at);
    let is_end = |letter: char| matches!(letter, ',' | ']' | '}' | '#' | '\n' | '\r');
    let is_begin = |letter: char| is_end(letter) || matches!(letter, '=' | '[' | '{');
    let begin = text[..at].rfind(is_begin).map_or(0, |at| at + 1);
    let rest = &text[begin..];
    rest[..rest.find(is_end).unwrap_or(rest.len())].trim()
}

/// The key that is there a second time, as far as can be said with the line of the first one.
fn given_twice(text: &str, at: usize) -> String {
    let at = floor(text, at);
    let (path, is_table) = path(text, at);
    // Of a table that has a second header, the whole text has the place of that one.
    let before = &text[..text[..at].rfind('\n').map_or(0, |at| at + 1)];
    let mut keys = Vec::new();
    for part in [before, text] {
        collect("", DeTable::parse_recoverable(part).0.get_ref(), &mut keys);
    }
    // The first of the parts of the path that is there before.
    let parts: Vec<usize> = path.match_indices('.').map(|(at, _)| at).chain([path.len()]).collect();
    let whole = keys.iter().find(|(key, range)| *key == path && range.start < at);
    let part = || {
        let is_value =
            |key: &str| keys.iter().any(|(known, range)| known == key && range.start < at);
        parts.iter().map(|&end| &path[..end]).find(|key| is_value(key))
    };
    let key = whole.map(|(key, _)| key.as_str()).or_else(part).unwrap_or(&path);
    let first = keys.iter().find(|(known, range)| known == key && range.start < at);
    let line = |offset: usize| 1 + text[..offset].matches('\n').count();
    let first = first.map(|(_, range)| line(range.start));
    let first = first.map_or_else(String::new, |line| format!(", first in line {line}"));
    match is_table || key != path {
        true => format!("'{key}' is given twice{first}; write all that it has in one place"),
        false => format!("'{key}' is given twice{first}; leave one of both out"),
    }
}

/// The path of the key in the line of an offset, and whether that is the name of a table.
fn path(text: &str, at: usize) -> (String, bool) {
    let begin = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let rest = &text[begin..];
    let line = rest[..rest.find('\n').unwrap_or(rest.len())].trim();
    let of_header = |line: &str| {
        let name = line.strip_prefix('[')?.trim_start_matches('[');
        Some(bare(&name[..name.find(']')?]))
    };
    if let Some(name) = of_header(line) {
        return (name, true);
    }
    let header = text[..begin].lines().rev().find_map(|line| of_header(line.trim()));
    let key = bare(line.split('=').next().unwrap_or_default());
    // A key within braces stands behind the key of the table.
    let inner = text[begin..at]
        .rfind(['{', ','])
        .map(|brace| bare(text[begin + brace + 1..].split(['=', '\n']).next().unwrap_or_default()));
    let parts = [header, Some(key), inner];
    let path: Vec<String> = parts.into_iter().flatten().collect();
    (path.join("."), false)
}

/// A dotted key without blanks and quotes.
fn bare(key: &str) -> String {
    key.split('.').map(|part| part.trim().trim_matches(['"', '\''])).collect::<Vec<_>>().join(".")
}

/// All keys with their paths and places.
fn collect(path: &str, table: &DeTable<'_>, keys: &mut Vec<(String, Range<usize>)>) {
    for (key, value) in table {
        let name = key.get_ref();
        let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        keys.push((path.clone(), key.span()));
        if let DeValue::Table(inner) = value.get_ref() {
            collect(&path, inner, keys);
        }
    }
}

/// The offset, or that of the letter in which it is.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}
