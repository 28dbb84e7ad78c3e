//! The list of faults.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A fault, as a file of `faults/` has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// The number by which it is switched on; no two faults have the same.
    pub(crate) number: u16,
    /// The source file, relative to the root of the project.
    pub(crate) file: String,
    /// A text that is in the file once. The original is the first one behind it.
    pub(crate) after: Option<String>,
    /// A whole expression, or whole statements. Without `after` it is in the file once.
    pub(crate) original: String,
    /// What stands in its place; nothing, when statements are left out.
    pub(crate) planted: String,
    /// What a user would suffer from it.
    pub(crate) cost: String,
    /// The test that shows it: `lib spec::tests::name`, `suite oracle::name`.
    pub(crate) caught_by: Option<String>,
    /// Why no test can show it. It is not counted then.
    pub(crate) equivalent: Option<String>,
    /// The part of the project: the name of the file that lists the fault.
    #[serde(skip)]
    pub(crate) area: String,
}

impl Fault {
    /// The binary and the name of the test that shows it.
    pub(crate) fn declared(&self) -> Option<(&str, &str)> {
        self.caught_by.as_deref()?.rsplit_once(' ')
    }

    /// Whether the faulty and the original text are statements, not an expression.
    pub(crate) fn is_of_statements(&self) -> bool {
        self.original.trim_end().ends_with([';', '}'])
    }
}

/// Why a list cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListError {
    #[error("{path}: {error}")]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{path}: {error}")]
    Malformed { path: PathBuf, error: toml::de::Error },
    #[error("{area}.toml: fault {number} is listed twice; give it a number of its own")]
    Twice { area: String, number: u16 },
    #[error("{area}.toml: fault {number}: {problem}")]
    Unfit { area: String, number: u16, problem: &'static str },
    #[error("no fault has the number {0}; `list` shows those there are")]
    Unknown(u16),
}

/// One file of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Area {
    fault: Vec<Fault>,
}

/// Reads every file of the directory. The faults are in the order of their numbers.
pub(crate) fn read(directory: &Path) -> Result<Vec<Fault>, ListError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error| ListError::Unreadable { path, error }
    };
    let mut faults = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable(directory))? {
        let path = entry.map_err(unreadable(directory))?.path();
        let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
        let area = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        faults.extend(parse(&text, &path, &area)?);
    }
    faults.sort_by_key(|fault| fault.number);
    for pair in faults.windows(2) {
        if pair[0].number == pair[1].number {
            let (area, number) = (pair[1].area.clone(), pair[1].number);
            return Err(ListError::Twice { area, number });
        }
    }
    Ok(faults)
}

fn parse(text: &str, path: &Path, area: &str) -> Result<Vec<Fault>, ListError> {
    let read: Result<Area, _> = toml::from_str(text);
    let malformed = |error| ListError::Malformed { path: path.to_owned(), error };
    let mut faults = read.map_err(malformed)?.fault;
    for fault in &mut faults {
        fault.area = area.to_owned();
        let has_test = fault.caught_by.is_none() || fault.declared().is_some();
        let problem = match fault {
            _ if fault.number == 0 => "0 stands for no fault",
            _ if fault.original.trim().is_empty() => "it replaces nothing",
            _ if fault.original == fault.planted => "it changes nothing",
            _ if !has_test => "`caught_by` is a binary and a test: \"lib spec::tests::name\"",
            _ if fault.caught_by.is_some() && fault.equivalent.is_some() => {
                "it is caught or it is equivalent, not both"
            }
            _ => continue,
        };
        let (area, number) = (area.to_owned(), fault.number);
        return Err(ListError::Unfit { area, number, problem });
    }
    Ok(faults)
}

/// The faults with these numbers, or all.
pub(crate) fn choose(faults: &[Fault], numbers: &[u16]) -> Result<Vec<Fault>, ListError> {
    if numbers.is_empty() {
        return Ok(faults.to_vec());
    }
    let of = |&number: &u16| {
        let found = faults.iter().find(|fault| fault.number == number);
        found.cloned().ok_or(ListError::Unknown(number))
    };
    numbers.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "[[fault]]\nnumber = 7\nfile = 'src/a.rs'\noriginal = 'a'\nplanted = 'b'\n\
                       cost = 'c'\n";

    fn parsed(text: &str) -> Result<Vec<Fault>, ListError> {
        parse(text, Path::new("faults/spec.toml"), "spec")
    }

    #[test]
    fn a_fault_names_its_test_by_binary_and_path() {
        let text = format!("{ONE}caught_by = 'lib spec::tests::name'");
        let faults = parsed(&text).expect("the list is well-formed");
        assert_eq!(faults[0].declared(), Some(("lib", "spec::tests::name")));
        assert_eq!(faults[0].area, "spec");
    }

    #[test]
    fn malformed_entries_are_refused_by_name() {
        let message = |text: String| parsed(&text).expect_err("it is malformed").to_string();
        let unnamed = message(format!("{ONE}caught_by = 'lib'"));
        assert!(unnamed.starts_with("spec.toml: fault 7: `caught_by`"), "{unnamed}");
        let same = message(ONE.replace("planted = 'b'", "planted = 'a'"));
        assert_eq!(same, "spec.toml: fault 7: it changes nothing");
        let mistyped = message(format!("{ONE}coughed_by = 'lib a'"));
        assert!(mistyped.contains("unknown field `coughed_by`"), "{mistyped}");
    }

    #[test]
    fn two_faults_of_one_number_are_refused() {
        let directory = tempfile::tempdir().expect("a directory can be made");
        for name in ["model.toml", "spec.toml"] {
            fs::write(directory.path().join(name), ONE).expect("a file can be written");
        }
        let error = read(directory.path()).expect_err("both files list number 7");
        assert!(error.to_string().contains("fault 7 is listed twice"), "{error}");
    }

    #[test]
    fn a_number_that_is_not_listed_is_refused() {
        let faults = parsed(ONE).expect("the list is well-formed");
        assert_eq!(choose(&faults, &[7]).expect("it is listed").len(), 1);
        assert!(matches!(choose(&faults, &[8]), Err(ListError::Unknown(8))));
    }
}
