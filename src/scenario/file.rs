//! Scenario files: TOML in, errors with file, line and key out.
//!
//! ```
//! use active_active::plan::Plan;
//! use active_active::scenario::{FileError, Override};
//!
//! let text = "script = [\"publish 1\"]";
//! let change: Override = "queue.max_receives=4".parse()?;
//! let plan = Plan::load(text, "mine.toml", &[change])?;
//! assert_eq!(plan.scenario().queue.max_receives, 4);
//! let error: FileError = Plan::load("skript = []", "mine.toml", &[]).expect_err("there is no such key");
//! assert!(error.to_string().ends_with("did you mean 'script'?"), "{error}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use toml::de::{DeTable, DeValue};

use crate::scenario::complaint::{Subject, same_for_all, translated};
use crate::scenario::plain::plain;
use crate::scenario::{Problem, Scenario, ScriptStep, syntax};

/// A change to one key of a scenario, as in `--set container.steps=remove,store,publish`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Override {
    /// The key, its parts joined by dots.
    pub key: String,
    /// The value as TOML; or plain text; or several of either, separated by commas.
    pub value: String,
}

impl std::str::FromStr for Override {
    type Err = FileError;

    fn from_str(text: &str) -> Result<Override, FileError> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok(Override { key: key.trim().to_owned(), value: value.trim().to_owned() })
            }
            _ => Err(FileError {
                origin: text.to_owned(),
                line: None,
                key: None,
                message: "write KEY=VALUE, as in dns.weights=3,1".to_owned(),
            }),
        }
    }
}

/// What is wrong with a scenario file, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileError {
    /// The file, or the override.
    pub origin: String,
    /// The line, counted from 1, if it has one.
    pub line: Option<usize>,
    /// The key, if it has one.
    pub key: Option<String>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&plain(&self.origin))?;
        self.line.iter().try_for_each(|line| write!(f, ":{line}"))?;
        self.key.iter().try_for_each(|key| write!(f, ": {}", plain(key)))?;
        write!(f, ": {}", plain(&self.message))
    }
}

impl std::error::Error for FileError {}

impl Scenario {
    /// The scenario as TOML: what [`Scenario::parse`] reads.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a scenario has only strings as keys")
    }

    /// The name, and the keys that do not have their default value: the same scenario, as a person writes it.
    ///
    /// ```
    /// use active_active::scenario::Scenario;
    ///
    /// let scenario = Scenario::parse("name = 'two'\nscript = ['publish 1']\nqueue.max_receives = 2")?;
    /// let text = scenario.to_toml_without_defaults();
    /// assert!(text.contains("max_receives = 2") && !text.contains("topology"), "{text}");
    /// assert_eq!(Scenario::parse(&text)?, scenario);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_toml_without_defaults(&self) -> String {
        toml::to_string(&self.differing()).expect("a scenario has only strings as keys")
    }

    /// The keys that do not have their default value, and the name.
    pub(crate) fn differing(&self) -> toml::Table {
        let table = |scenario: &Scenario| {
            toml::Table::try_from(scenario).expect("a scenario has only strings as keys")
        };
        let mut differing = without(&table(self), &table(&Scenario::default()));
        differing.insert("name".to_owned(), self.name.clone().into());
        differing
    }
}

fn without(table: &toml::Table, default: &toml::Table) -> toml::Table {
    let mut differing = toml::Table::new();
    for (key, value) in table {
        match (value, default.get(key)) {
            (value, Some(default)) if value == default => {}
            (toml::Value::Table(inner), Some(toml::Value::Table(default))) => {
                differing.insert(key.clone(), without(inner, default).into());
            }
            (value, _) => {
                differing.insert(key.clone(), value.clone());
            }
        }
    }
    differing
}

/// Reads a scenario from TOML and carries out the overrides; with the keys of the text, which say where
/// a problem is. `origin` is what errors call the text.
///
/// # Errors
///
/// The first thing that is wrong, with line and key, or with the override that is to blame.
pub(crate) fn read<'a>(
    text: &'a str,
    origin: &'a str,
    overrides: &[Override],
) -> Result<(Scenario, Keys<'a>), FileError> {
    let keys = Keys::parse(text, origin)?;
    keys.script()?;
    let scenario: Scenario = toml::from_str(text).map_err(|error| keys.error(&error))?;
    Ok((apply(scenario, text, overrides)?, keys))
}

/// The scenario with the overrides carried out, one after the other.
fn apply(scenario: Scenario, text: &str, overrides: &[Override]) -> Result<Scenario, FileError> {
    if overrides.is_empty() {
        return Ok(scenario);
    }
    let mut table: toml::Table =
        toml::from_str(text).expect("the text was read as a scenario a moment ago");
    let mut scenario = scenario;
    for change in overrides {
        let error = |message: String| FileError {
            origin: format!("--set {}={}", change.key, change.value),
            line: None,
            key: Some(change.key.clone()),
            message,
        };
        set(&mut table, &change.key, value(&change.value)).map_err(error)?;
        scenario = table.clone().try_into().map_err(|e: toml::de::Error| {
            let subject = Subject { key: Some(&within(&change.key, &e)), table: &table };
            error(same_for_all(&change.key).unwrap_or_else(|| translated(e.message(), &subject)))
        })?;
    }
    Ok(scenario)
}

/// The key that an error is about, as far as it says: the one that was changed, or one in it.
fn within(changed: &str, error: &toml::de::Error) -> String {
    let text = error.to_string();
    let key = text.trim_end().rsplit_once("\nin `").and_then(|(_, key)| key.strip_suffix('`'));
    key.filter(|key| is_part(key, changed)).unwrap_or(changed).to_owned()
}

/// Reads the value of an override.
fn value(text: &str) -> toml::Value {
    let as_toml = |text: &str| {
        toml::from_str::<toml::Table>(&format!("value = {text}"))
            .ok()
            .and_then(|mut table| table.remove("value"))
            .filter(|_| !text.contains('\n'))
    };
    if let Some(value) = as_toml(text) {
        return value;
    }
    let plain = |text: &str| {
        as_toml(text.trim()).unwrap_or_else(|| toml::Value::String(text.trim().to_owned()))
    };
    if text.contains(',') {
        return toml::Value::Array(text.split(',').map(plain).collect());
    }
    plain(text)
}

fn set(table: &mut toml::Table, key: &str, value: toml::Value) -> Result<(), String> {
    let Some((first, rest)) = key.split_once('.') else {
        table.insert(key.to_owned(), value);
        return Ok(());
    };
    let inner = table.entry(first).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    match inner {
        toml::Value::Table(inner) if first == "speed" => {
            inner.insert(rest.to_owned(), value);
            Ok(())
        }
        toml::Value::Table(inner) => set(inner, rest, value),
        toml::Value::String(_)
        | toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_)
        | toml::Value::Array(_) => {
            Err(format!("'{first}' has no keys of its own; leave '.{rest}' out"))
        }
    }
}

/// Which part of a text belongs to which key.
pub(crate) struct Keys<'a> {
    text: &'a str,
    origin: &'a str,
    /// The path of each key and element, with where its key (if any) and its value are.
    entries: Vec<(String, std::ops::Range<usize>)>,
    /// The lines of the script, with their paths.
    script: Vec<(String, String)>,
}

impl<'a> Keys<'a> {
    /// Reads the keys of a TOML text.
    ///
    /// # Errors
    ///
    /// If the text is no TOML.
    pub(crate) fn parse(text: &'a str, origin: &'a str) -> Result<Keys<'a>, FileError> {
        let mut keys = Keys { text, origin, entries: Vec::new(), script: Vec::new() };
        let document = DeTable::parse(text).map_err(|error| keys.malformed(&error))?;
        keys.collect_table("", document.get_ref());
        Ok(keys)
    }

    fn collect_table(&mut self, path: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = key.get_ref();
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            let (key, inner) = (key.span(), value.span());
            // The value of a table header's key does not follow its key.
            let end = if inner.start >= key.start { inner.end } else { key.end };
            self.entries.push((path.clone(), key.start..end));
            self.collect_value(&path, value.get_ref());
        }
    }

    fn collect_value(&mut self, path: &str, value: &DeValue<'_>) {
        match value {
            DeValue::Table(table) => self.collect_table(path, table),
            DeValue::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    self.entries.push((path.clone(), element.span()));
                    self.collect_value(&path, element.get_ref());
                }
            }
            DeValue::String(text) => {
                if path.starts_with("script") || path.starts_with("scenario.script") {
                    self.script.push((path.to_owned(), text.to_string()));
                }
            }
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }

    /// Reads the script line by line: the deserializer would blame the list as a whole.
    ///
    /// # Errors
    ///
    /// The first line that is no step of a script.
    pub(crate) fn script(&self) -> Result<(), FileError> {
        for (path, line) in &self.script {
            if let Err(error) = line.parse::<ScriptStep>() {
                let entry = self.entries.iter().find(|(known, _)| known == path);
                return Err(FileError {
                    origin: self.origin.to_owned(),
                    line: entry.map(|(_, range)| self.line(range.start)),
                    key: Some(path.clone()),
                    message: error.to_string(),
                });
            }
        }
        Ok(())
    }

    fn line(&self, offset: usize) -> usize {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        1 + before.iter().filter(|&&byte| byte == b'\n').count()
    }

    /// An error of the parser: the text is not TOML.
    fn malformed(&self, error: &toml::de::Error) -> FileError {
        let at = error.span().map_or(0, |span| span.start);
        FileError {
            origin: self.origin.to_owned(),
            line: Some(self.line(at)),
            key: None,
            message: syntax::meaning(error.message(), self.text, at),
        }
    }

    /// An error of the reader: the text is TOML, and says what it should not.
    pub(crate) fn error(&self, error: &toml::de::Error) -> FileError {
        let span = error.span();
        let at = span.as_ref().map_or(0, |span| span.start);
        let key = self
            .entries
            .iter()
            .filter(|(_, range)| range.contains(&at))
            .min_by_key(|(_, range)| range.len())
            .map(|(path, _)| path.clone());
        FileError {
            origin: self.origin.to_owned(),
            line: span.map(|_| self.line(at)),
            message: key.as_deref().and_then(same_for_all).unwrap_or_else(|| {
                let table = toml::from_str(self.text).unwrap_or_default();
                translated(error.message(), &Subject { key: key.as_deref(), table: &table })
            }),
            key,
        }
    }

    /// Something that is wrong with the content.
    pub(crate) fn problem(&self, problem: &Problem, overrides: &[Override]) -> FileError {
        let message = problem.cause.to_string();
        let blamed = overrides.iter().rev().find(|change| is_part(&problem.key, &change.key));
        if let Some(change) = blamed {
            let origin = format!("--set {}={}", change.key, change.value);
            return FileError { origin, line: None, key: Some(problem.key.clone()), message };
        }
        self.error_at(&problem.key, message)
    }

    /// An error at a key: in its line, or in that of the nearest key above it, since what is
    /// missing has no line of its own.
    pub(crate) fn error_at(&self, key: &str, message: String) -> FileError {
        let mut path = key;
        let range = loop {
            if let Some((_, range)) = self.entries.iter().find(|(known, _)| known == path) {
                break Some(range);
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => break None,
            }
        };
        let line = range.map(|range| self.line(range.start));
        FileError { origin: self.origin.to_owned(), line, key: Some(key.to_owned()), message }
    }
}

/// Whether a key is another one, or inside it.
fn is_part(key: &str, of: &str) -> bool {
    key.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests;
